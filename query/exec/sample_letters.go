package exec

import (
	"bytes"
	"math/rand/v2"
	"strings"
)

// letters are the bytes that the keys of a table are seen to differ in. Where those are digits or letters only, so are the keys that are made up to look for
// rows: any other byte would stand in a gap between keys, and the row behind the gap be met again and again.
type letters struct {
	seen [256]bool
}

// lettersLooked is how many bytes behind what two keys share are looked at and made up.
const lettersLooked = 6

// alphabets are sets of bytes, smaller ones first.
var alphabets = []string{
	"0123456789", "0123456789abcdef", "0123456789ABCDEF", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	"0123456789abcdefghijklmnopqrstuvwxyz", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
}

// see notes the bytes of two keys, the lesser first, behind what they share, but for those that end a text.
func (l *letters) see(low, high []byte) {
	shared := sharedPrefix(low, high)
	for _, key := range [][]byte{low, high} {
		for i := shared; i < min(len(key), shared+lettersLooked); i++ {
			l.seen[key[i]] = l.seen[key[i]] || key[i] > 1
		}
	}
}

// alphabet is the smallest one that has every byte seen, "" when there is none.
func (l *letters) alphabet() string {
	for _, a := range alphabets {
		fits := true
		for b, seen := range l.seen {
			fits = fits && (!seen || strings.IndexByte(a, byte(b)) >= 0)
		}
		if fits {
			return a
		}
	}
	return ""
}

// between makes up a key from low to high: each as likely as the other.
func (l *letters) between(low, high []byte, random *rand.Rand) []byte {
	const tries = 64
	shared, alphabet := sharedPrefix(low, high), l.alphabet()
	key := append(make([]byte, 0, shared+lettersLooked), low[:shared]...)
	for range tries {
		key = key[:shared]
		if shared < len(low) && shared < len(high) && alphabet == "" {
			key = append(key, low[shared]+byte(random.IntN(int(high[shared]-low[shared])+1)))
		}
		for len(key) < shared+lettersLooked {
			if alphabet == "" {
				key = append(key, byte(random.Uint32()))
			} else {
				key = append(key, alphabet[random.IntN(len(alphabet))])
			}
		}
		if bytes.Compare(key, low) >= 0 && bytes.Compare(key, high) <= 0 {
			return key
		}
	}
	return low
}

func sharedPrefix(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
