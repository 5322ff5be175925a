package ddl

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/parse"
)

// commentOn sets or removes the comment on an object that this package can make.
func (c *Change) commentOn(v *parse.CommentStmt) (bool, error) {
	name := objectParts(v.Object)
	var about catalog.Comment
	var err error
	switch v.Kind {
	case parse.ObjectTable:
		about, err = c.commentTable(name)
	case parse.ObjectColumn:
		about, err = c.commentColumn(name)
	case parse.ObjectTableConstraint:
		about, err = c.commentConstraint(name)
	case parse.ObjectIndex:
		about, err = c.commentIndex(name)
	case parse.ObjectSchema:
		about, err = c.commentSchema(name[0])
	case parse.ObjectRole:
		about, err = c.commentRole(name[0])
	default:
		return false, pgerror.New(pgerror.FeatureNotSupported, "COMMENT ON %s is not implemented yet", v.Kind)
	}
	if err != nil {
		return false, err
	}
	text := ""
	if v.Text != nil {
		text = v.Text.Value
	}
	c.edit.SetComment(about, text)
	return true, nil
}

// ownTable finds a table by the parts of its name. Only its owner may go on.
func (c *Change) ownTable(parts []string) (*catalog.Table, error) {
	schema, name := "", parts[len(parts)-1]
	if len(parts) > 1 {
		schema = parts[len(parts)-2]
		if c.Scope.SchemaByName(schema) == nil {
			return nil, pgerror.New(pgerror.UndefinedSchema, "schema \"%s\" does not exist", schema)
		}
	}
	t := c.find(schema, name)
	if t == nil {
		if schema != "" {
			name = schema + "." + name
		}
		return nil, pgerror.New(pgerror.UndefinedTable, "relation \"%s\" does not exist", name)
	}
	if !c.Scope.HasRole(c.User, t.Owner) {
		return nil, pgerror.New(pgerror.InsufficientPrivilege, "must be owner of %s %s", kindWord(t.Kind), t.Name)
	}
	return t, nil
}

func (c *Change) commentTable(name []string) (catalog.Comment, error) {
	t, err := c.ownTable(name)
	if err != nil {
		return catalog.Comment{}, err
	}
	if t.Kind != catalog.KindTable {
		return catalog.Comment{}, pgerror.New(pgerror.WrongObjectType, "\"%s\" is not a table", t.Name)
	}
	return catalog.Comment{Object: t.OID, Class: catalog.ClassRelation}, nil
}

func (c *Change) commentColumn(name []string) (catalog.Comment, error) {
	if len(name) < 2 {
		return catalog.Comment{}, pgerror.New(pgerror.SyntaxError, "column name must be qualified")
	}
	t, err := c.ownTable(name[:len(name)-1])
	if err != nil {
		return catalog.Comment{}, err
	}
	column := t.ColumnByName(name[len(name)-1])
	if column == nil {
		return catalog.Comment{}, pgerror.New(pgerror.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", name[len(name)-1], t.Name)
	}
	return catalog.Comment{Object: t.OID, Class: catalog.ClassRelation, Ordinal: int32(column.ID)}, nil
}

func (c *Change) commentConstraint(name []string) (catalog.Comment, error) {
	t, err := c.ownTable(name[:len(name)-1])
	if err != nil {
		return catalog.Comment{}, err
	}
	for _, k := range t.Constraints {
		if k.Name == name[len(name)-1] {
			return catalog.Comment{Object: k.OID, Class: catalog.ClassConstraint}, nil
		}
	}
	return catalog.Comment{}, pgerror.New(pgerror.UndefinedObject, "constraint \"%s\" for table \"%s\" does not exist", name[len(name)-1], t.Name)
}

func (c *Change) commentIndex(name []string) (catalog.Comment, error) {
	schemas := c.Path.Schemas(true)
	if len(name) > 1 {
		s := c.Scope.SchemaByName(name[0])
		if s == nil {
			return catalog.Comment{}, pgerror.New(pgerror.UndefinedSchema, "schema \"%s\" does not exist", name[0])
		}
		schemas = []catalog.OID{s.OID}
	}
	last := name[len(name)-1]
	for _, schema := range schemas {
		for _, t := range c.edit.Snapshot().Tables() {
			if t.Schema != schema {
				continue
			}
			if t.Name == last {
				return catalog.Comment{}, pgerror.New(pgerror.WrongObjectType, "\"%s\" is not an index", last)
			}
			for _, ix := range t.Indexes {
				if ix.Name != last {
					continue
				}
				if !c.Scope.HasRole(c.User, t.Owner) {
					return catalog.Comment{}, pgerror.New(pgerror.InsufficientPrivilege, "must be owner of index %s", last)
				}
				return catalog.Comment{Object: ix.OID, Class: catalog.ClassRelation}, nil
			}
		}
	}
	return catalog.Comment{}, pgerror.New(pgerror.UndefinedTable, "relation \"%s\" does not exist", last)
}

func (c *Change) commentSchema(name string) (catalog.Comment, error) {
	s := c.Scope.SchemaByName(name)
	if s == nil {
		return catalog.Comment{}, pgerror.New(pgerror.UndefinedSchema, "schema \"%s\" does not exist", name)
	}
	if s.OID < catalog.FirstUserOID || !c.Scope.HasRole(c.User, s.Owner) {
		return catalog.Comment{}, pgerror.New(pgerror.InsufficientPrivilege, "must be owner of schema %s", name)
	}
	return catalog.Comment{Object: s.OID, Class: catalog.ClassNamespace}, nil
}

func (c *Change) commentRole(name string) (catalog.Comment, error) {
	role, err := c.roleByName(name)
	if err != nil {
		return catalog.Comment{}, err
	}
	if err := c.mayManageRoles("comment on"); err != nil {
		return catalog.Comment{}, err
	}
	return catalog.Comment{Object: role.OID, Class: catalog.ClassAuthID}, nil
}
