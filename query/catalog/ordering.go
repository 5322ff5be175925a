package catalog

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Strategies of B-tree operators.
const (
	strategyLess    = 1
	strategyEqual   = 3
	strategyGreater = 5
)

// Ordering is how values of a type are compared. Operators are 0 where the type has none.
type Ordering struct {
	Class, Family, Input     OID // the default B-tree operator class, its family, the type it compares
	Less, Equal, Greater     OID
	Compare                  OID // support function: -1, 0, 1
	HashClass, HashEqual     OID // the default hash operator class and its equality
	HashFunction, HashExtend OID
}

// DefaultOrdering is how values of a type are sorted and grouped.
func (s *Snapshot) DefaultOrdering(oid OID) Ordering {
	var o Ordering
	oid = s.BaseType(oid)
	if class := s.DefaultOpClass(oid, btreeMethod); class != nil && s.partsCompare(oid, func(p Ordering) bool { return p.Less != 0 }) {
		o.Class, o.Family, o.Input = class.OID, class.Family, class.Input
		o.Less, o.Equal, o.Greater = s.familyOperator(class, strategyLess), s.familyOperator(class, strategyEqual), s.familyOperator(class, strategyGreater)
		o.Compare = s.familyProc(class, 1)
	}
	if class := s.DefaultOpClass(oid, hashMethod); class != nil && s.partsCompare(oid, func(p Ordering) bool { return p.HashEqual != 0 }) {
		o.HashClass, o.HashEqual = class.OID, s.familyOperator(class, 1)
		o.HashFunction, o.HashExtend = s.familyProc(class, 1), s.familyProc(class, 2)
		if o.Equal == 0 {
			o.Equal = o.HashEqual
		}
	}
	return o
}

// partsCompare asks the same of an array's elements, a row type's columns, a range's bounds.
func (s *Snapshot) partsCompare(oid OID, able func(Ordering) bool) bool {
	t := s.Type(oid)
	switch {
	case t == nil:
		return false
	case t.IsTrueArray() && t.Storage != 'p':
		return able(s.DefaultOrdering(t.Elem))
	case t.rangeOf != 0:
		return able(s.DefaultOrdering(t.rangeOf))
	case t.Relation != 0:
		table := s.tables[t.Relation]
		for i := 0; table != nil && i < len(table.Columns); i++ {
			if c := &table.Columns[i]; !c.Dropped && !able(s.DefaultOrdering(c.Type.OID)) {
				return false
			}
		}
	}
	return true
}

// DefaultOpClass is the operator class that an index method uses for a type, or nil.
func (s *Snapshot) DefaultOpClass(oid, method OID) *OpClass {
	oid = s.BaseType(oid)
	if c := s.data.operatorClasses().defaults[[2]OID{method, oid}]; c != nil {
		return c
	}
	category, _ := s.Category(oid)
	var preferred, compatible *OpClass
	preferredCount, compatibleCount := 0, 0
	for _, c := range s.data.OpClasses() {
		switch {
		case c.Method != method || !c.Default:
		case !s.IsBinaryCoercible(oid, c.Input):
		case s.isPreferred(category, c.Input):
			preferred, preferredCount = c, preferredCount+1
		default:
			compatible, compatibleCount = c, compatibleCount+1
		}
	}
	switch {
	case preferredCount == 1:
		return preferred
	case preferredCount == 0 && compatibleCount == 1:
		return compatible
	}
	return nil
}

// BtreeClass finds a B-tree operator class by name, or nil.
func (s *Snapshot) BtreeClass(name string) *OpClass {
	for _, c := range s.data.OpClasses() {
		if c.Method == btreeMethod && c.Name == name {
			return c
		}
	}
	return nil
}

// BtreeClassOf is the operator class that B-tree indexes use for a type, or nil.
func (s *Snapshot) BtreeClassOf(oid OID) *OpClass { return s.DefaultOpClass(oid, btreeMethod) }

func (s *Snapshot) familyOperator(class *OpClass, strategy int) OID {
	for _, o := range s.data.operatorClasses().byFamily[class.Family] {
		if o.Left == class.Input && o.Right == class.Input && o.Strategy == strategy && o.Purpose == 's' {
			return o.Operator
		}
	}
	return 0
}

func (s *Snapshot) familyProc(class *OpClass, number int) OID {
	for _, p := range s.data.operatorClasses().procsOf[class.Family] {
		if p.Left == class.Input && p.Right == class.Input && p.Number == number {
			return p.Proc
		}
	}
	return 0
}

// OperatorStrategy tells which comparison an operator is for a B-tree family: 1 <, 2 <=, 3 =, 4 >=, 5 >; 0 for none.
func (s *Snapshot) OperatorStrategy(operator, family OID) int {
	for _, o := range s.data.operatorClasses().byOperator[operator] {
		if o.Family == family && o.Purpose == 's' {
			return o.Strategy
		}
	}
	return 0
}

// OrderingOperator tells in which B-tree family an operator is < (or > when descending), for ORDER BY … USING; ok is false when it is in none.
func (s *Snapshot) OrderingOperator(operator OID) (family OID, descending, ok bool) {
	for _, o := range s.data.operatorClasses().byOperator[operator] {
		if o.Method == btreeMethod && (o.Strategy == strategyLess || o.Strategy == strategyGreater) {
			return o.Family, o.Strategy == strategyGreater, true
		}
	}
	return 0, false, false
}

// FamilyMember is the operator of a family for two types and a strategy, or 0.
func (s *Snapshot) FamilyMember(family, left, right OID, strategy int) OID {
	for _, o := range s.data.operatorClasses().byFamily[family] {
		if o.Left == left && o.Right == right && o.Strategy == strategy && o.Purpose == 's' {
			return o.Operator
		}
	}
	return 0
}

// SortOperators demands that a type can be sorted.
func (s Scope) SortOperators(oid OID) (Ordering, error) {
	o := s.DefaultOrdering(oid)
	if o.Less == 0 || o.Greater == 0 {
		return o, pgerror.New(pgerror.UndefinedFunction, "could not identify an ordering operator for type %s", s.TypeName(oid)).
			WithHint("Use an explicit ordering operator or modify the query.")
	}
	return o, nil
}

// GroupOperators demands that values of a type can be told equal.
func (s Scope) GroupOperators(oid OID) (Ordering, error) {
	o := s.DefaultOrdering(oid)
	if o.Equal == 0 {
		return o, pgerror.New(pgerror.UndefinedFunction, "could not identify an equality operator for type %s", s.TypeName(oid))
	}
	return o, nil
}

// RecordOrdering are the operators of rows, which compare column by column.
func (s *Snapshot) RecordOrdering() Ordering { return s.DefaultOrdering(sqltypes.RecordOID) }
