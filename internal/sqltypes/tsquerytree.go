package sqltypes

import (
	"cmp"
	"hash/crc32"
	"slices"
	"strings"
)

// QueryNode is a node of a tsquery with any number of operands: nested ANDs, and nested ORs, are one. It has its right operand first.
type QueryNode struct {
	Node     *TSQuery
	Operands []*QueryNode
	Placed   bool // it replaced another
}

// QueryTree is the tree of a query, flat and in order; nil for an empty one.
func QueryTree(q *TSQuery) *QueryNode {
	n := BinaryTree(q)
	n.flatten()
	n.Sort()
	return n
}

// BinaryTree is the tree of a query as it is; nil for an empty one.
func BinaryTree(q *TSQuery) *QueryNode {
	if q == nil {
		return nil
	}
	n := &QueryNode{Node: q}
	for _, operand := range []*TSQuery{q.Right, q.Left} {
		if operand != nil {
			n.Operands = append(n.Operands, BinaryTree(operand))
		}
	}
	return n
}

func (n *QueryNode) flatten() {
	if n == nil {
		return
	}
	var out []*QueryNode
	for _, o := range n.Operands {
		o.flatten()
		if (n.Node.Op == '&' || n.Node.Op == '|') && o.Node.Op == n.Node.Op {
			out = append(out, o.Operands...)
		} else {
			out = append(out, o)
		}
	}
	n.Operands = out
}

// Sort puts the operands into the order of queries, where theirs does not count.
func (n *QueryNode) Sort() {
	if n == nil {
		return
	}
	for _, o := range n.Operands {
		o.Sort()
	}
	if n.Node.Op != '<' {
		slices.SortStableFunc(n.Operands, CompareQueryNodes)
	}
}

// Query is the tree as a query.
func (n *QueryNode) Query() *TSQuery {
	if n == nil {
		return nil
	}
	q := *n.Node
	switch {
	case q.Op == 0:
	case q.Op == '!':
		q.Left = n.Operands[0].Query()
	default:
		list := slices.Clone(n.Operands)
		for len(list) > 2 {
			list[0] = &QueryNode{Node: n.Node, Operands: []*QueryNode{list[0], list[1]}}
			list[1] = list[len(list)-1]
			list = list[:len(list)-1]
		}
		q.Right, q.Left = list[0].Query(), list[1].Query()
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

// CompareQueryNodes orders trees: operators before words, and otherwise the greater first.
func CompareQueryNodes(a, b *QueryNode) int {
	rank := map[byte]int{0: 0, '!': 1, '&': 2, '|': 3, '<': 4}
	if c := cmp.Compare(min(1, rank[b.Node.Op]), min(1, rank[a.Node.Op])); c != 0 {
		return c
	}
	if a.Node.Op == 0 {
		return cmp.Or(cmp.Compare(queryCRC(b.Node.Word), queryCRC(a.Node.Word)), strings.Compare(a.Node.Word, b.Node.Word))
	}
	if c := cmp.Or(cmp.Compare(rank[b.Node.Op], rank[a.Node.Op]), cmp.Compare(len(b.Operands), len(a.Operands))); c != 0 {
		return c
	}
	for i := range a.Operands {
		if c := CompareQueryNodes(a.Operands[i], b.Operands[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(b.Node.Distance, a.Node.Distance)
}

// CompareTSQuery orders tsquery values: by the number of their nodes, by their size, and then by the trees.
func CompareTSQuery(a, b Datum) int {
	x, y := QueryOf(a), QueryOf(b)
	size := func(q *TSQuery) (nodes, bytes int) {
		q.Each(func(n *TSQuery) {
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
	return CompareQueryNodes(BinaryTree(x), BinaryTree(y))
}
