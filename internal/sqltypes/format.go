package sqltypes

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// DateStyle is the first word of the datestyle setting: how dates and timestamps are shown.
type DateStyle uint8

// The date styles.
const (
	DateISO DateStyle = iota
	DateSQL
	DatePostgres
	DateGerman
)

// DateOrder is the second word of the datestyle setting: how an ambiguous date is read.
type DateOrder uint8

// The orders of day, month and year.
const (
	OrderMDY DateOrder = iota
	OrderDMY
	OrderYMD
)

// IntervalStyle is the intervalstyle setting.
type IntervalStyle uint8

// The interval styles.
const (
	IntervalPostgres IntervalStyle = iota
	IntervalPostgresVerbose
	IntervalSQLStandard
	IntervalISO8601
)

// Format holds the session settings that shape a value's text. The zero value (and a nil *Format) is
// ISO, MDY, postgres interval style, extra_float_digits 1, hex bytea, UTC. It is read only by this package.
type Format struct {
	DateStyle     DateStyle
	DateOrder     DateOrder
	IntervalStyle IntervalStyle
	// FewerFloatDigits is 1 - extra_float_digits where that setting is below 1, so that the zero value means
	// "shortest exact". Use SetExtraFloatDigits.
	FewerFloatDigits int
	ByteaEscape      bool
	Location         *time.Location   // nil: UTC
	Now              func() time.Time // the transaction's start, for 'now', 'today', …; nil: the wall clock
	// ObjectName gives the text of a value of a reg* type, which only the catalog knows; nil: its number.
	ObjectName func(t OID, d Datum) string
	// ObjectOID is the reverse: the value of a reg* type that a text names; nil: numbers alone are read.
	ObjectOID func(t OID, text string) (Datum, error)
	// Notice hears what the client should know of a text that can be read; nil: nobody does.
	Notice func(*pgerror.Error)
}

// SetExtraFloatDigits sets the extra_float_digits setting (-15 to 3).
func (f *Format) SetExtraFloatDigits(n int) { f.FewerFloatDigits = max(0, 1-n) }

var defaultFormat = Format{}

func (f *Format) orDefault() *Format {
	if f == nil {
		return &defaultFormat
	}
	return f
}

func (f *Format) location() *time.Location {
	if f.Location == nil {
		return time.UTC
	}
	return f.Location
}

func (f *Format) now() time.Time {
	if f.Now == nil {
		return time.Now()
	}
	return f.Now()
}

// AppendText appends what PostgreSQL's output function of the type gives for d, which must not be NULL. The type of a domain's
// value is the domain's base type, here and everywhere in this package.
func AppendText(dst []byte, t OID, d Datum, f *Format) []byte {
	f = f.orDefault()
	switch t {
	case BoolOID:
		return append(dst, "ft"[d.Int()&1])
	case CharOID:
		return appendChar(dst, byte(d.Int()))
	case Float4OID:
		return appendFloat(dst, d.Float(), 32, f.FewerFloatDigits)
	case Float8OID:
		return appendFloat(dst, d.Float(), 64, f.FewerFloatDigits)
	case ByteaOID:
		return appendBytea(dst, d.Bytes(), f.ByteaEscape)
	case NumericOID:
		return appendNumeric(dst, d)
	case DateOID:
		return appendDate(dst, d.Int(), f)
	case TimeOID:
		return appendTime(dst, d.Int())
	case TimeTZOID:
		return appendTimeTZ(dst, d, f)
	case TimestampOID:
		return appendTimestamp(dst, d.Int(), f)
	case TimestampTZOID:
		return appendTimestampTZ(dst, d.Int(), f)
	case IntervalOID:
		return appendInterval(dst, d.Interval(), f.IntervalStyle)
	case UUIDOID:
		return appendUUID(dst, d.Bytes())
	case JSONBOID:
		return JSONB(d.Bytes()).AppendText(dst)
	case BitOID, VarBitOID:
		return appendBits(dst, d.Bytes())
	case InetOID, CIDROID:
		return appendInet(dst, d.Bytes(), t == CIDROID)
	case PGLSNOID:
		return appendLSN(dst, uint64(d.Int()))
	case TIDOID:
		return appendTID(dst, d.Int())
	case XID8OID:
		return strconv.AppendUint(dst, uint64(d.Int()), 10)
	case VoidOID:
		return dst
	case Int2VectorOID, OIDVectorOID:
		return appendVector(dst, d.Array())
	case MacAddrOID, MacAddr8OID:
		return appendMacAddr(dst, d.Bytes())
	case PgSnapshotOID, TxidSnapshotOID:
		return appendSnapshot(dst, d.Array())
	}
	switch d.Kind() {
	case KindInt:
		if f.ObjectName != nil && isObjectName(t) {
			return append(dst, f.ObjectName(t, d)...)
		}
		return strconv.AppendInt(dst, d.Int(), 10)
	case KindFloat:
		return appendFloat(dst, d.Float(), 64, f.FewerFloatDigits)
	case KindBytes:
		return append(dst, d.Bytes()...)
	case KindDecimal, KindBig:
		return appendNumeric(dst, d)
	case KindInterval:
		return appendInterval(dst, d.Interval(), f.IntervalStyle)
	case KindTimeTZ:
		return appendTimeTZ(dst, d, f)
	case KindArray:
		return appendArray(dst, t, d.Array(), f)
	case KindRecord:
		return appendRecord(dst, d.Record(), f)
	case KindRange:
		return appendRange(dst, d.Range(), f)
	case KindOther:
		return append(dst, d.Other().Text...)
	}
	panic("sqltypes: text of NULL asked for")
}

// Text is AppendText as a string.
func Text(t OID, d Datum, f *Format) string {
	if d.Kind() == KindBytes {
		switch t {
		case TextOID, VarCharOID, BPCharOID, NameOID, UnknownOID, CStringOID, JSONOID:
			return d.Str()
		}
	}
	return string(AppendText(nil, t, d, f))
}

// ParseText is the type's input function followed by the coercion to the modifier that input does. The value may share s's memory.
func ParseText(t Type, s string, f *Format) (Datum, error) {
	f = f.orDefault()
	switch t.OID {
	case TextOID, UnknownOID, CStringOID, JSONPathOID, RefCursorOID, VoidOID:
		return String(s), nil
	case VarCharOID, BPCharOID:
		return CoerceTypmod(t, String(s), false)
	case NameOID:
		return String(ClipName(s)), nil
	case BoolOID:
		return parseBool(s)
	case CharOID:
		return Int(int64(parseChar(s))), nil
	case Int2OID:
		return parseInt(s, 16, "smallint")
	case Int4OID:
		return parseInt(s, 32, "integer")
	case Int8OID:
		return parseInt(s, 64, "bigint")
	case Float4OID:
		return parseFloat(s, 32, "real")
	case Float8OID:
		return parseFloat(s, 64, "double precision")
	case ByteaOID:
		return parseBytea(s)
	case NumericOID:
		return parseNumeric(s, t.Mod)
	case DateOID:
		return parseDate(s, f)
	case TimeOID:
		return parseTime(s, t.Mod, f)
	case TimeTZOID:
		return parseTimeTZ(s, t.Mod, f)
	case TimestampOID:
		return parseTimestamp(s, t.Mod, f)
	case TimestampTZOID:
		return parseTimestampTZ(s, t.Mod, f)
	case IntervalOID:
		return parseInterval(s, t.Mod, f)
	case UUIDOID:
		return parseUUID(s)
	case JSONOID:
		if err := ValidateJSON(s); err != nil {
			return Null, err
		}
		return String(s), nil
	case JSONBOID:
		b, err := ParseJSONB(s)
		return Bytes(b), err
	}
	return parseRareText(t, s, f)
}

// parseRareText reads the types that are not common in tables.
func parseRareText(t Type, s string, f *Format) (Datum, error) {
	switch t.OID {
	case OIDOID, RegProcOID, RegProcedureOID, RegOperOID, RegOperatorOID, RegClassOID, RegTypeOID, RegRoleOID,
		RegNamespaceOID, RegConfigOID, RegDictionaryOID, RegCollationOID:
		if t.OID != OIDOID && f.ObjectOID != nil {
			return f.ObjectOID(t.OID, s)
		}
		return parseUint32(s, "oid")
	case XIDOID:
		return parseXID(s, 32, "xid")
	case CIDOID:
		return parseXID(s, 32, "cid")
	case XID8OID:
		return parseXID(s, 64, "xid8")
	case TIDOID:
		return parseTID(s)
	case PGLSNOID:
		return parseLSN(s)
	case MacAddrOID:
		return parseMacAddr(s)
	case MacAddr8OID:
		return parseMacAddr8(s)
	case PgSnapshotOID, TxidSnapshotOID:
		return parseSnapshot(s)
	case TSVectorOID:
		return parseTSVector(s)
	case TSQueryOID:
		return parseTSQuery(s, f)
	case ACLItemOID:
		return parseACLItem(s, f)
	case BitOID, VarBitOID:
		return parseBits(t, s)
	case InetOID, CIDROID:
		return parseInet(s, t.OID == CIDROID)
	case Int2VectorOID, OIDVectorOID:
		return parseVector(t.OID, s)
	case RecordOID:
		return Null, pgerror.New(pgerror.FeatureNotSupported, "input of anonymous composite types is not implemented")
	}
	if element, ok := ElementOf(t.OID); ok {
		return parseArray(s, Type{element, t.Mod}, f)
	}
	if _, ok := RangeSubtype(t.OID); ok {
		return parseRange(t.OID, s, f)
	}
	if _, ok := MultirangeRange(t.OID); ok {
		return parseMultirange(t.OID, s, f)
	}
	if info, ok := Lookup(t.OID); ok && info.Class == 'p' {
		return Null, pgerror.New(pgerror.FeatureNotSupported, "cannot accept a value of type %s", info.Name)
	}
	return Null, pgerror.New(pgerror.FeatureNotSupported, "datatype %s not supported", BaseTypeName(t.OID))
}

// NameDataLen is the most bytes an identifier has, with a byte for its end.
const NameDataLen = 64

// ClipName shortens a name to 63 bytes at a character boundary, as PostgreSQL does with identifiers.
func ClipName(s string) string {
	if len(s) < NameDataLen {
		return s
	}
	n := NameDataLen - 1
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// CheckText tells whether bytes from a client are text a UTF8 database may keep: valid UTF-8 without a zero byte.
func CheckText(b []byte) error {
	for i := 0; i < len(b); {
		c := b[i]
		if c != 0 && c < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if c == 0 || r == utf8.RuneError && n <= 1 {
			return invalidUTF8(b[i:])
		}
		i += n
	}
	return nil
}

func invalidUTF8(b []byte) error {
	n := 1
	switch c := b[0]; {
	case c >= 0xF0 && c < 0xF8:
		n = 4
	case c >= 0xE0 && c < 0xF0:
		n = 3
	case c >= 0xC0 && c < 0xE0:
		n = 2
	}
	const digits = "0123456789abcdef"
	text := ""
	for i, c := range b[:min(n, len(b))] {
		if i > 0 {
			text += " "
		}
		text += "0x" + string(digits[c>>4]) + string(digits[c&15])
	}
	return pgerror.New(pgerror.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": %s", text)
}

// isSpace is C's isspace.
func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func trimSpace(s string) string {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func invalidSyntax(typeName, s string) error {
	return pgerror.New(pgerror.InvalidTextRepresentation, "invalid input syntax for type %s: \"%s\"", typeName, s)
}

// isObjectName tells whether values of the type are OIDs that are written as the names of what they stand for.
func isObjectName(t OID) bool {
	switch t {
	case RegProcOID, RegProcedureOID, RegOperOID, RegOperatorOID, RegClassOID, RegTypeOID, RegRoleOID, RegNamespaceOID, RegConfigOID,
		RegDictionaryOID, RegCollationOID:
		return true
	}
	return false
}
