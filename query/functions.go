package query

import (
	"slices"

	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// HasCode tells whether a call of a built-in function is computed. Functions written in SQL, and those the service refuses by name, have none.
func HasCode(p *catalog.Proc) bool {
	switch expr.Implementation(p.OID) {
	case expr.ComputedHere:
		return true
	case expr.AskedOfCatalog:
		return answers(p)
	}
	return p.Namespace == catalog.SysOID && answers(p)
}

// answers tells whether information.Call knows a function.
func answers(p *catalog.Proc) bool {
	if _, ok := informants[p.Name]; ok {
		return true
	}
	switch p.Name {
	case "pg_has_role", "pg_table_size", "pg_relation_size", "pg_total_relation_size", "pg_indexes_size", "pg_database_size", "cluster_size", "cluster_size_limit", "uuid_to_base32_str", "current_query", "base32_str_to_uuid", "base_type_oid",
		"dsql_major_version", "current_session_id", "iam_session_user", "current_transaction_id", "supported_datatypes", "pg_show_all_settings", "pg_prepared_statement",
		"pg_cursor", "pg_get_catalog_foreign_keys":
		return true
	}
	return privilegeKinds[p.Name] != 0 || slices.Contains(propertyFunctions, p.Name)
}
