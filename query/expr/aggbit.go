package expr

import "github.com/opendsql/opendsql/internal/sqltypes"

// addBitStrings adds bit_and, bit_or and bit_xor of bit strings: their operators, from value to value.
func addBitStrings(out map[oid]func(*CallInfo) (Aggregate, error)) {
	for proc, source := range map[oid]string{2242: "bit_and", 2243: "bit_or", 6167: "bitxor"} {
		out[proc] = func(*CallInfo) (Aggregate, error) {
			combine := bitOperator(source)
			return aggregateOf(func() AggState { return &bitStringState{combine: combine} }), nil
		}
	}
}

type bitStringState struct {
	oneWay
	all     datum
	combine func(env *Env, a, b datum) (datum, error)
}

func (s *bitStringState) Add(env *Env, args []datum) error {
	switch {
	case args[0].IsNull():
		return nil
	case s.all.IsNull():
		s.all = sqltypes.Bytes(append([]byte(nil), args[0].Bytes()...))
		return nil
	}
	var err error
	s.all, err = s.combine(env, s.all, args[0])
	return err
}

func (s *bitStringState) Result(*Env, ...datum) (datum, error) { return s.all, nil }

func (s *bitStringState) Held() int { return s.all.Size() }

// bitOperator is the code of an operator of bit strings.
func bitOperator(source string) func(env *Env, a, b datum) (datum, error) {
	for _, e := range bitFunctions() {
		if e.source == source {
			return e.impl.Call2
		}
	}
	panic("no operator of bit strings with source " + source)
}
