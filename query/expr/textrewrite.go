package expr

import "github.com/opendsql/opendsql/internal/sqltypes"

// rewriteQuery puts one query for another wherever that stands in a third: as a whole, or among the operands of an AND or an OR.
func rewriteQuery(_ *Env, args []datum) (datum, error) {
	in, target := sqltypes.QueryOf(args[0]), sqltypes.QueryOf(args[1])
	if in == nil || target == nil {
		return args[0], nil
	}
	return replaceIn(sqltypes.QueryTree(in), sqltypes.QueryTree(target), sqltypes.BinaryTree(sqltypes.QueryOf(args[2]))).Query().Datum(), nil
}

// replaceIn gives the tree with the replacements; nil when nothing is left.
func replaceIn(n, target, by *sqltypes.QueryNode) *sqltypes.QueryNode {
	if n = replaceNode(n, target, by); n == nil || n.Placed || n.Node.Op == 0 {
		return n
	}
	var left []*sqltypes.QueryNode
	for _, o := range n.Operands {
		if o = replaceIn(o, target, by); o != nil {
			left = append(left, o)
		}
	}
	n.Operands = left
	switch {
	case len(left) == 0:
		return nil
	case len(left) == 1 && n.Node.Op != '!':
		return left[0]
	}
	return n
}

func replaceNode(n, target, by *sqltypes.QueryNode) *sqltypes.QueryNode {
	if n.Placed || n.Node.Op != target.Node.Op {
		return n
	}
	var placed *sqltypes.QueryNode
	if by != nil {
		c := *by
		c.Placed = true
		placed = &c
	}
	if n.Node.Op == 0 || len(n.Operands) == len(target.Operands) {
		if sqltypes.CompareQueryNodes(n, target) == 0 {
			return placed
		}
		return n
	}
	if len(n.Operands) < len(target.Operands) {
		return n
	}
	var rest []*sqltypes.QueryNode
	k := 0
	for i, o := range n.Operands {
		if k == len(target.Operands) {
			rest = append(rest, n.Operands[i:]...)
			break
		}
		switch c := sqltypes.CompareQueryNodes(o, target.Operands[k]); {
		case c == 0:
			k++
		case c < 0:
			rest = append(rest, o)
		default:
			return n
		}
	}
	if k < len(target.Operands) {
		return n
	}
	if placed != nil {
		rest = append(rest, placed)
	}
	c := *n
	c.Operands = rest
	c.Sort()
	return &c
}
