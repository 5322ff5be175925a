package catalog

import (
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/parse"
)

// RegText writes an OID as the reg… type does: a name, or the number when nothing has it.
func (s Scope) RegText(typ, oid OID) string {
	if oid == 0 && typ != sqltypes.RegOperOID && typ != sqltypes.RegOperatorOID {
		return "-"
	}
	name := ""
	switch typ {
	case sqltypes.RegClassOID:
		name = s.RelationText(oid)
	case sqltypes.RegTypeOID:
		if s.Type(oid) != nil {
			name = s.TypeName(oid)
		}
	case sqltypes.RegProcOID:
		return s.ProcText(oid)
	case sqltypes.RegProcedureOID:
		return s.ProcSignature(oid)
	case sqltypes.RegOperOID, sqltypes.RegOperatorOID:
		return s.operatorText(typ, oid)
	case sqltypes.RegNamespaceOID:
		name = QuoteIdentifierOrNone(s.SchemaName(oid))
	case sqltypes.RegRoleOID:
		if r := s.roles[oid]; r != nil {
			name = parse.QuoteIdent(r.Name)
		}
	case sqltypes.RegCollationOID:
		for _, c := range s.data.Collations() {
			if c.OID == oid {
				name = parse.QuoteIdent(c.Name)
			}
		}
	}
	if name == "" {
		return itoa(oid)
	}
	return name
}

// QuoteIdentifierOrNone quotes a name and leaves an empty one empty.
func QuoteIdentifierOrNone(name string) string {
	if name == "" {
		return ""
	}
	return parse.QuoteIdent(name)
}

// RelationText writes a relation's name as regclass does, "" when it does not exist.
func (s Scope) RelationText(oid OID) string {
	schema, name, ok := s.RelationName(oid)
	if !ok {
		return ""
	}
	if s.RelationIsVisible(oid) {
		return parse.QuoteIdent(name)
	}
	return QuoteQualified(s.SchemaName(schema), name)
}

func (s Scope) operatorText(typ, oid OID) string {
	o := s.Operator(oid)
	if o == nil {
		return itoa(oid)
	}
	visible := slices.Contains(s.path.schemas, o.Namespace)
	if typ == sqltypes.RegOperOID {
		if visible && len(s.data.OperatorsByName(o.Name)) == 1 {
			return o.Name
		}
		return "pg_catalog." + o.Name
	}
	name := o.Name
	if !visible {
		name = "pg_catalog." + name
	}
	left := "NONE"
	if o.Left != 0 {
		left = s.TypeName(o.Left)
	}
	return name + "(" + left + "," + s.TypeName(o.Right) + ")"
}

// SplitQualified splits a.b.c into names: identifiers, folded to lower case unless quoted.
func SplitQualified(text string) ([]string, error) {
	invalid := pgerror.New(pgerror.InvalidName, "invalid name syntax")
	rest := strings.Trim(text, spaces)
	var names []string
	for {
		rest = strings.TrimLeft(rest, spaces)
		name, after, ok := cutDotted(rest)
		if !ok {
			return nil, invalid
		}
		names = append(names, name)
		rest = strings.TrimLeft(after, spaces)
		if rest == "" {
			return names, nil
		}
		if rest[0] != '.' {
			return nil, invalid
		}
		rest = rest[1:]
	}
}

func cutDotted(s string) (name, rest string, ok bool) {
	if strings.HasPrefix(s, `"`) {
		name, rest, ok = cutIdentifier(s)
		return name, rest, ok && name != ""
	}
	end := strings.IndexAny(s, ". \t\n\r\f\v")
	if end < 0 {
		end = len(s)
	}
	return parse.CutName(foldIdentifier(s[:end])), s[end:], end > 0
}

// ParseReg reads the text of a reg… type: a number, "-", or a name, which must exist. Warnings go to warn, which may be nil.
func (s Scope) ParseReg(typ OID, text string, warn func(*pgerror.Error)) (OID, error) {
	if text == "-" && typ != sqltypes.RegOperOID && typ != sqltypes.RegOperatorOID {
		return 0, nil
	}
	if text != "" && strings.Trim(text, "0123456789") == "" {
		n, err := sqltypes.ParseText(sqltypes.T(sqltypes.OIDOID), text, nil)
		return OID(n.Int()), err
	}
	switch typ {
	case sqltypes.RegTypeOID:
		t, err := s.ParseTypeName(text, warn)
		return t.OID, err
	case sqltypes.RegProcedureOID:
		return s.parseProcedure(text, warn)
	case sqltypes.RegOperatorOID:
		return s.parseOperator(text, warn)
	}
	name, err := SplitQualified(text)
	if err != nil {
		return 0, err
	}
	switch typ {
	case sqltypes.RegClassOID:
		return s.LookupRelation(name)
	case sqltypes.RegProcOID:
		return s.parseProc(name, text)
	case sqltypes.RegOperOID:
		return s.parseOper(name, text)
	case sqltypes.RegNamespaceOID:
		if len(name) != 1 {
			return 0, pgerror.New(pgerror.InvalidName, "invalid name syntax")
		}
		return s.explicitSchema(name[0])
	case sqltypes.RegRoleOID:
		if len(name) != 1 {
			return 0, pgerror.New(pgerror.InvalidName, "invalid name syntax")
		}
		return s.LookupRole(name[0])
	case sqltypes.RegCollationOID:
		return s.LookupCollation(name)
	}
	if _, _, err := s.splitName(name); err != nil {
		return 0, err
	}
	if typ == sqltypes.RegDictionaryOID {
		return 0, pgerror.New(pgerror.UndefinedObject, "text search dictionary \"%s\" does not exist", strings.Join(name, "."))
	}
	return 0, pgerror.New(pgerror.UndefinedObject, "text search configuration \"%s\" does not exist", strings.Join(name, "."))
}

// RelationNamed is the cast of a text to regclass: always a name, whose schema must exist.
func (s Scope) RelationNamed(text string) (OID, error) {
	name, err := SplitQualified(text)
	if err != nil {
		return 0, err
	}
	if n := len(name); n == 2 || n == 3 && name[0] == DatabaseName {
		if _, err := s.explicitSchema(name[n-2]); err != nil {
			return 0, err
		}
	}
	return s.LookupRelation(name)
}

func (s Scope) parseProc(name []string, text string) (OID, error) {
	candidates, err := s.procsNamed(name)
	if err != nil && pgerror.From(err).Code != pgerror.InvalidSchemaName {
		return 0, err
	}
	switch len(candidates) {
	case 0:
		return 0, pgerror.New(pgerror.UndefinedFunction, "function \"%s\" does not exist", text)
	case 1:
		return candidates[0].OID, nil
	}
	return 0, pgerror.New(pgerror.AmbiguousFunction, "more than one function named \"%s\"", text)
}

// procsNamed are the functions of a name, in one schema or along the path.
func (s Scope) procsNamed(name []string) ([]*Proc, error) {
	schema, bare, err := s.splitName(name)
	if err != nil {
		return nil, err
	}
	in := s.path.schemas
	if schema != "" {
		oid, err := s.explicitSchema(schema)
		if err != nil {
			return nil, err
		}
		in = []OID{oid}
	}
	var list []*Proc
	for _, p := range s.ProcsByName(bare) {
		if slices.Contains(in, p.Namespace) {
			list = append(list, p)
		}
	}
	return list, nil
}

func (s Scope) parseProcedure(text string, warn func(*pgerror.Error)) (OID, error) {
	name, types, err := s.splitSignature(text, false, warn)
	if err != nil {
		return 0, err
	}
	candidates, err := s.procsNamed(name)
	if err != nil && pgerror.From(err).Code != pgerror.InvalidSchemaName {
		return 0, err
	}
	for _, schema := range append([]OID{0}, s.path.schemas...) {
		for _, p := range candidates {
			if (schema == p.Namespace || schema == 0 && len(name) > 1) && equalOIDs(p.ArgTypes, types) {
				return p.OID, nil
			}
		}
	}
	return 0, pgerror.New(pgerror.UndefinedFunction, "function \"%s\" does not exist", text)
}

// splitSignature reads name(type, type); with none, NONE is a type that is not there, 0.
func (s Scope) splitSignature(text string, none bool, warn func(*pgerror.Error)) (name []string, types []OID, err error) {
	invalid := func(format string) error { return pgerror.New(pgerror.InvalidTextRepresentation, "%s", format) }
	head, args, ok := cutUnquoted(text, '(')
	if !ok {
		return nil, nil, invalid("expected a left parenthesis")
	}
	if name, err = SplitQualified(head); err != nil {
		return nil, nil, err
	}
	args, ok = strings.CutSuffix(strings.TrimRight(args, spaces), ")")
	if !ok {
		return nil, nil, invalid("expected a right parenthesis")
	}
	for more := false; ; {
		args = strings.TrimLeft(args, spaces)
		if args == "" {
			if more {
				return nil, nil, invalid("expected a type name")
			}
			return name, types, nil
		}
		var part string
		if part, args, more, ok = cutTopLevel(args); !ok {
			return nil, nil, invalid("improper type name")
		}
		part = strings.TrimRight(part, spaces)
		t := sqltypes.Type{}
		if !none || !strings.EqualFold(part, "none") {
			if t, err = s.ParseTypeName(part, warn); err != nil {
				return nil, nil, err
			}
		}
		if len(types) == argumentsMax {
			return nil, nil, pgerror.New(pgerror.TooManyArguments, "too many arguments")
		}
		types = append(types, t.OID)
	}
}

// spaces are what may stand around the parts of a name.
const spaces = " \t\n\r\f\v"

// cutUnquoted parts a text at the first such byte that stands in no quotes.
func cutUnquoted(s string, at byte) (before, after string, found bool) {
	quoted := false
	for i := range len(s) {
		if s[i] == '"' {
			quoted = !quoted
		} else if s[i] == at && !quoted {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// cutTopLevel parts a text at the first comma that stands in no parentheses, brackets and quotes; ok is whether those in front are closed.
func cutTopLevel(s string) (before, after string, found, ok bool) {
	depth, quoted := 0, false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case c == ',' && depth == 0:
			return s[:i], s[i+1:], true, true
		}
	}
	return s, "", false, depth == 0 && !quoted
}

// operatorsNamed are the operators of a name, in one schema or along the path.
func (s Scope) operatorsNamed(name []string) (list []*Operator, err error) {
	schema, bare, err := s.splitName(name)
	if err != nil {
		return nil, err
	}
	in := s.path.schemas
	if schema != "" {
		o := s.schemaNames[schema]
		if o == nil {
			return nil, nil
		}
		in = []OID{o.OID}
	}
	for _, o := range s.data.OperatorsByName(bare) {
		if slices.Contains(in, o.Namespace) {
			list = append(list, o)
		}
	}
	return list, nil
}

func (s Scope) parseOper(name []string, text string) (OID, error) {
	list, err := s.operatorsNamed(name)
	switch {
	case err != nil:
		return 0, err
	case len(list) == 0:
		return 0, pgerror.New(pgerror.UndefinedFunction, "operator does not exist: %s", text)
	case len(list) > 1:
		return 0, pgerror.New(pgerror.AmbiguousFunction, "more than one operator named %s", text)
	}
	return list[0].OID, nil
}

func (s Scope) parseOperator(text string, warn func(*pgerror.Error)) (OID, error) {
	name, types, err := s.splitSignature(text, true, warn)
	switch {
	case err != nil:
		return 0, err
	case len(types) == 1:
		return 0, pgerror.New(pgerror.UndefinedParameter, "missing argument").WithHint("Use NONE to denote the missing argument of a unary operator.")
	case len(types) != 2:
		return 0, pgerror.New(pgerror.TooManyArguments, "too many arguments").WithHint("Provide two argument types for operator.")
	}
	list, err := s.operatorsNamed(name)
	if err != nil {
		return 0, err
	}
	for _, o := range list {
		if o.Left == types[0] && o.Right == types[1] {
			return o.OID, nil
		}
	}
	return 0, pgerror.New(pgerror.UndefinedFunction, "operator does not exist: %s", text)
}
