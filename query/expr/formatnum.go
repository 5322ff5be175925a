package expr

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// numberFormat is a picture of to_char(number) and to_number taken apart.
type numberFormat struct {
	nodes                       []formatNode
	pre, post, multi            int
	zeroStart, zeroEnd          int
	fill, zero, decimal, blank  bool
	sign                        int // S: -1 in front, 1 behind, 0 none
	signAt                      int // digits in front of S
	bracket, minus, plus, roman bool
	shift, exponent             bool
}

// formatNode is a pattern of a picture, or a piece of text that stands for itself.
type formatNode struct {
	key  string
	text string
}

var numberKeys = [...]string{"EEEE", "eeee", "FM", "fm", "MI", "mi", "PL", "pl", "PR", "pr", "RN", "rn", "SG", "sg", "SP", "TH", "th",
	".", ",", "0", "9", "B", "b", "C", "c", "D", "d", "E", "G", "g", "L", "l", "S", "s", "V", "v"}

func formatSyntax(format string, args ...any) error {
	return pgerror.New(pgerror.SyntaxError, format, args...)
}

func parseNumberFormat(picture string) (*numberFormat, error) {
	f := &numberFormat{}
	for i := 0; i < len(picture); {
		if key := prefixOf(picture[i:], numberKeys[:]); key != "" {
			i += len(key)
			node := formatNode{key: strings.ToUpper(key)}
			if key == "rn" || key == "th" {
				node.key = key
			}
			f.nodes = append(f.nodes, node)
			if err := f.prepare(node.key); err != nil {
				return nil, err
			}
			continue
		}
		text, n := literalAt(picture[i:])
		i += n
		f.nodes = append(f.nodes, formatNode{text: text})
	}
	return f, nil
}

func prefixOf(s string, keys []string) string {
	for _, k := range keys {
		if strings.HasPrefix(s, k) {
			return k
		}
	}
	return ""
}

// literalAt reads what stands for itself: quoted text, or one character.
func literalAt(s string) (text string, size int) {
	if s[0] == '"' {
		var out []byte
		for i := 1; i < len(s); i++ {
			switch {
			case s[i] == '"':
				return string(out), i + 1
			case s[i] == '\\' && i+1 < len(s):
				i++
			}
			out = append(out, s[i])
		}
		return string(out), len(s)
	}
	if s[0] == '\\' && len(s) > 1 && s[1] == '"' {
		return `"`, 2
	}
	_, n := utf8.DecodeRuneInString(s)
	return s[:n], n
}

func (f *numberFormat) prepare(key string) error {
	if f.exponent && key != "E" {
		return formatSyntax("\"EEEE\" must be the last pattern used")
	}
	switch key {
	case "9":
		switch {
		case f.bracket:
			return formatSyntax("\"9\" must be ahead of \"PR\"")
		case f.shift:
			f.multi++
		case f.decimal:
			f.post++
		default:
			f.pre++
		}
	case "0":
		if f.bracket {
			return formatSyntax("\"0\" must be ahead of \"PR\"")
		}
		if !f.zero && !f.decimal {
			f.zero, f.zeroStart = true, f.pre+1
		}
		if f.decimal {
			f.post++
		} else {
			f.pre++
		}
		f.zeroEnd = f.pre + f.post
	case "B":
		f.blank = f.blank || f.pre == 0 && f.post == 0 && !f.zero
	case "D", ".":
		if f.decimal {
			return formatSyntax("multiple decimal points")
		}
		if f.shift {
			return formatSyntax("cannot use \"V\" and decimal point together")
		}
		f.decimal = true
	case "FM":
		f.fill = true
	case "S", "MI", "PL", "SG", "PR":
		return f.prepareSign(key)
	case "RN", "rn":
		f.roman = true
	case "V":
		if f.decimal {
			return formatSyntax("cannot use \"V\" and decimal point together")
		}
		f.shift = true
	case "EEEE":
		if f.exponent {
			return formatSyntax("cannot use \"EEEE\" twice")
		}
		if f.blank || f.fill || f.sign != 0 || f.bracket || f.minus || f.plus || f.roman || f.shift {
			return pgerror.New(pgerror.SyntaxError, "\"EEEE\" is incompatible with other formats").
				WithDetail("\"EEEE\" may only be used together with digit and decimal point patterns.")
		}
		f.exponent = true
	}
	return nil
}

// prepareSign is prepare for the patterns of signs, which exclude each other.
func (f *numberFormat) prepareSign(key string) error {
	switch key {
	case "S":
		switch {
		case f.sign != 0:
			return formatSyntax("cannot use \"S\" twice")
		case f.plus || f.minus || f.bracket:
			return formatSyntax("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together")
		case f.decimal:
			f.sign = 1
		default:
			f.sign, f.signAt = -1, f.pre
		}
	case "MI", "PL", "SG":
		if f.sign != 0 {
			return formatSyntax("cannot use \"S\" and \"%s\" together", key)
		}
		f.minus = f.minus || key != "PL"
		f.plus = f.plus || key != "MI"
	case "PR":
		if f.sign != 0 || f.plus || f.minus {
			return formatSyntax("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together")
		}
		f.bracket = true
	}
	return nil
}

// numericToChar formats a numeric; integers come as numerics of scale 0.
func numericToChar(value datum, picture string) (string, error) {
	if picture == "" {
		return "", nil
	}
	f, err := parseNumberFormat(picture)
	if err != nil {
		return "", err
	}
	switch {
	case f.roman:
		n, err := sqltypes.NumericToInt32(sqltypes.NumericRound(value, 0))
		if err != nil {
			return "", err
		}
		return f.write(toRoman(n), '+', 0)
	case f.exponent:
		return f.scientific(value), nil
	}
	if f.multi > 0 {
		factor, err := sqltypes.NumericPower(sqltypes.NumericFromInt64(10), sqltypes.NumericFromInt64(int64(f.multi)))
		if err != nil {
			return "", err
		}
		if value, err = sqltypes.NumericMul(value, factor); err != nil {
			return "", err
		}
		f.pre += f.multi
	}
	text := sqltypes.Text(sqltypes.NumericOID, sqltypes.NumericRound(value, f.post), nil)
	return f.place(text)
}

// floatToChar shows no more digits than a float has.
func floatToChar(value float64, digits int, picture string) (string, error) {
	if picture == "" {
		return "", nil
	}
	f, err := parseNumberFormat(picture)
	if err != nil {
		return "", err
	}
	if f.roman {
		n := math.RoundToEven(value)
		if !(n >= math.MinInt32 && n <= math.MaxInt32) {
			n = 0 // has no Roman numeral either
		}
		return f.write(toRoman(int64(n)), '+', 0)
	}
	if f.exponent {
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return f.scientific(sqltypes.NumericNaN()), nil
		}
		text := strconv.FormatFloat(value, 'e', f.post, 64)
		if text[0] != '-' {
			text = " " + text
		}
		return text, nil
	}
	if f.multi > 0 {
		value *= math.Pow10(f.multi)
		f.pre += f.multi
	}
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return f.place(sqltypes.Text(sqltypes.Float8OID, sqltypes.Float(value), nil))
	}
	whole := len(strconv.FormatFloat(math.Abs(value), 'f', 0, 64))
	if whole >= digits {
		f.post = 0
	} else {
		f.post = min(f.post, digits-whole)
	}
	return f.place(strconv.FormatFloat(value, 'f', f.post, 64))
}

// place puts a plain number into the picture, or # signs when it has too many digits.
func (f *numberFormat) place(text string) (string, error) {
	sign := byte('+')
	if text[0] == '-' {
		sign, text = '-', text[1:]
	}
	whole := strings.IndexByte(text, '.')
	if whole < 0 {
		whole = len(text)
	}
	spaces := 0
	switch {
	case whole < f.pre:
		spaces = f.pre - whole
	case whole > f.pre:
		text = strings.Repeat("#", f.pre) + "." + strings.Repeat("#", f.post)
	}
	return f.write(text, sign, spaces)
}

func (f *numberFormat) scientific(value datum) string {
	if isSpecial(value) {
		return " " + strings.Repeat("#", f.pre) + "." + strings.Repeat("#", f.post+4)
	}
	v, scale := numericParts(value)
	digits := strings.TrimPrefix(v.String(), "-")
	exponent := len(digits) - 1 - int(scale)
	if v.Sign() == 0 {
		exponent = 0
	}
	if most := f.post + 40; len(digits) > most+1 { // of so many digits more say nothing but that there is something
		rest := strings.Trim(digits[most:], "0")
		if digits = digits[:most]; rest != "" {
			digits += "1"
		}
	}
	mantissa := sqltypes.NumericRound(mustNumeric(digits, len(digits)-1), f.post)
	text := sqltypes.Text(sqltypes.NumericOID, mantissa, nil)
	sign := " "
	if v.Sign() < 0 {
		sign = "-"
	}
	mark := "+"
	if exponent < 0 {
		mark, exponent = "-", -exponent
	}
	return sign + text + "e" + mark + twoDigits(exponent)
}

func mustNumeric(digits string, scale int) datum {
	text := digits
	if scale > 0 {
		text = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	d, err := sqltypes.ParseText(sqltypes.T(sqltypes.NumericOID), text, nil)
	if err != nil {
		panic("expr: digits of a numeric are none: " + text)
	}
	return d
}

func twoDigits(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

func toRoman(n int64) string {
	if n < 1 || n > 3999 {
		return strings.Repeat("#", 15)
	}
	var out strings.Builder
	for _, step := range []struct {
		value int64
		text  string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for ; n >= step.value; n -= step.value {
			out.WriteString(step.text)
		}
	}
	return out.String()
}

// numberWriter fills a picture from the left, a digit of the number for every place.
type numberWriter struct {
	*numberFormat
	out       []byte
	number    string
	at        int // in number
	current   int // places passed
	count     int
	spaces    int
	sign      byte
	signDone  bool
	inside    bool // a digit was written: group separators show
	last      int  // last digit of the fraction that matters, -1: all
	signPlace int
	bracketed bool
	err       error
}

func (f *numberFormat) write(number string, sign byte, spaces int) (string, error) {
	w := &numberWriter{numberFormat: f, number: number, sign: sign, spaces: spaces, last: -1, signPlace: f.sign, bracketed: f.bracket}
	if f.zeroStart > 0 {
		f.zeroStart--
	}
	if f.roman {
		w.signPlace = 0
	}
	if f.plus || f.minus {
		w.signDone = !(f.plus && !f.minus)
	} else {
		if sign != '-' && f.fill {
			w.bracketed = false
		}
		w.signDone = sign == '+' && f.fill && f.sign == 0
		if w.signPlace == -1 && f.pre == f.signAt {
			w.signPlace = 1
		}
	}
	w.count = f.post + f.pre - 1
	if f.fill && f.decimal {
		w.last = lastRelevant(number)
		if w.last >= 0 && f.zeroEnd > spaces {
			w.last = max(w.last, min(len(number)-1, f.zeroEnd-spaces))
		}
	}
	if !w.signDone && spaces == 0 {
		w.count++
	}
	for _, n := range f.nodes {
		if n.key == "" {
			w.out = append(w.out, n.text...)
		} else {
			w.pattern(n.key)
		}
	}
	return string(w.out), w.err
}

// lastRelevant is the place of the last digit behind the point that is not 0, or of the point; -1 without a point.
func lastRelevant(number string) int {
	point := strings.IndexByte(number, '.')
	if point < 0 {
		return -1
	}
	last := point
	for i := point + 1; i < len(number); i++ {
		if number[i] != '0' {
			last = i
		}
	}
	return last
}

func (w *numberWriter) pattern(key string) {
	blankUnlessFill := func() {
		if !w.fill {
			w.out = append(w.out, ' ')
		}
	}
	switch key {
	case "9", "0", ".", "D":
		w.digit(key)
	case ",", "G":
		if w.inside {
			w.out = append(w.out, ',')
		} else {
			blankUnlessFill()
		}
	case "L":
		w.out = append(w.out, ' ')
	case "RN", "rn":
		text := w.number
		if key == "rn" {
			text = strings.ToLower(text)
		}
		if !w.fill {
			text = strings.Repeat(" ", max(0, 15-len(text))) + text
		}
		w.out = append(w.out, text...)
	case "TH", "th":
		if !w.roman && w.number[0] != '#' && w.sign != '-' && !w.decimal {
			w.out = append(w.out, ordinal(w.number, key == "TH")...)
			if c := w.number[len(w.number)-1]; c < '0' || c > '9' {
				w.err = pgerror.New(pgerror.InvalidTextRepresentation, "\"%s\" is not a number", w.number)
			}
		}
	case "MI":
		if w.sign == '-' {
			w.out = append(w.out, '-')
		} else {
			blankUnlessFill()
		}
	case "PL":
		if w.sign == '+' {
			w.out = append(w.out, '+')
		} else {
			blankUnlessFill()
		}
	case "SG":
		w.out = append(w.out, w.sign)
	}
}

// ordinal is st, nd, rd or th.
func ordinal(number string, upper bool) string {
	suffix := "th"
	last := number[len(number)-1]
	if len(number) < 2 || number[len(number)-2] != '1' {
		switch last {
		case '1':
			suffix = "st"
		case '2':
			suffix = "nd"
		case '3':
			suffix = "rd"
		}
	}
	if upper {
		return strings.ToUpper(suffix)
	}
	return suffix
}

func (w *numberWriter) char() byte {
	if w.at < len(w.number) {
		return w.number[w.at]
	}
	return 0
}

// leadingZero: the picture 9.9 shows a blank for the 0 of 0.1.
func (w *numberWriter) leadingZero() bool {
	return !w.zero && w.at == 0 && w.number != "" && w.number[0] == '0' && w.post != 0
}

func (w *numberWriter) lastIsPoint() bool { return w.last >= 0 && w.number[w.last] == '.' }

func (w *numberWriter) digit(key string) {
	if w.roman {
		return
	}
	w.inside = false
	if !w.signDone && (w.current >= w.spaces || w.zero && w.zeroStart == w.current) && (!w.leadingZero() || w.lastIsPoint()) {
		w.writeSign()
	}
	switch {
	case w.current < w.spaces && (!w.zero || w.zeroStart > w.current):
		if !w.fill {
			w.out = append(w.out, ' ')
		}
	case w.zero && w.current < w.spaces:
		w.out = append(w.out, '0')
		w.inside = true
	default:
		switch c := w.char(); {
		case c == '.':
			if !w.lastIsPoint() || w.fill {
				w.out = append(w.out, '.')
			}
		case w.last >= 0 && w.at > w.last && key != "0":
		case w.leadingZero():
			if !w.fill {
				w.out = append(w.out, ' ')
			} else if w.lastIsPoint() {
				w.out = append(w.out, '0')
			}
		case c != 0:
			w.out = append(w.out, c)
			w.inside = true
		}
		if w.at < len(w.number) {
			w.at++
		}
	}
	end := w.count
	if w.spaces > 0 {
		end++
	}
	if w.decimal {
		end++
	}
	if w.last >= 0 && w.last == w.at {
		end = w.current
	}
	if w.current+1 == end {
		switch {
		case w.signDone && w.bracketed:
			w.out = append(w.out, pick(w.sign == '+', ' ', '>'))
		case w.signPlace == 1:
			w.out = append(w.out, w.sign)
		}
	}
	w.current++
}

func pick(first bool, a, b byte) byte {
	if first {
		return a
	}
	return b
}

func (w *numberWriter) writeSign() {
	switch {
	case w.signPlace != 0:
		if w.signPlace == -1 {
			w.out = append(w.out, w.sign)
			w.signDone = true
		}
	case w.bracketed:
		w.out = append(w.out, pick(w.sign == '+', ' ', '<'))
		w.signDone = true
	case w.sign == '+':
		if !w.fill {
			w.out = append(w.out, ' ')
		}
		w.signDone = true
	default:
		w.out = append(w.out, '-')
		w.signDone = true
	}
}
