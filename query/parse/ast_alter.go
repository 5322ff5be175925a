package parse

// RenameStmt is ALTER … RENAME TO. Tables and what belongs to them set
// Relation; SubName is the column, constraint, trigger, rule, policy,
// attribute or, for roles, databases, schemas and the like, the old name.
// Other objects set Object.
type RenameStmt struct {
	Loc
	Kind         ObjectType
	RelationKind ObjectType // of a column or an attribute: what has it
	Relation     *RangeVar
	Object       Node
	SubName      string
	NewName      string
	Behavior     Behavior
	MissingOK    bool
}

// AlterObjectSchemaStmt is ALTER … SET SCHEMA.
type AlterObjectSchemaStmt struct {
	Loc
	Kind      ObjectType
	Relation  *RangeVar
	Object    Node
	NewSchema string
	MissingOK bool
}

// AlterOwnerStmt is ALTER … OWNER TO for what is no relation.
type AlterOwnerStmt struct {
	Loc
	Kind     ObjectType
	Object   Node
	NewOwner *RoleSpec
}

// AlterObjectDependsStmt is ALTER … [NO] DEPENDS ON EXTENSION. For triggers
// Object is the trigger's name.
type AlterObjectDependsStmt struct {
	Loc
	Kind      ObjectType
	Relation  *RangeVar
	Object    Node
	Extension string
	Remove    bool
}

// AlterTableMoveAllStmt is ALTER TABLE ALL IN TABLESPACE ….
type AlterTableMoveAllStmt struct {
	Loc
	Kind     ObjectType
	From, To string
	OwnedBy  []*RoleSpec
	NoWait   bool
}

// AlterSeqStmt is ALTER SEQUENCE with options.
type AlterSeqStmt struct {
	Loc
	Sequence  *RangeVar
	Options   []*DefElem
	MissingOK bool
}

// AlterDomainKind is what AlterDomainStmt does.
type AlterDomainKind uint8

const (
	AlterDomainDefault AlterDomainKind = iota // Def, nil for DROP DEFAULT
	AlterDomainDropNotNull
	AlterDomainSetNotNull
	AlterDomainAddConstraint  // Constraint
	AlterDomainDropConstraint // Name, Behavior, MissingOK
	AlterDomainValidate       // Name
)

// AlterDomainStmt is ALTER DOMAIN.
type AlterDomainStmt struct {
	Loc
	Kind       AlterDomainKind
	Domain     []string
	Def        Expr
	Constraint *Constraint
	Name       string
	Behavior   Behavior
	MissingOK  bool
}

// AlterEnumStmt is ALTER TYPE … ADD VALUE and RENAME VALUE. OldValue is set
// for the latter.
type AlterEnumStmt struct {
	Loc
	Type        []string
	OldValue    string
	Rename      bool
	NewValue    string
	Neighbor    string
	HasNeighbor bool
	After       bool
	IfNotExists bool
}

// AlterTypeStmt is ALTER TYPE … SET (…).
type AlterTypeStmt struct {
	Loc
	Type    []string
	Options []*DefElem
}

// AlterFunctionStmt is ALTER FUNCTION, PROCEDURE or ROUTINE with options.
type AlterFunctionStmt struct {
	Loc
	Kind    ObjectType
	Func    *ObjectWithArgs
	Actions []*DefElem
}

// AlterOperatorStmt is ALTER OPERATOR … SET (…).
type AlterOperatorStmt struct {
	Loc
	Operator *ObjectWithArgs
	Options  []*DefElem
}

// AlterCollationStmt is ALTER COLLATION … REFRESH VERSION.
type AlterCollationStmt struct {
	Loc
	Collation []string
}

// AlterDatabaseStmt is ALTER DATABASE with options.
type AlterDatabaseStmt struct {
	Loc
	Name    string
	Options []*DefElem
}

// AlterDatabaseRefreshCollStmt is ALTER DATABASE … REFRESH COLLATION VERSION.
type AlterDatabaseRefreshCollStmt struct {
	Loc
	Name string
}

// AlterDatabaseSetStmt is ALTER DATABASE … SET and RESET.
type AlterDatabaseSetStmt struct {
	Loc
	Name string
	Set  *VariableSetStmt
}

// AlterSystemStmt is ALTER SYSTEM.
type AlterSystemStmt struct {
	Loc
	Set *VariableSetStmt
}

// AlterTableSpaceOptionsStmt is ALTER TABLESPACE … SET and RESET.
type AlterTableSpaceOptionsStmt struct {
	Loc
	Name    string
	Options []*DefElem
	IsReset bool
}

// AlterExtensionStmt is ALTER EXTENSION … UPDATE.
type AlterExtensionStmt struct {
	Loc
	Name    string
	Options []*DefElem
}

// AlterExtensionContentsStmt is ALTER EXTENSION … ADD and DROP.
type AlterExtensionContentsStmt struct {
	Loc
	Name   string
	Drop   bool
	Kind   ObjectType
	Object Node
}

// AlterFdwStmt is ALTER FOREIGN DATA WRAPPER.
type AlterFdwStmt struct {
	Loc
	Name        string
	FuncOptions []*DefElem
	Options     []*DefElem
}

// AlterForeignServerStmt is ALTER SERVER.
type AlterForeignServerStmt struct {
	Loc
	Name       string
	Version    *StringConst
	HasVersion bool // VERSION was given; NULL is a nil Version
	Options    []*DefElem
}

// AlterUserMappingStmt is ALTER USER MAPPING.
type AlterUserMappingStmt struct {
	Loc
	User    *RoleSpec
	Server  string
	Options []*DefElem
}

// AlterPolicyStmt is ALTER POLICY.
type AlterPolicyStmt struct {
	Loc
	Name      string
	Table     *RangeVar
	Roles     []*RoleSpec
	Using     Expr
	WithCheck Expr
}

// AlterEventTrigStmt is ALTER EVENT TRIGGER; Enabled is 'O', 'R', 'A' or 'D'.
type AlterEventTrigStmt struct {
	Loc
	Name    string
	Enabled byte
}

// AlterOpFamilyStmt is ALTER OPERATOR FAMILY … ADD and DROP.
type AlterOpFamilyStmt struct {
	Loc
	Name         []string
	AccessMethod string
	IsDrop       bool
	Items        []*OpClassItem
}

// AlterStatsStmt is ALTER STATISTICS … SET STATISTICS.
type AlterStatsStmt struct {
	Loc
	Name      []string
	Target    int
	MissingOK bool
}

// PublicationAction is how the objects of ALTER PUBLICATION are meant.
type PublicationAction uint8

const (
	PublicationOptions PublicationAction = iota
	PublicationAdd
	PublicationSet
	PublicationDrop
)

// AlterPublicationStmt is ALTER PUBLICATION.
type AlterPublicationStmt struct {
	Loc
	Name    string
	Action  PublicationAction
	Objects []*PublicationObject
	Options []*DefElem
}

// SubscriptionAction is what ALTER SUBSCRIPTION does.
type SubscriptionAction uint8

const (
	SubscriptionOptions SubscriptionAction = iota
	SubscriptionConnection
	SubscriptionRefresh
	SubscriptionAddPublication
	SubscriptionDropPublication
	SubscriptionSetPublication
	SubscriptionEnable
	SubscriptionDisable
	SubscriptionSkip
)

// AlterSubscriptionStmt is ALTER SUBSCRIPTION.
type AlterSubscriptionStmt struct {
	Loc
	Name         string
	Action       SubscriptionAction
	Connection   string
	Publications []string
	Options      []*DefElem
}

// AlterTSDictionaryStmt is ALTER TEXT SEARCH DICTIONARY.
type AlterTSDictionaryStmt struct {
	Loc
	Dictionary []string
	Options    []*DefElem
}

// TSMappingAction is what ALTER TEXT SEARCH CONFIGURATION does.
type TSMappingAction uint8

const (
	TSAddMapping TSMappingAction = iota
	TSAlterMapping
	TSReplaceDict
	TSReplaceDictForToken
	TSDropMapping
)

// AlterTSConfigurationStmt is ALTER TEXT SEARCH CONFIGURATION … MAPPING.
type AlterTSConfigurationStmt struct {
	Loc
	Action        TSMappingAction
	Configuration []string
	Tokens        []string
	Dictionaries  []*ObjectName
	MissingOK     bool
}
