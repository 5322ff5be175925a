package exec

import (
	"bytes"

	"github.com/opendsql/opendsql/internal/limits"
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/journal"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
)

// indexWriter makes the entries of a secondary index.
type indexWriter struct {
	*indexCodec
	keys      *rowEval // the keys that are expressions, over the row; nil: there are none
	at        []int    // where their values stand behind the row's columns
	predicate *rowEval // nil: there is an entry for every row
	width     int      // of the row with the values behind it
}

// indexWriters makes the writers of a table's indexes. exprs are their expressions, parallel to the table's list of indexes; nil: there are none.
func (b *builder) indexWriters(t *tableCodec, exprs []bind.IndexExprs) ([]*indexWriter, error) {
	var list []*indexWriter
	columns := len(t.table.Columns)
	for _, c := range t.indexes {
		w := &indexWriter{indexCodec: c, width: columns + len(c.key)}
		for i, ix := range t.table.Indexes {
			if ix != c.index || exprs == nil {
				continue
			}
			if err := b.indexExprs(w, columns, &exprs[i]); err != nil {
				return nil, err
			}
		}
		list = append(list, w)
	}
	return list, nil
}

func (b *builder) indexExprs(w *indexWriter, columns int, e *bind.IndexExprs) (err error) {
	if e.Predicate != nil {
		if w.predicate, err = b.rowEval(columns, e.Predicate); err != nil {
			return err
		}
	}
	var list = e.Keys[:0:0]
	for i, key := range e.Keys {
		if key != nil {
			list, w.at = append(list, key), append(w.at, columns+i)
		}
	}
	if len(list) > 0 {
		w.keys, err = b.rowEval(columns, list...)
	}
	return err
}

// row is the row that an entry is made of; has is false when the index has no entry for it.
func (w *indexWriter) row(row []sqltypes.Datum) (out []sqltypes.Datum, has bool, err error) {
	if w.predicate != nil {
		w.predicate.loadRow(row)
		if has, err := w.predicate.truth(); err != nil || !has {
			return nil, false, err
		}
	}
	if w.keys == nil {
		return row, true, nil
	}
	out = make([]sqltypes.Datum, w.width)
	copy(out, row)
	w.keys.loadRow(row)
	for i, at := range w.at {
		if out[at], err = w.keys.at(i); err != nil {
			return nil, false, err
		}
	}
	return out, true, nil
}

// writeEntries brings the secondary indexes from the old row to the new one; row or old may be nil. Entries that stay as they are are not written.
func (m *modify) writeEntries(row []sqltypes.Datum, key []byte, old []sqltypes.Datum, oldKey []byte) error {
	for _, ix := range m.indexes {
		before, err := m.indexEntry(ix, old, oldKey)
		if err != nil {
			return err
		}
		after, err := m.indexEntry(ix, row, key)
		if err != nil {
			return err
		}
		if err := m.writeEntry(ix, row, before, after); err != nil {
			return err
		}
	}
	return nil
}

// indexEntry is an entry of an index; its key is nil when the row has none there.
type indexEntry struct {
	key, value []byte
	unique     bool
}

func (m *modify) indexEntry(ix *indexWriter, row []sqltypes.Datum, key []byte) (e indexEntry, err error) {
	if row == nil {
		return e, nil
	}
	full, has, err := ix.row(row)
	if err != nil || !has {
		return e, err
	}
	e.key, e.value, e.unique = ix.entry(full, key[len(m.codec.prefix):])
	if len(e.key)-len(ix.prefix) > limits.KeyBytes {
		return e, pgerror.New(pgerror.ProgramLimitExceeded, "key size too large")
	}
	return e, nil
}

func (m *modify) writeEntry(ix *indexWriter, row []sqltypes.Datum, before, after indexEntry) error {
	t := m.rt.Txn
	same := before.key != nil && after.key != nil && bytes.Equal(before.key, after.key)
	if same && bytes.Equal(before.value, after.value) {
		return nil
	}
	if after.unique && !same {
		if _, taken, err := t.GetLatest(after.key); err != nil {
			return err
		} else if taken {
			return m.duplicate(ix, row)
		}
		t.Mark(after.key, journal.Replace)
	}
	if before.key != nil && !same {
		t.Delete(before.key)
		m.count(before.key, nil)
		if before.unique {
			t.Mark(before.key, journal.Replace)
		}
	}
	if after.key != nil {
		t.Put(after.key, after.value)
		m.count(after.key, after.value)
	}
	return nil
}

// duplicate is the unique violation that PostgreSQL would raise.
func (m *modify) duplicate(ix *indexWriter, row []sqltypes.Datum) error {
	full, _, err := ix.row(row)
	if err != nil {
		return err
	}
	return m.violates(ix.index, ix.key, full)
}

// duplicateKey is that of the primary key.
func (m *modify) duplicateKey(row []sqltypes.Datum) error {
	var key []indexColumn
	for _, i := range m.codec.key {
		key = append(key, indexColumn{column: i, typ: m.columns[i].Type})
	}
	return m.violates(m.primary(), key, row)
}

func (m *modify) violates(ix *catalog.Index, key []indexColumn, row []sqltypes.Datum) error {
	var names, texts []byte
	for i, k := range key {
		if i > 0 {
			names, texts = append(names, ", "...), append(texts, ", "...)
		}
		names = append(names, catalog.KeyText(m.node.Table, &ix.Keys[i], true)...)
		if row[k.column].IsNull() {
			texts = append(texts, "null"...)
			continue
		}
		texts = sqltypes.AppendText(texts, k.typ.OID, row[k.column], m.rt.Session.Format)
	}
	return pgerror.New(pgerror.UniqueViolation, "duplicate key value violates unique constraint \"%s\"", ix.Name).
		WithDetail("Key (%s)=(%s) already exists.", names, texts).On(m.schema(), m.node.Table.Name, "", ix.Name)
}
