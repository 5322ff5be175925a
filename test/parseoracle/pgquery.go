package main

import (
	"errors"
	"fmt"

	"github.com/opendsql/opendsql/query/parse"
	pgquery "github.com/pganalyze/pg_query_go/v5"
)

// comparePgQuery compares with the library: what both accept must have the
// same fingerprint after our deparser wrote it anew.
func comparePgQuery(corpus []string, show int) error {
	different, accepted := 0, 0
	report := func(sql, format string, args ...any) {
		if different++; different <= show {
			fmt.Printf("%s\n  %s\n", sql, fmt.Sprintf(format, args...))
		}
	}
	for _, sql := range corpus {
		if serviceWord(sql) {
			continue
		}
		want, refusal := pgquery.Fingerprint(sql)
		stmts, err := parse.Parse(sql)
		if (refusal == nil) != (err == nil) {
			report(sql, "pg_query: %v, ours: %v", refusal, err)
			continue
		}
		if err != nil {
			continue
		}
		accepted++
		for _, s := range stmts {
			text := parse.Deparse(s.Stmt)
			if got, err := pgquery.Fingerprint(text); err != nil {
				report(sql, "deparsed as %s: %v", text, err)
			} else if len(stmts) == 1 && got != want {
				report(sql, "deparsed as %s: another fingerprint", text)
			}
		}
	}
	fmt.Printf("%d statements, %d accepted, %d different\n", len(corpus), accepted, different)
	if different > 0 {
		return errors.New("the parsers differ")
	}
	return nil
}
