package ddl

import (
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/parse"
)

// The rights of each kind of object, and their words.
const (
	tableRights = catalog.PrivSelect | catalog.PrivInsert | catalog.PrivUpdate | catalog.PrivDelete | catalog.PrivTruncate |
		catalog.PrivReferences | catalog.PrivTrigger
	columnRights = catalog.PrivSelect | catalog.PrivInsert | catalog.PrivUpdate | catalog.PrivReferences
	schemaRights = catalog.PrivUsage | catalog.PrivCreate
)

var rightWords = map[string]catalog.Privilege{
	"select": catalog.PrivSelect, "insert": catalog.PrivInsert, "update": catalog.PrivUpdate, "delete": catalog.PrivDelete,
	"truncate": catalog.PrivTruncate, "references": catalog.PrivReferences, "trigger": catalog.PrivTrigger, "usage": catalog.PrivUsage,
	"create": catalog.PrivCreate, "execute": catalog.PrivExecute, "connect": catalog.PrivConnect, "temporary": catalog.PrivTemp, "temp": catalog.PrivTemp,
}

// rights are the privileges of a GRANT: on whole objects, and on columns by name.
type rights struct {
	all     catalog.Privilege
	columns map[string]catalog.Privilege
}

// grant is GRANT and REVOKE on tables and schemas.
func (c *Change) grant(v *parse.GrantStmt) (bool, error) {
	if v.GrantedBy != nil {
		if role, err := c.role(v.GrantedBy); err != nil || role.OID != c.User {
			return false, pgerror.New(pgerror.InsufficientPrivilege, "grantor must be current user")
		}
	}
	grantees, err := c.grantees(v)
	if err != nil {
		return false, err
	}
	if v.Kind == parse.ObjectSchema && v.Target == parse.GrantOnObjects {
		return true, c.grantSchemas(v, grantees)
	}
	if v.Kind != parse.ObjectTable {
		return false, pgerror.New(pgerror.FeatureNotSupported, "GRANT on %s is not implemented yet", v.Kind)
	}
	want, err := readRights(v, tableRights, "table")
	if err != nil {
		return false, err
	}
	tables, err := c.grantTables(v)
	if err != nil {
		return false, err
	}
	for _, t := range tables {
		if err := c.grantTable(v, t, want, grantees); err != nil {
			return false, err
		}
	}
	return true, nil
}

// grantees are the roles of a GRANT; 0 stands for everybody.
func (c *Change) grantees(v *parse.GrantStmt) ([]catalog.OID, error) {
	var list []catalog.OID
	for _, spec := range v.Grantees {
		if spec.Kind == parse.RolePublic {
			if v.GrantOption && v.IsGrant {
				return nil, pgerror.New(pgerror.InvalidGrantOperation, "grant options can only be granted to roles")
			}
			list = append(list, 0)
			continue
		}
		role, err := c.role(spec)
		if err != nil {
			return nil, err
		}
		list = append(list, role.OID)
	}
	return list, nil
}

func readRights(v *parse.GrantStmt, allowed catalog.Privilege, kind string) (rights, error) {
	r := rights{columns: map[string]catalog.Privilege{}}
	if v.Privileges == nil {
		r.all = allowed
		return r, nil
	}
	for _, p := range v.Privileges {
		right, ok := rightWords[strings.ToLower(p.Name)]
		if p.Name == "" {
			right, ok = columnRights, true
		}
		switch {
		case !ok:
			return r, pgerror.New(pgerror.SyntaxError, "unrecognized privilege type \"%s\"", p.Name)
		case right&^allowed != 0 && p.Name != "":
			return r, pgerror.New(pgerror.InvalidGrantOperation, "invalid privilege type %s for %s", strings.ToUpper(p.Name), kind)
		case len(p.Columns) == 0:
			r.all |= right
			continue
		case right&^columnRights != 0:
			return r, pgerror.New(pgerror.InvalidGrantOperation, "invalid privilege type %s for column", strings.ToUpper(p.Name))
		}
		for _, column := range p.Columns {
			r.columns[column] |= right
		}
	}
	return r, nil
}

// grantTables are the tables that a GRANT names, or all of some schemas.
func (c *Change) grantTables(v *parse.GrantStmt) ([]*catalog.Table, error) {
	var list []*catalog.Table
	if v.Target == parse.GrantOnAllInSchema {
		for _, o := range v.Objects {
			name := objectParts(o)
			s := c.Scope.SchemaByName(name[len(name)-1])
			if s == nil {
				return nil, pgerror.New(pgerror.UndefinedSchema, "schema \"%s\" does not exist", name[len(name)-1])
			}
			for _, t := range c.Scope.Tables() {
				if t.Schema == s.OID && t.Kind != catalog.KindSequence {
					list = append(list, t)
				}
			}
		}
		return list, nil
	}
	for _, o := range v.Objects {
		name := objectParts(o)
		schema := ""
		if len(name) > 1 {
			schema = name[len(name)-2]
		}
		t, system, err := c.Scope.ResolveTable(schema, name[len(name)-1])
		if err != nil {
			return nil, err
		}
		if system != nil {
			return nil, pgerror.New(pgerror.FeatureNotSupported, "feature not supported on system entity")
		}
		list = append(list, t)
	}
	return list, nil
}

func (c *Change) grantTable(v *parse.GrantStmt, t *catalog.Table, want rights, grantees []catalog.OID) error {
	if !c.mayGrant(t.Owner, t.ACL, t.Kind, want.all) {
		return pgerror.New(pgerror.InsufficientPrivilege, "permission denied for table %s", t.Name)
	}
	changed := t.Clone()
	if want.all != 0 {
		changed.ACL = c.applied(v, orDefault(t.ACL, t.Kind, t.Owner), want.all, grantees)
	}
	for name, right := range want.columns {
		column := changed.ColumnByName(name)
		if column == nil {
			return pgerror.New(pgerror.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", name, t.Name)
		}
		column.ACL = c.applied(v, column.ACL, right, grantees)
	}
	c.edit.PutTable(changed)
	return nil
}

func orDefault(acl catalog.ACL, kind byte, owner catalog.OID) catalog.ACL {
	if acl == nil {
		return catalog.DefaultACL(kind, owner)
	}
	return acl
}

// mayGrant tells whether the user owns the object or holds the grant option of the rights.
func (c *Change) mayGrant(owner catalog.OID, acl catalog.ACL, kind byte, want catalog.Privilege) bool {
	return c.Scope.HasRole(c.User, owner) || c.Scope.Granted(orDefault(acl, kind, owner), owner, c.User, want, true) != 0
}

func (c *Change) grantSchemas(v *parse.GrantStmt, grantees []catalog.OID) error {
	want, err := readRights(v, schemaRights, "schema")
	if err != nil {
		return err
	}
	for _, o := range v.Objects {
		name := objectParts(o)
		s := c.Scope.SchemaByName(name[len(name)-1])
		if s == nil {
			return pgerror.New(pgerror.UndefinedSchema, "schema \"%s\" does not exist", name[len(name)-1])
		}
		if s.OID < catalog.FirstUserOID {
			return pgerror.New(pgerror.FeatureNotSupported, "feature not supported on system entity")
		}
		if !c.mayGrant(s.Owner, s.ACL, 'n', want.all) {
			return pgerror.New(pgerror.InsufficientPrivilege, "permission denied for schema %s", s.Name)
		}
		changed := *s
		changed.ACL = c.applied(v, orDefault(s.ACL, 'n', s.Owner), want.all, grantees)
		c.edit.PutSchema(&changed)
	}
	return nil
}

// applied is an ACL after a GRANT or REVOKE by the user.
func (c *Change) applied(v *parse.GrantStmt, acl catalog.ACL, want catalog.Privilege, grantees []catalog.OID) catalog.ACL {
	out := slices.Clone(acl)
	if out == nil {
		out = catalog.ACL{}
	}
	for _, grantee := range grantees {
		at := slices.IndexFunc(out, func(i catalog.ACLItem) bool { return i.Grantee == grantee && i.Grantor == c.User })
		if at < 0 && !v.IsGrant {
			at = slices.IndexFunc(out, func(i catalog.ACLItem) bool { return i.Grantee == grantee })
		}
		if at < 0 {
			if !v.IsGrant {
				continue
			}
			out = append(out, catalog.ACLItem{Grantee: grantee, Grantor: c.User})
			at = len(out) - 1
		}
		item := &out[at]
		switch {
		case v.IsGrant:
			item.Privileges |= want
			if v.GrantOption {
				item.GrantOption |= want
			}
		case v.GrantOption:
			item.GrantOption &^= want
		default:
			item.Privileges &^= want
			item.GrantOption &^= want
		}
	}
	return slices.DeleteFunc(out, func(i catalog.ACLItem) bool { return i.Privileges == 0 && i.GrantOption == 0 })
}
