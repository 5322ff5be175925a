package exec

import (
	"bytes"
	"errors"
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/journal"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
	"github.com/opendsql/opendsql/txn"
)

// Rows wait for their unique checks until there are so many of them, or bytes. PostgreSQL has the same bounds, so a
// duplicate shows at the same moment: behind errors in the lines that wait with it.
const (
	loadRowsMax  = 1000
	loadBytesMax = 65535
)

// loadWalkMax is how many keys a look for duplicates steps over, for each row that waits, before rows are looked up one by one.
const loadWalkMax = 2

// Loader inserts the rows of COPY. It stands on the open program of an INSERT that gives every column its default: columns of the data take
// their value from Add instead. A row is checked and encoded as it comes, so nothing of it is kept; the unique checks and the writes of many rows are
// done together. Used by one goroutine, before the program is closed.
type Loader struct {
	m       *modify
	copied  []int       // the columns of the table that Add gives, in its order
	filled  []filling   // the other columns that have a default
	columns []expr.Eval // defaults by column, nil: none
	where   *rowEval    // rows that do not meet it are passed over; nil: none
	reader  *rowReader  // of whole rows, made when one is needed again

	keys, values [][]byte
	lines        []int
	bytes        int
	last         []byte // the greatest key written so far
	failed       int
}

// filling is a column and how its default is computed.
type filling struct {
	column int
	eval   expr.Eval
}

// Loader gives the loader of an INSERT's open program. copied are indexes into the table's columns.
func (p *Program) Loader(copied []int) (*Loader, error) {
	m, ok := p.root.(*modify)
	if !ok {
		return nil, errors.New("exec: rows can only be loaded by an INSERT")
	}
	var exprs []expr.Expr
	switch n := m.node.Child.(type) {
	case *plan.Result:
		exprs = n.Exprs
	case *plan.Project:
		exprs = n.Exprs
	}
	l := &Loader{m: m, copied: copied, columns: make([]expr.Eval, len(m.columns))}
	b := &builder{rt: m.rt}
	for i, c := range m.node.Columns {
		eval, err := b.compile(exprs[i])
		if err != nil {
			return nil, err
		}
		l.columns[c] = eval
		if !slices.Contains(copied, c) {
			l.filled = append(l.filled, filling{c, eval})
		}
	}
	if m.node.CopyWhere != nil {
		var err error
		if l.where, err = b.condition(len(m.columns), m.node.CopyWhere); err != nil {
			return nil, err
		}
	}
	m.rt.affected = 0
	return l, nil
}

// Plain tells whether rows are only stored: no expression ever sees a value that Add gives, so a value may share memory that is used again.
func (l *Loader) Plain() bool {
	return l.where == nil && len(l.m.node.Checks) == 0 && len(l.m.node.Generated) == 0
}

// Default computes the default of a column of the table; ok is false when it has none.
func (l *Loader) Default(column int) (d sqltypes.Datum, ok bool, err error) {
	if l.columns[column] == nil {
		return sqltypes.Null, false, nil
	}
	d, err = l.m.rt.constant(l.columns[column])
	return d, true, err
}

// Rows is how many rows were inserted or wait for it.
func (l *Loader) Rows() int64 { return l.m.rt.affected }

// FailedLine is the line of the row that Flush met an error about.
func (l *Loader) FailedLine() int { return l.failed }

// Add takes a row, which was so many bytes of the data. It says when so many wait that they must be flushed.
func (l *Loader) Add(values []sqltypes.Datum, line, size int) (full bool, err error) {
	m := l.m
	row := m.fresh
	clear(row)
	for i, c := range l.copied {
		row[c] = values[i]
	}
	for _, f := range l.filled {
		if row[f.column], err = m.rt.constant(f.eval); err != nil {
			return false, err
		}
	}
	if l.where != nil {
		l.where.loadRow(row)
		if ok, err := l.where.truth(); err != nil || !ok {
			return false, err
		}
	}
	if err := m.complete(row); err != nil {
		return false, err
	}
	key, err := m.rowKey(row)
	if err != nil {
		return false, err
	}
	if err := m.changed(row, nil); err != nil {
		return false, err
	}
	value := m.slab.end(m.codec.appendValue(m.slab.begin(), row))
	l.keys, l.values, l.lines = append(l.keys, key), append(l.values, value), append(l.lines, line)
	l.bytes += size
	return len(l.keys) >= loadRowsMax || l.bytes >= loadBytesMax, nil
}

// Flush writes the rows that wait.
func (l *Loader) Flush() error {
	if err := l.m.rt.check(); err != nil {
		return err
	}
	taken, known, err := l.taken()
	if err != nil {
		return err
	}
	for i, key := range l.keys {
		l.failed = l.lines[i]
		if !known && len(l.m.codec.key) > 0 {
			_, exists, err := l.m.rt.Txn.GetLatest(key)
			if err != nil {
				return err
			}
			if exists {
				taken = i
			}
		}
		if err := l.write(i, i == taken); err != nil {
			return err
		}
	}
	l.m.rt.Changes.Add(l.m.node.Table.OID, bind.Insert, int64(len(l.keys)))
	clear(l.keys)
	clear(l.values)
	l.keys, l.values, l.lines, l.bytes = l.keys[:0], l.values[:0], l.lines[:0], 0
	return nil
}

// write puts one of the rows that wait, unless its primary key is taken.
func (l *Loader) write(i int, taken bool) error {
	m, key, value := l.m, l.keys[i], l.values[i]
	if taken || len(m.codec.indexes) > 0 {
		row, err := l.row(key, value)
		if err != nil {
			return err
		}
		if taken {
			return m.duplicateKey(row)
		}
		if err := m.writeEntries(row, key, nil, nil); err != nil {
			return err
		}
	}
	m.rt.Txn.Put(key, value)
	m.rt.Txn.Mark(key, journal.Replace)
	return nil
}

// row decodes a row that waits.
func (l *Loader) row(key, value []byte) ([]sqltypes.Datum, error) {
	columns := l.m.columns
	if l.reader == nil {
		all := make([]int, len(columns))
		for i := range all {
			all[i] = i
		}
		l.reader = newRowReader(l.m.codec, liveColumns(columns, all))
	}
	decoded := make([]sqltypes.Datum, len(columns))
	if err := l.reader.decode(key, value, decoded); err != nil {
		return nil, err
	}
	return spreadLive(columns, decoded), nil
}

// taken finds the first of the waiting rows whose primary key exists, by one walk over the range of their keys: -1 when there is none. It does not
// know the answer when the keys do not come in ascending order behind those written before, or when the range holds many other rows.
func (l *Loader) taken() (first int, known bool, err error) {
	if len(l.m.codec.key) == 0 || len(l.keys) == 0 {
		return -1, true, nil
	}
	last := l.last
	for _, key := range l.keys {
		if bytes.Compare(last, key) >= 0 {
			l.last = slices.MaxFunc(append(l.keys, l.last), bytes.Compare)
			return -1, false, nil
		}
		last = key
	}
	l.last = last
	end := append(slices.Clone(last), 0)
	it := l.m.rt.Txn.Scan(txn.Span{Start: l.keys[0], End: end})
	defer func() { err = errors.Join(err, it.Close()) }()
	at := 0
	for range loadWalkMax * loadRowsMax {
		if !it.Next() {
			return -1, true, it.Err()
		}
		for bytes.Compare(l.keys[at], it.Key()) < 0 {
			at++ // ends: the last key is the end of the walk
		}
		if bytes.Equal(l.keys[at], it.Key()) {
			return at, true, nil
		}
	}
	return -1, false, nil
}
