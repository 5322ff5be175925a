package query_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltest"
	"github.com/opendsql/opendsql/query"
	"go.yaml.in/yaml/v3"
)

// explain gives the lines of a statement's only column.
func (c *client) explain(sql string) []string {
	c.t.Helper()
	var rec sqltest.Recorder
	if err := c.Simple(c.t.Context(), sql, &rec); err != nil {
		c.t.Fatalf("%s: %v", sql, err)
	}
	var lines []string
	for _, line := range rec.Lines[1 : len(rec.Lines)-1] {
		if text, err := strconv.Unquote(line); err == nil {
			line = text
		}
		lines = append(lines, line)
	}
	return lines
}

// planTree are the types of the operators, each behind the depth it stands at.
type planTree []string

func (t *planTree) add(depth int, kind string) { *t = append(*t, fmt.Sprint(depth, " ", kind)) }

func (t *planTree) fromMap(m map[string]any, depth int) {
	kind := fmt.Sprint(m["Node Type"])
	if name, ok := m["Subplan Name"]; ok {
		kind = fmt.Sprint(name, ": ", kind)
	}
	t.add(depth, kind)
	plans, _ := m["Plans"].([]any)
	for _, p := range plans {
		t.fromMap(p.(map[string]any), depth+1)
	}
}

type xmlPlan struct {
	NodeType string    `xml:"Node-Type"`
	Name     string    `xml:"Subplan-Name"`
	Plans    []xmlPlan `xml:"Plans>Plan"`
}

func (t *planTree) fromXML(p xmlPlan, depth int) {
	kind := p.NodeType
	if p.Name != "" {
		kind = p.Name + ": " + kind
	}
	t.add(depth, kind)
	for _, c := range p.Plans {
		t.fromXML(c, depth+1)
	}
}

var (
	arrow    = regexp.MustCompile(`^( *)(->  ?)?([A-Z][^(:]*?)( using .*| on .*)?(  ?\(.*)?$`)
	subplans = regexp.MustCompile(`^( *)((Sub|Init)Plan \d+( \(returns .*\))?|CTE \w+)$`)
)

// fromText reads the tree of TEXT: an operator stands behind an arrow, deeper than the one it is below.
func (t *planTree) fromText(lines []string) {
	var indents []int
	name, named := "", 0
	for i, line := range lines {
		if m := subplans.FindStringSubmatch(line); m != nil {
			name, named = m[2]+": ", len(m[1])
			continue
		}
		m := arrow.FindStringSubmatch(line)
		if m == nil || i > 0 && m[2] == "" {
			continue
		}
		at := len(m[1])
		if name != "" {
			at = named // its operator stands two blanks further in
		}
		for len(indents) > 0 && indents[len(indents)-1] >= at && i > 0 {
			indents = indents[:len(indents)-1]
		}
		t.add(len(indents), name+textKind(m[3]))
		name = ""
		if indents = append(indents, at); i == 0 {
			indents[0] = -1
		}
	}
}

// textKind is the node type that the structured formats give a title of TEXT.
func textKind(title string) string {
	title = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(title), " Backward"))
	switch {
	case strings.HasPrefix(title, "Hash") && strings.HasSuffix(title, "Join"):
		return "Hash Join"
	case strings.HasPrefix(title, "Nested Loop"):
		return "Nested Loop"
	case strings.HasSuffix(title, "Aggregate"):
		return "Aggregate"
	case strings.HasPrefix(title, "HashSetOp"):
		return "SetOp"
	case title == "Insert" || title == "Update" || title == "Delete":
		return "ModifyTable"
	case title == "Full Scan":
		return "Full Scan (btree-table)"
	}
	return title
}

// Every format parses, and shows the same tree.
func TestExplainFormats(t *testing.T) {
	c := newClient(t)
	c.simple("CREATE TABLE u (id int PRIMARY KEY, v text)")
	c.simple("INSERT INTO u SELECT g, 'u' || g FROM generate_series(1, 20) g")
	for _, options := range []string{"COSTS ON", "VERBOSE, COSTS OFF", "ANALYZE, VERBOSE, SETTINGS", "ANALYZE, BUFFERS, WAL, TIMING OFF"} {
		for _, sql := range []string{
			"SELECT * FROM t WHERE id = 1",
			"SELECT t.v, count(*) FROM t JOIN u ON t.id = u.id WHERE u.v <> E'a\"<&>\\n\\\\' GROUP BY t.v ORDER BY 2 LIMIT 3",
			"SELECT (SELECT max(id) FROM u), (SELECT u.v FROM u WHERE u.id = t.id) FROM t WHERE id IN (SELECT id FROM u) OR v = 'x'",
			"WITH x AS MATERIALIZED (SELECT id FROM t) SELECT id FROM x UNION SELECT id FROM u EXCEPT SELECT 1",
			"WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT n, sum(n) OVER (ORDER BY n) FROM r",
			"SELECT id, v, count(*) FROM u GROUP BY ROLLUP (id, v)",
			"INSERT INTO t SELECT id, v FROM u ON CONFLICT (id) DO NOTHING RETURNING id",
			"SELECT t.v FROM t LEFT JOIN u ON t.id < u.id WHERE t.id = 1 FOR UPDATE OF t",
		} {
			explain := func(format string) []string {
				return c.explain("EXPLAIN (" + options + ", FORMAT " + format + ") " + sql)
			}
			var trees [4]planTree
			trees[0].fromText(explain("TEXT"))
			var doc []map[string]any
			if err := json.Unmarshal([]byte(strings.Join(explain("JSON"), "\n")), &doc); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			trees[1].fromMap(doc[0]["Plan"].(map[string]any), 0)
			fields := len(doc[0])
			doc = nil
			if err := yaml.Unmarshal([]byte(strings.Join(explain("YAML"), "\n")), &doc); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			trees[2].fromMap(doc[0]["Plan"].(map[string]any), 0)
			if len(doc[0]) != fields {
				t.Errorf("%s: JSON says %d things of the statement, YAML %d", sql, fields, len(doc[0]))
			}
			var x struct {
				Query struct{ Plan xmlPlan }
			}
			if err := xml.Unmarshal([]byte(strings.Join(explain("XML"), "\n")), &x); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			trees[3].fromXML(x.Query.Plan, 0)
			for i, format := range []string{"JSON", "YAML", "XML"} {
				if got, want := strings.Join(trees[i+1], "\n"), strings.Join(trees[0], "\n"); got != want {
					t.Errorf("%s, %s: %s shows\n%s\nTEXT\n%s", options, sql, format, got, want)
				}
			}
			if len(trees[0]) < 2 {
				t.Errorf("%s: %v is no plan", sql, trees[0])
			}
		}
	}
}

var digits = regexp.MustCompile(`\d+\.\d+`)

// A plan with all that ANALYZE, VERBOSE and SETTINGS add is, up to its numbers, the one that was observed on the service.
func TestExplainSample(t *testing.T) {
	c := newClient(t)
	c.simple("CREATE SCHEMA dpu_test")
	c.simple("CREATE TABLE dpu_test.write_serial_pk_test (id int PRIMARY KEY, data text)")
	c.simple("INSERT INTO dpu_test.write_serial_pk_test VALUES (1, 'x')")
	lines := c.explain("EXPLAIN (ANALYZE, VERBOSE, SETTINGS) SELECT * FROM dpu_test.write_serial_pk_test WHERE id = 1")
	got := digits.ReplaceAllString(strings.Join(lines, "\n"), "#")
	got = regexp.MustCompile(`width=\d+`).ReplaceAllString(got, "width=#")
	got = regexp.MustCompile(`Identifier: [ybndrfg8ejkmcpqxot1uwisza345h769]{13}`).ReplaceAllString(got, "Identifier: #")
	want := `Index Only Scan using write_serial_pk_test_pkey on dpu_test.write_serial_pk_test  (cost=#..# rows=1 width=#) (actual time=#..# rows=1 loops=1)
  Output: id, data
  Index Cond: (write_serial_pk_test.id = 1)
  -> Storage Scan on write_serial_pk_test_pkey  (cost=#..# rows=1 width=# loops=1) (actual rows=1 loops=1)
      Projections: id, data
      -> B-Tree Scan on write_serial_pk_test_pkey  (cost=#..# rows=1 width=# loops=1) (actual rows=1 loops=1)
          Index Cond: (write_serial_pk_test.id = 1)
Settings: work_mem = '128MB'
Query Identifier: #
Planning Time: # ms
Execution Time: # ms
Statement DPU Estimate:
  Compute: # DPU
  Read: # DPU (Transaction minimum: #)
  Write: # DPU
  Total: # DPU`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// What a statement reads and writes is counted from the rows it touches, and the total is the sum.
func TestExplainEstimate(t *testing.T) {
	c := newClient(t)
	estimate := func(sql string) map[string]float64 {
		out := map[string]float64{}
		for _, line := range c.explain("EXPLAIN (ANALYZE, VERBOSE) " + sql) {
			if m := regexp.MustCompile(`^  (Compute|Read|Write|Total): (\d+\.\d{5}) DPU`).FindStringSubmatch(line); m != nil {
				out[m[1]], _ = strconv.ParseFloat(m[2], 64)
			}
		}
		if len(out) != 4 {
			t.Fatalf("%s: %v", sql, out)
		}
		if sum := out["Compute"] + out["Read"] + out["Write"]; out["Total"] < sum-0.00002 || out["Total"] > sum+0.00002 {
			t.Errorf("%s: %v does not add up", sql, out)
		}
		return out
	}
	if e := estimate("INSERT INTO t VALUES (3, 'three')"); e["Write"] != 0.00625 || e["Read"] != 0 {
		t.Errorf("one small row: %v", e)
	}
	one := estimate("SELECT * FROM t WHERE id = 1")
	if one["Read"] <= 0 || one["Write"] != 0 {
		t.Errorf("one row read: %v", one)
	}
	c.simple("INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(100, 199) g")
	if e := estimate("SELECT * FROM t"); e["Read"] < 0.18 || e["Read"] > 0.22 { // about 100 KiB
		t.Errorf("100 rows of 1,000 bytes read: %v", e)
	}
	if e := estimate("UPDATE t SET v = v || 'y' WHERE id BETWEEN 100 AND 109"); e["Write"] < 0.48 || e["Write"] > 0.53 {
		t.Errorf("10 rows of 1,001 bytes written: %v", e)
	}
	if e := estimate("SELECT 1"); e["Read"] != 0 || e["Write"] != 0 {
		t.Errorf("no row: %v", e)
	}
}

// A query has one identifier whatever its literals.
func TestQueryIdentifier(t *testing.T) {
	c := newClient(t)
	identifier := func(sql string) string {
		for _, line := range c.explain(sql) {
			if id, ok := strings.CutPrefix(line, "Query Identifier: "); ok {
				return id
			}
		}
		t.Fatal(sql, "has no identifier")
		return ""
	}
	a, b := identifier("EXPLAIN VERBOSE SELECT * FROM t WHERE id = 1"), identifier("EXPLAIN (VERBOSE, COSTS OFF) select * from t where id = 77")
	if other := identifier("EXPLAIN VERBOSE SELECT * FROM t WHERE v = 'x'"); a != b || other == a {
		t.Errorf("%s and %s should be equal, %s not", a, b, other)
	}
}

// A linked cluster says what its writes cost in the other Region.
func TestExplainMultiRegion(t *testing.T) {
	c := newClient(t)
	s, err := c.database.NewSession(t.Context(), query.Who{User: "admin", MultiRegion: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c.Session = s
	lines := strings.Join(c.explain("EXPLAIN (ANALYZE, VERBOSE) INSERT INTO t VALUES (3, 'three')"), "\n")
	if !strings.Contains(lines, "\n  Write: 0.00625 DPU (Transaction minimum: 0.05000)\n  Multi-Region Write: 0.00625 DPU (Transaction minimum: 0.05000)\n  Total: 0.012") {
		t.Error(lines)
	}
}
