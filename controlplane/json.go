package controlplane

import (
	"bytes"
	"fmt"

	"github.com/opendsql/opendsql/internal/strictjson"
)

// parseJSON reads one JSON value strictly. Objects become map[string]any, arrays []any, numbers json.Number.
func parseJSON(text []byte) (any, error) { return strictjson.Parse(text) }

// object reads the members of a JSON object by the type they must have. The
// first member of a wrong type is remembered in *err; null and absent are the same,
// unknown members are ignored.
type object struct {
	path    string
	members map[string]any
	err     *error
}

// parseBody reads a request body; an empty one is an empty object.
func parseBody(text []byte, err *error) object {
	o := object{err: err}
	if len(bytes.TrimSpace(text)) == 0 {
		return o
	}
	v, parseErr := parseJSON(text)
	if parseErr != nil {
		*err = cannotParse("The request body " + parseErr.Error() + ".")
		return o
	}
	var ok bool
	if o.members, ok = v.(map[string]any); !ok {
		*err = cannotParse("The request body is not a JSON object.")
	}
	return o
}

func (o object) wrong(name, want string) {
	if *o.err == nil {
		*o.err = cannotParse("The member '" + o.path + "/" + name + "' is not " + want + ".")
	}
}

func (o object) text(name string) *string {
	switch v := o.members[name].(type) {
	case nil:
		return nil
	case string:
		return &v
	}
	o.wrong(name, "a string")
	return nil
}

func (o object) boolean(name string) *bool {
	switch v := o.members[name].(type) {
	case nil:
		return nil
	case bool:
		return &v
	}
	o.wrong(name, "a boolean")
	return nil
}

// object reads a nested object; ok is false when it is absent.
func (o object) object(name string) (nested object, ok bool) {
	switch v := o.members[name].(type) {
	case nil:
		return object{}, false
	case map[string]any:
		return object{path: o.path + "/" + name, members: v, err: o.err}, true
	}
	o.wrong(name, "an object")
	return object{}, false
}

// texts reads a list of strings; nil means it is absent.
func (o object) texts(name string) []string {
	v := o.members[name]
	if v == nil {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		o.wrong(name, "a list")
		return nil
	}
	texts := make([]string, len(list))
	for i, item := range list {
		if texts[i], ok = item.(string); !ok {
			o.wrong(fmt.Sprintf("%s/%d", name, i), "a string")
			return nil
		}
	}
	return texts
}

// textMap reads a map of strings to strings; nil means it is absent.
func (o object) textMap(name string) map[string]string {
	nested, ok := o.object(name)
	if !ok {
		return nil
	}
	texts := make(map[string]string, len(nested.members))
	for k, v := range nested.members {
		if texts[k], ok = v.(string); !ok {
			o.wrong(name, "a map of strings to strings")
			return nil
		}
	}
	return texts
}
