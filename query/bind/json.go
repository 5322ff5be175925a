package bind

import (
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// jsonExpr binds SQL's own JSON forms as the calls of pg_catalog they amount to.
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

// jsonValue binds value [FORMAT JSON]; with FORMAT JSON text counts as JSON.
func (s *scope) jsonValue(e *parse.JSONValueExpr) expr.Expr {
	x := s.knownType(s.expression(e.Value))
	if !e.Format.JSON {
		return x
	}
	at := exprAt(x)
	if e.Format.Encoding != "" && x.Type().OID != sqltypes.ByteaOID {
		s.fail(pgerror.DatatypeMismatch, e.Format.Pos(), "JSON ENCODING clause is only allowed for bytea input type")
	}
	switch x.Type().OID {
	case sqltypes.JSONOID, sqltypes.JSONBOID:
		return x
	case sqltypes.ByteaOID:
		x = s.jsonFromBytes(x, e.Format, at)
	}
	if category, _ := s.Snapshot.Category(x.Type().OID); category != 'S' {
		s.fail(pgerror.DatatypeMismatch, e.Format.Pos(), "cannot use non-string types with explicit FORMAT JSON clause")
	}
	return s.coerceToTarget(x, sqltypes.T(sqltypes.JSONOID), coerceExplicit, expr.ExplicitCast, at)
}

// jsonFromBytes makes text of a bytea in the encoding that FORMAT JSON names.
func (s *scope) jsonFromBytes(x expr.Expr, f parse.JSONFormat, at int) expr.Expr {
	encoding := "UTF8"
	if f.Encoding != "" {
		encoding = strings.ToUpper(f.Encoding)
	}
	return s.invoke("convert_from", at, x, constant(sqltypes.T(sqltypes.NameOID), sqltypes.String(encoding), -1))
}

// jsonOutput is what RETURNING asks for.
type jsonOutput struct {
	typ    sqlType
	jsonb  bool // the family of functions that makes it
	format parse.JSONFormat
}

// jsonOutput finds out what RETURNING asks for. Without it the result is json, or jsonb where an argument is.
func (s *scope) jsonOutput(o *parse.JSONOutput, args []expr.Expr) jsonOutput {
	if o == nil || o.Type == nil {
		for _, x := range args {
			if x.Type().OID == sqltypes.JSONBOID {
				return jsonOutput{typ: sqltypes.T(sqltypes.JSONBOID), jsonb: true}
			}
		}
		return jsonOutput{typ: sqltypes.T(sqltypes.JSONOID)}
	}
	if o.Type.SetOf {
		s.fail(pgerror.FeatureNotSupported, -1, "returning SETOF types is not supported in SQL/JSON functions")
	}
	out := jsonOutput{typ: s.resolveType(o.Type), format: o.Format}
	out.jsonb = out.typ.OID == sqltypes.JSONBOID
	if !o.Format.JSON {
		out.format.Loc = parse.NoLoc
	} else if o.Format.Encoding != "" {
		if out.typ.OID != sqltypes.ByteaOID {
			s.fail(pgerror.FeatureNotSupported, o.Format.Pos(), "cannot set JSON encoding for non-bytea output types")
		}
		if o.Format.Encoding != "utf8" {
			s.raise(s.errorAt(pgerror.FeatureNotSupported, o.Format.Pos(), "unsupported JSON encoding").WithHint("Only UTF8 JSON encoding is supported."))
		}
	}
	return out
}

// jsonReturn brings what a function made to the type RETURNING asks for.
func (s *scope) jsonReturn(x expr.Expr, o jsonOutput) expr.Expr {
	if x.Type().OID == o.typ.OID {
		return x
	}
	if o.typ.OID == sqltypes.ByteaOID {
		text := s.coerceToTarget(x, sqltypes.T(sqltypes.TextOID), coerceExplicit, expr.ImplicitCast, -1)
		return s.invoke("convert_to", -1, text, constant(sqltypes.T(sqltypes.NameOID), sqltypes.String("UTF8"), -1))
	}
	at := o.format.Pos()
	out := s.coerceToTarget(x, o.typ, coerceExplicit, expr.ExplicitCast, at)
	if out == nil {
		s.fail(pgerror.CannotCoerce, at, "cannot cast type %s to %s", s.typeName(x.Type().OID), s.typeName(o.typ.OID))
	}
	return out
}

func (o jsonOutput) function(name string) []string {
	if o.jsonb {
		return []string{"pg_catalog", "jsonb_" + name}
	}
	return []string{"pg_catalog", "json_" + name}
}

// jsonBuild calls a function that makes an object or array of its arguments.
func (s *scope) jsonBuild(name string, e parse.Expr, o jsonOutput, args []expr.Expr, options expr.JSONOptions) expr.Expr {
	out := s.callFunction(&call{name: o.function(name), args: args, at: e.Pos(), lastSRF: s.lastSRF})
	if f, ok := out.(*expr.Func); ok {
		f.JSON = options
	}
	return s.jsonReturn(out, o)
}

func (s *scope) jsonObject(e *parse.JSONObjectConstructor) expr.Expr {
	var args []expr.Expr
	for _, p := range e.Pairs {
		args = append(args, s.jsonKey(p), s.jsonValue(p.Value))
	}
	return s.jsonBuild("build_object", e, s.jsonOutput(e.Output, args), args, expr.JSONOptions{Constructor: true, AbsentOnNull: e.AbsentOnNull, UniqueKeys: e.Unique})
}

// jsonKey binds a key; a parameter's type as a key is not known.
func (s *scope) jsonKey(p *parse.JSONKeyValue) expr.Expr {
	key := s.expression(p.Key)
	if _, ok := key.(*expr.Param); ok {
		return key
	}
	return s.knownType(key)
}

func (s *scope) jsonArray(e *parse.JSONArrayConstructor) expr.Expr {
	var args []expr.Expr
	for _, v := range e.Values {
		args = append(args, s.jsonValue(v))
	}
	return s.jsonBuild("build_array", e, s.jsonOutput(e.Output, args), args, expr.JSONOptions{Constructor: true, AbsentOnNull: e.AbsentOnNull})
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
	name := "object_agg"
	if e.Unique {
		name += "_unique"
	}
	if e.AbsentOnNull {
		name += "_strict"
	}
	args := []expr.Expr{s.jsonKey(e.Pair), s.jsonValue(e.Pair.Value)}
	o := s.jsonOutput(e.Output, args)
	call := &parse.FuncCall{Loc: e.Loc, Name: o.function(name), Filter: e.Filter, Over: e.Over}
	return s.jsonReturn(s.jsonCall(call, args), o)
}

func (s *scope) jsonArrayAgg(e *parse.JSONArrayAgg) expr.Expr {
	name := "agg"
	if e.AbsentOnNull {
		name += "_strict"
	}
	args := []expr.Expr{s.jsonValue(e.Value)}
	o := s.jsonOutput(e.Output, args)
	call := &parse.FuncCall{Loc: e.Loc, Name: o.function(name), OrderBy: e.OrderBy, Filter: e.Filter, Over: e.Over}
	return s.jsonReturn(s.jsonCall(call, args), o)
}

// jsonCall is funcCall with arguments that are bound already.
func (s *scope) jsonCall(e *parse.FuncCall, args []expr.Expr) expr.Expr {
	c := &call{name: e.Name, args: args, syntax: e, at: e.Pos(), lastSRF: s.lastSRF}
	if e.Filter != nil {
		c.filter = s.booleanClause(e.Filter, kindFilter, "FILTER")
	}
	return s.callFunction(c)
}

// isJSON binds IS JSON of text, of bytes that are text, or of a value of the JSON types.
func (s *scope) isJSON(e *parse.JSONIsPredicate) expr.Expr {
	x := s.expression(e.Arg)
	category, _ := s.Snapshot.Category(x.Type().OID)
	switch t := x.Type().OID; {
	case t == sqltypes.ByteaOID:
		x = s.jsonFromBytes(x, e.Format, exprAt(x))
	case t == sqltypes.JSONOID, t == sqltypes.JSONBOID:
	case t == sqltypes.UnknownOID, category == 'S':
		x = s.coerceToTarget(x, sqltypes.T(sqltypes.TextOID), coerceImplicit, expr.ImplicitCast, -1)
	}
	switch t := x.Type().OID; t {
	case sqltypes.TextOID, sqltypes.JSONOID, sqltypes.JSONBOID:
	default:
		s.fail(pgerror.DatatypeMismatch, -1, "cannot use type %s in IS JSON predicate", s.typeName(t))
	}
	return &expr.IsJSON{Base: expr.Base{Typ: boolType, At: e.Pos()}, Arg: x, Item: expr.JSONItem(e.Item), Unique: e.Unique}
}
