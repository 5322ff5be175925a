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
		if !v.IsAnalyze {
			return unsupported("unsupported VACUUM statement")
		}
	case *parse.CopyStmt:
		if v.Program || v.HasFilename {
			return unsupported("unsupported statement: Copy")
		}
	case *parse.DeallocateStmt:
		if v.Name != "" {
			return unsupported("unsupported statement: Deallocate")
		}
	case *parse.IndexStmt:
		return refuseIndex(v)
	case *parse.CreateTableStmt:
		return refuseCreateTable(v)
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
	"CreateSeq": true, "AlterSeq": true, "CreateDomain": true, "AlterDomain": true, "CreateFunction": true, "AlterFunction": true, "AlterOwner": true,
	"AlterObjectSchema": true, "CreateStats": true, "AlterStats": true, "AlterDefaultPrivileges": true, "Constraints": true, "ConstraintsSet": true,
}

// refusals are texts that do not follow the pattern.
var refusals = map[string]string{
	"CreateTrig": "CREATE TRIGGER not supported", "CreateEnum": "CREATE TYPE not supported", "CompositeType": "CREATE TYPE not supported",
	"CreateRange": "CREATE TYPE not supported", "DefineType": "CREATE TYPE not supported", "AlterEnum": "ALTER TYPE not supported",
	"AlterType": "ALTER TYPE not supported",
}

func refuseSelect(v *parse.SelectStmt) error {
	if v.Into != nil {
		return unsupported("unsupported statement: CreateTableAs")
	}
	return nil
}

func refuseIndex(v *parse.IndexStmt) error {
	switch {
	case v.Concurrent:
		return unsupported("CONCURRENTLY not supported for CREATE INDEX")
	case !v.Async:
		return unsupported("unsupported mode. please use CREATE INDEX ASYNC.")
	case v.AccessMethod != "":
		return unsupported("USING not supported for CREATE INDEX")
	case len(v.Options) > 0:
		return unsupported("WITH clause not supported for CREATE INDEX")
	case v.Tablespace != "":
		return unsupported("TABLESPACE not supported for CREATE INDEX")
	}
	for _, e := range v.Elems {
		switch {
		case e.Dir != parse.SortDefault:
			return unsupported("specifying sort order not supported for index keys")
		case len(e.OpClass) > 0:
			return unsupported("opclass not supported for index keys")
		case len(e.Collation) > 0:
			return unsupported("COLLATE clause not supported")
		}
	}
	return nil
}

func refuseCreateTable(v *parse.CreateTableStmt) error {
	refused := func(what string) error { return unsupported(what + " not supported for CREATE TABLE") }
	switch {
	case v.Relation.Persistence == parse.Temporary:
		return refused("TEMPORARY or TEMP table")
	case v.Relation.Persistence == parse.Unlogged:
		return refused("UNLOGGED table")
	case v.PartitionBy != nil:
		return refused("PARTITION BY clause")
	case v.Partition != nil:
		return refused("PARTITION OF clause")
	case len(v.Inherits) > 0:
		return refused("INHERITS clause")
	case v.OfType != nil:
		return refused("OF type clause")
	case v.AccessMethod != "":
		return refused("USING clause")
	case v.OnCommit != parse.OnCommitDefault:
		return refused("ON COMMIT clause")
	case v.Tablespace != "":
		return refused("TABLESPACE clause")
	}
	for _, o := range v.Options {
		if o.Name != "oids" {
			return refused("WITH clause")
		}
	}
	return nil
}
