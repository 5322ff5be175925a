package exec

import (
	"fmt"

	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
	"github.com/opendsql/opendsql/txn"
)

// blockRowsMin is the estimated number of rows from which a scan reads decoded blocks instead of row after row. Blocks are decoded whole and kept,
// which pays only for scans of many rows.
const blockRowsMin = 2000

// sliceRows is how many rows of a block are handed on at a time.
const sliceRows = 4096

// readsBlocks tells whether a scan is one of many rows in key order.
func readsBlocks(n *plan.Scan) bool {
	if n.Index != nil && !n.Index.Primary || len(n.Equal) > 0 || n.In != nil || n.Reverse || n.Few {
		return false
	}
	for _, f := range n.Fetch {
		if f < 0 {
			return false
		}
	}
	return n.Lower == nil && n.Upper == nil || n.Est.Rows >= blockRowsMin
}

// blockScan reads a table's rows as decoded columns, which transactions share.
type blockScan struct {
	rt     *runtime
	node   *plan.Scan
	access *access
	layout blockLayout
	filter *vectorFilter

	counts *scanCounts // nil: not wanted

	spans []txn.Span
	it    *txn.BlockIterator
	view  *txn.BlockView
	at    int // next row of the view's block
	skip  int // next of view.Skip
	fresh int // next row of view.Fresh
	slice *Batch
	out   *Batch
	kept  *Batch
	sel   []int32
	ahead *ahead // decodes later parts, nil: nobody does
	alone bool   // whether to decode ahead was decided
}

// blockLayout says what a block holds: the columns of a table by number and type.
type blockLayout struct {
	storage uint64
	columns string
}

func (b *builder) blockScan(n *plan.Scan, a *access, pushed expr.Expr, counts *scanCounts) (operator, error) {
	s := &blockScan{rt: b.rt, counts: counts, node: n, access: a, out: newBatch(n.Cols), slice: newBatch(n.Cols), kept: newBatch(n.Cols), layout: blockLayout{storage: n.Table.StorageID}}
	for _, f := range n.Fetch {
		c := n.Table.Columns[f]
		s.layout.columns += fmt.Sprintf("%d:%d:%d,", c.ID, c.Type.OID, c.Type.Mod)
	}
	var err error
	s.filter, err = b.vectorFilter(pushed, len(n.Cols))
	return s, err
}

func (s *blockScan) open() error {
	s.close()
	spans, err := s.access.spans()
	s.spans = spans
	return err
}

func (s *blockScan) close() {
	if s.ahead != nil {
		s.ahead.stop()
	}
	s.it, s.view, s.spans, s.ahead, s.alone = nil, nil, nil, nil, false
}

// walk begins to read a span.
func (s *blockScan) walk(span txn.Span) *txn.BlockIterator {
	return s.rt.Txn.ScanBlocks(span, s.layout, &columnDecoder{cols: s.node.Cols, rows: newRowReader(s.rt.codec(s.node.Table), s.node.Fetch)})
}

func (s *blockScan) next() (*Batch, error) {
	for {
		if err := s.rt.check(); err != nil {
			return nil, err
		}
		if s.view == nil {
			more, err := s.nextView()
			if err != nil || !more {
				return nil, err
			}
		}
		in := s.rows()
		if in == nil {
			s.view = nil
			continue
		}
		if s.counts != nil {
			s.counts.m.Read += batchBytes(in)
		}
		if s.filter == nil && (s.counts == nil || s.counts.columns == nil) {
			return in, nil
		}
		out, err := s.filtered(in)
		if err != nil || out != nil {
			return out, err
		}
	}
}

// nextView steps to the next run of rows.
func (s *blockScan) nextView() (bool, error) {
	for {
		if s.it == nil {
			if len(s.spans) == 0 {
				return false, nil
			}
			if s.ahead != nil {
				s.ahead.enter(s.rt.Context)
			}
			s.it = s.walk(s.spans[0])
			s.spans = s.spans[1:]
		}
		if !s.alone && s.it.Built() >= aheadFrom {
			if err := s.begin(); err != nil {
				return false, err
			}
			continue
		}
		if s.it.Next() {
			s.view = s.it.View()
			s.at, s.skip, s.fresh = s.view.From, 0, 0
			return true, nil
		}
		if err := s.it.Err(); err != nil {
			return false, err
		}
		s.it = nil
	}
}

// rows gives the next rows of the view; nil at its end. Rows that nobody changed are shown where they are, without a copy.
func (s *blockScan) rows() *Batch {
	v := s.view
	if len(v.Skip) == 0 && v.FreshRows == 0 {
		if s.at >= v.To {
			return nil
		}
		to := min(s.at+sliceRows, v.To)
		s.slice.window(v.Block.(*Batch), s.at, to)
		s.at = to
		return s.slice
	}
	return s.mixedRows()
}

// mixedRows copies the next rows of a view that has changed rows in it.
func (s *blockScan) mixedRows() *Batch {
	v := s.view
	s.out.reset()
	block, _ := v.Block.(*Batch)
	for s.out.N < sliceRows {
		if s.fresh < v.FreshRows && (s.at >= v.To || int(v.FreshAt[s.fresh]) <= s.at) {
			s.out.take(v.Fresh.(*Batch), s.fresh)
			s.fresh++
			continue
		}
		if s.at >= v.To {
			break
		}
		if s.skip < len(v.Skip) && int(v.Skip[s.skip]) == s.at {
			s.skip++
		} else {
			s.out.take(block, s.at)
		}
		s.at++
	}
	if s.out.N == 0 {
		return nil
	}
	return s.out
}

// filtered keeps the rows that pass the filter; nil when none does.
func (s *blockScan) filtered(in *Batch) (*Batch, error) {
	var sel []int32
	var err error
	if s.counts == nil {
		sel, err = s.filter.apply(in, s.sel[:0])
	} else {
		sel, err = s.counts.apply(s.filter, in, s.sel[:0])
	}
	s.sel = sel
	if err != nil || len(sel) == 0 {
		return nil, err
	}
	if len(sel) == in.N {
		return in, nil
	}
	s.kept.gather(in, sel)
	return s.kept, nil
}

// window shows rows from ≤ row < to of another batch.
func (b *Batch) window(of *Batch, from, to int) {
	b.N = to - from
	for i := range b.Cols {
		b.Cols[i] = windowColumn(&of.Cols[i], from, to)
	}
}

// gather fills a batch, which owns its memory, with chosen rows of another.
func (b *Batch) gather(from *Batch, sel []int32) {
	b.N = len(sel)
	for i := range b.Cols {
		if c := &from.Cols[i]; absent(c, from.N) {
			b.Cols[i].Reset()
		} else {
			pickColumn(&b.Cols[i], c, sel, false)
		}
	}
}
