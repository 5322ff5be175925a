package storage

import (
	"errors"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"github.com/opendsql/opendsql/internal/clock"
)

// cursor is an engine iterator, which sees the state of the moment it was made, with the buffers of its user. It is expensive to
// make and cheap to use again. Used by one goroutine at a time.
type cursor struct {
	it    *pebble.Iterator
	state int64  // complete at least through this commit, as the pool counts them
	key   []byte // scratch for seeks
	bound []byte // scratch for bounds
}

// setBounds restricts the cursor to start ≤ key < end; an empty end is after every key.
func (c *cursor) setBounds(start, end []byte) {
	c.bound = appendPrefix(c.bound[:0], start)
	n := len(c.bound)
	c.bound = appendEnd(c.bound, end)
	c.it.SetBounds(c.bound[:n], c.bound[n:])
}

// get finds the value of a key as of a time. The value is valid until the cursor is used again.
func (c *cursor) get(key []byte, at clock.Time) (value []byte, ok bool, err error) {
	c.key = appendKey(c.key[:0], key, at)
	if !c.it.SeekPrefixGE(c.key) {
		if err := c.it.Error(); err != nil {
			return nil, false, fmt.Errorf("get: %w", err)
		}
		return nil, false, nil
	}
	stored, err := c.it.ValueAndErr()
	if err != nil {
		return nil, false, fmt.Errorf("get: %w", err)
	}
	return live(stored)
}

// cursorsIdleMax bounds a pool: each idle cursor keeps the files and memtables of its state alive.
const cursorsIdleMax = 8

// cursorPool keeps idle cursors for the next reader whose snapshot they cover. Safe for concurrent use.
type cursorPool struct {
	db      *pebble.DB
	newest  func() int64 // the newest state there is: the time of a commit or its position
	options *pebble.IterOptions

	mu   sync.Mutex
	idle []*cursor
}

func (p *cursorPool) init(db *pebble.DB, newest func() int64, options *pebble.IterOptions) {
	p.db, p.newest, p.options = db, newest, options
}

// take gives a cursor whose state is complete through the commit.
func (p *cursorPool) take(at int64) (*cursor, error) {
	for {
		c := p.pop()
		if c == nil {
			return p.make()
		}
		if c.state >= at {
			return c, nil
		}
		if err := c.it.Close(); err != nil { // it is older than what is asked for now
			return nil, fmt.Errorf("close cursor: %w", err)
		}
	}
}

func (p *cursorPool) pop() *cursor {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	c := p.idle[n-1]
	p.idle = p.idle[:n-1]
	return c
}

func (p *cursorPool) make() (*cursor, error) {
	state := p.newest() // before the iterator is made, so that it sees at least this much
	it, err := p.db.NewIter(p.options)
	if err != nil {
		return nil, fmt.Errorf("open cursor: %w", err)
	}
	return &cursor{it: it, state: state}, nil
}

// give takes a cursor back. One that met an error or is older than the newest state is closed.
func (p *cursorPool) give(c *cursor) error {
	if c.it.Error() == nil && c.state == p.newest() {
		p.mu.Lock()
		kept := len(p.idle) < cursorsIdleMax
		if kept {
			p.idle = append(p.idle, c)
		}
		p.mu.Unlock()
		if kept {
			return nil
		}
	}
	return c.it.Close()
}

// purge closes the idle cursors, which lets go of old files and memtables.
func (p *cursorPool) purge() error {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	var err error
	for _, c := range idle {
		err = errors.Join(err, c.it.Close())
	}
	return err
}
