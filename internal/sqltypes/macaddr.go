package sqltypes

import (
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// A macaddr or macaddr8 is kept as its 6 or 8 bytes.

func appendMacAddr(dst, b []byte) []byte {
	const digits = "0123456789abcdef"
	for i, c := range b {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, digits[c>>4], digits[c&15])
	}
	return dst
}

// macAddrForms are the ways to write six bytes: how many digits a part has at most (0: any), what stands between the parts, behind which of them.
var macAddrForms = []struct {
	width, parts int
	separator    byte
	every        int // a separator behind so many parts; 0: none
}{
	{0, 6, ':', 1}, {0, 6, '-', 1}, {2, 6, ':', 3}, {2, 6, '-', 3}, {2, 6, '.', 2}, {2, 6, '-', 2}, {2, 6, 0, 0},
}

func parseMacAddr(s string) (Datum, error) {
	for _, form := range macAddrForms {
		out, p, ok, large := make([]byte, 0, 6), s, true, false
		for i := 0; i < form.parts && ok; i++ {
			if i > 0 && form.every > 0 && i%form.every == 0 {
				if ok = strings.HasPrefix(p, string(form.separator)); !ok {
					break
				}
				p = p[1:]
			}
			for p != "" && isSpace(p[0]) {
				p = p[1:]
			}
			n, start := 0, 0
			if p != "" && (p[0] == '-' || p[0] == '+') { // as C reads a number
				n, start = 1, 1
			}
			for n < len(p) && (form.width == 0 || n < form.width) {
				if _, hex := digitValue(p[n], 16); !hex {
					break
				}
				n++
			}
			v, err := strconv.ParseUint(p[start:n], 16, 64)
			ok, large = err == nil, large || v > 255 || v > 0 && p[0] == '-'
			out, p = append(out, byte(v)), p[n:]
		}
		if !ok || trimSpace(p) != "" {
			continue
		}
		if large {
			return Null, pgerror.New(pgerror.NumericValueOutOfRange, "invalid octet value in \"macaddr\" value: \"%s\"", s)
		}
		return Bytes(out), nil
	}
	return Null, invalidSyntax("macaddr", s)
}

func parseMacAddr8(s string) (Datum, error) {
	bad := func() (Datum, error) { return Null, invalidSyntax("macaddr8", s) }
	p := s
	for p != "" && isSpace(p[0]) {
		p = p[1:]
	}
	var out []byte
	spacer := byte(0)
	for len(p) >= 2 {
		high, ok := digitValue(p[0], 16)
		low, ok2 := digitValue(p[1], 16)
		if !ok || !ok2 || len(out) == 8 {
			return bad()
		}
		out, p = append(out, byte(high<<4|low)), p[2:]
		if p != "" && (p[0] == ':' || p[0] == '-' || p[0] == '.') {
			if spacer != 0 && spacer != p[0] {
				return bad()
			}
			spacer, p = p[0], p[1:]
		}
		if (len(out) == 6 || len(out) == 8) && p != "" && isSpace(p[0]) {
			if trimSpace(p) != "" {
				return bad()
			}
			p = ""
		}
	}
	switch len(out) {
	case 6:
		return MacAddr8(out), nil
	case 8:
		return Bytes(out), nil
	}
	return bad()
}

// MacAddr8 is the 8-byte form of a 6-byte address.
func MacAddr8(b []byte) Datum { return Bytes([]byte{b[0], b[1], b[2], 0xFF, 0xFE, b[3], b[4], b[5]}) }
