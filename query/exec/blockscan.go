package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
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
	if n.Index != nil && !n.Index.Primary || len(n.Ranges) > 1 || n.Reverse || n.Few {
		return false
	}
	for _, r := range n.Ranges {
		if len(r.Equal) > 0 || n.Est.Rows < blockRowsMin {
			return false
		}
	}
	for _, f := range n.Fetch {
		if f < 0 {
			return false
		}
	}
	return true
}

// blockScan reads a table's rows as decoded columns, which transactions share.
type blockScan struct {
	rt      *runtime
	node    *plan.Scan
	access  *access
	layouts []any // of the columns, each a columnLayout
	filter  *vectorFilter

	counts *scanCounts // nil: not wanted

	spans []txn.Span
	it    *txn.BlockIterator
	view  *txn.BlockView
	at    int    // next row of the view's block
	skip  int    // next of view.Skip
	fresh int    // next row of view.Fresh
	block *Batch // the columns of the view
	slice *Batch
	out   *Batch
	kept  *Batch
	sel   []int32
	ahead *ahead // decodes later parts, nil: nobody does
	alone bool   // whether to decode ahead was decided
}

// columnLayout says what a column of a block holds: the number and type of a table's column.
type columnLayout struct {
	id   int16
	kind sqltypes.OID
	mod  int32
}

func (b *builder) blockScan(n *plan.Scan, a *access, pushed expr.Expr, counts *scanCounts) (operator, error) {
	s := &blockScan{rt: b.rt, counts: counts, node: n, access: a, block: newBatch(n.Cols), out: newBatch(n.Cols), slice: newBatch(n.Cols), kept: newBatch(n.Cols)}
	for _, f := range n.Fetch {
		c := n.Table.Columns[f]
		s.layouts = append(s.layouts, columnLayout{id: c.ID, kind: c.Type.OID, mod: c.Type.Mod})
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
	return s.rt.Txn.ScanBlocks(span, s.layouts, &columnDecoder{codec: s.rt.codec(s.node.Table), fetch: s.node.Fetch, cols: s.node.Cols})
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
			s.block.show(s.view.Parts)
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
		s.slice.window(s.block, s.at, to)
		s.at = to
		return s.slice
	}
	return s.mixedRows()
}

// mixedRows copies the next rows of a view that has changed rows in it.
func (s *blockScan) mixedRows() *Batch {
	v := s.view
	s.out.reset()
	for s.out.N < sliceRows {
		switch {
		case s.fresh < v.FreshRows && (s.at >= v.To || int(v.FreshAt[s.fresh]) <= s.at):
			for i := range s.out.Cols {
				appendColumn(&s.out.Cols[i], v.Fresh[i].(*sqltypes.Vec), s.fresh, s.fresh+1)
			}
			s.out.N++
			s.fresh++
			continue
		case s.at >= v.To:
			return s.out.orNil()
		case s.skip < len(v.Skip) && int(v.Skip[s.skip]) == s.at:
			s.skip++
			s.at++
			continue
		}
		to := min(v.To, s.at+sliceRows-s.out.N)
		if s.fresh < v.FreshRows {
			to = min(to, int(v.FreshAt[s.fresh]))
		}
		if s.skip < len(v.Skip) {
			to = min(to, int(v.Skip[s.skip]))
		}
		for i := range s.out.Cols {
			appendColumn(&s.out.Cols[i], &s.block.Cols[i], s.at, to)
		}
		s.out.N += to - s.at
		s.at = to
	}
	return s.out
}

// show makes the parts of a block the columns of a batch.
func (b *Batch) show(parts []any) {
	for i, p := range parts {
		b.Cols[i] = *p.(*sqltypes.Vec)
	}
}

// orNil is the batch, nil when it is empty.
func (b *Batch) orNil() *Batch {
	if b.N == 0 {
		return nil
	}
	return b
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
	if len(b.Cols) != len(of.Cols) {
		b.Cols = make([]sqltypes.Vec, len(of.Cols))
	}
	for i := range b.Cols {
		if c := &of.Cols[i]; absent(c, of.N) {
			b.Cols[i] = sqltypes.Vec{Kind: c.Kind, Fixed: c.Fixed}
		} else {
			b.Cols[i] = windowColumn(c, from, to)
		}
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
