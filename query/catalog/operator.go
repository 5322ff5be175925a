package catalog

import (
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// OperatorCall is an operator as it is used: the types its operands are converted to, and the type it yields, without polymorphic ones.
type OperatorCall struct {
	*Operator
	LeftType, RightType, ResultType OID
}

// ResolveOperator finds the operator that an expression means. The left type is 0 for a prefix operator; untyped literals are UnknownOID.
func (s Scope) ResolveOperator(name []string, left, right OID) (OperatorCall, error) {
	o, err := s.findOperator(name, left, right)
	if err != nil {
		return OperatorCall{}, err
	}
	actual, declared := []OID{left, right}, []OID{o.Left, o.Right}
	if left == 0 {
		actual, declared = actual[1:], declared[1:]
	}
	types, result, err := s.ResolvePolymorphic(actual, declared, o.Result)
	if err != nil {
		return OperatorCall{}, err
	}
	call := OperatorCall{Operator: o, RightType: types[len(types)-1], ResultType: result}
	if left != 0 {
		call.LeftType = types[0]
	}
	return call, nil
}

// ResolveArrayOperator finds the operator of "left operator ANY (array)" and ALL; RightType is the array type that the right side is converted to.
func (s Scope) ResolveArrayOperator(name []string, left, array OID) (OperatorCall, error) {
	element := array
	if array != sqltypes.UnknownOID {
		if element = s.ElementType(array); element == 0 {
			return OperatorCall{}, pgerror.New(pgerror.WrongObjectType, "op ANY/ALL (array) requires array on right side")
		}
	}
	o, err := s.findOperator(name, left, element)
	if err != nil {
		return OperatorCall{}, err
	}
	types, result, err := s.ResolvePolymorphic([]OID{left, element}, []OID{o.Left, o.Right}, o.Result)
	if err != nil {
		return OperatorCall{}, err
	}
	if result != sqltypes.BoolOID {
		return OperatorCall{}, pgerror.New(pgerror.WrongObjectType, "op ANY/ALL (array) requires operator to yield boolean")
	}
	arrayType := array
	if !IsPolymorphic(o.Right) || array == sqltypes.UnknownOID {
		if arrayType = s.ArrayType(types[1]); arrayType == 0 {
			return OperatorCall{}, pgerror.New(pgerror.UndefinedObject, "could not find array type for data type %s", s.TypeName(types[1]))
		}
	}
	return OperatorCall{Operator: o, LeftType: types[0], RightType: arrayType, ResultType: result}, nil
}

func (s Scope) findOperator(name []string, left, right OID) (*Operator, error) {
	schema, operator, err := s.splitName(name)
	if err != nil {
		return nil, err
	}
	inSchema := OID(0)
	if schema != "" {
		if inSchema, err = s.explicitSchema(schema); err != nil {
			return nil, err
		}
	}
	if inSchema == 0 && slices.Contains(s.path.schemas, PgCatalogOID) || inSchema == PgCatalogOID { // where all operators are
		if o := s.exactOperator(operator, left, right); o != nil {
			return o, nil
		}
		o, ambiguous := s.bestOperator(operator, left, right)
		if o != nil {
			return o, nil
		}
		if ambiguous {
			return nil, pgerror.New(pgerror.AmbiguousFunction, "operator is not unique: %s", s.operatorSignature(name, left, right)).
				WithHint("Could not choose a best candidate operator. You might need to add explicit type casts.")
		}
	}
	e := pgerror.New(pgerror.UndefinedFunction, "operator does not exist: %s", s.operatorSignature(name, left, right))
	if left == 0 || right == 0 {
		return nil, e.WithHint("No operator matches the given name and argument type. You might need to add an explicit type cast.")
	}
	return nil, e.WithHint("No operator matches the given name and argument types. You might need to add explicit type casts.")
}

// exactOperator finds an operator of exactly the operands' types; an untyped literal is taken to be of the other operand's type.
func (s *Snapshot) exactOperator(name string, left, right OID) *Operator {
	literal := false
	if left == sqltypes.UnknownOID && right != 0 {
		left, literal = right, true
	} else if right == sqltypes.UnknownOID && left != 0 {
		right, literal = left, true
	}
	if o := s.data.OperatorByTypes(name, left, right); o != nil {
		return o
	}
	if literal {
		if t := s.BaseType(left); t != left {
			return s.data.OperatorByTypes(name, t, t)
		}
	}
	return nil
}

func (s *Snapshot) bestOperator(name string, left, right OID) (o *Operator, ambiguous bool) {
	types := []OID{left, right}
	if left == 0 {
		types = types[1:]
	}
	var candidates []*candidate
	for _, o := range s.data.OperatorsByName(name) {
		switch {
		case left == 0 && o.Kind == 'l':
			candidates = append(candidates, &candidate{operator: o, args: []OID{o.Right}})
		case left != 0 && o.Kind == 'b':
			candidates = append(candidates, &candidate{operator: o, args: []OID{o.Left, o.Right}})
		}
	}
	candidates = s.matching(types, candidates)
	switch len(candidates) {
	case 0:
		return nil, false
	case 1:
		return candidates[0].operator, false
	}
	if c := s.best(types, candidates); c != nil {
		return c.operator, false
	}
	return nil, true
}

func (s Scope) operatorSignature(name []string, left, right OID) string {
	text := strings.Join(name, ".") + " " + s.TypeName(right)
	if left != 0 {
		text = s.TypeName(left) + " " + text
	}
	return text
}
