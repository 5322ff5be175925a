package expr

import (
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

func compileArray(e *ArrayExpr) (Eval, error) {
	args, err := compileAll(e.Elements)
	if err != nil {
		return nil, err
	}
	element, nested := e.Element, e.Nested
	return func(env *Env) (datum, error) {
		values := make([]datum, len(args))
		for i, arg := range args {
			if values[i], err = arg(env); err != nil {
				return sqltypes.Null, err
			}
		}
		if nested {
			return nestArrays(element, values)
		}
		return sqltypes.FromArray(newArray(element, values)), nil
	}, nil
}

// newArray makes a one-dimensional array; one without elements has no dimensions.
func newArray(element oid, values []datum) *sqltypes.Array {
	a := &sqltypes.Array{Element: element, Elements: values}
	if len(values) > 0 {
		a.Lengths, a.Lowers = []int32{int32(len(values))}, []int32{1}
	}
	return a
}

// maxDimensions is the most dimensions an array has.
const maxDimensions = 6

// sameShape tells whether two arrays have the same bounds.
func sameShape(a, b *sqltypes.Array) bool {
	return equalInts(a.Lengths, b.Lengths) && equalInts(a.Lowers, b.Lowers)
}

// nestArrays puts arrays of one shape into an array of one more dimension. NULLs and empty arrays must not mix with others.
func nestArrays(element oid, values []datum) (datum, error) {
	out := &sqltypes.Array{Element: element}
	var first *sqltypes.Array
	count, empty := 0, false
	for _, v := range values {
		if v.IsNull() || len(v.Array().Elements) == 0 {
			empty = true
			continue
		}
		a := v.Array()
		if first == nil {
			first = a
			if len(a.Lengths)+1 > maxDimensions {
				return sqltypes.Null, pgerror.New(pgerror.ProgramLimitExceeded,
					"number of array dimensions (%d) exceeds the maximum allowed (%d)", len(a.Lengths)+1, maxDimensions)
			}
		} else if !sameShape(a, first) {
			return sqltypes.Null, pgerror.New(pgerror.ArraySubscriptError,
				"multidimensional arrays must have array expressions with matching dimensions")
		}
		out.Elements = append(out.Elements, a.Elements...)
		count++
	}
	if first == nil {
		return sqltypes.FromArray(out), nil
	}
	if empty {
		return sqltypes.Null, pgerror.New(pgerror.ArraySubscriptError,
			"multidimensional arrays must have array expressions with matching dimensions")
	}
	out.Lengths = append([]int32{int32(count)}, first.Lengths...)
	out.Lowers = append([]int32{1}, first.Lowers...)
	return sqltypes.FromArray(out), nil
}

func equalInts(a, b []int32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func compileRow(e *Row) (Eval, error) {
	args, err := compileAll(e.Fields)
	if err != nil {
		return nil, err
	}
	types := make([]sqltypes.Type, len(e.Fields))
	for i, f := range e.Fields {
		types[i] = f.Type()
	}
	typeOID, names := e.Typ.OID, e.Names
	return func(env *Env) (datum, error) {
		fields := make([]datum, len(args))
		for i, arg := range args {
			v, err := arg(env)
			if err != nil {
				return sqltypes.Null, err
			}
			fields[i] = v
		}
		return sqltypes.FromRecord(&sqltypes.Record{TypeOID: typeOID, Types: types, Names: names, Fields: fields}), nil
	}, nil
}

func compileFieldSelect(e *FieldSelect) (Eval, error) {
	arg, err := Compile(e.Arg)
	if err != nil {
		return nil, err
	}
	n, name := e.Field, e.Name
	return func(env *Env) (datum, error) {
		a, err := arg(env)
		if err != nil || a.IsNull() {
			return sqltypes.Null, err
		}
		if a.Kind() != sqltypes.KindRecord || n >= len(a.Record().Fields) {
			return sqltypes.Null, pgerror.New(pgerror.UndefinedColumn, "could not identify column \"%s\" in record data type", name)
		}
		return a.Record().Fields[n], nil
	}, nil
}

func compileSubscript(e *Subscript) (Eval, error) {
	arg, err := Compile(e.Arg)
	if err != nil {
		return nil, err
	}
	lowers, err := compileBounds(e.Lowers)
	if err != nil {
		return nil, err
	}
	uppers, err := compileBounds(e.Uppers)
	if err != nil {
		return nil, err
	}
	if e.Arg.Type().OID == sqltypes.JSONBOID {
		types := make([]oid, len(e.Uppers))
		for i, u := range e.Uppers {
			types[i] = u.Type().OID
		}
		if e.Assign != nil {
			value, err := Compile(e.Assign)
			return assignJSONB(arg, uppers, types, value), err
		}
		return subscriptJSONB(arg, uppers, types), nil
	}
	slice := e.Slice
	return func(env *Env) (datum, error) {
		a, err := arg(env)
		if err != nil || a.IsNull() {
			return sqltypes.Null, err
		}
		var upper, lower [maxDimensions]bound
		if len(uppers) > maxDimensions {
			return sqltypes.Null, pgerror.New(pgerror.ProgramLimitExceeded,
				"number of array dimensions (%d) exceeds the maximum allowed (%d)", len(uppers), maxDimensions)
		}
		ok, err := evalBounds(env, uppers, upper[:])
		if err != nil || !ok {
			return sqltypes.Null, err
		}
		if !slice {
			return arrayElement(a.Array(), upper[:len(uppers)]), nil
		}
		if ok, err = evalBounds(env, lowers, lower[:]); err != nil || !ok {
			return sqltypes.Null, err
		}
		return sqltypes.FromArray(arraySlice(a.Array(), lower[:len(uppers)], upper[:len(uppers)])), nil
	}, nil
}

// bound is one evaluated subscript; set is false for an omitted bound of a slice.
type bound struct {
	n   int64
	set bool
}

func compileBounds(list []Expr) ([]Eval, error) {
	out := make([]Eval, len(list))
	for i, e := range list {
		if e == nil {
			continue
		}
		f, err := Compile(e)
		if err != nil {
			return nil, err
		}
		out[i] = f
	}
	return out, nil
}

// evalBounds answers false when a subscript is NULL.
func evalBounds(env *Env, list []Eval, out []bound) (bool, error) {
	for i, f := range list {
		if f == nil {
			continue
		}
		v, err := f(env)
		if err != nil || v.IsNull() {
			return false, err
		}
		out[i] = bound{v.Int(), true}
	}
	return true, nil
}

func arrayElement(a *sqltypes.Array, at []bound) datum {
	if len(at) != len(a.Lengths) {
		return sqltypes.Null
	}
	n := int64(0)
	for i, b := range at {
		k := b.n - int64(a.Lowers[i])
		if k < 0 || k >= int64(a.Lengths[i]) {
			return sqltypes.Null
		}
		n = n*int64(a.Lengths[i]) + k
	}
	return a.Elements[n]
}

// arraySlice cuts a box out of an array; what lies outside the array is left away. Its lower bounds are 1.
func arraySlice(a *sqltypes.Array, lower, upper []bound) *sqltypes.Array {
	empty := &sqltypes.Array{Element: a.Element}
	dims := len(a.Lengths)
	if dims == 0 || len(upper) > dims {
		return empty
	}
	from, count := make([]int, dims), make([]int32, dims)
	for i := range dims {
		first, last := int64(a.Lowers[i]), int64(a.Lowers[i])+int64(a.Lengths[i])-1
		if i < len(upper) {
			if lower[i].set {
				first = max(first, lower[i].n)
			}
			if upper[i].set {
				last = min(last, upper[i].n)
			}
		}
		if first > last {
			return empty
		}
		from[i], count[i] = int(first-int64(a.Lowers[i])), int32(last-first+1)
	}
	out := &sqltypes.Array{Element: a.Element, Lengths: count, Lowers: make([]int32, dims)}
	for i := range out.Lowers {
		out.Lowers[i] = 1
	}
	out.Elements = appendBox(nil, a, from, count, 0, 0)
	return out
}

func appendBox(dst []datum, a *sqltypes.Array, from []int, count []int32, dim, offset int) []datum {
	offset *= int(a.Lengths[dim])
	for k := range int(count[dim]) {
		at := offset + from[dim] + k
		if dim == len(count)-1 {
			dst = append(dst, a.Elements[at])
		} else {
			dst = appendBox(dst, a, from, count, dim+1, at)
		}
	}
	return dst
}

func compileRelabel(e *Relabel) (Eval, error) {
	arg, err := Compile(e.Arg)
	if err != nil {
		return nil, err
	}
	// Arrays and records carry their type inside, so that text and pg_typeof agree with the new one.
	element, isArray := sqltypes.ElementOf(e.Typ.OID)
	if !isArray {
		return unsignedRelabel(arg, e.Arg.Type().OID, e.Typ.OID), nil
	}
	return func(env *Env) (datum, error) {
		a, err := arg(env)
		if err != nil || a.Kind() != sqltypes.KindArray || a.Array().Element == element {
			return a, err
		}
		c := *a.Array()
		c.Element = element
		return sqltypes.FromArray(&c), nil
	}, nil
}

// unsignedRelabel keeps the 32 bits of a number when an integer becomes an oid, which has no sign, or the other way round.
func unsignedRelabel(arg Eval, from, to oid) Eval {
	unsigned := func(t oid) bool { return t == sqltypes.OIDOID || isReg(t) }
	if !(from == sqltypes.Int4OID && unsigned(to) || unsigned(from) && to == sqltypes.Int4OID) {
		return arg
	}
	return func(env *Env) (datum, error) {
		a, err := arg(env)
		return RelabelValue(from, to, a), err
	}
}

// RelabelValue gives a value another type of the same bytes.
func RelabelValue(from, to sqltypes.OID, d sqltypes.Datum) sqltypes.Datum {
	unsigned := func(t oid) bool { return t == sqltypes.OIDOID || isReg(t) }
	switch {
	case d.IsNull():
	case from == sqltypes.Int4OID && unsigned(to):
		return sqltypes.Int(int64(uint32(d.Int())))
	case unsigned(from) && to == sqltypes.Int4OID:
		return sqltypes.Int(int64(int32(d.Int())))
	}
	return d
}

func compileCoerceIO(e *CoerceIO) (Eval, error) {
	arg, err := Compile(e.Arg)
	if err != nil {
		return nil, err
	}
	from, to := e.Arg.Type().OID, sqltypes.Type{OID: e.Typ.OID, Mod: -1}
	return func(env *Env) (datum, error) {
		a, err := arg(env)
		if err != nil || a.IsNull() {
			return sqltypes.Null, err
		}
		return inputValue(env, to, outputText(env, from, a))
	}, nil
}

// isReg tells whether a type's text is the name of an object of the catalog.
func isReg(t oid) bool {
	switch t {
	case sqltypes.RegClassOID, sqltypes.RegProcOID, sqltypes.RegProcedureOID, sqltypes.RegOperOID, sqltypes.RegOperatorOID,
		sqltypes.RegTypeOID, sqltypes.RegRoleOID, sqltypes.RegNamespaceOID, sqltypes.RegConfigOID, sqltypes.RegDictionaryOID,
		sqltypes.RegCollationOID:
		return true
	}
	return false
}

// outputText is the output function of a type; names of objects come from the catalog.
func outputText(env *Env, t oid, d datum) string {
	if isReg(t) && env.Session != nil && env.Session.Catalog != nil {
		return env.Session.Catalog.RegOut(t, d)
	}
	return sqltypes.Text(t, d, env.format())
}

// inputValue is the input function of a type.
func inputValue(env *Env, t sqltypes.Type, text string) (datum, error) {
	if isReg(t.OID) && env.Session != nil && env.Session.Catalog != nil {
		return env.Session.Catalog.RegIn(t.OID, text)
	}
	if _, builtin := sqltypes.Lookup(t.OID); !builtin && env.Session != nil && env.Session.Catalog != nil {
		if names, types, ok := env.Session.Catalog.RowType(t.OID); ok {
			return parseRecord(env, t.OID, names, types, text)
		}
	}
	return ParseText(t, text, env.format())
}

func compileCoerceTypmod(e *CoerceTypmod) (Eval, error) {
	arg, err := Compile(e.Arg)
	if err != nil {
		return nil, err
	}
	t, explicit := e.Typ, e.Cast == ExplicitCast
	return func(env *Env) (datum, error) {
		a, err := arg(env)
		if err != nil || a.IsNull() {
			return sqltypes.Null, err
		}
		return sqltypes.CoerceTypmod(t, a, explicit)
	}, nil
}

func compileArrayCoerce(e *ArrayCoerce) (Eval, error) {
	arg, err := Compile(e.Arg)
	if err != nil {
		return nil, err
	}
	convert, err := Compile(e.Element)
	if err != nil {
		return nil, err
	}
	element, ok := sqltypes.ElementOf(e.Typ.OID)
	if !ok {
		element = e.Element.Type().OID
	}
	return func(env *Env) (datum, error) {
		a, err := arg(env)
		if err != nil || a.IsNull() {
			return sqltypes.Null, err
		}
		out := *a.Array()
		out.Element = element
		out.Elements = make([]datum, len(a.Array().Elements))
		saved := env.Case
		defer func() { env.Case = saved }()
		for i, d := range a.Array().Elements {
			env.Case = d
			if out.Elements[i], err = convert(env); err != nil {
				return sqltypes.Null, err
			}
		}
		return sqltypes.FromArray(&out), nil
	}, nil
}

func compileSQLValue(e *SQLValue) Eval {
	kind, mod := e.Kind, e.Typ.Mod
	return func(env *Env) (datum, error) {
		s := env.Session
		switch kind {
		case CurrentDate:
			local := localMicros(s.TransactionStart, env.location())
			return sqltypes.Int(floorDiv(local, microsPerDay)), nil
		case CurrentTime:
			local := localMicros(s.TransactionStart, env.location())
			east := (local - s.TransactionStart) / microsPerSecond
			return sqltypes.CoerceTypmod(sqltypes.Type{OID: sqltypes.TimeTZOID, Mod: mod}, sqltypes.TimeTZ(floorMod(local, microsPerDay), int32(-east)), false)
		case CurrentTimestamp:
			return sqltypes.CoerceTypmod(sqltypes.Type{OID: sqltypes.TimestampTZOID, Mod: mod}, sqltypes.Int(s.TransactionStart), false)
		case LocalTime:
			local := localMicros(s.TransactionStart, env.location())
			return sqltypes.CoerceTypmod(sqltypes.Type{OID: sqltypes.TimeOID, Mod: mod}, sqltypes.Int(floorMod(local, microsPerDay)), false)
		case LocalTimestamp:
			local := localMicros(s.TransactionStart, env.location())
			return sqltypes.CoerceTypmod(sqltypes.Type{OID: sqltypes.TimestampOID, Mod: mod}, sqltypes.Int(local), false)
		case CurrentRole, CurrentUser, User:
			return sqltypes.String(s.User), nil
		case SessionUser:
			return sqltypes.String(s.SessionUser), nil
		case CurrentCatalog:
			return sqltypes.String(s.Database), nil
		}
		return currentSchema(env)
	}
}

func currentSchema(env *Env) (datum, error) {
	if len(env.Session.SearchPath) == 0 {
		return sqltypes.Null, nil
	}
	return sqltypes.String(env.Session.SearchPath[0]), nil
}

// Calendar constants. Times are µs, and a timestamp counts from 2000-01-01.
const (
	microsPerSecond = int64(1_000_000)
	microsPerMinute = 60 * microsPerSecond
	microsPerHour   = 60 * microsPerMinute
	microsPerDay    = 24 * microsPerHour
	unixEpochMicros = int64(946_684_800) * microsPerSecond // 2000-01-01 in Unix time
)

func (env *Env) location() *time.Location {
	if f := env.format(); f != nil && f.Location != nil {
		return f.Location
	}
	return time.UTC
}

// localMicros is the wall-clock timestamp that a zone shows at an instant.
func localMicros(at int64, zone *time.Location) int64 {
	if at == maxInt64 || at == minInt64 || zone == time.UTC {
		return at
	}
	_, east := time.Unix(floorDiv(at, microsPerSecond)+unixEpochMicros/microsPerSecond, 0).In(zone).Zone()
	return at + int64(east)*microsPerSecond
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }

const (
	maxInt64 = 1<<63 - 1
	minInt64 = -1 << 63
)
