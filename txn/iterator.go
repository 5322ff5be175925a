package txn

import (
	"bytes"

	"github.com/opendsql/opendsql/storage"
)

// Span is a range of keys, Start ≤ key < End, and the direction to walk it in. An empty End is after every key.
type Span struct {
	Start, End []byte
	Reverse    bool
}

func (s *Span) contains(key []byte) bool {
	return bytes.Compare(key, s.Start) >= 0 && (len(s.End) == 0 || bytes.Compare(key, s.End) < 0)
}

// Iterator walks the live keys of a span as the transaction saw them when Scan was called. Used by one goroutine; Close it.
// It ends with its transaction.
type Iterator struct {
	txn        *Txn
	before     *Iterator // links of the transaction's open iterators
	after      *Iterator
	stored     storage.Iterator
	own        *ownWalk // nil when the transaction has no writes of its own in reach
	reverse    bool
	storedOK   bool // stored stands on a key that was not given yet
	ownOK      bool // so does own
	started    bool
	closed     bool
	key, value []byte
	err        error
}

// Scan walks a span of the snapshot and the writes of earlier statements. Errors show in Err.
func (t *Txn) Scan(s Span) *Iterator {
	it := &Iterator{txn: t, reverse: s.Reverse}
	if t.finished {
		it.err, it.closed = ErrFinished, true
		return it
	}
	t.snapshot.ScanInto(&it.stored, storage.Span{Start: s.Start, End: s.End, Reverse: s.Reverse})
	if t.done.len() > 0 {
		if own := t.done.walk(s); !own.empty() {
			it.own = &own
		}
	}
	if it.after = t.walks; it.after != nil {
		it.after.before = it
	}
	t.walks = it
	return it
}

// Next steps to the next key in the walk's direction; false at the end or after an error.
func (it *Iterator) Next() bool {
	if it.closed {
		return false
	}
	if it.own == nil {
		if !it.stored.Next() {
			return false
		}
		it.key, it.value = it.stored.Key(), it.stored.Value()
		return true
	}
	return it.nextMerged()
}

// nextMerged steps through both, the transaction's own writes covering what is stored.
func (it *Iterator) nextMerged() bool {
	if !it.started {
		it.started = true
		it.storedOK, it.ownOK = it.stored.Next(), it.own.next()
		it.key = nil
	} else {
		it.advance()
	}
	for it.storedOK || it.ownOK {
		if it.stored.Err() != nil {
			return false
		}
		if c := it.compare(); c < 0 {
			it.key, it.value = it.stored.Key(), it.stored.Value()
			return true
		}
		if !it.own.write.Deleted {
			it.key, it.value = it.own.write.Key, it.own.write.Value
			return true
		}
		it.advance()
	}
	return false
}

// compare says which comes first: the stored key (<0), the own one (>0), or the same key from both.
func (it *Iterator) compare() int {
	switch {
	case !it.ownOK:
		return -1
	case !it.storedOK:
		return 1
	}
	c := bytes.Compare(it.stored.Key(), it.own.write.Key)
	if it.reverse {
		return -c
	}
	return c
}

// advance leaves the key given last.
func (it *Iterator) advance() {
	c := it.compare()
	if c <= 0 {
		it.storedOK = it.stored.Next()
	}
	if c >= 0 {
		it.ownOK = it.own.next()
	}
}

// Key is the key Next found. Valid until the next Next or Close.
func (it *Iterator) Key() []byte { return it.key }

// Value is its value. Valid until the next Next or Close.
func (it *Iterator) Value() []byte { return it.value }

// Err is why the walk ended early; nil when it reached its end.
func (it *Iterator) Err() error {
	if it.err != nil {
		return it.err
	}
	return fromStorage(it.stored.Err())
}

// Close gives back what the iterator holds, and returns Err. Closing twice is harmless.
func (it *Iterator) Close() error {
	if it.closed {
		return it.err
	}
	it.closed = true
	if it.before != nil {
		it.before.after = it.after
	} else {
		it.txn.walks = it.after
	}
	if it.after != nil {
		it.after.before = it.before
	}
	it.before, it.after, it.key, it.value = nil, nil, nil, nil
	it.err = fromStorage(it.stored.Close())
	return it.err
}
