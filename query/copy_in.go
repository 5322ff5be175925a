package query

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/opendsql/opendsql/internal/limits"
	"github.com/opendsql/opendsql/internal/pgerror"
)

// copyField is one field of a row of COPY data.
type copyField struct {
	text []byte
	null bool
	// byDefault: the mark of the default stands for the value.
	byDefault bool
}

// copyLineBytes bounds a line of the data: a row has at most limits.RowBytes, and a byte of a value takes at most four in the data.
const copyLineBytes = 8 * limits.RowBytes

// copyRows takes rows out of COPY data as it arrives. What it gives shares the memory of the data and is valid until the next row is asked for.
type copyRows struct {
	options *copyOptions
	reader  CopyReader
	names   []string // of the columns
	data    []byte   // not yet used: of the reader's last message, or of buffer
	buffer  []byte   // where data is gathered that several messages hold
	own     bool     // data lies in buffer
	ended   bool     // no more data will come
	done    bool     // the mark of the end was met
	line    int
	ends    lineEnds
	current []byte // the line being read, for error contexts; nil: not known
	plain   bool   // the current line has no quotes and no escapes
	ascii   bool   // and the current line has no bytes past 127
	fields  []copyField
	scratch []byte // fields of the row whose escapes were resolved
	size    int    // bytes of the row

	begun bool
}

func newCopyRows(o *copyOptions, r CopyReader, names []string) *copyRows {
	return &copyRows{options: o, reader: r, names: names}
}

var binarySignature = []byte("PGCOPY\n\xff\r\n\x00")

// context adds where in the data an error happened.
func (r *copyRows) context(err error, table string) error {
	var known *pgerror.Error
	if !errors.As(err, &known) {
		return err
	}
	e := *known
	if e.Where != "" || r.line == 0 {
		return &e
	}
	e.Where = fmt.Sprintf("COPY %s, line %d", table, r.line)
	var column *copyColumnError
	switch named := errors.As(err, &column); {
	case named && r.options.format == copyBinary:
		e.Where += ", column " + column.column
	case named && column.null:
		e.Where += fmt.Sprintf(", column %s: null input", column.column)
	case named:
		e.Where += fmt.Sprintf(", column %s: \"%s\"", column.column, clip(column.value))
	case r.current != nil && r.options.format != copyBinary:
		e.Where += fmt.Sprintf(": \"%s\"", clip(string(r.current)))
	}
	return &e
}

// clip cuts a text at 100 bytes, between characters, and marks the cut.
func clip(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	n := most
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n] + "..."
}

// more reads the next message of data; io.EOF when there is none.
func (r *copyRows) more() error {
	if r.ended {
		return io.EOF
	}
	r.gather()
	chunk, err := r.reader.Next()
	if errors.Is(err, io.EOF) {
		r.ended = true
		return io.EOF
	}
	if err != nil {
		return err
	}
	if len(r.data) == 0 {
		r.data, r.own = chunk, false // one that comes when all was used is not copied
		return nil
	}
	r.data = append(r.data, chunk...)
	r.buffer = r.data[:0]
	return nil
}

// gather moves what is left of the data to the beginning of buffer: the next message takes the memory of the one before.
func (r *copyRows) gather() {
	if len(r.data) == 0 || r.own && cap(r.data) == cap(r.buffer) {
		return
	}
	r.data = append(r.buffer[:0], r.data...)
	r.buffer, r.own = r.data[:0], true
}

// next gives the fields of the next row, io.EOF behind the last. They are valid until the next call.
func (r *copyRows) next() ([]copyField, error) {
	if r.options.format == copyBinary {
		return r.nextBinary()
	}
	if !r.begun {
		r.begun = true
		if r.options.header {
			if err := r.head(); err != nil {
				return nil, err
			}
		}
	}
	if r.done {
		return nil, io.EOF
	}
	line, err := r.nextLine()
	if err != nil {
		return nil, err
	}
	if err := r.split(line); err != nil {
		return nil, err
	}
	if err := r.counted(line); err != nil {
		return nil, err
	}
	r.force()
	return r.fields, nil
}

// split takes a line apart.
func (r *copyRows) split(line []byte) error {
	r.current, r.size = line, len(line)
	r.fields, r.scratch = r.fields[:0], r.scratch[:0]
	switch {
	case r.plain:
		r.splitPlain(line)
		return nil
	case r.options.format == copyCSV:
		return r.splitCSV(line)
	}
	return r.splitText(line)
}

// splitPlain takes a line without quotes and escapes apart.
func (r *copyRows) splitPlain(line []byte) {
	null := r.options.null
	for {
		end := bytes.IndexByte(line, r.options.delimiter)
		field := line
		if end >= 0 {
			field = line[:end]
		}
		r.fields = append(r.fields, copyField{text: field, null: len(field) == len(null) && string(field) == null, byDefault: r.options.byDefault(field)})
		if end < 0 {
			return
		}
		line = line[end+1:]
	}
}

// head passes over the header line; with MATCH its names must be those of the columns.
func (r *copyRows) head() error {
	line, err := r.nextLine()
	if r.options.match && errors.Is(err, io.EOF) {
		line, err = []byte{}, nil // no line is not the line wanted
		r.line, r.plain = r.line+1, true
	}
	if err != nil || !r.options.match {
		return err
	}
	if err := r.split(line); err != nil {
		return err
	}
	if len(r.fields) != len(r.names) {
		return pgerror.New(pgerror.BadCopyFileFormat, "wrong number of fields in header line: got %d, expected %d", len(r.fields), len(r.names))
	}
	for i, f := range r.fields {
		switch {
		case f.null:
			return pgerror.New(pgerror.BadCopyFileFormat, "column name mismatch in header line field %d: got null value (\"%s\"), expected \"%s\"",
				i+1, r.options.null, r.names[i])
		case string(f.text) != r.names[i]:
			return pgerror.New(pgerror.BadCopyFileFormat, "column name mismatch in header line field %d: got \"%s\", expected \"%s\"",
				i+1, f.text, r.names[i])
		}
	}
	return nil
}

// force applies FORCE_NOT_NULL and FORCE_NULL.
func (r *copyRows) force() {
	o := r.options
	if o.notNull == nil && o.asNull == nil {
		return
	}
	for i := range r.fields {
		f := &r.fields[i]
		switch {
		case f.null && o.notNull[r.names[i]]:
			f.null = false
		case !f.null && o.asNull[r.names[i]] && string(f.text) == o.null:
			f.null = true
		}
	}
}

// counted refuses a line with too many fields. Whether there are too few shows when the first missing one is wanted.
func (r *copyRows) counted(line []byte) error {
	if len(r.names) == 0 && len(line) == 0 {
		r.fields = r.fields[:0]
		return nil
	}
	if len(r.fields) > len(r.names) {
		return pgerror.New(pgerror.BadCopyFileFormat, "extra data after last expected column")
	}
	return nil
}

// splitText takes a line of the text format apart and resolves its escapes.
func (r *copyRows) splitText(line []byte) error {
	for start := 0; ; {
		end := start
		for end < len(line) && line[end] != r.options.delimiter {
			if line[end] == '\\' && end+1 < len(line) {
				end++
			}
			end++
		}
		raw := line[start:end]
		if null := string(raw) == r.options.null; null || r.options.byDefault(raw) {
			r.fields = append(r.fields, copyField{text: raw, null: null, byDefault: !null})
		} else {
			text, err := r.unescape(raw)
			if err != nil {
				return err
			}
			r.fields = append(r.fields, copyField{text: text})
		}
		if end >= len(line) {
			return nil
		}
		start = end + 1
	}
}

// unescape resolves the backslash sequences of the text format. The bytes that numbers stand for must make up characters.
func (r *copyRows) unescape(raw []byte) ([]byte, error) {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw, nil
	}
	start, numbers := len(r.scratch), false
	out := r.scratch
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' || i+1 == len(raw) {
			out = append(out, raw[i])
			continue
		}
		i++
		switch c := raw[i]; {
		case c >= '0' && c <= '7':
			value, n := 0, 0
			for n < 3 && i < len(raw) && raw[i] >= '0' && raw[i] <= '7' {
				value, n, i = value<<3|int(raw[i]-'0'), n+1, i+1
			}
			i--
			numbers = true
			out = append(out, byte(value))
		case c == 'x' && i+1 < len(raw) && hexValue(raw[i+1]) >= 0:
			value, n := 0, 0
			i++
			for n < 2 && i < len(raw) && hexValue(raw[i]) >= 0 {
				value, n, i = value<<4|hexValue(raw[i]), n+1, i+1
			}
			i--
			numbers = true
			out = append(out, byte(value))
		default:
			if at := bytes.IndexByte([]byte("bfnrtv"), c); at >= 0 {
				c = "\b\f\n\r\t\v"[at]
			}
			out = append(out, c)
		}
	}
	r.scratch = out
	text := out[start:len(out):len(out)]
	if numbers {
		r.ascii = false
		return text, checkUTF8(text)
	}
	return text, nil
}

func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// splitCSV takes a line of the CSV format apart.
func (r *copyRows) splitCSV(line []byte) error {
	o := r.options
	for i := 0; ; {
		start := len(r.scratch)
		text := r.scratch
		quoted := false
		for i < len(line) && line[i] != o.delimiter {
			if line[i] != o.quote {
				text = append(text, line[i])
				i++
				continue
			}
			quoted = true
			i++
			for {
				if i >= len(line) {
					return pgerror.New(pgerror.BadCopyFileFormat, "unterminated CSV quoted field")
				}
				if line[i] == o.escape && i+1 < len(line) && (line[i+1] == o.quote || line[i+1] == o.escape) {
					text = append(text, line[i+1])
					i += 2
					continue
				}
				if line[i] == o.quote {
					i++
					break
				}
				text = append(text, line[i])
				i++
			}
		}
		r.scratch = text
		text = text[start:len(text):len(text)]
		r.fields = append(r.fields, copyField{text: text, null: !quoted && string(text) == o.null, byDefault: !quoted && o.byDefault(text)})
		if i >= len(line) {
			return nil
		}
		i++
	}
}
