package expr

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// vectorFunc compiles a call to run over columns: by a loop of its own where there is one, otherwise by calling the function's code for each row, which
// saves the way through the expression. Functions that may answer differently each time are left to be computed row by row, in their order.
func vectorFunc(e *Func) (Vector, bool) {
	row, ok := findProc(e.Proc)
	if !ok || row.volatility == 'v' || e.ReturnsSet || refusedFunction(e.Name) || !keepsSize(row, e) {
		return nil, false
	}
	args := make([]*operand, len(e.Args))
	for i, a := range e.Args {
		if args[i], ok = operandOf(a); !ok {
			return nil, false
		}
	}
	if loop := numericLoopOf(row.source); loop != nil {
		return lettingGo(args, vectorNumeric(loop, args)), true
	}
	if row.source == "extract_date" && isText(e.Args[0], "year") {
		return vectorYear(args[1]), true
	}
	impl, ok := Builtin(e.Proc)
	if !ok {
		return nil, false
	}
	switch {
	case impl.Call1 != nil && len(args) == 1 && impl.Strict:
		return lettingGo(args, vectorCall1(impl.Call1, args[0])), true
	case impl.Call2 != nil && len(args) == 2 && impl.Strict:
		return lettingGo(args, vectorCall2(impl.Call2, args[0], args[1])), true
	}
	call := &CallInfo{Proc: e.Proc, Name: e.Name, Result: e.Typ, Variadic: e.Variadic, JSON: e.JSON}
	for _, a := range e.Args {
		call.Args = append(call.Args, a.Type())
	}
	if len(e.Args) > 0 {
		_, call.Stored = bare(e.Args[0]).(*Slot)
	}
	f, err := impl.For(call)
	if err != nil || len(args) == 0 {
		return nil, false
	}
	return lettingGo(args, vectorCallN(f, args, impl.Strict)), true
}

// partMax is how long a constant may be that is put to every text of a batch.
const partMax = 1024

// keepsSize tells whether results are about as large as the arguments at most, so that those of a whole batch have room. repeat(), for one, is not
// such a function.
func keepsSize(row *procRow, e *Func) bool {
	result := e.Typ.OID
	if _, fixed := sqltypes.FixedKind(result); fixed || result == sqltypes.NumericOID || result == sqltypes.IntervalOID {
		return true
	}
	switch row.source {
	case "textcat":
		for _, a := range e.Args {
			switch a := bare(a).(type) {
			case *Const:
				if a.Value.Kind() == sqltypes.KindBytes && len(a.Value.Str()) > partMax {
					return false
				}
			case *Param, *ExecParam:
				return false
			}
		}
		return true
	case "lower", "upper", "text_substr", "text_substr_no_len", "text_left", "text_right", "btrim", "btrim1", "ltrim", "ltrim1", "rtrim",
		"rtrim1", "varchar", "text_name", "name_text", "text_reverse":
		return true
	}
	return false
}

func isText(e Expr, text string) bool {
	c, ok := e.(*Const)
	return ok && c.Value.Kind() == sqltypes.KindBytes && c.Value.Str() == text
}

func vectorNumeric(loop numericLoop, args []*operand) Vector {
	return func(env *Env, cols []*sqltypes.Vec, sel []int32, out *sqltypes.Vec) error {
		a, err := args[0].values(env, cols, sel)
		if err != nil {
			return err
		}
		b, err := args[1].values(env, cols, sel)
		if err != nil {
			return err
		}
		room(out, len(sel))
		return loop(env, a.Datums, b.Datums, len(sel), out)
	}
}

// vectorYear is extract(year from a date). Dates of a column are often of the same year as the one before.
func vectorYear(arg *operand) Vector {
	return func(env *Env, cols []*sqltypes.Vec, sel []int32, out *sqltypes.Vec) error {
		a, err := arg.values(env, cols, sel)
		if err != nil {
			return err
		}
		room(out, len(sel))
		first, last := int64(1), int64(0) // the days of the year known
		var year datum
		for i := range sel {
			if unknown(a, i) {
				setNull(out, i)
				continue
			}
			day := a.Words[i]
			if day < first || day > last {
				p, err := extractDate(env, "year", sqltypes.Int(day))
				if err != nil {
					return err
				}
				year = p.numeric()
				first, last = 1, 0
				if sqltypes.IsFiniteDate(day) && p.whole > 1 {
					first = int64(sqltypes.JulianDay(int(p.whole), 1, 1) - sqltypes.EpochJulian)
					last = int64(sqltypes.JulianDay(int(p.whole), 12, 31) - sqltypes.EpochJulian)
				}
			}
			set(out, i, year)
		}
		return nil
	}
}

func vectorCall1(f func(*Env, datum) (datum, error), arg *operand) Vector {
	return func(env *Env, cols []*sqltypes.Vec, sel []int32, out *sqltypes.Vec) error {
		a, err := arg.values(env, cols, sel)
		if err != nil {
			return err
		}
		room(out, len(sel))
		for i := range sel {
			x := a.At(i)
			if x.IsNull() {
				setNull(out, i)
				continue
			}
			d, err := f(env, x)
			if err != nil {
				return err
			}
			if err := env.put(out, i, d); err != nil {
				return err
			}
		}
		return nil
	}
}

func vectorCall2(f func(*Env, datum, datum) (datum, error), left, right *operand) Vector {
	return func(env *Env, cols []*sqltypes.Vec, sel []int32, out *sqltypes.Vec) error {
		a, err := left.values(env, cols, sel)
		if err != nil {
			return err
		}
		b, err := right.values(env, cols, sel)
		if err != nil {
			return err
		}
		room(out, len(sel))
		for i := range sel {
			x, y := a.At(i), b.At(i)
			if x.IsNull() || y.IsNull() {
				setNull(out, i)
				continue
			}
			d, err := f(env, x, y)
			if err != nil {
				return err
			}
			if err := env.put(out, i, d); err != nil {
				return err
			}
		}
		return nil
	}
}

func vectorCallN(f callFn, args []*operand, strict bool) Vector {
	columns, row := make([]*sqltypes.Vec, len(args)), make([]datum, len(args))
	return func(env *Env, cols []*sqltypes.Vec, sel []int32, out *sqltypes.Vec) error {
		for k, a := range args {
			var err error
			if columns[k], err = a.values(env, cols, sel); err != nil {
				return err
			}
		}
		room(out, len(sel))
	rows:
		for i := range sel {
			for k, c := range columns {
				row[k] = c.At(i)
				if strict && row[k].IsNull() {
					setNull(out, i)
					continue rows
				}
			}
			d, err := f(env, row)
			if err != nil {
				return err
			}
			if err := env.put(out, i, d); err != nil {
				return err
			}
		}
		return nil
	}
}

// vectorCase runs the arms of a CASE with conditions over the rows that no arm before has taken.
func vectorCase(e *Case) (Vector, bool) {
	if e.Arg != nil {
		return nil, false
	}
	conditions, results := make([]Filter, len(e.Whens)), make([]*operand, 0, len(e.Whens)+1)
	for i, w := range e.Whens {
		var ok bool
		if conditions[i], ok = CompileFilter(w.Cond); !ok {
			return nil, false
		}
		o, ok := operandOf(w.Result)
		if !ok {
			return nil, false
		}
		results = append(results, o)
	}
	other, ok := operandOf(e.Default)
	if !ok {
		return nil, false
	}
	results = append(results, other)
	for _, o := range results {
		if !sameWords(o.typ, e.Typ.OID) {
			return nil, false
		}
	}
	var left, kept, places, keptPlaces []int32
	return func(env *Env, cols []*sqltypes.Vec, sel []int32, out *sqltypes.Vec) error {
		room(out, len(sel))
		left = append(left[:0], sel...)
		places = places[:0]
		for i := range sel {
			places = append(places, int32(i))
		}
		for arm, o := range results {
			if len(left) == 0 {
				return nil
			}
			kept, keptPlaces = append(kept[:0], left...), keptPlaces[:0]
			if arm < len(conditions) {
				var err error
				if kept, err = conditions[arm](env, cols, kept); err != nil {
					return err
				}
			}
			// Both are in order: what is kept goes to this arm, the rest to the next.
			rest, at := 0, 0
			for i, row := range left {
				if at < len(kept) && kept[at] == row {
					keptPlaces = append(keptPlaces, places[i])
					at++
					continue
				}
				left[rest], places[rest] = row, places[i]
				rest++
			}
			left, places = left[:rest], places[:rest]
			if len(kept) == 0 {
				continue
			}
			v, err := o.values(env, cols, kept)
			if err != nil {
				return err
			}
			scatter(out, v, keptPlaces)
			o.passed()
		}
		return nil
	}, true
}

// scatter puts the values of a column to places of another.
func scatter(out, v *sqltypes.Vec, places []int32) {
	for i, p := range places {
		switch {
		case unknown(v, i):
			setNull(out, int(p))
		case out.Fixed:
			out.Words[p] = v.Words[i]
		default:
			out.Datums[p] = v.Datums[i]
		}
	}
}

// vectorCoalesce asks each argument for the rows that have no value yet.
func vectorCoalesce(e *Coalesce) (Vector, bool) {
	args := make([]*operand, len(e.Args))
	for i, a := range e.Args {
		var ok bool
		if args[i], ok = operandOf(a); !ok || !sameWords(args[i].typ, e.Typ.OID) {
			return nil, false
		}
	}
	var left, places []int32
	return func(env *Env, cols []*sqltypes.Vec, sel []int32, out *sqltypes.Vec) error {
		room(out, len(sel))
		left, places = append(left[:0], sel...), places[:0]
		for i := range sel {
			places = append(places, int32(i))
		}
		for _, a := range args {
			v, err := a.values(env, cols, left)
			if err != nil {
				return err
			}
			if out.Nulls != nil {
				for _, p := range places {
					out.Nulls[p] = false
				}
			}
			scatter(out, v, places)
			rest := 0
			for i := range left {
				if unknown(v, i) {
					left[rest], places[rest] = left[i], places[i]
					rest++
				}
			}
			a.passed()
			if left, places = left[:rest], places[:rest]; rest == 0 {
				return nil
			}
		}
		return nil
	}, true
}
