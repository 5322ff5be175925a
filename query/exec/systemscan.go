package exec

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// systemScan reads a relation whose rows the catalog computes: once for a statement, whatever number of scans read it how often. Where the condition
// fixes a column, only its rows are looked at.
type systemScan struct {
	rt     *runtime
	node   *plan.SystemScan
	filter *rowEval
	fixed  int       // the column of the relation that is fixed, -1: none
	value  expr.Eval // to what
	out    *Batch
	row    []sqltypes.Datum
	all    *systemRows
	at     int
	chosen []int32 // rows to look at, where a column is fixed

	removed *int64 // counts the rows that do not pass the filter; nil: not wanted
}

// systemRows are the rows of a system relation, kept for the statement.
type systemRows struct {
	rows    [][]sqltypes.Datum
	indexes map[int]*systemIndex // by column
}

// systemIndex finds rows by the value of a column: words by themselves, texts by their bytes.
type systemIndex struct {
	words map[int64][]int32
	texts map[string][]int32
}

func (b *builder) systemScan(n *plan.SystemScan) (operator, error) {
	s := &systemScan{rt: b.rt, node: n, out: newBatch(n.Cols), row: make([]sqltypes.Datum, len(n.Fetch)), fixed: -1}
	if n.Filter == nil {
		return s, nil
	}
	var err error
	if s.filter, err = b.condition(len(n.Cols), n.Filter); err != nil {
		return nil, err
	}
	for _, c := range conjuncts(n.Filter) {
		slot, other, ok := expr.FixedSlot(c)
		if !ok || n.Fetch[slot] < 0 || b.measures != nil {
			continue // measured, a scan tells what its condition has removed
		}
		s.fixed = n.Fetch[slot]
		s.value, err = b.compile(other)
		return s, err
	}
	return s, nil
}

func (s *systemScan) open() error {
	s.at, s.chosen = 0, nil
	all, err := s.rt.systemRows(s.node.System)
	if err != nil || s.fixed < 0 {
		s.all = all
		return err
	}
	s.all = nil
	d, err := s.rt.constant(s.value)
	if err != nil || d.IsNull() {
		return err
	}
	s.all = all
	index := all.index(s.fixed)
	if d.Kind() == sqltypes.KindBytes {
		s.chosen = index.texts[d.Str()]
	} else {
		s.chosen = index.words[d.Word()]
	}
	return nil
}

func (s *systemScan) close() { s.all = nil }

func (s *systemScan) next() (*Batch, error) {
	if s.all == nil {
		return nil, nil
	}
	if err := s.rt.check(); err != nil {
		return nil, err
	}
	s.out.reset()
	for s.out.N < batchRows {
		row := s.step()
		if row == nil {
			break
		}
		for i, f := range s.node.Fetch {
			s.row[i] = sqltypes.Null
			if f >= 0 && f < len(row) {
				s.row[i] = row[f]
			}
		}
		if s.filter != nil {
			s.filter.loadRow(s.row)
			keep, err := s.filter.truth()
			if err != nil {
				return nil, err
			}
			if !keep {
				if s.removed != nil {
					*s.removed++
				}
				continue
			}
		}
		s.out.append(s.row)
	}
	if s.out.N == 0 {
		return nil, nil
	}
	return s.out, nil
}

// step gives the next row to look at, nil at the end.
func (s *systemScan) step() []sqltypes.Datum {
	i := s.at
	s.at++
	switch {
	case s.fixed >= 0 && i < len(s.chosen):
		return s.all.rows[s.chosen[i]]
	case s.fixed < 0 && i < len(s.all.rows):
		return s.all.rows[i]
	}
	return nil
}

// systemRows gives the rows of a relation, which are computed the first time in a statement.
func (rt *runtime) systemRows(of *catalog.System) (*systemRows, error) {
	if r := rt.system[of]; r != nil {
		return r, nil
	}
	r := &systemRows{indexes: map[int]*systemIndex{}}
	bytes := 0
	err := of.Rows(rt.Context, rt.Snapshot, rt.Info(), func(row []sqltypes.Datum) error {
		r.rows = append(r.rows, row)
		if bytes += rowSize(row); len(r.rows)&255 != 0 {
			return nil
		}
		n := bytes
		bytes = 0
		if err := rt.check(); err != nil {
			return err
		}
		return rt.remember(n)
	})
	if err == nil {
		err = rt.remember(bytes)
	}
	if err != nil {
		return nil, err
	}
	if rt.system == nil {
		rt.system = map[*catalog.System]*systemRows{}
	}
	rt.system[of] = r
	return r, nil
}

// index gives the rows by a column.
func (r *systemRows) index(column int) *systemIndex {
	if x := r.indexes[column]; x != nil {
		return x
	}
	x := &systemIndex{words: map[int64][]int32{}, texts: map[string][]int32{}}
	for i, row := range r.rows {
		if column >= len(row) {
			continue
		}
		switch d := row[column]; d.Kind() {
		case sqltypes.KindNull:
		case sqltypes.KindBytes:
			x.texts[d.Str()] = append(x.texts[d.Str()], int32(i))
		default:
			x.words[d.Word()] = append(x.words[d.Word()], int32(i))
		}
	}
	r.indexes[column] = x
	return x
}
