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
	r := numberReader{numberFormat: f, text: text, sign: ' '}
	r.read()
	scale := r.post
	precision := f.pre + f.multi + scale
	mod := int32(-1)
	if precision <= 1000 {
		mod = sqltypes.MakeNumericTypmod(precision, scale)
	}
	d, err := sqltypes.ParseText(sqltypes.Type{OID: sqltypes.NumericOID, Mod: mod}, r.number(), nil)
	if err != nil || f.multi == 0 {
		return d, err
	}
	factor, err := sqltypes.NumericPower(sqltypes.NumericFromInt64(10), sqltypes.NumericFromInt64(int64(-f.multi)))
	if err != nil {
		return sqltypes.Null, err
	}
	return sqltypes.NumericMul(d, factor)
}

// numberReader follows a picture through a text, step by step as PostgreSQL does: a digit's place takes one character, be it a digit or not.
type numberReader struct {
	*numberFormat
	text      string
	at        int
	sign      byte // ' ' until one is read
	digits    []byte
	pre, post int // digits read
	point     bool
}

// number is what was read, with the sign or its place in front.
func (r *numberReader) number() string {
	return string(r.sign) + strings.TrimSuffix(string(r.digits), ".")
}

func (r *numberReader) end() bool { return r.at >= len(r.text) }

func (r *numberReader) read() {
	for _, n := range r.nodes {
		if r.end() {
			return
		}
		switch c := r.text[r.at]; n.key {
		case "9", "0", ".", "D":
			r.digit(n.key)
			r.at++
		case ",", "G":
			if c == ',' && !r.fill {
				r.at++
			}
		case "L":
			r.skip(1)
		case "TH", "th":
			r.skip(2)
		case "MI":
			r.signAt(c, "-")
		case "PL":
			r.signAt(c, "+")
		case "SG":
			r.signAt(c, "-+")
		case "":
			for range []rune(n.text) {
				_, size := utf8.DecodeRuneInString(r.text[min(r.at, len(r.text)):])
				r.at += size
			}
		}
	}
}

// skip passes over characters that cannot be part of a number.
func (r *numberReader) skip(n int) {
	for ; n > 0 && !r.end() && strings.IndexByte("0123456789.,+-", r.text[r.at]) < 0; n-- {
		_, size := utf8.DecodeRuneInString(r.text[r.at:])
		r.at += size
	}
}

func (r *numberReader) signAt(c byte, signs string) {
	if strings.IndexByte(signs, c) < 0 {
		r.skip(1)
		return
	}
	r.sign = c
	r.at++
}

// digit reads at a digit's place or the point's: the sign in front of the first, a digit or the point, and a sign behind.
func (r *numberReader) digit(key string) {
	if r.text[r.at] == ' ' {
		r.at++
	}
	if r.end() {
		return
	}
	if r.sign == ' ' && (key == "9" || key == "0") && r.pre+r.post == 0 {
		switch c := r.text[r.at]; {
		case c == '-' || c == '<' && r.bracket:
			r.sign = '-'
			r.at++
		case c == '+':
			r.sign = '+'
			r.at++
		}
	}
	if r.end() {
		return
	}
	took := false
	switch c := r.text[r.at]; {
	case c >= '0' && c <= '9':
		if r.point && r.post == r.numberFormat.post {
			return
		}
		r.digits = append(r.digits, c)
		if r.point {
			r.post++
		} else {
			r.pre++
		}
		took = true
	case r.decimal && !r.point && c == '.':
		r.digits = append(r.digits, '.')
		r.point, took = true, true
	}
	if r.sign != ' ' || r.pre+r.post == 0 {
		return
	}
	switch next := r.at + 1; {
	case r.numberFormat.sign != 0 && took:
		if next < len(r.text) && (r.text[next] == '-' || r.text[next] == '+') {
			r.sign, r.at = r.text[next], next
		}
	case r.numberFormat.sign == 0 && !took && (r.plus || r.minus):
		if c := r.text[r.at]; c == '-' || c == '+' {
			r.sign = c
		}
	}
}
