package query

import (
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
)

// privilegeKinds are the kinds of object (see catalog.Object) that has_…_privilege functions ask about.
var privilegeKinds = map[string]byte{
	"has_table_privilege": 'r', "has_any_column_privilege": 'c', "has_column_privilege": 'a', "has_sequence_privilege": 's', "has_schema_privilege": 'n',
	"has_function_privilege": 'f', "has_type_privilege": 'T', "has_database_privilege": 'D',
}

// allowedPrivileges are the rights that each kind of object has.
var allowedPrivileges = map[byte]catalog.Privilege{
	'r': catalog.PrivSelect | catalog.PrivInsert | catalog.PrivUpdate | catalog.PrivDelete | catalog.PrivTruncate | catalog.PrivReferences | catalog.PrivTrigger,
	'c': catalog.PrivSelect | catalog.PrivInsert | catalog.PrivUpdate | catalog.PrivReferences,
	'a': catalog.PrivSelect | catalog.PrivInsert | catalog.PrivUpdate | catalog.PrivReferences,
	's': catalog.PrivUsage | catalog.PrivSelect | catalog.PrivUpdate, 'n': catalog.PrivCreate | catalog.PrivUsage,
	'f': catalog.PrivExecute, 'T': catalog.PrivUsage, 'D': catalog.PrivCreate | catalog.PrivTemp | catalog.PrivConnect,
}

// nameTypes are the reg* types that read the object's name.
var nameTypes = map[byte]sqltypes.OID{
	'r': sqltypes.RegClassOID, 'c': sqltypes.RegClassOID, 'a': sqltypes.RegClassOID, 's': sqltypes.RegClassOID, 'n': sqltypes.RegNamespaceOID,
	'f': sqltypes.RegProcedureOID, 'T': sqltypes.RegTypeOID,
}

// privilege answers has_…_privilege([user,] object, [column,] privilege).
func (i *information) privilege(c catalog.Scope, p *catalog.Proc, name string, args []datum) (datum, error) {
	kind := privilegeKinds[name]
	want := 2
	if kind == 'a' {
		want = 3
	}
	role := i.session.userOID()
	types := p.ArgTypes
	if len(args) > want {
		found, err := roleArg(c, types[0], args[0])
		if err != nil {
			return sqltypes.Null, err
		}
		role, args, types = found, args[1:], types[1:]
	}
	asked, err := catalog.ParsePrivileges(args[want-1].Str(), allowedPrivileges[kind])
	if err != nil {
		return sqltypes.Null, err
	}
	o, err := objectArg(c, kind, types[0], args[0])
	if err != nil {
		return sqltypes.Null, err
	}
	if kind == 'a' {
		if o.Column, err = columnArg(c, o.OID, types[1], args[1]); err != nil {
			return sqltypes.Null, err
		}
	}
	if kind == 'c' {
		return anyColumn(c, role, o, asked)
	}
	allowed, exists := c.Allowed(role, o, asked)
	if !exists {
		return sqltypes.Null, nil
	}
	return sqltypes.Bool(allowed), nil
}

func anyColumn(c catalog.Scope, role catalog.OID, o catalog.Object, asked []catalog.AskedPrivilege) (datum, error) {
	o.Kind = 'r'
	allowed, exists := c.Allowed(role, o, asked)
	if t := c.Table(o.OID); t != nil && !allowed {
		for _, column := range t.Columns {
			more, ok := c.Allowed(role, catalog.Object{Kind: 'a', OID: o.OID, Column: column.ID}, asked)
			allowed = allowed || more && ok
		}
	}
	if !exists {
		return sqltypes.Null, nil
	}
	return sqltypes.Bool(allowed), nil
}

func roleArg(c catalog.Scope, t sqltypes.OID, d datum) (catalog.OID, error) {
	if t == sqltypes.OIDOID {
		return catalog.OID(d.Int()), nil
	}
	if d.Str() == "public" {
		return 0, nil
	}
	r := c.RoleByName(d.Str())
	if r == nil {
		return 0, pgerror.New(pgerror.UndefinedObject, "role \"%s\" does not exist", d.Str())
	}
	return r.OID, nil
}

func objectArg(c catalog.Scope, kind byte, t sqltypes.OID, d datum) (catalog.Object, error) {
	o := catalog.Object{Kind: kind}
	if kind == 's' {
		o.Kind = 'r'
	}
	if t == sqltypes.OIDOID {
		o.OID = catalog.OID(d.Int())
		return o, nil
	}
	if kind == 'D' {
		if !strings.EqualFold(d.Str(), databaseName) {
			return o, pgerror.New(pgerror.UndefinedDatabase, "database \"%s\" does not exist", d.Str())
		}
		o.OID = catalog.DatabaseOID
		return o, nil
	}
	oid, err := c.ParseReg(nameTypes[kind], d.Str(), nil)
	o.OID = oid
	return o, err
}

func columnArg(c catalog.Scope, relation catalog.OID, t sqltypes.OID, d datum) (int16, error) {
	if t == sqltypes.Int2OID {
		return int16(d.Int()), nil
	}
	if table := c.Table(relation); table != nil {
		column := table.ColumnByName(d.Str())
		if column == nil {
			return 0, pgerror.New(pgerror.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", d.Str(), table.Name)
		}
		return column.ID, nil
	}
	return 0, nil
}

// hasRole is pg_has_role([user,] role, privilege).
func (i *information) hasRole(c catalog.Scope, proc sqltypes.OID, args []datum) (datum, error) {
	types := c.Proc(proc).ArgTypes
	user := i.session.userOID()
	if len(args) == 3 {
		found, err := roleArg(c, types[0], args[0])
		if err != nil {
			return sqltypes.Null, err
		}
		user, args, types = found, args[1:], types[1:]
	}
	role, err := roleArg(c, types[0], args[0])
	if err != nil {
		return sqltypes.Null, err
	}
	switch word := strings.ToUpper(strings.TrimSpace(args[1].Str())); word {
	case "USAGE":
		return sqltypes.Bool(c.HasRole(user, role)), nil
	case "MEMBER":
		return sqltypes.Bool(c.IsMember(user, role)), nil
	case "SET":
		return sqltypes.Bool(c.CanSetRole(user, role)), nil
	default:
		return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "unrecognized privilege type: \"%s\"", args[1].Str())
	}
}
