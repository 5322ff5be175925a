package query

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// fill gathers n bytes of data; short tells that the data ends before.
func (r *copyRows) fill(n int) (short bool, err error) {
	for len(r.data) < n {
		if err := r.more(); errors.Is(err, io.EOF) {
			return true, nil
		} else if err != nil {
			return false, err
		}
	}
	return false, nil
}

// need is fill where the data must not end; text says what is wrong when it does.
func (r *copyRows) need(n int, text string) error {
	short, err := r.fill(n)
	if short {
		return pgerror.New(pgerror.BadCopyFileFormat, "%s", text)
	}
	return err
}

// nextBinary takes a row of the binary format. The data may end between rows without the mark of the end.
func (r *copyRows) nextBinary() ([]copyField, error) {
	if !r.begun {
		if err := r.binaryHead(); err != nil {
			return nil, err
		}
		r.begun = true
	}
	r.line++
	if short, err := r.fill(2); err != nil {
		return nil, err
	} else if short {
		return nil, io.EOF
	}
	n := int(int16(binary.BigEndian.Uint16(r.data)))
	r.data = r.data[2:]
	if n == -1 {
		if short, err := r.fill(1); err != nil {
			return nil, err
		} else if short {
			return nil, io.EOF
		}
		return nil, pgerror.New(pgerror.BadCopyFileFormat, "received copy data after EOF marker")
	}
	if n != len(r.names) {
		return nil, pgerror.New(pgerror.BadCopyFileFormat, "row field count is %d, expected %d", n, len(r.names))
	}
	r.fields, r.scratch, r.size = r.fields[:0], r.scratch[:0], 0
	for i := range n {
		f, err := r.binaryField()
		if err != nil {
			return nil, &copyColumnError{error: err, column: r.names[i]}
		}
		r.fields, r.size = append(r.fields, f), r.size+len(f.text)
	}
	return r.fields, nil
}

// binaryField takes a field: its size, which is -1 for NULL, and its bytes.
func (r *copyRows) binaryField() (copyField, error) {
	const ended = "unexpected EOF in COPY data"
	if err := r.need(4, ended); err != nil {
		return copyField{}, err
	}
	size := int(int32(binary.BigEndian.Uint32(r.data)))
	r.data = r.data[4:]
	switch {
	case size == -1:
		return copyField{null: true}, nil
	case size < 0:
		return copyField{}, pgerror.New(pgerror.BadCopyFileFormat, "invalid field size")
	case size > copyLineBytes:
		return copyField{}, pgerror.New(pgerror.ProgramLimitExceeded, "out of memory").
			WithDetail("Cannot enlarge string buffer containing 0 bytes by %d more bytes.", size)
	}
	if err := r.need(size, ended); err != nil {
		return copyField{}, err
	}
	start := len(r.scratch)
	r.scratch = append(r.scratch, r.data[:size]...)
	r.data = r.data[size:]
	return copyField{text: r.scratch[start:len(r.scratch):len(r.scratch)]}, nil
}

// binaryHead takes what comes before the rows: signature, flags, and an extension that is passed over.
func (r *copyRows) binaryHead() error {
	if err := r.need(len(binarySignature), "COPY file signature not recognized"); err != nil {
		return err
	}
	if !bytes.HasPrefix(r.data, binarySignature) {
		return pgerror.New(pgerror.BadCopyFileFormat, "COPY file signature not recognized")
	}
	r.data = r.data[len(binarySignature):]
	if err := r.need(4, "invalid COPY file header (missing flags)"); err != nil {
		return err
	}
	const oids = 1 << 16
	switch flags := binary.BigEndian.Uint32(r.data); {
	case flags&oids != 0:
		return pgerror.New(pgerror.BadCopyFileFormat, "invalid COPY file header (WITH OIDS)")
	case flags > oids:
		return pgerror.New(pgerror.BadCopyFileFormat, "unrecognized critical flags in COPY file header")
	}
	r.data = r.data[4:]
	const noLength, wrongLength = "invalid COPY file header (missing length)", "invalid COPY file header (wrong length)"
	if err := r.need(4, noLength); err != nil {
		return err
	}
	extension := int(int32(binary.BigEndian.Uint32(r.data)))
	r.data = r.data[4:]
	switch {
	case extension < 0:
		return pgerror.New(pgerror.BadCopyFileFormat, noLength)
	case extension > copyLineBytes:
		return pgerror.New(pgerror.BadCopyFileFormat, wrongLength)
	}
	if err := r.need(extension, wrongLength); err != nil {
		return err
	}
	r.data = r.data[extension:]
	return nil
}
