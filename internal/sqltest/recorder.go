// Package sqltest runs SQL files against the query processor: a command, its input, ----, the output.
package sqltest

import (
	"fmt"
	"io"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query"
)

// Recorder is a query.Writer that keeps what it is given as text.
type Recorder struct {
	Lines  []string
	Input  []byte // for COPY FROM STDIN
	cols   []query.Column
	format *sqltypes.Format
	begun  int // lines before the result that is not complete: an error takes its place
}

// Columns records the header of a result.
func (r *Recorder) Columns(cols []query.Column, _ bool, f *sqltypes.Format) error {
	r.cols, r.format = cols, f
	var names []string
	for _, c := range cols {
		names = append(names, c.Name+" "+sqltypes.TypeName(sqltypes.T(c.Type.OID)))
	}
	r.Lines = append(r.Lines, "("+strings.Join(names, ", ")+")")
	return nil
}

// Row records a row.
func (r *Recorder) Row(values []sqltypes.Datum) error {
	var parts []string
	for i, d := range values {
		switch {
		case d.IsNull():
			parts = append(parts, "NULL")
		default:
			parts = append(parts, Cell(string(sqltypes.AppendText(nil, r.cols[i].Type.OID, d, r.format))))
		}
	}
	r.Lines = append(r.Lines, rowLine(parts))
	return nil
}

func rowLine(parts []string) string {
	if len(parts) == 0 {
		return "()"
	}
	return strings.Join(parts, " | ")
}

// Cell is a value as SQL files show it: quoted when it could be taken for something else.
func Cell(s string) string {
	if s == "" || s == "NULL" || strings.TrimSpace(s) != s || strings.ContainsAny(s, "\n\r\t|\x00") {
		return fmt.Sprintf("%q", s)
	}
	return s
}

// Complete records a command tag.
func (r *Recorder) Complete(tag string) error {
	r.Lines = append(r.Lines, tag)
	r.begun = len(r.Lines)
	return nil
}

// Empty records an empty statement.
func (r *Recorder) Empty() error { r.Lines = append(r.Lines, "EMPTY"); return nil }

// Suspended records that a portal has more rows.
func (r *Recorder) Suspended() error { r.Lines = append(r.Lines, "SUSPENDED"); return nil }

// Notice records a notice.
func (r *Recorder) Notice(n *pgerror.Error) error {
	r.Lines = append(r.Lines, fmt.Sprintf("%s: %s", n.Severity, n.Message))
	r.begun = len(r.Lines)
	return nil
}

// ParameterStatus passes over reported settings.
func (r *Recorder) ParameterStatus(string, string) error { return nil }

// CopyIn gives Input as the client's data.
func (r *Recorder) CopyIn(bool, int) (query.CopyReader, error) {
	input := r.Input
	r.Input = nil
	return &copyInput{data: input}, nil
}

type copyInput struct{ data []byte }

// Next gives all data at once.
func (c *copyInput) Next() ([]byte, error) {
	if c.data == nil {
		return nil, io.EOF
	}
	out := c.data
	c.data = nil
	return out, nil
}

// CopyOut begins data for the client.
func (r *Recorder) CopyOut(bool, int) error { return nil }

// CopyData records data for the client.
func (r *Recorder) CopyData(data []byte) error {
	r.Lines = append(r.Lines, strings.TrimSuffix(fmt.Sprintf("%q", data), "\n"))
	return nil
}

// CopyDone ends data for the client.
func (r *Recorder) CopyDone() error { return nil }

// ErrorLines are an error as SQL files show it.
func ErrorLines(err error) []string {
	e := pgerror.From(err)
	line := fmt.Sprintf("%s %s: %s", e.Severity, e.Code, e.Message)
	if e.Position > 0 {
		line += fmt.Sprintf(" (at %d)", e.Position)
	}
	lines := []string{line}
	if e.Detail != "" {
		lines = append(lines, "DETAIL: "+e.Detail)
	}
	if e.Hint != "" {
		lines = append(lines, "HINT: "+e.Hint)
	}
	return lines
}
