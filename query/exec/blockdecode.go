package exec

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/plan"
	"github.com/opendsql/opendsql/txn"
)

// columnDecoder makes the blocks, whose parts are the columns of a scan. Used by one goroutine.
type columnDecoder struct {
	codec   *tableCodec
	fetch   []int
	cols    []plan.Column
	row     []sqltypes.Datum
	readers []partsReader
	room    int // rows of the last large block
}

// partsReader reads some of the columns.
type partsReader struct {
	parts []int
	rows  *rowReader
}

// columnBlock is a block that is being decoded.
type columnBlock struct {
	rows  *rowReader
	n     int
	cols  []sqltypes.Vec
	bytes []int   // of the values of each column
	own   []arena // of each column, so that one can be given up without the others
}

// roomFrom is from how many rows on a block gets room for as many as the block before it had. Small ones, the changes shown over a block among them,
// grow as they need.
const roomFrom = 256

// reader gives the reader of some of the columns.
func (d *columnDecoder) reader(parts []int) *rowReader {
	for _, r := range d.readers {
		if slices.Equal(r.parts, parts) {
			return r.rows
		}
	}
	fetch := make([]int, len(parts))
	for i, p := range parts {
		fetch[i] = d.fetch[p]
	}
	r := newRowReader(d.codec, fetch)
	d.readers = append(d.readers, partsReader{slices.Clone(parts), r})
	return r
}

// New begins a block.
func (d *columnDecoder) New(parts []int) any {
	b := &columnBlock{rows: d.reader(parts), cols: make([]sqltypes.Vec, len(parts)), bytes: make([]int, len(parts)), own: make([]arena, len(parts))}
	for i, p := range parts {
		b.cols[i] = sqltypes.NewVec(d.cols[p].Type.OID, 0)
	}
	return b
}

// Add decodes a row into the block.
func (d *columnDecoder) Add(block any, key, value []byte) error {
	b := block.(*columnBlock)
	if d.row == nil {
		d.row = make([]sqltypes.Datum, len(d.cols))
	}
	if err := b.rows.decode(key, value, d.row[:len(b.cols)]); err != nil {
		return err
	}
	if b.n == roomFrom && d.room > roomFrom {
		b.grow(d.room)
	}
	for i := range b.cols {
		c, v := &b.cols[i], d.row[i]
		switch {
		case c.Nulls != nil || v.IsNull():
			c.Append(b.own[i].own(v))
		case c.Fixed:
			c.Words = append(c.Words, v.Word())
			continue
		default:
			c.Datums = append(c.Datums, b.own[i].own(v))
		}
		b.bytes[i] += v.Size()
	}
	b.n++
	return nil
}

func (b *columnBlock) grow(rows int) {
	for i := range b.cols {
		c := &b.cols[i]
		if c.Fixed {
			c.Words = slices.Grow(c.Words, rows-b.n)
		} else {
			c.Datums = slices.Grow(c.Datums, rows-b.n)
		}
	}
}

// Seal gives the columns of the block, each a *sqltypes.Vec.
func (d *columnDecoder) Seal(block any) []txn.Part {
	b := block.(*columnBlock)
	if b.n > roomFrom {
		d.room = b.n
	}
	parts := make([]txn.Part, len(b.cols))
	for i := range parts {
		c := &b.cols[i]
		parts[i] = txn.Part{Values: c, Bytes: b.bytes[i] + 8*cap(c.Words) + 24*cap(c.Datums) + cap(c.Nulls)}
	}
	return parts
}
