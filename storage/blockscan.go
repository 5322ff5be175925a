package storage

import (
	"bytes"
	"errors"
	"slices"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

// BlockView is a run of rows in key order: some rows of a block that many readers share, without those in Skip, and with the rows of Fresh
// put in between.
type BlockView struct {
	Parts    []any   // of the block, in the order in which the reader named them
	From, To int     // rows From ≤ row < To of the block belong to the span
	Skip     []int32 // rows of the block that do not count, rising

	Fresh     []any   // the parts of a block of rows to add; nil when there are none
	FreshRows int     // how many rows Fresh has
	FreshAt   []int32 // for each row of Fresh, the row of the block it goes before, not falling
}

// Rows is how many rows the view shows.
func (v *BlockView) Rows() int { return v.To - v.From - len(v.Skip) + v.FreshRows }

// BlockIterator walks a span block by block, forward. Used by one goroutine. It holds nothing between two calls, so it need not be closed.
type BlockIterator struct {
	snapshot Snapshot
	layouts  []any // of the reader's parts
	all      []int // their numbers
	decoder  Decoder
	own      []journal.Write // of the reader, sorted, within the span; they cover what is stored
	position []byte          // what lies before it was shown
	end      []byte
	ended    bool
	view     BlockView
	room     int // rows of the last tile built here
	built    int // tiles built here
	err      error
}

// ScanBlocks walks a span as of the snapshot's time in decoded form. The reader names the parts it wants by layouts, different comparable values that say
// what the decoder makes of them; each part is shared between all readers that use the same layout. The writes, sorted by key, cover what is stored.
// Only forward walks are served in blocks.
func (s *Snapshot) ScanBlocks(span Span, layouts []any, decoder Decoder, own []journal.Write) *BlockIterator {
	it := &BlockIterator{
		snapshot: Snapshot{store: s.store, at: s.at}, layouts: layouts, decoder: decoder,
		position: bytes.Clone(span.Start), end: bytes.Clone(span.End),
	}
	for i := range layouts {
		it.all = append(it.all, i)
	}
	low, _ := slices.BinarySearchFunc(own, span.Start, compareWrite)
	high := len(own)
	if len(span.End) > 0 {
		high, _ = slices.BinarySearchFunc(own, span.End, compareWrite)
	}
	if low < high {
		it.own = own[low:high]
	}
	if span.Reverse {
		it.err = errReverseBlocks
	}
	return it
}

var errReverseBlocks = errors.New("storage: blocks are walked forward only")

func compareWrite(w journal.Write, key []byte) int { return bytes.Compare(w.Key, key) }

// Next steps to the next view that shows a row; false at the end or after an error.
func (it *BlockIterator) Next() bool {
	for it.err == nil && !it.ended {
		if !beforeEnd(it.position, it.end) {
			it.ended = true
			break
		}
		if it.err = it.snapshot.check(); it.err != nil {
			break
		}
		it.view = BlockView{Parts: it.view.Parts[:0]}
		if it.err = it.step(); it.err == nil && it.view.Rows() > 0 {
			return true
		}
	}
	it.view = BlockView{}
	return false
}

// View is what Next found. Its slices are valid until the next Next, its blocks for as long as they are referred to.
func (it *BlockIterator) View() *BlockView { return &it.view }

// Err is why the walk ended early; nil when it reached its end.
func (it *BlockIterator) Err() error { return it.err }

// Built is how many tiles the walk had to decode for everybody, rather than find decoded.
func (it *BlockIterator) Built() int { return it.built }

// Rest is what of the span was not shown yet.
func (it *BlockIterator) Rest() Span {
	if it.ended {
		return Span{Start: it.end, End: it.end}
	}
	return Span{Start: bytes.Clone(it.position), End: it.end}
}

// Roomy tells whether the cache has much room left, so that what is decoded ahead of its reader will still be there for it.
func (it *BlockIterator) Roomy() bool {
	p := it.snapshot.store.blocks.pool
	return p.bytes.Load() < p.bytesMax/4*3
}

// step makes the view of the tile at the position, or of a new one, and moves the position behind it.
func (it *BlockIterator) step() error {
	b := &it.snapshot.store.blocks
	if it.snapshot.at == 0 || b.pool.bytesMax < 0 {
		return it.plain(nil)
	}
	b.mu.Lock()
	t, end := b.find(it.position)
	if t != nil && b.mergeAt(t, it.position, it.end) {
		t, end = b.find(it.position)
	}
	if t != nil {
		end = t.end
	}
	b.mu.Unlock()
	if t == nil {
		return it.build(b.begin(it, nil, end))
	}
	found, changed, verdict := b.use(t, it.layouts, it.position, it.snapshot.at)
	switch verdict {
	case useBlock:
		b.shown.Add(1)
		for i := range it.layouts {
			it.view.Parts = append(it.view.Parts, found[i].values)
		}
		return it.show(found[0].rows, changed, earlier(found[0].end, it.end))
	case rebuildBlock:
		return it.build(b.begin(it, t, end))
	}
	return it.plain(end)
}

// earlier is the smaller of two ends, where empty means none.
func earlier(a, b []byte) []byte {
	if len(a) == 0 || (len(b) > 0 && bytes.Compare(b, a) < 0) {
		return b
	}
	return a
}

// verdict is what a reader does with a tile.
type verdict uint8

const (
	useBlock     verdict = iota // show what is decoded with the changed keys covered
	rebuildBlock                // decode what is missing for everybody
	goPlain                     // decode for this reader alone
)

// use looks whether the tile can show parts from a position as of a time, and what changed since they were decoded. A reader that wants no part gets one,
// for its keys. A tile that was being built when the position was looked up may have ended before it by now.
func (b *blocks) use(t *tile, layouts []any, position []byte, at clock.Time) (found []*variant, changed []change, what verdict) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dead || !beforeEnd(position, t.end) {
		return nil, nil, goPlain
	}
	found, missing, busy := b.cover(t, layouts, at)
	for _, v := range found {
		if v != nil && at < v.validFrom {
			return nil, nil, goPlain
		}
	}
	switch {
	case busy || missing && !t.fixed:
		return nil, nil, goPlain
	case missing:
		return nil, nil, rebuildBlock
	}
	epoch := b.pool.epoch.Load()
	for _, v := range found {
		v.uses.note(epoch)
	}
	return found, t.changed(oldest(found), at), useBlock
}

// show makes the view of a run of rows up to an end: over them the changes, of which of those of a key the newest counts, and the own writes.
func (it *BlockIterator) show(rows *rowKeys, changed []change, to []byte) error {
	slices.SortStableFunc(changed, compareChanges)
	o := overlay{it: it, rows: rows}
	for i := range changed {
		c := &changed[i]
		older := i > 0 && bytes.Equal(c.key, changed[i-1].key)
		if older || bytes.Compare(c.key, it.position) < 0 || !beforeEnd(c.key, to) {
			continue
		}
		if err := o.change(c.key, c.value, !c.deleted); err != nil {
			return err
		}
	}
	if err := o.ownThrough(to); err != nil {
		return err
	}
	v := &it.view
	v.From, _ = rows.search(it.position)
	v.To = rows.len()
	if len(to) > 0 {
		v.To, _ = rows.search(to)
	}
	if o.fresh != nil {
		v.Fresh, _ = endBlock(it.decoder, o.fresh)
	}
	it.advance(to)
	return nil
}

// endBlock gives the parts of a block apart from their sizes.
func endBlock(d Decoder, block any) (values []any, sizes []int64) {
	for _, p := range d.Seal(block) {
		values, sizes = append(values, p.Values), append(sizes, int64(p.Bytes))
	}
	return values, sizes
}

// advance moves the position; no end means that everything was shown.
func (it *BlockIterator) advance(to []byte) {
	if len(to) == 0 {
		it.ended = true
		return
	}
	it.position = append(it.position[:0], to...)
}

// overlay gathers what a view shows differently from its block. Keys come in order.
type overlay struct {
	it    *BlockIterator
	rows  *rowKeys
	fresh any // a block of all parts; nil: no row is added
}

// change says what the snapshot has under a key instead of the block's row, after the own writes before it. An own write of the same key wins.
func (o *overlay) change(key, value []byte, ok bool) error {
	for len(o.it.own) > 0 {
		c := bytes.Compare(o.it.own[0].Key, key)
		if c > 0 {
			break
		}
		if err := o.takeOwn(); err != nil {
			return err
		}
		if c == 0 {
			return nil
		}
	}
	return o.put(key, value, ok)
}

// ownThrough puts the own writes before an end.
func (o *overlay) ownThrough(end []byte) error {
	for len(o.it.own) > 0 && beforeEnd(o.it.own[0].Key, end) {
		if err := o.takeOwn(); err != nil {
			return err
		}
	}
	return nil
}

func (o *overlay) takeOwn() error {
	w := &o.it.own[0]
	o.it.own = o.it.own[1:]
	return o.put(w.Key, w.Value, !w.Deleted)
}

func (o *overlay) put(key, value []byte, ok bool) error {
	row, found := o.rows.search(key)
	v := &o.it.view
	if found {
		v.Skip = append(v.Skip, int32(row))
	}
	if !ok {
		return nil
	}
	if o.fresh == nil {
		o.fresh = o.it.decoder.New(o.it.all)
	}
	v.FreshRows++
	v.FreshAt = append(v.FreshAt, int32(row))
	return o.it.decoder.Add(o.fresh, key, value)
}

// plain decodes rows for this reader alone, up to an end or as many as a tile has.
func (it *BlockIterator) plain(end []byte) error {
	it.snapshot.store.blocks.unshared.Add(1)
	end = earlier(end, it.end)
	stored := it.snapshot.Scan(Span{Start: it.position, End: end})
	defer stored.Close()
	block, rows, size := it.decoder.New(it.all), 0, 0
	sizes := &it.snapshot.store.blocks.sizes
	valid := stored.Next()
	for valid || len(it.own) > 0 {
		key, value, own := it.pick(stored, valid, end)
		if key == nil {
			break
		}
		if rows >= sizes.rowsMax || size >= sizes.bytesMax {
			end = bytes.Clone(key)
			break
		}
		deleted := own && it.own[0].Deleted
		if !deleted {
			if err := it.decoder.Add(block, key, value); err != nil {
				return err
			}
			rows, size = rows+1, size+len(key)+len(value)
		}
		if valid && (!own || bytes.Equal(stored.Key(), key)) {
			valid = stored.Next()
		}
		if own {
			it.own = it.own[1:]
		}
	}
	if err := stored.Err(); err != nil {
		return err
	}
	it.view.To = rows
	it.view.Parts, _ = endBlock(it.decoder, block)
	it.advance(end)
	return nil
}

// pick gives the next row of a plain walk: the stored one or the own one, which wins on the same key.
func (it *BlockIterator) pick(stored *Iterator, valid bool, end []byte) (key, value []byte, own bool) {
	if len(it.own) > 0 {
		w := &it.own[0]
		if beforeEnd(w.Key, end) && (!valid || bytes.Compare(w.Key, stored.Key()) <= 0) {
			return orEmpty(w.Key), w.Value, true
		}
	}
	if valid {
		return orEmpty(stored.Key()), stored.Value(), false
	}
	return nil, nil, false
}

// orEmpty keeps an empty key apart from no key.
func orEmpty(key []byte) []byte {
	if key == nil {
		return []byte{}
	}
	return key
}
