package sqltypes

import (
	"math/rand"
	"slices"
	"strconv"
	"strings"
)

type goldenGroup struct {
	settings settings
	t        Type
	inputs   []string
}

type goldenFile struct {
	name   string
	groups []goldenGroup
}

func lines(s string) []string { return strings.Split(strings.Trim(s, "\n"), "\n") }

// goldenFiles are the inputs that PostgreSQL's answers are recorded for. The random ones come from fixed seeds.
func goldenFiles() []goldenFile {
	return []goldenFile{
		{"integer", integerGroups()}, {"float", floatGroups()}, {"numeric", numericGroups()}, {"text", textGroups()},
		{"date", momentGroups(DateOID)}, {"time", momentGroups(TimeOID)}, {"timetz", momentGroups(TimeTZOID)},
		{"timestamp", momentGroups(TimestampOID)}, {"timestamptz", momentGroups(TimestampTZOID)},
		{"interval", intervalGroups()}, {"json", jsonGroups()}, {"array", arrayGroups()}, {"range", rangeGroups()}, {"rare", rareGroups()},
	}
}

func integerGroups() []goldenGroup {
	inputs := lines(`
0
1
-1
+7
 12 
32767
32768
-32768
-32769
2147483647
2147483648
-2147483648
-2147483649
9223372036854775807
9223372036854775808
-9223372036854775808
-9223372036854775809
99999999999999999999999999
4294967295
4294967296
0x1F
0X1f
-0x8000
0x7FFFFFFFFFFFFFFF
0x8000000000000000
-0x8000000000000000
0o17
0O777
0b101
0B2
0x
0o
0b
0x_1
0x1_f
1_000
1_0_0
1__0
_1
1_
- 1
--1
+-1
1 2
1.0
1e5
abc
a
 
-
+
010
1a
0xg
99999x
999999999999999999999999999x
NULL
é
`)
	inputs = append(inputs, "", "\t5\n", "\v6\f", "1\u00a0")
	r := rand.New(rand.NewSource(1))
	for range 60 {
		inputs = append(inputs, strconv.FormatInt(int64(r.Uint64())>>r.Intn(64), 10))
	}
	bools := lines(`
t
T
true
TRUE
tr
tru
truex
f
fa
fal
fals
false
y
ye
yes
n
no
on
ON
of
off
o
0
1
2
00
 true 
yess
non
NULL
`)
	var out []goldenGroup
	for _, t := range []OID{Int2OID, Int4OID, Int8OID, OIDOID, XIDOID, CIDOID, XID8OID} {
		out = append(out, goldenGroup{plain, T(t), inputs})
	}
	return append(out, goldenGroup{plain, T(BoolOID), append(bools, "")})
}

func floatGroups() []goldenGroup {
	inputs := lines(`
0
-0
1
-1
1.5
.5
5.
0.1
0.0001
0.00001
0.00012345
100000
123456
999999
1000000
1234567
16777216
16777217
123456789012345
999999999999999
1000000000000000
1234567890123456
9007199254740993
1e15
1e14
1e-4
1e-5
1e20
-1e20
1e100
1.7976931348623157e308
1.7976931348623159e308
1e308
1e309
-1e309
2.2250738585072014e-308
4.9e-324
5e-324
2e-324
1e-400
0e-400
0e400
3.4028234e38
3.4028235e38
3.4028236e38
1e39
1.1754944e-38
1e-45
1.4e-45
7e-46
1e-50
NaN
nan
-NaN
+nan
Infinity
infinity
-Infinity
+Infinity
inf
INF
-inf
infin
 1.5 
1.5 x
x
1e
1e+
e5
.
-
+.5e1
0x10
0x1.8p3
0x.8
0xp1
1_000
1,5
1e5x
NaNx
Infinityx
12345678901234567890
0.3
0.1e1
2.5
1e23
3.3e-7
1e22
5e-1
1 2
0.30000000000000004
4.35
33.333333
0.99999997
`)
	inputs = append(inputs, "")
	r := rand.New(rand.NewSource(2))
	for range 80 {
		inputs = append(inputs, strconv.FormatFloat(r.NormFloat64(), 'g', r.Intn(18), 64)+"e"+strconv.Itoa(r.Intn(60)-30))
	}
	var clean []string
	for _, s := range inputs {
		if strings.Count(s, "e") < 2 {
			clean = append(clean, s)
		}
	}
	var out []goldenGroup
	for _, digits := range []int{1, 0, -3, -15, 3} {
		s := plain
		s.floatDigits = digits
		out = append(out, goldenGroup{s, T(Float8OID), clean}, goldenGroup{s, T(Float4OID), clean})
	}
	return out
}

func numericGroups() []goldenGroup {
	inputs := lines(`
0
-0
0.00
-0.000
1
1.0
1.00
-1
+1
123.456
.5
5.
-.5
0.0001
0.00001
10000
9999
99999999
1e5
1E5
1e-5
1.5e3
1.5e-3
1e0
12e-1
100e-2
99.95
99.94
99.949
999.5
999.4
-999.5
0.05
0.04
0.005
0.049999
12345678901234567890
123456789012345678.9
1234567890123456789
9223372036854775807
9223372036854775808
-9223372036854775808
-9223372036854775809
0.000000000000000000000000000001
123456789.123456789123456789123456789
NaN
nan
 NaN 
-NaN
Infinity
-Infinity
inf
+inf
-INF
infin
1e131071
1e131072
1e-16383
1e-16384
0e131072
0e-16384
1e1000000000
1e-1000000000
1e99999999999
0x1F
-0xff
0xffffffffffffffffffff
0o777
0b1011
0x
0b
0x_1
0x1__1
1_000.5
1_000_000
1.0_5
1._5
1_.5
_1
1_
1e1_0
1e_1
abc
.
-
+
e5
1e
1e+
1 2
 1 
1x
--1
+-1
1.2.3
$1
1,000
`)
	inputs = append(inputs, "", strings.Repeat("9", 200), "0."+strings.Repeat("0", 100)+"1", strings.Repeat("123456789", 30)+"."+strings.Repeat("987654321", 20))
	r := rand.New(rand.NewSource(3))
	for range 100 {
		s := strconv.FormatUint(r.Uint64()>>r.Intn(64), 10)
		if r.Intn(2) == 0 {
			s += strconv.FormatUint(r.Uint64()>>r.Intn(64), 10)
		}
		if r.Intn(2) == 0 {
			s = "-" + s
		}
		if r.Intn(3) > 0 {
			s += "." + strconv.FormatUint(r.Uint64()>>r.Intn(64), 10)
		}
		inputs = append(inputs, s)
	}
	out := []goldenGroup{{plain, T(NumericOID), inputs}}
	for _, m := range [][2]int{{3, 1}, {5, 0}, {2, 2}, {3, -2}, {3, 5}, {18, 6}, {38, 37}, {1000, 1000}, {1000, 0}} {
		out = append(out, goldenGroup{plain, Type{NumericOID, MakeNumericTypmod(m[0], m[1])}, inputs})
	}
	return out
}

func textGroups() []goldenGroup {
	inputs := lines(`
a
abc
abcd
ab
ab  
 ab
abc   
abcd  
aé
éàü
日本語
日本語x
x'y"z
back\slash
NULL
\x61
\x6
\x6g
\xé
\x61 62
\x 61
\x6 1
\000
\001\002
\377
\400
\1
\\
\
\a
a\\b
a\141b
\'
`)
	inputs = append(inputs, "", " ", "   ", strings.Repeat("n", 63), strings.Repeat("n", 64), strings.Repeat("é", 40), "a\tb\nc", "\u007f", "\x01")
	chars := lines(`
a
ab
\101
\377
\200
\400
\1
é
0
`)
	var out []goldenGroup
	for _, t := range []Type{T(TextOID), T(VarCharOID), {VarCharOID, 7}, {VarCharOID, 5}, T(BPCharOID), {BPCharOID, 7}, {BPCharOID, 5}, T(NameOID), T(ByteaOID)} {
		out = append(out, goldenGroup{plain, t, inputs})
	}
	escape := plain
	escape.escape = true
	uuids := lines(`
a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11
A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11
{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}
a0eebc999c0b4ef8bb6d6bb9bd380a11
a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11
{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}
00000000-0000-0000-0000-000000000000
ffffffff-ffff-ffff-ffff-ffffffffffff
a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1
a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111
{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11
a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}
a0e-ebc999c0b4ef8bb6d6bb9bd380a11
g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11
a0eebc99--9c0b-4ef8-bb6d-6bb9bd380a11
 a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11
x
a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-
`)
	return append(out, goldenGroup{escape, T(ByteaOID), inputs}, goldenGroup{plain, T(CharOID), append(chars, "")},
		goldenGroup{plain, T(UUIDOID), append(uuids, "")})
}

func momentInputs(t OID) []string {
	inputs := lines(`
2001-02-03
2001-2-3
01-02-03
1/2/2003
13/2/2003
2/13/2003
31.12.1999
1999.12.31
1999.365
2000.060
2000.366
2001.366
2000-060
20010203
010203
20010203 040506
20010203T040506
20010203T040506.789
20010203T04:05:06
2001-02-03T04:05:06
2001-02-03T04:05:06Z
2001-02-03T04:05:06.123456789Z
2001-02-03t040506
2001-02-03 04:05
2001-02-03 04:05:06
2001-02-03 04:05:06.7
2001-02-03 04:05:06.9999999
2001-02-03 04:05:06.1234565
2001-02-03 04:05:60
2001-02-03 04:05:61
2001-02-03 24:00:00
2001-02-03 24:00:01
2001-02-03 25:00:00
2001-02-03 23:59:60
2001-02-03 04:60
2001-02-03 04:05:06+02
2001-02-03 04:05:06-0330
2001-02-03 04:05:06+05:30
2001-02-03 04:05:06+05:30:15
2001-02-03 04:05:06 +7
2001-02-03 04:05:06 -15:59:59
2001-02-03 04:05:06+16
2001-02-03 04:05:06+15:60
2001-02-03 04:05:06+123456789012
2001-02-03 04:05:06 EST
2001-02-03 04:05:06 est5edt
2001-07-03 04:05:06 EDT
2001-02-03 04:05:06 PST
2001-02-03 04:05:06 z
2001-02-03 04:05:06 UTC
2001-02-03 04:05:06 GMT
2001-02-03 04:05:06 America/New_York
2001-07-03 04:05:06 america/new_york
2001-02-03 04:05:06 Europe/Berlin
2001-04-01 02:30:00 America/New_York
2001-10-28 01:30:00 America/New_York
2001-02-03 04:05:06 Mars/Phobos
2001-02-03 04:05:06 nosuch
2001-02-03 04:05:06 MSK
2011-06-01 04:05:06 MSK
2015-06-01 04:05:06 MSK
2001-02-03 04:05:06 UTC+3
2001-02-03 04:05:06 UTC-3:30
2001-02-03 04:05:06 FOO+3
2001-02-03 04:05:06 FOO5BAR
2001-07-03 04:05:06 FOO5BAR
2001-02-03 04:05:06 MET DST
2001-02-03 04:05:06 CET DST
2001-02-03 04:05:06 DST
2001-02-03 04:05:06 America/New_York DST
2001-02-03 04:05:06 AM
2001-02-03 04:05:06 PM
2001-02-03 12:05 AM
2001-02-03 12:05 PM
2001-02-03 13:05 PM
2001-02-03 13:05 AM
2001-02-03 04:05:06 PM EST
2001-02-03 04:05:06 BC
2001-02-03 04:05:06 EST BC
0001-01-01 BC
0001-01-01
0000-01-01
0000-01-01 BC
4714-11-24 BC
4714-11-23 BC
4713-01-01 BC
4715-01-01 BC
5874897-12-31
5874898-01-01
294276-12-31 23:59:59.999999
294276-12-31 23:59:59.9999999
294277-01-01
99999-01-01
10000-01-01
100000-01-01
12345-06-07 01:02:03
1900-02-29
2000-02-29
2001-02-29
2001-02-30
2001-04-31
2001-13-01
2001-00-01
2001-01-00
2001-01-32
Feb 3 2001
3 Feb 2001
2001 Feb 3
February 3, 2001
Feb-03-2001
03-Feb-2001
2001-Feb-03
03-Feb-01
Feb-03-01
01-Feb-03
99-Feb-03
03-Feb-99
Feb 3 2001 4:05
Feb 3 04:05:06 2001
Sat Feb 3 04:05:06 2001 EST
Sat Feb 03 04:05:06 2001
Sat, 03 Feb 2001 04:05:06 +0100
Feb 3 04:05:06 PST 2001
Feb 31 2001
Febr 3 2001
Sept 3 2001
sep 3 2001
thurs Feb 3 2001
Jan 1 2001 BC
Jan 1, 4714 BC
on Feb 3 2001 at 4:05
J2451187
j2451187.5
J2451187 04:05
jd 2451187
julian 2451187
J2451187-08
J-5
J0
J2147483493
J2147483494
J99999999999
J
2451187
epoch
EPOCH
infinity
-infinity
+infinity
Infinity
inf
infinity 04:05
epoch x
today x
invalid
yesterdayx
allballs
2001-02-03 allballs
04:05
04:05:06
04:05:06.789
4:5
04:05:06.9999999
24:00:00
24:00:00.000001
23:59:60
23:59:59.9999999
25:00
04:60
04:05:61
040506
0405
040506.789
04
4
405
4 pm
4:05 pm
12:00 am
12:00 pm
13:00 pm
04:05:06 PST
04:05:06+02
04:05:06 +02:30
040506+02
040506-08
T040506
T04:05:06
t040506-07
04:05 America/New_York
2001-07-03 04:05 America/New_York
04:05 UTC
04:05 Etc/GMT+5
04:05 MSK
04:05-16
04:05:06.123.4
04:05:06:07
04::05
:05
04:
1:2:3
2001-02-03 040506
2001-02-03 0405
2001-02-03 040506.5
2001-02-03 040506-08
2001-02-03 996199
2001-02-03 04
2001-02-03 4
2001-02-03 123
2001-02
2001
200
Feb
Feb 2001
3 Feb
2001-02-03-04
2001-02/03
2001/02/03
2001/02.03
2001.02.03
2001.02-03
01.02.2003
1.2.3
1.2
.5
2001-02-03 .5
2001-02-03 04:05:06 07:08:09
2001-02-03 2002-03-04
y2001m02d03
2001-02-03 !
!2001-02-03
(2001-02-03)
2001-02-03,04:05
2001-02-03;04:05:06
2001-02-03 04:05:06.5.5
2001-02-03 T
2001-02-03 T T
d 3
a
-
+
+5
+x
-x
--
1e5
99999999999-01-01
2001-99999999999-01
2001-02-03 99999999999:00
2001-02-03 00:99999999999
2001-02-03 00:00:99999999999
2001-02-03 04:05:06 EST EST
2001-02-03 EST
2001-02-03 +05
2001-02-03 04:05:06+
2001-02-03+05:30
2001-02-03Z
2001-02-03 z04:05
20010203040506
200102030405
2001020304
991231
001231
000101
10203
1999-01-08 04:05:06-8:00
January 8, 1999
1999-01-08
1/8/1999
1/18/1999
01/02/03
1999-Jan-08
Jan-08-1999
08-Jan-1999
99-Jan-08
08-Jan-99
Jan-08-99
19990108
990108
1999.008
J2451187
January 8, 99 BC
100000101
1997-02-10 17:32:01-07
Mon Feb 10 17:32:01 1997 PST
Wed Jul 16 17:32:01 1997 PDT
19970210 173201 -0800
19970210 173201 +0000
2000-03-15 08:14:01 GMT+8
2000-03-15 13:14:02 GMT-1
2000-03-15 12:14:03 GMT-2
Feb 16 17:32:01 0097 BC
Feb 16 17:32:01 5097 BC
Feb 10 17:32:01 1997 -0800
19970710 173201 America/Does_not_exist
1969-12-31 23:59:59.999999
1970-01-01 00:00:00.0000005
1970-01-01 00:00:00.0000015
1999-12-31 23:59:59.9999995
1582-10-15
1883-11-18 12:00 America/New_York
1850-01-01 00:00:00 America/New_York
2040-07-01 12:00 America/New_York
9999-07-01 12:00 Europe/Paris
2014-10-26 01:30:00 Europe/Moscow
2011-12-30 12:00 Pacific/Apia
`)
	inputs = append(inputs, "", " ", "2001-02-03\t04:05", "  2001-02-03  ", "é", "2001-02-03 é", strings.Repeat("1 ", 30),
		strings.Repeat("0", 200), "2001-02-03 04:05:06."+strings.Repeat("1", 150))
	inputs = append(inputs, randomMoments(t, 250)...)
	// PostgreSQL takes this one for a time zone of 33 hours, which it cannot read back from the binary form.
	return slices.DeleteFunc(inputs, func(s string) bool { return s == "MarchT99 2000.060" })
}

// randomMoments puts pieces of dates and times together at random.
func randomMoments(t OID, n int) []string {
	pieces := []string{"2001-02-03", "01/02/2003", "3-4-5", "Feb", "March", "mon", "12", "31", "1999", "7", "04:05", "23:59:59.5", "040506",
		"20010203", "PST", "EDT", "+05", "-03:30", "UTC", "America/New_York", "BC", "AD", "am", "PM", "T", "J2451187", "at", "dst", "z", ".5", "99",
		"1.5", "12.11.10", "2000.060", "366", "allballs", "msk", "y", "d", "1-Feb-3", "feb-3-2001"}
	seps := []string{" ", " ", " ", "", "-", "/", ",", "T", ".", "  "}
	r := rand.New(rand.NewSource(int64(t)))
	var out []string
	for range n {
		s := ""
		for i := range r.Intn(4) + 1 {
			if i > 0 {
				s += seps[r.Intn(len(seps))]
			}
			s += pieces[r.Intn(len(pieces))]
		}
		out = append(out, s)
	}
	return out
}

func momentGroups(t OID) []goldenGroup {
	inputs := momentInputs(t)
	out := []goldenGroup{{plain, T(t), inputs}}
	for _, s := range []settings{
		{"SQL, DMY", "postgres", "America/New_York", 1, false},
		{"Postgres, MDY", "postgres", "Europe/London", 1, false},
		{"Postgres, DMY", "postgres", "Asia/Kolkata", 1, false},
		{"German, YMD", "postgres", "Australia/Lord_Howe", 1, false},
		{"ISO, YMD", "postgres", "America/St_Johns", 1, false},
		{"SQL, MDY", "postgres", "America/Sao_Paulo", 1, false},
	} {
		out = append(out, goldenGroup{s, T(t), inputs[:len(inputs)-200]})
	}
	if t != DateOID {
		for _, precision := range []int32{0, 3, 6} {
			out = append(out, goldenGroup{plain, Type{t, precision}, inputs[:60]})
		}
	}
	return out
}

func intervalGroups() []goldenGroup {
	inputs := lines(`
0
1
-1
1.5
1 day
1 day 2 hours
-1 day
+1 day
1 day ago
-1 day ago
1 year 2 mons 3 days 04:05:06.789
1 year -2 mons +3 days -04:05:06
-1 year
1-2
-1-2
+1-2
1-2 3
1-2 3 4:05:06
1-2 3 -4:05:06
-1-2 3 4:05:06
1-2 +3 4:05:06
1-13
1-
1 2:03
1 2:03:04
-1 2:03:04
-1 +2:03:04
1 -2:03
2:03
2:03:04
2:03:04.5
-2:03:04
+2:03
2:03.5
100:00:00
2562047788:00:54.775807
2562047788:00:54.775808
-2562047788:00:54.775808
-2562047788:00:54.775807
1:60
1:00:60
1:00:61
1.5 days
1.5 months
1.5 years
1.5 weeks
0.5 mon
0.1 mon
0.01 month
-1.5 months
1.05 years
1.5 decades
1.25 centuries
1.5 millennia
1 millennium
1 century 2 decades 3 years
2 weeks
1 w
1 microsecond
1 microseconds
1000 us
1.5 ms
1500 milliseconds
1.5 s
1.0000005 s
1.0000015 s
0.0000005 s
-0.0000005 s
1 h
1 hr 2 min 3 sec
1h2m3s
1d2h
1day
1 day 1 day
1 day 25 hours
1 mon 31 days
1 m
1 mm
5 min 5 minutes
1 hour 2:03
2:03 1 hour
1 qtr
1 quarter
1 foo
foo
1 day foo
day
day 1
1 day hour
ago
1 ago
ago 1 day
1 day ago 2 hours
@ 1 day
@ 1 day 2 hours ago
@ 1
infinity
-infinity
epoch
now
today
allballs
P1Y
P1Y2M3DT4H5M6S
P1Y2M3DT4H5M6.789S
P-1Y-2M3DT-4H-5M-6S
P0001-02-03T04:05:06
P00010203T040506
P1W
P1.5W
P1.5Y
P0.5M
PT1.5H
PT
P
P1
P1-2
P1-2-3
P1-2-3T4
P1-2-3T4:5
P1-2-3T4:5:6
P1Y2
PT1
PT1M
P1M
PT0.1S
PT1e2S
P1e2D
p1y
P1Y T1H
PT4:05:06
P20010203
PT040506
P1S
PT1Y
P1DT
PTT1H
P1Y2M10DT2H30M
P-20Y-11M
P1.5e-3Y
P99999999999Y
PT9999999999999999S
178000000 years
-178000000 years
178956970 years 7 mons
178956970 years 8 mons
179000000 years
2147483647 days
2147483648 days
-2147483648 days
-2147483648 days ago
2147483647 mons
2147483648 mons
9223372036854775807 us
9223372036854775808 us
9223372036854 s
9223372036855 s
99999999999999999999 days
9223372036.854775807 s
1 y 1 mon 1 d 1 h 1 m 1 s 1 ms 1 us
1.234567 us
0.9 us
1 year 1.5 month
-1 month 1 day
1 mon -1 day
1 mon -1 day +1:00
-1 mon +1 day -1:00
1 day -00:00:01
-1 day 00:00:01
00:00:00.000001
-00:00:00.000001
1 day 00:00:00.5
23:59:59.999999
999:59:59.999999
1 yr 12 mons
13 mons
-13 mons
1.
.5
-.5
.5 day
1. day
1.5.5
1-2-3
1 2 3
1 2 3 4
1:2 3:4
a b c
1 day,2 hours
1 day; 2
- 1 day
-  2:03
1 DAY
1 Day 2 HOURS
timezone 1
1 timezone
1 decade
1 dec
1 decs
1 c
1 mil
1 mils
1 cent
123456789 millisecon
1 microsecon
1 secondss
1 min 1.5
1 sec .5
1:02:03.4567891
0.1 s
0.7 s
12 h 30
`)
	inputs = append(inputs, "", " ", strings.Repeat("1 ", 30), "1 day\t2 hours")
	r := rand.New(rand.NewSource(11))
	pieces := []string{"1", "-2", "3.5", "+4", "-0.25", "day", "days", "mon", "year", "hours", "min", "sec", "week", "ago", "04:05", "-1:02:03", "1-2",
		"-1-2", "2:03.5", "us", "ms", "@", "century", "s", "y"}
	for range 250 {
		s := ""
		for i := range r.Intn(6) + 1 {
			if i > 0 {
				s += " "
			}
			s += pieces[r.Intn(len(pieces))]
		}
		inputs = append(inputs, s)
	}
	var out []goldenGroup
	for _, style := range []string{"postgres", "postgres_verbose", "sql_standard", "iso_8601"} {
		s := plain
		s.intervalStyle = style
		out = append(out, goldenGroup{s, T(IntervalOID), inputs})
	}
	const ymd = IntervalYear | IntervalMonth
	const dhms = IntervalDay | IntervalHour | IntervalMinute | IntervalSecond
	for _, m := range []int32{
		MakeIntervalTypmod(IntervalYear, IntervalFullPrecision), MakeIntervalTypmod(IntervalMonth, IntervalFullPrecision),
		MakeIntervalTypmod(IntervalDay, IntervalFullPrecision), MakeIntervalTypmod(IntervalHour, IntervalFullPrecision),
		MakeIntervalTypmod(IntervalMinute, IntervalFullPrecision), MakeIntervalTypmod(IntervalSecond, IntervalFullPrecision),
		MakeIntervalTypmod(ymd, IntervalFullPrecision), MakeIntervalTypmod(IntervalDay|IntervalHour, IntervalFullPrecision),
		MakeIntervalTypmod(IntervalDay|IntervalHour|IntervalMinute, IntervalFullPrecision), MakeIntervalTypmod(dhms, 2),
		MakeIntervalTypmod(IntervalHour|IntervalMinute, IntervalFullPrecision),
		MakeIntervalTypmod(IntervalMinute|IntervalSecond, IntervalFullPrecision), MakeIntervalTypmod(IntervalSecond, 0),
		MakeIntervalTypmod(IntervalHour|IntervalMinute|IntervalSecond, 3), MakeIntervalTypmod(IntervalFullRange, 1),
	} {
		out = append(out, goldenGroup{plain, Type{IntervalOID, m}, inputs[:120]})
	}
	return out
}

func jsonGroups() []goldenGroup {
	inputs := lines(`
null
true
false
 true 
0
-0
1
-1
1.5
1.50
1e5
1E+5
1e-5
-1.5e-3
0.0
12345678901234567890.123
1e400
1e200000
""
"a"
"é"
"\u00e9"
"\ud83d\ude00"
"\ud83d"
"\ude00"
"\ud83dx"
"\ud83d\ud83d"
"\ud83d\n"
"\ud83d\u0041"
"\u0000"
"\u12"
"\u12g4"
"\u"
"\
"\x"
"\é"
"a\"b\\c\/d\b\f\n\r\t"
"\u001f"
"\u007f"
[]
[1]
[1,2,3]
[1, "a", null, true, {"b": [2]}]
[[], [[]], {}]
{}
{"a":1}
{"a":1,"b":2}
{"b":1,"a":2}
{"aa":1,"b":2,"a":3}
{"a":1,"a":2}
{"a":1,"b":2,"a":3}
{"a":{"b":{"c":[1,2,{"d":null}]}}}
{ "a" : 1 , "b" : [ 1 , 2 ] }
{"":1}
{"é":1,"zz":2}
{"a":1.0}
{"a":1.00}
[1.0]
[true]
[false]
[null]
["a"]
["b"]
[2]
[10]
{"a":2}
{"b":1}
"b"
"ab"
2
10
tru
nul
TRUE
Null
NaN
Infinity
-
-a
+1
.5
1.
1.e5
1e
1e+
01
-01
1a
1.5.5
0x10
1_000
a
é
@
'a'
"a
[
[1
[1,
[1,]
[,1]
[1 2]
]
[1]]
{
{"a"
{"a":
{"a":1
{"a":1,
{"a":1,}
{,}
{a:1}
{1:2}
{"a" 1}
{"a":}
{"a":1 "b":2}
{"a":1}}
{"a":[}
[{]
1 2
"a" "b"
{} []
null x
[1,2,tru]
{"key": "value", "other": @}
//
[1,2] // c
`)
	long := strings.Repeat("x", 80)
	inputs = append(inputs, "", " ", "\n\n", "\"a\tb\"", "\"a\nb\"", "[1,\n2,\n  bad]", `{"`+long+`": bad, "y": 1}`, `["`+long+`", "`+long+`"`,
		"[1,\n\""+long+"\"\n, bad]", strings.Repeat("[", 50)+strings.Repeat("]", 50), strings.Repeat("é", 60), `{"a": "`+long+`}`,
		`[`+strings.Repeat("1, ", 20)+"\u00e9\u00e9x]", "\u00a0", "[1,\r\n2 3]", strings.Repeat(" ", 60)+"x", "xy"+strings.Repeat(" ", 60))
	return []goldenGroup{{plain, T(JSONOID), inputs}, {plain, T(JSONBOID), inputs}}
}

func arrayGroups() []goldenGroup {
	ints := lines(`
{}
 {} 
{1}
{1,2,3}
{ 1 , 2 }
{1,NULL,3}
{null}
{NULL,nUlL}
{{1,2},{3,4}}
{{1},{2,3}}
{{1,2},{3}}
{{{1}},{{2}}}
{{{{{{1}}}}}}
{{{{{{{1}}}}}}}
[0:2]={1,2,3}
[-1:0][2:3]={{1,2},{3,4}}
[3]={1,2,3}
[2]={1,2,3}
[2:1]={}
[1:2]={1}
[1:1]={{1}}
[1:2]={}
 [0:1] = {1,2}
[0:1]={1,2}x
[a]={1}
[1:]={1}
[1:2={1}
[1:2]{1,2}
[1:2]=1
[]={1}
[1:2][1:2][1:2][1:2][1:2][1:2][1:2]={1}
[1:200000000]={1}
1,2
{1,2
{1,,2}
{,1}
{1,}
{1}}
{1} x
{{1},2}
{1,{2}}
{{}}
{{},{}}
{1 2}
{"1"}
{"1",2}
{"1"2}
{1"2"}
{a}
{1.5}
{99999999999}
{\1}
{}}
{
}
{"
{"1
{\
x
{1}{2}
{1;2}
{--1}
{[1]}
`)
	texts := lines(`
{a,b}
{a b,c}
{ a , b }
{"a b","c,d"}
{"a\"b","c\\d"}
{a\,b}
{a\ }
{" a "}
{""}
{null,"null","NULL",Null}
{n\ull}
{"{}"}
{a{b}
{é,日本}
{a"b"}
{"a"b}
{"a" , "b"}
{"a""b"}
{\"}
{"\a"}
{{a,b},{c,d}}
{{"x"},{NULL}}
[5:6]={x,y}
{tab	x}
{a'b}
{a;b}
{(1,2)}
`)
	dates := lines(`
{2001-02-03,"2004-05-06"}
{infinity,-infinity}
{2001-02-30}
{epoch}
`)
	times := lines(`
{"2001-02-03 04:05:06","2004-05-06"}
{2001-02-03 04:05}
{infinity}
`)
	numbers := lines(`
{1.50,NaN,-3,1e3}
{1,x}
{}
{Infinity,NULL}
`)
	jsons := lines(`
{"{\"a\": 1}","[1,2]"}
{1,null,"null","\"x\""}
{a}
`)
	bools := lines(`
{t,f,true,NULL}
{x}
`)
	return []goldenGroup{{plain, T(Int4ArrayOID), ints}, {plain, T(TextArrayOID), append(texts, "", "{a\nb}", "{\"\n\"}")},
		{plain, T(DateArrayOID), dates}, {plain, T(TimestampArrayOID), times}, {plain, T(NumericArrayOID), numbers},
		{plain, Type{NumericArrayOID, MakeNumericTypmod(3, 1)}, numbers}, {plain, Type{VarCharArrayOID, 6}, texts}, {plain, Type{BPCharArrayOID, 7}, texts},
		{plain, T(JSONBArrayOID), jsons}, {plain, T(BoolArrayOID), bools}, {plain, T(Int8ArrayOID), ints[:20]}, {plain, T(Float8ArrayOID), numbers},
		{plain, T(Int2VectorOID), lines("1 2 3\n\n-1\nx\n1 x\n 1  2 ")}, {plain, T(OIDVectorOID), lines("1 2 3\n0\n4294967295\nx\n 1  2 ")}}
}

func rangeGroups() []goldenGroup {
	ints := lines(`
[1,5)
[1,5]
(1,5)
(1,5]
[1,1]
[1,1)
(1,1]
(1,2)
empty
 EMPTY 
emptyx
[,5)
(,5]
[1,]
(,)
[,]
[5,1)
 [1,5) 
[ 1 , 5 )
["1","5")
[1,5
[1
[
1,5
[1,2,3]
[1)
[1,5)x
[2147483647,2147483647]
[1,2147483647]
(2147483647,)
[a,b]
[1,\5)
x

`)
	nums := lines(`
[1.0,2.50)
[1.0,1.00]
(NaN,)
[-Infinity,Infinity]
[1,2]
empty
(1.5,1.5)
`)
	dates := lines(`
[2001-01-01,2001-02-01)
[2001-01-01,2001-02-01]
(2001-01-01,2001-01-02)
[-infinity,infinity]
(-infinity,infinity)
[2001-01-01,infinity]
(,2001-01-01]
[2001-01-01,5874897-12-31]
`)
	times := lines(`
[2001-01-01,2001-02-01 12:00]
["2001-01-01 00:00",)
(infinity,)
[2001-01-01 10:00,2001-01-01 09:00]
`)
	multis := lines(`
{}
{[1,2)}
{[1,2),[3,4)}
{[3,4),[1,2)}
{[1,3),[2,4)}
{[1,2),[2,3)}
{empty}
{empty,[1,2)}
{[1,5],(7,)}
{(,)}
 { [1,2) , [5,6) } 
{[1,2)
{[1,2),
{[1,2),}
{x}
[1,2)
{[1,2)}x
{[1,2) x}
{[2,1)}
{["1","2")}

`)
	return []goldenGroup{{plain, T(Int4RangeOID), ints}, {plain, T(Int8RangeOID), ints[:20]}, {plain, T(NumRangeOID), nums}, {plain, T(DateRangeOID), dates},
		{plain, T(TSRangeOID), times}, {plain, T(TSTZRangeOID), times}, {plain, T(Int4multirangeOID), multis}, {plain, T(NummultirangeOID), lines("{[1.5,2),(2,3]}\n{[1,2],(2,3]}\n{(1,2),(2,3)}")}}
}

func rareGroups() []goldenGroup {
	bits := lines(`
101
B101
b1
X1F
x1f
0
111111111
1111111111111111
102
X1G
12
Bé

`)
	nets := lines(`
127.0.0.1
127.0.0.1/32
10.0.0.0/8
10.1.2.3/8
192.168.1.0/24
0.0.0.0/0
255.255.255.255
256.0.0.1
1.2.3
10
10.1
10.1/16
192.168/16
192.168.1
1.2.3.4.5
1.2.3.4/33
1.2.3.4/
1.2.3.4/x
::1
::
::1/128
2001:db8::/32
2001:db8::1/64
2001:DB8::1
::ffff:1.2.3.4
::1.2.3.4
fe80::1%eth0
1::2::3
:::
g::
1:2:3:4:5:6:7:8
1:2:3:4:5:6:7:8:9
172.16
200.1
240.0.0.1
224.1
 1.2.3.4
1.2.3.4 
01.2.3.4

`)
	lsns := lines(`
0/0
16/B374D848
FFFFFFFF/FFFFFFFF
16/b374d848
1/
/1
1
x/1
123456789/0
0/123456789
`)
	tids := lines(`
(0,1)
(4294967295,65535)
(1,65536)
(4294967296,1)
(-1,1)
(1,2
1,2)
(1)
(a,1)
( 1,2)
(1,2) 
`)
	var out []goldenGroup
	for _, t := range []Type{T(VarBitOID), {VarBitOID, 3}, {BitOID, 3}, {BitOID, 8}} {
		out = append(out, goldenGroup{plain, t, bits})
	}
	return append(out, goldenGroup{plain, T(InetOID), nets}, goldenGroup{plain, T(CIDROID), nets}, goldenGroup{plain, T(PGLSNOID), lsns},
		goldenGroup{plain, T(TIDOID), tids})
}
