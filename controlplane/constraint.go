package controlplane

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// pattern is a constraint of the service model: the text shown to clients, and
// the expression that means the same over the whole value.
type pattern struct {
	text string
	*regexp.Regexp
}

func newPattern(text string) pattern {
	inner := strings.TrimSuffix(strings.TrimPrefix(text, "^"), "$")
	return pattern{text, regexp.MustCompile(`\A(?:` + inner + `)\z`)}
}

var (
	clusterIDPattern   = newPattern(`^[a-z0-9]{26}$`)
	clusterARNPattern  = newPattern(`^arn:aws(-[^:]+)?:dsql:[a-z0-9-]{1,20}:[0-9]{12}:cluster/[a-z0-9]{26}$`)
	streamARNPattern   = newPattern(`^arn:aws(-[^:]+)?:dsql:[a-z0-9-]{1,20}:[0-9]{12}:cluster/[a-z0-9]{26}/stream/[a-z0-9]{26}$`)
	arnPattern         = newPattern(`^arn:.+$`)
	kinesisARNPattern  = newPattern(`^arn:aws[a-zA-Z-]*:kinesis:[a-z0-9-]*:[0-9]{12}:stream/[a-zA-Z0-9+=,.@_/\-]+$`)
	roleARNPattern     = newPattern(`^arn:aws(-[^:]+)?:iam::[0-9]{12}:role(/[a-zA-Z0-9+=,.@_-]+)+$`)
	clientTokenPattern = newPattern(`^[!-~]+$`)
	kmsKeyPattern      = newPattern(`^[a-zA-Z0-9:/_-]+$`)
	tagPattern         = newPattern(`^[a-zA-Z0-9_.:/=+\-@ ]*$`)
)

// violations collects what is wrong with an input's members, in the words of the
// service's model checks. Paths are JSON pointers from the input.
type violations struct {
	fields []Field
}

// add records a constraint that does not hold; message follows "failed to satisfy constraint".
func (v *violations) add(path, constraint string) {
	v.fail(path, "Value at '"+path+"' failed to satisfy constraint: "+constraint)
}

// fail records a whole message about a member.
func (v *violations) fail(path, message string) {
	name := strings.ReplaceAll(strings.TrimPrefix(path, "/"), "/", ".")
	v.fields = append(v.fields, Field{Name: name, Message: message})
}

// err is nil, or the exception that lists every violation.
func (v *violations) err() error {
	if len(v.fields) == 0 {
		return nil
	}
	messages := make([]string, len(v.fields))
	for i, f := range v.fields {
		messages[i] = f.Message
	}
	noun := "errors"
	if len(messages) == 1 {
		noun = "error"
	}
	e := invalid(reasonFieldValidation, fmt.Sprintf("%d validation %s detected: %s", len(messages), noun, strings.Join(messages, "; ")))
	e.FieldList = v.fields
	return e
}

// length checks a size between two bounds, inclusive.
func (v *violations) length(path string, n, least, most int) {
	if n < least || n > most {
		v.fail(path, fmt.Sprintf("Value with length %d at '%s' failed to satisfy constraint: Member must have length between %d and %d, inclusive", n, path, least, most))
	}
}

// matches checks a pattern.
func (v *violations) matches(path, value string, p pattern) {
	if !p.MatchString(value) {
		v.add(path, "Member must satisfy regular expression pattern: "+p.text)
	}
}

// text checks an optional string: its length in characters, and its pattern.
func (v *violations) text(path string, value *string, least, most int, p pattern) {
	if value == nil {
		return
	}
	v.length(path, utf8.RuneCountInString(*value), least, most)
	v.matches(path, *value, p)
}

func (v *violations) clusterID(id string) {
	v.matches("/identifier", id, clusterIDPattern)
}

func (v *violations) clientToken(token *string) {
	v.text("/clientToken", token, 1, 128, clientTokenPattern)
}
