package differential

import (
	"math/rand"
	"reflect"
	"regexp"
	"strings"

	"github.com/opendsql/opendsql/query/parse"
)

var tokenPattern = regexp.MustCompile(`'[^']*'|[A-Za-z_][A-Za-z_0-9]*|\d+(\.\d+)?|::|<=|>=|<>|\|\||->>|->|\s+|.`)

// words are put in the place of others.
var words = []string{"NULL", "1", "'a'", "true", "c0", "c1", "nosuch", "x1", "count(*)", "sum(1)", "row_number() OVER ()", "generate_series(1, 2)", "(SELECT 1)", "(1, 2)", "ARRAY[1]",
	"*", "DEFAULT", "int4", "text", "DISTINCT", "ALL", ",", "(", ")", "+", "||", "=", "AND", "NOT", "AS", "IN", "ORDER", "BY", "GROUP", "LIMIT", "1.5", "'1'::jsonb", "$1", "t0", "t1.c0",
	"OVER", "FILTER", "WITHIN", "LATERAL", "UNION", "ON", "USING", "WHERE", "EXCLUDED.c0", "x1.*", "t0.*", "abs", "max", "lower", "0", "-1", "GROUPING(1)", "date", "interval '1 day'"}

// wrong is a statement that has a mistake more often than not.
func (g *generator) wrong() string {
	sql := g.statement().sql
	if g.oneIn(3) {
		return mistake(g.Rand, sql)
	}
	return misplaced(g.Rand, sql)
}

// mistake changes a word or two of a statement, which makes it wrong more often than not.
func mistake(r *rand.Rand, sql string) string {
	tokens := tokenPattern.FindAllString(sql, -1)
	var at []int
	for i, t := range tokens {
		if strings.TrimSpace(t) != "" {
			at = append(at, i)
		}
	}
	for range 1 + r.Intn(2) {
		i, j := pick(r, at), pick(r, at)
		switch r.Intn(6) {
		case 0:
			tokens[i] = ""
		case 1:
			tokens[i] += " " + tokens[i]
		case 2:
			tokens[i], tokens[j] = tokens[j], tokens[i]
		case 3:
			tokens[i] = tokens[j]
		default:
			tokens[i] = pick(r, words)
		}
	}
	return strings.Join(tokens, "")
}

// misplaced puts parts of a statement in the places of others: its words are in order, their meaning is not.
func misplaced(r *rand.Rand, sql string) (text string) {
	stmts, err := parse.Parse(sql)
	if err != nil || len(stmts) != 1 {
		return sql
	}
	var places []reflect.Value
	expressions(reflect.ValueOf(&stmts[0].Stmt).Elem(), &places)
	if len(places) < 2 {
		return sql
	}
	for range 1 + r.Intn(2) {
		to, from := pick(r, places), pick(r, places)
		to.Set(from.Elem())
	}
	defer func() {
		if recover() != nil { // an expression that cannot stand there, or one that holds itself
			text = sql
		}
	}()
	if deep(reflect.ValueOf(stmts[0].Stmt), 0) {
		return sql
	}
	return parse.Deparse(stmts[0].Stmt)
}

// expressions gathers the places of expressions.
func expressions(v reflect.Value, out *[]reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return
		}
		if v.CanSet() && v.Type() == exprType {
			*out = append(*out, v)
		}
		expressions(v.Elem(), out)
	case reflect.Struct:
		for i := range v.NumField() {
			expressions(v.Field(i), out)
		}
	case reflect.Slice:
		for i := range v.Len() {
			expressions(v.Index(i), out)
		}
	}
}

// deep tells whether a tree is so deep that it must hold itself.
func deep(v reflect.Value, depth int) bool {
	if depth > 400 {
		return true
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && deep(v.Elem(), depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			if deep(v.Field(i), depth+1) {
				return true
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if deep(v.Index(i), depth+1) {
				return true
			}
		}
	}
	return false
}
