package ddl

import (
	"github.com/opendsql/opendsql/internal/limits"
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// newTable is a table in the making.
type newTable struct {
	*Change
	table  *catalog.Table
	schema *catalog.Schema
	taken  map[string]bool // names of relations this statement makes
	names  map[string]bool // names of constraints
	later  []func() error  // what needs all columns
	keys   []func() error  // what needs the names of all checks: the indexes of unique constraints
}

// createTable makes a table with its constraints and the indexes they need.
func (c *Change) createTable(v *parse.CreateTableStmt) (bool, error) {
	schema, err := c.creationSchema(v.Relation.Schema, v.Relation)
	if err != nil {
		return false, err
	}
	exists := c.relationExists(schema.OID, v.Relation.Name)
	if exists && v.IfNotExists {
		c.notice(pgerror.DuplicateTable, "relation \"%s\" already exists, skipping", v.Relation.Name)
		return false, nil
	}
	t := &newTable{Change: c, schema: schema, taken: map[string]bool{v.Relation.Name: true}, names: map[string]bool{}}
	t.table = &catalog.Table{
		OID: c.edit.NextOID(), Schema: schema.OID, Name: v.Relation.Name, Kind: catalog.KindTable, Owner: c.User,
		RowType: c.edit.NextOID(), RowArray: c.edit.NextOID(), StorageID: c.edit.NextStorageID(), NextColumnID: 1,
	}
	if err := t.typedElements(v.Elements); err != nil {
		return false, err
	}
	if exists { // told after what is wrong with the columns, as PostgreSQL does
		return false, pgerror.New(pgerror.DuplicateTable, "relation \"%s\" already exists", v.Relation.Name)
	}
	if err := c.tableLimit(); err != nil {
		return false, err
	}
	for _, f := range append(t.later, t.keys...) {
		if err := f(); err != nil {
			return false, err
		}
	}
	if len(t.table.Indexes) > limits.TableIndexes {
		return false, pgerror.New(pgerror.ProgramLimitExceeded, "more than %d indexes per table are not allowed", limits.TableIndexes)
	}
	c.edit.PutTable(t.table)
	return true, nil
}

// typedElements reads the elements. PostgreSQL looks at the types of columns twice, the second time without a place to point to: what it says of
// them is said twice.
func (t *newTable) typedElements(list []parse.TableElement) error {
	tell := t.Notice
	var said []*pgerror.Error
	t.Bind.Notice = func(n *pgerror.Error) {
		tell(n)
		said = append(said, n)
	}
	err := t.elements(list)
	t.Bind.Notice = tell
	if err != nil {
		return err
	}
	for _, n := range said {
		again := *n
		again.Position = 0
		tell(&again)
	}
	return nil
}

// relationExists tells whether the schema has a relation, index included, of the name.
func (c *Change) relationExists(schema catalog.OID, name string) bool {
	for _, t := range c.edit.Snapshot().Tables() {
		if t.Schema != schema {
			continue
		}
		if t.Name == name {
			return true
		}
		for _, ix := range t.Indexes {
			if ix.Name == name {
				return true
			}
		}
	}
	return false
}

func (c *Change) tableLimit() error {
	n := 0
	for _, t := range c.Scope.Tables() {
		if t.Kind == catalog.KindTable {
			n++
		}
	}
	if n >= limits.Tables {
		return pgerror.New(pgerror.ProgramLimitExceeded, "creating more than %d tables not allowed", limits.Tables)
	}
	return nil
}

// elements takes the columns first, so that constraints may name any of them.
func (t *newTable) elements(list []parse.TableElement) error {
	for _, e := range list {
		if d, ok := e.(*parse.ColumnDef); ok {
			if err := t.column(d); err != nil {
				return err
			}
		}
	}
	if len(t.table.Columns) > limits.TableColumns {
		return pgerror.New(pgerror.TooManyColumns, "tables can have at most 255 columns")
	}
	for _, e := range list {
		switch v := e.(type) {
		case *parse.ColumnDef:
			if err := t.columnConstraints(v); err != nil {
				return err
			}
		case *parse.Constraint:
			if err := t.constraint(v, ""); err != nil {
				return err
			}
		default:
			return pgerror.New(pgerror.FeatureNotSupported, "LIKE in CREATE TABLE is not implemented yet")
		}
	}
	return nil
}

// column adds a column without its constraints.
func (t *newTable) column(d *parse.ColumnDef) error {
	if t.table.ColumnByName(d.Name) != nil {
		return pgerror.New(pgerror.DuplicateColumn, "column \"%s\" specified more than once", d.Name)
	}
	if systemColumns[d.Name] {
		return pgerror.New(pgerror.DuplicateColumn, "column name \"%s\" conflicts with a system column name", d.Name)
	}
	if d.Collate != nil {
		return pgerror.New(pgerror.FeatureNotSupported, "COLLATE clause not supported")
	}
	if d.Compression != "" {
		return pgerror.New(pgerror.FeatureNotSupported, "COMPRESSION clause not supported")
	}
	typ, err := t.columnType(d.Type)
	if err != nil {
		return err
	}
	storage, err := storageOf(d.Storage, typ.OID)
	if err != nil {
		return err
	}
	t.table.Columns = append(t.table.Columns, catalog.Column{ID: t.table.NextColumnID, Name: d.Name, Type: typ, Storage: storage})
	t.table.NextColumnID++
	return nil
}

var systemColumns = map[string]bool{"tableoid": true, "xmin": true, "xmax": true, "cmin": true, "cmax": true, "ctid": true}

// storageOf is the STORAGE clause, or the type's own.
func storageOf(word string, t sqltypes.OID) (byte, error) {
	plain := sqltypes.TypeLen(t) > 0
	switch word {
	case "", "default":
		switch {
		case plain:
			return 'p', nil
		case t == sqltypes.NumericOID:
			return 'm', nil
		}
		return 'x', nil
	case "plain":
		return 'p', nil
	}
	letters := map[string]byte{"external": 'e', "extended": 'x', "main": 'm'}
	letter, ok := letters[word]
	if !ok {
		return 0, pgerror.New(pgerror.InvalidParameterValue, "invalid storage type \"%s\"", word)
	}
	if plain {
		return 0, pgerror.New(pgerror.FeatureNotSupported, "column data type %s can only have storage PLAIN", sqltypes.TypeName(sqltypes.T(t)))
	}
	return letter, nil
}

// columnType resolves a column's type and holds it against the types that can be stored.
func (c *Change) columnType(tn *parse.TypeName) (sqltypes.Type, error) {
	typ, err := bind.ResolveTypeName(tn, c.Bind)
	if err != nil {
		return typ, err
	}
	if tn.SetOf {
		return typ, pgerror.New(pgerror.InvalidTableDefinition, "column cannot be declared SETOF")
	}
	return c.storable(typ)
}

// Numeric without precision is stored as numeric(18,6). Source: the service's notes on storable types.
const defaultNumericMod = (18<<16 | 6) + 4

func (c *Change) storable(typ sqltypes.Type) (sqltypes.Type, error) {
	refused := func(name string) (sqltypes.Type, error) {
		return typ, pgerror.New(pgerror.FeatureNotSupported, "datatype %s not supported", name)
	}
	switch typ.OID {
	case sqltypes.BoolOID, sqltypes.Int2OID, sqltypes.Int4OID, sqltypes.Int8OID, sqltypes.Float4OID, sqltypes.Float8OID, sqltypes.TextOID,
		sqltypes.DateOID, sqltypes.TimeOID, sqltypes.TimeTZOID, sqltypes.TimestampOID, sqltypes.TimestampTZOID, sqltypes.IntervalOID,
		sqltypes.ByteaOID, sqltypes.UUIDOID, sqltypes.JSONOID, sqltypes.JSONBOID:
		return typ, nil
	case sqltypes.NumericOID:
		if typ.Mod < 0 {
			typ.Mod = defaultNumericMod
		}
		return typ, nil
	case sqltypes.BPCharOID:
		return typ, lengthLimit(typ, limits.CharBytes, "char")
	case sqltypes.VarCharOID:
		return typ, lengthLimit(typ, limits.VarCharBytes, "varchar")
	case sqltypes.BitOID:
		return refused("bit")
	case sqltypes.VarBitOID:
		return refused("bit varying")
	}
	info := c.Scope.Type(typ.OID)
	if info != nil && info.Kind == 'p' {
		return typ, pgerror.New(pgerror.InvalidTableDefinition, "column has pseudo-type %s", c.Scope.TypeName(typ.OID))
	}
	if info != nil && info.Kind == 'd' {
		return typ, nil
	}
	return refused(c.Scope.TypeName(typ.OID))
}

func lengthLimit(typ sqltypes.Type, most int32, name string) error {
	if typ.Mod-4 > most {
		return pgerror.New(pgerror.ProgramLimitExceeded, "Datatype limit greater than %d bytes not supported for %s", most, name)
	}
	return nil
}

// columnConstraints takes what is written behind a column.
func (t *newTable) columnConstraints(d *parse.ColumnDef) error {
	column := t.table.ColumnByName(d.Name)
	null, generated := false, false
	for i, k := range d.Constraints {
		switch k.Kind {
		case parse.ConstraintNull:
			if column.NotNull {
				return t.at(errNullConflict(d.Name, t.table.Name), k)
			}
			null = true
		case parse.ConstraintNotNull:
			if null {
				return t.at(errNullConflict(d.Name, t.table.Name), k)
			}
			column.NotNull = true
		case parse.ConstraintDefault:
			if generated {
				return t.at(errBothDefaults(d.Name, t.table.Name), k)
			}
			if column.HasDefault {
				return t.at(pgerror.New(pgerror.SyntaxError, "multiple default values specified for column \"%s\" of table \"%s\"", d.Name, t.table.Name), k)
			}
			column.HasDefault = true
			t.postpone(func() error { return t.setDefault(d.Name, k) })
		case parse.ConstraintGenerated:
			if generated {
				return t.at(pgerror.New(pgerror.SyntaxError, "multiple generation clauses specified for column \"%s\" of table \"%s\"", d.Name, t.table.Name), k)
			}
			if column.HasDefault {
				return t.at(errBothDefaults(d.Name, t.table.Name), k)
			}
			column.HasDefault, generated = true, true
			column.Generated = generatedLater
			t.postpone(func() error { return t.setGenerated(d.Name, k) })
		case parse.ConstraintIdentity:
			return pgerror.New(pgerror.FeatureNotSupported, "identity column is not implemented yet")
		case parse.ConstraintAttrDeferrable, parse.ConstraintAttrNotDeferrable, parse.ConstraintAttrDeferred, parse.ConstraintAttrImmediate:
			if err := t.attribute(d.Constraints[:i], k); err != nil {
				return err
			}
		default:
			if err := t.constraint(k, d.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// generatedLater marks a column as generated while its expression is not known yet: no other one's may use it.
const generatedLater = "?"

func errBothDefaults(column, table string) *pgerror.Error {
	return pgerror.New(pgerror.SyntaxError, "both default and generation expression specified for column \"%s\" of table \"%s\"", column, table)
}

func errNullConflict(column, table string) *pgerror.Error {
	return pgerror.New(pgerror.SyntaxError, "conflicting NULL/NOT NULL declarations for column \"%s\" of table \"%s\"", column, table)
}

// postpone puts work off until all columns are known.
func (t *newTable) postpone(f func() error) { t.later = append(t.later, f) }

// attribute is DEFERRABLE and the like: only foreign keys, and the words that say what holds anyway, may have it.
func (t *newTable) attribute(before []*parse.Constraint, k *parse.Constraint) error {
	words := map[parse.ConstraintKind]string{
		parse.ConstraintAttrDeferrable: "DEFERRABLE", parse.ConstraintAttrNotDeferrable: "NOT DEFERRABLE",
		parse.ConstraintAttrDeferred: "INITIALLY DEFERRED", parse.ConstraintAttrImmediate: "INITIALLY IMMEDIATE",
	}
	if len(before) == 0 {
		return t.at(pgerror.New(pgerror.SyntaxError, "misplaced %s clause", words[k.Kind]), k)
	}
	if k.Kind == parse.ConstraintAttrNotDeferrable || k.Kind == parse.ConstraintAttrImmediate {
		return nil
	}
	return pgerror.New(pgerror.FeatureNotSupported, "%s constraint not supported", words[k.Kind])
}

func (t *newTable) setDefault(name string, k *parse.Constraint) error {
	column := t.table.ColumnByName(name)
	bound, err := bind.BindColumnExpr(k.Expr, t.table, t.Bind, &column.Type, bind.DefaultExpr, name)
	if err != nil {
		return err
	}
	column.Default = columnText(t.table, bound)
	return nil
}

func (t *newTable) setGenerated(name string, k *parse.Constraint) error {
	column := t.table.ColumnByName(name)
	bound, err := bind.BindColumnExpr(k.Expr, t.table, t.Bind, &column.Type, bind.GeneratedExpr, name)
	if err != nil {
		return err
	}
	if expr.Volatile(bound) != expr.Immutable {
		return pgerror.New(pgerror.InvalidObjectDefinition, "generation expression is not immutable")
	}
	column.Generated = columnText(t.table, bound)
	return nil
}
