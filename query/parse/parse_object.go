package parse

import "github.com/opendsql/opendsql/internal/pgerror"

// functionWithArgs names a function, with or without its argument types.
func (p *parser) functionWithArgs() *ObjectWithArgs {
	f := &ObjectWithArgs{Loc: p.loc(), OrderedArgs: -1}
	kind := p.t.kind
	if !kind.isColID() {
		f.Name = []string{p.typeFuncName()}
	} else {
		word := p.take()
		f.Name = []string{word}
		if p.t.kind == '.' || p.t.kind == '[' {
			f.Name = p.funcName(word, p.steps())
		} else if p.t.kind == '(' && !kind.isTypeFuncName() {
			p.fail()
		}
	}
	if p.t.kind != '(' {
		f.NoArgs = true
		return f
	}
	p.advance()
	if !p.accept(')') {
		f.Params = list(p, p.functionParameter)
		p.expect(')')
	}
	f.Args = inputTypes(f.Params)
	return f
}

// inputTypes are the types by which a function is found.
func inputTypes(params []*FunctionParameter) []*TypeName {
	var types []*TypeName
	for _, a := range params {
		if a.Mode != ParamOut && a.Mode != ParamTable {
			types = append(types, a.Type)
		}
	}
	return types
}

// functionParameter reads a func_arg.
func (p *parser) functionParameter() *FunctionParameter {
	a := &FunctionParameter{Loc: p.loc()}
	a.Mode = p.argClass()
	if p.t.kind.isTypeFuncName() {
		next := p.peek(1)
		if startsType(next) || a.Mode == ParamDefault && startsArgClass(next) {
			a.Name = p.take()
			if a.Mode == ParamDefault {
				a.Mode = p.argClass()
			}
		}
	}
	a.Type = p.funcType()
	return a
}

func (p *parser) argClass() ParameterMode {
	switch p.t.kind {
	case kwIn:
		p.advance()
		if p.accept(kwOut) {
			return ParamInOut
		}
		return ParamIn
	case kwOut:
		p.advance()
		return ParamOut
	case kwInout:
		p.advance()
		return ParamInOut
	case kwVariadic:
		p.advance()
		return ParamVariadic
	}
	return ParamDefault
}

func startsArgClass(kind tok) bool {
	return kind == kwIn || kind == kwOut || kind == kwInout || kind == kwVariadic
}

func startsType(kind tok) bool {
	switch kind {
	case kwSetof, kwInt, kwInteger, kwSmallint, kwBigint, kwReal, kwFloat, kwDecimal, kwDec, kwNumeric, kwBoolean,
		kwBit, kwCharacter, kwChar, kwVarchar, kwNational, kwNchar, kwTime, kwTimestamp, kwInterval:
		return true
	}
	return kind.isTypeFuncName()
}

// aggregateWithArgs names an aggregate by its argument types.
func (p *parser) aggregateWithArgs() *ObjectWithArgs {
	f := &ObjectWithArgs{Loc: p.loc(), OrderedArgs: -1}
	f.Name = p.funcNameOnly()
	p.aggregateArgs(f)
	return f
}

// aggregateArgs reads the parentheses of an aggregate's arguments.
func (p *parser) aggregateArgs(f *ObjectWithArgs) {
	p.expect('(')
	if p.accept('*') {
		p.expect(')')
		f.Star = true
		return
	}
	if p.t.kind != kwOrder {
		f.Params = list(p, p.aggregateParameter)
	}
	if p.t.kind == kwOrder {
		p.advance()
		p.expect(kwBy)
		ordered := list(p, p.aggregateParameter)
		f.OrderedArgs = len(f.Params)
		if n := len(f.Params); n > 0 && f.Params[n-1].Mode == ParamVariadic {
			last := f.Params[n-1]
			if len(ordered) != 1 || ordered[0].Mode != ParamVariadic || !Same(last.Type, ordered[0].Type) {
				p.expect(')')
				p.raise(pgerror.FeatureNotSupported, int(ordered[0].Type.Loc),
					"an ordered-set aggregate with a VARIADIC direct argument must have one VARIADIC aggregated argument of the same data type")
			}
			ordered = nil
		}
		f.Params = append(f.Params, ordered...)
	}
	p.expect(')')
	f.Args = inputTypes(f.Params)
}

func (p *parser) aggregateParameter() *FunctionParameter {
	a := p.functionParameter()
	if a.Mode == ParamOut || a.Mode == ParamInOut {
		// A single word could be the parameter's name as well.
		word := a.Name == "" && len(a.Type.Names) == 1 && !a.Type.SetOf && a.Type.Mods == nil && a.Type.ArrayBounds == nil
		if word && !p.oneOf(',', ')', kwOrder) {
			p.fail()
		}
		p.raise(pgerror.FeatureNotSupported, int(a.Loc), "aggregates cannot have output arguments")
	}
	return a
}

// operatorWithArgs names an operator by its operand types.
func (p *parser) operatorWithArgs() *ObjectWithArgs {
	o := &ObjectWithArgs{Loc: p.loc(), OrderedArgs: -1, Name: p.anyOperator()}
	p.operandTypes(o)
	return o
}

func (p *parser) operandTypes(o *ObjectWithArgs) {
	p.expect('(')
	if p.accept(kwNone) {
		p.expect(',')
		o.Args = []*TypeName{nil, p.typeName()}
		p.expect(')')
		return
	}
	left := p.typeName()
	if p.t.kind == ')' {
		panic(p.errorAt(pgerror.SyntaxError, int(p.t.start), "missing argument").
			WithHint("Use NONE to denote the missing argument of a unary operator."))
	}
	p.expect(',')
	o.Args = []*TypeName{left, nil}
	if !p.accept(kwNone) {
		o.Args[1] = p.typeName()
	}
	p.expect(')')
}

// parenCast reads ( type AS type ).
func (p *parser) parenCast() *CastName {
	c := &CastName{Loc: p.loc()}
	p.expect('(')
	c.Source = p.typeName()
	p.expect(kwAs)
	c.Target = p.typeName()
	p.expect(')')
	return c
}

// anyNameObject reads the words of object_type_any_name.
func (p *parser) anyNameObject() (ObjectType, bool) {
	switch p.t.kind {
	case kwTable:
		p.advance()
		return ObjectTable, true
	case kwSequence:
		p.advance()
		return ObjectSequence, true
	case kwView:
		p.advance()
		return ObjectView, true
	case kwMaterialized:
		p.advance()
		p.expect(kwView)
		return ObjectMaterializedView, true
	case kwIndex:
		p.advance()
		return ObjectIndex, true
	case kwCollation:
		p.advance()
		return ObjectCollation, true
	case kwConversion:
		p.advance()
		return ObjectConversion, true
	case kwStatistics:
		p.advance()
		return ObjectStatistics, true
	case kwText:
		p.advance()
		p.expect(kwSearch)
		return p.textSearchKind(), true
	case kwForeign:
		if p.peek(1) == kwTable {
			p.advance()
			p.advance()
			return ObjectForeignTable, true
		}
	}
	return 0, false
}

func (p *parser) textSearchKind() ObjectType {
	kind := ObjectTSParser
	switch p.t.kind {
	case kwParser:
	case kwDictionary:
		kind = ObjectTSDictionary
	case kwTemplate:
		kind = ObjectTSTemplate
	case kwConfiguration:
		kind = ObjectTSConfiguration
	default:
		p.fail()
	}
	p.advance()
	return kind
}

// plainNameObject reads the words of drop_type_name.
func (p *parser) plainNameObject() (ObjectType, bool) {
	switch p.t.kind {
	case kwAccess:
		p.advance()
		p.expect(kwMethod)
		return ObjectAccessMethod, true
	case kwEvent:
		p.advance()
		p.expect(kwTrigger)
		return ObjectEventTrigger, true
	case kwExtension:
		p.advance()
		return ObjectExtension, true
	case kwForeign:
		p.advance()
		p.expect(kwData, kwWrapper)
		return ObjectForeignDataWrapper, true
	case kwProcedural:
		p.advance()
		p.expect(kwLanguage)
		return ObjectLanguage, true
	case kwLanguage:
		p.advance()
		return ObjectLanguage, true
	case kwPublication:
		p.advance()
		return ObjectPublication, true
	case kwSchema:
		p.advance()
		return ObjectSchema, true
	case kwServer:
		p.advance()
		return ObjectForeignServer, true
	}
	return 0, false
}

// sharedNameObject reads the words object_type_name has besides.
func (p *parser) sharedNameObject() (ObjectType, bool) {
	kinds := map[tok]ObjectType{kwDatabase: ObjectDatabase, kwRole: ObjectRole, kwSubscription: ObjectSubscription, kwTablespace: ObjectTablespace}
	kind, ok := kinds[p.t.kind]
	if ok {
		p.advance()
	}
	return kind, ok
}

// objectRef reads an object as COMMENT, SECURITY LABEL and ALTER EXTENSION
// name it, as far as all of them do.
func (p *parser) objectRef() (ObjectType, Node) {
	if kind, ok := p.anyNameObject(); ok {
		return kind, p.anyName()
	}
	if kind, ok := p.plainNameObject(); ok {
		return kind, p.nameNode()
	}
	if kind, ok := p.sharedNameObject(); ok {
		return kind, p.nameNode()
	}
	switch p.t.kind {
	case kwType:
		p.advance()
		return ObjectTypeType, p.typeName()
	case kwDomain:
		p.advance()
		return ObjectDomain, p.typeName()
	case kwAggregate:
		p.advance()
		return ObjectAggregate, p.aggregateWithArgs()
	case kwFunction:
		p.advance()
		return ObjectFunction, p.functionWithArgs()
	case kwProcedure:
		p.advance()
		return ObjectProcedure, p.functionWithArgs()
	case kwRoutine:
		p.advance()
		return ObjectRoutine, p.functionWithArgs()
	}
	return 0, nil
}

// operatorRef reads OPERATOR, OPERATOR CLASS or OPERATOR FAMILY and a name;
// the access method of the latter two comes first in the name.
func (p *parser) operatorRef() (ObjectType, Node) {
	p.expect(kwOperator)
	if p.oneOf(kwClass, kwFamily) && p.peek(1) != '.' {
		kind := ObjectOpClass
		if p.t.kind == kwFamily {
			kind = ObjectOpFamily
		}
		p.advance()
		name := p.anyName()
		p.expect(kwUsing)
		name.Parts = append([]string{p.colID()}, name.Parts...)
		return kind, name
	}
	return ObjectOperator, p.operatorWithArgs()
}

func (p *parser) transformRef() *TransformName {
	t := &TransformName{Loc: p.loc()}
	p.expect(kwFor)
	t.Type = p.typeName()
	p.expect(kwLanguage)
	t.Language = p.colID()
	return t
}

// onTableRef reads "name ON table" of policies, rules and triggers.
func (p *parser) onTableRef() *ObjectName {
	n := &ObjectName{Loc: p.loc()}
	name := p.colID()
	p.expect(kwOn)
	n.Parts = append(p.anyNameParts(), name)
	return n
}

var onTableKinds = map[tok]ObjectType{kwPolicy: ObjectPolicy, kwRule: ObjectRule, kwTrigger: ObjectTrigger}

// commentStmt reads COMMENT ON.
func (p *parser) commentStmt() Statement {
	s := &CommentStmt{Loc: p.loc()}
	p.advance()
	p.expect(kwOn)
	s.Kind, s.Object = p.objectRef()
	if s.Object == nil {
		s.Kind, s.Object = p.commentObject()
	}
	p.expect(kwIs)
	if !p.accept(kwNull) {
		s.Text = p.stringNode()
	}
	return s
}

// commentObject reads the objects only COMMENT knows.
func (p *parser) commentObject() (ObjectType, Node) {
	if kind, ok := onTableKinds[p.t.kind]; ok {
		p.advance()
		return kind, p.onTableRef()
	}
	switch p.t.kind {
	case kwColumn:
		p.advance()
		return ObjectColumn, p.anyName()
	case kwConstraint:
		p.advance()
		n := &ObjectName{Loc: p.loc()}
		name := p.colID()
		p.expect(kwOn)
		kind := ObjectTableConstraint
		if p.t.kind == kwDomain && p.peek(1).isColID() {
			p.advance()
			kind = ObjectDomainConstraint
		}
		n.Parts = append(p.anyNameParts(), name)
		return kind, n
	case kwTransform:
		p.advance()
		return ObjectTransform, p.transformRef()
	case kwOperator:
		return p.operatorRef()
	case kwLarge:
		p.advance()
		p.expect(kwObject)
		return ObjectLargeObject, p.numericOnly()
	case kwCast:
		p.advance()
		return ObjectCast, p.parenCast()
	}
	p.fail()
	return 0, nil
}

// secLabelStmt reads SECURITY LABEL.
func (p *parser) secLabelStmt() Statement {
	s := &SecLabelStmt{Loc: p.loc()}
	p.advance()
	p.expect(kwLabel)
	if p.accept(kwFor) {
		s.Provider = p.wordNode()
	}
	p.expect(kwOn)
	s.Kind, s.Object = p.objectRef()
	if s.Object == nil {
		switch p.t.kind {
		case kwColumn:
			p.advance()
			s.Kind, s.Object = ObjectColumn, p.anyName()
		case kwLarge:
			p.advance()
			p.expect(kwObject)
			s.Kind, s.Object = ObjectLargeObject, p.numericOnly()
		default:
			p.fail()
		}
	}
	p.expect(kwIs)
	if !p.accept(kwNull) {
		s.Label = p.stringNode()
	}
	return s
}
