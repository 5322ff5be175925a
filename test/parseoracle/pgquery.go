package main

import (
	_ "github.com/pganalyze/pg_query_go/v5"
)

func comparePgQuery(corpus []string, show int) error { return nil }
