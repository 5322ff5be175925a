package exec

import (
	"crypto/rand"
	"slices"

	"github.com/opendsql/opendsql/internal/keys"
	"github.com/opendsql/opendsql/internal/limits"
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/journal"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// lockRows marks the rows it passes on for the conflict check at COMMIT. It takes no lock and never waits.
type lockRows struct {
	rt    *runtime
	node  *plan.LockRows
	child operator
	out   *Batch
}

func (b *builder) lockRows(n *plan.LockRows) (operator, error) {
	child, err := b.build(n.Child)
	if err != nil {
		return nil, err
	}
	return &lockRows{rt: b.rt, node: n, child: child, out: &Batch{}}, nil
}

func (l *lockRows) open() error { return l.child.open() }
func (l *lockRows) close()      { l.child.close() }

func (l *lockRows) next() (*Batch, error) {
	in, err := l.child.next()
	if err != nil || in == nil {
		return nil, err
	}
	for i := range in.N {
		for _, lock := range l.node.Locks {
			key := in.Cols[lock.Slot].At(i)
			if key.IsNull() {
				continue // the missing side of an outer join
			}
			strength := journal.Replace
			if lock.KeyShare {
				strength = journal.KeyShare
			}
			l.rt.Txn.Mark(slices.Clone(key.Bytes()), strength)
			if err := l.rt.modify(1); err != nil {
				return nil, err
			}
		}
	}
	l.out.Cols, l.out.N = in.Cols[:l.node.Keep], in.N
	return l.out, nil
}

// modify carries out INSERT, UPDATE or DELETE. All of its input is read before the result is given, so that nothing sees half a statement.
type modify struct {
	rt        *runtime
	node      *plan.Modify
	child     operator
	codec     *tableCodec
	indexes   []*indexWriter
	columns   []catalog.Column
	checks    *rowEval
	generated *rowEval
	returning *rowEval
	assign    *rowEval // ON CONFLICT DO UPDATE, over existing row and proposed row
	where     *rowEval
	keyOf     []bool // columns that belong to the primary key or a unique index, neither partial nor on an expression
	out       *Batch
	rows      [][]sqltypes.Datum
	at        int
	done      bool
	slab      slab             // of keys and values
	source    []sqltypes.Datum // the row of the child that is looked at
	fresh     []sqltypes.Datum // the new row
	used      usage
	written   *int64 // counts bytes; nil: not wanted
	conflicts *int64 // counts the rows that ON CONFLICT met; nil: not wanted
}

func (b *builder) modify(n *plan.Modify) (operator, error) {
	child, err := b.build(n.Child)
	if err != nil {
		return nil, err
	}
	m := &modify{rt: b.rt, node: n, child: child, codec: b.rt.codec(n.Table), columns: n.Table.Columns, out: newBatch(n.Cols)}
	m.fresh = make([]sqltypes.Datum, len(n.Table.Columns))
	width := len(n.Table.Columns)
	checks := make([]expr.Expr, len(n.Checks))
	for i, c := range n.Checks {
		checks[i] = c.Expr
	}
	if m.checks, err = b.rowEval(width, checks...); err != nil {
		return nil, err
	}
	generated := make([]expr.Expr, len(n.Generated))
	for i, g := range n.Generated {
		generated[i] = g.Expr
	}
	if m.generated, err = b.rowEval(width, generated...); err != nil {
		return nil, err
	}
	if m.returning, err = b.rowEval(width+len(n.Child.Header()), n.Returning...); err != nil {
		return nil, err
	}
	if c := n.Conflict; c != nil {
		if m.assign, err = b.rowEval(2*width, c.Assign...); err != nil {
			return nil, err
		}
		if c.Where != nil {
			if m.where, err = b.condition(2*width, c.Where); err != nil {
				return nil, err
			}
		}
	}
	m.keyOf = keyColumns(n.Table)
	m.indexes, err = b.indexWriters(m.codec, n.Indexes)
	return m, err
}

func keyColumns(t *catalog.Table) []bool {
	key := make([]bool, len(t.Columns))
	for _, ix := range t.Indexes {
		if !ix.Unique && !ix.Primary || !ix.Plain() {
			continue
		}
		for _, k := range ix.Keys {
			key[columnByID(t, k.Column)] = true
		}
	}
	return key
}

func (m *modify) open() error {
	m.used.free(m.rt)
	m.rows, m.at, m.done = nil, 0, false
	return m.child.open()
}

func (m *modify) close() {
	m.child.close()
	m.rows = nil
	m.used.free(m.rt)
}

func (m *modify) next() (*Batch, error) {
	if !m.done {
		m.done = true
		m.rt.affected = 0
		if err := m.rt.eachBatch(m.child, m.batch); err != nil {
			return nil, err
		}
		m.rt.Changes.Add(m.node.Table.OID, m.node.Command, m.rt.affected)
	}
	return nextRows(m.out, m.rows, &m.at)
}

func (m *modify) batch(in *Batch) error {
	if err := m.rt.check(); err != nil {
		return err
	}
	if len(m.source) != len(in.Cols) {
		m.source = make([]sqltypes.Datum, len(in.Cols))
	}
	row := m.source // nothing keeps it: what is written is encoded at once, and RETURNING computes rows of its own
	for i := range in.N {
		in.row(i, row)
		var err error
		switch m.node.Command {
		case bind.Insert:
			err = m.insert(row)
		case bind.Update:
			err = m.update(row)
		default:
			err = m.delete(row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// changed counts a row and computes its RETURNING. source is the row of the child.
func (m *modify) changed(row, source []sqltypes.Datum) error {
	m.rt.affected++
	if err := m.rt.modify(1); err != nil {
		return err
	}
	if len(m.node.Returning) == 0 {
		return nil
	}
	seen := append(slices.Clone(row), source...)
	out := make([]sqltypes.Datum, len(m.node.Returning))
	m.returning.loadRow(seen)
	if err := m.returning.all(out); err != nil {
		return err
	}
	m.rows = append(m.rows, out)
	return m.used.add(m.rt, rowSize(out))
}

// complete computes the generated columns of a new row and checks it.
func (m *modify) complete(row []sqltypes.Datum) error {
	for i, g := range m.node.Generated {
		m.generated.loadRow(row)
		d, err := m.generated.at(i)
		if err != nil {
			return err
		}
		row[g.Column] = d
	}
	for i, c := range m.columns {
		if c.NotNull && !c.Dropped && row[i].IsNull() {
			return pgerror.New(pgerror.NotNullViolation, "null value in column \"%s\" of relation \"%s\" violates not-null constraint", c.Name, m.node.Table.Name).
				WithDetail("Failing row contains %s.", m.rowText(row)).On(m.schema(), m.node.Table.Name, c.Name, "")
		}
	}
	for i, c := range m.node.Checks {
		m.checks.loadRow(row)
		d, err := m.checks.at(i)
		if err != nil {
			return err
		}
		if !c.View && d.IsNull() || d.Bool() {
			continue
		}
		return m.violated(c, row)
	}
	return m.sizes(row)
}

// violated is the error of a check that failed: of the table, of a domain, or of a view.
func (m *modify) violated(c bind.Check, row []sqltypes.Datum) error {
	switch {
	case c.View:
		return pgerror.New(pgerror.WithCheckOptionViolation, "new row violates check option for view \"%s\"", c.Name).
			WithDetail("Failing row contains %s.", m.rowText(row))
	case c.Domain != "" && c.Name == "":
		return pgerror.New(pgerror.NotNullViolation, "domain %s does not allow null values", c.Domain)
	case c.Domain != "":
		return pgerror.New(pgerror.CheckViolation, "value for domain %s violates check constraint \"%s\"", c.Domain, c.Name)
	}
	return pgerror.New(pgerror.CheckViolation, "new row for relation \"%s\" violates check constraint \"%s\"", m.node.Table.Name, c.Name).
		WithDetail("Failing row contains %s.", m.rowText(row)).On(m.schema(), m.node.Table.Name, "", c.Name)
}

// sizes holds the row against the service's limits. Values of kinds that are kept compressed count as they are stored.
func (m *modify) sizes(row []sqltypes.Datum) error {
	total := 0
	for i, d := range row {
		n := d.Size()
		if n > limits.ColumnBytes {
			t := m.columns[i].Type.OID
			if t != sqltypes.ByteaOID {
				n = keys.StoredSize(t, d)
			}
			if n > limits.ColumnBytes {
				return pgerror.New(pgerror.ProgramLimitExceeded, "datatype limit greater than %d bytes not supported for %s", limits.ColumnBytes,
					sqltypes.TypeName(sqltypes.T(t)))
			}
		}
		total += n + 8
	}
	if total > limits.RowBytes {
		return pgerror.New(pgerror.ProgramLimitExceeded, "maximum row size exceeded")
	}
	return nil
}

func (m *modify) schema() string {
	if s := m.rt.Snapshot.Schema(m.node.Table.Schema); s != nil {
		return s.Name
	}
	return ""
}

// rowText is a row as error details show it: values cut at 64 bytes.
func (m *modify) rowText(row []sqltypes.Datum) string {
	out := []byte{'('}
	first := true
	for i, c := range m.columns {
		if c.Dropped {
			continue
		}
		if !first {
			out = append(out, ", "...)
		}
		first = false
		if row[i].IsNull() {
			out = append(out, "null"...)
			continue
		}
		out = append(out, clipped(sqltypes.AppendText(nil, c.Type.OID, row[i], m.rt.Session.Format), 64)...)
	}
	return string(append(out, ')'))
}

// clipped cuts a text at a character boundary and marks the cut.
func clipped(text []byte, most int) []byte {
	if len(text) <= most {
		return text
	}
	for most > 0 && text[most]&0xC0 == 0x80 {
		most--
	}
	return append(text[:most:most], "..."...)
}

// newRowID makes the hidden key of a row without a primary key.
func newRowID() []byte {
	id := make([]byte, rowIDSize)
	_, _ = rand.Read(id)
	return id
}

func (m *modify) rowKey(row []sqltypes.Datum) ([]byte, error) {
	var id []byte
	if len(m.codec.key) == 0 {
		id = newRowID()
	}
	key := m.slab.end(m.codec.appendKey(m.slab.begin(), row, id))
	if len(key)-len(m.codec.prefix) > limits.KeyBytes {
		return nil, pgerror.New(pgerror.ProgramLimitExceeded, "key size too large")
	}
	return key, nil
}

// insert adds one row, or does what ON CONFLICT says.
func (m *modify) insert(source []sqltypes.Datum) error {
	row := m.fresh
	clear(row)
	for i, c := range m.node.Columns {
		row[c] = source[i]
	}
	if err := m.complete(row); err != nil {
		return err
	}
	key, err := m.rowKey(row)
	if err != nil {
		return err
	}
	if m.node.Conflict != nil {
		existing, err := m.conflicting(row, key)
		if err != nil {
			return err
		}
		if existing != nil {
			return m.onConflict(existing, row, source)
		}
	}
	if err := m.write(row, key, nil, nil); err != nil {
		return err
	}
	return m.changed(row, source)
}

// write puts a row and its index entries, after the unique checks. old is the row that it replaces under oldKey, nil for a new one.
func (m *modify) write(row []sqltypes.Datum, key []byte, old []sqltypes.Datum, oldKey []byte) error {
	t := m.rt.Txn
	moved := old == nil || string(key) != string(oldKey)
	if moved {
		if len(m.codec.key) > 0 {
			if _, taken, err := t.GetLatest(key); err != nil {
				return err
			} else if taken {
				return m.duplicateKey(row)
			}
		}
		if old != nil {
			t.Delete(oldKey)
			m.count(oldKey, nil)
			t.Mark(oldKey, journal.Replace)
		}
	}
	strength := journal.Replace
	if !moved && !m.keyChanged(old, row) {
		strength = journal.Change
	}
	if err := m.writeEntries(row, key, old, oldKey); err != nil {
		return err
	}
	value := m.slab.end(m.codec.appendValue(m.slab.begin(), row))
	t.Put(key, value)
	m.count(key, value)
	t.Mark(key, strength)
	m.touch(key)
	return nil
}

// touch remembers that the statement has changed a row. A plain INSERT never asks.
func (m *modify) touch(key []byte) {
	if m.node.Command == bind.Insert && m.node.Conflict == nil {
		return
	}
	if m.rt.touched == nil {
		m.rt.touched = map[string]bool{}
	}
	m.rt.touched[string(key)] = true
}

func (m *modify) keyChanged(old, row []sqltypes.Datum) bool {
	for i, key := range m.keyOf {
		if key && compareNulls(m.columns[i].Type.OID, old[i], row[i], false) != 0 {
			return true
		}
	}
	return false
}

func (m *modify) primary() *catalog.Index {
	for _, ix := range m.node.Table.Indexes {
		if ix.Primary {
			return ix
		}
	}
	return nil
}

// update changes one row. A row that the statement has changed already stays as it is.
func (m *modify) update(source []sqltypes.Datum) error {
	n := len(m.columns)
	oldKey := slices.Clone(source[0].Bytes())
	if m.rt.touched[string(oldKey)] {
		return nil
	}
	m.touch(oldKey)
	old := source[1 : 1+n]
	return m.replace(old, oldKey, source[1+n:1+n+len(m.node.Columns)], m.node.Columns, source)
}

// replace writes the old row with new values in some columns.
func (m *modify) replace(old []sqltypes.Datum, oldKey []byte, values []sqltypes.Datum, columns []int, source []sqltypes.Datum) error {
	row := append(m.fresh[:0], old...)
	for i, c := range columns {
		row[c] = values[i]
	}
	if err := m.complete(row); err != nil {
		return err
	}
	key := oldKey
	if len(m.codec.key) > 0 {
		var err error
		if key, err = m.rowKey(row); err != nil {
			return err
		}
	}
	if err := m.write(row, key, old, oldKey); err != nil {
		return err
	}
	return m.changed(row, source)
}

// delete removes one row.
func (m *modify) delete(source []sqltypes.Datum) error {
	key := slices.Clone(source[0].Bytes())
	if m.rt.touched[string(key)] {
		return nil
	}
	m.touch(key)
	old := source[1 : 1+len(m.columns)]
	if err := m.writeEntries(nil, nil, old, key); err != nil {
		return err
	}
	m.rt.Txn.Delete(key)
	m.count(key, nil)
	m.rt.Txn.Mark(key, journal.Replace)
	return m.changed(old, source)
}
