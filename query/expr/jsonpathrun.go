package expr

import (
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// pathRun evaluates one jsonpath over one document.
type pathRun struct {
	env     *Env
	strict  bool
	root    jsonb
	vars    jsonb
	hasVars bool
	last    int // value of last in the innermost subscript
	current jsonb
	times   map[*byte]*pathTime // the datetimes among the items
	useZone bool                // of the functions ending in _tz
	probed  *pathNode           // of which only is asked whether it has items; PostgreSQL passes over those that a sign does not suit
}

// truth is a predicate's value.
type truth uint8

const (
	isFalse truth = iota
	isTrue
	isUnknown
)

func truthOf(b bool) truth {
	if b {
		return isTrue
	}
	return isFalse
}

// pathError is an error that lax mode and silence put aside.
func pathError(code pgerror.Code, format string, args ...any) error {
	return pgerror.New(code, format, args...)
}

func (r *pathRun) items(n *pathNode) ([]jsonb, error) {
	if err := r.env.CheckCancel(); err != nil {
		return nil, err
	}
	switch n.op {
	case "$":
		return []jsonb{r.root}, nil
	case "@":
		return []jsonb{r.current}, nil
	case "literal":
		return []jsonb{n.value}, nil
	case "$name":
		if !r.hasVars {
			return []jsonb{sqltypes.JSONBNull()}, nil // as PostgreSQL's operators have it
		}
		{
			if v, ok := r.vars.Field(n.text); ok {
				return []jsonb{v}, nil
			}
		}
		return nil, pathError(pgerror.UndefinedObject, "could not find jsonpath variable \"%s\"", n.text)
	case "last":
		return []jsonb{sqltypes.JSONBNumber(sqltypes.NumericFromInt64(int64(r.last)))}, nil
	case "+", "-", "*", "/", "%":
		return r.arithmetic(n)
	case "neg", "pos":
		return r.signed(n)
	case ".", ".*", ".**", "[*]", "[]", "?", "method":
		return r.access(n)
	}
	t, err := r.predicate(n)
	if err != nil {
		return nil, err
	}
	switch t {
	case isUnknown:
		return []jsonb{sqltypes.JSONBNull()}, nil
	}
	return []jsonb{sqltypes.JSONBBool(t == isTrue)}, nil
}

// unwrapped is the items of a node with arrays replaced by their elements, in lax mode.
func (r *pathRun) unwrapped(n *pathNode) ([]jsonb, error) {
	list, err := r.items(n)
	if err != nil || r.strict {
		return list, err
	}
	return unwrapAll(list), nil
}

func unwrapAll(list []jsonb) []jsonb {
	var out []jsonb
	for _, j := range list {
		if j.Type() == sqltypes.JSONArray {
			out = append(out, elementsOf(j)...)
		} else {
			out = append(out, j)
		}
	}
	return out
}

func (r *pathRun) single(n *pathNode, side, op string) (datum, error) {
	list, err := r.unwrapped(n)
	if err != nil {
		return sqltypes.Null, err
	}
	if len(list) != 1 || list[0].Type() != sqltypes.JSONNumber {
		return sqltypes.Null, pathError(pgerror.SingletonSQLJSONItemRequired, "%s operand of jsonpath operator %s is not a single numeric value", side, op)
	}
	return list[0].Number(), nil
}

func (r *pathRun) arithmetic(n *pathNode) ([]jsonb, error) {
	a, err := r.single(n.kids[0], "left", n.op)
	if err != nil {
		return nil, err
	}
	b, err := r.single(n.kids[1], "right", n.op)
	if err != nil {
		return nil, err
	}
	f := map[string]func(a, b datum) (datum, error){"+": sqltypes.NumericAdd, "-": sqltypes.NumericSub, "*": sqltypes.NumericMul,
		"/": sqltypes.NumericDiv, "%": sqltypes.NumericMod}[n.op]
	v, err := f(a, b)
	if err != nil {
		return nil, err
	}
	return []jsonb{sqltypes.JSONBNumber(v)}, nil
}

func (r *pathRun) signed(n *pathNode) ([]jsonb, error) {
	list, err := r.unwrapped(n.kids[0])
	if err != nil {
		return nil, err
	}
	out := make([]jsonb, 0, len(list))
	for _, j := range list {
		if j.Type() != sqltypes.JSONNumber && n == r.probed {
			continue
		}
		if j.Type() != sqltypes.JSONNumber {
			op := "+"
			if n.op == "neg" {
				op = "-"
			}
			return nil, pathError(pgerror.SQLJSONNumberNotFound, "operand of unary jsonpath operator %s is not a numeric value", op)
		}
		if n.op == "neg" {
			j = sqltypes.JSONBNumber(sqltypes.NumericNeg(j.Number()))
		}
		out = append(out, j)
	}
	return out, nil
}

func (r *pathRun) access(n *pathNode) ([]jsonb, error) {
	// What was found before an error counts when the error is put aside.
	list, err := r.items(n.kids[0])
	if !r.strict && (n.op == "." || n.op == ".*" || n.op == "?" || n.op == "method" && n.text != "type" && n.text != "size") {
		list = unwrapAll(list)
	}
	var out []jsonb
	for _, j := range list {
		more, e := r.step(n, j, out)
		if e != nil {
			return out, e
		}
		out = more
	}
	return out, err
}

func (r *pathRun) step(n *pathNode, j jsonb, out []jsonb) ([]jsonb, error) {
	switch n.op {
	case ".":
		if v, ok := j.Field(n.text); ok {
			return append(out, v), nil
		}
		switch {
		case !r.strict:
			return out, nil
		case j.Type() != sqltypes.JSONObject:
			return nil, pathError(pgerror.SQLJSONMemberNotFound, "jsonpath member accessor can only be applied to an object")
		}
		return nil, pathError(pgerror.SQLJSONMemberNotFound, "JSON object does not contain key %s", jsonQuote(n.text))
	case ".*":
		if j.Type() != sqltypes.JSONObject {
			if r.strict {
				return nil, pathError(pgerror.SQLJSONObjectNotFound, "jsonpath wildcard member accessor can only be applied to an object")
			}
			return out, nil
		}
		for i := range j.Len() {
			out = append(out, j.Value(i))
		}
		return out, nil
	case ".**":
		return descend(out, j, 0, n.low, n.high), nil
	case "[*]":
		if j.Type() != sqltypes.JSONArray {
			if r.strict {
				return nil, pathError(pgerror.SQLJSONArrayNotFound, "jsonpath wildcard array accessor can only be applied to an array")
			}
			return append(out, j), nil
		}
		return append(out, elementsOf(j)...), nil
	case "[]":
		return r.subscript(n, j, out)
	case "?":
		saved := r.current
		r.current = j
		t, err := r.predicate(n.kids[1])
		r.current = saved
		if err == nil && t == isTrue {
			out = append(out, j)
		}
		return out, err
	}
	return r.method(n, j, out)
}

func descend(out []jsonb, j jsonb, level, low, high int) []jsonb {
	if level >= low && level <= high && !(low == maxInt32 && !j.IsScalar()) {
		out = append(out, j)
	} else if low == maxInt32 && j.IsScalar() {
		out = append(out, j)
	}
	if level >= high {
		return out
	}
	switch j.Type() {
	case sqltypes.JSONArray:
		for i := range j.Len() {
			out = descend(out, j.Element(i), level+1, low, high)
		}
	case sqltypes.JSONObject:
		for i := range j.Len() {
			out = descend(out, j.Value(i), level+1, low, high)
		}
	}
	return out
}

func (r *pathRun) subscript(n *pathNode, j jsonb, out []jsonb) ([]jsonb, error) {
	list := []jsonb{j}
	if j.Type() == sqltypes.JSONArray {
		list = elementsOf(j)
	} else if r.strict {
		return nil, pathError(pgerror.SQLJSONArrayNotFound, "jsonpath array accessor can only be applied to an array")
	}
	saved := r.last
	r.last = len(list) - 1
	defer func() { r.last = saved }()
	index := func(n *pathNode) (int64, error) {
		items, err := r.items(n)
		if err != nil {
			return 0, err
		}
		if len(items) != 1 || items[0].Type() != sqltypes.JSONNumber {
			return 0, pathError(pgerror.InvalidSQLJSONSubscript, "jsonpath array subscript is not a single numeric value")
		}
		k, err := sqltypes.NumericToInt32(sqltypes.NumericTrunc(items[0].Number(), 0))
		if err != nil {
			return 0, pathError(pgerror.InvalidSQLJSONSubscript, "jsonpath array subscript is out of integer range")
		}
		return k, nil
	}
	for _, pair := range n.pairs {
		from, err := index(pair[0])
		if err != nil {
			return nil, err
		}
		to := from
		if pair[1] != nil {
			if to, err = index(pair[1]); err != nil {
				return nil, err
			}
		}
		if r.strict && (from < 0 || from > to || to >= int64(len(list))) {
			return nil, pathError(pgerror.InvalidSQLJSONSubscript, "jsonpath array subscript is out of bounds")
		}
		for k := max(from, 0); k <= to && k < int64(len(list)); k++ {
			out = append(out, list[k])
		}
	}
	return out, nil
}

func (r *pathRun) method(n *pathNode, j jsonb, out []jsonb) ([]jsonb, error) {
	switch n.text {
	case "datetime":
		v, err := r.datetime(n, j)
		if err != nil {
			return nil, err
		}
		return append(out, v), nil
	case "type":
		if v := r.timeOf(j); v != nil {
			return append(out, sqltypes.JSONBString(sqltypes.BaseTypeName(v.t))), nil
		}
		return append(out, sqltypes.JSONBString(jbTypeName(j))), nil
	case "size":
		size := int64(1)
		if j.Type() == sqltypes.JSONArray {
			size = int64(j.Len())
		} else if r.strict {
			return nil, pathError(pgerror.SQLJSONArrayNotFound, "jsonpath item method .size() can only be applied to an array")
		}
		return append(out, sqltypes.JSONBNumber(sqltypes.NumericFromInt64(size))), nil
	case "keyvalue":
		if j.Type() != sqltypes.JSONObject {
			return nil, pathError(pgerror.SQLJSONObjectNotFound, "jsonpath item method .keyvalue() can only be applied to an object")
		}
		for _, p := range pairsOf(j) {
			out = append(out, sqltypes.JSONBObject(sqltypes.JSONBPair{Key: "id", Value: sqltypes.JSONBNumber(sqltypes.NumericFromInt64(0))},
				sqltypes.JSONBPair{Key: "key", Value: sqltypes.JSONBString(p.Key)}, sqltypes.JSONBPair{Key: "value", Value: p.Value}))
		}
		return out, nil
	case "double":
		text := ""
		switch j.Type() {
		case sqltypes.JSONNumber:
			return append(out, j), nil
		case sqltypes.JSONString:
			text = j.Str()
		default:
			return nil, pathError(pgerror.NonNumericSQLJSONItem, "jsonpath item method .double() can only be applied to a string or numeric value")
		}
		d, err := sqltypes.ParseText(sqltypes.T(sqltypes.Float8OID), text, nil)
		if err != nil || isInf(d.Float()) || d.Float() != d.Float() {
			return nil, pathError(pgerror.NonNumericSQLJSONItem, "string argument of jsonpath item method .double() is not a valid representation of a double precision number")
		}
		return append(out, sqltypes.JSONBNumber(sqltypes.NumericFromFloat8(d.Float()))), nil
	}
	if j.Type() != sqltypes.JSONNumber {
		return nil, pathError(pgerror.NonNumericSQLJSONItem, "jsonpath item method .%s() can only be applied to a numeric value", n.text)
	}
	f := map[string]func(datum) datum{"ceiling": sqltypes.NumericCeil, "floor": sqltypes.NumericFloor, "abs": sqltypes.NumericAbs}[n.text]
	return append(out, sqltypes.JSONBNumber(f(j.Number()))), nil
}

// hard tells errors that no mode puts aside: a cancelled statement, a path that makes no sense, a variable that nobody gave.
func hard(err error) bool {
	return pgerror.HasCode(err, pgerror.UndefinedObject) || pgerror.HasCode(err, pgerror.QueryCanceled) || pgerror.HasCode(err, pgerror.SyntaxError) || pgerror.HasCode(err, pgerror.FeatureNotSupported)
}

func (r *pathRun) predicate(n *pathNode) (truth, error) {
	switch n.op {
	case "&&", "||":
		a, err := r.predicate(n.kids[0])
		decides := truthOf(n.op == "||")
		if err != nil || a == decides {
			return a, err
		}
		b, err := r.predicate(n.kids[1])
		if err != nil || b == decides || a != isUnknown {
			return b, err
		}
		return isUnknown, nil
	case "!":
		a, err := r.predicate(n.kids[0])
		switch a {
		case isTrue:
			a = isFalse
		case isFalse:
			a = isTrue
		}
		return a, err
	case "unknown":
		a, err := r.predicate(n.kids[0])
		return truthOf(a == isUnknown), err
	case "exists":
		if !r.strict {
			r.probed = n.kids[0]
		}
		list, err := r.items(n.kids[0])
		if err != nil {
			if hard(err) {
				return isUnknown, err
			}
			return isUnknown, nil
		}
		return truthOf(len(list) > 0), nil
	}
	return r.compare(n)
}

// compare is true when any pair of items compares so; a pair that cannot be compared makes the answer unknown in strict mode, and in
// lax mode unless a pair compares.
func (r *pathRun) compare(n *pathNode) (truth, error) {
	left, err := r.unwrapped(n.kids[0])
	if err != nil {
		if hard(err) {
			return isUnknown, err
		}
		return isUnknown, nil
	}
	right := []jsonb{nil}
	if n.op != "regex" {
		if n.op == "starts" {
			right, err = r.items(n.kids[1])
		} else if len(n.kids) > 1 {
			right, err = r.unwrapped(n.kids[1])
		} else {
			return isUnknown, nil
		}
		if err != nil {
			if hard(err) {
				return isUnknown, err
			}
			return isUnknown, nil
		}
	}
	found, unknown := false, false
	for _, a := range left {
		for _, b := range right {
			t, err := r.comparePair(n, a, b)
			if err != nil {
				return isUnknown, err
			}
			switch t {
			case isUnknown:
				if r.strict {
					return isUnknown, nil
				}
				unknown = true
			case isTrue:
				if !r.strict {
					return isTrue, nil
				}
				found = true
			}
		}
	}
	switch {
	case found:
		return isTrue, nil
	case unknown:
		return isUnknown, nil
	}
	return isFalse, nil
}

func (r *pathRun) comparePair(n *pathNode, a, b jsonb) (truth, error) {
	switch n.op {
	case "starts":
		if a.Type() != sqltypes.JSONString || b.Type() != sqltypes.JSONString || r.timeOf(a) != nil || r.timeOf(b) != nil {
			return isUnknown, nil
		}
		return truthOf(strings.HasPrefix(a.Str(), b.Str())), nil
	case "regex":
		if a.Type() != sqltypes.JSONString || r.timeOf(a) != nil {
			return isUnknown, nil
		}
		re, err := r.env.regexp(n.text, n.rx.ofPath())
		if err != nil {
			return isUnknown, err
		}
		ok, err := re.matches(r.env, a.Str())
		return truthOf(ok), err
	}
	if x, y := r.timeOf(a), r.timeOf(b); x != nil && y != nil {
		c, ok, err := r.compareTimes(x, y)
		if !ok || err != nil {
			return isUnknown, err
		}
		return n.holds(c), nil
	} else if a.Type() != b.Type() || x != nil || y != nil {
		if a.Type() == sqltypes.JSONNull || b.Type() == sqltypes.JSONNull {
			return truthOf(n.op == "!="), nil
		}
		return isUnknown, nil
	}
	if !a.IsScalar() {
		return isUnknown, nil
	}
	return n.holds(sqltypes.CompareJSONB(a, b)), nil
}

// holds tells what a comparison says of an order.
func (n *pathNode) holds(c int) truth {
	switch n.op {
	case "==":
		return truthOf(c == 0)
	case "!=":
		return truthOf(c != 0)
	case "<":
		return truthOf(c < 0)
	case "<=":
		return truthOf(c <= 0)
	case ">":
		return truthOf(c > 0)
	}
	return truthOf(c >= 0)
}

// runPath evaluates the arguments (document, path, variables, silent) of the jsonb_path functions; probe asks only whether there are items. An error that is put aside gives ok false.
func runPath(env *Env, a []datum, silent, useZone, probe bool) (list []jsonb, ok bool, err error) {
	path, err := parseJSONPath(a[1].Str())
	if err != nil {
		return nil, false, err
	}
	r := &pathRun{env: env, strict: path.strict, root: jb(a[0]), last: -1, useZone: useZone}
	if probe && !r.strict {
		r.probed = path.root
	}
	if len(a) > 2 {
		if jb(a[2]).Type() != sqltypes.JSONObject {
			return nil, false, pgerror.New(pgerror.InvalidParameterValue, "\"vars\" argument is not an object").
				WithDetail("Jsonpath parameters should be encoded as key-value pairs of \"vars\" object.")
		}
		r.vars, r.hasVars = jb(a[2]), true
		silent = silent || a[3].Bool()
	}
	list, err = r.items(path.root)
	if err != nil && silent && !hard(err) {
		return list, false, nil
	}
	return list, err == nil, err
}

func jsonPathFunctions() []entry {
	exists := func(silent, useZone bool) callFn {
		return func(env *Env, a []datum) (datum, error) {
			list, ok, err := runPath(env, a, silent, useZone, true)
			if err != nil || !ok && len(list) == 0 {
				return sqltypes.Null, err
			}
			return sqltypes.Bool(len(list) > 0), nil
		}
	}
	match := func(silent, useZone bool) callFn {
		return func(env *Env, a []datum) (datum, error) {
			list, ok, err := runPath(env, a, silent, useZone, false)
			if err != nil || !ok {
				return sqltypes.Null, err
			}
			if len(list) == 1 && list[0].Type() == sqltypes.JSONBool {
				return sqltypes.Bool(list[0].Bool()), nil
			}
			if len(list) == 1 && list[0].Type() == sqltypes.JSONNull || silent || len(a) > 3 && a[3].Bool() {
				return sqltypes.Null, nil
			}
			return sqltypes.Null, pgerror.New(pgerror.SingletonSQLJSONItemRequired, "single boolean result is expected")
		}
	}
	var out []entry
	for _, suffix := range []string{"", "_tz"} {
		useZone := suffix != ""
		out = append(out, fnN("jsonb_path_exists"+suffix, exists(false, useZone)), fnN("jsonb_path_match"+suffix, match(false, useZone)),
			fnN("jsonb_path_query_array"+suffix, func(env *Env, a []datum) (datum, error) {
				list, _, err := runPath(env, a, false, useZone, false)
				if err != nil {
					return sqltypes.Null, err
				}
				return jbDatum(sqltypes.JSONBArray(list...)), nil
			}),
			fnN("jsonb_path_query_first"+suffix, func(env *Env, a []datum) (datum, error) {
				list, _, err := runPath(env, a, false, useZone, false)
				if err != nil || len(list) == 0 {
					return sqltypes.Null, err
				}
				return jbDatum(list[0]), nil
			}))
	}
	return append(out, fnN("jsonb_path_exists_opr", exists(true, false)), fnN("jsonb_path_match_opr", match(true, false)))
}

func jsonPathSets() map[string]func(*CallInfo) setFn {
	query := func(useZone bool) func(*CallInfo) setFn {
		return plainSet(func(env *Env, a []datum) (RowSource, error) { return pathRows(env, a, useZone) })
	}
	return map[string]func(*CallInfo) setFn{"jsonb_path_query": query(false), "jsonb_path_query_tz": query(true)}
}

func pathRows(env *Env, a []datum, useZone bool) (RowSource, error) {
	list, _, err := runPath(env, a, false, useZone, false)
	if err != nil {
		return nil, err
	}
	out := &sliceRows{}
	for _, j := range list {
		out.add(jbDatum(j))
	}
	return out, nil
}
