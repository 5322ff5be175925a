package bind

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// jsonExpr binds SQL's own JSON forms as the calls of pg_catalog they amount to. What has no such call is refused by name.
func (s *scope) jsonExpr(e parse.Expr) expr.Expr {
	switch e := e.(type) {
	case *parse.JSONValueExpr:
		return s.jsonValue(e)
	case *parse.JSONObjectConstructor:
		return s.jsonObject(e)
	case *parse.JSONArrayConstructor:
		return s.jsonArray(e)
	case *parse.JSONArrayQueryConstructor:
		return s.jsonArrayQuery(e)
	case *parse.JSONObjectAgg:
		return s.jsonObjectAgg(e)
	case *parse.JSONArrayAgg:
		return s.jsonArrayAgg(e)
	case *parse.JSONIsPredicate:
		return s.isJSON(e)
	}
	panic("bind: no JSON expression")
}

func (s *scope) jsonFeature(at int, what string) {
	s.fail(pgerror.FeatureNotSupported, at, "%s not supported", what)
}

// jsonValue binds value [FORMAT JSON]; with FORMAT JSON text counts as JSON.
func (s *scope) jsonValue(e *parse.JSONValueExpr) expr.Expr {
	x := s.knownType(s.expression(e.Value))
	if !e.Format.JSON {
		return x
	}
	switch x.Type().OID {
	case sqltypes.JSONOID, sqltypes.JSONBOID:
		return x
	case sqltypes.ByteaOID:
		s.jsonFeature(e.Pos(), "FORMAT JSON of bytea")
	}
	if category, _ := s.Snapshot.Category(x.Type().OID); category != 'S' {
		s.fail(pgerror.DatatypeMismatch, exprAt(x), "cannot use non-string types with explicit FORMAT JSON clause")
	}
	return s.coerceToTarget(x, sqltypes.T(sqltypes.JSONOID), coerceExplicit, expr.ExplicitCast, e.Pos())
}

// jsonOutput is the type RETURNING asks for; jsonb tells which family of functions makes it.
func (s *scope) jsonOutput(o *parse.JSONOutput) (t sqlType, jsonb bool) {
	if o == nil || o.Type == nil {
		return sqltypes.T(sqltypes.JSONOID), false
	}
	t = s.resolveType(o.Type)
	if o.Format.JSON && o.Format.Encoding != "" && t.OID != sqltypes.ByteaOID {
		s.fail(pgerror.FeatureNotSupported, o.Type.Pos(), "cannot set JSON encoding for non-bytea output types")
	}
	return t, t.OID == sqltypes.JSONBOID
}

// jsonReturn brings what a function made to the type RETURNING asks for.
func (s *scope) jsonReturn(x expr.Expr, t sqlType, at int) expr.Expr {
	out := s.coerceToTarget(x, t, coerceExplicit, expr.ImplicitCast, at)
	if out == nil {
		s.fail(pgerror.CannotCoerce, at, "cannot cast type %s to %s", s.typeName(x.Type().OID), s.typeName(t.OID))
	}
	return out
}

func jsonName(jsonb bool, name string) string {
	if jsonb {
		return "jsonb_" + name
	}
	return "json_" + name
}

func (s *scope) jsonObject(e *parse.JSONObjectConstructor) expr.Expr {
	t, jsonb := s.jsonOutput(e.Output)
	var args []expr.Expr
	for _, p := range e.Pairs {
		args = append(args, s.knownType(s.expression(p.Key)), s.jsonValue(p.Value))
	}
	out := s.invoke(jsonName(jsonb, "build_object"), e.Pos(), args...)
	if f, ok := out.(*expr.Func); ok {
		f.JSON = expr.JSONOptions{AbsentOnNull: e.AbsentOnNull, UniqueKeys: e.Unique}
	}
	return s.jsonReturn(out, t, e.Pos())
}

// jsonArray binds JSON_ARRAY(…). With ABSENT ON NULL, its default, values that may be NULL are gathered by the aggregate that leaves NULLs out.
func (s *scope) jsonArray(e *parse.JSONArrayConstructor) expr.Expr {
	t, jsonb := s.jsonOutput(e.Output)
	var args []expr.Expr
	for _, v := range e.Values {
		x := s.jsonValue(v)
		if c, ok := x.(*expr.Const); e.AbsentOnNull && ok {
			if c.Value.IsNull() {
				continue
			}
		} else if e.AbsentOnNull {
			return s.jsonReturn(s.jsonArrayStrict(e, jsonb), t, e.Pos())
		}
		args = append(args, x)
	}
	return s.jsonReturn(s.invoke(jsonName(jsonb, "build_array"), e.Pos(), args...), t, e.Pos())
}

// jsonArrayStrict is (SELECT coalesce(json_agg_strict(v), '[]') FROM (VALUES (to_json(…)), …) AS q (v)).
func (s *scope) jsonArrayStrict(e *parse.JSONArrayConstructor, jsonb bool) expr.Expr {
	call := func(name string, arg parse.Expr) parse.Expr {
		return &parse.FuncCall{Loc: e.Loc, Name: []string{"pg_catalog", name}, Args: []parse.Expr{arg}}
	}
	convert := "to_json"
	if jsonb {
		convert = "to_jsonb"
	}
	var rows [][]parse.Expr
	for _, v := range e.Values {
		var value parse.Expr = v
		if c, ok := v.Value.(*parse.StringConst); ok {
			value = &parse.TypeCast{Loc: c.Loc, Arg: v, Type: &parse.TypeName{Loc: c.Loc, Names: []string{"pg_catalog", "text"}}}
		}
		rows = append(rows, []parse.Expr{call(convert, value)})
	}
	from := &parse.RangeSubselect{Loc: e.Loc, Query: &parse.SelectStmt{Loc: e.Loc, Values: rows}, Alias: &parse.Alias{Name: "q", Columns: []string{"v"}}}
	list := call(jsonName(jsonb, "agg_strict"), &parse.ColumnRef{Loc: e.Loc, Fields: []string{"q", "v"}})
	whole := &parse.CoalesceExpr{Loc: e.Loc, Args: []parse.Expr{list, &parse.StringConst{Loc: e.Loc, Value: "[]"}}}
	stmt := &parse.SelectStmt{Loc: e.Loc, Targets: []*parse.ResTarget{{Loc: e.Loc, Value: whole}}, From: []parse.TableRef{from}}
	return s.subLink(&parse.SubLink{Loc: e.Loc, Kind: parse.ExprSubLink, Select: stmt})
}

// jsonArrayQuery is JSON_ARRAY(SELECT …): an aggregate over the query.
func (s *scope) jsonArrayQuery(e *parse.JSONArrayQueryConstructor) expr.Expr {
	column := &parse.ColumnRef{Loc: e.Loc, Fields: []string{"q", "a"}}
	agg := &parse.JSONArrayAgg{Loc: e.Loc, Value: &parse.JSONValueExpr{Loc: e.Loc, Value: column, Format: e.Format}, Output: e.Output, AbsentOnNull: e.AbsentOnNull}
	from := &parse.RangeSubselect{Loc: e.Loc, Query: e.Query, Alias: &parse.Alias{Name: "q", Columns: []string{"a"}}}
	stmt := &parse.SelectStmt{Loc: e.Loc, Targets: []*parse.ResTarget{{Loc: e.Loc, Value: agg}}, From: []parse.TableRef{from}}
	probe := s.child()
	probe.resolveUnknowns = true
	if _, types := resultColumns(probe.selectStatement(e.Query)); len(types) != 1 {
		s.fail(pgerror.SyntaxError, e.Pos(), "subquery must return only one column")
	}
	return s.subLink(&parse.SubLink{Loc: e.Loc, Kind: parse.ExprSubLink, Select: stmt})
}

func (s *scope) jsonObjectAgg(e *parse.JSONObjectAgg) expr.Expr {
	t, jsonb := s.jsonOutput(e.Output)
	name := "object_agg"
	if e.Unique {
		name += "_unique"
	}
	if e.AbsentOnNull {
		name += "_strict"
	}
	args := []expr.Expr{s.knownType(s.expression(e.Pair.Key)), s.jsonValue(e.Pair.Value)}
	call := &parse.FuncCall{Loc: e.Loc, Name: []string{"pg_catalog", jsonName(jsonb, name)}, Filter: e.Filter, Over: e.Over}
	return s.jsonReturn(s.jsonCall(call, args), t, e.Pos())
}

func (s *scope) jsonArrayAgg(e *parse.JSONArrayAgg) expr.Expr {
	t, jsonb := s.jsonOutput(e.Output)
	name := "agg"
	if e.AbsentOnNull {
		name += "_strict"
	}
	call := &parse.FuncCall{Loc: e.Loc, Name: []string{"pg_catalog", jsonName(jsonb, name)}, OrderBy: e.OrderBy, Filter: e.Filter, Over: e.Over}
	return s.jsonReturn(s.jsonCall(call, []expr.Expr{s.jsonValue(e.Value)}), t, e.Pos())
}

// jsonCall is funcCall with arguments that are bound already.
func (s *scope) jsonCall(e *parse.FuncCall, args []expr.Expr) expr.Expr {
	c := &call{name: e.Name, args: args, syntax: e, at: e.Pos(), lastSRF: s.lastSRF}
	if e.Filter != nil {
		c.filter = s.booleanClause(e.Filter, kindFilter, "FILTER")
	}
	return s.callFunction(c)
}

// isJSON binds IS JSON: for text, whether json's input would accept it; for values of the JSON types, of what kind they are.
func (s *scope) isJSON(e *parse.JSONIsPredicate) expr.Expr {
	if e.Unique {
		s.jsonFeature(e.Pos(), "IS JSON WITH UNIQUE KEYS")
	}
	x := s.knownType(s.expression(e.Arg))
	at := e.Pos()
	switch x.Type().OID {
	case sqltypes.JSONOID:
		return s.jsonKind(e.Item, x, s.invoke("json_typeof", at, x), at)
	case sqltypes.JSONBOID:
		return s.jsonKind(e.Item, x, s.invoke("jsonb_typeof", at, x), at)
	case sqltypes.ByteaOID:
		s.jsonFeature(at, "IS JSON of bytea")
	}
	if category, _ := s.Snapshot.Category(x.Type().OID); category != 'S' {
		s.fail(pgerror.DatatypeMismatch, -1, "cannot use type %s in IS JSON predicate", s.typeName(x.Type().OID))
	}
	text := s.coerceToTarget(x, sqltypes.T(sqltypes.TextOID), coerceExplicit, expr.ImplicitCast, at)
	word := constant(sqltypes.T(sqltypes.TextOID), sqltypes.String("json"), -1)
	valid := s.invoke("pg_input_is_valid", at, text, word)
	if e.Item == parse.JSONAny {
		return valid
	}
	parsed := s.coerceToTarget(text, sqltypes.T(sqltypes.JSONOID), coerceExplicit, expr.ImplicitCast, at)
	kind := s.jsonKind(e.Item, parsed, s.invoke("json_typeof", at, parsed), at)
	return &expr.Case{Base: expr.Base{Typ: boolType, At: at}, Whens: []expr.When{{Cond: valid, Result: kind}}, Default: valid}
}

// jsonKind compares the kind of a JSON value with the one asked for.
func (s *scope) jsonKind(item parse.JSONItemType, x, kind expr.Expr, at int) expr.Expr {
	word := func(text string) expr.Expr { return constant(sqltypes.T(sqltypes.TextOID), sqltypes.String(text), -1) }
	switch item {
	case parse.JSONObject:
		return s.operator([]string{"="}, kind, word("object"), at)
	case parse.JSONArray:
		return s.operator([]string{"="}, kind, word("array"), at)
	case parse.JSONScalar:
		return &expr.Bool{Base: expr.Base{Typ: boolType, At: at}, Op: expr.And, Args: []expr.Expr{
			s.operator([]string{"<>"}, kind, word("object"), at), s.operator([]string{"<>"}, kind, word("array"), at)}}
	}
	isNull := &expr.NullTest{Base: expr.Base{Typ: boolType, At: at}, Arg: x}
	return &expr.Case{Base: expr.Base{Typ: boolType, At: at}, Whens: []expr.When{{Cond: isNull, Result: constant(boolType, sqltypes.Null, -1)}},
		Default: constant(boolType, sqltypes.Bool(true), -1)}
}
