// Package strictjson reads JSON without the usual leniency: only valid UTF-8, no
// member twice, bounded nesting, nothing behind the value. Two readers of one
// text can then not understand it differently.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// DepthMax bounds the nesting of a value.
const DepthMax = 32

// Parse reads one value. Objects become map[string]any, arrays []any, numbers json.Number.
// An error's text continues a sentence about the text: "is not valid JSON".
func Parse(text []byte) (any, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("is not valid UTF-8")
	}
	if err := checkDepth(text); err != nil {
		return nil, err
	}
	if !json.Valid(text) {
		return nil, errors.New("is not valid JSON")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return parseValue(d)
}

// checkDepth counts brackets outside strings, before anything recursive looks at the text.
func checkDepth(text []byte) error {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > DepthMax {
				return errors.New("is nested too deeply")
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// parseValue reads the next value of text known to be valid JSON.
func parseValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		members := map[string]any{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			key := name.(string)
			if _, twice := members[key]; twice {
				return nil, fmt.Errorf("has the member %.64q twice", key)
			}
			if members[key], err = parseValue(d); err != nil {
				return nil, err
			}
		}
		_, err = d.Token()
		return members, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := parseValue(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	}
	return token, nil
}
