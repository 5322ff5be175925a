package bind

import (
	"slices"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

const lateralHint = "You might be able to move the set-returning function into a LATERAL FROM item."

// noSets refuses set-returning functions that were bound since last.
func (s *scope) noSets(last expr.Expr, word string) {
	if s.lastSRF != last {
		s.raise(s.errorAt(pgerror.FeatureNotSupported, exprAt(s.lastSRF), "set-returning functions are not allowed in %s", word).WithHint(lateralHint))
	}
}

// caseExpr binds CASE. The simple form compares a CaseTest, which stands for the argument's value.
func (s *scope) caseExpr(e *parse.CaseExpr) expr.Expr {
	last := s.lastSRF
	out := &expr.Case{Base: expr.Base{At: e.Pos()}}
	var test expr.Expr
	if e.Arg != nil {
		out.Arg = s.expression(e.Arg)
		if out.Arg.Type().OID == sqltypes.UnknownOID {
			out.Arg = s.coerceToCommon(out.Arg, sqltypes.TextOID, "CASE")
		}
		test = &expr.CaseTest{Base: expr.Base{Typ: out.Arg.Type(), At: exprAt(out.Arg)}}
	}
	var results []expr.Expr
	for _, w := range e.Whens {
		var cond expr.Expr
		if test != nil {
			cond = s.operator([]string{"="}, test, s.expression(w.Cond), w.Pos())
		} else {
			cond = s.expression(w.Cond)
		}
		cond = s.coerceToBoolean(cond, "CASE/WHEN")
		result := s.expression(w.Result)
		out.Whens = append(out.Whens, expr.When{Cond: cond})
		results = append(results, result)
	}
	var other expr.Expr = constant(sqltypes.T(sqltypes.UnknownOID), sqltypes.Null, -1)
	if e.Else != nil {
		other = s.expression(e.Else)
	}
	// PostgreSQL looks at ELSE first.
	all := append([]expr.Expr{other}, results...)
	typ := s.commonType(all, "CASE", nil)
	out.Default = s.coerceToCommon(other, typ, "CASE/ELSE")
	for i, r := range results {
		out.Whens[i].Result = s.coerceToCommon(r, typ, "CASE/WHEN")
	}
	out.Typ = sqlType{OID: typ, Mod: caseMod(out, typ)}
	s.noSets(last, "CASE")
	return out
}

func caseMod(e *expr.Case, typ oid) int32 {
	list := []expr.Expr{e.Default}
	for _, w := range e.Whens {
		list = append(list, w.Result)
	}
	return sameMod(list, typ)
}

// sameMod is the modifier all expressions share, -1 when they differ in type or modifier.
func sameMod(list []expr.Expr, typ oid) int32 {
	mod := list[0].Type().Mod
	for _, e := range list {
		if e.Type().OID != typ || e.Type().Mod != mod {
			return -1
		}
	}
	return mod
}

func (s *scope) coalesce(e *parse.CoalesceExpr) expr.Expr {
	last := s.lastSRF
	args := s.expressions(e.Args)
	typ := s.commonType(args, "COALESCE", nil)
	for i := range args {
		args[i] = s.coerceToCommon(args[i], typ, "COALESCE")
	}
	s.noSets(last, "COALESCE")
	return &expr.Coalesce{Base: expr.Base{Typ: sqlType{OID: typ, Mod: sameMod(args, typ)}, At: e.Pos()}, Args: args}
}

func (s *scope) minMax(e *parse.MinMaxExpr) expr.Expr {
	word := "LEAST"
	if e.Greatest {
		word = "GREATEST"
	}
	args := s.expressions(e.Args)
	typ := s.commonType(args, word, nil)
	for i := range args {
		args[i] = s.coerceToCommon(args[i], typ, word)
	}
	if !s.sortable(typ) {
		s.fail(pgerror.UndefinedFunction, -1, "could not identify a comparison function for type %s", s.typeName(typ))
	}
	return &expr.MinMax{Base: expr.Base{Typ: sqlType{OID: typ, Mod: sameMod(args, typ)}, At: e.Pos()}, Least: !e.Greatest, Args: args}
}

// rowFieldsMax is the most fields a row may have.
const rowFieldsMax = 1664

func (s *scope) rowExpr(e *parse.RowExpr) *expr.Row {
	fields := s.expressionList(e.Fields)
	if len(fields) > rowFieldsMax {
		s.fail(pgerror.TooManyColumns, e.Pos(), "ROW expressions can have at most %d entries", rowFieldsMax)
	}
	return &expr.Row{Base: expr.Base{Typ: sqltypes.T(sqltypes.RecordOID), At: e.Pos()}, Fields: fields}
}

// expressionList binds a list in which "t.*" stands for all columns of t.
func (s *scope) expressionList(list []parse.Expr) (out []expr.Expr) {
	for _, e := range list {
		if exprs, _, ok := s.expandStar(e); ok {
			out = append(out, exprs...)
			continue
		}
		out = append(out, s.expression(e))
	}
	return out
}

// arrayExpr binds ARRAY[…]; with an array type given (from a cast around it) the elements are coerced to its element type.
func (s *scope) arrayExpr(e *parse.ArrayExpr, array, element oid, mod int32) expr.Expr {
	out := &expr.ArrayExpr{Base: expr.Base{At: e.Pos()}}
	list := s.arrayElements(e, out, array, element, mod)
	given := array != 0
	if !given {
		if len(list) == 0 {
			s.raise(s.errorAt(pgerror.IndeterminateDatatype, e.Pos(), "cannot determine type of empty array").
				WithHint("Explicitly cast to the desired type, for example ARRAY[]::integer[]."))
		}
		common := s.commonType(list, "ARRAY", nil)
		if out.Nested {
			array, element = common, s.elementOf(common)
			if element == 0 {
				s.fail(pgerror.UndefinedObject, e.Pos(), "could not find element type for data type %s", s.typeName(common))
			}
		} else {
			element, array = common, s.arrayOf(common)
			if array == 0 {
				s.fail(pgerror.UndefinedObject, e.Pos(), "could not find array type for data type %s", s.typeName(common))
			}
		}
	}
	to := element
	if out.Nested {
		to = array
	}
	for i, x := range list {
		if given {
			list[i] = s.coerceToTarget(x, sqlType{OID: to, Mod: mod}, coerceExplicit, expr.ExplicitCast, -1)
			if list[i] == nil {
				s.fail(pgerror.CannotCoerce, exprAt(x), "cannot cast type %s to %s", s.typeName(x.Type().OID), s.typeName(to))
			}
		} else {
			list[i] = s.coerceToCommon(x, to, "ARRAY")
		}
	}
	out.Typ, out.Element, out.Elements = sqlType{OID: array, Mod: -1}, element, list
	if given {
		out.Typ.Mod = mod
	}
	return out
}

// arrayElements binds the elements. One that is an array makes the array multidimensional.
func (s *scope) arrayElements(e *parse.ArrayExpr, out *expr.ArrayExpr, array, element oid, mod int32) (list []expr.Expr) {
	for _, x := range e.Elements {
		if inner, ok := x.(*parse.ArrayExpr); ok {
			list = append(list, s.arrayExpr(inner, array, element, mod))
			out.Nested = true
			continue
		}
		v := s.expression(x)
		if t := s.typeInfo(v.Type().OID); !out.Nested && t != nil && t.IsTrueArray() {
			out.Nested = true
		}
		list = append(list, v)
	}
	return list
}

// typeCast binds CAST; an ARRAY[…] directly inside learns the element type from it.
func (s *scope) typeCast(e *parse.TypeCast) expr.Expr {
	target := s.resolveType(e.Type)
	var arg expr.Expr
	if list, ok := e.Arg.(*parse.ArrayExpr); ok {
		base := s.baseType(target)
		if element := s.elementOf(base.OID); element != 0 {
			arg = s.arrayExpr(list, base.OID, element, base.Mod)
		}
	}
	if arg == nil {
		arg = s.expression(e.Arg)
	}
	at := e.Pos()
	if at < 0 {
		at = e.Type.Pos()
	}
	out := s.coerceToTarget(arg, target, coerceExplicit, expr.ExplicitCast, at)
	if out == nil {
		if at < 0 {
			at = exprAt(arg)
		}
		s.fail(pgerror.CannotCoerce, at, "cannot cast type %s to %s", s.typeName(arg.Type().OID), s.typeName(target.OID))
	}
	return out
}

// indirection applies .field and [subscript] steps.
func (s *scope) indirection(e *parse.Indirection) expr.Expr {
	result := s.expression(e.Arg)
	return s.applySteps(result, e.Steps, exprAt(result))
}

func (s *scope) applySteps(result expr.Expr, steps []parse.IndirectionStep, at int) expr.Expr {
	for i := 0; i < len(steps); {
		switch steps[i].Kind {
		case parse.SubscriptStep, parse.SliceStep:
			n := i
			for n < len(steps) && (steps[n].Kind == parse.SubscriptStep || steps[n].Kind == parse.SliceStep) {
				n++
			}
			result = s.subscript(result, steps[i:n])
			i = n
		case parse.StarStep:
			s.fail(pgerror.FeatureNotSupported, at, "row expansion via \"*\" is not supported here")
		default:
			next := s.functionOrField(steps[i].Name, result, at)
			if next == nil {
				s.unknownField(result, steps[i].Name, at)
			}
			result = next
			i++
		}
	}
	return result
}

func (s *scope) unknownField(row expr.Expr, name string, at int) {
	t := row.Type().OID
	v, isVar := row.(*expr.Var)
	switch {
	case isVar && v.Column < 0:
		s.fail(pgerror.UndefinedColumn, at, "column %s.%s does not exist", v.Name, name)
	case t == sqltypes.RecordOID:
		s.fail(pgerror.UndefinedColumn, at, "could not identify column \"%s\" in record data type", name)
	case s.isRowType(t):
		s.fail(pgerror.UndefinedColumn, at, "column \"%s\" not found in data type %s", name, s.typeName(t))
	}
	s.fail(pgerror.WrongObjectType, at, "column notation .%s applied to type %s, which is not a composite type", name, s.typeName(t))
}

// subscript binds a run of subscripts on an array or jsonb.
func (s *scope) subscript(arg expr.Expr, steps []parse.IndirectionStep) expr.Expr {
	base := s.baseType(arg.Type())
	t := s.typeInfo(base.OID)
	if base.OID == sqltypes.JSONBOID {
		return s.jsonbSubscript(arg, steps)
	}
	if t == nil || t.Elem == 0 || t.Subscript == 0 {
		s.fail(pgerror.DatatypeMismatch, exprAt(arg), "cannot subscript type %s because it does not support subscripting", s.typeName(base.OID))
	}
	if base.OID != arg.Type().OID {
		arg = &expr.Relabel{Base: expr.Base{Typ: base, At: -1}, Arg: arg, Cast: expr.ImplicitCast}
	}
	out := &expr.Subscript{Base: expr.Base{Typ: sqlType{OID: t.Elem, Mod: base.Mod}, At: -1}, Arg: arg}
	for _, st := range steps {
		if st.Kind == parse.SliceStep {
			out.Slice = true
			out.Typ.OID = base.OID
		}
	}
	if !t.IsTrueArray() && out.Slice {
		s.fail(pgerror.FeatureNotSupported, -1, "slices of fixed-length arrays not implemented")
	}
	if len(steps) > maxDimensions {
		s.fail(pgerror.ProgramLimitExceeded, -1, "number of array dimensions (%d) exceeds the maximum allowed (%d)", len(steps), maxDimensions)
	}
	for _, st := range steps {
		upper := s.arraySubscript(st.Upper)
		if out.Slice {
			var lower expr.Expr
			if st.Kind == parse.SliceStep {
				lower = s.arraySubscript(st.Lower)
			} else {
				lower = constant(sqltypes.T(sqltypes.Int4OID), sqltypes.Int(1), -1)
			}
			out.Lowers = append(out.Lowers, lower)
		}
		out.Uppers = append(out.Uppers, upper)
	}
	return out
}

const maxDimensions = 6

func (s *scope) arraySubscript(e parse.Expr) expr.Expr {
	if e == nil {
		return nil
	}
	x := s.expression(e)
	out := s.coerceToTarget(x, sqltypes.T(sqltypes.Int4OID), coerceAssignment, expr.ImplicitCast, -1)
	if out == nil {
		s.fail(pgerror.DatatypeMismatch, exprAt(x), "array subscript must have type integer")
	}
	return out
}

// jsonbSubscript binds jsonb['key'][0]: every subscript is text or integer.
func (s *scope) jsonbSubscript(arg expr.Expr, steps []parse.IndirectionStep) expr.Expr {
	out := &expr.Subscript{Base: expr.Base{Typ: sqltypes.T(sqltypes.JSONBOID), At: -1}, Arg: arg}
	if slices.ContainsFunc(steps, func(st parse.IndirectionStep) bool { return st.Kind == parse.SliceStep }) {
		at := -1
		if first := steps[0]; first.Upper != nil {
			at = rawAt(first.Upper)
		} else if first.Lower != nil {
			at = rawAt(first.Lower)
		}
		s.fail(pgerror.DatatypeMismatch, at, "jsonb subscript does not support slices")
	}
	for _, st := range steps {
		out.Uppers = append(out.Uppers, s.jsonbKey(s.expression(st.Upper)))
	}
	return out
}

func (s *scope) jsonbKey(x expr.Expr) expr.Expr {
	to := sqltypes.TextOID
	if t := x.Type().OID; t != sqltypes.UnknownOID {
		text, number := s.canCoerce(t, sqltypes.TextOID, coerceImplicit), s.canCoerce(t, sqltypes.Int4OID, coerceImplicit)
		switch {
		case text && number:
			s.raise(s.errorAt(pgerror.DatatypeMismatch, exprAt(x), "subscript type %s is not supported", s.typeName(t)).
				WithHint("jsonb subscript must be coercible to only one type, integer or text."))
		case number:
			to = sqltypes.Int4OID
		case !text:
			s.raise(s.errorAt(pgerror.DatatypeMismatch, exprAt(x), "subscript type %s is not supported", s.typeName(t)).
				WithHint("jsonb subscript must be coercible to either integer or text."))
		}
	}
	return s.coerceType(x, sqltypes.T(to), coerceImplicit, expr.ImplicitCast, -1)
}
