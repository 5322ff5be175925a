package sqltypes

import (
	"strings"
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// CoerceTypmod fits a value of the type to the type's modifier. An explicit cast cuts what is too long where an assignment complains.
func CoerceTypmod(t Type, d Datum, explicit bool) (Datum, error) {
	if d.IsNull() || t.Mod < 0 && t.OID != TimestampOID && t.OID != TimestampTZOID {
		return d, nil
	}
	switch t.OID {
	case VarCharOID:
		return coerceVarChar(t.Mod-4, d, explicit)
	case BPCharOID:
		return coerceBPChar(t.Mod-4, d, explicit)
	case NumericOID:
		if t.Mod < 4 {
			return d, nil
		}
		return coerceNumeric(t.Mod, d)
	case TimeOID:
		return Int(roundTime(t.Mod, d.Int())), nil
	case TimeTZOID:
		return TimeTZ(roundTime(t.Mod, d.Int()), d.Zone()), nil
	case TimestampOID, TimestampTZOID:
		return coerceTimestamp(t.Mod, d.Int())
	case IntervalOID:
		v, err := coerceInterval(t.Mod, *d.Interval())
		if err != nil || v == *d.Interval() {
			return d, err
		}
		return FromInterval(&v), nil
	case BitOID, VarBitOID:
		return coerceBits(t, d, explicit)
	}
	if element, ok := ElementOf(t.OID); ok && d.Kind() == KindArray {
		return coerceArray(Type{element, t.Mod}, d, explicit)
	}
	return d, nil
}

// charPrefix is the length in bytes of the first n characters; ok is false when s has no more than n.
func charPrefix(s string, n int) (end int, ok bool) {
	if len(s) <= n {
		return len(s), false
	}
	for i := 0; i < len(s); {
		if n == 0 {
			return i, true
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
		n--
	}
	return len(s), false
}

func coerceVarChar(limit int32, d Datum, explicit bool) (Datum, error) {
	s := d.Str()
	end, long := charPrefix(s, int(limit))
	if limit < 0 || !long {
		return d, nil
	}
	if !explicit && strings.Trim(s[end:], " ") != "" {
		return Null, pgerror.New(pgerror.StringDataRightTruncation, "value too long for type character varying(%d)", limit)
	}
	return String(s[:end]), nil
}

// allocMax is the most bytes that PostgreSQL allocates for one value.
const allocMax = 1<<30 - 1

func coerceBPChar(limit int32, d Datum, explicit bool) (Datum, error) {
	s := d.Str()
	if limit < 1 {
		return d, nil
	}
	end, long := charPrefix(s, int(limit))
	if long {
		if !explicit && strings.Trim(s[end:], " ") != "" {
			return Null, pgerror.New(pgerror.StringDataRightTruncation, "value too long for type character(%d)", limit)
		}
		return String(s[:end]), nil
	}
	missing := int(limit) - utf8.RuneCountInString(s)
	if missing <= 0 {
		return d, nil
	}
	if size := len(s) + missing + 4; size > allocMax {
		return Null, pgerror.New(pgerror.InternalError, "invalid memory alloc request size %d", size)
	}
	padded := make([]byte, 0, len(s)+missing)
	padded = append(padded, s...)
	for range missing {
		padded = append(padded, ' ')
	}
	return Bytes(padded), nil
}

func coerceArray(element Type, d Datum, explicit bool) (Datum, error) {
	a := *d.Array()
	a.Elements = make([]Datum, len(a.Elements))
	for i, e := range d.Array().Elements {
		c, err := CoerceTypmod(element, e, explicit)
		if err != nil {
			return Null, err
		}
		a.Elements[i] = c
	}
	return FromArray(&a), nil
}
