package exec

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/opendsql/opendsql/internal/keys"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
)

// errCorrupt: bytes of a table or index are not what this code wrote.
var errCorrupt = errors.New("exec: row or index entry is malformed")

// rowIDSize is the length of the hidden key of a table without a primary key, in bytes.
const rowIDSize = 16

// tableCodec turns a table's rows into keys and values and back.
//
// A row's key is the table's prefix, then its primary key's columns in key order, or its hidden row ID. The value holds every other
// column, and those key columns whose key bytes do not keep everything. The part of the key behind the prefix is the row's suffix: index entries name
// the row by it.
type tableCodec struct {
	table   *catalog.Table
	prefix  []byte
	key     []int // primary key columns, as indexes into table.Columns; none: hidden row ID
	stored  []int // columns in the value
	columns []keys.Column
	indexes []*indexCodec // all but the primary key
}

// indexCodec does the same for the entries of a secondary index.
//
// An entry's key is the index's prefix and its columns; entries that are not unique have the row's suffix behind. The value begins with where the
// suffix is, and holds the included columns. The values of keys that are expressions stand behind the columns of the row that an entry is made of.
type indexCodec struct {
	index   *catalog.Index
	prefix  []byte
	key     []indexColumn
	stored  []int
	columns []keys.Column
}

// indexColumn is a key of an index: a column of the table, or what stands behind them in the row.
type indexColumn struct {
	column     int
	typ        sqltypes.Type
	nullsFirst bool
}

const (
	suffixInKey   = 0
	suffixInValue = 1
)

func newTableCodec(t *catalog.Table) *tableCodec {
	prefix, _ := catalog.TableSpan(t.StorageID)
	c := &tableCodec{table: t, prefix: prefix}
	inKey := map[int]bool{}
	for _, ix := range t.Indexes {
		if !ix.Primary {
			continue
		}
		for _, k := range ix.Keys {
			i := columnByID(t, k.Column)
			c.key = append(c.key, i)
			if keys.KeyLossless(t.Columns[i].Type) {
				inKey[i] = true
			}
		}
	}
	for i, col := range t.Columns {
		if col.Dropped || inKey[i] {
			continue
		}
		c.stored = append(c.stored, i)
		c.columns = append(c.columns, keys.Column{ID: uint32(col.ID), Type: col.Type})
	}
	for _, ix := range t.Indexes {
		if !ix.Primary && ix.Ready {
			c.indexes = append(c.indexes, newIndexCodec(c, ix))
		}
	}
	return c
}

func newIndexCodec(t *tableCodec, ix *catalog.Index) *indexCodec {
	prefix, _ := catalog.TableSpan(ix.StorageID)
	c := &indexCodec{index: ix, prefix: prefix}
	add := func(i int) {
		if !slices.Contains(c.stored, i) {
			c.stored = append(c.stored, i)
		}
	}
	for _, k := range ix.Keys {
		if k.Column == 0 {
			c.key = append(c.key, indexColumn{len(t.table.Columns) + len(c.key), k.Type, k.NullsFirst})
			continue
		}
		i := columnByID(t.table, k.Column)
		c.key = append(c.key, indexColumn{i, t.table.Columns[i].Type, k.NullsFirst})
		if !keys.KeyLossless(t.table.Columns[i].Type) {
			add(i)
		}
	}
	for _, i := range t.key {
		if !keys.KeyLossless(t.table.Columns[i].Type) {
			add(i)
		}
	}
	for _, id := range ix.Include {
		add(columnByID(t.table, id))
	}
	slices.Sort(c.stored) // the order of their IDs
	for _, i := range c.stored {
		col := t.table.Columns[i]
		c.columns = append(c.columns, keys.Column{ID: uint32(col.ID), Type: col.Type})
	}
	return c
}

func columnByID(t *catalog.Table, id int16) int {
	for i := range t.Columns {
		if t.Columns[i].ID == id {
			return i
		}
	}
	return -1
}

// appendKey gives the row's key. rowID is the suffix of a table without a primary key.
func (c *tableCodec) appendKey(dst []byte, row []sqltypes.Datum, rowID []byte) []byte {
	dst = append(dst, c.prefix...)
	if len(c.key) == 0 {
		return append(dst, rowID...)
	}
	for _, i := range c.key {
		dst = keys.AppendKey(dst, c.table.Columns[i].Type.OID, row[i], false)
	}
	return dst
}

// appendValue gives the row's value.
func (c *tableCodec) appendValue(dst []byte, row []sqltypes.Datum) []byte {
	return appendStored(dst, c.columns, c.stored, row)
}

func appendStored(dst []byte, columns []keys.Column, stored []int, row []sqltypes.Datum) []byte {
	var few [16]sqltypes.Datum
	values := few[:0]
	for _, i := range stored {
		values = append(values, row[i])
	}
	return keys.AppendRow(dst, columns, values)
}

// entry gives the key and value of the row's index entry, and whether the key must be unique.
func (c *indexCodec) entry(row []sqltypes.Datum, suffix []byte) (key, value []byte, unique bool) {
	key = append(make([]byte, 0, len(c.prefix)+len(suffix)+16*len(c.key)), c.prefix...)
	unique = c.index.Unique
	for _, k := range c.key {
		d := row[k.column]
		if d.IsNull() && !c.index.NullsNotDistinct {
			unique = false
		}
		key = keys.AppendKey(key, k.typ.OID, d, k.nullsFirst)
	}
	if unique {
		value = append(value, suffixInValue)
		value = binary.AppendUvarint(value, uint64(len(suffix)))
		value = append(value, suffix...)
	} else {
		key = append(key, suffix...)
		value = append(value, suffixInKey)
	}
	if len(c.stored) > 0 {
		value = appendStored(value, c.columns, c.stored, row)
	}
	return key, value, unique
}

// split takes an index entry apart: the bytes behind its key columns, the row's suffix, and the row bytes of the stored columns.
func (c *indexCodec) split(key, value []byte) (suffix, stored []byte, err error) {
	if len(value) == 0 {
		return nil, nil, errCorrupt
	}
	if value[0] == suffixInValue {
		n, size := binary.Uvarint(value[1:])
		if size <= 0 || uint64(len(value)-1-size) < n {
			return nil, nil, errCorrupt
		}
		rest := value[1+size:]
		return rest[:n], rest[n:], nil
	}
	rest := key[len(c.prefix):]
	for _, k := range c.key {
		if rest, err = keys.SkipKey(rest, k.typ); err != nil {
			return nil, nil, err
		}
	}
	return rest, value[1:], nil
}

// rowReader decodes chosen columns of a table's rows.
type rowReader struct {
	codec   *tableCodec
	fromKey []int // for each key column up to the last one wanted: the place it goes to, -1 to skip it
	value   *keys.Reader
	rowKey  int // place of the row's key, -1: not wanted
}

func newRowReader(c *tableCodec, fetch []int) *rowReader {
	r := &rowReader{codec: c, rowKey: -1}
	var wanted []keys.Wanted
	for place, f := range fetch {
		if f < 0 {
			r.rowKey = place
			continue
		}
		if k := keyPlace(c.key, f); k >= 0 && keys.KeyLossless(c.table.Columns[f].Type) {
			for len(r.fromKey) <= k {
				r.fromKey = append(r.fromKey, -1)
			}
			r.fromKey[k] = place
			continue
		}
		col := c.table.Columns[f]
		wanted = append(wanted, keys.Wanted{Column: keys.Column{ID: uint32(col.ID), Type: col.Type}, Out: place})
	}
	if len(wanted) > 0 {
		r.value = keys.NewReader(wanted)
	}
	return r
}

func keyPlace(key []int, column int) int {
	for i, k := range key {
		if k == column {
			return i
		}
	}
	return -1
}

// decode fills out with the wanted columns. They share the memory of key and value.
func (r *rowReader) decode(key, value []byte, out []sqltypes.Datum) error {
	if len(r.fromKey) > 0 {
		rest := key[len(r.codec.prefix):]
		for k, place := range r.fromKey {
			d, after, err := keys.DecodeKey(rest, r.codec.table.Columns[r.codec.key[k]].Type)
			if err != nil {
				return err
			}
			rest = after
			if place >= 0 {
				out[place] = d
			}
		}
	}
	if r.rowKey >= 0 {
		out[r.rowKey] = sqltypes.Bytes(key)
	}
	if r.value != nil {
		return r.value.Decode(value, out)
	}
	return nil
}

// indexReader decodes chosen columns from index entries that have them all.
type indexReader struct {
	table   *tableCodec
	index   *indexCodec
	fromKey []int
	value   *keys.Reader
	suffix  *rowReader // the columns of the primary key, read from the row's suffix
}

func newIndexReader(t *tableCodec, c *indexCodec, fetch []int) *indexReader {
	r := &indexReader{table: t, index: c}
	var wanted []keys.Wanted
	inSuffix := make([]int, 0, len(fetch))
	places := make([]int, 0, len(fetch))
	for place, f := range fetch {
		if f >= 0 {
			if k := c.place(f); k >= 0 && keys.KeyLossless(t.table.Columns[f].Type) {
				for len(r.fromKey) <= k {
					r.fromKey = append(r.fromKey, -1)
				}
				r.fromKey[k] = place
				continue
			}
			if keyPlace(c.stored, f) >= 0 {
				col := t.table.Columns[f]
				wanted = append(wanted, keys.Wanted{Column: keys.Column{ID: uint32(col.ID), Type: col.Type}, Out: place})
				continue
			}
		}
		inSuffix, places = append(inSuffix, f), append(places, place)
	}
	if len(wanted) > 0 {
		r.value = keys.NewReader(wanted)
	}
	if len(inSuffix) > 0 {
		r.suffix = newRowReader(t, inSuffix)
		for i, place := range r.suffix.fromKey {
			if place >= 0 {
				r.suffix.fromKey[i] = places[place]
			}
		}
		if r.suffix.rowKey >= 0 {
			r.suffix.rowKey = places[r.suffix.rowKey]
		}
	}
	return r
}

func (c *indexCodec) place(column int) int {
	for i, k := range c.key {
		if k.column == column {
			return i
		}
	}
	return -1
}

// decode fills out from an index entry.
func (r *indexReader) decode(key, value []byte, out []sqltypes.Datum) error {
	suffix, stored, err := r.index.split(key, value)
	if err != nil {
		return err
	}
	rest := key[len(r.index.prefix):]
	for k, place := range r.fromKey {
		d, after, err := keys.DecodeKey(rest, r.index.key[k].typ)
		if err != nil {
			return err
		}
		rest = after
		if place >= 0 {
			out[place] = d
		}
	}
	if r.value != nil {
		if err := r.value.Decode(stored, out); err != nil {
			return err
		}
	}
	if r.suffix != nil {
		rowKey := append(append(make([]byte, 0, len(r.table.prefix)+len(suffix)), r.table.prefix...), suffix...)
		return r.suffix.decode(rowKey, nil, out)
	}
	return nil
}

// prefixEnd is the first key behind all keys with the prefix; nil when there is none.
func prefixEnd(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] != 0xFF {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}
