package parse

import "github.com/opendsql/opendsql/internal/pgerror"

func systemType(at Loc, name string, mods ...Expr) *TypeName {
	return &TypeName{Loc: at, Names: []string{"pg_catalog", name}, Mods: mods}
}

// typeName reads a Typename.
func (p *parser) typeName() *TypeName {
	p.enter()
	setOf := p.accept(kwSetof)
	t := p.simpleType()
	t.SetOf = setOf
	p.arrayBounds(t)
	p.depth--
	return t
}

func (p *parser) arrayBounds(t *TypeName) {
	if p.accept(kwArray) {
		t.ArrayBounds = []int{-1}
		if p.accept('[') {
			t.ArrayBounds[0] = p.iconst()
			p.expect(']')
		}
		return
	}
	for p.accept('[') {
		bound := -1
		if p.t.kind != ']' {
			bound = p.iconst()
		}
		p.expect(']')
		t.ArrayBounds = append(t.ArrayBounds, bound)
	}
}

// simpleType reads a SimpleTypename.
func (p *parser) simpleType() *TypeName {
	at := p.loc()
	if t := p.keywordType(at); t != nil {
		return t
	}
	t := &TypeName{Loc: at, Names: []string{p.typeFuncName()}}
	for p.accept('.') {
		t.Names = append(t.Names, p.colLabel())
	}
	t.Mods = p.optMods()
	return t
}

// keywordType reads a type spelled with keywords, nil if none starts here.
func (p *parser) keywordType(at Loc) *TypeName {
	switch p.t.kind {
	case kwInt, kwInteger:
		p.advance()
		return systemType(at, "int4")
	case kwSmallint:
		p.advance()
		return systemType(at, "int2")
	case kwBigint:
		p.advance()
		return systemType(at, "int8")
	case kwReal:
		p.advance()
		return systemType(at, "float4")
	case kwFloat:
		p.advance()
		return p.floatType(at)
	case kwDouble:
		if p.peek(1) != kwPrecision {
			return nil
		}
		p.advance()
		p.advance()
		return systemType(at, "float8")
	case kwDecimal, kwDec, kwNumeric:
		p.advance()
		return systemType(at, "numeric", p.optMods()...)
	case kwBoolean:
		p.advance()
		return systemType(at, "bool")
	case kwBit:
		t, bare := p.bitType(at)
		if bare && t.Names[1] == "bit" {
			t.Mods = []Expr{&IntegerConst{Loc: NoLoc, Value: 1}}
		}
		return t
	case kwCharacter, kwChar, kwNchar, kwVarchar, kwNational:
		t, bare := p.characterType(at)
		if bare && t.Names[1] == "bpchar" {
			t.Mods = []Expr{&IntegerConst{Loc: NoLoc, Value: 1}}
		}
		return t
	case kwTime, kwTimestamp:
		return p.datetimeType(at)
	case kwInterval:
		p.advance()
		t := systemType(at, "interval")
		if !p.intervalPrecision(t) {
			t.Mods = p.intervalFields()
		}
		return t
	}
	return nil
}

func (p *parser) optMods() []Expr {
	if p.t.kind != '(' {
		return nil
	}
	return parenList(p, p.aExpr)
}

func (p *parser) floatType(at Loc) *TypeName {
	if !p.accept('(') {
		return systemType(at, "float8")
	}
	where := int(p.t.start)
	bits := p.iconst()
	p.expect(')')
	switch {
	case bits < 1:
		p.raise(pgerror.InvalidParameterValue, where, "precision for type float must be at least 1 bit")
	case bits <= 24:
		return systemType(at, "float4")
	case bits > 53:
		p.raise(pgerror.InvalidParameterValue, where, "precision for type float must be less than 54 bits")
	}
	return systemType(at, "float8")
}

// bitType reads BIT [VARYING] [(n)]; it tells whether no length was given.
func (p *parser) bitType(at Loc) (t *TypeName, bare bool) {
	p.advance()
	name := "bit"
	if p.accept(kwVarying) {
		name = "varbit"
	}
	mods := p.optMods()
	return systemType(at, name, mods...), mods == nil
}

// characterType reads CHAR, VARCHAR and their other names.
func (p *parser) characterType(at Loc) (t *TypeName, bare bool) {
	kind := p.t.kind
	p.advance()
	if kind == kwNational {
		if !p.oneOf(kwCharacter, kwChar) {
			p.fail()
		}
		p.advance()
	}
	name := "bpchar"
	if kind == kwVarchar || p.accept(kwVarying) {
		name = "varchar"
	}
	if !p.accept('(') {
		return systemType(at, name), true
	}
	length := &IntegerConst{Loc: p.loc(), Value: int64(p.iconst())}
	p.expect(')')
	return systemType(at, name, length), false
}

// datetimeType reads TIME and TIMESTAMP with precision and time zone.
func (p *parser) datetimeType(at Loc) *TypeName {
	name, zoned := "time", "timetz"
	if p.t.kind == kwTimestamp {
		name, zoned = "timestamp", "timestamptz"
	}
	p.advance()
	t := systemType(at, name)
	if p.accept('(') {
		t.Mods = []Expr{&IntegerConst{Loc: p.loc(), Value: int64(p.iconst())}}
		p.expect(')')
	}
	switch p.t.kind {
	case tokWithLA:
		p.advance()
		p.expect(kwTime, kwZone)
		t.Names[1] = zoned
	case tokWithoutLA:
		p.advance()
		p.expect(kwTime, kwZone)
	}
	return t
}

// The bits of an interval's range mask, as PostgreSQL stores them in the type
// modifier.
const (
	intervalMonth  = 1 << 1
	intervalYear   = 1 << 2
	intervalDay    = 1 << 3
	intervalHour   = 1 << 10
	intervalMinute = 1 << 11
	intervalSecond = 1 << 12
	intervalFull   = 0x7FFF
)

// intervalPrecision reads the (n) of INTERVAL(n).
func (p *parser) intervalPrecision(t *TypeName) bool {
	if !p.accept('(') {
		return false
	}
	at := p.loc()
	precision := p.iconst()
	p.expect(')')
	t.Mods = []Expr{&IntegerConst{Loc: NoLoc, Value: intervalFull}, &IntegerConst{Loc: at, Value: int64(precision)}}
	return true
}

// intervalFields reads YEAR, DAY TO SECOND(3) and the like into modifiers.
func (p *parser) intervalFields() []Expr {
	at := p.loc()
	var mask int
	var to []tok
	switch p.t.kind {
	case kwYear:
		mask, to = intervalYear, []tok{kwMonth}
	case kwMonth:
		mask = intervalMonth
	case kwDay:
		mask, to = intervalDay, []tok{kwHour, kwMinute, kwSecond}
	case kwHour:
		mask, to = intervalHour, []tok{kwMinute, kwSecond}
	case kwMinute:
		mask, to = intervalMinute, []tok{kwSecond}
	case kwSecond:
		p.advance()
		return p.intervalSeconds(at, intervalSecond)
	default:
		return nil
	}
	p.advance()
	if to == nil || !p.accept(kwTo) {
		return []Expr{&IntegerConst{Loc: at, Value: int64(mask)}}
	}
	if !p.oneOf(to...) {
		p.fail()
	}
	last := p.t.kind
	p.advance()
	switch {
	case last == kwMonth:
		mask |= intervalMonth
	case mask == intervalDay:
		mask |= intervalHour
		if last != kwHour {
			mask |= intervalMinute
		}
	default:
		mask |= intervalMinute
	}
	if last == kwSecond {
		return p.intervalSeconds(at, mask|intervalSecond)
	}
	return []Expr{&IntegerConst{Loc: at, Value: int64(mask)}}
}

func (p *parser) intervalSeconds(at Loc, mask int) []Expr {
	mods := []Expr{&IntegerConst{Loc: at, Value: int64(mask)}}
	if p.accept('(') {
		mods = append(mods, &IntegerConst{Loc: p.loc(), Value: int64(p.iconst())})
		p.expect(')')
	}
	return mods
}

// typedConst reads a constant of a type spelled with keywords, nil if there is
// none here: such a keyword may also name a column.
func (p *parser) typedConst() Expr {
	at := p.loc()
	next := p.peek(1)
	switch p.t.kind {
	case kwInt, kwInteger, kwSmallint, kwBigint, kwReal, kwBoolean:
		if next != tokString {
			return nil
		}
		return p.constOfType(p.keywordType(at), at)
	case kwDouble:
		if next != kwPrecision {
			return nil
		}
		return p.constOfType(p.keywordType(at), at)
	case kwFloat, kwDecimal, kwDec, kwNumeric:
		if next != tokString && next != '(' {
			return nil
		}
		return p.constOfType(p.keywordType(at), at)
	case kwBit:
		if next != tokString && next != '(' && next != kwVarying {
			return nil
		}
		t, _ := p.bitType(at)
		return p.constOfType(t, at)
	case kwCharacter, kwChar, kwNchar, kwVarchar, kwNational:
		if next != tokString && next != '(' && (next != kwVarying || p.t.kind == kwVarchar || p.t.kind == kwNational) &&
			(p.t.kind != kwNational || next != kwCharacter && next != kwChar) {
			return nil
		}
		t, _ := p.characterType(at)
		return p.constOfType(t, at)
	case kwTime, kwTimestamp:
		if next != tokString && next != '(' && next != tokWithLA && next != tokWithoutLA {
			return nil
		}
		return p.constOfType(p.datetimeType(at), at)
	case kwInterval:
		if next != tokString && next != '(' {
			return nil
		}
		return p.intervalConst(at)
	}
	return nil
}

func (p *parser) intervalConst(at Loc) Expr {
	p.advance()
	t := systemType(at, "interval")
	if p.intervalPrecision(t) {
		return p.constOfType(t, at)
	}
	e := p.constOfType(t, at)
	t.Mods = p.intervalFields()
	return e
}

// funcType reads the type of a function's parameter or result.
func (p *parser) funcType() *TypeName {
	n := 0
	if p.t.kind == kwSetof {
		n = 1
	}
	if !p.peekPctType(n) {
		return p.typeName()
	}
	setOf := p.accept(kwSetof)
	t := &TypeName{Loc: p.loc(), SetOf: setOf, PctType: true}
	t.Names = append(t.Names, p.typeFuncName())
	for p.accept('.') {
		t.Names = append(t.Names, p.colLabel())
	}
	p.expect('%', kwType)
	return t
}

// peekPctType looks for name.name%TYPE at the n-th token from here.
func (p *parser) peekPctType(n int) bool {
	if !p.peek(n).isTypeFuncName() || p.peek(n+1) != '.' {
		return false
	}
	for p.peek(n+1) == '.' {
		n += 2
	}
	return p.peek(n+1) == '%'
}
