package iam

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/strictjson"
)

// PolicyCharactersMax bounds a policy document.
// Source: service model, PolicyDocument of a cluster; identity policies are shorter there.
const PolicyCharactersMax = 20480

// PolicyKind says what a document is attached to, which decides its grammar.
type PolicyKind int

// Kinds of policies.
const (
	IdentityPolicy PolicyKind = iota // of a user, group or role; also boundaries and session policies: names no principal
	ResourcePolicy                   // of a cluster: names principals and resources
	TrustPolicy                      // of a role: names principals and no resource
)

// Policy is a parsed document. It is not changed after it was parsed.
type Policy struct {
	Statements []Statement
}

// Statement is one statement. Actions are never empty; resources only in a trust
// policy; principals are when only services or federated ones are named.
type Statement struct {
	Deny         bool
	Principals   []string // AWS principals; "*" is everybody
	NotPrincipal bool     // Principals are those left out
	Actions      []string
	NotAction    bool // Actions are those left out
	Resources    []string
	NotResource  bool
	Conditions   []Condition

	hasPrincipal bool
	actions      [][]rune // lower case
	resources    []template
}

// ParsePolicy reads a document and checks its grammar. An error's text goes on about the document.
func ParsePolicy(kind PolicyKind, text []byte) (*Policy, error) {
	if utf8.RuneCount(text) > PolicyCharactersMax {
		return nil, fmt.Errorf("it is longer than %d characters", PolicyCharactersMax)
	}
	v, err := strictjson.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("it %w", err)
	}
	doc, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("it is not a JSON object")
	}
	for name := range doc {
		if !slices.Contains([]string{"Version", "Id", "Statement"}, name) {
			return nil, fmt.Errorf("unknown element %.64q", name)
		}
	}
	version, given := doc["Version"]
	if given && version != "2012-10-17" && version != "2008-10-17" {
		return nil, fmt.Errorf("Version must be 2012-10-17 or 2008-10-17")
	}
	if id, given := doc["Id"]; given {
		if _, ok := id.(string); !ok {
			return nil, fmt.Errorf("Id must be a string")
		}
	}
	list, ok := doc["Statement"].([]any)
	if one, single := doc["Statement"].(map[string]any); single {
		list, ok = []any{one}, true
	}
	if !ok || len(list) == 0 {
		return nil, fmt.Errorf("Statement must be a statement or a list of statements")
	}
	// Before its version of 2012 the language had no variables: ${…} is plain text there.
	reader := statementReader{kind: kind, variables: version == "2012-10-17", sids: map[string]bool{}}
	p := &Policy{Statements: make([]Statement, len(list))}
	for i, item := range list {
		if p.Statements[i], err = reader.read(item); err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
	}
	return p, nil
}

// statementReader reads the statements of one document.
type statementReader struct {
	kind      PolicyKind
	variables bool
	sids      map[string]bool
}

func (r *statementReader) read(item any) (s Statement, err error) {
	m, ok := item.(map[string]any)
	if !ok {
		return s, fmt.Errorf("it is not a JSON object")
	}
	for name := range m {
		if !slices.Contains([]string{"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}, name) {
			return s, fmt.Errorf("unknown element %.64q", name)
		}
	}
	if err := r.readSid(m); err != nil {
		return s, err
	}
	switch m["Effect"] {
	case "Allow":
	case "Deny":
		s.Deny = true
	default:
		return s, fmt.Errorf("Effect must be Allow or Deny")
	}
	if s.Actions, s.NotAction, err = oneOf(m, "Action", "NotAction"); err != nil {
		return s, err
	}
	for _, a := range s.Actions {
		if service, name, ok := strings.Cut(a, ":"); r.kind != ResourcePolicy && a != "*" && (!ok || service == "" || name == "") {
			return s, fmt.Errorf("Action %.64q is not of the form service:action", a)
		}
		s.actions = append(s.actions, newTemplate(strings.ToLower(a), true, false).fixed)
	}
	if err := r.readResources(&s, m); err != nil {
		return s, err
	}
	if err := r.readPrincipals(&s, m); err != nil {
		return s, err
	}
	s.Conditions, err = readConditions(m, r.variables)
	return s, err
}

func (r *statementReader) readSid(m map[string]any) error {
	v, given := m["Sid"]
	if !given {
		return nil
	}
	sid, ok := v.(string)
	if !ok {
		return fmt.Errorf("Sid must be a string")
	}
	if sid != "" && r.sids[sid] {
		return fmt.Errorf("the Sid %.64q appears twice", sid)
	}
	r.sids[sid] = true
	return nil
}

func (r *statementReader) readResources(s *Statement, m map[string]any) (err error) {
	if r.kind == TrustPolicy {
		if m["Resource"] != nil || m["NotResource"] != nil {
			return fmt.Errorf("a trust policy names no Resource")
		}
		return nil
	}
	if s.Resources, s.NotResource, err = oneOf(m, "Resource", "NotResource"); err != nil {
		return err
	}
	for _, text := range s.Resources {
		s.resources = append(s.resources, newTemplate(text, true, r.variables))
	}
	return nil
}

// oneOf reads the one of two elements that is given; either is a string or a list of strings.
func oneOf(m map[string]any, name, not string) (values []string, negated bool, err error) {
	v, plain := m[name]
	if w, given := m[not]; given {
		if plain {
			return nil, false, fmt.Errorf("%s and %s exclude each other", name, not)
		}
		v, negated = w, true
	} else if !plain {
		return nil, false, fmt.Errorf("%s or %s is required", name, not)
	}
	if values, err = stringOrList(v); err != nil {
		return nil, false, fmt.Errorf("%s %w", name, err)
	}
	return values, negated, nil
}

func stringOrList(v any) ([]string, error) {
	if text, ok := v.(string); ok {
		return []string{text}, nil
	}
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, fmt.Errorf("must be a string or a list of strings")
	}
	values := make([]string, len(list))
	for i, item := range list {
		if values[i], ok = item.(string); !ok {
			return nil, fmt.Errorf("must be a string or a list of strings")
		}
	}
	return values, nil
}

func (r *statementReader) readPrincipals(s *Statement, m map[string]any) error {
	v, plain := m["Principal"]
	w, negated := m["NotPrincipal"]
	switch {
	case r.kind == IdentityPolicy && (plain || negated):
		return fmt.Errorf("an identity-based policy names no Principal")
	case r.kind == IdentityPolicy:
		return nil
	case plain && negated:
		return fmt.Errorf("Principal and NotPrincipal exclude each other")
	case negated:
		v, s.NotPrincipal = w, true
	case !plain:
		return fmt.Errorf("Principal or NotPrincipal is required")
	}
	s.hasPrincipal = true
	if v == "*" {
		s.Principals = []string{"*"}
		return nil
	}
	kinds, ok := v.(map[string]any)
	if !ok || len(kinds) == 0 {
		return fmt.Errorf(`Principal must be "*" or an object`)
	}
	for kind, names := range kinds {
		values, err := stringOrList(names)
		if err != nil {
			return fmt.Errorf("Principal %w", err)
		}
		switch kind {
		case "AWS":
			s.Principals = values
		case "Service", "Federated": // their names are theirs to check
		default:
			return fmt.Errorf("unknown kind of principal %.64q", kind)
		}
	}
	return nil
}

func readConditions(m map[string]any, variables bool) ([]Condition, error) {
	v, given := m["Condition"]
	if !given {
		return nil, nil
	}
	operators, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("Condition must be an object")
	}
	var conditions []Condition
	for name, w := range operators {
		o, ok := parseOperator(name)
		if !ok {
			return nil, fmt.Errorf("unknown condition operator %.64q", name)
		}
		keys, ok := w.(map[string]any)
		if !ok || len(keys) == 0 {
			return nil, fmt.Errorf("condition %s must be an object", name)
		}
		for key, values := range keys {
			texts, err := conditionValues(values)
			if err != nil || key == "" {
				return nil, fmt.Errorf("condition %s has a bad key or value", name)
			}
			conditions = append(conditions, newCondition(name, o, key, texts, variables))
		}
	}
	return conditions, nil
}

// conditionValues reads one value or a list of them; numbers and booleans count as their text.
func conditionValues(v any) ([]string, error) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	texts := make([]string, len(list))
	for i, item := range list {
		switch item := item.(type) {
		case string:
			texts[i] = item
		case bool:
			texts[i] = fmt.Sprint(item)
		case json.Number:
			texts[i] = item.String()
		default:
			return nil, fmt.Errorf("must be a scalar")
		}
	}
	return texts, nil
}

// Covers tells whether a statement is about an action. Action names ignore case.
func (s *Statement) Covers(action string) bool {
	return s.covers([]rune(strings.ToLower(action)))
}

func (s *Statement) covers(lower []rune) bool {
	return s.NotAction != slices.ContainsFunc(s.actions, func(a []rune) bool { return match(a, lower) })
}
