package bind

import (
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// parseRow is the input function of a table's row type: (value, "quoted value", …), where nothing between two commas is NULL.
func (a *analyzer) parseRow(t oid, text string, at int) sqltypes.Datum {
	names, types := a.compositeColumns(t)
	malformed := func(detail string) {
		a.raise(a.errorAt(pgerror.InvalidTextRepresentation, at, "malformed record literal: \"%s\"", text).WithDetail("%s", detail))
	}
	rest := strings.TrimLeft(text, " \t\n\r\f\v")
	if !strings.HasPrefix(rest, "(") {
		malformed("Missing left parenthesis.")
	}
	rest = rest[1:]
	record := &sqltypes.Record{TypeOID: t, Types: types, Names: names}
	for i := range types {
		if names[i] == "" {
			record.Fields = append(record.Fields, sqltypes.Null)
			continue
		}
		if len(record.Fields) > 0 {
			if !strings.HasPrefix(rest, ",") {
				malformed("Too few columns.")
			}
			rest = rest[1:]
		}
		field, null, after, ok := cutField(rest)
		if !ok {
			malformed("Unexpected end of input.")
		}
		d := sqltypes.Null
		if !null {
			d = a.parseText(types[i], field, at)
		}
		record.Fields, rest = append(record.Fields, d), after
	}
	switch {
	case strings.HasPrefix(rest, ","):
		malformed("Too many columns.")
	case !strings.HasPrefix(rest, ")"):
		malformed("Unexpected end of input.")
	case strings.Trim(rest[1:], " \t\n\r\f\v") != "":
		malformed("Junk after right parenthesis.")
	}
	return sqltypes.FromRecord(record)
}

// cutField takes one field of a row's text from the front; ok is false when the text ends inside of it.
func cutField(s string) (field string, null bool, rest string, ok bool) {
	if s != "" && (s[0] == ',' || s[0] == ')') {
		return "", true, s, true
	}
	var b strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case !quoted && (c == ',' || c == ')'):
			return b.String(), false, s[i:], true
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case c == '"' && quoted && i+1 < len(s) && s[i+1] == '"':
			i++
			b.WriteByte('"')
		case c == '"':
			quoted = !quoted
		default:
			b.WriteByte(c)
		}
	}
	return "", false, "", false
}
