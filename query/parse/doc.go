// Package parse turns SQL text into trees and trees back into text.
//
// It accepts exactly the statements PostgreSQL 16's grammar accepts, plus what
// Aurora DSQL adds to it (CREATE INDEX ASYNC, ALTER TABLE ASYNC, AWS IAM GRANT
// and REVOKE), and refuses the others with PostgreSQL's message, SQLSTATE and
// cursor position. A statement the service does not support is parsed all the
// same, so that another package can refuse it by its name.
//
// Nothing here knows what a name means: the tree is PostgreSQL's raw parse
// tree in Go types, with a byte position on every node. Parsing is bounded in
// depth, so no text can exhaust the stack. All functions are safe for
// concurrent use.
package parse
