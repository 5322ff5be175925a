package parse

// grantStmt writes GRANT, REVOKE and the statements about roles.
func (d *deparser) grantStmt(n Statement) bool {
	switch s := n.(type) {
	case *GrantStmt:
		d.grant(s)
	case *GrantRoleStmt:
		d.grantRole(s)
	case *AwsIamGrantStmt:
		if s.IsGrant {
			d.w("AWS IAM GRANT").role(s.Role).w("TO").str(s.ARN)
		} else {
			d.w("AWS IAM REVOKE").role(s.Role).w("FROM").str(s.ARN)
		}
	case *AlterDefaultPrivilegesStmt:
		d.w("ALTER DEFAULT PRIVILEGES")
		for _, o := range s.Options {
			d.w(map[bool]string{true: "IN SCHEMA", false: "FOR ROLE"}[o.Name == "schemas"])
			each(d, o.Arg.(*DefList).Items, func(n Node) { d.node(n) })
		}
		d.grant(s.Action)
	case *CreateRoleStmt:
		words := [...]string{"ROLE", "USER", "GROUP"}
		d.w("CREATE", words[s.Kind]).name(s.Role)
		d.roleOptions(s.Options)
	case *AlterRoleStmt:
		d.alterRole(s)
	case *AlterRoleSetStmt:
		d.w("ALTER ROLE")
		if s.Role == nil {
			d.w("ALL")
		} else {
			d.role(s.Role)
		}
		if s.Database != "" {
			d.w("IN DATABASE").name(s.Database)
		}
		d.set(s.Set)
	case *DropRoleStmt:
		d.w("DROP ROLE").ifExists(s.MissingOK).roles(s.Roles)
	case *DropOwnedStmt:
		d.w("DROP OWNED BY").roles(s.Roles).behavior(s.Behavior)
	case *ReassignOwnedStmt:
		d.w("REASSIGN OWNED BY").roles(s.Roles).w("TO").role(s.NewRole)
	default:
		return false
	}
	return true
}

func (d *deparser) privileges(list []*AccessPriv) *deparser {
	if list == nil {
		return d.w("ALL")
	}
	each(d, list, func(a *AccessPriv) {
		switch a.Name {
		case "":
			d.w("ALL")
		case "alter system":
			d.w("ALTER SYSTEM")
		case "select", "references", "create":
			d.w(a.Name)
		default:
			d.name(a.Name)
		}
		d.optParenNames(a.Columns)
	})
	return d
}

func (d *deparser) grant(s *GrantStmt) {
	if s.IsGrant {
		d.w("GRANT")
	} else {
		d.w("REVOKE").when(s.GrantOption, "GRANT OPTION FOR")
	}
	d.privileges(s.Privileges).w("ON")
	plural := map[ObjectType]string{ObjectTable: "TABLES", ObjectSequence: "SEQUENCES", ObjectFunction: "FUNCTIONS",
		ObjectProcedure: "PROCEDURES", ObjectRoutine: "ROUTINES", ObjectTypeType: "TYPES", ObjectSchema: "SCHEMAS"}
	switch s.Target {
	case GrantOnDefaults:
		d.w(plural[s.Kind])
	case GrantOnAllInSchema:
		d.w("ALL", plural[s.Kind], "IN SCHEMA")
		each(d, s.Objects, func(n Node) { d.node(n) })
	default:
		d.when(s.Kind == ObjectForeignServer, "FOREIGN").w(s.Kind.String())
		each(d, s.Objects, func(n Node) { d.node(n) })
	}
	d.w(map[bool]string{true: "TO", false: "FROM"}[s.IsGrant]).roles(s.Grantees)
	d.when(s.IsGrant && s.GrantOption, "WITH GRANT OPTION").grantedBy(s.GrantedBy).behavior(s.Behavior)
}

func (d *deparser) grantedBy(r *RoleSpec) *deparser {
	if r != nil {
		d.w("GRANTED BY").role(r)
	}
	return d
}

func (d *deparser) grantRole(s *GrantRoleStmt) {
	if !s.IsGrant {
		d.w("REVOKE")
		if s.Options != nil {
			d.name(s.Options[0].Name).w("OPTION FOR")
		}
		d.privileges(s.Roles).w("FROM").roles(s.Grantees).grantedBy(s.GrantedBy).behavior(s.Behavior)
		return
	}
	d.w("GRANT").privileges(s.Roles).w("TO").roles(s.Grantees)
	if s.Options != nil {
		d.w("WITH")
		each(d, s.Options, func(o *DefElem) { d.label(o.Name).expr(o.Arg.(Expr)) })
	}
	d.grantedBy(s.GrantedBy)
}

func (d *deparser) alterRole(s *AlterRoleStmt) {
	if !s.Group {
		d.w("ALTER ROLE").role(s.Role)
		d.roleOptions(s.Options)
		return
	}
	d.w("ALTER GROUP").role(s.Role).w(map[bool]string{true: "ADD", false: "DROP"}[s.Action > 0]).w("USER")
	each(d, s.Options[0].Arg.(*DefList).Items, func(n Node) { d.node(n) })
}

func (d *deparser) roleOptions(list []*DefElem) {
	flags := map[string]string{"superuser": "superuser", "createrole": "createrole", "isreplication": "replication",
		"createdb": "createdb", "canlogin": "login", "bypassrls": "bypassrls"}
	words := map[string]string{"connectionlimit": "CONNECTION LIMIT", "validUntil": "VALID UNTIL", "sysid": "SYSID",
		"password": "PASSWORD"}
	lists := map[string]string{"rolemembers": "USER", "adminmembers": "ADMIN", "addroleto": "IN ROLE"}
	for _, o := range list {
		switch {
		case flags[o.Name] != "":
			if o.Arg.(*BoolConst).Value {
				d.w(flags[o.Name])
			} else {
				d.w("no" + flags[o.Name])
			}
		case o.Name == "inherit":
			d.w(map[bool]string{true: "INHERIT", false: "noinherit"}[o.Arg.(*BoolConst).Value])
		case lists[o.Name] != "":
			d.w(lists[o.Name])
			each(d, o.Arg.(*DefList).Items, func(n Node) { d.node(n) })
		case o.Arg == nil:
			d.w("PASSWORD NULL")
		default:
			d.w(words[o.Name]).node(o.Arg)
		}
	}
}
