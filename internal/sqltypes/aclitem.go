package sqltypes

import (
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// An aclitem is kept as its text: grantee=rights/grantor.

// ACLLetters has the letter of each right, from the lowest bit on.
const ACLLetters = "arwdDxtXUCTcsA"

// ACLItem is what a role may do, and hand on, by another's grant. Grantee is empty for everybody.
type ACLItem struct {
	Grantee, Grantor string
	Rights, Options  uint32
}

// bootstrapRole is who grants where the text of an aclitem does not say it.
const bootstrapRole = 10

// ParseACLItem reads an aclitem. The roles' names are not looked up.
func ParseACLItem(s string) (ACLItem, error) {
	var a ACLItem
	name, rest, err := aclName(s)
	if err != nil {
		return a, err
	}
	if !strings.HasPrefix(rest, "=") {
		if name != "group" && name != "user" {
			return a, pgerror.New(pgerror.InvalidTextRepresentation, "unrecognized key word: \"%s\"", name).
				WithHint("ACL key word must be \"group\" or \"user\".")
		}
		if name, rest, err = aclName(rest); err != nil {
			return a, err
		}
		if name == "" {
			return a, pgerror.New(pgerror.InvalidTextRepresentation, "missing name").
				WithHint("A name must follow the \"group\" or \"user\" key word.")
		}
	}
	if !strings.HasPrefix(rest, "=") {
		return a, pgerror.New(pgerror.InvalidTextRepresentation, "missing \"=\" sign")
	}
	a.Grantee, rest = name, rest[1:]
	right := uint32(0)
	for ; rest != "" && (isAlpha(rest[0]) || rest[0] == '*'); rest = rest[1:] {
		if rest[0] == '*' {
			a.Options |= right
			continue
		}
		bit := strings.IndexByte(ACLLetters, rest[0])
		if bit < 0 {
			return a, pgerror.New(pgerror.InvalidTextRepresentation, "invalid mode character: must be one of \"%s\"", ACLLetters)
		}
		right = 1 << bit
		a.Rights |= right
	}
	if strings.HasPrefix(rest, "/") {
		if a.Grantor, rest, err = aclName(rest[1:]); err != nil {
			return a, err
		}
		if a.Grantor == "" {
			return a, pgerror.New(pgerror.InvalidTextRepresentation, "a name must follow the \"/\" sign")
		}
	}
	if strings.TrimLeft(rest, " \t\n\v\f\r") != "" {
		return a, pgerror.New(pgerror.InvalidTextRepresentation, "extra garbage at the end of the ACL specification")
	}
	return a, nil
}

// aclName reads a role's name with the blanks around it.
func aclName(s string) (name, rest string, err error) {
	const nameMax = 64
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	var out []byte
	quoted, i := false, 0
	for ; i < len(s) && (quoted || s[i] == '"' || s[i] == '_' || s[i] >= 0x80 || isAlpha(s[i]) || isDigit(s[i])); i++ {
		if s[i] == '"' {
			if i+1 >= len(s) || s[i+1] != '"' {
				quoted = !quoted
				continue
			}
			i++
		}
		if len(out) >= nameMax-1 {
			return "", "", pgerror.New(pgerror.NameTooLong, "identifier too long").WithDetail("Identifier must be less than %d characters.", nameMax)
		}
		out = append(out, s[i])
	}
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	return string(out), s[i:], nil
}

// Datum is the item as a value.
func (a ACLItem) Datum() Datum {
	var b strings.Builder
	b.WriteString(quoteACLName(a.Grantee))
	b.WriteByte('=')
	for bit := range len(ACLLetters) {
		if a.Rights>>bit&1 != 0 {
			b.WriteByte(ACLLetters[bit])
			if a.Options>>bit&1 != 0 {
				b.WriteByte('*')
			}
		}
	}
	b.WriteString("/" + quoteACLName(a.Grantor))
	return String(b.String())
}

// quoteACLName quotes a name unless it is letters, digits and underscores only.
func quoteACLName(name string) string {
	for i := range len(name) {
		if c := name[i]; c != '_' && !isAlpha(c) && !isDigit(c) {
			return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
	}
	return name
}

// ACLItemOf is the item of an aclitem value.
func ACLItemOf(d Datum) ACLItem {
	a, err := ParseACLItem(d.Str())
	if err != nil {
		panic("sqltypes: an aclitem that cannot be read: " + d.Str())
	}
	return a
}

func parseACLItem(s string, f *Format) (Datum, error) {
	a, err := ParseACLItem(s)
	if err != nil {
		return Null, err
	}
	if f == nil || f.ObjectOID == nil {
		return a.Datum(), nil
	}
	if a.Grantor == "" {
		a.Grantor = f.ObjectName(RegRoleOID, Int(bootstrapRole))
	}
	for _, name := range []string{a.Grantee, a.Grantor} {
		if name == "" {
			continue
		}
		if _, err := f.ObjectOID(RegRoleOID, `"`+strings.ReplaceAll(name, `"`, `""`)+`"`); err != nil {
			return Null, err
		}
	}
	return a.Datum(), nil
}
