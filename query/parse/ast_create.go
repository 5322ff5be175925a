package parse

// CheckOption is the WITH CHECK OPTION of a view.
type CheckOption uint8

const (
	CheckOptionNone CheckOption = iota
	CheckOptionLocal
	CheckOptionCascaded
)

// ViewStmt is CREATE VIEW. A recursive view arrives with the WITH RECURSIVE
// query it stands for.
type ViewStmt struct {
	Loc
	View        *RangeVar
	Columns     []string
	Query       *SelectStmt
	Replace     bool
	Options     []*DefElem
	CheckOption CheckOption
}

// RefreshMatViewStmt is REFRESH MATERIALIZED VIEW.
type RefreshMatViewStmt struct {
	Loc
	Relation   *RangeVar
	Concurrent bool
	NoData     bool
}

// CreateSeqStmt is CREATE SEQUENCE. Options are named as, cache, cycle,
// increment, maxvalue, minvalue (no value: NO MAXVALUE), owned_by,
// sequence_name, start, restart, logged, unlogged.
type CreateSeqStmt struct {
	Loc
	Sequence    *RangeVar
	Options     []*DefElem
	IfNotExists bool
}

// CreateDomainStmt is CREATE DOMAIN.
type CreateDomainStmt struct {
	Loc
	Name        []string
	Type        *TypeName
	Collate     *CollateClause
	Constraints []*Constraint
}

// CompositeTypeStmt is CREATE TYPE name AS (…).
type CompositeTypeStmt struct {
	Loc
	Type    *RangeVar
	Columns []*ColumnDef
}

// CreateEnumStmt is CREATE TYPE … AS ENUM.
type CreateEnumStmt struct {
	Loc
	Name   []string
	Values []string
}

// CreateRangeStmt is CREATE TYPE … AS RANGE.
type CreateRangeStmt struct {
	Loc
	Name    []string
	Options []*DefElem
}

// DefineStmt is CREATE AGGREGATE, OPERATOR, TYPE, COLLATION and TEXT SEARCH ….
type DefineStmt struct {
	Loc
	Kind        ObjectType
	OldStyle    bool // old style of CREATE AGGREGATE
	Name        []string
	Args        *ObjectWithArgs // of an aggregate
	Options     []*DefElem      // the option "from" for COLLATION … FROM
	IfNotExists bool
	Replace     bool
}

// CreateFunctionStmt is CREATE FUNCTION and CREATE PROCEDURE. RETURNS TABLE
// is given by parameters of mode ParamTable; ReturnType is nil then. Options
// are named as (a DefList of strings), language, transform, window, strict,
// volatility, security, leakproof, cost, rows, support, set, parallel.
type CreateFunctionStmt struct {
	Loc
	IsProcedure bool
	Replace     bool
	Name        []string
	Params      []*FunctionParameter
	ReturnType  *TypeName
	Options     []*DefElem
	Body        Statement // ReturnStmt, BlockStmt or nil
}

// ReturnStmt is RETURN expression as the body of a function.
type ReturnStmt struct {
	Loc
	Value Expr
}

// BlockStmt is BEGIN ATOMIC … END.
type BlockStmt struct {
	Loc
	Stmts []Statement
}

// DoStmt is DO.
type DoStmt struct {
	Loc
	Options []*DefElem // as, language
}

// CastContext says when a cast applies by itself.
type CastContext uint8

const (
	CastExplicit CastContext = iota
	CastAssignment
	CastImplicit
)

// CreateCastStmt is CREATE CAST.
type CreateCastStmt struct {
	Loc
	Source, Target *TypeName
	Func           *ObjectWithArgs
	Context        CastContext
	InOut          bool
}

// CreateTransformStmt is CREATE TRANSFORM.
type CreateTransformStmt struct {
	Loc
	Replace        bool
	Type           *TypeName
	Language       string
	FromSQL, ToSQL *ObjectWithArgs
}

// CreateConversionStmt is CREATE CONVERSION.
type CreateConversionStmt struct {
	Loc
	Name     []string
	From, To string
	Func     []string
	Default  bool
}

// CreatePLangStmt is CREATE LANGUAGE with a handler; without one it is a
// CreateExtensionStmt.
type CreatePLangStmt struct {
	Loc
	Replace   bool
	Trusted   bool
	Name      string
	Handler   []string
	Inline    []string
	Validator []string
}

// CreateTableSpaceStmt is CREATE TABLESPACE.
type CreateTableSpaceStmt struct {
	Loc
	Name     string
	Owner    *RoleSpec
	Location string
	Options  []*DefElem
}

// CreateExtensionStmt is CREATE EXTENSION. Options: schema, new_version,
// cascade. Replace is set for CREATE OR REPLACE LANGUAGE without a handler.
type CreateExtensionStmt struct {
	Loc
	Name        string
	IfNotExists bool
	Options     []*DefElem
}

// CreateFdwStmt is CREATE FOREIGN DATA WRAPPER.
type CreateFdwStmt struct {
	Loc
	Name        string
	FuncOptions []*DefElem // handler, validator
	Options     []*DefElem
}

// CreateForeignServerStmt is CREATE SERVER.
type CreateForeignServerStmt struct {
	Loc
	Name        string
	Type        *StringConst // nil when not given
	Version     *StringConst // nil when not given, or NULL
	Wrapper     string
	IfNotExists bool
	Options     []*DefElem
}

// ImportList is how IMPORT FOREIGN SCHEMA picks tables.
type ImportList uint8

const (
	ImportAll ImportList = iota
	ImportLimitTo
	ImportExcept
)

// ImportForeignSchemaStmt is IMPORT FOREIGN SCHEMA.
type ImportForeignSchemaStmt struct {
	Loc
	Server       string
	RemoteSchema string
	LocalSchema  string
	List         ImportList
	Tables       []*RangeVar
	Options      []*DefElem
}

// CreateUserMappingStmt is CREATE USER MAPPING.
type CreateUserMappingStmt struct {
	Loc
	User        *RoleSpec
	Server      string
	IfNotExists bool
	Options     []*DefElem
}

// CreatePolicyStmt is CREATE POLICY.
type CreatePolicyStmt struct {
	Loc
	Name       string
	Table      *RangeVar
	Permissive bool
	Command    string // all, select, insert, update, delete
	Roles      []*RoleSpec
	Using      Expr
	WithCheck  Expr
}

// CreateAmStmt is CREATE ACCESS METHOD; Type is 'i' or 't'.
type CreateAmStmt struct {
	Loc
	Name    string
	Type    byte
	Handler []string
}

// TriggerEvent is a set of events that fire a trigger.
type TriggerEvent uint8

const (
	TriggerInsert TriggerEvent = 1 << iota
	TriggerDelete
	TriggerUpdate
	TriggerTruncate
)

// TriggerTiming is when a trigger fires.
type TriggerTiming uint8

const (
	TriggerBefore TriggerTiming = iota
	TriggerAfter
	TriggerInsteadOf
)

// CreateTrigStmt is CREATE TRIGGER.
type CreateTrigStmt struct {
	Loc
	Replace           bool
	IsConstraint      bool
	Name              string
	Relation          *RangeVar
	Timing            TriggerTiming
	Events            TriggerEvent
	Columns           []string
	ForEachRow        bool
	Transitions       []*TriggerTransition
	When              Expr
	Func              []string
	Args              []string
	Deferrable        bool
	InitiallyDeferred bool
	From              *RangeVar
}

// TriggerTransition names a transition table or row.
type TriggerTransition struct {
	Loc
	Name    string
	IsNew   bool
	IsTable bool
}

// CreateEventTrigStmt is CREATE EVENT TRIGGER.
type CreateEventTrigStmt struct {
	Loc
	Name  string
	Event string
	When  []*DefElem // each with a DefList of strings
	Func  []string
}

// CreateStatsStmt is CREATE STATISTICS; Elems are columns and expressions.
type CreateStatsStmt struct {
	Loc
	Name        []string
	Kinds       []string
	Elems       []*StatsElem
	Relations   []TableRef
	IfNotExists bool
}

// StatsElem is a column or an expression of a statistics object.
type StatsElem struct {
	Loc
	Name string
	Expr Expr
}

// CreateOpClassStmt is CREATE OPERATOR CLASS.
type CreateOpClassStmt struct {
	Loc
	Name         []string
	Family       []string
	AccessMethod string
	Type         *TypeName
	Default      bool
	Items        []*OpClassItem
}

// OpClassItemKind is what an item of an operator class is.
type OpClassItemKind uint8

const (
	OpClassOperator OpClassItemKind = iota
	OpClassFunction
	OpClassStorage
)

// OpClassItem is an item of an operator class or family.
type OpClassItem struct {
	Loc
	Kind        OpClassItemKind
	Number      int
	Object      *ObjectWithArgs
	OrderFamily []string // FOR ORDER BY
	ClassArgs   []*TypeName
	StoredType  *TypeName
}

// CreateOpFamilyStmt is CREATE OPERATOR FAMILY.
type CreateOpFamilyStmt struct {
	Loc
	Name         []string
	AccessMethod string
}

// PublicationObjectKind is what a publication publishes.
type PublicationObjectKind uint8

const (
	PublicationTable PublicationObjectKind = iota
	PublicationSchema
	PublicationCurrentSchema
)

// PublicationObject is a table or a schema of a publication.
type PublicationObject struct {
	Loc
	Kind    PublicationObjectKind
	Schema  string
	Table   *RangeVar
	Columns []string
	Where   Expr
}

// CreatePublicationStmt is CREATE PUBLICATION.
type CreatePublicationStmt struct {
	Loc
	Name      string
	AllTables bool
	Objects   []*PublicationObject
	Options   []*DefElem
}

// CreateSubscriptionStmt is CREATE SUBSCRIPTION.
type CreateSubscriptionStmt struct {
	Loc
	Name         string
	Connection   string
	Publications []string
	Options      []*DefElem
}

// RuleEvent is the command a rule rewrites.
type RuleEvent uint8

const (
	RuleSelect RuleEvent = iota
	RuleUpdate
	RuleDelete
	RuleInsert
)

// RuleStmt is CREATE RULE; no Actions is NOTHING.
type RuleStmt struct {
	Loc
	Replace  bool
	Name     string
	Event    RuleEvent
	Relation *RangeVar
	Where    Expr
	Instead  bool
	Actions  []Statement
}

// CreatedbStmt is CREATE DATABASE.
type CreatedbStmt struct {
	Loc
	Name    string
	Options []*DefElem
}
