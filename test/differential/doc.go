// Package differential sends the same random statements to PostgreSQL 16 and to this engine and compares what they answer: the names and types of
// the columns, the rows (as multisets, in order where the order is total), command tags and SQLSTATEs; of statements that are wrong the whole error; of
// prepared ones the types of their parameters.
// A seed gives the same statements always.
//
// The comparison needs a PostgreSQL 16 and runs only when one is named:
//
//	OPENDSQL_ORACLE=postgres://… go test ./test/differential -seed 1 -rounds 20 -statements 200
//
// A query with a difference is shown once more, made shorter (-shrink). Statements that take too long on either side are counted, not compared.
// What is found becomes a file below test/sql. A recorded slice, testdata/golden.txt, is replayed without PostgreSQL.
package differential
