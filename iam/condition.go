package iam

import (
	"bytes"
	"encoding/base64"
	"math/big"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
)

// facts are the condition keys of a request, in lower case, and their values.
type facts map[string][]string

// Condition is one operator and key with the values it compares with.
type Condition struct {
	Operator, Key string
	Values        []string

	op        operator
	key       string // lower case
	templates []template
}

// set says how an operator treats a key with several values.
type set int

const (
	single set = iota
	forAll     // every value must hold, none is fine
	forAny     // at least one value must hold
)

// operator is a condition operator taken apart.
type operator struct {
	family   string // "String", "Numeric", …
	compare  string // "Equals", "Like", "LessThan", …
	negated  bool
	ifExists bool
	set      set
}

// operatorForm is a condition operator with its optional set prefix and suffix.
var operatorForm = regexp.MustCompile(`\A(ForAllValues:|ForAnyValue:)?(?:` +
	`(String)(Not)?(Equals|EqualsIgnoreCase|Like)|` +
	`(Numeric|Date)(?:(Not)?(Equals)|(LessThan|LessThanEquals|GreaterThan|GreaterThanEquals))|` +
	`(Bool)|(Binary)Equals|(Not)?(IpAddress)|(Arn)(Not)?(Equals|Like))(IfExists)?\z`)

// parseOperator takes an operator's name apart; ok is false for a name that is none.
func parseOperator(name string) (o operator, ok bool) {
	if name == "Null" || name == "ForAllValues:Null" || name == "ForAnyValue:Null" {
		return operator{family: "Null"}, true // whether a key is there is one question, however many values it has
	}
	m := operatorForm.FindStringSubmatch(name)
	if m == nil {
		return o, false
	}
	switch m[1] {
	case "ForAllValues:":
		o.set = forAll
	case "ForAnyValue:":
		o.set = forAny
	}
	o.family = m[2] + m[5] + m[9] + m[10] + m[12] + m[13]
	o.negated = m[3]+m[6]+m[11]+m[14] != ""
	o.compare = m[4] + m[7] + m[8] + m[15]
	o.ifExists = m[16] != ""
	return o, true
}

// newCondition compiles a condition. Variables are known to the operators on strings, ARNs and booleans.
func newCondition(name string, o operator, key string, values []string, variables bool) Condition {
	c := Condition{Operator: name, Key: key, Values: values, op: o, key: strings.ToLower(key)}
	variables = variables && (o.family == "String" || o.family == "Arn" || o.family == "Bool")
	wildcards := o.family == "Arn" || o.family == "String" && o.compare == "Like"
	for _, v := range values {
		c.templates = append(c.templates, newTemplate(v, wildcards, variables))
	}
	return c
}

// holds tells whether the condition is met. strict asks a negated condition not to count a value that could not be told as different: an Allow
// must not follow from a variable without a value.
func (c *Condition) holds(keys facts, strict bool) bool {
	values, given := keys[c.key]
	given = given && len(values) > 0
	if c.op.family == "Null" {
		return slices.ContainsFunc(c.Values, func(v string) bool {
			return strings.EqualFold(v, "true") && !given || strings.EqualFold(v, "false") && given
		})
	}
	if !given {
		// ForAnyValue needs a value, whatever it compares; the others hold when there is nothing to differ.
		return c.op.ifExists || c.op.set == forAll || c.op.negated && c.op.set == single && c.resolved(keys, strict)
	}
	if c.op.negated && !c.resolved(keys, strict) {
		return false
	}
	// What a value without a set is compared with: a positive operator holds for any of the values, its negation for none.
	holds := func(v string) bool { return c.op.negated != c.matches(v, keys) }
	if c.op.set == forAll || c.op.set == single && c.op.negated {
		return !slices.ContainsFunc(values, func(v string) bool { return !holds(v) })
	}
	return slices.ContainsFunc(values, holds)
}

// resolved tells whether all variables have values, as far as that is asked for.
func (c *Condition) resolved(keys facts, strict bool) bool {
	return !strict || !slices.ContainsFunc(c.templates, func(t template) bool {
		_, ok := t.expand(keys)
		return !ok
	})
}

// matches tells whether a value of the request equals, or is like, or is less than …, any value of the condition.
func (c *Condition) matches(value string, keys facts) bool {
	for _, t := range c.templates {
		expanded, ok := t.expand(keys)
		if ok && c.op.matches(value, expanded) {
			return true
		}
	}
	return false
}

// matches compares one value of a request with one of a condition. Values that
// are not what the operator compares match nothing.
func (o operator) matches(value string, want []rune) bool {
	switch o.family {
	case "String":
		switch o.compare {
		case "Like":
			return match(want, []rune(value))
		case "EqualsIgnoreCase":
			return strings.EqualFold(value, string(want))
		}
		return value == string(want)
	case "Arn":
		return matchARN(want, []rune(value))
	case "Bool":
		return strings.EqualFold(value, string(want)) && (strings.EqualFold(value, "true") || strings.EqualFold(value, "false"))
	case "Numeric":
		a, okA := parseNumber(value)
		b, okB := parseNumber(string(want))
		return okA && okB && o.ordered(a.Cmp(b))
	case "Date":
		a, okA := parseDate(value)
		b, okB := parseDate(string(want))
		return okA && okB && o.ordered(a.Compare(b))
	case "Binary":
		a, errA := base64.StdEncoding.DecodeString(value)
		b, errB := base64.StdEncoding.DecodeString(string(want))
		return errA == nil && errB == nil && bytes.Equal(a, b)
	case "IpAddress":
		return within(value, string(want))
	}
	return false
}

// ordered applies a comparison to an order: less than 0, 0, or more than 0.
func (o operator) ordered(order int) bool {
	switch o.compare {
	case "LessThan":
		return order < 0
	case "LessThanEquals":
		return order <= 0
	case "GreaterThan":
		return order > 0
	case "GreaterThanEquals":
		return order >= 0
	}
	return order == 0
}

// numberForm bounds a number: exponents would make short texts large.
var numberForm = regexp.MustCompile(`\A[+-]?[0-9]{1,40}(\.[0-9]{1,40})?\z`)

func parseNumber(s string) (*big.Rat, bool) {
	if !numberForm.MatchString(s) {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

var (
	epochForm = regexp.MustCompile(`\A[0-9]{5,18}\z`)
	dateForms = []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01", "2006", "20060102T150405Z"}
)

// parseDate reads a date in one of the forms of ISO 8601 that W3C lists, or in
// seconds since 1970. Four digits are a year.
func parseDate(s string) (time.Time, bool) {
	if epochForm.MatchString(s) {
		n, ok := new(big.Int).SetString(s, 10)
		return time.Unix(n.Int64(), 0), ok
	}
	for _, form := range dateForms {
		if t, err := time.Parse(form, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// within tells whether an address lies in a network, or is the address named.
func within(value, want string) bool {
	a, err := netip.ParseAddr(value)
	if err != nil || a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	if n, err := netip.ParsePrefix(want); err == nil {
		return n.Contains(a)
	}
	b, err := netip.ParseAddr(want)
	return err == nil && a == b.Unmap()
}
