package functions

import (
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltest"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query"
	"github.com/opendsql/opendsql/query/catalog"
)

// sessions are the settings that calls run under, each in a session of its own.
var sessions = []string{
	"SET TimeZone = 'America/New_York'",
	"SET TimeZone = 'Europe/Berlin'; SET datestyle = 'SQL, DMY'; SET intervalstyle = 'sql_standard'; SET extra_float_digits = 0",
	"SET TimeZone = 'Asia/Kolkata'; SET datestyle = 'German'; SET intervalstyle = 'iso_8601'; SET extra_float_digits = -3",
	"SET TimeZone = 'Australia/Lord_Howe'; SET datestyle = 'Postgres, MDY'; SET intervalstyle = 'postgres_verbose'; SET extra_float_digits = 3",
	"SET TimeZone = '-5'; SET datestyle = 'ISO, YMD'",
}

// unasked are functions that no two servers answer alike: they tell about the server, its clock, its files or its chances, or they act on it.
var unasked = []string{
	"pg_sleep", "pg_stat_", "pg_ls_", "pg_read_", "lo_", "loread", "lowrite", "random", "setseed", "clock_timestamp", "timeofday", "now", "statement_timestamp",
	"transaction_timestamp", "pg_backend_pid", "pg_terminate_backend", "pg_cancel_backend", "pg_reload_conf", "pg_rotate_logfile", "version", "pg_postmaster_start_time", "pg_conf_load_time",
	"gen_random_uuid", "pg_advisory", "pg_try_advisory", "txid_", "pg_current_", "pg_export_snapshot", "current_setting", "set_config", "pg_logical", "pg_replication", "pg_create_", "pg_drop_",
	"pg_switch_wal", "pg_wal", "pg_backup", "pg_promote", "pg_import", "pg_notify", "nextval", "currval", "setval", "lastval", "pg_show_all", "pg_get_backend", "pg_get_shmem", "pg_log_",
	"inet_client", "inet_server", "current_user", "session_user", "current_database", "current_schema", "current_query", "pg_timezone_", "binary_upgrade", "pg_nextoid", "pg_stop_making",
	"pg_config", "pg_control", "pg_hba", "pg_ident", "pg_show_all_file", "pg_database_size", "pg_tablespace", "pg_relation_", "pg_table_size", "pg_total_relation", "pg_indexes_size",
	"pg_column_size", "pg_get_userbyid", "pg_has_role", "has_", "pg_lock_status", "pg_get_keywords", "system_user", "pg_event_trigger", "brin_", "gin_clean", "pg_available_", "pg_prepared_",
	"pg_cursor", "row_security_active", "pg_get_object", "pg_my_temp", "pg_filenode", "pg_extension", "pg_collation_actual", "pg_database_collation", "pg_get_publication", "pg_get_wal",
	"pg_describe", "pg_identify", "pg_xact_", "pg_last_", "pg_partition", "pg_get_replication", "pg_isolation", "pg_safe_snapshot", "pg_blocking_pids", "pg_file", "query_to", "table_to", "cursor_to",
	"schema_to", "database_to", "obj_description", "shobj_description", "col_description", "pg_get_", "pg_indexam", "pg_index_", "cluster", "uuid_generate", "heap_", "bthandler", "pg_jit",
	"pg_visible_in", "mxid_age", "pg_get_multixact", "pg_mcv_list", "amvalidate", "pg_column_is_updatable", "pg_client_encoding", "pg_options_to_table", "pg_is_", "pg_settings_get_flags",
	"current_role", "regclass", "pg_trigger_depth", "acldefault", "makeaclitem", "fmgr_", "plpgsql_", "pg_encoding_max_length", "inet_same", "satisfies_hash", "pg_stop", "ts_stat", "icu_unicode", "unicode_",
	"pg_input_error_message", "to_regrole", "pg_visible", "pg_safe", "pg_sequence",
	// the service has no text search configurations
	"to_tsvector", "to_tsquery", "plainto_tsquery", "phraseto_tsquery", "websearch_to_tsquery", "json_to_tsvector", "jsonb_to_tsvector", "ts_headline", "ts_debug", "ts_parse", "ts_token", "ts_lexize",
	"ts_match_tt", "ts_match_tq", "get_current_ts", "getpgusername", "tsquerysend",
}

func asked(name string) bool {
	return !slices.ContainsFunc(unasked, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// statement is an SQL statement with what it shows.
type statement struct {
	session int
	about   string // the function, operator, cast or type
	sql     string
}

// statements makes n calls of each function with code, and as many uses of each operator, cast and type.
func statements(seed uint64, n int) []statement {
	var out []statement
	data := catalog.Builtins()
	add := func(about string, object uint64, per int, make func(g *generator) (string, bool)) {
		g := newGenerator(seed, object)
		seen := map[string]bool{}
		for range per {
			sql, ok := make(g)
			session := 0
			if g.oneIn(2) {
				session = g.IntN(len(sessions))
			}
			if ok && !seen[sql] {
				seen[sql] = true
				out = append(out, statement{session, about, sql})
			}
		}
	}
	for _, p := range data.Procs() {
		if query.HasCode(p) && asked(p.Name) && (p.Volatile != 'v' || p.Kind != 'f') {
			add(p.Name, uint64(p.OID), n, func(g *generator) (string, bool) { return g.function(p) })
		}
	}
	for _, o := range data.Operators() {
		if p := data.Proc(o.Proc); p != nil && query.HasCode(p) && asked(p.Name) {
			add("operator "+o.Name, uint64(o.OID), n, func(g *generator) (string, bool) { return g.operator(o) })
		}
	}
	for _, c := range data.Casts() {
		if p := data.Proc(c.Func); c.Func == 0 || p != nil && query.HasCode(p) {
			about := "cast " + sqltypes.BaseTypeName(c.Source) + " to " + sqltypes.BaseTypeName(c.Target)
			add(about, uint64(c.OID), n, func(g *generator) (string, bool) { return g.cast(c.Source, c.Target) })
		}
	}
	for _, t := range data.Types() {
		if list := values[sqltypes.BaseTypeName(t.OID)]; len(list) > 0 && !refusedType(t.OID) {
			about := "type " + sqltypes.BaseTypeName(t.OID)
			add(about, uint64(t.OID), 5*n, func(g *generator) (string, bool) { return g.input(t.OID), true })
			add(about+" by text", uint64(t.OID)+1<<32, n, func(g *generator) (string, bool) {
				s, ok := g.value(t.OID)
				return "SELECT (" + s + ")::text", ok
			})
			if array := t.Array; array != 0 {
				add("type "+sqltypes.BaseTypeName(array), uint64(array), n, func(g *generator) (string, bool) { return g.input(array), true })
			}
		}
	}
	return out
}

// refusedType tells whether the service has no values of a type.
func refusedType(t sqltypes.OID) bool {
	switch t {
	case sqltypes.PointOID, sqltypes.LSegOID, sqltypes.PathOID, sqltypes.BoxOID, sqltypes.PolygonOID, sqltypes.LineOID, sqltypes.CircleOID, sqltypes.XMLOID, sqltypes.MoneyOID:
		return true
	}
	return false
}

// runner answers statements in sessions that have the settings.
type runner struct {
	sqltest.Runner
	ready map[string]bool
}

func newRunner(r sqltest.Runner) *runner { return &runner{r, map[string]bool{}} }

// answer is what a statement answers, in one line: types and rows, or the error without its place, detail and hint.
func (r *runner) answer(s statement) string {
	name := sessions[s.session]
	if !r.ready[name] {
		for part := range strings.SplitSeq(name, "; ") {
			if lines := r.Run(name, part); len(lines) != 1 || lines[0] != "SET" {
				panic(part + ": " + strings.Join(lines, " "))
			}
		}
		r.ready[name] = true
	}
	lines := r.Run(name, s.sql)
	for _, l := range lines {
		if strings.HasPrefix(l, "ERROR ") {
			l, _, _ = strings.Cut(l, " (at ")
			return l
		}
	}
	if n := len(lines); n > 0 && strings.HasPrefix(lines[n-1], "SELECT ") {
		lines = lines[:n-1]
	}
	return strings.Join(lines, " ⏎ ")
}
