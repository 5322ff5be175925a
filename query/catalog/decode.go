package catalog

// The decoders below read one embedded relation each. Every one states the columns it expects, so that a regenerated file of another shape
// fails at once and by name.

// decodeNames reads the few rows that others refer to by name.
func (d *Data) decodeNames() {
	d.roles, d.schemas = map[string]OID{"": 0, "admin": AdminOID}, map[OID]string{PublicOID: "public", SysOID: "sys"}
	for r := openRows("pg_authid"); r.next(); {
		oid := r.oid()
		d.roles[r.str()] = oid
	}
	for r := openRows("pg_namespace"); r.next(); {
		oid := r.oid()
		d.schemas[oid] = r.str()
	}
}

func (d *Data) decodeTypes() {
	r := openRows("pg_type").expect("oid typname typnamespace typowner typlen typbyval typtype typcategory typispreferred typisdefined typdelim " +
		"typrelid typsubscript typelem typarray typinput typoutput typreceive typsend typmodin typmodout typanalyze typalign typstorage " +
		"typnotnull typbasetype typtypmod typndims typcollation typdefaultbin typdefault typacl")
	n := r.count()
	all := make([]TypeInfo, n)
	d.types, d.typeNames, d.typeList = make(map[OID]*TypeInfo, n), make(map[string][]*TypeInfo, n), make([]*TypeInfo, n)
	for i := 0; r.next(); i++ {
		t := &all[i]
		t.OID, t.Name, t.Namespace, t.Owner = r.oid(), r.str(), r.oid(), r.oid()
		t.Len, t.ByVal, t.Kind, t.Category, t.Preferred, t.Defined, t.Delim = int16(r.int()), r.bool(), r.byte(), r.byte(), r.bool(), r.bool(), r.byte()
		t.Relation, t.Subscript, t.Elem, t.Array = r.oid(), r.oid(), r.oid(), r.oid()
		t.Input, t.Output, t.Receive, t.Send, t.ModIn, t.ModOut, t.Analyze = r.oid(), r.oid(), r.oid(), r.oid(), r.oid(), r.oid(), r.oid()
		t.Align, t.Storage, t.NotNull, t.BaseType, t.BaseMod, t.Dimensions = r.byte(), r.byte(), r.bool(), r.oid(), int32(r.int()), r.int()
		t.Collation = r.oid()
		r.skip(1)
		t.Default, t.HasDefault = r.field()
		t.ACL = parseACL(r.strings(), d.roles)
		d.types[t.OID], d.typeList[i] = t, t
		d.typeNames[t.Name] = append(d.typeNames[t.Name], t)
	}
	ranges := openRows("pg_range").expect("rngtypid rngsubtype rngmultitypid rngcollation rngsubopc rngcanonical rngsubdiff")
	for ranges.next() {
		rng, subtype, multi := d.types[ranges.oid()], ranges.oid(), d.types[ranges.oid()]
		rng.rangeOf, rng.multirange = subtype, multi.OID
		multi.rangeOf, multi.rangeByMult = subtype, rng.OID
	}
}

func (d *Data) decodeProcs() {
	r := openRows("pg_proc").expect("oid proname pronamespace proowner prolang procost prorows provariadic prosupport prokind prosecdef proleakproof " +
		"proisstrict proretset provolatile proparallel pronargs pronargdefaults prorettype proargtypes proallargtypes proargmodes proargnames " +
		"proargdefaults protrftypes prosrc probin prosqlbody proconfig proacl")
	n := r.count()
	all := make([]Proc, n, n+len(sysProcs))
	for i := 0; r.next(); i++ {
		p := &all[i]
		p.OID, p.Name, p.Namespace, p.Owner, p.Language = r.oid(), r.str(), r.oid(), r.oid(), r.oid()
		p.Cost, p.Rows, p.Variadic, p.Support, p.Kind = float32(r.float()), float32(r.float()), r.oid(), r.oid(), r.byte()
		p.SecDef, p.LeakProof, p.Strict, p.ReturnsSet, p.Volatile, p.Parallel = r.bool(), r.bool(), r.bool(), r.bool(), r.byte(), r.byte()
		r.skip(1)
		p.Defaults, p.ReturnType, p.ArgTypes, p.AllArgTypes, p.ArgModes = r.int(), r.oid(), r.oids(), r.oids(), joinModes(r.str())
		p.ArgNames, p.DefaultExprs = r.strings(), r.strings()
		r.skip(1)
		p.Source, p.Binary = r.str(), r.str()
		r.skip(1)
		p.Config, p.ACL = r.strings(), parseACL(r.strings(), d.roles)
	}
	for _, p := range sysProcs {
		all = append(all, sysProc(p))
	}
	d.procs, d.procNames, d.procList = make(map[OID]*Proc, len(all)), make(map[string][]*Proc, len(all)), make([]*Proc, len(all))
	for i := range all {
		p := &all[i]
		d.procs[p.OID], d.procList[i] = p, p
		d.procNames[p.Name] = append(d.procNames[p.Name], p)
	}
}

// joinModes turns "{i,o}" into "io".
func joinModes(s string) string {
	b := make([]byte, 0, len(s)/2)
	for i := 1; i < len(s); i += 2 {
		b = append(b, s[i])
	}
	return string(b)
}

func (d *Data) decodeOperators() {
	r := openRows("pg_operator").expect("oid oprname oprnamespace oprowner oprkind oprcanmerge oprcanhash oprleft oprright oprresult oprcom oprnegate " +
		"oprcode oprrest oprjoin")
	n := r.count()
	all := make([]Operator, n)
	d.operators, d.operatorNames, d.operatorList = make(map[OID]*Operator, n), make(map[string][]*Operator), make([]*Operator, n)
	for i := 0; r.next(); i++ {
		o := &all[i]
		o.OID, o.Name, o.Namespace, o.Owner, o.Kind, o.CanMerge, o.CanHash = r.oid(), r.str(), r.oid(), r.oid(), r.byte(), r.bool(), r.bool()
		o.Left, o.Right, o.Result, o.Commutator, o.Negator = r.oid(), r.oid(), r.oid(), r.oid(), r.oid()
		o.Proc, o.Restrict, o.Join = r.oid(), r.oid(), r.oid()
		d.operators[o.OID], d.operatorList[i] = o, o
		d.operatorNames[o.Name] = append(d.operatorNames[o.Name], o)
	}
}

func (d *Data) decodeCasts() {
	r := openRows("pg_cast").expect("oid castsource casttarget castfunc castcontext castmethod")
	n := r.count()
	all := make([]Cast, n)
	d.casts, d.castList = make(map[[2]OID]*Cast, n), make([]*Cast, n)
	for i := 0; r.next(); i++ {
		all[i] = Cast{OID: r.oid(), Source: r.oid(), Target: r.oid(), Func: r.oid(), Context: r.byte(), Method: r.byte()}
		d.casts[[2]OID{all[i].Source, all[i].Target}], d.castList[i] = &all[i], &all[i]
	}
}

func (d *Data) decodeAggregates() {
	r := openRows("pg_aggregate").expect("aggfnoid aggkind aggnumdirectargs aggtransfn aggfinalfn aggcombinefn aggserialfn aggdeserialfn aggmtransfn " +
		"aggminvtransfn aggmfinalfn aggfinalextra aggmfinalextra aggfinalmodify aggmfinalmodify aggsortop aggtranstype aggtransspace " +
		"aggmtranstype aggmtransspace agginitval aggminitval")
	n := r.count()
	all := make([]Aggregate, n)
	d.aggregates = make(map[OID]*Aggregate, n)
	for i := 0; r.next(); i++ {
		a := &all[i]
		a.Proc, a.Kind, a.DirectArgs, a.Transition, a.Final, a.Combine = r.oid(), r.byte(), r.int(), r.oid(), r.oid(), r.oid()
		a.Serial, a.Deserial, a.MovingTransition, a.MovingInverse, a.MovingFinal = r.oid(), r.oid(), r.oid(), r.oid(), r.oid()
		a.FinalExtra, a.MovingFinalExtra, a.FinalModify, a.MovingFinalModify = r.bool(), r.bool(), r.byte(), r.byte()
		a.SortOperator, a.StateType, a.StateSpace, a.MovingStateType, a.MovingStateSpace = r.oid(), r.oid(), r.int(), r.oid(), r.int()
		a.Initial, a.HasInitial = r.field()
		a.MovingInitial, a.HasMovingInitial = r.field()
		d.aggregates[a.Proc] = a
	}
}

// operatorClasses is what indexes and comparisons need to know of operators.
type operatorClasses struct {
	classes   []*OpClass
	families  []*OpFamily
	operators []*AccessOperator
	procs     []*AccessProc

	family     map[OID]*OpFamily
	class      map[OID]*OpClass
	defaults   map[[2]OID]*OpClass // by method and input type
	byOperator map[OID][]*AccessOperator
	byFamily   map[OID][]*AccessOperator
	procsOf    map[OID][]*AccessProc
}

func decodeOperatorClasses() *operatorClasses {
	c := &operatorClasses{family: map[OID]*OpFamily{}, class: map[OID]*OpClass{}, defaults: map[[2]OID]*OpClass{}, byOperator: map[OID][]*AccessOperator{},
		byFamily: map[OID][]*AccessOperator{}, procsOf: map[OID][]*AccessProc{}}
	for r := openRows("pg_opclass").expect("oid opcmethod opcname opcnamespace opcowner opcfamily opcintype opcdefault opckeytype"); r.next(); {
		class := &OpClass{OID: r.oid(), Method: r.oid(), Name: r.str(), Namespace: r.oid(), Owner: r.oid(), Family: r.oid(), Input: r.oid(),
			Default: r.bool(), Key: r.oid()}
		c.classes, c.class[class.OID] = append(c.classes, class), class
		if class.Default {
			c.defaults[[2]OID{class.Method, class.Input}] = class
		}
	}
	for r := openRows("pg_opfamily").expect("oid opfmethod opfname opfnamespace opfowner"); r.next(); {
		f := &OpFamily{OID: r.oid(), Method: r.oid(), Name: r.str(), Namespace: r.oid(), Owner: r.oid()}
		c.families, c.family[f.OID] = append(c.families, f), f
	}
	for r := openRows("pg_amop").expect("oid amopfamily amoplefttype amoprighttype amopstrategy amoppurpose amopopr amopmethod amopsortfamily"); r.next(); {
		o := &AccessOperator{OID: r.oid(), Family: r.oid(), Left: r.oid(), Right: r.oid(), Strategy: r.int(), Purpose: r.byte(), Operator: r.oid(),
			Method: r.oid(), SortFamily: r.oid()}
		c.operators = append(c.operators, o)
		c.byOperator[o.Operator] = append(c.byOperator[o.Operator], o)
		c.byFamily[o.Family] = append(c.byFamily[o.Family], o)
	}
	for r := openRows("pg_amproc").expect("oid amprocfamily amproclefttype amprocrighttype amprocnum amproc"); r.next(); {
		p := &AccessProc{OID: r.oid(), Family: r.oid(), Left: r.oid(), Right: r.oid(), Number: r.int(), Proc: r.oid()}
		c.procs = append(c.procs, p)
		c.procsOf[p.Family] = append(c.procsOf[p.Family], p)
	}
	return c
}

func decodeCollations() (list []*Collation) {
	r := openRows("pg_collation").expect("oid collname collnamespace collowner collprovider collisdeterministic collencoding collcollate collctype " +
		"colliculocale collicurules collversion")
	for r.next() {
		c := &Collation{OID: r.oid(), Name: r.str(), Namespace: r.oid(), Owner: r.oid(), Provider: r.byte()}
		r.skip(1)
		c.Encoding, c.Collate, c.CType = r.int(), r.str(), r.str()
		list = append(list, c)
	}
	return list
}

func decodeSettings() (list []*Setting) {
	r := openRows("pg_settings").expect("name setting unit category short_desc extra_desc context vartype source min_val max_val enumvals boot_val " +
		"reset_val sourcefile sourceline pending_restart")
	for r.next() {
		s := &Setting{Name: r.str()}
		r.skip(1)
		s.Unit, s.Category, s.ShortDesc, s.ExtraDesc, s.Context, s.VarType = r.str(), r.str(), r.str(), r.str(), r.str(), r.str()
		r.skip(1)
		s.Min, s.Max, s.EnumValues, s.Default = r.str(), r.str(), r.strings(), r.str()
		list = append(list, s)
	}
	return list
}

func decodeZoneAbbrevs() (list []*ZoneAbbrev) {
	for r := openRows("pg_timezone_abbrevs").expect("abbrev utc_offset is_dst"); r.next(); {
		list = append(list, &ZoneAbbrev{Abbrev: r.str(), UTCOffset: r.str(), IsDaylight: r.bool()})
	}
	return list
}

func decodeComments() map[Comment]string {
	comments := map[Comment]string{}
	for r := openRows("pg_description").expect("objoid classoid objsubid description"); r.next(); {
		object, class, ordinal := r.oid(), r.oid(), r.int()
		comments[Comment{Object: object, Class: class, Ordinal: int32(ordinal)}] = r.str()
	}
	return comments
}
