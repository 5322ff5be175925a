package bind

import (
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// call is a function call under analysis. syntax is nil for calls that have no decorations: columns in function clothes, and our own.
type call struct {
	name     []string
	args     []expr.Expr
	argNames []string
	syntax   *parse.FuncCall
	filter   expr.Expr
	column   bool // written as row.name
	at       int
	lastSRF  expr.Expr // the last set-returning function before the arguments
}

func (c *call) text() string { return strings.Join(c.name, ".") }

// funcCall binds a call as it stands in the text.
func (s *scope) funcCall(e *parse.FuncCall) expr.Expr {
	c := &call{name: e.Name, syntax: e, at: e.Pos(), lastSRF: s.lastSRF}
	for _, a := range e.Args {
		s.addArgument(c, a)
	}
	if e.WithinGroup {
		for _, o := range e.OrderBy {
			c.args = append(c.args, s.expressionIn(o.Expr, kindOrderBy))
		}
	}
	if e.Filter != nil {
		c.filter = s.booleanClause(e.Filter, kindFilter, "FILTER")
	}
	return s.callFunction(c)
}

func (s *scope) addArgument(c *call, a parse.Expr) {
	if named, ok := a.(*parse.NamedArg); ok {
		for _, n := range c.argNames {
			if n == named.Name {
				s.fail(pgerror.SyntaxError, named.Pos(), "argument name \"%s\" used more than once", n)
			}
		}
		c.argNames = append(c.argNames, named.Name)
		c.args = append(c.args, s.expression(named.Value))
		return
	}
	exprs, _, ok := s.expandStarArgument(a)
	if !ok {
		exprs = []expr.Expr{s.expression(a)}
	}
	if len(c.argNames) > 0 {
		s.fail(pgerror.SyntaxError, rawAt(a), "positional argument cannot follow named argument")
	}
	c.args = append(c.args, exprs...)
}

// expandStarArgument: "t.*" among a function's arguments is the whole row, not a list.
func (s *scope) expandStarArgument(parse.Expr) ([]expr.Expr, []string, bool) { return nil, nil, false }

// functionOrField is "row.name": a field when there is one, else a function of the row; nil when neither exists.
func (s *scope) functionOrField(name string, row expr.Expr, at int) expr.Expr {
	return s.callFunction(&call{name: []string{name}, args: []expr.Expr{row}, column: true, at: at, lastSRF: s.lastSRF})
}

// invoke calls a function of pg_catalog on bound arguments.
func (s *scope) invoke(name string, at int, args ...expr.Expr) expr.Expr {
	return s.callFunction(&call{name: []string{"pg_catalog", name}, args: args, at: at, lastSRF: s.lastSRF})
}

const variadicNotArray = "VARIADIC argument must be an array"

// callFunction resolves a call. It is nil only for one written as row.name.
func (s *scope) callFunction(c *call) expr.Expr {
	projection := s.couldBeField(c)
	if projection && c.column {
		if f := s.field(c.args[0], c.name[0], c.at); f != nil {
			return f
		}
	}
	request := catalog.Call{Name: c.name, Args: typesOf(c.args), ArgNames: c.argNames}
	if e := c.syntax; e != nil {
		request.Variadic, request.Ordered = e.Variadic, len(e.OrderBy) > 1 && !e.WithinGroup
	}
	found, err := s.cs.ResolveFunction(request)
	if err != nil {
		if isUndefinedFunction(err) {
			if c.column {
				return nil
			}
			if projection {
				if f := s.field(c.args[0], c.name[0], c.at); f != nil {
					return f
				}
			}
		}
		at := c.at
		if request.Variadic && len(c.args) > 0 && pgerror.From(err).Message == variadicNotArray {
			at = exprAt(c.args[len(c.args)-1])
		} else if found.Proc != nil {
			at = -1 // polymorphic arguments that do not agree are found after the function was
			s.checkDecorations(c, &found)
		}
		s.check(err, at)
	}
	s.checkDecorations(c, &found)
	if found.CoerceTo != 0 {
		return s.coerceType(c.args[0], sqltypes.T(found.CoerceTo), coerceExplicit, expr.NotCast, c.at)
	}
	return s.finishCall(c, &found)
}

// couldBeField tells whether f(x) may mean x.f.
func (s *scope) couldBeField(c *call) bool {
	if len(c.args) != 1 || len(c.name) != 1 || len(c.argNames) > 0 || !s.isRowType(c.args[0].Type().OID) {
		return false
	}
	e := c.syntax
	return e == nil || e.OrderBy == nil && e.Filter == nil && !e.Star && !e.Distinct && e.Over == nil && !e.Variadic
}

// field is a column of a row value; nil when it has none of that name.
func (s *scope) field(row expr.Expr, name string, at int) expr.Expr {
	if v, ok := row.(*expr.Var); ok && v.Column < 0 {
		p := s.scopeAt(v.Level)
		return s.itemColumn(p, p.rels[v.Rel].item, v.Level, name, at)
	}
	names, types, ok := s.rowColumns(row)
	if !ok {
		return nil
	}
	for i, n := range names {
		if n == name {
			return &expr.FieldSelect{Base: expr.Base{Typ: types[i], At: -1}, Arg: row, Field: i, Name: n}
		}
	}
	return nil
}

// checkDecorations refuses DISTINCT, OVER and the like where the function does not take them.
func (s *scope) checkDecorations(c *call, f *catalog.FunctionCall) {
	kind := byte('f')
	if f.Proc != nil {
		kind = f.Kind
	}
	wrong := func(format string, args ...any) { s.fail(pgerror.WrongObjectType, c.at, format, args...) }
	e := c.syntax
	if e == nil {
		e = &parse.FuncCall{}
	}
	name := c.text()
	switch kind {
	case 'p':
		s.raise(s.errorAt(pgerror.WrongObjectType, c.at, "%s is a procedure", s.signature(c)).WithHint("To call a procedure, use CALL."))
	case 'f':
		switch {
		case e.Star:
			wrong("%s(*) specified, but %s is not an aggregate function", name, name)
		case e.Distinct:
			wrong("DISTINCT specified, but %s is not an aggregate function", name)
		case e.WithinGroup:
			wrong("WITHIN GROUP specified, but %s is not an aggregate function", name)
		case len(e.OrderBy) > 0:
			wrong("ORDER BY specified, but %s is not an aggregate function", name)
		case e.Filter != nil:
			wrong("FILTER specified, but %s is not an aggregate function", name)
		case e.Over != nil:
			wrong("OVER specified, but %s is not a window function nor an aggregate function", name)
		}
	case 'a':
		s.checkOrderedSet(c, f, e)
	case 'w':
		if e.Over == nil {
			wrong("window function %s requires an OVER clause", name)
		}
		if e.WithinGroup {
			wrong("window function %s cannot have WITHIN GROUP", name)
		}
	}
}

func (s *scope) signature(c *call) string {
	parts := make([]string, len(c.args))
	for i, a := range c.args {
		parts[i] = s.typeName(a.Type().OID)
	}
	return c.text() + "(" + strings.Join(parts, ", ") + ")"
}

// checkOrderedSet sees to it that WITHIN GROUP stands exactly where it must, with the right number of direct arguments.
func (s *scope) checkOrderedSet(c *call, f *catalog.FunctionCall, e *parse.FuncCall) {
	agg := s.data.Aggregate(f.OID)
	name := c.text()
	if agg == nil || agg.Kind == 'n' {
		if e.WithinGroup {
			s.fail(pgerror.WrongObjectType, c.at, "%s is not an ordered-set aggregate, so it cannot have WITHIN GROUP", name)
		}
		return
	}
	if !e.WithinGroup {
		s.fail(pgerror.WrongObjectType, c.at, "WITHIN GROUP is required for ordered-set aggregate %s", name)
	}
	if e.Over != nil {
		s.fail(pgerror.FeatureNotSupported, c.at, "OVER is not supported for ordered-set aggregate %s", name)
	}
	direct, ordered := len(c.args)-len(e.OrderBy), len(e.OrderBy)
	if agg.Kind == 'h' {
		if direct != ordered {
			s.raise(s.errorAt(pgerror.UndefinedFunction, c.at, "function %s does not exist", s.signature(c)).
				WithHint("To use the hypothetical-set aggregate %s, the number of hypothetical direct arguments (here %d) must match the number of ordering columns (here %d).",
					name, direct, ordered))
		}
		s.unifyHypothetical(c, f, direct)
		return
	}
	if direct != agg.DirectArgs {
		word := "argument"
		if agg.DirectArgs != 1 {
			word = "arguments"
		}
		s.raise(s.errorAt(pgerror.UndefinedFunction, c.at, "function %s does not exist", s.signature(c)).
			WithHint("There is an ordered-set aggregate %s, but it requires %d direct %s, not %d.", name, agg.DirectArgs, word, direct))
	}
}

// unifyHypothetical gives each hypothetical argument the type of the column it would be sorted into.
func (s *scope) unifyHypothetical(c *call, f *catalog.FunctionCall, direct int) {
	for i := range direct {
		pair := []expr.Expr{c.args[direct+i], c.args[i]}
		typ := s.commonType(pair, "WITHIN GROUP", nil)
		c.args[i] = s.coerceToCommon(c.args[i], typ, "WITHIN GROUP")
		c.args[direct+i] = s.coerceToCommon(c.args[direct+i], typ, "WITHIN GROUP")
		if i < len(f.Args) {
			f.Args[i] = sqltypes.AnyOID
		}
		if direct+i < len(f.Args) {
			f.Args[direct+i] = sqltypes.AnyOID
		}
	}
}

// finishCall coerces the arguments and makes the node.
func (s *scope) finishCall(c *call, f *catalog.FunctionCall) expr.Expr {
	args := s.callArguments(c, f)
	variadic := c.syntax != nil && c.syntax.Variadic && f.Proc.Variadic != 0
	if f.Variadic > 0 && f.Proc.Variadic != sqltypes.AnyOID {
		args = s.gather(args, f.Variadic)
		variadic = true
	}
	if variadic && f.Proc.Variadic == sqltypes.AnyOID && len(args) > 0 {
		if last := args[len(args)-1]; s.elementOf(last.Type().OID) == 0 {
			s.fail(pgerror.DatatypeMismatch, exprAt(last), variadicNotArray)
		}
	}
	if f.ReturnsSet {
		s.checkSetPlace(c.lastSRF, c.at)
	}
	over := c.syntax != nil && c.syntax.Over != nil
	switch {
	case f.Kind == 'a' && !over:
		return s.aggregate(c, f, args, variadic)
	case f.Kind == 'a' || f.Kind == 'w':
		return s.windowCall(c, f, args)
	}
	if f.OID >= catalog.FirstUserOID && !slices.Contains(s.functions, f.OID) {
		s.functions = append(s.functions, f.OID)
	}
	if isSQLFunction(f.Proc) && (c.syntax == nil || s.fromCall != parse.Expr(c.syntax)) {
		return s.scalarFunction(f, args, c.at)
	}
	out := &expr.Func{Base: expr.Base{Typ: sqltypes.T(f.Result), At: c.at}, Proc: f.OID, Name: f.Name, Args: args, Variadic: variadic, ReturnsSet: f.ReturnsSet}
	if f.ReturnsSet {
		s.lastSRF = out
		if f.Result == sqltypes.RecordOID {
			out.RowNames, out.RowTypes, _ = s.outColumns(out)
		}
	}
	return out
}

// callArguments puts the written and the default arguments into the order of the parameters, converted to their types.
func (s *scope) callArguments(c *call, f *catalog.FunctionCall) []expr.Expr {
	args := make([]expr.Expr, 0, len(f.Args))
	for i, a := range c.args {
		if i < len(f.Args) {
			a = s.coerceArgument(a, f.Args[i])
		}
		args = append(args, a)
	}
	if f.Defaults > 0 {
		for i := len(c.args); i < len(f.Args); i++ {
			parameter := i
			if f.Order != nil {
				parameter = f.Order[i]
			}
			args = append(args, s.defaultArgument(f.Proc, parameter, f.Args[i]))
		}
	}
	if f.Order == nil {
		return args
	}
	ordered := make([]expr.Expr, len(args))
	for i, a := range args {
		ordered[f.Order[i]] = a
	}
	return ordered
}

func (s *scope) coerceArgument(e expr.Expr, to oid) expr.Expr {
	if e.Type().OID == to {
		return e
	}
	return s.coerceType(e, sqltypes.T(to), coerceImplicit, expr.ImplicitCast, -1)
}

// defaultArgument binds the default of a parameter from the function's definition.
func (s *scope) defaultArgument(p *catalog.Proc, parameter int, to oid) expr.Expr {
	text := p.DefaultExprs[parameter-(len(p.ArgTypes)-p.Defaults)]
	n := s.nested(text)
	e := n.scope(nil).expressionIn(n.parseExpr(text), kindOther)
	if to == sqltypes.UnknownOID {
		return e
	}
	out := n.coerceToTarget(e, sqltypes.T(to), coerceAssignment, expr.ImplicitCast, -1)
	if out == nil {
		s.fail(pgerror.DatatypeMismatch, -1, "default of parameter %d of function %s does not fit", parameter+1, p.Name)
	}
	out = expr.FoldLate(out, s.Session)
	if c, ok := out.(*expr.Const); ok { // it stands nowhere in the statement
		k := *c
		k.At = -1
		return &k
	}
	return out
}

// gather makes an array of the last n arguments.
func (s *scope) gather(args []expr.Expr, n int) []expr.Expr {
	list := args[len(args)-n:]
	element := list[0].Type().OID
	array := s.arrayOf(element)
	if array == 0 {
		s.fail(pgerror.UndefinedObject, exprListAt(list), "could not find array type for data type %s", s.typeName(element))
	}
	node := &expr.ArrayExpr{Base: expr.Base{Typ: sqltypes.T(array), At: exprListAt(list)}, Element: element, Elements: append([]expr.Expr(nil), list...)}
	return append(args[:len(args)-n:len(args)-n], node)
}

// checkSetPlace refuses a set-returning function where no set can be.
func (s *scope) checkSetPlace(last expr.Expr, at int) {
	switch s.kind {
	case kindOther:
	case kindFromFunction:
		if s.lastSRF != last {
			s.fail(pgerror.FeatureNotSupported, exprAt(s.lastSRF), "set-returning functions must appear at top level of FROM")
		}
	case kindWindowPartition, kindWindowOrder, kindSelectTarget, kindInsertTarget, kindGroupBy, kindOrderBy, kindDistinctOn, kindValuesSingle:
		s.hasSRF = true
	case kindFrameRange, kindFrameRows, kindFrameGroups:
		s.fail(pgerror.FeatureNotSupported, at, "set-returning functions are not allowed in window definitions")
	default:
		s.fail(pgerror.FeatureNotSupported, at, "set-returning functions are not allowed in %s", s.kind.phrase())
	}
}

// operator resolves and builds an operator; left is nil for a prefix one.
func (s *scope) operator(name []string, left, right expr.Expr, at int) expr.Expr {
	last := s.lastSRF
	leftType := oid(0)
	if left != nil {
		leftType = left.Type().OID
	}
	o, err := s.cs.ResolveOperator(name, leftType, right.Type().OID)
	s.check(err, at)
	out := &expr.Func{Base: expr.Base{Typ: sqltypes.T(o.ResultType), At: at}, Proc: o.Proc, Name: o.Name, Operator: o.OID}
	if left != nil {
		out.Args = append(out.Args, s.coerceArgument(left, o.LeftType))
	}
	out.Args = append(out.Args, s.coerceArgument(right, o.RightType))
	if p := s.proc(o.Proc); p != nil && p.ReturnsSet {
		s.checkSetPlace(last, at)
		out.ReturnsSet = true
		s.lastSRF = out
	}
	return out
}

// arrayOp builds left op ANY (right) or, with any false, ALL.
func (s *scope) arrayOp(name []string, any bool, left, right expr.Expr, at int) expr.Expr {
	o, err := s.cs.ResolveArrayOperator(name, left.Type().OID, right.Type().OID)
	s.check(err, at)
	return &expr.ArrayOp{Base: expr.Base{Typ: boolType, At: at}, Proc: o.Proc, Operator: o.OID, Name: o.Name, All: !any,
		Left: s.coerceArgument(left, o.LeftType), Right: s.coerceArgument(right, o.RightType)}
}
