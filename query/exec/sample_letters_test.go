package exec

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

// Keys that are made up between numbers written as text are such numbers, evenly spread; between bytes they are bytes.
func TestLettersBetween(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var l letters
	low, high := []byte("user-0012345\x00\x01"), []byte("user-0016099\x00\x01")
	l.see(low, high)
	if l.alphabet() != "0123456789" {
		t.Errorf("alphabet %q", l.alphabet())
	}
	sum, n := 0.0, 2000
	for range n {
		key := l.between(low, high, random)
		number, err := strconv.Atoi(string(key[5:12]))
		if err != nil || number < 12345 || number > 16099 {
			t.Fatalf("key %q", key)
		}
		sum += float64(number)
	}
	if mean := sum / float64(n); math.Abs(mean-14222) > 100 { // four standard deviations
		t.Errorf("mean %v", mean)
	}
	low, high = []byte{7, 0x10, 0x20}, []byte{7, 0x12, 0x80}
	l.see(low, high)
	if l.alphabet() != "" {
		t.Errorf("alphabet %q of bytes", l.alphabet())
	}
	firsts := map[byte]int{}
	for range n {
		key := l.between(low, high, random)
		if bytes.Compare(key, low) < 0 || bytes.Compare(key, high) > 0 {
			t.Fatalf("key %x", key)
		}
		firsts[key[1]]++
	}
	if firsts[0x10] < 650 || firsts[0x11] < 750 || firsts[0x12] < 350 {
		t.Errorf("%v", firsts)
	}
	if got := l.between(low, low, random); !bytes.Equal(got, low) {
		t.Errorf("between a key and itself: %x", got)
	}
}

func TestMidpoint(t *testing.T) {
	for _, c := range []struct{ low, high, want string }{
		{"a", "c", "b"}, {"a", "b", "a\x80"}, {"a", "a\x01", "a\x00\x80"}, {"", "\x02", "\x01"}, {"\xff", "\xff\xff", "\xff\x7f\x80"},
		{"ab\xff", "ac\x01", "ac"}, {"a", "a", ""}, {"b", "a", ""}, {"a", "a\x00", ""},
	} {
		if got := midpoint([]byte(c.low), []byte(c.high)); string(got) != c.want {
			t.Errorf("midpoint(%q, %q) = %q, want %q", c.low, c.high, got, c.want)
		}
	}
	low, high := []byte("user-1"), []byte("user-2")
	for range 20000 { // it always comes to an end
		middle := midpoint(low, high)
		if middle == nil {
			return
		}
		if bytes.Compare(low, middle) >= 0 || bytes.Compare(middle, high) >= 0 {
			t.Fatalf("%q %q %q", low, middle, high)
		}
		high = middle
	}
	t.Error("no end")
}
