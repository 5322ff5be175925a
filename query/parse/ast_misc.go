package parse

// ConstraintsSetStmt is SET CONSTRAINTS; no Constraints is ALL.
type ConstraintsSetStmt struct {
	Loc
	Constraints []*RangeVar
	Deferred    bool
}

// CommentStmt is COMMENT ON; a nil Text is NULL. For constraints, policies,
// rules and triggers Object is an ObjectName that ends in the object's own
// name behind the table's or domain's.
type CommentStmt struct {
	Loc
	Kind   ObjectType
	Object Node
	Text   *StringConst
}

// SecLabelStmt is SECURITY LABEL; a nil Label is NULL.
type SecLabelStmt struct {
	Loc
	Provider *StringConst // nil when not given
	Kind     ObjectType
	Object   Node
	Label    *StringConst
}

// NotifyStmt is NOTIFY.
type NotifyStmt struct {
	Loc
	Channel    string
	Payload    string
	HasPayload bool
}

// ListenStmt is LISTEN.
type ListenStmt struct {
	Loc
	Channel string
}

// UnlistenStmt is UNLISTEN; an empty Channel is *.
type UnlistenStmt struct {
	Loc
	Channel string
}

// LoadStmt is LOAD.
type LoadStmt struct {
	Loc
	Filename string
}

// CheckPointStmt is CHECKPOINT.
type CheckPointStmt struct {
	Loc
}

// DiscardStmt is DISCARD; Target is all, plans, sequences or temp.
type DiscardStmt struct {
	Loc
	Target string
}

// ClusterStmt is CLUSTER.
type ClusterStmt struct {
	Loc
	Relation *RangeVar
	Index    string
	Options  []*DefElem
}

// ReindexKind is what REINDEX works on.
type ReindexKind uint8

const (
	ReindexIndex ReindexKind = iota
	ReindexTable
	ReindexSchema
	ReindexSystem
	ReindexDatabase
)

// ReindexStmt is REINDEX; CONCURRENTLY is the option concurrently.
type ReindexStmt struct {
	Loc
	Kind     ReindexKind
	Relation *RangeVar
	Name     string
	Options  []*DefElem
}

// LockStmt is LOCK; Mode is 1 (ACCESS SHARE) to 8 (ACCESS EXCLUSIVE).
type LockStmt struct {
	Loc
	Relations []*RangeVar
	Mode      int
	NoWait    bool
}

// CursorOption is a set of the options of DECLARE.
type CursorOption uint8

const (
	CursorBinary CursorOption = 1 << iota
	CursorScroll
	CursorNoScroll
	CursorInsensitive
	CursorAsensitive
	CursorHold
)

// DeclareCursorStmt is DECLARE … CURSOR.
type DeclareCursorStmt struct {
	Loc
	Name    string
	Options CursorOption
	Query   *SelectStmt
}

// ClosePortalStmt is CLOSE; an empty Name is ALL.
type ClosePortalStmt struct {
	Loc
	Name string
}

// FetchDirection is where FETCH and MOVE go.
type FetchDirection uint8

const (
	FetchForward FetchDirection = iota
	FetchBackward
	FetchAbsolute
	FetchRelative
)

// FetchAll is the Count of FETCH ALL.
const FetchAll = 1<<63 - 1

// FetchStmt is FETCH and MOVE. NEXT is one FORWARD, PRIOR one BACKWARD, FIRST
// and LAST are ABSOLUTE 1 and -1.
type FetchStmt struct {
	Loc
	IsMove    bool
	Direction FetchDirection
	Count     int64
	Cursor    string
}

// DropdbStmt is DROP DATABASE.
type DropdbStmt struct {
	Loc
	Name      string
	MissingOK bool
	Options   []*DefElem
}

// DropTableSpaceStmt is DROP TABLESPACE.
type DropTableSpaceStmt struct {
	Loc
	Name      string
	MissingOK bool
}

// DropSubscriptionStmt is DROP SUBSCRIPTION.
type DropSubscriptionStmt struct {
	Loc
	Name      string
	MissingOK bool
	Behavior  Behavior
}

// DropUserMappingStmt is DROP USER MAPPING.
type DropUserMappingStmt struct {
	Loc
	User      *RoleSpec
	Server    string
	MissingOK bool
}

// DropOwnedStmt is DROP OWNED.
type DropOwnedStmt struct {
	Loc
	Roles    []*RoleSpec
	Behavior Behavior
}

// ReassignOwnedStmt is REASSIGN OWNED.
type ReassignOwnedStmt struct {
	Loc
	Roles   []*RoleSpec
	NewRole *RoleSpec
}
