package query

import (
	"context"
	"encoding/base32"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
)

// information answers the functions that ask the catalog: it is the session as package expr sees it.
type information struct{ session *Session }

type (
	datum     = sqltypes.Datum
	informant func(c catalog.Scope, args []datum) (datum, error)
)

func text(s string, ok bool) (datum, error) {
	if !ok {
		return sqltypes.Null, nil
	}
	return sqltypes.String(s), nil
}

func oidArg(args []datum, i int) catalog.OID { return catalog.OID(args[i].Int()) }

func pretty(args []datum, i int) bool { return len(args) > i && args[i].Bool() }

// visible makes an informant of one of the visibility tests: NULL for an object that does not exist.
func visible(f func(c catalog.Scope, oid catalog.OID) bool, exists func(c catalog.Scope, oid catalog.OID) bool) informant {
	return func(c catalog.Scope, args []datum) (datum, error) {
		oid := oidArg(args, 0)
		if !exists(c, oid) {
			return sqltypes.Null, nil
		}
		return sqltypes.Bool(f(c, oid)), nil
	}
}

// visibleIn is a visibility test of the objects that are rows of a system relation: whether the schema they are in is searched.
func visibleIn(relation string) informant {
	return func(c catalog.Scope, args []datum) (datum, error) {
		row, columns, err := c.SystemRow(context.Background(), relation, func(row []datum) bool { return row[0].Int() == args[0].Int() })
		if row == nil || err != nil {
			return sqltypes.Null, err
		}
		for i, column := range columns {
			if strings.HasSuffix(column.Name, "namespace") {
				return sqltypes.Bool(c.SchemaIsSearched(catalog.OID(row[i].Int()))), nil
			}
		}
		return sqltypes.Bool(true), nil
	}
}

func constant(d datum) informant {
	return func(catalog.Scope, []datum) (datum, error) { return d, nil }
}

var noText = constant(sqltypes.Null)

// informants are the functions by name.
var informants = map[string]informant{
	"format_type": func(c catalog.Scope, args []datum) (datum, error) {
		if args[0].IsNull() {
			return sqltypes.Null, nil
		}
		if args[1].IsNull() {
			return text(c.FormatType(oidArg(args, 0), nil), true)
		}
		mod := int32(args[1].Int())
		return text(c.FormatType(oidArg(args, 0), &mod), true)
	},
	"pg_get_indexdef": func(c catalog.Scope, args []datum) (datum, error) {
		if len(args) == 3 && args[1].Int() != 0 {
			return text(c.IndexColumnDef(oidArg(args, 0), int(args[1].Int()), pretty(args, 2)))
		}
		return text(c.IndexDef(oidArg(args, 0), pretty(args, 2)))
	},
	"pg_get_constraintdef": func(c catalog.Scope, args []datum) (datum, error) {
		return text(c.ConstraintDef(oidArg(args, 0), pretty(args, 1)))
	},
	"pg_get_expr": func(_ catalog.Scope, args []datum) (datum, error) { return args[0], nil },
	"pg_get_viewdef": func(c catalog.Scope, args []datum) (datum, error) {
		oid := oidArg(args, 0)
		if args[0].Kind() == sqltypes.KindBytes {
			found, err := c.ParseReg(sqltypes.RegClassOID, args[0].Str(), nil)
			if err != nil {
				return sqltypes.Null, err
			}
			oid = found
		}
		return text(c.ViewDef(oid))
	},
	"pg_get_userbyid": func(c catalog.Scope, args []datum) (datum, error) {
		if r := c.Role(oidArg(args, 0)); r != nil {
			return sqltypes.String(r.Name), nil
		}
		return sqltypes.String("unknown (OID=" + strconv.FormatInt(args[0].Int(), 10) + ")"), nil
	},
	"pg_get_function_arguments": procText(func(c catalog.Scope, p *catalog.Proc) (string, bool) { return c.FunctionArguments(p), true }),
	"pg_get_function_identity_arguments": procText(func(c catalog.Scope, p *catalog.Proc) (string, bool) {
		return c.FunctionIdentity(p), true
	}),
	"pg_get_function_result":         procText(func(c catalog.Scope, p *catalog.Proc) (string, bool) { return c.FunctionResult(p) }),
	"pg_get_functiondef":             procText(func(c catalog.Scope, p *catalog.Proc) (string, bool) { return c.FunctionDef(p), true }),
	"pg_get_function_arg_default":    noText,
	"pg_get_function_sqlbody":        noText,
	"pg_get_partkeydef":              noText,
	"pg_get_partition_constraintdef": noText,
	"pg_get_triggerdef":              noText,
	"pg_get_ruledef":                 noText,
	"pg_get_replica_identity_index":  noText,
	"pg_get_statisticsobjdef": func(c catalog.Scope, args []datum) (datum, error) {
		return text(c.StatisticsDef(oidArg(args, 0)))
	},
	"pg_get_statisticsobjdef_columns": func(c catalog.Scope, args []datum) (datum, error) {
		return text(c.StatisticsColumns(oidArg(args, 0)))
	},
	"pg_get_statisticsobjdef_expressions": func(c catalog.Scope, args []datum) (datum, error) {
		list := c.StatisticsExpressions(oidArg(args, 0))
		if list == nil {
			return sqltypes.Null, nil
		}
		return textArray(list), nil
	},
	"pg_describe_object": describeObject, "pg_identify_object": identifyObject, "pg_identify_object_as_address": identifyAsAddress,
	"pg_get_object_address":  objectAddress,
	"pg_get_serial_sequence": serialSequence,
	"obj_description": func(c catalog.Scope, args []datum) (datum, error) {
		class := catalog.OID(0)
		if len(args) > 1 {
			found, err := c.ParseReg(sqltypes.RegClassOID, "pg_catalog."+args[1].Str(), nil)
			if err != nil {
				return sqltypes.Null, nil
			}
			class = found
		}
		return comment(c, catalog.Comment{Object: oidArg(args, 0), Class: class})
	},
	"col_description": func(c catalog.Scope, args []datum) (datum, error) {
		return comment(c, catalog.Comment{Object: oidArg(args, 0), Class: 1259, Ordinal: int32(args[1].Int())})
	},
	"shobj_description": func(c catalog.Scope, args []datum) (datum, error) {
		return comment(c, catalog.Comment{Object: oidArg(args, 0)})
	},
	"pg_table_is_visible": visible(catalog.Scope.RelationIsVisible, func(c catalog.Scope, oid catalog.OID) bool {
		_, _, ok := c.RelationName(oid)
		return ok
	}),
	"pg_type_is_visible":      visible(catalog.Scope.TypeIsVisible, func(c catalog.Scope, oid catalog.OID) bool { return c.Type(oid) != nil }),
	"pg_function_is_visible":  visible(catalog.Scope.ProcIsVisible, func(c catalog.Scope, oid catalog.OID) bool { return c.Proc(oid) != nil }),
	"pg_operator_is_visible":  visible(catalog.Scope.OperatorIsVisible, func(c catalog.Scope, oid catalog.OID) bool { return c.Operator(oid) != nil }),
	"pg_collation_is_visible": visibleIn("pg_collation"), "pg_conversion_is_visible": visibleIn("pg_conversion"), "pg_opclass_is_visible": visibleIn("pg_opclass"),
	"pg_opfamily_is_visible": visibleIn("pg_opfamily"), "pg_ts_config_is_visible": noText, "pg_ts_dict_is_visible": noText, "pg_ts_parser_is_visible": noText,
	"pg_ts_template_is_visible": noText, "pg_statistics_obj_is_visible": visibleIn("pg_statistic_ext"),
	"pg_relation_is_publishable": constant(sqltypes.Bool(false)),
	"_pg_index_position":         indexPosition,
	"pg_settings_get_flags":      settingFlags,
	"row_security_active":        constant(sqltypes.Bool(false)),
	"pg_is_other_temp_schema":    constant(sqltypes.Bool(false)),
	"pg_my_temp_schema":          constant(sqltypes.Int(0)),
	"pg_tablespace_location":     constant(sqltypes.String("")),
	"inet_client_addr":           noText, "inet_client_port": noText, "inet_server_addr": noText, "inet_server_port": noText,
	"to_regclass": toReg(sqltypes.RegClassOID), "to_regtype": toReg(sqltypes.RegTypeOID), "to_regproc": toReg(sqltypes.RegProcOID),
	"to_regprocedure": toReg(sqltypes.RegProcedureOID), "to_regoper": toReg(sqltypes.RegOperOID), "to_regoperator": toReg(sqltypes.RegOperatorOID),
	"to_regnamespace": toReg(sqltypes.RegNamespaceOID), "to_regrole": toReg(sqltypes.RegRoleOID), "to_regcollation": toReg(sqltypes.RegCollationOID),
	"regclass": func(c catalog.Scope, args []datum) (datum, error) {
		oid, err := c.RelationNamed(args[0].Str())
		return sqltypes.Int(int64(oid)), err
	},
}

func procText(f func(c catalog.Scope, p *catalog.Proc) (string, bool)) informant {
	return func(c catalog.Scope, args []datum) (datum, error) {
		p := c.Proc(oidArg(args, 0))
		if p == nil {
			return sqltypes.Null, nil
		}
		return text(f(c, p))
	}
}

func comment(c catalog.Scope, key catalog.Comment) (datum, error) {
	s := c.CommentOn(key)
	return text(s, s != "")
}

// toReg is a name lookup that answers NULL for what does not exist.
func toReg(t sqltypes.OID) informant {
	return func(c catalog.Scope, args []datum) (datum, error) {
		oid, err := c.ParseReg(t, args[0].Str(), nil)
		if err != nil {
			if pgerror.From(err).Hard {
				return sqltypes.Null, err
			}
			return sqltypes.Null, nil
		}
		return sqltypes.Int(int64(oid)), nil
	}
}

// serialSequence is the sequence of an identity column.
func serialSequence(c catalog.Scope, args []datum) (datum, error) {
	oid, err := c.ParseReg(sqltypes.RegClassOID, args[0].Str(), nil)
	if err != nil {
		return sqltypes.Null, err
	}
	t := c.Table(oid)
	if t == nil {
		return sqltypes.Null, nil
	}
	column := t.ColumnByName(args[1].Str())
	if column == nil {
		return sqltypes.Null, pgerror.New(pgerror.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", args[1].Str(), t.Name)
	}
	if column.Sequence == 0 {
		return sqltypes.Null, nil
	}
	sequence := c.Table(column.Sequence)
	return text(catalog.QuoteQualified(c.SchemaName(sequence.Schema), sequence.Name), true)
}

// Call runs an information function.
func (i *information) Call(proc sqltypes.OID, name string, args []datum) (datum, error) {
	c := i.session.scope()
	if f, ok := informants[name]; ok {
		return f(c, args)
	}
	if f, ok := activityFunctions[name]; ok {
		return f(i.session.activityOf(oidArg(args, 0))), nil
	}
	if p := c.Proc(proc); p != nil && privilegeKinds[name] != 0 {
		return i.privilege(c, p, name, args)
	}
	if p := c.Proc(proc); p != nil {
		if d, ok, err := i.properties(c, p, args); ok {
			return d, err
		}
	}
	if d, ok, err := i.size(name, args); ok {
		return d, err
	}
	switch name {
	case "dsql_major_version":
		return sqltypes.Int(1), nil
	case "current_session_id":
		return sqltypes.String(i.session.id), nil
	case "uuid_to_base32_str":
		return sqltypes.String(strings.ToLower(base32Text.EncodeToString(args[0].Bytes()))), nil
	case "base32_str_to_uuid":
		b, err := base32Text.DecodeString(strings.ToUpper(args[0].Str()))
		if err != nil || len(b) != 16 {
			return sqltypes.Null, pgerror.New(pgerror.InvalidTextRepresentation, "invalid input syntax for type uuid: \"%s\"", args[0].Str())
		}
		return sqltypes.Bytes(b), nil
	case "base_type_oid":
		return sqltypes.Int(int64(baseType(c, oidArg(args, 0)))), nil
	case "current_transaction_id":
		id := i.session.tx.txn.ID()
		return sqltypes.String(strings.ToLower(base32Text.EncodeToString(id[:]))), nil
	case "current_query":
		return text(i.session.text, i.session.text != "")
	case "iam_session_user":
		return sqltypes.String(i.session.who.User), nil
	case "pg_has_role":
		return i.hasRole(c, proc, args)
	}
	return sqltypes.Null, pgerror.New(pgerror.FeatureNotSupported, "function %s not supported", name)
}

// base32Text is the alphabet of the service's identifiers, in capitals.
var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// baseType is the type below domains.
func baseType(c catalog.Scope, t catalog.OID) catalog.OID {
	for info := c.Type(t); info != nil && info.Kind == 'd'; info = c.Type(t) {
		t = info.BaseType
	}
	return t
}

// RegIn turns a name into the OID of a reg* type.
func (i *information) RegIn(t sqltypes.OID, text string) (datum, error) {
	oid, err := i.session.scope().ParseReg(t, text, i.session.tell)
	return sqltypes.Int(int64(oid)), err
}

// TypeNamed finds the type that a text names.
func (i *information) TypeNamed(text string) (sqltypes.Type, error) {
	return i.session.scope().ParseTypeName(text, i.session.tell)
}

// RegOut turns the OID of a reg* type into a name.
func (i *information) RegOut(t sqltypes.OID, d datum) string {
	return i.session.scope().RegText(t, catalog.OID(d.Int()))
}

// shownBy are the views of the functions that give a view's rows.
var shownBy = map[string]string{"pg_show_all_settings": "pg_settings", "pg_prepared_statement": "pg_prepared_statements", "pg_cursor": "pg_cursors"}

// Rows gives the rows of a set-returning function that tells about the session.
func (i *information) Rows(ctx context.Context, name string) ([][]datum, error) {
	if name == "pg_get_catalog_foreign_keys" {
		return i.session.scope().References(), nil
	}
	if view, ok := shownBy[name]; ok {
		return i.session.scope().SystemRows(ctx, view, i.session.info())
	}
	var rows [][]datum
	for _, t := range sqltypes.SupportedTypes() {
		rows = append(rows, []datum{sqltypes.String(sqltypes.BaseTypeName(t.OID)), sqltypes.Bool(t.Pushdown)})
	}
	return rows, nil
}

// RowType gives the columns of a composite type.
func (i *information) RowType(t sqltypes.OID) (names []string, types []sqltypes.Type, ok bool) {
	snapshot := i.session.snapshot()
	table := snapshot.Table(snapshot.CompositeRelation(t))
	if table == nil {
		return nil, nil, false
	}
	for _, c := range table.Columns {
		if !c.Dropped {
			names, types = append(names, c.Name), append(types, c.Type)
		}
	}
	return names, types, true
}
