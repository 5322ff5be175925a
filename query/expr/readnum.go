package expr

import (
	"strings"
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// toNumber reads a text along a picture.
func toNumber(_ *Env, a, b datum) (datum, error) {
	text, picture := a.Str(), b.Str()
	if picture == "" {
		return sqltypes.Null, nil
	}
	f, err := parseNumberFormat(picture)
	if err != nil {
		return sqltypes.Null, err
	}
	if f.exponent {
		return sqltypes.Null, pgerror.New(pgerror.FeatureNotSupported, "\"EEEE\" not supported for input")
	}
	if f.roman {
		return sqltypes.Null, pgerror.New(pgerror.FeatureNotSupported, "\"RN\" not supported for input")
	}
	digits, negative := f.read(text)
	if digits == "" || digits == "." {
		digits = " "
	}
	if negative {
		digits = "-" + digits
	}
	scale := f.post
	precision := f.pre + f.post
	if f.multi > 0 {
		precision, scale = f.pre+f.multi, 0
	}
	mod := int32(-1)
	if precision > 0 && precision <= 1000 {
		mod = sqltypes.MakeNumericTypmod(precision, scale)
	}
	d, err := sqltypes.ParseText(sqltypes.Type{OID: sqltypes.NumericOID, Mod: mod}, digits, nil)
	if err != nil || f.multi == 0 {
		return d, err
	}
	factor, err := sqltypes.NumericPower(sqltypes.NumericFromInt64(10), sqltypes.NumericFromInt64(int64(-f.multi)))
	if err != nil {
		return sqltypes.Null, err
	}
	return sqltypes.NumericMul(d, factor)
}

// read collects the digits and the point of a text that follows the picture.
func (f *numberFormat) read(text string) (digits string, negative bool) {
	var out []byte
	i := 0
	point := false
	skipSpace := func() {
		for i < len(text) && text[i] == ' ' {
			i++
		}
	}
	takeSign := func() {
		skipSpace()
		if i < len(text) && strings.IndexByte("-+<", text[i]) >= 0 {
			negative = negative || text[i] != '+'
			i++
		}
	}
	for _, n := range f.nodes {
		if i >= len(text) {
			break
		}
		switch n.key {
		case "9", "0":
			if len(out) == 0 {
				takeSign()
			}
			switch {
			case i < len(text) && text[i] >= '0' && text[i] <= '9':
				out = append(out, text[i])
				i++
			case i < len(text) && text[i] == '.' && f.decimal && !point:
				// The number has fewer digits than the picture: the point waits for its place.
			case i < len(text) && text[i] == ',':
				i++
			}
		case ".", "D":
			if i < len(text) && text[i] == '.' {
				out = append(out, '.')
				point = true
				i++
			}
		case ",", "G":
			if text[i] == ',' {
				i++
			}
		case "S", "MI", "PL", "SG":
			minus, size := signAt(text[i:], n.key)
			negative = negative || minus
			i += size
		case "PR":
			if text[i] == '>' {
				i++
			}
		case "TH", "th":
			i = min(i+2, len(text))
		case "L":
			if text[i] == ' ' || text[i] == '$' {
				i++
			}
		case "":
			for range []rune(n.text) {
				_, size := utf8.DecodeRuneInString(text[i:])
				i += size
			}
		}
	}
	if i < len(text) && len(out) > 0 && text[i] == '-' {
		negative = true
	}
	return string(out), negative
}

// signAt reads a sign, or the blank in the place of one.
func signAt(text, key string) (minus bool, size int) {
	switch {
	case strings.IndexByte("-+", text[0]) >= 0:
		return text[0] == '-', 1
	case text[0] == ' ' && (key == "MI" || key == "PL"):
		return false, 1
	}
	return false, 0
}
