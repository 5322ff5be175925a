package catalog

import (
	"strings"
	"testing"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

func TestDefinitions(t *testing.T) {
	s := sampleSnapshot(t)
	scope := baseScopeOf(s)
	elsewhere := s.Scope(s.SearchPath([]string{"app"}, "admin"))
	find := func(name ...string) OID {
		oid, err := scope.LookupRelation(name)
		if err != nil {
			t.Fatal(err)
		}
		return oid
	}
	index := func(name string, pretty bool) string { d, _ := scope.IndexDef(find(name), pretty); return d }
	constraint := func(sc Scope, table, name string, pretty bool) string {
		oid := find(strings.Split(table, ".")...)
		d, _ := sc.ConstraintDef(s.Table(oid).ConstraintByName(name).OID, pretty)
		return d
	}
	f2 := s.ProcsByName("f2")[0]
	column := func(n int, pretty bool) string { d, _ := scope.IndexColumnDef(find("p_expr_idx"), n, pretty); return d }
	view, _ := s.ViewDef(find("v"))
	serial, _ := s.SerialSequence(find("p"), 6)
	statistics, _ := scope.StatisticsDef(s.ExtendedStatistics()[0].OID)
	result, _ := scope.FunctionResult(f2)
	catalogIndex, _ := scope.IndexDef(2662, false)
	table, _ := scope.FunctionResult(s.Proc(SysDatatypesOID))
	for _, c := range [][2]string{
		{index("p_pkey", false), `CREATE UNIQUE INDEX p_pkey ON public.p USING btree_index (id) INCLUDE (a, b, g, "Odd name")`},
		{index("p_a_key", false), "CREATE UNIQUE INDEX p_a_key ON public.p USING btree_index (a) INCLUDE (b)"},
		{index("p_expr_idx", false), "CREATE INDEX p_expr_idx ON public.p USING btree_index (((id + 1)), lower(a) NULLS FIRST) WHERE (id > 1)"},
		{index("p_expr_idx", true), "CREATE INDEX p_expr_idx ON p USING btree_index ((id + 1), lower(a) NULLS FIRST) WHERE id > 1"},
		{column(1, false) + "|" + column(1, true) + "|" + column(2, true) + "|" + column(3, true), "((id + 1))|(id + 1)|lower(a)|"},
		{constraint(scope, "p", "p_pkey", false), `PRIMARY KEY (id) INCLUDE (a, b, g, "Odd name")`},
		{constraint(scope, "p", "p_a_key", false), "UNIQUE (a) INCLUDE (b)"},
		{constraint(scope, "p", "p_b_check", false), "CHECK ((b > (0)::numeric)) NOT VALID"},
		{constraint(scope, "p", "p_b_check", true), "CHECK (b > (0)::numeric) NOT VALID"},
		{constraint(scope, "app.child", "child_pid_fkey", false), "FOREIGN KEY (pid) REFERENCES p(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"},
		{constraint(elsewhere, "app.child", "child_pid_fkey", false), "FOREIGN KEY (pid) REFERENCES public.p(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"},
		{view, " SELECT id\n   FROM p;"},
		{serial, `public."p_Odd name_seq"`},
		{statistics, "CREATE STATISTICS public.stx (ndistinct, mcv) ON id, pid FROM app.child"},
		{scope.FunctionArguments(f2), "a integer, INOUT b text DEFAULT 'q'::text, VARIADIC c integer[] DEFAULT '{}'::integer[]"},
		{scope.FunctionIdentity(f2), "a integer, INOUT b text, VARIADIC c integer[]"},
		{result, "text"},
		{scope.FunctionDef(f2), "CREATE OR REPLACE FUNCTION public.f2(a integer, INOUT b text DEFAULT 'q'::text, VARIADIC c integer[] DEFAULT '{}'::integer[])\n" +
			" RETURNS text\n LANGUAGE sql\n IMMUTABLE STRICT\nAS $function$select b$function$\n"},
		{catalogIndex, "CREATE UNIQUE INDEX pg_class_oid_index ON pg_catalog.pg_class USING btree (oid)"},
		{table, "SETOF record"},
		{scope.FunctionArguments(s.Proc(3986)), "VARIADIC \"any\" ORDER BY VARIADIC \"any\""},
		{scope.FormatColumnType(s.Table(find("p")).ColumnByName("b").Type), "numeric(10,2)"},
		{scope.FormatColumnType(sqltypes.Type{OID: sqltypes.TimestampTZOID, Mod: 3}), "timestamp(3) with time zone"},
		{elsewhere.TypeName(s.Table(find("p")).RowArray), "public.p[]"},
	} {
		if c[0] != c[1] {
			t.Errorf("got  %s\nwant %s", c[0], c[1])
		}
	}
}

func TestNamesToObjectsAndBack(t *testing.T) {
	s := sampleSnapshot(t)
	scope := baseScopeOf(s)
	for _, c := range []struct {
		typ        OID
		text, want string // what it is written as, or the error
	}{
		{sqltypes.RegClassOID, "p", "p"},
		{sqltypes.RegClassOID, "public.P", "p"},
		{sqltypes.RegClassOID, "app.child", "app.child"},
		{sqltypes.RegClassOID, "pg_class", "pg_class"},
		{sqltypes.RegClassOID, "sys.jobs", "sys.jobs"},
		{sqltypes.RegClassOID, "-", "-"},
		{sqltypes.RegClassOID, "12", "12"},
		{sqltypes.RegClassOID, "nosuch", "42P01: relation \"nosuch\" does not exist"},
		{sqltypes.RegClassOID, "a.nosuch", "42P01: relation \"a.nosuch\" does not exist"},
		{sqltypes.RegClassOID, "a.b.c.d", "42601: improper relation name (too many dotted names): a.b.c.d"},
		{sqltypes.RegClassOID, "x.b.c", "0A000: cross-database references are not implemented: \"x.b.c\""},
		{sqltypes.RegClassOID, "", "42602: invalid name syntax"},
		{sqltypes.RegTypeOID, "varchar(10)", "character varying"},
		{sqltypes.RegTypeOID, "timestamp with time zone", "timestamp with time zone"},
		{sqltypes.RegTypeOID, "integer[]", "integer[]"},
		{sqltypes.RegTypeOID, "positive", "positive"},
		{sqltypes.RegTypeOID, "p", "p"},
		{sqltypes.RegTypeOID, "999999", "999999"},
		{sqltypes.RegTypeOID, "nosuch", "42704: type \"nosuch\" does not exist"},
		{sqltypes.RegProcOID, "now", "now"},
		{sqltypes.RegProcOID, "nosuch", "42883: function \"nosuch\" does not exist"},
		{sqltypes.RegProcOID, "lower", "42725: more than one function named \"lower\""},
		{sqltypes.RegProcedureOID, "lower(text)", "lower(text)"},
		{sqltypes.RegProcedureOID, "nosuch(int)", "42883: function \"nosuch(int)\" does not exist"},
		{sqltypes.RegOperOID, "||/", "||/"},
		{sqltypes.RegOperOID, "!~", "42725: more than one operator named !~"},
		{sqltypes.RegOperOID, "nosuchop", "42883: operator does not exist: nosuchop"},
		{sqltypes.RegOperatorOID, "-(none,int4)", "-(NONE,integer)"},
		{sqltypes.RegOperatorOID, "@@@@(int4,int4)", "42883: operator does not exist: @@@@(int4,int4)"},
		{sqltypes.RegNamespaceOID, "public", "public"},
		{sqltypes.RegNamespaceOID, "nosuch", "3F000: schema \"nosuch\" does not exist"},
		{sqltypes.RegRoleOID, "admin", "admin"},
		{sqltypes.RegRoleOID, "nosuch", "42704: role \"nosuch\" does not exist"},
		{sqltypes.RegCollationOID, "\"C\"", "\"C\""},
		{sqltypes.RegCollationOID, "C", "42704: collation \"c\" for encoding \"UTF8\" does not exist"},
	} {
		oid, err := scope.ParseReg(c.typ, c.text, nil)
		got := ""
		if err != nil {
			got = errorOf(err)
		} else {
			got = scope.RegText(c.typ, oid)
		}
		if got != c.want {
			t.Errorf("%s of type %d: got %s, want %s", c.text, c.typ, got, c.want)
		}
	}
}

func TestSearchPath(t *testing.T) {
	s := sampleSnapshot(t)
	names, ok := ParseSearchPath(` "$user", Public , "App"`)
	if !ok || strings.Join(names, "|") != "$user|public|App" {
		t.Errorf("%q, %v", names, ok)
	}
	for _, bad := range []string{"a b", ",", "a,", `"x`} {
		if names, ok := ParseSearchPath(bad); ok {
			t.Errorf("%q is taken as %q", bad, names)
		}
	}
	p := s.SearchPath([]string{"$user", "app", "nowhere", "public"}, "reader")
	if got := p.Schemas(true); len(got) != 3 || got[0] != PgCatalogOID || got[2] != PublicOID {
		t.Errorf("path %v", got)
	}
	if schema, ok := p.Creation(); !ok || s.SchemaName(schema) != "app" {
		t.Errorf("creation in %d", schema)
	}
	last := s.Scope(s.SearchPath([]string{"public", "pg_catalog"}, ""))
	if got := last.path.Schemas(false); len(got) != 2 || got[1] != PgCatalogOID {
		t.Errorf("path %v", got)
	}
	if _, ok := s.SearchPath(nil, "").Creation(); ok {
		t.Error("an empty path has a schema to create in")
	}
}

func TestPrivileges(t *testing.T) {
	s := sampleSnapshot(t)
	scope := baseScopeOf(s)
	reader := s.RoleByName("reader").OID
	p := scope.FindRelation("", "p")
	child := scope.FindRelation("app", "child")
	asked := func(text string) []AskedPrivilege {
		list, err := ParsePrivileges(text, allTablePrivileges)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	for _, c := range []struct {
		role   OID
		object Object
		asked  string
		want   bool
	}{
		{reader, Object{Kind: 'r', OID: p}, "select", true},
		{reader, Object{Kind: 'r', OID: p}, "SELECT WITH GRANT OPTION", true},
		{reader, Object{Kind: 'r', OID: p}, "insert, update", false},
		{reader, Object{Kind: 'a', OID: p, Column: 4}, "update", true},
		{reader, Object{Kind: 'a', OID: p, Column: 2}, "update", false},
		{reader, Object{Kind: 'r', OID: child}, "select", false},
		{AdminOID, Object{Kind: 'r', OID: child}, "select", true},
		{AdminOID, Object{Kind: 'r', OID: child}, "select with grant option", true},
		{reader, Object{Kind: 'r', OID: 1259}, "select", true},
		{reader, Object{Kind: 'r', OID: 1260}, "select", false},
		{reader, Object{Kind: 'r', OID: SysJobsOID}, "select", true},
	} {
		if got, exists := s.Allowed(c.role, c.object, asked(c.asked)); got != c.want || !exists {
			t.Errorf("role %d, %+v, %s: %v, exists %v", c.role, c.object, c.asked, got, exists)
		}
	}
	if _, exists := s.Allowed(reader, Object{Kind: 'r', OID: 1}, asked("select")); exists {
		t.Error("relation 1 exists")
	}
	if _, err := ParsePrivileges("selectx", allTablePrivileges); errorOf(err) != `22023: unrecognized privilege type: "selectx"` {
		t.Error(errorOf(err))
	}
	if !s.HasSchemaPrivilege(reader, PublicOID, PrivUsage) || s.HasSchemaPrivilege(reader, PublicOID, PrivCreate) || !s.HasSchemaPrivilege(AdminOID, PublicOID, PrivCreate) {
		t.Error("privileges on public")
	}
	if !s.HasRole(AdminOID, reader) || s.HasRole(reader, AdminOID) || !s.HasRole(AdminOID, PgDatabaseOwnerOID) || s.IsMember(reader, PgDatabaseOwnerOID) {
		t.Error("memberships")
	}
	if got := strings.Join(s.ACLText(s.Table(p).ACL), " "); got != "admin=arwdDxt/admin reader=r*/admin" {
		t.Error(got)
	}
}
