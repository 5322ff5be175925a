package expr

import (
	"math/big"
	"net/netip"
	"strconv"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

func networkFunctions() []entry {
	one := func(source string, f func(a netip.Addr, mask int) (datum, error)) entry {
		return fn1(source, func(_ *Env, d datum) (datum, error) { return f(sqltypes.InetParts(d)) })
	}
	// masked fills the bits the mask leaves free.
	masked := func(source string, mask func(bits, i int) bool, keepMask bool) entry {
		return one(source, func(a netip.Addr, bits int) (datum, error) {
			out := a.AsSlice()
			for i := range 8 * len(out) {
				if mask(bits, i) {
					out[i/8] |= 1 << (7 - i%8)
				} else {
					out[i/8] &^= 1 << (7 - i%8)
				}
			}
			addr, _ := netip.AddrFromSlice(out)
			if !keepMask {
				bits = a.BitLen()
			}
			return sqltypes.MakeInet(addr, bits), nil
		})
	}
	out := []entry{
		one("network_family", func(a netip.Addr, _ int) (datum, error) {
			if a.Is4() {
				return sqltypes.Int(4), nil
			}
			return sqltypes.Int(6), nil
		}),
		one("network_masklen", func(_ netip.Addr, m int) (datum, error) { return sqltypes.Int(int64(m)), nil }),
		one("network_host", func(a netip.Addr, _ int) (datum, error) {
			return str(sqltypes.Text(sqltypes.InetOID, sqltypes.MakeInet(a, a.BitLen()), nil))
		}),
		one("network_show", func(a netip.Addr, m int) (datum, error) {
			return str(sqltypes.Text(sqltypes.InetOID, sqltypes.MakeInet(a, a.BitLen()), nil) + "/" + strconv.Itoa(m))
		}),
		fn1("inet_abbrev", func(_ *Env, d datum) (datum, error) { return str(sqltypes.Text(sqltypes.InetOID, d, nil)) }),
		one("network_network", networkOf), one("inet_to_cidr", networkOf),
		one("network_broadcast", func(a netip.Addr, m int) (datum, error) {
			out := a.AsSlice()
			for i := m; i < 8*len(out); i++ {
				out[i/8] |= 1 << (7 - i%8)
			}
			addr, _ := netip.AddrFromSlice(out)
			return sqltypes.MakeInet(addr, m), nil
		}),
		masked("network_netmask", func(bits, i int) bool { return i < bits }, false),
		masked("network_hostmask", func(bits, i int) bool { return i >= bits }, false),
	}
	return append(append(out, maskFunctions()...), networkOperators()...)
}

// maskFunctions change masks and find common networks.
func maskFunctions() []entry {
	return []entry{
		fn2("inet_set_masklen", func(_ *Env, x, y datum) (datum, error) {
			a, _ := sqltypes.InetParts(x)
			m, err := maskLength(a, y.Int())
			return sqltypes.MakeInet(a, m), err
		}),
		fn2("cidr_set_masklen", func(_ *Env, x, y datum) (datum, error) {
			a, _ := sqltypes.InetParts(x)
			m, err := maskLength(a, y.Int())
			if err != nil {
				return sqltypes.Null, err
			}
			return networkOf(a, m)
		}),
		fn2("inet_same_family", func(_ *Env, x, y datum) (datum, error) {
			a, _ := sqltypes.InetParts(x)
			b, _ := sqltypes.InetParts(y)
			return sqltypes.Bool(a.BitLen() == b.BitLen()), nil
		}),
		fn2("inet_merge", func(_ *Env, x, y datum) (datum, error) {
			a, m := sqltypes.InetParts(x)
			b, n := sqltypes.InetParts(y)
			if a.BitLen() != b.BitLen() {
				return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "cannot merge addresses from different families")
			}
			common := min(m, n)
			for !samePrefix(a, b, common) {
				common--
			}
			return networkOf(a, common)
		}),
	}
}

// networkOperators compare networks and count addresses.
func networkOperators() []entry {
	return []entry{
		inside("network_sub", true, false), inside("network_subeq", false, false),
		inside("network_sup", true, true), inside("network_supeq", false, true),
		fn2("network_overlap", func(_ *Env, x, y datum) (datum, error) {
			a, m := sqltypes.InetParts(x)
			b, n := sqltypes.InetParts(y)
			return sqltypes.Bool(a.BitLen() == b.BitLen() && samePrefix(a, b, min(m, n))), nil
		}),
		fn2("inetpl", func(_ *Env, x, y datum) (datum, error) { return addToAddress(x, y.Int()) }),
		fn2("sql_int8pl_inet_2631", func(_ *Env, x, y datum) (datum, error) { return addToAddress(y, x.Int()) }),
		fn2("inetmi_int8", func(_ *Env, x, y datum) (datum, error) { return addToAddress(x, -y.Int()) }),
		fn2("inetmi", func(_ *Env, x, y datum) (datum, error) {
			a, _ := sqltypes.InetParts(x)
			b, _ := sqltypes.InetParts(y)
			if a.BitLen() != b.BitLen() {
				return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "cannot subtract inet values of different sizes")
			}
			d := new(big.Int).Sub(new(big.Int).SetBytes(a.AsSlice()), new(big.Int).SetBytes(b.AsSlice()))
			if !d.IsInt64() {
				return sqltypes.Null, pgerror.New(pgerror.NumericValueOutOfRange, "result is out of range")
			}
			return sqltypes.Int(d.Int64()), nil
		}),
	}
}

func samePrefix(a, b netip.Addr, bits int) bool {
	x, err1 := a.Prefix(bits)
	y, err2 := b.Prefix(bits)
	return err1 == nil && err2 == nil && x == y
}

func networkOf(a netip.Addr, bits int) (datum, error) {
	p, err := a.Prefix(bits)
	if err != nil {
		return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "invalid mask length: %d", bits)
	}
	return sqltypes.MakeInet(p.Addr(), bits), nil
}

func maskLength(a netip.Addr, n int64) (int, error) {
	if n == -1 {
		return a.BitLen(), nil
	}
	if n < 0 || n > int64(a.BitLen()) {
		return 0, pgerror.New(pgerror.InvalidParameterValue, "invalid mask length: %d", n)
	}
	return int(n), nil
}

func addToAddress(d datum, n int64) (datum, error) {
	a, mask := sqltypes.InetParts(d)
	sum := new(big.Int).Add(new(big.Int).SetBytes(a.AsSlice()), big.NewInt(n))
	if sum.Sign() < 0 || sum.BitLen() > a.BitLen() {
		return sqltypes.Null, pgerror.New(pgerror.NumericValueOutOfRange, "result is out of range")
	}
	out, _ := netip.AddrFromSlice(sum.FillBytes(make([]byte, a.BitLen()/8)))
	return sqltypes.MakeInet(out, mask), nil
}

// inside is << and its like.
func inside(source string, strict, swap bool) entry {
	return fn2(source, func(_ *Env, x, y datum) (datum, error) {
		if swap {
			x, y = y, x
		}
		a, m := sqltypes.InetParts(x)
		b, n := sqltypes.InetParts(y)
		ok := a.BitLen() == b.BitLen() && (m > n || m == n && !strict) && samePrefix(a, b, n)
		return sqltypes.Bool(ok), nil
	})
}
