package query_test

import (
	"encoding/binary"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query"
)

// chunks is a client that gives its COPY data in pieces.
type chunks struct {
	reporter
	size int
	data []byte
}

func (c *chunks) CopyIn(binaryFormat bool, columns int) (query.CopyReader, error) {
	return &pieces{data: c.data, size: c.size}, nil
}

type pieces struct {
	data  []byte
	size  int
	piece []byte
}

func (p *pieces) Next() ([]byte, error) {
	n := min(p.size, len(p.data))
	if n == 0 {
		return nil, io.EOF
	}
	clear(p.piece)
	p.piece = append(p.piece[:0], p.data[:n]...) // in the memory of the piece before, as a client's messages come
	p.data = p.data[n:]
	return p.piece, nil
}

func (c *client) copyIn(sql, data string, size int) (string, error) {
	w := &chunks{size: size, data: []byte(data)}
	err := c.Simple(c.t.Context(), sql, w)
	return strings.Join(w.Lines, "; "), err
}

func TestCopyInPieces(t *testing.T) {
	c := newClient(t)
	for size := 1; size < 20; size++ {
		for _, test := range []struct{ options, data, want string }{
			{"", "10\ta\\nb\n11\t\\N\n12\t\\\\\n", "(id integer, v text); 10 | \"a\\nb\"; 11 | NULL; 12 | \\; SELECT 3"},
			{"", "10\ta\r\n11\tb\r\n", "(id integer, v text); 10 | a; 11 | b; SELECT 2"},
			{"", "10\ta\r11\tb\r", "(id integer, v text); 10 | a; 11 | b; SELECT 2"},
			{"(FORMAT csv)", "10,\"a\nb\"\"c\"\n11,\n12,\"\"", "(id integer, v text); 10 | \"a\\nb\\\"c\"; 11 | NULL; 12 | \"\"; SELECT 3"},
			{"(FORMAT binary)", string(binaryRows([][]byte{{0, 0, 0, 10}, []byte("ab")}, [][]byte{{0, 0, 0, 11}, nil})),
				"(id integer, v text); 10 | ab; 11 | NULL; SELECT 2"},
		} {
			c.simple("DELETE FROM t")
			if _, err := c.copyIn("COPY t FROM STDIN "+test.options, test.data, size); err != nil {
				t.Fatalf("pieces of %d: %v %q %v", size, err, test.data, pgerror.From(err).Where)
			}
			c.want(c.simple("SELECT * FROM t ORDER BY id"), test.want)
		}
	}
}

// binaryRows are COPY data of the binary format.
func binaryRows(rows ...[][]byte) []byte {
	out := append([]byte("PGCOPY\n\xff\r\n\x00"), 0, 0, 0, 0, 0, 0, 0, 0)
	for _, r := range rows {
		out = binary.BigEndian.AppendUint16(out, uint16(len(r)))
		for _, f := range r {
			if f == nil {
				out = append(out, 0xFF, 0xFF, 0xFF, 0xFF)
				continue
			}
			out = append(binary.BigEndian.AppendUint32(out, uint32(len(f))), f...)
		}
	}
	return append(out, 0xFF, 0xFF)
}

func TestCopyContext(t *testing.T) {
	c := newClient(t)
	c.simple("DELETE FROM t")
	c.simple("CREATE TABLE u (a int NOT NULL, b date, c text CHECK (c <> 'bad'))")
	for _, test := range []struct{ sql, data, code, message, where string }{
		{"COPY t FROM STDIN", "1\ta\nx\tb\n", "22P02", `invalid input syntax for type integer: "x"`, `COPY t, line 2, column id: "x"`},
		{"COPY t FROM STDIN", "1\ta\n2\n", "22P04", `missing data for column "v"`, `COPY t, line 2: "2"`},
		{"COPY t FROM STDIN", "1\ta\tb\n", "22P04", "extra data after last expected column", "COPY t, line 1: \"1\ta\tb\""},
		{"COPY t FROM STDIN", "1\ta\n1\tb\n", "23505", `duplicate key value violates unique constraint "t_pkey"`, "COPY t, line 2"},
		{"COPY u FROM STDIN", "\\N\t\\N\t\\N\n", "23502", `null value in column "a" of relation "u" violates not-null constraint`, `COPY u, line 1: "\N	\N	\N"`},
		{"COPY u FROM STDIN", "1\t\\N\tbad\n", "23514", `new row for relation "u" violates check constraint "u_c_check"`, `COPY u, line 1: "1	\N	bad"`},
		{"COPY u FROM STDIN (FORMAT csv)", "1,2024-13-01,x\n", "22008", `date/time field value out of range: "2024-13-01"`, `COPY u, line 1, column b: "2024-13-01"`},
		{"COPY u FROM STDIN (FORMAT csv)", "1,\"2024\n", "22P04", "unterminated CSV quoted field", `COPY u, line 1: "1,"2024`},
		{"COPY t FROM STDIN", "1\ta\n2\tb\r\n", "22P04", "literal carriage return found in data", "COPY t, line 2"},
		{"COPY t FROM STDIN", "1\ta\r\n2\tb\n", "22P04", "literal newline found in data", "COPY t, line 2"},
		{"COPY t FROM STDIN (FORMAT csv)", "1,a\n2,b\r\n", "22P04", "unquoted carriage return found in data", "COPY t, line 2"},
		{"COPY t FROM STDIN (FORMAT binary)", "nonsense", "22P04", "COPY file signature not recognized", ""},
		{"COPY t FROM STDIN (FORMAT binary)", string(binaryRows([][]byte{{0, 0, 0, 1}})), "22P04", "row field count is 1, expected 2", "COPY t, line 1"},
		{"COPY t FROM STDIN (FORMAT binary)", string(binaryRows([][]byte{{0, 1}, nil})), "08P01", "insufficient data left in message", "COPY t, line 1, column id"},
	} {
		_, err := c.copyIn(test.sql, test.data, 1000)
		e := pgerror.From(err)
		if string(e.Code) != test.code || e.Message != test.message || !strings.HasPrefix(e.Where, test.where) || test.where == "" && e.Where != "" {
			t.Errorf("%s %q:\ngot  %s %s (%s)\nwant %s %s (%s)", test.sql, test.data, e.Code, e.Message, e.Where, test.code, test.message, test.where)
		}
	}
	c.want(c.simple("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM u)"), "(count bigint, count bigint); 0 | 0; SELECT 1")
}

func TestCopyRowLimit(t *testing.T) {
	c := newClient(t)
	c.simple("DELETE FROM t")
	var data strings.Builder
	for i := range 3000 {
		data.WriteString(strconv.Itoa(1000+i) + "\tx\n")
	}
	got, err := c.copyIn("COPY t FROM STDIN", data.String(), 4096)
	if err != nil || got != "COPY 3000" {
		t.Fatalf("%s, %v", got, err)
	}
	c.simple("DELETE FROM t")
	data.WriteString("1\ty\n")
	_, err = c.copyIn("COPY t FROM STDIN", data.String(), 4096)
	if e := pgerror.From(err); e.Message != "transaction row limit exceeded" {
		t.Errorf("got %v", err)
	}
	c.want(c.simple("SELECT count(*) FROM t"), "(count bigint); 0; SELECT 1")
}

// BenchmarkCopyFrom loads 3,000 rows like pgbench's in a transaction that is rolled back, so that only the session's work counts.
func BenchmarkCopyFrom(b *testing.B) {
	const rows = 3000
	c := newClient(b)
	c.simple("CREATE TABLE accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84))")
	var data strings.Builder
	for i := range rows {
		data.WriteString(strconv.Itoa(i) + "\t1\t0\t" + strings.Repeat("x", 84) + "\n")
	}
	for b.Loop() {
		c.simple("BEGIN")
		if got, err := c.copyIn("COPY accounts FROM STDIN", data.String(), 64<<10); err != nil || got != "COPY 3000" {
			b.Fatal(got, err)
		}
		c.simple("ROLLBACK")
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
}

// Binary data may end without a trailer.
func TestCopyWithoutTrailer(t *testing.T) {
	c := newClient(t)
	data := binaryRows([][]byte{{0, 0, 0, 10}, []byte("ab")})
	if got, err := c.copyIn("COPY t FROM STDIN (FORMAT binary)", string(data[:len(data)-2]), 7); err != nil || got != "COPY 1" {
		t.Errorf("%s, %v", got, err)
	}
}
