package functions

import (
	"fmt"
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query"
	"github.com/opendsql/opendsql/query/catalog"
)

// class is a reason why functions have no code.
type class struct {
	name   string
	reason string // with what a call answers
	has    func(p *catalog.Proc) bool
}

func named(prefixes ...string) func(p *catalog.Proc) bool {
	return func(p *catalog.Proc) bool {
		return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(p.Name, prefix) })
	}
}

func exactly(names ...string) func(p *catalog.Proc) bool {
	return func(p *catalog.Proc) bool { return slices.Contains(names, p.Name) }
}

// takes tells whether a function has one of the types among its parameters or as its result, or an array of one.
func takes(types ...sqltypes.OID) func(p *catalog.Proc) bool {
	return func(p *catalog.Proc) bool {
		return slices.ContainsFunc(append([]sqltypes.OID{p.ReturnType}, p.ArgTypes...), func(t sqltypes.OID) bool {
			if element, ok := sqltypes.ElementOf(t); ok {
				t = element
			}
			return slices.Contains(types, t)
		})
	}
}

func anyOf(tests ...func(p *catalog.Proc) bool) func(p *catalog.Proc) bool {
	return func(p *catalog.Proc) bool {
		return slices.ContainsFunc(tests, func(f func(p *catalog.Proc) bool) bool { return f(p) })
	}
}

// classes are the reasons, of which the first that fits counts.
var classes = []class{
	{"internal signatures", "take or give C structures; PostgreSQL refuses a call too (0A000 or 42883)",
		takes(sqltypes.InternalOID, sqltypes.TriggerOID, sqltypes.EventTriggerOID, sqltypes.LanguageHandlerOID, sqltypes.IndexAmHandlerOID, sqltypes.TableAmHandlerOID,
			sqltypes.FdwHandlerOID, sqltypes.TsmHandlerOID, sqltypes.PgDdlCommandOID)},
	{"input and output of pseudo-types", "refuse every value in PostgreSQL too", func(p *catalog.Proc) bool {
		return (strings.HasSuffix(p.Source, "_in") || strings.HasSuffix(p.Source, "_out") || strings.HasSuffix(p.Source, "_send")) && slices.ContainsFunc(
			[]string{"any", "shell", "gtsvector", "pg_node_tree", "pg_ndistinct", "pg_dependencies", "pg_mcv", "pg_brin", "brin_", "cstring", "void", "unknown"}, func(prefix string) bool {
				return strings.HasPrefix(p.Source, prefix)
			})
	}},
	{"geometric types", "the service has none: 0A000 `datatype point not supported`",
		takes(sqltypes.PointOID, sqltypes.LSegOID, sqltypes.PathOID, sqltypes.BoxOID, sqltypes.PolygonOID, sqltypes.LineOID, sqltypes.CircleOID)},
	{"xml", "not a usable type: 0A000 `datatype xml not supported`", anyOf(takes(sqltypes.XMLOID), named("xml_is_well_formed", "xpath", "query_to_xml", "table_to_xml", "cursor_to_xml", "schema_to_xml",
		"database_to_xml"))},
	{"money", "refused as a column type, and the text of its values is the locale's: 0A000 `datatype money not supported`", takes(sqltypes.MoneyOID)},
	{"enum types", "CREATE TYPE is refused, so no value exists to call them with", takes(sqltypes.AnyEnumOID)},
	{"refused by name", "0A000 `function pg_backend_pid not supported`: no backends, advisory locks, transaction numbers or notifications that a client could ask for",
		anyOf(named("pg_advisory_", "pg_try_advisory_", "txid_current", "txid_status", "pg_current_xact_id", "pg_xact_"), exactly("pg_backend_pid", "pg_cancel_backend", "pg_terminate_backend",
			"pg_current_snapshot", "pg_notify", "pg_export_snapshot", "pg_listening_channels", "pg_notification_queue_usage", "pg_last_committed_xact", "pg_get_multixact_members", "mxid_age",
			"pg_blocking_pids", "pg_safe_snapshot_blocking_pids", "pg_isolation_test_session_is_blocked", "pg_lock_status", "pg_log_backend_memory_contexts", "pg_prepared_xact"),
			func(p *catalog.Proc) bool {
				return p.Name == "age" && slices.Equal(p.ArgTypes, []sqltypes.OID{sqltypes.XIDOID})
			})},
	{"large objects", "the service has none: 0A000 naming the function", anyOf(named("lo_"), exactly("loread", "lowrite"))},
	{"files, logs and configuration of the server", "there is no server to look into: 0A000 naming the function", anyOf(named("pg_ls_", "pg_read_", "pg_stat_file", "pg_control_", "pg_rotate_logfile",
		"pg_hba_file", "pg_ident_file", "pg_config", "pg_current_logfile", "pg_show_all_file"), exactly("pg_reload_conf", "pg_tablespace_databases", "pg_relation_filenode", "pg_relation_filepath",
		"pg_filenode_relation", "pg_conf_load_time", "pg_postmaster_start_time", "pg_import_system_collations", "pg_get_backend_memory_contexts", "pg_get_shmem_allocations", "pg_jit_available",
		"pg_collation_actual_version", "pg_database_collation_actual_version", "system_user"))},
	{"write-ahead log, backup and replication", "the journal is another: 0A000 naming the function", anyOf(named("pg_wal", "pg_backup_", "pg_replication_", "pg_logical_", "pg_create_", "pg_drop_", "pg_copy_",
		"pg_switch_wal", "pg_current_wal", "pg_last_wal", "pg_split_walfile", "pg_get_wal", "pg_is_wal", "pg_get_replication", "pg_show_replication", "pg_log_standby", "pg_last_xact_replay"),
		exactly("pg_promote", "pg_get_publication_tables", "pg_relation_is_publishable"))},
	{"statistics of a server's work", "the service keeps none: 0A000 naming the function", anyOf(named("pg_stat_", "pg_indexam_progress"))},
	{"upgrades, extensions and storage maintenance", "the service does that work itself: 0A000 naming the function", anyOf(named("binary_upgrade_", "pg_extension_", "pg_available_", "pg_event_trigger_", "brin_",
		"gin_", "amvalidate", "fmgr_", "plpgsql_", "postgresql_fdw"), exactly("pg_nextoid", "pg_stop_making_pinned_objects", "satisfies_hash_partition", "pg_trigger_depth", "pg_partition_tree",
		"pg_partition_ancestors", "pg_partition_root", "currtid2"))},
	{"foreign data and languages", "no such objects exist: 0A000 naming the function", exactly("has_foreign_data_wrapper_privilege", "has_server_privilege")},
	{"conversions between encodings", "the only encoding is UTF8", anyOf(named("to_ascii"))},
	{"sequences", "come with CREATE SEQUENCE", exactly("nextval", "currval", "setval", "lastval", "pg_sequence_parameters", "pg_sequence_last_value")},
	{"not there yet", "0A000 naming the function", func(*catalog.Proc) bool { return true }},
}

// notYet is the class that is to become empty.
const notYet = "not there yet"

// tally counts what has code and what has not.
type tally struct{ with, all int }

func (t *tally) add(has bool) {
	t.all++
	if has {
		t.with++
	}
}

func (t tally) String() string { return fmt.Sprintf("%d of %d", t.with, t.all) }

// census is how many rows of PostgreSQL's catalogs have code, and the functions that have none, by class.
type census struct {
	functions, sets, aggregates, windows, operators, casts tally
	without                                                map[string][]string
	count                                                  map[string]int
}

func takeCensus() *census {
	data := catalog.Builtins()
	c := &census{without: map[string][]string{}, count: map[string]int{}}
	for _, p := range data.Procs() {
		has := query.HasCode(p)
		switch {
		case p.Kind == 'a':
			c.aggregates.add(has)
		case p.Kind == 'w':
			c.windows.add(has)
		case p.ReturnsSet:
			c.sets.add(has)
		default:
			c.functions.add(has)
		}
		if has {
			continue
		}
		for _, class := range classes {
			if class.has(p) {
				c.count[class.name]++
				if !slices.Contains(c.without[class.name], p.Name) {
					c.without[class.name] = append(c.without[class.name], p.Name)
				}
				break
			}
		}
	}
	for _, o := range data.Operators() {
		p := data.Proc(o.Proc)
		c.operators.add(p != nil && query.HasCode(p))
	}
	for _, k := range data.Casts() {
		p := data.Proc(k.Func)
		c.casts.add(k.Func == 0 && !refusedType(k.Source) && !refusedType(k.Target) || p != nil && query.HasCode(p))
	}
	for _, names := range c.without {
		slices.Sort(names)
	}
	return c
}

// table is the census as the page of differences has it.
func (c *census) table() string {
	var out strings.Builder
	fmt.Fprintf(&out, "\n| Of PostgreSQL 16's | have code |\n|---|---|\n| functions | %s |\n| set-returning functions | %s |\n| aggregates | %s |\n| window functions | %s |\n| operators | %s |\n| casts | %s |\n",
		c.functions, c.sets, c.aggregates, c.windows, c.operators, c.casts)
	out.WriteString("\nThe others, as rows of `pg_proc`:\n\n| Class | Rows | Reason | Functions |\n|---|---|---|---|\n")
	for _, class := range classes {
		if n := c.count[class.name]; n > 0 {
			fmt.Fprintf(&out, "| %s | %d | %s | %s |\n", class.name, n, class.reason, shorten(c.without[class.name]))
		}
	}
	out.WriteString("\n")
	return out.String()
}

// shorten joins names; runs of names that begin alike up to their second underscore are told by what they begin with.
func shorten(names []string) string {
	var out []string
	for i := 0; i < len(names); {
		prefix := stem(names[i])
		n := i + 1
		for n < len(names) && prefix != "" && strings.HasPrefix(names[n], prefix) {
			n++
		}
		if n-i >= 4 {
			out = append(out, fmt.Sprintf("`%s…` (%d)", prefix, n-i))
			i = n
			continue
		}
		out = append(out, "`"+names[i]+"`")
		i++
	}
	return strings.Join(out, " ")
}

// stem is a name up to its second underscore, or its first.
func stem(name string) string {
	i := strings.IndexByte(name, '_')
	if i < 0 {
		return ""
	}
	if k := strings.IndexByte(name[i+1:], '_'); i < 4 && k > 0 {
		i += k + 1
	} else if i < 4 {
		return ""
	}
	return name[:i+1]
}
