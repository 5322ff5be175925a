package differential

import (
	"math/rand"
	"slices"
	"strings"
	"testing"
)

// TestMistakes compares what both sides say of statements that are wrong, to the letter: where the mistake is, what it is called, what may help.
func TestMistakes(t *testing.T) {
	p, ours := sides(t)
	if p == nil {
		return
	}
	r := rand.New(rand.NewSource(*seed))
	g := &generator{Rand: r, tables: newTables(r)}
	for _, tab := range g.tables { // empty: what is wrong is found before a row is read
		p.Run("", tab.create())
		ours.Run("", tab.create())
	}
	// there asks PostgreSQL and takes back what it did.
	there := func(sql string) []string {
		p.Run("", "BEGIN")
		defer p.Run("", "ROLLBACK")
		return p.Run("", sql)
	}
	same, valid := 0, 0
	for range *mistakes {
		sql := g.wrong()
		want := there(sql)
		if code(want) == "" || strings.HasPrefix(code(want), "22") || code(want) == "57014" {
			valid++
			continue
		}
		got := try(ours, sql)
		if slices.Equal(want, got) {
			same++
			continue
		}
		short := shrink(sql, func(s string) bool {
			a := there(s)
			return code(a) == code(want) && !slices.Equal(a, try(ours, s))
		}, *shrinking/4)
		t.Errorf("%s;\n  postgres: %s\n  here:     %s", short, strings.Join(there(short), " / "), strings.Join(try(ours, short), " / "))
	}
	t.Logf("%d with the same error, %d that PostgreSQL accepts", same, valid)
}
