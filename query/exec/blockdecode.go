package exec

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/plan"
)

// columnDecoder makes the blocks: batches of the columns wanted. Used by one goroutine.
type columnDecoder struct {
	cols  []plan.Column
	rows  *rowReader
	row   []sqltypes.Datum
	arena arena
	bytes int
	room  int // rows of the last large block
}

// roomFrom is from how many rows on a block gets room for as many as the block before it had. Small ones, the changes shown over a block among them,
// grow as they need.
const roomFrom = 256

// New begins a block.
func (d *columnDecoder) New() any {
	d.arena, d.bytes = arena{}, 0
	return newBatch(d.cols)
}

// Add decodes a row into the block.
func (d *columnDecoder) Add(block any, key, value []byte) error {
	b := block.(*Batch)
	if d.row == nil {
		d.row = make([]sqltypes.Datum, len(d.cols))
	}
	if err := d.rows.decode(key, value, d.row); err != nil {
		return err
	}
	if b.N == roomFrom && d.room > roomFrom {
		d.grow(b)
	}
	for i := range b.Cols {
		c, v := &b.Cols[i], d.row[i]
		switch {
		case c.Nulls != nil || v.IsNull():
			c.Append(d.arena.own(v))
		case c.Fixed:
			c.Words = append(c.Words, v.Word())
			continue
		default:
			c.Datums = append(c.Datums, d.arena.own(v))
		}
		d.bytes += sizeOf(v)
	}
	b.N++
	return nil
}

func (d *columnDecoder) grow(b *Batch) {
	more := d.room - b.N
	for i := range b.Cols {
		c := &b.Cols[i]
		if c.Fixed {
			c.Words = slices.Grow(c.Words, more)
		} else {
			c.Datums = slices.Grow(c.Datums, more)
		}
	}
}

// Seal gives the memory of the block.
func (d *columnDecoder) Seal(block any) int {
	b := block.(*Batch)
	if b.N > roomFrom {
		d.room = b.N
	}
	n := d.bytes + 128
	for i := range b.Cols {
		n += 8*cap(b.Cols[i].Words) + 24*cap(b.Cols[i].Datums) + cap(b.Cols[i].Nulls)
	}
	return n
}
