package catalog

import "github.com/opendsql/opendsql/internal/sqltypes"

// The kinds of relations, as pg_class.relkind has them.
const (
	KindTable    byte = 'r'
	KindView     byte = 'v'
	KindSequence byte = 'S'
	KindIndex    byte = 'i'
)

// Schema is a namespace of users.
type Schema struct {
	OID   OID
	Name  string
	Owner OID
	ACL   ACL
}

// Table is a relation with columns: a table, a view, or a sequence. It is immutable once it is in a Snapshot.
type Table struct {
	OID          OID
	Schema       OID
	Name         string
	Kind         byte
	Owner        OID
	RowType      OID
	RowArray     OID
	StorageID    uint64   // names the keys of the table's rows; another one whenever its rows are replaced
	Columns      []Column // by ID, dropped ones included
	NextColumnID int16
	Indexes      []*Index // the primary key first
	Constraints  []*Constraint
	View         string   // SQL text of a view's query
	ViewOptions  []string // such as security_barrier=true, check_option=local
	Sequence     *Sequence
	ACL          ACL
	DependsOn    []Dependency // what a view, or a default or check of a table, needs to exist
	Statistics   *Statistics
}

// Column is a column of a relation. Its ID is attnum and never used again for another one.
type Column struct {
	ID         int16
	Name       string
	Type       sqltypes.Type
	NotNull    bool
	Dropped    bool
	HasDefault bool
	Default    string // SQL text
	Generated  string // SQL text of a stored generated column
	Identity   byte   // a always, d by default, 0 not an identity column
	Sequence   OID    // of an identity column
	Storage    byte   // p plain, e external, x extended, m main
	ACL        ACL
}

// Index is an index of a table. The primary key's is the table itself.
type Index struct {
	OID              OID
	Name             string
	StorageID        uint64
	Unique           bool
	Primary          bool
	NullsNotDistinct bool
	Valid            bool // complete: may be read
	Ready            bool // maintained by writes
	Keys             []IndexKey
	Include          []int16 // columns
	Predicate        string  // SQL text of a partial index
	ConstraintOID    OID
	Job              string `json:",omitempty"` // that builds it
}

// IndexKey is a column or an expression that an index is ordered by.
type IndexKey struct {
	Column     int16  // 0 for an expression
	Expr       string // SQL text
	NullsFirst bool
	Type       sqltypes.Type
}

// Constraint is a row of pg_constraint.
type Constraint struct {
	OID        OID
	Name       string
	Kind       byte // p primary key, u unique, c check, f foreign key
	Columns    []int16
	Index      OID    // of a primary key or unique constraint; of a foreign key: the referenced one
	Expr       string // SQL text of a check
	Validated  bool
	NoInherit  bool
	Deferrable bool
	Deferred   bool

	RefTable   OID     `json:",omitempty"`
	RefColumns []int16 `json:",omitempty"`
	OnUpdate   byte    `json:",omitempty"` // a no action, r restrict, c cascade, n set null, d set default
	OnDelete   byte    `json:",omitempty"`
	Match      byte    `json:",omitempty"` // s simple, f full
	SetColumns []int16 `json:",omitempty"` // of ON DELETE SET NULL or SET DEFAULT
}

// Sequence is what defines a sequence; its state is data.
type Sequence struct {
	Start, Increment, Min, Max, Cache int64
	Cycle                             bool
	OwnerTable                        OID // of OWNED BY, or of an identity column
	OwnerColumn                       int16
	Identity                          bool // made for an identity column
}

// Statistics counts what ANALYZE saw of a table.
type Statistics struct {
	Rows  float64
	Pages int64
}

// Dependency names an object that another needs. Column is 0 for the whole object.
type Dependency struct {
	Class  OID // pg_class, pg_type or pg_proc
	Object OID
	Column int16
}
