package sql

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltest"
)

var (
	pathSeed   = flag.Uint64("seed", 1, "of the random queries of TestPaths")
	pathRounds = flag.Int("rounds", 8, "how many tables TestPaths makes")
)

// TestPaths asks a table with random indexes random questions, twice: as it is, and without indexes. Both must answer the same, also after the rows have changed.
func TestPaths(t *testing.T) {
	for seed := *pathSeed; seed < *pathSeed+uint64(*pathRounds); seed++ {
		if err := comparePaths(seed); err != nil {
			t.Fatalf("seed %d: %v (repeat with -seed=%d -rounds=1)", seed, err, seed)
		}
	}
}

// pathTable makes questions about a table of one shape.
type pathTable struct {
	*rand.Rand
	m *sqltest.Memory
}

func comparePaths(seed uint64) error {
	m, err := sqltest.NewMemory(context.Background())
	if err != nil {
		return err
	}
	defer m.Close()
	p := &pathTable{rand.New(rand.NewPCG(seed, 0)), m}
	m.Run("plain", "SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off")
	create := "CREATE TABLE t (id int" + pick(p, "", " PRIMARY KEY") + ", a int, b int" + pick(p, "", "", " NOT NULL") + ", v text, w bigint, f boolean, n numeric, d date, ts timestamp"
	if !strings.Contains(create, "KEY") {
		create += pick(p, "", "", ", PRIMARY KEY (b, id)")
	}
	create += ")"
	if err := p.must(create); err != nil {
		return err
	}
	var made []string
	for range 4 + p.IntN(4) {
		index := p.index()
		made = append(made, index)
		if got := m.Index(index); got[0] != "CREATE INDEX" {
			return fmt.Errorf("%s: %s", index, got)
		}
	}
	for id := range 150 + p.IntN(200) {
		p.m.Run("", p.insert(id)) // some may fail: NOT NULL
	}
	if p.IntN(2) == 0 {
		if err := p.must("ANALYZE t"); err != nil {
			return err
		}
	}
	if p.IntN(2) == 0 {
		m.Run("", "SET enable_seqscan = off")
	}
	for i := range 120 {
		if i%10 == 9 {
			p.m.Run("", p.change())
		}
		q := p.query()
		indexed, plain := m.Run("", q), m.Run("plain", q)
		if !strings.Contains(q, "ORDER BY") {
			slices.Sort(indexed)
			slices.Sort(plain)
		}
		if !slices.Equal(indexed, plain) {
			return fmt.Errorf("%s\n%s\n%s;\nby indexes:\n%s\nwithout:\n%s\n%s", create, strings.Join(made, "\n"), q,
				strings.Join(indexed, "\n"), strings.Join(plain, "\n"), strings.Join(m.Run("", "EXPLAIN "+q), "\n"))
		}
	}
	return nil
}

func (p *pathTable) must(sql string) error {
	if got := p.m.Run("", sql); strings.HasPrefix(got[len(got)-1], "ERROR") {
		return fmt.Errorf("%s: %s", sql, got)
	}
	return nil
}

func pick(p *pathTable, list ...string) string { return list[p.IntN(len(list))] }

// index is a random index; a unique one has a key that no two rows share.
func (p *pathTable) index() string {
	columns := []string{"a", "b", "v", "w", "f", "n", "d", "ts", "lower(v)", "(a + 1)", "(a % 3)", "(a > 3)", "abs(w)"}
	var keys []string
	for range 1 + p.IntN(3) {
		keys = append(keys, pick(p, columns...)+pick(p, "", "", " NULLS FIRST"))
	}
	if p.IntN(3) == 0 { // as rows are compared
		keys = []string{pick(p, "a, b", "b, a", "w, a", "v, a", "a, w", "a NULLS FIRST, b NULLS FIRST", "f, a, b")}
	}
	unique := ""
	if p.IntN(5) == 0 {
		unique, keys = "UNIQUE ", append(keys, "id")
	}
	s := "CREATE " + unique + "INDEX ASYNC ON t (" + strings.Join(keys, ", ") + ")"
	if p.IntN(3) == 0 {
		s += " INCLUDE (" + pick(p, "a", "v", "n", "w, d") + ")"
	}
	if p.IntN(3) == 0 {
		s += " WHERE " + pick(p, "a > 3", "b IS NOT NULL", "f", "NOT f", "v LIKE 'a%'", "a IN (1, 2, 3)", "a < 5 OR w = 2", "n IS NULL")
	}
	return s
}

func (p *pathTable) number() string {
	return pick(p, "0", "1", "2", "3", "4", "5", "6", "-1", "7", "2147483600", "-2147483648", "NULL")
}

func (p *pathTable) text() string {
	return pick(p, "''", "'a'", "'A'", "'ab'", "'Ab'", "'abc'", "'b'", "'é'", "'a\\'", "'zz'", "NULL")
}

func (p *pathTable) insert(id int) string {
	day := pick(p, "'2024-01-01'", "'2024-01-02'", "'2024-02-29'", "'infinity'", "'-infinity'", "NULL")
	return fmt.Sprintf("INSERT INTO t VALUES (%d, %s, %s, %s, %s, %s, %s, %s, %s)", id, p.number(), p.number(), p.text(), p.number(),
		pick(p, "true", "false", "NULL"), pick(p, p.number(), "1.50", "1.5", "'NaN'", "'Infinity'", "-0.001"), day, day)
}

func (p *pathTable) change() string {
	switch p.IntN(4) {
	case 0:
		return "DELETE FROM t WHERE " + p.condition(1)
	case 1:
		return "UPDATE t SET v = " + p.text() + " WHERE " + p.condition(1)
	case 2:
		return "UPDATE t SET a = a + 1, f = NOT f WHERE a < 100 AND " + p.condition(1)
	}
	return p.insert(1000 + p.IntN(1000000))
}

// comparison is a condition on one value.
func (p *pathTable) comparison() string {
	ints := []string{"a", "b", "w", "id", "a + 1", "a % 3", "abs(w)"}
	x := pick(p, ints...)
	op := pick(p, "=", "=", "<", "<=", ">", ">=", "<>")
	list := func() string {
		n := 1 + p.IntN(5)
		values := make([]string, n)
		for i := range values {
			values[i] = p.number()
		}
		return strings.Join(values, ", ")
	}
	switch p.IntN(18) {
	case 0:
		return x + " IN (" + list() + ")"
	case 1:
		return x + " BETWEEN " + pick(p, "", "SYMMETRIC ") + p.number() + " AND " + p.number()
	case 2:
		return pick(p, "a", "b", "v", "w", "n", "d", "lower(v)", "f") + " IS " + pick(p, "", "NOT ") + "NULL"
	case 3:
		return pick(p, "v", "lower(v)") + " " + op + " " + p.text()
	case 4:
		return pick(p, "v", "lower(v)") + " LIKE " + pick(p, "'a%'", "'ab%'", "'%b'", "'a_'", "''", "'A%'")
	case 5:
		return "v IN (" + p.text() + ", " + p.text() + ")"
	case 6:
		return pick(p, "f", "NOT f", "f IS TRUE", "f IS FALSE", "f = false", "a > 3", "f IS NOT TRUE")
	case 7:
		return "n " + op + " " + pick(p, "1.5", "0", "'NaN'", "'Infinity'", "2.000", "-0.001")
	case 8:
		return pick(p, "d", "ts") + " " + op + " " + pick(p, "'2024-01-01'", "'2024-01-02'", "'infinity'", "'2024-02-29'")
	case 9, 12:
		return "(" + pick(p, "a, b", "a, b", "b, a", "a, id", "w, a", "v, a", "a, w, id", "b, id") + ")" + " " + pick(p, "<", "<=", ">", ">=") + " "
	case 10:
		return x + " = " + pick(p, "5000000000", "1.5", "3::bigint", "2::smallint", "4.0")
	case 11:
		return x + " = ANY (ARRAY[" + list() + "]::" + pick(p, "int", "bigint") + "[])"
	}
	if p.IntN(2) == 0 {
		return p.number() + " " + op + " " + x
	}
	return x + " " + op + " " + p.number()
}

// leaf is comparison, with the values behind the columns of a row.
func (p *pathTable) leaf() string {
	c := p.comparison()
	if !strings.HasPrefix(c, "(") {
		return c
	}
	columns := strings.Split(c[1:strings.Index(c, ")")], ", ")
	values := make([]string, len(columns))
	for i, name := range columns {
		if values[i] = p.number(); name == "v" {
			values[i] = p.text()
		}
	}
	return c + "(" + strings.Join(values, ", ") + ")"
}

func (p *pathTable) condition(depth int) string {
	if depth > 2 || p.IntN(3) == 0 {
		return p.leaf()
	}
	parts := []string{p.condition(depth + 1), p.condition(depth + 1)}
	if p.IntN(3) == 0 {
		parts = append(parts, p.condition(depth+1))
	}
	return "(" + strings.Join(parts, pick(p, " AND ", " AND ", " OR ")) + ")"
}

func (p *pathTable) query() string {
	where := " WHERE " + p.condition(0)
	key := func() string {
		return pick(p, "a", "b", "v", "w", "f", "n", "d", "lower(v)", "a + 1") + pick(p, "", " DESC") + pick(p, "", " NULLS FIRST", " NULLS LAST")
	}
	switch p.IntN(8) {
	case 0:
		return "SELECT count(*), sum(a::numeric), min(v), max(w) FROM t" + where
	case 1:
		return "SELECT min(" + pick(p, "a", "w", "v", "n") + "), max(" + pick(p, "a", "w", "d") + ") FROM t" + where
	case 2:
		return "SELECT a, b, id FROM t" + where + " ORDER BY " + key() + ", id, b"
	case 3:
		return "SELECT " + pick(p, "v, w, id", "*", "id, b") + " FROM t" + where + " ORDER BY " + key() + ", " + key() + ", id, b LIMIT " + fmt.Sprint(p.IntN(8)) + pick(p, "", " OFFSET 2")
	case 4:
		return "SELECT DISTINCT " + pick(p, "a", "a, b", "v", "f, a") + " FROM t" + where
	case 5:
		return "SELECT x.id, y.id FROM t x JOIN t y ON x." + pick(p, "a = y.a", "id = y.w", "v = y.v AND x.a = y.b") + " WHERE " + qualified(p.leaf(), "x") + " AND " + qualified(p.leaf(), "y")
	case 6:
		return "SELECT DISTINCT ON (a) a, b, id FROM t" + where + " ORDER BY a, b, id"
	}
	return "SELECT " + pick(p, "id", "a, v", "w", "*", "lower(v), a") + " FROM t" + where
}

// qualified puts a table before the names of the columns.
func qualified(condition, table string) string {
	var out strings.Builder
	word, quoted := "", false
	end := func() {
		if slices.Contains([]string{"a", "b", "v", "w", "f", "n", "d", "ts", "id"}, word) {
			out.WriteString(table + ".")
		}
		out.WriteString(word)
		word = ""
	}
	for _, r := range condition {
		if r == '\'' {
			quoted = !quoted
		}
		if !quoted && r >= 'a' && r <= 'z' {
			word += string(r)
			continue
		}
		end()
		out.WriteRune(r)
	}
	end()
	return out.String()
}
