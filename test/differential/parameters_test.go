package differential

import (
	"fmt"
	"math/rand"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestParameters prepares random statements with parameters in the place of some of their literals, some of them without a type, and compares the types
// that they are given, the columns, and the rows or the whole error.
func TestParameters(t *testing.T) {
	p, ours := sides(t)
	if p == nil {
		return
	}
	r := rand.New(rand.NewSource(*seed))
	g := &generator{Rand: r, tables: newTables(r)}
	for _, tab := range g.tables {
		for _, sql := range []string{tab.create(), tab.fill(r)} {
			p.Run("", sql)
			ours.Run("", sql)
		}
	}
	same, wrong, data, large := 0, 0, 0, 0
	for range *parameters {
		s := g.statement()
		sql, values := withParameters(r, s.sql)
		p.Run("", "BEGIN")
		want := p.Prepared(sql, values)
		p.Run("", "ROLLBACK")
		ours.Run("", "BEGIN")
		got := ours.Prepared(sql, values)
		ours.Run("", "ROLLBACK")
		switch verdict, _ := compare(want, got, s.ordered); {
		case code(want) == "57014":
		case code(got) == "54000" && code(want) == "":
			large++
			t.Logf("large: %s; %s", sql, slices.Collect(texts(values)))
		case verdict == sameRows && want[0] == got[0] && want[1] == got[1]:
			same++
		case verdict == sameError && (slices.Equal(want, got) || inData(code(want))): // which row offends first is free
			wrong++
		case verdict == dataError:
			data++
		default:
			t.Errorf("%s; %s\n  postgres: %s\n  here:     %s", sql, slices.Collect(texts(values)), short(want), short(got))
		}
	}
	t.Logf("%d with the same rows, %d with the same error, %d with errors in data, %d too large here", same, wrong, data, large)
}

func texts(values [][]byte) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, v := range values {
			if !yield(fmt.Sprintf("%q", v)) {
				return
			}
		}
	}
}

var literalPattern = regexp.MustCompile(`('[^']*'|\bNULL|[^\w.)(']-?\b\d+(?:\.\d+)?)(::[a-z]\w*(?:\(\d+(?:,\d+)?\))?(?:\[\])?)?`)

// columnNumbers is what stands in front of a number that names a column.
var columnNumbers = regexp.MustCompile(`(ORDER|GROUP) BY[0-9, A-Z]*$`)

// withParameters puts parameters in the place of literals; most lose the type that is written behind.
func withParameters(r *rand.Rand, sql string) (string, [][]byte) {
	var values [][]byte
	replace := func(text, m string) string {
		if r.Intn(3) != 0 || len(values) > 6 || columnNumbers.MatchString(text) {
			return m
		}
		value, typ, _ := strings.Cut(m, "::")
		before := ""
		if value[0] != '\'' && value[0] != 'N' {
			before, value = value[:1], value[1:]
		}
		if typ == "" && r.Intn(2) == 0 {
			return m
		}
		v := []byte(strings.Trim(value, "'"))
		if value == "NULL" {
			v = nil
		}
		values = append(values, v)
		out := fmt.Sprintf("%s$%d", before, len(values))
		if typ != "" && r.Intn(4) == 0 {
			out += "::" + typ
		}
		return out
	}
	var text strings.Builder
	done := 0
	for _, at := range literalPattern.FindAllStringIndex(sql, -1) {
		text.WriteString(sql[done:at[0]] + replace(sql[:at[0]], sql[at[0]:at[1]]))
		done = at[1]
	}
	return text.String() + sql[done:], values
}
