package expr

import (
	"crypto/rand"
	"math"
	"strings"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// refusedFunction tells whether the service refuses a function of PostgreSQL by name: it has no backends, no advisory locks and no
// transaction numbers that a client could ask for.
func refusedFunction(name string) bool {
	if strings.HasPrefix(name, "pg_advisory") || strings.HasPrefix(name, "pg_try_advisory") {
		return true
	}
	switch name {
	case "pg_backend_pid", "pg_cancel_backend", "pg_terminate_backend", "txid_current", "txid_current_if_assigned", "txid_current_snapshot",
		"pg_current_xact_id", "pg_current_xact_id_if_assigned", "pg_current_snapshot", "pg_notify", "pg_export_snapshot":
		return true
	}
	return false
}

// isCatalogFunction tells whether the session's catalog answers a function of pg_proc.
func isCatalogFunction(row *procRow) bool {
	if row.set || row.kind != 'f' {
		return false
	}
	name := row.name
	for _, prefix := range []string{"pg_get_", "has_", "to_reg", "pg_stat_get_", "pg_relation_", "pg_describe_", "pg_identify_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	if strings.HasSuffix(name, "_is_visible") {
		return true
	}
	switch name {
	case "format_type", "obj_description", "col_description", "shobj_description", "regclass", "pg_has_role", "pg_table_size",
		"pg_total_relation_size", "pg_indexes_size", "pg_database_size", "pg_tablespace_size", "nextval", "currval", "setval", "lastval",
		"row_security_active", "pg_column_is_updatable", "pg_my_temp_schema", "pg_is_other_temp_schema", "pg_tablespace_location",
		"pg_sequence_parameters", "pg_sequence_last_value", "pg_index_column_has_property", "pg_index_has_property",
		"pg_indexam_has_property", "oidvectortypes", "pg_partition_root",
		"inet_client_addr", "inet_client_port", "inet_server_addr", "inet_server_port", "pg_postmaster_start_time", "pg_conf_load_time",
		"current_query", "pg_collation_actual_version", "pg_database_collation_actual_version", "pg_jit_available", "pg_settings_get_flags",
		"pg_filenode_relation", "pg_trigger_depth", "pg_safe_snapshot_blocking_pids", "pg_blocking_pids", "system_user",
		"_pg_char_max_length", "_pg_char_octet_length", "_pg_datetime_precision", "_pg_index_position", "_pg_interval_type",
		"_pg_numeric_precision", "_pg_numeric_precision_radix", "_pg_numeric_scale", "_pg_truetypid", "_pg_truetypmod":
		return true
	}
	return false
}

func sessionFunctions() []entry {
	at := func(source string, f func(s *Session) int64) entry {
		return fn0(source, func(env *Env) (datum, error) { return sqltypes.Int(f(env.Session)), nil })
	}
	text := func(source string, f func(s *Session) string) entry {
		return fn0(source, func(env *Env) (datum, error) { return sqltypes.String(f(env.Session)), nil })
	}
	out := []entry{
		at("now", func(s *Session) int64 { return s.TransactionStart }),
		at("statement_timestamp", func(s *Session) int64 { return s.StatementStart }),
		at("clock_timestamp", (*Session).clock),
		fn0("timeofday", func(env *Env) (datum, error) {
			t := sqltypes.ToTime(env.Session.clock()).In(env.location())
			return str(t.Format("Mon Jan 02 15:04:05.000000 2006 MST"))
		}),
		text("current_user", func(s *Session) string { return s.User }),
		text("session_user", func(s *Session) string { return s.SessionUser }),
		text("current_database", func(s *Session) string { return s.Database }),
		fn0("current_schema", currentSchema),
		fn1("current_schemas", func(env *Env, a datum) (datum, error) {
			var list []datum
			if a.Bool() {
				list = append(list, sqltypes.String("pg_catalog"))
			}
			for _, name := range env.Session.SearchPath {
				if name != "pg_catalog" || !a.Bool() {
					list = append(list, sqltypes.String(name))
				}
			}
			return sqltypes.FromArray(newArray(sqltypes.NameOID, list)), nil
		}),
	}
	return append(append(out, settingFunctions()...), valueFunctions()...)
}

// settingFunctions tell about the server and change settings.
func settingFunctions() []entry {
	text := func(source, value string) entry {
		return fn0(source, func(*Env) (datum, error) { return str(value) })
	}
	return []entry{
		text("pgsql_version", "PostgreSQL 16"), text("getdatabaseencoding", "UTF8"), text("pg_client_encoding", "UTF8"),
		fn1("PG_encoding_to_char", encodingToChar), fn1("PG_char_to_encoding", charToEncoding),
		fn1("pg_encoding_max_length_sql", func(_ *Env, a datum) (datum, error) {
			if n := a.Int(); n >= 0 && n < int64(len(encodings)) {
				return sqltypes.Int(int64(encodings[n].bytes)), nil
			}
			return sqltypes.Null, nil
		}),
		fn0("pg_is_in_recovery", func(*Env) (datum, error) { return sqltypes.Bool(false), nil }),
		fn1("show_config_by_name", func(env *Env, a datum) (datum, error) { return setting(env, a.Str(), false) }),
		fn2("show_config_by_name_missing_ok", func(env *Env, a, b datum) (datum, error) { return setting(env, a.Str(), b.Bool()) }),
		fnN("set_config_by_name", setConfig),
		fn0("drandom", func(env *Env) (datum, error) { return sqltypes.Float(env.Session.Random()), nil }),
		fn2("drandom_normal", func(env *Env, a, b datum) (datum, error) {
			u := 1 - env.Session.Random()
			z := math.Sqrt(-2*math.Log(u)) * math.Sin(2*math.Pi*env.Session.Random())
			return sqltypes.Float(b.Float()*z + a.Float()), nil
		}),
		fn1("setseed", func(env *Env, a datum) (datum, error) {
			if f := a.Float(); !(f >= -1 && f <= 1) {
				return sqltypes.Null, pgerror.New(pgerror.InvalidParameterValue, "setseed parameter %s is out of allowed range [-1,1]",
					sqltypes.Text(sqltypes.Float8OID, a, nil))
			}
			env.Session.SetSeed(a.Float())
			return str("")
		}),
		fn0("gen_random_uuid", func(*Env) (datum, error) {
			b := make([]byte, 16)
			if _, err := rand.Read(b); err != nil {
				return sqltypes.Null, err
			}
			b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
			return sqltypes.Bytes(b), nil
		}),
		fn1("pg_sleep", func(env *Env, a datum) (datum, error) { return sleep(env, a.Float()) }),
		fn1("sql_pg_sleep_for_3935", func(env *Env, a datum) (datum, error) { return sleep(env, intervalSeconds(a.Interval())) }),
		fn1("sql_pg_sleep_until_3936", func(env *Env, a datum) (datum, error) {
			return sleep(env, float64(a.Int()-env.Session.clock())/1e6)
		}),
	}
}

// valueFunctions tell about values: their types and sizes.
func valueFunctions() []entry {
	return []entry{
		fnMake("pg_typeof", func(call *CallInfo) (callFn, error) {
			t := sqltypes.Int(int64(call.Args[0].OID))
			return func(*Env, []datum) (datum, error) { return t, nil }, nil
		}),
		fnMake("pg_collation_for", collationFor),
		fnMake("pg_column_size", func(call *CallInfo) (callFn, error) {
			t, stored := call.Args[0].OID, call.Stored
			return func(_ *Env, a []datum) (datum, error) { return sqltypes.Int(columnSize(t, a[0], stored)), nil }, nil
		}),
		fnMake("pg_column_compression", func(*CallInfo) (callFn, error) {
			return func(*Env, []datum) (datum, error) { return sqltypes.Null, nil }, nil
		}),
		fnMake("pg_num_nulls", func(call *CallInfo) (callFn, error) { return countNulls(call, true), nil }),
		fnMake("pg_num_nonnulls", func(call *CallInfo) (callFn, error) { return countNulls(call, false), nil }),
		fn2("pg_input_is_valid", func(env *Env, a, b datum) (datum, error) {
			fault, err := inputError(env, a.Str(), b.Str())
			return sqltypes.Bool(fault == nil), err
		}),
		fn1("pg_size_pretty", sizePretty), fn1("pg_size_bytes", sizeBytes),
		fn1("pg_size_pretty_numeric", func(_ *Env, a datum) (datum, error) {
			return numericSizePretty(a)
		}),
	}
}

func (s *Session) clock() int64 {
	if s.Now != nil {
		return s.Now()
	}
	return sqltypes.FromTime(time.Now())
}

func encodingToChar(_ *Env, a datum) (datum, error) {
	if n := a.Int(); n >= 0 && n < int64(len(encodings)) {
		return str(encodings[n].name)
	}
	return str("")
}

func charToEncoding(_ *Env, a datum) (datum, error) {
	return sqltypes.Int(int64(encodingNumber(a.Str()))), nil
}

func setting(env *Env, name string, missingOK bool) (datum, error) {
	if env.Session.Setting != nil {
		if value, ok := env.Session.Setting(name); ok {
			return str(value)
		}
	}
	if missingOK {
		return sqltypes.Null, nil
	}
	return sqltypes.Null, pgerror.New(pgerror.UndefinedObject, "unrecognized configuration parameter \"%s\"", name)
}

func setConfig(env *Env, a []datum) (datum, error) {
	if a[0].IsNull() {
		return sqltypes.Null, pgerror.New(pgerror.NullValueNotAllowed, "SET requires parameter name")
	}
	value := ""
	if !a[1].IsNull() {
		value = a[1].Str()
	}
	if env.Session.SetSetting == nil {
		return sqltypes.Null, pgerror.New(pgerror.FeatureNotSupported, "setting configuration parameter \"%s\" not supported", a[0].Str())
	}
	out, err := env.Session.SetSetting(a[0].Str(), value, a[2].Bool())
	return sqltypes.String(out), err
}

// sleep waits in the statement's context, so that a cancel wakes it.
func sleep(env *Env, seconds float64) (datum, error) {
	if !(seconds > 0) {
		return str("")
	}
	timer := time.NewTimer(time.Duration(min(seconds, 1e9) * float64(time.Second)))
	defer timer.Stop()
	var done <-chan struct{}
	if env.Context != nil {
		done = env.Context.Done()
	}
	select {
	case <-timer.C:
		return str("")
	case <-done:
		return sqltypes.Null, env.cancelled()
	}
}

func intervalSeconds(v *sqltypes.Interval) float64 {
	return float64(v.Micros)/1e6 + float64(v.Days)*86400 + float64(v.Months)*30*86400
}

func collationFor(call *CallInfo) (callFn, error) {
	name := sqltypes.Null
	switch sqltypes.Category(call.Args[0].OID) {
	case 'S':
		name = sqltypes.String(`"default"`)
		if call.Args[0].OID == sqltypes.NameOID {
			name = sqltypes.String(`"C"`)
		}
	default:
		if call.Args[0].OID != sqltypes.UnknownOID {
			return nil, pgerror.New(pgerror.DatatypeMismatch, "collations are not supported by type %s", sqltypes.TypeName(sqltypes.T(call.Args[0].OID)))
		}
	}
	return func(*Env, []datum) (datum, error) { return name, nil }, nil
}

// numericSize counts groups of four digits, as numeric keeps them.
func numericSize(d datum) int64 {
	if isSpecial(d) {
		return 3
	}
	v, scale := numericParts(d)
	if v.Sign() == 0 {
		return 3
	}
	text := strings.TrimPrefix(v.String(), "-")
	whole := max(0, len(text)-int(scale))
	fraction := strings.TrimRight(strings.Repeat("0", max(0, int(scale)-len(text)))+text[whole:], "0")
	groups := (whole+3)/4 + (len(fraction)+3)/4
	if whole == 0 {
		groups -= (len(fraction) - len(strings.TrimLeft(fraction, "0"))) / 4
	} else if fraction == "" {
		groups -= (whole - len(strings.TrimRight(text[:whole], "0"))) / 4
	}
	return int64(3 + 2*groups)
}

func countNulls(call *CallInfo, nulls bool) callFn {
	args := anyArgs(call, 0)
	return func(env *Env, a []datum) (datum, error) {
		if call.Variadic && a[0].IsNull() {
			return sqltypes.Null, nil
		}
		n := int64(0)
		args(env, a, func(_ oid, d datum) {
			if d.IsNull() == nulls {
				n++
			}
		})
		return sqltypes.Int(n), nil
	}
}

// inputError reads a text as the named type and gives the error of doing so, unless that is one which is raised all the same.
func inputError(env *Env, text, name string) (fault *pgerror.Error, err error) {
	t, err := env.Session.Catalog.TypeNamed(name)
	if err != nil {
		return nil, pgerror.From(err).Harden()
	}
	if _, err := inputValue(env, t, text); err != nil {
		if fault = pgerror.From(err); fault.Hard {
			return nil, err
		}
	}
	return fault, nil
}

// sizePretty halves with rounding from unit to unit, as PostgreSQL does.
func sizePretty(_ *Env, a datum) (datum, error) {
	n := a.Int()
	units := []struct {
		name  string
		limit int64
		round bool
		shift uint
	}{{"bytes", 10 * 1024, false, 0}, {"kB", 20*1024 - 1, true, 9}, {"MB", 20*1024 - 1, true, 10}, {"GB", 20*1024 - 1, true, 10},
		{"TB", 20*1024 - 1, true, 10}, {"PB", 20*1024 - 1, true, 10}}
	for i, u := range units {
		last := i == len(units)-1
		if last || absolute(n) < uint64(u.limit) {
			if u.round {
				if n >= 0 {
					n = (n + 1) / 2
				} else {
					n = (n - 1) / 2
				}
			}
			return str(formatInt(n) + " " + u.name)
		}
		next := units[i+1]
		shift := uint(10)
		if next.round {
			shift--
		}
		if u.round {
			shift++
		}
		n /= int64(1) << shift
	}
	return str("")
}

// numericSizePretty is sizePretty for a numeric; bytes keep their fraction.
func numericSizePretty(a datum) (datum, error) {
	if isSpecial(a) {
		return str(sqltypes.Text(sqltypes.NumericOID, a, nil) + " PB")
	}
	number := sqltypes.NumericFromInt64
	if sqltypes.NumericCompare(sqltypes.NumericAbs(a), number(10*1024)) < 0 {
		return str(sqltypes.Text(sqltypes.NumericOID, a, nil) + " bytes")
	}
	n := a
	for i, unit := range []string{"kB", "MB", "GB", "TB", "PB"} {
		shift := int64(1024)
		if i == 0 {
			shift = 512
		}
		var err error
		if n, err = sqltypes.NumericDivTrunc(n, number(shift)); err != nil {
			return sqltypes.Null, err
		}
		if sqltypes.NumericCompare(sqltypes.NumericAbs(n), number(20*1024-1)) < 0 || unit == "PB" {
			one := number(1)
			if sqltypes.NumericSign(n) < 0 {
				one = number(-1)
			}
			if n, err = sqltypes.NumericAdd(n, one); err != nil {
				return sqltypes.Null, err
			}
			if n, err = sqltypes.NumericDivTrunc(n, number(2)); err != nil {
				return sqltypes.Null, err
			}
			return str(sqltypes.Text(sqltypes.NumericOID, n, nil) + " " + unit)
		}
	}
	return str("")
}

func sizeBytes(_ *Env, a datum) (datum, error) {
	s := strings.TrimSpace(a.Str())
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] == '.' || end == 0 && (s[end] == '-' || s[end] == '+')) {
		end++
	}
	if rest := strings.TrimLeft(s[end:], "eE"); len(rest) == len(s[end:])-1 && end > 0 {
		digits := strings.TrimLeft(strings.TrimLeft(rest, "+-"), "0123456789")
		if sign := strings.TrimLeft(rest, "+-"); len(rest)-len(sign) <= 1 && len(digits) < len(sign) {
			end = len(s) - len(digits)
		}
	}
	invalid := pgerror.New(pgerror.InvalidParameterValue, "invalid size: \"%s\"", a.Str())
	if strings.Trim(s[:end], "+-.") == "" {
		return sqltypes.Null, invalid
	}
	number, err := sqltypes.ParseText(sqltypes.T(sqltypes.NumericOID), s[:end], nil)
	if err != nil {
		return sqltypes.Null, invalid
	}
	unit := strings.TrimSpace(s[end:])
	shift, ok := map[string]uint{"": 0, "b": 0, "bytes": 0, "kb": 10, "mb": 20, "gb": 30, "tb": 40, "pb": 50}[lowerASCII(unit)]
	if !ok {
		return sqltypes.Null, invalid.WithDetail("Invalid size unit: \"%s\".", unit).
			WithHint("Valid units are %s.", "\"bytes\", \"B\", \"kB\", \"MB\", \"GB\", \"TB\", and \"PB\"")
	}
	if number, err = sqltypes.NumericMul(number, sqltypes.NumericFromInt64(1<<shift)); err != nil {
		return sqltypes.Null, err
	}
	n, err := sqltypes.NumericToInt64(number)
	return sqltypes.Int(n), err
}
