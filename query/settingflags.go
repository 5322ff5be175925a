package query

import (
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
)

// flaggedSettings are the settings that pg_settings_get_flags tells something of, by what it tells. Those of the last group are in no view.
var flaggedSettings = []struct{ flags, names string }{
	{"EXPLAIN", `constraint_exclusion cpu_index_tuple_cost cpu_operator_cost cpu_tuple_cost cursor_tuple_fraction effective_cache_size effective_io_concurrency
		enable_async_append enable_bitmapscan enable_gathermerge enable_hashagg enable_hashjoin enable_incremental_sort enable_indexonlyscan enable_indexscan
		enable_material enable_memoize enable_mergejoin enable_nestloop enable_parallel_append enable_parallel_hash enable_partition_pruning
		enable_partitionwise_aggregate enable_partitionwise_join enable_presorted_aggregate enable_seqscan enable_sort enable_tidscan from_collapse_limit geqo
		geqo_effort geqo_generations geqo_pool_size geqo_seed geqo_selection_bias geqo_threshold hash_mem_multiplier jit jit_above_cost jit_inline_above_cost
		jit_optimize_above_cost join_collapse_limit maintenance_io_concurrency max_parallel_workers max_parallel_workers_per_gather min_parallel_index_scan_size
		min_parallel_table_scan_size parallel_leader_participation parallel_setup_cost parallel_tuple_cost plan_cache_mode random_page_cost
		recursive_worktable_factor search_path seq_page_cost temp_buffers work_mem`},
	{"EXPLAIN NOT_IN_SAMPLE", "debug_parallel_query"},
	{"NOT_IN_SAMPLE RUNTIME_COMPUTED", "data_checksums data_directory_mode shared_memory_size shared_memory_size_in_huge_pages wal_segment_size"},
	{"NOT_IN_SAMPLE", `allow_in_place_tablespaces allow_system_table_mods application_name backtrace_functions block_size debug_assertions debug_discard_caches
		debug_io_direct debug_logical_replication_streaming ignore_checksum_failure ignore_invalid_pages ignore_system_indexes in_hot_standby integer_datetimes
		jit_debugging_support jit_dump_bitcode jit_expressions jit_profiling_support jit_tuple_deforming max_function_args max_identifier_length max_index_keys
		post_auth_delay pre_auth_delay remove_temp_files_after_crash restrict_nonsystem_relation_kind segment_size send_abort_for_crash send_abort_for_kill
		server_encoding server_version server_version_num ssl_library trace_notify trace_recovery_messages trace_sort wal_block_size wal_consistency_checking
		zero_damaged_pages`},
	{"NO_RESET NO_RESET_ALL NOT_IN_SAMPLE", "transaction_deferrable transaction_isolation transaction_read_only"},
	{"NO_RESET NO_RESET_ALL NO_SHOW_ALL NOT_IN_SAMPLE", "seed"},
	{"NO_RESET_ALL NO_SHOW_ALL NOT_IN_SAMPLE", "is_superuser role session_authorization"},
}

// settingFlags is pg_settings_get_flags: NULL for a setting that does not exist.
func settingFlags(_ catalog.Scope, args []datum) (datum, error) {
	name := strings.ToLower(args[0].Str())
	words := []datum{}
	known := slices.ContainsFunc(catalog.Builtins().Settings(), func(s *catalog.Setting) bool { return strings.EqualFold(s.Name, name) })
	for _, group := range flaggedSettings {
		if slices.Contains(strings.Fields(group.names), name) {
			known = true
			for _, word := range strings.Fields(group.flags) {
				words = append(words, sqltypes.String(word))
			}
		}
	}
	if !known {
		return sqltypes.Null, nil
	}
	return sqltypes.NewArray(sqltypes.TextOID, words), nil
}

// indexPosition is where a column stands in an index, from 1.
func indexPosition(c catalog.Scope, args []datum) (datum, error) {
	_, index := c.Index(oidArg(args, 0))
	if index == nil {
		return sqltypes.Null, nil
	}
	columns := slices.Clone(index.Include)
	for i, k := range index.Keys {
		columns = slices.Insert(columns, i, k.Column)
	}
	if at := slices.Index(columns, int16(args[1].Int())); at >= 0 {
		return sqltypes.Int(int64(at + 1)), nil
	}
	return sqltypes.Null, nil
}
