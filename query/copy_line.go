package query

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// lineEnds is how the lines of the data end: as the first one does.
type lineEnds uint8

const (
	endUnknown lineEnds = iota
	endNewline
	endReturn
	endBoth
)

// nextLine takes the next line, which in CSV may hold line ends inside quotes. Its text is checked.
func (r *copyRows) nextLine() ([]byte, error) {
	r.line++
	r.current = nil
	line, err := r.cutLine()
	if errors.Is(err, io.EOF) {
		r.line--
	}
	if err != nil {
		return nil, err
	}
	if r.ascii = ascii(line); !r.ascii {
		if err := checkUTF8(line); err != nil {
			return nil, err
		}
	}
	return line, nil
}

// cutLine cuts the next line off the data, without its end; io.EOF when there is none.
func (r *copyRows) cutLine() ([]byte, error) {
	if line, ok := r.plainLine(); ok {
		return line, nil
	}
	r.plain = false
	var scan lineScan
	for {
		end, size, err := scan.find(r)
		switch {
		case err != nil:
			return nil, err
		case size > 0:
			line := r.data[:end]
			r.data = r.data[end+size:]
			return line, nil
		case r.done:
			return r.markedEnd(r.data[:end])
		case len(r.data) > copyLineBytes:
			return nil, pgerror.New(pgerror.ProgramLimitExceeded, "maximum row size exceeded")
		}
		if err := r.more(); err == nil || errors.Is(err, io.EOF) && scan.at < len(r.data) {
			continue // at the end, what waited for a byte behind it is looked at again
		} else if !errors.Is(err, io.EOF) || len(r.data) == 0 {
			return nil, err
		}
		line := r.data
		r.data = nil
		return line, nil
	}
}

// markedEnd gives what stands before the mark of the end, if anything does. What the client sends behind it is not looked at.
func (r *copyRows) markedEnd(before []byte) ([]byte, error) {
	line := bytes.Clone(before)
	r.data = nil
	for {
		if err := r.more(); err != nil && !errors.Is(err, io.EOF) || err != nil && len(line) == 0 {
			return nil, err
		} else if err != nil {
			return line, nil
		}
		r.data = nil
	}
}

// plainLine cuts off a line that ends in a newline and has no quotes and no escapes, as most do.
func (r *copyRows) plainLine() ([]byte, bool) {
	if r.ends > endNewline {
		return nil, false
	}
	end := bytes.IndexByte(r.data, '\n')
	if end < 0 {
		return nil, false
	}
	line := r.data[:end]
	if bytes.IndexByte(line, '\\') >= 0 || bytes.IndexByte(line, '\r') >= 0 {
		return nil, false
	}
	if o := r.options; o.format == copyCSV && (bytes.IndexByte(line, o.quote) >= 0 || o.escape != o.quote && bytes.IndexByte(line, o.escape) >= 0) {
		return nil, false
	}
	r.ends, r.plain = endNewline, true
	r.data = r.data[end+1:]
	return line, true
}

// ascii tells whether all bytes are from 1 to 127.
func ascii(b []byte) bool {
	const low, high = 0x0101010101010101, 0x8080808080808080
	for ; len(b) >= 8; b = b[8:] {
		if v := binary.LittleEndian.Uint64(b); (v|(v-low))&high != 0 {
			return false
		}
	}
	for _, c := range b {
		if c-1 >= 127 {
			return false
		}
	}
	return true
}

// lineScan looks for the end of a line, and goes on where it stopped for want of data.
type lineScan struct {
	at      int
	quoted  bool // CSV: within quotes
	escaped bool // CSV: behind an escape within quotes
}

// find gives the place of the line's end and its size; size is 0 when there is none yet, or when r.done was set: the mark of the end stands at end.
func (l *lineScan) find(r *copyRows) (end, size int, err error) {
	csv := r.options.format == copyCSV
	for ; l.at < len(r.data); l.at++ {
		c := r.data[l.at]
		last := l.at+1 == len(r.data) && !r.ended
		if last && (c == '\\' || c == '\r') {
			return 0, 0, nil
		}
		if csv {
			l.quote(c, r)
		}
		switch {
		case l.quoted || c != '\n' && c != '\r' && c != '\\':
		case c == '\n':
			if r.ends == endBoth || r.ends == endReturn {
				return 0, 0, r.strayEnd("newline", "\\n")
			}
			r.ends = endNewline
			return l.at, 1, nil
		case c == '\r':
			size, err := r.returnSize(l.at)
			return l.at, size, err
		case csv && l.at > 0:
		case r.byteAt(l.at+1) == '.':
			if l.at+3 >= len(r.data) && !r.ended {
				return 0, 0, nil
			}
			if r.done, err = r.endMark(l.at, csv); r.done || err != nil {
				return l.at, 0, err
			}
			if !csv {
				l.at++
			}
		case !csv:
			l.at++
		}
	}
	l.at = min(l.at, len(r.data))
	return 0, 0, nil
}

// quote follows the quotes of CSV, and counts the lines within them as PostgreSQL does.
func (l *lineScan) quote(c byte, r *copyRows) {
	o := r.options
	if l.quoted && c == o.escape && c != o.quote {
		l.escaped = !l.escaped
	}
	if c == o.quote && !l.escaped {
		l.quoted = !l.quoted
	}
	if c != o.escape {
		l.escaped = false
	}
	if l.quoted && (r.ends == endNewline && c == '\n' || r.ends != endNewline && c == '\r') {
		r.line++
	}
}

// byteAt is a byte of the data, 0 behind its end.
func (r *copyRows) byteAt(i int) byte {
	if i < len(r.data) {
		return r.data[i]
	}
	return 0
}

// returnSize is the size of the line end that a carriage return begins.
func (r *copyRows) returnSize(at int) (int, error) {
	switch {
	case r.ends == endReturn:
		return 1, nil
	case r.ends == endNewline:
		return 0, r.strayEnd("carriage return", "\\r")
	case r.byteAt(at+1) == '\n':
		r.ends = endBoth
		return 2, nil
	case r.ends == endBoth:
		return 0, r.strayEnd("carriage return", "\\r")
	}
	r.ends = endReturn
	return 1, nil
}

// endMark tells whether the backslash and dot at a place are the mark of the end: they must end their line.
func (r *copyRows) endMark(at int, csv bool) (bool, error) {
	fail := func(text string) (bool, error) {
		if csv {
			return false, nil
		}
		return false, pgerror.New(pgerror.BadCopyFileFormat, "%s", text)
	}
	const corrupt, mismatch = "end-of-copy marker corrupt", "end-of-copy marker does not match previous newline style"
	at += 2
	if r.ends == endBoth && at < len(r.data) {
		switch r.data[at] {
		case '\n':
			return fail(mismatch)
		case '\r':
			at++
		default:
			return fail(corrupt)
		}
	}
	if at >= len(r.data) {
		return fail(corrupt)
	}
	switch c := r.data[at]; {
	case c != '\r' && c != '\n':
		return fail(corrupt)
	case r.ends == endNewline && c != '\n', r.ends == endBoth && c != '\n', r.ends == endReturn && c != '\r':
		return false, pgerror.New(pgerror.BadCopyFileFormat, mismatch)
	}
	return true, nil
}

// strayEnd is the error of a line end that is not the one lines end with.
func (r *copyRows) strayEnd(what, escape string) error {
	if r.options.format == copyCSV {
		return pgerror.New(pgerror.BadCopyFileFormat, "unquoted %s found in data", what).WithHint("Use quoted CSV field to represent %s.", what)
	}
	return pgerror.New(pgerror.BadCopyFileFormat, "literal %s found in data", what).WithHint("Use \"%s\" to represent %s.", escape, what)
}
