package expr

import (
	"strconv"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// NormalJSONPath checks a jsonpath and writes it as PostgreSQL's output does: that is how values of the type are kept.
func NormalJSONPath(text string) (string, error) {
	path, err := parseJSONPath(text)
	if err != nil {
		return "", err
	}
	var out []byte
	if path.strict {
		out = append(out, "strict "...)
	}
	return string(appendPath(out, path.root, true)), nil
}

// ParseText is sqltypes.ParseText for types that may hold jsonpaths, which it checks and writes as PostgreSQL's output does.
func ParseText(t sqltypes.Type, text string, f *sqltypes.Format) (sqltypes.Datum, error) {
	switch t.OID {
	case sqltypes.JSONPathOID:
		normal, err := NormalJSONPath(text)
		return sqltypes.String(normal), err
	case sqltypes.JSONPathArrayOID:
		d, err := sqltypes.ParseText(t, text, f)
		if err != nil {
			return d, err
		}
		for i, e := range d.Array().Elements {
			if e.IsNull() {
				continue
			}
			normal, err := NormalJSONPath(e.Str())
			if err != nil {
				return sqltypes.Null, err
			}
			d.Array().Elements[i] = sqltypes.String(normal)
		}
		return d, nil
	}
	return sqltypes.ParseText(t, text, f)
}

// checkPath refuses @ outside of filters and last outside of subscripts.
func checkPath(n *pathNode, filtered, subscript bool) error {
	switch {
	case n == nil:
		return nil
	case n.op == "@" && !filtered:
		return pgerror.New(pgerror.SyntaxError, "@ is not allowed in root expressions")
	case n.op == "last" && !subscript:
		return pgerror.New(pgerror.SyntaxError, "LAST is allowed only in array subscripts")
	}
	for i, k := range n.kids {
		if err := checkPath(k, filtered || n.op == "?" && i == 1, subscript); err != nil {
			return err
		}
	}
	for _, pair := range n.pairs {
		for _, k := range pair {
			if err := checkPath(k, filtered, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// isAccessor tells whether a node is a step from what kids[0] gives.
func (n *pathNode) isAccessor() bool {
	switch n.op {
	case ".", ".*", ".**", "[*]", "[]", "?", "method":
		return true
	}
	return false
}

// isPredicate tells whether a node is a condition, which no arithmetic takes.
func (n *pathNode) isPredicate() bool {
	switch n.op {
	case "&&", "||", "!", "==", "!=", "<", "<=", ">", ">=", "exists", "starts", "regex", "unknown":
		return true
	}
	return false
}

func pathPriority(n *pathNode) int {
	for n.isAccessor() { // the first item of a chain counts
		n = n.kids[0]
	}
	switch n.op {
	case "||":
		return 0
	case "&&":
		return 1
	case "==", "!=", "<", "<=", ">", ">=", "starts":
		return 2
	case "+", "-":
		return 3
	case "*", "/", "%":
		return 4
	case "pos", "neg":
		return 5
	}
	return 6
}

// appendPath writes a node; in brackets, if it is an operation of which its surroundings take only a part otherwise.
func appendPath(dst []byte, n *pathNode, brackets bool) []byte {
	if n.isAccessor() {
		first := n.kids[0]
		if first.op == "literal" && first.value.Type() == sqltypes.JSONNumber {
			dst = append(appendPath(append(dst, '('), first, false), ')')
		} else {
			dst = appendPath(dst, first, brackets)
		}
		return appendAccessor(dst, n)
	}
	open := func() {
		if brackets {
			dst = append(dst, '(')
		}
	}
	end := func() []byte {
		if brackets {
			dst = append(dst, ')')
		}
		return dst
	}
	part := func(k *pathNode) { dst = appendPath(dst, k, pathPriority(k) <= pathPriority(n)) }
	switch n.op {
	case "$", "@", "last":
		return append(dst, n.op...)
	case "$name":
		return sqltypes.AppendJSONString(append(dst, '$'), n.text)
	case "literal":
		return n.value.AppendText(dst)
	case "!":
		return append(appendPath(append(dst, "!("...), n.kids[0], false), ')')
	case "unknown":
		return append(appendPath(append(dst, '('), n.kids[0], false), ") is unknown"...)
	case "exists":
		return append(appendPath(append(dst, "exists ("...), n.kids[0], false), ')')
	case "pos", "neg":
		open()
		dst = append(dst, map[string]byte{"pos": '+', "neg": '-'}[n.op])
		part(n.kids[0])
		return end()
	case "regex":
		open()
		part(n.kids[0])
		dst = sqltypes.AppendJSONString(append(dst, " like_regex "...), n.text)
		flags := ""
		for _, f := range []struct {
			on   bool
			flag string
		}{{n.rx.fold, "i"}, {n.rx.dotNewline, "s"}, {n.rx.lineAnchors, "m"}, {n.rx.expanded, "x"}, {n.rx.literal, "q"}} {
			if f.on {
				flags += f.flag
			}
		}
		if flags != "" {
			dst = append(dst, " flag \""+flags+"\""...)
		}
		return end()
	}
	open()
	part(n.kids[0])
	op := n.op
	if op == "starts" {
		op = "starts with"
	}
	dst = append(dst, " "+op+" "...)
	part(n.kids[1])
	return end()
}

func appendAccessor(dst []byte, n *pathNode) []byte {
	switch n.op {
	case ".":
		return sqltypes.AppendJSONString(append(dst, '.'), n.text)
	case ".*", "[*]":
		return append(dst, n.op...)
	case "?":
		return append(appendPath(append(dst, "?("...), n.kids[1], false), ')')
	case "method":
		dst = append(dst, "."+n.text+"("...)
		if len(n.kids) > 1 {
			dst = appendPath(dst, n.kids[1], false)
		}
		return append(dst, ')')
	case ".**":
		level := func(k int) string {
			if k == maxInt32 {
				return "last"
			}
			return strconv.Itoa(k)
		}
		switch {
		case n.low == 0 && n.high == maxInt32:
			return append(dst, ".**"...)
		case n.low == n.high:
			return append(dst, ".**{"+level(n.low)+"}"...)
		}
		return append(dst, ".**{"+level(n.low)+" to "+level(n.high)+"}"...)
	}
	dst = append(dst, '[')
	for i, pair := range n.pairs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendPath(dst, pair[0], false)
		if pair[1] != nil {
			dst = appendPath(append(dst, " to "...), pair[1], false)
		}
	}
	return append(dst, ']')
}
