package bind

import (
	"reflect"
	"strconv"

	"github.com/opendsql/opendsql/query/parse"
)

func valuesName(i int) string { return "column" + strconv.Itoa(i+1) }

var locType = reflect.TypeFor[parse.Loc]()

// rawEqual tells whether two parts of a parse tree say the same, wherever they stand.
func rawEqual(a, b any) bool { return sameValue(reflect.ValueOf(a), reflect.ValueOf(b)) }

func sameValue(a, b reflect.Value) bool {
	if a.IsValid() != b.IsValid() || !a.IsValid() {
		return a.IsValid() == b.IsValid()
	}
	if a.Type() != b.Type() {
		return false
	}
	if a.Type() == locType {
		return true
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return sameValue(a.Elem(), b.Elem())
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !sameValue(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Struct:
		for i := range a.NumField() {
			if !sameValue(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	}
	return a.Equal(b)
}

// visitRaw calls f for every node of a parse tree; f answers whether to go on into it.
func visitRaw(v any, f func(n any) bool) { visitValue(reflect.ValueOf(v), f) }

func visitValue(v reflect.Value, f func(n any) bool) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			visitValue(v.Elem(), f)
		}
	case reflect.Pointer:
		if v.IsNil() || !f(v.Interface()) {
			return
		}
		visitValue(v.Elem(), f)
	case reflect.Slice:
		for i := range v.Len() {
			visitValue(v.Index(i), f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Field(i); field.Kind() != reflect.Int32 && v.Type().Field(i).IsExported() {
				visitValue(field, f)
			}
		}
	}
}
