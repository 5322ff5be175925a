package ddl

import (
	"regexp"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/parse"
)

// createRole makes a role.
func (c *Change) createRole(v *parse.CreateRoleStmt) (bool, error) {
	if err := c.mayManageRoles("create"); err != nil {
		return false, err
	}
	switch {
	case v.Role == "public" || v.Role == "none":
		return false, c.at(pgerror.New(pgerror.ReservedName, "role name \"%s\" is reserved", v.Role), v)
	case len(v.Role) > 3 && v.Role[:3] == "pg_":
		return false, pgerror.New(pgerror.ReservedName, "role name \"%s\" is reserved", v.Role).WithDetail("Role names starting with \"pg_\" are reserved.")
	case c.Scope.RoleByName(v.Role) != nil:
		return false, pgerror.New(pgerror.DuplicateObject, "role \"%s\" already exists", v.Role)
	}
	role := &catalog.Role{OID: c.edit.NextOID(), Name: v.Role, Inherit: true, Login: v.Kind == parse.RoleStmtUser, ConnLimit: -1}
	flags(role, v.Options)
	c.edit.PutRole(role)
	// Who makes a role may administer it.
	c.member(role.OID, c.User, true, false, false)
	for _, o := range v.Options {
		if err := c.newMembers(role, o); err != nil {
			return false, err
		}
	}
	return true, nil
}

// flags applies LOGIN and INHERIT.
func flags(role *catalog.Role, options []*parse.DefElem) {
	for _, o := range options {
		on, _ := o.Arg.(*parse.BoolConst)
		if on == nil {
			continue
		}
		switch o.Name {
		case "canlogin":
			role.Login = on.Value
		case "inherit":
			role.Inherit = on.Value
		}
	}
}

// newMembers applies IN ROLE, ROLE and ADMIN of CREATE ROLE.
func (c *Change) newMembers(role *catalog.Role, o *parse.DefElem) error {
	if o.Name != "addroleto" && o.Name != "rolemembers" && o.Name != "adminmembers" {
		return nil
	}
	list, _ := o.Arg.(*parse.DefList)
	if list == nil {
		return nil
	}
	for _, item := range list.Items {
		spec, ok := item.(*parse.RoleSpec)
		if !ok {
			continue
		}
		other, err := c.role(spec)
		if err != nil {
			return err
		}
		if o.Name == "addroleto" {
			if err := c.mayGrantRole(other); err != nil {
				return err
			}
			c.member(other.OID, role.OID, false, role.Inherit, true)
			continue
		}
		c.member(role.OID, other.OID, o.Name == "adminmembers", other.Inherit, true)
	}
	return nil
}

func (c *Change) member(role, member catalog.OID, admin, inherit, set bool) {
	c.edit.PutMembership(&catalog.Membership{
		OID: c.edit.NextOID(), Role: role, Member: member, Grantor: c.User, Admin: admin, Inherit: inherit, Set: set,
	})
}

// mayManageRoles refuses whoever is not allowed to make roles.
func (c *Change) mayManageRoles(verb string) error {
	if r := c.Scope.Role(c.User); r != nil && (r.CreateRole || r.Super) {
		return nil
	}
	return pgerror.New(pgerror.InsufficientPrivilege, "permission denied to %s role", verb).
		WithDetail("Only roles with the CREATEROLE attribute may %s roles.", verb)
}

// userRole finds a role that users made: those of the system cannot be changed.
func (c *Change) userRole(spec *parse.RoleSpec) (*catalog.Role, error) {
	role, err := c.role(spec)
	if err != nil {
		return nil, err
	}
	if role.OID < catalog.FirstUserOID {
		return nil, pgerror.New(pgerror.FeatureNotSupported, "Role %s not supported", role.Name)
	}
	return role, nil
}

// alterRole changes LOGIN and INHERIT.
func (c *Change) alterRole(v *parse.AlterRoleStmt) (bool, error) {
	role, err := c.userRole(v.Role)
	if err != nil {
		return false, err
	}
	if err := c.mayManageRoles("alter"); err != nil {
		return false, err
	}
	changed := *role
	flags(&changed, v.Options)
	c.edit.PutRole(&changed)
	return true, nil
}

// dropRoles removes roles that own nothing, were granted nothing and are mapped to nobody.
func (c *Change) dropRoles(v *parse.DropRoleStmt) (bool, error) {
	if err := c.mayManageRoles("drop"); err != nil {
		return false, err
	}
	dropped := false
	for _, spec := range v.Roles {
		if spec.Kind == parse.RoleNamed && c.Scope.RoleByName(spec.Name) == nil {
			if !v.MissingOK {
				return false, pgerror.New(pgerror.UndefinedObject, "role \"%s\" does not exist", spec.Name)
			}
			c.notice(pgerror.SuccessfulCompletion, "role \"%s\" does not exist, skipping", spec.Name)
			continue
		}
		role, err := c.userRole(spec)
		if err != nil {
			return false, err
		}
		if role.OID == c.User {
			return false, pgerror.New(pgerror.ObjectInUse, "current user cannot be dropped")
		}
		if c.roleIsNeeded(role.OID) {
			return false, pgerror.New(pgerror.DependentObjectsStillExist, "role \"%s\" cannot be dropped because some objects depend on it", role.Name)
		}
		c.edit.DropRole(role.OID)
		dropped = true
	}
	return dropped, nil
}

// roleIsNeeded tells whether something belongs to the role, was granted to it, or lets somebody log in as it.
func (c *Change) roleIsNeeded(role catalog.OID) bool {
	named := func(owner catalog.OID, lists ...catalog.ACL) bool {
		if owner == role {
			return true
		}
		for _, acl := range lists {
			for _, item := range acl {
				if item.Grantee == role || item.Grantor == role {
					return true
				}
			}
		}
		return false
	}
	for _, s := range c.Scope.Schemas() {
		if named(s.Owner, s.ACL) {
			return true
		}
	}
	for _, t := range c.Scope.Tables() {
		lists := []catalog.ACL{t.ACL}
		for _, column := range t.Columns {
			lists = append(lists, column.ACL)
		}
		if named(t.Owner, lists...) {
			return true
		}
	}
	for _, m := range c.Scope.Mappings() {
		if m.Role == role {
			return true
		}
	}
	return false
}

// grantRoles is GRANT and REVOKE of roles.
func (c *Change) grantRoles(v *parse.GrantRoleStmt) (bool, error) {
	option := map[string]bool{}
	for _, o := range v.Options {
		on, isBool := o.Arg.(*parse.BoolConst)
		option[o.Name] = !isBool || on.Value
	}
	for _, priv := range v.Roles {
		role, err := c.roleByName(priv.Name)
		if err != nil {
			return false, err
		}
		if err := c.mayGrantRole(role); err != nil {
			return false, err
		}
		for _, spec := range v.Grantees {
			member, err := c.role(spec)
			if err != nil {
				return false, err
			}
			if err := c.grantRole(v, role, member, option); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

func (c *Change) grantRole(v *parse.GrantRoleStmt, role, member *catalog.Role, option map[string]bool) error {
	now := c.edit.Snapshot()
	old := now.Membership(role.OID, member.OID)
	if !v.IsGrant {
		switch {
		case old == nil:
			c.Notice(warning(pgerror.Warning, "role \"%s\" has not been granted membership in role \"%s\" by role \"%s\"", member.Name, role.Name, c.Scope.RoleName(c.User)))
		case option["admin"]:
			changed := *old
			changed.Admin = false
			c.edit.PutMembership(&changed)
		default:
			c.edit.DropMembership(role.OID, member.OID)
		}
		return nil
	}
	if role.OID == member.OID || now.IsMember(role.OID, member.OID) {
		return pgerror.New(pgerror.InvalidGrantOperation, "role \"%s\" is a member of role \"%s\"", role.Name, member.Name)
	}
	wanted := catalog.Membership{Inherit: member.Inherit, Set: true}
	if old != nil {
		wanted = *old
	}
	for name, field := range map[string]*bool{"admin": &wanted.Admin, "inherit": &wanted.Inherit, "set": &wanted.Set} {
		if on, given := option[name]; given {
			*field = on
		}
	}
	if old != nil && wanted == *old {
		c.notice(pgerror.SuccessfulCompletion, "role \"%s\" has already been granted membership in role \"%s\" by role \"%s\"",
			member.Name, role.Name, c.Scope.RoleName(c.User))
		return nil
	}
	c.member(role.OID, member.OID, wanted.Admin, wanted.Inherit, wanted.Set)
	return nil
}

func warning(code pgerror.Code, format string, args ...any) *pgerror.Error {
	e := pgerror.New(code, format, args...)
	e.Severity = pgerror.SeverityWarning
	return e
}

// mayGrantRole refuses to hand on a role without the right to.
func (c *Change) mayGrantRole(role *catalog.Role) error {
	m := c.edit.Snapshot().Membership(role.OID, c.User)
	if me := c.Scope.Role(c.User); me != nil && me.Super || m != nil && m.Admin {
		return nil
	}
	return pgerror.New(pgerror.InsufficientPrivilege, "permission denied to grant role \"%s\"", role.Name).
		WithDetail("Only roles with the ADMIN option on role \"%s\" may grant this role.", role.Name)
}

var principalARN = regexp.MustCompile(`^arn:aws(-[a-z-]+)?:iam::[0-9]{12}:(role|user)/[\w+=,.@/-]+$`)

// awsIAM maps IAM principals to roles, or ends that. Source: the service's IAM mapping and its errors.
func (c *Change) awsIAM(v *parse.AwsIamGrantStmt) (bool, error) {
	if v.Role.Kind != parse.RoleNamed {
		return false, c.at(pgerror.New(pgerror.SyntaxError, "a role must be named"), v.Role)
	}
	if !principalARN.MatchString(v.ARN) {
		return false, pgerror.New(pgerror.InvalidParameterValue, "IAM role must look like an IAM ARN")
	}
	role, err := c.userRole(v.Role)
	if err != nil {
		return false, err
	}
	if !c.Scope.HasRole(c.User, role.OID) && c.mayGrantRole(role) != nil {
		return false, pgerror.New(pgerror.InsufficientPrivilege, "permission denied to grant IAM trust with role %s", role.Name)
	}
	var old *catalog.IAMMapping
	for _, m := range c.Scope.Mappings() {
		if m.Role == role.OID && m.ARN == v.ARN {
			old = m
		}
	}
	if !v.IsGrant {
		if old == nil {
			return false, pgerror.New(pgerror.UndefinedObject, "IAM role %s does not exist", v.ARN)
		}
		c.edit.DropMapping(old.OID)
		return true, nil
	}
	if !role.Login {
		return false, pgerror.New(pgerror.InvalidParameterValue, "role %s must have the LOGIN attribute", role.Name)
	}
	if old != nil {
		return false, nil
	}
	c.edit.PutMapping(&catalog.IAMMapping{OID: c.edit.NextOID(), ARN: v.ARN, Role: role.OID, Grantor: c.User})
	return true, nil
}
