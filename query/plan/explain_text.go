package plan

import (
	"fmt"
	"strconv"
	"strings"
)

// WriteText writes a description in format TEXT, and below it what is said of the whole statement. repeats: storage requests to an index say their loops
// among the costs, as the service does under ANALYZE VERBOSE.
func WriteText(d *Description, rest []Property, repeats bool) string {
	w := &textWriter{repeats: repeats}
	w.node(d, 0)
	w.properties(rest, 0)
	return w.String()
}

type textWriter struct {
	strings.Builder
	repeats bool
}

func (w *textWriter) line(indent int, text string) {
	for range indent {
		w.WriteByte(' ')
	}
	w.WriteString(text)
	w.WriteByte('\n')
}

// node writes an operator and what is below it. The root stands at the margin, operators below it behind an arrow and two blanks, requests to storage
// behind an arrow and one.
func (w *textWriter) node(d *Description, indent int) {
	inner, head := indent+2, d.Title
	switch {
	case d.Storage:
		inner, head = indent+4, "-> "+head
	case indent > 0:
		inner, head = indent+6, "->  "+head
	}
	w.line(indent, head+w.numbers(d))
	w.properties(d.Details, inner)
	for _, c := range d.Children {
		at := inner
		if c.Name != "" {
			w.line(inner, c.Name)
			at += 2
		}
		w.node(c.Node, at)
	}
}

// numbers are the costs and what was measured.
func (w *textWriter) numbers(d *Description) string {
	out, repeats := "", d.Storage && d.Index && w.repeats
	if est := d.Estimate; est != nil {
		out = "  "
		if d.Storage && !repeats {
			out = " "
		}
		out += fmt.Sprintf("(cost=%.2f..%.2f rows=%.0f width=%d", est.Startup, est.Total, est.Rows, est.Width)
		if repeats && d.Actual != nil && d.Actual.Loops > 0 {
			out += fmt.Sprintf(" loops=%d", d.Actual.Loops)
		}
		out += ")"
	}
	a := d.Actual
	switch {
	case a == nil:
	case a.Loops == 0:
		out += " (never executed)"
	case a.Timed:
		out += fmt.Sprintf(" (actual time=%.3f..%.3f rows=%.0f loops=%d)", a.Startup, a.Total, a.Rows, a.Loops)
	default:
		out += fmt.Sprintf(" (actual rows=%.0f loops=%d)", a.Rows, a.Loops)
	}
	return out
}

func (w *textWriter) properties(list []Property, indent int) {
	for _, p := range list {
		group, ok := p.Value.(Group)
		switch {
		case p.Line == "-":
		case p.Line != "":
			w.line(indent, p.Line)
		case ok:
			w.line(indent, p.Label+":")
			w.properties(group.Properties, indent+2)
		default:
			w.line(indent, p.Label+": "+PlainText(p.Value))
		}
	}
}

// PlainText is a value as format TEXT shows it.
func PlainText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case Number:
		text := strconv.FormatFloat(v.Value, 'f', v.Decimals, 64)
		if v.Unit != "" {
			text += " " + v.Unit
		}
		return text
	case []string:
		return strings.Join(v, ", ")
	}
	return fmt.Sprint(v)
}
