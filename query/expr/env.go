package expr

import (
	"context"
	"errors"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Eval computes an expression. The result may share memory with the row.
type Eval func(env *Env) (sqltypes.Datum, error)

// Env is what an expression may look at. Used by one goroutine.
type Env struct {
	Context context.Context
	Row     []sqltypes.Datum // the operator's input row; Slot reads it
	Params  []sqltypes.Datum // $1 … of the statement
	Exec    []sqltypes.Datum // run-time parameters; ExecParam reads them
	Session *Session
	// Case is the value that CaseTest reads; Sub the row that SubColumn reads.
	Case sqltypes.Datum
	Sub  []sqltypes.Datum
	// Runtime is the executor's state of this execution; an External finds its sub-plan there.
	Runtime any
	// Room is how many bytes the values may take that functions over columns compute for a batch. What they keep is taken from it, and given back when they
	// let go of it. They end with ErrRoom when there is no more.
	Room int
	// Steps counts work so that a long loop can look at Context now and then.
	Steps int

	stack    []sqltypes.Datum   // arguments of the calls being made
	patterns map[regexpKey]*rx  // regular expressions compiled so far
	lists    map[*ArrayOp]*list // arrays that are the same for every row, computed in this execution
	keeps    bool               // whether there is an execution to keep them for
}

// Session is what functions may know and change of the session they run in.
type Session struct {
	Format           *sqltypes.Format
	TransactionStart int64 // µs since 2000-01-01 UTC: now(), CURRENT_TIMESTAMP
	StatementStart   int64 // statement_timestamp()
	Now              func() int64
	User             string // current_user
	SessionUser      string
	Database         string
	SearchPath       []string // effective, existing schemas without the implicit ones
	SessionID        string
	TransactionID    string
	Setting          func(name string) (value string, ok bool)
	SetSetting       func(name, value string, local bool) (string, error)
	Random           func() float64
	SetSeed          func(float64)
	Catalog          Catalog
}

// Catalog answers what information functions ask (declared here, fulfilled by the session over its catalog snapshot).
// Call runs one of them by its pg_proc OID: format_type, pg_get_indexdef, pg_table_is_visible, has_table_privilege, regclass
// input and output, obj_description and the like.
type Catalog interface {
	Call(proc sqltypes.OID, name string, args []sqltypes.Datum) (sqltypes.Datum, error)
	// RegIn turns a name into the OID of a reg* type; RegOut turns it back.
	RegIn(t sqltypes.OID, text string) (sqltypes.Datum, error)
	RegOut(t sqltypes.OID, d sqltypes.Datum) string
	// TypeNamed finds the type, with its modifier, that a text names.
	TypeNamed(text string) (sqltypes.Type, error)
	// Rows gives the rows of a set-returning function that tells about the session.
	Rows(ctx context.Context, name string) ([][]sqltypes.Datum, error)
	// RowType gives the columns of a composite type.
	RowType(t sqltypes.OID) (names []string, types []sqltypes.Type, ok bool)
}

// RowSource yields the rows of a set-returning function: one value a column.
type RowSource interface {
	Next(env *Env) (row []sqltypes.Datum, ok bool, err error)
}

// ErrRoom is the error of a function over columns whose values do not have room: for fewer rows they may.
var ErrRoom = errors.New("the values of a batch take too much room")

// keep tells whether there is room for a value, and takes it.
func (env *Env) keep(d sqltypes.Datum) bool {
	switch d.Kind() {
	case sqltypes.KindDecimal:
		return true
	case sqltypes.KindBytes:
		env.Room -= len(d.Bytes())
	default:
		env.Room -= d.Size()
	}
	return env.Room >= 0
}

// pop takes the arguments of a call off the stack; their memory is reused.
func (env *Env) pop(base int) { env.stack = env.stack[:base] }

// CheckCancel tells, every thousandth time, whether the statement was cancelled. Loops inside functions call it.
func (env *Env) CheckCancel() error {
	env.Steps++
	if env.Steps&1023 != 0 || env.Context == nil {
		return nil
	}
	return env.cancelled()
}

func (env *Env) cancelled() error {
	if env.Context == nil || env.Context.Err() == nil {
		return nil
	}
	return pgerror.Wrap(env.Context.Err(), pgerror.QueryCanceled, "canceling statement due to user request")
}

func (env *Env) format() *sqltypes.Format {
	if env.Session == nil {
		return nil
	}
	return env.Session.Format
}
