package parse

import (
	"strconv"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// createFunction reads CREATE FUNCTION and CREATE PROCEDURE at that word.
func (p *parser) createFunction(at Loc, replace bool) Statement {
	s := &CreateFunctionStmt{Loc: at, Replace: replace, IsProcedure: p.t.kind == kwProcedure}
	p.advance()
	s.Name = p.funcNameOnly()
	p.expect('(')
	if !p.accept(')') {
		s.Params = list(p, p.parameterWithDefault)
		p.expect(')')
	}
	if !s.IsProcedure && p.t.kind == kwReturns && p.peek(1) != kwNull {
		p.advance()
		if p.accept(kwTable) {
			p.tableParameters(s)
		} else {
			s.ReturnType = p.funcType()
		}
	}
	for {
		d := p.functionOption(true)
		if d == nil {
			break
		}
		s.Options = append(s.Options, d)
	}
	switch p.t.kind {
	case kwReturn:
		s.Body = p.returnStmt()
	case kwBegin:
		s.Body = p.atomicBlock()
	}
	p.checkTableParameters(s.Params)
	return s
}

// checkTableParameters refuses output parameters beside those of RETURNS TABLE.
func (p *parser) checkTableParameters(params []*FunctionParameter) {
	n := len(params)
	if n == 0 || params[n-1].Mode != ParamTable {
		return
	}
	for _, a := range params {
		if a.Mode == ParamOut || a.Mode == ParamInOut {
			p.raise(pgerror.SyntaxError, -1, "OUT and INOUT arguments aren't allowed in TABLE functions")
		}
	}
}

func (p *parser) parameterWithDefault() *FunctionParameter {
	a := p.functionParameter()
	if p.accept(kwDefault) || p.accept('=') {
		a.Default = p.aExpr()
	}
	return a
}

func (p *parser) tableParameters(s *CreateFunctionStmt) {
	columns := parenList(p, func() *FunctionParameter {
		a := &FunctionParameter{Loc: p.loc(), Mode: ParamTable, Name: p.typeFuncName()}
		a.Type = p.funcType()
		return a
	})
	s.Params = append(s.Params, columns...)
}

func (p *parser) returnStmt() Statement {
	r := &ReturnStmt{Loc: p.loc()}
	p.advance()
	r.Value = p.aExpr()
	return r
}

// atomicBlock reads BEGIN ATOMIC … END.
func (p *parser) atomicBlock() Statement {
	b := &BlockStmt{Loc: p.loc()}
	p.advance()
	p.expect(kwAtomic)
	for p.t.kind != kwEnd {
		switch p.t.kind {
		case ';':
		case kwReturn:
			b.Stmts = append(b.Stmts, p.returnStmt())
		default:
			b.Stmts = append(b.Stmts, p.stmt())
		}
		p.expect(';')
	}
	p.advance()
	return b
}

// functionOption reads an option of CREATE or ALTER FUNCTION, nil if none
// starts here.
func (p *parser) functionOption(create bool) *DefElem {
	d := &DefElem{Loc: p.loc()}
	if create {
		switch p.t.kind {
		case kwAs:
			p.advance()
			l := &DefList{Loc: p.loc(), Items: []Node{p.stringNode()}}
			if p.accept(',') {
				l.Items = append(l.Items, p.stringNode())
			}
			d.Name, d.Arg = "as", l
			return d
		case kwLanguage:
			p.advance()
			d.Name, d.Arg = "language", p.wordNode()
			return d
		case kwTransform:
			p.advance()
			d.Name, d.Arg = "transform", &DefList{Loc: d.Loc, Items: asNodes(list(p, p.transformType))}
			return d
		case kwWindow:
			p.advance()
			d.Name, d.Arg = "window", boolNode(true)
			return d
		}
	}
	return p.commonFunctionOption(d)
}

func (p *parser) transformType() *TypeName {
	p.expect(kwFor, kwType)
	return p.typeName()
}

func (p *parser) commonFunctionOption(d *DefElem) *DefElem {
	switch p.t.kind {
	case kwCalled:
		p.advance()
		p.expect(kwOn, kwNull, kwInput)
		d.Name, d.Arg = "strict", boolNode(false)
	case kwReturns:
		p.advance()
		p.expect(kwNull, kwOn, kwNull, kwInput)
		d.Name, d.Arg = "strict", boolNode(true)
	case kwStrict:
		p.advance()
		d.Name, d.Arg = "strict", boolNode(true)
	case kwImmutable, kwStable, kwVolatile:
		d.Name, d.Arg = "volatility", &StringConst{Loc: d.Loc, Value: p.take()}
	case kwExternal, kwSecurity:
		p.accept(kwExternal)
		p.expect(kwSecurity)
		d.Name = "security"
		if p.accept(kwDefiner) {
			d.Arg = boolNode(true)
		} else {
			p.expect(kwInvoker)
			d.Arg = boolNode(false)
		}
	case kwLeakproof:
		p.advance()
		d.Name, d.Arg = "leakproof", boolNode(true)
	case kwNot:
		p.advance()
		p.expect(kwLeakproof)
		d.Name, d.Arg = "leakproof", boolNode(false)
	case kwCost, kwRows:
		d.Name = p.take()
		d.Arg = p.numericOnly()
	case kwSupport:
		p.advance()
		d.Name, d.Arg = "support", p.anyName()
	case kwSet:
		p.advance()
		d.Name, d.Arg = "set", p.setRestMore(d.Loc)
	case kwReset:
		d.Name, d.Arg = "set", p.resetStmt()
	case kwParallel:
		p.advance()
		d.Name, d.Arg = "parallel", &StringConst{Loc: p.loc(), Value: p.t.val}
		p.colID()
	default:
		return nil
	}
	return d
}

// createTransform reads CREATE TRANSFORM at that word.
func (p *parser) createTransform(at Loc, replace bool) Statement {
	p.advance()
	p.expect(kwFor)
	s := &CreateTransformStmt{Loc: at, Replace: replace, Type: p.typeName()}
	p.expect(kwLanguage)
	s.Language = p.colID()
	p.expect('(')
	p.transformElement(s)
	if p.accept(',') {
		p.transformElement(s)
	}
	p.expect(')')
	return s
}

func (p *parser) transformElement(s *CreateTransformStmt) {
	var target **ObjectWithArgs
	switch {
	case p.t.kind == kwFrom && s.FromSQL == nil:
		target = &s.FromSQL
	case p.t.kind == kwTo && s.ToSQL == nil:
		target = &s.ToSQL
	default:
		p.fail()
	}
	p.advance()
	p.expect(kwSql, kwWith, kwFunction)
	*target = p.functionWithArgs()
}

func (p *parser) createCast(at Loc) Statement {
	p.advance()
	c := p.parenCast()
	s := &CreateCastStmt{Loc: at, Source: c.Source, Target: c.Target}
	if p.accept(kwWithout) {
		p.expect(kwFunction)
	} else {
		p.expect(kwWith)
		if p.accept(kwInout) {
			s.InOut = true
		} else {
			p.expect(kwFunction)
			s.Func = p.functionWithArgs()
		}
	}
	if p.accept(kwAs) {
		if p.accept(kwImplicit) {
			s.Context = CastImplicit
		} else {
			p.expect(kwAssignment)
			s.Context = CastAssignment
		}
	}
	return s
}

func (p *parser) createConversion(at Loc) Statement {
	s := &CreateConversionStmt{Loc: at, Default: p.accept(kwDefault)}
	p.expect(kwConversion)
	s.Name = p.anyNameParts()
	p.expect(kwFor)
	s.From = p.sconst()
	p.expect(kwTo)
	s.To = p.sconst()
	p.expect(kwFrom)
	s.Func = p.anyNameParts()
	return s
}

// createRule reads CREATE RULE at that word.
func (p *parser) createRule(at Loc, replace bool) Statement {
	p.advance()
	s := &RuleStmt{Loc: at, Replace: replace, Name: p.colID()}
	p.expect(kwAs, kwOn)
	switch p.t.kind {
	case kwSelect:
		s.Event = RuleSelect
	case kwUpdate:
		s.Event = RuleUpdate
	case kwDelete:
		s.Event = RuleDelete
	case kwInsert:
		s.Event = RuleInsert
	default:
		p.fail()
	}
	p.advance()
	p.expect(kwTo)
	s.Relation = p.qualifiedName()
	s.Where = p.whereClause()
	p.expect(kwDo)
	s.Instead = p.accept(kwInstead)
	if !s.Instead {
		p.accept(kwAlso)
	}
	switch {
	case p.accept(kwNothing):
	case p.t.kind == '(':
		s.Actions = p.ruleActions()
	default:
		s.Actions = []Statement{p.ruleAction()}
	}
	return s
}

func (p *parser) ruleAction() Statement {
	if p.t.kind == kwNotify {
		return p.notifyStmt()
	}
	s := p.preparableStmt()
	if _, ok := s.(*MergeStmt); ok {
		p.fail()
	}
	return s
}

// ruleActions reads ( actions ), which may turn out to be the start of one
// query such as (SELECT …) UNION ….
func (p *parser) ruleActions() []Statement {
	p.advance()
	var actions []Statement
	several := false
	for {
		if !p.oneOf(';', ')') {
			actions = append(actions, p.ruleAction())
		}
		if !p.accept(';') {
			break
		}
		several = true
	}
	p.expect(')')
	if len(actions) == 1 && !several && p.continuesSelect() {
		if sel, ok := actions[0].(*SelectStmt); ok {
			actions[0] = p.selectRest(sel)
		}
	}
	return actions
}

// createTrigger reads CREATE [CONSTRAINT] TRIGGER at that word.
func (p *parser) createTrigger(at Loc, replace bool) Statement {
	s := &CreateTrigStmt{Loc: at, Replace: replace, IsConstraint: p.accept(kwConstraint)}
	p.expect(kwTrigger)
	s.Name = p.colID()
	if s.IsConstraint {
		p.expect(kwAfter)
		s.Timing = TriggerAfter
	} else {
		p.triggerTiming(s)
	}
	p.triggerEvents(s)
	p.expect(kwOn)
	s.Relation = p.qualifiedName()
	var attributes constraintAttr
	if s.IsConstraint {
		attributes = p.constraintTrigger(s)
	} else {
		p.triggerRows(s)
	}
	if p.accept(kwWhen) {
		p.expect('(')
		s.When = p.aExpr()
		p.expect(')')
	}
	p.executeFunction()
	s.Func = p.funcNameOnly()
	p.expect('(')
	if !p.accept(')') {
		p.accept(',') // PostgreSQL's grammar lets the list start with one
		s.Args = list(p, p.triggerArg)
		p.expect(')')
	}
	if s.IsConstraint && replace {
		p.notYet("CREATE OR REPLACE CONSTRAINT TRIGGER is not supported")
	}
	c := &Constraint{}
	p.setAttributes(c, "TRIGGER", attributes, attrDeferrable|attrDeferred)
	s.Deferrable, s.InitiallyDeferred = c.Deferrable, c.InitiallyDeferred
	return s
}

func (p *parser) executeFunction() {
	p.expect(kwExecute)
	if !p.oneOf(kwFunction, kwProcedure) {
		p.fail()
	}
	p.advance()
}

func (p *parser) triggerTiming(s *CreateTrigStmt) {
	switch p.t.kind {
	case kwBefore:
		p.advance()
	case kwAfter:
		p.advance()
		s.Timing = TriggerAfter
	default:
		p.expect(kwInstead, kwOf)
		s.Timing = TriggerInsteadOf
	}
}

func (p *parser) triggerEvents(s *CreateTrigStmt) {
	for {
		var event TriggerEvent
		var columns []string
		switch p.t.kind {
		case kwInsert:
			event = TriggerInsert
		case kwDelete:
			event = TriggerDelete
		case kwTruncate:
			event = TriggerTruncate
		case kwUpdate:
			event = TriggerUpdate
		default:
			p.fail()
		}
		at := p.t
		p.advance()
		if event == TriggerUpdate {
			if p.accept(kwOf) {
				columns = p.names()
			}
			at = p.t
		}
		if s.Events&event != 0 {
			p.ruleFailAt("duplicate trigger events specified", at)
		}
		s.Events |= event
		s.Columns = append(s.Columns, columns...)
		if !p.accept(kwOr) {
			return
		}
	}
}

func (p *parser) constraintTrigger(s *CreateTrigStmt) constraintAttr {
	s.ForEachRow = true
	if p.accept(kwFrom) {
		s.From = p.qualifiedName()
	}
	attributes := p.constraintAttributeSpec()
	p.expect(kwFor, kwEach, kwRow)
	return attributes
}

func (p *parser) triggerRows(s *CreateTrigStmt) {
	if p.accept(kwReferencing) {
		if !p.oneOf(kwNew, kwOld) {
			p.fail()
		}
		for p.oneOf(kwNew, kwOld) {
			t := &TriggerTransition{Loc: p.loc(), IsNew: p.t.kind == kwNew}
			p.advance()
			t.IsTable = p.accept(kwTable)
			if !t.IsTable {
				p.expect(kwRow)
			}
			p.accept(kwAs)
			t.Name = p.colID()
			s.Transitions = append(s.Transitions, t)
		}
	}
	if p.accept(kwFor) {
		p.accept(kwEach)
		s.ForEachRow = p.accept(kwRow)
		if !s.ForEachRow {
			p.expect(kwStatement)
		}
	}
}

func (p *parser) triggerArg() string {
	switch p.t.kind {
	case tokIntConst:
		return strconv.Itoa(p.iconst())
	case tokFloatConst, tokString:
		return p.take()
	}
	return p.colLabel()
}

func (p *parser) createEventTrigger(at Loc) Statement {
	p.advance()
	p.expect(kwTrigger)
	s := &CreateEventTrigStmt{Loc: at, Name: p.colID()}
	p.expect(kwOn)
	s.Event = p.colLabel()
	if p.accept(kwWhen) {
		for {
			d := &DefElem{Loc: p.loc(), Name: p.colID()}
			p.expect(kwIn)
			l := &DefList{Loc: p.loc()}
			l.Items = asNodes(parenList(p, p.stringNode))
			d.Arg = l
			s.When = append(s.When, d)
			if !p.accept(kwAnd) {
				break
			}
		}
	}
	p.executeFunction()
	s.Func = p.funcNameOnly()
	p.expect('(', ')')
	return s
}
