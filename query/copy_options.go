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
	header     bool
	match      bool // HEADER MATCH
	quote      byte
	escape     byte
	forceQuote map[string]bool
	quoteAll   bool
	notNull    map[string]bool
	asNull     map[string]bool
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
		if encodingName(value) != "utf8" {
			return bad(pgerror.InvalidParameterValue, "argument to option \"encoding\" must be a valid encoding name")
		}
	case "freeze":
		if defBool(d) && o.from {
			return pgerror.New(pgerror.FeatureNotSupported, "COPY FREEZE not supported")
		}
	case "force_quote":
		o.forceQuote, o.quoteAll = nameSet(d.Arg)
	case "force_not_null":
		o.notNull, _ = nameSet(d.Arg)
	case "force_null":
		o.asNull, _ = nameSet(d.Arg)
	default:
		return bad(pgerror.SyntaxError, "option \"%s\" not recognized", d.Name)
	}
	return nil
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

// nameSet reads a list of column names; all is set for *.
func nameSet(n parse.Node) (names map[string]bool, all bool) {
	names = map[string]bool{}
	list, ok := n.(*parse.DefList)
	if !ok {
		return names, true
	}
	for _, item := range list.Items {
		switch v := item.(type) {
		case *parse.StringConst:
			names[v.Value] = true
		case *parse.ObjectName:
			names[v.Parts[len(v.Parts)-1]] = true
		case *parse.TypeName:
			names[v.Names[len(v.Names)-1]] = true
		}
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
	case given.byDefault != nil:
		return errNotYet("DEFAULT of COPY FROM")
	}
	return nil
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
