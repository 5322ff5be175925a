// Package clock names the one time the data plane counts in.
package clock

import "time"

// Time is nanoseconds since the Unix epoch, strictly increasing per journal. Zero is before every commit.
type Time int64

// Now is the wall clock.
func Now() Time { return Time(time.Now().UnixNano()) }

// Wall is t as a wall-clock time in UTC.
func (t Time) Wall() time.Time { return time.Unix(0, int64(t)).UTC() }

// Clock tells the time; the simulation puts its own in.
type Clock interface {
	Now() Time
}

// System is the machine's clock.
type System struct{}

// Now is the wall clock.
func (System) Now() Time { return Now() }
