package expr

import (
	"bytes"
	"encoding/binary"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// systemValueFunctions are those of the types PostgreSQL's own catalogs are made of, and of hardware addresses.
func systemValueFunctions() []entry {
	return slices.Concat(lsnFunctions(), snapshotFunctions(), macAddrFunctions(), inetBitFunctions(), recordImageFunctions(), []entry{
		fn1("xid8toxid", func(_ *Env, a datum) (datum, error) { return sqltypes.Int(int64(uint32(a.Int()))), nil }),
		fn1("btequalimage", func(*Env, datum) (datum, error) { return sqltypes.Bool(true), nil }),
		fn1("btvarstrequalimage", func(*Env, datum) (datum, error) {
			return sqltypes.Null, pgerror.New(pgerror.IndeterminateCollation, "could not determine which collation to use for string comparison").
				WithHint("Use the COLLATE clause to set the collation explicitly.")
		}),
		fn1("cidr_abbrev", func(_ *Env, d datum) (datum, error) { return str(abbreviateCIDR(sqltypes.InetParts(d))) }),
		fn1("oidvectortypes", func(env *Env, a datum) (datum, error) {
			var names []string
			for _, e := range a.Array().Elements {
				name := "???"
				if t := oid(e.Int()); t == 0 {
					name = "-"
				} else if env.Session != nil && env.Session.Catalog != nil {
					if name = env.Session.Catalog.RegOut(sqltypes.RegTypeOID, e); strings.Trim(name, "0123456789") == "" {
						name = "???"
					}
				}
				names = append(names, name)
			}
			return str(strings.Join(names, ", "))
		}),
	})
}

func lsnOutOfRange() error {
	return pgerror.New(pgerror.InvalidParameterValue, "pg_lsn out of range")
}

func lsnNumber(a datum) datum {
	d, _ := sqltypes.NumericFromBigInt(new(big.Int).SetUint64(uint64(a.Int())), 0)
	return d
}

// lsnOf turns a number into a pg_lsn.
func lsnOf(d datum) (datum, error) {
	switch {
	case sqltypes.NumericIsNaN(d):
		return sqltypes.Null, pgerror.New(pgerror.FeatureNotSupported, "cannot convert NaN to pg_lsn")
	case sqltypes.NumericIsInf(d):
		return sqltypes.Null, pgerror.New(pgerror.FeatureNotSupported, "cannot convert infinity to pg_lsn")
	}
	v, _ := sqltypes.NumericParts(sqltypes.NumericRound(d, 0))
	if !v.IsUint64() {
		return sqltypes.Null, lsnOutOfRange()
	}
	return sqltypes.Int(int64(v.Uint64())), nil
}

func lsnFunctions() []entry {
	add := func(lsn, n datum) (datum, error) {
		if sqltypes.NumericIsNaN(n) {
			return sqltypes.Null, pgerror.New(pgerror.FeatureNotSupported, "cannot add NaN to pg_lsn")
		}
		sum, err := sqltypes.NumericAdd(lsnNumber(lsn), n)
		if err != nil {
			return sqltypes.Null, err
		}
		return lsnOf(sum)
	}
	return []entry{
		fn2("pg_lsn_mi", func(_ *Env, a, b datum) (datum, error) { return sqltypes.NumericSub(lsnNumber(a), lsnNumber(b)) }),
		fn2("pg_lsn_pli", func(_ *Env, a, b datum) (datum, error) { return add(a, b) }),
		fn2("sql_numeric_pl_pg_lsn_5023", func(_ *Env, a, b datum) (datum, error) { return add(b, a) }),
		fn2("pg_lsn_mii", func(_ *Env, a, b datum) (datum, error) {
			if sqltypes.NumericIsNaN(b) {
				return sqltypes.Null, pgerror.New(pgerror.FeatureNotSupported, "cannot subtract NaN from pg_lsn")
			}
			return add(a, sqltypes.NumericNeg(b))
		}),
		fn1("numeric_pg_lsn", func(_ *Env, a datum) (datum, error) { return lsnOf(a) }),
	}
}

func snapshotFunctions() []entry {
	part := func(i int) func(*Env, datum) (datum, error) {
		return func(_ *Env, a datum) (datum, error) { return a.Array().Elements[i], nil }
	}
	return []entry{
		fn1("pg_snapshot_xmin", part(0)), fn1("pg_snapshot_xmax", part(1)),
		fn2("pg_visible_in_snapshot", func(_ *Env, x, s datum) (datum, error) {
			list, n := s.Array().Elements, uint64(x.Int())
			inProgress := slices.ContainsFunc(list[2:], func(e datum) bool { return uint64(e.Int()) == n })
			return sqltypes.Bool(n < uint64(list[0].Int()) || n < uint64(list[1].Int()) && !inProgress), nil
		}),
	}
}

// snapshotRows are the transactions in progress.
func snapshotRows(_ *Env, args []datum) (RowSource, error) {
	out := &sliceRows{}
	for _, e := range args[0].Array().Elements[2:] {
		out.add(e)
	}
	return out, nil
}

func macAddrFunctions() []entry {
	var out []entry
	for _, prefix := range []string{"macaddr_", "macaddr8_"} {
		for word, op := range map[string]func(a, b byte) byte{"and": func(a, b byte) byte { return a & b }, "or": func(a, b byte) byte { return a | b }} {
			out = append(out, fn2(prefix+word, func(_ *Env, a, b datum) (datum, error) {
				return mapBytes(a, func(i int, c byte) byte { return op(c, b.Bytes()[i]) }), nil
			}))
		}
		out = append(out,
			fn1(prefix+"not", func(_ *Env, a datum) (datum, error) { return mapBytes(a, func(_ int, c byte) byte { return ^c }), nil }),
			fn1(prefix+"trunc", func(_ *Env, a datum) (datum, error) {
				return mapBytes(a, func(i int, c byte) byte {
					if i < 3 {
						return c
					}
					return 0
				}), nil
			}))
	}
	return append(out,
		fn1("macaddr8_set7bit", func(_ *Env, a datum) (datum, error) {
			return mapBytes(a, func(i int, c byte) byte {
				if i == 0 {
					return c | 2
				}
				return c
			}), nil
		}),
		fn1("macaddrtomacaddr8", func(_ *Env, a datum) (datum, error) { return sqltypes.MacAddr8(a.Bytes()), nil }),
		fn1("macaddr8tomacaddr", func(_ *Env, a datum) (datum, error) {
			b := a.Bytes()
			if b[3] != 0xFF || b[4] != 0xFE {
				return sqltypes.Null, pgerror.New(pgerror.NumericValueOutOfRange, "macaddr8 data out of range to convert to macaddr").
					WithHint("Only addresses that have FF and FE as values in the 4th and 5th bytes from the left, for example xx:xx:xx:ff:fe:xx:xx:xx, are eligible to be converted from macaddr8 to macaddr.")
			}
			return sqltypes.Bytes([]byte{b[0], b[1], b[2], b[5], b[6], b[7]}), nil
		}))
}

func mapBytes(d datum, f func(i int, c byte) byte) datum {
	out := slices.Clone(d.Bytes())
	for i, c := range out {
		out[i] = f(i, c)
	}
	return sqltypes.Bytes(out)
}

// inetBitFunctions combine addresses bit by bit.
func inetBitFunctions() []entry {
	two := func(source, word string, op func(a, b byte) byte) entry {
		return fn2(source, func(_ *Env, x, y datum) (datum, error) {
			a, m := sqltypes.InetParts(x)
			b, n := sqltypes.InetParts(y)
			if a.BitLen() != b.BitLen() {
				return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "cannot %s inet values of different sizes", word)
			}
			p, q := a.AsSlice(), b.AsSlice()
			for i := range p {
				p[i] = op(p[i], q[i])
			}
			out, _ := netip.AddrFromSlice(p)
			return sqltypes.MakeInet(out, max(m, n)), nil
		})
	}
	return []entry{
		two("inetand", "AND", func(a, b byte) byte { return a & b }), two("inetor", "OR", func(a, b byte) byte { return a | b }),
		fn1("inetnot", func(_ *Env, x datum) (datum, error) {
			a, m := sqltypes.InetParts(x)
			p := a.AsSlice()
			for i := range p {
				p[i] = ^p[i]
			}
			out, _ := netip.AddrFromSlice(p)
			return sqltypes.MakeInet(out, m), nil
		}),
	}
}

// abbreviateCIDR leaves away the bytes that the mask does not cover.
func abbreviateCIDR(a netip.Addr, mask int) string {
	b := a.AsSlice()
	if a.Is4() {
		var parts []string
		for i := range (mask + 7) / 8 {
			parts = append(parts, strconv.Itoa(int(b[i])))
		}
		if mask == 0 {
			parts = []string{"0"}
		}
		return strings.Join(parts, ".") + "/" + strconv.Itoa(mask)
	}
	if mask == 0 {
		return "::/0"
	}
	if mask == 128 {
		return a.String() + "/128"
	}
	words := (mask + 15) / 16
	text := make([]string, words)
	for i := range words {
		text[i] = strconv.FormatUint(uint64(binary.BigEndian.Uint16(b[2*i:])), 16)
	}
	return shortenZeros(text) + "/" + strconv.Itoa(mask)
}

// shortenZeros joins the words of an IPv6 address; the longest run of zeros, of two or more, is written as nothing.
func shortenZeros(words []string) string {
	at, n := -1, 1
	for i := 0; i < len(words); i++ {
		k := i
		for k < len(words) && words[k] == "0" {
			k++
		}
		if k-i > n {
			at, n = i, k-i
		}
		i = max(i, k-1)
	}
	if at < 0 {
		return strings.Join(words, ":")
	}
	out := strings.Join(words[:at], ":") + ":"
	if at+n < len(words) {
		return out + ":" + strings.Join(words[at+n:], ":")
	}
	return out + ":"
}

// recordImageFunctions compare rows byte by byte, as PostgreSQL keeps them.
func recordImageFunctions() []entry {
	var out []entry
	for _, op := range []string{"eq", "ne", "lt", "le", "gt", "ge"} {
		test := compareTest(op)
		out = append(out, fn2("record_image_"+op, func(_ *Env, a, b datum) (datum, error) {
			c, err := compareImages(a.Record(), b.Record(), op == "eq" || op == "ne")
			return sqltypes.Bool(test(c)), err
		}))
	}
	return append(out, fn2("btrecordimagecmp", func(_ *Env, a, b datum) (datum, error) {
		c, err := compareImages(a.Record(), b.Record(), false)
		return sqltypes.Int(int64(c)), err
	}))
}

func compareImages(a, b *sqltypes.Record, equality bool) (int, error) {
	for i := range min(len(a.Fields), len(b.Fields)) {
		t := a.Types[i].OID
		if t != b.Types[i].OID {
			return 0, pgerror.New(pgerror.DatatypeMismatch, "cannot compare dissimilar column types %s and %s at record column %d",
				sqltypes.BaseTypeName(t), sqltypes.BaseTypeName(b.Types[i].OID), i+1)
		}
		x, y := a.Fields[i], b.Fields[i]
		switch {
		case x.IsNull() && y.IsNull():
			continue
		case x.IsNull():
			return 1, nil
		case y.IsNull():
			return -1, nil
		}
		c, err := compareImage(t, x, y, equality)
		if c != 0 || err != nil {
			return c, err
		}
	}
	if len(a.Fields) != len(b.Fields) {
		return 0, pgerror.New(pgerror.DatatypeMismatch, "cannot compare record types with different numbers of columns")
	}
	return 0, nil
}

// compareImage compares numbers without a sign, runs of bytes by bytes. The bytes of what is neither are PostgreSQL's own, so that only their being
// the same is known here.
func compareImage(t oid, x, y datum, equality bool) (int, error) {
	switch {
	case x.Kind() == sqltypes.KindInt, x.Kind() == sqltypes.KindFloat && t == sqltypes.Float8OID:
		return compareUnsigned(sqltypes.Int(x.Word()), sqltypes.Int(y.Word())), nil
	case x.Kind() == sqltypes.KindBytes && t != sqltypes.JSONBOID && t != sqltypes.BitOID && t != sqltypes.VarBitOID:
		return compareInts(int64(bytes.Compare(x.Bytes(), y.Bytes())), 0), nil
	}
	p, err := sqltypes.AppendBinary(nil, t, x)
	if err != nil {
		return 0, err
	}
	q, err := sqltypes.AppendBinary(nil, t, y)
	if err != nil {
		return 0, err
	}
	c := bytes.Compare(p, q)
	if c != 0 && !equality {
		return 0, pgerror.New(pgerror.FeatureNotSupported, "order of the images of type %s not supported", sqltypes.BaseTypeName(t))
	}
	return c, nil
}
