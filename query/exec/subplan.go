package exec

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// subplan is a sub-query in an expression, made ready to run.
type subplan struct {
	node    *plan.Subplan
	root    operator
	combine expr.Eval
	inner   *rowEval    // HashInner over the sub-query's row, which SubColumn reads
	outer   []expr.Eval // HashOuter over the left side

	done  bool // the result of an uncorrelated one is known
	value sqltypes.Datum
	rows  [][]sqltypes.Datum // kept rows of an uncorrelated ANY or ALL
	table hashTable
	nulls bool // a row of the table has a NULL
	known *knownValues
	keyed *keyedValues // nil: it has no such form
}

func (b *builder) subplan(n *plan.Subplan) (*subplan, error) {
	root, err := b.build(n.Plan)
	if err != nil {
		return nil, err
	}
	s := &subplan{node: n, root: root, table: hashTable{types: n.HashTypes}, known: newKnownValues(n)}
	if s.keyed, err = b.keyedValues(n); err != nil {
		return nil, err
	}
	if s.combine, err = b.compile(n.Combine); err != nil {
		return nil, err
	}
	if len(n.HashTypes) > 0 {
		if s.inner, err = b.rowEval(0, n.HashInner...); err != nil {
			return nil, err
		}
		s.outer, err = b.compileAll(n.HashOuter)
	}
	return s, err
}

func (s *subplan) forget() {
	s.done, s.value, s.rows, s.nulls = false, sqltypes.Null, nil, false
	s.table = hashTable{types: s.node.HashTypes}
	if s.known != nil {
		s.known.forget()
	}
	if s.keyed != nil {
		s.keyed.forget()
	}
}

func (s *subplan) close() {
	s.root.close()
	if s.keyed != nil {
		s.keyed.root.close()
	}
}

// RunSubplan gives the value of a sub-query for the current row. args are the correlated values, then the left side of ANY and ALL.
func (rt *runtime) RunSubplan(env *expr.Env, node *plan.Subplan, args []sqltypes.Datum) (sqltypes.Datum, error) {
	s := rt.subplans[node.ID]
	if s.known == nil || s.keyed != nil && s.keyed.made {
		return rt.runSubplan(env, s, args)
	}
	if d, ok := s.known.value(args); ok {
		return d, nil
	}
	d, err := rt.runSubplan(env, s, args)
	if err == nil {
		s.known.add(rt, args, d)
	}
	return d, err
}

func (rt *runtime) runSubplan(env *expr.Env, s *subplan, args []sqltypes.Datum) (sqltypes.Datum, error) {
	row, sub, test := env.Row, env.Sub, env.Case
	defer func() { env.Row, env.Sub, env.Case = row, sub, test }()
	node := s.node
	for i, p := range node.Params {
		env.Exec[p] = args[i]
	}
	left := args[len(node.Params):]
	for i, p := range node.TestParams {
		env.Exec[p] = left[i]
	}
	switch node.Kind {
	case expr.AnyLink, expr.AllLink:
		return rt.quantified(s)
	case expr.RowLink:
		return rt.rowCompare(s)
	}
	if s.done {
		return s.value, nil
	}
	if s.keyed != nil {
		return rt.byKeys(s)
	}
	value, err := rt.single(s)
	if err != nil {
		return sqltypes.Null, err
	}
	if !node.Correlated {
		s.done, s.value = true, value
	}
	return value, nil
}

// single runs EXISTS, a scalar sub-query, or ARRAY(…).
func (rt *runtime) single(s *subplan) (sqltypes.Datum, error) {
	if err := s.root.open(); err != nil {
		return sqltypes.Null, err
	}
	defer s.root.close()
	if s.node.Kind == expr.ArrayLink {
		return rt.array(s)
	}
	value, rows := sqltypes.Null, 0
	for {
		in, err := s.root.next()
		if err != nil {
			return sqltypes.Null, err
		}
		if in == nil {
			break
		}
		if s.node.Kind == expr.ExistsLink {
			return sqltypes.Bool(true), nil
		}
		if rows += in.N; rows > 1 {
			return sqltypes.Null, errManyRows()
		}
		value = in.Cols[0].At(0)
	}
	if s.node.Kind == expr.ExistsLink {
		return sqltypes.Bool(false), nil
	}
	return value, nil
}

func errManyRows() error {
	return pgerror.New(pgerror.CardinalityViolation, "more than one row returned by a subquery used as an expression")
}

// The pg_proc OIDs of array_agg, over elements and over arrays.
const (
	arrayAggOID      = 2335
	arrayAggArrayOID = 4053
)

// array gathers the rows of ARRAY(…), arrays of them into an array of one more dimension.
func (rt *runtime) array(s *subplan) (sqltypes.Datum, error) {
	column := s.node.Plan.Header()[0].Type
	proc := sqltypes.OID(arrayAggOID)
	if column.OID == s.node.Type.OID {
		proc = arrayAggArrayOID
	}
	agg, err := expr.LookupAggregate(proc, &expr.CallInfo{Proc: proc, Name: "array_agg", Args: []sqltypes.Type{column}, Result: s.node.Type})
	if err != nil {
		return sqltypes.Null, err
	}
	state, rows := agg.New(), 0
	var used usage // the array itself belongs to whoever asked for it
	defer used.free(rt)
	err = rt.eachBatch(s.root, func(in *Batch) error {
		for i := range in.N {
			rows++
			d := in.Cols[0].At(i)
			if err := state.Add(&rt.env, []sqltypes.Datum{d}); err != nil {
				return err
			}
			if err := used.add(rt, 24+d.Size()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return sqltypes.Null, err
	}
	if rows == 0 {
		element, _ := sqltypes.ElementOf(s.node.Type.OID)
		return sqltypes.FromArray(&sqltypes.Array{Element: element}), nil
	}
	return state.Result(&rt.env)
}

// rowCompare compares a row value with the one row of a sub-query.
func (rt *runtime) rowCompare(s *subplan) (sqltypes.Datum, error) {
	if err := s.root.open(); err != nil {
		return sqltypes.Null, err
	}
	defer s.root.close()
	var only []sqltypes.Datum
	err := rt.collect(s.root, func(row []sqltypes.Datum) error {
		if only != nil {
			return errManyRows()
		}
		only = row
		return nil
	})
	if err != nil || only == nil {
		return sqltypes.Null, err
	}
	rt.env.Sub = only
	return s.combine(&rt.env)
}

// quantified answers ANY and ALL: over kept rows, through a hash table where the comparison is equality.
func (rt *runtime) quantified(s *subplan) (sqltypes.Datum, error) {
	if s.node.Correlated {
		if err := s.root.open(); err != nil {
			return sqltypes.Null, err
		}
		defer s.root.close()
		return rt.overRows(s)
	}
	if !s.done {
		if err := rt.keepRows(s); err != nil {
			return sqltypes.Null, err
		}
	}
	if s.outer != nil {
		return rt.lookup(s)
	}
	return rt.overKept(s)
}

func (rt *runtime) keepRows(s *subplan) error {
	if err := s.root.open(); err != nil {
		return err
	}
	defer s.root.close()
	err := rt.collect(s.root, func(row []sqltypes.Datum) error {
		if s.outer == nil {
			s.rows = append(s.rows, row)
			return rt.remember(rowSize(row))
		}
		rt.env.Sub = row
		keys := make([]sqltypes.Datum, len(s.outer))
		if err := s.inner.all(keys); err != nil {
			return err
		}
		s.nulls = s.nulls || anyNull(keys)
		if s.table.first(keys) >= 0 {
			return nil
		}
		s.table.add(keys, nil)
		return rt.remember(rowSize(keys) + 48)
	})
	s.done = err == nil
	return err
}

// lookup answers x IN (…) from the table. NULLs on either side make the answer unknown unless a match is certain.
func (rt *runtime) lookup(s *subplan) (sqltypes.Datum, error) {
	if len(s.table.rows) == 0 {
		return sqltypes.Bool(false), nil
	}
	var few [4]sqltypes.Datum
	keys := few[:0]
	for _, e := range s.outer {
		d, err := e(&rt.env)
		if err != nil {
			return sqltypes.Null, err
		}
		keys = append(keys, d)
	}
	if anyNull(keys) || s.nulls {
		return rt.unknown(s, keys)
	}
	return sqltypes.Bool(s.table.first(keys) >= 0), nil
}

// unknown decides with NULLs about: a row that differs in a known column is no match, one that might be equal makes the answer NULL.
func (rt *runtime) unknown(s *subplan, keys []sqltypes.Datum) (sqltypes.Datum, error) {
	if !anyNull(keys) && s.table.first(keys) >= 0 {
		return sqltypes.Bool(true), nil
	}
	for _, row := range s.table.keys {
		maybe := true
		for i := range keys {
			if !keys[i].IsNull() && !row[i].IsNull() && !sqltypes.Equal(s.node.HashTypes[i], keys[i], row[i]) {
				maybe = false
				break
			}
		}
		if maybe {
			return sqltypes.Null, nil
		}
	}
	return sqltypes.Bool(false), nil
}

// verdict folds the comparisons of ANY (stop at true) or ALL (stop at false).
type verdict struct {
	all, null, decided bool
}

func (v *verdict) take(d sqltypes.Datum) bool {
	switch {
	case d.IsNull():
		v.null = true
	case d.Bool() != v.all:
		v.decided = true
	}
	return v.decided
}

func (v *verdict) value() sqltypes.Datum {
	switch {
	case v.decided:
		return sqltypes.Bool(!v.all)
	case v.null:
		return sqltypes.Null
	}
	return sqltypes.Bool(v.all)
}

func (rt *runtime) overKept(s *subplan) (sqltypes.Datum, error) {
	v := verdict{all: s.node.Kind == expr.AllLink}
	for i, row := range s.rows {
		if i&1023 == 1023 {
			if err := rt.check(); err != nil {
				return sqltypes.Null, err
			}
		}
		rt.env.Sub = row
		d, err := s.combine(&rt.env)
		if err != nil {
			return sqltypes.Null, err
		}
		if v.take(d) {
			break
		}
	}
	return v.value(), nil
}

func (rt *runtime) overRows(s *subplan) (sqltypes.Datum, error) {
	v := verdict{all: s.node.Kind == expr.AllLink}
	for {
		in, err := s.root.next()
		if err != nil {
			return sqltypes.Null, err
		}
		if in == nil {
			return v.value(), nil
		}
		row := make([]sqltypes.Datum, len(in.Cols))
		for i := range in.N {
			in.row(i, row)
			rt.env.Sub = row
			d, err := s.combine(&rt.env)
			if err != nil {
				return sqltypes.Null, err
			}
			if v.take(d) {
				return v.value(), nil
			}
		}
	}
}
