package query

import (
	"context"
	"slices"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
)

// properties answers functions about what objects can do, and rights on objects that everybody or nobody has; ok is false for any other function.
func (i *information) properties(c catalog.Scope, p *catalog.Proc, args []datum) (d datum, ok bool, err error) {
	switch p.Name {
	case "has_language_privilege", "has_tablespace_privilege", "has_parameter_privilege":
		d, err = fixedPrivilege(c, p, args)
	case "pg_tablespace_size":
		if exists, err := exists(c, "pg_tablespace", "tablespace", args[0]); err != nil || !exists {
			return sqltypes.Null, true, err
		}
		return i.size("pg_database_size", args)
	case "pg_relation_is_updatable":
		d = sqltypes.Int(0)
		if writable(c, oidArg(args, 0)) {
			d = sqltypes.Int(1<<2 | 1<<3 | 1<<4) // UPDATE, INSERT, DELETE
		}
	case "pg_column_is_updatable":
		t := c.Table(oidArg(args, 0))
		d = sqltypes.Bool(t != nil && writable(c, t.OID) && slices.ContainsFunc(t.Columns, func(k catalog.Column) bool { return int64(k.ID) == args[1].Int() && !k.Dropped }))
	case "pg_indexam_has_property":
		d, err = methodProperty(c, oidArg(args, 0), args[1].Str())
	case "pg_index_has_property":
		if _, ix := c.Index(oidArg(args, 0)); ix != nil {
			switch args[1].Str() {
			case "clusterable", "index_scan", "bitmap_scan", "backward_scan":
				d = sqltypes.Bool(true)
			}
		}
	case "pg_index_column_has_property":
		if _, ix := c.Index(oidArg(args, 0)); ix != nil {
			d = columnProperty(ix, int(args[1].Int()), args[2].Str())
		}
	default:
		return sqltypes.Null, false, nil
	}
	return d, true, err
}

// propertyFunctions are those that properties answers.
var propertyFunctions = []string{"has_language_privilege", "has_tablespace_privilege", "has_parameter_privilege", "pg_tablespace_size", "pg_relation_is_updatable",
	"pg_column_is_updatable", "pg_indexam_has_property", "pg_index_has_property", "pg_index_column_has_property"}

// writable tells whether INSERT, UPDATE and DELETE work on a relation.
func writable(c catalog.Scope, oid catalog.OID) bool {
	t := c.Table(oid)
	return t != nil && (t.Kind == catalog.KindTable || t.Updatable)
}

// exists looks for a row of a system relation by the name or the OID in arg. A name that nothing has is an error.
func exists(c catalog.Scope, relation, noun string, arg datum) (bool, error) {
	named := arg.Kind() == sqltypes.KindBytes
	row, _, err := c.SystemRow(context.Background(), relation, func(row []datum) bool {
		return named && row[1].Str() == arg.Str() || !named && row[0].Int() == arg.Int()
	})
	if row == nil && err == nil && named {
		err = pgerror.New(pgerror.UndefinedObject, "%s \"%s\" does not exist", noun, arg.Str())
	}
	return row != nil, err
}

// fixedPrivilege answers for languages, which everybody may use, and for tablespaces and parameters, which nobody was given rights on.
func fixedPrivilege(c catalog.Scope, p *catalog.Proc, args []datum) (datum, error) {
	if len(args) > 2 {
		if _, err := roleArg(c, p.ArgTypes[0], args[0]); err != nil {
			return sqltypes.Null, err
		}
		args = args[1:]
	}
	if p.Name == "has_parameter_privilege" {
		switch args[1].Str() {
		case "SET", "set", "ALTER SYSTEM", "alter system", "SET WITH GRANT OPTION", "ALTER SYSTEM WITH GRANT OPTION":
			return sqltypes.Bool(false), nil
		}
		return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "unrecognized privilege type: \"%s\"", args[1].Str())
	}
	relation, noun, right := "pg_language", "language", catalog.PrivUsage
	if p.Name == "has_tablespace_privilege" {
		relation, noun, right = "pg_tablespace", "tablespace", catalog.PrivCreate
	}
	asked, err := catalog.ParsePrivileges(args[1].Str(), right)
	if err != nil {
		return sqltypes.Null, err
	}
	if ok, err := exists(c, relation, noun, args[0]); err != nil || !ok {
		return sqltypes.Null, err
	}
	return sqltypes.Bool(noun == "language" && slices.ContainsFunc(asked, func(a catalog.AskedPrivilege) bool { return !a.GrantOption })), nil
}

// methodProperty answers for an access method: those of indexes are all alike.
func methodProperty(c catalog.Scope, method catalog.OID, property string) (datum, error) {
	row, columns, err := c.SystemRow(context.Background(), "pg_am", func(row []datum) bool { return catalog.OID(row[0].Int()) == method })
	if row == nil || err != nil {
		return sqltypes.Null, err
	}
	for k, column := range columns {
		if column.Name == "amtype" && row[k].Int() != 'i' {
			return sqltypes.Null, nil
		}
	}
	switch property {
	case "can_order", "can_unique", "can_multi_col", "can_exclude", "can_include":
		return sqltypes.Bool(true), nil
	}
	return sqltypes.Null, nil
}

func columnProperty(ix *catalog.Index, at int, property string) datum {
	if at < 1 || at > len(ix.Keys) {
		return sqltypes.Null
	}
	first := ix.Keys[at-1].NullsFirst
	switch property {
	case "asc":
		return sqltypes.Bool(true)
	case "nulls_first":
		return sqltypes.Bool(first)
	case "nulls_last":
		return sqltypes.Bool(!first)
	case "desc", "distance_orderable":
		return sqltypes.Bool(false)
	case "orderable", "returnable", "search_array", "search_nulls":
		return sqltypes.Bool(true)
	}
	return sqltypes.Null
}
