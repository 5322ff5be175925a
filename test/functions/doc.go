// Package functions holds this engine to PostgreSQL 16's lists of functions, operators, casts and aggregates: it counts which of them have code and
// says of each of the others why not, and it calls every one with generated arguments and compares the answers with those PostgreSQL gave.
//
// The census and the recorded answers below testdata need no PostgreSQL. More calls, made from other seeds, are compared where one is named:
//
//	OPENDSQL_ORACLE=postgres://… go test ./test/functions -run TestPostgres -seed 7 -calls 20
//
// What that finds goes into the recorded answers with -keep, so that it is checked from then on.
package functions
