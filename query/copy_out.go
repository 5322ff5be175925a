package query

import (
	"bytes"
	"encoding/binary"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// copyWriter is a Writer that turns rows into COPY data.
type copyWriter struct {
	Writer
	options *copyOptions
	cols    []Column
	format  *sqltypes.Format
	buffer  []byte
	value   []byte
	begin   []byte // what the first message of the binary format begins with
	rows    int
}

func newCopyWriter(o *copyOptions, cols []Column, f *sqltypes.Format, w Writer) *copyWriter {
	return &copyWriter{Writer: w, options: o, cols: cols, format: f}
}

// head sends what comes before the rows.
func (c *copyWriter) head() error {
	switch {
	case c.options.format == copyBinary:
		c.begin = append(append([]byte{}, binarySignature...), 0, 0, 0, 0, 0, 0, 0, 0)
	case c.options.header:
		c.buffer = c.buffer[:0]
		for i, col := range c.cols {
			if i > 0 {
				c.buffer = append(c.buffer, c.options.delimiter)
			}
			c.text([]byte(col.Name), false)
		}
		return c.CopyData(append(c.buffer, '\n'))
	}
	return nil
}

// tail sends what comes behind the rows.
func (c *copyWriter) tail() error {
	if c.options.format == copyBinary {
		return c.CopyData(append(c.begin, 0xFF, 0xFF))
	}
	return nil
}

// Row sends a row.
func (c *copyWriter) Row(values []sqltypes.Datum) error {
	c.rows++
	c.buffer = c.buffer[:0]
	if c.options.format == copyBinary {
		return c.binaryRow(values)
	}
	for i, d := range values {
		if i > 0 {
			c.buffer = append(c.buffer, c.options.delimiter)
		}
		if d.IsNull() {
			c.buffer = append(c.buffer, c.options.null...)
			continue
		}
		c.value = sqltypes.AppendText(c.value[:0], c.cols[i].Type.OID, d, c.format)
		c.text(c.value, c.options.quoteAll || c.options.forceQuote[c.cols[i].Name])
	}
	return c.CopyData(append(c.buffer, '\n'))
}

func (c *copyWriter) binaryRow(values []sqltypes.Datum) error {
	c.buffer = append(c.buffer, c.begin...) // PostgreSQL's messages are rows too: the signature goes with the first
	c.begin = nil
	c.buffer = binary.BigEndian.AppendUint16(c.buffer, uint16(len(values)))
	for i, d := range values {
		if d.IsNull() {
			c.buffer = append(c.buffer, 0xFF, 0xFF, 0xFF, 0xFF)
			continue
		}
		at := len(c.buffer)
		out, err := sqltypes.AppendBinary(append(c.buffer, 0, 0, 0, 0), c.cols[i].Type.OID, d)
		if err != nil {
			return pgerror.From(err)
		}
		binary.BigEndian.PutUint32(out[at:], uint32(len(out)-at-4))
		c.buffer = out
	}
	return c.CopyData(c.buffer)
}

// text adds a field, escaped or quoted as the format wants.
func (c *copyWriter) text(value []byte, quote bool) {
	if c.options.format == copyCSV {
		c.csv(value, quote)
		return
	}
	for _, b := range value {
		if at := bytes.IndexByte([]byte("\b\f\n\r\t\v"), b); at >= 0 {
			c.buffer = append(c.buffer, '\\', "bfnrtv"[at])
			continue
		}
		if b == '\\' || b == c.options.delimiter {
			c.buffer = append(c.buffer, '\\')
		}
		c.buffer = append(c.buffer, b)
	}
}

func (c *copyWriter) csv(value []byte, quote bool) {
	o := c.options
	quote = quote || string(value) == o.null || len(c.cols) == 1 && string(value) == `\.`
	for _, b := range value {
		quote = quote || b == o.delimiter || b == o.quote || b == '\n' || b == '\r'
	}
	if !quote {
		c.buffer = append(c.buffer, value...)
		return
	}
	c.buffer = append(c.buffer, o.quote)
	for _, b := range value {
		if b == o.quote || b == o.escape {
			c.buffer = append(c.buffer, o.escape)
		}
		c.buffer = append(c.buffer, b)
	}
	c.buffer = append(c.buffer, o.quote)
}
