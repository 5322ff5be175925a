package sqltypes

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// oracle rewrites testdata with the answers of a real PostgreSQL 16:
//
//	go test ./internal/sqltypes -run Golden -oracle postgres://postgres@127.0.0.1/postgres
var oracle = flag.String("oracle", "", "URL of the PostgreSQL 16 that rewrites testdata")

// settings are the session settings a case runs under.
type settings struct {
	dateStyle, intervalStyle, timeZone string
	floatDigits                        int
	escape                             bool
}

var plain = settings{"ISO, MDY", "postgres", "UTC", 1, false}

func (s settings) String() string {
	return fmt.Sprintf("%s|%s|%s|%d|%v", s.dateStyle, s.intervalStyle, s.timeZone, s.floatDigits, s.escape)
}

func (s settings) sql() string {
	output := "hex"
	if s.escape {
		output = "escape"
	}
	return fmt.Sprintf("SET datestyle='%s'; SET intervalstyle='%s'; SET timezone='%s'; SET extra_float_digits=%d; SET bytea_output=%s",
		s.dateStyle, s.intervalStyle, s.timeZone, s.floatDigits, output)
}

func (s settings) format(t *testing.T) *Format {
	f := &Format{ByteaEscape: s.escape}
	style, order, _ := strings.Cut(s.dateStyle, ", ")
	f.DateStyle = map[string]DateStyle{"ISO": DateISO, "SQL": DateSQL, "Postgres": DatePostgres, "German": DateGerman}[style]
	f.DateOrder = map[string]DateOrder{"MDY": OrderMDY, "DMY": OrderDMY, "YMD": OrderYMD}[order]
	f.IntervalStyle = map[string]IntervalStyle{"postgres": IntervalPostgres, "postgres_verbose": IntervalPostgresVerbose,
		"sql_standard": IntervalSQLStandard, "iso_8601": IntervalISO8601}[s.intervalStyle]
	f.SetExtraFloatDigits(s.floatDigits)
	loc, ok := LoadZone(s.timeZone)
	if !ok {
		t.Fatalf("no zone %s", s.timeZone)
	}
	f.Location = loc
	return f
}

// goldenLine is what PostgreSQL answered to one input.
type goldenLine struct {
	settings string
	t        Type
	input    string
	text     string
	binary   []byte
	err      *pgerror.Error
}

func (g *goldenLine) String() string {
	head := fmt.Sprintf("%s\t%d\t%d\t%s\t", g.settings, g.t.OID, g.t.Mod, strconv.Quote(g.input))
	if g.err != nil {
		return head + fmt.Sprintf("!%s\t%s\t%s\t%s\t%s", g.err.Code, strconv.Quote(g.err.Message), strconv.Quote(g.err.Detail),
			strconv.Quote(g.err.Hint), strconv.Quote(g.err.Where))
	}
	return head + strconv.Quote(g.text) + "\t" + hex.EncodeToString(g.binary)
}

func parseGolden(t *testing.T, line string) *goldenLine {
	unquote := func(s string) string {
		u, err := strconv.Unquote(s)
		if err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		return u
	}
	f := strings.Split(line, "\t")
	oid, _ := strconv.Atoi(f[1])
	mod, _ := strconv.Atoi(f[2])
	g := &goldenLine{settings: f[0], t: Type{OID(oid), int32(mod)}, input: unquote(f[3])}
	if code, ok := strings.CutPrefix(f[4], "!"); ok {
		g.err = &pgerror.Error{Code: pgerror.Code(code), Message: unquote(f[5]), Detail: unquote(f[6]), Hint: unquote(f[7]), Where: unquote(f[8])}
		return g
	}
	g.text = unquote(f[4])
	g.binary, _ = hex.DecodeString(f[5])
	return g
}

func literal(s string) string {
	return "E'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`).Replace(s) + "'"
}

// ask runs one input through PostgreSQL's input, output and send functions.
func ask(t *testing.T, conn *pgconn.PgConn, g *goldenLine) {
	ctx := context.Background()
	fail := func(err error) bool {
		var pe *pgconn.PgError
		if err == nil {
			return false
		}
		if !errors.As(err, &pe) {
			t.Fatal(err)
		}
		g.err = &pgerror.Error{Code: pgerror.Code(pe.Code), Message: pe.Message, Detail: pe.Detail, Hint: pe.Hint, Where: pe.Where}
		return true
	}
	check := fmt.Sprintf("SELECT message, detail, hint, sql_error_code FROM pg_input_error_info(%s, %s)", literal(g.input), literal(TypeName(g.t)))
	r := conn.ExecParams(ctx, check, nil, nil, nil, nil).Read()
	if r.Err == nil && r.Rows[0][3] != nil && g.t.Mod >= 0 {
		row := r.Rows[0]
		g.err = &pgerror.Error{Message: string(row[0]), Detail: string(row[1]), Hint: string(row[2]), Code: pgerror.Code(row[3])}
		return
	}
	query := "SELECT " + literal(g.input) + "::" + TypeName(g.t)
	for _, format := range []int16{0, 1} {
		r := conn.ExecParams(ctx, query, nil, nil, nil, []int16{format}).Read()
		if fail(r.Err) {
			return
		}
		if format == 0 {
			g.text = string(r.Rows[0][0])
		} else {
			g.binary = r.Rows[0][0]
		}
	}
}

func rewriteGolden(t *testing.T) {
	conn, err := pgconn.Connect(context.Background(), *oracle)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, file := range goldenFiles() {
		var out bytes.Buffer
		fmt.Fprintf(&out, "# What PostgreSQL 16 makes of text given to the types in this file: settings, type, modifier, input, then text and binary output or the error.\n")
		seen := map[string]bool{}
		for _, group := range file.groups {
			if _, err := conn.Exec(context.Background(), group.settings.sql()).ReadAll(); err != nil {
				t.Fatal(err)
			}
			for _, input := range group.inputs {
				g := &goldenLine{settings: group.settings.String(), t: group.t, input: input}
				if key := g.String(); !seen[key] {
					seen[key] = true
					ask(t, conn, g)
					fmt.Fprintln(&out, g)
				}
			}
		}
		if err := os.WriteFile(filepath.Join("testdata", file.name+".golden"), out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	rewriteOrder(t, conn)
}

func readGolden(t *testing.T, name string) []string {
	f, err := os.Open(filepath.Join("testdata", name+".golden"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []string
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<24)
	for s.Scan() {
		if !strings.HasPrefix(s.Text(), "#") {
			lines = append(lines, s.Text())
		}
	}
	return lines
}

// TestGolden gives every recorded input to ParseText and demands PostgreSQL's text, binary and errors, and that the binary form reads back.
func TestGolden(t *testing.T) {
	if *oracle != "" {
		rewriteGolden(t)
	}
	all := map[string]settings{}
	for _, file := range goldenFiles() {
		for _, group := range file.groups {
			all[group.settings.String()] = group.settings
		}
	}
	for _, file := range goldenFiles() {
		t.Run(file.name, func(t *testing.T) {
			formats := map[string]*Format{}
			for _, line := range readGolden(t, file.name) {
				g := parseGolden(t, line)
				f := formats[g.settings]
				if f == nil {
					f = all[g.settings].format(t)
					formats[g.settings] = f
				}
				checkGolden(t, g, f)
			}
		})
	}
}

func checkGolden(t *testing.T, g *goldenLine, f *Format) {
	where := fmt.Sprintf("%s %q (%s)", TypeName(g.t), g.input, g.settings)
	d, err := ParseText(g.t, g.input, f)
	if g.err != nil {
		var e *pgerror.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v, want error %s %s", where, show(g.t.OID, d, err, f), g.err.Code, g.err.Message)
			return
		}
		got := fmt.Sprintf("%s|%s|%s|%s|%s", e.Code, e.Message, e.Detail, e.Hint, e.Where)
		want := fmt.Sprintf("%s|%s|%s|%s|%s", g.err.Code, g.err.Message, g.err.Detail, g.err.Hint, g.err.Where)
		if got != want {
			t.Errorf("%s:\n got  %s\n want %s", where, got, want)
		}
		return
	}
	if err != nil {
		t.Errorf("%s: got %v, want %s", where, err, g.text)
		return
	}
	if got := string(AppendText(nil, g.t.OID, d, f)); got != g.text {
		t.Errorf("%s: got %s, want %s", where, got, g.text)
		return
	}
	b, err := AppendBinary(nil, g.t.OID, d)
	if err != nil || !bytes.Equal(b, g.binary) {
		t.Errorf("%s: binary %x (%v), want %x", where, b, err, g.binary)
		return
	}
	back, err := ParseBinary(g.t, g.binary)
	if err != nil || string(AppendText(nil, g.t.OID, back, f)) != g.text || !Equal(g.t.OID, d, back) ||
		Hash(g.t.OID, 7, d) != Hash(g.t.OID, 7, back) {
		t.Errorf("%s: read back from binary as %s", where, show(g.t.OID, back, err, f))
	}
}

func show(t OID, d Datum, err error, f *Format) string {
	if err != nil {
		return err.Error()
	}
	return string(AppendText(nil, t, d, f))
}

// rewriteOrder records how PostgreSQL ranks the valid inputs of each type.
func rewriteOrder(t *testing.T, conn *pgconn.PgConn) {
	var out bytes.Buffer
	fmt.Fprintln(&out, "# How PostgreSQL 16 ranks values: type, rank, input.")
	if _, err := conn.Exec(context.Background(), plain.sql()).ReadAll(); err != nil {
		t.Fatal(err)
	}
	done := map[OID]bool{}
	for _, file := range goldenFiles() {
		for _, group := range file.groups {
			oid := group.t.OID
			if group.settings != plain || group.t.Mod >= 0 || done[oid] || !hasOrder(oid) {
				continue
			}
			done[oid] = true
			var values []string
			for _, input := range group.inputs {
				g := &goldenLine{t: group.t, input: input}
				if ask(t, conn, g); g.err == nil && len(values) < 150 {
					values = append(values, "("+literal(input)+")")
				}
			}
			query := fmt.Sprintf("SELECT dense_rank() OVER (ORDER BY v::%s), v FROM (VALUES %s) x(v) ORDER BY 1", TypeName(group.t), strings.Join(values, ","))
			r := conn.ExecParams(context.Background(), query, nil, nil, nil, nil).Read()
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			for _, row := range r.Rows {
				fmt.Fprintf(&out, "%d\t%s\t%s\n", oid, row[0], strconv.Quote(string(row[1])))
			}
		}
	}
	if err := os.WriteFile(filepath.Join("testdata", "order.golden"), out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func hasOrder(t OID) bool {
	switch t {
	case JSONOID, XIDOID, CIDOID, VoidOID, UnknownOID, JSONPathOID, XMLOID, Int2VectorOID:
		return false
	}
	return true
}

// TestOrder compares every pair of the recorded values of a type and demands PostgreSQL's answer, and equal hashes of equal values.
func TestOrder(t *testing.T) {
	type ranked struct {
		rank int
		text string
		d    Datum
	}
	byType := map[OID][]ranked{}
	for _, line := range readGolden(t, "order") {
		f := strings.Split(line, "\t")
		oid, _ := strconv.Atoi(f[0])
		rank, _ := strconv.Atoi(f[1])
		text, _ := strconv.Unquote(f[2])
		d, err := ParseText(T(OID(oid)), text, nil)
		if err != nil {
			t.Errorf("%d %s: %v", oid, text, err)
			continue
		}
		byType[OID(oid)] = append(byType[OID(oid)], ranked{rank, text, d})
	}
	for oid, values := range byType {
		for _, a := range values {
			for _, b := range values {
				want := 0
				if a.rank < b.rank {
					want = -1
				} else if a.rank > b.rank {
					want = 1
				}
				if got := Compare(oid, a.d, b.d); got != want {
					t.Errorf("%s: %q against %q is %d, want %d", BaseTypeName(oid), a.text, b.text, got, want)
				}
				if want == 0 && Hash(oid, 1, a.d) != Hash(oid, 1, b.d) {
					t.Errorf("%s: %q and %q are equal, their hashes are not", BaseTypeName(oid), a.text, b.text)
				}
			}
		}
	}
}
