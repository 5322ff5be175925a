package cluster

import (
	"sync"
	"time"
)

// bucket is a token bucket: it holds at most burst tokens and gains rate of them each second. Safe for concurrent use.
type bucket struct {
	mu          sync.Mutex
	burst, rate float64
	tokens      float64
	at          time.Time
}

func newBucket(burst, rate int, now time.Time) *bucket {
	return &bucket{burst: float64(burst), rate: float64(rate), tokens: float64(burst), at: now}
}

// take takes a token if there is one.
func (b *bucket) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if gone := now.Sub(b.at).Seconds(); gone > 0 {
		b.tokens, b.at = min(b.burst, b.tokens+gone*b.rate), now
	}
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
