package parse

import (
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// qualifiedName reads the name of a relation.
func (p *parser) qualifiedName() *RangeVar {
	at := p.loc()
	word := p.colID()
	if p.t.kind != '.' && p.t.kind != '[' {
		return &RangeVar{Loc: at, Name: word}
	}
	return p.rangeVar(p.funcName(word, p.steps()), at)
}

// rangeVar makes a relation of a name's parts.
func (p *parser) rangeVar(parts []string, at Loc) *RangeVar {
	r := &RangeVar{Loc: at}
	switch len(parts) {
	case 1:
		r.Name = parts[0]
	case 2:
		r.Schema, r.Name = parts[0], parts[1]
	case 3:
		r.Catalog, r.Schema, r.Name = parts[0], parts[1], parts[2]
	default:
		p.raise(pgerror.SyntaxError, int(at), "improper qualified name (too many dotted names): %s", strings.Join(parts, "."))
	}
	return r
}

// relationExpr reads name [*] or ONLY name.
func (p *parser) relationExpr() *RangeVar {
	if p.accept(kwOnly) {
		var r *RangeVar
		if p.accept('(') {
			r = p.qualifiedName()
			p.expect(')')
		} else {
			r = p.qualifiedName()
		}
		r.Only = true
		return r
	}
	r := p.qualifiedName()
	p.accept('*')
	return r
}

// optAlias reads [[AS] name [(columns)]].
func (p *parser) optAlias() *Alias {
	if !p.accept(kwAs) && !p.t.kind.isColID() {
		return nil
	}
	return &Alias{Name: p.colID(), Columns: p.optParenNames()}
}

// relationOptAlias reads the target of UPDATE, DELETE and MERGE. An alias SET
// needs AS.
func (p *parser) relationOptAlias() *RangeVar {
	r := p.relationExpr()
	if p.accept(kwAs) || p.t.kind.isColID() && p.t.kind != kwSet {
		r.Alias = &Alias{Name: p.colID()}
	}
	return r
}

// tableRef reads an item of FROM with the joins behind it.
func (p *parser) tableRef() TableRef {
	p.enter()
	left := p.joins(p.tablePrimary())
	p.depth--
	return left
}

// joins continues left with joins.
func (p *parser) joins(left TableRef) TableRef {
	for {
		join := p.join(left)
		if join == nil {
			return left
		}
		if p.joined++; p.joined > depthMax {
			p.tooDeep()
		}
		left = join
	}
}

func startLoc(n Node) Loc { return Loc(n.Pos()) }

// join reads one join behind left, nil if there is none.
func (p *parser) join(left TableRef) TableRef {
	j := &JoinExpr{Loc: startLoc(left), Left: left}
	switch p.t.kind {
	case kwCross:
		p.advance()
		p.expect(kwJoin)
		j.Right = p.tablePrimary()
		return j
	case kwNatural:
		p.advance()
		j.Natural = true
		j.Kind = p.joinKind()
		j.Right = p.tablePrimary()
		return j
	case kwJoin, kwInner, kwLeft, kwRight, kwFull:
		j.Kind = p.joinKind()
	default:
		return nil
	}
	j.Right = p.tableRef()
	if p.accept(kwUsing) {
		j.Using = p.parenNames()
		if p.accept(kwAs) {
			j.UsingAlias = p.colID()
		}
		return j
	}
	p.expect(kwOn)
	j.On = p.aExpr()
	return j
}

// joinKind reads [INNER | LEFT [OUTER] | …] JOIN.
func (p *parser) joinKind() JoinKind {
	kind := JoinInner
	switch p.t.kind {
	case kwInner:
		p.advance()
		p.expect(kwJoin)
		return kind
	case kwLeft:
		kind = JoinLeft
	case kwRight:
		kind = JoinRight
	case kwFull:
		kind = JoinFull
	default:
		p.expect(kwJoin)
		return kind
	}
	p.advance()
	p.accept(kwOuter)
	p.expect(kwJoin)
	return kind
}

// tablePrimary reads an item of FROM without joins, except in parentheses.
func (p *parser) tablePrimary() TableRef {
	at := p.loc()
	lateral := p.accept(kwLateral)
	switch {
	case p.t.kind == '(' && lateral:
		return &RangeSubselect{Loc: at, Lateral: true, Query: p.selectWithParens(), Alias: p.optAlias()}
	case p.t.kind == '(':
		sel, joined := p.fromParens()
		if sel != nil {
			return &RangeSubselect{Loc: at, Query: sel, Alias: p.optAlias()}
		}
		joined.Alias = p.optAlias()
		return joined
	case p.t.kind == kwXmltable && p.peek(1) == '(':
		return p.xmlTable(at, lateral)
	case p.t.kind == kwRows && p.peek(1) == kwFrom, p.startsWindowlessFunc(), lateral:
		return p.rangeFunction(at, lateral)
	}
	r := p.relationExpr()
	r.Alias = p.optAlias()
	if p.t.kind != kwTablesample {
		return r
	}
	return p.tableSample(r)
}

// fromParens reads parentheses in FROM: a query, or a join.
func (p *parser) fromParens() (*SelectStmt, *JoinExpr) {
	p.enter()
	defer func() { p.depth-- }()
	p.expect('(')
	at := p.loc()
	switch {
	case p.startsSelect():
		sel := p.selectNoParens()
		p.expect(')')
		return sel, nil
	case p.t.kind != '(':
		return nil, p.parenJoin(p.tablePrimary(), false)
	}
	sel, joined := p.fromParens()
	switch {
	case sel != nil && p.t.kind == ')':
		p.advance()
		return sel, nil
	case sel != nil && p.continuesSelect():
		sel = p.selectRest(sel)
		p.expect(')')
		return sel, nil
	case sel != nil:
		return nil, p.parenJoin(&RangeSubselect{Loc: at, Query: sel, Alias: p.optAlias()}, false)
	}
	joined.Alias = p.optAlias()
	return nil, p.parenJoin(joined, joined.Alias == nil)
}

// parenJoin reads the rest of a join in parentheses behind its first item,
// which may itself be the whole join if bare is set.
func (p *parser) parenJoin(first TableRef, bare bool) *JoinExpr {
	all := p.joins(first)
	if all == first && !bare {
		p.fail()
	}
	p.expect(')')
	return all.(*JoinExpr)
}

func (p *parser) tableSample(r *RangeVar) TableRef {
	s := &RangeTableSample{Relation: r}
	p.advance()
	s.Loc = p.loc()
	s.Method = p.funcNameOnly()
	s.Args = parenList(p, p.aExpr)
	if p.accept(kwRepeatable) {
		p.expect('(')
		s.Repeatable = p.aExpr()
		p.expect(')')
	}
	return s
}

// rangeFunction reads a function call or ROWS FROM in FROM.
func (p *parser) rangeFunction(at Loc, lateral bool) TableRef {
	r := &RangeFunction{Loc: at, Lateral: lateral}
	if p.t.kind == kwRows && p.peek(1) == kwFrom {
		p.advance()
		p.advance()
		r.RowsFrom = true
		r.Functions = parenList(p, p.rowsFromItem)
	} else {
		r.Functions = []RangeFunctionItem{{Call: p.funcExprWindowless()}}
	}
	if p.accept2(tokWithLA, kwOrdinality) {
		r.Ordinality = true
	}
	p.funcAlias(r)
	return r
}

func (p *parser) rowsFromItem() RangeFunctionItem {
	item := RangeFunctionItem{Call: p.funcExprWindowless()}
	if p.accept(kwAs) {
		item.ColumnDefs = parenList(p, p.tableFuncElement)
	}
	return item
}

// funcAlias reads the alias of a function in FROM, which may define columns.
func (p *parser) funcAlias(r *RangeFunction) {
	as := p.accept(kwAs)
	if as && p.t.kind == '(' {
		r.ColumnDefs = parenList(p, p.tableFuncElement)
		return
	}
	if !as && !p.t.kind.isColID() {
		return
	}
	r.Alias = &Alias{Name: p.colID()}
	if p.t.kind != '(' {
		return
	}
	if next := p.peek(2); p.peek(1).isColID() && (next == ',' || next == ')') {
		r.Alias.Columns = p.parenNames()
		return
	}
	r.ColumnDefs = parenList(p, p.tableFuncElement)
}

// tableFuncElement reads name type [COLLATE name].
func (p *parser) tableFuncElement() *ColumnDef {
	c := &ColumnDef{Loc: p.loc(), Name: p.colID(), Type: p.typeName()}
	c.Collate = p.optCollateClause()
	return c
}

func (p *parser) optCollateClause() *CollateClause {
	if p.t.kind != kwCollate {
		return nil
	}
	c := &CollateClause{Loc: p.loc()}
	p.advance()
	c.Name = p.anyNameParts()
	return c
}

// optCollate reads [COLLATE name] as a plain name.
func (p *parser) optCollate() []string {
	if !p.accept(kwCollate) {
		return nil
	}
	return p.anyNameParts()
}

func (p *parser) xmlTable(at Loc, lateral bool) TableRef {
	t := &RangeTableFunc{Loc: at, Lateral: lateral}
	p.expect(kwXmltable, '(')
	if p.t.kind == kwXmlnamespaces && p.peek(1) == '(' {
		p.advance()
		t.Namespaces = parenList(p, p.xmlNamespace)
		p.expect(',')
	}
	t.Row = p.cExpr(0)
	t.Doc = p.xmlPassing()
	p.expect(kwColumns)
	t.Columns = list(p, p.xmlTableColumn)
	p.expect(')')
	t.Alias = p.optAlias()
	return t
}

func (p *parser) xmlNamespace() *ResTarget {
	t := &ResTarget{Loc: p.loc()}
	if p.accept(kwDefault) {
		t.Value = p.bExpr()
		return t
	}
	t.Value = p.bExpr()
	p.expect(kwAs)
	t.Name = p.colLabel()
	return t
}

func (p *parser) xmlTableColumn() *RangeTableFuncCol {
	c := &RangeTableFuncCol{Loc: p.loc(), Name: p.colID()}
	if p.accept2(kwFor, kwOrdinality) {
		c.ForOrdinality = true
		return c
	}
	c.Type = p.typeName()
	var options []xmlColumnOption
	for {
		o := xmlColumnOption{at: int(p.t.start), kind: p.t.kind}
		switch p.t.kind {
		case kwDefault:
			p.advance()
			o.value = p.bExpr()
		case tokIdent:
			o.name = p.take()
			o.value = p.bExpr()
		case kwNot, kwNull:
			p.accept(kwNot)
			p.expect(kwNull)
		default:
			p.setXMLColumnOptions(c, options)
			return c
		}
		options = append(options, o)
	}
}

// xmlColumnOption is an option of a column of XMLTABLE as written; kind is its
// first token.
type xmlColumnOption struct {
	at    int
	kind  tok
	name  string
	value Expr
}

// setXMLColumnOptions puts options into c, refusing what PostgreSQL refuses
// once the column is complete.
func (p *parser) setXMLColumnOptions(c *RangeTableFuncCol, options []xmlColumnOption) {
	nullSeen := false
	for _, o := range options {
		switch o.kind {
		case kwDefault:
			if c.Default != nil {
				p.raise(pgerror.SyntaxError, o.at, "only one DEFAULT value is allowed")
			}
			c.Default = o.value
		case tokIdent:
			if o.name != "path" {
				p.raise(pgerror.SyntaxError, o.at, "unrecognized column option \"%s\"", o.name)
			}
			if c.Path != nil {
				p.raise(pgerror.SyntaxError, o.at, "only one PATH value per column is allowed")
			}
			c.Path = o.value
		default:
			if nullSeen {
				p.raise(pgerror.SyntaxError, o.at, "conflicting or redundant NULL / NOT NULL declarations for column \"%s\"", c.Name)
			}
			nullSeen, c.NotNull = true, o.kind == kwNot
		}
	}
}
