package ddl

import (
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/parse"
)

// dropTables removes tables with their indexes and constraints.
func (c *Change) dropTables(v *parse.DropStmt) (bool, error) {
	changed := false
	for _, o := range v.Objects {
		t, err := c.tableToDrop(objectParts(o), v.MissingOK)
		if err != nil {
			return false, err
		}
		if t == nil {
			continue
		}
		if err := c.dropDependents(t, v.Behavior); err != nil {
			return false, severalObjects(err, v)
		}
		c.edit.DropTable(t.OID)
		changed = true
	}
	return changed, nil
}

// tableToDrop finds the table; nil when it is missing and may be.
func (c *Change) tableToDrop(parts []string, missingOK bool) (*catalog.Table, error) {
	schema, name := "", parts[len(parts)-1]
	if len(parts) > 1 {
		schema = parts[len(parts)-2]
		if c.Scope.SchemaByName(schema) == nil {
			if missingOK {
				c.notice(pgerror.SuccessfulCompletion, "schema \"%s\" does not exist, skipping", schema)
				return nil, nil
			}
			return nil, pgerror.New(pgerror.UndefinedSchema, "schema \"%s\" does not exist", schema)
		}
	}
	t := c.find(schema, name)
	if t == nil {
		if missingOK {
			c.notice(pgerror.SuccessfulCompletion, "table \"%s\" does not exist, skipping", name)
			return nil, nil
		}
		return nil, pgerror.New(pgerror.UndefinedTable, "table \"%s\" does not exist", strings.Join(parts, "."))
	}
	if t.Kind != catalog.KindTable {
		word := strings.ToUpper(kindWord(t.Kind))
		article := "a"
		return nil, pgerror.New(pgerror.WrongObjectType, "\"%s\" is not a table", name).
			WithHint("Use DROP %s to remove %s %s.", word, article, strings.ToLower(word))
	}
	if !c.Scope.HasRole(c.User, t.Owner) {
		return nil, pgerror.New(pgerror.InsufficientPrivilege, "must be owner of table %s", name)
	}
	return t, nil
}

// find looks a user's relation up, along the search path when no schema is named.
func (c *Change) find(schema, name string) *catalog.Table {
	now := c.edit.Snapshot()
	if schema != "" {
		s := now.SchemaByName(schema)
		if s == nil {
			return nil
		}
		return c.inSchema(now, s.OID, name)
	}
	for _, oid := range c.Path.Schemas(true) {
		if t := c.inSchema(now, oid, name); t != nil {
			return t
		}
	}
	return nil
}

func (c *Change) inSchema(now *catalog.Snapshot, schema catalog.OID, name string) *catalog.Table {
	for _, t := range now.Tables() {
		if t.Schema == schema && t.Name == name {
			return t
		}
	}
	return nil
}

// dropDependents removes the relations that need the table, or refuses to.
func (c *Change) dropDependents(t *catalog.Table, b parse.Behavior) error {
	var lines []string
	var dependents []*catalog.Table
	for _, other := range c.edit.Snapshot().Tables() {
		for _, d := range other.DependsOn {
			if d.Object == t.OID && other.OID != t.OID {
				dependents = append(dependents, other)
				lines = append(lines, kindWord(other.Kind)+" "+other.Name+" depends on table "+t.Name)
				break
			}
		}
	}
	if len(dependents) == 0 {
		return nil
	}
	if b != parse.Cascade {
		return pgerror.New(pgerror.DependentObjectsStillExist, "cannot drop table %s because other objects depend on it", parse.QuoteIdent(t.Name)).
			WithDetail("%s", strings.Join(lines, "\n")).WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
	}
	for _, d := range dependents {
		c.notice(pgerror.SuccessfulCompletion, "drop cascades to %s %s", kindWord(d.Kind), d.Name)
		c.edit.DropTable(d.OID)
	}
	return nil
}

// dropTriggers tells that there are none: the service has no triggers, but takes DROP TRIGGER IF EXISTS.
func (c *Change) dropTriggers(v *parse.DropStmt) error {
	for _, o := range v.Objects {
		parts := objectParts(o)
		table, trigger := parts[:len(parts)-1], parts[len(parts)-1]
		t, err := c.ownTable(table)
		switch {
		case err != nil && v.MissingOK && t == nil:
			c.notice(pgerror.SuccessfulCompletion, "%s, skipping", pgerror.From(err).Message)
		case err != nil:
			return err
		case v.MissingOK:
			c.notice(pgerror.SuccessfulCompletion, "trigger \"%s\" for relation \"%s\" does not exist, skipping", trigger, strings.Join(table, "."))
		default:
			return pgerror.New(pgerror.UndefinedObject, "trigger \"%s\" for table \"%s\" does not exist", trigger, t.Name)
		}
	}
	return nil
}
