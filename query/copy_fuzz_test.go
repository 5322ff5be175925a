package query

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

// piecewise is COPY data that arrives in pieces of one size, each in the memory of the one before.
type piecewise struct {
	data  []byte
	size  int
	piece []byte
}

// Next gives a piece.
func (p *piecewise) Next() ([]byte, error) {
	n := min(p.size, len(p.data))
	if n == 0 {
		return nil, io.EOF
	}
	clear(p.piece)
	p.piece = append(p.piece[:0], p.data[:n]...)
	p.data = p.data[n:]
	return p.piece, nil
}

// readAll gives the rows, or the error that ends them, as text.
func readAll(data []byte, size int, o copyOptions) string {
	r := newCopyRows(&o, &piecewise{data: data, size: size}, []string{"a", "b"})
	out := ""
	for {
		fields, err := r.next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			return fmt.Sprintf("%s%v", out, r.context(err, "t"))
		}
		for _, f := range fields {
			out += fmt.Sprintf("%q %v,", f.text, f.null)
		}
		out += "\n"
	}
}

// FuzzCopyRows checks that data reads the same however it is cut into messages.
func FuzzCopyRows(f *testing.F) {
	for _, seed := range []string{"1\ta\n2\t\\N\n", "1,\"a\"\"\n\"\r\n2,", "a\\", "\\.\n1\t2", "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff", "1\r2\n\"", "\\\r\n\\x4\\12"} {
		for format := range uint8(3) {
			f.Add([]byte(seed), uint8(3), format)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, size, format uint8) {
		o := copyOptions{format: copyFormat(format % 3), delimiter: '\t', null: `\N`, quote: '"', escape: '"', from: true}
		if o.format == copyCSV {
			o.delimiter, o.null = ',', ""
			if format > 100 {
				o.escape = '\\'
			}
		}
		whole, cut := readAll(data, len(data)+1, o), readAll(data, int(size)+1, o)
		if whole != cut {
			t.Fatalf("%q: whole\n%s\nin pieces of %d\n%s", data, whole, int(size)+1, cut)
		}
	})
}
