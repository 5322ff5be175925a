package parse

// ObjectType is a kind of object DROP, COMMENT, GRANT, RENAME and others name.
type ObjectType uint8

const (
	ObjectAccessMethod ObjectType = iota
	ObjectAggregate
	ObjectAttribute
	ObjectCast
	ObjectColumn
	ObjectCollation
	ObjectConversion
	ObjectDatabase
	ObjectDefault
	ObjectDomain
	ObjectDomainConstraint
	ObjectEventTrigger
	ObjectExtension
	ObjectForeignDataWrapper
	ObjectForeignServer
	ObjectForeignTable
	ObjectFunction
	ObjectIndex
	ObjectLanguage
	ObjectLargeObject
	ObjectMaterializedView
	ObjectOpClass
	ObjectOperator
	ObjectOpFamily
	ObjectParameter
	ObjectPolicy
	ObjectProcedure
	ObjectPublication
	ObjectRole
	ObjectRoutine
	ObjectRule
	ObjectSchema
	ObjectSequence
	ObjectStatistics
	ObjectSubscription
	ObjectTable
	ObjectTableConstraint
	ObjectTablespace
	ObjectTransform
	ObjectTrigger
	ObjectTSConfiguration
	ObjectTSDictionary
	ObjectTSParser
	ObjectTSTemplate
	ObjectTypeType // TYPE
	ObjectView
)

var objectTypeWords = [...]string{
	ObjectAccessMethod:       "ACCESS METHOD",
	ObjectAggregate:          "AGGREGATE",
	ObjectAttribute:          "ATTRIBUTE",
	ObjectCast:               "CAST",
	ObjectColumn:             "COLUMN",
	ObjectCollation:          "COLLATION",
	ObjectConversion:         "CONVERSION",
	ObjectDatabase:           "DATABASE",
	ObjectDefault:            "DEFAULT",
	ObjectDomain:             "DOMAIN",
	ObjectDomainConstraint:   "CONSTRAINT",
	ObjectEventTrigger:       "EVENT TRIGGER",
	ObjectExtension:          "EXTENSION",
	ObjectForeignDataWrapper: "FOREIGN DATA WRAPPER",
	ObjectForeignServer:      "SERVER",
	ObjectForeignTable:       "FOREIGN TABLE",
	ObjectFunction:           "FUNCTION",
	ObjectIndex:              "INDEX",
	ObjectLanguage:           "LANGUAGE",
	ObjectLargeObject:        "LARGE OBJECT",
	ObjectMaterializedView:   "MATERIALIZED VIEW",
	ObjectOpClass:            "OPERATOR CLASS",
	ObjectOperator:           "OPERATOR",
	ObjectOpFamily:           "OPERATOR FAMILY",
	ObjectParameter:          "PARAMETER",
	ObjectPolicy:             "POLICY",
	ObjectProcedure:          "PROCEDURE",
	ObjectPublication:        "PUBLICATION",
	ObjectRole:               "ROLE",
	ObjectRoutine:            "ROUTINE",
	ObjectRule:               "RULE",
	ObjectSchema:             "SCHEMA",
	ObjectSequence:           "SEQUENCE",
	ObjectStatistics:         "STATISTICS",
	ObjectSubscription:       "SUBSCRIPTION",
	ObjectTable:              "TABLE",
	ObjectTableConstraint:    "CONSTRAINT",
	ObjectTablespace:         "TABLESPACE",
	ObjectTransform:          "TRANSFORM",
	ObjectTrigger:            "TRIGGER",
	ObjectTSConfiguration:    "TEXT SEARCH CONFIGURATION",
	ObjectTSDictionary:       "TEXT SEARCH DICTIONARY",
	ObjectTSParser:           "TEXT SEARCH PARSER",
	ObjectTSTemplate:         "TEXT SEARCH TEMPLATE",
	ObjectTypeType:           "TYPE",
	ObjectView:               "VIEW",
}

// String is the kind in SQL's words, upper case.
func (t ObjectType) String() string { return objectTypeWords[t] }

// DropStmt is DROP of most kinds of objects. Objects are ObjectName, TypeName
// (types, domains), ObjectWithArgs (functions, operators and the like),
// CastName or TransformName. For policies, rules and triggers the last part of
// the name is the object's own and the parts before it are the table's.
type DropStmt struct {
	Loc
	Kind       ObjectType
	Objects    []Node
	Behavior   Behavior
	MissingOK  bool
	Concurrent bool
}

// ObjectWithArgs names a function, an aggregate or an operator. NoArgs tells
// "f" from "f()". An operator's missing operand is a nil type.
type ObjectWithArgs struct {
	Loc
	Name   []string
	Args   []*TypeName
	Params []*FunctionParameter // as written, for functions and aggregates
	NoArgs bool
	// OrderedArgs is the number of direct arguments of an aggregate written
	// with ORDER BY, else -1; Star is f(*).
	OrderedArgs int
	Star        bool
}

// CastName names a cast.
type CastName struct {
	Loc
	Source, Target *TypeName
}

// TransformName names a transform.
type TransformName struct {
	Loc
	Type     *TypeName
	Language string
}

// ParameterMode is that of a function's parameter.
type ParameterMode uint8

const (
	ParamDefault ParameterMode = iota
	ParamIn
	ParamOut
	ParamInOut
	ParamVariadic
	ParamTable
)

// FunctionParameter is a parameter of a function; for RETURNS TABLE, a column.
type FunctionParameter struct {
	Loc
	Name    string
	Mode    ParameterMode
	Type    *TypeName
	Default Expr
}

// CreateSchemaStmt is CREATE SCHEMA; Name is empty when only AUTHORIZATION
// was given.
type CreateSchemaStmt struct {
	Loc
	Name        string
	Authid      *RoleSpec
	Elements    []Statement
	IfNotExists bool
}

// GrantTarget says how the objects of GRANT were named.
type GrantTarget uint8

const (
	GrantOnObjects     GrantTarget = iota
	GrantOnAllInSchema             // ALL TABLES IN SCHEMA …: Objects are the schemas
	GrantOnDefaults                // inside ALTER DEFAULT PRIVILEGES
)

// GrantStmt is GRANT or REVOKE of privileges on objects. Objects are RangeVar
// (tables, sequences), ObjectName, TypeName, ObjectWithArgs, IntegerConst or
// FloatConst (large objects).
type GrantStmt struct {
	Loc
	IsGrant     bool
	Target      GrantTarget
	Kind        ObjectType
	Objects     []Node
	Privileges  []*AccessPriv // nil: ALL
	Grantees    []*RoleSpec
	GrantOption bool // WITH GRANT OPTION, or REVOKE GRANT OPTION FOR
	GrantedBy   *RoleSpec
	Behavior    Behavior
}

// AccessPriv is a privilege with its columns, or a role being granted. An
// empty name is ALL (columns).
type AccessPriv struct {
	Loc
	Name    string
	Columns []string
}

// GrantRoleStmt is GRANT or REVOKE of roles.
type GrantRoleStmt struct {
	Loc
	IsGrant   bool
	Roles     []*AccessPriv
	Grantees  []*RoleSpec
	Options   []*DefElem // admin, inherit, set: BoolConst
	GrantedBy *RoleSpec
	Behavior  Behavior
}

// AwsIamGrantStmt is AWS IAM GRANT role TO 'arn' or AWS IAM REVOKE role FROM
// 'arn'.
type AwsIamGrantStmt struct {
	Loc
	IsGrant bool
	Role    *RoleSpec
	ARN     string
	ARNLoc  Loc
}

// AlterDefaultPrivilegesStmt is ALTER DEFAULT PRIVILEGES.
type AlterDefaultPrivilegesStmt struct {
	Loc
	Options []*DefElem // schemas, roles
	Action  *GrantStmt
}

// RoleStmtKind is the word CREATE ROLE was written with.
type RoleStmtKind uint8

const (
	RoleStmtRole RoleStmtKind = iota
	RoleStmtUser
	RoleStmtGroup
)

// CreateRoleStmt is CREATE ROLE, USER or GROUP. Options are named as in
// PostgreSQL: password, superuser, inherit, createrole, createdb,
// isreplication, canlogin, bypassrls (BoolConst), connectionlimit,
// validUntil, sysid, addroleto, rolemembers, adminmembers.
type CreateRoleStmt struct {
	Loc
	Kind    RoleStmtKind
	Role    string
	Options []*DefElem
}

// AlterRoleStmt is ALTER ROLE with options (then Action is +1), or ALTER GROUP
// … ADD or DROP USER (+1 or -1), the users being the option rolemembers.
type AlterRoleStmt struct {
	Loc
	Role    *RoleSpec
	Group   bool
	Options []*DefElem
	Action  int
}

// AlterRoleSetStmt is ALTER ROLE … SET; Role is nil for ALL.
type AlterRoleSetStmt struct {
	Loc
	Role     *RoleSpec
	Database string
	Set      *VariableSetStmt
}

// DropRoleStmt is DROP ROLE, USER or GROUP.
type DropRoleStmt struct {
	Loc
	Roles     []*RoleSpec
	MissingOK bool
}
