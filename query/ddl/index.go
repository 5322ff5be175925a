package ddl

import (
	"strings"

	"github.com/opendsql/opendsql/internal/limits"
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// AddIndex puts an index into the catalog that has an entry for every row it must have one for, as that of an empty table has from the start, and gives the
// catalog as changed; nil when IF NOT EXISTS found one of its name.
func (c *Change) AddIndex(v *parse.IndexStmt) (*catalog.Snapshot, error) {
	c.edit = c.Scope.Snapshot.Edit(c.Txn)
	t, ix, err := c.newIndex(v)
	if err != nil || ix == nil {
		return nil, err
	}
	ix.Valid, ix.Ready = true, true
	ix.OID, ix.StorageID = c.edit.NextOID(), c.edit.NextStorageID()
	t.Indexes = append(t.Indexes, ix)
	c.edit.PutTable(t)
	return c.edit.Finish()
}

// newIndex makes the descriptor of an index, and a copy of its table to put it into. Both are nil when IF NOT EXISTS found one of its name.
func (c *Change) newIndex(v *parse.IndexStmt) (*catalog.Table, *catalog.Index, error) {
	table, err := c.indexedTable(v)
	if err != nil {
		return nil, nil, err
	}
	n := &newIndex{Change: c, table: table, index: &catalog.Index{Unique: v.Unique, NullsNotDistinct: v.NullsNotDistinct}}
	keys, predicate, err := n.expressions(v)
	if err != nil {
		return nil, nil, err
	}
	if len(v.Elems) > limits.IndexColumns {
		return nil, nil, pgerror.New(pgerror.TooManyColumns, "more than %d column keys in an index are not supported", limits.IndexColumns)
	}
	if len(table.Indexes) >= limits.TableIndexes {
		return nil, nil, pgerror.New(pgerror.ProgramLimitExceeded, "more than %d indexes per table are not allowed", limits.TableIndexes)
	}
	if predicate != nil {
		if expr.Volatile(predicate) != expr.Immutable {
			return nil, nil, pgerror.New(pgerror.InvalidObjectDefinition, "functions in index predicate must be marked IMMUTABLE")
		}
		n.index.Predicate = columnText(table, predicate)
	}
	for i, e := range v.Elems {
		if err := n.key(e, keys[i]); err != nil {
			return nil, nil, err
		}
	}
	for _, e := range v.Including {
		if err := n.include(e); err != nil {
			return nil, nil, err
		}
	}
	n.index.Reads = columnsRead(table, append(keys, predicate)...)
	if exists, err := n.name(v); err != nil || exists {
		return nil, nil, err
	}
	return table.Clone(), n.index, nil
}

// indexedTable finds the table that is to have an index.
func (c *Change) indexedTable(v *parse.IndexStmt) (*catalog.Table, error) {
	table, system, err := c.Scope.ResolveTable(v.Relation.Schema, v.Relation.Name)
	switch {
	case err != nil:
		return nil, err
	case system != nil:
		return nil, pgerror.New(pgerror.InsufficientPrivilege, "permission denied: \"%s\" is a system catalog", system.Name)
	case table.Kind != catalog.KindTable:
		return nil, pgerror.New(pgerror.WrongObjectType, "cannot create index on relation \"%s\"", table.Name).
			WithDetail("This operation is not supported for %s.", map[byte]string{catalog.KindView: "views", catalog.KindSequence: "sequences"}[table.Kind])
	case !c.Scope.HasRole(c.User, table.Owner):
		return nil, pgerror.New(pgerror.InsufficientPrivilege, "must be owner of table %s", table.Name)
	}
	return table, nil
}

// newIndex is an index in the making.
type newIndex struct {
	*Change
	table *catalog.Table
	index *catalog.Index
}

// expressions binds the predicate and the keys that are expressions. A key that is a column in parentheses is a Var.
func (n *newIndex) expressions(v *parse.IndexStmt) (keys []expr.Expr, predicate expr.Expr, err error) {
	if v.Where != nil {
		if predicate, err = bind.BindColumnExpr(v.Where, n.table, n.Bind, nil, bind.PredicateExpr, ""); err != nil {
			return nil, nil, err
		}
	}
	keys = make([]expr.Expr, len(v.Elems))
	for i, e := range v.Elems {
		if e.Expr == nil {
			continue
		}
		if keys[i], err = bind.BindColumnExpr(e.Expr, n.table, n.Bind, nil, bind.IndexExpr, ""); err != nil {
			return nil, nil, err
		}
	}
	return keys, predicate, nil
}

// key adds a key: a column by its name, or a bound expression.
func (n *newIndex) key(e *parse.IndexElem, bound expr.Expr) error {
	key := catalog.IndexKey{NullsFirst: e.Nulls == parse.NullsFirst}
	column := n.table.ColumnByName(e.Name)
	if v, ok := bound.(*expr.Var); ok && v.Column >= 0 {
		column, bound = &n.table.Columns[v.Column], nil
	}
	switch {
	case bound != nil && expr.Volatile(bound) != expr.Immutable:
		return pgerror.New(pgerror.InvalidObjectDefinition, "functions in index expression must be marked IMMUTABLE")
	case bound != nil:
		key.Expr, key.Name, key.Type = columnText(n.table, bound), bind.IndexColumnName(e.Expr), bound.Type()
	case column == nil:
		return pgerror.New(pgerror.UndefinedColumn, "column \"%s\" does not exist", e.Name)
	default:
		key.Column, key.Type = column.ID, column.Type
	}
	if n.Scope.BtreeClassOf(key.Type.OID) == nil {
		return pgerror.New(pgerror.UndefinedObject, "data type %s has no default operator class for access method \"btree\"", n.Scope.TypeName(key.Type.OID)).
			WithHint("You must specify an operator class for the index or define a default operator class for the data type.")
	}
	if !keyType(key.Type.OID) {
		return pgerror.New(pgerror.FeatureNotSupported, "datatype %s is not supported in a key", sqltypes.TypeName(sqltypes.T(key.Type.OID)))
	}
	n.index.Keys = append(n.index.Keys, key)
	return nil
}

// include adds a column that the index holds besides its keys.
func (n *newIndex) include(e *parse.IndexElem) error {
	if e.Expr != nil {
		return pgerror.New(pgerror.FeatureNotSupported, "expressions are not supported in included columns")
	}
	column := n.table.ColumnByName(e.Name)
	if column == nil {
		return pgerror.New(pgerror.UndefinedColumn, "column \"%s\" does not exist", e.Name)
	}
	n.index.Include = append(n.index.Include, column.ID)
	return nil
}

// name gives the index the name that was written, or one made of the names of its columns. It tells whether IF NOT EXISTS found that there is one.
func (n *newIndex) name(v *parse.IndexStmt) (exists bool, err error) {
	if v.Name == "" {
		columns := strings.Join(catalog.IndexColumnNames(n.table, n.index), "_")
		n.index.Name = n.Scope.ChooseRelationName(n.table.Name, columns, "idx", n.table.Schema)
		return false, nil
	}
	n.index.Name = v.Name
	if !n.relationExists(n.table.Schema, v.Name) {
		return false, nil
	}
	if v.IfNotExists {
		n.notice(pgerror.DuplicateTable, "relation \"%s\" already exists, skipping", v.Name)
		return true, nil
	}
	return false, pgerror.New(pgerror.DuplicateTable, "relation \"%s\" already exists", v.Name)
}
