package catalog

import "testing"

func TestBuiltinsDecode(t *testing.T) {
	d := Builtins()
	if n := len(d.Types()); n != 613 {
		t.Errorf("%d types", n)
	}
	if p := d.Proc(1299); p == nil || p.Name != "now" || p.Volatile != 's' {
		t.Errorf("now() is %+v", p)
	}
	if o := d.OperatorByTypes("+", 23, 23); o == nil || o.OID != 551 || o.Proc != 177 {
		t.Errorf("int4 + int4 is %+v", o)
	}
	if c := d.Cast(23, 20); c == nil || c.Context != 'i' || c.Func != 481 {
		t.Errorf("int4::int8 is %+v", c)
	}
	if a := d.Aggregate(2108); a == nil || a.StateType != 20 {
		t.Errorf("sum(int4) is %+v", a)
	}
	if s := d.Comment(Comment{Object: 1299, Class: 1255}); s != "current transaction time" {
		t.Errorf("comment on now() is %q", s)
	}
	if len(d.OpClasses()) == 0 || len(d.Collations()) == 0 || len(d.Settings()) == 0 || len(d.ZoneAbbrevs()) == 0 {
		t.Error("a relation is empty")
	}
}

func BenchmarkDecode(b *testing.B) {
	for b.Loop() {
		decode()
	}
}
