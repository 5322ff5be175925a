package query

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
)

// activityOf is what happened to a table of the transaction's catalog.
func (s *Session) activityOf(table catalog.OID) catalog.TableActivity {
	t := s.db.activity.known(table)
	a := catalog.TableActivity{}
	if st := s.snapshot().StatisticsFor(table); st != nil {
		a.Live = int64(st.Rows)
	}
	if t == nil {
		return a
	}
	a.Inserted, a.Updated, a.Deleted, a.Changed = t.inserted.Load(), t.updated.Load(), t.deleted.Load(), t.changed.Load()
	t.mu.Lock()
	defer t.mu.Unlock()
	a.Live = max(a.Live+a.Inserted-a.Deleted-t.counted, 0)
	a.Analyzes, a.AutoAnalyzes, a.Analyzed, a.AutoAnalyzed = t.manual, t.automatic, t.manualAt, t.autoAt
	return a
}

// activityFunctions are the pg_stat_get_… functions of tables. What is not counted is 0 or NULL, as it is in PostgreSQL before it happens.
var activityFunctions = map[string]func(a catalog.TableActivity) datum{
	"pg_stat_get_tuples_inserted":        func(a catalog.TableActivity) datum { return sqltypes.Int(a.Inserted) },
	"pg_stat_get_tuples_updated":         func(a catalog.TableActivity) datum { return sqltypes.Int(a.Updated) },
	"pg_stat_get_tuples_deleted":         func(a catalog.TableActivity) datum { return sqltypes.Int(a.Deleted) },
	"pg_stat_get_live_tuples":            func(a catalog.TableActivity) datum { return sqltypes.Int(a.Live) },
	"pg_stat_get_mod_since_analyze":      func(a catalog.TableActivity) datum { return sqltypes.Int(a.Changed) },
	"pg_stat_get_ins_since_vacuum":       func(a catalog.TableActivity) datum { return sqltypes.Int(a.Inserted) },
	"pg_stat_get_last_analyze_time":      func(a catalog.TableActivity) datum { return catalog.TimeOrNull(a.Analyzed) },
	"pg_stat_get_last_autoanalyze_time":  func(a catalog.TableActivity) datum { return catalog.TimeOrNull(a.AutoAnalyzed) },
	"pg_stat_get_analyze_count":          func(a catalog.TableActivity) datum { return sqltypes.Int(a.Analyzes) },
	"pg_stat_get_autoanalyze_count":      func(a catalog.TableActivity) datum { return sqltypes.Int(a.AutoAnalyzes) },
	"pg_stat_get_numscans":               notCounted,
	"pg_stat_get_tuples_returned":        notCounted,
	"pg_stat_get_tuples_fetched":         notCounted,
	"pg_stat_get_tuples_hot_updated":     notCounted,
	"pg_stat_get_tuples_newpage_updated": notCounted,
	"pg_stat_get_dead_tuples":            notCounted,
	"pg_stat_get_vacuum_count":           notCounted,
	"pg_stat_get_autovacuum_count":       notCounted,
	"pg_stat_get_lastscan":               never,
	"pg_stat_get_last_vacuum_time":       never,
	"pg_stat_get_last_autovacuum_time":   never,
}

func notCounted(catalog.TableActivity) datum { return sqltypes.Int(0) }

func never(catalog.TableActivity) datum { return sqltypes.Null }
