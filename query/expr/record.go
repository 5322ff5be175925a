package expr

import (
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// parseRecord reads the text form of a row: (1,"a b",).
func parseRecord(env *Env, t oid, names []string, types []sqltypes.Type, text string) (datum, error) {
	malformed := func(detail string) error {
		return pgerror.New(pgerror.InvalidTextRepresentation, "malformed record literal: \"%s\"", text).WithDetail("%s", detail)
	}
	s := strings.TrimLeft(text, " \t\n\r\f\v")
	if !strings.HasPrefix(s, "(") {
		return sqltypes.Null, malformed("Missing left parenthesis.")
	}
	s = s[1:]
	fields := make([]datum, len(types))
	for i, typ := range types {
		if i > 0 {
			if !strings.HasPrefix(s, ",") {
				return sqltypes.Null, malformed("Too few columns.")
			}
			s = s[1:]
		}
		if s != "" && (s[0] == ',' || s[0] == ')') {
			continue
		}
		field, rest, ok := cutField(s)
		if !ok {
			return sqltypes.Null, malformed("Unexpected end of input.")
		}
		s = rest
		var err error
		if fields[i], err = inputValue(env, typ, field); err != nil {
			return sqltypes.Null, err
		}
	}
	switch {
	case strings.HasPrefix(s, ","):
		return sqltypes.Null, malformed("Too many columns.")
	case !strings.HasPrefix(s, ")"):
		return sqltypes.Null, malformed("Unexpected end of input.")
	case strings.TrimLeft(s[1:], " \t\n\r\f\v") != "":
		return sqltypes.Null, malformed("Junk after right parenthesis.")
	}
	return sqltypes.FromRecord(&sqltypes.Record{TypeOID: t, Types: types, Names: names, Fields: fields}), nil
}

// cutField reads one field up to a comma or the closing parenthesis; parts of it may be quoted.
func cutField(s string) (field, rest string, ok bool) {
	var out []byte
	quoted := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case !quoted && (c == ',' || c == ')'):
			return string(out), s[i:], true
		case c == '\\' && i+1 < len(s):
			i++
			out = append(out, s[i])
		case c == '"' && quoted && i+1 < len(s) && s[i+1] == '"':
			i++
			out = append(out, '"')
		case c == '"':
			quoted = !quoted
		default:
			out = append(out, c)
		}
	}
	return "", "", false
}
