package expr

import (
	"math"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// addCollectors adds the aggregates that keep every value: string_agg, array_agg and the JSON ones.
func addCollectors(out map[oid]func(*CallInfo) (Aggregate, error)) {
	out[3538] = simple(func() AggState { return &stringAgg{} })
	out[3545] = out[3538]
	out[2335] = func(call *CallInfo) (Aggregate, error) {
		element, _ := sqltypes.ElementOf(call.Result.OID)
		if element == 0 && len(call.Args) > 0 {
			element = call.Args[0].OID
		}
		return aggregateOf(func() AggState { return &arrayAgg{element: element} }), nil
	}
	out[4053] = func(call *CallInfo) (Aggregate, error) {
		element, _ := sqltypes.ElementOf(call.Result.OID)
		return aggregateOf(func() AggState { return &nestedArrayAgg{element: element} }), nil
	}
	for proc, mode := range map[oid]jsonAgg{3175: {}, 6276: {strict: true}, 3267: {binary: true}, 6284: {binary: true, strict: true}} {
		out[proc] = func(call *CallInfo) (Aggregate, error) {
			t := call.Args[0]
			return aggregateOf(func() AggState {
				s := mode
				s.value = t
				return &s
			}), nil
		}
	}
	for proc, mode := range map[oid]jsonObjectAgg{
		3197: {}, 6280: {strict: true}, 6281: {unique: true}, 6282: {unique: true, strict: true}, 3270: {binary: true},
		6288: {binary: true, strict: true}, 6289: {binary: true, unique: true}, 6290: {binary: true, unique: true, strict: true},
	} {
		out[proc] = func(call *CallInfo) (Aggregate, error) {
			key, value := call.Args[0], call.Args[1]
			return aggregateOf(func() AggState {
				s := mode
				s.key, s.value = key, value
				return &s
			}), nil
		}
	}
}

// stringAgg joins texts or byte strings; the delimiter of a row stands in front of its value.
type stringAgg struct {
	oneWay
	any   bool
	bytes []byte
}

func (s *stringAgg) Add(_ *Env, args []datum) error {
	if args[0].IsNull() {
		return nil
	}
	if s.any && !args[1].IsNull() {
		s.bytes = append(s.bytes, args[1].Bytes()...)
	}
	s.any = true
	s.bytes = append(s.bytes, args[0].Bytes()...)
	return nil
}

func (s *stringAgg) Held() int { return cap(s.bytes) }

func (s *stringAgg) Result(*Env, ...datum) (datum, error) {
	if !s.any {
		return sqltypes.Null, nil
	}
	return sqltypes.Bytes(append([]byte(nil), s.bytes...)), nil
}

type arrayAgg struct {
	oneWay
	element oid
	values  []datum
	held    int
}

func (s *arrayAgg) Add(_ *Env, args []datum) error {
	s.values = append(s.values, args[0])
	s.held += args[0].Size()
	return nil
}

func (s *arrayAgg) Held() int { return s.held + 24*cap(s.values) }

func (s *arrayAgg) Result(*Env, ...datum) (datum, error) {
	if len(s.values) == 0 {
		return sqltypes.Null, nil
	}
	return sqltypes.FromArray(newArray(s.element, append([]datum(nil), s.values...))), nil
}

type nestedArrayAgg struct {
	oneWay
	element oid
	values  []datum
	held    int
}

func (s *nestedArrayAgg) Add(_ *Env, args []datum) error {
	if args[0].IsNull() {
		return pgerror.New(pgerror.NullValueNotAllowed, "cannot accumulate null arrays")
	}
	a := args[0].Array()
	if len(s.values) == 0 && len(a.Elements) == 0 {
		return pgerror.New(pgerror.ArraySubscriptError, "cannot accumulate empty arrays")
	}
	if len(s.values) > 0 && !sameShape(s.values[0].Array(), a) {
		return pgerror.New(pgerror.ArraySubscriptError, "cannot accumulate arrays of different dimensionality")
	}
	s.values = append(s.values, args[0])
	s.held += args[0].Size()
	return nil
}

func (s *nestedArrayAgg) Held() int { return s.held + 24*cap(s.values) }

func (s *nestedArrayAgg) Result(*Env, ...datum) (datum, error) {
	if len(s.values) == 0 {
		return sqltypes.Null, nil
	}
	return nestArrays(s.element, s.values)
}

type jsonAgg struct {
	oneWay
	binary, strict bool
	value          sqltypes.Type
	any, seenRow   bool
	text           []byte
}

func (s *jsonAgg) Add(env *Env, args []datum) error {
	s.seenRow = true
	if s.strict && args[0].IsNull() {
		return nil
	}
	if s.any {
		s.text = append(s.text, ", "...)
		if !s.binary && !args[0].IsNull() && isStructured(s.value.OID, args[0]) {
			s.text = append(s.text, "\n "...)
		}
	}
	s.any = true
	var err error
	s.text, err = appendJSONValue(s.text, env, s.value, args[0])
	return err
}

func (s *jsonAgg) Held() int { return cap(s.text) }

func (s *jsonAgg) Result(*Env, ...datum) (datum, error) {
	if !s.seenRow {
		return sqltypes.Null, nil
	}
	text := append([]byte{'['}, s.text...)
	return jsonResult(append(text, ']'), s.binary)
}

// jsonResult is JSON text as a json or jsonb value.
func jsonResult(text []byte, binary bool) (datum, error) {
	if !binary {
		return sqltypes.Bytes(text), nil
	}
	b, err := sqltypes.ParseJSONB(string(text))
	if err != nil {
		return sqltypes.Null, err
	}
	return sqltypes.Bytes(b), nil
}

type jsonObjectAgg struct {
	oneWay
	binary, strict, unique bool
	key, value             sqltypes.Type
	any, seenRow           bool
	text                   []byte
	keys                   map[string]struct{}
	keysHeld               int
}

func (s *jsonObjectAgg) Add(env *Env, args []datum) error {
	s.seenRow = true
	if args[0].IsNull() {
		if s.binary {
			return pgerror.New(pgerror.InvalidParameterValue, "field name must not be null")
		}
		return pgerror.New(pgerror.NullValueNotAllowed, "null value not allowed for object key")
	}
	skip := s.strict && args[1].IsNull()
	if skip && !s.unique {
		return nil
	}
	if s.unique {
		text, err := appendJSONKey(nil, env, s.key, args[0])
		if err != nil {
			return err
		}
		key := string(text)
		if _, again := s.keys[key]; again {
			if s.binary {
				return pgerror.New(pgerror.DuplicateJSONObjectKeyValue, "duplicate JSON object key value")
			}
			return pgerror.New(pgerror.DuplicateJSONObjectKeyValue, "duplicate JSON object key value: %s", key)
		}
		if s.keys == nil {
			s.keys = map[string]struct{}{}
		}
		s.keys[key] = struct{}{}
		s.keysHeld += len(key) + 32
		if skip {
			return nil
		}
	}
	if s.any {
		s.text = append(s.text, ", "...)
	}
	s.any = true
	var err error
	if s.text, err = appendJSONKey(s.text, env, s.key, args[0]); err != nil {
		return err
	}
	s.text = append(s.text, " : "...)
	s.text, err = appendJSONValue(s.text, env, s.value, args[1])
	return err
}

func (s *jsonObjectAgg) Held() int { return cap(s.text) + s.keysHeld }

func (s *jsonObjectAgg) Result(*Env, ...datum) (datum, error) {
	if !s.seenRow {
		return sqltypes.Null, nil
	}
	text := append([]byte("{ "), s.text...)
	return jsonResult(append(text, " }"...), s.binary)
}

// addOrderedSets adds the aggregates with WITHIN GROUP.
func addOrderedSets(out map[oid]func(*CallInfo) (Aggregate, error)) {
	out[3984] = func(call *CallInfo) (Aggregate, error) {
		t := call.Args[len(call.Args)-1].OID
		return aggregateOf(func() AggState { return &modeState{t: t} }), nil
	}
	for _, proc := range []oid{3972, 3978} {
		out[proc] = func(call *CallInfo) (Aggregate, error) {
			t := call.Args[len(call.Args)-1].OID
			return aggregateOf(func() AggState { return &percentile{element: t} }), nil
		}
	}
	for proc, t := range map[oid]oid{3974: sqltypes.Float8OID, 3980: sqltypes.Float8OID, 3976: sqltypes.IntervalOID, 3982: sqltypes.IntervalOID} {
		out[proc] = simple(func() AggState { return &percentile{element: t, continuous: true} })
	}
	for proc, kind := range map[oid]string{3986: "rank", 3988: "percent_rank", 3990: "cume_dist", 3992: "dense_rank"} {
		out[proc] = func(call *CallInfo) (Aggregate, error) {
			n := len(call.Order)
			types := call.Args[max(0, len(call.Args)-n):]
			return aggregateOf(func() AggState { return &hypothetical{kind: kind, order: call.Order, types: types} }), nil
		}
	}
}

// modeState finds the most frequent value of sorted rows, the first of several.
type modeState struct {
	oneWay
	t            oid
	last, best   datum
	count, great int64
}

func (s *modeState) Add(_ *Env, args []datum) error {
	v := args[0]
	if v.IsNull() {
		return nil
	}
	if s.count > 0 && compareValues(s.t, v, s.last) == 0 {
		s.count++
	} else {
		s.last, s.count = v, 1
	}
	if s.count > s.great {
		s.best, s.great = s.last, s.count
	}
	return nil
}

func (s *modeState) Result(*Env, ...datum) (datum, error) { return s.best, nil }

func (s *modeState) Held() int { return s.last.Size() + s.best.Size() }

type percentile struct {
	oneWay
	element    oid
	continuous bool
	values     []datum
	held       int
}

func (s *percentile) Add(_ *Env, args []datum) error {
	if !args[0].IsNull() {
		s.values = append(s.values, args[0])
		s.held += args[0].Size()
	}
	return nil
}

func (s *percentile) Held() int { return s.held + 24*cap(s.values) }

func (s *percentile) Result(_ *Env, direct ...datum) (datum, error) {
	if direct[0].IsNull() || len(s.values) == 0 && direct[0].Kind() == sqltypes.KindArray {
		return sqltypes.Null, nil
	}
	if direct[0].Kind() != sqltypes.KindArray {
		return s.at(direct[0].Float())
	}
	a := direct[0].Array()
	if len(a.Elements) == 0 {
		return sqltypes.FromArray(&sqltypes.Array{Element: s.element}), nil
	}
	out := *a
	out.Element, out.Elements = s.element, make([]datum, len(a.Elements))
	for i, p := range a.Elements {
		if p.IsNull() {
			continue
		}
		v, err := s.at(p.Float())
		if err != nil {
			return sqltypes.Null, err
		}
		out.Elements[i] = v
	}
	return sqltypes.FromArray(&out), nil
}

func (s *percentile) at(p float64) (datum, error) {
	if !(p >= 0 && p <= 1) {
		return sqltypes.Null, pgerror.New(pgerror.NumericValueOutOfRange, "percentile value %s is not between 0 and 1",
			shortFloat(p))
	}
	n := len(s.values)
	if n == 0 {
		return sqltypes.Null, nil
	}
	if !s.continuous {
		return s.values[max(0, int(math.Ceil(p*float64(n)))-1)], nil
	}
	at := p * float64(n-1)
	first, second := int(math.Floor(at)), int(math.Ceil(at))
	if first == second {
		return s.values[first], nil
	}
	share := at - math.Floor(at)
	low, high := s.values[first], s.values[second]
	if s.element == sqltypes.Float8OID {
		return sqltypes.Float(low.Float() + share*(high.Float()-low.Float())), nil
	}
	difference, err := subtractIntervals(*high.Interval(), *low.Interval())
	if err != nil {
		return sqltypes.Null, err
	}
	if difference, err = multiplyInterval(difference, share); err != nil {
		return sqltypes.Null, err
	}
	sum, err := addIntervals(*low.Interval(), difference)
	return sqltypes.FromInterval(&sum), err
}

// hypothetical is rank and the like of a row that is not there: the direct arguments.
type hypothetical struct {
	oneWay
	kind  string
	order []SortKey
	types []sqltypes.Type
	rows  [][]datum
	held  int
}

func (s *hypothetical) Add(_ *Env, args []datum) error {
	s.rows = append(s.rows, append([]datum(nil), args...))
	for _, d := range args {
		s.held += 24 + d.Size()
	}
	return nil
}

func (s *hypothetical) Held() int { return s.held + 24*cap(s.rows) }

// compareRows orders two rows by the sort keys.
func (s *hypothetical) compareRows(a, b []datum) (int, error) {
	for i := range s.order {
		k := s.order[i]
		switch {
		case a[i].IsNull() && b[i].IsNull():
			continue
		case a[i].IsNull() || b[i].IsNull():
			c := 1
			if a[i].IsNull() == k.NullsFirst {
				c = -1
			}
			return c, nil
		}
		c, err := compareAlike(s.types[i].OID, a[i], b[i], true)
		if c != 0 || err != nil {
			if k.Desc {
				c = -c
			}
			return c, err
		}
	}
	return 0, nil
}

func (s *hypothetical) Result(_ *Env, direct ...datum) (datum, error) {
	before, upTo, groups := 0, 0, 0
	for i, row := range s.rows {
		c, err := s.compareRows(row, direct)
		if err != nil {
			return sqltypes.Null, err
		}
		if c < 0 {
			before++
			fresh := 1
			if i > 0 {
				if fresh, err = s.compareRows(row, s.rows[i-1]); err != nil {
					return sqltypes.Null, err
				}
			}
			if fresh != 0 {
				groups++
			}
		}
		if c <= 0 {
			upTo++
		}
	}
	n := len(s.rows)
	switch s.kind {
	case "rank":
		return sqltypes.Int(int64(before + 1)), nil
	case "dense_rank":
		return sqltypes.Int(int64(groups + 1)), nil
	case "percent_rank":
		if n == 0 {
			return sqltypes.Float(0), nil
		}
		return sqltypes.Float(float64(before) / float64(n)), nil
	}
	return sqltypes.Float(float64(upTo+1) / float64(n+1)), nil
}
