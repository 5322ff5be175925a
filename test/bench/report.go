package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// unit is what a sample counts.
type unit string

// The units of samples. Of milliseconds fewer are better.
const (
	transactionsPerSecond unit = "tx/s"
	connectionsPerSecond  unit = "connections/s"
	rowsPerSecond         unit = "rows/s"
	milliseconds          unit = "ms"
)

// cell is one thing that was measured.
type cell struct {
	Workload string `json:"workload"`
	Clients  int    `json:"clients"`
	Unit     unit   `json:"unit"`
}

// result holds the samples of a cell: by system, then by round.
type result struct {
	cell
	Samples map[string]map[int]float64 `json:"samples"`
	Medians map[string]float64         `json:"medians"`
	Ratio   float64                    `json:"ratio"`               // OpenDSQL to PostgreSQL over TLS
	Again   map[string]conflicts       `json:"conflicts,omitempty"` // by system, of all rounds
}

// conflicts counts what happened to transactions that met one: they ran again, or failed when all tries were used up.
type conflicts struct {
	Retries int `json:"retries"`
	Failed  int `json:"failed"`
}

// measure is an amount of memory and its goal.
type measure struct {
	What string  `json:"what"`
	MB   float64 `json:"mb"`
	Goal float64 `json:"goal"`
}

// report is everything a run found out.
type report struct {
	Date     time.Time         `json:"date"`
	Machine  string            `json:"machine"`
	Go       string            `json:"go"`
	Revision string            `json:"revision"`
	Pgbench  string            `json:"pgbench"`
	SameDisk bool              `json:"sameDisk"`
	Postgres map[string]string `json:"postgres"`
	Load     [2]string         `json:"load"` // of the machine, before and after
	Results  []*result         `json:"results"`
	Memory   []measure         `json:"memory,omitempty"`
}

func newReport(ctx context.Context, p plan, d *database, dir string) (report, error) {
	version, err := exec.CommandContext(ctx, p.pgbench, "--version").Output()
	if err != nil {
		return report{}, fmt.Errorf("--pgbench: %w", err)
	}
	r := report{
		Date: time.Now().UTC().Truncate(time.Second), Machine: fmt.Sprintf("%d cores, %s/%s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH),
		Go: runtime.Version(), Pgbench: strings.TrimSpace(string(version)), Postgres: d.settings,
	}
	// A checkout without history has no revision to tell.
	if out, err := exec.CommandContext(ctx, "git", "rev-parse", "--short", "HEAD").Output(); err == nil {
		r.Revision = strings.TrimSpace(string(out))
	}
	r.SameDisk = device(dir) != 0 && device(dir) == device(d.settings["data_directory"])
	delete(d.settings, "data_directory")
	r.Load[0] = loadAverage()
	return r, nil
}

// loadAverage is the machine's, of one minute; a machine that does not tell has none.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

// add keeps a sample and says it.
func (r *report) add(c cell, round int, system string, value float64) {
	o := r.result(c)
	if o.Samples[system] == nil {
		o.Samples[system] = map[int]float64{}
	}
	o.Samples[system][round] = value
	o.summarize()
	fmt.Fprintf(os.Stderr, "%s  %-22s %2d clients  %-14s %12.2f %s  (load %s)\n", time.Now().UTC().Format(time.TimeOnly), c.Workload, c.Clients, system,
		value, c.Unit, loadAverage())
}

// conflicts adds to the conflicts of a cell.
func (r *report) conflicts(c cell, system string, more conflicts) {
	o := r.result(c)
	had := o.Again[system]
	o.Again[system] = conflicts{had.Retries + more.Retries, had.Failed + more.Failed}
}

// result finds the result of a cell, or begins it.
func (r *report) result(c cell) *result {
	i := slices.IndexFunc(r.Results, func(o *result) bool { return o.cell == c })
	if i < 0 {
		i = len(r.Results)
		r.Results = append(r.Results, &result{
			cell: c, Samples: map[string]map[int]float64{}, Medians: map[string]float64{}, Again: map[string]conflicts{},
		})
	}
	return r.Results[i]
}

func (o *result) summarize() {
	var ratios []float64
	for system, rounds := range o.Samples {
		var values []float64
		for round, v := range rounds {
			values = append(values, v)
			if other, ok := o.Samples[postgresTLS][round]; ok && system == dsqlTLS {
				ratio := v / other
				if o.Unit == milliseconds {
					ratio = 1 / ratio
				}
				ratios = append(ratios, ratio)
			}
		}
		o.Medians[system] = median(values)
	}
	o.Ratio = median(ratios)
}

// write writes the numbers and the table to where the plan wants them.
func (r *report) write(p plan) error {
	r.Load[1] = loadAverage()
	if p.json != "" {
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(p.json, append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	if p.markdown == "" {
		return r.table(os.Stdout)
	}
	var b strings.Builder
	if err := r.table(&b); err != nil {
		return err
	}
	return os.WriteFile(p.markdown, []byte(b.String()), 0o644)
}

// table writes the report in Markdown.
func (r *report) table(to io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, revision %s: %s, %s, PostgreSQL %s, %s; same disk: %v; load of the machine %s before, %s after.\n\n",
		r.Date.Format(time.DateTime), r.Revision, r.Machine, r.Go, r.Postgres["server_version"], r.Pgbench, r.SameDisk, r.Load[0], r.Load[1])
	b.WriteString("| Workload | Clients | Unit | PostgreSQL TLS | PostgreSQL plain | OpenDSQL TLS | Ratio | Retries | Failed |\n|---|--:|---|--:|--:|--:|--:|--:|--:|\n")
	for _, o := range r.Results {
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s | %s | %.2f | %d | %d |\n", o.Workload, o.Clients, o.Unit,
			amount(o.Medians, postgresTLS), amount(o.Medians, postgresPlain), amount(o.Medians, dsqlTLS), o.Ratio, o.Again[dsqlTLS].Retries, o.Again[dsqlTLS].Failed)
	}
	for _, m := range r.means() {
		fmt.Fprintf(&b, "| **%s, geometric mean of %d** | | | | | | **%.2f** | | |\n", m.workload, m.queries, m.ratio)
	}
	if len(r.Memory) > 0 {
		b.WriteString("\n| Memory of OpenDSQL | MB resident | Goal |\n|---|--:|--:|\n")
		for _, m := range r.Memory {
			fmt.Fprintf(&b, "| %s | %.1f | < %.0f |\n", m.What, m.MB, m.Goal)
		}
	}
	b.WriteString("\nRatios above 1: OpenDSQL is faster. Retries and failures, after " + strconv.Itoa(triesMax) + " tries, are OpenDSQL's; PostgreSQL waits for locks instead.\n")
	_, err := io.WriteString(to, b.String())
	return err
}

// ratioMax is what a ratio counts at most in a mean, so that no query for which PostgreSQL has a bad plan carries the others.
const ratioMax = 20

// mean is the geometric mean of the ratios of a workload's queries, once warm.
type mean struct {
	workload string
	queries  int
	ratio    float64
}

// means are those of the workloads that were run, and of all their queries together where that says more.
func (r *report) means() []mean {
	var out []mean
	for _, workload := range []string{"analytic", "tpch", ""} {
		var sum float64
		n := 0
		for _, o := range r.Results {
			of, _, query := strings.Cut(o.Workload, "/")
			if query && (of == workload || workload == "") && !strings.HasSuffix(o.Workload, firstTime) && o.Ratio > 0 {
				sum += math.Log(min(o.Ratio, ratioMax))
				n++
			}
		}
		if workload == "" {
			workload = "analytic and tpch"
			if len(out) < 2 {
				return out
			}
		}
		if n > 0 {
			out = append(out, mean{workload, n, math.Exp(sum / float64(n))})
		}
	}
	return out
}

// amount writes a median with its thousands apart.
func amount(medians map[string]float64, system string) string {
	v, ok := medians[system]
	if !ok {
		return "–"
	}
	if v < 1000 {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	digits := strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
