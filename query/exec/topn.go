package exec

import "github.com/opendsql/opendsql/internal/sqltypes"

// topRowsMax is up to how many rows a sort with a bound keeps no more than about twice as many rows as it gives.
const topRowsMax = 1 << 28

// topSlack is how many rows more than twice those that are wanted are gathered before they are sorted and cut.
const topSlack = 8192

// topBytes is how many bytes more than twice those of the rows that are wanted are gathered at most.
const topBytes = 16 << 20

// top gives the first n rows. It gathers rows, and cuts them to the first n when there are many more. From then on a row that does not come before the last
// of these is passed over: among equal rows the earlier ones are kept, and with ties all.
func (s *sort) top(n int) error {
	if n == 0 {
		return nil
	}
	t := topRows{sort: s, n: n}
	if err := s.rt.eachBatch(s.child, t.take); err != nil {
		return err
	}
	var err error
	s.places, err = t.first()
	return err
}

// topRows are the rows that a sort with a bound has gathered: the first n in order after a cut, then those that came since.
type topRows struct {
	sort  *sort
	n     int
	order int // rows that stand in order; 0: there was no cut
	held  int // their memory in bytes
	sel   []int32
}

// take gathers the rows of a batch that may be among the first.
func (t *topRows) take(in *Batch) error {
	s := t.sort
	if t.order == 0 {
		size := 0
		for c := range in.Cols {
			appendColumn(&s.rows.Cols[c], &in.Cols[c], 0, in.N)
			size += columnBytes(&in.Cols[c], 0, in.N)
		}
		s.rows.N += in.N
		if err := s.used.add(s.rt, size); err != nil {
			return err
		}
	} else if err := t.takeBefore(in); err != nil {
		return err
	}
	many := s.rows.N >= 2*t.n+topSlack && s.rows.N >= 2*t.order+topSlack
	if large := s.used.bytes >= 2*t.held+topBytes && s.rows.N > t.n; many || large {
		return t.cut()
	}
	return nil
}

// takeBefore gathers the rows that come before the last one in order.
func (t *topRows) takeBefore(in *Batch) error {
	s := t.sort
	t.sel = t.sel[:0]
	for i := range in.N {
		if c := s.order.compareAt(in, i, s.rows, t.order-1); c < 0 || c == 0 && s.ties {
			t.sel = append(t.sel, int32(i))
		}
	}
	size := 0
	for c := range in.Cols {
		to, from := &s.rows.Cols[c], &in.Cols[c]
		for _, row := range t.sel {
			appendColumn(to, from, int(row), int(row)+1)
		}
		size += columnBytes(to, s.rows.N, s.rows.N+len(t.sel))
	}
	s.rows.N += len(t.sel)
	return s.used.add(s.rt, size)
}

// first sorts what was gathered and gives the places of the first rows.
func (t *topRows) first() ([]int32, error) {
	s := t.sort
	if err := s.used.add(s.rt, s.rows.N*(4+2*sortItemBytes)); err != nil {
		return nil, err
	}
	places := (&rowSorter{rt: s.rt, rows: s.rows, keys: s.keys, types: s.order.types}).sort()
	if err := s.rt.check(); err != nil {
		return nil, err
	}
	s.used.sub(s.rt, s.rows.N*2*sortItemBytes)
	kept := min(t.n, len(places))
	for s.ties && kept < len(places) && s.order.compareAt(s.rows, int(places[kept]), s.rows, int(places[kept-1])) == 0 {
		kept++
	}
	return places[:kept], nil
}

// cut keeps only the first rows, in order.
func (t *topRows) cut() error {
	s := t.sort
	places, err := t.first()
	if err != nil {
		return err
	}
	rows, size := newBatch(s.header), 0
	for c := range rows.Cols {
		pickColumn(&rows.Cols[c], &s.rows.Cols[c], places, false)
		size += columnBytes(&rows.Cols[c], 0, len(places))
	}
	rows.N = len(places)
	s.rows, t.order = rows, rows.N
	s.used.free(s.rt)
	t.held = size
	return s.used.add(s.rt, size)
}

// compareAt compares row i of a batch with row j of another.
func (o *rowOrder) compareAt(a *Batch, i int, b *Batch, j int) int {
	for n, k := range o.keys {
		x, y := &a.Cols[k.Slot], &b.Cols[k.Slot]
		c := 0
		switch {
		case x.Fixed && x.Kind == sqltypes.KindInt && !signless(o.types[n]) && !nullAt(x, i) && !nullAt(y, j):
			switch v, w := x.Words[i], y.Words[j]; {
			case v < w:
				c = -1
			case v > w:
				c = 1
			}
		case nullAt(x, i) || nullAt(y, j):
			if c = compareNulls(o.types[n], x.At(i), y.At(j), k.NullsFirst); c != 0 {
				return c
			}
		default:
			c = o.rt.compare(o.types[n], x.At(i), y.At(j))
		}
		if c != 0 {
			if k.Desc {
				return -c
			}
			return c
		}
	}
	return 0
}

// signless tells whether words of a type are ordered as unsigned numbers.
func signless(t sqltypes.OID) bool { return t == sqltypes.XID8OID || t == sqltypes.PGLSNOID }
