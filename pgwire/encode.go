package pgwire

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query"
)

// cString reads a zero-terminated string that fills the whole of b.
func cString(b []byte) (string, bool) {
	i := bytes.IndexByte(b, 0)
	if i != len(b)-1 {
		return "", false
	}
	return string(b[:i]), true
}

// begin starts a message; end fills its length in.
func begin(dst []byte, typ byte) ([]byte, int) {
	dst = append(dst, typ, 0, 0, 0, 0)
	return dst, len(dst) - 4
}

func end(dst []byte, at int) []byte {
	binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at))
	return dst
}

func appendString(dst []byte, s string) []byte {
	if i := bytes.IndexByte([]byte(s), 0); i >= 0 {
		s = s[:i]
	}
	return append(append(dst, s...), 0)
}

func appendField(dst []byte, code byte, text string) []byte {
	if text == "" {
		return dst
	}
	return appendString(append(dst, code), text)
}

// appendError writes an ErrorResponse or NoticeResponse.
func appendError(dst []byte, e *pgerror.Error) []byte {
	typ := byte('E')
	switch e.Severity {
	case pgerror.SeverityWarning, pgerror.SeverityNotice, pgerror.SeverityInfo, pgerror.SeverityDebug, pgerror.SeverityLog:
		typ = 'N'
	}
	dst, at := begin(dst, typ)
	dst = appendField(dst, 'S', string(e.Severity))
	dst = appendField(dst, 'V', string(e.Severity))
	dst = appendField(dst, 'C', string(e.Code))
	dst = appendString(append(dst, 'M'), e.Message)
	dst = appendField(dst, 'D', e.Detail)
	dst = appendField(dst, 'H', e.Hint)
	if e.Position > 0 {
		dst = appendField(dst, 'P', strconv.Itoa(e.Position))
	}
	if e.InternalPosition > 0 {
		dst = appendField(dst, 'p', strconv.Itoa(e.InternalPosition))
	}
	dst = appendField(dst, 'q', e.InternalQuery)
	dst = appendField(dst, 'W', e.Where)
	dst = appendField(dst, 's', e.Schema)
	dst = appendField(dst, 't', e.Table)
	dst = appendField(dst, 'c', e.Column)
	dst = appendField(dst, 'd', e.DataType)
	dst = appendField(dst, 'n', e.Constraint)
	return end(append(dst, 0), at)
}

// appendColumns writes a RowDescription.
func appendColumns(dst []byte, cols []query.Column) []byte {
	dst, at := begin(dst, 'T')
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(cols)))
	for _, c := range cols {
		dst = appendString(dst, c.Name)
		dst = binary.BigEndian.AppendUint32(dst, uint32(c.Table))
		dst = binary.BigEndian.AppendUint16(dst, uint16(c.Attr))
		dst = binary.BigEndian.AppendUint32(dst, uint32(c.Type.OID))
		dst = binary.BigEndian.AppendUint16(dst, uint16(sqltypes.TypeLength(c.Type.OID)))
		dst = binary.BigEndian.AppendUint32(dst, uint32(int32(c.Type.Mod)))
		dst = binary.BigEndian.AppendUint16(dst, uint16(c.Format))
	}
	return end(dst, at)
}

// appendParameters writes a ParameterDescription.
func appendParameters(dst []byte, params []sqltypes.OID) []byte {
	dst, at := begin(dst, 't')
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(params)))
	for _, p := range params {
		dst = binary.BigEndian.AppendUint32(dst, uint32(p))
	}
	return end(dst, at)
}

// decodeBind reads a Bind message into b, whose slices are used again. The values share the message's memory.
func decodeBind(b *query.Bind, body []byte) bool {
	r := fields{rest: body}
	b.Portal, b.Statement = r.text(), r.text()
	b.ParamFormats = r.formats(b.ParamFormats[:0])
	n := int(r.short())
	b.Params = b.Params[:0]
	for range n {
		size := int32(r.long())
		if size == -1 {
			b.Params = append(b.Params, nil)
			continue
		}
		if size < 0 || int(size) > len(r.rest) {
			return false
		}
		value := r.rest[:size:size]
		if value == nil {
			value = []byte{}
		}
		b.Params, r.rest = append(b.Params, value), r.rest[size:]
	}
	b.ResultFormats = r.formats(b.ResultFormats[:0])
	return !r.bad && len(r.rest) == 0
}

// fields reads the fields of a message; bad is set when it is too short.
type fields struct {
	rest []byte
	bad  bool
}

func (f *fields) text() string {
	i := bytes.IndexByte(f.rest, 0)
	if i < 0 {
		f.bad = true
		return ""
	}
	s := string(f.rest[:i])
	f.rest = f.rest[i+1:]
	return s
}

func (f *fields) short() uint16 {
	if len(f.rest) < 2 {
		f.bad, f.rest = true, nil
		return 0
	}
	v := binary.BigEndian.Uint16(f.rest)
	f.rest = f.rest[2:]
	return v
}

func (f *fields) long() uint32 {
	if len(f.rest) < 4 {
		f.bad, f.rest = true, nil
		return 0xFFFFFFFE
	}
	v := binary.BigEndian.Uint32(f.rest)
	f.rest = f.rest[4:]
	return v
}

func (f *fields) formats(dst []int16) []int16 {
	n := int(f.short())
	if 2*n > len(f.rest) {
		f.bad = true
		return dst
	}
	for range n {
		dst = append(dst, int16(f.short()))
	}
	return dst
}
