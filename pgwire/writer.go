package pgwire

import (
	"encoding/binary"
	"io"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query"
)

// writer turns what statements answer into messages.
type writer struct {
	conn   *conn
	cols   []query.Column
	format *sqltypes.Format
	bind   query.Bind // of the last Bind message
	broken error      // the connection failed: nothing more can be said
}

func (w *writer) reset() { w.cols = nil }

// Columns announces the rows that follow.
func (w *writer) Columns(cols []query.Column, describe bool, format *sqltypes.Format) error {
	w.cols, w.format = cols, format
	if describe {
		w.conn.out = appendColumns(w.conn.out, cols)
	}
	return nil
}

// Row sends a DataRow.
func (w *writer) Row(values []sqltypes.Datum) error {
	out, at := begin(w.conn.out, 'D')
	out = binary.BigEndian.AppendUint16(out, uint16(len(values)))
	for i, d := range values {
		if d.IsNull() {
			out = append(out, 0xFF, 0xFF, 0xFF, 0xFF)
			continue
		}
		out = append(out, 0, 0, 0, 0)
		from := len(out)
		if w.cols[i].Format == 1 {
			var err error
			if out, err = sqltypes.AppendBinary(out, w.cols[i].Type.OID, d); err != nil {
				return err
			}
		} else {
			out = sqltypes.AppendText(out, w.cols[i].Type.OID, d, w.format)
		}
		binary.BigEndian.PutUint32(out[from-4:], uint32(len(out)-from))
	}
	w.conn.out = end(out, at)
	return w.long()
}

func (w *writer) long() error {
	if err := w.conn.flushIfLong(); err != nil {
		w.broken = err
		return err
	}
	return nil
}

// Complete sends a CommandComplete.
func (w *writer) Complete(tag string) error {
	out, at := begin(w.conn.out, 'C')
	w.conn.out = end(appendString(out, tag), at)
	return nil
}

// Empty sends an EmptyQueryResponse.
func (w *writer) Empty() error {
	w.conn.out = append(w.conn.out, 'I', 0, 0, 0, 4)
	return nil
}

// Suspended sends a PortalSuspended.
func (w *writer) Suspended() error {
	w.conn.out = append(w.conn.out, 's', 0, 0, 0, 4)
	return nil
}

// Notice sends a NoticeResponse.
func (w *writer) Notice(n *pgerror.Error) error {
	w.conn.out = appendError(w.conn.out, n)
	return nil
}

// ParameterStatus reports a setting.
func (w *writer) ParameterStatus(name, value string) error {
	var err error
	w.conn.out, err = (&pgproto3.ParameterStatus{Name: name, Value: value}).Encode(w.conn.out)
	return err
}

func (w *writer) copyResponse(typ byte, binaryFormat bool, columns int) {
	format := byte(0)
	if binaryFormat {
		format = 1
	}
	out, at := begin(w.conn.out, typ)
	out = append(out, format)
	out = binary.BigEndian.AppendUint16(out, uint16(columns))
	for range columns {
		out = append(out, 0, format)
	}
	w.conn.out = end(out, at)
}

// CopyIn sends a CopyInResponse and reads what the client sends.
func (w *writer) CopyIn(binaryFormat bool, columns int) (query.CopyReader, error) {
	w.copyResponse('G', binaryFormat, columns)
	if err := w.conn.flush(); err != nil {
		w.broken = err
		return nil, err
	}
	return &copyReader{writer: w}, nil
}

// CopyOut sends a CopyOutResponse.
func (w *writer) CopyOut(binaryFormat bool, columns int) error {
	w.copyResponse('H', binaryFormat, columns)
	return nil
}

// CopyData sends a CopyData message.
func (w *writer) CopyData(data []byte) error {
	out, at := begin(w.conn.out, 'd')
	w.conn.out = end(append(out, data...), at)
	return w.long()
}

// CopyDone ends a COPY OUT.
func (w *writer) CopyDone() error {
	w.conn.out = append(w.conn.out, 'c', 0, 0, 0, 4)
	return nil
}

// copyReader gives the data of COPY FROM STDIN.
type copyReader struct {
	writer *writer
	err    error
}

// Next gives the data of the next CopyData message.
func (r *copyReader) Next() ([]byte, error) {
	if r.err != nil {
		return nil, r.err
	}
	data, err := r.next()
	r.err = err
	return data, err
}

func (r *copyReader) next() ([]byte, error) {
	for {
		typ, body, err := r.writer.conn.reader.next(r.writer.conn.server.config.MessageBytes)
		if err != nil {
			r.writer.broken = err
			return nil, pgerror.Wrap(err, pgerror.ConnectionFailure, "unexpected EOF on client connection with an open transaction")
		}
		switch typ {
		case 'd':
			return body, nil
		case 'c':
			return nil, io.EOF
		case 'f':
			f := fields{rest: body}
			text := f.text()
			if err := f.close(); err != nil {
				return nil, err
			}
			return nil, pgerror.New(pgerror.QueryCanceled, "COPY from stdin failed: %s", text)
		case 'H', 'S':
			continue
		case 'X':
			r.writer.broken = errClosing
			return nil, pgerror.New(pgerror.ConnectionFailure, "unexpected EOF on client connection with an open transaction")
		default:
			return nil, pgerror.New(pgerror.ProtocolViolation, "unexpected message type 0x%02X during COPY from stdin", typ)
		}
	}
}
