package expr

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/parse"
)

// variadicText are concat, concat_ws and format, and the functions between texts and arrays.
func variadicText() []entry {
	return []entry{
		fnMake("text_concat", func(call *CallInfo) (callFn, error) {
			args := anyArgs(call, 0)
			return func(env *Env, a []datum) (datum, error) {
				if call.Variadic && a[0].IsNull() {
					return sqltypes.Null, nil
				}
				var out []byte
				args(env, a, func(t oid, d datum) {
					if !d.IsNull() {
						out = append(out, outputText(env, t, d)...)
					}
				})
				return sqltypes.Bytes(out), nil
			}, nil
		}),
		fnMake("text_concat_ws", func(call *CallInfo) (callFn, error) {
			args := anyArgs(call, 1)
			return func(env *Env, a []datum) (datum, error) {
				if a[0].IsNull() || call.Variadic && a[1].IsNull() {
					return sqltypes.Null, nil
				}
				var out []byte
				first := true
				args(env, a, func(t oid, d datum) {
					if d.IsNull() {
						return
					}
					if !first {
						out = append(out, a[0].Bytes()...)
					}
					first = false
					out = append(out, outputText(env, t, d)...)
				})
				return sqltypes.Bytes(out), nil
			}, nil
		}),
		fnMake("text_format", textFormat), fnMake("text_format_nv", textFormat),
		fnN("text_to_array", textToArray), fnN("text_to_array_null", textToArray),
	}
}

// anyArgs walks the arguments of a VARIADIC "any" function from the given one on, or the elements of the array given in their place.
func anyArgs(call *CallInfo, from int) func(env *Env, a []datum, f func(t oid, d datum)) {
	if call.Variadic {
		return func(_ *Env, a []datum, f func(t oid, d datum)) {
			last := a[len(a)-1]
			if last.IsNull() {
				return
			}
			for _, d := range last.Array().Elements {
				f(last.Array().Element, d)
			}
		}
	}
	types := call.Args
	return func(_ *Env, a []datum, f func(t oid, d datum)) {
		for i := from; i < len(a); i++ {
			f(types[i].OID, a[i])
		}
	}
}

// directive is one % of a format string.
type directive struct {
	kind       byte
	position   int // 0: the next argument
	left       bool
	width      int
	widthArg   bool // the width is an argument: widthFrom, or the next one for 0
	widthFrom  int
	hasWidth   bool
	afterBytes int
}

func formatError(format string, args ...any) *pgerror.Error {
	return pgerror.New(pgerror.InvalidParameterValue, format, args...)
}

func textFormat(call *CallInfo) (callFn, error) {
	args := anyArgs(call, 1)
	return func(env *Env, a []datum) (datum, error) {
		if a[0].IsNull() {
			return sqltypes.Null, nil
		}
		var types []oid
		var values []datum
		args(env, a, func(t oid, d datum) {
			types, values = append(types, t), append(values, d)
		})
		out, err := formatText(env, a[0].Str(), types, values)
		return sqltypes.Bytes(out), err
	}, nil
}

func formatText(env *Env, f string, types []oid, values []datum) ([]byte, error) {
	var out []byte
	next := 0
	take := func(position int) (int, error) {
		if position > 0 {
			next = position
		} else {
			next++
		}
		if next > len(values) {
			return 0, formatError("too few arguments for format()")
		}
		return next - 1, nil
	}
	for i := 0; i < len(f); i++ {
		if f[i] != '%' {
			out = append(out, f[i])
			continue
		}
		if i+1 < len(f) && f[i+1] == '%' {
			out = append(out, '%')
			i++
			continue
		}
		d, err := parseDirective(f[i+1:])
		if err != nil {
			return nil, err
		}
		i += d.afterBytes
		if d.widthArg {
			at, err := take(d.widthFrom)
			if err != nil {
				return nil, err
			}
			if d.width, err = widthArgument(env, types[at], values[at]); err != nil {
				return nil, err
			}
		}
		if d.width < 0 {
			d.left, d.width = true, -d.width
		}
		at, err := take(d.position)
		if err != nil {
			return nil, err
		}
		text, err := formatValue(env, d.kind, types[at], values[at])
		if err != nil {
			return nil, err
		}
		blanks := strings.Repeat(" ", max(0, d.width-utf8.RuneCountInString(text)))
		if d.left {
			out = append(append(out, text...), blanks...)
		} else {
			out = append(append(out, blanks...), text...)
		}
	}
	return out, nil
}

func widthArgument(env *Env, t oid, d datum) (int, error) {
	if d.IsNull() {
		return 0, nil
	}
	n, err := sqltypes.ParseText(sqltypes.T(sqltypes.Int4OID), outputText(env, t, d), nil)
	return int(n.Int()), err
}

func formatValue(env *Env, kind byte, t oid, d datum) (string, error) {
	if d.IsNull() {
		switch kind {
		case 'I':
			return "", pgerror.New(pgerror.NullValueNotAllowed, "null values cannot be formatted as an SQL identifier")
		case 'L':
			return "NULL", nil
		}
		return "", nil
	}
	text := outputText(env, t, d)
	switch kind {
	case 'I':
		return parse.QuoteIdent(text), nil
	case 'L':
		return quoteSQL(text), nil
	}
	return text, nil
}

func parseDirective(f string) (directive, error) {
	var d directive
	unterminated := formatError("unterminated format() type specifier").WithHint("For a single %q use %q.", "%", "%%")
	i := 0
	number := func() (n int, ok bool, err error) {
		start := i
		for i < len(f) && f[i] >= '0' && f[i] <= '9' {
			if n = n*10 + int(f[i]-'0'); n > maxInt32 {
				return 0, false, pgerror.New(pgerror.NumericValueOutOfRange, "number is out of range")
			}
			i++
		}
		return n, i > start, nil
	}
	n, ok, err := number()
	switch {
	case err != nil:
		return d, err
	case i >= len(f):
		return d, unterminated
	case ok && f[i] == '$':
		if n == 0 {
			return d, formatError("format specifies argument 0, but arguments are numbered from 1")
		}
		d.position = n
		i++
	case ok:
		d.width, d.hasWidth = n, true
	}
	for !d.hasWidth && i < len(f) && f[i] == '-' {
		d.left = true
		i++
	}
	if i < len(f) && f[i] == '*' && !d.hasWidth {
		i++
		d.widthArg = true
		n, ok, err := number()
		switch {
		case err != nil:
			return d, err
		case ok && (i >= len(f) || f[i] != '$'):
			return d, formatError("width argument position must be ended by \"$\"")
		case ok && n == 0:
			return d, formatError("format specifies argument 0, but arguments are numbered from 1")
		case ok:
			d.widthFrom = n
			i++
		}
	} else if !d.hasWidth {
		if d.width, _, err = number(); err != nil {
			return d, err
		}
	}
	if i >= len(f) {
		return d, unterminated
	}
	d.kind, d.afterBytes = f[i], i+1
	if d.kind != 's' && d.kind != 'I' && d.kind != 'L' {
		_, size := utf8.DecodeRuneInString(f[i:])
		return d, formatError("unrecognized format() type specifier \"%s\"", f[i:i+size]).WithHint("For a single %q use %q.", "%", "%%")
	}
	return d, nil
}

// textToArray is string_to_array; the parts that equal the third argument become NULL.
func textToArray(env *Env, a []datum) (datum, error) {
	if a[0].IsNull() {
		return sqltypes.Null, nil
	}
	var parts []datum
	splitText(a, func(d datum) { parts = append(parts, d) })
	return sqltypes.FromArray(newArray(sqltypes.TextOID, parts)), nil
}

// splitText cuts a[0] at a[1], at every character when that is NULL.
func splitText(a []datum, emit func(datum)) {
	s := a[0].Str()
	if s == "" {
		return
	}
	add := func(part string) {
		if len(a) > 2 && !a[2].IsNull() && a[2].Str() == part {
			emit(sqltypes.Null)
			return
		}
		emit(sqltypes.String(part))
	}
	switch {
	case a[1].IsNull():
		for s != "" {
			_, n := utf8.DecodeRuneInString(s)
			add(s[:n])
			s = s[n:]
		}
	case a[1].Str() == "":
		add(s)
	default:
		for {
			i := strings.Index(s, a[1].Str())
			if i < 0 {
				break
			}
			add(s[:i])
			s = s[i+len(a[1].Str()):]
		}
		add(s)
	}
}

func normalForm(name string) (norm.Form, error) {
	switch upperASCII(name) {
	case "NFC":
		return norm.NFC, nil
	case "NFD":
		return norm.NFD, nil
	case "NFKC":
		return norm.NFKC, nil
	case "NFKD":
		return norm.NFKD, nil
	}
	return 0, pgerror.New(pgerror.InvalidParameterValue, "invalid normalization form: %s", name)
}

func normalize(_ *Env, a, b datum) (datum, error) {
	form, err := normalForm(b.Str())
	if err != nil {
		return sqltypes.Null, err
	}
	return str(form.String(a.Str()))
}

func isNormalized(_ *Env, a, b datum) (datum, error) {
	form, err := normalForm(b.Str())
	if err != nil {
		return sqltypes.Null, err
	}
	return sqltypes.Bool(form.IsNormalString(a.Str())), nil
}

// unistr reads \XXXX, \+XXXXXX, \uXXXX and \UXXXXXXXX.
func unistr(_ *Env, a datum) (datum, error) {
	s := a.Str()
	var out []byte
	var high rune
	invalid := pgerror.New(pgerror.SyntaxError, "invalid Unicode surrogate pair")
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 < len(s) && s[i+1] == '\\' {
			if high != 0 {
				return sqltypes.Null, invalid
			}
			if s[i] == '\\' {
				i++
			}
			out = append(out, s[i])
			continue
		}
		skip, digits := 1, 4
		if i+1 < len(s) {
			switch s[i+1] {
			case '+':
				skip, digits = 2, 6
			case 'u':
				skip = 2
			case 'U':
				skip, digits = 2, 8
			}
		}
		r, ok := hexRune(s[min(i+skip, len(s)):], digits)
		if !ok {
			return sqltypes.Null, pgerror.New(pgerror.SyntaxError, "invalid Unicode escape").
				WithHint("Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.")
		}
		i += skip + digits - 1
		switch {
		case r >= 0xD800 && r < 0xDC00 && high == 0:
			high = r
			continue
		case r >= 0xDC00 && r < 0xE000 && high != 0:
			r, high = 0x10000+(high-0xD800)<<10+(r-0xDC00), 0
		case high != 0 || r >= 0xDC00 && r < 0xE000:
			return sqltypes.Null, invalid
		}
		if r == 0 || !utf8.ValidRune(r) {
			return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "invalid Unicode code point: %04X", r)
		}
		out = utf8.AppendRune(out, r)
	}
	if high != 0 {
		return sqltypes.Null, invalid
	}
	return sqltypes.Bytes(out), nil
}

func hexRune(s string, digits int) (rune, bool) {
	if len(s) < digits {
		return 0, false
	}
	n := rune(0)
	for i := range digits {
		v, ok := hexDigit(s[i])
		if !ok {
			return 0, false
		}
		n = n<<4 | rune(v)
	}
	return n, true
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// parseIdent splits a qualified identifier.
func parseIdent(_ *Env, a []datum) (datum, error) {
	whole, strict := a[0].Str(), a[1].Bool()
	fail := func(detail string, args ...any) (datum, error) {
		e := pgerror.New(pgerror.InvalidParameterValue, "string is not a valid identifier: \"%s\"", whole)
		if detail != "" {
			e = e.WithDetail(detail, args...)
		}
		return sqltypes.Null, e
	}
	s := strings.TrimLeft(whole, " \t\n\r\f\v")
	var parts []datum
	after := false
	for {
		switch {
		case strings.HasPrefix(s, `"`):
			end := 1
			for {
				i := strings.IndexByte(s[end:], '"')
				if i < 0 {
					return fail("String has unclosed double quotes.")
				}
				end += i + 1
				if end >= len(s) || s[end] != '"' {
					break
				}
				end++
			}
			name := strings.ReplaceAll(s[1:end-1], `""`, `"`)
			if name == "" {
				return fail("Quoted identifier must not be empty.")
			}
			parts = append(parts, sqltypes.String(name))
			s = s[end:]
		case s != "" && isIdentStart(s[0]):
			n := 1
			for n < len(s) && (isIdentStart(s[n]) || s[n] >= '0' && s[n] <= '9' || s[n] == '$') {
				n++
			}
			parts = append(parts, sqltypes.String(lowerASCII(s[:n])))
			s = s[n:]
		case strings.HasPrefix(s, "."):
			return fail("No valid identifier before \".\".")
		case after:
			return fail("No valid identifier after \".\".")
		default:
			return fail("")
		}
		s = strings.TrimLeft(s, " \t\n\r\f\v")
		if !strings.HasPrefix(s, ".") {
			break
		}
		after = true
		s = strings.TrimLeft(s[1:], " \t\n\r\f\v")
	}
	if s != "" && strict {
		return fail("")
	}
	return sqltypes.FromArray(newArray(sqltypes.TextOID, parts)), nil
}

func isIdentStart(c byte) bool {
	return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf
}
