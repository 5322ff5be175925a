package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// All rights that exist on the kinds of objects.
const (
	allTablePrivileges    = PrivInsert | PrivSelect | PrivUpdate | PrivDelete | PrivTruncate | PrivReferences | PrivTrigger
	allSequencePrivileges = PrivSelect | PrivUpdate | PrivUsage
	allSchemaPrivileges   = PrivUsage | PrivCreate
	allDatabasePrivileges = PrivCreate | PrivTemp | PrivConnect
	allColumnPrivileges   = PrivInsert | PrivSelect | PrivUpdate | PrivReferences
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// RoleName is the name of a role, or the text that pg_get_userbyid has for one that does not exist.
func (s *Snapshot) RoleName(oid OID) string {
	if r := s.roles[oid]; r != nil {
		return r.Name
	}
	return fmt.Sprintf("unknown (OID=%d)", oid)
}

// Memberships are all memberships, by role and member.
func (s *Snapshot) Memberships() []*Membership {
	list := slices.Collect(maps.Values(s.members))
	slices.SortFunc(list, func(a, b *Membership) int {
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Member, b.Member))
	})
	return list
}

// Membership is the row that makes member a direct member of role, or nil.
func (s *Snapshot) Membership(role, member OID) *Membership {
	return s.members[membershipKey{role, member}]
}

// Mappings are the IAM principals that may be roles, by OID.
func (s *Snapshot) Mappings() []*IAMMapping {
	var list []*IAMMapping
	for _, oid := range sortedKeys(s.mappings) {
		list = append(list, s.mappings[oid])
	}
	return list
}

// DefaultPrivilegesOf is what new objects of a kind grant in a schema (0: everywhere), or nil.
func (s *Snapshot) DefaultPrivilegesOf(role, schema OID, kind byte) *DefaultPrivileges {
	return s.defaults[defaultsKey{role, schema, kind}]
}

// reachKey asks which roles a role is a member of over memberships of one kind: i inheriting, s allowing SET ROLE, m all.
type reachKey struct {
	member OID
	kind   byte
}

// reachable is the set of roles that a role is, directly or not, a member of, itself included. Sets are kept: privilege checks ask again and again.
func (s *Snapshot) reachable(k reachKey) map[OID]bool {
	if set, ok := s.reach.Load(k); ok {
		return set.(map[OID]bool)
	}
	set := map[OID]bool{k.member: true}
	if k.member == AdminOID {
		set[PgDatabaseOwnerOID] = true
	}
	queue := slices.Collect(maps.Keys(set))
	for len(queue) > 0 {
		member := queue[0]
		queue = queue[1:]
		for _, m := range s.memberOf[member] {
			if !set[m.Role] && (k.kind == 'm' || k.kind == 'i' && m.Inherit || k.kind == 's' && m.Set) {
				set[m.Role] = true
				queue = append(queue, m.Role)
			}
		}
	}
	s.reach.Store(k, set)
	return set
}

// HasRole tells whether a role has the privileges of another without SET ROLE: has_privs_of_role.
func (s *Snapshot) HasRole(member, role OID) bool {
	return member == role || s.isSuper(member) || s.reachable(reachKey{member, 'i'})[role]
}

// IsMember tells whether a role is a member of another, directly or not.
func (s *Snapshot) IsMember(member, role OID) bool {
	return member == role || s.isSuper(member) || s.reachable(reachKey{member, 'm'})[role]
}

// CanSetRole tells whether SET ROLE may go from a role to another.
func (s *Snapshot) CanSetRole(member, role OID) bool {
	return member == role || s.isSuper(member) || s.reachable(reachKey{member, 's'})[role]
}

func (s *Snapshot) isSuper(oid OID) bool {
	r := s.roles[oid]
	return r != nil && r.Super
}

// DefaultACL is what an object grants while nothing has been granted or revoked: everything to its owner, and what PostgreSQL gives to everybody.
func DefaultACL(kind byte, owner OID) ACL {
	var own, public Privilege
	switch kind {
	case KindTable, KindView:
		own = allTablePrivileges
	case KindSequence:
		own = allSequencePrivileges
	case 'f':
		own, public = PrivExecute, PrivExecute
	case 'T':
		own, public = PrivUsage, PrivUsage
	case 'n':
		own = allSchemaPrivileges
	case 'D':
		own, public = allDatabasePrivileges, PrivTemp|PrivConnect
	}
	var acl ACL
	if public != 0 {
		acl = append(acl, ACLItem{Grantor: owner, Privileges: public})
	}
	if own != 0 {
		acl = append(acl, ACLItem{Grantee: owner, Grantor: owner, Privileges: own})
	}
	return acl
}

// Granted is what an ACL gives a role, through its memberships too, out of the rights asked for. The owner's are in the ACL like everybody's.
func (s *Snapshot) Granted(acl ACL, owner, role OID, asked Privilege, grantOption bool) Privilege {
	if s.isSuper(role) {
		return asked
	}
	got := Privilege(0)
	if grantOption && s.HasRole(role, owner) {
		return asked
	}
	for _, item := range acl {
		if item.Grantee != 0 && !s.HasRole(role, item.Grantee) || grantOption && item.Grantee == 0 {
			continue
		}
		if grantOption {
			got |= item.GrantOption
		} else {
			got |= item.Privileges
		}
	}
	return got & asked
}

// RelationACL is the owner and effective ACL of a table, view, sequence or system relation.
func (s *Snapshot) RelationACL(oid OID) (owner OID, acl ACL, ok bool) {
	if t := s.tables[oid]; t != nil {
		if t.ACL == nil {
			return t.Owner, DefaultACL(t.Kind, t.Owner), true
		}
		return t.Owner, t.ACL, true
	}
	if t := s.indexTable[oid]; t != nil {
		return t.Owner, DefaultACL(KindTable, t.Owner), true
	}
	if r := systemRelations().byOID[oid]; r != nil {
		if r.ACL == nil {
			return BootstrapRoleOID, DefaultACL(KindTable, BootstrapRoleOID), true
		}
		return BootstrapRoleOID, r.ACL, true
	}
	return 0, nil, false
}

// HasTablePrivilege tells whether a role has one of the rights on a relation; false for a relation that does not exist.
func (s *Snapshot) HasTablePrivilege(role, relation OID, any Privilege) bool {
	return s.relationPrivilege(role, relation, any, false)
}

func (s *Snapshot) relationPrivilege(role, relation OID, any Privilege, grantOption bool) bool {
	owner, acl, ok := s.RelationACL(relation)
	return ok && s.Granted(acl, owner, role, any, grantOption) != 0
}

// HasColumnPrivilege tells whether a role has one of the rights on a column, by the table's ACL or the column's own.
func (s *Snapshot) HasColumnPrivilege(role, relation OID, column int16, any Privilege) bool {
	if s.HasTablePrivilege(role, relation, any) {
		return true
	}
	t := s.tables[relation]
	if t == nil {
		return false
	}
	c := t.Column(column)
	return c != nil && !c.Dropped && s.Granted(c.ACL, t.Owner, role, any, false) != 0
}

// HasAnyColumnPrivilege tells whether a role has one of the rights on the relation or any column of it.
func (s *Snapshot) HasAnyColumnPrivilege(role, relation OID, any Privilege) bool {
	if s.HasTablePrivilege(role, relation, any) {
		return true
	}
	if t := s.tables[relation]; t != nil {
		for i := range t.Columns {
			if s.HasColumnPrivilege(role, relation, t.Columns[i].ID, any) {
				return true
			}
		}
	}
	return false
}

// HasSchemaPrivilege tells whether a role has one of the rights on a schema.
func (s *Snapshot) HasSchemaPrivilege(role, schema OID, any Privilege) bool {
	o := s.schemas[schema]
	if o == nil {
		return false
	}
	acl := o.ACL
	if acl == nil {
		acl = DefaultACL('n', o.Owner)
	}
	return s.Granted(acl, o.Owner, role, any, false) != 0
}

// HasFunctionPrivilege tells whether a role may call a function.
func (s *Snapshot) HasFunctionPrivilege(role, proc OID) bool {
	p := s.Proc(proc)
	if p == nil {
		return false
	}
	acl := p.ACL
	if acl == nil {
		acl = DefaultACL('f', p.Owner)
	}
	return s.Granted(acl, p.Owner, role, PrivExecute, false) != 0
}

// HasTypePrivilege tells whether a role may use a type.
func (s *Snapshot) HasTypePrivilege(role, oid OID) bool {
	t := s.Type(oid)
	if t == nil {
		return false
	}
	if t.IsTrueArray() {
		return s.HasTypePrivilege(role, t.Elem)
	}
	acl := t.ACL
	if acl == nil {
		acl = DefaultACL('T', t.Owner)
	}
	return s.Granted(acl, t.Owner, role, PrivUsage, false) != 0
}

// HasDatabasePrivilege tells whether a role has one of the rights on the database.
func (s *Snapshot) HasDatabasePrivilege(role OID, any Privilege) bool {
	return s.Granted(DefaultACL('D', AdminOID), AdminOID, role, any, false) != 0
}

// Object names something that has privileges: Kind is r for a relation, a for a column of it, n schema, f function, T type, D the database.
type Object struct {
	Kind   byte
	OID    OID
	Column int16
}

// Allowed tells whether a role has any of the asked privileges on an object; exists is false when there is no such object.
func (s *Snapshot) Allowed(role OID, o Object, asked []AskedPrivilege) (allowed, exists bool) {
	owner, acls, exists := s.objectACL(o)
	if !exists {
		return false, false
	}
	for _, a := range asked {
		for _, acl := range acls {
			if a.Privilege != 0 && s.Granted(acl, owner, role, a.Privilege, a.GrantOption) != 0 {
				return true, true
			}
		}
	}
	return false, true
}

// objectACL is the owner of an object and the lists that grant on it: a column's own and its table's.
func (s *Snapshot) objectACL(o Object) (owner OID, acls []ACL, exists bool) {
	or := func(acl ACL, kind byte, owner OID) []ACL {
		if acl == nil {
			acl = DefaultACL(kind, owner)
		}
		return []ACL{acl}
	}
	switch o.Kind {
	case 'r', 'a':
		owner, acl, ok := s.RelationACL(o.OID)
		acls = []ACL{acl}
		if t := s.tables[o.OID]; t != nil && o.Kind == 'a' {
			c := t.Column(o.Column)
			if c == nil || c.Dropped {
				return 0, nil, false
			}
			acls = append(acls, c.ACL)
		}
		return owner, acls, ok
	case 'n':
		if x := s.schemas[o.OID]; x != nil {
			return x.Owner, or(x.ACL, 'n', x.Owner), true
		}
	case 'f':
		if x := s.Proc(o.OID); x != nil {
			return x.Owner, or(x.ACL, 'f', x.Owner), true
		}
	case 'T':
		x := s.Type(o.OID)
		if x != nil && x.IsTrueArray() {
			x = s.Type(x.Elem)
		}
		if x != nil {
			return x.Owner, or(x.ACL, 'T', x.Owner), true
		}
	case 'D':
		return AdminOID, or(nil, 'D', AdminOID), o.OID == DatabaseOID
	}
	return 0, nil, false
}

// ACLText writes an ACL's items as aclitem does: grantee=rights/grantor.
func (s *Snapshot) ACLText(acl ACL) []string {
	list := make([]string, len(acl))
	for i, item := range acl {
		var b strings.Builder
		if item.Grantee != 0 {
			b.WriteString(QuoteIdentifierACL(s.RoleName(item.Grantee)))
		}
		b.WriteByte('=')
		for bit := range len(privilegeLetters) {
			if item.Privileges&(1<<bit) != 0 {
				b.WriteByte(privilegeLetters[bit])
				if item.GrantOption&(1<<bit) != 0 {
					b.WriteByte('*')
				}
			}
		}
		b.WriteString("/" + QuoteIdentifierACL(s.RoleName(item.Grantor)))
		list[i] = b.String()
	}
	return list
}

// QuoteIdentifierACL quotes a role's name where aclitem does: unless it is letters, digits and underscores only.
func QuoteIdentifierACL(name string) string {
	for i := range len(name) {
		c := name[i] | 0x20
		if name[i] != '_' && (c < 'a' || c > 'z') && (name[i] < '0' || name[i] > '9') && name[i] < 0x80 {
			return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
	}
	return name
}

// privilegeNames are the words of has_table_privilege and its relatives.
var privilegeNames = map[string]Privilege{
	"SELECT": PrivSelect, "INSERT": PrivInsert, "UPDATE": PrivUpdate, "DELETE": PrivDelete, "TRUNCATE": PrivTruncate, "REFERENCES": PrivReferences,
	"TRIGGER": PrivTrigger, "RULE": 0, "EXECUTE": PrivExecute, "USAGE": PrivUsage, "CREATE": PrivCreate, "TEMP": PrivTemp, "TEMPORARY": PrivTemp,
	"CONNECT": PrivConnect,
}

// AskedPrivilege is one word of a privilege text.
type AskedPrivilege struct {
	Privilege   Privilege
	GrantOption bool
}

// ParsePrivileges reads the privilege argument of has_table_privilege and its relatives, such as "SELECT, UPDATE WITH GRANT OPTION", of which any
// suffices. allowed are the rights that the kind of object has.
func ParsePrivileges(text string, allowed Privilege) ([]AskedPrivilege, error) {
	var list []AskedPrivilege
	for _, part := range strings.Split(text, ",") {
		word := strings.ToUpper(strings.TrimSpace(part))
		name, option := strings.CutSuffix(word, " WITH GRANT OPTION")
		p, ok := privilegeNames[strings.TrimSpace(name)]
		if !ok || p&^allowed != 0 || p == 0 && allowed&PrivSelect == 0 {
			return nil, pgerror.New(pgerror.InvalidParameterValue, "unrecognized privilege type: \"%s\"", strings.TrimSpace(part))
		}
		list = append(list, AskedPrivilege{p, option})
	}
	return list, nil
}
