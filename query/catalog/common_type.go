package catalog

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// CommonType chooses the type that all branches of a UNION, CASE, COALESCE, VALUES, ARRAY and so on are converted to; context is the word for it in
// errors. On an error, at is the branch that does not fit.
func (s Scope) CommonType(types []OID, context string) (common OID, at int, err error) {
	common, first, at := s.commonType(types)
	if common == 0 {
		return 0, at, pgerror.New(pgerror.DatatypeMismatch, "%s types %s and %s cannot be matched", context, s.TypeName(first), s.TypeName(s.BaseType(types[at])))
	}
	return common, 0, nil
}

// commonType is CommonType without the error: 0, the type chosen so far, and the index of the one that does not fit.
func (s *Snapshot) commonType(types []OID) (common, first OID, at int) {
	common = types[0]
	if common != sqltypes.UnknownOID && allEqual(types) {
		return common, common, 0
	}
	common = s.BaseType(common)
	category, preferred := s.Category(common)
	for i, next := range types[1:] {
		next = s.BaseType(next)
		if next == sqltypes.UnknownOID || next == common {
			continue
		}
		nextCategory, nextPreferred := s.Category(next)
		switch {
		case common == sqltypes.UnknownOID:
		case nextCategory != category:
			return 0, common, i + 1
		case !preferred && s.CanCoerce([]OID{common}, []OID{next}, Implicit) && !s.CanCoerce([]OID{next}, []OID{common}, Implicit):
		default:
			continue
		}
		common, category, preferred = next, nextCategory, nextPreferred
	}
	if common == sqltypes.UnknownOID {
		common = sqltypes.TextOID
	}
	return common, common, 0
}

// CannotConvert is the error for a branch that cannot be converted to the common type.
func (s Scope) CannotConvert(context string, from, to OID) error {
	return pgerror.New(pgerror.CannotCoerce, "%s could not convert type %s to %s", context, s.TypeName(from), s.TypeName(to))
}

func allEqual(types []OID) bool {
	for _, t := range types[1:] {
		if t != types[0] {
			return false
		}
	}
	return true
}

// commonTypeWorks tells whether each of the types converts implicitly to common.
func (s *Snapshot) commonTypeWorks(common OID, types []OID) bool {
	for _, t := range types {
		if t != common && !s.CanCoerce([]OID{t}, []OID{common}, Implicit) {
			return false
		}
	}
	return true
}
