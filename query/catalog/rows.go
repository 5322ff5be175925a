package catalog

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unsafe"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// OID is an object identifier of the catalog.
type OID = sqltypes.OID

//go:generate go run ./gen/main.go

//go:embed data/*.gz
var files embed.FS

// rows walks over an embedded relation. The text is COPY's: one line a row, fields separated by tabs, \N for NULL. Fields are taken from left to
// right; strings share the memory of the relation's text. The files are part of the program, so anything wrong with them is a panic.
type rows struct {
	name    string
	columns []string
	text    string // what follows the current line
	line    string // what follows the current field
	lists   map[string][]OID
}

// openRows decompresses the relation's file.
func openRows(name string) *rows {
	packed, err := files.ReadFile("data/" + name + ".gz")
	if err != nil {
		panic(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(err)
	}
	size := int(uint32(packed[len(packed)-4]) | uint32(packed[len(packed)-3])<<8 | uint32(packed[len(packed)-2])<<16 | uint32(packed[len(packed)-1])<<24)
	buffer := make([]byte, size)
	if _, err := io.ReadFull(r, buffer); err != nil {
		panic(fmt.Errorf("embedded %s: %w", name, err))
	}
	head, text, _ := strings.Cut(unsafe.String(unsafe.SliceData(buffer), len(buffer)), "\n")
	return &rows{name: name, columns: strings.Split(head, "\t"), text: text, lists: map[string][]OID{}}
}

// expect checks that the file has these columns in this order.
func (r *rows) expect(columns string) *rows {
	if have := strings.Join(r.columns, " "); have != columns {
		panic(fmt.Sprintf("embedded %s has columns %q, the program expects %q", r.name, have, columns))
	}
	return r
}

// count is the number of rows not yet walked over.
func (r *rows) count() int { return strings.Count(r.text, "\n") }

func (r *rows) next() bool {
	if r.text == "" {
		return false
	}
	r.line, r.text, _ = strings.Cut(r.text, "\n")
	return true
}

// field takes the next field; false for NULL.
func (r *rows) field() (string, bool) {
	field := r.line
	if i := strings.IndexByte(r.line, '\t'); i >= 0 {
		field, r.line = r.line[:i], r.line[i+1:]
	} else {
		r.line = ""
	}
	if field == `\N` {
		return "", false
	}
	if strings.IndexByte(field, '\\') >= 0 {
		field = unescape(field)
	}
	return field, true
}

func (r *rows) str() string { s, _ := r.field(); return s }

func (r *rows) skip(n int) {
	for range n {
		i := strings.IndexByte(r.line, '\t')
		if i < 0 {
			r.line = ""
			return
		}
		r.line = r.line[i+1:]
	}
}

func (r *rows) bool() bool { return r.str() == "t" }

func (r *rows) byte() byte {
	if s := r.str(); s != "" {
		return s[0]
	}
	return 0
}

func (r *rows) oid() OID { return parseOID(r.name, r.str()) }

func (r *rows) int() int {
	s := r.str()
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(fmt.Sprintf("embedded %s: %v", r.name, err))
	}
	return n
}

func (r *rows) float() float64 {
	n, err := strconv.ParseFloat(r.str(), 64)
	if err != nil {
		panic(fmt.Sprintf("embedded %s: %v", r.name, err))
	}
	return n
}

// oids takes an oidvector or an oid[]. Equal lists are shared.
func (r *rows) oids() []OID {
	s := strings.Trim(r.str(), "{}")
	if s == "" {
		return nil
	}
	if list, ok := r.lists[s]; ok {
		return list
	}
	parts := strings.FieldsFunc(s, func(c rune) bool { return c == ' ' || c == ',' })
	list := make([]OID, len(parts))
	for i, p := range parts {
		list[i] = parseOID(r.name, p)
	}
	r.lists[s] = list
	return list
}

// strings takes a one-dimensional text[]; nil for NULL. NULL elements are empty strings.
func (r *rows) strings() []string {
	s, ok := r.field()
	if !ok {
		return nil
	}
	return splitArray(s)
}

func parseOID(name, s string) OID {
	if s == "" {
		return 0
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		panic(fmt.Sprintf("embedded %s: %v", name, err))
	}
	return OID(n)
}

// unescape undoes the escapes that COPY writes.
func unescape(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			i++
			switch s[i] {
			case 'n':
				c = '\n'
			case 't':
				c = '\t'
			case 'r':
				c = '\r'
			case 'b':
				c = '\b'
			case 'f':
				c = '\f'
			case 'v':
				c = '\v'
			default:
				c = s[i]
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}

// splitArray takes the text of a one-dimensional array apart.
func splitArray(s string) []string {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "{"), "}")
	list := []string{}
	for s != "" {
		var element string
		if s[0] == '"' {
			element, s = cutQuoted(s[1:])
		} else {
			i := strings.IndexByte(s, ',')
			if i < 0 {
				i = len(s)
			}
			element, s = s[:i], s[i:]
			if element == "NULL" {
				element = ""
			}
		}
		list = append(list, element)
		s = strings.TrimPrefix(s, ",")
	}
	return list
}

// cutQuoted reads up to the closing quote and returns what follows it.
func cutQuoted(s string) (element, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
			if i < len(s) {
				b.WriteByte(s[i])
			}
		case '"':
			return b.String(), s[i+1:]
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), ""
}
