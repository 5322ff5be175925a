package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/opendsql/opendsql/internal/clock"
)

// begin registers a variant to be built: of the tile given, or of a new one from the reader's position to the end at most. From here on every commit
// after the variant's time is marked. Nil when somebody else is at it.
func (b *blocks) begin(it *BlockIterator, t *tile, end []byte) *variant {
	// No batch is between marking and publishing while applying is held, so each commit is either visible as of the time, or still to be marked.
	b.applying.Lock()
	defer b.applying.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	v := &variant{tile: t, layout: it.layout, asOf: it.snapshot.store.Applied()}
	if t == nil {
		found, next := b.find(it.position)
		if found != nil {
			return nil
		}
		end = earlier(earlier(end, next), it.end)
		v.joined = len(next) > 0 && bytes.Equal(next, end)
		v.tile = &tile{
			start: bytes.Clone(it.position), end: bytes.Clone(end), dirtyMax: b.sizes.rowsMax,
			variants: map[any]*variant{it.layout: v},
		}
		b.insert(v.tile)
		return v
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.variants[it.layout]
	if t.dead || !t.fixed || !beforeEnd(it.position, t.end) || (old != nil && !old.built) {
		return nil
	}
	if old != nil {
		b.discount(old)
	}
	t.variants[it.layout] = v
	return v
}

// abandon forgets a variant that was begun and is not kept.
func (b *blocks) abandon(v *variant) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := v.tile
	t.mu.Lock()
	if t.variants[v.layout] == v {
		delete(t.variants, v.layout)
	}
	empty := len(t.variants) == 0
	t.mu.Unlock()
	if empty {
		b.remove(t)
	}
}

// keep publishes a variant that was built; false when its tile was given up meanwhile. The tile ends where the variant does.
func (b *blocks) keep(v *variant) bool {
	defer b.pool.shrink() // without the lock
	b.mu.Lock()
	defer b.mu.Unlock()
	t := v.tile
	t.mu.Lock()
	if t.dead {
		t.mu.Unlock()
		return false
	}
	t.end, t.fixed, v.built = v.end, true, true
	t.dirtyMax = 2 * b.sizes.changesMax(v.rows.len())
	oldest := v.asOf
	for _, other := range t.variants {
		oldest = min(oldest, other.asOf)
		if other != v && other.built && other.rows.equal(&v.rows) { // the usual case: layouts of one quiet table
			v.bytes -= v.rows.size()
			v.rows = other.rows
		}
	}
	t.trim(oldest)
	t.mu.Unlock()
	b.made.Add(1)
	b.suggestMerge(v)
	b.account(v)
	return true
}

// variantBytes is what a variant takes besides its block and keys, roughly.
const variantBytes = 512

// builder decodes a range for everybody as of one time, and notes what its reader must see differently as of its own, earlier, time.
type builder struct {
	it      *BlockIterator
	v       *variant
	overlay overlay
	size    int // bytes of keys and values
	to      []byte
}

// build decodes what begin registered and shows it to this reader.
func (it *BlockIterator) build(v *variant) (err error) {
	if v == nil {
		return it.plain(nil)
	}
	b := &it.snapshot.store.blocks
	kept := false
	defer func() { // also when the decoder panics
		if !kept {
			b.abandon(v)
		}
	}()
	t := v.tile
	b.mu.Lock()
	start, end, fixed := t.start, t.end, t.fixed
	b.mu.Unlock()
	v.block = it.decoder.New()
	w := &builder{it: it, v: v, overlay: overlay{it: it, rows: &v.rows}, to: earlier(end, it.end)}
	cut, err := w.run(start, end, fixed)
	if err != nil {
		return err
	}
	shown := end
	switch {
	case cut != nil:
		shown, v.end = cut, cut
		if bytes.Compare(shown, it.position) < 0 {
			shown = it.position
		}
	case fixed || v.joined || v.rows.len() == 0:
		v.end = end
	default: // rows appended behind the last one later do not concern the tile
		v.end = append(bytes.Clone(v.rows.at(v.rows.len()-1)), 0)
	}
	it.room, it.built = v.rows.len(), it.built+1
	v.rows.data, v.rows.ends = slices.Clip(v.rows.data), slices.Clip(v.rows.ends)
	v.bytes = int64(it.decoder.Seal(v.block)) + v.rows.size() + variantBytes
	switch {
	case fixed && cut != nil: // outgrown: to be divided by the next steps
		b.mu.Lock()
		b.remove(t)
		b.mu.Unlock()
	case v.rows.len() >= b.sizes.rowsMin || w.size >= b.sizes.bytesMin:
		kept = b.keep(v)
	}
	return it.finish(&w.overlay, v.block, earlier(shown, it.end))
}

// run reads the range as of the variant's time. It returns the key to go on at when the range has more than a tile takes. A tile that is fixed may
// grow to twice the size.
func (w *builder) run(start, end []byte, fixed bool) (cut []byte, err error) {
	s := w.it.snapshot.store
	c, err := s.scans.take(int64(w.v.asOf))
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
		if at > w.v.asOf {
			valid = c.skipNewer(raw, w.v.asOf)
			continue
		}
		full := w.v.rows.len() >= rowsMax || w.size >= bytesMax
		ok, err := w.add(c, raw[1:n], full)
		switch {
		case err != nil:
			return nil, err
		case ok && full:
			return bytes.Clone(raw[1:n]), nil
		}
		w.v.validFrom = max(w.v.validFrom, at)
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
	if rows := &w.v.rows; rows.len() == roomFrom && w.it.room > roomFrom {
		rows.grow(w.it.room)
	}
	w.v.rows.add(key)
	return true, w.it.decoder.Add(w.v.block, key, value)
}

// undo finds what the reader sees of a key that was changed between its time and the block's, and leaves the key.
func (w *builder) undo(c *cursor, raw []byte) (valid bool, err error) {
	n := len(raw) - versionsLen
	c.key = append(c.key[:0], raw[:n+1]...)
	valid = c.seekAt(w.it.snapshot.at)
	key := c.key[1:n]
	inside := bytes.Compare(key, w.it.position) >= 0 && beforeEnd(key, w.to)
	if valid {
		if raw := c.it.Key(); bytes.Equal(raw[:len(raw)-suffixLen], c.key[:n+1]) {
			stored, err := c.it.ValueAndErr()
			if err != nil {
				return false, fmt.Errorf("scan blocks: %w", err)
			}
			value, ok, err := live(stored)
			if err == nil && inside {
				err = w.overlay.change(key, value, ok)
			}
			if err != nil {
				return false, err
			}
			return c.it.NextPrefix(), nil
		}
	}
	if inside {
		err = w.overlay.change(key, nil, false)
	}
	return valid, err
}
