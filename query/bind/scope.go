package bind

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// scope is the analysis of one query level.
type scope struct {
	*analyzer
	parent *scope
	q      *Query
	rels   []*relInfo // one for each of q.Rels
	names  []*item    // what names may refer to, and how

	kind          exprKind
	lateralActive bool

	ctes      []*cteEntry // those of this level
	future    []*parse.CommonTableExpr
	parentCTE *cteEntry

	hasAggs, hasWindows, hasSRF, hasSubLinks bool

	windowDefs      []*parse.WindowDef
	recursiveTerm   bool // this is the recursive term of a WITH item
	lastSRF         expr.Expr
	resolveUnknowns bool
	subQueries      map[*parse.SubLink]*Query // bound, for the names of their columns
	domainValue     expr.Expr                 // what VALUE stands for in a domain's constraint
	target          *item                     // the table written
	groupClauses    []parse.Expr

	mismatch         *pgerror.Error // two collations met; nil: none did
	mismatchInTarget bool           // it was in the list of columns, which is looked at first
}

// relInfo is what the analysis remembers of a range-table entry beyond the entry itself.
type relInfo struct {
	rel      *Rel
	hasAlias bool
	relname  string // the relation's own name, schema-less
	schema   string
	table    oid
	item     *item
	// joinLeft and joinRight count the columns of a join's sides; merged is how many its USING clause merged.
	join   *joinInfo
	access *Access
	rowOID oid // type of a whole-row reference; RecordOID without a named type
	inFrom bool
	inner  *scope // of a sub-query, for locking clauses
}

type joinInfo struct {
	merged int
	exprs  []expr.Expr // what each column is made of, as JoinVars
}

// item is an entry of the namespace: a range-table entry as names see it.
type item struct {
	rel   int
	info  *relInfo
	alias string
	names []string // what columns can be called; "" for a dropped one
	cols  []column

	relVisible  bool // by "alias.column"
	colsVisible bool // by "column"
	lateralOnly bool // only from a LATERAL item
	lateralOK   bool
	view        *viewInfo // the table is written through a view
}

// column tells what a column of an item stands for.
type column struct {
	rel, index int
	typ        sqlType
	hidden     bool // not part of "*"
	dropped    bool
	expr       expr.Expr // of a written view: a column that is no column of the table
}

// exprKind is where an expression stands.
type exprKind uint8

const (
	kindNone exprKind = iota
	kindOther
	kindJoinOn
	kindJoinUsing
	kindFromSubselect
	kindFromFunction
	kindWhere
	kindHaving
	kindFilter
	kindWindowPartition
	kindWindowOrder
	kindFrameRange
	kindFrameRows
	kindFrameGroups
	kindSelectTarget
	kindInsertTarget
	kindUpdateSource
	kindUpdateTarget
	kindGroupBy
	kindOrderBy
	kindDistinctOn
	kindLimit
	kindOffset
	kindReturning
	kindValues
	kindValuesSingle
	kindCheck
	kindDefault
	kindIndexExpression
	kindIndexPredicate
	kindGenerated
	kindCycleMark
	kindCopyWhere
)

var kindNames = [...]string{
	kindNone: "invalid expression context", kindOther: "extension expression", kindJoinOn: "JOIN/ON", kindJoinUsing: "JOIN/USING",
	kindFromSubselect: "sub-SELECT in FROM", kindFromFunction: "function in FROM", kindWhere: "WHERE", kindHaving: "HAVING",
	kindFilter: "FILTER", kindWindowPartition: "window PARTITION BY", kindWindowOrder: "window ORDER BY", kindFrameRange: "window RANGE",
	kindFrameRows: "window ROWS", kindFrameGroups: "window GROUPS", kindSelectTarget: "SELECT", kindInsertTarget: "INSERT",
	kindUpdateSource: "UPDATE", kindUpdateTarget: "UPDATE", kindGroupBy: "GROUP BY", kindOrderBy: "ORDER BY", kindDistinctOn: "DISTINCT ON",
	kindLimit: "LIMIT", kindOffset: "OFFSET", kindReturning: "RETURNING", kindValues: "VALUES", kindValuesSingle: "VALUES",
	kindCheck: "CHECK", kindDefault: "DEFAULT", kindIndexExpression: "index expression", kindIndexPredicate: "index predicate",
	kindGenerated: "GENERATED AS", kindCycleMark: "CYCLE", kindCopyWhere: "WHERE",
}

// kindPhrases are the plural phrases of "… are not allowed in …" where they differ from kindNames.
var kindPhrases = map[exprKind]string{
	kindJoinOn: "JOIN conditions", kindJoinUsing: "JOIN conditions", kindFromFunction: "functions in FROM",
	kindWindowPartition: "window definitions", kindWindowOrder: "window definitions",
	kindCheck: "check constraints", kindDefault: "DEFAULT expressions", kindIndexExpression: "index expressions",
	kindIndexPredicate: "index predicates", kindGenerated: "column generation expressions", kindCopyWhere: "COPY FROM WHERE conditions",
}

func (k exprKind) phrase() string {
	if p, ok := kindPhrases[k]; ok {
		return p
	}
	return kindNames[k]
}

func (a *analyzer) scope(parent *scope) *scope {
	return &scope{analyzer: a, parent: parent, q: &Query{Target: -1, Source: -1}}
}

// child is a scope one level further in.
func (s *scope) child() *scope { return s.analyzer.scope(s) }

// in runs f with the scope's expression kind set to k.
func (s *scope) in(k exprKind, f func()) {
	saved := s.kind
	s.kind = k
	f()
	s.kind = saved
}

// addNames puts an item into the namespace.
func (s *scope) addNames(it *item, relVisible, colsVisible bool) {
	it.relVisible, it.colsVisible = relVisible, colsVisible
	it.lateralOnly, it.lateralOK = false, true
	s.names = append(s.names, it)
}

// findRelation finds the item a qualifier names; nil when there is none. Two of one name at one level are an error.
func (s *scope) findRelation(schema, name string, at int) (found *item, level int) {
	var table oid
	if schema != "" {
		if table = s.relationOID(schema, name); table == 0 {
			return nil, 0
		}
	}
	for p := s; p != nil; p, level = p.parent, level+1 {
		for _, it := range p.names {
			if !it.relVisible || it.lateralOnly && !p.lateralActive {
				continue
			}
			if schema != "" {
				if it.info.table != table || it.info.hasAlias || it.info.join != nil {
					continue
				}
			} else if it.alias != name {
				continue
			}
			if found != nil {
				if schema != "" {
					s.fail(pgerror.AmbiguousAlias, at, "table reference %d is ambiguous", table)
				}
				s.fail(pgerror.AmbiguousAlias, at, "table reference \"%s\" is ambiguous", name)
			}
			p.checkLateral(it, at)
			found = it
		}
		if found != nil {
			return found, level
		}
	}
	return nil, 0
}

// checkLateral refuses a lateral reference across the wrong kind of join.
func (s *scope) checkLateral(it *item, at int) {
	if it.lateralOnly && !it.lateralOK {
		e := s.errorAt(pgerror.InvalidColumnReference, at, "invalid reference to FROM-clause entry for table \"%s\"", it.alias)
		if s.target == it {
			e.WithHint("There is an entry for table \"%s\", but it cannot be referenced from this part of the query.", it.alias)
		} else {
			e.WithDetail("The combining JOIN type must be INNER or LEFT for a LATERAL reference.")
		}
		s.raise(e)
	}
}

// findColumn finds an unqualified column; nil when there is none.
func (s *scope) findColumn(name string, at int) expr.Expr {
	level := 0
	for p := s; p != nil; p, level = p.parent, level+1 {
		var found expr.Expr
		for _, it := range p.names {
			if !it.colsVisible || it.lateralOnly && !p.lateralActive {
				continue
			}
			v := s.itemColumn(p, it, level, name, at)
			if v == nil {
				continue
			}
			if found != nil {
				s.fail(pgerror.AmbiguousColumn, at, "column reference \"%s\" is ambiguous", name)
			}
			p.checkLateral(it, at)
			found = v
		}
		if found != nil {
			return found
		}
	}
	return nil
}

// itemColumn finds a column of an item of scope p, level levels out; nil when it has none of that name.
func (s *scope) itemColumn(p *scope, it *item, level int, name string, at int) expr.Expr {
	found := -1
	for i, n := range it.names {
		if n == name && !it.cols[i].dropped {
			if found >= 0 {
				s.fail(pgerror.AmbiguousColumn, at, "column reference \"%s\" is ambiguous", name)
			}
			found = i
		}
	}
	if found >= 0 {
		return s.columnVar(p, it, level, found, at)
	}
	return s.systemColumn(p, it, level, name, at)
}

// columnVar makes the Var for column i of an item.
func (s *scope) columnVar(p *scope, it *item, level, i, at int) expr.Expr {
	c := it.cols[i]
	if it.view != nil {
		it.view.access.Select = true
		it.view.access.Reads = addAttnum(it.view.access.Reads, int16(i+1))
	}
	if c.expr != nil {
		for _, v := range localVars(c.expr) {
			p.markRead(v.Rel, v.Column)
		}
		return raiseLevels(c.expr, level)
	}
	p.markRead(c.rel, c.index)
	return &expr.Var{Base: expr.Base{Typ: c.typ, At: at}, Rel: c.rel, Column: c.index, Level: level, Name: it.names[i]}
}

// wholeRow makes the value of a table's whole row.
func (s *scope) wholeRow(p *scope, it *item, level, at int) expr.Expr {
	if it.view != nil {
		return s.viewRow(p, it, level, at)
	}
	p.markRead(it.rel, -1)
	info := it.info
	rel := info.rel
	if rel.Kind == FunctionRel && len(rel.Functions) == 1 && !rel.Ordinality && info.rowOID == 0 {
		return &expr.Var{Base: expr.Base{Typ: rel.Types[0], At: at}, Rel: it.rel, Level: level, Name: it.alias}
	}
	typ := info.rowOID
	if typ == 0 {
		typ = sqltypes.RecordOID
	}
	if it.rel >= 0 && len(it.names) < len(rel.Names) { // the alias of a USING clause: its merged columns only
		row := &expr.Row{Base: expr.Base{Typ: sqltypes.T(sqltypes.RecordOID), At: at}, Names: it.names}
		for i := range it.names {
			row.Fields = append(row.Fields, s.columnVar(p, it, level, i, at))
		}
		return row
	}
	return &expr.Var{Base: expr.Base{Typ: sqltypes.T(typ), At: at}, Rel: it.rel, Column: -1, Level: level, Name: it.alias}
}
