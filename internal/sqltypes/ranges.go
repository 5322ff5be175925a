package sqltypes

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// MakeRange checks the bounds of a range (NULL: unbounded) and brings it to the form PostgreSQL keeps: ranges of integers and dates
// include their lower bound and exclude their upper one.
func MakeRange(t OID, lower, upper Datum, lowerInc, upperInc bool) (Datum, error) {
	r := &Range{TypeOID: t, Lower: lower, Upper: upper, LowerInc: lowerInc && !lower.IsNull(), UpperInc: upperInc && !upper.IsNull()}
	subtype, _ := RangeSubtype(t)
	if !lower.IsNull() && !upper.IsNull() {
		switch c := Compare(subtype, lower, upper); {
		case c > 0:
			return Null, pgerror.New(pgerror.DataException, "range lower bound must be less than or equal to range upper bound")
		case c == 0 && !(lowerInc && upperInc):
			return FromRange(&Range{TypeOID: t, Empty: true}), nil
		}
	}
	switch subtype {
	case Int4OID, Int8OID, DateOID:
		var err error
		if !r.Lower.IsNull() && !r.LowerInc {
			if r.Lower, err = nextDiscrete(subtype, r.Lower); err != nil {
				return Null, err
			}
			r.LowerInc = subtype != DateOID || IsFiniteDate(r.Lower.Int())
		}
		if !r.Upper.IsNull() && r.UpperInc {
			if subtype != DateOID || IsFiniteDate(r.Upper.Int()) {
				if r.Upper, err = nextDiscrete(subtype, r.Upper); err != nil {
					return Null, err
				}
				r.UpperInc = false
			}
		}
		if !r.Lower.IsNull() && !r.Upper.IsNull() && r.Lower.Int() == r.Upper.Int() && !(r.LowerInc && r.UpperInc) {
			return FromRange(&Range{TypeOID: t, Empty: true}), nil
		}
	}
	return FromRange(r), nil
}

func nextDiscrete(t OID, d Datum) (Datum, error) {
	switch n := d.Int(); {
	case t == Int4OID && n == 1<<31-1:
		return Null, pgerror.New(pgerror.NumericValueOutOfRange, "integer out of range")
	case t == Int8OID && n == 1<<63-1:
		return Null, pgerror.New(pgerror.NumericValueOutOfRange, "bigint out of range")
	case t == DateOID && !IsFiniteDate(n):
		return d, nil
	case t == DateOID && !ValidDate(n+1):
		return Null, pgerror.New(pgerror.DatetimeValueOutOfRange, "date out of range")
	}
	return Int(d.Int() + 1), nil
}

func appendRange(dst []byte, r *Range, f *Format) []byte {
	if r.Empty {
		return append(dst, "empty"...)
	}
	subtype, _ := RangeSubtype(r.TypeOID)
	const special = `"\()[],`
	if r.LowerInc {
		dst = append(dst, '[')
	} else {
		dst = append(dst, '(')
	}
	if !r.Lower.IsNull() {
		start := len(dst)
		dst = quoteBound(AppendText(dst, subtype, r.Lower, f), start, special)
	}
	dst = append(dst, ',')
	if !r.Upper.IsNull() {
		start := len(dst)
		dst = quoteBound(AppendText(dst, subtype, r.Upper, f), start, special)
	}
	if r.UpperInc {
		return append(dst, ']')
	}
	return append(dst, ')')
}

func malformedRange(s, detail string) error {
	return pgerror.New(pgerror.InvalidTextRepresentation, "malformed range literal: \"%s\"", s).WithDetail("%s", detail)
}

func parseRange(t OID, s string, f *Format) (Datum, error) {
	p := skipSpace(s)
	if len(p) >= 5 && strings.EqualFold(p[:5], "empty") {
		if skipSpace(p[5:]) != "" {
			return Null, malformedRange(s, "Junk after \"empty\" key word.")
		}
		return FromRange(&Range{TypeOID: t, Empty: true}), nil
	}
	if p == "" || p[0] != '[' && p[0] != '(' {
		return Null, malformedRange(s, "Missing left parenthesis or bracket.")
	}
	lowerInc := p[0] == '['
	lower, p, err := rangeBound(s, p[1:])
	if err != nil {
		return Null, err
	}
	if !strings.HasPrefix(p, ",") {
		return Null, malformedRange(s, "Missing comma after lower bound.")
	}
	upper, p, err := rangeBound(s, p[1:])
	if err != nil {
		return Null, err
	}
	if strings.HasPrefix(p, ",") {
		return Null, malformedRange(s, "Too many commas.")
	}
	upperInc := p[0] == ']'
	if skipSpace(p[1:]) != "" {
		return Null, malformedRange(s, "Junk after right parenthesis or bracket.")
	}
	subtype, _ := RangeSubtype(t)
	var bounds [2]Datum
	for i, text := range []*string{lower, upper} {
		if text != nil {
			if bounds[i], err = ParseText(T(subtype), *text, f); err != nil {
				return Null, err
			}
		}
	}
	return MakeRange(t, bounds[0], bounds[1], lowerInc, upperInc)
}

// rangeBound reads up to a comma or the closing bracket; nil is no bound.
func rangeBound(whole, p string) (*string, string, error) {
	if p != "" && (p[0] == ',' || p[0] == ')' || p[0] == ']') {
		return nil, p, nil
	}
	var out []byte
	quoted := false
	for i := 0; i < len(p); i++ {
		switch c := p[i]; {
		case !quoted && (c == ',' || c == ')' || c == ']'):
			text := string(out)
			return &text, p[i:], nil
		case c == '\\':
			if i++; i >= len(p) {
				return nil, "", malformedRange(whole, "Unexpected end of input.")
			}
			out = append(out, p[i])
		case c == '"' && !quoted:
			quoted = true
		case c == '"' && i+1 < len(p) && p[i+1] == '"':
			out = append(out, c)
			i++
		case c == '"':
			quoted = false
		default:
			out = append(out, c)
		}
	}
	return nil, "", malformedRange(whole, "Unexpected end of input.")
}

// rangeBoundOf is one end of a range, for comparing.
type rangeBoundOf struct {
	value     Datum
	inclusive bool
	lower     bool
}

// CompareLower and CompareUpper order ranges that are not empty by one of their bounds.
func CompareLower(a, b *Range) int {
	return compareBounds(a.TypeOID, rangeBoundOf{a.Lower, a.LowerInc, true}, rangeBoundOf{b.Lower, b.LowerInc, true})
}

// CompareUpper orders ranges that are not empty by their upper bounds.
func CompareUpper(a, b *Range) int {
	return compareBounds(a.TypeOID, rangeBoundOf{a.Upper, a.UpperInc, false}, rangeBoundOf{b.Upper, b.UpperInc, false})
}

// CompareLowerUpper compares a's lower bound with b's upper bound: above 0 means that a begins behind the end of b.
func CompareLowerUpper(a, b *Range) int {
	return compareBounds(a.TypeOID, rangeBoundOf{a.Lower, a.LowerInc, true}, rangeBoundOf{b.Upper, b.UpperInc, false})
}

func compareBounds(t OID, a, b rangeBoundOf) int {
	infinity := func(x rangeBoundOf) int {
		switch {
		case !x.value.IsNull():
			return 0
		case x.lower:
			return -1
		}
		return 1
	}
	if x, y := infinity(a), infinity(b); x != 0 || y != 0 {
		return cmp.Compare(x, y)
	}
	subtype, _ := RangeSubtype(t)
	if c := Compare(subtype, a.value, b.value); c != 0 {
		return c
	}
	// An exclusive lower bound stands behind its value, an exclusive upper bound before it.
	side := func(x rangeBoundOf) int {
		switch {
		case x.inclusive:
			return 0
		case x.lower:
			return 1
		}
		return -1
	}
	return cmp.Compare(side(a), side(b))
}

func compareRange(a, b *Range) int {
	switch {
	case a.Empty && b.Empty:
		return 0
	case a.Empty:
		return -1
	case b.Empty:
		return 1
	}
	if c := CompareLower(a, b); c != 0 {
		return c
	}
	return CompareUpper(a, b)
}

func hashRange(seed uint64, r *Range) uint64 {
	subtype, _ := RangeSubtype(r.TypeOID)
	seed = mix(seed, uint64(rangeFlags(r)))
	return hashNullable(subtype, hashNullable(subtype, seed, r.Lower), r.Upper)
}

func rangeFlags(r *Range) byte {
	if r.Empty {
		return 1
	}
	flags := byte(0)
	for _, f := range []struct {
		set bool
		bit byte
	}{{r.LowerInc, 2}, {r.UpperInc, 4}, {r.Lower.IsNull(), 8}, {r.Upper.IsNull(), 16}} {
		if f.set {
			flags |= f.bit
		}
	}
	return flags
}

func appendRangeBinary(dst []byte, r *Range) ([]byte, error) {
	subtype, _ := RangeSubtype(r.TypeOID)
	dst = append(dst, rangeFlags(r))
	var err error
	for _, d := range []Datum{r.Lower, r.Upper} {
		if !r.Empty && !d.IsNull() {
			if dst, err = AppendLengthBinary(dst, subtype, d); err != nil {
				return dst, err
			}
		}
	}
	return dst, nil
}

func receiveRange(t, subtype OID, m *message) Datum {
	flags := m.uint(1)
	if m.err != nil {
		return Null
	}
	if flags&1 != 0 {
		return FromRange(&Range{TypeOID: t, Empty: true})
	}
	var lower, upper Datum
	if flags&8 == 0 {
		lower = receiveElement(T(subtype), m)
	}
	if flags&16 == 0 {
		upper = receiveElement(T(subtype), m)
	}
	if m.err != nil {
		return Null
	}
	var d Datum
	d, m.err = MakeRange(t, lower, upper, flags&2 != 0, flags&4 != 0)
	return d
}

// MakeMultirange sorts ranges of one type, drops the empty ones and joins those that touch.
func MakeMultirange(rangeType OID, ranges []*Range) Datum {
	kept := slices.DeleteFunc(slices.Clone(ranges), func(r *Range) bool { return r.Empty })
	slices.SortFunc(kept, compareRange)
	a := &Array{Element: rangeType}
	var last *Range
	for _, r := range kept {
		if last != nil && touches(last, r) {
			if CompareUpper(r, last) > 0 {
				last.Upper, last.UpperInc = r.Upper, r.UpperInc
			}
			continue
		}
		c := *r
		last = &c
		a.Elements = append(a.Elements, FromRange(last))
	}
	if n := len(a.Elements); n > 0 {
		a.Lengths, a.Lowers = []int32{int32(n)}, []int32{1}
	}
	return FromArray(a)
}

// touches tells whether b, which begins no earlier than a, overlaps a or begins where a ends.
func touches(a, b *Range) bool {
	if CompareLowerUpper(b, a) <= 0 {
		return true
	}
	subtype, _ := RangeSubtype(a.TypeOID)
	return !a.Upper.IsNull() && !b.Lower.IsNull() && Compare(subtype, a.Upper, b.Lower) == 0 && (a.UpperInc || b.LowerInc)
}

func appendMultirange(dst []byte, a *Array, f *Format) []byte {
	dst = append(dst, '{')
	for i, e := range a.Elements {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendRange(dst, e.Range(), f)
	}
	return append(dst, '}')
}

func malformedMultirange(s, detail string) error {
	return pgerror.New(pgerror.InvalidTextRepresentation, "malformed multirange literal: \"%s\"", s).WithDetail("%s", detail)
}

func parseMultirange(t OID, s string, f *Format) (Datum, error) {
	rangeType, _ := MultirangeRange(t)
	p := skipSpace(s)
	if !strings.HasPrefix(p, "{") {
		return Null, malformedMultirange(s, "Missing left brace.")
	}
	p = skipSpace(p[1:])
	var ranges []*Range
	for first := true; ; first = false {
		if p == "" {
			return Null, malformedMultirange(s, "Unexpected end of input.")
		}
		if p[0] == '}' && first {
			break
		}
		end := rangeEnd(p)
		if end == 0 {
			return Null, malformedMultirange(s, "Expected range start.")
		}
		if end < 0 {
			return Null, malformedMultirange(s, "Unexpected end of input.")
		}
		d, err := parseRange(rangeType, p[:end], f)
		if err != nil {
			return Null, err
		}
		ranges = append(ranges, d.Range())
		if p = skipSpace(p[end:]); p == "" {
			return Null, malformedMultirange(s, "Unexpected end of input.")
		}
		if p[0] == '}' {
			break
		}
		if p[0] != ',' {
			return Null, malformedMultirange(s, "Expected comma or end of multirange.")
		}
		p = skipSpace(p[1:])
	}
	if skipSpace(p[1:]) != "" {
		return Null, malformedMultirange(s, "Junk after closing right brace.")
	}
	return MakeMultirange(rangeType, ranges), nil
}

// rangeEnd is the length of the range p begins with: 0 when it does not begin with one, -1 when it does not end.
func rangeEnd(p string) int {
	if len(p) >= 5 && strings.EqualFold(p[:5], "empty") {
		return 5
	}
	if p[0] != '[' && p[0] != '(' {
		return 0
	}
	quoted := false
	for i := 1; i < len(p); i++ {
		switch c := p[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ']' || c == ')'):
			return i + 1
		}
	}
	return -1
}

func appendMultirangeBinary(dst []byte, t OID, d Datum) ([]byte, error) {
	rangeType, _ := MultirangeRange(t)
	a := d.Array()
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(a.Elements)))
	var err error
	for _, e := range a.Elements {
		if dst, err = AppendLengthBinary(dst, rangeType, e); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

func receiveMultirange(rangeType OID, m *message) Datum {
	count := m.uint(4)
	if count > uint64(len(m.b)) {
		m.fail(pgerror.ProtocolViolation, "insufficient data left in message")
		return Null
	}
	var ranges []*Range
	for range count {
		d := receiveElement(T(rangeType), m)
		if m.err != nil || d.IsNull() {
			m.fail(pgerror.InvalidBinaryRepresentation, "incorrect binary data format")
			return Null
		}
		ranges = append(ranges, d.Range())
	}
	return MakeMultirange(rangeType, ranges)
}
