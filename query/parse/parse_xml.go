package parse

// xmlFunc reads the arguments of an XML function, the opening parenthesis
// having been passed.
func (p *parser) xmlFunc(kind tok, at Loc) Expr {
	var e Expr
	switch kind {
	case kwXmlconcat:
		e = &XMLExpr{Loc: at, Op: XMLConcat, Args: list(p, p.aExpr)}
	case kwXmlelement:
		e = p.xmlElement(at)
	case kwXmlexists:
		what := p.cExpr(0)
		e = sysFunc(at, "xmlexists", what, p.xmlPassing())
	case kwXmlforest:
		e = &XMLExpr{Loc: at, Op: XMLForest, Attributes: list(p, p.xmlAttribute)}
	case kwXmlparse:
		document := p.documentOrContent()
		arg := p.aExpr()
		preserve := false
		if p.oneOf(kwPreserve, kwStrip) {
			preserve = p.t.kind == kwPreserve
			p.advance()
			p.expect(kwWhitespace)
		}
		e = &XMLExpr{Loc: at, Op: XMLParse, Args: []Expr{arg, &BoolConst{Loc: NoLoc, Value: preserve}}, Document: document}
	case kwXmlpi:
		p.expect(kwName)
		x := &XMLExpr{Loc: at, Op: XMLPI, Name: p.colLabel()}
		if p.accept(',') {
			x.Args = []Expr{p.aExpr()}
		}
		e = x
	case kwXmlroot:
		e = p.xmlRoot(at)
	case kwXmlserialize:
		s := &XMLSerialize{Loc: at, Document: p.documentOrContent(), Arg: p.aExpr()}
		p.expect(kwAs)
		s.Type = p.simpleType()
		if p.accept(kwIndent) {
			s.Indent = true
		} else {
			p.accept2(kwNo, kwIndent)
		}
		e = s
	}
	p.expect(')')
	return e
}

func (p *parser) documentOrContent() bool {
	if p.accept(kwDocument) {
		return true
	}
	p.expect(kwContent)
	return false
}

func (p *parser) xmlElement(at Loc) Expr {
	p.expect(kwName)
	e := &XMLExpr{Loc: at, Op: XMLElement, Name: p.colLabel()}
	if !p.accept(',') {
		return e
	}
	if p.t.kind == kwXmlattributes && p.peek(1) == '(' {
		p.advance()
		e.Attributes = parenList(p, p.xmlAttribute)
		if !p.accept(',') {
			return e
		}
	}
	e.Args = list(p, p.aExpr)
	return e
}

// xmlAttribute reads value [AS label].
func (p *parser) xmlAttribute() *ResTarget {
	t := &ResTarget{Loc: p.loc(), Value: p.aExpr()}
	if p.accept(kwAs) {
		t.Name = p.colLabel()
	}
	return t
}

// xmlPassing reads PASSING [BY REF|VALUE] document [BY REF|VALUE].
func (p *parser) xmlPassing() Expr {
	p.expect(kwPassing)
	if next := p.peek1(); p.t.kind == kwBy && (next == kwRef || next == kwValue) {
		p.xmlPassingMechanism()
	}
	e := p.cExpr(0)
	if p.t.kind == kwBy {
		p.xmlPassingMechanism()
	}
	return e
}

func (p *parser) xmlPassingMechanism() {
	p.advance()
	if !p.oneOf(kwRef, kwValue) {
		p.fail()
	}
	p.advance()
}

func (p *parser) xmlRoot(at Loc) Expr {
	arg := p.aExpr()
	p.expect(',', kwVersion)
	var version Expr
	if p.t.kind == kwNo && p.peek(1) == kwValue {
		version = &NullConst{Loc: NoLoc}
		p.advance()
		p.advance()
	} else {
		version = p.aExpr()
	}
	const yes, no, noValue, omitted = 0, 1, 2, 3
	standalone := int64(omitted)
	if p.accept(',') {
		p.expect(kwStandalone)
		switch p.t.kind {
		case kwYes:
			p.advance()
			standalone = yes
		case kwNo:
			p.advance()
			standalone = no
			if p.accept(kwValue) {
				standalone = noValue
			}
		default:
			p.fail()
		}
	}
	return &XMLExpr{Loc: at, Op: XMLRoot, Args: []Expr{arg, version, &IntegerConst{Loc: NoLoc, Value: standalone}}}
}
