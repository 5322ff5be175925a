package bind

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// fromCall is a function of FROM before it gets its columns.
type fromCall struct {
	call expr.Expr
	name string
	defs []*parse.ColumnDef
}

// rangeFunction binds functions in FROM. They see the items before them as if marked LATERAL.
func (s *scope) rangeFunction(r *parse.RangeFunction) *item {
	saved := s.lateralActive
	s.lateralActive = true
	var calls []fromCall
	s.in(kindFromFunction, func() {
		for _, f := range r.Functions {
			calls = append(calls, s.fromCalls(r, f)...)
		}
	})
	s.lateralActive = saved
	if len(r.ColumnDefs) > 0 {
		s.topLevelDefinitions(r, calls)
	}
	if it := s.sqlTableFunction(r, calls); it != nil {
		return it
	}
	rel := &Rel{Kind: FunctionRel, Ordinality: r.Ordinality, Lateral: r.Lateral, Alias: aliasName(r.Alias, calls[0].name)}
	rowOID := oid(0)
	for _, c := range calls {
		if len(localVars(c.call)) > 0 {
			rel.Lateral = true
		}
		names, types, composite := s.functionColumns(c, r.Alias, len(calls))
		f := TableFunc{Call: c.call, Columns: len(names)}
		if len(c.defs) > 0 {
			f.DefinedNames, f.DefinedTypes = names, types
		}
		if composite {
			rowOID = c.call.Type().OID
		}
		rel.Functions = append(rel.Functions, f)
		rel.Names, rel.Types = append(rel.Names, names...), append(rel.Types, types...)
	}
	if r.Ordinality {
		rel.Names, rel.Types = append(rel.Names, "ordinality"), append(rel.Types, sqltypes.T(sqltypes.Int8OID))
	}
	if r.Ordinality || len(calls) > 1 {
		rowOID = sqltypes.RecordOID
	}
	names := s.applyAlias(r.Alias, rel.Alias, rel.Names, nil, r.Pos())
	if rowOID == 0 || rowOID == sqltypes.RecordOID { // a row of no named type has the alias's names
		rel.Names = names
	}
	it := s.addRel(rel, names, r.Alias != nil)
	it.info.rowOID = rowOID
	return it
}

// sqlTableFunction binds an SQL function that stands alone; nil for other functions.
func (s *scope) sqlTableFunction(r *parse.RangeFunction, calls []fromCall) *item {
	for _, c := range calls {
		f, ok := c.call.(*expr.Func)
		if !ok || !isSQLFunction(s.proc(f.Proc)) {
			continue
		}
		if len(calls) > 1 || r.Ordinality || len(c.defs) > 0 {
			s.fail(pgerror.FeatureNotSupported, f.At, "SQL function %s with ROWS FROM, WITH ORDINALITY or a column definition list not supported", f.Name)
		}
		return s.tableFunction(c, r.Alias, f.At)
	}
	return nil
}

// fromCalls binds one call; unnest with several arguments becomes several calls.
func (s *scope) fromCalls(r *parse.RangeFunction, f parse.RangeFunctionItem) []fromCall {
	if fc, ok := f.Call.(*parse.FuncCall); ok && len(fc.Name) == 1 && fc.Name[0] == "unnest" && len(fc.Args) > 1 && len(f.ColumnDefs) == 0 &&
		fc.OrderBy == nil && fc.Filter == nil && fc.Over == nil && !fc.Star && !fc.Distinct && !fc.Variadic {
		var out []fromCall
		for _, arg := range fc.Args {
			one := &parse.FuncCall{Loc: fc.Loc, Name: []string{"pg_catalog", "unnest"}, Args: []parse.Expr{arg}}
			out = append(out, fromCall{call: s.topLevelCall(one), name: figureName(one)})
		}
		return out
	}
	call := s.topLevelCall(f.Call)
	if len(f.ColumnDefs) > 0 && len(r.ColumnDefs) > 0 {
		s.fail(pgerror.SyntaxError, r.ColumnDefs[0].Pos(), "multiple column definition lists are not allowed for the same function")
	}
	return []fromCall{{call: call, name: figureName(f.Call), defs: f.ColumnDefs}}
}

// topLevelCall binds a call whose set-returning function, if any, must be the call itself.
func (s *scope) topLevelCall(e parse.Expr) expr.Expr {
	last := s.lastSRF
	saved := s.fromCall
	s.fromCall = e
	call := s.expression(e)
	s.fromCall = saved
	if s.lastSRF != last && s.lastSRF != call {
		s.fail(pgerror.FeatureNotSupported, exprAt(s.lastSRF), "set-returning functions must appear at top level of FROM")
	}
	return call
}

func (s *scope) topLevelDefinitions(r *parse.RangeFunction, calls []fromCall) {
	at := r.ColumnDefs[0].Pos()
	if len(calls) != 1 {
		if r.RowsFrom {
			s.raise(s.errorAt(pgerror.SyntaxError, at, "ROWS FROM() with multiple functions cannot have a column definition list").
				WithHint("Put a separate column definition list for each function inside ROWS FROM()."))
		}
		s.raise(s.errorAt(pgerror.SyntaxError, at, "UNNEST() with multiple arguments cannot have a column definition list").
			WithHint("Use separate UNNEST() calls inside ROWS FROM(), and attach a column definition list to each one."))
	}
	if r.Ordinality {
		s.raise(s.errorAt(pgerror.SyntaxError, at, "WITH ORDINALITY cannot be used with a column definition list").
			WithHint("Put the column definition list inside ROWS FROM()."))
	}
	calls[0].defs = r.ColumnDefs
}

// functionColumns are the columns a function of FROM gives; composite tells a function that returns rows from one that returns values.
func (s *scope) functionColumns(c fromCall, alias *parse.Alias, calls int) (names []string, types []sqlType, composite bool) {
	names, types, isRow := s.rowColumns(c.call)
	typ := c.call.Type()
	if len(c.defs) > 0 {
		at := c.defs[0].Pos()
		switch {
		case isRow && typ.OID == sqltypes.RecordOID:
			s.fail(pgerror.SyntaxError, at, "a column definition list is redundant for a function with OUT parameters")
		case isRow:
			s.fail(pgerror.SyntaxError, at, "a column definition list is redundant for a function returning a named composite type")
		case typ.OID != sqltypes.RecordOID:
			s.fail(pgerror.SyntaxError, at, "a column definition list is only allowed for functions returning \"record\"")
		}
		names, types = s.definedColumns(c.defs)
		return names, types, true
	}
	switch {
	case isRow:
		return names, types, true
	case typ.OID == sqltypes.RecordOID:
		s.fail(pgerror.SyntaxError, exprAt(c.call), "a column definition list is required for functions returning \"record\"")
	case s.typeKind(typ.OID) == 'p' && typ.OID != sqltypes.VoidOID && typ.OID != sqltypes.CStringOID:
		s.fail(pgerror.DatatypeMismatch, exprAt(c.call), "function \"%s\" in FROM has unsupported return type %s", c.name, s.typeName(typ.OID))
	}
	return []string{s.scalarAlias(c, alias, calls)}, []sqlType{typ}, false
}

// scalarAlias names the one column of a function that returns values.
func (s *scope) scalarAlias(c fromCall, alias *parse.Alias, calls int) string {
	if f, ok := c.call.(*expr.Func); ok {
		if p := s.proc(f.Proc); p != nil && p.ArgModes != "" {
			out, n := "", 0
			for i := range p.ArgModes {
				switch p.ArgModes[i] {
				case 'o', 'b', 't':
					n++
					if i < len(p.ArgNames) {
						out = p.ArgNames[i]
					}
				}
			}
			if n == 1 && out != "" {
				return out
			}
		}
	}
	if calls == 1 && alias != nil {
		return alias.Name
	}
	return c.name
}

func (s *scope) definedColumns(defs []*parse.ColumnDef) (names []string, types []sqlType) {
	for _, d := range defs {
		if d.Type.SetOf {
			s.fail(pgerror.InvalidTableDefinition, d.Pos(), "column \"%s\" cannot be declared SETOF", d.Name)
		}
		for _, n := range names {
			if n == d.Name {
				s.fail(pgerror.DuplicateColumn, -1, "column name \"%s\" specified more than once", d.Name)
			}
		}
		t := s.resolveType(d.Type)
		if d.Collate != nil {
			s.checkCollation(d.Collate.Name, d.Collate.Pos())
		}
		names, types = append(names, d.Name), append(types, t)
	}
	return names, types
}
