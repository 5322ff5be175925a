package catalog

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// CoercionContext is how much a conversion may do without being asked.
type CoercionContext uint8

// The contexts, from the least to the most permissive.
const (
	Implicit   CoercionContext = iota // in an expression
	Assignment                        // to a column
	Explicit                          // a cast
)

// PathKind is how a value gets from one type to another.
type PathKind uint8

// The kinds of paths.
const (
	PathNone    PathKind = iota
	PathRelabel          // the value stays, only its type is another
	PathFunc             // by a function
	PathArray            // element by element
	PathIO               // by way of text
)

// Categories of types that rules name.
const (
	categoryString byte = 'S'
	categoryArray  byte = 'A'
)

// BaseType is what a domain is over, all the way down; any other type is itself.
func (s *Snapshot) BaseType(oid OID) OID {
	for {
		t := s.Type(oid)
		if t == nil || t.Kind != 'd' {
			return oid
		}
		oid = t.BaseType
	}
}

// BaseTypeMod is BaseType with the modifier that the domain sets; mod is the answer for any other type.
func (s *Snapshot) BaseTypeMod(oid OID, mod int32) (OID, int32) {
	for {
		t := s.Type(oid)
		if t == nil || t.Kind != 'd' {
			return oid, mod
		}
		oid, mod = t.BaseType, t.BaseMod
	}
}

// ElementType is the element type of an array type, looking through domains; 0 for others.
func (s *Snapshot) ElementType(oid OID) OID {
	if t := s.Type(s.BaseType(oid)); t != nil && t.IsTrueArray() {
		return t.Elem
	}
	return 0
}

// elementOf is the element type of an array type; 0 for domains and others.
func (s *Snapshot) elementOf(oid OID) OID {
	if t := s.Type(oid); t != nil && t.IsTrueArray() {
		return t.Elem
	}
	return 0
}

// ArrayType is the type of arrays of a type, or 0.
func (s *Snapshot) ArrayType(oid OID) OID {
	if t := s.Type(oid); t != nil {
		return t.Array
	}
	return 0
}

// IsComposite tells whether the type is a named row type, looking through domains.
func (s *Snapshot) IsComposite(oid OID) bool { return s.CompositeRelation(oid) != 0 }

// CompositeRelation is the relation whose rows the type describes, looking through domains, or 0.
func (s *Snapshot) CompositeRelation(oid OID) OID {
	if t := s.Type(s.BaseType(oid)); t != nil {
		return t.Relation
	}
	return 0
}

// Category is the category of a type and whether it is preferred in it.
func (s *Snapshot) Category(oid OID) (category byte, preferred bool) {
	if t := s.Type(oid); t != nil {
		return t.Category, t.Preferred
	}
	return 'X', false
}

// isPreferred tells whether the type is preferred, and of the category; category 0 asks for any.
func (s *Snapshot) isPreferred(category byte, oid OID) bool {
	c, preferred := s.Category(oid)
	return preferred && (c == category || category == 0)
}

// FindCoercionPath finds how a value of type source becomes one of type target, and the function of PathFunc (and, for PathArray, of the elements
// when one is needed).
func (s *Snapshot) FindCoercionPath(target, source OID, context CoercionContext) (PathKind, OID) {
	source, target = s.BaseType(source), s.BaseType(target)
	if source == target {
		return PathRelabel, 0
	}
	if c := s.data.Cast(source, target); c != nil {
		if context < castContext(c.Context) {
			return PathNone, 0
		}
		switch c.Method {
		case 'f':
			return PathFunc, c.Func
		case 'i':
			return PathIO, 0
		}
		return PathRelabel, 0
	}
	if target != sqltypes.OIDVectorOID && target != sqltypes.Int2VectorOID {
		to, from := s.elementOf(target), s.elementOf(source)
		if to != 0 && from != 0 {
			if path, function := s.FindCoercionPath(to, from, context); path != PathNone {
				return PathArray, function
			}
		}
	}
	if c, _ := s.Category(target); context >= Assignment && c == categoryString {
		return PathIO, 0
	}
	if c, _ := s.Category(source); context >= Explicit && c == categoryString {
		return PathIO, 0
	}
	return PathNone, 0
}

func castContext(c byte) CoercionContext {
	switch c {
	case 'i':
		return Implicit
	case 'a':
		return Assignment
	}
	return Explicit
}

// TypmodCoercion finds the function that fits a value of the type to a modifier, such as varchar(varchar, int4, bool); PathArray when it is for the
// elements of an array type.
func (s *Snapshot) TypmodCoercion(oid OID) (PathKind, OID) {
	kind := PathFunc
	if element := s.elementOf(oid); element != 0 {
		oid, kind = element, PathArray
	}
	if c := s.data.Cast(oid, oid); c != nil && c.Func != 0 {
		return kind, c.Func
	}
	return PathNone, 0
}

// CanCoerce tells whether values of the types from can be given where the types to are declared; polymorphic ones among them must agree.
func (s *Snapshot) CanCoerce(from, to []OID, context CoercionContext) bool {
	generic := false
	for i, source := range from {
		target := to[i]
		switch {
		case source == target || target == sqltypes.AnyOID:
		case IsPolymorphic(target):
			generic = true
		case !s.canCoerceOne(source, target, context):
			return false
		}
	}
	return !generic || s.polymorphicConsistent(from, to)
}

func (s *Snapshot) canCoerceOne(source, target OID, context CoercionContext) bool {
	if source == sqltypes.UnknownOID {
		return true
	}
	if path, _ := s.FindCoercionPath(target, source, context); path != PathNone {
		return true
	}
	switch {
	case source == sqltypes.RecordOID && s.IsComposite(target), target == sqltypes.RecordOID && s.IsComposite(source):
		return true
	case source == sqltypes.RecordArrayOID:
		return s.isCompositeArray(target)
	case target == sqltypes.RecordArrayOID:
		return s.isCompositeArray(source)
	}
	return false
}

func (s *Snapshot) isCompositeArray(oid OID) bool {
	element := s.elementOf(oid)
	return element != 0 && s.IsComposite(element)
}

// IsBinaryCoercible tells whether a value of type source is one of type target as it stands.
func (s *Snapshot) IsBinaryCoercible(source, target OID) bool {
	if source == target {
		return true
	}
	switch target {
	case sqltypes.AnyOID, sqltypes.AnyElementOID, sqltypes.AnyCompatibleOID:
		return true
	}
	source = s.BaseType(source)
	if source == target {
		return true
	}
	t := s.Type(source)
	if t == nil {
		return false
	}
	switch target {
	case sqltypes.AnyArrayOID, sqltypes.AnyCompatibleArrayOID:
		return t.IsTrueArray()
	case sqltypes.AnyNonArrayOID, sqltypes.AnyCompatibleNonArrayOID:
		return !t.IsTrueArray()
	case sqltypes.AnyEnumOID:
		return t.Kind == 'e'
	case sqltypes.AnyRangeOID, sqltypes.AnyCompatibleRangeOID:
		return t.Kind == 'r'
	case sqltypes.AnyMultirangeOID, sqltypes.AnyCompatibleMultirangeOID:
		return t.Kind == 'm'
	case sqltypes.RecordOID:
		return t.Relation != 0
	case sqltypes.RecordArrayOID:
		return s.isCompositeArray(source)
	}
	c := s.data.Cast(source, target)
	return c != nil && c.Method == 'b' && c.Context == 'i'
}
