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

// sqlLanguage is pg_language's OID of SQL.
const sqlLanguage oid = 14

// functionParams are the parameters that the body of an SQL function may mention: the columns of the body's first range-table entry, in the outermost
// scope of the body's analyzer.
type functionParams struct {
	name  string
	names []string
	types []sqlType
}

// isSQLFunction tells functions of users, whose bodies take the place of their calls.
func isSQLFunction(p *catalog.Proc) bool {
	return p != nil && p.Language == sqlLanguage && p.OID >= catalog.FirstUserOID
}

// parameter is the value of a function's parameter as an expression of this scope.
func (s *scope) parameter(i, at int) expr.Expr {
	level := 0
	for p := s; p.parent != nil; p = p.parent {
		level++
	}
	f := s.function
	return &expr.Var{Base: expr.Base{Typ: f.types[i], At: at}, Column: i, Level: level, Name: f.names[i]}
}

// namedParameter finds a parameter by "name" or "function.name"; nil when there is none.
func (s *scope) namedParameter(fields []string, at int) expr.Expr {
	if s.function == nil || len(fields) == 0 || len(fields) == 2 && fields[0] != s.function.name || len(fields) > 2 {
		return nil
	}
	if i := slices.Index(s.function.names, fields[len(fields)-1]); i >= 0 {
		return s.parameter(i, at)
	}
	return nil
}

// functionQuery is the query that a call of an SQL function stands for: the arguments as one row, and the function's body beside it.
func (s *scope) functionQuery(p *catalog.Proc, args []expr.Expr, at int) (*scope, *item) {
	for _, a := range args {
		if returnsSet(a) || contains(a, isWindowFunc) {
			s.fail(pgerror.FeatureNotSupported, at, "set-returning or window function as an argument of SQL function %s not supported", p.Name)
		}
	}
	if slices.Contains(s.views, p.OID) {
		s.fail(pgerror.FeatureNotSupported, at, "recursive SQL function %s not supported", p.Name)
	}
	n := s.nested(p.Source)
	n.views = append(slices.Clone(s.views), p.OID)
	n.function = &functionParams{name: p.Name, names: make([]string, len(args))}
	copy(n.function.names, p.ArgNames)
	row := &Query{Target: -1, Source: -1}
	for i, a := range args {
		n.function.types = append(n.function.types, a.Type())
		row.Targets = append(row.Targets, Target{Expr: a, Name: valuesName(i)})
	}
	// The row stands two queries further in than the call did.
	shiftLevels(row, 0, map[any]bool{})
	shiftLevels(row, 0, map[any]bool{})
	w := n.scope(nil)
	if len(args) > 0 {
		params := w.addSubquery(row, nil, true, "parameters", -1)
		w.q.From = append(w.q.From, RelRef{params.rel})
		w.markRead(params.rel, -1)
		if p.Strict {
			w.q.Where = conjunctionOf(w.notNull(params)...)
		}
	}
	body := w.child()
	body.resolveUnknowns = true
	q := body.selectStatement(s.functionBody(p, at))
	it := w.addSubquery(q, nil, true, p.Name, -1)
	w.q.From = append(w.q.From, RelRef{it.rel})
	return w, it
}

// notNull are the conditions that no parameter is NULL: a strict function is not run otherwise.
func (s *scope) notNull(params *item) (list []expr.Expr) {
	for i := range params.cols {
		list = append(list, &expr.NullTest{Base: expr.Base{Typ: boolType, At: -1}, Arg: s.columnVar(s, params, 0, i, -1), Not: true})
	}
	return list
}

// functionBody parses the body, which must be one SELECT.
func (s *scope) functionBody(p *catalog.Proc, at int) *parse.SelectStmt {
	text := strings.TrimSpace(p.Source)
	if word, rest, _ := strings.Cut(text, " "); p.SQLBody && strings.EqualFold(word, "RETURN") {
		text = "SELECT " + rest
	}
	stmts, err := parse.Parse(text)
	s.check(err, at)
	if len(stmts) == 1 {
		if body, ok := stmts[0].Stmt.(*parse.SelectStmt); ok {
			return body
		}
	}
	s.fail(pgerror.FeatureNotSupported, at, "SQL function %s whose body is not one SELECT not supported", p.Name)
	return nil
}

// scalarFunction is a call of an SQL function as the sub-query it stands for: the first row's first column.
func (s *scope) scalarFunction(f *catalog.FunctionCall, args []expr.Expr, at int) expr.Expr {
	if f.ReturnsSet {
		s.fail(pgerror.FeatureNotSupported, at, "set-returning SQL function %s is only supported in FROM", f.Name)
	}
	w, it := s.functionQuery(f.Proc, args, at)
	value := w.functionValue(f.Proc, it, 0, sqltypes.T(f.Result), at)
	if len(it.cols) != 1 {
		s.fail(pgerror.FeatureNotSupported, at, "SQL function %s that returns a row is only supported in FROM", f.Name)
	}
	w.q.Targets = []Target{{Expr: value, Name: f.Name}}
	w.q.Limit = constant(int8Type, sqltypes.Int(1), -1)
	return &expr.SubLink{Base: expr.Base{Typ: value.Type(), At: at}, Kind: expr.ScalarLink, Query: w.q}
}

// functionValue is a column of the body's result, converted to what the function declares.
func (s *scope) functionValue(p *catalog.Proc, it *item, i int, declared sqlType, at int) expr.Expr {
	v := s.columnVar(s, it, 0, i, -1)
	out := s.coerceToTarget(v, declared, coerceAssignment, expr.ImplicitCast, -1)
	if out == nil {
		s.raise(s.errorAt(pgerror.InvalidFunctionDefinition, at, "return type mismatch in function declared to return %s", s.typeName(p.ReturnType)).
			WithDetail("Actual return type is %s.", s.typeName(v.Type().OID)))
	}
	return out
}

// tableFunction adds an SQL function of FROM as the sub-query it stands for.
func (s *scope) tableFunction(c fromCall, alias *parse.Alias, at int) *item {
	call := c.call.(*expr.Func)
	p := s.proc(call.Proc)
	names, types, composite := s.functionColumns(c, alias, 1)
	w, it := s.functionQuery(p, call.Args, at)
	if len(it.cols) != len(types) {
		s.fail(pgerror.InvalidFunctionDefinition, at, "return type mismatch in function declared to return %s", s.typeName(p.ReturnType))
	}
	for i := range types {
		w.q.Targets = append(w.q.Targets, Target{Expr: w.functionValue(p, it, i, types[i], at), Name: names[i]})
	}
	if !p.ReturnsSet {
		w.q.Limit = constant(int8Type, sqltypes.Int(1), -1)
	}
	out := s.addSubquery(w.q, alias, true, c.name, at)
	if composite {
		out.info.rowOID = call.Typ.OID
	}
	return out
}
