//go:build ignore

// Command gen reads the catalog of a PostgreSQL 16 server and writes it to query/catalog/data, one compressed file per relation.
//
// Run it as "go run ./gen/main.go -database postgres://…" in query/catalog. Only rows that initdb made are taken (OIDs below 16384), without
// whatever differs from one server to the next: file nodes, sizes, statistics, bodies of SQL functions.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

func main() {
	database := flag.String("database", "postgres://postgres@127.0.0.1:5432/postgres", "the PostgreSQL 16 server to read")
	directory := flag.String("out", "data", "where the files go")
	flag.Parse()
	if err := generate(context.Background(), *database, *directory); err != nil {
		log.Fatal(err)
	}
}

func generate(ctx context.Context, database, directory string) error {
	conn, err := pgconn.Connect(ctx, database)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if !strings.HasPrefix(conn.ParameterStatus("server_version"), "16.") {
		return fmt.Errorf("server version %s: need 16", conn.ParameterStatus("server_version"))
	}
	for _, s := range sources {
		var out bytes.Buffer
		if _, err := conn.CopyTo(ctx, &out, "COPY ("+s.query()+") TO STDOUT"); err != nil {
			return fmt.Errorf("copy %s: %w", s.name, err)
		}
		text := append([]byte(strings.Join(s.names(), "\t")+"\n"), out.Bytes()...)
		if err := write(filepath.Join(directory, s.name+".gz"), text); err != nil {
			return err
		}
		fmt.Printf("%-22s %7d bytes\n", s.name, len(text))
	}
	return nil
}

// write compresses without a time stamp, so that the same rows give the same file.
func write(path string, text []byte) error {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, packed.Bytes(), 0o644)
}

// source is one file: the columns to read, each a name or "name=expression", and the rest of the query.
type source struct {
	name    string
	columns string // separated by "; "
	from    string
}

func (s source) split() (names, expressions []string) {
	for _, c := range strings.Split(s.columns, ";") {
		name, expression, ok := strings.Cut(strings.TrimSpace(c), "=")
		if !ok {
			expression = name
		}
		names, expressions = append(names, name), append(expressions, expression)
	}
	return names, expressions
}

func (s source) names() []string { n, _ := s.split(); return n }

func (s source) query() string {
	_, e := s.split()
	return "SELECT " + strings.Join(e, ", ") + " " + s.from
}

// system selects the relations that initdb made and that a client can see.
const system = `relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) AND relkind IN ('r','v','i') AND pg_class.oid < 16384`

var sources = []source{
	{"pg_type", `oid; typname; typnamespace; typowner; typlen; typbyval; typtype; typcategory; typispreferred; typisdefined; typdelim; typrelid;
		typsubscript=typsubscript::oid; typelem; typarray; typinput=typinput::oid; typoutput=typoutput::oid; typreceive=typreceive::oid;
		typsend=typsend::oid; typmodin=typmodin::oid; typmodout=typmodout::oid; typanalyze=typanalyze::oid; typalign; typstorage; typnotnull;
		typbasetype; typtypmod; typndims; typcollation; typdefaultbin=NULL; typdefault; typacl`,
		`FROM pg_type WHERE oid < 16384 ORDER BY oid`},
	{"pg_proc", `oid; proname; pronamespace; proowner; prolang; procost; prorows; provariadic; prosupport=prosupport::oid; prokind; prosecdef;
		proleakproof; proisstrict; proretset; provolatile; proparallel; pronargs; pronargdefaults; prorettype; proargtypes; proallargtypes;
		proargmodes; proargnames;
		proargdefaults=(SELECT array_agg(pg_get_function_arg_default(pg_proc.oid, n) ORDER BY n) FROM generate_series(pronargs - pronargdefaults + 1, pronargs) AS n);
		protrftypes; prosrc=CASE WHEN prolang IN (12, 13) THEN prosrc ELSE '' END; probin; prosqlbody=NULL; proconfig; proacl`,
		`FROM pg_proc WHERE oid < 16384 ORDER BY oid`},
	{"pg_operator", `oid; oprname; oprnamespace; oprowner; oprkind; oprcanmerge; oprcanhash; oprleft; oprright; oprresult; oprcom; oprnegate;
		oprcode=oprcode::oid; oprrest=oprrest::oid; oprjoin=oprjoin::oid`,
		`FROM pg_operator WHERE oid < 16384 ORDER BY oid`},
	{"pg_cast", `oid; castsource; casttarget; castfunc; castcontext; castmethod`,
		`FROM pg_cast WHERE oid < 16384 ORDER BY oid`},
	{"pg_aggregate", `aggfnoid=aggfnoid::oid; aggkind; aggnumdirectargs; aggtransfn=aggtransfn::oid; aggfinalfn=aggfinalfn::oid;
		aggcombinefn=aggcombinefn::oid; aggserialfn=aggserialfn::oid; aggdeserialfn=aggdeserialfn::oid; aggmtransfn=aggmtransfn::oid;
		aggminvtransfn=aggminvtransfn::oid; aggmfinalfn=aggmfinalfn::oid; aggfinalextra; aggmfinalextra; aggfinalmodify; aggmfinalmodify;
		aggsortop; aggtranstype; aggtransspace; aggmtranstype; aggmtransspace; agginitval; aggminitval`,
		`FROM pg_aggregate WHERE aggfnoid::oid < 16384 ORDER BY aggfnoid::oid`},
	{"pg_opclass", `oid; opcmethod; opcname; opcnamespace; opcowner; opcfamily; opcintype; opcdefault; opckeytype`,
		`FROM pg_opclass WHERE oid < 16384 ORDER BY oid`},
	{"pg_opfamily", `oid; opfmethod; opfname; opfnamespace; opfowner`, `FROM pg_opfamily WHERE oid < 16384 ORDER BY oid`},
	{"pg_amop", `oid; amopfamily; amoplefttype; amoprighttype; amopstrategy; amoppurpose; amopopr; amopmethod; amopsortfamily`,
		`FROM pg_amop WHERE oid < 16384 ORDER BY oid`},
	{"pg_amproc", `oid; amprocfamily; amproclefttype; amprocrighttype; amprocnum; amproc=amproc::oid`,
		`FROM pg_amproc WHERE oid < 16384 ORDER BY oid`},
	// The service has no ICU and no locales of an operating system.
	{"pg_collation", `oid; collname; collnamespace; collowner; collprovider; collisdeterministic; collencoding; collcollate; collctype;
		colliculocale; collicurules; collversion`,
		`FROM pg_collation WHERE oid < 16384 AND collname IN ('default', 'C', 'POSIX', 'ucs_basic') ORDER BY oid`},
	{"pg_namespace", `oid; nspname; nspowner; nspacl`, `FROM pg_namespace WHERE oid < 16384 AND nspname <> 'public' ORDER BY oid`},
	{"pg_am", `oid; amname; amhandler=amhandler::oid; amtype`, `FROM pg_am WHERE oid < 16384 ORDER BY oid`},
	{"pg_range", `rngtypid; rngsubtype; rngmultitypid; rngcollation; rngsubopc; rngcanonical=rngcanonical::oid; rngsubdiff=rngsubdiff::oid`,
		`FROM pg_range WHERE rngtypid < 16384 ORDER BY rngtypid`},
	{"pg_language", `oid; lanname; lanowner; lanispl; lanpltrusted; lanplcallfoid; laninline; lanvalidator; lanacl`,
		`FROM pg_language WHERE oid < 16384 ORDER BY oid`},
	{"pg_conversion", `oid; conname; connamespace; conowner; conforencoding; contoencoding; conproc=conproc::oid; condefault`,
		`FROM pg_conversion WHERE oid < 16384 ORDER BY oid`},
	{"pg_class", `oid; relname; relnamespace; reltype; reloftype; relowner; relam; relfilenode=0; reltablespace; relpages=0; reltuples=-1;
		relallvisible=0; reltoastrelid=0; relhasindex; relisshared; relpersistence; relkind; relnatts; relchecks; relhasrules;
		relhastriggers; relhassubclass; relrowsecurity; relforcerowsecurity; relispopulated; relreplident; relispartition; relrewrite;
		relfrozenxid=0; relminmxid=0; relacl; reloptions; relpartbound=NULL`,
		`FROM pg_class WHERE ` + system + ` ORDER BY oid`},
	{"pg_attribute", `attrelid; attname; atttypid; attlen; attnum; attcacheoff; atttypmod; attndims; attbyval; attalign; attstorage;
		attcompression; attnotnull; atthasdef; atthasmissing; attidentity; attgenerated; attisdropped; attislocal; attinhcount;
		attstattarget; attcollation; attacl; attoptions; attfdwoptions; attmissingval=NULL`,
		`FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE ` + system + ` ORDER BY attrelid, attnum`},
	{"pg_index", `indexrelid; indrelid; indnatts; indnkeyatts; indisunique; indnullsnotdistinct; indisprimary; indisexclusion;
		indimmediate; indisclustered; indisvalid; indcheckxmin; indisready; indislive; indisreplident; indkey; indcollation; indclass;
		indoption; indexprs=pg_get_expr(indexprs, indrelid); indpred=pg_get_expr(indpred, indrelid)`,
		`FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE ` + system + ` ORDER BY indexrelid`},
	{"pg_constraint", `oid; conname; connamespace; contype; condeferrable; condeferred; convalidated; conrelid; contypid; conindid;
		conparentid; confrelid; confupdtype; confdeltype; confmatchtype; conislocal; coninhcount; connoinherit; conkey; confkey; conpfeqop;
		conppeqop; conffeqop; confdelsetcols; conexclop; conbin=pg_get_constraintdef(oid)`,
		`FROM pg_constraint WHERE oid < 16384 ORDER BY oid`},
	{"pg_description", `objoid; classoid; objsubid; description`,
		`FROM pg_description WHERE objoid < 16384 AND classoid <> 'pg_collation'::regclass ORDER BY classoid, objoid, objsubid`},
	{"pg_authid", `oid; rolname; rolsuper; rolinherit; rolcreaterole; rolcreatedb; rolcanlogin=false; rolreplication; rolbypassrls;
		rolconnlimit; rolpassword; rolvaliduntil`,
		`FROM pg_authid WHERE oid < 16384 ORDER BY oid`},
	{"pg_auth_members", `oid; roleid; member; grantor; admin_option; inherit_option; set_option`,
		`FROM pg_auth_members WHERE oid < 16384 ORDER BY oid`},
	// Settings as a fresh server of the service's platform has them; what initdb or the command line set is shown at its built-in value.
	{"pg_settings", `name; setting=boot_val; unit; category; short_desc; extra_desc; context; vartype; source='default'; min_val; max_val; enumvals;
		boot_val; reset_val=boot_val; sourcefile=NULL; sourceline=NULL; pending_restart=false`,
		`FROM pg_settings ORDER BY name`},
	{"pg_timezone_names", `name`, `FROM pg_timezone_names WHERE name !~ '^posix' ORDER BY name COLLATE "C"`},
	{"sql_features", `feature_id; feature_name; sub_feature_id; sub_feature_name; is_supported; is_verified_by; comments`,
		`FROM information_schema.sql_features ORDER BY feature_id, sub_feature_id`},
	{"sql_implementation_info", `implementation_info_id; implementation_info_name; integer_value; character_value; comments`,
		`FROM information_schema.sql_implementation_info ORDER BY 1`},
	{"sql_parts", `feature_id; feature_name; is_supported; is_verified_by; comments`, `FROM information_schema.sql_parts ORDER BY 1`},
	{"sql_sizing", `sizing_id; sizing_name; supported_value; comments`, `FROM information_schema.sql_sizing ORDER BY 1`},
	{"pg_catalog_foreign_keys", `fktable=fktable::oid; fkcols; pktable=pktable::oid; pkcols; is_array; is_opt`, `FROM pg_get_catalog_foreign_keys()`},
	{"pg_timezone_abbrevs", `abbrev; utc_offset; is_dst`, `FROM pg_timezone_abbrevs ORDER BY abbrev`},
}
