// Package exec carries out plans.
//
// A Program is a plan made ready to run: its expressions compiled, its operators in place. Operators hand batches of typed columns to each other,
// pulled from the root; they keep their memory between runs. What must be remembered for the length of a statement (sorted rows, hash tables,
// WITH queries) is counted against the query's memory bound, and the service's error is raised past it.
package exec

import (
	"context"

	"github.com/opendsql/opendsql/internal/limits"
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/expr"
	"github.com/opendsql/opendsql/query/plan"
	"github.com/opendsql/opendsql/txn"
)

// Input is what one execution works with.
type Input struct {
	Context  context.Context
	Txn      *txn.Txn
	Params   []sqltypes.Datum
	Session  *expr.Session
	Snapshot *catalog.Snapshot
	Info     func() catalog.SessionInfo // what system relations may know of the session
	// Modified counts the rows the transaction has changed; RowsMax bounds it.
	Modified *int
	RowsMax  int
	// Changes counts them by table; nil: nobody wants to know.
	Changes *Changes
	// MemoryMax bounds the memory of the query, in bytes.
	MemoryMax int
}

// Program is a plan made ready to run. Used by one goroutine, for one execution at a time.
type Program struct {
	Plan *plan.Plan
	root operator
	rt   runtime
	open bool
}

// runtime is the state of one execution, shared by all operators of a program.
type runtime struct {
	Input
	env      expr.Env
	memory   int // that is counted, in bytes
	peak     int // the most of it, with what the expressions of an operator held
	subplans []*subplan
	stores   []store
	affected int64 // rows changed by the top-level statement
	// touched are the keys of rows that the statement has changed, by whichever of its parts: nothing changes a row twice in one statement.
	touched map[string]bool
	columns map[*catalog.Table]*tableCodec
	system  map[*catalog.System]*systemRows // read by this execution; nil: none
	unlike  error                           // rows were compared that cannot be; nil: none
}

// operator gives rows, a batch at a time.
type operator interface {
	// open begins, or begins again after the run-time parameters changed.
	open() error
	// next gives the next batch, nil at the end. The batch is valid until the next call.
	next() (*Batch, error)
	// close lets go of what an execution held. An operator may be opened again afterwards.
	close()
}

// Compile makes a program of a plan.
func Compile(p *plan.Plan) (*Program, error) { return compile(p, nil) }

func compile(p *plan.Plan, measures map[plan.Node]*plan.Measure) (*Program, error) {
	prog := &Program{Plan: p}
	return prog, prog.compile(measures)
}

func (p *Program) compile(measures map[plan.Node]*plan.Measure) error {
	p.rt = runtime{columns: map[*catalog.Table]*tableCodec{}}
	b := &builder{rt: &p.rt, measures: measures}
	var err error
	if p.root, err = b.build(p.Plan.Root); err != nil {
		return err
	}
	for _, s := range p.Plan.Subplans {
		sub, err := b.subplan(s)
		if err != nil {
			return err
		}
		p.rt.subplans = append(p.rt.subplans, sub)
	}
	p.rt.env.Exec = make([]sqltypes.Datum, p.Plan.ExecParams)
	p.rt.stores = make([]store, p.Plan.CTEs)
	return nil
}

// keptMax is how much memory an execution may have held for its operators to be used again: their batches keep values alive.
const keptMax = 4 << 20

// Busy tells whether an execution is open.
func (p *Program) Busy() bool { return p.open }

// Open begins an execution. The program must not be busy.
func (p *Program) Open(in Input) error {
	if p.root == nil {
		if err := p.compile(nil); err != nil {
			return err
		}
	}
	rt := &p.rt
	rt.Input = in
	rt.memory, rt.peak, rt.affected, rt.touched, rt.system, rt.unlike = 0, 0, 0, nil, nil, nil
	rt.env.Context, rt.env.Params, rt.env.Session, rt.env.Runtime = in.Context, in.Params, in.Session, rt
	rt.env.Begin()
	for _, s := range rt.subplans {
		s.forget()
	}
	p.open = true
	if err := p.root.open(); err != nil {
		p.Close()
		return err
	}
	return nil
}

// Again runs an open program once more with other parameters, to its end. COPY inserts its rows with it.
func (p *Program) Again(params []sqltypes.Datum) error {
	p.rt.env.Params = params
	p.rt.env.Begin()
	if err := p.root.open(); err != nil {
		return err
	}
	_, err := p.root.next()
	return err
}

// Resume goes on with an open execution under another context: the rest of its rows was asked for by another message.
func (p *Program) Resume(ctx context.Context) { p.rt.Context, p.rt.env.Context = ctx, ctx }

// Next gives the next rows of the result, nil at the end.
func (p *Program) Next() (*Batch, error) {
	if err := p.rt.check(); err != nil {
		return nil, err
	}
	return p.root.next()
}

// Affected is how many rows an INSERT, UPDATE or DELETE changed.
func (p *Program) Affected() int64 { return p.rt.affected }

// Close ends the execution.
func (p *Program) Close() {
	if !p.open {
		return
	}
	p.root.close()
	for _, s := range p.rt.subplans {
		s.close()
		s.forget()
	}
	for i := range p.rt.stores {
		p.rt.stores[i] = store{}
	}
	p.open, p.rt.system = false, nil
	p.rt.Input = Input{}
	p.rt.env.Params, p.rt.env.Session, p.rt.env.Context, p.rt.env.Row = nil, nil, nil, nil
	p.rt.env.End()
	if p.rt.peak > keptMax {
		p.root, p.rt = nil, runtime{}
	}
}

// remember counts memory that is kept until the statement ends, in bytes.
func (rt *runtime) remember(bytes int) error {
	rt.memory += bytes
	rt.peak = max(rt.peak, rt.memory)
	if rt.memory > rt.MemoryMax {
		return pgerror.New(pgerror.ProgramLimitExceeded, "query requires more than allowed temp space of %d KB to execute", rt.MemoryMax/1024)
	}
	return nil
}

// usage is the memory that an operator has counted. It is given back when the operator begins again or ends.
type usage struct{ bytes int }

func (u *usage) add(rt *runtime, bytes int) error {
	u.bytes += bytes
	return rt.remember(bytes)
}

// sub gives a part back.
func (u *usage) sub(rt *runtime, bytes int) {
	rt.memory -= bytes
	u.bytes -= bytes
}

func (u *usage) free(rt *runtime) {
	rt.memory -= u.bytes
	u.bytes = 0
}

// hold gives the error of values that are larger than what the query may still keep: they are not kept, but all in memory at once.
func (rt *runtime) hold(bytes int) error {
	if bytes <= batchBytesMax {
		return nil
	}
	if err := rt.remember(bytes); err != nil {
		return err
	}
	rt.memory -= bytes
	return nil
}

// check gives the error of a statement that was cancelled or took too long, or compared what cannot be compared.
func (rt *runtime) check() error {
	if err := rt.Context.Err(); err != nil {
		return pgerror.Wrap(err, pgerror.QueryCanceled, "canceling statement due to user request")
	}
	return rt.unlike
}

// modify counts changed rows against the transaction's limit.
// Source: service quotas, "rows modified in a transaction"; raised at the statement.
func (rt *runtime) modify(rows int) error {
	*rt.Modified += rows
	if *rt.Modified > rt.RowsMax {
		return pgerror.New(pgerror.ProgramLimitExceeded, "transaction row limit exceeded")
	}
	return nil
}

func (rt *runtime) codec(t *catalog.Table) *tableCodec {
	c, ok := rt.columns[t]
	if !ok {
		c = newTableCodec(t)
		rt.columns[t] = c
	}
	return c
}

// Defaults gives the bounds of a session that sets none.
func Defaults(in *Input) {
	if in.RowsMax == 0 {
		in.RowsMax = limits.TransactionRows
	}
	if in.MemoryMax == 0 {
		in.MemoryMax = limits.QueryMemoryBytes
	}
}
