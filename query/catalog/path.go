package catalog

import (
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/parse"
)

// Path is a search path with what is searched implicitly: pg_catalog first unless it is named elsewhere in the path.
type Path struct {
	schemas  []OID
	implicit bool // pg_catalog was put in front
}

// Scope is a snapshot as a session sees it, through its search path. Names without a schema are looked up along the path, and names are written
// without a schema when the path leads to them. A Scope is a small value, safe for concurrent use.
type Scope struct {
	*Snapshot
	path Path
}

// Scope looks at the snapshot through a search path.
func (s *Snapshot) Scope(path Path) Scope { return Scope{Snapshot: s, path: path} }

// SearchPath makes a Path from the names of the setting search_path. Names of schemas that do not exist are passed over; "$user" stands for the
// schema named like the user.
func (s *Snapshot) SearchPath(names []string, user string) Path {
	p := Path{schemas: make([]OID, 1, len(names)+1), implicit: true}
	p.schemas[0] = PgCatalogOID
	for _, name := range names {
		if name == "$user" {
			name = user
		}
		o := s.schemaNames[name]
		switch {
		case o == nil || slices.Contains(p.schemas[1:], o.OID):
		case o.OID == PgCatalogOID && p.implicit:
			p.implicit = false
			p.schemas = append(p.schemas, o.OID)
		default:
			p.schemas = append(p.schemas, o.OID)
		}
	}
	if !p.implicit {
		p.schemas = p.schemas[1:]
	}
	return p
}

// Schemas are the schemas of the path in order, without the implicit ones unless asked for: what current_schemas(implicit) shows.
func (p Path) Schemas(implicit bool) []OID {
	if p.implicit && !implicit {
		return p.schemas[1:]
	}
	return p.schemas
}

// Creation is the schema in which objects without a schema name are made; false when the path names no existing schema.
func (p Path) Creation() (OID, bool) {
	explicit := p.Schemas(false)
	if len(explicit) == 0 {
		return 0, false
	}
	return explicit[0], true
}

// ParseSearchPath splits the value of the setting search_path into names: identifiers, folded to lower case unless quoted, separated by commas.
// It is false when the text is no such list.
func ParseSearchPath(text string) ([]string, bool) {
	rest := strings.TrimLeft(text, " \t\n\r\f\v")
	if rest == "" {
		return nil, true
	}
	var names []string
	for {
		name, after, ok := cutIdentifier(rest)
		if !ok {
			return nil, false
		}
		names = append(names, name)
		rest = strings.TrimLeft(after, " \t\n\r\f\v")
		if rest == "" {
			return names, true
		}
		if rest[0] != ',' {
			return nil, false
		}
		rest = strings.TrimLeft(rest[1:], " \t\n\r\f\v")
	}
}

// cutIdentifier takes one quoted or plain name from the front of s.
func cutIdentifier(s string) (name, rest string, ok bool) {
	if strings.HasPrefix(s, `"`) {
		var b strings.Builder
		for i := 1; i < len(s); i++ {
			if s[i] != '"' {
				b.WriteByte(s[i])
				continue
			}
			if i+1 < len(s) && s[i+1] == '"' {
				b.WriteByte('"')
				i++
				continue
			}
			return parse.CutName(b.String()), s[i+1:], true
		}
		return "", "", false
	}
	end := strings.IndexAny(s, ", \t\n\r\f\v")
	if end < 0 {
		end = len(s)
	}
	if end == 0 {
		return "", "", false
	}
	return parse.CutName(foldIdentifier(s[:end])), s[end:], true
}

// foldIdentifier lowers ASCII letters, as the lexer does to names without quotes.
func foldIdentifier(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// splitName takes a possibly qualified name apart. A database in front must be the only one there is.
func (s *Snapshot) splitName(name []string) (schema, object string, err error) {
	switch len(name) {
	case 1:
		return "", name[0], nil
	case 2:
		return name[0], name[1], nil
	case 3:
		if name[0] != DatabaseName {
			return "", "", pgerror.New(pgerror.FeatureNotSupported, "cross-database references are not implemented: %s", strings.Join(name, ".")).Harden()
		}
		return name[1], name[2], nil
	}
	return "", "", pgerror.New(pgerror.SyntaxError, "improper qualified name (too many dotted names): %s", strings.Join(name, ".")).Harden()
}

// DatabaseName is the name of the only database, and DatabaseOID its OID.
const (
	DatabaseName     = "postgres"
	DatabaseOID  OID = 5
)

// explicitSchema is the schema of a qualified name.
func (s *Snapshot) explicitSchema(name string) (OID, error) {
	if o := s.schemaNames[name]; o != nil {
		return o.OID, nil
	}
	return 0, pgerror.New(pgerror.UndefinedSchema, "schema \"%s\" does not exist", name)
}
