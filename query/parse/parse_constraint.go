package parse

import (
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// tableConstraint reads a constraint of a table or a domain.
func (p *parser) tableConstraint() *Constraint {
	at := p.loc()
	name := ""
	if p.accept(kwConstraint) {
		name = p.colID()
	}
	c := p.tableConstraintElem()
	c.Loc, c.Name = at, name
	return c
}

func (p *parser) tableConstraintElem() *Constraint {
	c := &Constraint{}
	switch p.t.kind {
	case kwCheck:
		p.advance()
		c.Kind = ConstraintCheck
		p.expect('(')
		c.Expr = p.aExpr()
		p.expect(')')
		p.constraintAttributes(c, "CHECK", attrNotValid|attrNoInherit)
	case kwUnique:
		p.advance()
		c.Kind = ConstraintUnique
		p.uniqueElem(c, "UNIQUE")
	case kwPrimary:
		p.advance()
		p.expect(kwKey)
		c.Kind = ConstraintPrimary
		p.uniqueElem(c, "PRIMARY KEY")
	case kwExclude:
		p.exclusion(c)
	case kwForeign:
		p.advance()
		p.expect(kwKey)
		c.Kind = ConstraintForeign
		c.FKColumns = p.parenNames()
		p.references(c)
		p.constraintAttributes(c, "FOREIGN KEY", attrDeferrable|attrDeferred|attrNotValid)
	default:
		p.fail()
	}
	return c
}

func (p *parser) uniqueElem(c *Constraint, kind string) {
	if p.t.kind == kwUsing {
		p.advance()
		p.expect(kwIndex)
		c.IndexName = p.colID()
	} else {
		if c.Kind == ConstraintUnique {
			c.NullsNotDistinct = p.nullTreatment()
		}
		c.Keys = p.parenNames()
		p.constraintInclude(c)
		p.indexConstraintOptions(c)
	}
	p.constraintAttributes(c, kind, attrDeferrable|attrDeferred)
}

func (p *parser) constraintInclude(c *Constraint) {
	if p.accept(kwInclude) {
		c.Including = p.parenNames()
	}
}

func (p *parser) exclusion(c *Constraint) {
	p.advance()
	c.Kind = ConstraintExclusion
	if p.accept(kwUsing) {
		c.AccessMethod = p.colID()
	}
	c.Exclusions = parenList(p, func() *Exclusion {
		e := &Exclusion{Elem: p.indexElem()}
		p.expect(kwWith)
		if p.t.kind == kwOperator {
			e.Operator = p.operatorClause()
		} else {
			e.Operator = p.anyOperator()
		}
		return e
	})
	p.constraintInclude(c)
	p.indexConstraintOptions(c)
	c.Where = p.optParenWhere()
	p.constraintAttributes(c, "EXCLUDE", attrDeferrable|attrDeferred)
}

// optParenWhere reads [WHERE ( condition )].
func (p *parser) optParenWhere() Expr {
	if !p.accept(kwWhere) {
		return nil
	}
	p.expect('(')
	e := p.aExpr()
	p.expect(')')
	return e
}

// constraintAttr is a set of a constraint's attributes.
type constraintAttr uint8

const (
	attrNotDeferrable constraintAttr = 1 << iota
	attrDeferrable
	attrImmediate
	attrDeferred
	attrNotValid
	attrNoInherit
)

// constraintAttributes reads DEFERRABLE and the like into c. Only the allowed
// ones may be set; kind names the constraint in the message.
func (p *parser) constraintAttributes(c *Constraint, kind string, allowed constraintAttr) {
	p.setAttributes(c, kind, p.constraintAttributeSpec(), allowed)
}

// setAttributes puts the attributes into c, refusing those not allowed.
func (p *parser) setAttributes(c *Constraint, kind string, set, allowed constraintAttr) {
	refuse := func(attr constraintAttr, text string) {
		if set&attr != 0 && allowed&attr == 0 {
			p.raise(pgerror.FeatureNotSupported, -1, "%s constraints cannot be marked %s", kind, text)
		}
	}
	refuse(attrDeferrable, "DEFERRABLE")
	refuse(attrDeferred, "DEFERRABLE")
	refuse(attrNotValid, "NOT VALID")
	refuse(attrNoInherit, "NO INHERIT")
	c.Deferrable = set&(attrDeferrable|attrDeferred) != 0
	c.InitiallyDeferred = set&attrDeferred != 0
	c.NotValid = set&attrNotValid != 0
	c.NoInherit = set&attrNoInherit != 0
}

// constraintAttributeSpec reads the attributes and refuses contradictions.
func (p *parser) constraintAttributeSpec() constraintAttr {
	set := constraintAttr(0)
	for {
		at := int(p.t.start)
		attr := p.constraintAttribute()
		if attr == 0 {
			return set
		}
		set |= attr
		if set&(attrNotDeferrable|attrDeferred) == attrNotDeferrable|attrDeferred {
			p.raise(pgerror.SyntaxError, at, "constraint declared INITIALLY DEFERRED must be DEFERRABLE")
		}
		if set&(attrNotDeferrable|attrDeferrable) == attrNotDeferrable|attrDeferrable ||
			set&(attrImmediate|attrDeferred) == attrImmediate|attrDeferred {
			p.raise(pgerror.SyntaxError, at, "conflicting constraint properties")
		}
	}
}

func (p *parser) constraintAttribute() constraintAttr {
	switch p.t.kind {
	case kwNot:
		if next := p.peek(1); next == kwValid {
			p.advance()
			p.advance()
			return attrNotValid
		}
		p.advance()
		p.expect(kwDeferrable)
		return attrNotDeferrable
	case kwDeferrable:
		p.advance()
		return attrDeferrable
	case kwInitially:
		p.advance()
		if p.accept(kwImmediate) {
			return attrImmediate
		}
		p.expect(kwDeferred)
		return attrDeferred
	case kwNo:
		p.advance()
		p.expect(kwInherit)
		return attrNoInherit
	}
	return 0
}

// optPartitionSpec reads [PARTITION BY …].
func (p *parser) optPartitionSpec() *PartitionSpec {
	if p.t.kind != kwPartition {
		return nil
	}
	s := &PartitionSpec{Loc: p.loc()}
	p.advance()
	p.expect(kwBy)
	strategy := p.colID()
	s.Elems = parenList(p, p.partitionElem)
	switch strings.ToLower(strategy) {
	case "list":
		s.Strategy = PartitionList
	case "range":
		s.Strategy = PartitionRange
	case "hash":
		s.Strategy = PartitionHash
	default:
		p.raise(pgerror.InvalidParameterValue, -1, "unrecognized partitioning strategy \"%s\"", strategy)
	}
	return s
}

func (p *parser) partitionElem() *PartitionElem {
	e := &PartitionElem{Loc: p.loc()}
	e.Name, e.Expr = p.nameOrExpr()
	e.Collation = p.optCollate()
	if p.t.kind.isColID() {
		e.OpClass = p.anyNameParts()
	}
	return e
}

// nameOrExpr reads what an index, a partition key or a statistics object is
// made of: a column, a call, or an expression in parentheses.
func (p *parser) nameOrExpr() (string, Expr) {
	if p.accept('(') {
		e := p.aExpr()
		p.expect(')')
		return "", e
	}
	if p.startsWindowlessFunc() || p.t.kind.isColID() && (p.peek(1) == '.' || p.peek(1) == '[') {
		return "", p.funcExprWindowless()
	}
	return p.colID(), nil
}

// partitionBound reads FOR VALUES … or DEFAULT.
func (p *parser) partitionBound() *PartitionBound {
	b := &PartitionBound{Loc: p.loc()}
	if p.accept(kwDefault) {
		b.Default = true
		return b
	}
	p.expect(kwFor, kwValues)
	switch p.t.kind {
	case kwWith:
		p.hashBound(b)
	case kwIn:
		p.advance()
		b.Loc = p.loc()
		b.Strategy = PartitionList
		b.Values = parenList(p, p.aExpr)
	case kwFrom:
		p.advance()
		b.Strategy = PartitionRange
		b.From = parenList(p, p.aExpr)
		p.expect(kwTo)
		b.To = parenList(p, p.aExpr)
	default:
		p.fail()
	}
	return b
}

func (p *parser) hashBound(b *PartitionBound) {
	p.advance()
	b.Strategy = PartitionHash
	b.Modulus, b.Remainder = -1, -1
	type elem struct {
		name  string
		value int
		at    int
	}
	p.expect('(')
	elems := list(p, func() elem {
		at := int(p.t.start)
		return elem{p.nonReserved(), p.iconst(), at}
	})
	p.expect(')')
	for _, e := range elems {
		target := &b.Modulus
		switch e.name {
		case "modulus":
		case "remainder":
			target = &b.Remainder
		default:
			p.raise(pgerror.SyntaxError, e.at, "unrecognized hash partition bound specification \"%s\"", e.name)
		}
		if *target != -1 {
			p.raise(pgerror.DuplicateObject, e.at, "%s for hash partition provided more than once", e.name)
		}
		*target = e.value
	}
	if b.Modulus == -1 {
		p.raise(pgerror.SyntaxError, -1, "modulus for hash partition must be specified")
	}
	if b.Remainder == -1 {
		p.raise(pgerror.SyntaxError, -1, "remainder for hash partition must be specified")
	}
}

// indexStmt reads CREATE [UNIQUE] INDEX behind CREATE.
func (p *parser) indexStmt(at Loc) *IndexStmt {
	s := &IndexStmt{Loc: at, Unique: p.accept(kwUnique)}
	p.expect(kwIndex)
	if p.accept(kwAsync) {
		s.Async = true
	} else {
		s.Concurrent = p.accept(kwConcurrently)
	}
	s.IfNotExists = p.ifNotExists()
	if s.IfNotExists || p.t.kind.isColID() {
		s.Name = p.colID()
	}
	p.expect(kwOn)
	s.Relation = p.relationExpr()
	if p.accept(kwUsing) {
		s.AccessMethod = p.colID()
	}
	s.Elems = parenList(p, p.indexElem)
	if p.accept(kwInclude) {
		s.Including = parenList(p, p.indexElem)
	}
	s.NullsNotDistinct = p.nullTreatment()
	s.Options = p.optRelOptions()
	s.Tablespace = p.optTablespace()
	s.Where = p.whereClause()
	return s
}

// indexElem reads a column or an expression of an index.
func (p *parser) indexElem() *IndexElem {
	e := &IndexElem{Loc: p.loc()}
	e.Name, e.Expr = p.nameOrExpr()
	e.Collation = p.optCollate()
	if p.t.kind.isColID() {
		e.OpClass = p.anyNameParts()
		if p.t.kind == '(' {
			e.OpClassOptions = p.relOptions()
		}
	}
	switch p.t.kind {
	case kwAsc:
		p.advance()
		e.Dir = SortAsc
	case kwDesc:
		p.advance()
		e.Dir = SortDesc
	}
	e.Nulls = p.nullsOrder()
	return e
}
