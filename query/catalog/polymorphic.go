package catalog

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// IsPolymorphic tells whether the type is anyelement or one of its relatives.
func IsPolymorphic(oid OID) bool { return isSimpleFamily(oid) || isCompatibleFamily(oid) }

// isSimpleFamily: all of them stand for one and the same element type.
func isSimpleFamily(oid OID) bool {
	switch oid {
	case sqltypes.AnyElementOID, sqltypes.AnyArrayOID, sqltypes.AnyNonArrayOID, sqltypes.AnyEnumOID, sqltypes.AnyRangeOID, sqltypes.AnyMultirangeOID:
		return true
	}
	return false
}

// isCompatibleFamily: all of them stand for types that are converted to one element type.
func isCompatibleFamily(oid OID) bool {
	switch oid {
	case sqltypes.AnyCompatibleOID, sqltypes.AnyCompatibleArrayOID, sqltypes.AnyCompatibleNonArrayOID, sqltypes.AnyCompatibleRangeOID,
		sqltypes.AnyCompatibleMultirangeOID:
		return true
	}
	return false
}

// binding is what one family of polymorphic types stands for in a call; 0 is not known yet.
type binding struct {
	element, array, rng, multirange OID
	nonArray, enum                  bool
	used, unknown                   bool
	elements                        []OID // of the compatible family: what is to be converted to the element type
}

// solver finds what the polymorphic parameters of a call stand for.
type solver struct {
	Scope
	simple, compatible binding
}

// polymorphicConsistent tells whether arguments of the types actual fit the declared ones.
func (s *Snapshot) polymorphicConsistent(actual, declared []OID) bool {
	x := solver{Scope: Scope{Snapshot: s}}
	return x.collect(actual, declared) == nil && x.finish(true) == nil
}

// ResolvePolymorphic replaces the polymorphic types among declared by what they stand for in a call with arguments of the types actual, and returns
// that list and the type of the result. Without a polymorphic parameter the result is as declared.
func (s Scope) ResolvePolymorphic(actual, declared []OID, result OID) ([]OID, OID, error) {
	generic := false
	for _, t := range declared {
		generic = generic || IsPolymorphic(t)
	}
	if !generic {
		return declared, result, nil
	}
	x := solver{Scope: s}
	if err := x.collect(actual, declared); err != nil {
		return nil, 0, err
	}
	if err := x.finish(false); err != nil {
		return nil, 0, err
	}
	resolved := make([]OID, len(declared))
	for i, t := range declared {
		resolved[i] = t
		if !IsPolymorphic(t) || i >= len(actual) {
			continue
		}
		if actual[i] != sqltypes.UnknownOID && isSimpleFamily(t) {
			resolved[i] = s.actualFor(t, actual[i])
			continue
		}
		r, err := x.resolve(t)
		if err != nil {
			return nil, 0, err
		}
		resolved[i] = r
	}
	r, err := x.resolve(result)
	return resolved, r, err
}

// actualFor is the type a known argument of the simple family is taken as: itself, without a domain around an array or range.
func (s *Snapshot) actualFor(declared, actual OID) OID {
	switch declared {
	case sqltypes.AnyArrayOID, sqltypes.AnyRangeOID, sqltypes.AnyMultirangeOID:
		return s.BaseType(actual)
	}
	return actual
}

// collect notes what each argument says about the families.
func (x *solver) collect(actual, declared []OID) error {
	for i, t := range declared {
		if i >= len(actual) || !IsPolymorphic(t) {
			continue
		}
		a := actual[i]
		b := &x.simple
		if isCompatibleFamily(t) {
			b = &x.compatible
		}
		b.used = true
		b.nonArray = b.nonArray || t == sqltypes.AnyNonArrayOID || t == sqltypes.AnyCompatibleNonArrayOID
		b.enum = b.enum || t == sqltypes.AnyEnumOID
		if a == sqltypes.UnknownOID {
			b.unknown = true
			continue
		}
		if err := x.note(b, t, a); err != nil {
			return err
		}
	}
	return nil
}

// note adds one argument of a known type to what is known of its family.
func (x *solver) note(b *binding, declared, actual OID) error {
	switch declared {
	case sqltypes.AnyElementOID, sqltypes.AnyNonArrayOID, sqltypes.AnyEnumOID:
		return x.agree(&b.element, actual, "anyelement")
	case sqltypes.AnyCompatibleOID, sqltypes.AnyCompatibleNonArrayOID:
		b.elements = append(b.elements, actual)
		return nil
	case sqltypes.AnyArrayOID:
		return x.agree(&b.array, x.BaseType(actual), "anyarray")
	case sqltypes.AnyRangeOID:
		return x.agree(&b.rng, x.BaseType(actual), "anyrange")
	case sqltypes.AnyMultirangeOID:
		return x.agree(&b.multirange, x.BaseType(actual), "anymultirange")
	case sqltypes.AnyCompatibleArrayOID:
		base := x.BaseType(actual)
		if base == sqltypes.AnyArrayOID { // of a column of pg_statistic: nothing is known of its elements
			b.array = base
			return nil
		}
		element := x.elementOf(base)
		if element == 0 {
			return pgerror.New(pgerror.DatatypeMismatch, "argument declared %s is not an array but type %s", "anycompatiblearray", x.TypeName(base))
		}
		b.elements = append(b.elements, element)
		return nil
	case sqltypes.AnyCompatibleRangeOID:
		return x.agree(&b.rng, x.BaseType(actual), "anycompatiblerange")
	}
	return x.agree(&b.multirange, x.BaseType(actual), "anycompatiblemultirange")
}

// agree demands that all arguments of one declared type have the same actual type.
func (x *solver) agree(known *OID, actual OID, declared string) error {
	if *known != 0 && *known != actual {
		return pgerror.New(pgerror.DatatypeMismatch, "arguments declared \"%s\" are not all alike", declared).
			WithDetail("%s versus %s", x.TypeName(*known), x.TypeName(actual))
	}
	*known = actual
	return nil
}

// finish checks the families and derives each one's element type. A tentative solver only asks whether a call may match: there, arguments of
// unknown type leave everything open.
func (x *solver) finish(tentative bool) error {
	if x.simple.used {
		if err := x.finishSimple(tentative); err != nil {
			return err
		}
	}
	if x.compatible.used {
		return x.finishCompatible(tentative)
	}
	return nil
}

func (x *solver) finishSimple(tentative bool) error {
	b := &x.simple
	if b.array == sqltypes.AnyArrayOID { // of a column of pg_statistic
		if b.element != 0 && b.element != sqltypes.AnyElementOID || b.nonArray || b.enum {
			return pgerror.New(pgerror.DatatypeMismatch, "argument declared %s is not consistent with argument declared %s", "anyarray", "anyelement")
		}
		if b.element == 0 {
			b.element = sqltypes.AnyElementOID
		}
		return nil
	}
	if b.array != 0 {
		if err := x.deriveFrom(b, "anyarray", b.array, x.elementOf(b.array), "is not an array but type"); err != nil {
			return err
		}
	}
	if err := x.deriveRange(b, "anyrange", "anymultirange"); err != nil {
		return err
	}
	if b.rng != 0 {
		if err := x.deriveFrom(b, "anyrange", b.rng, x.subtypeOf(b.rng), "is not a range type but type"); err != nil {
			return err
		}
	}
	if b.element == 0 {
		if tentative && !b.enum {
			return nil
		}
		return pgerror.New(pgerror.DatatypeMismatch, "could not determine polymorphic type because input has type %s", "unknown")
	}
	if b.nonArray && x.elementOfBase(b.element) != 0 {
		return pgerror.New(pgerror.DatatypeMismatch, "type matched to anynonarray is an array type: %s", x.TypeName(b.element))
	}
	if t := x.Type(b.element); b.enum && (t == nil || x.Type(x.BaseType(b.element)).Kind != 'e') {
		return pgerror.New(pgerror.DatatypeMismatch, "type matched to anyenum is not an enum type: %s", x.TypeName(b.element))
	}
	return nil
}

func (x *solver) elementOfBase(oid OID) OID { return x.ElementType(oid) }

func (x *solver) subtypeOf(oid OID) OID {
	if t := x.Type(oid); t != nil && t.Kind == 'r' {
		return t.rangeOf
	}
	return 0
}

// deriveFrom takes the element type from a container, which must agree with what is known.
func (x *solver) deriveFrom(b *binding, declared string, container, element OID, isNot string) error {
	if element == 0 {
		return pgerror.New(pgerror.DatatypeMismatch, "argument declared %s "+isNot+" %s", declared, x.TypeName(container))
	}
	if b.element == 0 {
		b.element = element
	} else if b.element != element {
		return pgerror.New(pgerror.DatatypeMismatch, "argument declared %s is not consistent with argument declared %s", declared, "anyelement").
			WithDetail("%s versus %s", x.TypeName(container), x.TypeName(b.element))
	}
	return nil
}

// deriveRange ties a family's range and multirange type together.
func (x *solver) deriveRange(b *binding, rangeName, multirangeName string) error {
	if b.multirange == 0 {
		return nil
	}
	t := x.Type(b.multirange)
	if t == nil || t.Kind != 'm' {
		return pgerror.New(pgerror.DatatypeMismatch, "argument declared %s is not a multirange type but type %s", multirangeName, x.TypeName(b.multirange))
	}
	if b.rng == 0 {
		b.rng = t.rangeByMult
	} else if b.rng != t.rangeByMult {
		return pgerror.New(pgerror.DatatypeMismatch, "argument declared %s is not consistent with argument declared %s", multirangeName, rangeName).
			WithDetail("%s versus %s", x.TypeName(b.multirange), x.TypeName(b.rng))
	}
	return nil
}

func (x *solver) finishCompatible(tentative bool) error {
	b := &x.compatible
	if err := x.deriveRange(b, "anycompatiblerange", "anycompatiblemultirange"); err != nil {
		return err
	}
	elements := b.elements
	if b.rng != 0 {
		subtype := x.subtypeOf(b.rng)
		if subtype == 0 {
			return pgerror.New(pgerror.DatatypeMismatch, "argument declared %s is not a range type but type %s", "anycompatiblerange", x.TypeName(b.rng))
		}
		elements = append(elements[:len(elements):len(elements)], subtype)
	}
	switch {
	case len(elements) > 0:
		common, first, at := x.commonType(elements)
		if common == 0 {
			return pgerror.New(pgerror.DatatypeMismatch, "arguments of anycompatible family cannot be cast to a common type").
				WithDetail("%s versus %s", x.TypeName(first), x.TypeName(elements[at]))
		}
		if !x.commonTypeWorks(common, elements) {
			return pgerror.New(pgerror.DatatypeMismatch, "arguments of anycompatible family cannot be cast to a common type")
		}
		b.element = common
	case tentative || b.array == sqltypes.AnyArrayOID:
		return nil
	default: // nothing but unknown literals
		b.element = sqltypes.TextOID
	}
	if b.rng != 0 && x.subtypeOf(b.rng) != b.element {
		return pgerror.New(pgerror.DatatypeMismatch, "anycompatiblerange type %s does not match anycompatible type %s", x.TypeName(b.rng), x.TypeName(b.element))
	}
	if b.nonArray && x.elementOfBase(b.element) != 0 {
		return pgerror.New(pgerror.DatatypeMismatch, "type matched to anycompatiblenonarray is an array type: %s", x.TypeName(b.element))
	}
	return nil
}

// resolve is what a declared type stands for.
func (x *solver) resolve(declared OID) (OID, error) {
	b := &x.simple
	if isCompatibleFamily(declared) {
		b = &x.compatible
	} else if !isSimpleFamily(declared) {
		return declared, nil
	}
	found := OID(0)
	switch declared {
	case sqltypes.AnyElementOID, sqltypes.AnyNonArrayOID, sqltypes.AnyEnumOID, sqltypes.AnyCompatibleOID, sqltypes.AnyCompatibleNonArrayOID:
		found = b.element
	case sqltypes.AnyArrayOID, sqltypes.AnyCompatibleArrayOID:
		return x.resolveArray(b)
	case sqltypes.AnyRangeOID, sqltypes.AnyCompatibleRangeOID:
		found = b.rng
	default:
		found = b.multirange
		if found == 0 && b.rng != 0 {
			found = x.Type(b.rng).multirange
		}
	}
	if found == 0 {
		return 0, pgerror.New(pgerror.DatatypeMismatch, "could not determine polymorphic type %s because input has type %s", x.Type(declared).Name, "unknown")
	}
	return found, nil
}

func (x *solver) resolveArray(b *binding) (OID, error) {
	if b.array != 0 {
		return b.array, nil
	}
	if array := x.ArrayType(b.element); array != 0 {
		return array, nil
	}
	return 0, pgerror.New(pgerror.UndefinedObject, "could not find array type for data type %s", x.TypeName(b.element))
}
