package query

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Column describes a column of a result, as RowDescription does.
type Column struct {
	Name   string
	Table  sqltypes.OID // of the table it comes from, 0 for a computed one
	Attr   int16        // its attnum there
	Type   sqltypes.Type
	Format int16 // 0 text, 1 binary
}

// Writer receives what statements answer, in the order of the protocol. A session uses it from one goroutine.
type Writer interface {
	// Columns announces the rows that follow, with a description of them in the simple protocol. format shapes their text; it stays the session's.
	Columns(cols []Column, describe bool, format *sqltypes.Format) error
	// Row gives one row. The values are only valid during the call.
	Row(values []sqltypes.Datum) error
	// Complete ends a statement with its command tag.
	Complete(tag string) error
	// Empty answers an empty statement.
	Empty() error
	// Suspended tells that a portal has more rows.
	Suspended() error
	Notice(n *pgerror.Error) error
	ParameterStatus(name, value string) error
	// CopyIn asks the client for data; binary tells the format.
	CopyIn(binary bool, columns int) (CopyReader, error)
	// CopyOut begins, CopyData carries, and CopyDone ends data for the client. data is only valid during the call.
	CopyOut(binary bool, columns int) error
	CopyData(data []byte) error
	CopyDone() error
}

// CopyReader gives the data of COPY FROM STDIN, a message at a time; io.EOF at its end. What it gives is valid until the next call.
type CopyReader interface {
	Next() ([]byte, error)
}

// Bind is a Bind message. Its values are only valid during the call.
type Bind struct {
	Portal, Statement string
	ParamFormats      []int16
	Params            [][]byte // nil: NULL
	ResultFormats     []int16
}
