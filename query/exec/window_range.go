package exec

import (
	gosort "sort"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/expr"
)

// inRange names the in_range support function for an order key's type and an offset's type.
// Source: pg_amproc of PostgreSQL 16, support function 3 of the btree families.
func inRange(key, offset sqltypes.OID) sqltypes.OID {
	switch key {
	case sqltypes.Int8OID:
		return 4126
	case sqltypes.Int4OID:
		switch offset {
		case sqltypes.Int8OID:
			return 4127
		case sqltypes.Int2OID:
			return 4129
		}
		return 4128
	case sqltypes.Int2OID:
		switch offset {
		case sqltypes.Int8OID:
			return 4130
		case sqltypes.Int4OID:
			return 4131
		}
		return 4132
	case sqltypes.DateOID:
		return 4133
	case sqltypes.TimestampOID:
		return 4134
	case sqltypes.TimestampTZOID:
		return 4135
	case sqltypes.IntervalOID:
		return 4136
	case sqltypes.TimeOID:
		return 4137
	case sqltypes.TimeTZOID:
		return 4138
	case sqltypes.Float8OID:
		return 4139
	case sqltypes.Float4OID:
		return 4140
	case sqltypes.NumericOID:
		return 4141
	}
	return 0
}

// rangeBound finds a RANGE bound with an offset: rows are in the frame by how far their order key is from the current row's.
func (p *windowPartition) rangeBound(sign int, offset sqltypes.Datum, start bool) (int, error) {
	w := p.window
	if len(w.order) != 1 {
		return 0, pgerror.New(pgerror.WindowingError, "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column")
	}
	key := w.order[0]
	base := p.rows[p.current][key.slot]
	if base.IsNull() {
		return p.groupBound(int64(p.group[p.current]), start), nil
	}
	f := w.node.Frame.Start
	if !start {
		f = w.node.Frame.End
	}
	proc := inRange(key.typ, f.Offset.Type().OID)
	impl, ok := expr.Builtin(proc)
	if proc == 0 || !ok {
		return 0, pgerror.New(pgerror.FeatureNotSupported, "RANGE with offset PRECEDING/FOLLOWING is not supported for column type %s and offset type %s",
			sqltypes.TypeName(sqltypes.T(key.typ)), sqltypes.TypeName(f.Offset.Type()))
	}
	call, err := impl.For(&expr.CallInfo{Proc: proc, Name: "in_range"})
	if err != nil {
		return 0, err
	}
	sub, less := sign < 0, !start
	if key.desc {
		sub, less = !sub, !less
	}
	args := []sqltypes.Datum{sqltypes.Null, base, offset, sqltypes.Bool(sub), sqltypes.Bool(less)}
	// in tells whether a row is inside the bound. Along the order it is false, then true for a start, and true, then false for an end.
	in := func(row int) bool {
		v := p.rows[row][key.slot]
		if v.IsNull() {
			return key.nullsFirst != start
		}
		args[0] = v
		d, callErr := call(&w.rt.env, args)
		if callErr != nil {
			err = callErr
		}
		return d.Bool()
	}
	if start {
		return gosort.Search(len(p.rows), in), err
	}
	return gosort.Search(len(p.rows), func(row int) bool { return !in(row) }), err
}
