package bind

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
)

const (
	coerceImplicit   = catalog.Implicit
	coerceAssignment = catalog.Assignment
	coerceExplicit   = catalog.Explicit
)

func (a *analyzer) canCoerce(from, to oid, ctx catalog.CoercionContext) bool {
	return from == to || a.cs.CanCoerce([]oid{from}, []oid{to}, ctx)
}

// coerceToTarget converts a value to a type with its modifier; nil when there is no way.
func (a *analyzer) coerceToTarget(e expr.Expr, target sqlType, ctx catalog.CoercionContext, form expr.CastForm, at int) expr.Expr {
	if !a.canCoerce(e.Type().OID, target.OID, ctx) {
		return nil
	}
	out := a.coerceType(e, target, ctx, form, at)
	_, isConst := out.(*expr.Const)
	return a.coerceMod(out, target, ctx, form, at, out != e && !isConst)
}

// coerceMod applies a modifier such as a length. A negative one only relabels.
func (a *analyzer) coerceMod(e expr.Expr, target sqlType, ctx catalog.CoercionContext, form expr.CastForm, at int, hide bool) expr.Expr {
	if e.Type().Mod == target.Mod {
		return e
	}
	if hide {
		e = hideCast(e)
	}
	if target.Mod >= 0 {
		switch path, _ := a.cs.TypmodCoercion(target.OID); path {
		case catalog.PathFunc:
			return &expr.CoerceTypmod{Base: expr.Base{Typ: target, At: at}, Arg: e, Cast: form}
		case catalog.PathArray:
			element := a.elementOf(target.OID)
			test := &expr.CaseTest{Base: expr.Base{Typ: sqlType{OID: a.elementOf(e.Type().OID), Mod: e.Type().Mod}, At: -1}}
			step := &expr.CoerceTypmod{Base: expr.Base{Typ: sqlType{OID: element, Mod: target.Mod}, At: at}, Arg: test, Cast: form}
			return &expr.ArrayCoerce{Base: expr.Base{Typ: target, At: at}, Arg: e, Element: step, Cast: form}
		}
	}
	return relabel(e, target, form, at)
}

// relabel gives a value another type of the same bytes, folding relabels of relabels and of constants.
func relabel(e expr.Expr, target sqlType, form expr.CastForm, at int) expr.Expr {
	for {
		r, ok := e.(*expr.Relabel)
		if !ok {
			break
		}
		e = r.Arg
	}
	if c, ok := e.(*expr.Const); ok {
		return constant(target, expr.RelabelValue(c.Typ.OID, target.OID, c.Value), c.At)
	}
	if e.Type() == target {
		return e
	}
	return &expr.Relabel{Base: expr.Base{Typ: target, At: at}, Arg: e, Cast: form}
}

// hideCast marks a conversion as one nobody wrote.
func hideCast(e expr.Expr) expr.Expr {
	switch e := e.(type) {
	case *expr.Func:
		c := *e
		c.Cast = expr.ImplicitCast
		return &c
	case *expr.Relabel:
		c := *e
		c.Cast = expr.ImplicitCast
		return &c
	case *expr.CoerceIO:
		c := *e
		c.Cast = expr.ImplicitCast
		return &c
	case *expr.ArrayCoerce:
		c := *e
		c.Cast = expr.ImplicitCast
		return &c
	}
	return e
}

// coerceType converts a value to a type; the caller knows that there is a way. A modifier only matters to the input of intervals.
func (a *analyzer) coerceType(e expr.Expr, target sqlType, ctx catalog.CoercionContext, form expr.CastForm, at int) expr.Expr {
	from := e.Type().OID
	if from == target.OID || keepsItsType(target.OID) {
		return e
	}
	if catalog.IsPolymorphic(target.OID) && from != sqltypes.UnknownOID {
		if base := a.cs.BaseType(from); base != from {
			return &expr.Relabel{Base: expr.Base{Typ: sqlType{OID: base, Mod: e.Type().Mod}, At: at}, Arg: e, Cast: expr.ImplicitCast}
		}
		return e
	}
	if from == sqltypes.UnknownOID {
		switch x := e.(type) {
		case *expr.Const:
			return a.coerceLiteral(x, target, ctx, form, at)
		case *expr.Param:
			return a.coerceParam(x, target.OID, at)
		}
	}
	path, proc := a.cs.FindCoercionPath(target.OID, from, ctx)
	if path == catalog.PathNone {
		return a.coerceRow(e, target, ctx, form, at)
	}
	base := a.baseType(target)
	if path == catalog.PathRelabel {
		if base.OID != target.OID {
			return a.toDomain(e, target, base, ctx, form, at)
		}
		return relabel(e, sqltypes.T(target.OID), form, at)
	}
	out := a.coerceByPath(e, path, proc, base, ctx, form, at)
	if base.OID != target.OID {
		return a.toDomain(out, target, base, ctx, form, at)
	}
	return out
}

func keepsItsType(target oid) bool {
	switch target {
	case sqltypes.AnyOID, sqltypes.AnyElementOID, sqltypes.AnyNonArrayOID, sqltypes.AnyCompatibleOID, sqltypes.AnyCompatibleNonArrayOID:
		return true
	}
	return false
}

// coerceLiteral reads an untyped literal as a value of the type.
func (a *analyzer) coerceLiteral(c *expr.Const, target sqlType, ctx catalog.CoercionContext, form expr.CastForm, at int) expr.Expr {
	base := a.baseType(target)
	mod := int32(-1)
	if base.OID == sqltypes.IntervalOID {
		mod = base.Mod
	}
	out := constant(sqlType{OID: base.OID, Mod: mod}, c.Value, c.At)
	if !c.Value.IsNull() {
		out.Value = a.parseText(out.Typ, c.Value.Str(), c.At)
	}
	if base.OID != target.OID {
		return a.toDomain(out, target, base, ctx, form, at)
	}
	return out
}

// coerceParam settles the type of a parameter.
func (a *analyzer) coerceParam(p *expr.Param, target oid, at int) expr.Expr {
	known := &a.params[p.Number-1]
	switch *known {
	case sqltypes.UnknownOID:
		*known = target
	case target:
	default:
		a.raise(a.errorAt(pgerror.AmbiguousParameter, p.At, "inconsistent types deduced for parameter $%d", p.Number).
			WithDetail("%s versus %s", a.typeName(*known), a.typeName(target)))
	}
	return &expr.Param{Base: expr.Base{Typ: sqltypes.T(target), At: leftmost(p.At, at)}, Number: p.Number}
}

func (a *analyzer) coerceByPath(e expr.Expr, path catalog.PathKind, proc oid, target sqlType, ctx catalog.CoercionContext, form expr.CastForm, at int) expr.Expr {
	switch path {
	case catalog.PathFunc:
		return a.castCall(e, proc, target, ctx, form, at)
	case catalog.PathIO:
		return &expr.CoerceIO{Base: expr.Base{Typ: sqltypes.T(target.OID), At: at}, Arg: e, Cast: form}
	}
	test := &expr.CaseTest{Base: expr.Base{Typ: sqlType{OID: a.elementOf(e.Type().OID), Mod: e.Type().Mod}, At: -1}}
	element := a.coerceToTarget(test, sqlType{OID: a.elementOf(target.OID), Mod: target.Mod}, ctx, form, at)
	if element == nil {
		panic("bind: array elements cannot be converted though the arrays can")
	}
	return &expr.ArrayCoerce{Base: expr.Base{Typ: sqlType{OID: target.OID, Mod: element.Type().Mod}, At: at}, Arg: e, Element: element, Cast: form}
}

// castCall calls a cast function with what it wants to know: the modifier, and whether the cast is explicit.
func (a *analyzer) castCall(e expr.Expr, proc oid, target sqlType, ctx catalog.CoercionContext, form expr.CastForm, at int) expr.Expr {
	p := a.proc(proc)
	out := &expr.Func{Base: expr.Base{Typ: sqltypes.T(target.OID), At: at}, Proc: proc, Name: p.Name, Args: []expr.Expr{e}, Cast: form}
	if len(p.ArgTypes) > 0 && p.ArgTypes[0] != e.Type().OID {
		out.Args[0] = a.relabelTo(e, p.ArgTypes[0])
	}
	if len(p.ArgTypes) >= 2 {
		out.Args = append(out.Args, constant(sqltypes.T(sqltypes.Int4OID), sqltypes.Int(int64(target.Mod)), -1))
		if target.Mod >= 0 {
			out.Typ.Mod = target.Mod
		}
	}
	if len(p.ArgTypes) == 3 {
		out.Args = append(out.Args, constant(boolType, sqltypes.Bool(ctx == coerceExplicit), -1))
	}
	return out
}

// relabelTo gives a domain's value its base type where a function wants that.
func (a *analyzer) relabelTo(e expr.Expr, t oid) expr.Expr {
	if a.cs.BaseType(e.Type().OID) == t {
		return &expr.Relabel{Base: expr.Base{Typ: sqltypes.T(t), At: -1}, Arg: e, Cast: expr.ImplicitCast}
	}
	return e
}

// toDomain makes a value of the base type one of the domain. The constraints of a domain are enforced where its column is written; a cast in an
// expression to a domain that has constraints is not supported.
func (a *analyzer) toDomain(e expr.Expr, target, base sqlType, ctx catalog.CoercionContext, form expr.CastForm, at int) expr.Expr {
	if e.Type().OID == target.OID {
		return e
	}
	if base.Mod >= 0 {
		e = a.coerceMod(e, base, ctx, expr.ImplicitCast, at, true)
	}
	if ctx == coerceExplicit && a.constrainedDomain(target.OID) {
		a.fail(pgerror.FeatureNotSupported, at, "cast to domain %s with constraints not supported", a.typeName(target.OID))
	}
	return &expr.Relabel{Base: expr.Base{Typ: sqltypes.T(target.OID), At: at}, Arg: e, Cast: form}
}

func (a *analyzer) constrainedDomain(t oid) bool {
	for {
		info := a.typeInfo(t)
		if info == nil || info.Kind != 'd' {
			return false
		}
		if info.NotNull || len(info.Checks) > 0 {
			return true
		}
		t = info.BaseType
	}
}

// coerceRow converts rows: an anonymous one to a table's row type field by field; a table's row is a record as it stands.
func (a *analyzer) coerceRow(e expr.Expr, target sqlType, ctx catalog.CoercionContext, form expr.CastForm, at int) expr.Expr {
	from := e.Type().OID
	row, ok := e.(*expr.Row)
	switch {
	case from == sqltypes.RecordOID && a.isComposite(target.OID):
		if !ok {
			a.fail(pgerror.CannotCoerce, leftmost(at, exprAt(e)), "cannot cast type %s to %s", "record", a.typeName(target.OID))
		}
	case target.OID == sqltypes.RecordOID && a.isComposite(from), target.OID == sqltypes.RecordArrayOID, from == sqltypes.RecordArrayOID:
		return e
	default:
		a.fail(pgerror.InternalError, -1, "failed to find conversion function from %s to %s", a.typeName(from), a.typeName(target.OID))
	}
	names, types := a.compositeColumns(target.OID)
	mismatch := func(detail string, args ...any) {
		p := at
		if p < 0 {
			p = exprAt(e)
		}
		a.raise(a.errorAt(pgerror.CannotCoerce, p, "cannot cast type %s to %s", "record", a.typeName(target.OID)).WithDetail(detail, args...))
	}
	out := &expr.Row{Base: expr.Base{Typ: sqltypes.T(target.OID), At: at}, Names: names}
	for i := range types {
		if i == len(row.Fields) {
			mismatch("Input has too few columns.")
		}
		f := row.Fields[i]
		x := a.coerceToTarget(f, types[i], ctx, expr.ImplicitCast, -1)
		if x == nil {
			mismatch("Cannot cast type %s to %s in column %d.", a.typeName(f.Type().OID), a.typeName(types[i].OID), i+1)
		}
		out.Fields = append(out.Fields, x)
	}
	if len(row.Fields) > len(types) {
		mismatch("Input has too many columns.")
	}
	return out
}

// coerceToBoolean demands a condition; word names the clause.
func (a *analyzer) coerceToBoolean(e expr.Expr, word string) expr.Expr {
	return a.coerceToSpecific(e, boolType, word)
}

// coerceToSpecific demands a value of one type; word names the clause.
func (a *analyzer) coerceToSpecific(e expr.Expr, target sqlType, word string) expr.Expr {
	if e.Type().OID != target.OID {
		out := a.coerceToTarget(e, target, coerceAssignment, expr.ImplicitCast, -1)
		if out == nil {
			a.fail(pgerror.DatatypeMismatch, exprAt(e), "argument of %s must be type %s, not type %s", word, a.typeName(target.OID), a.typeName(e.Type().OID))
		}
		e = out
	}
	if returnsSet(e) {
		a.fail(pgerror.DatatypeMismatch, exprAt(e), "argument of %s must not return a set", word)
	}
	return e
}

// commonType chooses the type of the branches of a construct. which, when given, learns the index of the branch that decided it.
func (a *analyzer) commonType(list []expr.Expr, word string, which *int) oid {
	common, at, err := a.cs.CommonType(typesOf(list), word)
	if err != nil {
		a.check(err, exprAt(list[at]))
	}
	if which != nil {
		*which = 0
		for i, e := range list {
			if e.Type().OID == common {
				*which = i
				break
			}
		}
	}
	return common
}

func (a *analyzer) tryCommonType(list []expr.Expr) oid {
	common, _, err := a.cs.CommonType(typesOf(list), "")
	if err != nil {
		return 0
	}
	return common
}

func (a *analyzer) allCoercible(target oid, list []expr.Expr) bool {
	for _, e := range list {
		if !a.canCoerce(e.Type().OID, target, coerceImplicit) {
			return false
		}
	}
	return true
}

// commonMod is the modifier of values of a common type: the one they share, else none.
func commonMod(list []expr.Expr, typ oid) int32 { return sameMod(list, typ) }

func (a *analyzer) coerceToCommon(e expr.Expr, target oid, word string) expr.Expr {
	from := e.Type().OID
	if from == target {
		return e
	}
	if !a.canCoerce(from, target, coerceImplicit) {
		a.fail(pgerror.CannotCoerce, exprAt(e), "%s could not convert type %s to %s", word, a.typeName(from), a.typeName(target))
	}
	return a.coerceType(e, sqltypes.T(target), coerceImplicit, expr.ImplicitCast, -1)
}

func typesOf(list []expr.Expr) []oid {
	out := make([]oid, len(list))
	for i, e := range list {
		out[i] = e.Type().OID
	}
	return out
}

// checkParams looks at what was inferred: every use of a parameter must agree, and nothing may stay unknown.
func (a *analyzer) checkParams(q *Query) {
	if len(a.params) == 0 {
		return
	}
	walkQuery(q, 0, func(e expr.Expr, _ int) bool {
		if p, ok := e.(*expr.Param); ok && p.Typ.OID != a.params[p.Number-1] {
			a.fail(pgerror.AmbiguousParameter, p.At, "could not determine data type of parameter $%d", p.Number)
		}
		return true
	})
	for i, t := range a.params {
		if t == 0 || t == sqltypes.UnknownOID {
			a.fail(pgerror.IndeterminateDatatype, -1, "could not determine data type of parameter $%d", i+1)
		}
	}
}
