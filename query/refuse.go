package query

import (
	"reflect"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/parse"
)

// refuse names what the service does not have: the statements it refuses outright. Source: the service's list of unsupported statements, and
// its error catalogue; where no text was observed, its naming pattern `unsupported statement: <parse node without "Stmt">`.
func refuse(stmt parse.Statement) error {
	switch v := stmt.(type) {
	case *parse.SelectStmt:
		return refuseSelect(v)
	case *parse.InsertStmt, *parse.UpdateStmt, *parse.DeleteStmt:
		return nil
	case *parse.ExplainStmt:
		return refuse(v.Query)
	case *parse.MergeStmt:
		return unsupported("unsupported statement type: MERGE")
	case *parse.VacuumStmt:
		switch {
		case !v.IsAnalyze:
			return unsupported("unsupported VACUUM statement")
		case len(v.Relations) == 0:
			return unsupported("ANALYZE without a table is not supported")
		}
	case *parse.CopyStmt:
		if v.Program || v.HasFilename {
			return unsupported("unsupported statement: Copy")
		}
	case *parse.DeallocateStmt:
		if v.Name != "" {
			return unsupported("unsupported statement: Deallocate")
		}
	case *parse.CallStmt:
		return refuseCall(v)
	default:
		if err := refuseDDL(stmt); err != nil {
			return err
		}
	}
	if accepted[nodeName(stmt)] {
		return nil
	}
	if text, ok := refusals[nodeName(stmt)]; ok {
		return unsupported(text)
	}
	return unsupported("unsupported statement: " + nodeName(stmt))
}

func unsupported(text string) error { return pgerror.New(pgerror.FeatureNotSupported, "%s", text) }

// nodeName is the name of PostgreSQL's parse node without "Stmt".
func nodeName(stmt parse.Statement) string {
	return strings.TrimSuffix(reflect.TypeOf(stmt).Elem().Name(), "Stmt")
}

// accepted are the statements, beside queries, that another part of the processor carries out or refuses in more detail.
var accepted = map[string]bool{
	"Transaction": true, "VariableSet": true, "VariableShow": true, "Explain": true, "Copy": true, "Deallocate": true, "Vacuum": true, "Call": true,
	"CreateTable": true, "CreateSchema": true, "Drop": true, "Index": true, "AlterTable": true, "Grant": true, "GrantRole": true,
	"AwsIamGrant": true, "CreateRole": true, "AlterRole": true, "DropRole": true, "Comment": true, "Rename": true, "View": true,
	"CreateSeq": true, "AlterSeq": true, "CreateDomain": true, "AlterDomain": true, "CreateFunction": true, "AlterOwner": true,
	"AlterObjectSchema": true, "AlterObjectDepends": true, "CreateStats": true, "AlterStats": true, "AlterDefaultPrivileges": true,
	"ConstraintsSet": true, "AlterRoleSet": true,
}

// refusals are texts that do not follow the pattern.
var refusals = map[string]string{
	"CreateTrig": "CREATE TRIGGER not supported", "CreateEnum": "CREATE TYPE not supported", "CompositeType": "CREATE TYPE not supported",
	"CreateRange": "CREATE TYPE not supported", "AlterEnum": "ALTER TYPE not supported", "AlterType": "ALTER TYPE not supported",
}

func refuseSelect(v *parse.SelectStmt) error {
	if v.Into != nil {
		return unsupported("unsupported statement: CreateTableAs")
	}
	return nil
}

func refuseCall(v *parse.CallStmt) error {
	name := v.Call.Name
	if len(name) == 2 && name[0] == "sys" && name[1] == "wait_for_job" {
		return nil
	}
	return unsupported("unsupported statement: Call")
}

// errNotYet names what the service has and this processor does not, so that it is not taken for a refusal of the service.
func errNotYet(what string) error {
	return pgerror.New(pgerror.FeatureNotSupported, "%s is not implemented yet", what)
}

// notYet names a statement that nothing carries out.
func notYet(stmt parse.Statement) error {
	switch v := stmt.(type) {
	case *parse.DropStmt:
		return errNotYet("DROP " + v.Kind.String())
	case *parse.RenameStmt:
		return errNotYet("ALTER " + v.Kind.String() + " RENAME")
	case *parse.AlterOwnerStmt:
		return errNotYet("ALTER " + v.Kind.String() + " OWNER TO")
	case *parse.AlterObjectSchemaStmt:
		return errNotYet("ALTER " + v.Kind.String() + " SET SCHEMA")
	case *parse.AlterTableStmt:
		if v.Async {
			return errNotYet("ALTER TABLE ASYNC")
		}
		return errNotYet("ALTER " + v.Kind.String() + " " + tableAction(v))
	}
	if words := statementWords[nodeName(stmt)]; words != "" {
		return errNotYet(words)
	}
	return unsupported("unsupported statement: " + nodeName(stmt))
}

// statementWords are the words that statements begin with.
var statementWords = map[string]string{
	"Index": "CREATE INDEX ASYNC", "Grant": "GRANT", "GrantRole": "GRANT of a role", "AwsIamGrant": "AWS IAM", "CreateRole": "CREATE ROLE",
	"AlterRole": "ALTER ROLE", "AlterRoleSet": "ALTER ROLE RESET", "DropRole": "DROP ROLE", "Comment": "COMMENT", "View": "CREATE VIEW",
	"CreateSeq": "CREATE SEQUENCE", "AlterSeq": "ALTER SEQUENCE", "CreateDomain": "CREATE DOMAIN", "AlterDomain": "ALTER DOMAIN",
	"CreateFunction": "CREATE FUNCTION", "CreateStats": "CREATE STATISTICS", "AlterStats": "ALTER STATISTICS",
	"AlterDefaultPrivileges": "ALTER DEFAULT PRIVILEGES", "ConstraintsSet": "SET CONSTRAINTS",
	"Call": "CALL sys.wait_for_job", "AlterObjectDepends": "DEPENDS ON EXTENSION",
}
