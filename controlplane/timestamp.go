package controlplane

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Timestamp is a time as the protocol writes it: a number of seconds since 1970,
// with milliseconds as its fraction.
type Timestamp struct{ time.Time }

// MarshalJSON writes 1732375095.12 and 1732375095, not exponents.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	ms := t.UnixMilli()
	text := fmt.Sprintf("%d.%03d", ms/1000, ms%1000)
	return []byte(strings.TrimRight(strings.TrimRight(text, "0"), ".")), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *Timestamp) UnmarshalJSON(b []byte) error {
	seconds, err := strconv.ParseFloat(string(b), 64)
	if err != nil || math.Abs(seconds) > 1e12 {
		return fmt.Errorf("%.40q is not a timestamp", b)
	}
	t.Time = time.UnixMilli(int64(math.Round(seconds * 1000))).UTC()
	return nil
}
