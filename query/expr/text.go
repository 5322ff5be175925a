package expr

import (
	"strings"
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/parse"
)

// textMax is the most bytes a text made by a function may have, as in PostgreSQL.
const textMax = 0x3fffffff

func tooLong() error { return pgerror.New(pgerror.ProgramLimitExceeded, "requested length too large") }

func str(s string) (datum, error) { return sqltypes.String(s), nil }

// text1 and text2 make functions of texts that give a text.
func text1(source string, f func(s string) string) entry {
	return fn1(source, func(_ *Env, a datum) (datum, error) { return sqltypes.String(f(a.Str())), nil })
}

func textInt(source string, f func(s string) int) entry {
	return fn1(source, func(_ *Env, a datum) (datum, error) { return sqltypes.Int(int64(f(a.Str()))), nil })
}

func textFunctions() []entry {
	trimmedLength := func(s string) int { return utf8.RuneCountInString(trimBlanks(s)) }
	out := []entry{
		textInt("textlen", utf8.RuneCountInString), textInt("bpcharlen", trimmedLength),
		textInt("textoctetlen", func(s string) int { return len(s) }), textInt("bpcharoctetlen", func(s string) int { return len(s) }),
		textInt("sql_bit_length_1811", func(s string) int { return 8 * len(s) }), textInt("sql_bit_length_1810", func(s string) int { return 8 * len(s) }),
		fn2("textcat", concatenate), fn2("byteacat", concatenate),
		text1("lower", lowerASCII), text1("upper", upperASCII), text1("initcap", initcap), text1("text_reverse", reverse),
		fnN("text_substr", func(_ *Env, a []datum) (datum, error) { return substring(a[0].Str(), a[1].Int(), a[2].Int(), true) }),
		fn2("text_substr_no_len", func(_ *Env, a, b datum) (datum, error) { return substring(a.Str(), b.Int(), 0, false) }),
		fn2("textpos", func(_ *Env, a, b datum) (datum, error) { return sqltypes.Int(position(a.Str(), b.Str())), nil }),
		fn2("text_left", func(_ *Env, a, b datum) (datum, error) { return str(left(a.Str(), b.Int())) }),
		fn2("text_right", func(_ *Env, a, b datum) (datum, error) { return str(right(a.Str(), b.Int())) }),
		fnN("lpad", func(_ *Env, a []datum) (datum, error) { return pad(a[0].Str(), a[1].Int(), a[2].Str(), true) }),
		fnN("rpad", func(_ *Env, a []datum) (datum, error) { return pad(a[0].Str(), a[1].Int(), a[2].Str(), false) }),
		fn2("sql_lpad_879", func(_ *Env, a, b datum) (datum, error) { return pad(a.Str(), b.Int(), " ", true) }),
		fn2("sql_rpad_880", func(_ *Env, a, b datum) (datum, error) { return pad(a.Str(), b.Int(), " ", false) }),
		fn2("ltrim", func(_ *Env, a, b datum) (datum, error) { return str(strings.TrimLeft(a.Str(), b.Str())) }),
		fn2("rtrim", func(_ *Env, a, b datum) (datum, error) { return str(strings.TrimRight(a.Str(), b.Str())) }),
		fn2("btrim", func(_ *Env, a, b datum) (datum, error) { return str(strings.Trim(a.Str(), b.Str())) }),
		text1("ltrim1", func(s string) string { return strings.TrimLeft(s, " ") }), text1("rtrim1", trimBlanks),
		text1("btrim1", func(s string) string { return strings.Trim(s, " ") }),
		fnN("replace_text", replaceText),
		fnN("translate", func(_ *Env, a []datum) (datum, error) { return str(translate(a[0].Str(), a[1].Str(), a[2].Str())) }),
		fn2("repeat", repeat), fnN("split_part", splitPart), fn1("ascii", ascii), fn1("chr", chr),
		fn2("text_starts_with", func(_ *Env, a, b datum) (datum, error) {
			return sqltypes.Bool(strings.HasPrefix(a.Str(), b.Str())), nil
		}),
		fnN("textoverlay", func(_ *Env, a []datum) (datum, error) {
			return overlayText(a[0].Str(), a[1].Str(), a[2].Int(), a[3].Int())
		}),
		fnN("textoverlay_no_len", func(_ *Env, a []datum) (datum, error) {
			return overlayText(a[0].Str(), a[1].Str(), a[2].Int(), int64(utf8.RuneCountInString(a[1].Str())))
		}),
		text1("quote_ident", parse.QuoteIdent), text1("quote_literal", quoteSQL),
		fn1("quote_nullable", func(_ *Env, a datum) (datum, error) {
			if a.IsNull() {
				return str("NULL")
			}
			return str(quoteSQL(a.Str()))
		}),
		fnMake("sql_quote_literal_1285", quoteAny), fnMake("sql_quote_nullable_1290", quoteAny),
		fnMake("sql_textanycat_2003", catAny), fnMake("sql_anytextcat_2004", catAny),
		fn1("to_hex32", func(_ *Env, a datum) (datum, error) { return str(hexText(uint64(uint32(a.Int())))) }),
		fn1("to_hex64", func(_ *Env, a datum) (datum, error) { return str(hexText(uint64(a.Int()))) }),
		fn1("unistr", unistr), fnN("parse_ident", parseIdent),
		fn2("unicode_normalize_func", normalize), fn2("unicode_is_normalized", isNormalized),
	}
	return append(append(append(out, textCasts()...), variadicText()...), byteaFunctions()...)
}

func textCasts() []entry {
	mod := func(t oid) callFn {
		return func(_ *Env, a []datum) (datum, error) {
			return sqltypes.CoerceTypmod(sqltypes.Type{OID: t, Mod: int32(a[1].Int())}, a[0], a[2].Bool())
		}
	}
	return []entry{
		fnN("varchar", mod(sqltypes.VarCharOID)), fnN("bpchar", mod(sqltypes.BPCharOID)),
		fn1("name_text", same), text1("text_name", sqltypes.ClipName), text1("bpchar_name", func(s string) string { return sqltypes.ClipName(trimBlanks(s)) }),
		fn1("name_bpchar", same),
		fn1("char_text", func(_ *Env, a datum) (datum, error) { return str(sqltypes.Text(sqltypes.CharOID, a, nil)) }),
		fn1("char_bpchar", func(_ *Env, a datum) (datum, error) { return str(sqltypes.Text(sqltypes.CharOID, a, nil)) }),
		fn1("text_char", func(_ *Env, a datum) (datum, error) {
			return sqltypes.ParseText(sqltypes.T(sqltypes.CharOID), a.Str(), nil)
		}),
		fn1("booltext", func(_ *Env, a datum) (datum, error) {
			if a.Bool() {
				return str("true")
			}
			return str("false")
		}),
		fn2("nameconcatoid", func(_ *Env, a, b datum) (datum, error) {
			suffix := "_" + formatInt(b.Int())
			name := a.Str()
			for len(name)+len(suffix) >= sqltypes.NameDataLen {
				_, n := utf8.DecodeLastRuneInString(name)
				name = name[:len(name)-n]
			}
			return str(name + suffix)
		}),
	}
}

func concatenate(_ *Env, a, b datum) (datum, error) {
	out := make([]byte, 0, len(a.Bytes())+len(b.Bytes()))
	return sqltypes.Bytes(append(append(out, a.Bytes()...), b.Bytes()...)), nil
}

// Letters outside ASCII have no case in the C collation.
func lowerASCII(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			out := []byte(s)
			for ; i < len(out); i++ {
				out[i] = lowerByte(out[i])
			}
			return string(out)
		}
	}
	return s
}

func upperASCII(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 'a' && c <= 'z' {
			out := []byte(s)
			for ; i < len(out); i++ {
				out[i] = upperByte(out[i])
			}
			return string(out)
		}
	}
	return s
}

func lowerByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func upperByte(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

func isAlnum(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }

func initcap(s string) string {
	out, inside := []byte(s), false
	for i, c := range out {
		if inside {
			out[i] = lowerByte(c)
		} else {
			out[i] = upperByte(c)
		}
		inside = isAlnum(c)
	}
	return string(out)
}

func reverse(s string) string {
	out := make([]byte, 0, len(s))
	for len(s) > 0 {
		_, n := utf8.DecodeLastRuneInString(s)
		out = append(out, s[len(s)-n:]...)
		s = s[:len(s)-n]
	}
	return string(out)
}

// skipChars is the byte offset of the n-th character, or the length.
func skipChars(s string, n int64) int {
	at := 0
	for ; n > 0 && at < len(s); n-- {
		if s[at] < utf8.RuneSelf {
			at++
			continue
		}
		_, k := utf8.DecodeRuneInString(s[at:])
		at += k
	}
	return at
}

// sliceRange turns a 1-based start and a length into a start from 0 and a count of at least 0.
func sliceRange(start, length int64, hasLength bool) (from, count int64, err error) {
	if !hasLength {
		return max(start, 1) - 1, textMax, nil
	}
	if length < 0 {
		return 0, 0, pgerror.New(pgerror.SubstringError, "negative substring length not allowed")
	}
	end := start + length
	from = max(start, 1) - 1
	return from, max(end-1-from, 0), nil
}

func substring(s string, start, length int64, hasLength bool) (datum, error) {
	from, count, err := sliceRange(start, length, hasLength)
	if err != nil {
		return sqltypes.Null, err
	}
	s = s[skipChars(s, from):]
	return str(s[:skipChars(s, count)])
}

func position(s, part string) int64 {
	i := strings.Index(s, part)
	if i < 0 {
		return 0
	}
	return int64(utf8.RuneCountInString(s[:i])) + 1
}

func left(s string, n int64) string {
	if n < 0 {
		n = max(0, int64(utf8.RuneCountInString(s))+n)
	}
	return s[:skipChars(s, n)]
}

func right(s string, n int64) string {
	if n < 0 {
		n = -n
		if n > maxInt32 {
			n = 0 // as PostgreSQL's negation of the smallest integer turns out
		}
	} else {
		n = int64(utf8.RuneCountInString(s)) - n
	}
	return s[skipChars(s, n):]
}

func pad(s string, n int64, fill string, atLeft bool) (datum, error) {
	n = max(n, 0)
	if n*4 > textMax {
		return sqltypes.Null, tooLong()
	}
	have := int64(utf8.RuneCountInString(s))
	if have >= n || fill == "" {
		return str(s[:skipChars(s, n)])
	}
	missing := n - have
	unit := int64(utf8.RuneCountInString(fill))
	padding := strings.Repeat(fill, int(missing/unit)) + fill[:skipChars(fill, missing%unit)]
	if atLeft {
		return str(padding + s)
	}
	return str(s + padding)
}

func replaceText(_ *Env, a []datum) (datum, error) {
	s, from, to := a[0].Str(), a[1].Str(), a[2].Str()
	if from == "" || !strings.Contains(s, from) {
		return a[0], nil
	}
	if n := len(s) + strings.Count(s, from)*(len(to)-len(from)); n > textMax {
		return sqltypes.Null, tooLong()
	}
	return str(strings.ReplaceAll(s, from, to))
}

func translate(s, from, to string) string {
	target := []rune(to)
	table := map[rune]rune{}
	i := 0
	for _, r := range from {
		if _, again := table[r]; !again {
			table[r] = -1
			if i < len(target) {
				table[r] = target[i]
			}
		}
		i++
	}
	return strings.Map(func(r rune) rune {
		if t, ok := table[r]; ok {
			return t
		}
		return r
	}, s)
}

func repeat(_ *Env, a, b datum) (datum, error) {
	n := max(b.Int(), 0)
	if n*int64(len(a.Str())) > textMax {
		return sqltypes.Null, tooLong()
	}
	return str(strings.Repeat(a.Str(), int(n)))
}

func splitPart(_ *Env, a []datum) (datum, error) {
	s, delimiter, n := a[0].Str(), a[1].Str(), a[2].Int()
	switch {
	case n == 0:
		return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "field position must not be zero")
	case s == "":
		return str("")
	case delimiter == "":
		if n == 1 || n == -1 {
			return a[0], nil
		}
		return str("")
	}
	if n < 0 {
		n += int64(strings.Count(s, delimiter)) + 2
		if n <= 0 {
			return str("")
		}
	}
	for ; n > 1; n-- {
		i := strings.Index(s, delimiter)
		if i < 0 {
			return str("")
		}
		s = s[i+len(delimiter):]
	}
	if i := strings.Index(s, delimiter); i >= 0 {
		s = s[:i]
	}
	return str(s)
}

func ascii(_ *Env, a datum) (datum, error) {
	if a.Str() == "" {
		return sqltypes.Int(0), nil
	}
	r, _ := utf8.DecodeRuneInString(a.Str())
	return sqltypes.Int(int64(r)), nil
}

func chr(_ *Env, a datum) (datum, error) {
	n := a.Int()
	switch {
	case n < 0:
		return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "character number must be positive")
	case n == 0:
		return sqltypes.Null, pgerror.New(pgerror.ProgramLimitExceeded, "null character not permitted")
	case n > utf8.MaxRune:
		return sqltypes.Null, pgerror.New(pgerror.ProgramLimitExceeded, "requested character too large for encoding: %d", uint32(n))
	case !utf8.ValidRune(rune(n)):
		return sqltypes.Null, pgerror.New(pgerror.ProgramLimitExceeded, "requested character not valid for encoding: %d", uint32(n))
	}
	return str(string(rune(n)))
}

func overlayText(s, by string, start, length int64) (datum, error) {
	if start <= 0 {
		return sqltypes.Null, pgerror.New(pgerror.SubstringError, "negative substring length not allowed")
	}
	if start+length > maxInt32 {
		return sqltypes.Null, int4Width.outOfRange()
	}
	before := s[:skipChars(s, start-1)]
	after, err := substring(s, start+length, 0, false)
	if err != nil {
		return sqltypes.Null, err
	}
	return str(before + by + after.Str())
}

const maxInt32 = 1<<31 - 1

// quoteSQL is quote_literal: with a backslash in it, E” in front.
func quoteSQL(s string) string { return quoteLiteral(s) }

func quoteAny(call *CallInfo) (callFn, error) {
	t := call.Args[0].OID
	return func(env *Env, a []datum) (datum, error) {
		if a[0].IsNull() {
			return str("NULL")
		}
		return str(quoteSQL(castText(env, t, a[0])))
	}, nil
}

func catAny(call *CallInfo) (callFn, error) {
	l, r := call.Args[0].OID, call.Args[1].OID
	return func(env *Env, a []datum) (datum, error) {
		return str(castText(env, l, a[0]) + castText(env, r, a[1]))
	}, nil
}

// castText is the cast to text, which differs from the output function for a few types.
func castText(env *Env, t oid, d datum) string {
	switch t {
	case sqltypes.BoolOID:
		if d.Bool() {
			return "true"
		}
		return "false"
	case sqltypes.BPCharOID:
		return trimBlanks(d.Str())
	}
	return outputText(env, t, d)
}

func hexText(n uint64) string {
	const digits = "0123456789abcdef"
	var buf [16]byte
	at := len(buf)
	for {
		at--
		buf[at] = digits[n&15]
		if n >>= 4; n == 0 {
			return string(buf[at:])
		}
	}
}
