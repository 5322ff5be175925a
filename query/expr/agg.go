package expr

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Aggregate makes the states of one aggregate call.
type Aggregate interface{ New() AggState }

// AggState adds up one group. DISTINCT, ORDER BY and FILTER are the caller's work; NULLs are the state's own. Used by one goroutine.
type AggState interface {
	// Add takes the aggregated arguments of one row: for WITHIN GROUP the sorted columns, with the rows in that order. It keeps no args.
	Add(env *Env, args []sqltypes.Datum) error
	// Remove undoes the oldest Add, for a window frame that moves on; false means that the caller has to start again.
	Remove(env *Env, args []sqltypes.Datum) bool
	// Merge adds what another state of the same call holds; false means that it cannot.
	Merge(other AggState) bool
	// Result may be asked for more than once. direct are the direct arguments of an ordered-set aggregate.
	Result(env *Env, direct ...sqltypes.Datum) (sqltypes.Datum, error)
	// Held is about how much memory the state takes beside its own struct, in bytes.
	Held() int
}

type aggregateOf func() AggState

func (f aggregateOf) New() AggState { return f() }

// oneWay is embedded by states that can only be added to.
type oneWay struct{}

func (oneWay) Remove(*Env, []datum) bool { return false }

func (oneWay) Merge(AggState) bool { return false }

// plain is embedded by states that take no memory beside their own structs.
type plain struct{}

func (plain) Held() int { return 0 }

func simple(f func() AggState) func(*CallInfo) (Aggregate, error) {
	return func(*CallInfo) (Aggregate, error) { return aggregateOf(f), nil }
}

func aggregateTable() map[oid]func(*CallInfo) (Aggregate, error) {
	out := map[oid]func(*CallInfo) (Aggregate, error){
		2803: simple(func() AggState { return &countState{star: true} }),
		2147: simple(func() AggState { return &countState{} }),
		2108: simple(func() AggState { return &intSum{} }),
		2109: simple(func() AggState { return &intSum{} }),
		2107: simple(func() AggState { return &numericSum{} }),
		2114: simple(func() AggState { return &numericSum{} }),
		2110: simple(func() AggState { return &floatSum{single: true} }),
		2111: simple(func() AggState { return &floatSum{} }),
		2113: simple(func() AggState { return &intervalSum{} }),
		2106: simple(func() AggState { return &intervalSum{average: true} }),
		2517: simple(func() AggState { return &boolState{and: true} }),
		2519: simple(func() AggState { return &boolState{and: true} }),
		2518: simple(func() AggState { return &boolState{} }),
		6291: simple(func() AggState { return &anyValue{} }),
	}
	for _, proc := range []oid{2100, 2101, 2102, 2103} {
		out[proc] = simple(func() AggState { return &numericSum{average: true} })
	}
	for _, proc := range []oid{2104, 2105} {
		out[proc] = simple(func() AggState { return &floatStats{result: floatAverage} })
	}
	addVariances(out)
	addRegressions(out)
	for i := range 3 {
		for j, op := range []func(a, b int64) int64{
			func(a, b int64) int64 { return a & b }, func(a, b int64) int64 { return a | b }, func(a, b int64) int64 { return a ^ b },
		} {
			proc := []oid{oid(2236 + 2*i), oid(2237 + 2*i), oid(6164 + i)}[j]
			out[proc] = simple(func() AggState { return &bitState{op: op} })
		}
	}
	for proc, t := range maxTypes() {
		out[proc] = simple(func() AggState { return &extreme{t: t, sign: 1} })
	}
	for proc, t := range minTypes() {
		out[proc] = simple(func() AggState { return &extreme{t: t, sign: -1} })
	}
	addCollectors(out)
	addRangeAggregates(out)
	addBitStrings(out)
	addOrderedSets(out)
	return out
}

func maxTypes() map[oid]oid {
	return map[oid]oid{
		2050: sqltypes.AnyArrayOID, 2115: sqltypes.Int8OID, 2116: sqltypes.Int4OID, 2117: sqltypes.Int2OID, 2118: sqltypes.OIDOID,
		2119: sqltypes.Float4OID, 2120: sqltypes.Float8OID, 2122: sqltypes.DateOID, 2123: sqltypes.TimeOID, 2124: sqltypes.TimeTZOID,
		2126: sqltypes.TimestampOID, 2127: sqltypes.TimestampTZOID, 2128: sqltypes.IntervalOID, 2129: sqltypes.TextOID,
		2130: sqltypes.NumericOID, 2244: sqltypes.BPCharOID, 3564: sqltypes.InetOID, 4189: sqltypes.PGLSNOID, 5099: sqltypes.XID8OID, 2797: sqltypes.TIDOID,
	}
}

func minTypes() map[oid]oid {
	return map[oid]oid{
		2051: sqltypes.AnyArrayOID, 2131: sqltypes.Int8OID, 2132: sqltypes.Int4OID, 2133: sqltypes.Int2OID, 2134: sqltypes.OIDOID,
		2135: sqltypes.Float4OID, 2136: sqltypes.Float8OID, 2138: sqltypes.DateOID, 2139: sqltypes.TimeOID, 2140: sqltypes.TimeTZOID,
		2142: sqltypes.TimestampOID, 2143: sqltypes.TimestampTZOID, 2144: sqltypes.IntervalOID, 2145: sqltypes.TextOID,
		2146: sqltypes.NumericOID, 2245: sqltypes.BPCharOID, 3565: sqltypes.InetOID, 4190: sqltypes.PGLSNOID, 5100: sqltypes.XID8OID, 2798: sqltypes.TIDOID,
	}
}

type countState struct {
	plain
	n    int64
	star bool
}

func (s *countState) Add(_ *Env, args []datum) error {
	if s.star || !args[0].IsNull() {
		s.n++
	}
	return nil
}

func (s *countState) Remove(_ *Env, args []datum) bool {
	if s.star || !args[0].IsNull() {
		s.n--
	}
	return true
}

func (s *countState) Merge(o AggState) bool {
	s.n += o.(*countState).n
	return true
}

func (s *countState) Result(*Env, ...datum) (datum, error) { return sqltypes.Int(s.n), nil }

// intSum adds smallints and integers: a bigint holds 2^32 of them.
type intSum struct {
	plain
	n, sum int64
}

func (s *intSum) Add(_ *Env, args []datum) error {
	if args[0].IsNull() {
		return nil
	}
	sum, ok := add64(s.sum, args[0].Int())
	if !ok {
		return int8Width.outOfRange()
	}
	s.n, s.sum = s.n+1, sum
	return nil
}

func (s *intSum) Remove(_ *Env, args []datum) bool {
	if !args[0].IsNull() {
		s.n, s.sum = s.n-1, s.sum-args[0].Int()
	}
	return true
}

func (s *intSum) Merge(o AggState) bool {
	other := o.(*intSum)
	sum, ok := add64(s.sum, other.sum)
	if ok {
		s.n, s.sum = s.n+other.n, sum
	}
	return ok
}

func (s *intSum) Result(*Env, ...datum) (datum, error) {
	if s.n == 0 {
		return sqltypes.Null, nil
	}
	return sqltypes.Int(s.sum), nil
}

// numericSum is sum and avg of numerics and bigints, and avg of all integers.
type numericSum struct {
	sum     sqltypes.NumericSum
	average bool
	scale   int32 // the greatest of a value, and how many have it
	scaled  int64
}

func (s *numericSum) Add(_ *Env, args []datum) error {
	switch args[0].Kind() {
	case sqltypes.KindNull:
	case sqltypes.KindInt:
		s.sum.AddInt64(args[0].Int())
	case sqltypes.KindDecimal:
		switch scale := args[0].Scale(); {
		case scale > s.scale:
			s.scale, s.scaled = scale, 1
		case scale == s.scale:
			s.scaled++
		}
		s.sum.Add(args[0])
	default:
		s.sum.Add(args[0])
	}
	return nil
}

func (s *numericSum) Remove(_ *Env, args []datum) bool {
	switch args[0].Kind() {
	case sqltypes.KindNull:
	case sqltypes.KindInt:
		s.sum.RemoveInt64(args[0].Int())
	case sqltypes.KindDecimal:
		if scale := args[0].Scale(); scale > 0 && scale == s.scale {
			if s.scaled == 1 {
				return false // the sum would keep a scale that no value left has
			}
			s.scaled--
		}
		s.sum.Remove(args[0])
	default:
		return false
	}
	return true
}

func (s *numericSum) Merge(o AggState) bool {
	s.sum.Merge(&o.(*numericSum).sum)
	return true
}

func (s *numericSum) Result(*Env, ...datum) (datum, error) {
	if s.sum.Count == 0 {
		return sqltypes.Null, nil
	}
	if s.average {
		return s.sum.Avg()
	}
	return s.sum.Sum()
}

func (s *numericSum) Held() int { return s.sum.Held() }

// floatSum is sum of floats, added in the order of the rows.
type floatSum struct {
	plain
	oneWay
	any    bool
	single bool
	sum    datum
}

func (s *floatSum) Add(env *Env, args []datum) error {
	if args[0].IsNull() {
		return nil
	}
	if !s.any {
		s.any, s.sum = true, args[0]
		return nil
	}
	add := float8Add
	if s.single {
		add = float4Add
	}
	var err error
	s.sum, err = add(env, s.sum, args[0])
	return err
}

func (s *floatSum) Result(*Env, ...datum) (datum, error) { return s.sum, nil }

type intervalSum struct {
	plain
	oneWay
	n       int64
	sum     sqltypes.Interval
	average bool
}

func (s *intervalSum) Add(_ *Env, args []datum) error {
	if args[0].IsNull() {
		return nil
	}
	s.n++
	sum, err := addIntervals(s.sum, *args[0].Interval())
	s.sum = sum
	return err
}

func (s *intervalSum) Result(*Env, ...datum) (datum, error) {
	if s.n == 0 {
		return sqltypes.Null, nil
	}
	sum := s.sum
	if s.average {
		var err error
		if sum, err = divideInterval(sum, float64(s.n)); err != nil {
			return sqltypes.Null, err
		}
	}
	return sqltypes.FromInterval(&sum), nil
}

// boolState counts, so that a moving frame can take values back.
type boolState struct {
	plain
	and         bool
	trues, seen int64
}

func (s *boolState) Add(_ *Env, args []datum) error {
	if !args[0].IsNull() {
		s.seen++
		s.trues += args[0].Int()
	}
	return nil
}

func (s *boolState) Remove(_ *Env, args []datum) bool {
	if !args[0].IsNull() {
		s.seen--
		s.trues -= args[0].Int()
	}
	return true
}

func (s *boolState) Merge(o AggState) bool {
	other := o.(*boolState)
	s.trues, s.seen = s.trues+other.trues, s.seen+other.seen
	return true
}

func (s *boolState) Result(*Env, ...datum) (datum, error) {
	if s.seen == 0 {
		return sqltypes.Null, nil
	}
	if s.and {
		return sqltypes.Bool(s.trues == s.seen), nil
	}
	return sqltypes.Bool(s.trues > 0), nil
}

type bitState struct {
	plain
	oneWay
	op  func(a, b int64) int64
	any bool
	n   int64
}

func (s *bitState) Add(_ *Env, args []datum) error {
	switch {
	case args[0].IsNull():
	case !s.any:
		s.any, s.n = true, args[0].Int()
	default:
		s.n = s.op(s.n, args[0].Int())
	}
	return nil
}

func (s *bitState) Result(*Env, ...datum) (datum, error) {
	if !s.any {
		return sqltypes.Null, nil
	}
	return sqltypes.Int(s.n), nil
}

type anyValue struct {
	oneWay
	value datum
}

func (s *anyValue) Add(_ *Env, args []datum) error {
	if s.value.IsNull() {
		s.value = args[0]
	}
	return nil
}

func (s *anyValue) Result(*Env, ...datum) (datum, error) { return s.value, nil }

func (s *anyValue) Held() int { return s.value.Size() }

// extreme is min and max.
type extreme struct {
	t     oid
	sign  int
	value datum
}

func (s *extreme) Add(_ *Env, args []datum) error {
	if args[0].IsNull() {
		return nil
	}
	if !s.value.IsNull() {
		c, err := compareAlike(s.t, s.value, args[0], true)
		if err != nil || !replaces(s.t, s.sign, -c) {
			return err
		}
	}
	s.value = args[0]
	return nil
}

// replaces tells whether a value that compares so with the greatest (or least) one before it takes its place. Equal ones that look different do, padded
// texts aside.
func replaces(t oid, sign, compared int) bool {
	c := compared * sign
	return c > 0 || c == 0 && t != sqltypes.BPCharOID
}

// Extreme gives, for max and min, whether a value takes the place of the one that was the result before it; nil for other aggregates.
func Extreme(proc sqltypes.OID) func(value, best sqltypes.Datum) bool {
	if t, ok := maxTypes()[proc]; ok {
		return func(value, best datum) bool { return replaces(t, 1, compareValues(t, value, best)) }
	}
	if t, ok := minTypes()[proc]; ok {
		return func(value, best datum) bool { return replaces(t, -1, compareValues(t, value, best)) }
	}
	return nil
}

func (s *extreme) Remove(_ *Env, args []datum) bool {
	// Only what is beaten by the value in the state can leave without a trace.
	return args[0].IsNull() || compareValues(s.t, args[0], s.value)*s.sign < 0
}

func (s *extreme) Merge(o AggState) bool { return s.Add(nil, []datum{o.(*extreme).value}) == nil }

func (s *extreme) Result(*Env, ...datum) (datum, error) { return s.value, nil }

func (s *extreme) Held() int { return s.value.Size() }
