package differential

import (
	"math/rand"
	"reflect"
	"slices"

	"github.com/opendsql/opendsql/query/parse"
)

// splicer makes statements of the parts of others: in a statement of the corpus it puts another's part where one of the same kind stands, so that the
// text is in order by grammar more often than not, and its meaning is one that nobody thought of.
type splicer struct {
	*rand.Rand
	corpus []string
	donors map[place][]reflect.Value
}

// place is a field of a node, or the elements of such a field.
type place struct {
	node  reflect.Type
	field int
}

// spot is a value in a tree that can be set, and where it stands.
type spot struct {
	at    place
	value reflect.Value
}

func newSplicer(r *rand.Rand, corpus []string) *splicer {
	s := &splicer{Rand: r, donors: map[place][]reflect.Value{}}
	for _, sql := range corpus {
		stmts, err := parse.Parse(sql)
		if err != nil || len(stmts) != 1 || !spliced(stmts[0].Stmt) {
			continue
		}
		s.corpus = append(s.corpus, sql)
		for _, p := range spots(stmts[0].Stmt) {
			s.donors[p.at] = append(s.donors[p.at], p.value)
			if p.value.Type() == exprType {
				s.donors[place{node: exprType}] = append(s.donors[place{node: exprType}], p.value)
			}
		}
	}
	return s
}

// spliced tells whether statements of a kind are mixed: those that can be taken back.
func spliced(n parse.Node) bool {
	switch n.(type) {
	case *parse.SelectStmt, *parse.InsertStmt, *parse.UpdateStmt, *parse.DeleteStmt:
		return true
	}
	return false
}

// next gives a statement, or "" where the parts did not fit.
func (s *splicer) next() string {
	sql := pick(s.Rand, s.corpus)
	text := sql
	for range 1 + s.Intn(3) {
		if text = s.change(text); text == "" || len(text) > 4000 {
			return ""
		}
	}
	if text == sql {
		return ""
	}
	return text
}

// change puts one part of another statement into one.
func (s *splicer) change(sql string) (text string) {
	stmts, err := parse.Parse(sql)
	if err != nil {
		return ""
	}
	to := pick(s.Rand, spots(stmts[0].Stmt))
	donors := s.donors[to.at]
	if to.value.Type() == exprType && (len(donors) == 0 || s.Intn(2) == 0) {
		donors = s.donors[place{node: exprType}]
	}
	if len(donors) == 0 {
		return ""
	}
	to.value.Set(pick(s.Rand, donors))
	defer func() {
		if recover() != nil { // a tree that no text has
			text = ""
		}
	}()
	return parse.Deparse(stmts[0].Stmt)
}

// spots gathers what can be set in a tree, positions aside.
func spots(n parse.Node) []spot {
	var out []spot
	gather(reflect.ValueOf(n), &out)
	return out
}

func gather(v reflect.Value, out *[]spot) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			gather(v.Elem(), out)
		}
	case reflect.Slice:
		for i := range v.Len() {
			gather(v.Index(i), out)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Field(i)
			if !f.CanSet() || f.Type() == reflect.TypeFor[parse.Loc]() {
				continue
			}
			*out = append(*out, spot{place{v.Type(), i}, f})
			if f.Kind() == reflect.Slice {
				for j := range f.Len() {
					*out = append(*out, spot{place{f.Type().Elem(), -1}, f.Index(j)})
				}
			}
			gather(f, out)
		}
	}
}

// turnedValues is a statement whose lists of VALUES, those whose rows are inserted aside, stand the other way round; "" when there are none.
func turnedValues(sql string) string {
	stmts, err := parse.Parse(sql)
	if err != nil {
		return ""
	}
	turned := false
	for _, at := range spots(stmts[0].Stmt) {
		if s, ok := at.value.Interface().(*parse.RangeSubselect); ok && len(s.Query.Values) > 1 {
			slices.Reverse(s.Query.Values)
			turned = true
		}
	}
	if !turned {
		return ""
	}
	return parse.Deparse(stmts[0].Stmt)
}
