package catalog

// Proc is a function, procedure, aggregate or window function: a row of pg_proc.
type Proc struct {
	OID           OID
	Name          string
	Namespace     OID
	Owner         OID
	Language      OID
	Cost          float32
	Rows          float32
	Variadic      OID // element type of the variadic parameter, 0 when there is none, AnyOID for VARIADIC "any"
	Support       OID
	Kind          byte // f function, a aggregate, w window function, p procedure
	SecDef        bool
	LeakProof     bool
	Strict        bool
	ReturnsSet    bool
	Volatile      byte // i immutable, s stable, v volatile
	Parallel      byte // s safe, r restricted, u unsafe
	Defaults      int  // how many of the last input parameters have a default
	ReturnType    OID
	ArgTypes      []OID    // input parameters only
	AllArgTypes   []OID    // with output parameters; nil when there are none
	ArgModes      string   // one of i o b v t for each of AllArgTypes; "" when all are i
	ArgNames      []string // for each of AllArgTypes (or ArgTypes); nil when none has a name
	DefaultExprs  []string // SQL text of the last Defaults parameters' defaults
	Source        string   // the C function of a built-in one; the body of an SQL function
	Binary        string
	SQLBody       bool // Source is an SQL-standard body (RETURN or BEGIN ATOMIC)
	Config        []string
	ACL           ACL
	TransformType []OID `json:",omitempty"`
}

// Operator is a row of pg_operator.
type Operator struct {
	OID        OID
	Name       string
	Namespace  OID
	Owner      OID
	Kind       byte // b infix, l prefix
	Left       OID  // 0 for a prefix operator
	Right      OID
	Result     OID
	Proc       OID // 0 for a shell operator
	Commutator OID
	Negator    OID
	CanMerge   bool
	CanHash    bool
	Restrict   OID // selectivity estimators
	Join       OID
}

// TypeInfo is a row of pg_type.
type TypeInfo struct {
	OID         OID
	Name        string
	Namespace   OID
	Owner       OID
	Len         int16
	ByVal       bool
	Kind        byte // b base, c composite, d domain, e enum, p pseudo, r range, m multirange
	Category    byte
	Preferred   bool
	Defined     bool
	Delim       byte
	Relation    OID // of a composite type
	Subscript   OID // subscripting handler
	Elem        OID // what subscripting yields
	Array       OID // the type of arrays of it, 0 when there is none
	Input       OID
	Output      OID
	Receive     OID
	Send        OID
	ModIn       OID
	ModOut      OID
	Analyze     OID
	Align       byte
	Storage     byte
	NotNull     bool
	BaseType    OID   // of a domain
	BaseMod     int32 // modifier of a domain's base type
	Dimensions  int
	Collation   OID
	Default     string // SQL text
	HasDefault  bool
	ACL         ACL
	Checks      []*Constraint `json:",omitempty"` // of a domain
	rangeOf     OID           // of a range or multirange type: its subtype
	multirange  OID           // of a range type: its multirange type
	rangeByMult OID           // of a multirange type: its range type
}

// IsTrueArray tells whether subscripting the type works as for int4[]: it is a varlena array type made for an element type.
func (t *TypeInfo) IsTrueArray() bool { return t.Elem != 0 && t.Subscript == arraySubscriptHandler }

// Subtype is the element type of a range or multirange type, else 0.
func (t *TypeInfo) Subtype() OID { return t.rangeOf }

// Multirange is the multirange type of a range type, else 0.
func (t *TypeInfo) Multirange() OID { return t.multirange }

// Range is the range type of a multirange type, else 0.
func (t *TypeInfo) Range() OID { return t.rangeByMult }

// Cast is a row of pg_cast.
type Cast struct {
	OID     OID
	Source  OID
	Target  OID
	Func    OID
	Context byte // e explicit, a also in assignment, i also implicitly
	Method  byte // f by function, i by text, b binary-compatible
}

// Aggregate is a row of pg_aggregate.
type Aggregate struct {
	Proc              OID
	Kind              byte // n normal, o ordered-set, h hypothetical-set
	DirectArgs        int
	Transition        OID
	Final             OID
	Combine           OID
	Serial            OID
	Deserial          OID
	MovingTransition  OID
	MovingInverse     OID
	MovingFinal       OID
	FinalExtra        bool
	MovingFinalExtra  bool
	FinalModify       byte // r read-only, s shareable, w read-write
	MovingFinalModify byte
	SortOperator      OID
	StateType         OID
	StateSpace        int
	MovingStateType   OID
	MovingStateSpace  int
	Initial           string
	HasInitial        bool
	MovingInitial     string
	HasMovingInitial  bool
}

// OpClass is a row of pg_opclass.
type OpClass struct {
	OID       OID
	Method    OID
	Name      string
	Namespace OID
	Owner     OID
	Family    OID
	Input     OID
	Default   bool
	Key       OID
}

// OpFamily is a row of pg_opfamily.
type OpFamily struct {
	OID       OID
	Method    OID
	Name      string
	Namespace OID
	Owner     OID
}

// AccessOperator is a row of pg_amop.
type AccessOperator struct {
	OID        OID
	Family     OID
	Left       OID
	Right      OID
	Strategy   int
	Purpose    byte // s search, o ordering
	Operator   OID
	Method     OID
	SortFamily OID
}

// AccessProc is a row of pg_amproc.
type AccessProc struct {
	OID    OID
	Family OID
	Left   OID
	Right  OID
	Number int
	Proc   OID
}

// Collation is a row of pg_collation.
type Collation struct {
	OID       OID
	Name      string
	Namespace OID
	Owner     OID
	Provider  byte
	Encoding  int
	Collate   string
	CType     string
}

// Setting is a configuration parameter as PostgreSQL describes it in pg_settings.
type Setting struct {
	Name       string
	Unit       string
	Category   string
	ShortDesc  string
	ExtraDesc  string
	Context    string // internal, postmaster, sighup, backend, superuser, user, …
	VarType    string // bool, integer, real, string, enum
	Min, Max   string
	EnumValues []string
	Default    string // built-in value
}

// ZoneAbbrev is a row of pg_timezone_abbrevs.
type ZoneAbbrev struct {
	Abbrev     string
	UTCOffset  string // an interval, such as -05:00:00
	IsDaylight bool
}
