package sqltypes

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// ArrayDimensionsMax is the most dimensions an array has; ArrayElementsMax is the most elements.
const (
	ArrayDimensionsMax = 6
	ArrayElementsMax   = 134217727
)

// NewArray makes a one-dimensional array with the lower bound 1; without elements it has no dimensions.
func NewArray(element OID, elements []Datum) Datum {
	a := &Array{Element: element, Elements: elements}
	if len(elements) > 0 {
		a.Lengths, a.Lowers = []int32{int32(len(elements))}, []int32{1}
	}
	return FromArray(a)
}

// appendArray writes an array, or a multirange, which is kept as an array of its ranges.
func appendArray(dst []byte, t OID, a *Array, f *Format) []byte {
	if _, ok := MultirangeRange(t); ok {
		return appendMultirange(dst, a, f)
	}
	if len(a.Elements) == 0 {
		return append(dst, "{}"...)
	}
	bounds := false
	for _, lower := range a.Lowers {
		bounds = bounds || lower != 1
	}
	if bounds {
		for i, lower := range a.Lowers {
			dst = strconv.AppendInt(append(dst, '['), int64(lower), 10)
			dst = append(strconv.AppendInt(append(dst, ':'), int64(lower)+int64(a.Lengths[i])-1, 10), ']')
		}
		dst = append(dst, '=')
	}
	next := 0
	return appendLevel(dst, a, 0, &next, f)
}

func arrayDelimiter(element OID) byte {
	if element == BoxOID {
		return ';'
	}
	return ','
}

func appendLevel(dst []byte, a *Array, level int, next *int, f *Format) []byte {
	delimiter := arrayDelimiter(a.Element)
	dst = append(dst, '{')
	for i := range int(a.Lengths[level]) {
		if i > 0 {
			dst = append(dst, delimiter)
		}
		if level+1 < len(a.Lengths) {
			dst = appendLevel(dst, a, level+1, next, f)
			continue
		}
		dst = appendElement(dst, a.Element, a.Elements[*next], delimiter, f)
		*next++
	}
	return append(dst, '}')
}

func appendElement(dst []byte, t OID, d Datum, delimiter byte, f *Format) []byte {
	if d.IsNull() {
		return append(dst, "NULL"...)
	}
	start := len(dst)
	dst = AppendText(dst, t, d, f)
	text := dst[start:]
	quote := len(text) == 0 || len(text) == 4 && strings.EqualFold(string(text), "null")
	escapes := 0
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			escapes++
			quote = true
		case c == '{' || c == '}' || c == delimiter || isSpace(c):
			quote = true
		}
	}
	if !quote {
		return dst
	}
	plain := string(text)
	dst = append(dst[:start], '"')
	for i := range len(plain) {
		if plain[i] == '"' || plain[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, plain[i])
	}
	return append(dst, '"')
}

func malformedArray(s, detail string, args ...any) error {
	return pgerror.New(pgerror.InvalidTextRepresentation, "malformed array literal: \"%s\"", s).WithDetail(detail, args...)
}

func tooManyDimensions(n int) error {
	return pgerror.New(pgerror.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)",
		n, ArrayDimensionsMax)
}

// parseArray is array_in for elements of the type.
func parseArray(s string, element Type, f *Format) (Datum, error) {
	a := &Array{Element: element.OID}
	body, err := a.parseBounds(s)
	if err != nil {
		return Null, err
	}
	given := len(a.Lengths) > 0
	if given {
		if !strings.HasPrefix(body, "=") {
			return Null, malformedArray(s, "Missing \"%s\" after array dimensions.", "=")
		}
		body = skipSpace(body[1:])
		if !strings.HasPrefix(body, "{") {
			return Null, malformedArray(s, "Array contents must start with \"{\".")
		}
	} else if !strings.HasPrefix(body, "{") {
		return Null, malformedArray(s, "Array value must start with \"{\" or dimension information.")
	}
	r := arrayReader{whole: body, body: body, delimiter: arrayDelimiter(element.OID)}
	if err := r.read(); err != nil {
		return Null, err
	}
	if given {
		if len(r.lengths) != len(a.Lengths) {
			return Null, malformedArray(s, "Specified array dimensions do not match array contents.")
		}
		for i, n := range r.lengths {
			if n != a.Lengths[i] {
				return Null, malformedArray(s, "Specified array dimensions do not match array contents.")
			}
		}
	} else {
		a.Lengths = r.lengths
		for range r.lengths {
			a.Lowers = append(a.Lowers, 1)
		}
	}
	a.Elements = make([]Datum, len(r.elements))
	for i, e := range r.elements {
		if e.null {
			continue
		}
		if a.Elements[i], err = ParseText(element, e.text, f); err != nil {
			return Null, err
		}
	}
	return FromArray(a), nil
}

func skipSpace(s string) string { return s[scan(s, 0, isSpace):] }

// parseBounds reads [n] and [m:n] items.
func (a *Array) parseBounds(s string) (rest string, err error) {
	signed := func(c byte) bool { return isDigit(c) || c == '-' || c == '+' }
	p := skipSpace(s)
	for ; strings.HasPrefix(p, "["); p = skipSpace(p) {
		p = p[1:]
		if len(a.Lengths) >= ArrayDimensionsMax {
			return "", tooManyDimensions(len(a.Lengths) + 1)
		}
		end := scan(p, 0, signed)
		if end == 0 {
			return "", malformedArray(s, "\"[\" must introduce explicitly-specified array dimensions.")
		}
		lower := 1
		if strings.HasPrefix(p[end:], ":") {
			lower = leadingDigits(p[:end])
			p = p[end+1:]
			if end = scan(p, 0, signed); end == 0 {
				return "", malformedArray(s, "Missing array dimension value.")
			}
		}
		if !strings.HasPrefix(p[end:], "]") {
			return "", malformedArray(s, "Missing \"%s\" after array dimensions.", "]")
		}
		upper := leadingDigits(p[:end])
		p = p[end+1:]
		if upper < lower {
			return "", pgerror.New(pgerror.ArraySubscriptError, "upper bound cannot be less than lower bound")
		}
		a.Lengths = append(a.Lengths, int32(min(upper-lower+1, 1<<31-1)))
		a.Lowers = append(a.Lowers, int32(lower))
	}
	return p, nil
}

type arrayElement struct {
	text string
	null bool
}

// arrayState is what the array's text may go on with.
type arrayState uint8

const (
	arrayNoLevel arrayState = iota
	arrayLevelStarted
	arrayElementStarted
	arrayQuotedStarted
	arrayQuotedCompleted
	arrayElementDelimited
	arrayLevelCompleted
	arrayLevelDelimited
)

// arrayReader takes the braces apart. Errors are found in the order of the text, as PostgreSQL does.
type arrayReader struct {
	whole, body string
	delimiter   byte
	state       arrayState
	level       int
	depth       int
	counts      [ArrayDimensionsMax]int32 // items so far at each open level
	sizes       [ArrayDimensionsMax]int32 // items of the closed levels, 0 for none yet
	lengths     []int32
	elements    []arrayElement
	element     []byte
	bare        int  // bytes of the element without the blanks that end it
	quoted      bool // quotes or escapes make the element a value even if it says NULL
	inQuotes    bool
}

func (r *arrayReader) malformed(detail string, args ...any) error {
	return malformedArray(r.whole, detail, args...)
}

func (r *arrayReader) read() error {
	s := r.body
	for i := 0; ; i++ {
		if i >= len(s) {
			return r.malformed("Unexpected end of input.")
		}
		var err error
		switch c := s[i]; {
		case c == '\\':
			if i+1 >= len(s) && r.mayStart() {
				return r.malformed("Unexpected end of input.")
			}
			if !r.mayStart() {
				return r.malformed("Unexpected \"%c\" character.", c)
			}
			if r.state != arrayQuotedStarted {
				r.state = arrayElementStarted
			}
			i++
			r.element, r.quoted = append(r.element, s[i]), true
			r.bare = len(r.element)
		case c == '"':
			err = r.quote()
		case r.inQuotes:
			r.element = append(r.element, c)
			r.bare = len(r.element)
		case c == '{':
			err = r.open()
		case c == '}':
			if err = r.close(); err == nil && r.level == 0 {
				return r.finish(s[i+1:])
			}
		case c == r.delimiter:
			err = r.delimit()
		case isSpace(c):
			if r.state == arrayElementStarted {
				r.element = append(r.element, c)
			}
		default:
			if r.state != arrayLevelStarted && r.state != arrayElementStarted && r.state != arrayElementDelimited {
				return r.malformed("Unexpected array element.")
			}
			r.state = arrayElementStarted
			r.element = append(r.element, c)
			r.bare = len(r.element)
		}
		if err != nil {
			return err
		}
	}
}

func (r *arrayReader) mayStart() bool {
	switch r.state {
	case arrayLevelStarted, arrayElementStarted, arrayQuotedStarted, arrayElementDelimited:
		return true
	}
	return false
}

func (r *arrayReader) quote() error {
	switch r.state {
	case arrayLevelStarted, arrayQuotedStarted, arrayElementDelimited:
	default:
		return r.malformed("Unexpected array element.")
	}
	r.inQuotes = !r.inQuotes
	r.quoted = true
	r.state = arrayQuotedStarted
	if !r.inQuotes {
		r.state = arrayQuotedCompleted
	}
	return nil
}

func (r *arrayReader) open() error {
	switch r.state {
	case arrayNoLevel, arrayLevelStarted, arrayLevelDelimited:
	default:
		return r.malformed("Unexpected \"%c\" character.", '{')
	}
	if r.level >= ArrayDimensionsMax {
		return tooManyDimensions(r.level + 1)
	}
	r.state = arrayLevelStarted
	r.counts[r.level] = 0
	r.level++
	r.depth = max(r.depth, r.level)
	return nil
}

// endItem counts an element or a closed level.
func (r *arrayReader) endItem() {
	if r.state == arrayElementStarted || r.state == arrayQuotedCompleted {
		text := string(r.element[:r.bare])
		r.elements = append(r.elements, arrayElement{text, !r.quoted && strings.EqualFold(text, "null")})
		r.element, r.quoted, r.bare = r.element[:0], false, 0
	}
	r.counts[r.level-1]++
}

func (r *arrayReader) close() error {
	switch {
	case r.state == arrayElementStarted, r.state == arrayQuotedCompleted, r.state == arrayLevelCompleted:
		r.endItem()
	case r.level == 1 && r.state == arrayLevelStarted:
	default:
		return r.malformed("Unexpected \"%c\" character.", '}')
	}
	r.state = arrayLevelCompleted
	r.level--
	if last := r.sizes[r.level]; last != 0 && last != r.counts[r.level] {
		return r.malformed("Multidimensional arrays must have sub-arrays with matching dimensions.")
	}
	r.sizes[r.level] = r.counts[r.level]
	return nil
}

func (r *arrayReader) delimit() error {
	switch r.state {
	case arrayElementStarted, arrayQuotedCompleted, arrayLevelCompleted:
	default:
		return r.malformed("Unexpected \"%c\" character.", r.delimiter)
	}
	r.endItem()
	if r.state == arrayLevelCompleted {
		r.state = arrayLevelDelimited
	} else {
		r.state = arrayElementDelimited
	}
	return nil
}

func (r *arrayReader) finish(rest string) error {
	if skipSpace(rest) != "" {
		return r.malformed("Junk after closing right brace.")
	}
	if len(r.elements) > 0 {
		r.lengths = append(r.lengths, r.sizes[:r.depth]...)
	}
	return nil
}

func appendArrayBinary(dst []byte, a *Array) ([]byte, error) {
	be := binary.BigEndian
	nulls := uint32(0)
	for _, e := range a.Elements {
		if e.IsNull() {
			nulls = 1
		}
	}
	dst = be.AppendUint32(be.AppendUint32(be.AppendUint32(dst, uint32(len(a.Lengths))), nulls), uint32(a.Element))
	for i, n := range a.Lengths {
		dst = be.AppendUint32(be.AppendUint32(dst, uint32(n)), uint32(a.Lowers[i]))
	}
	var err error
	for _, e := range a.Elements {
		if dst, err = AppendLengthBinary(dst, a.Element, e); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

func receiveArray(element Type, m *message) Datum {
	dimensions, flags := m.int32(), m.int32()
	got := OID(m.uint(4))
	switch {
	case m.err != nil:
		return Null
	case dimensions < 0:
		m.err = pgerror.New(pgerror.InvalidBinaryRepresentation, "invalid number of dimensions: %d", dimensions)
	case dimensions > ArrayDimensionsMax:
		m.err = tooManyDimensions(int(dimensions))
	case flags != 0 && flags != 1:
		m.fail(pgerror.InvalidBinaryRepresentation, "invalid array flags")
	case got != element.OID:
		m.err = pgerror.New(pgerror.DatatypeMismatch, "binary data has array element type %d (%s) instead of expected %d (%s)",
			got, BaseTypeName(got), element.OID, BaseTypeName(element.OID))
	}
	if m.err != nil {
		return Null
	}
	a := &Array{Element: element.OID}
	count := int64(1)
	for range dimensions {
		n, lower := m.int32(), m.int32()
		if n < 0 || int64(lower)+int64(n)-1 > 1<<31-1 {
			m.err = pgerror.New(pgerror.ProgramLimitExceeded, "array lower bound is too large: %d", lower)
		}
		a.Lengths, a.Lowers = append(a.Lengths, n), append(a.Lowers, lower)
		if count *= int64(n); count > int64(len(m.b))/4 {
			// Each element takes four bytes at least.
			m.fail(pgerror.ProtocolViolation, "insufficient data left in message")
		}
		if m.err != nil {
			return Null
		}
	}
	if dimensions == 0 || count == 0 {
		a.Lengths, a.Lowers = nil, nil
		return FromArray(a)
	}
	a.Elements = make([]Datum, count)
	for i := range a.Elements {
		a.Elements[i] = receiveElement(element, m)
	}
	return FromArray(a)
}

// receiveElement reads a value behind its length.
func receiveElement(t Type, m *message) Datum {
	size := m.int32()
	if size == -1 || m.err != nil {
		return Null
	}
	part := &message{b: m.take(int(size))}
	if m.err != nil {
		return Null
	}
	d := receive(t, part)
	if part.err == nil && len(part.b) > 0 {
		part.fail(pgerror.InvalidBinaryRepresentation, "improper binary format in array element")
	}
	m.err = part.err
	return d
}

// appendRecord writes a row value.
func appendRecord(dst []byte, r *Record, f *Format) []byte {
	dst = append(dst, '(')
	for i, d := range r.Fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		if d.IsNull() {
			continue
		}
		start := len(dst)
		dst = quoteBound(AppendText(dst, r.Types[i].OID, d, f), start, `"\(),`)
	}
	return append(dst, ')')
}

// quoteBound puts dst[start:] in quotes if it is empty or holds white space or one of the characters.
func quoteBound(dst []byte, start int, special string) []byte {
	quote := len(dst) == start
	for _, c := range dst[start:] {
		quote = quote || isSpace(c) || strings.IndexByte(special, c) >= 0
	}
	if !quote {
		return dst
	}
	plain := string(dst[start:])
	dst = append(dst[:start], '"')
	for i := range len(plain) {
		if plain[i] == '"' || plain[i] == '\\' {
			dst = append(dst, plain[i])
		}
		dst = append(dst, plain[i])
	}
	return append(dst, '"')
}

func appendRecordBinary(dst []byte, r *Record) ([]byte, error) {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(r.Fields)))
	var err error
	for i, d := range r.Fields {
		dst = binary.BigEndian.AppendUint32(dst, uint32(r.Types[i].OID))
		if dst, err = AppendLengthBinary(dst, r.Types[i].OID, d); err != nil {
			return dst, err
		}
	}
	return dst, nil
}
