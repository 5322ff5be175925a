package catalog

// Proc is a function, procedure, aggregate or window function: a row of pg_proc.
type Proc struct {
	OID           OID      `json:",omitzero"`
	Name          string   `json:",omitzero"`
	Namespace     OID      `json:",omitzero"`
	Owner         OID      `json:",omitzero"`
	Language      OID      `json:",omitzero"`
	Cost          float32  `json:",omitzero"`
	Rows          float32  `json:",omitzero"`
	Variadic      OID      `json:",omitzero"` // element type of the variadic parameter, 0 when there is none, AnyOID for VARIADIC "any"
	Support       OID      `json:",omitzero"`
	Kind          byte     `json:",omitzero"` // f function, a aggregate, w window function, p procedure
	SecDef        bool     `json:",omitzero"`
	LeakProof     bool     `json:",omitzero"`
	Strict        bool     `json:",omitzero"`
	ReturnsSet    bool     `json:",omitzero"`
	Volatile      byte     `json:",omitzero"` // i immutable, s stable, v volatile
	Parallel      byte     `json:",omitzero"` // s safe, r restricted, u unsafe
	Defaults      int      `json:",omitzero"` // how many of the last input parameters have a default
	ReturnType    OID      `json:",omitzero"`
	ArgTypes      []OID    `json:",omitzero"` // input parameters only
	AllArgTypes   []OID    `json:",omitzero"` // with output parameters; nil when there are none
	ArgModes      string   `json:",omitzero"` // one of i o b v t for each of AllArgTypes; "" when all are i
	ArgNames      []string `json:",omitzero"` // for each of AllArgTypes (or ArgTypes); nil when none has a name
	DefaultExprs  []string `json:",omitzero"` // SQL text of the last Defaults parameters' defaults
	Source        string   `json:",omitzero"` // the C function of a built-in one; the body of an SQL function
	Binary        string   `json:",omitzero"`
	SQLBody       bool     `json:",omitzero"` // Source is an SQL-standard body (RETURN or BEGIN ATOMIC)
	Config        []string `json:",omitzero"`
	ACL           ACL      `json:",omitzero"`
	TransformType []OID    `json:",omitzero"`
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
	OID         OID           `json:",omitzero"`
	Name        string        `json:",omitzero"`
	Namespace   OID           `json:",omitzero"`
	Owner       OID           `json:",omitzero"`
	Len         int16         `json:",omitzero"`
	ByVal       bool          `json:",omitzero"`
	Kind        byte          `json:",omitzero"` // b base, c composite, d domain, e enum, p pseudo, r range, m multirange
	Category    byte          `json:",omitzero"`
	Preferred   bool          `json:",omitzero"`
	Defined     bool          `json:",omitzero"`
	Delim       byte          `json:",omitzero"`
	Relation    OID           `json:",omitzero"` // of a composite type
	Subscript   OID           `json:",omitzero"` // subscripting handler
	Elem        OID           `json:",omitzero"` // what subscripting yields
	ArrayName   string        `json:",omitzero"` // of a domain: the name of the type Array
	Array       OID           `json:",omitzero"` // the type of arrays of it, 0 when there is none
	Input       OID           `json:",omitzero"`
	Output      OID           `json:",omitzero"`
	Receive     OID           `json:",omitzero"`
	Send        OID           `json:",omitzero"`
	ModIn       OID           `json:",omitzero"`
	ModOut      OID           `json:",omitzero"`
	Analyze     OID           `json:",omitzero"`
	Align       byte          `json:",omitzero"`
	Storage     byte          `json:",omitzero"`
	NotNull     bool          `json:",omitzero"`
	BaseType    OID           `json:",omitzero"` // of a domain
	BaseMod     int32         `json:",omitzero"` // modifier of a domain's base type
	Dimensions  int           `json:",omitzero"`
	Collation   OID           `json:",omitzero"`
	Default     string        `json:",omitzero"` // SQL text
	HasDefault  bool          `json:",omitzero"`
	ACL         ACL           `json:",omitzero"`
	Checks      []*Constraint `json:",omitzero"` // of a domain
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
