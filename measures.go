package opendsql

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/opendsql/opendsql/cluster"
)

// measure is one figure of a cluster.
type measure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(*cluster.Measures) float64
}

// collector reads the measures of a set when it is asked.
type collector struct {
	set      *cluster.Set
	measures []measure
}

func newCollector(set *cluster.Set) *collector {
	c := &collector{set: set}
	add := func(kind prometheus.ValueType, name, help string, of func(*cluster.Measures) float64) {
		c.measures = append(c.measures, measure{prometheus.NewDesc("opendsql_"+name, help, []string{"cluster"}, nil), kind, of})
	}
	counter, gauge := prometheus.CounterValue, prometheus.GaugeValue
	add(gauge, "sessions", "Open sessions.", func(m *cluster.Measures) float64 { return float64(m.Sessions) })
	add(gauge, "transactions", "Open transactions.", func(m *cluster.Measures) float64 { return float64(m.Transactions) })
	add(counter, "adjudicator_committed_total", "Commits decided and durable.", func(m *cluster.Measures) float64 { return float64(m.Adjudicator.Committed) })
	add(counter, "adjudicator_conflicts_total", "Commits refused for a conflict on data.", func(m *cluster.Measures) float64 { return float64(m.Adjudicator.Conflicts) })
	add(counter, "adjudicator_stale_reads_total", "Commits refused because what they relied on changed.", func(m *cluster.Measures) float64 { return float64(m.Adjudicator.StaleReads) })
	add(counter, "adjudicator_too_old_total", "Commits refused for their age.", func(m *cluster.Measures) float64 { return float64(m.Adjudicator.TooOld) })
	add(counter, "adjudicator_unknown_total", "Commits whose outcome could not be told.", func(m *cluster.Measures) float64 { return float64(m.Adjudicator.Unknown) })
	add(gauge, "adjudicator_window_keys", "Keys remembered for conflicts.", func(m *cluster.Measures) float64 { return float64(m.Adjudicator.WindowKeys) })
	add(counter, "journal_commits_total", "Commits appended.", func(m *cluster.Measures) float64 { return float64(m.Journal.Commits) })
	add(counter, "journal_syncs_total", "Groups of commits synced together.", func(m *cluster.Measures) float64 { return float64(m.Journal.Groups) })
	add(counter, "journal_bytes_total", "Bytes written.", func(m *cluster.Measures) float64 { return float64(m.Journal.Bytes) })
	add(counter, "journal_sync_seconds_total", "Time spent in writes and syncs.", func(m *cluster.Measures) float64 { return m.Journal.SyncTime.Seconds() })
	add(gauge, "journal_segments", "Segment files.", func(m *cluster.Measures) float64 { return float64(m.Journal.Segments) })
	add(gauge, "storage_disk_bytes", "Bytes of files.", func(m *cluster.Measures) float64 { return float64(m.Storage.DiskBytes) })
	add(gauge, "storage_memtable_bytes", "Bytes not in files yet.", func(m *cluster.Measures) float64 { return float64(m.Storage.MemtableBytes) })
	add(gauge, "storage_row_bytes", "Bytes of single rows kept for point reads.", func(m *cluster.Measures) float64 { return float64(m.Storage.RowBytes) })
	add(gauge, "storage_block_bytes", "Bytes of decoded ranges.", func(m *cluster.Measures) float64 { return float64(m.Storage.BlockBytes) })
	add(gauge, "storage_unsynced_commits", "Applied commits that only the journal would bring back after a crash.", func(m *cluster.Measures) float64 {
		return float64(m.Storage.Position - m.Storage.Durable)
	})
	return c
}

// Describe names the measures.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, m := range c.measures {
		to <- m.desc
	}
}

// Collect reads them.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	for _, of := range c.set.Measures() {
		for _, m := range c.measures {
			to <- prometheus.MustNewConstMetric(m.desc, m.kind, m.of(&of), of.ID)
		}
	}
}

func measuresHandler(set *cluster.Set) http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(newCollector(set), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}
