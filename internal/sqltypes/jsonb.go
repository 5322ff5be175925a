package sqltypes

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"unsafe"
)

// JSONB is one jsonb value in our binary form, made so that a field or an element is found without reading the others, and so that
// it can be written in one pass: what describes a value stands behind it.
//
//	null false true    tag
//	string             bytes, tag
//	number             varint coefficient, uvarint scale, tag; or its decimal text, tag
//	array              elements; for each the offset of its end; their number; tag
//	object             keys and values; for each key, sorted by length and then bytes: offset of the key, length of the key, offset of the
//	                   value's end (the value begins where its key ends); their number; tag
//
// Offsets count from the begin of the value and take two bytes, or four where the tag says so (little endian), like the number.
type JSONB []byte

// JSONType is the type of a jsonb value. The order is that of PostgreSQL's comparison.
type JSONType uint8

// The types.
const (
	JSONNull JSONType = iota
	JSONString
	JSONNumber
	JSONBool
	JSONArray
	JSONObject
)

const (
	tagNull = iota
	tagFalse
	tagTrue
	tagString
	tagNumber
	tagNumberText
	tagArray
	tagArrayWide
	tagObject
	tagObjectWide
)

func (j JSONB) tag() byte {
	if len(j) == 0 {
		return tagNull
	}
	return j[len(j)-1]
}

// Type is the type of the value.
func (j JSONB) Type() JSONType {
	switch j.tag() {
	case tagFalse, tagTrue:
		return JSONBool
	case tagString:
		return JSONString
	case tagNumber, tagNumberText:
		return JSONNumber
	case tagArray, tagArrayWide:
		return JSONArray
	case tagObject, tagObjectWide:
		return JSONObject
	}
	return JSONNull
}

// IsScalar tells whether the value is neither an array nor an object.
func (j JSONB) IsScalar() bool { return j.Type() < JSONArray }

// Bool is the truth of a boolean.
func (j JSONB) Bool() bool { return j.tag() == tagTrue }

// Str shares the memory of a string value.
func (j JSONB) Str() string { return shareString(j[:len(j)-1]) }

func shareString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Number is the numeric of a number.
func (j JSONB) Number() Datum {
	if j.tag() == tagNumber {
		coefficient, n := binary.Varint(j)
		scale, _ := binary.Uvarint(j[n:])
		return SmallDecimal(coefficient, int32(scale))
	}
	d, err := parseNumeric(string(j[:len(j)-1]), -1)
	if err != nil {
		panic("sqltypes: jsonb holds a number that is none: " + err.Error())
	}
	return d
}

func (j JSONB) wide() bool { return j.tag() == tagArrayWide || j.tag() == tagObjectWide }

// Len is the number of elements of an array or of pairs of an object.
func (j JSONB) Len() int {
	switch n := len(j) - 1; j.tag() {
	case tagArray, tagObject:
		return int(binary.LittleEndian.Uint16(j[n-2:]))
	case tagArrayWide, tagObjectWide:
		return int(binary.LittleEndian.Uint32(j[n-4:]))
	}
	return 0
}

// slot is the i-th number of the table of a value with slots numbers.
func (j JSONB) slot(slots, i int) int {
	n := len(j) - 1
	if j.wide() {
		return int(binary.LittleEndian.Uint32(j[n-4*(slots-i)-4:]))
	}
	return int(binary.LittleEndian.Uint16(j[n-2*(slots-i)-2:]))
}

// Element is the i-th element of an array, from 0 to Len-1.
func (j JSONB) Element(i int) JSONB {
	n, start := j.Len(), 0
	if i > 0 {
		start = j.slot(n, i-1)
	}
	end := j.slot(n, i)
	return j[start:end:end]
}

// Key is the i-th key of an object in the order jsonb keeps: by length, then bytes.
func (j JSONB) Key(i int) string {
	n := 3 * j.Len()
	start := j.slot(n, 3*i)
	return shareString(j[start : start+j.slot(n, 3*i+1)])
}

// Value is the i-th value of an object.
func (j JSONB) Value(i int) JSONB {
	n := 3 * j.Len()
	end := j.slot(n, 3*i+2)
	return j[j.slot(n, 3*i)+j.slot(n, 3*i+1) : end : end]
}

// Field finds the value of a key of an object.
func (j JSONB) Field(key string) (JSONB, bool) {
	if j.Type() != JSONObject {
		return nil, false
	}
	low, high := 0, j.Len()
	for low < high {
		middle := (low + high) / 2
		switch c := compareKeys(j.Key(middle), key); {
		case c == 0:
			return j.Value(middle), true
		case c < 0:
			low = middle + 1
		default:
			high = middle
		}
	}
	return nil, false
}

// compareKeys is the order of keys: shorter first.
func compareKeys(a, b string) int {
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

// AppendText writes the value as PostgreSQL's jsonb_out does.
func (j JSONB) AppendText(dst []byte) []byte {
	switch j.tag() {
	case tagFalse:
		return append(dst, "false"...)
	case tagTrue:
		return append(dst, "true"...)
	case tagString:
		return AppendJSONString(dst, j.Str())
	case tagNumber:
		return appendNumeric(dst, j.Number())
	case tagNumberText:
		return append(dst, j[:len(j)-1]...)
	case tagArray, tagArrayWide:
		dst = append(dst, '[')
		for i := range j.Len() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = j.Element(i).AppendText(dst)
		}
		return append(dst, ']')
	case tagObject, tagObjectWide:
		dst = append(dst, '{')
		for i := range j.Len() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = append(AppendJSONString(dst, j.Key(i)), ": "...)
			dst = j.Value(i).AppendText(dst)
		}
		return append(dst, '}')
	}
	return append(dst, "null"...)
}

// String is the value as text.
func (j JSONB) String() string { return string(j.AppendText(nil)) }

// ParseJSONB is jsonb_in.
func ParseJSONB(s string) (JSONB, error) {
	var room struct {
		numbers [2][8]int
		pairs   [16]pairSlot
	}
	b := &jsonbBuilder{out: make([]byte, 0, len(s)+len(s)/2+16), starts: room.numbers[0][:0], marks: room.numbers[1][:0], pairs: room.pairs[:0]}
	p := jsonParser{l: JSONLexer{Text: s, unescape: true, line: 1}, build: b}
	if err := p.parse(); err != nil {
		return nil, err
	}
	return b.out, nil
}

// JSONBNull, JSONBBool, JSONBString and JSONBNumber make scalars.
func JSONBNull() JSONB { return JSONB{tagNull} }

// JSONBBool makes a boolean.
func JSONBBool(v bool) JSONB {
	if v {
		return JSONB{tagTrue}
	}
	return JSONB{tagFalse}
}

// JSONBString makes a string.
func JSONBString(s string) JSONB { return append(append(make([]byte, 0, len(s)+1), s...), tagString) }

// JSONBNumber makes a number of a finite numeric.
func JSONBNumber(d Datum) JSONB { return appendJSONNumber(nil, d) }

func appendJSONNumber(dst []byte, d Datum) []byte {
	if d.kind == KindDecimal {
		dst = binary.AppendVarint(dst, d.number)
		return append(binary.AppendUvarint(dst, uint64(d.aux)), tagNumber)
	}
	return append(appendNumeric(dst, d), tagNumberText)
}

// JSONBArray makes an array of values.
func JSONBArray(elements ...JSONB) JSONB {
	b := &jsonbBuilder{}
	b.open()
	for _, e := range elements {
		b.out = append(b.out, e...)
		b.endElement()
	}
	b.closeArray()
	return b.out
}

// JSONBPair is a key and its value.
type JSONBPair struct {
	Key   string
	Value JSONB
}

// JSONBObject makes an object; of pairs with the same key the last one stays.
func JSONBObject(pairs ...JSONBPair) JSONB {
	b := &jsonbBuilder{}
	b.open()
	for _, p := range pairs {
		b.key(p.Key)
		b.out = append(b.out, p.Value...)
		b.endPair()
	}
	b.closeObject()
	return b.out
}

// jsonbBuilder writes a value behind what it has written of the values around it.
type jsonbBuilder struct {
	out    []byte
	starts []int      // begin of each open value, in out
	marks  []int      // number of pairs that belong to the values around each open one
	pairs  []pairSlot // pairs or elements of the open values
}

type pairSlot struct {
	keyStart, keyLen, end int
}

func (b *jsonbBuilder) scalar(l *JSONLexer) error {
	switch l.Token {
	case JSONStringToken:
		b.out = append(append(b.out, l.Str()...), tagString)
	case JSONNumberToken:
		d, err := parseNumeric(l.Text[l.Start:l.End], -1)
		if err != nil {
			return err
		}
		b.out = appendJSONNumber(b.out, d)
	case JSONTrueToken:
		b.out = append(b.out, tagTrue)
	case JSONFalseToken:
		b.out = append(b.out, tagFalse)
	default:
		b.out = append(b.out, tagNull)
	}
	return nil
}

func (b *jsonbBuilder) open() {
	b.starts = append(b.starts, len(b.out))
	b.marks = append(b.marks, len(b.pairs))
}

func (b *jsonbBuilder) start() int { return b.starts[len(b.starts)-1] }

func (b *jsonbBuilder) endElement() {
	b.pairs = append(b.pairs, pairSlot{end: len(b.out) - b.start()})
}

func (b *jsonbBuilder) key(k string) {
	b.pairs = append(b.pairs, pairSlot{keyStart: len(b.out) - b.start(), keyLen: len(k)})
	b.out = append(b.out, k...)
}

func (b *jsonbBuilder) endPair() {
	// The pair of this value is the newest one: those of values inside are gone.
	b.pairs[len(b.pairs)-1].end = len(b.out) - b.start()
}

// pop takes the slots of the innermost open value off the stack.
func (b *jsonbBuilder) pop() (slots []pairSlot, wide bool) {
	mark := b.marks[len(b.marks)-1]
	slots = b.pairs[mark:]
	wide = len(b.out)-b.start() > math.MaxUint16 || len(slots) > math.MaxUint16
	b.pairs = b.pairs[:mark]
	b.marks = b.marks[:len(b.marks)-1]
	b.starts = b.starts[:len(b.starts)-1]
	return slots, wide
}

func (b *jsonbBuilder) number(n int, wide bool) {
	if wide {
		b.out = binary.LittleEndian.AppendUint32(b.out, uint32(n))
	} else {
		b.out = binary.LittleEndian.AppendUint16(b.out, uint16(n))
	}
}

func (b *jsonbBuilder) closeArray() {
	slots, wide := b.pop()
	for _, s := range slots {
		b.number(s.end, wide)
	}
	b.number(len(slots), wide)
	tag := byte(tagArray)
	if wide {
		tag = tagArrayWide
	}
	b.out = append(b.out, tag)
}

func (b *jsonbBuilder) closeObject() {
	base := b.start()
	slots, wide := b.pop()
	keyOf := func(s pairSlot) string { return shareString(b.out[base+s.keyStart : base+s.keyStart+s.keyLen]) }
	sorted := true
	for i := 1; i < len(slots) && sorted; i++ {
		sorted = compareKeys(keyOf(slots[i-1]), keyOf(slots[i])) <= 0
	}
	if !sorted {
		slices.SortStableFunc(slots, func(x, y pairSlot) int { return compareKeys(keyOf(x), keyOf(y)) })
	}
	kept := slots[:0]
	for _, s := range slots {
		if n := len(kept); n > 0 && keyOf(kept[n-1]) == keyOf(s) {
			kept[n-1] = s
			continue
		}
		kept = append(kept, s)
	}
	for _, s := range kept {
		b.number(s.keyStart, wide)
		b.number(s.keyLen, wide)
		b.number(s.end, wide)
	}
	b.number(len(kept), wide)
	tag := byte(tagObject)
	if wide {
		tag = tagObjectWide
	}
	b.out = append(b.out, tag)
}

// CompareJSONB is the order of jsonb's btree operator class.
func CompareJSONB(x, y []byte) int {
	a, b := JSONB(x), JSONB(y)
	if a.IsScalar() != b.IsScalar() {
		// A lone scalar is kept by PostgreSQL as an array of one that comes before real ones, but behind the empty array.
		array, sign := a, 1
		if a.IsScalar() {
			array, sign = b, -1
		}
		if array.Type() == JSONArray && array.Len() == 0 {
			return -sign
		}
		return sign
	}
	return compareJSON(a, b)
}

func compareJSON(a, b JSONB) int {
	kind := a.Type()
	if c := cmp.Compare(kind, b.Type()); c != 0 {
		return c
	}
	switch kind {
	case JSONString:
		return bytes.Compare(a[:len(a)-1], b[:len(b)-1])
	case JSONNumber:
		return NumericCompare(a.Number(), b.Number())
	case JSONBool:
		return cmp.Compare(a.tag(), b.tag())
	case JSONArray, JSONObject:
		if c := cmp.Compare(a.Len(), b.Len()); c != 0 {
			return c
		}
	}
	for i := range a.Len() {
		c := 0
		if kind == JSONArray {
			c = compareJSON(a.Element(i), b.Element(i))
		} else if c = strings.Compare(a.Key(i), b.Key(i)); c == 0 {
			c = compareJSON(a.Value(i), b.Value(i))
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

// hashJSONB gives equal values the same number whatever the scale of their numbers.
func hashJSONB(seed uint64, b []byte) uint64 {
	j := JSONB(b)
	kind := j.Type()
	seed = mix(seed, uint64(kind))
	switch kind {
	case JSONString:
		return hashBytes(seed, j[:len(j)-1])
	case JSONNumber:
		return hashNumeric(seed, j.Number())
	case JSONBool:
		return mix(seed, uint64(j.tag()))
	case JSONArray:
		for i := range j.Len() {
			seed = hashJSONB(seed, j.Element(i))
		}
	case JSONObject:
		for i := range j.Len() {
			seed = hashJSONB(hashBytes(seed, []byte(j.Key(i))), j.Value(i))
		}
	}
	return mix(seed, uint64(j.Len()))
}
