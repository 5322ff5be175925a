package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// blockWalk is a reader in the middle of a walk, and what it must have seen at the end.
type blockWalk struct {
	snapshot  Snapshot
	it        *BlockIterator
	got, want []string
	says      string
}

// startWalk begins a walk with a snapshot, a span and own writes drawn.
func (m *model) startWalk(t *rapid.T, d Decoder) *blockWalk {
	oldest, newest := m.oldest(), m.store.Applied()
	at := newest
	if rapid.Bool().Draw(t, "in the past") {
		at = clock.Time(rapid.Int64Range(int64(min(oldest, newest)), int64(newest)).Draw(t, "at"))
	}
	snapshot, err := m.store.Snapshot(at)
	if err != nil {
		t.Fatalf("snapshot at %d, oldest %d: %v", at, oldest, err)
	}
	span := Span{}
	if rapid.Bool().Draw(t, "part") {
		span = Span{Start: modelKey.Draw(t, "start"), End: modelKey.Draw(t, "end")}
	}
	_, values := m.state(at)
	var own []journal.Write
	for _, key := range rapid.SliceOfNDistinct(modelKey, 0, 4, func(k []byte) string { return string(k) }).Draw(t, "own") {
		w := journal.Write{Key: key, Deleted: rapid.Bool().Draw(t, "delete")}
		delete(values, string(key))
		if !w.Deleted {
			w.Value = []byte("own")
			values[string(key)] = "own"
		}
		own = append(own, w)
	}
	slices.SortFunc(own, func(a, b journal.Write) int { return bytes.Compare(a.Key, b.Key) })
	layouts := rapid.SampledFrom([][]any{{"x"}, {"y"}, {"x", "y"}, {"z", "x"}, {"y", "z", "x"}}).Draw(t, "layouts")
	w := &blockWalk{snapshot: snapshot, says: fmt.Sprintf("walk of %v in %v at %d over %d own writes", layouts, span, at, len(own))}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if key >= string(span.Start) && (len(span.End) == 0 || key < string(span.End)) {
			w.want = append(w.want, word([]byte(key), []byte(values[key])))
		}
	}
	w.it = w.snapshot.ScanBlocks(span, layouts, d, own)
	return w
}

// step takes the walk on; true at its end, when everything was compared.
func (w *blockWalk) step(t *rapid.T, m *model) (ended bool) {
	if w.it.Next() {
		w.got = append(w.got, words(w.it.View())...)
		if !slices.Equal(w.got, w.want[:min(len(w.got), len(w.want))]) {
			t.Fatalf("%s: %v, want %v", w.says, w.got, w.want)
		}
		return false
	}
	if err := w.it.Err(); err != nil {
		if !errors.Is(err, ErrTooOld) || w.snapshot.At() >= m.oldest() {
			t.Fatalf("%s, oldest %d: %v", w.says, m.oldest(), err)
		}
		return true
	}
	if !slices.Equal(w.got, w.want) {
		t.Fatalf("%s: %v, want %v", w.says, w.got, w.want)
	}
	return true
}

// Walks by blocks show what the journal says, whatever is applied between and inside their steps, whichever readers build which tiles.
func TestBlocksModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{clock: &stoppedClock{now: 1000}, fs: vfs.NewMem()}
		m.open(t)
		m.store.blocks.sizes = smallTiles()
		m.store.blocks.sizes.changesBytesMax = rapid.SampledFrom([]int{1 << 20, 10}).Draw(t, "bytes of changes")
		m.store.blocks.pool.bytesMax = int64(rapid.SampledFrom([]int{1 << 20, 2000, -1}).Draw(t, "memory"))
		d := &wordDecoder{onRow: func() {
			if rapid.IntRange(0, 30).Draw(t, "commit inside") == 0 {
				m.commit(t)
				m.replay(t)
			}
		}}
		var walks []*blockWalk
		t.Repeat(map[string]func(*rapid.T){
			"commit": func(t *rapid.T) {
				for range rapid.IntRange(1, 4).Draw(t, "commits") {
					m.commit(t)
				}
				m.replay(t)
			},
			"sweep": func(t *rapid.T) {
				m.clock.now += clock.Time(rapid.IntRange(0, modelAge).Draw(t, "time"))
				if err := m.store.Sweep(context.Background()); err != nil {
					t.Fatal(err)
				}
			},
			"start": func(t *rapid.T) { walks = append(walks, m.startWalk(t, d)) },
			"step": func(t *rapid.T) {
				if len(walks) == 0 {
					return
				}
				i := rapid.IntRange(0, len(walks)-1).Draw(t, "walk")
				if walks[i].step(t, m) {
					walks = slices.Delete(walks, i, i+1)
				}
			},
			"whole": func(t *rapid.T) {
				for w := m.startWalk(t, d); !w.step(t, m); {
				}
			},
			"": func(t *rapid.T) { checkBlocks(t, &m.store.blocks) },
		})
		for _, w := range walks {
			for !w.step(t, m) {
			}
		}
		if err := m.store.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
