package storage

import (
	"sync"
	"time"

	"github.com/opendsql/opendsql/internal/clock"
)

// past remembers which commit was the newest at some moments, so that an age can be turned into a commit: the horizon.
//
// Commit times alone cannot tell the age of a snapshot: on an idle cluster a snapshot taken this second reads as of a
// commit from yesterday. What counts is when a commit stopped being the newest. Safe for concurrent use.
type past struct {
	mu      sync.Mutex
	spacing time.Duration
	moments []moment // by rising wall
}

type moment struct {
	wall    clock.Time
	applied applied
}

// note records what is applied now. Snapshots taken from now on are at least this new. The newest moment is always kept exactly; older ones
// keep a distance.
func (p *past) note(now clock.Time, a applied) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.moments)
	switch {
	case n > 0 && p.moments[n-1].applied == a:
	case n > 1 && time.Duration(now-p.moments[n-2].wall) < p.spacing:
		p.moments[n-1] = moment{wall: now, applied: a}
	default:
		p.moments = append(p.moments, moment{wall: now, applied: a})
	}
}

// asOf is what was certainly applied at the wall time: no snapshot taken after it is older. It forgets everything before.
func (p *past) asOf(wall clock.Time) applied {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := 0
	for i < len(p.moments) && p.moments[i].wall <= wall {
		i++
	}
	if i == 0 {
		return applied{}
	}
	p.moments = append(p.moments[:0], p.moments[i-1:]...)
	return p.moments[0].applied
}
