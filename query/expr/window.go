package expr

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Partition is a window partition with a current row, in window order: what the executor shows a window function. Rows count from 0.
type Partition interface {
	Len() int
	Current() int
	// Group is the number of the peer group a row is in, from 0; Peers are the first row of that group and the row after its last.
	Group(row int) int
	Peers(row int) (first, end int)
	// FrameLen is the number of rows in the current row's frame, exclusions left away, and FrameRow the k-th of them.
	FrameLen() int
	FrameRow(k int) int
	// Arg is an argument of the call, evaluated over a row.
	Arg(env *Env, arg, row int) (sqltypes.Datum, error)
}

// WindowFunction gives the value for the partition's current row. Rows come in order, each once.
type WindowFunction interface {
	Value(env *Env, p Partition) (sqltypes.Datum, error)
}

type windowFn func(env *Env, p Partition) (datum, error)

func (f windowFn) Value(env *Env, p Partition) (datum, error) { return f(env, p) }

func windowTable() map[string]func(*CallInfo) WindowFunction {
	plain := func(f windowFn) func(*CallInfo) WindowFunction {
		return func(*CallInfo) WindowFunction { return f }
	}
	return map[string]func(*CallInfo) WindowFunction{
		"window_row_number":                   plain(windowRowNumber),
		"window_rank":                         plain(windowRank),
		"window_dense_rank":                   plain(windowDenseRank),
		"window_percent_rank":                 plain(windowPercentRank),
		"window_cume_dist":                    plain(windowCumeDist),
		"window_ntile":                        plain(windowNtile),
		"window_lag":                          plain(windowShift(-1, false, false)),
		"window_lag_with_offset":              plain(windowShift(-1, true, false)),
		"window_lag_with_offset_and_default":  plain(windowShift(-1, true, true)),
		"window_lead":                         plain(windowShift(1, false, false)),
		"window_lead_with_offset":             plain(windowShift(1, true, false)),
		"window_lead_with_offset_and_default": plain(windowShift(1, true, true)),
		"window_first_value":                  plain(windowFirstValue),
		"window_last_value":                   plain(windowLastValue),
		"window_nth_value":                    plain(windowNthValue),
	}
}

func windowRowNumber(_ *Env, p Partition) (datum, error) {
	return sqltypes.Int(int64(p.Current()) + 1), nil
}

func windowRank(_ *Env, p Partition) (datum, error) {
	first, _ := p.Peers(p.Current())
	return sqltypes.Int(int64(first) + 1), nil
}

func windowDenseRank(_ *Env, p Partition) (datum, error) {
	return sqltypes.Int(int64(p.Group(p.Current())) + 1), nil
}

func windowPercentRank(_ *Env, p Partition) (datum, error) {
	if p.Len() <= 1 {
		return sqltypes.Float(0), nil
	}
	first, _ := p.Peers(p.Current())
	return sqltypes.Float(float64(first) / float64(p.Len()-1)), nil
}

func windowCumeDist(_ *Env, p Partition) (datum, error) {
	_, end := p.Peers(p.Current())
	return sqltypes.Float(float64(end) / float64(p.Len())), nil
}

func windowNtile(env *Env, p Partition) (datum, error) {
	n, err := p.Arg(env, 0, 0)
	if err != nil || n.IsNull() {
		return sqltypes.Null, err
	}
	if n.Int() <= 0 {
		return sqltypes.Null, pgerror.New(pgerror.InvalidArgumentForNtile, "argument of ntile must be greater than zero")
	}
	buckets, rows, row := n.Int(), int64(p.Len()), int64(p.Current())
	size, extra := rows/buckets, rows%buckets
	if row < extra*(size+1) {
		return sqltypes.Int(row/(size+1) + 1), nil
	}
	return sqltypes.Int((row-extra*(size+1))/size + extra + 1), nil
}

func windowShift(direction int, hasOffset, hasDefault bool) windowFn {
	return func(env *Env, p Partition) (datum, error) {
		offset := int64(1)
		if hasOffset {
			v, err := p.Arg(env, 1, p.Current())
			if err != nil || v.IsNull() {
				return sqltypes.Null, err
			}
			offset = v.Int()
		}
		row := int64(p.Current()) + int64(direction)*offset
		if row >= 0 && row < int64(p.Len()) {
			return p.Arg(env, 0, int(row))
		}
		if hasDefault {
			return p.Arg(env, 2, p.Current())
		}
		return sqltypes.Null, nil
	}
}

func windowFirstValue(env *Env, p Partition) (datum, error) {
	if p.FrameLen() == 0 {
		return sqltypes.Null, nil
	}
	return p.Arg(env, 0, p.FrameRow(0))
}

func windowLastValue(env *Env, p Partition) (datum, error) {
	if p.FrameLen() == 0 {
		return sqltypes.Null, nil
	}
	return p.Arg(env, 0, p.FrameRow(p.FrameLen()-1))
}

func windowNthValue(env *Env, p Partition) (datum, error) {
	n, err := p.Arg(env, 1, p.Current())
	if err != nil || n.IsNull() {
		return sqltypes.Null, err
	}
	if n.Int() <= 0 {
		return sqltypes.Null, pgerror.New(pgerror.InvalidArgumentForNthValue, "argument of nth_value must be greater than zero")
	}
	if n.Int() > int64(p.FrameLen()) {
		return sqltypes.Null, nil
	}
	return p.Arg(env, 0, p.FrameRow(int(n.Int())-1))
}
