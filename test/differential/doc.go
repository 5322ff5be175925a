// Package differential sends the same random statements to PostgreSQL 16 and to this engine and compares what they answer: the names and types of
// the columns, the rows (as multisets, in order where the order is total), command tags and SQLSTATEs. A seed gives the same statements always.
//
// The comparison needs a PostgreSQL 16 and runs only when one is named:
//
//	OPENDSQL_ORACLE=postgres://… go test ./test/differential -seed 1 -rounds 20 -statements 200
//
// What it finds becomes a file below test/sql, where it is checked without PostgreSQL.
package differential
