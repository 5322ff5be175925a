package bind

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// Every collation orders as "C" does. Still two that are written down and meet in one comparison or call are a mistake, as they are to PostgreSQL; what
// collations columns have is not followed, since tables' columns cannot choose theirs.

// collation is one that an expression has by a COLLATE clause.
type collation struct {
	name string
	at   int
}

// collations remembers which expressions, as they are written and as they are bound, have a collation by a COLLATE clause.
type collations map[any]*collation

// noteCollation finds the collation of an expression from those of its parts.
func (s *scope) noteCollation(e parse.Expr, out expr.Expr) {
	if c, ok := e.(*parse.CollateClause); ok {
		if s.collations == nil {
			s.collations = collations{}
		}
		s.setCollation(e, out, &collation{name: c.Name[len(c.Name)-1], at: c.Pos()})
		return
	}
	if len(s.collations) == 0 {
		return
	}
	for _, group := range collationGroups(e) {
		c := s.mergeCollations(group)
		if s.isCollatable(out.Type().OID) {
			s.setCollation(e, out, c)
		}
	}
}

func (s *scope) setCollation(e parse.Expr, out expr.Expr, c *collation) {
	if c != nil {
		s.collations[e], s.collations[out] = c, c
	}
}

// mergeCollations is the collation that expressions which meet have; nil for none. Where they have two, the query is refused once it is bound otherwise.
func (s *scope) mergeCollations(list []parse.Expr) (found *collation) {
	for _, e := range list {
		found = s.mergeCollation(found, s.collations[e])
	}
	return found
}

func (s *scope) mergeCollation(a, b *collation) *collation {
	if a == nil {
		return b
	}
	if b != nil && a.name != b.name && (s.mismatch == nil || s.kind == kindSelectTarget && !s.mismatchInTarget) {
		s.mismatch = s.errorAt(pgerror.CollationMismatch, b.at, "collation mismatch between explicit collations \"%s\" and \"%s\"", a.name, b.name)
		s.mismatchInTarget = s.kind == kindSelectTarget
	}
	return a
}

// checkCollations refuses a query in which two collations met.
func (s *scope) checkCollations() {
	if s.mismatch != nil {
		s.raise(s.mismatch)
	}
}

// collated is the query, in which no two collations met.
func (s *scope) collated(q *Query) *Query {
	s.checkCollations()
	return q
}

// collationGroups are the parts of an expression that meet each other in it; those of the last group make its own collation.
func collationGroups(e parse.Expr) [][]parse.Expr {
	one := func(list ...parse.Expr) [][]parse.Expr { return [][]parse.Expr{list} }
	switch e := e.(type) {
	case *parse.RowExpr, *parse.SubLink, *parse.ColumnRef:
		return nil
	case *parse.OpExpr:
		return collationPairs(e.Left, e.Right)
	case *parse.DistinctExpr:
		return collationPairs(e.Left, e.Right)
	case *parse.BetweenExpr:
		return [][]parse.Expr{{e.Arg, e.Low}, {e.Arg, e.High}}
	case *parse.InExpr:
		return one(append([]parse.Expr{e.Arg}, e.List...)...)
	case *parse.FuncCall:
		args := append([]parse.Expr{}, e.Args...)
		for _, k := range e.OrderBy {
			if e.WithinGroup {
				args = append(args, k.Expr)
			}
		}
		return one(args...)
	case *parse.CaseExpr:
		var conditions, results []parse.Expr
		for _, w := range e.Whens {
			conditions, results = append(conditions, w.Cond), append(results, w.Result)
		}
		if e.Else != nil {
			results = append(results, e.Else)
		}
		if e.Arg != nil {
			return [][]parse.Expr{append(conditions, e.Arg), results}
		}
		return one(results...)
	case *parse.Indirection:
		return one(e.Arg)
	}
	var parts []parse.Expr
	visitRaw(e, func(n any) bool {
		switch part := n.(type) {
		case *parse.SelectStmt, *parse.SortBy, *parse.WindowDef:
			return false
		case *parse.JSONValueExpr: // with its value
		case parse.Expr:
			if part != e {
				parts = append(parts, part)
				return false
			}
		}
		return true
	})
	return one(parts...)
}

// collationPairs are the two sides of a comparison, field by field where they are rows.
func collationPairs(left, right parse.Expr) [][]parse.Expr {
	l, lok := left.(*parse.RowExpr)
	r, rok := right.(*parse.RowExpr)
	if !lok || !rok || len(l.Fields) != len(r.Fields) {
		return [][]parse.Expr{{left, right}}
	}
	var out [][]parse.Expr
	for i := range l.Fields {
		out = append(out, []parse.Expr{l.Fields[i], r.Fields[i]})
	}
	return out
}
