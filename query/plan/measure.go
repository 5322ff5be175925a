package plan

import "time"

// Measure is what an operator did during an execution, all of its loops together.
type Measure struct {
	Loops          int64
	Rows           int64
	Removed        int64         // rows read from storage that did not pass the filters there, or rows of a system relation
	Dropped        int64         // rows that did not pass the filter of a scan in the query processor
	Unjoined       int64         // pairs of rows that did not pass the filter of a join
	Conflicts      int64         // rows of an INSERT that were there already
	Memory         int64         // bytes held at most
	Buckets        int64         // of a hash table
	Read           int64         // bytes of keys and rows that storage read
	Written        int64         // bytes of keys and rows written, by the least that one counts for
	Startup, Total time.Duration // until the first row of each loop, and to its end
}

// actual is what an operator did; nil when nothing was executed.
func (e *explainer) actual(n Node) *Actual {
	return e.actualOf(n, func(m *Measure) int64 { return m.Rows }, e.Timing)
}

// actualOf is what an operator did, with the rows that one of its requests gave.
func (e *explainer) actualOf(n Node, rows func(*Measure) int64, timed bool) *Actual {
	if e.Measures == nil {
		return nil
	}
	m := e.Measures[n]
	if m == nil || m.Loops == 0 {
		return &Actual{}
	}
	each := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(m.Loops) }
	return &Actual{Loops: m.Loops, Rows: float64(rows(m)) / float64(m.Loops), Startup: each(m.Startup), Total: each(m.Total), Timed: timed}
}
