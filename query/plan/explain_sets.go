package plan

import (
	"slices"
	"strconv"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// setOp describes INTERSECT and EXCEPT as PostgreSQL carries them out: over the rows of both sides one behind the other, with a column that tells the side.
func (e *explainer) setOp(d *described, n *SetOp) {
	command := "Intersect"
	if n.Except {
		command = "Except"
	}
	if n.All {
		command += " All"
	}
	d.Kind, d.Title = "SetOp", "HashSetOp "+command
	d.Identity = []Property{{Label: "Strategy", Value: "Hashed"}, {Label: "Command", Value: command}}
	both := &described{Description: Description{Kind: "Append", Title: "Append", Estimate: &Estimate{}}, silent: true}
	for i, side := range n.Children() {
		child := e.side(n, i, side)
		both.Children = append(both.Children, Child{Relationship: "Member", Node: &child.Description})
		est := side.Estimate()
		both.Estimate.Total, both.Estimate.Rows, both.Estimate.Width = both.Estimate.Total+est.Total, both.Estimate.Rows+est.Rows, est.Width
		if i == 0 {
			d.out = seenAll(child.out)[:len(n.Cols)]
		}
		if a := child.Actual; a != nil {
			sum := *a
			if i > 0 {
				sum.Startup, sum.Rows, sum.Total = both.Actual.Startup, sum.Rows+both.Actual.Rows, sum.Total+both.Actual.Total
			}
			both.Actual = &sum
		}
	}
	both.after = []Property{structured("Subplans Removed", int64(0))}
	e.finish(both)
	d.Children = []Child{{Relationship: "Outer", Node: &both.Description}}
	d.shown = append(slices.Clone(d.out), &referent{of: sideNumber(0)})
}

// side describes one side of a set operation.
func (e *explainer) side(n *SetOp, i int, side Node) *described {
	d := e.node(side)
	d.Children = append(d.ctes, d.Children...)
	d.ctes = nil
	above := &described{Description: Description{Kind: "Result", Title: "Result", Estimate: side.Estimate(), Actual: d.Actual}, out: seenAll(d.out)}
	above.Children = []Child{{Relationship: "Outer", Node: &d.Description}}
	if n.Selects[i] == 0 {
		switch coreOf(side).(type) {
		case *Append, *SetOp: // they cannot add a column themselves
		default:
			return d
		}
	} else {
		r := &rel{alias: "*SELECT* " + strconv.Itoa(n.Selects[i])}
		above.Kind, above.Title = "Subquery Scan", "Subquery Scan on "+parse.QuoteIdent(r.alias)
		above.Identity = []Property{{Label: "Alias", Value: r.alias}}
		above.Children[0].Relationship = "Subquery"
		above.out = columns(r, side.Header())
	}
	above.shown = append(slices.Clone(above.out), sideNumber(i))
	e.finish(above)
	return above
}

// coreOf is an operator below the filters, projections and WITH queries that EXPLAIN shows as part of it.
func coreOf(n Node) Node {
	for wrapped(n) != nil {
		n = wrapped(n)
	}
	return n
}

func sideNumber(i int) expr.Expr {
	return &expr.Const{Base: expr.Base{Typ: sqltypes.T(sqltypes.Int4OID), At: -1}, Value: sqltypes.Int(int64(i))}
}
