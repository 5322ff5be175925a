package bind

import (
	"slices"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/parse"
)

// groupingSetsMax is the most grouping sets a query may come to, and cubeMax the most elements a CUBE may have.
const (
	groupingSetsMax = 4096
	cubeMax         = 12
)

// groupBy binds GROUP BY into grouping expressions and, when it says more than a list of them, grouping sets.
func (s *scope) groupBy(list []parse.Expr, distinct bool) {
	s.groupClauses = list
	var sets [][]int
	plain := true
	for _, e := range list {
		var next [][]int
		if g, ok := e.(*parse.GroupingSet); ok {
			plain = false
			next = s.groupingSet(g)
		} else {
			next = [][]int{s.groupElement(e)}
		}
		sets = s.crossSets(sets, next, list)
	}
	if plain {
		return
	}
	for i := range sets {
		slices.Sort(sets[i])
		sets[i] = slices.Compact(sets[i])
	}
	if distinct {
		sets = distinctSets(sets)
	}
	s.q.GroupingSets = sets
}

// crossSets is every union of one set of a with one set of b.
func (s *scope) crossSets(a, b [][]int, list []parse.Expr) (out [][]int) {
	if a == nil {
		return b
	}
	if len(a)*len(b) > groupingSetsMax {
		s.fail(pgerror.StatementTooComplex, -1, "too many grouping sets present (maximum %d)", groupingSetsMax)
	}
	for _, x := range a {
		for _, y := range b {
			out = append(out, append(slices.Clone(x), y...))
		}
	}
	return out
}

func distinctSets(sets [][]int) (out [][]int) {
	for _, set := range sets {
		if !slices.ContainsFunc(out, func(o []int) bool { return slices.Equal(o, set) }) {
			out = append(out, set)
		}
	}
	return out
}

// groupingSet expands ROLLUP, CUBE, GROUPING SETS and ().
func (s *scope) groupingSet(g *parse.GroupingSet) (sets [][]int) {
	switch g.Kind {
	case parse.GroupingEmpty:
		return [][]int{{}}
	case parse.GroupingSets:
		for _, e := range g.Content {
			if inner, ok := e.(*parse.GroupingSet); ok {
				sets = append(sets, s.groupingSet(inner)...)
			} else {
				sets = append(sets, s.groupElement(e))
			}
		}
		return sets
	}
	var elements [][]int
	for _, e := range g.Content {
		elements = append(elements, s.groupElement(e))
	}
	if g.Kind == parse.GroupingRollup {
		for n := len(elements); n >= 0; n-- {
			sets = append(sets, slices.Concat(append([][]int{{}}, elements[:n]...)...))
		}
		return sets
	}
	if len(elements) > cubeMax {
		s.fail(pgerror.TooManyColumns, g.Pos(), "CUBE is limited to %d elements", cubeMax)
	}
	for bits := 1<<len(elements) - 1; bits >= 0; bits-- {
		set := []int{}
		for i, e := range elements {
			if bits&(1<<(len(elements)-1-i)) != 0 {
				set = append(set, e...)
			}
		}
		sets = append(sets, set)
	}
	return sets
}

// groupElement binds one item, or the list in parentheses, to indexes of grouping expressions.
func (s *scope) groupElement(e parse.Expr) (out []int) {
	if row, ok := e.(*parse.RowExpr); ok && !row.Explicit {
		for _, f := range row.Fields {
			out = append(out, s.groupElement(f)...)
		}
		return out
	}
	if i := s.findTarget(e, kindGroupBy); i >= 0 {
		t := &s.q.Targets[i]
		t.Expr = s.knownType(t.Expr)
		return []int{s.groupExpr(t.Expr, rawAt(e))}
	}
	x := s.expressionIn(e, kindGroupBy)
	for i := range s.q.Targets {
		if t := &s.q.Targets[i]; sameExpr(stripImplicit(t.Expr), x) {
			x = t.Expr
			break
		}
	}
	return []int{s.groupExpr(s.knownType(x), rawAt(e))}
}

func (s *scope) groupExpr(x expr.Expr, at int) int {
	for i, g := range s.q.GroupBy {
		if sameExpr(g, x) {
			return i
		}
	}
	_, err := s.cs.GroupOperators(x.Type().OID)
	s.check(err, at)
	s.q.GroupBy = append(s.q.GroupBy, x)
	return len(s.q.GroupBy) - 1
}

// windows binds the window definitions, those of WINDOW and those of OVER clauses.
func (s *scope) windows() {
	for i := 0; i < len(s.windowDefs); i++ {
		s.q.Windows = append(s.q.Windows, s.window(s.windowDefs[i], i))
	}
	if s.hasSRF {
		s.unusedSets()
	}
}

// unusedSets adds the sets of window definitions that no function uses to the targets: they give rows all the same.
func (s *scope) unusedSets() {
	used := map[int]bool{}
	for _, t := range s.q.Targets {
		contains(t.Expr, func(e expr.Expr) bool {
			if w, ok := e.(*expr.WindowFunc); ok {
				used[w.Window] = true
			}
			return false
		})
	}
	for i, w := range s.q.Windows {
		keys := slices.Clone(w.PartitionBy)
		for _, k := range w.OrderBy {
			keys = append(keys, k.Expr)
		}
		for _, k := range keys {
			if !used[i] && returnsSet(k) {
				s.hiddenTarget(k)
			}
		}
	}
}

func (s *scope) windowNamed(name string, before int) *Window {
	for i := range before {
		if s.q.Windows[i].Name == name {
			return &s.q.Windows[i]
		}
	}
	return nil
}

func (s *scope) window(def *parse.WindowDef, index int) Window {
	wrong := func(format string, args ...any) { s.fail(pgerror.WindowingError, def.Pos(), format, args...) }
	w := Window{Name: def.Name, Frame: defaultFrame}
	if def.Name != "" && s.windowNamed(def.Name, index) != nil {
		wrong("window \"%s\" is already defined", def.Name)
	}
	var ref *Window
	if def.RefName != "" {
		if ref = s.windowNamed(def.RefName, index); ref == nil {
			s.fail(pgerror.UndefinedObject, def.Pos(), "window \"%s\" does not exist", def.RefName)
		}
	}
	for _, o := range def.OrderBy {
		x := s.knownType(s.expressionIn(o.Expr, kindWindowOrder))
		w.OrderBy = addSortKey(w.OrderBy, s.sortKey(x, o))
	}
	for _, p := range def.PartitionBy {
		x := s.knownType(s.expressionIn(p, kindWindowPartition))
		_, err := s.cs.GroupOperators(x.Type().OID)
		s.check(err, rawAt(p))
		if !containsExpr(w.PartitionBy, x) {
			w.PartitionBy = append(w.PartitionBy, x)
		}
	}
	if ref != nil {
		s.copyWindow(&w, ref, def)
	}
	if def.Frame != nil {
		s.frame(&w, def)
	}
	return w
}

var defaultFrame = Frame{Mode: FrameRange, Start: FrameBound{Kind: UnboundedPreceding}, End: FrameBound{Kind: CurrentRow}}

// copyWindow takes from the window a definition builds on what it does not say itself.
func (s *scope) copyWindow(w, ref *Window, def *parse.WindowDef) {
	wrong := func(format string) *pgerror.Error {
		return s.errorAt(pgerror.WindowingError, def.Pos(), format, def.RefName)
	}
	if len(w.PartitionBy) > 0 {
		s.raise(wrong("cannot override PARTITION BY clause of window \"%s\""))
	}
	w.PartitionBy = ref.PartitionBy
	if len(w.OrderBy) > 0 && len(ref.OrderBy) > 0 {
		s.raise(wrong("cannot override ORDER BY clause of window \"%s\""))
	}
	own := len(w.OrderBy) > 0
	if !own {
		w.OrderBy = ref.OrderBy
	}
	if ref.framed {
		e := wrong("cannot copy window \"%s\" because it has a frame clause")
		if def.Name == "" && !own && def.Frame == nil {
			e.WithHint("Omit the parentheses in this OVER clause.")
		}
		s.raise(e)
	}
}

// frame binds the frame clause of a window.
func (s *scope) frame(w *Window, def *parse.WindowDef) {
	f := def.Frame
	w.framed = true
	w.Frame = Frame{Mode: FrameMode(f.Mode), Exclude: FrameExclude(f.Exclusion)}
	w.Frame.Start.Kind, w.Frame.End.Kind = FrameBoundKind(f.Start.Kind), FrameBoundKind(f.End.Kind)
	if f.Mode == parse.FrameRange && (f.Start.Offset != nil || f.End.Offset != nil) && len(w.OrderBy) != 1 {
		s.fail(pgerror.WindowingError, def.Pos(), "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column")
	}
	if f.Mode == parse.FrameGroups && len(w.OrderBy) == 0 {
		s.fail(pgerror.WindowingError, def.Pos(), "GROUPS mode requires an ORDER BY clause")
	}
	w.Frame.Start.Offset = s.frameOffset(w, f.Mode, f.Start.Offset)
	w.Frame.End.Offset = s.frameOffset(w, f.Mode, f.End.Offset)
}

func (s *scope) frameOffset(w *Window, mode parse.FrameMode, e parse.Expr) expr.Expr {
	if e == nil {
		return nil
	}
	var x expr.Expr
	word := ""
	switch mode {
	case parse.FrameRows:
		word = "ROWS"
		x = s.coerceToSpecific(s.expressionIn(e, kindFrameRows), int8Type, word)
	case parse.FrameGroups:
		word = "GROUPS"
		x = s.coerceToSpecific(s.expressionIn(e, kindFrameGroups), int8Type, word)
	default:
		word = "RANGE"
		x = s.rangeOffset(w.OrderBy[0].Expr, s.expressionIn(e, kindFrameRange))
	}
	if vars := localVars(x); len(vars) > 0 {
		s.fail(pgerror.InvalidColumnReference, vars[0].At, "argument of %s must not contain variables", word)
	}
	return x
}

// inRange is the number of the B-tree support function that adds an offset to a value.
const inRange = 3

// rangeOffset gives the offset of a RANGE frame a type that can be added to the column the window is sorted by.
func (s *scope) rangeOffset(key, x expr.Expr) expr.Expr {
	o := s.cs.DefaultOrdering(key.Type().OID)
	from := x.Type().OID
	preferred := from
	if s.typeInfo(from).Name == "unknown" {
		preferred = o.Input
	}
	known, matches, selected := 0, 0, oid(0)
	for _, p := range s.data.AccessProcs() {
		if p.Family != o.Family || p.Left != o.Input || p.Number != inRange {
			continue
		}
		known++
		if !s.canCoerce(from, p.Right, coerceImplicit) {
			continue
		}
		matches++
		if selected != preferred {
			selected = p.Right
		}
	}
	const what = "RANGE with offset PRECEDING/FOLLOWING"
	column, offset := s.typeName(o.Input), s.typeName(from)
	switch {
	case known == 0:
		s.fail(pgerror.FeatureNotSupported, exprAt(x), what+" is not supported for column type %s", column)
	case matches == 0:
		s.raise(s.errorAt(pgerror.FeatureNotSupported, exprAt(x), what+" is not supported for column type %s and offset type %s", column, offset).
			WithHint("Cast the offset value to an appropriate type."))
	case matches != 1 && selected != preferred:
		s.raise(s.errorAt(pgerror.FeatureNotSupported, exprAt(x), what+" has multiple interpretations for column type %s and offset type %s", column, offset).
			WithHint("Cast the offset value to the exact intended type."))
	}
	return s.coerceToSpecific(x, sqlType{OID: selected, Mod: -1}, "RANGE")
}
