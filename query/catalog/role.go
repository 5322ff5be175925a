package catalog

import "slices"

// FirstUserOID is the first OID of a user's object.
const FirstUserOID OID = 16384

// PgDatabaseOwnerOID is the role that the owner of the database is always a member of.
const PgDatabaseOwnerOID OID = 6171

// Role is a database role.
type Role struct {
	OID         OID    `json:",omitzero"`
	Name        string `json:",omitzero"`
	Super       bool   `json:",omitzero"`
	Inherit     bool   `json:",omitzero"`
	CreateRole  bool   `json:",omitzero"`
	CreateDB    bool   `json:",omitzero"`
	Login       bool   `json:",omitzero"`
	Replication bool   `json:",omitzero"`
	BypassRLS   bool   `json:",omitzero"`
	ConnLimit   int    `json:",omitzero"`
}

// Membership makes Member a member of Role.
type Membership struct {
	OID     OID  `json:",omitzero"`
	Role    OID  `json:",omitzero"`
	Member  OID  `json:",omitzero"`
	Grantor OID  `json:",omitzero"`
	Admin   bool `json:",omitzero"`
	Inherit bool `json:",omitzero"`
	Set     bool `json:",omitzero"`
}

type membershipKey struct{ role, member OID }

// IAMMapping lets an IAM principal log in as a role.
type IAMMapping struct {
	OID     OID    `json:",omitzero"`
	ARN     string `json:",omitzero"`
	Role    OID    `json:",omitzero"`
	Grantor OID    `json:",omitzero"`
}

// DefaultPrivileges is what ALTER DEFAULT PRIVILEGES said for objects that Role will make: in one schema, or everywhere (0).
type DefaultPrivileges struct {
	OID    OID  `json:",omitzero"`
	Role   OID  `json:",omitzero"`
	Schema OID  `json:",omitzero"`
	Kind   byte `json:",omitzero"` // r tables, S sequences, f functions, T types, n schemas
	ACL    ACL  `json:",omitzero"`
}

type defaultsKey struct {
	role, schema OID
	kind         byte
}

// ExtendedStatistics is an object of CREATE STATISTICS.
type ExtendedStatistics struct {
	OID     OID      `json:",omitzero"`
	Name    string   `json:",omitzero"`
	Schema  OID      `json:",omitzero"`
	Owner   OID      `json:",omitzero"`
	Table   OID      `json:",omitzero"`
	Columns []int16  `json:",omitzero"`
	Exprs   []string `json:",omitzero"` // SQL texts
	Kinds   string   `json:",omitzero"` // of d ndistinct, f dependencies, m mcv, e expressions
	Target  int      `json:",omitzero"` // -1: the default
}

// builtinRoles are PostgreSQL's own roles and admin.
func builtinRoles() []*Role {
	list := []*Role{{OID: AdminOID, Name: "admin", Inherit: true, CreateRole: true, Login: true, ConnLimit: -1}}
	r := openRows("pg_authid").expect("oid rolname rolsuper rolinherit rolcreaterole rolcreatedb rolcanlogin rolreplication rolbypassrls " +
		"rolconnlimit rolpassword rolvaliduntil")
	for r.next() {
		list = append(list, &Role{OID: r.oid(), Name: r.str(), Super: r.bool(), Inherit: r.bool(), CreateRole: r.bool(), CreateDB: r.bool(),
			Login: r.bool(), Replication: r.bool(), BypassRLS: r.bool(), ConnLimit: r.int()})
	}
	slices.SortFunc(list, func(a, b *Role) int { return int(int64(a.OID) - int64(b.OID)) })
	return list
}

func builtinMemberships() (list []*Membership) {
	r := openRows("pg_auth_members").expect("oid roleid member grantor admin_option inherit_option set_option")
	for r.next() {
		list = append(list, &Membership{OID: r.oid(), Role: r.oid(), Member: r.oid(), Grantor: r.oid(), Admin: r.bool(), Inherit: r.bool(), Set: r.bool()})
	}
	return list
}

// builtinSchemas are the schemas that exist before a user makes any.
func builtinSchemas() []*Schema {
	everybody := func(owner OID) ACL {
		return ACL{{Grantee: owner, Grantor: owner, Privileges: PrivUsage | PrivCreate}, {Grantor: owner, Privileges: PrivUsage}}
	}
	return []*Schema{
		{OID: PgCatalogOID, Name: "pg_catalog", Owner: BootstrapRoleOID, ACL: everybody(BootstrapRoleOID)},
		{OID: PgToastOID, Name: "pg_toast", Owner: BootstrapRoleOID},
		{OID: InformationSchemaOID, Name: "information_schema", Owner: BootstrapRoleOID, ACL: everybody(BootstrapRoleOID)},
		{OID: SysOID, Name: "sys", Owner: BootstrapRoleOID, ACL: everybody(BootstrapRoleOID)},
		{OID: PublicOID, Name: "public", Owner: PgDatabaseOwnerOID, ACL: everybody(PgDatabaseOwnerOID)}, // the owner of the database is admin
	}
}

func (s *Snapshot) addSchema(o *Schema) {
	s.schemas[o.OID], s.schemaNames[o.Name] = o, o
}

func (s *Snapshot) addRole(r *Role) {
	s.roles[r.OID], s.roleNames[r.Name] = r, r
}

func (s *Snapshot) addMembership(m *Membership) {
	s.members[membershipKey{m.Role, m.Member}] = m
	s.memberOf[m.Member] = append(s.memberOf[m.Member], m)
}

// Role is the role with the OID, or nil.
func (s *Snapshot) Role(oid OID) *Role { return s.roles[oid] }

// RoleByName finds a role, or nil.
func (s *Snapshot) RoleByName(name string) *Role { return s.roleNames[name] }

// StatisticsOf are the statistics objects on a table, by OID.
func (s *Snapshot) StatisticsOf(table OID) (list []*ExtendedStatistics) {
	for _, x := range s.statistics {
		if x.Table == table {
			list = append(list, x)
		}
	}
	slices.SortFunc(list, func(a, b *ExtendedStatistics) int { return int(int64(a.OID) - int64(b.OID)) })
	return list
}
