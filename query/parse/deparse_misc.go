package parse

import (
	"strconv"
	"strings"
)

// alterMore writes the rarer forms of ALTER.
func (d *deparser) alterMore(n Statement) bool {
	switch s := n.(type) {
	case *AlterCollationStmt:
		d.w("ALTER COLLATION").qualified(s.Collation).w("REFRESH VERSION")
	case *AlterDatabaseStmt:
		d.w("ALTER DATABASE").name(s.Name).databaseOptions(s.Options)
	case *AlterDatabaseRefreshCollStmt:
		d.w("ALTER DATABASE").name(s.Name).w("REFRESH COLLATION VERSION")
	case *AlterDatabaseSetStmt:
		d.w("ALTER DATABASE").name(s.Name)
		d.set(s.Set)
	case *AlterSystemStmt:
		d.w("ALTER SYSTEM")
		d.set(s.Set)
	case *AlterTableSpaceOptionsStmt:
		d.w("ALTER TABLESPACE").name(s.Name).w(map[bool]string{true: "RESET", false: "SET"}[s.IsReset]).relOptions(s.Options)
	case *AlterExtensionStmt:
		d.w("ALTER EXTENSION").name(s.Name).w("UPDATE")
		for _, o := range s.Options {
			d.w("TO").node(o.Arg)
		}
	case *AlterExtensionContentsStmt:
		d.w("ALTER EXTENSION").name(s.Name).w(map[bool]string{true: "DROP", false: "ADD"}[s.Drop]).objectKind(s.Kind, s.Object)
	case *AlterFdwStmt:
		d.w("ALTER FOREIGN DATA WRAPPER").name(s.Name).fdwOptions(s.FuncOptions).genericOptions(s.Options)
	case *AlterForeignServerStmt:
		d.w("ALTER SERVER").name(s.Name)
		if s.HasVersion {
			d.w("VERSION").textOrNull(s.Version)
		}
		d.genericOptions(s.Options)
	case *AlterUserMappingStmt:
		d.w("ALTER USER MAPPING FOR").role(s.User).w("SERVER").name(s.Server).genericOptions(s.Options)
	case *AlterPolicyStmt:
		d.w("ALTER POLICY").name(s.Name).w("ON").relation(s.Table).policyRest(s.Roles, s.Using, s.WithCheck)
	case *AlterEventTrigStmt:
		words := map[byte]string{'O': "ENABLE", 'R': "ENABLE REPLICA", 'A': "ENABLE ALWAYS", 'D': "DISABLE"}
		d.w("ALTER EVENT TRIGGER").name(s.Name).w(words[s.Enabled])
	case *AlterOpFamilyStmt:
		d.w("ALTER OPERATOR FAMILY").qualified(s.Name).w("USING").name(s.AccessMethod)
		d.w(map[bool]string{true: "DROP", false: "ADD"}[s.IsDrop]).opClassItems(s.Items)
	case *AlterStatsStmt:
		d.w("ALTER STATISTICS").ifExists(s.MissingOK).qualified(s.Name).w("SET STATISTICS").integer(s.Target)
	case *AlterTSDictionaryStmt:
		d.w("ALTER TEXT SEARCH DICTIONARY").qualified(s.Dictionary).definition(s.Options)
	case *AlterTSConfigurationStmt:
		d.alterTSConfiguration(s)
	case *AlterPublicationStmt:
		d.w("ALTER PUBLICATION").name(s.Name)
		if s.Action == PublicationOptions {
			d.w("SET").definition(s.Options)
		} else {
			words := [...]string{"", "ADD", "SET", "DROP"}
			d.w(words[s.Action]).publicationObjects(s.Objects)
		}
	case *AlterSubscriptionStmt:
		d.alterSubscription(s)
	default:
		return false
	}
	return true
}

func (d *deparser) alterTSConfiguration(s *AlterTSConfigurationStmt) {
	words := [...]string{"ADD", "ALTER", "ALTER", "ALTER", "DROP"}
	d.w("ALTER TEXT SEARCH CONFIGURATION").qualified(s.Configuration).w(words[s.Action], "MAPPING").ifExists(s.MissingOK)
	if s.Tokens != nil {
		d.w("FOR").names(s.Tokens)
	}
	switch s.Action {
	case TSReplaceDict, TSReplaceDictForToken:
		d.w("REPLACE").node(s.Dictionaries[0]).w("WITH").node(s.Dictionaries[1])
	case TSAddMapping, TSAlterMapping:
		d.w("WITH")
		each(d, s.Dictionaries, func(o *ObjectName) { d.node(o) })
	}
}

func (d *deparser) alterSubscription(s *AlterSubscriptionStmt) {
	d.w("ALTER SUBSCRIPTION").name(s.Name)
	switch s.Action {
	case SubscriptionOptions:
		d.w("SET").definition(s.Options)
		return
	case SubscriptionSkip:
		d.w("SKIP").definition(s.Options)
		return
	case SubscriptionConnection:
		d.w("CONNECTION").str(s.Connection)
	case SubscriptionRefresh:
		d.w("REFRESH PUBLICATION")
	case SubscriptionAddPublication:
		d.w("ADD PUBLICATION").names(s.Publications)
	case SubscriptionDropPublication:
		d.w("DROP PUBLICATION").names(s.Publications)
	case SubscriptionSetPublication:
		d.w("SET PUBLICATION").names(s.Publications)
	case SubscriptionEnable:
		d.w("ENABLE")
	case SubscriptionDisable:
		d.w("DISABLE")
	}
	d.withDefinition(s.Options)
}

// miscStmt writes DROP, COMMENT and the statements with no kin.
func (d *deparser) miscStmt(n Statement) bool {
	switch s := n.(type) {
	case *DropStmt:
		d.drop(s)
	case *DropdbStmt:
		d.w("DROP DATABASE").ifExists(s.MissingOK).name(s.Name)
		if s.Options != nil {
			parens(d, s.Options, func(*DefElem) { d.w("FORCE") })
		}
	case *DropTableSpaceStmt:
		d.w("DROP TABLESPACE").ifExists(s.MissingOK).name(s.Name)
	case *DropSubscriptionStmt:
		d.w("DROP SUBSCRIPTION").ifExists(s.MissingOK).name(s.Name).behavior(s.Behavior)
	case *DropUserMappingStmt:
		d.w("DROP USER MAPPING").ifExists(s.MissingOK).w("FOR").role(s.User).w("SERVER").name(s.Server)
	case *CommentStmt:
		d.w("COMMENT ON").commented(s.Kind, s.Object).w("IS").textOrNull(s.Text)
	case *SecLabelStmt:
		d.w("SECURITY LABEL")
		if s.Provider != nil {
			d.w("FOR").node(s.Provider)
		}
		d.w("ON").commented(s.Kind, s.Object).w("IS").textOrNull(s.Label)
	case *NotifyStmt:
		d.w("NOTIFY").name(s.Channel)
		if s.HasPayload {
			d.raw(",").str(s.Payload)
		}
	case *ListenStmt:
		d.w("LISTEN").name(s.Channel)
	case *UnlistenStmt:
		if s.Channel == "" {
			d.w("UNLISTEN *")
		} else {
			d.w("UNLISTEN").name(s.Channel)
		}
	case *LoadStmt:
		d.w("LOAD").str(s.Filename)
	case *CheckPointStmt:
		d.w("CHECKPOINT")
	case *DiscardStmt:
		d.w("DISCARD", strings.ToUpper(s.Target))
	default:
		return d.miscMore(n)
	}
	return true
}

func (d *deparser) textOrNull(s *StringConst) *deparser {
	if s == nil {
		return d.w("NULL")
	}
	return d.str(s.Value)
}

func (d *deparser) miscMore(n Statement) bool {
	switch s := n.(type) {
	case *ClusterStmt:
		d.w("CLUSTER")
		if s.Relation == nil {
			d.when(s.Options != nil, "VERBOSE")
			break
		}
		if s.Options != nil {
			d.utilityOptions(s.Options)
		}
		d.relation(s.Relation)
		if s.Index != "" {
			d.w("USING").name(s.Index)
		}
	case *ReindexStmt:
		d.reindex(s)
	case *LockStmt:
		modes := [...]string{"", "ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE",
			"SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"}
		d.w("LOCK TABLE").relations(s.Relations).w("IN", modes[s.Mode], "MODE").when(s.NoWait, "NOWAIT")
	case *DeclareCursorStmt:
		o := s.Options
		d.w("DECLARE").name(s.Name).when(o&CursorBinary != 0, "BINARY").when(o&CursorScroll != 0, "SCROLL")
		d.when(o&CursorNoScroll != 0, "NO SCROLL").when(o&CursorInsensitive != 0, "INSENSITIVE")
		d.when(o&CursorAsensitive != 0, "ASENSITIVE").w("CURSOR").when(o&CursorHold != 0, "WITH HOLD").w("FOR").query(s.Query)
	case *ClosePortalStmt:
		d.w("CLOSE").nameOrAll(s.Name)
	case *FetchStmt:
		d.fetch(s)
	case *RefreshMatViewStmt:
		d.w("REFRESH MATERIALIZED VIEW").when(s.Concurrent, "CONCURRENTLY").relation(s.Relation).when(s.NoData, "WITH NO DATA")
	case *DoStmt:
		d.w("DO")
		for _, o := range s.Options {
			d.when(o.Name == "language", "LANGUAGE").node(o.Arg)
		}
	default:
		return false
	}
	return true
}

func (d *deparser) reindex(s *ReindexStmt) {
	words := [...]string{"INDEX", "TABLE", "SCHEMA", "SYSTEM", "DATABASE"}
	d.w("REINDEX")
	if s.Options != nil {
		d.utilityOptions(s.Options)
	}
	d.w(words[s.Kind])
	switch {
	case s.Relation != nil:
		d.relation(s.Relation)
	case s.Name != "":
		d.name(s.Name)
	}
}

func (d *deparser) fetch(s *FetchStmt) {
	words := [...]string{"FORWARD", "BACKWARD", "ABSOLUTE", "RELATIVE"}
	d.w(map[bool]string{true: "MOVE", false: "FETCH"}[s.IsMove], words[s.Direction])
	if s.Count == FetchAll {
		d.w("ALL")
	} else {
		d.w(strconv.FormatInt(s.Count, 10))
	}
	d.w("FROM").name(s.Cursor)
}

func (d *deparser) drop(s *DropStmt) {
	d.w("DROP", s.Kind.String()).when(s.Concurrent, "CONCURRENTLY").ifExists(s.MissingOK)
	switch s.Kind {
	case ObjectPolicy, ObjectRule, ObjectTrigger:
		d.onTable(s.Objects[0])
	case ObjectOpClass, ObjectOpFamily:
		parts := s.Objects[0].(*ObjectName).Parts
		d.qualified(parts[1:]).w("USING").name(parts[0])
	default:
		each(d, s.Objects, func(n Node) { d.node(n) })
	}
	d.behavior(s.Behavior)
}

// onTable writes "name ON table".
func (d *deparser) onTable(n Node) *deparser {
	parts := n.(*ObjectName).Parts
	last := len(parts) - 1
	return d.name(parts[last]).w("ON").qualified(parts[:last])
}

// commented writes an object as COMMENT names it.
func (d *deparser) commented(kind ObjectType, object Node) *deparser {
	switch kind {
	case ObjectPolicy, ObjectRule, ObjectTrigger, ObjectTableConstraint:
		return d.w(kind.String()).onTable(object)
	case ObjectDomainConstraint:
		parts := object.(*ObjectName).Parts
		last := len(parts) - 1
		return d.w("CONSTRAINT").name(parts[last]).w("ON DOMAIN").qualified(parts[:last])
	}
	return d.objectKind(kind, object)
}
