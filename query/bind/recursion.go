package bind

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/parse"
)

// withRecursive binds WITH RECURSIVE: every item sees every other, so they are bound in the order of their needs.
func (s *scope) withRecursive(w *parse.WithClause) {
	var entries []*cteEntry
	for _, c := range w.CTEs {
		entries = append(entries, newCTE(c))
	}
	for _, e := range entries {
		d := &dependencies{entries: entries, of: e}
		d.visit(e.stmt.Query)
	}
	ordered := s.sortCTEs(entries)
	for _, e := range ordered {
		if e.recursive {
			r := &recursionCheck{scope: s, entry: e}
			r.check()
		}
	}
	for _, e := range ordered {
		s.addCTE(e)
	}
	for _, e := range ordered {
		s.bindCTE(e)
	}
}

// dependencies finds out which WITH items a query mentions. Names that an inner WITH defines hide those outside.
type dependencies struct {
	entries []*cteEntry
	of      *cteEntry
	hidden  []string
}

func (d *dependencies) visit(n any) {
	visitRaw(n, func(n any) bool {
		switch n := n.(type) {
		case *parse.SelectStmt:
			return d.scoped(n, n.With)
		case *parse.InsertStmt:
			return d.scoped(n, n.With)
		case *parse.UpdateStmt:
			return d.scoped(n, n.With)
		case *parse.DeleteStmt:
			return d.scoped(n, n.With)
		case *parse.RangeVar:
			d.mention(n)
		}
		return true
	})
}

// scoped visits a statement that has a WITH of its own. It answers whether the caller may go on by itself.
func (d *dependencies) scoped(stmt any, w *parse.WithClause) bool {
	if w == nil {
		return true
	}
	mark := len(d.hidden)
	if w.Recursive {
		for _, c := range w.CTEs {
			d.hidden = append(d.hidden, c.Name)
		}
	}
	for _, c := range w.CTEs {
		d.visit(c.Query)
		d.hidden = append(d.hidden, c.Name)
	}
	d.visit(withoutWith(stmt))
	d.hidden = d.hidden[:mark]
	return false
}

// withoutWith is a copy of a statement without its WITH clause.
func withoutWith(stmt any) any {
	switch stmt := stmt.(type) {
	case *parse.SelectStmt:
		c := *stmt
		c.With = nil
		return &c
	case *parse.InsertStmt:
		c := *stmt
		c.With = nil
		return &c
	case *parse.UpdateStmt:
		c := *stmt
		c.With = nil
		return &c
	case *parse.DeleteStmt:
		c := *stmt
		c.With = nil
		return &c
	}
	return stmt
}

func (d *dependencies) mention(rv *parse.RangeVar) {
	if rv.Schema != "" {
		return
	}
	for _, h := range d.hidden {
		if h == rv.Name {
			return
		}
	}
	for _, e := range d.entries {
		if e.stmt.Name != rv.Name {
			continue
		}
		if e == d.of {
			e.recursive = true
		} else {
			d.of.needs = append(d.of.needs, e)
		}
	}
}

// sortCTEs orders the items so that each comes after those it needs.
func (s *scope) sortCTEs(entries []*cteEntry) (out []*cteEntry) {
	left := append([]*cteEntry(nil), entries...)
	done := map[*cteEntry]bool{}
	for len(left) > 0 {
		next := -1
	search:
		for i, e := range left {
			for _, n := range e.needs {
				if !done[n] {
					continue search
				}
			}
			next = i
			break
		}
		if next < 0 {
			s.fail(pgerror.FeatureNotSupported, left[0].stmt.Pos(), "mutual recursion between WITH items is not implemented")
		}
		done[left[next]] = true
		out = append(out, left[next])
		left = append(left[:next:next], left[next+1:]...)
	}
	return out
}

// recursionCheck looks for self-references in places that recursion cannot be computed from.
type recursionCheck struct {
	*scope
	entry  *cteEntry
	where  string // what the self-reference must not appear within; "" where it may
	found  int
	hidden []string
}

func (r *recursionCheck) check() {
	name, at := r.entry.stmt.Name, r.entry.stmt.Pos()
	stmt, ok := r.entry.stmt.Query.(*parse.SelectStmt)
	if !ok {
		r.fail(pgerror.InvalidRecursion, at, "recursive query \"%s\" must not contain data-modifying statements", name)
	}
	if stmt.Op != parse.SetUnion {
		r.fail(pgerror.InvalidRecursion, at, "recursive query \"%s\" does not have the form non-recursive-term UNION [ALL] recursive-term", name)
	}
	if stmt.With != nil {
		for _, c := range stmt.With.CTEs {
			r.within("a subquery", c.Query)
		}
	}
	refuse := func(at int, what string) {
		r.fail(pgerror.FeatureNotSupported, at, "%s in a recursive query is not implemented", what)
	}
	switch {
	case len(stmt.OrderBy) > 0:
		refuse(rawAt(stmt.OrderBy[0].Expr), "ORDER BY")
	case stmt.Offset != nil:
		refuse(rawAt(stmt.Offset), "OFFSET")
	case stmt.Limit != nil:
		refuse(rawAt(stmt.Limit), "LIMIT")
	case len(stmt.Locking) > 0:
		refuse(-1, "FOR UPDATE/SHARE")
	}
	r.within("its non-recursive term", stmt.Left)
	r.where, r.found = "", 0
	r.visit(stmt.Right)
}

// within visits a part of the tree in which no self-reference may be.
func (r *recursionCheck) within(where string, n any) {
	saved := r.where
	if r.where == "" {
		r.where = where
	}
	r.visit(n)
	r.where = saved
}

func (r *recursionCheck) visit(n any) {
	visitRaw(n, func(n any) bool {
		switch n := n.(type) {
		case *parse.RangeVar:
			r.mention(n)
		case *parse.SelectStmt:
			return r.selectStmt(n)
		case *parse.SubLink:
			r.visit(n.Test)
			r.within("a subquery", n.Select)
			return false
		case *parse.JoinExpr:
			return r.join(n)
		}
		return true
	})
}

func (r *recursionCheck) join(n *parse.JoinExpr) bool {
	const outer = "an outer join"
	if n.Kind == parse.JoinInner {
		return true
	}
	if n.Kind == parse.JoinLeft {
		r.visit(n.Left)
	} else {
		r.within(outer, n.Left)
	}
	if n.Kind == parse.JoinRight {
		r.visit(n.Right)
	} else {
		r.within(outer, n.Right)
	}
	r.visit(n.On)
	return false
}

func (r *recursionCheck) selectStmt(n *parse.SelectStmt) bool {
	if n.With != nil {
		mark := len(r.hidden)
		if n.With.Recursive {
			for _, c := range n.With.CTEs {
				r.hidden = append(r.hidden, c.Name)
			}
		}
		for _, c := range n.With.CTEs {
			r.visit(c.Query)
			r.hidden = append(r.hidden, c.Name)
		}
		c := *n
		c.With = nil
		r.visit(&c)
		r.hidden = r.hidden[:mark]
		return false
	}
	switch n.Op {
	case parse.SetIntersect, parse.SetExcept:
	default:
		return true
	}
	word := setWords[n.Op]
	if n.All {
		r.within(word, n.Left)
	} else {
		r.visit(n.Left)
	}
	if n.All || n.Op == parse.SetExcept {
		r.within(word, n.Right)
	} else {
		r.visit(n.Right)
	}
	r.visit(n.OrderBy)
	r.visit(n.Limit)
	r.visit(n.Offset)
	return false
}

func (r *recursionCheck) mention(rv *parse.RangeVar) {
	name := r.entry.stmt.Name
	if rv.Schema != "" || rv.Name != name {
		return
	}
	for _, h := range r.hidden {
		if h == name {
			return
		}
	}
	if r.where != "" {
		r.fail(pgerror.InvalidRecursion, rv.Pos(), "recursive reference to query \"%s\" must not appear within %s", name, r.where)
	}
	if r.found++; r.found > 1 {
		r.fail(pgerror.InvalidRecursion, rv.Pos(), "recursive reference to query \"%s\" must not appear more than once", name)
	}
}
