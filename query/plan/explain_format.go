package plan

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Format is one of EXPLAIN's formats.
type Format int

// The formats.
const (
	Text Format = iota
	JSON
	YAML
	XML
)

// Write writes a description and what is said of the whole statement in one of the structured formats, laid out as PostgreSQL does.
func Write(f Format, d *Description, rest []Property) string {
	properties := append([]Property{{Label: "Plan", Value: d.group("")}}, rest...)
	switch f {
	case JSON:
		w := &jsonWriter{}
		w.WriteString("[\n  ")
		w.group(properties, 2)
		w.WriteString("\n]")
		return w.String()
	case YAML:
		w := &yamlWriter{}
		w.WriteString("- ")
		w.group(properties, 2)
		return w.String()
	}
	w := &xmlWriter{}
	w.WriteString("<explain xmlns=\"http://www.postgresql.org/2009/explain\">\n  <Query>\n")
	w.group(properties, 4)
	w.WriteString("  </Query>\n</explain>")
	return w.String()
}

// group is an operator as properties, in PostgreSQL's order.
func (d *Description) group(relationship string, named ...Property) Group {
	list := []Property{{Label: "Node Type", Value: d.Kind}}
	identity := d.Identity
	for len(identity) > 0 && beforeRelationship[identity[0].Label] {
		list, identity = append(list, identity[0]), identity[1:]
	}
	if relationship != "" {
		list = append(list, Property{Label: "Parent Relationship", Value: relationship})
	}
	list = append(list, named...)
	list = append(list, Property{Label: "Parallel Aware", Value: false}, Property{Label: "Async Capable", Value: false})
	list = append(list, identity...)
	if est := d.Estimate; est != nil {
		list = append(list, Property{Label: "Startup Cost", Value: Number{est.Startup, 2, ""}}, Property{Label: "Total Cost", Value: Number{est.Total, 2, ""}},
			Property{Label: "Plan Rows", Value: Number{est.Rows, 0, ""}}, Property{Label: "Plan Width", Value: int64(est.Width)})
	}
	if a := d.Actual; a != nil {
		if a.Timed {
			list = append(list, Property{Label: "Actual Startup Time", Value: Number{a.Startup, 3, ""}}, Property{Label: "Actual Total Time", Value: Number{a.Total, 3, ""}})
		}
		list = append(list, Property{Label: "Actual Rows", Value: Number{a.Rows, 0, ""}}, Property{Label: "Actual Loops", Value: a.Loops})
	}
	for _, p := range d.Details {
		if p.Label != "" { // others are further lines of TEXT
			list = append(list, p)
		}
	}
	if len(d.Children) > 0 {
		var plans []Group
		for _, c := range d.Children {
			var name []Property
			if c.Name != "" {
				name = []Property{{Label: "Subplan Name", Value: c.Name}}
			}
			plans = append(plans, c.Node.group(c.Relationship, name...))
		}
		list = append(list, Property{Label: "Plans", Value: plans})
	}
	return Group{Item: "Plan", Properties: list}
}

// beforeRelationship are the properties of an operator's identity that stand before its place in the tree.
var beforeRelationship = map[string]bool{"Strategy": true, "Partial Mode": true, "Operation": true}

// scalar is a value as it stands in JSON and YAML: numbers and booleans bare, the rest in quotes.
func scalar(v any) string {
	if s, ok := v.(string); ok {
		return quoteJSON(s)
	}
	if n, ok := v.(Number); ok {
		n.Unit = ""
		v = n
	}
	return PlainText(v)
}

func scalars(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quoteJSON(s)
	}
	return strings.Join(quoted, ", ")
}

// quoteJSON writes a JSON string the way PostgreSQL does: nothing is escaped that need not be.
func quoteJSON(s string) string {
	out := []byte{'"'}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c == '\n':
			out = append(out, '\\', 'n')
		case c == '\r':
			out = append(out, '\\', 'r')
		case c == '\t':
			out = append(out, '\\', 't')
		case c == '\b':
			out = append(out, '\\', 'b')
		case c == '\f':
			out = append(out, '\\', 'f')
		case c < ' ':
			out = fmt.Appendf(out, "\\u%04x", c)
		default:
			out = append(out, c)
		}
	}
	return string(append(out, '"'))
}

func indentOf(n int) string { return strings.Repeat(" ", n) }

// jsonWriter lays values out as PostgreSQL's JSON: lists of texts on one line, everything else on lines of its own.
type jsonWriter struct{ strings.Builder }

func (w *jsonWriter) group(list []Property, indent int) {
	w.WriteByte('{')
	for i, p := range list {
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString("\n" + indentOf(indent+2) + quoteJSON(p.Label) + ": ")
		w.value(p.Value, indent+2)
	}
	w.WriteString("\n" + indentOf(indent) + "}")
}

func (w *jsonWriter) value(v any, indent int) {
	switch v := v.(type) {
	case Group:
		w.group(v.Properties, indent)
	case []Group:
		w.WriteByte('[')
		for i, g := range v {
			if i > 0 {
				w.WriteByte(',')
			}
			w.WriteString("\n" + indentOf(indent+2))
			w.group(g.Properties, indent+2)
		}
		w.WriteString("\n" + indentOf(indent) + "]")
	case []string:
		w.WriteString("[" + scalars(v) + "]")
	case Nested:
		w.WriteByte('[')
		for i, l := range v {
			if i > 0 {
				w.WriteByte(',')
			}
			w.WriteString("\n" + indentOf(indent+2) + "[" + scalars(l) + "]")
		}
		w.WriteString("\n" + indentOf(indent) + "]")
	default:
		w.WriteString(scalar(v))
	}
}

// yamlWriter lays values out as PostgreSQL's YAML.
type yamlWriter struct{ strings.Builder }

// group writes properties one below the other; the first one stands where the writer is.
func (w *yamlWriter) group(list []Property, indent int) {
	for i, p := range list {
		if i > 0 {
			w.WriteString("\n" + indentOf(indent))
		}
		w.WriteString(p.Label + ": ")
		w.value(p.Value, indent+2)
	}
}

func (w *yamlWriter) value(v any, indent int) {
	switch v := v.(type) {
	case Group:
		if len(v.Properties) > 0 {
			w.WriteString("\n" + indentOf(indent))
			w.group(v.Properties, indent)
		}
	case []Group:
		for _, g := range v {
			w.WriteString("\n" + indentOf(indent) + "- ")
			w.group(g.Properties, indent+2)
		}
	case []string:
		for _, s := range v {
			w.WriteString("\n" + indentOf(indent) + "- " + quoteJSON(s))
		}
	case Nested:
		for _, l := range v {
			w.WriteString("\n" + indentOf(indent) + "- [" + scalars(l) + "]")
		}
	default:
		w.WriteString(scalar(v))
	}
}

// xmlWriter lays values out as PostgreSQL's XML.
type xmlWriter struct{ strings.Builder }

func (w *xmlWriter) group(list []Property, indent int) {
	for _, p := range list {
		w.element(p.Label, p.Value, indent)
	}
}

func (w *xmlWriter) element(label string, v any, indent int) {
	tag := xmlName(label)
	open, end := indentOf(indent)+"<"+tag+">", "</"+tag+">\n"
	switch v := v.(type) {
	case Group:
		w.WriteString(open + "\n")
		w.group(v.Properties, indent+2)
		w.WriteString(indentOf(indent) + end)
	case []Group:
		w.WriteString(open + "\n")
		for _, g := range v {
			w.element(g.Item, Group{Properties: g.Properties}, indent+2)
		}
		w.WriteString(indentOf(indent) + end)
	case []string:
		w.WriteString(open + "\n")
		for _, s := range v {
			w.WriteString(indentOf(indent+2) + "<Item>" + xmlText(s) + "</Item>\n")
		}
		w.WriteString(indentOf(indent) + end)
	case Nested:
		w.WriteString(open + "\n")
		for _, l := range v {
			w.element(strings.TrimSuffix(label, "s"), l, indent+2)
		}
		w.WriteString(indentOf(indent) + end)
	case string:
		w.WriteString(open + xmlText(v) + end)
	default:
		w.WriteString(open + scalar(v) + end)
	}
}

// xmlName makes an element's name of a label.
func xmlName(label string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.') {
			return r
		}
		return '-'
	}, label)
}

func xmlText(s string) string {
	return xmlEscapes.Replace(s)
}

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#x0d;")
