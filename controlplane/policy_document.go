package controlplane

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
)

// policyDocument is a parsed resource policy.
type policyDocument struct {
	statements []policyStatement
}

// policyStatement is one statement. Actions and resources are never empty;
// principals are when only services or federated principals are named.
type policyStatement struct {
	deny          bool
	principals    []string // AWS principals; "*" is everybody
	notPrincipal  bool     // principals are those left out
	actions       []string
	notAction     bool // actions are those left out
	resources     []string
	notResource   bool
	conditions    []policyCondition
	hasConditions bool
}

// policyCondition is one operator and key with the values it compares with.
type policyCondition struct {
	operator, key string
	values        []string
}

// parsePolicy reads a document and checks its grammar.
func parsePolicy(text string) (p policyDocument, err error) {
	v, err := parseJSON([]byte(text))
	if err != nil {
		return p, fmt.Errorf("it %w", err)
	}
	doc, ok := v.(map[string]any)
	if !ok {
		return p, fmt.Errorf("it is not a JSON object")
	}
	for name := range doc {
		if !slices.Contains([]string{"Version", "Id", "Statement"}, name) {
			return p, fmt.Errorf("unknown element %.64q", name)
		}
	}
	if version, given := doc["Version"]; given && version != "2012-10-17" && version != "2008-10-17" {
		return p, fmt.Errorf("Version must be 2012-10-17 or 2008-10-17")
	}
	if id, given := doc["Id"]; given {
		if _, ok := id.(string); !ok {
			return p, fmt.Errorf("Id must be a string")
		}
	}
	list, ok := doc["Statement"].([]any)
	if one, single := doc["Statement"].(map[string]any); single {
		list, ok = []any{one}, true
	}
	if !ok || len(list) == 0 {
		return p, fmt.Errorf("Statement must be a statement or a list of statements")
	}
	sids := map[string]bool{}
	for i, item := range list {
		s, sid, err := parseStatement(item)
		if err != nil {
			return p, fmt.Errorf("statement %d: %w", i+1, err)
		}
		if sid != "" && sids[sid] {
			return p, fmt.Errorf("the Sid %.64q appears twice", sid)
		}
		sids[sid] = true
		p.statements = append(p.statements, s)
	}
	return p, nil
}

func parseStatement(item any) (s policyStatement, sid string, err error) {
	m, ok := item.(map[string]any)
	if !ok {
		return s, "", fmt.Errorf("it is not a JSON object")
	}
	for name := range m {
		if !slices.Contains([]string{"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}, name) {
			return s, "", fmt.Errorf("unknown element %.64q", name)
		}
	}
	if v, given := m["Sid"]; given {
		if sid, ok = v.(string); !ok {
			return s, "", fmt.Errorf("Sid must be a string")
		}
	}
	switch m["Effect"] {
	case "Allow":
	case "Deny":
		s.deny = true
	default:
		return s, "", fmt.Errorf("Effect must be Allow or Deny")
	}
	if s.actions, s.notAction, err = oneOf(m, "Action", "NotAction"); err != nil {
		return s, "", err
	}
	if s.resources, s.notResource, err = oneOf(m, "Resource", "NotResource"); err != nil {
		return s, "", err
	}
	if err := s.parsePrincipals(m); err != nil {
		return s, "", err
	}
	return s, sid, s.parseConditions(m)
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

func (s *policyStatement) parsePrincipals(m map[string]any) error {
	v, plain := m["Principal"]
	if w, given := m["NotPrincipal"]; given {
		if plain {
			return fmt.Errorf("Principal and NotPrincipal exclude each other")
		}
		v, s.notPrincipal = w, true
	} else if !plain {
		return fmt.Errorf("Principal or NotPrincipal is required")
	}
	if v == "*" {
		s.principals = []string{"*"}
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
			s.principals = values
		case "Service", "Federated": // their names are theirs to check
		default:
			return fmt.Errorf("unknown kind of principal %.64q", kind)
		}
	}
	return nil
}

// operatorForm is a condition operator with its optional set prefix and suffix.
var operatorForm = regexp.MustCompile(`\A(ForAllValues:|ForAnyValue:)?(String(Not)?Equals(IgnoreCase)?|String(Not)?Like|Numeric(Not)?Equals|NumericLessThan(Equals)?|NumericGreaterThan(Equals)?|Date(Not)?Equals|DateLessThan(Equals)?|DateGreaterThan(Equals)?|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?Equals|Arn(Not)?Like|Null)(IfExists)?\z`)

func (s *policyStatement) parseConditions(m map[string]any) error {
	v, given := m["Condition"]
	if !given {
		return nil
	}
	operators, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("Condition must be an object")
	}
	s.hasConditions = len(operators) > 0
	for operator, w := range operators {
		if !operatorForm.MatchString(operator) {
			return fmt.Errorf("unknown condition operator %.64q", operator)
		}
		keys, ok := w.(map[string]any)
		if !ok || len(keys) == 0 {
			return fmt.Errorf("condition %s must be an object", operator)
		}
		for key, values := range keys {
			texts, err := conditionValues(values)
			if err != nil || key == "" {
				return fmt.Errorf("condition %s has a bad key or value", operator)
			}
			s.conditions = append(s.conditions, policyCondition{operator, key, texts})
		}
	}
	return nil
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
