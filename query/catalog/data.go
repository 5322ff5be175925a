package catalog

import (
	"sync"
)

// Namespaces and other objects that initdb makes under fixed OIDs, and those of the service.
const (
	PgCatalogOID         OID = 11
	PgToastOID           OID = 99
	PublicOID            OID = 2200
	InformationSchemaOID OID = 13127
	BootstrapRoleOID     OID = 10    // owns what PostgreSQL brings
	AdminOID             OID = 15579 // the built-in role "admin"
	DefaultCollationOID  OID = 100
	CCollationOID        OID = 950

	arraySubscriptHandler OID = 6179
	btreeMethod           OID = 403
	hashMethod            OID = 405
)

// Data is PostgreSQL 16's own catalog. It is immutable and safe for concurrent use; relations that few statements need are decoded when first
// asked for.
type Data struct {
	types     map[OID]*TypeInfo
	typeNames map[string][]*TypeInfo
	typeList  []*TypeInfo

	procs     map[OID]*Proc
	procNames map[string][]*Proc
	procList  []*Proc

	operators     map[OID]*Operator
	operatorNames map[string][]*Operator
	operatorList  []*Operator

	casts    map[[2]OID]*Cast
	castList []*Cast

	aggregates map[OID]*Aggregate
	roles      map[string]OID
	schemas    map[OID]string

	operatorClasses func() *operatorClasses
	collations      func() []*Collation
	settings        func() []*Setting
	zoneAbbrevs     func() []*ZoneAbbrev
	comments        func() map[Comment]string
}

// Comment names the object of a pg_description row.
type Comment struct {
	Object  OID
	Class   OID
	Ordinal int32
}

// builtins decodes the embedded catalog once.
var builtins = sync.OnceValue(decode)

// Builtins is PostgreSQL 16's own catalog.
func Builtins() *Data { return builtins() }

func decode() *Data {
	d := &Data{
		operatorClasses: sync.OnceValue(decodeOperatorClasses),
		collations:      sync.OnceValue(decodeCollations),
		settings:        sync.OnceValue(decodeSettings),
		zoneAbbrevs:     sync.OnceValue(decodeZoneAbbrevs),
		comments:        sync.OnceValue(decodeComments),
	}
	d.decodeNames()
	var wait sync.WaitGroup
	wait.Go(d.decodeTypes)
	wait.Go(d.decodeOperators)
	wait.Go(d.decodeCasts)
	wait.Go(d.decodeAggregates)
	d.decodeProcs()
	wait.Wait()
	return d
}

// Type is the type with the OID, or nil.
func (d *Data) Type(oid OID) *TypeInfo { return d.types[oid] }

// Types are all types in the order of their OIDs; not to be changed.
func (d *Data) Types() []*TypeInfo { return d.typeList }

// TypeByName finds a type in a schema, or nil.
func (d *Data) TypeByName(schema, name string) *TypeInfo {
	for _, t := range d.typeNames[name] {
		if d.schemas[t.Namespace] == schema {
			return t
		}
	}
	return nil
}

// Proc is the function with the OID, or nil.
func (d *Data) Proc(oid OID) *Proc { return d.procs[oid] }

// Procs are all functions in the order of their OIDs; not to be changed.
func (d *Data) Procs() []*Proc { return d.procList }

// ProcsByName are the functions of that name in every schema; not to be changed.
func (d *Data) ProcsByName(name string) []*Proc { return d.procNames[name] }

// Operator is the operator with the OID, or nil.
func (d *Data) Operator(oid OID) *Operator { return d.operators[oid] }

// Operators are all operators in the order of their OIDs; not to be changed.
func (d *Data) Operators() []*Operator { return d.operatorList }

// OperatorsByName are the operators of that name, infix and prefix; not to be changed.
func (d *Data) OperatorsByName(name string) []*Operator { return d.operatorNames[name] }

// OperatorByTypes finds the operator of exactly these operand types, or nil. A prefix operator has left 0.
func (d *Data) OperatorByTypes(name string, left, right OID) *Operator {
	for _, o := range d.operatorNames[name] {
		if o.Left == left && o.Right == right {
			return o
		}
	}
	return nil
}

// Cast is the pg_cast row from source to target, or nil.
func (d *Data) Cast(source, target OID) *Cast { return d.casts[[2]OID{source, target}] }

// Casts are all rows of pg_cast in the order of their OIDs; not to be changed.
func (d *Data) Casts() []*Cast { return d.castList }

// Aggregate is the pg_aggregate row of a function, or nil.
func (d *Data) Aggregate(proc OID) *Aggregate { return d.aggregates[proc] }

// Collations are the collations that exist.
func (d *Data) Collations() []*Collation { return d.collations() }

// Settings are PostgreSQL's configuration parameters by name, without values of a session.
func (d *Data) Settings() []*Setting { return d.settings() }

// ZoneAbbrevs are PostgreSQL's default time zone abbreviations.
func (d *Data) ZoneAbbrevs() []*ZoneAbbrev { return d.zoneAbbrevs() }

// Comment is the description of a built-in object, or "".
func (d *Data) Comment(c Comment) string { return d.comments()[c] }

// OpClasses are all operator classes in the order of their OIDs; not to be changed.
func (d *Data) OpClasses() []*OpClass { return d.operatorClasses().classes }

// OpFamilies are all operator families in the order of their OIDs; not to be changed.
func (d *Data) OpFamilies() []*OpFamily { return d.operatorClasses().families }

// AccessOperators are the operators of operator families; not to be changed.
func (d *Data) AccessOperators() []*AccessOperator { return d.operatorClasses().operators }

// AccessProcs are the support functions of operator families; not to be changed.
func (d *Data) AccessProcs() []*AccessProc { return d.operatorClasses().procs }

// compareComments orders them by class, object, ordinal.
func compareComments(a, b Comment) int {
	switch {
	case a.Class != b.Class:
		return int(int64(a.Class) - int64(b.Class))
	case a.Object != b.Object:
		return int(int64(a.Object) - int64(b.Object))
	}
	return int(a.Ordinal - b.Ordinal)
}
