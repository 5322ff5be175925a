package parse

// TransactionKind is what a TransactionStmt does.
type TransactionKind uint8

const (
	TransactionBegin TransactionKind = iota
	TransactionStart
	TransactionCommit
	TransactionRollback
	TransactionSavepoint
	TransactionRelease
	TransactionRollbackTo
	TransactionPrepare
	TransactionCommitPrepared
	TransactionRollbackPrepared
)

// TransactionStmt is BEGIN, COMMIT and the like. Options are named
// transaction_isolation (StringConst), transaction_read_only and
// transaction_deferrable (IntegerConst 0 or 1).
type TransactionStmt struct {
	Loc
	Kind      TransactionKind
	Options   []*DefElem
	Savepoint string
	GID       string
	Chain     bool // AND CHAIN
}

// VariableSetKind is what a VariableSetStmt does.
type VariableSetKind uint8

const (
	VarSetValue VariableSetKind = iota
	VarSetDefault
	VarSetCurrent
	VarSetMulti // SET TRANSACTION, SESSION CHARACTERISTICS, TRANSACTION SNAPSHOT
	VarReset
	VarResetAll
)

// VariableSetStmt is SET and RESET. The special forms arrive under the name
// PostgreSQL gives them: TIME ZONE is timezone, NAMES is client_encoding,
// SCHEMA is search_path, ROLE is role, SESSION AUTHORIZATION is
// session_authorization, XML OPTION is xmloption; TRANSACTION, SESSION
// CHARACTERISTICS and TRANSACTION SNAPSHOT are VarSetMulti. Args are constants,
// an interval for TIME ZONE being a TypeCast, and DefElems for VarSetMulti.
type VariableSetStmt struct {
	Loc
	Kind    VariableSetKind
	Name    string
	Args    []Node
	IsLocal bool
}

// VariableShowStmt is SHOW; Name is "all" for SHOW ALL.
type VariableShowStmt struct {
	Loc
	Name string
}

// ExplainStmt is EXPLAIN; the old form's ANALYZE and VERBOSE are Options too.
type ExplainStmt struct {
	Loc
	Query   Statement
	Options []*DefElem
}

// CopyStmt is COPY. Relation or Query is set. Without Program, an empty
// Filename is STDIN or STDOUT.
type CopyStmt struct {
	Loc
	Relation *RangeVar
	Query    Statement
	Columns  []string
	IsFrom   bool
	Program  bool
	Filename string
	// HasFilename tells an empty file name from STDIN and STDOUT.
	HasFilename bool
	Options     []*DefElem
	Where       Expr
}

// PrepareStmt is PREPARE.
type PrepareStmt struct {
	Loc
	Name     string
	ArgTypes []*TypeName
	Query    Statement
}

// ExecuteStmt is EXECUTE.
type ExecuteStmt struct {
	Loc
	Name   string
	Params []Expr
}

// DeallocateStmt is DEALLOCATE; an empty Name is ALL.
type DeallocateStmt struct {
	Loc
	Name string
}

// VacuumStmt is VACUUM and, with IsAnalyze, ANALYZE.
type VacuumStmt struct {
	Loc
	IsAnalyze bool
	Options   []*DefElem
	Relations []*VacuumRelation
}

// VacuumRelation is a table of VACUUM or ANALYZE with its columns.
type VacuumRelation struct {
	Loc
	Relation *RangeVar
	Columns  []string
}

// CallStmt is CALL.
type CallStmt struct {
	Loc
	Call *FuncCall
}

// TruncateStmt is TRUNCATE.
type TruncateStmt struct {
	Loc
	Relations   []*RangeVar
	RestartSeqs bool
	Behavior    Behavior
}

// CreateTableAsStmt is CREATE TABLE AS and CREATE MATERIALIZED VIEW; Query is
// a SelectStmt or an ExecuteStmt.
type CreateTableAsStmt struct {
	Loc
	Kind        ObjectType // ObjectTable or ObjectMaterializedView
	Into        *IntoClause
	Query       Statement
	IfNotExists bool
}
