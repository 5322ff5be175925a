package catalog

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// System is a relation of pg_catalog, information_schema or sys: its columns are PostgreSQL's, its rows are made by this package.
type System struct {
	OID     OID
	Schema  OID
	Name    string
	Kind    byte // r table, v view, i index
	RowType OID
	ACL     ACL
	Columns []Column
}

// SessionInfo is what rows depend on besides the catalog. The zero value of a field means that there is nothing to tell.
type SessionInfo struct {
	User        OID // whose privileges count: current_user
	SessionUser OID
	Path        Path
	Now         time.Time
	// Setting is the session's value of a configuration parameter; false: the default.
	Setting func(name string) (string, bool)
	// Jobs reads the jobs for sys.jobs.
	Jobs func(context.Context) ([]*Job, error)
	// SequenceState reads where a sequence stands.
	SequenceState func(context.Context, OID) (SequenceState, error)
	// Prepared lists the session's prepared statements.
	Prepared []PreparedStatement
	// Activity tells what happened to a table of users.
	Activity func(OID) TableActivity
	// TLS describes the session's connection for pg_stat_ssl.
	TLS TLSInfo
	PID int32
}

// PreparedStatement is a row of pg_prepared_statements.
type PreparedStatement struct {
	Name, Statement string
	Prepared        time.Time
	Parameters      []OID
	Results         []OID
	FromSQL         bool
}

// TLSInfo is the session's row of pg_stat_ssl.
type TLSInfo struct {
	On      bool
	Version string
	Cipher  string
	Bits    int32
}

// generator makes the rows of a system relation.
type generator func(ctx context.Context, v *view) error

// view is one reading of a system relation.
type view struct {
	Scope
	info  SessionInfo
	yield func([]sqltypes.Datum) error
	err   error
}

// emit gives a row to the reader. After the first error nothing more is given.
func (v *view) emit(row ...sqltypes.Datum) {
	if v.err == nil {
		v.err = v.yield(row)
	}
}

// SystemRelation is the system relation with the OID.
func SystemRelation(oid OID) (*System, bool) {
	r := systemRelations().byOID[oid]
	return r, r != nil
}

// SystemRelations are all of them by OID, indexes left out; not to be changed.
func SystemRelations() []*System { return systemRelations().list }

// Rows gives every row to yield, in the order of Columns, until yield returns an error. A row must not be changed, and is valid after yield returns.
func (r *System) Rows(ctx context.Context, s *Snapshot, info SessionInfo, yield func([]sqltypes.Datum) error) error {
	v := &view{Scope: s.Scope(info.Path), info: info, yield: yield}
	for _, row := range staticRows(r) {
		if v.err != nil {
			return v.err
		}
		v.emit(row...)
	}
	if g := generators()[r.OID]; g != nil && v.err == nil {
		if err := g(ctx, v); err != nil {
			return err
		}
	}
	return v.err
}

type systemIndex struct {
	list   []*System
	byOID  map[OID]*System
	byName map[relationName]*System
	static map[OID]func() [][]sqltypes.Datum
}

var systemRelations = sync.OnceValue(decodeSystemRelations)

func staticRows(r *System) [][]sqltypes.Datum {
	if f := systemRelations().static[r.OID]; f != nil {
		return f()
	}
	return nil
}

func decodeSystemRelations() *systemIndex {
	x := &systemIndex{byOID: map[OID]*System{}, byName: map[relationName]*System{}, static: map[OID]func() [][]sqltypes.Datum{}}
	roles := Builtins().roles
	for r := openRows("pg_class"); r.next(); {
		s := &System{OID: r.oid(), Name: r.str(), Schema: r.oid(), RowType: r.oid()}
		r.skip(12)
		s.Kind = r.byte()
		r.skip(13)
		s.ACL = parseACL(r.strings(), roles)
		x.add(s)
	}
	for _, s := range sysRelations() {
		x.add(s)
	}
	for r := openRows("pg_attribute"); r.next(); {
		s := x.byOID[r.oid()]
		c := Column{Name: r.str(), Type: sqltypes.T(r.oid())}
		r.skip(1)
		c.ID = int16(r.int())
		r.skip(1)
		c.Type.Mod = int32(r.int())
		r.skip(3)
		c.Storage = r.byte()
		r.skip(1)
		c.NotNull = r.bool()
		if c.ID > 0 {
			s.Columns = append(s.Columns, c)
		}
	}
	for _, s := range x.byOID {
		if s.Kind != KindIndex {
			x.list = append(x.list, s)
		}
	}
	slices.SortFunc(x.list, func(a, b *System) int { return int(int64(a.OID) - int64(b.OID)) })
	x.attach()
	return x
}

func (x *systemIndex) add(s *System) {
	x.byOID[s.OID], x.byName[relationName{s.Schema, s.Name}] = s, s
}

// attach gives the relations their rows: those that are embedded, and those that code makes.
func (x *systemIndex) attach() {
	for _, name := range staticRelations {
		schema := PgCatalogOID
		if name[:3] == "sql" {
			schema = InformationSchemaOID
		}
		s := x.byName[relationName{schema, name}]
		x.static[s.OID] = sync.OnceValue(func() [][]sqltypes.Datum { return datumRows(s) })
	}
}

// generators make the rows of relations, by OID.
var generators = sync.OnceValue(func() map[OID]generator {
	all := map[OID]generator{}
	for schema, list := range map[OID]map[string]generator{
		PgCatalogOID: pgCatalogGenerators(), InformationSchemaOID: informationSchemaGenerators(), SysOID: sysGenerators(),
	} {
		for name, g := range list {
			all[systemRelations().byName[relationName{schema, name}].OID] = g
		}
	}
	return all
})
