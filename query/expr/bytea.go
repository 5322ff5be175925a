package expr

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

func byteaFunctions() []entry {
	digest := func(source string, f func(b []byte) []byte) entry {
		return fn1(source, func(_ *Env, a datum) (datum, error) { return sqltypes.Bytes(f(a.Bytes())), nil })
	}
	md5Text := func(_ *Env, a datum) (datum, error) {
		sum := md5.Sum(a.Bytes())
		return str(hex.EncodeToString(sum[:]))
	}
	out := []entry{
		fn1("md5_text", md5Text), fn1("md5_bytea", md5Text),
		digest("sha224_bytea", func(b []byte) []byte { h := sha256.Sum224(b); return h[:] }),
		digest("sha256_bytea", func(b []byte) []byte { h := sha256.Sum256(b); return h[:] }),
		digest("sha384_bytea", func(b []byte) []byte { h := sha512.Sum384(b); return h[:] }),
		digest("sha512_bytea", func(b []byte) []byte { h := sha512.Sum512(b); return h[:] }),
		fn2("binary_encode", encode), fn2("binary_decode", decode),
		textInt("byteaoctetlen", func(s string) int { return len(s) }),
		fnN("bytea_substr", func(_ *Env, a []datum) (datum, error) {
			return substringBytes(a[0].Bytes(), a[1].Int(), a[2].Int(), true)
		}),
		fn2("bytea_substr_no_len", func(_ *Env, a, b datum) (datum, error) { return substringBytes(a.Bytes(), b.Int(), 0, false) }),
		fn2("byteapos", func(_ *Env, a, b datum) (datum, error) {
			return sqltypes.Int(int64(strings.Index(a.Str(), b.Str()) + 1)), nil
		}),
		fnN("byteaoverlay", func(_ *Env, a []datum) (datum, error) { return overlayBytes(a[0], a[1], a[2].Int(), a[3].Int()) }),
		fnN("byteaoverlay_no_len", func(_ *Env, a []datum) (datum, error) {
			return overlayBytes(a[0], a[1], a[2].Int(), int64(len(a[1].Bytes())))
		}),
		fn2("byteatrim", func(_ *Env, a, b datum) (datum, error) {
			return sqltypes.Bytes(trimBytes(a.Bytes(), b.Bytes(), true, true)), nil
		}),
		fn2("bytealtrim", func(_ *Env, a, b datum) (datum, error) {
			return sqltypes.Bytes(trimBytes(a.Bytes(), b.Bytes(), true, false)), nil
		}),
		fn2("byteartrim", func(_ *Env, a, b datum) (datum, error) {
			return sqltypes.Bytes(trimBytes(a.Bytes(), b.Bytes(), false, true)), nil
		}),
	}
	return append(out, byteAccessFunctions()...)
}

// byteAccessFunctions read and change single bytes and bits, and convert between encodings.
func byteAccessFunctions() []entry {
	return []entry{
		fn2("byteaGetByte", func(_ *Env, a, b datum) (datum, error) {
			if err := checkIndex(b.Int(), int64(len(a.Bytes()))); err != nil {
				return sqltypes.Null, err
			}
			return sqltypes.Int(int64(a.Bytes()[b.Int()])), nil
		}),
		fnN("byteaSetByte", func(_ *Env, a []datum) (datum, error) {
			if err := checkIndex(a[1].Int(), int64(len(a[0].Bytes()))); err != nil {
				return sqltypes.Null, err
			}
			out := bytes.Clone(a[0].Bytes())
			out[a[1].Int()] = byte(a[2].Int())
			return sqltypes.Bytes(out), nil
		}),
		fn2("byteaGetBit", func(_ *Env, a, b datum) (datum, error) {
			if err := checkIndex(b.Int(), 8*int64(len(a.Bytes()))); err != nil {
				return sqltypes.Null, err
			}
			return sqltypes.Int(int64(a.Bytes()[b.Int()/8] >> (b.Int() % 8) & 1)), nil
		}),
		fnN("byteaSetBit", setBit),
		fn1("bytea_bit_count", func(_ *Env, a datum) (datum, error) {
			n := 0
			for _, b := range a.Bytes() {
				n += bits.OnesCount8(b)
			}
			return sqltypes.Int(int64(n)), nil
		}),
		fn2("length_in_encoding", lengthInEncoding),
		fn2("pg_convert_from", convertFrom), fn2("pg_convert_to", convertTo),
		fnN("pg_convert", func(env *Env, a []datum) (datum, error) { return convert(a[0], a[1].Str(), a[2].Str()) }),
	}
}

func checkIndex(n, length int64) error {
	if n < 0 || n >= length {
		return pgerror.New(pgerror.ArraySubscriptError, "index %d out of valid range, 0..%d", n, length-1)
	}
	return nil
}

func setBit(_ *Env, a []datum) (datum, error) {
	n := a[1].Int()
	if err := checkIndex(n, 8*int64(len(a[0].Bytes()))); err != nil {
		return sqltypes.Null, err
	}
	if v := a[2].Int(); v != 0 && v != 1 {
		return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "new bit must be 0 or 1")
	}
	out := bytes.Clone(a[0].Bytes())
	out[n/8] = out[n/8]&^(1<<(n%8)) | byte(a[2].Int())<<(n%8)
	return sqltypes.Bytes(out), nil
}

func substringBytes(b []byte, start, length int64, hasLength bool) (datum, error) {
	from, count, err := sliceRange(start, length, hasLength)
	if err != nil {
		return sqltypes.Null, err
	}
	from = min(from, int64(len(b)))
	return sqltypes.Bytes(b[from : from+min(count, int64(len(b))-from)]), nil
}

func overlayBytes(s, by datum, start, length int64) (datum, error) {
	if start <= 0 {
		return sqltypes.Null, pgerror.New(pgerror.SubstringError, "negative substring length not allowed")
	}
	if start+length > maxInt32 {
		return sqltypes.Null, int4Width.outOfRange()
	}
	before, err := substringBytes(s.Bytes(), 1, start-1, true)
	if err != nil {
		return sqltypes.Null, err
	}
	after, err := substringBytes(s.Bytes(), start+length, 0, false)
	if err != nil {
		return sqltypes.Null, err
	}
	return sqltypes.Bytes(slicesConcat(before.Bytes(), by.Bytes(), after.Bytes())), nil
}

func slicesConcat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func trimBytes(s, set []byte, atStart, atEnd bool) []byte {
	for atStart && len(s) > 0 && bytes.IndexByte(set, s[0]) >= 0 {
		s = s[1:]
	}
	for atEnd && len(s) > 0 && bytes.IndexByte(set, s[len(s)-1]) >= 0 {
		s = s[:len(s)-1]
	}
	return s
}

func encode(_ *Env, a, b datum) (datum, error) {
	data := a.Bytes()
	switch lowerASCII(b.Str()) {
	case "hex":
		return str(hex.EncodeToString(data))
	case "base64":
		text := base64.StdEncoding.EncodeToString(data)
		var out strings.Builder
		for len(text) > 76 {
			out.WriteString(text[:76] + "\n")
			text = text[76:]
		}
		return str(out.String() + text)
	case "escape":
		var out []byte
		for _, c := range data {
			switch {
			case c == 0 || c >= 0x80:
				out = append(out, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
			case c == '\\':
				out = append(out, '\\', '\\')
			default:
				out = append(out, c)
			}
		}
		return sqltypes.Bytes(out), nil
	}
	return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "unrecognized encoding: \"%s\"", b.Str())
}

func decode(_ *Env, a, b datum) (datum, error) {
	switch lowerASCII(b.Str()) {
	case "hex":
		out, err := decodeHex(a.Str())
		return sqltypes.Bytes(out), err
	case "base64":
		out, err := decodeBase64(a.Str())
		return sqltypes.Bytes(out), err
	case "escape":
		return decodeEscape(a.Str())
	}
	return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "unrecognized encoding: \"%s\"", b.Str())
}

func decodeHex(s string) ([]byte, error) {
	var out []byte
	for i := 0; i < len(s); {
		if strings.IndexByte(" \n\t\r", s[i]) >= 0 {
			i++
			continue
		}
		high, ok := hexDigit(s[i])
		if !ok {
			return nil, invalidHex(s[i:])
		}
		if i+1 >= len(s) {
			return nil, pgerror.New(pgerror.InvalidParameterValue, "invalid hexadecimal data: odd number of digits")
		}
		low, ok := hexDigit(s[i+1])
		if !ok {
			return nil, invalidHex(s[i+1:])
		}
		out = append(out, high<<4|low)
		i += 2
	}
	return out, nil
}

func invalidHex(s string) error {
	_, n := utf8.DecodeRuneInString(s)
	return pgerror.New(pgerror.InvalidParameterValue, "invalid hexadecimal digit: \"%s\"", s[:n])
}

func decodeBase64(s string) ([]byte, error) {
	var out []byte
	var acc uint32
	pos, end := 0, 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if strings.IndexByte(" \n\t\r", c) >= 0 {
			continue
		}
		var v byte
		if c == '=' {
			if end == 0 {
				switch pos {
				case 2:
					end = 1
				case 3:
					end = 2
				default:
					return nil, pgerror.New(pgerror.InvalidParameterValue, "unexpected \"=\" while decoding base64 sequence")
				}
			}
		} else {
			at := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", c)
			if at < 0 {
				_, n := utf8.DecodeRuneInString(s[i:])
				return nil, pgerror.New(pgerror.InvalidParameterValue, "invalid symbol \"%s\" found while decoding base64 sequence", s[i:i+n])
			}
			v = byte(at)
		}
		acc = acc<<6 | uint32(v)
		if pos++; pos == 4 {
			out = append(out, byte(acc>>16))
			if end == 0 || end > 1 {
				out = append(out, byte(acc>>8))
			}
			if end == 0 || end > 2 {
				out = append(out, byte(acc))
			}
			acc, pos = 0, 0
		}
	}
	if pos != 0 {
		return nil, pgerror.New(pgerror.InvalidParameterValue, "invalid base64 end sequence").
			WithHint("Input data is missing padding, is truncated, or is otherwise corrupted.")
	}
	return out, nil
}

func decodeEscape(s string) (datum, error) {
	var out []byte
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\':
			out = append(out, s[i])
		case i+3 < len(s) && s[i+1] >= '0' && s[i+1] <= '3' && isOctal(s[i+2]) && isOctal(s[i+3]):
			out = append(out, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 3
		case i+1 < len(s) && s[i+1] == '\\':
			out = append(out, '\\')
			i++
		default:
			return sqltypes.Null, pgerror.New(pgerror.InvalidTextRepresentation, "invalid input syntax for type bytea")
		}
	}
	return sqltypes.Bytes(out), nil
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }

// convert is convert(bytes, source, destination): what has no encoding is only looked at, and not every pair of encodings has a conversion.
func convert(d datum, source, destination string) (datum, error) {
	from, to := encodingNumber(source), encodingNumber(destination)
	if from < 0 {
		return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "invalid source encoding name \"%s\"", source)
	}
	if to < 0 {
		return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "invalid destination encoding name \"%s\"", destination)
	}
	text, err := decodeText(d.Bytes(), from)
	switch {
	case from == asciiEncoding:
		if err = noZero(d.Bytes(), from); err == nil && to != asciiEncoding {
			_, err = decodeText(d.Bytes(), to)
		}
		return d, err
	case err != nil, from == to, to == asciiEncoding, len(text) == 0:
		return d, err
	case !convertible(from, to):
		return sqltypes.Null, pgerror.New(pgerror.UndefinedFunction, "default conversion function for encoding \"%s\" to \"%s\" does not exist",
			encodings[from].name, encodings[to].name)
	}
	bytes, err := encodeText(string(text), to)
	return sqltypes.Bytes(bytes), err
}

// lengthInEncoding is how many characters bytes are in an encoding.
func lengthInEncoding(_ *Env, a, b datum) (datum, error) {
	encoding := encodingNumber(b.Str())
	if encoding < 0 {
		return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "invalid encoding name \"%s\"", b.Str())
	}
	if encoding == asciiEncoding {
		return sqltypes.Int(int64(len(a.Bytes()))), noZero(a.Bytes(), encoding)
	}
	text, err := decodeText(a.Bytes(), encoding)
	return sqltypes.Int(int64(utf8.RuneCount(text))), err
}

func convertFrom(_ *Env, a, b datum) (datum, error) {
	encoding := encodingNumber(b.Str())
	if encoding < 0 {
		return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "invalid source encoding name \"%s\"", b.Str())
	}
	text, err := decodeText(a.Bytes(), encoding)
	return sqltypes.Bytes(text), err
}

func convertTo(_ *Env, a, b datum) (datum, error) {
	encoding := encodingNumber(b.Str())
	if encoding < 0 {
		return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "invalid destination encoding name \"%s\"", b.Str())
	}
	bytes, err := encodeText(a.Str(), encoding)
	return sqltypes.Bytes(bytes), err
}
