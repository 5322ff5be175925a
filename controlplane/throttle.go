package controlplane

import (
	"math"
	"sync"
	"time"
)

// throttle keeps each account within its rates of calls, per Region and apart for
// reading and changing ones. Only proven callers have a bucket, so there are at
// most twice as many as accounts times Regions. Safe for concurrent use.
type throttle struct {
	mu      sync.Mutex
	buckets map[bucketKey]*bucket
}

type bucketKey struct {
	account, region string
	reads           bool
}

// bucket is full of tokens at first; a call takes one, and time brings them back.
type bucket struct {
	tokens float64
	at     time.Time
}

// take takes a token at a time, or tells how long to wait for one. Time that goes backwards brings nothing.
func (b *bucket) take(now time.Time, rate Rate) (wait time.Duration) {
	if passed := now.Sub(b.at); passed > 0 {
		b.tokens = min(float64(rate.Burst), b.tokens+passed.Seconds()*float64(rate.PerSecond))
		b.at = now
	}
	if b.tokens >= 1 {
		b.tokens--
		return 0
	}
	return time.Duration((1 - b.tokens) / float64(rate.PerSecond) * float64(time.Second))
}

// admit takes a call in, or refuses it with the time after which to come again.
func (t *throttle) admit(who caller, reads bool, now time.Time, l Limits) error {
	rate := l.Changes
	if reads {
		rate = l.Reads
	}
	if rate.PerSecond < 0 {
		return nil
	}
	key := bucketKey{who.Account, who.Region, reads}
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.buckets[key]
	if b == nil {
		if t.buckets == nil {
			t.buckets = map[bucketKey]*bucket{}
		}
		b = &bucket{tokens: float64(rate.Burst), at: now}
		t.buckets[key] = b
	}
	if wait := b.take(now, rate); wait > 0 {
		e := throttled("Rate exceeded")
		e.QuotaCode = rateQuotaCode
		e.RetryAfterSeconds = int(math.Ceil(wait.Seconds()))
		return e
	}
	return nil
}
