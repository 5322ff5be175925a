//go:build ignore

// Command sample makes the objects of sample_test.go on a PostgreSQL 16 server, in a database of their own that it drops again, and writes what
// the server's catalog says of them to query/catalog/testdata/sample.txt: a line for each row, without columns of OIDs.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

const objects = `
CREATE SCHEMA app;
CREATE TABLE p (id int8, a text NOT NULL DEFAULT 'x', gone text, b numeric(10,2), g int4 GENERATED ALWAYS AS (1 + 1) STORED,
	"Odd name" int8 GENERATED ALWAYS AS IDENTITY, CONSTRAINT p_pkey PRIMARY KEY (id), CONSTRAINT p_a_key UNIQUE (a) INCLUDE (b));
ALTER TABLE p DROP COLUMN gone;
ALTER TABLE p ADD CONSTRAINT p_b_check CHECK (b > 0) NOT VALID;
CREATE INDEX p_expr_idx ON p ((id + 1), lower(a) NULLS FIRST) WHERE id > 1;
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'p_expr_idx'::regclass;
CREATE TABLE app.child (id uuid DEFAULT gen_random_uuid(), pid int8, at timestamptz(3), CONSTRAINT child_pkey PRIMARY KEY (id),
	CONSTRAINT child_pid_fkey FOREIGN KEY (pid) REFERENCES p (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
CREATE DOMAIN positive AS int4 CONSTRAINT positive_check CHECK (VALUE > 0);
CREATE VIEW v AS SELECT id FROM p;
CREATE FUNCTION f2(a int4, INOUT b text DEFAULT 'q', VARIADIC c int4[] DEFAULT '{}') RETURNS text LANGUAGE sql IMMUTABLE STRICT AS 'select b';
CREATE STATISTICS stx (ndistinct, mcv) ON id, pid FROM app.child;
GRANT SELECT ON p TO catalog_sample_reader WITH GRANT OPTION;
GRANT UPDATE (b) ON p TO catalog_sample_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO catalog_sample_reader;
COMMENT ON TABLE p IS 'a table';
COMMENT ON COLUMN p.a IS 'a column';`

// relations are what is read, with the condition for rows of users' objects.
var relations = [][2]string{
	{"pg_catalog.pg_class", "oid >= 16384 AND relnamespace NOT IN (99)"}, {"pg_catalog.pg_attribute", "attrelid IN (SELECT oid FROM pg_class WHERE oid >= 16384 AND relnamespace <> 99)"},
	{"pg_catalog.pg_attrdef", "true"}, {"pg_catalog.pg_constraint", "oid >= 16384"},
	{"pg_catalog.pg_index", "indexrelid >= 16384 AND indrelid NOT IN (SELECT oid FROM pg_class WHERE relnamespace = 99)"},
	{"pg_catalog.pg_type", "oid >= 16384"}, {"pg_catalog.pg_proc", "oid >= 16384"}, {"pg_catalog.pg_sequence", "true"},
	{"pg_catalog.pg_sequences", "true"}, {"pg_catalog.pg_tables", "schemaname IN ('public', 'app')"},
	{"pg_catalog.pg_views", "schemaname IN ('public', 'app')"}, {"pg_catalog.pg_indexes", "schemaname IN ('public', 'app')"},
	{"pg_catalog.pg_statistic_ext", "true"}, {"pg_catalog.pg_default_acl", "true"}, {"pg_catalog.pg_description", "objoid >= 16384"},
	{"information_schema.schemata", "schema_name = 'app'"}, {"information_schema.tables", "table_schema IN ('public', 'app')"},
	{"information_schema.columns", "table_schema IN ('public', 'app')"}, {"information_schema.views", "table_schema IN ('public', 'app')"},
	{"information_schema.sequences", "true"}, {"information_schema.table_constraints", "table_schema IN ('public', 'app')"},
	{"information_schema.key_column_usage", "table_schema IN ('public', 'app')"},
	{"information_schema.constraint_column_usage", "table_schema IN ('public', 'app')"},
	{"information_schema.constraint_table_usage", "table_schema IN ('public', 'app')"},
	{"information_schema.referential_constraints", "true"},
	{"information_schema.check_constraints", "constraint_schema IN ('public', 'app')"},
	{"information_schema.table_privileges", "table_schema IN ('public', 'app')"},
	{"information_schema.column_privileges", "table_schema IN ('public', 'app')"},
	{"information_schema.domains", "domain_schema IN ('public', 'app')"}, {"information_schema.domain_constraints", "domain_schema IN ('public', 'app')"},
	{"information_schema.routines", "routine_schema IN ('public', 'app')"}, {"information_schema.parameters", "specific_schema IN ('public', 'app')"},
	{"information_schema.view_table_usage", "view_schema IN ('public', 'app')"},
	{"information_schema.view_column_usage", "view_schema IN ('public', 'app')"},
}

func main() {
	database := flag.String("database", "postgres://postgres@127.0.0.1:5432/postgres", "the PostgreSQL 16 server to ask")
	flag.Parse()
	if err := run(context.Background(), *database); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, database string) error {
	main, err := pgx.Connect(ctx, database)
	if err != nil {
		return err
	}
	defer main.Close(ctx)
	for _, statement := range []string{"CREATE DATABASE catalog_sample TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'", "CREATE ROLE catalog_sample_reader"} {
		if _, err := main.Exec(ctx, statement); err != nil {
			return err
		}
	}
	defer func() {
		for _, statement := range []string{"DROP DATABASE catalog_sample", "DROP ROLE catalog_sample_reader"} {
			if _, err := main.Exec(ctx, statement); err != nil {
				log.Print(err)
			}
		}
	}()
	config := main.Config().Copy()
	config.Database = "catalog_sample"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, objects); err != nil {
		return err
	}
	var lines []string
	for _, r := range relations {
		part, err := read(ctx, conn, r[0], r[1])
		if err != nil {
			return fmt.Errorf("%s: %w", r[0], err)
		}
		lines = append(lines, part...)
	}
	return os.WriteFile("testdata/sample.txt", []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}

// read gives the rows of a relation in a form that does not depend on OIDs.
func read(ctx context.Context, conn *pgx.Conn, relation, condition string) ([]string, error) {
	var columns []string
	err := conn.QueryRow(ctx, `SELECT array_agg(format('%s=', attname) || '%s' ORDER BY attnum) FROM pg_attribute
		WHERE attrelid = $1::text::regclass AND attnum > 0 AND atttypid::regtype::text NOT IN ('oid', 'oidvector', 'oid[]', 'regproc', 'pg_node_tree', 'xid')`,
		relation).Scan(&columns)
	if err != nil {
		return nil, err
	}
	var values []string
	for _, c := range columns {
		name, _, _ := strings.Cut(c, "=")
		values = append(values, fmt.Sprintf("COALESCE(%s::text, '~')", name))
	}
	rows, err := conn.Query(ctx, fmt.Sprintf("SELECT format('%s', %s) FROM %s WHERE %s", strings.Join(columns, "|"), strings.Join(values, ", "), relation, condition))
	if err != nil {
		return nil, err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	for i, line := range lines {
		line = strings.ReplaceAll(strings.ReplaceAll(line, "catalog_sample_reader", "reader"), "catalog_sample", "postgres")
		lines[i] = relation + ": " + strings.ReplaceAll(line, "\n", " ")
	}
	slices.Sort(lines)
	return lines, nil
}
