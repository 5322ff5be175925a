package txn

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/opendsql/opendsql/journal"
)

// view is what a model of a transaction sees: key to value.
type view map[string]string

func (v view) span(s Span) (out []string) {
	for _, k := range slices.Sorted(maps.Keys(v)) {
		if s.contains([]byte(k)) {
			out = append(out, k+"="+v[k])
		}
	}
	if s.Reverse {
		slices.Reverse(out)
	}
	return out
}

var modelKey = rapid.Custom(func(t *rapid.T) string {
	return rapid.StringOfN(rapid.SampledFrom([]rune("\x00ab")), 0, 4, -1).Draw(t, "key")
})

// txnModel holds the views of one transaction: of earlier statements and of the current one.
type txnModel struct {
	tx             *Txn
	before, within view
	value          int
}

func (m *txnModel) write(t *rapid.T) {
	key := modelKey.Draw(t, "key")
	m.value++
	if rapid.IntRange(0, 2).Draw(t, "delete") == 0 {
		m.tx.Delete([]byte(key))
		delete(m.within, key)
	} else {
		value := fmt.Sprint(m.value)
		m.tx.Put([]byte(key), []byte(value))
		m.within[key] = value
	}
	m.tx.Mark([]byte(key), journal.Replace)
}

func (m *txnModel) check(t *rapid.T) {
	s := Span{
		Start: []byte(modelKey.Draw(t, "start")), End: []byte(modelKey.Draw(t, "end")),
		Reverse: rapid.Bool().Draw(t, "reverse"),
	}
	if got, want := walk(t, m.tx, s), m.before.span(s); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("scan %v: %q, want %q", s, got, want)
	}
	if !s.Reverse {
		if got, want := walkBlocks(t, m.tx, s), m.before.span(s); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("blocks %v: %q, want %q", s, got, want)
		}
	}
	key := modelKey.Draw(t, "get")
	for _, c := range []struct {
		name string
		get  func([]byte) ([]byte, bool, error)
		want view
	}{{"get", m.tx.Get, m.before}, {"latest", m.tx.GetLatest, m.within}} {
		value, ok, err := c.get([]byte(key))
		want, wantOK := c.want[key]
		if err != nil || ok != wantOK || string(value) != want {
			t.Fatalf("%s %q: %q %v %v, want %q %v", c.name, key, value, ok, err, want, wantOK)
		}
	}
}

// A transaction sees its snapshot and what earlier statements wrote, and commits exactly what it saw last.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		db, err := OpenMemory(context.Background(), Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}()
		committed := view{}
		var m *txnModel
		fresh := func() {
			tx, err := db.Begin(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			m = &txnModel{tx: tx, before: maps.Clone(committed), within: maps.Clone(committed)}
		}
		fresh()
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				for range rapid.IntRange(1, 12).Draw(t, "writes") {
					m.write(t)
				}
			},
			"end": func(*rapid.T) {
				m.tx.EndStatement()
				m.before = maps.Clone(m.within)
			},
			"abort": func(*rapid.T) {
				m.tx.AbortStatement()
				m.within = maps.Clone(m.before)
			},
			"commit": func(t *rapid.T) {
				if _, err := m.tx.Commit(context.Background()); err != nil {
					t.Fatal(err)
				}
				committed = m.within
				fresh()
			},
			"rollback": func(*rapid.T) {
				m.tx.Rollback()
				fresh()
			},
			"": func(t *rapid.T) { m.check(t) },
		})
		m.tx.Rollback()
	})
}
