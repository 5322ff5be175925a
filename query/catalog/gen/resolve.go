//go:build ignore

// Command resolve asks a PostgreSQL 16 server which function or operator it takes for very many calls, and writes the answers to
// query/catalog/testdata. The server's choice is read from the rule of a temporary view. It also
// writes how types, functions and operators are named and compared.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
)

// operandTypes are the types that operators are tried with; "unknown" is an untyped literal.
var operandTypes = strings.Fields(`unknown int2 int4 int8 numeric float4 float8 text varchar bpchar name "char" bool date time timestamp timestamptz
interval uuid bytea json jsonb inet oid _int4 _text int4range record`)

var operatorNames = strings.Fields(`= <> < <= > >= + - * / % ^ || ~~ ~ ~* & | # << >> @> <@ && -> ->> #> ? -|- @@ <-> ~~* !~ @ |/ !! ^@`)

// setup makes a function that answers the OID and result type chosen for an expression, or the error.
const setup = `
CREATE FUNCTION pg_temp.chosen(expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE rule text; found text[];
BEGIN
	EXECUTE 'CREATE TEMP VIEW chosen_view AS SELECT (' || expression || ') IS NULL AS c';
	SELECT ev_action::text INTO rule FROM pg_rewrite WHERE ev_class = 'chosen_view'::regclass;
	DROP VIEW chosen_view;
	found := regexp_match(rule, ':expr :arg \{(\w+) (.*)');
	IF found IS NULL THEN found := regexp_match(rule, ':arg \{(\w+) (.*)'); END IF;
	RETURN found[1] || ' ' || COALESCE((regexp_match(found[2], '^:(?:opno|funcid|aggfnoid|winfnoid|resulttype) (\d+)'))[1], '')
		|| ' ' || COALESCE((regexp_match(found[2], ':(?:opresulttype|funcresulttype|aggtype|wintype|resulttype) (\d+)'))[1], '');
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$`

func main() {
	database := flag.String("database", "postgres://postgres@127.0.0.1:5432/postgres", "the PostgreSQL 16 server to ask")
	flag.Parse()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, *database)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, setup); err != nil {
		log.Fatal(err)
	}
	if _, err := conn.Exec(ctx, setupGrouped); err != nil {
		log.Fatal(err)
	}
	if err := operators(ctx, conn, "testdata/operators.txt"); err != nil {
		log.Fatal(err)
	}
	if err := functions(ctx, conn, "testdata/functions.txt"); err != nil {
		log.Fatal(err)
	}
	for path, query := range lists {
		if err := list(ctx, conn, path, query); err != nil {
			log.Fatal(err)
		}
	}
}

// lists are goldens of one query each: names of types, some functions and operators, and how each type is grouped.
var lists = map[string]string{
	"testdata/types.txt": `SELECT concat_ws('|', oid, oid::regtype, format_type(oid, -1), format_type(oid, 10)) FROM pg_type
		WHERE oid < 16384 AND typname NOT IN ('interval', '_interval') ORDER BY oid`,
	"testdata/signatures.txt": `SELECT concat_ws('|', oid, oid::regproc, oid::regprocedure, pg_get_function_arguments(oid),
		pg_get_function_identity_arguments(oid), pg_get_function_result(oid)) FROM pg_proc
		WHERE oid < 16384 AND (oid::int % 11 = 0 OR proargmodes IS NOT NULL OR pronargdefaults > 0) AND prokind <> 'p' ORDER BY oid`,
	"testdata/operator_names.txt": `SELECT concat_ws(' ', oid, oid::regoper, oid::regoperator) FROM pg_operator WHERE oid < 16384 AND oid::int % 5 = 0 ORDER BY oid`,
	"testdata/groupings.txt": `SELECT concat_ws(' ', oid, pg_temp.grouped(oid)) FROM pg_type
		WHERE oid < 16384 AND typtype <> 'p' AND typname !~ '^_?pg_' AND typrelid = 0 AND typelem NOT IN (SELECT oid FROM pg_type WHERE typrelid <> 0) ORDER BY oid`,
}

const setupGrouped = `
CREATE FUNCTION pg_temp.grouped(t oid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE rule text; m text[];
BEGIN
	EXECUTE 'CREATE TEMP VIEW grouped_view AS SELECT NULL::' || t::regtype || ' AS c GROUP BY 1';
	SELECT ev_action::text INTO rule FROM pg_rewrite WHERE ev_class = 'grouped_view'::regclass;
	DROP VIEW grouped_view;
	m := regexp_match(rule, ':eqop (\d+) :sortop (\d+) :nulls_first false :hashable (\w+)');
	RETURN m[1] || ' ' || m[2] || ' ' || m[3];
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$`

func list(ctx context.Context, conn *pgx.Conn, path, query string) error {
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}

func literal(t string) string {
	if t == "unknown" {
		return "NULL"
	}
	return "NULL::" + t
}

func ask(ctx context.Context, conn *pgx.Conn, expression string) (string, error) {
	var answer string
	err := conn.QueryRow(ctx, "SELECT pg_temp.chosen($1)", expression).Scan(&answer)
	return answer, err
}

// operators writes a line for each operator and left type (- for prefix), with the answer for each right type.
func operators(ctx context.Context, conn *pgx.Conn, path string) error {
	var out strings.Builder
	fmt.Fprintf(&out, "types %s\n", strings.Join(operandTypes, " "))
	for _, name := range operatorNames {
		for _, left := range append([]string{"-"}, operandTypes...) {
			fmt.Fprintf(&out, "%s %s", name, left)
			for _, right := range operandTypes {
				expression := name + " " + literal(right)
				if left != "-" {
					expression = literal(left) + " " + expression
				}
				answer, err := ask(ctx, conn, expression)
				if err != nil {
					return fmt.Errorf("%s: %w", expression, err)
				}
				fields := strings.Fields(answer)
				if len(fields) == 3 {
					answer = fields[1]
				}
				out.WriteString(" " + answer)
			}
			out.WriteString("\n")
		}
	}
	return os.WriteFile(path, []byte(out.String()), 0o644)
}

// functions calls every function with untyped literals, with its own types, and with one typed argument among literals.
func functions(ctx context.Context, conn *pgx.Conn, path string) error {
	rows, err := conn.Query(ctx, `SELECT DISTINCT proname::text, prokind::text,
		(SELECT COALESCE(array_agg(CASE WHEN t.typtype = 'p' AND NOT t.typname = 'record' THEN 'int4' ELSE t.typname END ORDER BY n), '{}')
		 FROM unnest(proargtypes) WITH ORDINALITY AS a (o, n) JOIN pg_type t ON t.oid = a.o)::text[]
		FROM pg_proc p LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
		WHERE p.oid < 16384 AND pronamespace = 11 AND pronargs <= 4 AND COALESCE(aggkind, 'n') = 'n' AND proname ~ '^[a-z0-9_]+$'
		ORDER BY 1, 3`)
	if err != nil {
		return err
	}
	type call struct {
		name, kind string
		args       []string
	}
	calls, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (c call, err error) { return c, r.Scan(&c.name, &c.kind, &c.args) })
	if err != nil {
		return err
	}
	var out strings.Builder
	seen := map[string]bool{}
	for _, c := range calls {
		variants := [][]string{c.args, unknowns(len(c.args), -1, "")}
		for i, t := range c.args {
			variants = append(variants, unknowns(len(c.args), i, t))
		}
		for _, args := range variants {
			key := c.name + " " + strings.Join(args, ",")
			if seen[key] {
				continue
			}
			seen[key] = true
			var values []string
			for _, t := range args {
				if t != "unknown" {
					t = `"` + t + `"`
				}
				values = append(values, literal(t))
			}
			expression := `"` + c.name + `"(` + strings.Join(values, ", ") + ")"
			if c.kind == "w" {
				expression += " OVER ()"
			}
			answer, err := ask(ctx, conn, expression)
			if err != nil {
				return fmt.Errorf("%s: %w", expression, err)
			}
			fmt.Fprintf(&out, "%s(%s) %s\n", c.name, strings.Join(args, ","), answer)
		}
	}
	return os.WriteFile(path, []byte(out.String()), 0o644)
}

func unknowns(n, except int, t string) []string {
	args := make([]string, n)
	for i := range args {
		args[i] = "unknown"
	}
	if except >= 0 {
		args[except] = t
	}
	return args
}
