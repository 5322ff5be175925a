package query

import (
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
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

func readCopyOptions(v *parse.CopyStmt) (*copyOptions, error) {
	o := &copyOptions{from: v.IsFrom}
	seen := map[string]bool{}
	var delimiter, null, quote, escape *string
	for _, d := range v.Options {
		if seen[d.Name] {
			return nil, pgerror.New(pgerror.SyntaxError, "conflicting or redundant options")
		}
		seen[d.Name] = true
		value := ""
		if d.Arg != nil {
			value, _ = constText(d.Arg)
		}
		switch d.Name {
		case "format":
			switch value {
			case "text":
			case "csv":
				o.format = copyCSV
			case "binary":
				o.format = copyBinary
			default:
				return nil, pgerror.New(pgerror.InvalidParameterValue, "COPY format \"%s\" not recognized", value)
			}
		case "delimiter":
			delimiter = &value
		case "null":
			null = &value
		case "quote":
			quote = &value
		case "escape":
			escape = &value
		case "header":
			if o.match = strings.EqualFold(value, "match"); o.match {
				o.header = true
				break
			}
			o.header = d.Arg == nil || defBool(d)
		case "encoding":
			if n := strings.ToUpper(strings.ReplaceAll(value, "-", "")); n != "UTF8" {
				return nil, pgerror.New(pgerror.InvalidParameterValue, "argument to option \"encoding\" must be a valid encoding name")
			}
		case "freeze":
			if defBool(d) {
				return nil, pgerror.New(pgerror.FeatureNotSupported, "COPY FREEZE not supported")
			}
		case "force_quote":
			o.forceQuote, o.quoteAll = nameSet(d.Arg)
		case "force_not_null":
			o.notNull, _ = nameSet(d.Arg)
		case "force_null":
			o.asNull, _ = nameSet(d.Arg)
		default:
			return nil, pgerror.New(pgerror.SyntaxError, "option \"%s\" not recognized", d.Name)
		}
	}
	return o, o.fill(delimiter, null, quote, escape)
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
func (o *copyOptions) fill(delimiter, null, quote, escape *string) error {
	if o.format == copyBinary && (delimiter != nil || null != nil || o.header) {
		what := "DELIMITER"
		if delimiter == nil {
			if what = "NULL"; null == nil {
				what = "HEADER"
			}
		}
		return pgerror.New(pgerror.SyntaxError, "cannot specify %s in BINARY mode", what)
	}
	o.delimiter, o.null, o.quote, o.escape = '\t', `\N`, '"', '"'
	if o.format == copyCSV {
		o.delimiter, o.null = ',', ""
	} else if quote != nil || escape != nil {
		what := "quote"
		if quote == nil {
			what = "escape"
		}
		return pgerror.New(pgerror.FeatureNotSupported, "COPY %s available only in CSV mode", what)
	}
	for _, c := range []struct {
		text *string
		to   *byte
		name string
	}{{delimiter, &o.delimiter, "delimiter"}, {quote, &o.quote, "quote"}, {escape, &o.escape, "escape"}} {
		if c.text == nil {
			continue
		}
		if len(*c.text) != 1 {
			return pgerror.New(pgerror.FeatureNotSupported, "COPY %s must be a single one-byte character", c.name)
		}
		*c.to = (*c.text)[0]
		if c.name == "quote" && escape == nil {
			o.escape = o.quote
		}
	}
	if null != nil {
		o.null = *null
	}
	switch {
	case o.delimiter == '\n' || o.delimiter == '\r':
		return pgerror.New(pgerror.InvalidParameterValue, "COPY delimiter cannot be newline or carriage return")
	case strings.ContainsAny(o.null, "\r\n"):
		return pgerror.New(pgerror.InvalidParameterValue, "COPY null representation cannot use newline or carriage return")
	case o.format == copyText && strings.IndexByte("\\.abcdefghijklmnopqrstuvwxyz0123456789", o.delimiter) >= 0:
		return pgerror.New(pgerror.InvalidParameterValue, "COPY delimiter cannot be \"%c\"", o.delimiter)
	case o.format == copyCSV && o.delimiter == o.quote:
		return pgerror.New(pgerror.InvalidParameterValue, "COPY delimiter and quote must be different")
	case strings.IndexByte(o.null, o.delimiter) >= 0 && o.format != copyBinary:
		return pgerror.New(pgerror.FeatureNotSupported, "COPY delimiter must not appear in the NULL specification")
	case o.format == copyCSV && strings.IndexByte(o.null, o.quote) >= 0:
		return pgerror.New(pgerror.FeatureNotSupported, "CSV quote character must not appear in the NULL specification")
	}
	return nil
}
