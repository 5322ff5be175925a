package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"go.yaml.in/yaml/v3"

	"github.com/opendsql/opendsql/internal/strictjson"
	"github.com/opendsql/opendsql/internal/wholefile"
)

// RegistryFile is the name of the registry in a data directory.
const RegistryFile = "iam.yaml"

// ReadRegistry reads the registry in a file. One that does not exist is empty.
func ReadRegistry(path string) (*Registry, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &Registry{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, registryBytesMax+1))
	if err != nil {
		return nil, err
	}
	r, err := ParseRegistry(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// ParseRegistry reads a registry's text, which is YAML, or JSON. It is not checked yet; Check does.
func ParseRegistry(text []byte) (*Registry, error) {
	if len(text) > registryBytesMax {
		return nil, fmt.Errorf("longer than %d MiB", registryBytesMax>>20)
	}
	r := &Registry{}
	var doc yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		return r, nil
	} else if err != nil {
		return nil, err
	}
	if err := d.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one document")
	}
	v, err := valueOf(&doc, 0)
	if err != nil || v == nil {
		return r, err
	}
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	strict := json.NewDecoder(bytes.NewReader(plain))
	strict.DisallowUnknownFields()
	if err := strict.Decode(r); err != nil {
		return nil, err
	}
	return r, nil
}

// valueOf is a node as a value of JSON. What YAML takes for a date stays the text it is: a policy's version needs no quotes.
func valueOf(n *yaml.Node, depth int) (any, error) {
	if depth > strictjson.DepthMax+8 {
		return nil, fmt.Errorf("line %d: nested too deeply", n.Line)
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return valueOf(n.Content[0], depth+1)
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
				return nil, fmt.Errorf("line %d: a key must be a plain text", key.Line)
			}
			if _, twice := m[key.Value]; twice {
				return nil, fmt.Errorf("line %d: %.64q appears twice", key.Line, key.Value)
			}
			v, err := valueOf(n.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			m[key.Value] = v
		}
		return m, nil
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			var err error
			if list[i], err = valueOf(item, depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	case yaml.ScalarNode:
		return scalarOf(n), nil
	}
	return nil, fmt.Errorf("line %d: anchors and aliases are not supported", n.Line)
}

func scalarOf(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		var b bool
		if n.Decode(&b) == nil {
			return b
		}
	case "!!int", "!!float":
		if json.Valid([]byte(n.Value)) {
			return json.Number(n.Value)
		}
	}
	return n.Value
}

// Format writes the registry's text.
func (r *Registry) Format() ([]byte, error) {
	plain, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(plain))
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("# Accounts, users and roles of this OpenDSQL installation. Keep this file secret.\n" +
		"# Changes count at once. \"opendsql iam\" writes it anew, without other comments.\n")
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := errors.Join(e.Encode(v), e.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Save checks the registry and replaces the file at path with it, whole or not at all, readable by its owner only.
func (r *Registry) Save(path string) error {
	if err := r.Check(); err != nil {
		return err
	}
	text, err := r.Format()
	if err != nil {
		return err
	}
	return wholefile.Replace(path, text, wholefile.Private)
}
