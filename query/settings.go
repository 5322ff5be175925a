package query

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/parse"
	"github.com/opendsql/opendsql/query/plan"
)

// reportedSettings are told to the client at start-up and whenever they change. Source: PostgreSQL 16's GUC_REPORT parameters.
var reportedSettings = []string{
	"in_hot_standby", "integer_datetimes", "TimeZone", "IntervalStyle", "is_superuser", "application_name", "default_transaction_read_only",
	"scram_iterations", "DateStyle", "standard_conforming_strings", "session_authorization", "client_encoding", "server_version", "server_encoding",
}

// settableSettings may be changed by users, beside every enable_… switch of the planner. Everything else is refused.
// Source: the service's list of settable parameters.
var settableSettings = map[string]bool{
	"application_name": true, "client_encoding": true, "datestyle": true, "extra_float_digits": true, "intervalstyle": true, "timezone": true,
	"search_path": true, "role": true, "dsql.enable_batched_nestloop": true, "disable_sync_create_index": true, "session_authorization": true,
}

// fixedSettings answer SHOW with the service's values instead of PostgreSQL's defaults.
var fixedSettings = map[string]string{
	"server_version": serverVersion, "server_version_num": serverVersionNum, "max_connections": "20", "transaction_isolation": "repeatable read",
	"default_transaction_isolation": "repeatable read", "default_toast_compression": "lz4", "work_mem": "128MB", "is_superuser": "off",
	"server_encoding": "UTF8", "client_encoding": "UTF8", "integer_datetimes": "on", "in_hot_standby": "off", "standard_conforming_strings": "on",
	"default_transaction_read_only": "off", "dsql.enable_batched_nestloop": "on", "disable_sync_create_index": "on", "TimeZone": "UTC",
	"scram_iterations": "4096", "search_path": `"$user", public`, "extra_float_digits": "1", "DateStyle": "ISO, MDY", "IntervalStyle": "postgres",
	"application_name": "", "role": "none", "max_identifier_length": "63",
}

const (
	serverVersion    = "16.15"
	serverVersionNum = "160015"
)

// hiddenSettings exist in PostgreSQL 16 but not in the service.
var hiddenSettings = map[string]bool{"lc_collate": true, "lc_ctype": true}

// settings are the configuration parameters of a session. Changes of a transaction that is rolled back are undone.
type settings struct {
	session       *Session
	values        map[string]string // by lower-case name; what differs from the default
	start         map[string]string // what RESET goes back to
	saved         map[string]string // before the open transaction changed anything; nil: nothing was changed
	local         map[string]string // SET LOCAL: what to go back to at the transaction's end
	searchPath    []string
	pathText      string // the value of search_path
	blockReadOnly bool   // of the open block
	notify        []string
}

func newSettings(s *Session) *settings {
	return &settings{session: s, values: map[string]string{}, start: map[string]string{}}
}

// readOnly is what SET SESSION CHARACTERISTICS says of transactions to come.
func (g *settings) readOnly() bool { return g.values[sessionReadOnly] == "on" }

// sessionReadOnly is the parameter that SET SESSION CHARACTERISTICS changes; SET may not.
const sessionReadOnly = "default_transaction_read_only"

// fact finds what PostgreSQL says of a parameter.
func settingFact(name string) *catalog.Setting {
	for _, f := range catalog.Builtins().Settings() {
		if strings.EqualFold(f.Name, name) {
			return f
		}
	}
	return nil
}

// show gives a parameter's value as SHOW prints it.
func (g *settings) show(name string) (string, bool) {
	key := strings.ToLower(name)
	if v, ok := g.values[key]; ok {
		return v, true
	}
	switch key {
	case "session_authorization":
		return g.session.who.User, true
	case "transaction_read_only":
		if g.session.tx != nil && g.session.tx.readOnly || g.session.tx == nil && g.readOnly() {
			return "on", true
		}
		return "off", true
	}
	for known, v := range fixedSettings {
		if strings.EqualFold(known, key) {
			return v, true
		}
	}
	if f := settingFact(key); f != nil && !hiddenSettings[key] {
		return showUnits(f), true
	}
	return "", false
}

// explain lists the parameters that shape plans and do not have PostgreSQL's default, for EXPLAIN. The service sets work_mem for everybody.
func (g *settings) explain() plan.Property {
	names := []string{"work_mem"}
	for name := range g.values {
		if strings.HasPrefix(name, "enable_") || strings.HasPrefix(name, "dsql.enable_") || name == "search_path" {
			names = append(names, name)
		}
	}
	slices.Sort(names[1:])
	var texts []string
	var list []plan.Property
	for _, name := range names {
		value, _ := g.show(name)
		texts = append(texts, name+" = '"+strings.ReplaceAll(value, "'", "''")+"'")
		list = append(list, plan.Property{Label: name, Value: value})
	}
	return plan.Property{Label: "Settings", Value: plan.Group{Properties: list}, Line: "Settings: " + strings.Join(texts, ", ")}
}

// showUnits prints a default with its unit, as SHOW does.
func showUnits(f *catalog.Setting) string {
	n, err := strconv.ParseInt(f.Default, 10, 64)
	if f.Unit == "" || err != nil || n <= 0 {
		return f.Default
	}
	type step struct {
		unit   string
		factor int64
	}
	var steps []step
	switch f.Unit {
	case "B":
		steps = []step{{"TB", 1 << 40}, {"GB", 1 << 30}, {"MB", 1 << 20}, {"kB", 1 << 10}, {"B", 1}}
	case "kB":
		steps = []step{{"TB", 1 << 30}, {"GB", 1 << 20}, {"MB", 1 << 10}, {"kB", 1}}
	case "8kB":
		n *= 8
		steps = []step{{"TB", 1 << 30}, {"GB", 1 << 20}, {"MB", 1 << 10}, {"kB", 1}}
	case "MB":
		steps = []step{{"TB", 1 << 20}, {"GB", 1 << 10}, {"MB", 1}}
	case "ms":
		steps = []step{{"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}, {"ms", 1}}
	case "s":
		steps = []step{{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}}
	case "min":
		steps = []step{{"d", 1440}, {"h", 60}, {"min", 1}}
	default:
		return f.Default
	}
	for _, s := range steps {
		if n%s.factor == 0 {
			return strconv.FormatInt(n/s.factor, 10) + s.unit
		}
	}
	return f.Default
}

func errUnknownSetting(name string) *pgerror.Error {
	return pgerror.New(pgerror.UndefinedObject, "unrecognized configuration parameter \"%s\"", name)
}

func errNotSettable(name string) *pgerror.Error {
	return pgerror.New(pgerror.FeatureNotSupported, "setting configuration parameter \"%s\" not supported", name)
}

func settable(name string) bool {
	key := strings.ToLower(name)
	return settableSettings[key] || strings.HasPrefix(key, "enable_") && settingFact(key) != nil
}

// startUp sets a parameter out of the start-up packet.
func (g *settings) startUp(name, value string) error {
	if !settable(name) || strings.EqualFold(name, "role") || strings.EqualFold(name, "session_authorization") {
		return errNotSettable(name)
	}
	checked, err := g.check(name, value)
	if err != nil {
		return err
	}
	key := strings.ToLower(name)
	g.values[key], g.start[key] = checked, checked
	g.apply()
	return nil
}

// set changes a parameter, until the end of the transaction only if local.
func (g *settings) set(name, value string, local bool) error {
	if !settable(name) {
		return errNotSettable(name)
	}
	checked, err := g.check(name, value)
	if err != nil {
		return err
	}
	g.put(strings.ToLower(name), checked, true, local)
	return nil
}

// reset gives a parameter its start value back.
func (g *settings) reset(name string) error {
	if !settable(name) {
		return errNotSettable(name)
	}
	key := strings.ToLower(name)
	value, ok := g.start[key]
	g.put(key, value, ok, false)
	return nil
}

func (g *settings) resetAll() {
	for key := range maps.Clone(g.values) {
		if key != "role" && key != "session_authorization" {
			value, ok := g.start[key]
			g.put(key, value, ok, false)
		}
	}
}

// put changes a value and remembers what to go back to.
func (g *settings) put(key, value string, present, local bool) {
	if g.saved == nil {
		g.saved = maps.Clone(g.values)
	}
	if local {
		if g.local == nil {
			g.local = map[string]string{}
		}
		if _, ok := g.local[key]; !ok {
			old, had := g.values[key]
			if !had {
				old = absentSetting
			}
			g.local[key] = old
		}
	} else {
		delete(g.local, key)
	}
	if present {
		g.values[key] = value
	} else {
		delete(g.values, key)
	}
	g.apply()
	g.tell(key)
}

// tell remembers to report a parameter to the client if it is one of those.
func (g *settings) tell(key string) {
	for _, reported := range reportedSettings {
		if strings.EqualFold(reported, key) {
			g.notify = append(g.notify, reported)
		}
	}
}

// absentSetting marks a parameter that had no value of its own.
const absentSetting = "\x00absent"

// commit keeps what SET changed and undoes what SET LOCAL did.
func (g *settings) commit() {
	for key, old := range g.local {
		if old == absentSetting {
			delete(g.values, key)
		} else {
			g.values[key] = old
		}
		g.tell(key)
	}
	changed := len(g.local) > 0
	g.local, g.saved = nil, nil
	if changed {
		g.apply()
	}
}

// rollback undoes everything the transaction changed.
func (g *settings) rollback() {
	if g.saved == nil {
		return
	}
	for _, reported := range reportedSettings {
		key := strings.ToLower(reported)
		if g.values[key] != g.saved[key] {
			g.notify = append(g.notify, reported)
		}
	}
	g.values, g.saved, g.local = g.saved, nil, nil
	g.apply()
}

// check gives the canonical form of a value, or PostgreSQL's error.
func (g *settings) check(name, value string) (string, error) {
	key := strings.ToLower(name)
	switch key {
	case "datestyle":
		return parseDateStyle(value, g.valueOr("datestyle"))
	case "intervalstyle":
		for _, known := range []string{"postgres", "postgres_verbose", "sql_standard", "iso_8601"} {
			if strings.EqualFold(value, known) {
				return known, nil
			}
		}
		return "", pgerror.New(pgerror.InvalidParameterValue, "invalid value for parameter \"%s\": \"%s\"", name, value).
			WithHint("Available values: postgres, postgres_verbose, sql_standard, iso_8601.")
	case "timezone":
		return canonicalZone(value)
	case "client_encoding":
		if n := encodingName(value); n == "utf8" || n == "unicode" {
			return "UTF8", nil
		}
		return "", errValue(name, value)
	case "extra_float_digits":
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil {
			return "", errValue(name, value)
		}
		if n < -15 || n > 3 {
			return "", pgerror.New(pgerror.InvalidParameterValue, "%d is outside the valid range for parameter \"extra_float_digits\" (-15 .. 3)", n)
		}
		return strconv.Itoa(n), nil
	case "search_path":
		if _, ok := catalog.ParseSearchPath(value); !ok {
			return "", errValue(name, value).WithDetail("List syntax is invalid.")
		}
		return value, nil
	case "application_name":
		cut := parse.CutName(value)
		if cut != value {
			g.session.tell(parse.NameCut(value))
		}
		return asciiOnly(cut), nil
	case "role", "session_authorization":
		return g.session.checkRole(key, value)
	}
	b, ok := parseBool(value)
	if !ok {
		return "", pgerror.New(pgerror.InvalidParameterValue, "parameter \"%s\" requires a Boolean value", name)
	}
	if b {
		return "on", nil
	}
	return "off", nil
}

// encodingName is an encoding's name as names are compared: its letters and digits. asyncpg, for one, sends it in quotes.
func encodingName(value string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return -1
	}, value)
}

func (g *settings) valueOr(name string) string {
	v, _ := g.show(name)
	return v
}

func errValue(name, value string) *pgerror.Error {
	fact := name
	if f := settingFact(name); f != nil {
		fact = f.Name
	}
	return pgerror.New(pgerror.InvalidParameterValue, "invalid value for parameter \"%s\": \"%s\"", fact, value)
}

// asciiOnly replaces what is not printable ASCII, as PostgreSQL does in application_name.
func asciiOnly(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] < 32 || s[i] > 126 {
			fmt.Fprintf(&b, `\x%02x`, s[i])
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// parseBool reads a Boolean setting: on, off, true, false, yes, no, 1, 0, and unique beginnings of the words.
func parseBool(text string) (value, ok bool) {
	t := strings.ToLower(strings.TrimSpace(text))
	switch {
	case t == "1" || t == "on":
		return true, true
	case t == "0" || len(t) >= 2 && strings.HasPrefix("off", t):
		return false, true
	case t != "" && (strings.HasPrefix("true", t) || strings.HasPrefix("yes", t)):
		return true, true
	case t != "" && (strings.HasPrefix("false", t) || strings.HasPrefix("no", t)):
		return false, true
	}
	return false, false
}

// apply brings what is derived from the settings up to date.
func (g *settings) apply() {
	s := g.session
	g.pathText = g.valueOr("search_path")
	names, _ := catalog.ParseSearchPath(g.pathText)
	g.searchPath = names
	style, order := splitDateStyle(g.valueOr("datestyle"))
	s.format.DateStyle, s.format.DateOrder = style, order
	s.format.IntervalStyle = intervalStyle(g.valueOr("intervalstyle"))
	digits, _ := strconv.Atoi(g.valueOr("extra_float_digits"))
	s.format.SetExtraFloatDigits(digits)
	s.format.Location = zone(g.valueOr("timezone"))
	s.role = s.who.User
	if r, ok := g.values["role"]; ok && r != "none" {
		s.role = r
	}
	s.expr.User = s.role
	s.pathOf = nil
}

// disabled are the planner's methods that are switched off.
func (g *settings) disabled() map[string]bool {
	var out map[string]bool
	for key, v := range g.values {
		if v == "off" && (strings.HasPrefix(key, "enable_") || strings.HasPrefix(key, "dsql.enable_")) {
			if out == nil {
				out = map[string]bool{}
			}
			out[key] = true
		}
	}
	return out
}
