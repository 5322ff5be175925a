package exec

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// Distribution describes the values of a sample's column by PostgreSQL's rules, so that a table that was sampled whole gets the statistics PostgreSQL
// computes. t is the column's type below domains, target the most common values and the ranges of the histogram asked for. Nil for a sample without rows.
func (s *Sample) Distribution(column int, t sqltypes.OID, target int) *catalog.ColumnStatistics {
	if s.N == 0 {
		return nil
	}
	d := &distribution{t: t, rows: s.Rows, sampled: s.N, target: target}
	d.collect(s, column)
	st := &catalog.ColumnStatistics{NullFraction: float32(float64(d.nulls) / float64(s.N)), Width: d.averageWidth()}
	st.HasCorrelated = len(d.values) > 1
	switch {
	case t == sqltypes.JSONOID: // it has no equality
		st.HasCorrelated = false
		return st
	case len(d.values) > 0:
		d.describe(st)
	case d.wide > 0: // too wide to be looked at: each is taken to be another
		st.Distinct = float32(-1 * (1 - float64(st.NullFraction)))
	}
	return st
}

// distribution is a column of a sample on its way to statistics.
type distribution struct {
	t       sqltypes.OID
	rows    float64 // of the table
	sampled int
	target  int

	nulls, wide int
	width       float64 // sum of all values that are not NULL
	values      []placed
	groups      []group // the most common values that occur more than once, most common first
	distinct    int     // different values
	repeated    int     // of them, those that occur more than once
}

// placed is a value with its place among those of the sample that are neither NULL nor too wide.
type placed struct {
	value sqltypes.Datum
	place int32
}

// group is a run of equal values in the sorted sample.
type group struct{ first, count int }

func (d *distribution) collect(s *Sample, column int) {
	kind, fixed := sqltypes.FixedKind(d.t)
	size := int64(sqltypes.TypeLen(d.t))
	d.values = make([]placed, 0, s.N)
	for row := range s.N {
		v := s.at(row, column)
		switch {
		case v.IsNull():
			d.nulls++
			continue
		case v.Kind() == sqltypes.KindInt && !(fixed && kind == sqltypes.KindInt):
			d.wide++
			d.width += float64(v.Int())
			continue
		case size > 0:
			d.width += float64(size)
		default:
			d.width += float64(expr.StoredSize(d.t, v))
		}
		d.values = append(d.values, placed{v, int32(len(d.values))})
	}
}

// averageWidth is rounded down, as PostgreSQL does.
func (d *distribution) averageWidth() int32 {
	n := d.sampled - d.nulls
	if n == 0 {
		return max(int32(sqltypes.TypeLen(d.t)), 0)
	}
	return int32(d.width / float64(n))
}

// describe fills in what the values tell.
func (d *distribution) describe(st *catalog.ColumnStatistics) {
	d.sort()
	products := d.count()
	distinct := d.estimateDistinct(float64(st.NullFraction))
	st.Distinct = float32(distinct)
	common := d.commonValues(distinct, float64(st.NullFraction))
	for _, g := range common {
		st.Common = append(st.Common, sqltypes.Text(d.t, d.values[g.first].value, nil))
		st.CommonParts = append(st.CommonParts, float32(float64(g.count)/float64(d.sampled)))
	}
	if n := float64(len(d.values)); n > 1 {
		// Both orders are permutations of 0 … n-1, so their sums are known.
		sum := (n - 1) * n / 2
		squares := (n - 1) * n * (2*n - 1) / 6
		st.Correlation = float32((n*products - sum*sum) / (n*squares - sum*sum))
	}
	st.Histogram = d.histogram(common)
}

// sort orders the values, equal ones by place.
func (d *distribution) sort() {
	if slices.IsSortedFunc(d.values, func(a, b placed) int { return sqltypes.Compare(d.t, a.value, b.value) }) {
		return
	}
	order := func(a, b placed) int {
		return cmp.Or(sqltypes.Compare(d.t, a.value, b.value), cmp.Compare(a.place, b.place))
	}
	switch kind, _ := sqltypes.FixedKind(d.t); {
	case kind == sqltypes.KindInt:
		order = func(a, b placed) int {
			return cmp.Or(cmp.Compare(a.value.Int(), b.value.Int()), cmp.Compare(a.place, b.place))
		}
	case d.t == sqltypes.TextOID || d.t == sqltypes.VarCharOID || d.t == sqltypes.UUIDOID:
		order = func(a, b placed) int {
			return cmp.Or(strings.Compare(a.value.Str(), b.value.Str()), cmp.Compare(a.place, b.place))
		}
	}
	slices.SortFunc(d.values, order)
}

// count finds the runs of equal values in the sorted sample, and sums up the products of sorted place and place.
func (d *distribution) count() (products float64) {
	first := 0
	for i, v := range d.values {
		products += float64(i) * float64(v.place)
		if i+1 < len(d.values) && sqltypes.Equal(d.t, v.value, d.values[i+1].value) {
			continue
		}
		d.distinct++
		if n := i + 1 - first; n > 1 {
			d.repeated++
			d.keep(group{first, n})
		}
		first = i + 1
	}
	return products
}

// keep puts a run among the most common ones if it is one: behind those that are as common.
func (d *distribution) keep(g group) {
	if len(d.groups) == d.target {
		if d.target == 0 || g.count <= d.groups[d.target-1].count {
			return
		}
		d.groups = d.groups[:d.target-1]
	}
	at := len(d.groups)
	for at > 0 && g.count > d.groups[at-1].count {
		at--
	}
	d.groups = slices.Insert(d.groups, at, g)
}

// estimateDistinct is the number of different values of the table, as n_distinct has it: below zero it is a fraction of the rows.
//
// Where the sample leaves it open, it is Haas and Stokes's estimator Duj1, n·d / (n - f1 + f1·n/N): n values of N were looked at and d different ones seen,
// f1 of them once.
func (d *distribution) estimateDistinct(nullFraction float64) float64 {
	if d.repeated == 0 {
		return -1 * (1 - nullFraction)
	}
	distinct := float64(d.distinct)
	if d.wide > 0 || d.repeated != d.distinct {
		n, all := float64(d.sampled-d.nulls), d.rows*(1-nullFraction)
		once := float64(d.distinct - d.repeated + d.wide)
		seen := once + float64(d.repeated)
		distinct = 0
		if all > 0 {
			distinct = n * seen / ((n - once) + once*n/all)
		}
		distinct = min(max(distinct, seen), all)
		distinct = math.Floor(distinct + 0.5)
	}
	if distinct > 0.1*d.rows {
		return -(distinct / d.rows)
	}
	return distinct
}

// commonValues are the values worth listing: all of them when they are few, else those that are clearly more common than the rest.
func (d *distribution) commonValues(distinct, nullFraction float64) []group {
	if len(d.groups) == d.distinct && d.wide == 0 && distinct > 0 && len(d.groups) <= d.target {
		return d.groups
	}
	if float64(d.sampled) == d.rows || d.rows <= 1 {
		return d.groups
	}
	if distinct < 0 {
		distinct *= -d.rows
	}
	all, n := d.rows, float64(d.sampled)
	sum := 0.0 // of all but the least common
	for _, g := range d.groups {
		sum += float64(g.count)
	}
	for k := len(d.groups); k > 0; k-- {
		least := float64(d.groups[k-1].count)
		sum -= least
		// What a value would have if those not listed shared the rest evenly.
		rest := min(max(1-sum/n-nullFraction, 0), 1)
		if others := distinct - float64(k-1); others > 1 {
			rest /= others
		}
		// The count in a sample is hypergeometric; the least common one must stand out by two standard deviations.
		expected := all * least / n
		deviation := math.Sqrt(n * expected * (all - expected) * (all - n) / (all * all * (all - 1)))
		if least > rest*n+2*deviation+0.5 {
			return d.groups[:k]
		}
	}
	return nil
}

// histogram gives bounds of ranges with equally many of the values that are not listed as common.
func (d *distribution) histogram(common []group) []string {
	bounds := min(d.distinct-len(common), d.target+1)
	if bounds < 2 {
		return nil
	}
	left := d.values
	if len(common) > 0 {
		left = withoutGroups(d.values, common)
	}
	step, rest := (len(left)-1)/(bounds-1), (len(left)-1)%(bounds-1)
	out := make([]string, 0, bounds)
	at, parts := 0, 0
	for range bounds {
		out = append(out, sqltypes.Text(d.t, left[at].value, nil))
		at += step
		if parts += rest; parts >= bounds-1 {
			at++
			parts -= bounds - 1
		}
	}
	return out
}

// withoutGroups gives the sorted values that are in none of the groups.
func withoutGroups(values []placed, groups []group) []placed {
	inOrder := slices.SortedFunc(slices.Values(groups), func(a, b group) int { return cmp.Compare(a.first, b.first) })
	left := make([]placed, 0, len(values))
	from := 0
	for _, g := range inOrder {
		left = append(left, values[from:g.first]...)
		from = g.first + g.count
	}
	return append(left, values[from:]...)
}
