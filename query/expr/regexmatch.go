package expr

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// rx is a compiled regular expression of PostgreSQL's advanced kind. Whether and where a match begins is asked of Go's engine, which
// has the same language but for conditions; where it ends and what the groups hold follows PostgreSQL's own rules: the longest or the
// shortest match overall, and then part by part from the left.
type rx struct {
	root   *rxNode
	groups int
	nodes  int
	backs  bool           // there are back-references
	fold   bool           // they take no account of the case of ASCII letters
	quick  *regexp.Regexp // nil when there are conditions Go does not have
	progs  map[int]*rxProgram
}

func compileRegexp(pattern string, opt rxOptions) (*rx, error) {
	root, p, err := parseRegexp(pattern, opt)
	if err != nil {
		return nil, err
	}
	r := &rx{root: root, groups: p.groups, nodes: p.nodes, backs: p.backs, fold: p.opt.fold, progs: map[int]*rxProgram{}}
	if _, err := r.program(root); err != nil {
		return nil, err
	}
	var out strings.Builder
	if root.appendGo(&out) && out.Len() < 1<<16 {
		if quick, err := regexp.Compile(out.String()); err == nil {
			r.quick = quick
		}
	}
	return r, nil
}

// appendGo writes a node in Go's syntax, without groups; false when that cannot be.
func (n *rxNode) appendGo(out *strings.Builder) bool {
	switch n.kind {
	case rxEmpty:
		out.WriteString("(?:)")
	case rxSet:
		if len(n.set) == 2 && n.set[0] == n.set[1] {
			out.WriteString(regexp.QuoteMeta(string(n.set[0])))
			return utf8.ValidRune(n.set[0])
		}
		if len(n.set) == 0 {
			out.WriteString(`[^\x00-\x{10FFFF}]`)
			return true
		}
		out.WriteByte('[')
		for i := 0; i < len(n.set); i += 2 {
			fmt.Fprintf(out, `\x{%x}-\x{%x}`, n.set[i], n.set[i+1])
		}
		out.WriteByte(']')
	case rxCat, rxAlt:
		out.WriteString("(?:")
		for i, k := range n.kids {
			if i > 0 && n.kind == rxAlt {
				out.WriteByte('|')
			}
			if !k.appendGo(out) {
				return false
			}
		}
		out.WriteByte(')')
	case rxGroup:
		return n.kids[0].appendGo(out)
	case rxBack:
		return false
	case rxRepeat:
		out.WriteString("(?:")
		if !n.kids[0].appendGo(out) {
			return false
		}
		switch {
		case n.max < 0:
			fmt.Fprintf(out, "){%d,}", n.min)
		default:
			fmt.Fprintf(out, "){%d,%d}", n.min, n.max)
		}
	case rxAssert:
		text, ok := map[byte]string{'A': `\A`, 'Z': `\z`, '^': `(?m:^)`, '$': `(?m:$)`, 'y': `\b`, 'Y': `\B`}[n.assert]
		out.WriteString(text)
		return ok
	}
	return true
}

// rxInst is one instruction: take a character of set, or go on at both x and y, or only if a condition holds.
type rxInst struct {
	op   byte // 's' set, '|' split, '?' condition, '!' accept
	set  rxRanges
	x, y int
	cond *rxNode
}

type rxProgram struct{ insts []rxInst }

// program is the code of a node alone; made when it is first needed.
func (r *rx) program(n *rxNode) (*rxProgram, error) {
	if p, ok := r.progs[n.id]; ok {
		return p, nil
	}
	p := &rxProgram{}
	p.insts = append(p.insts, rxInst{op: '!'})
	start, err := p.compile(n, 0)
	if err != nil {
		return nil, err
	}
	p.insts = append(p.insts, rxInst{op: '|', x: start, y: start})
	r.progs[n.id] = p
	return p, nil
}

func (p *rxProgram) add(i rxInst) int {
	p.insts = append(p.insts, i)
	return len(p.insts) - 1
}

// compile adds the code of n that goes on at next, and answers where it begins.
func (p *rxProgram) compile(n *rxNode, next int) (int, error) {
	if len(p.insts) > rxStatesMax {
		return 0, regexpError("regular expression is too complex")
	}
	switch n.kind {
	case rxSet:
		return p.add(rxInst{op: 's', set: n.set, x: next}), nil
	case rxGroup, rxBack: // that a back-reference repeats the very text is seen when a match is taken apart
		return p.compile(n.kids[0], next)
	case rxAssert:
		return p.add(rxInst{op: '?', cond: n, x: next}), nil
	case rxCat:
		for i := len(n.kids) - 1; i >= 0; i-- {
			var err error
			if next, err = p.compile(n.kids[i], next); err != nil {
				return 0, err
			}
		}
		return next, nil
	case rxAlt:
		start := -1
		for i := len(n.kids) - 1; i >= 0; i-- {
			at, err := p.compile(n.kids[i], next)
			if err != nil {
				return 0, err
			}
			if start >= 0 {
				at = p.add(rxInst{op: '|', x: at, y: start})
			}
			start = at
		}
		return start, nil
	case rxRepeat:
		return p.compileRepeat(n, next)
	}
	return next, nil
}

func (p *rxProgram) compileRepeat(n *rxNode, next int) (int, error) {
	at := next
	if n.max < 0 {
		loop := p.add(rxInst{op: '|', y: next})
		body, err := p.compile(n.kids[0], loop)
		if err != nil {
			return 0, err
		}
		p.insts[loop].x = body
		at = loop
	} else {
		for range n.max - n.min {
			body, err := p.compile(n.kids[0], at)
			if err != nil {
				return 0, err
			}
			at = p.add(rxInst{op: '|', x: body, y: next})
		}
	}
	for range n.min {
		var err error
		if at, err = p.compile(n.kids[0], at); err != nil {
			return 0, err
		}
	}
	return at, nil
}

// rxRun is the search in one text. Its work is counted, so that a cancelled statement stops and memory stays in bounds.
type rxRun struct {
	r       *rx
	env     *Env
	text    string
	err     error
	ends    map[[2]int][]int
	limit   int // end of the match that is taken apart
	failed  map[[4]int]bool
	depth   int
	visited int
}

// rxWorkMax bounds the characters looked at in taking one match apart.
const rxWorkMax = 200_000_000

func (r *rx) start(env *Env, text string) *rxRun { return &rxRun{r: r, env: env, text: text} }

// matches tells whether the text holds a match at all.
func (r *rx) matches(env *Env, text string) (bool, error) {
	if r.quick != nil {
		return r.quick.MatchString(text), nil
	}
	run := r.start(env, text)
	if r.backs {
		caps, err := run.findBack(0)
		return caps != nil, err
	}
	_, ok := run.findStart(0)
	return ok, run.err
}

// findBack is find for patterns with back-references: of every place where a match could begin and every place where it could end, the first pair
// that the back-references agree with.
func (run *rxRun) findBack(from int) ([]int, error) {
	r := run.r
	run.limit = len(run.text)
	for i := from; i <= len(run.text); {
		for _, end := range inOrder(r.root, run.endsOf(r.root, i, len(run.text))) {
			caps := make([]int, 2*(r.groups+1))
			for k := range caps {
				caps[k] = -1
			}
			caps[0], caps[1] = i, end
			if run.dissect(r.root, i, end, caps) && run.err == nil {
				return caps, nil
			}
			if run.err != nil {
				return nil, run.err
			}
		}
		if run.err != nil || i == len(run.text) {
			break
		}
		_, n := utf8.DecodeRuneInString(run.text[i:])
		i += n
	}
	return nil, run.err
}

// repeats tells whether text[i:j] is once more what the group of a back-reference holds.
func (run *rxRun) repeats(n *rxNode, i, j int, caps []int) bool {
	low, high := caps[2*n.group], caps[2*n.group+1]
	if low < 0 || high-low != j-i {
		return false
	}
	if !run.r.fold {
		return run.text[low:high] == run.text[i:j]
	}
	for k := range j - i {
		if lowerByte(run.text[low+k]) != lowerByte(run.text[i+k]) {
			return false
		}
	}
	return true
}

// find answers the first match from a place on: pairs of bounds, of the whole and of every group; -1 for a group without part in it.
func (r *rx) find(env *Env, text string, from int) ([]int, error) {
	run := r.start(env, text)
	if r.backs {
		return run.findBack(from)
	}
	begin, ok := run.findStart(from)
	if !ok || run.err != nil {
		return nil, run.err
	}
	end := -1
	run.simulate(r.root, begin, len(text), func(at int) bool {
		end = at
		return r.root.prefer != preferShort
	})
	if end < 0 || run.err != nil {
		return nil, run.err
	}
	run.limit = end
	caps := make([]int, 2*(r.groups+1))
	for i := range caps {
		caps[i] = -1
	}
	caps[0], caps[1] = begin, end
	if r.groups > 0 {
		run.dissect(r.root, begin, end, caps)
	}
	return caps, run.err
}

func (run *rxRun) findStart(from int) (int, bool) {
	if run.r.quick != nil && from == 0 {
		at := run.r.quick.FindStringIndex(run.text)
		if at == nil {
			return 0, false
		}
		return at[0], true
	}
	for i := from; i <= len(run.text); {
		if run.shortest(run.r.root, i) {
			return i, true
		}
		if run.err != nil || i == len(run.text) {
			break
		}
		_, n := utf8.DecodeRuneInString(run.text[i:])
		i += n
	}
	return 0, false
}

func (run *rxRun) shortest(n *rxNode, i int) bool {
	found := false
	run.simulate(n, i, len(run.text), func(int) bool {
		found = true
		return false
	})
	return found
}

// endsOf are all places where a match of n that begins at i can end, ascending and not beyond j.
func (run *rxRun) endsOf(n *rxNode, i, j int) []int {
	key := [2]int{n.id, i}
	ends, ok := run.ends[key]
	if !ok {
		run.simulate(n, i, run.limit, func(end int) bool {
			ends = append(ends, end)
			return true
		})
		if run.ends == nil {
			run.ends = map[[2]int][]int{}
		}
		run.ends[key] = ends
	}
	at, _ := slices.BinarySearch(ends, j+1)
	return ends[:at]
}

// simulate follows all ways through n's code at once and calls found for every place where one ends, until it answers false.
func (run *rxRun) simulate(n *rxNode, i, limit int, found func(end int) bool) {
	prog, err := run.r.program(n)
	if err != nil {
		run.err = err
		return
	}
	insts := prog.insts
	var current, next []int
	listed := make([]int, len(insts))
	gen := 0
	accept := false
	var add func(pc, at int, list []int) []int
	add = func(pc, at int, list []int) []int {
		if listed[pc] == gen {
			return list
		}
		listed[pc] = gen
		switch inst := &insts[pc]; inst.op {
		case '!':
			accept = true
		case '|':
			list = add(inst.x, at, list)
			if inst.y != inst.x {
				list = add(inst.y, at, list)
			}
		case '?':
			if run.holds(inst.cond, at) {
				list = add(inst.x, at, list)
			}
		default:
			list = append(list, pc)
		}
		return list
	}
	gen++
	current = add(len(insts)-1, i, current)
	for {
		if accept {
			accept = false
			if !found(i) {
				return
			}
		}
		if i >= limit || len(current) == 0 || run.err != nil {
			return
		}
		if run.visited += len(current); run.visited > rxWorkMax {
			run.err = pgerror.New(pgerror.StatementTooComplex, "regular expression failed: regular expression is too complex")
			return
		}
		if run.err = run.env.CheckCancel(); run.err != nil {
			return
		}
		c, size := utf8.DecodeRuneInString(run.text[i:])
		i += size
		gen++
		next = next[:0]
		for _, pc := range current {
			if insts[pc].set.has(c) {
				next = add(insts[pc].x, i, next)
			}
		}
		current, next = next, current
	}
}

func isWordByte(c byte) bool { return c == '_' || isAlnum(c) }

// holds tells whether a condition is true of a place.
func (run *rxRun) holds(n *rxNode, at int) bool {
	before := at > 0 && isWordByte(run.text[at-1])
	after := at < len(run.text) && isWordByte(run.text[at])
	switch n.assert {
	case 'A':
		return at == 0
	case 'Z':
		return at == len(run.text)
	case '^':
		return at == 0 || run.text[at-1] == '\n'
	case '$':
		return at == len(run.text) || run.text[at] == '\n'
	case 'm':
		return !before && after
	case 'M':
		return before && !after
	case 'y':
		return before != after
	case 'Y':
		return before == after
	case '=':
		return run.shortest(n.kids[0], at)
	case '!':
		return !run.shortest(n.kids[0], at)
	}
	behind := false
	for i := at; i >= 0 && !behind && run.err == nil; i-- {
		if i < len(run.text) && !utf8.RuneStart(run.text[i]) {
			continue
		}
		run.simulate(n.kids[0], i, at, func(end int) bool {
			behind = end == at
			return !behind
		})
	}
	return behind == (n.assert == '<')
}

func (run *rxRun) matchesAll(n *rxNode, i, j int) bool {
	_, ok := slices.BinarySearch(run.endsOf(n, i, j), j)
	return ok
}

// dissect finds what the groups inside n hold when n matches exactly text[i:j].
func (run *rxRun) dissect(n *rxNode, i, j int, caps []int) bool {
	if !n.captures || run.err != nil {
		return run.err == nil
	}
	if run.r.backs {
		if run.visited++; run.visited > rxWorkMax/10 {
			run.err = pgerror.New(pgerror.StatementTooComplex, "regular expression failed: regular expression is too complex")
			return false
		}
		if run.err = run.env.CheckCancel(); run.err != nil {
			return false
		}
	}
	switch n.kind {
	case rxBack:
		return run.repeats(n, i, j, caps)
	case rxGroup:
		if !run.dissect(n.kids[0], i, j, caps) {
			return false
		}
		caps[2*n.group], caps[2*n.group+1] = i, j
		return true
	case rxAlt:
		for _, k := range n.kids {
			if run.matchesAll(k, i, j) && run.dissect(k, i, j, caps) {
				return true
			}
		}
		return false
	case rxCat:
		return run.dissectCat(n, 0, i, j, caps)
	case rxRepeat:
		if i == j && n.min == 0 && !run.matchesAll(n.kids[0], i, j) {
			return true
		}
		return run.dissectRepeat(n, 0, i, j, caps)
	}
	return true
}

// known remembers ways that led nowhere; step tells parts of one node apart.
func (run *rxRun) known(n *rxNode, step, i, j int) bool { // with back-references, it depends on what the groups hold
	return !run.r.backs && run.failed[[4]int{n.id, step, i, j}]
}

func (run *rxRun) fail(n *rxNode, step, i, j int) bool {
	if run.failed == nil {
		run.failed = map[[4]int]bool{}
	}
	run.failed[[4]int{n.id, step, i, j}] = true
	return false
}

func inOrder(n *rxNode, ends []int) []int {
	if n.prefer == preferShort {
		return ends
	}
	out := slices.Clone(ends)
	slices.Reverse(out)
	return out
}

func (run *rxRun) dissectCat(n *rxNode, k, i, j int, caps []int) bool {
	kid := n.kids[k]
	if k == len(n.kids)-1 {
		return run.matchesAll(kid, i, j) && run.dissect(kid, i, j, caps)
	}
	if run.known(n, k, i, j) {
		return false
	}
	for _, mid := range inOrder(kid, run.endsOf(kid, i, j)) {
		if mid > j {
			continue
		}
		saved := slices.Clone(caps)
		if run.r.backs { // from the left, so that groups hold something before they are referred to
			if run.dissect(kid, i, mid, caps) && run.dissectCat(n, k+1, mid, j, caps) {
				return true
			}
		} else if run.dissectCat(n, k+1, mid, j, caps) && run.dissect(kid, i, mid, caps) {
			return true
		}
		copy(caps, saved)
	}
	return run.fail(n, k, i, j)
}

func (run *rxRun) dissectRepeat(n *rxNode, count, i, j int, caps []int) bool {
	kid := n.kids[0]
	if i == j && count >= n.min && count > 0 {
		return true
	}
	if n.max >= 0 && count >= n.max {
		return i == j
	}
	step := min(count, n.min+1)
	if n.max >= 0 {
		step = count
	}
	if run.known(n, step, i, j) {
		return false
	}
	if run.depth++; run.depth > 100_000 {
		run.err = pgerror.New(pgerror.StatementTooComplex, "regular expression failed: regular expression is too complex")
		return false
	}
	defer func() { run.depth-- }()
	for _, mid := range inOrder(n, run.endsOf(kid, i, j)) {
		if mid > j || mid == i && i != j && count >= n.min {
			continue
		}
		saved := slices.Clone(caps)
		// The last round decides what the groups hold, so this one writes first, over what an earlier round left.
		kid.forget(caps)
		if run.dissect(kid, i, mid, caps) && run.dissectRepeat(n, count+1, mid, j, caps) {
			return true
		}
		copy(caps, saved)
	}
	return run.fail(n, step, i, j)
}

// forget unsets the groups inside a node.
func (n *rxNode) forget(caps []int) {
	if !n.captures {
		return
	}
	if n.kind == rxGroup {
		caps[2*n.group], caps[2*n.group+1] = -1, -1
	}
	for _, k := range n.kids {
		k.forget(caps)
	}
}
