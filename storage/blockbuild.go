package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/opendsql/opendsql/internal/clock"
)

// builder decodes parts of a tile for everybody as of one time, and notes what its reader must see differently as of its own, earlier, time.
type builder struct {
	it     *BlockIterator
	tile   *tile
	asOf   clock.Time
	joined bool       // begun with a tile right behind
	found  []*variant // of the reader's parts; nil for those that are decoded
	parts  []int      // numbers of those that are decoded
	fresh  []*variant // of each of them; one without values for a reader that wants no part

	block     any
	rows      *rowKeys
	size      int // bytes of keys and values
	validFrom clock.Time
	end       []byte
	changed   []change // since the parts that were found, and behind the reader's time
}

// begin registers a build: of what is missing of the tile given, or of a new one from the reader's position to the end at most. From here on every commit
// after the build's time is marked. Nil when somebody else is at it.
func (b *blocks) begin(it *BlockIterator, t *tile, end []byte) *builder {
	// No batch is between marking and publishing while applying is held, so each commit is either visible as of the time, or still to be marked.
	b.applying.Lock()
	defer b.applying.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	w := &builder{it: it, tile: t, asOf: it.snapshot.store.Applied(), found: make([]*variant, len(it.layouts)), rows: &rowKeys{}}
	if t == nil {
		found, next := b.find(it.position)
		if found != nil {
			return nil
		}
		end = earlier(earlier(end, next), it.end)
		w.joined = len(next) > 0 && bytes.Equal(next, end)
		w.tile = &tile{start: bytes.Clone(it.position), end: bytes.Clone(end), dirtyMax: b.sizes.rowsMax, variants: map[any]*variant{}}
		w.register(b)
		b.insert(w.tile)
		return w
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dead || !t.fixed || !beforeEnd(it.position, t.end) {
		return nil
	}
	found, missing, busy := b.cover(t, it.layouts, w.asOf)
	if busy || !missing {
		return nil
	}
	if len(it.layouts) > 0 {
		w.found = found
	}
	if i := slices.IndexFunc(w.found, func(v *variant) bool { return v != nil }); i >= 0 {
		if since := oldest(w.found); t.sameKeys(w.found[i].rows, since) {
			w.changed = t.changed(since, it.snapshot.at)
		} else {
			clear(w.found) // to be decoded anew: parts that are shown together have the same rows
		}
	}
	w.register(b)
	return w
}

// register puts a variant for each part that is not found into the tile, in the place of an older one. blocks.mu and the tile's are held, or the tile is new.
func (w *builder) register(b *blocks) {
	layouts := w.it.layouts
	if len(layouts) == 0 {
		layouts = []any{keysAlone{}}
	}
	for i, l := range layouts {
		if len(w.found) > 0 && w.found[i] != nil {
			continue
		}
		if len(w.found) > 0 {
			w.parts = append(w.parts, i)
		}
		if old := w.tile.variants[l]; old != nil {
			b.discount(old)
		}
		v := &variant{tile: w.tile, layout: l, asOf: w.asOf}
		w.tile.variants[l] = v
		w.fresh = append(w.fresh, v)
	}
}

// abandon forgets a build that is not kept.
func (b *blocks) abandon(w *builder) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := w.tile
	t.mu.Lock()
	for _, v := range w.fresh {
		if t.variants[v.layout] == v {
			delete(t.variants, v.layout)
		}
	}
	empty := len(t.variants) == 0
	t.mu.Unlock()
	if empty {
		b.remove(t)
	}
}

// keep publishes what was built; false when its tile was given up meanwhile. The tile ends where the build does.
func (b *blocks) keep(w *builder) bool {
	defer b.pool.shrink() // without the lock
	b.mu.Lock()
	defer b.mu.Unlock()
	t := w.tile
	t.mu.Lock()
	if t.dead {
		t.mu.Unlock()
		return false
	}
	t.end, t.fixed = w.end, true
	t.dirtyMax = 2 * b.sizes.changesMax(w.rows.len())
	oldest := w.asOf
	for _, other := range t.variants {
		oldest = min(oldest, other.asOf)
		if other.built && other.rows.equal(w.rows) { // the usual case: parts of one quiet table
			w.rows = other.rows
		}
	}
	for _, v := range w.fresh {
		v.rows, v.end, v.validFrom, v.built = w.rows, w.end, w.validFrom, true
	}
	t.trim(oldest)
	t.mu.Unlock()
	b.made.Add(1)
	b.suggestMerge(w.fresh[0])
	for _, v := range w.fresh {
		b.account(v)
	}
	return true
}

// variantBytes is what a variant takes besides its values and keys, roughly.
const variantBytes = 512

// build decodes what begin registered and shows it to this reader.
func (it *BlockIterator) build(w *builder) (err error) {
	if w == nil {
		return it.plain(nil)
	}
	b := &it.snapshot.store.blocks
	kept := false
	defer func() { // also when the decoder panics
		if !kept {
			b.abandon(w)
		}
	}()
	t := w.tile
	b.mu.Lock()
	start, end, fixed := t.start, t.end, t.fixed
	b.mu.Unlock()
	w.block = it.decoder.New(w.parts)
	cut, err := w.run(start, end, fixed)
	if err != nil {
		return err
	}
	shown := end
	switch {
	case cut != nil:
		shown, w.end = cut, cut
		if bytes.Compare(shown, it.position) < 0 {
			shown = it.position
		}
	case fixed || w.joined || w.rows.len() == 0:
		w.end = end
	default: // rows appended behind the last one later do not concern the tile
		w.end = append(bytes.Clone(w.rows.at(w.rows.len()-1)), 0)
	}
	it.room, it.built = w.rows.len(), it.built+1
	w.seal()
	rows := w.rows
	switch {
	case fixed && cut != nil: // outgrown: to be divided by the next steps
		b.mu.Lock()
		b.remove(t)
		b.mu.Unlock()
	case w.rows.len() >= b.sizes.rowsMin || w.size >= b.sizes.bytesMin:
		kept = b.keep(w)
	}
	return it.show(rows, w.changed, earlier(shown, it.end))
}

// seal ends the block and puts its parts into the variants, and all parts of the reader into its view.
func (w *builder) seal() {
	w.rows.data, w.rows.ends = slices.Clip(w.rows.data), slices.Clip(w.rows.ends)
	values, sizes := endBlock(w.it.decoder, w.block)
	for _, v := range w.fresh {
		v.bytes = variantBytes
	}
	for i := range w.parts {
		w.fresh[i].values = values[i]
		w.fresh[i].bytes += sizes[i]
	}
	for _, v := range w.found {
		if v == nil {
			v = &variant{values: values[0]}
			values = values[1:]
		}
		w.it.view.Parts = append(w.it.view.Parts, v.values)
	}
}

// run reads the range as of the build's time. It returns the key to go on at when the range has more than a tile takes. A tile that is fixed may
// grow to twice the size.
func (w *builder) run(start, end []byte, fixed bool) (cut []byte, err error) {
	s := w.it.snapshot.store
	c, err := s.scans.take(int64(w.asOf))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.scans.give(c)) }()
	if err := w.it.snapshot.check(); err != nil {
		return nil, err
	}
	rowsMax, bytesMax := s.blocks.sizes.rowsMax, s.blocks.sizes.bytesMax
	if fixed {
		rowsMax, bytesMax = 2*rowsMax, 2*bytesMax
	}
	c.setBounds(start, end)
	valid := c.it.First()
	for valid {
		raw := c.it.Key()
		n := len(raw) - versionsLen
		at := clock.Time(binary.BigEndian.Uint64(raw[n+1:]))
		if at > w.asOf {
			valid = c.skipNewer(raw, w.asOf)
			continue
		}
		full := w.rows.len() >= rowsMax || w.size >= bytesMax
		ok, err := w.add(c, raw[1:n], full)
		switch {
		case err != nil:
			return nil, err
		case ok && full:
			return bytes.Clone(raw[1:n]), nil
		}
		w.validFrom = max(w.validFrom, at)
		if at <= w.it.snapshot.at {
			valid = c.it.NextPrefix()
		} else if valid, err = w.undo(c, raw); err != nil {
			return nil, err
		}
	}
	if err := c.it.Error(); err != nil {
		return nil, fmt.Errorf("scan blocks: %w", err)
	}
	return nil, nil
}

// add decodes the version the cursor stands on, unless the block is full, and says whether it is live.
func (w *builder) add(c *cursor, key []byte, full bool) (bool, error) {
	stored, err := c.it.ValueAndErr()
	if err != nil {
		return false, fmt.Errorf("scan blocks: %w", err)
	}
	value, ok, err := live(stored)
	if err != nil || !ok || full {
		return ok, err
	}
	w.size += len(key) + len(value)
	if w.rows.len() == roomFrom && w.it.room > roomFrom {
		w.rows.grow(w.it.room)
	}
	w.rows.add(key)
	return true, w.it.decoder.Add(w.block, key, value)
}

// undo finds what the reader sees of a key that was changed between its time and the build's, and leaves the key. It counts as the newest change of the key.
func (w *builder) undo(c *cursor, raw []byte) (valid bool, err error) {
	n := len(raw) - versionsLen
	c.key = append(c.key[:0], raw[:n+1]...)
	valid = c.seekAt(w.it.snapshot.at)
	was := change{at: math.MaxInt64, key: bytes.Clone(c.key[1:n]), deleted: true}
	if valid {
		if raw := c.it.Key(); bytes.Equal(raw[:len(raw)-suffixLen], c.key[:n+1]) {
			stored, err := c.it.ValueAndErr()
			if err != nil {
				return false, fmt.Errorf("scan blocks: %w", err)
			}
			value, ok, err := live(stored)
			if err != nil {
				return false, err
			}
			was.value, was.deleted = bytes.Clone(value), !ok
			valid = c.it.NextPrefix()
		}
	}
	w.changed = append(w.changed, was)
	return valid, nil
}
