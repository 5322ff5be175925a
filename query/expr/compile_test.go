package expr

import (
	"testing"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

func intConst(n int64) *Const {
	return &Const{Base: Base{Typ: sqltypes.T(sqltypes.Int4OID), At: -1}, Value: sqltypes.Int(n)}
}

func boolConst(v any) *Const {
	c := &Const{Base: Base{Typ: sqltypes.T(sqltypes.BoolOID)}}
	if b, ok := v.(bool); ok {
		c.Value = sqltypes.Bool(b)
	}
	return c
}

func intSlot(i int) *Slot {
	return &Slot{Base: Base{Typ: sqltypes.T(sqltypes.Int4OID)}, Index: i, Name: string(rune('a' + i))}
}

// The functions behind integer operators, by pg_proc OID: int4pl, int4div, int4eq, int4lt, int4gt.
func intOp(proc oid, name string, result oid, l, r Expr) *Func {
	return &Func{Base: Base{Typ: sqltypes.T(result)}, Proc: proc, Name: name, Operator: 96, Args: []Expr{l, r}}
}

func evalText(t *testing.T, e Expr, env *Env) string {
	t.Helper()
	run, err := Compile(e)
	if err != nil {
		return "compile: " + err.Error()
	}
	v, err := run(env)
	if err != nil {
		return pgerror.From(err).Message
	}
	if v.IsNull() {
		return "NULL"
	}
	return sqltypes.Text(e.Type().OID, v, nil)
}

// Connectives have three values and stop as soon as the answer is known.
func TestBool(t *testing.T) {
	fails := intOp(65, "=", sqltypes.BoolOID, intOp(154, "/", sqltypes.Int4OID, intConst(1), intConst(0)), intConst(1))
	null := boolConst(nil)
	for _, c := range []struct {
		op   BoolOp
		args []Expr
		want string
	}{
		{And, []Expr{boolConst(true), boolConst(true)}, "t"}, {And, []Expr{boolConst(true), null}, "NULL"},
		{And, []Expr{null, boolConst(false)}, "f"}, {And, []Expr{boolConst(false), fails}, "f"}, {And, []Expr{null, fails}, "division by zero"},
		{Or, []Expr{boolConst(false), null}, "NULL"}, {Or, []Expr{null, boolConst(true), fails}, "t"}, {Or, []Expr{boolConst(false), boolConst(false)}, "f"},
		{Not, []Expr{null}, "NULL"}, {Not, []Expr{boolConst(false)}, "t"},
	} {
		e := &Bool{Base: Base{Typ: sqltypes.T(sqltypes.BoolOID)}, Op: c.op, Args: c.args}
		if got := evalText(t, e, &Env{}); got != c.want {
			t.Errorf("%s = %s, want %s", Print(e, nil), got, c.want)
		}
	}
}

func TestNodes(t *testing.T) {
	boolean := Base{Typ: sqltypes.T(sqltypes.BoolOID)}
	integer := Base{Typ: sqltypes.T(sqltypes.Int4OID)}
	nullInt := &Const{Base: integer}
	array := &ArrayExpr{Base: Base{Typ: sqltypes.T(sqltypes.Int4ArrayOID)}, Element: sqltypes.Int4OID, Elements: []Expr{intConst(1), nullInt, intConst(3)}}
	caseOf := &Case{Base: integer, Arg: intSlot(0), Whens: []When{
		{intOp(65, "=", sqltypes.BoolOID, &CaseTest{integer}, intConst(5)), intConst(50)},
		{intOp(65, "=", sqltypes.BoolOID, &CaseTest{integer}, intConst(6)), intConst(60)},
	}, Default: nullInt}
	for _, c := range []struct {
		e          Expr
		text, want string
	}{
		{intOp(177, "+", sqltypes.Int4OID, intSlot(0), intConst(1)), "(a + 1)", "6"},
		{&DistinctFrom{Base: boolean, Proc: 65, Left: nullInt, Right: intConst(1)}, "(NULL::integer IS DISTINCT FROM 1)", "t"},
		{&DistinctFrom{Base: boolean, Proc: 65, Left: nullInt, Right: nullInt, Not: true}, "(NOT (NULL::integer IS DISTINCT FROM NULL::integer))", "t"},
		{&NullIf{Base: integer, Proc: 65, Left: intSlot(0), Right: intConst(5)}, "NULLIF(a, 5)", "NULL"},
		{&ArrayOp{Base: boolean, Proc: 65, Name: "=", Left: intConst(3), Right: array}, "(3 = ANY (ARRAY[1, NULL::integer, 3]))", "t"},
		{&ArrayOp{Base: boolean, Proc: 65, Name: "=", Left: intConst(4), Right: array}, "(4 = ANY (ARRAY[1, NULL::integer, 3]))", "NULL"},
		{&ArrayOp{Base: boolean, Proc: 65, Name: "=", All: true, Left: intConst(4), Right: array}, "(4 = ALL (ARRAY[1, NULL::integer, 3]))", "f"},
		{caseOf, "CASE a WHEN 5 THEN 50 WHEN 6 THEN 60 ELSE NULL::integer END", "50"},
		{&Coalesce{integer, []Expr{nullInt, intSlot(1), intConst(9)}}, "COALESCE(NULL::integer, b, 9)", "-7"},
		{&MinMax{Base: integer, Least: true, Args: []Expr{intSlot(0), nullInt, intSlot(1)}}, "LEAST(a, NULL::integer, b)", "-7"},
		{&Subscript{Base: integer, Arg: array, Uppers: []Expr{intConst(3)}}, "(ARRAY[1, NULL::integer, 3])[3]", "3"},
		{&Subscript{Base: array.Base, Arg: array, Slice: true, Lowers: []Expr{intConst(2)}, Uppers: []Expr{nil}}, "(ARRAY[1, NULL::integer, 3])[2:]", "{NULL,3}"},
		{&NullTest{Base: boolean, Arg: intSlot(0), Not: true}, "(a IS NOT NULL)", "t"},
		{&BoolTest{Base: boolean, Arg: boolConst(nil), Test: IsNotTrue}, "(NULL::boolean IS NOT TRUE)", "t"},
		{&RowCompare{Base: boolean, Op: LT, Left: []Expr{intConst(1), intConst(2)}, Right: []Expr{intConst(1), intConst(3)}, Types: []oid{23, 23}},
			"(ROW(1, 2) < ROW(1, 3))", "t"},
		{&CoerceIO{Base: Base{Typ: sqltypes.T(sqltypes.TextOID)}, Arg: intConst(-5), Cast: ExplicitCast}, "('-5'::integer)::text", "-5"},
		{&FieldSelect{Base: integer, Arg: &Row{Base: Base{Typ: sqltypes.T(sqltypes.RecordOID)}, Fields: []Expr{intConst(4), intConst(5)}}, Field: 1, Name: "f2"},
			"(ROW(4, 5)).f2", "5"},
		{&ArrayCoerce{Base: Base{Typ: sqltypes.T(sqltypes.TextArrayOID)}, Arg: array,
			Element: &CoerceIO{Base: Base{Typ: sqltypes.T(sqltypes.TextOID)}, Arg: &CaseTest{integer}}, Cast: ExplicitCast},
			"(ARRAY[1, NULL::integer, 3])::text[]", "{1,NULL,3}"},
	} {
		env := &Env{Row: []datum{sqltypes.Int(5), sqltypes.Int(-7)}}
		if got := evalText(t, c.e, env); got != c.want {
			t.Errorf("%s = %s, want %s", c.text, got, c.want)
		}
		if got := Print(c.e, nil); got != c.text {
			t.Errorf("printed %s, want %s", got, c.text)
		}
		if copied := Rewrite(c.e, func(e Expr) (Expr, bool) { return e, false }); copied != c.e || !Equal(copied, c.e) {
			t.Errorf("%s: a rewrite without a change made a new tree", c.text)
		}
	}
}

// What fails stays unfolded; what does not matter goes away.
func TestFold(t *testing.T) {
	fails := intOp(154, "/", sqltypes.Int4OID, intConst(1), intConst(0))
	sum := intOp(177, "+", sqltypes.Int4OID, intConst(1), intConst(2))
	integer, boolean := Base{Typ: sqltypes.T(sqltypes.Int4OID)}, Base{Typ: sqltypes.T(sqltypes.BoolOID)}
	for want, e := range map[string]Expr{
		"3":                  sum,
		"(a + 3)":            intOp(177, "+", sqltypes.Int4OID, intSlot(0), sum),
		"false":              &Bool{Base: boolean, Op: And, Args: []Expr{intOp(65, "=", sqltypes.BoolOID, intSlot(0), intConst(1)), boolConst(false), fails}},
		"(a = 1)":            &Bool{Base: boolean, Op: And, Args: []Expr{intOp(65, "=", sqltypes.BoolOID, intSlot(0), intConst(1)), boolConst(true)}},
		"7":                  &Case{Base: integer, Whens: []When{{boolConst(true), intConst(7)}, {boolConst(true), fails}}, Default: fails},
		"random()":           &Func{Base: Base{Typ: sqltypes.T(sqltypes.Float8OID)}, Proc: 1598, Name: "random"},
		"NULL::integer":      intOp(177, "+", sqltypes.Int4OID, intSlot(0), &Const{Base: integer}),
		"COALESCE(a, 3)":     &Coalesce{integer, []Expr{intSlot(0), sum, intSlot(1)}},
		"'{1,3}'::integer[]": &ArrayExpr{Base: Base{Typ: sqltypes.T(sqltypes.Int4ArrayOID)}, Element: sqltypes.Int4OID, Elements: []Expr{intConst(1), sum}},
	} {
		got, err := Fold(e, nil)
		if err != nil || Print(got, nil) != want {
			t.Errorf("%s folds to %s, %v, want %s", Print(e, nil), Print(got, nil), err, want)
		}
	}
	strict := intOp(177, "+", sqltypes.Int4OID, &Const{Base: integer}, fails)
	if _, err := Fold(strict, nil); err == nil {
		t.Error("an error behind a NULL operand is passed over")
	}
	if got := Print(FoldLate(fails, nil), nil); got != "(1 / 0)" {
		t.Errorf("an error that may wait becomes %s", got)
	}
}

// A filter over a batch keeps the rows the row form keeps.
func TestFilterAgrees(t *testing.T) {
	text := sqltypes.T(sqltypes.TextOID)
	a, b, s := sqltypes.NewVec(sqltypes.Int4OID, 8), sqltypes.NewVec(sqltypes.Float8OID, 8), sqltypes.NewVec(sqltypes.TextOID, 8)
	var rows [][]datum
	for i, word := range []string{"abc", "", "xabc", "ab", "zz", "abcd"} {
		row := []datum{sqltypes.Int(int64(i % 4)), sqltypes.Float(float64(i) - 2), sqltypes.String(word)}
		if i == 3 {
			row = []datum{sqltypes.Null, sqltypes.Null, sqltypes.Null}
		}
		rows = append(rows, row)
		a.Append(row[0])
		b.Append(row[1])
		s.Append(row[2])
	}
	word := &Slot{Base: Base{Typ: text}, Index: 2}
	number := &Slot{Base: Base{Typ: sqltypes.T(sqltypes.Float8OID)}, Index: 1}
	constant := func(s string) Expr { return &Const{Base: Base{Typ: text}, Value: sqltypes.String(s)} }
	boolean := Base{Typ: sqltypes.T(sqltypes.BoolOID)}
	call := func(proc oid, l, r Expr) Expr { return &Func{Base: boolean, Proc: proc, Args: []Expr{l, r}} }
	for i, e := range []Expr{
		call(65, intSlot(0), intConst(2)), call(66, intSlot(0), intConst(2)), call(144, intSlot(0), intConst(2)), call(147, intConst(2), intSlot(0)),
		call(295, number, &Const{Base: number.Base, Value: sqltypes.Float(0.5)}), call(67, word, constant("abc")),
		call(850, word, constant("abc%")), call(850, word, constant("%abc")), call(850, word, constant("a_c%")), call(851, word, constant("%b%")),
		&NullTest{Base: boolean, Arg: intSlot(0)}, &NullTest{Base: boolean, Arg: word, Not: true},
		&Bool{Base: boolean, Op: And, Args: []Expr{call(66, intSlot(0), intConst(3)), call(850, word, constant("%abc%"))}},
	} {
		filter, ok := CompileFilter(e)
		if !ok {
			t.Errorf("expression %d has no filter", i)
			continue
		}
		got, err := filter(&Env{}, []*sqltypes.Vec{&a, &b, &s}, []int32{0, 1, 2, 3, 4, 5})
		if err != nil {
			t.Fatal(err)
		}
		run, err := Compile(e)
		if err != nil {
			t.Fatal(err)
		}
		var want []int32
		for k, row := range rows {
			if v, err := run(&Env{Row: row}); err != nil {
				t.Fatal(err)
			} else if v.Bool() {
				want = append(want, int32(k))
			}
		}
		if len(got) != len(want) {
			t.Errorf("expression %d keeps %v, want %v", i, got, want)
		}
	}
	sum, ok := CompileVector(intOp(177, "+", sqltypes.Int4OID, intSlot(0), intConst(10)))
	if !ok {
		t.Fatal("a sum has no vector form")
	}
	out := sqltypes.NewVec(sqltypes.Int4OID, 4)
	if err := sum(&Env{}, []*sqltypes.Vec{&a, &b, &s}, []int32{1, 3, 5}, &out); err != nil || out.At(0).Int() != 11 || !out.At(1).IsNull() || out.At(2).Int() != 11 {
		t.Errorf("sums: %v %v", out, err)
	}
}

// Operators on columns allocate nothing.
func TestHotPathAllocations(t *testing.T) {
	e := &Bool{Base: Base{Typ: sqltypes.T(sqltypes.BoolOID)}, Op: And, Args: []Expr{
		intOp(65, "=", sqltypes.BoolOID, intSlot(0), intConst(5)),
		intOp(147, ">", sqltypes.BoolOID, intOp(177, "+", sqltypes.Int4OID, intSlot(1), intConst(1)), intConst(-100)),
	}}
	run, err := Compile(e)
	if err != nil {
		t.Fatal(err)
	}
	env := &Env{Row: []datum{sqltypes.Int(5), sqltypes.Int(7)}}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := run(env); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzRegexp(f *testing.F) {
	for _, p := range []string{"a*b", "(a|b)+?c", `\d{2,3}[[:alpha:]]`, "(?=x)y", "[^a-z]", "***=x", "(?i)x"} {
		f.Add(p, "aab x12")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 50 || len(text) > 50 {
			return
		}
		r, err := compileRegexp(pattern, plainRegexp)
		if err != nil {
			return
		}
		env := &Env{}
		ok, err := r.matches(env, text)
		if err != nil {
			return
		}
		caps, err := r.find(env, text, 0)
		if err == nil && (caps != nil) != ok {
			t.Errorf("%q on %q: matches %v, found %v", pattern, text, ok, caps)
		}
	})
}

func FuzzFormats(f *testing.F) {
	f.Add("YYYY-MM-DD HH24:MI:SS.US", "2024-01-02 03:04:05")
	f.Add("9G999D99S", "1,234.5-")
	f.Fuzz(func(t *testing.T, picture, text string) {
		env := &Env{}
		if _, err := showDate(civilMoment(sqltypes.SplitTimestamp(0)), picture); err != nil {
			t.Logf("%v", err)
		}
		if _, err := readDate(env, text, picture); err != nil {
			t.Logf("%v", err)
		}
		if _, err := numericToChar(sqltypes.SmallDecimal(-12345, 2), picture); err != nil {
			t.Logf("%v", err)
		}
		if _, err := toNumber(env, sqltypes.String(text), sqltypes.String(picture)); err != nil {
			t.Logf("%v", err)
		}
	})
}
