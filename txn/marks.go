package txn

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/opendsql/opendsql/journal"
)

// marksCompactMin is how many marks are gathered before repeated ones are looked for.
const marksCompactMin = 1024

// compactMarks bounds the marks of a transaction that touches the same keys over and over: of several marks on one key the strongest
// counts. It runs each time their number has doubled, so its cost is spread.
func (t *Txn) compactMarks() {
	if len(t.marks) < max(t.marksCompact, marksCompactMin) {
		return
	}
	slices.SortFunc(t.marks, func(a, b journal.Mark) int {
		return cmp.Or(bytes.Compare(a.Key, b.Key), cmp.Compare(b.Strength, a.Strength))
	})
	kept := slices.CompactFunc(t.marks, func(a, b journal.Mark) bool { return bytes.Equal(a.Key, b.Key) })
	t.marks, t.marksDone, t.marksCompact = kept, len(kept), 2*len(kept)
}
