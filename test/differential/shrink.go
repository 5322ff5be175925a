package differential

import (
	"reflect"
	"time"

	"github.com/opendsql/opendsql/query/parse"
)

// shrink makes a statement that fails shorter, as long as it fails: it takes away parts of its tree, or puts a part in the place of the whole.
func shrink(sql string, fails func(string) bool, most time.Duration) string {
	end := time.Now().Add(most)
	for again := true; again; {
		again = false
		for n := 0; time.Now().Before(end); {
			short, ok := edited(sql, n)
			if !ok {
				break
			}
			if short == "" || len(short) >= len(sql) || !fails(short) {
				n++
				continue
			}
			sql, again = short, true
		}
	}
	return sql
}

// edited makes the n-th change; ok is false when there are no more of them. The text is empty where the change gives no statement.
func edited(sql string, n int) (text string, ok bool) {
	stmts, err := parse.Parse(sql)
	if err != nil || len(stmts) != 1 {
		return "", false
	}
	e := &editor{left: n}
	e.walk(reflect.ValueOf(&stmts[0].Stmt).Elem())
	if !e.done {
		return "", false
	}
	defer func() {
		if recover() != nil { // a tree that no text has
			text, ok = "", true
		}
	}()
	text = parse.Deparse(stmts[0].Stmt)
	if _, err := parse.Parse(text); err != nil {
		text = ""
	}
	return text, true
}

// editor counts changes down to the one to make.
type editor struct {
	left int
	done bool
}

func (e *editor) now() bool {
	e.left--
	e.done = e.done || e.left < 0
	return e.left == -1
}

var exprType = reflect.TypeFor[parse.Expr]()

func (e *editor) walk(v reflect.Value) {
	if e.done {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			e.node(v)
			if !e.done {
				e.walk(v.Elem())
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			e.walk(v.Field(i))
		}
	case reflect.Slice:
		for i := 0; i < v.Len() && v.CanSet(); i++ {
			if e.now() {
				if v.Len() == 1 {
					v.SetZero()
					return
				}
				v.Set(reflect.AppendSlice(v.Slice3(0, i, i), v.Slice(i+1, v.Len())))
			}
			if e.done {
				return
			}
		}
		for i := 0; i < v.Len(); i++ {
			e.walk(v.Index(i))
		}
	case reflect.Bool:
		if v.CanSet() && v.Bool() && e.now() {
			v.SetBool(false)
		}
	}
}

// node takes a node away, or puts one of those in it in its place, or NULL.
func (e *editor) node(v reflect.Value) {
	if !v.CanSet() {
		return
	}
	if e.now() {
		v.SetZero()
	}
	var parts []reflect.Value
	collect(v.Elem(), v.Type(), 4, &parts)
	for _, p := range parts {
		if !e.done && e.now() {
			v.Set(p)
		}
	}
	if !e.done && v.Type() == exprType && v.Elem().Type() != reflect.TypeFor[*parse.NullConst]() && e.now() {
		v.Set(reflect.ValueOf(&parse.NullConst{Loc: parse.NoLoc}))
	}
}

// collect gathers the nodes within v that can stand where one of type t can.
func collect(v reflect.Value, t reflect.Type, depth int, out *[]reflect.Value) {
	if depth == 0 || len(*out) > 40 {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return
		}
		collect(v.Elem(), t, depth, out)
	case reflect.Slice:
		for i := range v.Len() {
			collectOne(v.Index(i), t, depth, out)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			collectOne(v.Field(i), t, depth, out)
		}
	}
}

func collectOne(v reflect.Value, t reflect.Type, depth int, out *[]reflect.Value) {
	w := v
	if w.Kind() == reflect.Interface && !w.IsNil() {
		w = w.Elem()
	}
	if w.Kind() == reflect.Pointer && !w.IsNil() && w.Type().AssignableTo(t) {
		*out = append(*out, w)
	}
	collect(v, t, depth-1, out)
}
