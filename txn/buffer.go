package txn

import (
	"bytes"
	"slices"

	"github.com/tidwall/btree"

	"github.com/opendsql/opendsql/journal"
)

// fewMax is up to how many writes a sorted slice serves; more go to a tree.
const fewMax = 8

// buffer is a set of writes ordered by key, the last write of a key counting. Its zero value is empty.
type buffer struct {
	few   []journal.Write // sorted; empty when tree is used
	tree  *btree.BTreeG[journal.Write]
	hint  btree.PathHint
	bytes int // of keys and values
}

func writeLess(a, b journal.Write) bool { return bytes.Compare(a.Key, b.Key) < 0 }

func (b *buffer) len() int {
	if b.tree != nil {
		return b.tree.Len()
	}
	return len(b.few)
}

// search finds the place of a key among the few.
func (b *buffer) search(key []byte) (int, bool) {
	for i := range b.few {
		if c := bytes.Compare(b.few[i].Key, key); c >= 0 {
			return i, c == 0
		}
	}
	return len(b.few), false
}

// find gives the write of a key, or nil.
func (b *buffer) find(key []byte) *journal.Write {
	if b.tree != nil {
		if w, ok := b.tree.GetHint(journal.Write{Key: key}, &b.hint); ok {
			return &w
		}
		return nil
	}
	if i, ok := b.search(key); ok {
		return &b.few[i]
	}
	return nil
}

func (b *buffer) set(w journal.Write) {
	b.bytes += len(w.Key) + len(w.Value)
	if b.tree != nil {
		b.setTree(w)
		return
	}
	i, ok := b.search(w.Key)
	switch {
	case ok:
		b.bytes -= len(w.Key) + len(b.few[i].Value)
		b.few[i] = w
	case len(b.few) < fewMax:
		if b.few == nil {
			b.few = make([]journal.Write, 0, fewMax/2)
		}
		b.few = slices.Insert(b.few, i, w)
	default:
		b.tree = btree.NewBTreeGOptions(writeLess, btree.Options{NoLocks: true})
		for _, old := range b.few {
			b.tree.Load(old)
		}
		b.few = nil
		b.setTree(w)
	}
}

func (b *buffer) setTree(w journal.Write) {
	if old, ok := b.tree.SetHint(w, &b.hint); ok {
		b.bytes -= len(w.Key) + len(old.Value)
	}
}

// take moves all writes of another buffer here.
func (b *buffer) take(from *buffer) {
	switch {
	case from.len() == 0:
		return
	case b.len() == 0:
		*b = *from
	case from.tree != nil:
		from.tree.Scan(func(w journal.Write) bool { b.set(w); return true })
	default:
		for _, w := range from.few {
			b.set(w)
		}
	}
	from.reset()
}

func (b *buffer) reset() { *b = buffer{} }

// list gives the writes in key order. The buffer must not be changed afterwards.
func (b *buffer) list() []journal.Write {
	if b.tree != nil {
		return b.tree.Items()
	}
	return b.few
}

// ownWalk walks the writes of a span in one direction.
type ownWalk struct {
	few     []journal.Write // still to come when there is no tree
	tree    btree.IterG[journal.Write]
	onTree  bool
	span    Span
	started bool
	write   journal.Write
}

// copy gives the writes in key order, apart from the buffer.
func (b *buffer) copy() []journal.Write {
	if b.tree != nil {
		return b.tree.Items()
	}
	return slices.Clone(b.few)
}

// walk begins a walk that later changes of the buffer do not touch. A tree is copied only where it is changed later.
func (b *buffer) walk(span Span) ownWalk {
	w := ownWalk{span: span}
	if b.tree != nil {
		w.onTree, w.tree = true, b.tree.Copy().Iter()
		return w
	}
	for i := range b.few {
		if span.contains(b.few[i].Key) {
			w.few = append(w.few, b.few[i])
		}
	}
	if span.Reverse {
		slices.Reverse(w.few)
	}
	return w
}

// empty says that the walk certainly has nothing to give.
func (w *ownWalk) empty() bool { return !w.onTree && len(w.few) == 0 }

func (w *ownWalk) next() bool {
	if !w.onTree {
		if len(w.few) == 0 {
			return false
		}
		w.write, w.few = w.few[0], w.few[1:]
		return true
	}
	ok := false
	switch {
	case w.started && w.span.Reverse:
		ok = w.tree.Prev()
	case w.started:
		ok = w.tree.Next()
	case !w.span.Reverse:
		ok = w.tree.Seek(journal.Write{Key: w.span.Start})
	case len(w.span.End) == 0 || !w.tree.Seek(journal.Write{Key: w.span.End}):
		ok = w.tree.Last()
	default:
		ok = w.tree.Prev()
	}
	w.started = true
	if !ok {
		return false
	}
	w.write = w.tree.Item()
	return w.span.contains(w.write.Key)
}

// arena keeps copies of results until nobody refers to them.
type arena struct {
	free []byte
	size int
}

// Sizes of an arena's chunks: the first fits a row, later ones many.
const (
	chunkBytesMin = 256
	chunkBytesMax = 32 << 10
)

// room is where the next result may be put, with some memory in it. Only what took is told of is kept.
func (a *arena) room() []byte {
	if len(a.free) < chunkBytesMin/2 {
		a.grow()
	}
	return a.free[:0]
}

// took keeps a result that was appended to room, or that outgrew it and has memory of its own.
func (a *arena) took(b []byte) []byte {
	if len(b) > 0 && len(b) <= len(a.free) && &b[0] == &a.free[0] {
		a.free = a.free[len(b):]
	}
	return b[:len(b):len(b)]
}

func (a *arena) grow() {
	a.size = min(max(2*a.size, chunkBytesMin), chunkBytesMax)
	a.free = make([]byte, a.size)
}
