package ddl

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/limits"
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// constraint adds a table constraint, or one written behind a column.
func (t *newTable) constraint(k *parse.Constraint, column string) error {
	if k.Deferrable || k.InitiallyDeferred {
		return pgerror.New(pgerror.FeatureNotSupported, "DEFERRABLE constraint not supported")
	}
	switch k.Kind {
	case parse.ConstraintCheck:
		return t.check(k, column)
	case parse.ConstraintPrimary, parse.ConstraintUnique:
		if len(k.Options) > 0 {
			return pgerror.New(pgerror.FeatureNotSupported, "WITH clause not supported for CREATE TABLE")
		}
		if k.IndexTablespace != "" {
			return pgerror.New(pgerror.FeatureNotSupported, "TABLESPACE clause not supported for CREATE TABLE")
		}
		keys := k.Keys
		if column != "" {
			keys = []string{column}
		}
		if k.Kind == parse.ConstraintPrimary {
			return t.primaryKey(k, keys)
		}
		t.keys = append(t.keys, func() error { return t.unique(k, keys) })
		return nil
	case parse.ConstraintForeign:
		return pgerror.New(pgerror.FeatureNotSupported, "FOREIGN KEY is not implemented yet")
	case parse.ConstraintExclusion:
		return pgerror.New(pgerror.FeatureNotSupported, "EXCLUDE constraint not supported for CREATE TABLE")
	}
	return pgerror.New(pgerror.InternalError, "constraint kind %d", k.Kind)
}

// check adds a CHECK constraint. Its name is known at once, its expression when all columns are.
func (t *newTable) check(k *parse.Constraint, column string) error {
	t.postpone(func() error {
		bound, err := bind.BindColumnExpr(k.Expr, t.table, t.Bind, nil, bind.CheckExpr, "")
		if err != nil {
			return err
		}
		columns := columnsRead(t.table, bound)
		name := k.Name
		if name == "" {
			about := ""
			if len(columns) == 1 {
				about = t.table.Column(columns[0]).Name
			}
			name = t.constraintName(about, "check")
		} else if t.names[name] {
			return pgerror.New(pgerror.DuplicateObject, "check constraint \"%s\" already exists", name)
		}
		t.names[name] = true
		t.table.Constraints = append(t.table.Constraints, &catalog.Constraint{
			OID: t.edit.NextOID(), Name: name, Kind: 'c', Columns: columns, Expr: columnText(t.table, bound), Validated: true, NoInherit: k.NoInherit,
		})
		return nil
	})
	return nil
}

// columnsRead are the columns that expressions read, in order of their numbers.
func columnsRead(t *catalog.Table, list ...expr.Expr) []int16 {
	read := map[int]bool{}
	for _, e := range list {
		expr.Walk(e, func(n expr.Expr) bool {
			if v, ok := n.(*expr.Var); ok && v.Column >= 0 {
				read[v.Column] = true
			}
			return true
		})
	}
	var out []int16
	for i := range t.Columns {
		if read[i] {
			out = append(out, t.Columns[i].ID)
		}
	}
	return out
}

// constraintName finds a free name for a check, of the table, the column and a label.
func (t *newTable) constraintName(column, label string) string {
	for pass := 0; ; pass++ {
		name := objectName(t.table.Name, column, label, pass)
		if !t.names[name] {
			return name
		}
	}
}

// relationName finds a free name for an index, which shares its names with tables.
func (t *newTable) relationName(columns, label string) string {
	for pass := 0; ; pass++ {
		name := objectName(t.table.Name, columns, label, pass)
		if !t.taken[name] && !t.names[name] && !t.relationExists(t.table.Schema, name) {
			return name
		}
	}
}

// objectName joins the parts with underscores and cuts the longer of the first two until the name fits, as PostgreSQL's makeObjectName does.
func objectName(first, second, label string, pass int) string {
	if pass > 0 {
		label += strconv.Itoa(pass)
	}
	room := limits.IdentifierBytes - len(label) - 1
	if second != "" {
		room--
	}
	a, b := len(first), len(second)
	for a+b > room {
		if a > b {
			a--
		} else {
			b--
		}
	}
	name := cutText(first, a)
	if second != "" {
		name += "_" + cutText(second, b)
	}
	return name + "_" + label
}

// cutText cuts a text at a character boundary.
func cutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// primaryKey makes the index that the table is ordered by; its columns may not be NULL.
func (t *newTable) primaryKey(k *parse.Constraint, keys []string) error {
	if t.table.PrimaryKey() != nil {
		return t.at(pgerror.New(pgerror.InvalidTableDefinition, "multiple primary keys for table \"%s\" are not allowed", t.table.Name), k)
	}
	ix, err := t.index(k, keys, "pkey", "")
	if err != nil {
		return err
	}
	ix.Primary, ix.StorageID = true, t.table.StorageID
	for _, key := range ix.Keys {
		t.table.Column(key.Column).NotNull = true
	}
	t.table.Indexes = append([]*catalog.Index{ix}, t.table.Indexes...)
	t.addIndexConstraint(k, ix, 'p')
	return nil
}

func (t *newTable) unique(k *parse.Constraint, keys []string) error {
	ix, err := t.index(k, keys, "key", strings.Join(keys, "_"))
	if err != nil {
		return err
	}
	ix.NullsNotDistinct = k.NullsNotDistinct
	if t.sameIndex(ix) {
		return nil
	}
	ix.StorageID = t.edit.NextStorageID()
	t.table.Indexes = append(t.table.Indexes, ix)
	t.addIndexConstraint(k, ix, 'u')
	return nil
}

// sameIndex tells whether an index that was made already does what this one would: then it is left out.
func (t *newTable) sameIndex(ix *catalog.Index) bool {
	return slices.ContainsFunc(t.table.Indexes, func(other *catalog.Index) bool {
		return slices.Equal(other.Keys, ix.Keys) && slices.Equal(other.Include, ix.Include) && other.NullsNotDistinct == ix.NullsNotDistinct
	})
}

func (t *newTable) addIndexConstraint(k *parse.Constraint, ix *catalog.Index, kind byte) {
	var columns []int16
	for _, key := range ix.Keys {
		columns = append(columns, key.Column)
	}
	ix.ConstraintOID = t.edit.NextOID()
	t.table.Constraints = append(t.table.Constraints, &catalog.Constraint{
		OID: ix.ConstraintOID, Name: ix.Name, Kind: kind, Columns: columns, Index: ix.OID, Validated: true,
	})
}

// index makes the index of a primary key or unique constraint.
func (t *newTable) index(k *parse.Constraint, keys []string, label, columns string) (*catalog.Index, error) {
	word := map[string]string{"pkey": "primary key", "key": "unique"}[label]
	ix := &catalog.Index{OID: t.edit.NextOID(), Unique: true, Valid: true, Ready: true}
	seen := map[string]bool{}
	for _, name := range keys {
		column := t.table.ColumnByName(name)
		if column == nil {
			return nil, t.at(pgerror.New(pgerror.UndefinedColumn, "column \"%s\" named in key does not exist", name), k)
		}
		if seen[name] {
			return nil, t.at(pgerror.New(pgerror.DuplicateColumn, "column \"%s\" appears twice in %s constraint", name, word), k)
		}
		seen[name] = true
		if !keyType(column.Type.OID) {
			return nil, pgerror.New(pgerror.FeatureNotSupported, "datatype %s is not supported in a key", sqltypes.TypeName(sqltypes.T(column.Type.OID)))
		}
		ix.Keys = append(ix.Keys, catalog.IndexKey{Column: column.ID, Type: column.Type})
	}
	if len(ix.Keys) > limits.IndexColumns {
		return nil, pgerror.New(pgerror.TooManyColumns, "more than %d column keys in an index are not supported", limits.IndexColumns)
	}
	for _, name := range k.Including {
		column := t.table.ColumnByName(name)
		if column == nil {
			return nil, t.at(pgerror.New(pgerror.UndefinedColumn, "column \"%s\" named in key does not exist", name), k)
		}
		ix.Include = append(ix.Include, column.ID)
	}
	if ix.Name = k.Name; ix.Name == "" {
		ix.Name = t.relationName(columns, label)
	} else if t.taken[ix.Name] || t.relationExists(t.table.Schema, ix.Name) {
		return nil, pgerror.New(pgerror.DuplicateTable, "relation \"%s\" already exists", ix.Name)
	} else if t.names[ix.Name] {
		return nil, pgerror.New(pgerror.DuplicateObject, "constraint \"%s\" for relation \"%s\" already exists", ix.Name, t.table.Name)
	}
	t.taken[ix.Name], t.names[ix.Name] = true, true
	return ix, t.keyWidth(ix)
}

// keyWidth refuses keys whose declared widths cannot fit.
func (t *newTable) keyWidth(ix *catalog.Index) error {
	total := 0
	for _, key := range ix.Keys {
		switch key.Type.OID {
		case sqltypes.BPCharOID, sqltypes.VarCharOID:
			if key.Type.Mod > 4 {
				total += int(key.Type.Mod - 4)
			}
		}
	}
	if total > limits.KeyBytes {
		return pgerror.New(pgerror.ProgramLimitExceeded, "key size greater than %d bytes not supported", limits.KeyBytes)
	}
	return nil
}

// keyType tells whether values of the type can be part of a key. Source: the service's table of storable types, column "Key".
func keyType(t sqltypes.OID) bool {
	switch t {
	case sqltypes.TimeTZOID, sqltypes.IntervalOID, sqltypes.ByteaOID, sqltypes.JSONOID, sqltypes.JSONBOID:
		return false
	}
	return true
}

// columnText is an expression over a table's columns as pg_get_expr shows it, which is how the catalog keeps it.
func columnText(t *catalog.Table, e expr.Expr) string {
	return expr.Print(e, func(n expr.Expr) (string, bool) {
		if v, ok := n.(*expr.Var); ok && v.Column >= 0 {
			return parse.QuoteIdent(t.Columns[v.Column].Name), true
		}
		return "", false
	})
}
