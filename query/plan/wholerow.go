package plan

import (
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// wholeRow is the row of a relation as one value: NULL, and not a row of NULLs, where an outer join has no row of it.
func (f *fixer) wholeRow(v *expr.Var, rel *bind.Rel) expr.Expr {
	row := &expr.Row{Base: v.Base}
	witness, hidden := f.witness[v.Rel]
	for i := range rel.Types {
		if rel.Table != nil && rel.Table.Columns[i].Dropped || hidden && i == witness {
			continue
		}
		column := &expr.Var{Base: expr.Base{Typ: rel.Types[i], At: v.At}, Rel: v.Rel, Column: i, Name: rel.Names[i]}
		row.Fields = append(row.Fields, f.variable(column))
		row.Names = append(row.Names, rel.Names[i])
	}
	if !rel.Nullable && !nullableRels(f.q.From).contains(single(v.Rel)) || len(row.Fields) == 0 {
		return row
	}
	there := &expr.NullTest{Base: expr.Base{Typ: sqltypes.T(sqltypes.BoolOID), At: -1}, Arg: f.present(v.Rel), Not: true}
	return &expr.Case{Base: v.Base, Whens: []expr.When{{Cond: there, Result: row}},
		Default: &expr.Const{Base: expr.Base{Typ: v.Typ, At: -1}, Value: sqltypes.Null}}
}

// present is a column that is NULL only where there is no row of a relation that an outer join may have none of: one that holds no NULL, a table's row
// key, or, for want of both, a column more, of the relation made a sub-query.
func (f *fixer) present(at int) expr.Expr {
	rel := f.q.Rels[at]
	if i, ok := f.witness[at]; ok {
		return &expr.Var{Base: expr.Base{Typ: rel.Types[i], At: -1}, Rel: at, Column: i}
	}
	if e := relNeverNull(rel, at); e != nil {
		return e
	}
	switch rel.Kind {
	case bind.TableRel:
		return &expr.Var{Base: expr.Base{Typ: sqltypes.T(sqltypes.ByteaOID), At: -1}, Rel: at, Column: rowKey}
	case bind.JoinRel: // a sub-query that was pulled up
		return f.rewrite(rel.JoinVars[len(rel.Types)])
	}
	n := len(rel.Types)
	f.q.Rels = slices.Clone(f.q.Rels)
	f.q.Rels[at] = witnessed(rel)
	if f.witness == nil {
		f.witness = map[int]int{}
	}
	f.witness[at] = n
	return f.present(at)
}

// witnessed is a relation as a sub-query that gives a column more, which is true in every row.
func witnessed(rel *bind.Rel) *bind.Rel {
	boolean := sqltypes.T(sqltypes.BoolOID)
	inner := relevel(0, 1).relation(rel, 0)
	q := &bind.Query{Rels: []*bind.Rel{inner}, From: []bind.JoinNode{bind.RelRef{Rel: 0}}}
	for i, t := range rel.Types {
		q.Targets = append(q.Targets, bind.Target{Expr: &expr.Var{Base: expr.Base{Typ: t, At: -1}, Column: i, Name: rel.Names[i]}, Name: rel.Names[i]})
	}
	q.Targets = append(q.Targets, bind.Target{Expr: &expr.Const{Base: expr.Base{Typ: boolean, At: -1}, Value: sqltypes.Bool(true)}})
	return &bind.Rel{Kind: bind.SubqueryRel, Alias: rel.Alias, Query: q, Lateral: rel.Lateral,
		Names: append(slices.Clone(rel.Names), ""), Types: append(slices.Clone(rel.Types), boolean)}
}

// nullableRels are the relations on the sides of outer joins that may be missing.
func nullableRels(from []bind.JoinNode) relset {
	var out relset
	for _, n := range from {
		j, ok := n.(*bind.Join)
		if !ok {
			continue
		}
		out = out.union(nullableRels([]bind.JoinNode{j.Left, j.Right}))
		if j.Kind == bind.Left || j.Kind == bind.Full {
			out = out.union(treeRels(j.Right))
		}
		if j.Kind == bind.Right || j.Kind == bind.Full {
			out = out.union(treeRels(j.Left))
		}
	}
	return out
}
