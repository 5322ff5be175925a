package query

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/ddl"
	"github.com/opendsql/opendsql/query/parse"
)

var textType = sqltypes.T(sqltypes.TextOID)

// utilityColumns are the columns of a statement that is no query but gives rows.
func (s *Session) utilityColumns(stmt parse.Statement) ([]Column, bool) {
	switch v := stmt.(type) {
	case *parse.VariableShowStmt:
		if strings.EqualFold(v.Name, "all") {
			return []Column{{Name: "name", Type: textType}, {Name: "setting", Type: textType}, {Name: "description", Type: textType}}, true
		}
		return []Column{{Name: s.showName(v.Name), Type: textType}}, true
	case *parse.ExplainStmt:
		return explainColumns(v), true
	}
	return nil, false
}

// showName is the name under which SHOW gives a parameter.
func (s *Session) showName(name string) string {
	if f := settingFact(name); f != nil {
		return f.Name
	}
	return strings.ToLower(name)
}

// run executes any analysed statement but those of transactions, and gives its command tag.
func (s *Session) run(ctx context.Context, p *prepared, params []sqltypes.Datum, w Writer) (string, error) {
	switch v := p.stmt.(type) {
	case *parse.SelectStmt, *parse.InsertStmt, *parse.UpdateStmt, *parse.DeleteStmt:
		return s.runQuery(ctx, p, params, w)
	case *parse.VariableSetStmt:
		return s.setStatement(v, w)
	case *parse.VariableShowStmt:
		return "SHOW", s.showStatement(v, w)
	case *parse.ExplainStmt:
		return s.explain(ctx, p, v, params, w)
	case *parse.VacuumStmt:
		return s.analyzeStatement(ctx, v, p.sql)
	case *parse.CopyStmt:
		return s.copyStatement(ctx, v, p.sql, w)
	case *parse.DeallocateStmt:
		for name := range s.statements {
			if name != "" {
				delete(s.statements, name)
			}
		}
		return "DEALLOCATE ALL", nil
	}
	return s.runDDL(ctx, p, w)
}

// runDDL changes the catalog.
func (s *Session) runDDL(ctx context.Context, p *prepared, w Writer) (string, error) {
	d := ddl.New(ddl.Input{
		Context: ctx, Txn: s.tx.txn, Scope: s.scope(), Path: s.path(), User: s.userOID(), Bind: s.bindOptions(p.sql, nil), Session: &s.expr,
		Notice: s.notice,
	})
	if !d.Handles(p.stmt) {
		return "", notYet(p.stmt)
	}
	if s.tx.readOnly {
		return "", pgerror.New(pgerror.ReadOnlySQLTransaction, "cannot execute %s in a read-only transaction", d.Tag(p.stmt))
	}
	if err := s.markDDL(); err != nil {
		return "", err
	}
	snapshot, err := d.Run(p.stmt)
	if err != nil {
		return "", s.translate(err)
	}
	if snapshot != nil {
		s.tx.snapshot = snapshot
	}
	s.tx.txn.EndStatement()
	return d.Tag(p.stmt), nil
}

func (s *Session) showStatement(v *parse.VariableShowStmt, w Writer) error {
	if strings.EqualFold(v.Name, "all") {
		return s.showAll(w)
	}
	value, ok := s.settings.show(v.Name)
	if !ok {
		return errUnknownSetting(v.Name)
	}
	return w.Row([]sqltypes.Datum{sqltypes.String(value)})
}

func (s *Session) showAll(w Writer) error {
	for _, f := range catalog.Builtins().Settings() {
		if hiddenSettings[strings.ToLower(f.Name)] {
			continue
		}
		value, _ := s.settings.show(f.Name)
		if err := w.Row([]sqltypes.Datum{sqltypes.String(f.Name), sqltypes.String(value), sqltypes.String(f.ShortDesc)}); err != nil {
			return err
		}
	}
	return nil
}

// setStatement runs SET and RESET in all their forms.
func (s *Session) setStatement(v *parse.VariableSetStmt, w Writer) (string, error) {
	tag := "SET"
	if v.Kind == parse.VarReset || v.Kind == parse.VarResetAll {
		tag = "RESET"
	}
	switch v.Kind {
	case parse.VarResetAll:
		s.settings.resetAll()
		return tag, nil
	case parse.VarSetMulti:
		return tag, s.setMulti(v)
	case parse.VarReset, parse.VarSetDefault:
		if _, known := s.settings.show(v.Name); !known && !settable(v.Name) {
			return "", errNotSettable(v.Name)
		}
		return tag, s.settings.reset(v.Name)
	case parse.VarSetCurrent:
		return "", errNotSettable(v.Name)
	}
	value, err := setValue(v)
	if err != nil {
		return "", err
	}
	if v.IsLocal && s.block == blockNone && s.alone && settable(v.Name) {
		if err := w.Notice(warning(pgerror.NoActiveSQLTransaction, "SET LOCAL can only be used in transaction blocks")); err != nil {
			return "", err
		}
	}
	if strings.EqualFold(v.Name, "timezone") && value == "" {
		return tag, s.settings.reset(v.Name)
	}
	return tag, s.settings.set(v.Name, value, v.IsLocal)
}

// setMulti runs SET SESSION CHARACTERISTICS; SET TRANSACTION is refused.
func (s *Session) setMulti(v *parse.VariableSetStmt) error {
	if !strings.EqualFold(v.Name, "SESSION CHARACTERISTICS") {
		return errNotSettable("TRANSACTION")
	}
	var options []*parse.DefElem
	for _, a := range v.Args {
		if o, ok := a.(*parse.DefElem); ok {
			options = append(options, o)
		}
	}
	readOnly, err := s.transactionModes(options)
	if err != nil {
		return err
	}
	if readOnly != nil {
		value := "off"
		if *readOnly {
			value = "on"
		}
		s.settings.put(sessionReadOnly, value, true, false)
	}
	return nil
}

// setValue is the text of what a parameter is set to. Lists are joined with commas, their members quoted where the setting is one of names.
func setValue(v *parse.VariableSetStmt) (string, error) {
	var parts []string
	for _, a := range v.Args {
		text, err := constText(a)
		if err != nil {
			return "", err
		}
		if strings.EqualFold(v.Name, "search_path") {
			text = parse.QuoteIdent(text)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", "), nil
}

// constText is a constant as a setting's value.
func constText(n parse.Node) (string, error) {
	switch v := n.(type) {
	case *parse.StringConst:
		return v.Value, nil
	case *parse.IntegerConst:
		return strconv.FormatInt(v.Value, 10), nil
	case *parse.FloatConst:
		return v.Text, nil
	case *parse.BoolConst:
		return strconv.FormatBool(v.Value), nil
	case *parse.TypeCast:
		return intervalZone(v)
	case *parse.NullConst:
		return "", nil
	}
	return "", pgerror.New(pgerror.SyntaxError, "unexpected value in SET")
}

// intervalZone is SET TIME ZONE INTERVAL '…': an offset in hours.
func intervalZone(v *parse.TypeCast) (string, error) {
	text, err := constText(v.Arg)
	if err != nil {
		return "", err
	}
	d, err := sqltypes.ParseText(sqltypes.T(sqltypes.IntervalOID), text, &sqltypes.Format{})
	if err != nil {
		return "", err
	}
	i := d.Interval()
	if i.Months != 0 || i.Days != 0 {
		return "", pgerror.New(pgerror.InvalidParameterValue, "invalid value for parameter \"TimeZone\": \"%s\"", text)
	}
	return strconv.FormatFloat(float64(i.Micros)/3.6e9, 'f', -1, 64), nil
}

// setConfig is set_config().
func (s *Session) setConfig(name, value string, local bool) (string, error) {
	if err := s.settings.set(name, value, local); err != nil {
		return "", err
	}
	shown, _ := s.settings.show(name)
	return shown, nil
}

// checkRole checks the value of role and session_authorization.
func (s *Session) checkRole(key, value string) (string, error) {
	if key == "session_authorization" {
		if value == s.who.User {
			return value, nil
		}
		return "", pgerror.New(pgerror.InsufficientPrivilege, "permission denied to set session authorization \"%s\"", value)
	}
	if strings.EqualFold(value, "none") {
		return "none", nil
	}
	snapshot := s.snapshot()
	role, me := snapshot.RoleByName(value), snapshot.RoleByName(s.who.User)
	if role == nil {
		return "", pgerror.New(pgerror.InvalidParameterValue, "role \"%s\" does not exist", value)
	}
	if me == nil || role.OID != me.OID && !snapshot.CanSetRole(me.OID, role.OID) {
		return "", pgerror.New(pgerror.InsufficientPrivilege, "permission denied to set role \"%s\"", value)
	}
	return value, nil
}

func defText(o *parse.DefElem) string {
	text, _ := constText(o.Arg)
	return text
}

func defBool(o *parse.DefElem) bool {
	if o.Arg == nil {
		return true
	}
	b, _ := parseBool(defText(o))
	return b
}

func upper(s string) string { return strings.ToUpper(s) }

func itoa(n int) string { return strconv.Itoa(n) }

// checkUTF8 refuses bytes that are no text.
func checkUTF8(b []byte) error {
	for i := 0; i < len(b); {
		if b[i] == 0 {
			return pgerror.New(pgerror.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": 0x00")
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			hex := ""
			for j := i; j < len(b) && j < i+utf8Length(b[i]); j++ {
				hex += " 0x" + string("0123456789abcdef"[b[j]>>4]) + string("0123456789abcdef"[b[j]&15])
			}
			return pgerror.New(pgerror.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\":%s", hex)
		}
		i += n
	}
	return nil
}

// utf8Length is how long a character announces itself to be, by its first byte.
func utf8Length(first byte) int {
	switch {
	case first&0xE0 == 0xC0:
		return 2
	case first&0xF0 == 0xE0:
		return 3
	case first&0xF8 == 0xF0:
		return 4
	}
	return 1
}

// isReg tells whether values of the type are OIDs written as names.
func isReg(t sqltypes.OID) bool {
	switch t {
	case sqltypes.RegProcOID, sqltypes.RegProcedureOID, sqltypes.RegOperOID, sqltypes.RegOperatorOID, sqltypes.RegClassOID, sqltypes.RegTypeOID,
		sqltypes.RegRoleOID, sqltypes.RegNamespaceOID, sqltypes.RegConfigOID, sqltypes.RegDictionaryOID, sqltypes.RegCollationOID:
		return true
	}
	return false
}
