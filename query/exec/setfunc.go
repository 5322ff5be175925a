package exec

import (
	"slices"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/bind"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
)

// setCall is a call that gives rows: of a set-returning function, or one row of any other expression.
type setCall struct {
	rt      *runtime
	call    *expr.Func // nil: another expression
	args    *rowEval
	start   func(env *expr.Env, args []sqltypes.Datum) (expr.RowSource, error)
	scalar  *rowEval // not nil: not a set-returning function
	columns int

	source expr.RowSource
	given  bool // the scalar's row
	over   bool

	defined []sqltypes.Type  // the column definition list
	first   *sqltypes.Record // with it, the first row that is a record: the others must have its columns
}

func (b *builder) setCall(t bind.TableFunc, width int) (*setCall, error) {
	c := &setCall{rt: b.rt, columns: t.Columns, defined: t.DefinedTypes}
	f, ok := t.Call.(*expr.Func)
	c.call = f
	if !ok || !f.ReturnsSet && t.DefinedTypes == nil {
		var err error
		c.scalar, err = b.rowEval(width, t.Call)
		return c, err
	}
	info := &expr.CallInfo{Proc: f.Proc, Name: f.Name, Result: f.Typ, Variadic: f.Variadic, ColumnNames: t.DefinedNames, ColumnTypes: t.DefinedTypes}
	for _, a := range f.Args {
		info.Args = append(info.Args, a.Type())
	}
	var err error
	if c.start, err = expr.RowFunction(f, info); err != nil {
		return nil, err
	}
	c.args, err = b.rowEval(width, f.Args...)
	return c, err
}

// begin starts the call over a row.
func (c *setCall) begin(row []sqltypes.Datum) error {
	c.source, c.given, c.over, c.first = nil, false, false, nil
	if c.scalar != nil {
		return nil
	}
	args := make([]sqltypes.Datum, len(c.args.evals))
	c.args.loadRow(row)
	if err := c.args.all(args); err != nil {
		return err
	}
	source, err := c.start(&c.rt.env, args)
	c.source = source
	c.over = source == nil
	return err
}

// next gives the next row of the call.
func (c *setCall) next(row []sqltypes.Datum) ([]sqltypes.Datum, bool, error) {
	if c.over {
		return nil, false, nil
	}
	if c.scalar != nil {
		c.over = true
		c.scalar.loadRow(row)
		d, err := c.scalar.at(0)
		if err != nil {
			return nil, false, err
		}
		return c.spread([]sqltypes.Datum{d}), true, nil
	}
	out, ok, err := c.source.Next(&c.rt.env)
	c.over = !ok
	if err != nil || !ok {
		return nil, false, err
	}
	if err := c.checkRecord(out); err != nil {
		return nil, false, err
	}
	return c.spread(out), true, nil
}

// checkRecord compares a row that is a record with those before it, and the first one with the column definition list: all rows must be alike before that
// is asked.
func (c *setCall) checkRecord(out []sqltypes.Datum) error {
	if c.defined == nil || len(out) != 1 || out[0].Kind() != sqltypes.KindRecord || out[0].Record().TypeOID != sqltypes.RecordOID {
		return nil
	}
	r := out[0].Record()
	if c.first != nil {
		if !slices.Equal(r.Types, c.first.Types) || !slices.Equal(r.Names, c.first.Names) {
			return pgerror.New(pgerror.DatatypeMismatch, "rows returned by function are not all of the same row type")
		}
		return nil
	}
	c.first = r
	mismatch := c.mismatch(r)
	for mismatch != nil {
		out, ok, err := c.source.Next(&c.rt.env)
		if err == nil && ok {
			err = c.checkRecord(out)
		}
		if err != nil {
			return err
		}
		if !ok {
			return mismatch
		}
	}
	return nil
}

// mismatch is how a record differs from the column definition list; nil when it does not.
func (c *setCall) mismatch(r *sqltypes.Record) error {
	const differ = "function return row and query-specified return row do not match"
	if n := len(r.Types); n != len(c.defined) {
		attributes := "attributes"
		if n == 1 {
			attributes = "attribute"
		}
		return pgerror.New(pgerror.DatatypeMismatch, differ).
			WithDetail("Returned row contains %d %s, but query expects %d.", n, attributes, len(c.defined))
	}
	types := c.rt.Snapshot.Scope(c.rt.Snapshot.SearchPath(c.rt.Session.SearchPath, ""))
	for i, t := range r.Types {
		if want := c.defined[i].OID; !types.IsBinaryCoercible(t.OID, want) {
			return pgerror.New(pgerror.DatatypeMismatch, differ).
				WithDetail("Returned type %s at ordinal position %d, but query expects %s.", types.TypeName(t.OID), i+1, types.TypeName(want))
		}
	}
	return nil
}

// spread takes a composite value apart where its columns are wanted.
func (c *setCall) spread(out []sqltypes.Datum) []sqltypes.Datum {
	if len(out) == 1 && (c.columns > 1 || c.first != nil) {
		if out[0].IsNull() {
			return make([]sqltypes.Datum, c.columns)
		}
		if out[0].Kind() == sqltypes.KindRecord {
			return out[0].Record().Fields
		}
	}
	return out
}

// record makes one value of the columns of a row.
func (c *setCall) record(fields []sqltypes.Datum) sqltypes.Datum {
	return sqltypes.FromRecord(&sqltypes.Record{TypeOID: sqltypes.RecordOID, Names: c.call.RowNames, Types: c.call.RowTypes, Fields: slices.Clone(fields)})
}

// functionScan calls functions side by side, the shorter ones filled up with NULLs.
type functionScan struct {
	rt    *runtime
	node  *plan.FunctionScan
	calls []*setCall
	out   *Batch
	row   []sqltypes.Datum
	n     int64
	begun bool
	wide  []int // columns of out
	later lateError
}

func (b *builder) functionScan(n *plan.FunctionScan) (operator, error) {
	s := &functionScan{rt: b.rt, node: n, out: newBatch(n.Cols), wide: wideColumns(n.Cols), row: make([]sqltypes.Datum, len(n.Cols))}
	for _, f := range n.Functions {
		c, err := b.setCall(f, 0)
		if err != nil {
			return nil, err
		}
		s.calls = append(s.calls, c)
	}
	return s, nil
}

func (s *functionScan) open() error { s.n, s.begun, s.later = 0, false, lateError{}; return nil }
func (s *functionScan) close()      {}

func (s *functionScan) next() (*Batch, error) {
	if err := s.later.err; err != nil {
		return nil, err
	}
	if !s.begun {
		for _, c := range s.calls {
			if err := c.begin(nil); err != nil {
				return nil, err
			}
		}
		s.begun = true
	}
	if err := s.rt.check(); err != nil {
		return nil, err
	}
	s.out.reset()
	for size := 0; s.out.N < batchRows && size < batchBytesMax; {
		any, at := false, 0
		clear(s.row)
		for _, c := range s.calls {
			out, ok, err := c.next(nil)
			if err != nil {
				return s.later.after(s.out, err)
			}
			if ok {
				any = true
				copy(s.row[at:at+c.columns], out)
			}
			at += c.columns
		}
		if !any {
			break
		}
		s.n++
		if s.node.Ordinality {
			s.row[at] = sqltypes.Int(s.n)
		}
		s.out.append(s.row)
		for _, c := range s.wide {
			size += s.row[c].Size()
		}
	}
	if s.out.N == 0 {
		return nil, nil
	}
	return s.out, nil
}

// projectSet computes rows from each row: its set-returning calls run side by side until the longest ends.
type projectSet struct {
	rt    *runtime
	child operator
	calls []*setCall
	eval  *rowEval
	out   *Batch
	in    *Batch
	at    int
	row   []sqltypes.Datum // the input row, then one value a call
	width int
	begun bool
	ended bool // the input
	given []sqltypes.Datum
	most  int // rows wanted from the next call, 0: as many as a batch holds
	later lateError
}

func (b *builder) projectSet(n *plan.ProjectSet) (operator, error) {
	child, err := b.build(n.Child)
	if err != nil {
		return nil, err
	}
	p := &projectSet{rt: b.rt, child: child, out: newBatch(n.Cols), width: len(n.Child.Header()), given: make([]sqltypes.Datum, len(n.Cols))}
	exprs := make([]expr.Expr, len(n.Exprs))
	for i, e := range n.Exprs {
		exprs[i] = expr.Rewrite(e, func(x expr.Expr) (expr.Expr, bool) {
			f, ok := x.(*expr.Func)
			if !ok || !f.ReturnsSet || err != nil {
				return x, false
			}
			var c *setCall
			if c, err = b.setCall(bind.TableFunc{Call: f, Columns: 1}, p.width); err != nil {
				return x, true
			}
			p.calls = append(p.calls, c)
			return &expr.Slot{Base: f.Base, Index: p.width + len(p.calls) - 1}, true
		})
	}
	if err != nil {
		return nil, err
	}
	p.row = make([]sqltypes.Datum, p.width+len(p.calls))
	p.eval, err = b.rowEval(len(p.row), exprs...)
	return p, err
}

func (p *projectSet) open() error {
	p.in, p.at, p.begun, p.ended, p.most, p.later = nil, 0, false, false, 0, lateError{}
	return p.child.open()
}

func (p *projectSet) close() { p.child.close() }

func (p *projectSet) atMost(rows int64) { p.most = int(min(rows, batchRows)) }

func (p *projectSet) next() (*Batch, error) {
	if err := p.later.err; err != nil {
		return nil, err
	}
	p.out.reset()
	most, size := batchRows, 0
	if p.most > 0 {
		most = p.most
	}
	for p.out.N < most && size < batchBytesMax {
		if !p.begun {
			ok, err := p.beginRow()
			if err != nil {
				return p.later.after(p.out, err)
			}
			if !ok {
				break
			}
		}
		more, err := p.step()
		if err != nil {
			return p.later.after(p.out, err)
		}
		if !more {
			p.begun = false
			continue
		}
		p.eval.loadRow(p.row)
		if err := p.eval.all(p.given); err != nil {
			return p.later.after(p.out, err)
		}
		for _, d := range p.given {
			size += d.Size()
		}
		p.out.append(p.given)
	}
	if p.out.N == 0 {
		return nil, nil
	}
	return p.out, nil
}

// beginRow takes the next input row and starts the calls over it.
func (p *projectSet) beginRow() (bool, error) {
	for p.in == nil || p.at >= p.in.N {
		if p.ended {
			return false, nil
		}
		in, err := p.child.next()
		if err != nil || in == nil {
			p.in, p.ended = nil, true // what the child gave before is no longer valid
			return false, err
		}
		p.in, p.at = in, 0
	}
	p.in.row(p.at, p.row[:p.width])
	p.at++
	for _, c := range p.calls {
		if err := c.begin(p.row); err != nil {
			return false, err
		}
	}
	p.begun = true
	return true, nil
}

// step takes one row of every call; false when all have ended.
func (p *projectSet) step() (bool, error) {
	any := false
	for i, c := range p.calls {
		out, ok, err := c.next(p.row)
		if err != nil {
			return false, err
		}
		p.row[p.width+i] = sqltypes.Null
		if !ok {
			continue
		}
		any = true
		if len(out) == 1 {
			p.row[p.width+i] = out[0]
			continue
		}
		p.row[p.width+i] = c.record(out)
	}
	return any, nil
}
