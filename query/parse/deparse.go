package parse

import (
	"fmt"
	"strconv"
	"strings"
)

// Deparse writes a node as SQL. Parsing the text again gives the same tree,
// positions aside. It panics on nodes that are no part of a statement by
// themselves (options, say), and on trees the parser cannot produce.
func Deparse(n Node) string {
	d := &deparser{}
	switch x := n.(type) {
	case Statement:
		d.stmt(x)
	case Expr:
		d.expr(x)
	case *TypeName:
		d.typeName(x)
	case TableRef:
		d.tableRef(x)
	case TableElement:
		d.tableElement(x)
	default:
		d.node(n)
	}
	return d.b.String()
}

// QuoteIdent writes a name so that it is read back as it is: in quotes unless
// it is a plain lower-case word and no keyword but an unreserved one.
func QuoteIdent(s string) string {
	if isPlainIdent(s) {
		if kind := lookupKeyword(s); kind == tokIdent || kind.category() == unreservedKeyword {
			return s
		}
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

func isPlainIdent(s string) bool {
	if s == "" || s[0] != '_' && (s[0] < 'a' || s[0] > 'z') {
		return false
	}
	for i := 1; i < len(s); i++ {
		if c := s[i]; c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// quoteString writes a string constant.
func quoteString(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// quoteName is QuoteIdent for places where some unreserved keywords would be
// read as the keyword.
func quoteName(s string) string {
	switch s {
	case "operator", "unbounded", "current", "format", "nulls", "without", "double", "partition", "range", "rows",
		"groups", "set", "by", "cube", "rollup", "uescape", "recursive", "if", "tables", "mapping", "preceding", "following",
		"local", "temp", "temporary", "global", "unlogged", "value", "json", "storage", "session", "constraints":
		return `"` + s + `"`
	}
	return QuoteIdent(s)
}

// deparser builds the text; words are set apart by blanks.
type deparser struct {
	b    strings.Builder
	glue bool // the next word follows without a blank
}

// w writes words.
func (d *deparser) w(words ...string) *deparser {
	for _, word := range words {
		if word == "" {
			continue
		}
		if d.b.Len() > 0 && !d.glue {
			d.b.WriteByte(' ')
		}
		d.glue = false
		d.b.WriteString(word)
	}
	return d
}

// raw writes text directly behind what stands there.
func (d *deparser) raw(s string) *deparser {
	d.b.WriteString(s)
	d.glue = false
	return d
}

// open writes an opening parenthesis as a word of its own.
func (d *deparser) open() *deparser {
	d.w("(")
	d.glue = true
	return d
}

// call writes an opening parenthesis directly behind a name.
func (d *deparser) call() *deparser {
	d.raw("(")
	d.glue = true
	return d
}

func (d *deparser) close() *deparser { return d.raw(")") }

// when writes the words if the condition holds.
func (d *deparser) when(cond bool, words ...string) *deparser {
	if cond {
		d.w(words...)
	}
	return d
}

func (d *deparser) name(s string) *deparser { return d.w(quoteName(s)) }

// label writes a name where any keyword may stand, as after AS.
func (d *deparser) label(s string) *deparser { return d.w(QuoteIdent(s)) }

func (d *deparser) str(s string) *deparser { return d.w(quoteString(s)) }

func (d *deparser) integer(n int) *deparser { return d.w(strconv.Itoa(n)) }

// qualified writes a name of several parts.
func (d *deparser) qualified(parts []string) *deparser {
	return d.w(qualifiedText(parts))
}

func qualifiedText(parts []string) string {
	if len(parts) == 1 {
		return quoteName(parts[0])
	}
	quoted := make([]string, len(parts))
	for i, part := range parts {
		quoted[i] = quoteName(part)
	}
	return strings.Join(quoted, ".")
}

// operator writes an operator of any_operator.
func operatorText(parts []string) string {
	text := ""
	for _, part := range parts[:len(parts)-1] {
		text += quoteName(part) + "."
	}
	return text + parts[len(parts)-1]
}

// qualOp writes an operator as it stands in an expression.
func (d *deparser) qualOp(name []string) *deparser {
	if len(name) == 1 {
		return d.w(name[0])
	}
	return d.w("OPERATOR(" + operatorText(name) + ")")
}

// each writes items separated by commas.
func each[T any](d *deparser, items []T, f func(T)) {
	for i, item := range items {
		if i > 0 {
			d.raw(",")
		}
		f(item)
	}
}

// parens writes ( items ).
func parens[T any](d *deparser, items []T, f func(T)) *deparser {
	d.open()
	each(d, items, f)
	return d.close()
}

func (d *deparser) names(list []string) *deparser {
	each(d, list, func(s string) { d.name(s) })
	return d
}

func (d *deparser) parenNames(list []string) *deparser {
	d.open().names(list)
	return d.close()
}

func (d *deparser) optParenNames(list []string) *deparser {
	if list != nil {
		d.parenNames(list)
	}
	return d
}

// ifExists writes IF EXISTS.
func (d *deparser) ifExists(cond bool) *deparser { return d.when(cond, "IF EXISTS") }

func (d *deparser) ifNotExists(cond bool) *deparser { return d.when(cond, "IF NOT EXISTS") }

func (d *deparser) behavior(b Behavior) *deparser { return d.when(b == Cascade, "CASCADE") }

// node writes a node of whatever kind stands for an object or an option.
func (d *deparser) node(n Node) *deparser {
	switch x := n.(type) {
	case *ObjectName:
		return d.qualified(x.Parts)
	case *TypeName:
		return d.typeName(x)
	case *RangeVar:
		return d.relation(x)
	case *RoleSpec:
		return d.role(x)
	case *ObjectWithArgs:
		return d.objectWithArgs(x)
	case *CastName:
		d.open().typeName(x.Source).w("AS").typeName(x.Target)
		return d.close()
	case *TransformName:
		return d.w("FOR").typeName(x.Type).w("LANGUAGE").name(x.Language)
	case Expr:
		return d.expr(x)
	}
	panic(fmt.Sprintf("parse: cannot write a %T", n))
}

func (d *deparser) role(r *RoleSpec) *deparser {
	switch r.Kind {
	case RoleCurrentRole:
		return d.w("CURRENT_ROLE")
	case RoleCurrentUser:
		return d.w("CURRENT_USER")
	case RoleSessionUser:
		return d.w("SESSION_USER")
	case RolePublic:
		return d.w("PUBLIC")
	}
	return d.name(r.Name)
}

func (d *deparser) roles(list []*RoleSpec) *deparser {
	each(d, list, func(r *RoleSpec) { d.role(r) })
	return d
}

// stmt writes a statement.
func (d *deparser) stmt(s Statement) *deparser {
	if d.queryStmt(s) || d.tableStmt(s) || d.sessionStmt(s) || d.grantStmt(s) || d.createStmt(s) || d.createMore(s) ||
		d.alterStmt(s) || d.alterMore(s) || d.miscStmt(s) {
		return d
	}
	panic(fmt.Sprintf("parse: cannot write a %T", s))
}
