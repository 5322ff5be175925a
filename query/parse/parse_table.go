package parse

import (
	"github.com/opendsql/opendsql/internal/pgerror"
)

// persistence reads [LOCAL | GLOBAL] TEMP[ORARY] | UNLOGGED between CREATE and
// the kind of object.
func (p *parser) persistence() Persistence {
	switch p.t.kind {
	case kwLocal, kwGlobal:
		p.advance()
		if !p.oneOf(kwTemp, kwTemporary) {
			p.fail()
		}
		p.advance()
		return Temporary
	case kwTemp, kwTemporary:
		p.advance()
		return Temporary
	case kwUnlogged:
		p.advance()
		return Unlogged
	}
	return Permanent
}

// createTable reads CREATE TABLE and, where allowed, CREATE TABLE AS at the
// word TABLE.
func (p *parser) createTable(at Loc, persistence Persistence, asAllowed bool) Statement {
	p.advance()
	s := &CreateTableStmt{Loc: at, IfNotExists: p.ifNotExists()}
	s.Relation = p.qualifiedName()
	s.Relation.Persistence = persistence
	switch p.t.kind {
	case kwOf:
		p.advance()
		name := p.anyName()
		s.OfType = &TypeName{Loc: name.Loc, Names: name.Parts}
		s.Elements = p.typedElements()
	case kwPartition:
		p.partitionOf(s)
	case '(':
		if next := p.peek(2); asAllowed && p.peek(1).isColID() && (next == ',' || next == ')') {
			return p.createTableAs(s)
		}
		p.advance()
		if p.t.kind != ')' {
			s.Elements = list(p, p.tableElement)
		}
		p.expect(')')
		if p.accept(kwInherits) {
			s.Inherits = parenList(p, p.qualifiedName)
		}
	default:
		if !asAllowed {
			p.fail()
		}
		return p.createTableAs(s)
	}
	p.tableOptions(s)
	return s
}

func (p *parser) partitionOf(s *CreateTableStmt) {
	p.advance()
	p.expect(kwOf)
	s.Inherits = []*RangeVar{p.qualifiedName()}
	s.Elements = p.typedElements()
	s.Partition = p.partitionBound()
}

// tableOptions reads what follows the columns of CREATE TABLE.
func (p *parser) tableOptions(s *CreateTableStmt) {
	s.PartitionBy = p.optPartitionSpec()
	if p.accept(kwUsing) {
		s.AccessMethod = p.colID()
	}
	s.Options = p.optTableWith()
	s.OnCommit = p.onCommit()
	s.Tablespace = p.optTablespace()
}

// optTableWith reads [WITH (options) | WITHOUT OIDS].
func (p *parser) optTableWith() []*DefElem {
	switch p.t.kind {
	case kwWith:
		p.advance()
		return p.relOptions()
	case kwWithout:
		p.advance()
		p.expect(kwOids)
	}
	return nil
}

// optRelOptions reads [WITH (options)].
func (p *parser) optRelOptions() []*DefElem {
	if !p.accept(kwWith) {
		return nil
	}
	return p.relOptions()
}

func (p *parser) onCommit() OnCommit {
	if !p.accept2(kwOn, kwCommit) {
		return OnCommitDefault
	}
	switch p.t.kind {
	case kwDrop:
		p.advance()
		return OnCommitDrop
	case kwDelete:
		p.advance()
		p.expect(kwRows)
		return OnCommitDeleteRows
	}
	p.expect(kwPreserve, kwRows)
	return OnCommitPreserveRows
}

func (p *parser) optTablespace() string {
	if !p.accept(kwTablespace) {
		return ""
	}
	return p.colID()
}

// createTableAs continues CREATE TABLE as CREATE TABLE AS behind the name.
func (p *parser) createTableAs(s *CreateTableStmt) Statement {
	c := &CreateTableAsStmt{Loc: s.Loc, Kind: ObjectTable, IfNotExists: s.IfNotExists}
	c.Into = &IntoClause{Loc: s.Relation.Loc, Relation: s.Relation, Columns: p.optParenNames()}
	if p.accept(kwUsing) {
		c.Into.AccessMethod = p.colID()
	}
	c.Into.Options = p.optTableWith()
	c.Into.OnCommit = p.onCommit()
	c.Into.Tablespace = p.optTablespace()
	p.expect(kwAs)
	if p.t.kind == kwExecute {
		c.Query = p.executeStmt()
	} else {
		c.Query = p.selectStmt()
	}
	c.Into.NoData = p.withNoData()
	return c
}

// withNoData reads [WITH [NO] DATA]; it tells whether NO was said.
func (p *parser) withNoData() bool {
	if !p.accept(kwWith) {
		return false
	}
	no := p.accept(kwNo)
	p.expect(kwData)
	return no
}

// tableElement reads an item between the parentheses of CREATE TABLE.
func (p *parser) tableElement() TableElement {
	switch {
	case p.t.kind == kwLike:
		return p.tableLike()
	case p.startsTableConstraint():
		return p.tableConstraint()
	}
	return p.columnDef()
}

func (p *parser) startsTableConstraint() bool {
	switch p.t.kind {
	case kwConstraint, kwCheck, kwUnique, kwPrimary, kwForeign:
		return true
	case kwExclude:
		next := p.peek(1)
		return next == '(' || next == kwUsing
	}
	return false
}

// typedElements reads [( … )] of CREATE TABLE OF and PARTITION OF.
func (p *parser) typedElements() []TableElement {
	if p.t.kind != '(' {
		return nil
	}
	return parenList(p, func() TableElement {
		if p.startsTableConstraint() {
			return p.tableConstraint()
		}
		c := &ColumnDef{Loc: p.loc(), Name: p.colID()}
		p.accept2(kwWith, kwOptions)
		p.columnQualities(c)
		return c
	})
}

func (p *parser) tableLike() *TableLikeClause {
	c := &TableLikeClause{Loc: p.loc()}
	p.advance()
	c.Relation = p.qualifiedName()
	for p.oneOf(kwIncluding, kwExcluding) {
		including := p.t.kind == kwIncluding
		p.advance()
		option, ok := likeOptions[p.t.kind]
		if !ok {
			p.fail()
		}
		p.advance()
		if including {
			c.Options |= option
		} else {
			c.Options &^= option
		}
	}
	return c
}

var likeOptions = map[tok]LikeOption{
	kwComments: LikeComments, kwCompression: LikeCompression, kwConstraints: LikeConstraints,
	kwDefaults: LikeDefaults, kwIdentity: LikeIdentity, kwGenerated: LikeGenerated, kwIndexes: LikeIndexes,
	kwStatistics: LikeStatistics, kwStorage: LikeStorage, kwAll: LikeAll,
}

// columnDef reads a column of a table.
func (p *parser) columnDef() *ColumnDef {
	c := &ColumnDef{Loc: p.loc(), Name: p.colID(), Type: p.typeName()}
	if p.accept(kwStorage) {
		c.Storage = p.colIDOrDefault()
	}
	if p.accept(kwCompression) {
		c.Compression = p.colIDOrDefault()
	}
	c.FdwOptions = p.optGenericOptions()
	p.columnQualities(c)
	return c
}

func (p *parser) colIDOrDefault() string {
	if p.accept(kwDefault) {
		return "default"
	}
	return p.colID()
}

// columnQualities reads a column's constraints and its collation.
func (p *parser) columnQualities(c *ColumnDef) {
	var second *CollateClause
	for {
		if p.t.kind == kwCollate {
			clause := p.optCollateClause()
			switch {
			case c.Collate == nil:
				c.Collate = clause
			case second == nil:
				second = clause
			}
			continue
		}
		con := p.columnConstraint()
		if con == nil {
			if second != nil {
				p.raise(pgerror.SyntaxError, int(second.Loc), "multiple COLLATE clauses not allowed")
			}
			return
		}
		c.Constraints = append(c.Constraints, con)
	}
}

// columnConstraint reads a constraint of a column, nil if none starts here.
func (p *parser) columnConstraint() *Constraint {
	at := p.loc()
	if p.accept(kwConstraint) {
		name := p.colID()
		con := p.columnConstraintElem()
		if con == nil {
			p.fail()
		}
		con.Loc, con.Name = at, name
		return con
	}
	switch p.t.kind {
	case kwDeferrable:
		p.advance()
		return &Constraint{Loc: at, Kind: ConstraintAttrDeferrable}
	case kwInitially:
		p.advance()
		if p.accept(kwDeferred) {
			return &Constraint{Loc: at, Kind: ConstraintAttrDeferred}
		}
		p.expect(kwImmediate)
		return &Constraint{Loc: at, Kind: ConstraintAttrImmediate}
	case kwNot:
		if p.peek(1) == kwDeferrable {
			p.advance()
			p.advance()
			return &Constraint{Loc: at, Kind: ConstraintAttrNotDeferrable}
		}
	}
	return p.columnConstraintElem()
}

func (p *parser) columnConstraintElem() *Constraint {
	c := &Constraint{Loc: p.loc()}
	switch p.t.kind {
	case kwNot:
		p.advance()
		p.expect(kwNull)
		c.Kind = ConstraintNotNull
	case kwNull:
		p.advance()
		c.Kind = ConstraintNull
	case kwUnique:
		p.advance()
		c.Kind = ConstraintUnique
		c.NullsNotDistinct = p.nullTreatment()
		p.indexConstraintOptions(c)
	case kwPrimary:
		p.advance()
		p.expect(kwKey)
		c.Kind = ConstraintPrimary
		p.indexConstraintOptions(c)
	case kwCheck:
		p.advance()
		c.Kind = ConstraintCheck
		p.expect('(')
		c.Expr = p.aExpr()
		p.expect(')')
		c.NoInherit = p.accept2(kwNo, kwInherit)
	case kwDefault:
		p.advance()
		c.Kind = ConstraintDefault
		c.Expr = p.bExpr()
	case kwGenerated:
		p.generated(c)
	case kwReferences:
		c.Kind = ConstraintForeign
		p.references(c)
	default:
		return nil
	}
	return c
}

// generated reads GENERATED … AS IDENTITY or AS (expression) STORED.
func (p *parser) generated(c *Constraint) {
	p.advance()
	when := int(p.t.start)
	c.ByDefault = p.generatedWhen()
	p.expect(kwAs)
	if p.accept(kwIdentity) {
		c.Kind = ConstraintIdentity
		if p.accept('(') {
			c.Options = p.sequenceOptions(true)
			p.expect(')')
		}
		return
	}
	c.Kind = ConstraintGenerated
	p.expect('(')
	c.Expr = p.aExpr()
	p.expect(')', kwStored)
	if c.ByDefault {
		p.raise(pgerror.SyntaxError, when, "for a generated column, GENERATED ALWAYS must be specified")
	}
}

// generatedWhen reads ALWAYS or BY DEFAULT and tells whether it is the latter.
func (p *parser) generatedWhen() bool {
	if p.accept(kwAlways) {
		return false
	}
	p.expect(kwBy, kwDefault)
	return true
}

// nullTreatment reads [NULLS [NOT] DISTINCT]; it tells whether NOT was said.
func (p *parser) nullTreatment() bool {
	if !p.accept(kwNulls) {
		return false
	}
	not := p.accept(kwNot)
	p.expect(kwDistinct)
	return not
}

// indexConstraintOptions reads [WITH (…)] [USING INDEX TABLESPACE name].
func (p *parser) indexConstraintOptions(c *Constraint) {
	if p.accept(kwWith) {
		c.Options = p.definition()
	}
	if p.t.kind == kwUsing {
		p.advance()
		p.expect(kwIndex, kwTablespace)
		c.IndexTablespace = p.colID()
	}
}

// references reads REFERENCES table [(columns)] [MATCH …] [ON …].
func (p *parser) references(c *Constraint) {
	p.expect(kwReferences)
	c.RefTable = p.qualifiedName()
	c.RefColumns = p.optParenNames()
	if p.t.kind == kwMatch {
		at := int(p.t.start)
		p.advance()
		switch p.t.kind {
		case kwFull:
			c.Match = FKMatchFull
		case kwSimple:
		case kwPartial:
			p.advance()
			p.raise(pgerror.FeatureNotSupported, at, "MATCH PARTIAL not yet implemented")
		default:
			p.fail()
		}
		p.advance()
	}
	updateSeen, deleteSeen := false, false
	for p.t.kind == kwOn {
		at := int(p.t.start)
		p.advance()
		switch {
		case p.t.kind == kwUpdate && !updateSeen:
			updateSeen = true
			p.advance()
			var columns []string
			if c.OnUpdate, columns = p.keyAction(); columns != nil {
				action := "SET NULL"
				if c.OnUpdate == FKSetDefault {
					action = "SET DEFAULT"
				}
				p.raise(pgerror.FeatureNotSupported, at, "a column list with %s is only supported for ON DELETE actions", action)
			}
		case p.t.kind == kwDelete && !deleteSeen:
			deleteSeen = true
			p.advance()
			c.OnDelete, c.DeleteSetCols = p.keyAction()
		default:
			p.fail()
		}
		if updateSeen && deleteSeen {
			return
		}
	}
}

func (p *parser) keyAction() (ForeignKeyAction, []string) {
	switch p.t.kind {
	case kwNo:
		p.advance()
		p.expect(kwAction)
		return FKNoAction, nil
	case kwRestrict:
		p.advance()
		return FKRestrict, nil
	case kwCascade:
		p.advance()
		return FKCascade, nil
	}
	p.expect(kwSet)
	action := FKSetNull
	if p.t.kind == kwDefault {
		action = FKSetDefault
	} else if p.t.kind != kwNull {
		p.fail()
	}
	p.advance()
	return action, p.optParenNames()
}
