package sqltypes

import (
	"strconv"
	"strings"
)

// A pg_snapshot or txid_snapshot is kept as an array of its xmin, its xmax and the transactions in progress between them.

func appendSnapshot(dst []byte, a *Array) []byte {
	for i, e := range a.Elements {
		switch i {
		case 0:
		case 1, 2:
			dst = append(dst, ':')
		default:
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(dst, uint64(e.Int()), 10)
	}
	if len(a.Elements) == 2 {
		dst = append(dst, ':')
	}
	return dst
}

func parseSnapshot(s string) (Datum, error) {
	bad := func() (Datum, error) { return Null, invalidSyntax("pg_snapshot", s) }
	first, rest, ok := strings.Cut(s, ":")
	second, list, ok2 := strings.Cut(rest, ":")
	xmin, err := strconv.ParseUint(first, 10, 64)
	xmax, err2 := strconv.ParseUint(second, 10, 64)
	if !ok || !ok2 || err != nil || err2 != nil || xmin == 0 || xmax == 0 || xmax < xmin {
		return bad()
	}
	elements := []Datum{Int(int64(xmin)), Int(int64(xmax))}
	last := uint64(0)
	for list != "" {
		word, more, comma := strings.Cut(list, ",")
		n, err := strconv.ParseUint(word, 10, 64)
		if err != nil || n < xmin || n >= xmax || n < last {
			return bad()
		}
		if n != last {
			elements = append(elements, Int(int64(n)))
		}
		if last, list = n, more; !comma {
			break
		}
	}
	return NewArray(XID8OID, elements), nil
}
