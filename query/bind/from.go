package bind

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// fromClause binds the items of FROM (or USING) and puts them into the namespace.
func (s *scope) fromClause(list []parse.TableRef) {
	for _, ref := range list {
		node, _, names := s.fromItem(ref)
		s.checkConflicts(s.names, names)
		for _, it := range names {
			it.lateralOnly, it.lateralOK = true, true
		}
		s.q.From = append(s.q.From, node)
		s.names = append(s.names, names...)
	}
	for _, it := range s.names {
		it.lateralOnly, it.lateralOK = false, true
	}
}

// fromItem binds one item: its node, the item that stands for all of its columns, and the items it makes visible.
func (s *scope) fromItem(ref parse.TableRef) (JoinNode, *item, []*item) {
	s.enter(ref.Pos())
	defer s.leave()
	var it *item
	switch ref := ref.(type) {
	case *parse.RangeVar:
		it = s.rangeVar(ref)
	case *parse.RangeSubselect:
		it = s.rangeSubselect(ref)
	case *parse.RangeFunction:
		it = s.rangeFunction(ref)
	case *parse.JoinExpr:
		return s.join(ref)
	case *parse.RangeTableSample:
		s.fail(pgerror.FeatureNotSupported, -1, "TABLESAMPLE clause not supported")
	default:
		s.fail(pgerror.FeatureNotSupported, -1, "XMLTABLE not supported")
	}
	it.info.inFrom = true
	it.relVisible, it.colsVisible = true, true
	return RelRef{it.rel}, it, []*item{it}
}

// checkConflicts refuses two items of one name; the same table name from two schemas is no conflict.
func (s *scope) checkConflicts(left, right []*item) {
	for _, a := range left {
		if !a.relVisible {
			continue
		}
		for _, b := range right {
			if !b.relVisible || a.alias != b.alias {
				continue
			}
			if a.info.table != 0 && b.info.table != 0 && a.info.table != b.info.table && !a.info.hasAlias && !b.info.hasAlias {
				continue
			}
			s.fail(pgerror.DuplicateAlias, -1, "table name \"%s\" specified more than once", b.alias)
		}
	}
}

// rangeVar binds a name in FROM: a CTE, a table, a view or a relation of the system.
func (s *scope) rangeVar(rv *parse.RangeVar) *item {
	if rv.Schema == "" {
		if entry, level := s.findCTE(rv.Name); entry != nil {
			return s.cteReference(entry, level, rv)
		}
	}
	return s.relation(rv, rv.Alias)
}

// relation binds a name that must be a relation of the catalog.
func (s *scope) relation(rv *parse.RangeVar, alias *parse.Alias) *item {
	table, system := s.lookupRelation(rv)
	switch {
	case system != nil:
		it := s.addSystem(system, alias, rv.Pos())
		it.info.access.Select = true
		return it
	case table.Kind == catalog.KindSequence:
		table = s.sequenceView(table)
		fallthrough
	case table.Kind == catalog.KindView:
		it := s.view(table, alias, rv.Pos())
		it.info.access.Select = true
		return it
	}
	it := s.addTable(table, alias, rv.Pos())
	it.info.access.Select = true
	s.q.Rels[it.rel].Indexes = s.indexExprs(table)
	return it
}

func (s *scope) rangeSubselect(r *parse.RangeSubselect) *item {
	var q *Query
	var c *scope
	s.in(kindFromSubselect, func() {
		saved := s.lateralActive
		s.lateralActive = r.Lateral
		c = s.child()
		c.resolveUnknowns = true
		q = c.selectStatement(r.Query)
		s.lateralActive = saved
	})
	it := s.addSubquery(q, r.Alias, r.Lateral, "unnamed_subquery", r.Pos())
	it.info.inner = c
	return it
}

// join binds a join. Its own item comes last in the namespace; the items of both sides lose the visibility of their columns.
func (s *scope) join(j *parse.JoinExpr) (JoinNode, *item, []*item) {
	left, leftItem, leftNames := s.fromItem(j.Left)
	lateralOK := j.Kind == parse.JoinInner || j.Kind == parse.JoinLeft
	for _, it := range leftNames {
		it.lateralOnly, it.lateralOK = true, lateralOK
	}
	mark := len(s.names)
	s.names = append(s.names, leftNames...)
	right, rightItem, rightNames := s.fromItem(j.Right)
	s.names = s.names[:mark:mark]
	s.checkConflicts(leftNames, rightNames)
	names := append(append([]*item(nil), leftNames...), rightNames...)

	b := &joinBuilder{scope: s, j: j, left: leftItem, right: rightItem}
	using := j.Using
	if j.Natural {
		using = b.commonNames()
	}
	b.merge(using)
	node := &Join{Kind: joinKind(j.Kind), Left: left, Right: right, Rel: -1}
	if len(using) > 0 {
		node.On = b.equal
	} else if j.On != nil {
		node.On = s.joinCondition(j.On, names)
	}
	it := b.finish(node)
	return node, it, b.visible(names, it)
}

func joinKind(k parse.JoinKind) JoinKind {
	switch k {
	case parse.JoinLeft:
		return Left
	case parse.JoinRight:
		return Right
	case parse.JoinFull:
		return Full
	}
	return Inner
}

// joinCondition binds ON, which sees the join's two sides and, laterally, nothing else of this level.
func (s *scope) joinCondition(e parse.Expr, names []*item) expr.Expr {
	for _, it := range names {
		it.lateralOnly, it.lateralOK = false, true
	}
	saved := s.names
	s.names = names
	cond := s.booleanClause(e, kindJoinOn, "JOIN/ON")
	s.names = saved
	return cond
}

// joinBuilder puts the columns of a join together: the merged ones, the rest of the left side, the rest of the right side.
type joinBuilder struct {
	*scope
	j           *parse.JoinExpr
	left, right *item
	leftUsed    map[int]bool
	rightUsed   map[int]bool
	pairs       [][2]expr.Expr // the two columns of each USING name
	equal       expr.Expr      // their equality

	names  []string
	cols   []column
	exprs  []expr.Expr
	merged int
}

func (b *joinBuilder) commonNames() (list []string) {
	for i, n := range b.left.names {
		if b.left.cols[i].hidden || b.left.cols[i].dropped {
			continue
		}
		for k, m := range b.right.names {
			if m == n && !b.right.cols[k].dropped {
				list = append(list, n)
				break
			}
		}
	}
	return list
}

// merge makes one column of each name in using.
func (b *joinBuilder) merge(using []string) {
	b.leftUsed, b.rightUsed = map[int]bool{}, map[int]bool{}
	seen := map[string]bool{}
	var at [][2]int
	for _, name := range using {
		if seen[name] {
			b.fail(pgerror.DuplicateColumn, -1, "column name \"%s\" appears more than once in USING clause", name)
		}
		seen[name] = true
		l, r := b.usingColumn(b.left, name, "left"), b.usingColumn(b.right, name, "right")
		b.leftUsed[l], b.rightUsed[r] = true, true
		at = append(at, [2]int{l, r})
	}
	for _, p := range at {
		b.pairs = append(b.pairs, [2]expr.Expr{b.columnVar(b.scope, b.left, 0, p[0], -1), b.columnVar(b.scope, b.right, 0, p[1], -1)})
	}
	b.equal = b.usingCondition()
	for i, p := range at {
		l, r := b.pairs[i][0], b.pairs[i][1]
		e := b.mergedColumn(l, r)
		c := column{rel: -1, typ: e.Type()}
		switch e {
		case l:
			c = b.left.cols[p[0]]
		case r:
			c = b.right.cols[p[1]]
		}
		c.hidden = false
		b.names, b.cols, b.exprs = append(b.names, using[i]), append(b.cols, c), append(b.exprs, e)
	}
	b.merged = len(using)
	b.rest(b.left, b.leftUsed)
	b.rest(b.right, b.rightUsed)
}

func (b *joinBuilder) usingColumn(it *item, name, side string) int {
	found := -1
	for i, n := range it.names {
		if n != name || it.cols[i].dropped {
			continue
		}
		if found >= 0 {
			b.fail(pgerror.AmbiguousColumn, -1, "common column name \"%s\" appears more than once in %s table", name, side)
		}
		found = i
	}
	if found < 0 {
		b.fail(pgerror.UndefinedColumn, -1, "column \"%s\" specified in USING clause does not exist in %s table", name, side)
	}
	return found
}

// mergedColumn is the value of a USING column.
func (b *joinBuilder) mergedColumn(left, right expr.Expr) expr.Expr {
	typ := b.commonType([]expr.Expr{left, right}, "JOIN/USING", nil)
	mod := commonMod([]expr.Expr{left, right}, typ)
	l, r := b.coerceMerged(left, typ, mod), b.coerceMerged(right, typ, mod)
	switch b.j.Kind {
	case parse.JoinLeft:
		return l
	case parse.JoinRight:
		return r
	case parse.JoinFull:
		return &expr.Coalesce{Base: expr.Base{Typ: sqlType{OID: typ, Mod: mod}, At: -1}, Args: []expr.Expr{l, r}}
	}
	if l != left && r == right {
		return r
	}
	return l
}

func (b *joinBuilder) coerceMerged(e expr.Expr, typ oid, mod int32) expr.Expr {
	if e.Type().OID != typ {
		return b.coerceType(e, sqlType{OID: typ, Mod: mod}, coerceImplicit, expr.ImplicitCast, -1)
	}
	if e.Type().Mod != mod {
		return &expr.Relabel{Base: expr.Base{Typ: sqlType{OID: typ, Mod: mod}, At: -1}, Arg: e, Cast: expr.ImplicitCast}
	}
	return e
}

func (b *joinBuilder) rest(it *item, used map[int]bool) {
	for i, n := range it.names {
		if used[i] || it.cols[i].dropped || it.cols[i].hidden {
			continue
		}
		c := it.cols[i]
		b.names, b.cols = append(b.names, n), append(b.cols, c)
		b.exprs = append(b.exprs, &expr.Var{Base: expr.Base{Typ: c.typ, At: -1}, Rel: c.rel, Column: c.index, Name: n})
	}
}

// usingCondition is the conjunction of the equalities.
func (b *joinBuilder) usingCondition() expr.Expr {
	var list []expr.Expr
	b.in(kindJoinUsing, func() {
		for _, p := range b.pairs {
			list = append(list, b.coerceToBoolean(b.operator([]string{"="}, p[0], p[1], -1), "JOIN/USING"))
		}
	})
	return conjunction(list)
}

func conjunction(list []expr.Expr) expr.Expr {
	if len(list) == 1 {
		return list[0]
	}
	return &expr.Bool{Base: expr.Base{Typ: boolType, At: -1}, Op: expr.And, Args: list}
}

// finish adds the join's range-table entry when something refers to it.
func (b *joinBuilder) finish(node *Join) *item {
	alias := b.j.Alias
	names := b.names
	if alias != nil && len(alias.Columns) > 0 {
		if len(alias.Columns) > len(names) {
			b.fail(pgerror.InvalidColumnReference, -1, "join expression \"%s\" has %d columns available but %d columns specified",
				alias.Name, len(names), len(alias.Columns))
		}
		names = append(append([]string(nil), alias.Columns...), names[len(alias.Columns):]...)
	}
	rel := &Rel{Kind: JoinRel, Names: b.names, JoinVars: b.exprs}
	for _, e := range b.exprs {
		rel.Types = append(rel.Types, e.Type())
	}
	rel.Alias = aliasName(alias, "unnamed_join")
	if alias == nil && b.merged == 0 {
		it := &item{rel: -1, alias: rel.Alias, names: names, cols: b.cols}
		it.info = &relInfo{rel: rel, item: it, join: &joinInfo{}}
		return it
	}
	it := b.addRel(rel, names, alias != nil)
	node.Rel = it.rel
	for i, c := range b.cols {
		if c.rel < 0 {
			c.rel, c.index = it.rel, i
		}
		it.cols[i] = c
	}
	it.info.join = &joinInfo{merged: b.merged, exprs: b.exprs}
	return it
}

// visible is the namespace after the join: an alias hides both sides.
func (b *joinBuilder) visible(names []*item, own *item) []*item {
	if b.j.Alias != nil {
		names = nil
	}
	for _, it := range names {
		it.colsVisible = false
	}
	if b.j.UsingAlias != "" && b.j.Alias == nil {
		using := &item{rel: own.rel, info: own.info, alias: b.j.UsingAlias, names: own.names[:b.merged], cols: own.cols[:b.merged], relVisible: true, lateralOK: true}
		b.checkConflicts(names, []*item{using})
		names = append(names, using)
	}
	own.relVisible, own.colsVisible = b.j.Alias != nil, true
	own.lateralOnly, own.lateralOK = false, true
	return append(names, own)
}
