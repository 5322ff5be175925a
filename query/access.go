package query

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
)

// checkAccess refuses a statement that touches what its user has no right to.
func (s *Session) checkAccess(b *bind.Statement) error {
	snapshot := s.tx.snapshot
	me := s.userOID()
	for _, a := range b.Access {
		if a.System {
			continue
		}
		role := me
		if a.AsUser != 0 {
			role = a.AsUser
		}
		if !mayAccess(snapshot, role, a) {
			return pgerror.New(pgerror.InsufficientPrivilege, "permission denied for table %s", a.Name)
		}
	}
	return nil
}

// mayAccess tells whether the role has every right that the access needs: on the table, or on each column.
func mayAccess(s *catalog.Snapshot, role sqltypes.OID, a *bind.Access) bool {
	columns := func(list []int16, right catalog.Privilege) bool {
		for _, c := range list {
			if c == 0 || !s.HasColumnPrivilege(role, a.Relation, c, right) {
				return false
			}
		}
		return len(list) > 0
	}
	if a.Select && !s.HasTablePrivilege(role, a.Relation, catalog.PrivSelect) && !columns(a.Reads, catalog.PrivSelect) &&
		!(len(a.Reads) == 0 && s.HasAnyColumnPrivilege(role, a.Relation, catalog.PrivSelect)) {
		return false
	}
	if a.Insert && !s.HasTablePrivilege(role, a.Relation, catalog.PrivInsert) && !columns(a.Inserts, catalog.PrivInsert) {
		return false
	}
	if a.Update && !s.HasTablePrivilege(role, a.Relation, catalog.PrivUpdate) && !columns(a.Updates, catalog.PrivUpdate) {
		return false
	}
	return !a.Delete || s.HasTablePrivilege(role, a.Relation, catalog.PrivDelete)
}
