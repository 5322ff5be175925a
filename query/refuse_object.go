package query

import (
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/query/parse"
)

// refuseDDL names what the service does not have of the statements that change the catalog.
func refuseDDL(stmt parse.Statement) error {
	switch v := stmt.(type) {
	case *parse.IndexStmt:
		return refuseIndex(v)
	case *parse.CreateTableStmt:
		return refuseCreateTable(v)
	case *parse.AlterTableStmt:
		return refuseAlterTable(v)
	case *parse.DropStmt:
		return refuseDrop(v)
	case *parse.RenameStmt:
		return refuseRename(v)
	case *parse.AlterOwnerStmt:
		return refuseAlter(v.Kind, "OWNER")
	case *parse.AlterObjectSchemaStmt:
		return refuseAlter(v.Kind, "SET SCHEMA")
	case *parse.GrantStmt:
		return refuseGrant(v)
	case *parse.DefineStmt:
		if v.Kind == parse.ObjectTypeType {
			return unsupported("CREATE TYPE not supported")
		}
	case *parse.CreateFunctionStmt:
		return refuseFunction(v)
	case *parse.CreateSeqStmt:
		return refuseSequence(v)
	case *parse.ViewStmt:
		if v.View.Persistence == parse.Temporary {
			return unsupported("TEMPORARY or TEMP view not supported for CREATE VIEW")
		}
	case *parse.AlterDomainStmt:
		switch v.Kind {
		case parse.AlterDomainAddConstraint:
			return unsupported("unsupported ALTER DOMAIN ADD CONSTRAINT statement")
		case parse.AlterDomainSetNotNull:
			return unsupported("unsupported ALTER DOMAIN SET NOT NULL statement")
		case parse.AlterDomainValidate:
			return unsupported("unsupported ALTER DOMAIN VALIDATE CONSTRAINT statement")
		}
	case *parse.CreateRoleStmt:
		return refuseRoleOptions("CREATE ROLE", v.Options)
	case *parse.AlterRoleStmt:
		return refuseRoleOptions("ALTER ROLE", v.Options)
	case *parse.AlterRoleSetStmt:
		if v.Set.Kind != parse.VarReset && v.Set.Kind != parse.VarResetAll {
			return unsupported("unsupported statement: AlterRoleSet")
		}
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

func refuseDrop(v *parse.DropStmt) error {
	switch v.Kind {
	case parse.ObjectTable, parse.ObjectView, parse.ObjectSchema, parse.ObjectSequence, parse.ObjectFunction, parse.ObjectRoutine,
		parse.ObjectStatistics, parse.ObjectTrigger:
		return nil
	case parse.ObjectIndex:
		if v.Concurrent {
			return unsupported("DROP INDEX CONCURRENTLY must be first action in transaction")
		}
		return nil
	case parse.ObjectDomain:
		if v.Behavior == parse.Cascade {
			return unsupported("DROP DOMAIN with CASCADE unsupported")
		}
		return nil
	}
	return unsupported("unsupported object in DROP statement")
}

func refuseRename(v *parse.RenameStmt) error {
	switch v.Kind {
	case parse.ObjectTypeType, parse.ObjectAttribute:
		return unsupported("ALTER TYPE not supported")
	case parse.ObjectTable, parse.ObjectView, parse.ObjectIndex, parse.ObjectSequence, parse.ObjectTableConstraint, parse.ObjectSchema,
		parse.ObjectRole, parse.ObjectDomain, parse.ObjectDomainConstraint, parse.ObjectFunction, parse.ObjectRoutine, parse.ObjectStatistics:
		return nil
	case parse.ObjectColumn:
		if v.RelationKind == parse.ObjectTable || v.RelationKind == parse.ObjectView {
			return nil
		}
	}
	return unsupported("unsupported object in RENAME statement")
}

// refuseAlter refuses OWNER TO and SET SCHEMA of what the service does not have.
func refuseAlter(kind parse.ObjectType, what string) error {
	switch kind {
	case parse.ObjectTypeType:
		return unsupported("ALTER TYPE not supported")
	case parse.ObjectTable, parse.ObjectView, parse.ObjectSequence, parse.ObjectSchema, parse.ObjectDomain, parse.ObjectFunction,
		parse.ObjectRoutine, parse.ObjectStatistics:
		return nil
	}
	return unsupported("unsupported object in " + what + " statement")
}

func refuseGrant(v *parse.GrantStmt) error {
	switch v.Kind {
	case parse.ObjectTable, parse.ObjectSequence, parse.ObjectSchema, parse.ObjectFunction, parse.ObjectRoutine, parse.ObjectDomain, parse.ObjectTypeType:
		return nil
	}
	return unsupported("unsupported object type in GRANT")
}

func refuseFunction(v *parse.CreateFunctionStmt) error {
	if v.IsProcedure {
		return unsupported("PROCEDURE is not supported")
	}
	for _, o := range v.Options {
		if o.Name == "language" {
			if language := strings.ToLower(defText(o)); language != "sql" {
				return unsupported("CREATE FUNCTION with language " + language + " not supported")
			}
		}
	}
	return nil
}

// cacheSizeMin is the least CACHE of a sequence beside 1. Source: the service's sequence syntax.
const cacheSizeMin = 65536

// refuseCache wants an explicit CACHE of 1 or a great one.
func refuseCache(options []*parse.DefElem, what string) error {
	for _, o := range options {
		if o.Name != "cache" {
			continue
		}
		text := defText(o)
		if n, err := strconv.ParseInt(text, 10, 64); err != nil || n != 1 && n < cacheSizeMin {
			return unsupported("CACHE (" + text + ") must be greater than or equal to 65536 or equal to 1")
		}
		return nil
	}
	return unsupported(what + " is not supported without an explicit cache size. please define CACHE greater than or equal to 65536 or equal to 1")
}

func refuseSequence(v *parse.CreateSeqStmt) error {
	if v.Sequence.Persistence != parse.Permanent {
		return unsupported("TEMPORARY or UNLOGGED sequence not supported for CREATE SEQUENCE")
	}
	for _, o := range v.Options {
		if t, ok := o.Arg.(*parse.TypeName); ok && o.Name == "as" {
			if name := t.Names[len(t.Names)-1]; name != "int8" && name != "bigint" {
				return unsupported("CREATE SEQUENCE with type not supported")
			}
		}
	}
	return refuseCache(v.Options, "CREATE SEQUENCE")
}

// roleOptions are the options of CREATE and ALTER ROLE that the service has, as the parser names them.
var roleOptions = map[string]bool{"canlogin": true, "inherit": true, "addroleto": true, "rolemembers": true, "adminmembers": true}

func refuseRoleOptions(statement string, options []*parse.DefElem) error {
	words := map[string]string{
		"password": "PASSWORD", "superuser": "SUPERUSER", "createrole": "CREATEROLE", "createdb": "CREATEDB", "isreplication": "REPLICATION",
		"bypassrls": "BYPASSRLS", "connectionlimit": "CONNECTION LIMIT", "validUntil": "VALID UNTIL", "sysid": "SYSID",
	}
	for _, o := range options {
		if !roleOptions[o.Name] {
			return unsupported(words[o.Name] + " not supported for " + statement)
		}
	}
	return nil
}
