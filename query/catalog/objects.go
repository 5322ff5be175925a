package catalog

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// The kinds of relations, as pg_class.relkind has them.
const (
	KindTable    byte = 'r'
	KindView     byte = 'v'
	KindSequence byte = 'S'
	KindIndex    byte = 'i'
)

// Schema is a namespace of users.
type Schema struct {
	OID   OID    `json:",omitzero"`
	Name  string `json:",omitzero"`
	Owner OID    `json:",omitzero"`
	ACL   ACL    `json:",omitzero"`
}

// Table is a relation with columns: a table, a view, or a sequence. It is immutable once it is in a Snapshot.
type Table struct {
	OID          OID           `json:",omitzero"`
	Schema       OID           `json:",omitzero"`
	Name         string        `json:",omitzero"`
	Kind         byte          `json:",omitzero"`
	Owner        OID           `json:",omitzero"`
	RowType      OID           `json:",omitzero"`
	RowArray     OID           `json:",omitzero"`
	RowArrayName string        `json:",omitzero"` // name of the type RowArray
	StorageID    uint64        `json:",omitzero"` // names the keys of the table's rows; another one whenever its rows are replaced
	Columns      []Column      `json:",omitzero"` // by ID, dropped ones included
	NextColumnID int16         `json:",omitzero"`
	Indexes      []*Index      `json:",omitzero"` // the primary key first
	Constraints  []*Constraint `json:",omitzero"`
	View         string        `json:",omitzero"` // SQL text of a view's query
	ViewOptions  []string      `json:",omitzero"` // such as security_barrier=true, check_option=local
	Updatable    bool          `json:",omitzero"` // of a view: INSERT, UPDATE and DELETE go to the table beneath
	Sequence     *Sequence     `json:",omitzero"`
	ACL          ACL           `json:",omitzero"`
	RuleOID      OID           `json:",omitzero"` // of a view's row in pg_rewrite
	DependsOn    []Dependency  `json:",omitzero"` // what a view, or a default or check of a table, needs to exist
}

// Column is a column of a relation. Its ID is attnum and never used again for another one.
type Column struct {
	ID         int16         `json:",omitzero"`
	Name       string        `json:",omitzero"`
	Type       sqltypes.Type `json:",omitzero"`
	NotNull    bool          `json:",omitzero"`
	Dropped    bool          `json:",omitzero"`
	HasDefault bool          `json:",omitzero"`
	DefaultOID OID           `json:",omitzero"` // of the row in pg_attrdef, for defaults and generated columns
	Default    string        `json:",omitzero"` // SQL text
	Generated  string        `json:",omitzero"` // SQL text of a stored generated column
	Identity   byte          `json:",omitzero"` // a always, d by default, 0 not an identity column
	Sequence   OID           `json:",omitzero"` // of an identity column
	Storage    byte          `json:",omitzero"` // p plain, e external, x extended, m main
	ACL        ACL           `json:",omitzero"`
}

// Index is an index of a table. The primary key's is the table itself.
type Index struct {
	OID              OID        `json:",omitzero"`
	Name             string     `json:",omitzero"`
	StorageID        uint64     `json:",omitzero"`
	Unique           bool       `json:",omitzero"`
	Primary          bool       `json:",omitzero"`
	NullsNotDistinct bool       `json:",omitzero"`
	Valid            bool       `json:",omitzero"` // complete: may be read
	Ready            bool       `json:",omitzero"` // maintained by writes
	Keys             []IndexKey `json:",omitzero"`
	Include          []int16    `json:",omitzero"` // columns
	Predicate        string     `json:",omitzero"` // SQL text of a partial index
	Reads            []int16    `json:",omitzero"` // columns that key expressions and the predicate read
	ConstraintOID    OID        `json:",omitzero"`
	Job              string     `json:",omitzero"` // that builds it
}

// IndexKey is a column or an expression that an index is ordered by.
type IndexKey struct {
	Column     int16         `json:",omitzero"` // 0 for an expression
	Expr       string        `json:",omitzero"` // SQL text
	Name       string        `json:",omitzero"` // of an expression: what the index calls it
	NullsFirst bool          `json:",omitzero"`
	Type       sqltypes.Type `json:",omitzero"`
}

// Plain tells whether an index is over columns alone and has an entry for every row.
func (i *Index) Plain() bool {
	return i.Predicate == "" && !slices.ContainsFunc(i.Keys, func(k IndexKey) bool { return k.Column == 0 })
}

// Constraint is a row of pg_constraint.
type Constraint struct {
	OID        OID     `json:",omitzero"`
	Name       string  `json:",omitzero"`
	Kind       byte    `json:",omitzero"` // p primary key, u unique, c check, f foreign key
	Columns    []int16 `json:",omitzero"`
	Index      OID     `json:",omitzero"` // of a primary key or unique constraint; of a foreign key: the referenced one
	Expr       string  `json:",omitzero"` // SQL text of a check
	Validated  bool    `json:",omitzero"`
	NoInherit  bool    `json:",omitzero"`
	Deferrable bool    `json:",omitzero"`
	Deferred   bool    `json:",omitzero"`

	RefTable   OID     `json:",omitzero"`
	RefColumns []int16 `json:",omitzero"`
	OnUpdate   byte    `json:",omitzero"` // a no action, r restrict, c cascade, n set null, d set default
	OnDelete   byte    `json:",omitzero"`
	Match      byte    `json:",omitzero"` // s simple, f full
	SetColumns []int16 `json:",omitzero"` // of ON DELETE SET NULL or SET DEFAULT
}

// Sequence is what defines a sequence; its state is data.
type Sequence struct {
	Start, Increment, Min, Max, Cache int64
	Cycle                             bool  `json:",omitzero"`
	OwnerTable                        OID   `json:",omitzero"` // of OWNED BY, or of an identity column
	OwnerColumn                       int16 `json:",omitzero"`
	Identity                          bool  `json:",omitzero"` // made for an identity column
}

// Dependency names an object that another needs. Column is 0 for the whole object.
type Dependency struct {
	Class  OID   `json:",omitzero"` // pg_class, pg_type or pg_proc
	Object OID   `json:",omitzero"`
	Column int16 `json:",omitzero"`
}
