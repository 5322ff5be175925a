package exec

import (
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

// rangeBound finds a RANGE bound with an offset: rows are in the frame by how far their order key is from the current row's. Bounds only move on, so that each
// row is looked at about once.
func (p *windowPartition) rangeBound(sign int, offset sqltypes.Datum, start bool) (int, error) {
	w := p.window
	if len(w.order) != 1 {
		return 0, pgerror.New(pgerror.WindowingError, "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column")
	}
	key := w.order[0]
	column := &w.rows.Cols[key.slot]
	base := column.At(p.from + p.current)
	if base.IsNull() {
		return p.groupBound(int64(p.Group(p.current)), start), nil
	}
	f, at := w.node.Frame.Start, &p.call.bounds.lo
	if !start {
		f, at = w.node.Frame.End, &p.call.bounds.hi
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
	// Along the order a row is outside the bound, then inside for a start; inside, then outside for an end.
	for ; *at < p.n; *at++ {
		inside := key.nullsFirst != start
		if v := column.At(p.from + *at); !v.IsNull() {
			args[0] = v
			d, err := call(&w.rt.env, args)
			if err != nil {
				return 0, err
			}
			inside = d.Bool()
		}
		if inside == start {
			break
		}
	}
	return *at, nil
}
