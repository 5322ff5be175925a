package differential

import "fmt"

// function is a call of one of the many functions that give the type; false where there is none.
func (g *generator) function(typ string, depth int, s *scope) (string, bool) {
	arg := func(t string) string { return g.expression(t, depth-1, s) }
	n := fmt.Sprint(g.Intn(7) - 2)
	var list []string
	switch typ {
	case "text":
		text := arg("text")
		list = []string{
			"right(" + text + ", " + n + ")", "lpad(" + text + ", 5, 'xy')", "rpad(" + text + ", 3)", "repeat(" + text + ", " + n + ")", "reverse(" + text + ")",
			"initcap(" + text + ")", "split_part(" + text + ", 'a', 1)", "translate(" + text + ", 'ab', 'b')", "btrim(" + text + ", 'a ')", "ltrim(" + text + ")",
			"regexp_replace(" + text + ", '[ab]+', '<\\&>', 'g')", "(regexp_match(" + text + ", '(a)(.?)'))[2]", "substring(" + text + " from '.b')",
			"concat(" + text + ", " + arg("int4") + ", " + arg("bool") + ")", "concat_ws('-', " + text + ", " + arg("date") + ", NULL)",
			"format('%s|%I|%L', " + arg("int2") + ", 'a b', " + text + ")", "quote_literal(" + text + ")", "overlay(" + text + " placing 'zz' from 2)",
			"to_char(" + arg("int4") + ", 'FM999,999MI')", "to_char(" + arg("numeric(9,2)") + ", 'FM9990.09')", "to_char(" + arg("timestamp") + ", 'YYYY-MM-DD HH12:MI:SS.MS AM Day Mon Q IW DDD')",
			"to_char(" + arg("interval") + ", 'DD HH24:MI:SS')", "array_to_string(string_to_array(" + text + ", 'b'), '.', '*')", "to_jsonb(" + text + ")::text",
			"jsonb_build_object('k', " + arg("int4") + ", " + arg("int2") + "::text || 'x', " + text + ")::text", "(to_jsonb(" + arg("bool") + ") || '[1]')::text",
			"(ARRAY[" + text + ", 'q'])[" + n + "]", "row(" + text + ", " + arg("int4") + ", " + arg("bool") + ")::text", "encode(" + arg("bytea") + ", 'base64')",
			"to_json(" + arg("timestamp") + ")::text", "age(" + arg("timestamp") + ", '2001-03-31')::text", text + " || " + arg("char(4)"), "pg_typeof(" + arg("float4") + ")::text",
			"json_build_array(" + arg("numeric(9,2)") + ", " + arg("date") + ", " + arg("interval") + ")::text", "num_nulls(" + text + ", " + arg("uuid") + ")::text",
			g.jsonText(s), g.jsonText(s), g.rowText(s), g.rowText(s),
		}
	case "int4":
		list = []string{
			"strpos(" + arg("text") + ", 'b')", "extract(dow from " + arg("date") + ")::int4", "cardinality(string_to_array(" + arg("text") + ", 'a'))",
			"array_position(ARRAY[1, 2, 3], " + arg("int4") + ")", "ascii(" + arg("text") + ")", "length(" + arg("char(4)") + ")", "jsonb_array_length('[1, 2]')",
			"width_bucket(" + arg("float8") + ", 0, 3, 4)", "regexp_count(" + arg("text") + ", '[ab]')", "(" + arg("date") + " - date '2000-01-01')", arg("int4") + " & " + arg("int2"),
			"(to_jsonb(" + arg("int4") + ") #>> '{}')::int4", "round(" + arg("numeric(9,2)") + ")::int4", "gcd(" + arg("int4") + ", 12)", "array_length(ARRAY[[1, 2], [3, " + arg("int4") + "]], 2)",
		}
	case "float8":
		list = []string{"extract(epoch from " + arg("interval") + ")::float8", "floor(" + arg("float8") + ")", "date_part('day', " + arg("timestamp") + ")", "sqrt(abs(" + arg("float8") + "))",
			"trunc(" + arg("float8") + ")", "sign(" + arg("float8") + ")"}
	case "bool":
		list = []string{
			"(" + arg("int4") + ", " + arg("text") + ") < (" + arg("int2") + ", " + arg("text") + ")", "row(" + arg("int4") + ", NULL) IS NULL",
			"(" + arg("int4") + ", " + arg("bool") + ") IS DISTINCT FROM (1, true)", arg("int4") + " = ANY (ARRAY[1, 2, NULL])", arg("text") + " ILIKE '%A%'",
			arg("text") + " SIMILAR TO '(a|b)+'", arg("text") + " ~* '^A.?$'", "to_jsonb(" + arg("int4") + ") @> '1'", "jsonb_build_object('a', " + arg("int4") + ") ? 'a'",
			"ARRAY[" + arg("int4") + ", 2] && ARRAY[1, 2]", "ARRAY[" + arg("text") + "] <@ ARRAY['a', 'b']::text[]", "isfinite(" + arg("date") + ")", "starts_with(" + arg("text") + ", 'a')",
			"(" + arg("date") + ", interval '1 day') OVERLAPS (date '2020-01-01', date '2020-03-01')", arg("int4") + " BETWEEN SYMMETRIC 3 AND " + arg("int4"),
		}
	case "date":
		list = []string{"(" + arg("date") + " + " + arg("int2") + ")", "to_date('2020-0' || " + fmt.Sprint(1+g.Intn(9)) + ", 'YYYY-MM')", "make_date(2020, 2, " + fmt.Sprint(1+g.Intn(29)) + ")"}
	case "timestamp":
		list = []string{"(" + arg("timestamp") + " + " + arg("interval") + ")", "(" + arg("date") + " - " + arg("interval") + ")", "date_trunc('week', " + arg("timestamp") + ")",
			"(" + arg("timestamptz") + " AT TIME ZONE 'America/New_York')", "date_bin('7 hours', " + arg("timestamp") + ", '2001-01-01')"}
	case "interval":
		list = []string{"(" + arg("interval") + " * 2)", "justify_interval(" + arg("interval") + ")", "(" + arg("timestamp") + " - timestamp '2000-01-01')", "-(" + arg("interval") + ")",
			"age(" + arg("timestamp") + ", '2004-02-29')", "make_interval(days => " + arg("int2") + ")"}
	case "numeric(9,2)":
		list = []string{"round(" + arg("numeric(9,2)") + ", 1)", "trunc(" + arg("numeric(9,2)") + ")", "(" + arg("numeric(9,2)") + " % 7)", "abs(" + arg("numeric(9,2)") + ")",
			"extract(second from " + arg("time") + ")"}
	case "time":
		list = []string{arg("timestamp") + "::time", "(" + arg("time") + " + " + arg("interval") + ")"}
	case "bytea":
		list = []string{"(" + arg("bytea") + " || '\\x01')", "substr(" + arg("bytea") + ", 2)", "convert_to(" + arg("text") + ", 'UTF8')", "sha256(" + arg("bytea") + ")"}
	}
	if list == nil {
		return "", false
	}
	return pick(g.Rand, list), true
}
