package plan

import (
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
)

// wholeRow is the row of a relation as one value: NULL, and not a row of NULLs, where an outer join has no row of it.
func (f *fixer) wholeRow(v *expr.Var, rel *bind.Rel) expr.Expr {
	row := &expr.Row{Base: v.Base}
	for i := range rel.Types {
		if rel.Table != nil && rel.Table.Columns[i].Dropped {
			continue
		}
		column := &expr.Var{Base: expr.Base{Typ: rel.Types[i], At: v.At}, Rel: v.Rel, Column: i, Name: rel.Names[i]}
		row.Fields = append(row.Fields, f.variable(column))
		row.Names = append(row.Names, rel.Names[i])
	}
	if !rel.Nullable && !nullableRels(f.q.From).contains(single(v.Rel)) || len(row.Fields) == 0 {
		return row
	}
	return &expr.Case{Base: v.Base, Whens: []expr.When{{Cond: present(row, v.Rel, rel), Result: row}},
		Default: &expr.Const{Base: expr.Base{Typ: v.Typ, At: -1}, Value: sqltypes.Null}}
}

// present tells whether there is a row of a relation that an outer join may have none of: by a column that holds no NULL, by a table's row key, or, for
// want of both, by any value that is none. A row of NULLs alone is then taken to be missing, which differs from PostgreSQL for sub-queries and functions.
func present(row *expr.Row, at int, rel *bind.Rel) expr.Expr {
	boolean := expr.Base{Typ: sqltypes.T(sqltypes.BoolOID), At: -1}
	witness := relNeverNull(rel, at)
	if witness == nil && rel.Kind == bind.TableRel {
		witness = &expr.Var{Base: expr.Base{Typ: sqltypes.T(sqltypes.ByteaOID), At: -1}, Rel: at, Column: rowKey}
	}
	if witness != nil {
		return &expr.NullTest{Base: boolean, Arg: witness, Not: true}
	}
	some := &expr.Bool{Base: boolean, Op: expr.Or}
	for _, field := range row.Fields {
		some.Args = append(some.Args, &expr.NullTest{Base: boolean, Arg: field, Not: true})
	}
	return some
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
