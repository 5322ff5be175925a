package plan

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// rel is a relation of the plan with the name its columns carry, which no other relation of the plan has.
type rel struct{ alias string }

// relColumn is a column of a relation, in the expressions EXPLAIN writes.
type relColumn struct {
	expr.Base
	rel  *rel
	name string // "" for the whole row
}

// referent is a value that an operator further down computed. Like PostgreSQL, EXPLAIN writes what it is, in parentheses.
type referent struct {
	expr.Base
	of expr.Expr
}

// seen is a value of an operator as those above it see it.
func seen(e expr.Expr) expr.Expr {
	switch e.(type) {
	case *relColumn, *referent, *expr.Const, *expr.Param:
		return e
	}
	return &referent{Base: expr.Base{Typ: e.Type(), At: -1}, of: e}
}

func seenAll(list []expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		out[i] = seen(e)
	}
	return out
}

// over puts the values of the input row into an expression.
func over(e expr.Expr, row []expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(n expr.Expr) (expr.Expr, bool) {
		if slot, ok := n.(*expr.Slot); ok {
			if slot.Index < len(row) && row[slot.Index] != nil {
				return row[slot.Index], true
			}
			return n, true
		}
		return n, false
	})
}

func overAll(list []expr.Expr, row []expr.Expr) []expr.Expr {
	out := make([]expr.Expr, len(list))
	for i, e := range list {
		out[i] = over(e, row)
	}
	return out
}

// namer gives the relations of a plan their names: the alias, with a number behind it where an earlier relation has it already.
type namer struct {
	taken  map[string]bool
	rels   map[Node]*rel
	ctes   map[int]string // names of the stores
	target *rel           // of the UPDATE or DELETE whose rows are being named
	table  *catalog.Table
}

func (m *namer) add(n Node, alias string) *rel {
	name := alias
	for i := 1; m.taken[name]; i++ {
		name = alias + "_" + strconv.Itoa(i)
	}
	m.taken[name] = true
	r := &rel{alias: name}
	m.rels[n] = r
	return r
}

// plan names the relations of a whole plan: those of the main query first, then those of WITH queries and sub-plans.
func (m *namer) plan(p *Plan) {
	type later struct {
		number int
		node   Node
	}
	var rest []later
	var walk func(n Node)
	walk = func(n Node) {
		m.node(n)
		if w, ok := n.(*With); ok {
			for _, c := range w.CTEs {
				m.ctes[c.Store] = c.Name
				rest = append(rest, later{c.Number, c.Plan})
			}
		}
		for _, child := range n.Children() {
			walk(child)
		}
	}
	walk(p.Root)
	for _, s := range p.Subplans {
		rest = append(rest, later{s.Number, s.Plan})
		if s.Keyed != nil { // it is shown only where it ran
			rest = append(rest, later{math.MaxInt, s.Keyed.Plan})
		}
	}
	for i := 0; i < len(rest); i++ { // walking adds the WITH queries inside of them
		slices.SortStableFunc(rest[i:], func(a, b later) int { return a.number - b.number })
		if rest[i].node != nil {
			walk(rest[i].node)
		}
	}
}

func (m *namer) node(n Node) {
	switch v := n.(type) {
	case *Modify:
		m.target, m.table = nil, nil
		alias := v.Alias
		if alias == "" {
			alias = v.Table.Name
		}
		r := m.add(n, alias)
		if v.Command != bind.Insert {
			m.target, m.table = r, v.Table
		}
	case *Scan:
		if m.target != nil && v.Table == m.table && slices.Contains(v.Fetch, RowKey) {
			m.rels[n], m.target = m.target, nil
			return
		}
		m.add(n, v.Alias)
	case *SystemScan:
		m.add(n, v.Alias)
	case *FunctionScan:
		m.add(n, v.Alias)
	case *CTEScan:
		m.add(n, v.Alias)
	case *Values:
		m.add(n, "*VALUES*")
	case *Filter:
		if v.Subquery != "" && !filters(v.Child) {
			m.add(n, v.Subquery)
		}
	}
}

// columns are the columns of a relation by the names of an operator's output.
func columns(r *rel, cols []Column) []expr.Expr {
	out := make([]expr.Expr, len(cols))
	for i, c := range cols {
		out[i] = &relColumn{Base: expr.Base{Typ: c.Type, At: -1}, rel: r, name: c.Name}
	}
	return out
}

// text writes an expression. qualified: columns carry the name of their relation.
func (e *explainer) text(x expr.Expr, qualified bool) string {
	return expr.Print(x, func(n expr.Expr) (string, bool) {
		switch v := n.(type) {
		case *relColumn:
			switch {
			case v.name == "":
				return parse.QuoteIdent(v.rel.alias) + ".*", true
			case qualified && v.rel.alias != "":
				return parse.QuoteIdent(v.rel.alias) + "." + parse.QuoteIdent(v.name), true
			}
			return parse.QuoteIdent(v.name), true
		case *referent:
			return "(" + e.text(v.of, qualified) + ")", true
		case *expr.ExecParam:
			return e.parameter(v.Index), true
		case *expr.External:
			return e.external(v), true
		case *expr.Row:
			if r := wholeRow(v); r != nil {
				return parse.QuoteIdent(r.alias) + ".*", true
			}
		case *expr.Case:
			if row, ok := missableRow(v); ok {
				return e.text(row, qualified), true
			}
		}
		return "", false
	})
}

// parameter writes a run-time parameter: the value of the row around it that it carries, with the name of its relation.
func (e *explainer) parameter(index int) string {
	value, ok := e.params[index]
	if !ok {
		return "$" + strconv.Itoa(index)
	}
	switch value.(type) {
	case *relColumn, *referent, *expr.Const, *expr.Param:
		return e.text(value, true)
	}
	return "(" + e.text(value, true) + ")"
}

// wholeRow finds the relation whose row a row value is, with all of its columns in order.
func wholeRow(v *expr.Row) *rel {
	if len(v.Names) == 0 || len(v.Names) != len(v.Fields) {
		return nil
	}
	var r *rel
	for i, f := range v.Fields {
		c, ok := f.(*relColumn)
		if !ok || c.name != v.Names[i] || r != nil && c.rel != r {
			return nil
		}
		r = c.rel
	}
	return r
}

// missableRow finds the row in the form that fixer.wholeRow gives one that may be missing.
func missableRow(v *expr.Case) (*expr.Row, bool) {
	if v.Arg != nil || len(v.Whens) != 1 {
		return nil, false
	}
	row, ok := v.Whens[0].Result.(*expr.Row)
	return row, ok && wholeRow(row) != nil
}

// conjunctionText writes conditions that must all hold.
func (e *explainer) conjunctionText(list []expr.Expr, qualified bool) string {
	texts := make([]string, len(list))
	for i, c := range list {
		texts[i] = e.text(c, qualified)
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return "(" + strings.Join(texts, " AND ") + ")"
}

func (e *explainer) texts(list []expr.Expr, qualified bool) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = e.text(x, qualified)
	}
	return out
}
