package query

import (
	"context"
	"strings"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/exec"
	"github.com/opendsql/opendsql/query/parse"
	"github.com/opendsql/opendsql/query/plan"
)

// explainOptions are those of EXPLAIN.
type explainOptions struct {
	plan.ExplainOptions
	format                     plan.Format
	analyze, settings, generic bool
	summary                    *bool // nil: with ANALYZE
}

func readExplainOptions(v *parse.ExplainStmt, sql string) (*explainOptions, error) {
	o := &explainOptions{ExplainOptions: plan.ExplainOptions{Costs: true}}
	var timing *bool
	for _, d := range v.Options {
		if d.Name == "format" {
			var err error
			if o.format, err = explainFormat(d, sql); err != nil {
				return nil, err
			}
			continue
		}
		to := map[string]*bool{"analyze": &o.analyze, "verbose": &o.Verbose, "costs": &o.Costs, "settings": &o.settings, "generic_plan": &o.generic,
			"buffers": &o.Buffers, "wal": &o.WAL, "timing": new(bool), "summary": new(bool)}[d.Name]
		if to == nil {
			return nil, pgerror.New(pgerror.SyntaxError, "unrecognized EXPLAIN option \"%s\"", d.Name).At(pgerror.Position(sql, d.Pos()))
		}
		var err error
		if *to, err = explainBool(d); err != nil {
			return nil, err
		}
		switch d.Name {
		case "timing":
			timing = to
		case "summary":
			o.summary = to
		}
	}
	switch {
	case o.WAL && !o.analyze:
		return nil, pgerror.New(pgerror.InvalidParameterValue, "EXPLAIN option WAL requires ANALYZE")
	case timing != nil && *timing && !o.analyze:
		return nil, pgerror.New(pgerror.InvalidParameterValue, "EXPLAIN option TIMING requires ANALYZE")
	case o.generic && o.analyze:
		return nil, pgerror.New(pgerror.InvalidParameterValue, "EXPLAIN options ANALYZE and GENERIC_PLAN cannot be used together")
	}
	o.Timing = timing == nil || *timing
	return o, nil
}

// explainBool reads an option that is on or off; alone it is on.
func explainBool(d *parse.DefElem) (bool, error) {
	if d.Arg == nil {
		return true, nil
	}
	_, number := d.Arg.(*parse.IntegerConst)
	switch word := strings.ToLower(defText(d)); {
	case number && word == "1", !number && (word == "true" || word == "on"):
		return true, nil
	case number && word == "0", !number && (word == "false" || word == "off"):
		return false, nil
	}
	return false, pgerror.New(pgerror.SyntaxError, "%s requires a Boolean value", d.Name)
}

func explainFormat(d *parse.DefElem, sql string) (plan.Format, error) {
	if d.Arg == nil {
		return plan.Text, pgerror.New(pgerror.SyntaxError, "%s requires a parameter", d.Name)
	}
	switch defText(d) {
	case "text":
		return plan.Text, nil
	case "json":
		return plan.JSON, nil
	case "yaml":
		return plan.YAML, nil
	case "xml":
		return plan.XML, nil
	}
	return plan.Text, pgerror.New(pgerror.InvalidParameterValue, "unrecognized value for EXPLAIN option \"format\": \"%s\"", defText(d)).
		At(pgerror.Position(sql, d.Pos()))
}

// explainColumns are the columns of EXPLAIN's result, whose type is that of the last format asked for.
func explainColumns(v *parse.ExplainStmt) []Column {
	t := textType
	for _, d := range v.Options {
		if d.Name == "format" {
			t = textType
			switch defText(d) {
			case "json":
				t = sqltypes.T(sqltypes.JSONOID)
			case "xml":
				t = sqltypes.T(sqltypes.XMLOID)
			}
		}
	}
	return []Column{{Name: "QUERY PLAN", Type: t}}
}

// explained is the statement that an EXPLAIN is about, not yet analysed.
func explained(p *prepared, v *parse.ExplainStmt) *prepared {
	generic := false
	for _, d := range v.Options {
		if on, err := explainBool(d); d.Name == "generic_plan" && err == nil {
			generic = on
		}
	}
	return &prepared{sql: p.sql, stmt: v.Query, params: p.params, plain: p.plain && !generic}
}

// explain shows the plan of a query and, with ANALYZE, what an execution of it did. The rows of that execution go nowhere; what it writes stays.
func (s *Session) explain(ctx context.Context, outer *prepared, v *parse.ExplainStmt, params []sqltypes.Datum, w Writer) (string, error) {
	o, err := readExplainOptions(v, outer.sql)
	if err != nil {
		return "", err
	}
	if !isQuery(v.Query) {
		return "", unsupported("unsupported statement: Explain")
	}
	p := explained(outer, v)
	begun := time.Now()
	if err := s.analyze(p); err != nil {
		return "", err
	}
	if p.failed != nil {
		return "", p.failed
	}
	spent := spent{planning: time.Since(begun)}
	if o.analyze {
		if p.program, o.Measures, err = exec.CompileMeasured(p.plan); err != nil {
			return "", err
		}
		begun = time.Now()
		p.rows = false
		if _, err := s.runQuery(ctx, p, params, w); err != nil {
			return "", err
		}
		spent.execution = time.Since(begun)
		for _, m := range o.Measures {
			spent.read, spent.written = spent.read+m.Read, spent.written+m.Written
		}
	}
	snapshot := s.snapshot()
	o.Query, o.Schema = p.bound.Query, func(oid catalog.OID) string {
		if schema := snapshot.Schema(oid); schema != nil {
			return schema.Name
		}
		return ""
	}
	text := o.write(plan.Describe(p.plan, o.ExplainOptions), s.summary(o, outer.sql[max(0, v.Query.Pos()):], spent))
	lines := []string{text}
	if o.format == plan.Text {
		lines = strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	}
	for _, line := range lines {
		if err := w.Row([]sqltypes.Datum{sqltypes.String(line)}); err != nil {
			return "", err
		}
	}
	return "EXPLAIN", nil
}

func (o *explainOptions) write(d *plan.Description, rest []plan.Property) string {
	if o.format == plan.Text {
		return plan.WriteText(d, rest, o.analyze && o.Verbose)
	}
	return plan.Write(o.format, d, rest)
}

// spent is what a statement took.
type spent struct {
	planning, execution time.Duration
	read, written       int64 // bytes
}

// summary is what EXPLAIN says of the whole statement, below its plan.
func (s *Session) summary(o *explainOptions, sql string, cost spent) (list []plan.Property) {
	if o.settings {
		list = append(list, s.settings.explain())
	}
	if o.Verbose {
		list = append(list, plan.Property{Label: "Query Identifier", Value: queryIdentifier(sql)})
	}
	if o.Buffers && o.analyze {
		list = append(list, plan.Property{Label: "Planning", Value: plan.Group{Properties: plan.BufferCounters()}, Line: "-"})
	}
	shown := o.analyze
	if o.summary != nil {
		shown = *o.summary
	}
	if shown {
		list = append(list, plan.Property{Label: "Planning Time", Value: plan.Number{Value: cost.planning.Seconds() * 1000, Decimals: 3, Unit: "ms"}})
	}
	if o.analyze {
		list = append(list, plan.Property{Label: "Triggers", Value: []plan.Group{}, Line: "-"})
	}
	if shown && o.analyze {
		list = append(list, plan.Property{Label: "Execution Time", Value: plan.Number{Value: cost.execution.Seconds() * 1000, Decimals: 3, Unit: "ms"}})
	}
	if o.analyze && o.Verbose {
		list = append(list, cost.estimate(s.who.MultiRegion))
	}
	return list
}

// The service's billing units. Source: observed on the service; the rate of Compute is inferred.
const (
	computePerSecond = 1.0
	readPerKiB       = 0.001875
	writePerKiB      = 0.05
	readMin          = 0.00375 // of a transaction, in DPU
	writeMin         = 0.05
)

// estimate is what the service would bill for the statement. The minimums of the transaction it stands in are said, not counted.
func (c spent) estimate(multiRegion bool) plan.Property {
	compute := (c.planning + c.execution).Seconds() * computePerSecond
	read, write := float64(c.read)/1024*readPerKiB, float64(c.written)/1024*writePerKiB
	list := []plan.Property{dpu("Compute", compute, 0), dpu("Read", read, readMin), dpu("Write", write, writeMin)}
	total := compute + read + write
	if multiRegion { // what is written is sent as well, for the same again
		list = append(list, dpu("Multi-Region Write", write, writeMin))
		total += write
	}
	list = append(list, dpu("Total", total, 0))
	return plan.Property{Label: "Statement DPU Estimate", Value: plan.Group{Properties: list}}
}

// dpu is a line of the estimate; a value below what its transaction is billed at least says so.
func dpu(label string, value, least float64) plan.Property {
	n := plan.Number{Value: value, Decimals: 5, Unit: "DPU"}
	p := plan.Property{Label: label, Value: n}
	if value > 0 && value < least {
		p.Line = label + ": " + plan.PlainText(n) + " (Transaction minimum: " + plan.PlainText(plan.Number{Value: least, Decimals: 5}) + ")"
	}
	return p
}

// identifierAlphabet are the 32 digits of a query identifier, z-base-32.
const identifierAlphabet = "ybndrfg8ejkmcpqxot1uwisza345h769"

// queryIdentifier names a query, whatever constants are in it: 64 bits, five to a digit, the last digit filled with a zero.
func queryIdentifier(sql string) string {
	hash := parse.Fingerprint(sql)
	out := make([]byte, 13)
	for i := range out {
		out[i] = identifierAlphabet[hash>>59]
		hash <<= 5
	}
	return string(out)
}
