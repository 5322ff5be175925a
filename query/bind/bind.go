package bind

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

type (
	oid     = sqltypes.OID
	sqlType = sqltypes.Type
)

// Options is what a statement is bound against.
type Options struct {
	Snapshot   *catalog.Snapshot
	SearchPath []string // effective: existing schemas, without the implicit pg_catalog
	SQL        string   // the text positions refer to
	// ParamTypes are the declared types of $1 …; 0 or UnknownOID: to be inferred.
	ParamTypes []oid
	Session    *expr.Session
	User       oid
	// NoParams: the statement came without any; mentioning one is an error.
	NoParams bool
	// Notice hears what the client should know although nothing is wrong; nil: nobody does.
	Notice func(*pgerror.Error)
	// CopyWhere is the condition of COPY FROM … WHERE: the INSERT that is bound takes the rows of the data that meet it.
	CopyWhere parse.Expr
}

// Statement is a bound statement.
type Statement struct {
	Query      *Query
	ParamTypes []oid
	// Access tells which rights the statement needs, in the order of first mention.
	Access []*Access
	// Functions are the functions of users that the statement calls: they need the right to execute.
	Functions []oid
}

// Access is what a statement does with one relation. Columns are attribute numbers; 0 stands for the whole row.
// Select without Reads (count(*)) needs the right on the table or on any column.
type Access struct {
	Relation                       oid
	Schema, Name                   string
	System                         bool
	AsUser                         oid // 0: the current user; otherwise the owner of the view it stands in
	Select, Insert, Update, Delete bool
	Reads, Inserts, Updates        []int16
}

// Bind gives a SELECT, VALUES, INSERT, UPDATE or DELETE its meaning. Errors are *pgerror.Error.
func Bind(stmt parse.Statement, o Options) (out *Statement, err error) {
	a := newAnalyzer(o)
	defer recoverAbort(&err)
	s := a.scope(nil)
	s.resolveUnknowns = true
	query := s.statement(stmt)
	a.checkParams(query)
	return &Statement{Query: query, ParamTypes: a.params, Access: a.access, Functions: a.functions}, nil
}

// analyzer is the state of binding one text: the statement, or the text of a view or default it mentions.
type analyzer struct {
	Options
	data   *catalog.Data
	cs     catalog.Scope // the snapshot through the search path
	params []oid
	// noParams: parameters cannot be referred to at all (views, defaults).
	noParams bool
	quiet    bool // positions make no sense to the client
	*shared
	asUser oid
	views  []oid // being expanded, outermost first; SQL functions too
	// function is set while the body of an SQL function is bound.
	function *functionParams
	fromCall parse.Expr // the call that stands directly in FROM
	collations
	depth int
}

// shared is what the analyzers of one statement have in common.
type shared struct {
	access    []*Access
	functions []oid
}

// nestingMax bounds how deep expressions and queries may nest; the parser's own bound is of the same order.
const nestingMax = 8000

func newAnalyzer(o Options) *analyzer {
	a := &analyzer{Options: o, data: o.Snapshot.Builtins(), shared: &shared{}}
	a.cs = o.Snapshot.Scope(o.Snapshot.SearchPath(o.SearchPath, ""))
	a.noParams = o.NoParams
	a.params = append([]oid(nil), o.ParamTypes...)
	return a
}

// abort carries an error from the depth of the analysis to its entry point. It never leaves the package: every exported function recovers it.
type abort struct{ err *pgerror.Error }

func recoverAbort(err *error) {
	switch r := recover().(type) {
	case nil:
	case abort:
		*err = r.err
	default:
		panic(r)
	}
}

// fail ends the analysis with an error at the byte offset (-1: no position).
func (a *analyzer) fail(code pgerror.Code, offset int, format string, args ...any) {
	panic(abort{a.errorAt(code, offset, format, args...)})
}

// warn tells the client of something at the byte offset (-1: no position).
func (a *analyzer) warn(code pgerror.Code, offset int, format string, args ...any) {
	if a.Notice == nil {
		return
	}
	e := a.errorAt(code, offset, format, args...)
	e.Severity = pgerror.SeverityWarning
	a.Notice(e)
}

// raise ends the analysis with an error that was put together before.
func (a *analyzer) raise(e *pgerror.Error) { panic(abort{e}) }

func (a *analyzer) errorAt(code pgerror.Code, offset int, format string, args ...any) *pgerror.Error {
	e := pgerror.New(code, format, args...)
	if !a.quiet && offset >= 0 {
		e.At(pgerror.Position(a.SQL, offset))
	}
	return e
}

// check ends the analysis with an error from another package, giving it a position when it has none.
func (a *analyzer) check(err error, offset int) {
	if err == nil {
		return
	}
	e := pgerror.From(err)
	if e.Position == 0 && !a.quiet && offset >= 0 {
		copied := *e
		e = copied.At(pgerror.Position(a.SQL, offset))
	}
	panic(abort{e})
}

// nested is the analyzer of a text that stands in the catalog. It shares the rights asked for, not the parameters.
func (a *analyzer) nested(text string) *analyzer {
	n := &analyzer{Options: a.Options, data: a.data, cs: a.cs, noParams: true, quiet: true, shared: a.shared, asUser: a.asUser, views: a.views, depth: a.depth}
	n.SQL, n.Notice = text, nil
	return n
}

func (a *analyzer) enter(offset int) {
	a.depth++
	if a.depth > nestingMax {
		panic(abort{a.errorAt(pgerror.StatementTooComplex, -1, "stack depth limit exceeded")})
	}
}

func (a *analyzer) leave() { a.depth-- }
