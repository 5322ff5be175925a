package catalog

import "strconv"

// Output is a column that a function gives when it stands in FROM.
type Output struct {
	Name string
	Type OID
	Mod  int32
}

// OutputColumns are the columns of a function that returns rows: its OUT and TABLE parameters, or the columns of the named row type it returns.
// args are the types of the call's arguments as in Call. It is nil for a function that returns a plain value, and for one that returns records
// without saying of which columns.
func (s Scope) OutputColumns(call FunctionCall, args []OID) ([]Output, error) {
	if call.Proc == nil {
		return nil, nil
	}
	if columns := s.RowColumns(call.Result); columns != nil {
		return columns, nil
	}
	var list []Output
	for _, p := range parameters(call.Proc) {
		if p.mode == 'o' || p.mode == 'b' || p.mode == 't' {
			list = append(list, Output{Name: p.name, Type: p.typ, Mod: -1})
		}
	}
	if len(list) == 0 || len(list) == 1 && call.Proc.ReturnType == list[0].Type {
		return nil, nil
	}
	actual, declared := args, call.Proc.ArgTypes
	if call.Order != nil { // named notation: the arguments in the order of the parameters
		actual = make([]OID, len(declared))
		for i, parameter := range call.Order {
			actual[parameter] = call.Args[i]
		}
	}
	for i := range list {
		if list[i].Name == "" {
			list[i].Name = "column" + strconv.Itoa(i+1)
		}
		_, t, err := s.ResolvePolymorphic(actual[:min(len(actual), len(declared))], declared, list[i].Type)
		if err != nil {
			return nil, err
		}
		list[i].Type = t
	}
	return list, nil
}

// RowColumns are the columns of a named row type, looking through domains; nil for any other type.
func (s *Snapshot) RowColumns(oid OID) []Output {
	relation := s.CompositeRelation(oid)
	if relation == 0 {
		return nil
	}
	var columns []Column
	if t := s.tables[relation]; t != nil {
		columns = t.Columns
	} else if r, ok := SystemRelation(relation); ok {
		columns = r.Columns
	}
	list := make([]Output, 0, len(columns))
	for i := range columns {
		if !columns[i].Dropped {
			list = append(list, Output{Name: columns[i].Name, Type: columns[i].Type.OID, Mod: columns[i].Type.Mod})
		}
	}
	return list
}
