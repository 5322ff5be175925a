// Package pgerror gives every mistake a client can hear about the shape PostgreSQL gives it:
// a severity, an SQLSTATE, a message, and the optional fields of an ErrorResponse.
package pgerror

import (
	"errors"
	"fmt"
)

// Severity is the S field of an ErrorResponse or NoticeResponse.
type Severity string

// The severities a client may see.
const (
	SeverityError   Severity = "ERROR"
	SeverityFatal   Severity = "FATAL"
	SeverityPanic   Severity = "PANIC"
	SeverityWarning Severity = "WARNING"
	SeverityNotice  Severity = "NOTICE"
	SeverityInfo    Severity = "INFO"
	SeverityDebug   Severity = "DEBUG"
	SeverityLog     Severity = "LOG"
)

// Error is one ErrorResponse or NoticeResponse. The zero value of a field means that the field is not sent.
type Error struct {
	Severity Severity
	Code     Code
	Message  string
	Detail   string
	Hint     string
	// Position is the 1-based character (not byte) index into the statement's text; 0 when there is none.
	Position         int
	InternalPosition int
	InternalQuery    string
	Where            string
	Schema           string
	Table            string
	Column           string
	DataType         string
	Constraint       string
	// Routine is the name of PostgreSQL's own function that raises the error. It is set where clients tell errors apart by it.
	Routine string
	// Hard marks an error that is raised even where the errors of an input function are asked for as values: pg_input_is_valid, to_regtype.
	Hard bool

	cause error
}

// New makes an ERROR with the code and the formatted message.
func New(code Code, format string, args ...any) *Error {
	message := format
	if len(args) > 0 {
		message = fmt.Sprintf(format, args...)
	}
	return &Error{Severity: SeverityError, Code: code, Message: message}
}

// Notice makes a NOTICE with the code and the formatted message.
func Notice(code Code, format string, args ...any) *Error {
	e := New(code, format, args...)
	e.Severity = SeverityNotice
	return e
}

// Wrap makes an ERROR that answers errors.Is and errors.As for cause. The cause's text is not shown to the client.
func Wrap(cause error, code Code, format string, args ...any) *Error {
	e := New(code, format, args...)
	e.cause = cause
	return e
}

// Fatal is e with severity FATAL: the session ends after it.
func (e *Error) Fatal() *Error { e.Severity = SeverityFatal; return e }

// At sets the 1-based character position; positions below 1 leave it as it is.
func (e *Error) At(position int) *Error {
	if position > 0 {
		e.Position = position
	}
	return e
}

// Harden marks the error as Hard.
func (e *Error) Harden() *Error { e.Hard = true; return e }

// WithDetail sets the DETAIL line.
func (e *Error) WithDetail(format string, args ...any) *Error {
	e.Detail = sprintf(format, args)
	return e
}

// WithHint sets the HINT line.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = sprintf(format, args)
	return e
}

// On names the object the error is about; empty strings leave a field as it is.
func (e *Error) On(schema, table, column, constraint string) *Error {
	for _, f := range []struct {
		to   *string
		text string
	}{{&e.Schema, schema}, {&e.Table, table}, {&e.Column, column}, {&e.Constraint, constraint}} {
		if f.text != "" {
			*f.to = f.text
		}
	}
	return e
}

// Error is the message behind its SQLSTATE, for logs and tests.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s (SQLSTATE %s)", e.Severity, e.Message, e.Code)
}

// Unwrap gives the cause, if Wrap was given one.
func (e *Error) Unwrap() error { return e.cause }

// From finds the *Error in err's chain. Any other error becomes an XX000 that hides its text behind "internal error".
func From(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Wrap(err, InternalError, "internal error: %v", err)
}

// HasCode tells whether err's chain holds an *Error with the code.
func HasCode(err error, code Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

// Position turns a 0-based byte offset into text into PostgreSQL's 1-based character position; 0 for offsets outside it.
func Position(text string, offset int) int {
	if offset < 0 || offset > len(text) {
		return 0
	}
	n := 1
	for i := 0; i < offset; i++ {
		if text[i]&0xC0 != 0x80 {
			n++
		}
	}
	return n
}

func sprintf(format string, args []any) string {
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}
