// Package ddl changes the schema: it turns a parsed statement into new descriptors in the catalog, inside the transaction that asked for it.
//
// One statement is one change of the catalog. What the service refuses of a statement is refused by name before anything is written.
package ddl

import (
	"context"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
	"github.com/opendsql/opendsql/txn"
)

// Input is what a statement works with.
type Input struct {
	Context context.Context
	Txn     *txn.Txn
	Scope   catalog.Scope
	Path    catalog.Path
	User    sqltypes.OID
	Bind    bind.Options
	Session *expr.Session
	Notice  func(*pgerror.Error)
}

// Change is one statement at work. Used by one goroutine, once.
type Change struct {
	Input
	edit *catalog.Edit
}

// New prepares to carry a statement out.
func New(in Input) *Change { return &Change{Input: in} }

// Handles tells whether this package carries the statement out.
func (c *Change) Handles(stmt parse.Statement) bool { return c.Tag(stmt) != "" }

// Tag is the statement's command tag, empty for one that is not handled.
func (c *Change) Tag(stmt parse.Statement) string {
	switch v := stmt.(type) {
	case *parse.CreateTableStmt:
		return "CREATE TABLE"
	case *parse.CreateSchemaStmt:
		return "CREATE SCHEMA"
	case *parse.CommentStmt:
		return "COMMENT"
	case *parse.DropStmt:
		switch v.Kind {
		case parse.ObjectTable, parse.ObjectSchema, parse.ObjectTrigger:
			return "DROP " + v.Kind.String()
		}
	}
	return roleTag(stmt)
}

// roleTag is the tag of a statement about roles and rights.
func roleTag(stmt parse.Statement) string {
	verb := func(isGrant bool) string {
		if isGrant {
			return "GRANT"
		}
		return "REVOKE"
	}
	switch v := stmt.(type) {
	case *parse.CreateRoleStmt:
		return "CREATE ROLE"
	case *parse.AlterRoleStmt:
		return "ALTER ROLE"
	case *parse.DropRoleStmt:
		return "DROP ROLE"
	case *parse.GrantRoleStmt:
		return verb(v.IsGrant) + " ROLE"
	case *parse.GrantStmt:
		return verb(v.IsGrant)
	case *parse.AwsIamGrantStmt:
		return "AWS IAM " + verb(v.IsGrant)
	}
	return ""
}

// Run carries the statement out and gives the catalog as changed; nil when nothing changed.
func (c *Change) Run(stmt parse.Statement) (*catalog.Snapshot, error) {
	c.edit = c.Scope.Snapshot.Edit(c.Txn)
	changed, err := c.run(stmt)
	if err != nil || !changed {
		return nil, err
	}
	return c.edit.Finish()
}

func (c *Change) run(stmt parse.Statement) (changed bool, err error) {
	switch v := stmt.(type) {
	case *parse.CreateTableStmt:
		return c.createTable(v)
	case *parse.CreateSchemaStmt:
		return c.createSchema(v)
	case *parse.CommentStmt:
		return c.commentOn(v)
	case *parse.DropStmt:
		switch v.Kind {
		case parse.ObjectSchema:
			return c.dropSchemas(v)
		case parse.ObjectTrigger:
			return false, c.dropTriggers(v)
		}
		return c.dropTables(v)
	}
	return c.runRole(stmt)
}

func (c *Change) runRole(stmt parse.Statement) (changed bool, err error) {
	switch v := stmt.(type) {
	case *parse.CreateRoleStmt:
		return c.createRole(v)
	case *parse.AlterRoleStmt:
		return c.alterRole(v)
	case *parse.DropRoleStmt:
		return c.dropRoles(v)
	case *parse.GrantRoleStmt:
		return c.grantRoles(v)
	case *parse.GrantStmt:
		return c.grant(v)
	case *parse.AwsIamGrantStmt:
		return c.awsIAM(v)
	}
	return false, pgerror.New(pgerror.InternalError, "statement %T is not DDL", stmt)
}

func (c *Change) notice(code pgerror.Code, format string, args ...any) {
	c.Notice(pgerror.Notice(code, format, args...))
}

// at gives an error the position of a node.
func (c *Change) at(e *pgerror.Error, n parse.Node) *pgerror.Error {
	return e.At(pgerror.Position(c.Bind.SQL, n.Pos()))
}

// creationSchema is the schema in which a new relation is made.
func (c *Change) creationSchema(name string, n parse.Node) (*catalog.Schema, error) {
	if name == "" {
		oid, ok := c.Path.Creation()
		if !ok {
			return nil, c.at(pgerror.New(pgerror.UndefinedSchema, "no schema has been selected to create in"), n)
		}
		return c.mayCreate(c.Scope.Schema(oid))
	}
	s := c.Scope.SchemaByName(name)
	if s == nil {
		return nil, c.at(pgerror.New(pgerror.UndefinedSchema, "schema \"%s\" does not exist", name), n)
	}
	return c.mayCreate(s)
}

func (c *Change) mayCreate(s *catalog.Schema) (*catalog.Schema, error) {
	if !c.Scope.HasSchemaPrivilege(c.User, s.OID, catalog.PrivCreate) {
		return nil, pgerror.New(pgerror.InsufficientPrivilege, "permission denied for schema %s", s.Name)
	}
	return s, nil
}
