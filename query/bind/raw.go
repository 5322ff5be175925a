package bind

import (
	"reflect"
	"strconv"
)

func valuesName(i int) string { return "column" + strconv.Itoa(i+1) }

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
