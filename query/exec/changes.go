package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
)

// TableChange counts the rows that were written to a table.
type TableChange struct {
	Table                      sqltypes.OID
	Inserted, Updated, Deleted int64
}

// Changes counts the rows a transaction has written, by table. Nothing is allocated for the first few tables. Used by one goroutine.
type Changes struct {
	few  [2]TableChange
	more []TableChange
	n    int // of few
}

// Add counts rows of a table. An INSERT that updates rows on conflict counts them as inserted.
func (c *Changes) Add(table sqltypes.OID, command bind.Command, rows int64) {
	if c == nil || rows == 0 {
		return
	}
	t := c.table(table)
	switch command {
	case bind.Insert:
		t.Inserted += rows
	case bind.Update:
		t.Updated += rows
	default:
		t.Deleted += rows
	}
}

func (c *Changes) table(table sqltypes.OID) *TableChange {
	for i := range c.few[:c.n] {
		if c.few[i].Table == table {
			return &c.few[i]
		}
	}
	if c.n < len(c.few) {
		c.n++
		c.few[c.n-1].Table = table
		return &c.few[c.n-1]
	}
	for i := range c.more {
		if c.more[i].Table == table {
			return &c.more[i]
		}
	}
	c.more = append(c.more, TableChange{Table: table})
	return &c.more[len(c.more)-1]
}

// Tables is how many tables were written to; At gives the counts of one of them.
func (c *Changes) Tables() int { return c.n + len(c.more) }

// At is the counts of the i-th table.
func (c *Changes) At(i int) *TableChange {
	if i < c.n {
		return &c.few[i]
	}
	return &c.more[i-c.n]
}
