package expr

import (
	"cmp"
	"hash/crc32"
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// queryNode is a node of a tsquery with any number of operands: nested ANDs, and nested ORs, are one. It has its right operand first.
type queryNode struct {
	node     *tsQuery
	operands []*queryNode
	placed   bool // it replaced another
}

// queryTree is the tree of a query, flat and in order; nil for an empty one.
func queryTree(q *tsQuery) *queryNode {
	n := binaryTree(q)
	n.flatten()
	n.sort()
	return n
}

func binaryTree(q *tsQuery) *queryNode {
	if q == nil {
		return nil
	}
	n := &queryNode{node: q}
	for _, operand := range []*tsQuery{q.Right, q.Left} {
		if operand != nil {
			n.operands = append(n.operands, binaryTree(operand))
		}
	}
	return n
}

func (n *queryNode) flatten() {
	if n == nil {
		return
	}
	var out []*queryNode
	for _, o := range n.operands {
		o.flatten()
		if (n.node.Op == '&' || n.node.Op == '|') && o.node.Op == n.node.Op {
			out = append(out, o.operands...)
		} else {
			out = append(out, o)
		}
	}
	n.operands = out
}

// sort puts the operands into the order of queries, where theirs does not count.
func (n *queryNode) sort() {
	if n == nil {
		return
	}
	for _, o := range n.operands {
		o.sort()
	}
	if n.node.Op != '<' {
		slices.SortStableFunc(n.operands, compareQueryNodes)
	}
}

// query is the tree as a query.
func (n *queryNode) query() *tsQuery {
	if n == nil {
		return nil
	}
	q := *n.node
	switch {
	case q.Op == 0:
	case q.Op == '!':
		q.Left = n.operands[0].query()
	default:
		list := slices.Clone(n.operands)
		for len(list) > 2 {
			list[0] = &queryNode{node: n.node, operands: []*queryNode{list[0], list[1]}}
			list[1] = list[len(list)-1]
			list = list[:len(list)-1]
		}
		q.Right, q.Left = list[0].query(), list[1].query()
	}
	return &q
}

// queryCRC is the checksum by which words of queries are ordered.
func queryCRC(word string) int32 {
	crc := ^uint32(0)
	for i := range len(word) {
		crc = crc32.IEEETable[byte(crc>>24)^word[i]] ^ crc<<8
	}
	return int32(^crc)
}

// compareQueryNodes orders trees: operators before words, and otherwise the greater first.
func compareQueryNodes(a, b *queryNode) int {
	rank := map[byte]int{0: 0, '!': 1, '&': 2, '|': 3, '<': 4}
	if c := cmp.Compare(min(1, rank[b.node.Op]), min(1, rank[a.node.Op])); c != 0 {
		return c
	}
	if a.node.Op == 0 {
		return cmp.Or(cmp.Compare(queryCRC(b.node.Word), queryCRC(a.node.Word)), strings.Compare(a.node.Word, b.node.Word))
	}
	if c := cmp.Or(cmp.Compare(rank[b.node.Op], rank[a.node.Op]), cmp.Compare(len(b.operands), len(a.operands))); c != 0 {
		return c
	}
	for i := range a.operands {
		if c := compareQueryNodes(a.operands[i], b.operands[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(b.node.Distance, a.node.Distance)
}

// compareQueries orders tsquery values: by the number of their nodes, by their size, and then by the trees.
func compareQueries(a, b datum) int {
	x, y := sqltypes.QueryOf(a), sqltypes.QueryOf(b)
	size := func(q *tsQuery) (nodes, bytes int) {
		q.Each(func(n *tsQuery) {
			nodes++
			if n.Op == 0 {
				bytes += len(n.Word) + 1
			}
		})
		return nodes, bytes
	}
	nodesX, bytesX := size(x)
	nodesY, bytesY := size(y)
	if c := cmp.Or(cmp.Compare(nodesX, nodesY), cmp.Compare(bytesX, bytesY)); c != 0 || nodesX == 0 {
		return c
	}
	return compareQueryNodes(binaryTree(x), binaryTree(y))
}

// rewriteQuery puts one query for another wherever that stands in a third: as a whole, or among the operands of an AND or an OR.
func rewriteQuery(_ *Env, args []datum) (datum, error) {
	in, target := sqltypes.QueryOf(args[0]), sqltypes.QueryOf(args[1])
	if in == nil || target == nil {
		return args[0], nil
	}
	return replaceIn(queryTree(in), queryTree(target), binaryTree(sqltypes.QueryOf(args[2]))).query().Datum(), nil
}

// replaceIn gives the tree with the replacements; nil when nothing is left.
func replaceIn(n, target, by *queryNode) *queryNode {
	if n = replaceNode(n, target, by); n == nil || n.placed || n.node.Op == 0 {
		return n
	}
	var left []*queryNode
	for _, o := range n.operands {
		if o = replaceIn(o, target, by); o != nil {
			left = append(left, o)
		}
	}
	n.operands = left
	switch {
	case len(left) == 0:
		return nil
	case len(left) == 1 && n.node.Op != '!':
		return left[0]
	}
	return n
}

func replaceNode(n, target, by *queryNode) *queryNode {
	if n.placed || n.node.Op != target.node.Op {
		return n
	}
	var placed *queryNode
	if by != nil {
		c := *by
		c.placed = true
		placed = &c
	}
	if n.node.Op == 0 || len(n.operands) == len(target.operands) {
		if compareQueryNodes(n, target) == 0 {
			return placed
		}
		return n
	}
	if len(n.operands) < len(target.operands) {
		return n
	}
	var rest []*queryNode
	k := 0
	for i, o := range n.operands {
		if k == len(target.operands) {
			rest = append(rest, n.operands[i:]...)
			break
		}
		switch c := compareQueryNodes(o, target.operands[k]); {
		case c == 0:
			k++
		case c < 0:
			rest = append(rest, o)
		default:
			return n
		}
	}
	if k < len(target.operands) {
		return n
	}
	if placed != nil {
		rest = append(rest, placed)
	}
	c := *n
	c.operands = rest
	c.sort()
	return &c
}
