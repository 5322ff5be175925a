package exec

import (
	"bytes"
	"slices"

	"github.com/opendsql/opendsql/query/plan"
	"github.com/opendsql/opendsql/txn"
)

// Bounds of a batched join: how many outer rows it looks up together, at first and at most, and how many bytes of their partners it keeps before it
// looks up fewer of them.
const (
	lookupRowsMin  = 16
	lookupRowsMax  = 1024
	lookupBytesMax = 1 << 20
)

// batchedJoin joins by reading the inner side for many outer rows together: the keys they lead to are sorted, each is read once, and every outer row gets
// the rows found under its key. It gives what a nested loop gives, in the order of the outer rows.
type batchedJoin struct {
	pairJoin
	node    *plan.NestLoop
	scan    *scan // below the inner side's operator
	params  *rowEval
	current *Batch // outer rows to look up; nil: take the next ones
	from    int    // next row of current
	waiting *Batch // outer rows of several batches
	many    int    // outer rows that are looked up next
	ended   bool   // the outer side has no more rows
	slice   Batch
	asked   []lookup
}

// lookup is a span of keys that an outer row leads to.
type lookup struct {
	span txn.Span
	row  int32
}

func (b *builder) batchedJoin(n *plan.NestLoop, wanted []int) (operator, error) {
	form := joinForm{kind: n.Kind, outer: n.Outer, inner: n.Inner, cols: n.Cols, on: n.On}
	form.reads[0] = paramExprs(n.Params)
	pairs, err := b.pairJoin(form, wanted)
	if err != nil {
		return nil, err
	}
	j := &batchedJoin{pairJoin: pairs, node: n, waiting: newBatch(n.Outer.Header())}
	switch op := j.build.op.(type) {
	case *scan:
		j.scan = op
	case *measured:
		j.scan = op.operator.(*scan)
	}
	j.scan.asked = []txn.Span{}
	j.params, err = b.rowEval(j.probe.width, paramExprs(n.Params)...)
	return j, err
}

func (j *batchedJoin) open() error {
	j.forget()
	j.current, j.ended, j.many, j.asked = nil, false, lookupRowsMin, nil
	return j.probe.op.open()
}

func (j *batchedJoin) next() (*Batch, error) {
	for {
		if out, err := j.more(); out != nil || err != nil {
			return out, err
		}
		if j.current == nil || j.from >= j.current.N {
			if more, err := j.gather(); err != nil || !more {
				return nil, err
			}
		}
		if err := j.lookUp(); err != nil {
			return nil, err
		}
	}
}

// gather takes outer rows until there are as many as are looked up together; false at the end.
func (j *batchedJoin) gather() (bool, error) {
	j.current, j.from = nil, 0
	j.waiting.reset()
	for size := 0; !j.ended && size < lookupBytesMax; {
		in, err := j.probe.op.next()
		if err != nil {
			return false, err
		}
		if in == nil {
			j.ended = true
			break
		}
		if j.waiting.N == 0 && in.N >= j.many/2 {
			j.current = in
			return true, nil
		}
		for c := range in.Cols {
			if !absent(&in.Cols[c], in.N) {
				appendColumn(&j.waiting.Cols[c], &in.Cols[c], 0, in.N)
				size += columnBytes(&in.Cols[c], 0, in.N)
			}
		}
		if j.waiting.N += in.N; j.waiting.N >= j.many {
			break
		}
	}
	j.current = j.waiting
	return j.waiting.N > 0, nil
}

// lookUp finds the partners of the next outer rows.
func (j *batchedJoin) lookUp() error {
	n, err := j.ask(min(j.many, j.current.N-j.from))
	if err != nil {
		return err
	}
	for {
		fits, err := j.read(n)
		if err != nil {
			return err
		}
		if fits {
			break
		}
		n = max(1, n/2)
		j.asked = slices.DeleteFunc(j.asked, func(l lookup) bool { return int(l.row) >= n })
		j.many = n
	}
	j.slice.window(j.current, j.from, j.from+n)
	j.from += n
	j.many = min(4*j.many, lookupRowsMax)
	j.begin(&j.slice)
	return nil
}

// ask computes the keys that the next n outer rows lead to, in the order of the keys. Where one fails behind others, the others come first.
func (j *batchedJoin) ask(n int) (int, error) {
	j.asked = j.asked[:0]
	for i := range n {
		spans, err := j.spans(j.from + i)
		if err != nil && i == 0 {
			return 0, err
		}
		if err != nil {
			n = i
			break
		}
		for _, span := range spans {
			j.asked = append(j.asked, lookup{span, int32(i)})
		}
	}
	slices.SortFunc(j.asked, func(a, b lookup) int { return compareSpans(a.span, b.span) })
	return n, nil
}

func compareSpans(a, b txn.Span) int {
	if c := bytes.Compare(a.Start, b.Start); c != 0 {
		return c
	}
	return bytes.Compare(a.End, b.End)
}

// spans are the keys that a row of the outer batch leads to: one span of them, or none.
func (j *batchedJoin) spans(row int) ([]txn.Span, error) {
	j.params.load(j.current, row)
	for i, p := range j.node.Params {
		d, err := j.params.at(i)
		if err != nil {
			return nil, err
		}
		j.rt.env.Exec[p.Index] = d
	}
	return j.scan.access.spans()
}

// read reads the rows under the keys of the n outer rows, each key once; false when they are too many to be kept for so many outer rows.
func (j *batchedJoin) read(n int) (fits bool, err error) {
	j.used.free(j.rt)
	kept := newBatch(j.node.Inner.Header())
	j.rows = kept
	spans := j.scan.asked[:0]
	for _, l := range j.asked {
		if len(spans) == 0 || compareSpans(spans[len(spans)-1], l.span) != 0 {
			spans = append(spans, l.span)
		}
	}
	j.scan.asked = spans
	firsts := filled(len(spans)) // row of each span
	j.nexts = j.nexts[:0]
	if err := j.build.op.open(); err != nil {
		return false, err
	}
	defer j.build.op.close()
	size, before := 0, int32(-1)
	for {
		if err := j.rt.check(); err != nil {
			return false, err
		}
		in, err := j.build.op.next()
		if err != nil {
			return false, err
		}
		if in == nil {
			break
		}
		for i, number := range j.scan.numbers {
			row := int32(kept.N + i)
			j.nexts = append(j.nexts, -1)
			if number == before {
				j.nexts[row-1] = row
			} else {
				firsts[number], before = row, number
			}
		}
		added := 0
		for c := range in.Cols {
			if j.keeps(c) {
				appendColumn(&kept.Cols[c], &in.Cols[c], 0, in.N)
				added += columnBytes(&in.Cols[c], 0, in.N)
			}
		}
		kept.N += in.N
		if err := j.used.add(j.rt, added); err != nil {
			return false, err
		}
		if size += added; size > lookupBytesMax && n > 1 {
			return false, nil
		}
	}
	j.place(n, spans, firsts)
	return true, nil
}

// place gives each of the n outer rows the first row under its key.
func (j *batchedJoin) place(n int, spans []txn.Span, firsts []int32) {
	j.heads = slices.Grow(j.heads[:0], n)[:n]
	for i := range j.heads {
		j.heads[i] = -1
	}
	at := 0
	for _, l := range j.asked {
		for compareSpans(spans[at], l.span) != 0 {
			at++
		}
		j.heads[l.row] = firsts[at]
	}
}
