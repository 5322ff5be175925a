package plan

import (
	"fmt"
	"time"
)

// Measure is what an operator did during an execution, all of its loops together.
type Measure struct {
	Loops          int64
	Rows           int64
	Removed        int64         // rows read from storage that did not pass the filter
	Startup, Total time.Duration // until the first row of each loop, and to its end
}

// actual is what EXPLAIN ANALYZE says of an operator. Storage requests are shown without times.
func (e *explainer) actual(n Node, storage bool, rows func(m *Measure) int64) string {
	if e.Measures == nil {
		return ""
	}
	m := e.Measures[n]
	if m == nil || m.Loops == 0 {
		return "(never executed)"
	}
	times := ""
	if e.Timing && !storage {
		each := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(m.Loops) }
		times = fmt.Sprintf("time=%.3f..%.3f ", each(m.Startup), each(m.Total))
	}
	return fmt.Sprintf("(actual %srows=%.0f loops=%d)", times, float64(rows(m))/float64(m.Loops), m.Loops)
}

func rowsGiven(m *Measure) int64 { return m.Rows }

func rowsRead(m *Measure) int64 { return m.Rows + m.Removed }
