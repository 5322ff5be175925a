package functions

import (
	"strings"
)

// values are the texts that calls take for each type as format_type writes it: ordinary ones, boundaries, and such as look like something else.
var values = map[string][]string{
	"boolean":  {"t", "f"},
	"smallint": {"0", "1", "-3", "32767", "-32768", "12", "100"},
	"integer":  {"0", "1", "2", "-1", "-7", "2147483647", "-2147483648", "5", "31", "64", "1000000"},
	"bigint":   {"0", "1", "3", "-12", "9223372036854775807", "-9223372036854775808", "7", "4294967296", "1234567890123", "63"},
	"real":     {"0", "1.5", "-2.25", "NaN", "Infinity", "-Infinity", "3.4e38", "1e-37", "0.1", "-0", "16777217", "123456.789"},
	"double precision": {"0", "1", "0.5", "-2.25", "NaN", "Infinity", "-Infinity", "1e300", "123.456", "2.5", "-0.5", "-0", "1e-300", "0.1",
		"4.9e-324", "1.7976931348623157e308", "100", "3", "9007199254740993", "1e15", "1e16", "-1"},
	"numeric": {"0", "1.50", "-2.345", "123456789012345678901234567890.12", "NaN", "Infinity", "-Infinity", "0.001", "7", "2.5", "-0.5", "1e-20", "1e50",
		"0.00000000000000000001", "99999999999999999999.99999999999999999999", "-1", "10000", "0.9999", "32767.5", "-9223372036854775808.5", "100.000", "3"},
	"text": {"abc", "", "Hello World", "äöü€ x", "  pad ", `%a_b\%`, "a.b+c", "aXbXc", "12", "ÀÉÎ ß ŉ ǆ", "日本語テキスト", "e\u0301te\u0301", "a'b\"c", "x,y,,z", "2024-02-29", "\t\n",
		"😀😃", "one two  three", "NULL", "{1,2}", "$1", "(a|b)*c", "YYYY-MM-DD", "Ab9-_.~", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab"},
	"name":         {"abc", "pg_class", "Hello", "a_b", "", "Ünïcode", "UTF8", "LATIN1", "a b"},
	"character":    {"abc", "ab  ", "", "zz", "   ", "é "},
	`"char"`:       {"a", "", "z", "r", "S"},
	"bytea":        {`\x`, `\x0102ff`, "abc", `\x61626364`, `\x00`, `\xc3a4c3b6`, `\xff00ff00ff00ff00ff`, `\x5c27`},
	"oid":          {"0", "25", "4294967295", "1", "1259", "2205", "10", "11"},
	"regclass":     {"pg_class", "pg_type", "0", "pg_class_oid_index", "999999"},
	"regproc":      {"now", "0", "boolin", "999999"},
	"regprocedure": {"now()", "0", "length(text)"},
	"regoper":      {"||/", "0"},
	"regoperator":  {"+(integer,integer)", "0", "-(none,bigint)"},
	"regtype":      {"integer", "text[]", "0", "timestamp with time zone", "999999"},
	"regrole":      {"0", "999999"},
	"regnamespace": {"pg_catalog", "public", "0", "999999"},
	"regcollation": {`"C"`, "0", `"default"`},
	"xid":          {"0", "3", "4294967295", "100"},
	"xid8":         {"0", "3", "18446744073709551615", "100", "4294967296"},
	"cid":          {"0", "7"},
	"tid":          {"(0,0)", "(1,2)", "(4294967295,65535)", "(1,1)"},
	"pg_lsn":       {"0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF", "0/1"},
	"date": {"2000-01-01", "2024-02-29", "1999-12-31", "infinity", "-infinity", "0044-03-15 BC", "2024-03-10", "4713-01-01 BC", "5874897-12-31", "2024-12-30", "0001-01-01",
		"1582-10-15", "1900-02-28"},
	"time without time zone": {"00:00:00", "12:34:56.789", "23:59:59.999999", "24:00:00", "05:06:07", "12:00:00"},
	"time with time zone":    {"00:00:00+00", "12:34:56.789-05", "23:59:59+05:30", "10:00:00-04", "24:00:00+15:59", "01:02:03.5-15:59:59"},
	"timestamp without time zone": {"2000-01-01 00:00:00", "2024-02-29 12:34:56.789012", "infinity", "-infinity", "1999-12-31 23:59:59.999999", "2024-03-10 02:30:00",
		"0044-03-15 10:00:00 BC", "4713-01-01 00:00:00 BC", "294276-12-31 23:59:59.999999", "2024-11-03 01:30:00", "1969-12-31 23:59:59.5", "2023-01-01 00:00:00"},
	"timestamp with time zone": {"2000-01-01 00:00:00+00", "2024-02-29 12:34:56.789012+02", "-infinity", "infinity", "2024-03-10 06:59:59+00", "2024-11-03 05:30:00+00",
		"1850-01-01 00:00:00+00", "294276-12-31 23:59:59.999999+00", "4713-01-02 00:00:00+00 BC", "2024-03-10 10:00:00+00", "2024-10-27 00:59:59.9+00", "1883-11-18 17:00:00+00", "2200-07-01 12:00:00+00"},
	"interval": {"1 year 2 mons 3 days 04:05:06.789", "-1 mon +5 days", "36:00:00", "0", "1 day", "-00:00:01.5", "100 years", "178000000 years", "-178000000 years",
		"1 mon -1 day +01:00:00", "-1 year -2 mons +3 days -04:05:06", "2147483647 days", "2562047788:00:54.775807", "0.000001 s", "15 days 25:00:00", "7 days", "1 mon"},
	"uuid": {"00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "ffffffff-ffff-ffff-ffff-ffffffffffff"},
	"json": {`{"a": 1, "b": [1, 2, {"c": null}], "d": "x\u00e9"}`, `[1, "two", null, {"a": {"b": 3}}]`, `"str"`, "null", `{"f1": {"f2": true}, "abc": "v"}`,
		"1e5", `{"a":1,"a":2}`, "[]", "{}", `[[1,2],[3]]`, `[{"a":1,"b":"x"},{"a":null}]`, `"\ud83d\ude00"`, `12345678901234567890.5`},
	"jsonb": {`{"a": 1, "b": [1, 2, {"c": null}], "d": "x"}`, `[1, "two", null, {"a": {"b": 3}}]`, `"abc"`, "null", `{"abc": {"f2": true}}`, "12.50", "true", "[]", "{}",
		`[{"a":1,"b":"x"},{"a":null}]`, `{"a":{"b":{"c":[1,2,3]}}}`, `1e5`, `{"":1,"ä":[]}`, `[1,1.0,"1"]`, `"2024-02-29T12:34:56+05:30"`, `-0.0`},
	"jsonpath": {"$", "$.a", "$.b[*]", "strict $.x", "$[0 to last] ? (@ > 1)", "$.**", `$.a.b ? (exists(@.c))`, "$.type()", "lax $[*].size()", `$ ? (@ starts with "a")`,
		"$.b[last - 1]", `$.keyvalue()`, `-$.a`, `$.a + 1`, `$x`, `$.datetime()`, `$[*].double()`, `$ ? (@ like_regex "^A" flag "i")`, "$.a.abs()", "1 + 2 * 3", "$[*] ? (@ == null)"},
	"inet":           {"127.0.0.1", "192.168.1.5/24", "::1", "10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0", "255.255.255.255", "::ffff:1.2.3.4/96", "fe80::1/64", "::/0"},
	"cidr":           {"10.0.0.0/8", "192.168.1.0/24", "::/0", "10.1.2.3/32", "2001:db8::/32", "0.0.0.0/0"},
	"macaddr":        {"08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "0800.2b01.0203"},
	"macaddr8":       {"08:00:2b:01:02:03:04:05", "ff:ff:ff:ff:ff:ff:ff:ff", "08:00:2b:ff:fe:01:02:03", "0000000000000000"},
	"bit":            {"1010", "0", "11111111", "", "101010101010101010101010101010101", "1111111111111111111111111111111111111111111111111111111111111111"},
	"bit varying":    {"1010", "", "111", "000000001", "1"},
	"tsvector":       {"a fat cat", "'a':1A 'b':2,3B 'c'", "", "'x''y':5", "fat:2,4 rat:3B cat:16383", "1 2 3"},
	"tsquery":        {"a", "fat & rat", "a | !b", "a <-> b", "'x y':*AB & !(c | d)", "fat:ab", "a <2> b"},
	"txid_snapshot":  {"10:20:10,14,15", "1:1:", "5:9:6"},
	"pg_snapshot":    {"10:20:10,14,15", "1:1:", "5:9:6"},
	"oidvector":      {"", "1 2 3", "25 23"},
	"int2vector":     {"", "1 2 3", "-1 0"},
	"aclitem":        {},
	"refcursor":      {"c"},
	"void":           {""},
	"int4range":      {"[1,10)", "empty", "(,5]", "[3,)", "(,)", "[5,5]", "[-2147483648,2147483647)", "[4,7)"},
	"int8range":      {"[1,10)", "empty", "(,5]", "[3,)", "(,)", "[5,5]"},
	"numrange":       {"[1.5,10)", "empty", "(,5.25]", "(3,)", "(,)", "[5,5]", "(1.5,1.6)", "[1,NaN]", "(-Infinity,Infinity)"},
	"daterange":      {"[2024-01-01,2024-02-01)", "empty", "(,2024-01-15]", "[2024-02-01,)", "[-infinity,infinity)", "[0044-03-15 BC,2000-01-01]"},
	"tsrange":        {"[2024-01-01 10:00,2024-02-01)", "empty", "(,2024-01-15]", "[2024-02-01,)", "(,infinity)"},
	"tstzrange":      {"[2024-01-01 10:00+00,2024-02-01 00:00+05)", "empty", "(,2024-01-15 00:00+00]", "[2024-02-01 00:00+00,)"},
	"int4multirange": {"{}", "{[1,10)}", "{[1,3),[5,7)}", "{(,2),[9,)}", "{[2,6]}"},
	"int8multirange": {"{}", "{[1,10)}", "{[1,3),[5,7)}", "{(,2),[9,)}"},
	"nummultirange":  {"{}", "{[1.5,10)}", "{[1,3),(5,7.5]}", "{(,)}"},
	"datemultirange": {"{}", "{[2024-01-01,2024-02-01)}", "{[2024-01-01,2024-01-05),[2024-03-01,)}"},
	"tsmultirange":   {"{}", "{[2024-01-01,2024-02-01)}"},
	"tstzmultirange": {"{}", "{[2024-01-01 00:00+00,2024-02-01 00:00+00)}"},
}

// words are texts with a meaning for parameters of these names, so that a call gets further than the check of the word.
var words = map[string][]string{
	"field": {"year", "month", "day", "hour", "minute", "second", "epoch", "dow", "isodow", "doy", "week", "quarter", "century", "decade", "millennium", "isoyear", "milliseconds",
		"microseconds", "julian", "timezone", "timezone_hour", "timezone_minute", "bogus", "Days", "us"},
	"zone": {"UTC", "America/New_York", "Europe/Berlin", "EST", "PDT", "+05:30", "-3", "Asia/Kolkata", "Australia/Lord_Howe", "nowhere", "EST5EDT", "<+03>-3", "Z", "LMT", "utc"},
	"date format": {"YYYY-MM-DD HH24:MI:SS.US", "FMMonth DDth, YYYY", "Day D ID DDD IDDD", "IYYY-IW WW W", "CC Y,YYY YY Y", "HH12:MI:SS AM", "TZ TZH:TZM OF", "RM rm Q J",
		"SSSS SSSSS MS US FF1 FF3 FF6", "\"lit\\\"\" MON Mon mon DY Dy dy", "TMMonth TMDay", "a.m. P.M. BC b.c.", "FMDD FMHH FMMI", "yyyy mm", "DDTH HHth", "SP", ""},
	"number format": {"999", "999.99", "FM999.99", "S999", "999S", "MI999", "999PR", "SG99", "PL99", "L999", "9,999.99", "0000", "9.99EEEE", "RN", "FMRN", "999th", "999TH", "V99", "99V99",
		"9G999D99", "B999", "00.00FM", "\"x\"99", "", "FM9999999999999999.9999999999", "D99", ".9", "9.9.9", "SG", "rn", "999999999999999999999999999"},
	"encoding":  {"hex", "base64", "escape", "HEX", "rot13"},
	"charset":   {"UTF8", "LATIN1", "SQL_ASCII", "utf-8", "WIN1252", "nope", "EUC_JP", "SJIS", "BIG5"},
	"regexp":    {"a", "(a)(b)?", "[[:alpha:]]+", "\\d+", "^.*$", "a|b", "(", "x*", "\\m\\w+\\M", "(?i)HELLO", "(.)\\1", "a{2,3}", "[^a-z]", "b(?=c)", "b(?!c)", "\\s", "***=a.b", "(?<=a)b", "a{1,300}", "[[.hyphen.]]"},
	"flags":     {"", "g", "i", "gi", "n", "x", "z", "c", "q", "p", "w", "s"},
	"privilege": {"SELECT", "insert", "SELECT, UPDATE", "SELECT WITH GRANT OPTION", "bogus", "USAGE", "CREATE", "EXECUTE", "CONNECT", "MEMBER"},
	"type":      {"integer", "int4", "numeric(10,2)", "text[]", "nonesuch", "varchar(3)", "timestamp with time zone", "date", "", "interval day", "bit(3)"},
	"unit":      {"1 kB", "12 MB", "5", "-3 GB", "1.5 TB", "2 PB", "1 x", "", "1e3 kb", "bytes", "9223372036854775807", "1 EB"},
}

// literal writes a text as a string constant.
func literal(s string) string {
	if strings.Contains(s, `\`) || strings.ContainsAny(s, "\n\t") {
		return "E'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", `\n`, "\t", `\t`).Replace(s) + "'"
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}
