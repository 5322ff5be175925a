package expr

import (
	"slices"
	"sync"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Impl is the code of a scalar function. Exactly one of the Call fields is set, or Make. Code of a strict function never
// sees a NULL. Arguments are only valid during the call; the result may share their memory.
type Impl struct {
	Strict bool
	Call0  func(env *Env) (sqltypes.Datum, error)
	Call1  func(env *Env, a sqltypes.Datum) (sqltypes.Datum, error)
	Call2  func(env *Env, a, b sqltypes.Datum) (sqltypes.Datum, error)
	Call   func(env *Env, args []sqltypes.Datum) (sqltypes.Datum, error)
	// Make gives the code for one call site, for functions that depend on the types they are called with.
	Make func(call *CallInfo) (func(env *Env, args []sqltypes.Datum) (sqltypes.Datum, error), error)
}

// CallInfo is what a call site tells polymorphic code.
type CallInfo struct {
	Proc     sqltypes.OID
	Name     string
	Args     []sqltypes.Type
	Result   sqltypes.Type
	Variadic bool // the last argument is the array of a VARIADIC parameter
	Stored   bool // the first argument is read from a row
	// Order is the order of an ordered-set aggregate's rows, which come sorted by it; its expressions are not looked at.
	Order []SortKey
	// ColumnNames and ColumnTypes are the column definition list, or the row type, of a function that returns records.
	ColumnNames []string
	ColumnTypes []sqltypes.Type
	JSON        JSONOptions
}

// Call builds a function of any arity from whichever field is set.
func (i *Impl) For(call *CallInfo) (func(env *Env, args []sqltypes.Datum) (sqltypes.Datum, error), error) {
	switch {
	case i.Call != nil:
		return i.Call, nil
	case i.Call0 != nil:
		return func(env *Env, _ []sqltypes.Datum) (sqltypes.Datum, error) { return i.Call0(env) }, nil
	case i.Call1 != nil:
		return func(env *Env, args []sqltypes.Datum) (sqltypes.Datum, error) { return i.Call1(env, args[0]) }, nil
	case i.Call2 != nil:
		return func(env *Env, args []sqltypes.Datum) (sqltypes.Datum, error) { return i.Call2(env, args[0], args[1]) }, nil
	}
	return i.Make(call)
}

// entry is a row of a function table: the source name that pg_proc gives for the code.
type entry struct {
	source string
	impl   Impl
}

type (
	datum  = sqltypes.Datum
	oid    = sqltypes.OID
	setFn  = func(env *Env, args []datum) (RowSource, error)
	callFn = func(env *Env, args []datum) (datum, error)
)

func fn0(source string, f func(env *Env) (datum, error)) entry {
	return entry{source, Impl{Call0: f}}
}

func fn1(source string, f func(env *Env, a datum) (datum, error)) entry {
	return entry{source, Impl{Call1: f}}
}

func fn2(source string, f func(env *Env, a, b datum) (datum, error)) entry {
	return entry{source, Impl{Call2: f}}
}

func fnN(source string, f callFn) entry { return entry{source, Impl{Call: f}} }

func fnMake(source string, f func(call *CallInfo) (callFn, error)) entry {
	return entry{source, Impl{Make: f}}
}

// registry finds code by pg_proc OID. It is computed once and never changes.
type registry struct {
	functions  map[oid]*Impl
	sets       map[oid]func(call *CallInfo) setFn
	aggregates map[oid]func(call *CallInfo) (Aggregate, error)
	windows    map[oid]func(call *CallInfo) WindowFunction
	unknown    []string // sources in a table that pg_proc does not know: a mistake a test looks for
}

var theRegistry = sync.OnceValue(buildRegistry)

func buildRegistry() *registry {
	bySource := map[string][]*procRow{}
	for i := range procRows {
		row := &procRows[i]
		bySource[row.source] = append(bySource[row.source], row)
	}
	r := &registry{
		functions: map[oid]*Impl{}, sets: map[oid]func(*CallInfo) setFn{},
		aggregates: map[oid]func(*CallInfo) (Aggregate, error){}, windows: map[oid]func(*CallInfo) WindowFunction{},
	}
	for _, table := range functionTables() {
		for i := range table {
			rows := bySource[table[i].source]
			if len(rows) == 0 {
				r.unknown = append(r.unknown, table[i].source)
			}
			for _, row := range rows {
				impl := table[i].impl
				impl.Strict = row.strict
				r.functions[row.oid] = &impl
			}
		}
	}
	for source, f := range setFunctions() {
		rows := bySource[source]
		if len(rows) == 0 {
			r.unknown = append(r.unknown, source)
		}
		for _, row := range rows {
			r.sets[row.oid] = f
		}
	}
	for proc, f := range aggregateTable() {
		if row, ok := findProc(proc); !ok || row.kind != 'a' {
			r.unknown = append(r.unknown, "aggregate")
		}
		r.aggregates[proc] = f
	}
	for source, f := range windowTable() {
		rows := bySource[source]
		if len(rows) == 0 {
			r.unknown = append(r.unknown, source)
		}
		for _, row := range rows {
			r.windows[row.oid] = f
		}
	}
	return r
}

// Builtin finds the code of a scalar function, operator or cast by its pg_proc OID.
func Builtin(proc sqltypes.OID) (*Impl, bool) {
	impl, ok := theRegistry().functions[proc]
	return impl, ok
}

// SetFunction finds the code of a set-returning function. The result of calling it is one run over its rows.
func SetFunction(proc sqltypes.OID, call *CallInfo) (func(env *Env, args []sqltypes.Datum) (RowSource, error), bool) {
	f, ok := theRegistry().sets[proc]
	if !ok {
		return catalogRows(call.Name)
	}
	run := f(call)
	if row, known := findProc(proc); known && row.strict {
		return func(env *Env, args []datum) (RowSource, error) {
			for _, a := range args {
				if a.IsNull() {
					return noRows{}, nil
				}
			}
			return run(env, args)
		}, true
	}
	return run, true
}

// RowFunction gives the rows of a call in FROM: of a set-returning function, or the one of a function that returns a record.
func RowFunction(f *Func, call *CallInfo) (func(env *Env, args []sqltypes.Datum) (RowSource, error), error) {
	if f.ReturnsSet {
		if start, ok := SetFunction(f.Proc, call); ok {
			return start, nil
		}
		return nil, notSupported(f.Proc, f.Name)
	}
	impl, err := findImpl(call)
	if err != nil {
		return nil, err
	}
	run, err := impl.For(call)
	if err != nil {
		return nil, err
	}
	return func(env *Env, args []datum) (RowSource, error) {
		row := make([]datum, len(call.ColumnTypes))
		d := sqltypes.Null
		if !impl.Strict || !slices.ContainsFunc(args, datum.IsNull) {
			var err error
			if d, err = run(env, args); err != nil {
				return nil, err
			}
		}
		if !d.IsNull() {
			row = d.Record().Fields
		}
		return &sliceRows{rows: [][]datum{row}}, nil
	}, nil
}

// LookupAggregate finds an aggregate by its pg_proc OID and makes it ready for the types it is called with: those of the
// aggregated arguments, the ones of WITHIN GROUP behind the direct ones.
func LookupAggregate(proc sqltypes.OID, call *CallInfo) (Aggregate, error) {
	f, ok := theRegistry().aggregates[proc]
	if !ok {
		return nil, notSupported(proc, call.Name)
	}
	return f(call)
}

// LookupWindow finds a window function that is not an aggregate by its pg_proc OID.
func LookupWindow(proc sqltypes.OID, call *CallInfo) (WindowFunction, error) {
	f, ok := theRegistry().windows[proc]
	if !ok {
		return nil, notSupported(proc, call.Name)
	}
	return f(call), nil
}

// Count tells how many rows of pg_proc have code, by kind: scalar functions, set-returning functions, aggregates, window functions.
func Count() (functions, sets, aggregates, windows int) {
	r := theRegistry()
	return len(r.functions), len(r.sets), len(r.aggregates), len(r.windows)
}

// notSupported names a function by its catalog name: that of an operator's function would tell nobody anything otherwise.
func notSupported(proc oid, name string) error {
	if row, ok := findProc(proc); ok {
		name = row.name
	}
	return pgerror.New(pgerror.FeatureNotSupported, "function %s not supported", name)
}

// isCatalogSet tells whether the session's catalog gives the rows of a set-returning function.
func isCatalogSet(name string) bool {
	switch name {
	case "pg_show_all_settings", "pg_prepared_statement", "pg_cursor", "pg_get_catalog_foreign_keys", "supported_datatypes":
		return true
	}
	return false
}

func catalogRows(name string) (setFn, bool) {
	if !isCatalogSet(name) {
		return nil, false
	}
	return func(env *Env, _ []datum) (RowSource, error) {
		rows, err := env.Session.Catalog.Rows(env.Context, name)
		return &sliceRows{rows: rows}, err
	}, true
}

type noRows struct{}

func (noRows) Next(*Env) ([]datum, bool, error) { return nil, false, nil }

// Origin tells where the result of a function comes from.
type Origin uint8

// The origins.
const (
	NoCode         Origin = iota
	ComputedHere          // by code of this package
	AskedOfCatalog        // by the session's Catalog
)

// Implementation tells where the result of a function of pg_proc comes from.
func Implementation(proc sqltypes.OID) Origin {
	row, ok := findProc(proc)
	if !ok || refusedFunction(row.name) {
		return NoCode
	}
	r := theRegistry()
	switch {
	case r.functions[proc] != nil, r.sets[proc] != nil, r.aggregates[proc] != nil, r.windows[proc] != nil:
		return ComputedHere
	case isCatalogFunction(row), row.set && isCatalogSet(row.name):
		return AskedOfCatalog
	}
	return NoCode
}
