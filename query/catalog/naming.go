package catalog

import (
	"slices"
	"strconv"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// identifierBytesMax is the longest a name may be.
const identifierBytesMax = 63

// ObjectName makes "name1_name2_label" no longer than a name may be, by shortening name1 and name2 in turn, the longer one first. Empty parts are
// left out.
func ObjectName(name1, name2, label string) string {
	overhead := 0
	if name2 != "" {
		overhead++
	}
	if label != "" {
		overhead += 1 + len(label)
	}
	length1, length2 := len(name1), len(name2)
	for length1+length2 > identifierBytesMax-overhead {
		if length1 > length2 {
			length1--
		} else {
			length2--
		}
	}
	name := clip(name1, length1)
	if name2 != "" {
		name += "_" + clip(name2, length2)
	}
	if label != "" {
		name += "_" + label
	}
	return name
}

// clip cuts at n bytes, not inside a character.
func clip(s string, n int) string {
	if n >= len(s) {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

// ChooseRelationName makes a name that no relation of the schema has and that is not among taken: a number goes behind the label when it must.
func (s *Snapshot) ChooseRelationName(name1, name2, label string, schema OID, taken ...string) string {
	return chooseName(name1, name2, label, func(name string) bool {
		return s.relationIn(schema, name) != 0 || slices.Contains(taken, name)
	})
}

// ChooseConstraintName makes a name that no constraint in the schema has and that is not among taken.
func (s *Snapshot) ChooseConstraintName(name1, name2, label string, schema OID, taken ...string) string {
	return chooseName(name1, name2, label, func(name string) bool {
		if slices.Contains(taken, name) {
			return true
		}
		for _, t := range s.tables {
			if t.Schema == schema && t.ConstraintByName(name) != nil {
				return true
			}
		}
		for _, d := range s.types {
			if d.Namespace == schema && slices.ContainsFunc(d.Checks, func(k *Constraint) bool { return k.Name == name }) {
				return true
			}
		}
		return false
	})
}

func chooseName(name1, name2, label string, taken func(string) bool) string {
	modified := label
	for n := 1; ; n++ {
		name := ObjectName(name1, name2, modified)
		if !taken(name) {
			return name
		}
		modified = label + strconv.Itoa(n)
	}
}

// SequenceColumns are the columns of every sequence.
func SequenceColumns() []Column {
	list := columnsOf("last_value", sqltypes.Int8OID, "log_cnt", sqltypes.Int8OID, "is_called", sqltypes.BoolOID)
	for i := range list {
		list[i].NotNull, list[i].Storage = true, 'p'
	}
	return list
}

// StatisticsByName finds a statistics object, or nil.
func (s *Snapshot) StatisticsByName(schema OID, name string) *ExtendedStatistics {
	for _, x := range s.statistics {
		if x.Schema == schema && x.Name == name {
			return x
		}
	}
	return nil
}

// DependentsOf are the users' relations that need an object, or with a column set that column of it, by OID.
func (s *Snapshot) DependentsOf(d Dependency) (list []*Table) {
	for _, t := range s.userTables() {
		if slices.ContainsFunc(t.DependsOn, func(o Dependency) bool {
			return o.Class == d.Class && o.Object == d.Object && (d.Column == 0 || o.Column == d.Column)
		}) {
			list = append(list, t)
		}
	}
	return list
}
