package exec

import (
	"slices"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
)

// conflicting finds the key of a row that the new one would collide with in one of the arbiter indexes; nil when there is none.
func (m *modify) conflicting(row []sqltypes.Datum, key []byte) ([]byte, error) {
	t := m.rt.Txn
	if len(m.codec.key) > 0 && m.arbitrates(m.primary()) {
		if _, taken, err := t.GetLatest(key); err != nil {
			return nil, err
		} else if taken {
			return key, nil
		}
	}
	for _, ix := range m.indexes {
		if !ix.index.Unique || !m.arbitrates(ix.index) {
			continue
		}
		row, has, err := ix.row(row)
		if err != nil {
			return nil, err
		}
		if !has {
			continue
		}
		entry, _, unique := ix.entry(row, key[len(m.codec.prefix):])
		if !unique {
			continue
		}
		value, taken, err := t.GetLatest(entry)
		if err != nil {
			return nil, err
		}
		if taken {
			suffix, _, err := ix.split(entry, value)
			if err != nil {
				return nil, err
			}
			return append(slices.Clone(m.codec.prefix), suffix...), nil
		}
	}
	return nil, nil
}

func (m *modify) arbitrates(ix *catalog.Index) bool {
	if ix == nil {
		return false
	}
	return len(m.node.Conflict.Arbiters) == 0 ||
		slices.ContainsFunc(m.node.Conflict.Arbiters, func(a *catalog.Index) bool { return a.OID == ix.OID })
}

// onConflict does what ON CONFLICT says about an existing row.
func (m *modify) onConflict(key []byte, proposed, source []sqltypes.Datum) error {
	if m.conflicts != nil {
		*m.conflicts++
	}
	if !m.node.Conflict.DoUpdate {
		return nil
	}
	if m.rt.touched[string(key)] {
		return pgerror.New(pgerror.CardinalityViolation, "ON CONFLICT DO UPDATE command cannot affect row a second time").
			WithHint("Ensure that no rows proposed for insertion within the same command have duplicate constrained values.")
	}
	value, ok, err := m.rt.Txn.GetLatest(key)
	if err != nil {
		return err
	}
	if !ok {
		return pgerror.New(pgerror.InternalError, "index entry without a row")
	}
	all := make([]int, len(m.columns))
	for i := range all {
		all[i] = i
		if m.columns[i].Dropped {
			all[i] = -2
		}
	}
	old := make([]sqltypes.Datum, len(m.columns))
	if err := newRowReader(m.codec, liveColumns(m.columns, all)).decode(key, value, old); err != nil {
		return err
	}
	old = spreadLive(m.columns, old)
	both := append(slices.Clone(old), proposed...)
	if m.where != nil {
		m.where.loadRow(both)
		if ok, err := m.where.truth(); err != nil || !ok {
			return err
		}
	}
	values := make([]sqltypes.Datum, len(m.node.Conflict.Columns))
	m.assign.loadRow(both)
	if err := m.assign.all(values); err != nil {
		return err
	}
	return m.replace(old, key, values, m.node.Conflict.Columns, source)
}

// liveColumns leaves the dropped columns out.
func liveColumns(columns []catalog.Column, all []int) []int {
	var live []int
	for i, c := range columns {
		if !c.Dropped {
			live = append(live, all[i])
		}
	}
	return live
}

// spreadLive puts decoded columns, which came without the dropped ones, into their places.
func spreadLive(columns []catalog.Column, decoded []sqltypes.Datum) []sqltypes.Datum {
	row := make([]sqltypes.Datum, len(columns))
	at := 0
	for i, c := range columns {
		if !c.Dropped {
			row[i] = decoded[at]
			at++
		}
	}
	return row
}
