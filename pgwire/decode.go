package pgwire

import (
	"bytes"
	"encoding/binary"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query"
)

// What may be wrong with a message, in PostgreSQL's words.
const (
	faultString = "invalid string in message"
	faultShort  = "insufficient data left in message"
	faultLong   = "invalid message format"
)

// fields reads the fields of a message. The first fault stays; what is read behind it is zero.
type fields struct {
	rest  []byte
	fault string
}

// close is the message's fault, or that of having more bytes than fields.
func (f *fields) close() error {
	if f.fault == "" && len(f.rest) > 0 {
		f.fault = faultLong
	}
	if f.fault == "" {
		return nil
	}
	return pgerror.New(pgerror.ProtocolViolation, "%s", f.fault)
}

func (f *fields) fail(fault string) {
	if f.fault == "" {
		f.fault = fault
	}
	f.rest = nil
}

// bytes reads a zero-terminated string, without its end.
func (f *fields) bytes() []byte {
	i := bytes.IndexByte(f.rest, 0)
	if i < 0 {
		f.fail(faultString)
		return nil
	}
	s := f.rest[:i]
	f.rest = f.rest[i+1:]
	return s
}

func (f *fields) text() string { return string(f.bytes()) }

func (f *fields) byte() byte {
	if len(f.rest) == 0 {
		f.fail("no data left in message")
		return 0
	}
	b := f.rest[0]
	f.rest = f.rest[1:]
	return b
}

func (f *fields) short() uint16 {
	if len(f.rest) < 2 {
		f.fail(faultShort)
		return 0
	}
	v := binary.BigEndian.Uint16(f.rest)
	f.rest = f.rest[2:]
	return v
}

func (f *fields) long() uint32 {
	if len(f.rest) < 4 {
		f.fail(faultShort)
		return 0
	}
	v := binary.BigEndian.Uint32(f.rest)
	f.rest = f.rest[4:]
	return v
}

// value reads a value behind its length; nil is NULL. It shares the message's memory.
func (f *fields) value() []byte {
	size := int32(f.long())
	if f.fault != "" || size == -1 {
		return nil
	}
	if size < 0 || int(size) > len(f.rest) {
		f.fail(faultShort)
		return nil
	}
	v := f.rest[:size:size]
	f.rest = f.rest[size:]
	if v == nil {
		v = []byte{}
	}
	return v
}

func (f *fields) formats(dst []int16) []int16 {
	n := int(f.short())
	if 2*n > len(f.rest) {
		f.fail(faultShort)
		return dst
	}
	for range n {
		dst = append(dst, int16(f.short()))
	}
	return dst
}

// decodeBind reads a Bind message into b, whose slices are used again. The values share the message's memory.
func decodeBind(b *query.Bind, body []byte, n *names) error {
	f := fields{rest: body}
	b.Portal, b.Statement = n.of(f.bytes()), n.of(f.bytes())
	b.ParamFormats = f.formats(b.ParamFormats[:0])
	b.Params = b.Params[:0]
	for range f.short() {
		b.Params = append(b.Params, f.value())
		if f.fault != "" {
			break
		}
	}
	b.ResultFormats = f.formats(b.ResultFormats[:0])
	return f.close()
}

// decodeParse reads a Parse message.
func decodeParse(body []byte, n *names) (name, sql string, params []sqltypes.OID, err error) {
	f := fields{rest: body}
	name, sql = n.of(f.bytes()), f.text()
	count := int(f.short())
	if 4*count > len(f.rest) {
		f.fail(faultShort)
		count = 0
	}
	params = make([]sqltypes.OID, count)
	for i := range params {
		params[i] = sqltypes.OID(f.long())
	}
	return name, sql, params, f.close()
}
