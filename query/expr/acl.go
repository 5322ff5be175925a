package expr

import (
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// aclFunctions are those of aclitem.
func aclFunctions() []entry {
	noLonger := func(name string) entry {
		return fn2(name, func(*Env, datum, datum) (datum, error) {
			return sqltypes.Null, pgerror.New(pgerror.FeatureNotSupported, "%s is no longer supported", name)
		})
	}
	return []entry{
		fn1("aclitemin", func(env *Env, a datum) (datum, error) {
			return inputValue(env, sqltypes.T(sqltypes.ACLItemOID), a.Str())
		}),
		fn2("aclitem_eq", func(_ *Env, a, b datum) (datum, error) { return sqltypes.Bool(a.Str() == b.Str()), nil }),
		fn1("hash_aclitem", func(env *Env, a datum) (datum, error) {
			sum, err := aclHash(env, a)
			return sqltypes.Int(int64(int32(sum))), err
		}),
		fn2("hash_aclitem_extended", func(env *Env, a, seed datum) (datum, error) {
			sum, err := aclHash(env, a)
			if seed.Int() == 0 || err != nil {
				return sqltypes.Int(int64(sum)), err
			}
			h := hasher{seed: uint64(seed.Int()), extended: true}
			return sqltypes.Int(int64(h.uint32(sum))), nil
		}),
		fn2("acldefault_sql", aclDefault),
		fn2("aclcontains", aclContains),
		fnN("makeaclitem", makeACLItem),
		noLonger("aclinsert"), noLonger("aclremove"),
	}
}

// roleOID finds a role by its name; none has 0.
func roleOID(env *Env, name string) (int64, error) {
	if name == "" {
		return 0, nil
	}
	d, err := inputValue(env, sqltypes.T(sqltypes.RegRoleOID), `"`+strings.ReplaceAll(name, `"`, `""`)+`"`)
	return d.Int(), err
}

// roleName is the name of a role, or its number when nothing has it.
func roleName(env *Env, role datum) string {
	if role.Int() == 0 {
		return ""
	}
	text := outputText(env, sqltypes.RegRoleOID, role)
	if inner, ok := strings.CutPrefix(text, `"`); ok {
		return strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
	}
	return text
}

func aclHash(env *Env, d datum) (uint32, error) {
	a := sqltypes.ACLItemOf(d)
	grantee, err := roleOID(env, a.Grantee)
	if err != nil {
		return 0, err
	}
	grantor, err := roleOID(env, a.Grantor)
	return a.Rights + uint32(grantee) + uint32(grantor), err
}

// aclDefaults are the rights on a new object of each kind: its owner's, then everybody's.
var aclDefaults = map[byte][2]string{
	'c': {}, 'r': {"arwdDxt"}, 's': {"rwU"}, 'd': {"CTc", "Tc"}, 'f': {"X", "X"}, 'l': {"U", "U"}, 'L': {"rw"}, 'n': {"UC"}, 'p': {"sA"}, 't': {"C"}, 'F': {"U"}, 'S': {"U"},
	'T': {"U", "U"},
}

func aclRights(letters string) (rights uint32) {
	for i := range len(letters) {
		rights |= 1 << strings.IndexByte(sqltypes.ACLLetters, letters[i])
	}
	return rights
}

func aclDefault(env *Env, kind, owner datum) (datum, error) {
	rights, ok := aclDefaults[byte(kind.Int())]
	if !ok {
		return sqltypes.Null, pgerror.New(pgerror.InternalError, "unrecognized object type abbreviation: %s", sqltypes.Text(sqltypes.CharOID, kind, nil))
	}
	name := roleName(env, owner)
	var items []datum
	if rights[1] != "" {
		items = append(items, sqltypes.ACLItem{Grantor: name, Rights: aclRights(rights[1])}.Datum())
	}
	if rights[0] != "" {
		items = append(items, sqltypes.ACLItem{Grantee: name, Grantor: name, Rights: aclRights(rights[0])}.Datum())
	}
	return sqltypes.FromArray(newArray(sqltypes.ACLItemOID, items)), nil
}

// aclItems are the items of an array of them.
func aclItems(d datum) ([]sqltypes.ACLItem, error) {
	a := d.Array()
	if len(a.Lengths) > 1 {
		return nil, pgerror.New(pgerror.InvalidParameterValue, "ACL arrays must be one-dimensional")
	}
	items := make([]sqltypes.ACLItem, len(a.Elements))
	for i, e := range a.Elements {
		if e.IsNull() {
			return nil, pgerror.New(pgerror.NullValueNotAllowed, "ACL arrays must not contain null values")
		}
		items[i] = sqltypes.ACLItemOf(e)
	}
	return items, nil
}

func aclContains(_ *Env, list, item datum) (datum, error) {
	items, err := aclItems(list)
	if err != nil {
		return sqltypes.Null, err
	}
	asked := sqltypes.ACLItemOf(item)
	for _, a := range items {
		if a.Grantee == asked.Grantee && a.Grantor == asked.Grantor && asked.Rights&^a.Rights == 0 && asked.Options&^a.Options == 0 {
			return sqltypes.Bool(true), nil
		}
	}
	return sqltypes.Bool(false), nil
}

// aclWords are the words for the rights, by their bits.
var aclWords = []string{"INSERT", "SELECT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "EXECUTE", "USAGE", "CREATE", "TEMPORARY", "CONNECT", "SET",
	"ALTER SYSTEM"}

func makeACLItem(env *Env, args []datum) (datum, error) {
	item := sqltypes.ACLItem{Grantee: roleName(env, args[0]), Grantor: roleName(env, args[1])}
	for _, word := range strings.Split(args[2].Str(), ",") {
		word = strings.Trim(word, " \t\n\v\f\r")
		right, known := uint32(0), strings.EqualFold(word, "RULE")
		for bit, w := range aclWords {
			if strings.EqualFold(word, w) || w == "TEMPORARY" && strings.EqualFold(word, "TEMP") {
				right, known = 1<<bit, true
			}
		}
		if !known {
			return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "unrecognized privilege type: \"%s\"", word)
		}
		item.Rights |= right
	}
	if args[3].Bool() {
		item.Options = item.Rights
	}
	return item.Datum(), nil
}

// explodeACL gives a row for each right of each item.
func explodeACL(env *Env, args []datum) (RowSource, error) {
	items, err := aclItems(args[0])
	if err != nil {
		return nil, err
	}
	out := &sliceRows{}
	for _, a := range items {
		grantee, err := roleOID(env, a.Grantee)
		if err != nil {
			return nil, err
		}
		grantor, err := roleOID(env, a.Grantor)
		if err != nil {
			return nil, err
		}
		for bit, word := range aclWords {
			if a.Rights>>bit&1 != 0 {
				out.add(sqltypes.Int(grantor), sqltypes.Int(grantee), sqltypes.String(word), sqltypes.Bool(a.Options>>bit&1 != 0))
			}
		}
	}
	return out, nil
}
