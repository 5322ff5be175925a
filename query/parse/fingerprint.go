package parse

import (
	"hash/fnv"
	"strconv"
)

// Fingerprint is a 64-bit hash of a statement that does not depend on its literals, nor on how it is laid out: the same query with other constants, or
// with parameters in their place, has the same. The text must be one that parses.
func Fingerprint(sql string) uint64 {
	h := fnv.New64a()
	l := &lexer{src: sql}
	before := tok('(') // a sign behind an operator or a parenthesis belongs to the number behind it
	for {
		t := l.next()
		if t.kind == tokEOF || t.kind == tokError || t.kind == ';' {
			break
		}
		if t.kind == '-' && !endsValue(before) {
			if ahead := *l; numeral(ahead.next().kind) {
				continue
			}
		}
		switch {
		case numeral(t.kind), t.kind == tokString, t.kind == tokBitString, t.kind == tokHexString, t.kind == tokUnicodeString, t.kind == tokParam:
			_, _ = h.Write([]byte{0, '?'})
		case t.kind == tokIdent || t.kind == tokUnicodeIdent:
			_, _ = h.Write(append([]byte{0, 'i'}, t.val...))
		case t.val != "":
			_, _ = h.Write(append([]byte{0, 'w'}, t.val...))
		default:
			_, _ = h.Write(append([]byte{0, 'k'}, strconv.Itoa(int(t.kind))...))
		}
		before = t.kind
	}
	sum := h.Sum64()
	// The bits of a hash by multiplication are mixed once more: short statements differ in few of them.
	sum ^= sum >> 32
	sum *= 0xd6e8feb86659fd93
	return sum ^ sum>>32
}

func numeral(k tok) bool { return k == tokIntConst || k == tokFloatConst }

// endsValue tells whether a minus behind the token subtracts.
func endsValue(k tok) bool {
	return numeral(k) || k == tokString || k == tokParam || k == tokIdent || k == ')' || k == ']' || k.isKeyword() && k.isColID()
}
