package parse

import "github.com/opendsql/opendsql/internal/pgerror"

// sysFunc makes the call of a pg_catalog function that one of SQL's own forms
// stands for.
func sysFunc(at Loc, name string, args ...Expr) *FuncCall {
	return &FuncCall{Loc: at, Name: []string{"pg_catalog", name}, Args: args, SQLSyntax: true}
}

// callOrConst continues behind a function's or a type's name: a call, or a
// constant of that type.
func (p *parser) callOrConst(name []string, at Loc) Expr {
	if p.t.kind == tokString {
		return p.constOfType(&TypeName{Loc: at, Names: name}, at)
	}
	call, mods := p.funcApplication(name, at)
	if p.t.kind == tokString && mods.possible {
		return p.constOfModifiedType(call, mods)
	}
	p.callSuffix(call)
	return call
}

// typeMods says whether a call's parentheses could be a type's modifiers, and
// where their ORDER BY is.
type typeMods struct {
	possible bool
	orderAt  int
}

func (p *parser) constOfModifiedType(call *FuncCall, mods typeMods) Expr {
	value := &StringConst{Loc: p.loc(), Value: p.take()}
	for _, a := range call.Args {
		if named, ok := a.(*NamedArg); ok {
			p.raise(pgerror.SyntaxError, int(named.Loc), "type modifier cannot have parameter name")
		}
	}
	if call.OrderBy != nil {
		p.raise(pgerror.SyntaxError, mods.orderAt, "type modifier cannot have ORDER BY")
	}
	return &TypeCast{Loc: call.Loc, Arg: value, Type: &TypeName{Loc: call.Loc, Names: call.Name, Mods: call.Args}}
}

// constOfType reads the string of "type 'string'".
func (p *parser) constOfType(t *TypeName, at Loc) Expr {
	value := &StringConst{Loc: p.loc(), Value: p.sconst()}
	return &TypeCast{Loc: at, Arg: value, Type: t}
}

// funcApplication reads a call's parentheses. It tells whether they could as
// well be the modifiers of a type, so that a string may follow.
func (p *parser) funcApplication(name []string, at Loc) (f *FuncCall, mods typeMods) {
	f = &FuncCall{Loc: at, Name: name}
	p.expect('(')
	switch p.t.kind {
	case ')':
		p.advance()
		return f, mods
	case '*':
		p.advance()
		p.expect(')')
		f.Star = true
		return f, mods
	case kwAll:
		p.advance()
		f.Args = p.funcArgs(f, false)
	case kwDistinct:
		p.advance()
		f.Distinct = true
		f.Args = p.funcArgs(f, false)
	default:
		f.Args = p.funcArgs(f, true)
		mods.possible = !f.Variadic
	}
	if p.t.kind == kwOrder {
		mods.orderAt = int(p.t.start)
		f.OrderBy = p.sortClause()
	}
	p.expect(')')
	return f, mods
}

// funcArgs reads a call's arguments, the last of which may be VARIADIC.
func (p *parser) funcArgs(f *FuncCall, variadic bool) []Expr {
	var args []Expr
	for {
		if variadic && p.t.kind == kwVariadic {
			p.advance()
			f.Variadic = true
			return append(args, p.funcArg())
		}
		args = append(args, p.funcArg())
		if !p.accept(',') {
			return args
		}
	}
}

// funcArg reads an argument: an expression, or name => value.
func (p *parser) funcArg() Expr {
	if p.t.kind.isTypeFuncName() {
		if next := p.peek(1); next == tokEqualsGreater || next == tokColonEquals {
			at := p.loc()
			name := p.take()
			p.advance()
			return &NamedArg{Loc: at, Name: name, Value: p.aExpr()}
		}
	}
	return p.aExpr()
}

// callSuffix reads WITHIN GROUP, FILTER and OVER.
func (p *parser) callSuffix(f *FuncCall) {
	if p.t.kind == kwWithin {
		at := p.loc()
		p.advance()
		p.expect(kwGroup, '(')
		order := p.sortClause()
		p.expect(')')
		switch {
		case f.OrderBy != nil:
			p.raise(pgerror.SyntaxError, int(at), "cannot use multiple ORDER BY clauses with WITHIN GROUP")
		case f.Distinct:
			p.raise(pgerror.SyntaxError, int(at), "cannot use DISTINCT with WITHIN GROUP")
		case f.Variadic:
			p.raise(pgerror.SyntaxError, int(at), "cannot use VARIADIC with WITHIN GROUP")
		}
		f.OrderBy, f.WithinGroup = order, true
	}
	f.Filter = p.filterClause()
	f.Over = p.overClause()
}

func (p *parser) filterClause() Expr {
	if !p.accept(kwFilter) {
		return nil
	}
	p.expect('(', kwWhere)
	e := p.aExpr()
	p.expect(')')
	return e
}

func (p *parser) overClause() *WindowDef {
	if !p.accept(kwOver) {
		return nil
	}
	if p.t.kind == '(' {
		return p.windowSpec()
	}
	at := p.loc()
	return &WindowDef{Loc: at, Name: p.colID()}
}

// funcExprWindowless reads a call without FILTER and OVER, as FROM and index
// definitions have it.
func (p *parser) funcExprWindowless() Expr {
	if p.oneOf(kwJsonObjectagg, kwJsonArrayagg) && p.peek(1) == '(' {
		return p.jsonAggregate()
	}
	if e := p.commonFunc(); e != nil {
		return e
	}
	at := p.loc()
	call, _ := p.funcApplication(p.funcNameOnly(), at)
	return call
}

// funcNameOnly reads a func_name.
func (p *parser) funcNameOnly() []string {
	kind := p.t.kind
	if !kind.isColID() {
		return []string{p.typeFuncName()}
	}
	word := p.take()
	if p.t.kind == '.' || p.t.kind == '[' {
		return p.funcName(word, p.steps())
	}
	if !kind.isTypeFuncName() {
		p.fail()
	}
	return []string{word}
}

// startsWindowlessFunc tells whether a func_expr_windowless starts here rather
// than a plain name; it looks past a qualified name.
func (p *parser) startsWindowlessFunc() bool {
	switch p.t.kind {
	case kwCurrentDate, kwCurrentTime, kwCurrentTimestamp, kwLocaltime, kwLocaltimestamp, kwCurrentRole,
		kwCurrentUser, kwSessionUser, kwSystemUser, kwUser, kwCurrentCatalog, kwCurrentSchema, kwCast:
		return true
	case kwCollation:
		return true
	}
	if !p.t.kind.isColID() {
		return p.t.kind.isTypeFuncName()
	}
	n := 1
	for p.peek(n) == '.' && p.peek(n+1).isColLabel() {
		n += 2
	}
	return p.peek(n) == '('
}

// commonFunc reads one of the functions with a syntax of their own, nil if the
// current token starts none.
func (p *parser) commonFunc() Expr {
	at := p.loc()
	switch p.t.kind {
	case kwCurrentDate, kwCurrentTime, kwCurrentTimestamp, kwLocaltime, kwLocaltimestamp, kwCurrentRole,
		kwCurrentUser, kwSessionUser, kwUser, kwCurrentCatalog, kwCurrentSchema:
		return p.valueFunction()
	case kwSystemUser:
		p.advance()
		return sysFunc(at, "system_user")
	case kwCast:
		p.advance()
		p.expect('(')
		arg := p.aExpr()
		p.expect(kwAs)
		t := p.typeName()
		p.expect(')')
		return &TypeCast{Loc: at, Arg: arg, Type: t}
	case kwCollation:
		if p.peek(1) != kwFor {
			return nil
		}
		p.advance()
		p.expect(kwFor, '(')
		arg := p.aExpr()
		p.expect(')')
		return sysFunc(at, "pg_collation_for", arg)
	}
	if !p.t.kind.isKeyword() || p.t.kind.category() != columnNameKeyword || p.peek(1) != '(' {
		return nil
	}
	return p.keywordCall(at)
}

// keywordCall reads a call whose name is a column-name keyword, nil for the
// keywords that are no functions.
func (p *parser) keywordCall(at Loc) Expr {
	kind := p.t.kind
	switch kind {
	case kwExtract, kwNormalize, kwOverlay, kwPosition, kwSubstring, kwTreat, kwTrim:
		p.advance()
		p.advance()
		return p.stringFunc(kind, at)
	case kwNullif:
		p.advance()
		p.advance()
		left := p.aExpr()
		p.expect(',')
		right := p.aExpr()
		p.expect(')')
		return &NullIfExpr{Loc: at, Left: left, Right: right}
	case kwCoalesce:
		p.advance()
		return &CoalesceExpr{Loc: at, Args: parenList(p, p.aExpr)}
	case kwGreatest, kwLeast:
		p.advance()
		return &MinMaxExpr{Loc: at, Greatest: kind == kwGreatest, Args: parenList(p, p.aExpr)}
	case kwXmlconcat, kwXmlelement, kwXmlexists, kwXmlforest, kwXmlparse, kwXmlpi, kwXmlroot, kwXmlserialize:
		p.advance()
		p.advance()
		return p.xmlFunc(kind, at)
	case kwJsonObject:
		return p.jsonObject()
	case kwJsonArray:
		return p.jsonArray()
	case kwJsonObjectagg, kwJsonArrayagg:
		return p.jsonAggregateCall()
	}
	return nil
}

// valueFunction reads CURRENT_DATE and its kin.
func (p *parser) valueFunction() Expr {
	e := &SQLValueFunction{Loc: p.loc(), Precision: -1}
	switch p.t.kind {
	case kwCurrentDate:
		e.Func = CurrentDate
	case kwCurrentTime:
		e.Func = CurrentTime
	case kwCurrentTimestamp:
		e.Func = CurrentTimestamp
	case kwLocaltime:
		e.Func = LocalTime
	case kwLocaltimestamp:
		e.Func = LocalTimestamp
	case kwCurrentRole:
		e.Func = CurrentRole
	case kwCurrentUser:
		e.Func = CurrentUser
	case kwSessionUser:
		e.Func = SessionUser
	case kwUser:
		e.Func = User
	case kwCurrentCatalog:
		e.Func = CurrentCatalog
	case kwCurrentSchema:
		if next := p.peek(1); next == '(' || next == tokString {
			return nil
		}
		e.Func = CurrentSchema
	}
	p.advance()
	switch e.Func {
	case CurrentTime, CurrentTimestamp, LocalTime, LocalTimestamp:
		if p.accept('(') {
			e.Precision = p.iconst()
			p.expect(')')
		}
	}
	return e
}

// stringFunc reads the arguments of EXTRACT, OVERLAY and the like, the opening
// parenthesis having been passed.
func (p *parser) stringFunc(kind tok, at Loc) Expr {
	var e Expr
	switch kind {
	case kwExtract:
		e = p.extractArgs(at)
	case kwNormalize:
		arg := p.aExpr()
		call := sysFunc(at, "normalize", arg)
		if p.accept(',') {
			if !p.oneOf(kwNfc, kwNfd, kwNfkc, kwNfkd) {
				p.fail()
			}
			call.Args = append(call.Args, &StringConst{Loc: p.loc(), Value: normalForm(p.t.kind)})
			p.advance()
		}
		e = call
	case kwOverlay:
		e = p.overlayArgs(at)
	case kwPosition:
		what := p.bExpr()
		p.expect(kwIn)
		e = sysFunc(at, "position", p.bExpr(), what)
	case kwSubstring:
		e = p.substringArgs(at)
	case kwTreat:
		arg := p.aExpr()
		p.expect(kwAs)
		t := p.typeName()
		e = &FuncCall{Loc: at, Name: []string{"pg_catalog", t.Names[len(t.Names)-1]}, Args: []Expr{arg}}
	case kwTrim:
		e = p.trimArgs(at)
	}
	p.expect(')')
	return e
}

func (p *parser) extractArgs(at Loc) Expr {
	field := &StringConst{Loc: p.loc(), Value: p.t.val}
	switch p.t.kind {
	case tokIdent, tokString, kwYear, kwMonth, kwDay, kwHour, kwMinute, kwSecond:
		p.advance()
	default:
		p.fail()
	}
	p.expect(kwFrom)
	return sysFunc(at, "extract", field, p.aExpr())
}

// plainCall reads the rest of a func_arg_list_opt whose first argument, if
// any, is given.
func (p *parser) plainCall(at Loc, name string, first Expr) *FuncCall {
	f := &FuncCall{Loc: at, Name: []string{name}}
	if first == nil {
		if p.t.kind == ')' {
			return f
		}
		first = p.funcArg()
	}
	f.Args = []Expr{first}
	for p.accept(',') {
		f.Args = append(f.Args, p.funcArg())
	}
	return f
}

func (p *parser) startsNamedArg() bool {
	if !p.t.kind.isTypeFuncName() {
		return false
	}
	next := p.peek(1)
	return next == tokEqualsGreater || next == tokColonEquals
}

func (p *parser) overlayArgs(at Loc) Expr {
	if p.t.kind == ')' || p.startsNamedArg() {
		return p.plainCall(at, "overlay", nil)
	}
	arg := p.aExpr()
	if p.t.kind == ',' || p.t.kind == ')' {
		return p.plainCall(at, "overlay", arg)
	}
	p.expect(kwPlacing)
	by := p.aExpr()
	p.expect(kwFrom)
	call := sysFunc(at, "overlay", arg, by, p.aExpr())
	if p.accept(kwFor) {
		call.Args = append(call.Args, p.aExpr())
	}
	return call
}

func (p *parser) substringArgs(at Loc) Expr {
	if p.t.kind == ')' || p.startsNamedArg() {
		return p.plainCall(at, "substring", nil)
	}
	arg := p.expr(precNone, modeSimilar)
	switch p.t.kind {
	case kwFrom:
		p.advance()
		call := sysFunc(at, "substring", arg, p.aExpr())
		if p.accept(kwFor) {
			call.Args = append(call.Args, p.aExpr())
		}
		return call
	case kwFor:
		p.advance()
		length := p.aExpr()
		if p.accept(kwFrom) {
			return sysFunc(at, "substring", arg, p.aExpr(), length)
		}
		// FOR alone counts from 1 and, as PostgreSQL does, insists on int4.
		toInt := &TypeCast{Loc: NoLoc, Arg: length, Type: systemType(NoLoc, "int4")}
		return sysFunc(at, "substring", arg, &IntegerConst{Loc: NoLoc, Value: 1}, toInt)
	case kwSimilar:
		p.advance()
		pattern := p.aExpr()
		p.expect(kwEscape)
		return sysFunc(at, "substring", arg, pattern, p.aExpr())
	}
	return p.plainCall(at, "substring", arg)
}

func (p *parser) trimArgs(at Loc) Expr {
	name := "btrim"
	switch p.t.kind {
	case kwBoth:
		p.advance()
	case kwLeading:
		p.advance()
		name = "ltrim"
	case kwTrailing:
		p.advance()
		name = "rtrim"
	}
	if p.accept(kwFrom) {
		return sysFunc(at, name, list(p, p.aExpr)...)
	}
	first := p.aExpr()
	if p.accept(kwFrom) {
		return sysFunc(at, name, append(list(p, p.aExpr), first)...)
	}
	args := []Expr{first}
	for p.accept(',') {
		args = append(args, p.aExpr())
	}
	return sysFunc(at, name, args...)
}
