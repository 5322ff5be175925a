package query

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// copyField is one field of a row of COPY data.
type copyField struct {
	text []byte
	null bool
}

// copyRows takes rows out of COPY data as it arrives.
type copyRows struct {
	options  *copyOptions
	reader   CopyReader
	names    []string // of the columns
	data     []byte   // not yet used
	ended    bool     // no more data will come
	bytesMax int      // of a row on its way, and what came with its end
	line     int
	ends     lineEnds
	current  string // the line being read, for error contexts
	fields   []copyField

	begun bool
}

func newCopyRows(o *copyOptions, r CopyReader, names []string, bytesMax int) *copyRows {
	return &copyRows{options: o, reader: r, names: names, bytesMax: bytesMax}
}

var (
	binarySignature = []byte("PGCOPY\n\xff\r\n\x00")
)

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
	switch {
	case r.options.format == copyBinary:
		if errors.As(err, &column) {
			e.Where += ", column " + column.column
		}
	case errors.As(err, &column):
		e.Where += fmt.Sprintf(", column %s: \"%s\"", column.column, clip(column.value))
	case r.current != "":
		e.Where += fmt.Sprintf(": \"%s\"", clip(r.current))
	}
	return &e
}

func clip(s string) string {
	if len(s) > 100 {
		return s[:100] + "..."
	}
	return s
}

// more reads the next message of data; io.EOF when there is none.
func (r *copyRows) more() error {
	if r.ended {
		return io.EOF
	}
	chunk, err := r.reader.Next()
	if errors.Is(err, io.EOF) {
		r.ended = true
		return io.EOF
	}
	if err != nil {
		return err
	}
	if len(r.data)+len(chunk) > r.bytesMax {
		return pgerror.New(pgerror.ProgramLimitExceeded, "out of memory").
			WithDetail("Cannot enlarge string buffer containing %d bytes by %d more bytes.", len(r.data), len(chunk))
	}
	r.data = append(r.data, chunk...)
	return nil
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
	line, err := r.nextLine()
	if err != nil {
		return nil, err
	}
	r.current = string(line)
	if string(line) == `\.` {
		for err == nil {
			err = r.more()
		}
		r.data = nil
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

func (r *copyRows) split(line []byte) error {
	if r.options.format == copyCSV {
		return r.splitCSV(line)
	}
	return r.splitText(line)
}

// head passes over the header line; with MATCH its names must be those of the columns.
func (r *copyRows) head() error {
	line, err := r.nextLine()
	if err != nil || !r.options.match {
		return err
	}
	r.current = string(line)
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

// counted checks the number of fields.
func (r *copyRows) counted(line []byte) error {
	if len(r.names) == 0 && len(line) == 0 {
		r.fields = r.fields[:0]
		return nil
	}
	switch {
	case len(r.fields) > len(r.names):
		return pgerror.New(pgerror.BadCopyFileFormat, "extra data after last expected column")
	case len(r.fields) < len(r.names):
		return pgerror.New(pgerror.BadCopyFileFormat, "missing data for column \"%s\"", r.names[len(r.fields)])
	}
	return nil
}

// lineEnds is how the lines of the data end: as the first one does.
type lineEnds uint8

const (
	endUnknown lineEnds = iota
	endNewline
	endReturn
	endBoth
)

// nextLine takes the next line, which in CSV may hold line ends inside quotes.
func (r *copyRows) nextLine() ([]byte, error) {
	from := 0
	quoted := false
	r.current = ""
	for {
		end, size, err := r.lineEnd(&from, &quoted)
		if err != nil {
			r.line++
			return nil, err
		}
		if size > 0 {
			line := r.data[:end]
			r.data = r.data[end+size:]
			r.line++
			return line, nil
		}
		if err := r.more(); err != nil {
			if !errors.Is(err, io.EOF) {
				r.line++ // the line that did not come
				return nil, err
			}
			if from < len(r.data) {
				continue // what waited for a byte behind it is looked at again
			}
			return r.lastLine(quoted)
		}
	}
}

// lastLine is what stands behind the last line end.
func (r *copyRows) lastLine(quoted bool) ([]byte, error) {
	if len(r.data) == 0 {
		return nil, io.EOF
	}
	line := r.data
	r.data = nil
	r.line++
	if quoted {
		r.current = string(line)
		return nil, pgerror.New(pgerror.BadCopyFileFormat, "unterminated CSV quoted field")
	}
	return line, nil
}

// lineEnd looks for a line's end from a place on; it remembers how far it looked. size is 0 when more data is needed.
func (r *copyRows) lineEnd(from *int, quoted *bool) (end, size int, err error) {
	csv := r.options.format == copyCSV
	for i := *from; i < len(r.data); i++ {
		*from = i
		last := i+1 == len(r.data)
		switch c := r.data[i]; {
		case csv && c == r.options.quote:
			*quoted = !*quoted
		case csv && *quoted && c == r.options.escape, !csv && c == '\\':
			if last && !r.ended {
				return 0, 0, nil
			}
			i++
		case *quoted || c != '\n' && c != '\r':
		case c == '\n':
			if r.ends == endBoth || r.ends == endReturn {
				return 0, 0, r.strayEnd("newline", "\\n")
			}
			r.ends = endNewline
			return i, 1, nil
		case c == '\r' && r.ends == endNewline:
			return 0, 0, r.strayEnd("carriage return", "\\r")
		case c == '\r' && last && !r.ended:
			return 0, 0, nil
		case c == '\r' && !last && r.data[i+1] == '\n' && r.ends != endReturn:
			r.ends = endBoth
			return i, 2, nil
		case c == '\r' && r.ends == endBoth:
			return 0, 0, r.strayEnd("carriage return", "\\r")
		case c == '\r':
			r.ends = endReturn
			return i, 1, nil
		}
		*from = i + 1
	}
	return 0, 0, nil
}

// strayEnd is the error of a line end that is not the one lines end with.
func (r *copyRows) strayEnd(what, escape string) error {
	if r.options.format == copyCSV {
		return pgerror.New(pgerror.BadCopyFileFormat, "unquoted %s found in data", what).WithHint("Use quoted CSV field to represent %s.", what)
	}
	return pgerror.New(pgerror.BadCopyFileFormat, "literal %s found in data", what).WithHint("Use \"%s\" to represent %s.", escape, what)
}

// splitText takes a line of the text format apart and resolves its escapes.
func (r *copyRows) splitText(line []byte) error {
	r.fields = r.fields[:0]
	for start := 0; ; {
		end := start
		for end < len(line) && line[end] != r.options.delimiter {
			if line[end] == '\\' && end+1 < len(line) {
				end++
			}
			end++
		}
		raw := line[start:end]
		if string(raw) == r.options.null {
			r.fields = append(r.fields, copyField{null: true})
		} else {
			r.fields = append(r.fields, copyField{text: r.unescape(raw)})
		}
		if end >= len(line) {
			return nil
		}
		start = end + 1
	}
}

// unescape resolves the backslash sequences of the text format.
func (r *copyRows) unescape(raw []byte) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw
	}
	out := make([]byte, 0, len(raw))
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
			out = append(out, byte(value))
		case c == 'x' && i+1 < len(raw) && hexValue(raw[i+1]) >= 0:
			value, n := 0, 0
			i++
			for n < 2 && i < len(raw) && hexValue(raw[i]) >= 0 {
				value, n, i = value<<4|hexValue(raw[i]), n+1, i+1
			}
			i--
			out = append(out, byte(value))
		default:
			if at := bytes.IndexByte([]byte("bfnrtv"), c); at >= 0 {
				c = "\b\f\n\r\t\v"[at]
			}
			out = append(out, c)
		}
	}
	return out
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
	r.fields = r.fields[:0]
	for i := 0; ; {
		var text []byte
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
		r.fields = append(r.fields, copyField{text: text, null: !quoted && string(text) == o.null})
		if i >= len(line) {
			return nil
		}
		i++
	}
}

// need makes sure of n bytes of data.
func (r *copyRows) need(n int) error {
	for len(r.data) < n {
		if err := r.more(); err != nil {
			if errors.Is(err, io.EOF) {
				return pgerror.New(pgerror.BadCopyFileFormat, "unexpected EOF in COPY data")
			}
			return err
		}
	}
	return nil
}

// nextBinary takes a row of the binary format.
func (r *copyRows) nextBinary() ([]copyField, error) {
	if !r.begun {
		if err := r.binaryHead(); err != nil {
			return nil, err
		}
		r.begun = true
	}
	r.line++
	for len(r.data) < 2 {
		if err := r.more(); err != nil { // the data may end without a trailer, as PostgreSQL has it
			return nil, err
		}
	}
	n := int(int16(binary.BigEndian.Uint16(r.data)))
	r.data = r.data[2:]
	if n == -1 {
		for {
			if err := r.more(); err != nil {
				return nil, err
			}
		}
	}
	if n != len(r.names) {
		return nil, pgerror.New(pgerror.BadCopyFileFormat, "row field count is %d, expected %d", n, len(r.names))
	}
	r.fields = r.fields[:0]
	for range n {
		if err := r.need(4); err != nil {
			return nil, err
		}
		size := int32(binary.BigEndian.Uint32(r.data))
		r.data = r.data[4:]
		if size == -1 {
			r.fields = append(r.fields, copyField{null: true})
			continue
		}
		if size < 0 {
			return nil, pgerror.New(pgerror.BadCopyFileFormat, "invalid field size")
		}
		if err := r.need(int(size)); err != nil {
			return nil, err
		}
		r.fields = append(r.fields, copyField{text: append([]byte{}, r.data[:size]...)})
		r.data = r.data[size:]
	}
	return r.fields, nil
}

func (r *copyRows) binaryHead() error {
	if err := r.need(len(binarySignature) + 8); err != nil {
		return pgerror.New(pgerror.BadCopyFileFormat, "COPY file signature not recognized")
	}
	if !bytes.HasPrefix(r.data, binarySignature) {
		return pgerror.New(pgerror.BadCopyFileFormat, "COPY file signature not recognized")
	}
	rest := r.data[len(binarySignature):]
	if flags := binary.BigEndian.Uint32(rest); flags&^0xFFFF != 0 {
		return pgerror.New(pgerror.BadCopyFileFormat, "unrecognized critical flags in COPY file header")
	}
	extension := int(binary.BigEndian.Uint32(rest[4:]))
	r.data = rest[8:]
	if extension < 0 || extension > 1<<20 {
		return pgerror.New(pgerror.BadCopyFileFormat, "invalid COPY file header (wrong length)")
	}
	if err := r.need(extension); err != nil {
		return err
	}
	r.data = r.data[extension:]
	return nil
}
