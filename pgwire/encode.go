package pgwire

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query"
)

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
	if i := strings.IndexByte(s, 0); i >= 0 {
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
	dst = appendField(dst, 'R', e.Routine)
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
		dst = binary.BigEndian.AppendUint16(dst, uint16(sqltypes.TypeLen(c.Type.OID)))
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
