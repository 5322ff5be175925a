package differential

import (
	"math/rand"
	"regexp"
	"strings"
)

var tokenPattern = regexp.MustCompile(`'[^']*'|[A-Za-z_][A-Za-z_0-9]*|\d+(\.\d+)?|::|<=|>=|<>|\|\||->>|->|\s+|.`)

// words are put in the place of others.
var words = []string{"NULL", "1", "'a'", "true", "c0", "c1", "nosuch", "x1", "count(*)", "sum(1)", "row_number() OVER ()", "generate_series(1, 2)", "(SELECT 1)", "(1, 2)", "ARRAY[1]",
	"*", "DEFAULT", "int4", "text", "DISTINCT", "ALL", ",", "(", ")", "+", "||", "=", "AND", "NOT", "AS", "IN", "ORDER", "BY", "GROUP", "LIMIT", "1.5", "'1'::jsonb", "$1", "t0", "t1.c0",
	"OVER", "FILTER", "WITHIN", "LATERAL", "UNION", "ON", "USING", "WHERE", "EXCLUDED.c0", "x1.*", "t0.*", "abs", "max", "lower", "0", "-1", "GROUPING(1)", "date", "interval '1 day'"}

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
