package txn

import (
	"github.com/opendsql/opendsql/journal"
	"github.com/opendsql/opendsql/storage"
)

// Decoder turns keys and values into the reader's own form, a block, row by row in key order: one Add is one row of the block. A block has parts, each of
// which is kept for itself. Key and value are only lent for the call.
type Decoder interface {
	// New begins a block of some of the reader's parts, by their numbers.
	New(parts []int) any
	Add(block any, key, value []byte) error
	// Seal ends a block and gives its parts, in the order of New.
	Seal(block any) []Part
}

// Part is one part of a block that has ended, and the memory it takes. Many transactions are shown it at once, so it never changes again.
type Part = storage.Part

// BlockView is a run of rows in key order: rows From ≤ row < To of a shared block, of which there are the Parts, without those in Skip, and the rows of
// Fresh, made by the same decoder, in between: row i of Fresh goes before row FreshAt[i] of the block.
type BlockView = storage.BlockView

// BlockIterator walks a span view by view. It ends with its transaction and need not be closed. It may be used on another goroutine than its transaction,
// several of one transaction at the same time, as long as the transaction does not end meanwhile.
type BlockIterator struct {
	txn    *Txn
	stored *storage.BlockIterator
	err    error
}

// ScanBlocks walks a span of the snapshot and the writes of earlier statements in decoded form, forward. It is for scans of many rows: what is
// decoded once is kept in a bounded cache and shown to every transaction that asks with an equal layout. The layouts, different comparable values, say
// what the decoder makes of each part.
func (t *Txn) ScanBlocks(s Span, layouts []any, d Decoder) *BlockIterator {
	if t.finished {
		return &BlockIterator{txn: t, err: ErrFinished}
	}
	var own []journal.Write
	if t.done.len() > 0 {
		own = t.done.copy()
	}
	span := storage.Span{Start: s.Start, End: s.End, Reverse: s.Reverse}
	return &BlockIterator{txn: t, stored: t.snapshot.ScanBlocks(span, layouts, d, own)}
}

// Split divides a span into at most so many parts of roughly equal size, in the order of the walk, for iterators that work at the same time. A small or
// recently written span stays whole.
func (t *Txn) Split(s Span, parts int) ([]Span, error) {
	found, err := t.db.store.Split(storage.Span{Start: s.Start, End: s.End, Reverse: s.Reverse}, parts)
	if err != nil {
		return nil, fromStorage(err)
	}
	out := make([]Span, len(found))
	for i, f := range found {
		out[i] = Span{Start: f.Start, End: f.End, Reverse: f.Reverse}
	}
	return out, nil
}

// Next steps to the next view that shows a row; false at the end or after an error.
func (it *BlockIterator) Next() bool {
	if it.err == nil && it.txn.finished {
		it.err = ErrFinished
	}
	return it.err == nil && it.stored.Next()
}

// View is what Next found. Its slices are valid until the next Next, its blocks for as long as they are referred to.
func (it *BlockIterator) View() *BlockView { return it.stored.View() }

// Err is why the walk ended early; nil when it reached its end.
func (it *BlockIterator) Err() error {
	if it.err != nil {
		return it.err
	}
	return fromStorage(it.stored.Err())
}

// Built is how many blocks the walk had to decode, rather than find decoded by an earlier one.
func (it *BlockIterator) Built() int {
	if it.stored == nil {
		return 0
	}
	return it.stored.Built()
}

// Rest is what of the span was not shown yet. The walk has begun and met no error.
func (it *BlockIterator) Rest() Span {
	rest := it.stored.Rest()
	return Span{Start: rest.Start, End: rest.End}
}

// Roomy tells whether what is decoded now will still be kept when a walk comes by a little later.
func (it *BlockIterator) Roomy() bool { return it.stored != nil && it.stored.Roomy() }
