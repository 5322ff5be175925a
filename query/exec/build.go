package exec

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/plan"
)

// builder makes operators of plan nodes.
type builder struct {
	rt       *runtime
	measures map[plan.Node]*plan.Measure // nil: not wanted
	wanted   []int                       // for the node that is built next
}

// buildFor makes an operator for one who reads only the columns given: others may be absent from its batches.
func (b *builder) buildFor(n plan.Node, columns []int) (operator, error) {
	b.wanted = append([]int{}, columns...)
	return b.build(n)
}

// build makes the operator of a node. Only some nodes make use of knowing which columns are wanted; nil means all.
func (b *builder) build(n plan.Node) (operator, error) {
	wanted := b.wanted
	b.wanted = nil
	op, err := b.buildNode(n, wanted)
	if b.measures == nil || err != nil {
		return op, err
	}
	m := &plan.Measure{}
	b.measures[n] = m
	return measure(op, m), nil
}

func (b *builder) buildNode(n plan.Node, wanted []int) (operator, error) {
	switch n := n.(type) {
	case *plan.Scan:
		return b.scan(n)
	case *plan.Project:
		return b.project(n)
	case *plan.Filter:
		return b.filter(n, wanted)
	case *plan.Gate:
		return b.gate(n, wanted)
	case *plan.Result:
		return b.result(n)
	case *plan.Values:
		return b.values(n)
	case *plan.SystemScan:
		return b.systemScan(n)
	case *plan.FunctionScan:
		return b.functionScan(n)
	case *plan.ProjectSet:
		return b.projectSet(n)
	case *plan.NestLoop:
		if n.Batched {
			return b.batchedJoin(n, wanted)
		}
		return b.nestLoop(n)
	case *plan.HashJoin:
		return b.hashJoin(n, wanted)
	case *plan.MergeJoin:
		return b.mergeJoin(n, wanted)
	case *plan.Aggregate:
		if n.Sorted {
			return b.sortedAggregate(n)
		}
		return b.aggregate(n)
	case *plan.Sort:
		if n.Presorted > 0 {
			return b.incrementalSort(n)
		}
		return b.sort(n)
	case *plan.Limit:
		return b.limit(n)
	}
	return b.buildRare(n)
}

func (b *builder) buildRare(n plan.Node) (operator, error) {
	switch n := n.(type) {
	case *plan.Unique:
		return b.unique(n)
	case *plan.HashDistinct:
		return b.hashDistinct(n)
	case *plan.Append:
		return b.appendAll(n)
	case *plan.SetOp:
		return b.setOp(n)
	case *plan.WindowAgg:
		return b.windowAgg(n)
	case *plan.With:
		return b.with(n)
	case *plan.CTEScan:
		return b.cteScan(n)
	case *plan.RecursiveUnion:
		return b.recursiveUnion(n)
	case *plan.LockRows:
		return b.lockRows(n)
	case *plan.Modify:
		return b.modify(n)
	}
	return nil, pgerror.New(pgerror.InternalError, "plan node %T has no operator", n)
}
