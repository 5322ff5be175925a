package query

import (
	"maps"
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/parse"
)

// copyFormat is the format of COPY's data.
type copyFormat uint8

const (
	copyText copyFormat = iota
	copyCSV
	copyBinary
)

// copyOptions are the options of COPY with their defaults filled in.
type copyOptions struct {
	format     copyFormat
	delimiter  byte
	null       string
	fallback   *string // DEFAULT: what stands for a column's default; nil: nothing
	header     bool
	match      bool // HEADER MATCH
	quote      byte
	escape     byte
	forceQuote map[string]bool
	quoteAll   bool
	notNull    map[string]bool
	asNull     map[string]bool
	repeated   string // a name that stands twice in a list of columns
	from       bool
}

// copyTexts are the options whose values are texts; nil: not given.
type copyTexts struct{ delimiter, null, quote, escape, byDefault *string }

// readCopyOptions reads the options and checks them in PostgreSQL's order.
func readCopyOptions(v *parse.CopyStmt, sql string) (*copyOptions, error) {
	o := &copyOptions{from: v.IsFrom}
	seen := map[string]bool{}
	var given copyTexts
	for _, d := range v.Options {
		if seen[d.Name] {
			return nil, pgerror.New(pgerror.SyntaxError, "conflicting or redundant options").At(pgerror.Position(sql, d.Pos()))
		}
		seen[d.Name] = true
		if err := o.option(d, &given, sql); err != nil {
			return nil, err
		}
	}
	return o, o.fill(&given)
}

// option takes one option.
func (o *copyOptions) option(d *parse.DefElem, given *copyTexts, sql string) error {
	value := ""
	if d.Arg != nil {
		value, _ = constText(d.Arg)
	}
	bad := func(code pgerror.Code, format string, args ...any) error {
		return pgerror.New(code, format, args...).At(pgerror.Position(sql, d.Pos()))
	}
	switch d.Name {
	case "format", "delimiter", "null", "default", "quote", "escape", "encoding":
		if d.Arg == nil {
			return pgerror.New(pgerror.SyntaxError, "%s requires a parameter", d.Name)
		}
	case "force_quote", "force_not_null", "force_null":
		_, list := d.Arg.(*parse.DefList)
		all, _ := d.Arg.(*parse.ColumnRef)
		if star := all != nil && all.Star; !list && !(star && d.Name == "force_quote") {
			return bad(pgerror.InvalidParameterValue, "argument to option \"%s\" must be a list of column names", d.Name)
		}
	}
	switch d.Name {
	case "format":
		format, ok := map[string]copyFormat{"text": copyText, "csv": copyCSV, "binary": copyBinary}[value]
		if !ok {
			return bad(pgerror.InvalidParameterValue, "COPY format \"%s\" not recognized", value)
		}
		o.format = format
	case "delimiter":
		given.delimiter = &value
	case "null":
		given.null = &value
	case "default":
		given.byDefault = &value
	case "quote":
		given.quote = &value
	case "escape":
		given.escape = &value
	case "header":
		return o.headerOption(d, value)
	case "encoding":
		switch name := plainEncoding(value); {
		case name == "utf8" || name == "unicode":
		case encodings[name]:
			return errNotYet("encoding \"" + value + "\" of COPY")
		default:
			return bad(pgerror.InvalidParameterValue, "argument to option \"encoding\" must be a valid encoding name")
		}
	case "freeze":
		freeze, ok := true, true
		if d.Arg != nil {
			freeze, ok = map[string]bool{"true": true, "on": true, "1": true}[strings.ToLower(value)], copyBooleans[strings.ToLower(value)]
		}
		if !ok {
			return pgerror.New(pgerror.SyntaxError, "freeze requires a Boolean value")
		}
		if freeze && o.from {
			return pgerror.New(pgerror.FeatureNotSupported, "COPY FREEZE not supported")
		}
	case "force_quote":
		o.forceQuote, o.quoteAll = o.nameSet(d.Arg)
	case "force_not_null":
		o.notNull, _ = o.nameSet(d.Arg)
	case "force_null":
		o.asNull, _ = o.nameSet(d.Arg)
	default:
		return bad(pgerror.SyntaxError, "option \"%s\" not recognized", d.Name)
	}
	return nil
}

// plainEncoding is the name of an encoding as names are compared: letters and digits only, in lower case.
func plainEncoding(name string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			return c
		}
		return -1
	}, name)
}

// encodings are the plain names of PostgreSQL's encodings other than UTF8.
var encodings = setOf(strings.Fields(`abc alt big5 euccn eucjis2004 eucjp euckr euctw gb18030 gbk iso88591 iso885910 iso885913 iso885914 iso885915 iso885916
	iso88592 iso88593 iso88594 iso88595 iso88596 iso88597 iso88598 iso88599 johab koi8 koi8r koi8u latin1 latin10 latin2 latin3 latin4 latin5 latin6 latin7
	latin8 latin9 mskanji muleinternal shiftjis shiftjis2004 sjis sqlascii tcvn tcvn5712 uhc vscii win win1250 win1251 win1252 win1253 win1254 win1255
	win1256 win1257 win1258 win866 win874 win932 win936 win949 win950 windows1250 windows1251 windows1252 windows1253 windows1254 windows1255
	windows1256 windows1257 windows1258 windows866 windows874 windows932 windows936 windows949 windows950`))

func setOf(list []string) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, s := range list {
		set[s] = true
	}
	return set
}

func (o *copyOptions) headerOption(d *parse.DefElem, value string) error {
	if strings.EqualFold(value, "match") {
		if !o.from {
			return pgerror.New(pgerror.FeatureNotSupported, "cannot use \"%s\" with HEADER in COPY TO", value)
		}
		o.header, o.match = true, true
		return nil
	}
	o.header = true
	if d.Arg == nil {
		return nil
	}
	switch strings.ToLower(value) {
	case "true", "on", "1":
	case "false", "off", "0":
		o.header = false
	default:
		return pgerror.New(pgerror.SyntaxError, "header requires a Boolean value or \"match\"")
	}
	return nil
}

// copyBooleans are the words for a truth value that COPY's options take.
var copyBooleans = setOf([]string{"true", "on", "1", "false", "off", "0"})

// nameSet reads a list of column names; all is set for *.
func (o *copyOptions) nameSet(n parse.Node) (names map[string]bool, all bool) {
	names = map[string]bool{}
	list, ok := n.(*parse.DefList)
	if !ok {
		return names, true
	}
	for _, item := range list.Items {
		name := ""
		switch v := item.(type) {
		case *parse.StringConst:
			name = v.Value
		case *parse.ObjectName:
			name = v.Parts[len(v.Parts)-1]
		case *parse.TypeName:
			name = v.Names[len(v.Names)-1]
		}
		if names[name] && o.repeated == "" {
			o.repeated = name
		}
		names[name] = true
	}
	return names, false
}

// fill sets the characters, or their defaults, and checks them as PostgreSQL does.
func (o *copyOptions) fill(given *copyTexts) error {
	if o.format == copyBinary {
		for _, c := range []struct {
			text *string
			name string
		}{{given.delimiter, "DELIMITER"}, {given.null, "NULL"}, {given.byDefault, "DEFAULT"}} {
			if c.text != nil {
				return pgerror.New(pgerror.SyntaxError, "cannot specify %s in BINARY mode", c.name)
			}
		}
	}
	csv := o.format == copyCSV
	o.delimiter, o.null, o.quote, o.escape = '\t', `\N`, '"', '"'
	if csv {
		o.delimiter, o.null = ',', ""
	}
	if err := oneByte("delimiter", given.delimiter, &o.delimiter); err != nil {
		return err
	}
	if given.null != nil {
		o.null = *given.null
	}
	switch {
	case o.delimiter == '\n' || o.delimiter == '\r':
		return pgerror.New(pgerror.InvalidParameterValue, "COPY delimiter cannot be newline or carriage return")
	case strings.ContainsAny(o.null, "\r\n"):
		return pgerror.New(pgerror.InvalidParameterValue, "COPY null representation cannot use newline or carriage return")
	case given.byDefault != nil && strings.ContainsAny(*given.byDefault, "\r\n"):
		return pgerror.New(pgerror.InvalidParameterValue, "COPY default representation cannot use newline or carriage return")
	case o.format == copyText && strings.IndexByte("\\.abcdefghijklmnopqrstuvwxyz0123456789", o.delimiter) >= 0:
		return pgerror.New(pgerror.InvalidParameterValue, "COPY delimiter cannot be \"%c\"", o.delimiter)
	case o.format == copyBinary && o.header:
		return pgerror.New(pgerror.FeatureNotSupported, "cannot specify HEADER in BINARY mode")
	case !csv && given.quote != nil:
		return pgerror.New(pgerror.FeatureNotSupported, "COPY quote available only in CSV mode")
	}
	if err := oneByte("quote", given.quote, &o.quote); err != nil {
		return err
	}
	o.escape = o.quote
	switch {
	case csv && o.delimiter == o.quote:
		return pgerror.New(pgerror.InvalidParameterValue, "COPY delimiter and quote must be different")
	case !csv && given.escape != nil:
		return pgerror.New(pgerror.FeatureNotSupported, "COPY escape available only in CSV mode")
	}
	if err := oneByte("escape", given.escape, &o.escape); err != nil {
		return err
	}
	if err := o.checkForce(); err != nil {
		return err
	}
	switch {
	case strings.IndexByte(o.null, o.delimiter) >= 0 && o.format != copyBinary:
		return pgerror.New(pgerror.FeatureNotSupported, "COPY delimiter must not appear in the NULL specification")
	case csv && strings.IndexByte(o.null, o.quote) >= 0:
		return pgerror.New(pgerror.FeatureNotSupported, "CSV quote character must not appear in the NULL specification")
	case given.byDefault != nil && !o.from:
		return pgerror.New(pgerror.FeatureNotSupported, "COPY DEFAULT only available using COPY FROM")
	case given.byDefault == nil:
		return nil
	}
	return o.fillDefault(*given.byDefault)
}

// fillDefault sets what stands for a column's default.
func (o *copyOptions) fillDefault(mark string) error {
	switch {
	case strings.IndexByte(mark, o.delimiter) >= 0:
		return pgerror.New(pgerror.FeatureNotSupported, "COPY delimiter must not appear in the DEFAULT specification")
	case o.format == copyCSV && strings.IndexByte(mark, o.quote) >= 0:
		return pgerror.New(pgerror.FeatureNotSupported, "CSV quote character must not appear in the DEFAULT specification")
	case mark == o.null:
		return pgerror.New(pgerror.FeatureNotSupported, "NULL specification and DEFAULT specification cannot be the same")
	}
	o.fallback = &mark
	return nil
}

// byDefault tells whether a field, as it stands in the data, stands for the column's default.
func (o *copyOptions) byDefault(field []byte) bool {
	return o.fallback != nil && string(field) == *o.fallback
}

// oneByte sets a character from an option that must be one byte.
func oneByte(name string, text *string, to *byte) error {
	if text == nil {
		return nil
	}
	if len(*text) != 1 {
		return pgerror.New(pgerror.FeatureNotSupported, "COPY %s must be a single one-byte character", name)
	}
	*to = (*text)[0]
	return nil
}

// checkForce allows the FORCE options in CSV only, and each in its direction.
func (o *copyOptions) checkForce() error {
	for _, f := range []struct {
		given bool
		name  string
		from  bool
	}{{o.forceQuote != nil, "quote", false}, {o.notNull != nil, "not null", true}, {o.asNull != nil, "null", true}} {
		switch {
		case f.given && o.format != copyCSV:
			return pgerror.New(pgerror.FeatureNotSupported, "COPY force %s available only in CSV mode", f.name)
		case f.given && f.from != o.from:
			return pgerror.New(pgerror.FeatureNotSupported, "COPY force %s only available using COPY %s", f.name,
				map[bool]string{true: "FROM", false: "TO"}[f.from])
		}
	}
	return nil
}

// checkColumns holds the columns of FORCE options against the table and those that are copied.
func (o *copyOptions) checkColumns(table *catalog.Table, columns []int) error {
	if o.repeated != "" {
		return pgerror.New(pgerror.DuplicateColumn, "column \"%s\" specified more than once", o.repeated)
	}
	copied := map[string]bool{}
	for _, c := range columns {
		copied[table.Columns[c].Name] = true
	}
	for _, f := range []struct {
		names map[string]bool
		word  string
	}{{o.forceQuote, "FORCE_QUOTE"}, {o.notNull, "FORCE_NOT_NULL"}, {o.asNull, "FORCE_NULL"}} {
		for _, name := range slices.Sorted(maps.Keys(f.names)) {
			if table.ColumnByName(name) == nil {
				return pgerror.New(pgerror.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", name, table.Name)
			}
			if !copied[name] {
				return pgerror.New(pgerror.InvalidColumnReference, "%s column \"%s\" not referenced by COPY", f.word, name)
			}
		}
	}
	return nil
}
