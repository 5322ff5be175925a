package exec

import (
	"errors"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// keyedValues are the values of a correlated sub-plan for all outer rows, by their keys. They are made once the sub-plan has run so often that it pays.
// Where making them fails, in a group that perhaps no outer row asks for, or for want of memory, the sub-plan goes on to run row by row.
type keyedValues struct {
	node *plan.Keyed
	root operator
	keys []expr.Eval // over the sub-plan's parameters
	kind expr.SubLinkKind

	runs   int // of the sub-plan so far
	made   bool
	failed bool
	table  hashTable
	values []sqltypes.Datum
	many   []bool // more rows than one have the keys
	used   usage
	none   sqltypes.Datum // the value for keys that are not in the table
	noneIs bool           // none is known
}

// keyedMemoryPart of a statement's memory is for the values of one sub-plan at most: the rest of the statement must not fail for them.
const keyedMemoryPart = 4

var errKeyedMemory = errors.New("the values of a sub-plan take too much memory")

func (b *builder) keyedValues(n *plan.Subplan) (*keyedValues, error) {
	if n.Keyed == nil {
		return nil, nil
	}
	root, err := b.build(n.Keyed.Plan)
	if err != nil {
		return nil, err
	}
	k := &keyedValues{node: n.Keyed, root: root, kind: n.Kind, table: hashTable{types: n.Keyed.Types}}
	k.keys, err = b.compileAll(n.Keyed.Keys)
	return k, err
}

// forget makes ready for another execution.
func (k *keyedValues) forget() {
	*k = keyedValues{node: k.node, root: k.root, keys: k.keys, kind: k.kind, table: hashTable{types: k.node.Types}}
}

// ready tells whether the values are there, and makes them when it is time.
func (k *keyedValues) ready(rt *runtime) (bool, error) {
	if k.made || k.failed || k.runs < k.node.After {
		return k.made, nil
	}
	err := k.make(rt)
	k.made, k.failed = err == nil, err != nil
	if !k.failed {
		return true, nil
	}
	k.used.free(rt)
	k.table, k.values, k.many = hashTable{}, nil, nil
	return false, rt.check()
}

func (k *keyedValues) make(rt *runtime) error {
	defer k.root.close()
	if err := k.root.open(); err != nil {
		return err
	}
	width := len(k.node.Keys)
	return rt.collect(k.root, func(row []sqltypes.Datum) error {
		keys := row[:width:width]
		if anyNull(keys) {
			return nil
		}
		if i := k.table.first(keys); i >= 0 {
			k.many[i] = true
			return nil
		}
		value := sqltypes.Bool(true)
		if k.kind != expr.ExistsLink {
			value = row[width]
		}
		k.table.add(keys, nil)
		k.values, k.many = append(k.values, value), append(k.many, false)
		if err := k.used.add(rt, rowSize(row)+96); err != nil {
			return err
		}
		if k.used.bytes > rt.MemoryMax/keyedMemoryPart {
			return errKeyedMemory
		}
		return nil
	})
}

// byKeys gives the value of a sub-plan that has a keyed form. Only running the sub-plan tells it for keys that several rows have, or cannot be computed,
// and for the first keys that are not there.
func (rt *runtime) byKeys(s *subplan) (sqltypes.Datum, error) {
	k := s.keyed
	ready, err := k.ready(rt)
	if err != nil {
		return sqltypes.Null, err
	}
	found, missing := -1, false
	if ready {
		found, missing = k.find(rt)
	}
	switch {
	case found >= 0 && !k.many[found]:
		return k.values[found], nil
	case missing && k.noneIs:
		return k.none, nil
	}
	k.runs++
	value, err := rt.single(s)
	if err == nil && missing {
		k.none, k.noneIs = value, true
	}
	return value, err
}

// find looks for the keys of the row whose values are the sub-plan's parameters. It is not missing, either, where they cannot be computed.
func (k *keyedValues) find(rt *runtime) (at int, missing bool) {
	var few [4]sqltypes.Datum
	keys := few[:0]
	for _, e := range k.keys {
		d, err := e(&rt.env)
		if err != nil {
			return -1, false
		}
		keys = append(keys, d)
	}
	if anyNull(keys) {
		return -1, true
	}
	at = k.table.first(keys)
	return at, at < 0
}
