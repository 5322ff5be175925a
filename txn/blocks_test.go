package txn

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/opendsql/opendsql/journal"
)

// wordDecoder makes blocks of "key=value" words.
type wordDecoder struct{ rows int }

func (d *wordDecoder) New([]int) any { return &[]string{} }

func (d *wordDecoder) Add(block any, key, value []byte) error {
	d.rows++
	b := block.(*[]string)
	*b = append(*b, fmt.Sprintf("%s=%s", key, value))
	return nil
}

func (d *wordDecoder) Seal(block any) []Part {
	return []Part{{Values: block, Bytes: 16 * len(*block.(*[]string))}}
}

// viewWords lists the rows of a view in key order.
func viewWords(v *BlockView) (out []string) {
	block, skip, fresh := *v.Parts[0].(*[]string), v.Skip, 0
	for row := v.From; row <= v.To; row++ {
		for ; fresh < v.FreshRows && int(v.FreshAt[fresh]) <= row; fresh++ {
			out = append(out, (*v.Fresh[0].(*[]string))[fresh])
		}
		switch {
		case row == v.To:
		case len(skip) > 0 && int(skip[0]) == row:
			skip = skip[1:]
		default:
			out = append(out, block[row])
		}
	}
	return out
}

func walkBlocks(t rapid.TB, tx *Txn, s Span) (out []string) {
	t.Helper()
	it := tx.ScanBlocks(s, []any{"words"}, &wordDecoder{})
	for it.Next() {
		out = append(out, viewWords(it.View())...)
	}
	if err := it.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// Blocks are shared between transactions; each sees its own snapshot and its own writes over them.
func TestBlocksAreSharedAndCovered(t *testing.T) {
	db := openMemory(t, Config{})
	const rows = 20_000
	load(t, db, rows)
	old := begin(t, db)
	tx := begin(t, db)
	tx.Put(benchKey(7), []byte("mine"))
	tx.Delete(benchKey(15_000))
	tx.Put(benchKey(rows+5), []byte("mine too"))
	tx.EndStatement()
	check := func(name string, tx *Txn, decoded int) {
		t.Helper()
		d := &wordDecoder{}
		var got, want []string
		blocks := tx.ScanBlocks(Span{}, []any{"words"}, d)
		for blocks.Next() {
			got = append(got, viewWords(blocks.View())...)
		}
		plain := tx.Scan(Span{})
		for plain.Next() {
			want = append(want, fmt.Sprintf("%s=%s", plain.Key(), plain.Value()))
		}
		if err := errors.Join(blocks.Err(), plain.Close()); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %d rows by blocks, %d by the plain walk", name, len(got), len(want))
		}
		if d.rows != decoded {
			t.Errorf("%s: decoded %d rows, want %d", name, d.rows, decoded)
		}
	}
	check("first", tx, rows+2)
	other := begin(t, db)
	put(other, string(benchKey(9)), "other")
	commit(t, other)
	check("own writes", tx, 2)
	check("older snapshot", old, 0)
	check("newer snapshot", begin(t, db), 1)
	blocks := tx.ScanBlocks(Span{}, []any{"words"}, &wordDecoder{})
	tx.Rollback()
	if blocks.Next() || !errors.Is(blocks.Err(), ErrFinished) {
		t.Errorf("after the end: %v", blocks.Err())
	}
}

// Parts of a span can be walked at the same time, first to decode and then to share; together they are the span.
func TestSplitWalksTogether(t *testing.T) {
	cfg := Config{}
	cfg.Storage.MemtableBytes = 1 << 20
	db := openMemory(t, cfg)
	const rows = 100_000
	load(t, db, rows)
	tx := begin(t, db)
	for range 3 {
		parts, err := tx.Split(Span{}, 4)
		if err != nil || len(parts) < 2 {
			t.Fatal(parts, err)
		}
		var work sync.WaitGroup
		var seen atomic.Int64
		for _, part := range parts {
			it := tx.ScanBlocks(part, []any{"sum"}, sumDecoder{})
			work.Go(func() {
				for it.Next() {
					seen.Add(int64(it.View().Rows()))
				}
				if it.Err() != nil {
					t.Error(it.Err())
				}
			})
		}
		work.Wait()
		if seen.Load() != rows {
			t.Fatalf("%d rows", seen.Load())
		}
	}
}

// sumDecoder makes blocks that are one column of integers.
type sumDecoder struct{}

func (sumDecoder) New([]int) any { return &[]int64{} }

func (sumDecoder) Add(block any, _, value []byte) error {
	b := block.(*[]int64)
	*b = append(*b, int64(binary.LittleEndian.Uint64(value)))
	return nil
}

func (sumDecoder) Seal(block any) []Part {
	return []Part{{Values: block, Bytes: 8 * cap(*block.(*[]int64))}}
}

func sumBlocks(b *testing.B, tx *Txn, rows int) {
	n, sum := 0, int64(0)
	it := tx.ScanBlocks(Span{}, []any{"sum"}, sumDecoder{})
	for it.Next() {
		v := it.View()
		n += v.Rows()
		for _, x := range (*v.Parts[0].(*[]int64))[v.From:v.To] {
			sum += x
		}
	}
	if it.Err() != nil || n != rows {
		b.Fatal(n, sum, it.Err())
	}
}

func BenchmarkScanBlocks(b *testing.B) {
	const rows = 1_000_000
	for _, c := range []struct {
		name    string
		memory  int64
		changes int
	}{{"uncached", -1, 0}, {"cached", 0, 0}, {"cached-100-changed", 0, 100}} {
		b.Run(c.name, func(b *testing.B) {
			cfg := Config{}
			cfg.Storage.CacheSizes.BlockBytes = c.memory
			db := openMemory(b, cfg)
			load(b, db, rows)
			sumBlocks(b, begin(b, db), rows)
			if c.changes > 0 {
				tx := begin(b, db)
				for i := range c.changes {
					tx.Put(benchKey(i*7919%rows), bytes.Repeat([]byte{1}, 100))
				}
				commit(b, tx)
			}
			tx := begin(b, db)
			for b.Loop() {
				sumBlocks(b, tx, rows)
			}
			b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkCommitUnderBlocks is what marking costs the applying side: one-row commits into a table that is cached.
func BenchmarkCommitUnderBlocks(b *testing.B) {
	db := openMemory(b, Config{})
	load(b, db, 100_000)
	sumBlocks(b, begin(b, db), 100_000)
	i := 0
	for b.Loop() {
		i += 7919
		tx, err := db.Begin(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		key := benchKey(i % 100_000)
		tx.Put(key, make([]byte, 100))
		tx.Mark(key, journal.Change)
		commit(b, tx)
	}
}
