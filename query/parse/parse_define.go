package parse

import "github.com/opendsql/opendsql/internal/pgerror"

// createTypeLike reads CREATE of types, domains, collations and text search
// objects, nil if none of them starts here.
func (p *parser) createTypeLike(at Loc) Statement {
	switch p.t.kind {
	case kwType:
		return p.createType(at)
	case kwDomain:
		p.advance()
		s := &CreateDomainStmt{Loc: at, Name: p.anyNameParts()}
		p.accept(kwAs)
		s.Type = p.typeName()
		c := &ColumnDef{}
		p.columnQualities(c)
		s.Collate, s.Constraints = c.Collate, c.Constraints
		return s
	case kwText:
		p.advance()
		p.expect(kwSearch)
		return &DefineStmt{Loc: at, Kind: p.textSearchKind(), Name: p.anyNameParts(), Options: p.definition()}
	case kwCollation:
		p.advance()
		s := &DefineStmt{Loc: at, Kind: ObjectCollation, IfNotExists: p.ifNotExists(), Name: p.anyNameParts()}
		if p.t.kind == kwFrom {
			p.advance()
			s.Options = []*DefElem{{Loc: p.loc(), Name: "from", Arg: p.anyName()}}
		} else {
			s.Options = p.definition()
		}
		return s
	}
	return nil
}

func (p *parser) createType(at Loc) Statement {
	p.advance()
	name := p.anyName()
	switch p.t.kind {
	case '(':
		return &DefineStmt{Loc: at, Kind: ObjectTypeType, Name: name.Parts, Options: p.definition()}
	case kwAs:
		p.advance()
	default:
		return &DefineStmt{Loc: at, Kind: ObjectTypeType, Name: name.Parts}
	}
	switch p.t.kind {
	case kwEnum:
		p.advance()
		s := &CreateEnumStmt{Loc: at, Name: name.Parts}
		p.expect('(')
		if p.t.kind != ')' {
			s.Values = list(p, p.sconst)
		}
		p.expect(')')
		return s
	case kwRange:
		p.advance()
		return &CreateRangeStmt{Loc: at, Name: name.Parts, Options: p.definition()}
	}
	s := &CompositeTypeStmt{Loc: at}
	p.expect('(')
	if p.t.kind != ')' {
		s.Columns = list(p, p.tableFuncElement)
	}
	p.expect(')')
	s.Type = p.rangeVarFromAny(name)
	return s
}

// rangeVarFromAny makes a relation of a possibly qualified name.
func (p *parser) rangeVarFromAny(n *ObjectName) *RangeVar {
	return p.rangeVar(n.Parts, n.Loc)
}

// createAggregate reads CREATE AGGREGATE at that word, in the new style or in
// the old one, where all is in the definition.
func (p *parser) createAggregate(at Loc, replace bool) Statement {
	p.advance()
	s := &DefineStmt{Loc: at, Kind: ObjectAggregate, Replace: replace, Name: p.funcNameOnly()}
	if p.t.kind == '(' && p.peek(1) == tokIdent && p.peek(2) == '=' {
		s.OldStyle = true
		s.Options = parenList(p, func() *DefElem {
			d := &DefElem{Loc: p.loc()}
			if p.t.kind != tokIdent {
				p.fail()
			}
			d.Name = p.take()
			p.expect('=')
			d.Arg = p.defArg()
			return d
		})
		return s
	}
	s.Args = &ObjectWithArgs{Loc: p.loc(), OrderedArgs: -1}
	p.aggregateArgs(s.Args)
	s.Options = p.definition()
	return s
}

// createOperator reads CREATE OPERATOR [CLASS | FAMILY].
func (p *parser) createOperator(at Loc) Statement {
	p.advance()
	qualified := p.peek1() == '.'
	switch {
	case p.t.kind == kwClass && !qualified:
		return p.createOpClass(at)
	case p.t.kind == kwFamily && !qualified:
		p.advance()
		s := &CreateOpFamilyStmt{Loc: at, Name: p.anyNameParts()}
		p.expect(kwUsing)
		s.AccessMethod = p.colID()
		return s
	}
	return &DefineStmt{Loc: at, Kind: ObjectOperator, Name: p.anyOperator(), Options: p.definition()}
}

func (p *parser) createOpClass(at Loc) Statement {
	p.advance()
	s := &CreateOpClassStmt{Loc: at, Name: p.anyNameParts(), Default: p.accept(kwDefault)}
	p.expect(kwFor, kwType)
	s.Type = p.typeName()
	p.expect(kwUsing)
	s.AccessMethod = p.colID()
	if p.accept(kwFamily) {
		s.Family = p.anyNameParts()
	}
	p.expect(kwAs)
	s.Items = list(p, p.opClassItem)
	return s
}

func (p *parser) opClassItem() *OpClassItem {
	item := &OpClassItem{Loc: p.loc()}
	switch p.t.kind {
	case kwOperator:
		p.advance()
		item.Number = p.iconst()
		item.Object = &ObjectWithArgs{Loc: p.loc(), OrderedArgs: -1, Name: p.anyOperator()}
		if p.t.kind == '(' {
			p.operandTypes(item.Object)
		} else {
			item.Object.NoArgs = true
		}
		p.opClassPurpose(item)
	case kwFunction:
		p.advance()
		item.Kind = OpClassFunction
		item.Number = p.iconst()
		if p.t.kind == '(' {
			item.ClassArgs = parenList(p, p.typeName)
		}
		item.Object = p.functionWithArgs()
	default:
		p.expect(kwStorage)
		item.Kind = OpClassStorage
		item.StoredType = p.typeName()
	}
	return item
}

func (p *parser) opClassPurpose(item *OpClassItem) {
	if p.accept(kwFor) {
		if p.accept(kwOrder) {
			p.expect(kwBy)
			item.OrderFamily = p.anyNameParts()
		} else {
			p.expect(kwSearch)
		}
	}
	p.accept(kwRecheck) // no longer means anything
}

// opClassDrop reads an item of ALTER OPERATOR FAMILY … DROP.
func (p *parser) opClassDrop() *OpClassItem {
	item := &OpClassItem{Loc: p.loc()}
	if p.t.kind == kwFunction {
		item.Kind = OpClassFunction
	} else if p.t.kind != kwOperator {
		p.fail()
	}
	p.advance()
	item.Number = p.iconst()
	item.ClassArgs = parenList(p, p.typeName)
	return item
}

// createPublication reads CREATE PUBLICATION.
func (p *parser) createPublication(at Loc) Statement {
	p.advance()
	s := &CreatePublicationStmt{Loc: at, Name: p.colID()}
	var entries []publicationEntry
	if p.accept(kwFor) {
		if p.t.kind == kwAll {
			p.advance()
			p.expect(kwTables)
			s.AllTables = true
		} else {
			entries = list(p, p.publicationEntry)
		}
	}
	s.Options = p.optDefinition()
	s.Objects = p.publicationObjects(entries)
	return s
}

func (p *parser) optDefinition() []*DefElem {
	if !p.accept(kwWith) {
		return nil
	}
	return p.definition()
}

// publicationEntry is an object of a publication as written; bare ones are of
// the kind of the entry before them.
type publicationEntry struct {
	object  PublicationObject
	bare    bool
	simple  bool // a single name, which can be a schema
	current bool
}

// publicationObjects gives each entry its kind.
func (p *parser) publicationObjects(entries []publicationEntry) []*PublicationObject {
	if entries == nil {
		return nil
	}
	first := entries[0]
	p.lookedAhead()
	if first.bare || first.current {
		panic(p.errorAt(pgerror.SyntaxError, int(first.object.Loc), "invalid publication object list").
			WithDetail("One of TABLE or TABLES IN SCHEMA must be specified before a standalone table or schema name."))
	}
	kind := first.object.Kind
	objects := make([]*PublicationObject, len(entries))
	for i := range entries {
		objects[i] = p.resolvePublication(&entries[i], &kind)
	}
	return objects
}

func (p *parser) resolvePublication(e *publicationEntry, kind *PublicationObjectKind) *PublicationObject {
	o := &e.object
	at := int(o.Loc)
	if !e.bare && !e.current {
		*kind = o.Kind
		return o
	}
	if *kind == PublicationTable {
		if e.current {
			p.raise(pgerror.SyntaxError, at, "invalid table name")
		}
		return o
	}
	switch {
	case o.Where != nil:
		p.raise(pgerror.SyntaxError, at, "WHERE clause not allowed for schema")
	case o.Columns != nil:
		p.raise(pgerror.SyntaxError, at, "column specification not allowed for schema")
	case e.current:
		o.Kind = PublicationCurrentSchema
	case e.simple:
		o.Kind, o.Schema, o.Table = PublicationSchema, o.Table.Name, nil
	default:
		p.raise(pgerror.SyntaxError, at, "invalid schema name")
	}
	return o
}

func (p *parser) publicationEntry() publicationEntry {
	e := publicationEntry{object: PublicationObject{Loc: p.loc()}}
	o := &e.object
	switch {
	case p.t.kind == kwTable:
		p.advance()
		o.Table = p.relationExpr()
	case p.t.kind == kwTables && p.peek(1) == kwIn:
		p.advance()
		p.advance()
		p.expect(kwSchema)
		o.Loc = p.loc()
		if p.accept(kwCurrentSchema) {
			o.Kind = PublicationCurrentSchema
		} else {
			o.Kind, o.Schema = PublicationSchema, p.colID()
		}
		return e
	case p.t.kind == kwCurrentSchema:
		p.advance()
		e.current = true
		return e
	default:
		p.barePublicationEntry(&e)
		return e
	}
	o.Columns = p.optParenNames()
	o.Where = p.optParenWhere()
	return e
}

// barePublicationEntry reads a table or a schema without a word in front. Like
// PostgreSQL it looks at the name's form at the end only, and knows no position
// for names with ONLY or a star.
func (p *parser) barePublicationEntry(e *publicationEntry) {
	o := &e.object
	e.bare = true
	if p.t.kind == kwOnly {
		o.Loc = 0
		o.Table = p.relationExpr()
		o.Columns = p.optParenNames()
		o.Where = p.optParenWhere()
		return
	}
	at := p.loc()
	word := p.colID()
	steps := p.steps()
	star := p.t.kind == '*'
	if star {
		o.Table = p.rangeVar(p.funcName(word, steps), at)
		p.advance()
		o.Loc = 0
	}
	e.simple = steps == nil && !star
	o.Columns = p.optParenNames()
	last := p.t
	if p.t.kind == kwWhere {
		o.Where = p.optParenWhere()
		last = p.toks[p.i-1]
	}
	if star {
		return
	}
	parts := []string{word}
	for _, s := range steps {
		if s.Kind != FieldStep {
			p.ruleFailAt("syntax error", last)
		}
		parts = append(parts, s.Name)
	}
	o.Table = p.rangeVar(parts, at)
}

func (p *parser) createSubscription(at Loc) Statement {
	p.advance()
	s := &CreateSubscriptionStmt{Loc: at, Name: p.colID()}
	p.expect(kwConnection)
	s.Connection = p.sconst()
	p.expect(kwPublication)
	s.Publications = p.names()
	s.Options = p.optDefinition()
	return s
}
