package sqltypes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// numericOp is an operation on one or two numerics: as SQL, with $1 and $2, and as our code.
type numericOp struct {
	sql string
	do  func(a, b Datum) (Datum, error)
}

func always(f func(a Datum) Datum) func(a, b Datum) (Datum, error) {
	return func(a, _ Datum) (Datum, error) { return f(a), nil }
}

func first(f func(a Datum) (Datum, error)) func(a, b Datum) (Datum, error) {
	return func(a, _ Datum) (Datum, error) { return f(a) }
}

func integer(f func(a Datum) (int64, error)) func(a, b Datum) (Datum, error) {
	return func(a, _ Datum) (Datum, error) {
		n, err := f(a)
		return NumericFromInt64(n), err
	}
}

func float(f func(a Datum) (float64, error), t OID) func(a, b Datum) (Datum, error) {
	return func(a, _ Datum) (Datum, error) {
		v, err := f(a)
		if err != nil {
			return Null, err
		}
		return String(Text(t, Float(v), nil)), nil
	}
}

func scaled(f func(a Datum, scale int) Datum, scale int) func(a, b Datum) (Datum, error) {
	return func(a, _ Datum) (Datum, error) { return f(a, scale), nil }
}

func summed(f func(s *NumericSum, v *NumericVariance) (Datum, error)) func(a, b Datum) (Datum, error) {
	return func(a, b Datum) (Datum, error) {
		var s NumericSum
		var v NumericVariance
		for _, d := range []Datum{a, b, SmallDecimal(125, 2), b} {
			s.Add(d)
			v.Add(d)
		}
		return f(&s, &v)
	}
}

const sampleSQL = "FROM (VALUES ($1::numeric), ($2), (1.25), ($2)) x(v)"

func numericUnary() []numericOp {
	return []numericOp{
		{"-$1::numeric", always(NumericNeg)}, {"abs($1::numeric)", always(NumericAbs)}, {"ceil($1::numeric)", always(NumericCeil)},
		{"floor($1::numeric)", always(NumericFloor)}, {"round($1::numeric, 2)", scaled(NumericRound, 2)}, {"round($1::numeric, 0)", scaled(NumericRound, 0)},
		{"round($1::numeric, -2)", scaled(NumericRound, -2)}, {"round($1::numeric, 30)", scaled(NumericRound, 30)},
		{"trunc($1::numeric, 1)", scaled(NumericTrunc, 1)}, {"trunc($1::numeric, -1)", scaled(NumericTrunc, -1)},
		{"trim_scale($1::numeric)", always(NumericTrimScale)}, {"sqrt($1::numeric)", first(NumericSqrt)}, {"exp($1::numeric)", first(NumericExp)},
		{"ln($1::numeric)", first(NumericLn)}, {"log($1::numeric)", first(func(a Datum) (Datum, error) { return NumericLog(SmallDecimal(10, 0), a) })},
		{"$1::numeric::int8::text", integer(NumericToInt64)}, {"$1::numeric::int4::text", integer(NumericToInt32)},
		{"$1::numeric::int2::text", integer(NumericToInt16)}, {"$1::numeric::float8::text", float(NumericToFloat8, Float8OID)},
		{"$1::numeric::float4::text", float(NumericToFloat4, Float4OID)},
	}
}

func numericBinary() []numericOp {
	return []numericOp{
		{"$1::numeric + $2", NumericAdd}, {"$1::numeric - $2", NumericSub}, {"$1::numeric * $2", NumericMul}, {"$1::numeric / $2", NumericDiv},
		{"$1::numeric % $2", NumericMod}, {"div($1::numeric, $2)", NumericDivTrunc}, {"power($1::numeric, $2)", NumericPower},
		{"log($1::numeric, $2)", NumericLog},
		{"(SELECT sum(v) " + sampleSQL + ")", summed(func(s *NumericSum, _ *NumericVariance) (Datum, error) { return s.Sum() })},
		{"(SELECT avg(v) " + sampleSQL + ")", summed(func(s *NumericSum, _ *NumericVariance) (Datum, error) { return s.Avg() })},
		{"(SELECT var_samp(v) " + sampleSQL + ")", summed(func(_ *NumericSum, v *NumericVariance) (Datum, error) { return v.Variance(true) })},
		{"(SELECT var_pop(v) " + sampleSQL + ")", summed(func(_ *NumericSum, v *NumericVariance) (Datum, error) { return v.Variance(false) })},
		{"(SELECT stddev_samp(v) " + sampleSQL + ")", summed(func(_ *NumericSum, v *NumericVariance) (Datum, error) { return v.StdDev(true) })},
		{"(SELECT stddev_pop(v) " + sampleSQL + ")", summed(func(_ *NumericSum, v *NumericVariance) (Datum, error) { return v.StdDev(false) })},
	}
}

// numericOperands are numbers at the edges of the fast paths, and random ones.
func numericOperands() (unary []string, pairs [][2]string) {
	edges := inputLines("numericOperands_edges")
	r := rand.New(rand.NewSource(5))
	number := func() string {
		s := strconv.FormatUint(r.Uint64()>>r.Intn(64), 10)
		if r.Intn(4) == 0 {
			s = "-" + s
		}
		if r.Intn(2) == 0 {
			s += "." + fmt.Sprintf("%0*d", r.Intn(9)+1, r.Intn(1000))
		}
		return s
	}
	unary = edges
	for range 60 {
		unary = append(unary, number())
	}
	small := []string{"0", "0.00", "1", "-1", "2", "3", "-3", "10", "0.5", "-0.5", "1.5", "0.001", "7.25", "100.00", "9223372036854775807", "1e30", "NaN",
		"Infinity", "-Infinity", "123.456", "0.99", "-2.0"}
	for _, a := range small {
		for _, b := range small {
			pairs = append(pairs, [2]string{a, b})
		}
	}
	for range 150 {
		pairs = append(pairs, [2]string{number(), number()})
	}
	for range 80 {
		pairs = append(pairs, [2]string{number(), strconv.FormatFloat(r.NormFloat64()*10, 'f', r.Intn(4), 64)})
	}
	for range 80 {
		pairs = append(pairs, [2]string{strconv.FormatFloat(1+r.Float64(), 'f', r.Intn(8), 64), strconv.Itoa(r.Intn(4000) - 2000)})
	}
	return unary, pairs
}

const numericOpsFile = "numeric_ops"

func rewriteNumericOps(t *testing.T) {
	conn, err := pgconn.Connect(context.Background(), *oracle)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var out bytes.Buffer
	fmt.Fprintln(&out, "# What PostgreSQL 16 computes with numerics: expression, operands, then the result or the error.")
	record := func(op numericOp, operands ...string) {
		query := op.sql
		for i, o := range operands {
			query = strings.ReplaceAll(query, "$"+strconv.Itoa(i+1), "numeric '"+o+"'")
		}
		result := ""
		if r := conn.ExecParams(context.Background(), "SELECT "+query, nil, nil, nil, nil).Read(); r.Err != nil {
			var pe *pgconn.PgError
			if !errors.As(r.Err, &pe) {
				t.Fatal(r.Err)
			}
			result = "!" + pe.Code + " " + pe.Message
		} else {
			result = string(r.Rows[0][0])
		}
		fmt.Fprintf(&out, "%s\t%s\t%s\n", op.sql, strings.Join(operands, "\t"), result)
	}
	unary, pairs := numericOperands()
	for _, op := range numericUnary() {
		for _, a := range unary {
			record(op, a)
		}
	}
	for _, op := range numericBinary() {
		for _, p := range pairs {
			record(op, p[0], p[1])
		}
	}
	if err := os.WriteFile(filepath.Join("testdata", numericOpsFile+".golden"), out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestNumericGolden demands PostgreSQL's digits, scales and errors of numeric arithmetic.
func TestNumericGolden(t *testing.T) {
	if *oracle != "" {
		rewriteNumericOps(t)
	}
	ops := map[string]numericOp{}
	for _, op := range append(numericUnary(), numericBinary()...) {
		ops[op.sql] = op
	}
	for _, line := range readGolden(t, numericOpsFile) {
		f := strings.Split(line, "\t")
		var operands [2]Datum
		for i, text := range f[1 : len(f)-1] {
			operands[i] = mustNumeric(t, text)
		}
		want := f[len(f)-1]
		d, err := ops[f[0]].do(operands[0], operands[1])
		got := ""
		var e *pgerror.Error
		switch {
		case errors.As(err, &e):
			got = "!" + string(e.Code) + " " + e.Message
		case err != nil:
			got = err.Error()
		case d.Kind() == KindBytes:
			got = d.Str()
		default:
			got = Text(NumericOID, d, nil)
		}
		if got != want {
			t.Errorf("%s of %v:\n got  %s\n want %s", f[0], f[1:len(f)-1], got, want)
		}
		for i, text := range f[1 : len(f)-1] {
			if Text(NumericOID, operands[i], nil) != Text(NumericOID, mustNumeric(t, text), nil) {
				t.Fatalf("%s changed its operand %s", f[0], text)
			}
		}
	}
}

func mustNumeric(t testing.TB, s string) Datum {
	d, err := ParseText(T(NumericOID), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
