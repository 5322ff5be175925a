package ddl

import (
	"strings"

	"github.com/opendsql/opendsql/internal/limits"
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/parse"
)

// createSchema makes a schema. The limit is looked at before the name, as the service does.
func (c *Change) createSchema(v *parse.CreateSchemaStmt) (bool, error) {
	if len(v.Elements) > 0 {
		return false, pgerror.New(pgerror.FeatureNotSupported, "CREATE SCHEMA with elements is not implemented yet")
	}
	owner, name := c.User, v.Name
	if v.Authid != nil {
		role, err := c.role(v.Authid)
		if err != nil {
			return false, err
		}
		owner = role.OID
		if name == "" {
			name = role.Name
		}
	}
	if !c.Scope.HasDatabasePrivilege(c.User, catalog.PrivCreate) {
		return false, pgerror.New(pgerror.InsufficientPrivilege, "permission denied for database postgres")
	}
	users := 0
	for _, s := range c.Scope.Schemas() {
		if s.OID >= catalog.FirstUserOID {
			users++
		}
	}
	if users >= limits.Schemas {
		return false, pgerror.New(pgerror.ProgramLimitExceeded, "more than %d schemas not allowed", limits.Schemas)
	}
	if strings.HasPrefix(name, "pg_") {
		return false, pgerror.New(pgerror.ReservedName, "unacceptable schema name \"%s\"", name).WithDetail("The prefix \"pg_\" is reserved for system schemas.")
	}
	if c.Scope.SchemaByName(name) != nil {
		if v.IfNotExists {
			c.notice(pgerror.DuplicateSchema, "schema \"%s\" already exists, skipping", name)
			return false, nil
		}
		return false, pgerror.New(pgerror.DuplicateSchema, "schema \"%s\" already exists", name)
	}
	c.edit.PutSchema(&catalog.Schema{OID: c.edit.NextOID(), Name: name, Owner: owner})
	return true, nil
}

// role finds the role that a role specification names.
func (c *Change) role(r *parse.RoleSpec) (*catalog.Role, error) {
	switch r.Kind {
	case parse.RoleCurrentRole, parse.RoleCurrentUser:
		return c.Scope.Role(c.User), nil
	case parse.RoleSessionUser:
		return c.roleByName(c.Session.SessionUser)
	case parse.RolePublic:
		return c.roleByName("public")
	}
	return c.roleByName(r.Name)
}

func (c *Change) roleByName(name string) (*catalog.Role, error) {
	role := c.Scope.RoleByName(name)
	if role == nil {
		return nil, pgerror.New(pgerror.UndefinedObject, "role \"%s\" does not exist", name)
	}
	return role, nil
}

// dropSchemas removes schemas; with CASCADE what is in them too.
func (c *Change) dropSchemas(v *parse.DropStmt) (bool, error) {
	changed := false
	for _, o := range v.Objects {
		name := objectParts(o)
		s := c.Scope.SchemaByName(name[len(name)-1])
		if s == nil {
			if !v.MissingOK {
				return false, pgerror.New(pgerror.UndefinedSchema, "schema \"%s\" does not exist", name[len(name)-1])
			}
			c.notice(pgerror.SuccessfulCompletion, "schema \"%s\" does not exist, skipping", name[len(name)-1])
			continue
		}
		if s.OID < catalog.FirstUserOID || !c.Scope.HasRole(c.User, s.Owner) {
			return false, pgerror.New(pgerror.InsufficientPrivilege, "must be owner of schema %s", s.Name)
		}
		if err := c.emptySchema(s, v.Behavior); err != nil {
			return false, severalObjects(err, v)
		}
		c.edit.DropSchema(s.OID)
		changed = true
	}
	return changed, nil
}

// severalObjects words the refusal to drop one of several objects as PostgreSQL does.
func severalObjects(err error, v *parse.DropStmt) error {
	e := *pgerror.From(err)
	if len(v.Objects) > 1 && e.Code == pgerror.DependentObjectsStillExist {
		e.Message = "cannot drop desired object(s) because other objects depend on them"
	}
	return &e
}

// emptySchema removes what is in a schema, or refuses to.
func (c *Change) emptySchema(s *catalog.Schema, b parse.Behavior) error {
	var inside []*catalog.Table
	for _, t := range c.edit.Snapshot().Tables() {
		if t.Schema == s.OID {
			inside = append(inside, t)
		}
	}
	if len(inside) == 0 {
		return nil
	}
	var lines []string
	for _, t := range inside {
		lines = append(lines, kindWord(t.Kind)+" "+catalog.QuoteQualified(s.Name, t.Name))
	}
	if b != parse.Cascade {
		for i := range lines {
			lines[i] += " depends on schema " + s.Name
		}
		return pgerror.New(pgerror.DependentObjectsStillExist, "cannot drop schema %s because other objects depend on it", parse.QuoteIdent(s.Name)).
			WithDetail("%s", strings.Join(lines, "\n")).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
	}
	for _, t := range inside {
		c.edit.DropTable(t.OID)
	}
	if len(lines) == 1 {
		c.notice(pgerror.SuccessfulCompletion, "drop cascades to %s", lines[0])
		return nil
	}
	n := pgerror.Notice(pgerror.SuccessfulCompletion, "drop cascades to %d other objects", len(lines))
	c.Notice(n.WithDetail("drop cascades to %s", strings.Join(lines, "\ndrop cascades to ")))
	return nil
}

func kindWord(kind byte) string {
	switch kind {
	case catalog.KindView:
		return "view"
	case catalog.KindSequence:
		return "sequence"
	}
	return "table"
}

// objectParts are the parts of an object's name.
func objectParts(n parse.Node) []string {
	switch v := n.(type) {
	case *parse.ObjectName:
		return v.Parts
	case *parse.RangeVar:
		if v.Schema != "" {
			return []string{v.Schema, v.Name}
		}
		return []string{v.Name}
	}
	return []string{""}
}
