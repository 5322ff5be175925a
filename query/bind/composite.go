package bind

import (
	"strconv"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

// compositeColumns are the columns of a named row type; a dropped one has the name "".
func (a *analyzer) compositeColumns(t oid) (names []string, types []sqlType) {
	relation := a.cs.CompositeRelation(t)
	if table := a.Snapshot.Table(relation); table != nil {
		for i := range table.Columns {
			c := &table.Columns[i]
			name := c.Name
			if c.Dropped {
				name = ""
			}
			names, types = append(names, name), append(types, c.Type)
		}
		return names, types
	}
	if system := a.systemByOID(relation); system != nil {
		return a.systemColumns(system)
	}
	return nil, nil
}

// rowColumns finds the columns of a row value; false when the value is no row, or one of unknown columns.
func (s *scope) rowColumns(e expr.Expr) (names []string, types []sqlType, ok bool) {
	t := e.Type().OID
	if t != sqltypes.RecordOID {
		if !s.isComposite(t) {
			return nil, nil, false
		}
		names, types = s.compositeColumns(t)
		return names, types, true
	}
	switch e := e.(type) {
	case *expr.Row:
		for i, f := range e.Fields {
			name := "f" + strconv.Itoa(i+1)
			if e.Names != nil {
				name = e.Names[i]
			}
			names, types = append(names, name), append(types, f.Type())
		}
		return names, types, true
	case *expr.Func:
		return s.outColumns(e)
	case *expr.Var:
		return s.recordVar(e)
	case *expr.SubLink:
		if q, isQuery := e.Query.(*Query); isQuery && e.Kind == expr.ScalarLink && q.Command == Select && len(q.Targets) > 0 {
			inner := &scope{analyzer: s.analyzer, parent: s, q: q}
			return inner.rowColumns(q.Targets[0].Expr)
		}
	}
	return nil, nil, false
}

// outColumns are the OUT parameters of a function that returns records.
func (s *scope) outColumns(f *expr.Func) (names []string, types []sqlType, ok bool) {
	p := s.proc(f.Proc)
	if p == nil || p.ArgModes == "" {
		return nil, nil, false
	}
	declared, actual := p.ArgTypes, typesOf(f.Args)
	for i := range p.ArgModes {
		switch p.ArgModes[i] {
		case 'o', 'b', 't':
			t := p.AllArgTypes[i]
			if catalog.IsPolymorphic(t) && len(declared) == len(actual) {
				if _, resolved, err := s.cs.ResolvePolymorphic(actual, declared, t); err == nil {
					t = resolved
				}
			}
			name := ""
			if i < len(p.ArgNames) {
				name = p.ArgNames[i]
			}
			if name == "" {
				name = "column" + strconv.Itoa(len(names)+1)
			}
			names, types = append(names, name), append(types, sqltypes.T(t))
		}
	}
	return names, types, len(names) > 0
}

// recordVar finds out what a Var of type record stands for.
func (s *scope) recordVar(v *expr.Var) (names []string, types []sqlType, ok bool) {
	p := s.scopeAt(v.Level)
	if p == nil || v.Rel < 0 || v.Rel >= len(p.q.Rels) {
		return nil, nil, false
	}
	rel := p.q.Rels[v.Rel]
	if v.Column < 0 {
		if v.Rel < len(p.rels) {
			return p.rels[v.Rel].item.names, rel.Types, true
		}
		return rel.Names, rel.Types, true
	}
	switch rel.Kind {
	case SubqueryRel:
		if t := resultTarget(rel.Query, v.Column); t != nil {
			inner := &scope{analyzer: s.analyzer, parent: p, q: rel.Query}
			return inner.rowColumns(t.Expr)
		}
	case JoinRel:
		return p.rowColumns(rel.JoinVars[v.Column])
	case ValuesRel:
		s.fail(pgerror.WrongObjectType, -1, "record type has not been registered")
	case CTERel:
		owner := p.scopeAt(rel.CTELevel)
		if owner != nil && rel.CTE < len(owner.q.CTEs) {
			q := owner.q.CTEs[rel.CTE].Query
			if q == nil && rel.CTE < len(owner.ctes) {
				q = owner.ctes[rel.CTE].left
			}
			if q == nil {
				break
			}
			if t := resultTarget(q, v.Column); t != nil {
				inner := &scope{analyzer: s.analyzer, parent: owner, q: q}
				return inner.rowColumns(t.Expr)
			}
		}
	}
	return nil, nil, false
}

// resultTarget is column i of a query's result.
func resultTarget(q *Query, i int) *Target {
	list := q.Targets
	if q.Command != Select {
		list = q.Returning
	}
	for k := range list {
		if list[k].Hidden {
			continue
		}
		if i == 0 {
			return &list[k]
		}
		i--
	}
	return nil
}
