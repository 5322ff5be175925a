package query

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
)

// record makes the row that a function with OUT parameters returns.
func record(names []string, types []catalog.OID, fields ...datum) datum {
	r := &sqltypes.Record{TypeOID: sqltypes.RecordOID, Names: names, Fields: fields}
	for _, t := range types {
		r.Types = append(r.Types, sqltypes.T(t))
	}
	return sqltypes.FromRecord(r)
}

// shown is a text that is NULL when it is empty.
func shown(s string) datum {
	if s == "" {
		return sqltypes.Null
	}
	return sqltypes.String(s)
}

func addressArg(args []datum) catalog.ObjectAddress {
	return catalog.ObjectAddress{Class: oidArg(args, 0), OID: oidArg(args, 1), Sub: int32(args[2].Int())}
}

func describeObject(c catalog.Scope, args []datum) (datum, error) {
	a := addressArg(args)
	if a.Class == 0 && a.OID == 0 {
		return sqltypes.Null, nil // in pg_depend: an object that is always there
	}
	id, err := c.Identify(a)
	return shown(id.Description), err
}

func identifyObject(c catalog.Scope, args []datum) (datum, error) {
	id, err := c.Identify(addressArg(args))
	if err != nil {
		return sqltypes.Null, err
	}
	return record([]string{"type", "schema", "name", "identity"}, []catalog.OID{sqltypes.TextOID, sqltypes.TextOID, sqltypes.TextOID, sqltypes.TextOID},
		sqltypes.String(id.Kind), shown(id.Schema), shown(id.Name), shown(id.Identity)), nil
}

func identifyAsAddress(c catalog.Scope, args []datum) (datum, error) {
	id, err := c.Identify(addressArg(args))
	if err != nil {
		return sqltypes.Null, err
	}
	names, arguments := sqltypes.Null, sqltypes.Null
	if id.Identity != "" {
		names, arguments = textArray(id.Names), textArray(id.Args)
	}
	return record([]string{"type", "object_names", "object_args"}, []catalog.OID{sqltypes.TextOID, sqltypes.TextArrayOID, sqltypes.TextArrayOID},
		sqltypes.String(id.Kind), names, arguments), nil
}

func objectAddress(c catalog.Scope, args []datum) (datum, error) {
	a, err := c.AddressOf(args[0].Str(), textPointers(args[1]), textPointers(args[2]))
	if err != nil {
		return sqltypes.Null, err
	}
	return record([]string{"classid", "objid", "objsubid"}, []catalog.OID{sqltypes.OIDOID, sqltypes.OIDOID, sqltypes.Int4OID},
		sqltypes.Int(int64(a.Class)), sqltypes.Int(int64(a.OID)), sqltypes.Int(int64(a.Sub))), nil
}

func textArray(list []string) datum {
	var elements []datum
	for _, s := range list {
		elements = append(elements, sqltypes.String(s))
	}
	return sqltypes.NewArray(sqltypes.TextOID, elements)
}

// textPointers are the elements of a text array; nil stands for NULL.
func textPointers(d datum) (list []*string) {
	for _, e := range d.Array().Elements {
		if e.IsNull() {
			list = append(list, nil)
			continue
		}
		s := e.Str()
		list = append(list, &s)
	}
	return list
}
