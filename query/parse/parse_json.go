package parse

import (
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// jsonValue reads value [FORMAT JSON].
func (p *parser) jsonValue() *JSONValueExpr {
	e := p.aExpr()
	return &JSONValueExpr{Loc: Loc(ExprLocation(e)), Value: e, Format: p.jsonFormat()}
}

// jsonFormat reads [FORMAT JSON [ENCODING name]].
func (p *parser) jsonFormat() JSONFormat {
	if p.t.kind != tokFormatLA {
		return JSONFormat{Loc: NoLoc}
	}
	f := JSONFormat{Loc: p.loc(), JSON: true}
	p.advance()
	p.expect(kwJson)
	if p.accept(kwEncoding) {
		f.Encoding = p.jsonEncoding()
	}
	return f
}

// jsonOutput reads [RETURNING type [FORMAT JSON]].
func (p *parser) jsonOutput() *JSONOutput {
	if !p.accept(kwReturning) {
		return nil
	}
	return &JSONOutput{Type: p.typeName(), Format: p.jsonFormat()}
}

// jsonAbsent reads [NULL ON NULL | ABSENT ON NULL].
func (p *parser) jsonAbsent(unset bool) bool {
	switch p.t.kind {
	case kwNull:
		p.advance()
		p.expect(kwOn, kwNull)
		return false
	case kwAbsent:
		p.advance()
		p.expect(kwOn, kwNull)
		return true
	}
	return unset
}

// jsonUnique reads [WITH UNIQUE [KEYS] | WITHOUT UNIQUE [KEYS]].
func (p *parser) jsonUnique() bool {
	with := p.t.kind == kwWith
	if !with && p.t.kind != kwWithout {
		return false
	}
	p.advance()
	p.expect(kwUnique)
	p.accept(kwKeys)
	return with
}

// isJSON reads what follows IS JSON.
func (p *parser) isJSON(arg Expr, at Loc) Expr {
	e := &JSONIsPredicate{Loc: at, Arg: arg, Format: JSONFormat{Loc: NoLoc}}
	switch p.t.kind {
	case kwValue:
		p.advance()
	case kwObject:
		p.advance()
		e.Item = JSONObject
	case kwArray:
		p.advance()
		e.Item = JSONArray
	case kwScalar:
		p.advance()
		e.Item = JSONScalar
	}
	e.Unique = p.jsonUnique()
	return e
}

// jsonPair reads key VALUE value or key : value.
func (p *parser) jsonPair() *JSONKeyValue {
	outer := p.height
	p.height = 0
	plain, key := p.plainExpr(kwValue)
	p.height = max(outer, p.height)
	return p.jsonPairRest(key, plain)
}

func (p *parser) jsonPairRest(key Expr, plain bool) *JSONKeyValue {
	if !plain || !p.accept(kwValue) {
		p.expect(':')
	}
	return &JSONKeyValue{Loc: Loc(ExprLocation(key)), Key: key, Value: p.jsonValue()}
}

// jsonObject reads JSON_OBJECT(…), which is an ordinary call unless it holds
// pairs or SQL's clauses.
func (p *parser) jsonObject() Expr {
	at := p.loc()
	p.advance()
	p.expect('(')
	e := &JSONObjectConstructor{Loc: at}
	if p.t.kind != ')' && p.t.kind != kwReturning {
		if p.startsNamedArg() {
			return p.jsonPlainCall(at, p.funcArg())
		}
		outer := p.height
		p.height = 0
		plain, key := p.plainExpr(kwValue)
		p.height = max(outer, p.height)
		if p.t.kind == ',' || p.t.kind == ')' {
			return p.jsonPlainCall(at, key)
		}
		e.Pairs = []*JSONKeyValue{p.jsonPairRest(key, plain)}
		for p.accept(',') {
			e.Pairs = append(e.Pairs, p.jsonPair())
		}
		e.AbsentOnNull = p.jsonAbsent(false)
		e.Unique = p.jsonUnique()
	}
	e.Output = p.jsonOutput()
	p.expect(')')
	return e
}

func (p *parser) jsonPlainCall(at Loc, first Expr) Expr {
	f := p.plainCall(at, "json_object", first)
	f.Name = []string{"pg_catalog", "json_object"}
	p.expect(')')
	return f
}

// jsonArray reads JSON_ARRAY(…) over values or a query.
func (p *parser) jsonArray() Expr {
	at := p.loc()
	p.advance()
	p.expect('(')
	if p.t.kind == ')' || p.t.kind == kwReturning {
		e := &JSONArrayConstructor{Loc: at, AbsentOnNull: true, Output: p.jsonOutput()}
		p.expect(')')
		return e
	}
	var query *SelectStmt
	var first *JSONValueExpr
	switch {
	case p.startsSelect():
		query = p.selectNoParens()
	case p.t.kind == '(':
		query, first = p.jsonArrayParen()
	default:
		first = p.jsonValue()
	}
	if query != nil {
		e := &JSONArrayQueryConstructor{Loc: at, Query: query, AbsentOnNull: true}
		e.Format = p.jsonFormat()
		e.Output = p.jsonOutput()
		p.expect(')')
		return e
	}
	e := &JSONArrayConstructor{Loc: at, Values: []*JSONValueExpr{first}}
	for p.accept(',') {
		e.Values = append(e.Values, p.jsonValue())
	}
	e.AbsentOnNull = p.jsonAbsent(true)
	e.Output = p.jsonOutput()
	p.expect(')')
	return e
}

// jsonArrayParen reads a first item that starts with a parenthesis: a query
// such as (SELECT …) UNION …, or a value.
func (p *parser) jsonArrayParen() (*SelectStmt, *JSONValueExpr) {
	outer := p.height
	p.height = 0
	at := p.loc()
	p.advance()
	sel, items := p.parenContent(false)
	var left Expr
	switch {
	case sel != nil && p.continuesSelect():
		return p.selectRest(sel), nil
	case sel != nil:
		left = p.indirectionOf(&SubLink{Loc: at, Kind: ExprSubLink, Select: sel})
	case len(items) > 1:
		left = p.overlaps(&RowExpr{Loc: at, Fields: items}, 0)
	default:
		left = p.indirectionOf(items[0])
	}
	left = p.exprRest(left, precNone, 0)
	p.height = max(outer, p.height)
	return nil, &JSONValueExpr{Loc: Loc(ExprLocation(left)), Value: left, Format: p.jsonFormat()}
}

// jsonAggregateCall reads a JSON aggregate with FILTER and OVER.
func (p *parser) jsonAggregateCall() Expr {
	e := p.jsonAggregate()
	filter, over := p.filterClause(), p.overClause()
	switch agg := e.(type) {
	case *JSONObjectAgg:
		agg.Filter, agg.Over = filter, over
	case *JSONArrayAgg:
		agg.Filter, agg.Over = filter, over
	}
	return e
}

func (p *parser) jsonAggregate() Expr {
	at := p.loc()
	kind := p.t.kind
	p.advance()
	p.expect('(')
	var e Expr
	if kind == kwJsonObjectagg {
		agg := &JSONObjectAgg{Loc: at, Pair: p.jsonPair()}
		agg.AbsentOnNull = p.jsonAbsent(false)
		agg.Unique = p.jsonUnique()
		agg.Output = p.jsonOutput()
		e = agg
	} else {
		agg := &JSONArrayAgg{Loc: at, Value: p.jsonValue()}
		if p.t.kind == kwOrder {
			agg.OrderBy = p.sortClause()
		}
		agg.AbsentOnNull = p.jsonAbsent(true)
		agg.Output = p.jsonOutput()
		e = agg
	}
	p.expect(')')
	return e
}

func (p *parser) jsonEncoding() string {
	name := p.colID()
	encoding := strings.ToLower(name)
	switch encoding {
	case "utf8", "utf16", "utf32":
		return encoding
	}
	p.raise(pgerror.InvalidParameterValue, -1, "unrecognized JSON encoding: %s", name)
	return ""
}
