package sqltypes

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// A bit string is kept as its length in bits (4 bytes, big endian) and the bits, first one highest, with zeros to a whole byte.

// MakeBits makes a bit string from its length and its packed bits.
func MakeBits(length int, packed []byte) Datum {
	return Bytes(append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(packed)), uint32(length)), packed...))
}

// BitLength and BitBytes are the parts of a bit string.
func BitLength(d Datum) int { return int(binary.BigEndian.Uint32(d.Bytes())) }

// BitBytes are the packed bits.
func BitBytes(d Datum) []byte { return d.Bytes()[4:] }

func appendBits(dst, b []byte) []byte {
	for i := range int(binary.BigEndian.Uint32(b)) {
		dst = append(dst, '0'+b[4+i/8]>>(7-i%8)&1)
	}
	return dst
}

func parseBits(t Type, s string) (Datum, error) {
	digits, perDigit := s, 1
	if s != "" {
		switch s[0] | 0x20 {
		case 'b':
			digits = s[1:]
		case 'x':
			digits, perDigit = s[1:], 4
		}
	}
	length := len(digits) * perDigit
	if err := checkBitLength(t, length); err != nil {
		return Null, err
	}
	packed := make([]byte, (length+7)/8)
	for i := range len(digits) {
		v, ok := digitValue(digits[i], 1<<perDigit)
		if !ok {
			word := "binary"
			if perDigit == 4 {
				word = "hexadecimal"
			}
			return Null, pgerror.New(pgerror.InvalidTextRepresentation, "\"%s\" is not a valid %s digit", firstChar(digits[i:]), word)
		}
		at := i * perDigit
		packed[at/8] |= byte(v) << (8 - perDigit - at%8)
	}
	return MakeBits(length, packed), nil
}

func checkBitLength(t Type, have int) error {
	switch want := int(t.Mod); {
	case want <= 0 || have == want || t.OID == VarBitOID && have < want:
		return nil
	case t.OID == BitOID:
		return pgerror.New(pgerror.StringDataLengthMismatch, "bit string length %d does not match type bit(%d)", have, want)
	default:
		return pgerror.New(pgerror.StringDataRightTruncation, "bit string too long for type bit varying(%d)", want)
	}
}

func coerceBits(t Type, d Datum, explicit bool) (Datum, error) {
	want, have := int(t.Mod), BitLength(d)
	if have == want || t.OID == VarBitOID && have <= want || want <= 0 {
		return d, nil
	}
	if !explicit {
		return Null, checkBitLength(t, have)
	}
	packed := make([]byte, (want+7)/8)
	copy(packed, BitBytes(d))
	if rest := want % 8; rest != 0 {
		packed[len(packed)-1] &= 0xFF << (8 - rest)
	}
	return MakeBits(want, packed), nil
}

func compareBits(a, b []byte) int {
	if c := bytes.Compare(a[4:][:min(len(a), len(b))-4], b[4:][:min(len(a), len(b))-4]); c != 0 {
		return c
	}
	return bytes.Compare(a[:4], b[:4])
}

func receiveBits(t OID, m *message) Datum {
	n := m.int32()
	if n < 0 || int(n) > 8*len(m.b) {
		m.fail(pgerror.InvalidBinaryRepresentation, "invalid length in external bit string")
		return Null
	}
	packed := append([]byte{}, m.take((int(n)+7)/8)...)
	if rest := n % 8; rest != 0 {
		packed[len(packed)-1] &= 0xFF << (8 - rest)
	}
	return MakeBits(int(n), packed)
}

// An inet or cidr is kept as its family (2: IPv4, 3: IPv6), the bits of its mask, and the 4 or 16 bytes of the address.
const (
	familyV4 = 2
	familyV6 = 3
)

// MakeInet makes an inet or cidr.
func MakeInet(address netip.Addr, maskBits int) Datum {
	family := byte(familyV6)
	if address.Is4() {
		family = familyV4
	}
	return Bytes(append([]byte{family, byte(maskBits)}, address.AsSlice()...))
}

// InetParts are the address and the bits of the mask.
func InetParts(d Datum) (netip.Addr, int) {
	b := d.Bytes()
	address, _ := netip.AddrFromSlice(b[2:])
	return address, int(b[1])
}

func appendInet(dst, b []byte, cidr bool) []byte {
	address, mask := InetParts(Bytes(b))
	if v6 := address.As16(); address.Is6() && [12]byte(v6[:12]) == [12]byte{} && v6[12]|v6[13] != 0 {
		// PostgreSQL shows the last 32 bits of an IPv4-compatible address as IPv4.
		dst = netip.AddrFrom4([4]byte(v6[12:])).AppendTo(append(dst, "::"...))
	} else {
		dst = address.AppendTo(dst)
	}
	if cidr || mask != address.BitLen() {
		dst = strconv.AppendInt(append(dst, '/'), int64(mask), 10)
	}
	return dst
}

func parseInet(s string, cidr bool) (Datum, error) {
	name := "inet"
	if cidr {
		name = "cidr"
	}
	host, mask, hasMask := strings.Cut(s, "/")
	address, octets, ok := parseAddress(host, cidr || hasMask)
	bits := address.BitLen()
	if ok && cidr && !hasMask && address.Is4() {
		bits = classBits(address, octets)
	}
	if ok && hasMask {
		n, err := strconv.Atoi(mask)
		ok = err == nil && n >= 0 && n <= bits && isDigit(mask[0]) && (len(mask) == 1 || mask[0] != '0')
		bits = n
	}
	if !ok {
		return Null, invalidSyntax(name, s)
	}
	if prefix, err := address.Prefix(bits); cidr && (err != nil || prefix.Addr() != address) {
		return Null, pgerror.New(pgerror.InvalidTextRepresentation, "invalid cidr value: \"%s\"", s).
			WithDetail("Value has bits set to right of mask.")
	}
	return MakeInet(address, bits), nil
}

// parseAddress reads an address; short IPv4 forms such as 10.1 are completed with zeros where they are allowed.
func parseAddress(s string, short bool) (address netip.Addr, octets int, ok bool) {
	if strings.ContainsAny(s, ":") {
		a, err := netip.ParseAddr(s)
		return a, 16, err == nil && a.Zone() == "" && !a.Is4()
	}
	parts := strings.Split(s, ".")
	if len(parts) > 4 || len(parts) < 4 && !short {
		return address, 0, false
	}
	var b [4]byte
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 8)
		if err != nil || p == "" || !isDigit(p[0]) {
			return address, 0, false
		}
		b[i] = byte(n)
	}
	return netip.AddrFrom4(b), len(parts), true
}

// classBits is the mask of a cidr written without one: that of its old class, and no less than the octets given.
func classBits(address netip.Addr, octets int) int {
	first := address.As4()[0]
	bits := 8
	switch {
	case first >= 240:
		bits = 32
	case first >= 224:
		bits = 8
	case first >= 192:
		bits = 24
	case first >= 128:
		bits = 16
	}
	return max(bits, octets*8)
}

func compareInet(a, b []byte) int {
	if c := cmp.Compare(a[0], b[0]); c != 0 {
		return c
	}
	x, xBits := InetParts(Bytes(a))
	y, yBits := InetParts(Bytes(b))
	common := min(xBits, yBits)
	p, _ := x.Prefix(common)
	q, _ := y.Prefix(common)
	if c := p.Addr().Compare(q.Addr()); c != 0 {
		return c
	}
	if c := cmp.Compare(xBits, yBits); c != 0 {
		return c
	}
	return x.Compare(y)
}

func appendInetBinary(dst, b []byte, cidr bool) []byte {
	flag := byte(0)
	if cidr {
		flag = 1
	}
	return append(append(dst, b[0], b[1], flag, byte(len(b)-2)), b[2:]...)
}

func receiveInet(cidr bool, m *message) Datum {
	name := "inet"
	if cidr {
		name = "cidr"
	}
	family, bits := m.uint(1), int(m.uint(1))
	m.uint(1)
	size := int(m.uint(1))
	address, _ := netip.AddrFromSlice(m.take(size))
	switch {
	case m.err != nil:
		return Null
	case family != familyV4 && family != familyV6:
		m.fail(pgerror.InvalidBinaryRepresentation, "invalid address family in external \""+name+"\" value")
	case family == familyV4 && size != 4 || family == familyV6 && size != 16:
		m.fail(pgerror.InvalidBinaryRepresentation, "invalid length in external \""+name+"\" value")
	case bits > address.BitLen():
		m.fail(pgerror.InvalidBinaryRepresentation, "invalid bits in external \""+name+"\" value")
	}
	if m.err != nil {
		return Null
	}
	if prefix, err := address.Prefix(bits); cidr && (err != nil || prefix.Addr() != address) {
		m.err = pgerror.New(pgerror.InvalidBinaryRepresentation, "invalid external \"cidr\" value").
			WithDetail("Value has bits set to right of mask.")
	}
	return MakeInet(address, bits)
}

func appendLSN(dst []byte, n uint64) []byte {
	dst = strconv.AppendUint(dst, n>>32, 16)
	start := len(dst)
	dst = strconv.AppendUint(append(dst, '/'), n&0xFFFFFFFF, 16)
	copy(dst, bytes.ToUpper(dst[:start]))
	copy(dst[start:], bytes.ToUpper(dst[start:]))
	return dst
}

func parseLSN(s string) (Datum, error) {
	high, low, ok := strings.Cut(s, "/")
	h, err1 := strconv.ParseUint(high, 16, 32)
	l, err2 := strconv.ParseUint(low, 16, 32)
	if !ok || err1 != nil || err2 != nil || len(high) > 8 || len(low) > 8 {
		return Null, invalidSyntax("pg_lsn", s)
	}
	return Int(int64(h<<32 | l)), nil
}

// A tid is kept as block × 65536 + offset.

func appendTID(dst []byte, n int64) []byte {
	dst = strconv.AppendUint(append(dst, '('), uint64(n)>>16, 10)
	return append(strconv.AppendUint(append(dst, ','), uint64(n)&0xFFFF, 10), ')')
}

func parseTID(s string) (Datum, error) {
	_, body, ok := strings.Cut(s, "(")
	body, _, ok2 := strings.Cut(body, ")")
	block, offset, ok3 := strings.Cut(body, ",")
	zero := func(s string) string { // C reads no digits as 0
		if s = strings.TrimLeft(s, " "); s == "" {
			return "0"
		}
		return s
	}
	b, err1 := strconv.ParseInt(zero(block), 10, 64)
	o, err2 := strconv.ParseUint(zero(offset), 10, 16)
	if !ok || !ok2 || !ok3 || err1 != nil || err2 != nil || b < -1<<31 || b >= 1<<32 {
		return Null, invalidSyntax("tid", s)
	}
	return Int(int64(uint32(b))<<16 | int64(o)), nil
}

// appendVector writes an int2vector or oidvector.
func appendVector(dst []byte, a *Array) []byte {
	for i, e := range a.Elements {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = strconv.AppendInt(dst, e.Int(), 10)
	}
	return dst
}

func parseVector(t OID, s string) (Datum, error) {
	element, _ := ElementOf(t)
	a := &Array{Element: element}
	for p := s; ; {
		for p != "" && isSpace(p[0]) {
			p = p[1:]
		}
		if p == "" {
			break
		}
		d, rest, err := vectorElement(t, p)
		if err != nil {
			return Null, err
		}
		a.Elements, p = append(a.Elements, d), rest
	}
	a.Lengths, a.Lowers = []int32{int32(len(a.Elements))}, []int32{0}
	return FromArray(a), nil
}

// vectorElement reads the number that a text begins with. PostgreSQL names the whole rest of the text in its errors.
func vectorElement(t OID, p string) (d Datum, rest string, err error) {
	if t == OIDVectorOID {
		n, end, overflow := cUnsigned(p, 64)
		if end == 0 {
			return Null, "", invalidSyntax("oid", p)
		}
		if signed := int64(n); overflow || uint64(uint32(n)) != n && int64(int32(n)) != signed {
			return Null, "", pgerror.New(pgerror.NumericValueOutOfRange, "value \"%s\" is out of range for type oid", p)
		}
		return Int(int64(uint32(n))), p[end:], nil
	}
	end := 0
	if p[0] == '-' || p[0] == '+' {
		end = 1
	}
	start := end
	for end < len(p) && isDigit(p[end]) {
		end++
	}
	n, err := strconv.ParseInt(p[:end], 10, 16)
	switch {
	case end == start:
		return Null, "", invalidSyntax("smallint", p)
	case err != nil:
		return Null, "", pgerror.New(pgerror.NumericValueOutOfRange, "value \"%s\" is out of range for type smallint", p)
	case end < len(p) && p[end] != ' ':
		return Null, "", invalidSyntax("smallint", p)
	}
	return Int(n), p[end:], nil
}

// compareOther orders rare types by their text.
func compareOther(_ OID, a, b *Other) int { return strings.Compare(a.Text, b.Text) }

func hashOther(_ OID, seed uint64, v *Other) uint64 { return hashBytes(seed, []byte(v.Text)) }
