package query

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/exec"
	"github.com/opendsql/opendsql/query/parse"
	"github.com/opendsql/opendsql/query/plan"
)

// explainOptions are those of EXPLAIN.
type explainOptions struct {
	plan.ExplainOptions
	analyze, settings, generic bool
	summary                    *bool // nil: with ANALYZE
}

func readExplainOptions(v *parse.ExplainStmt, sql string) (*explainOptions, error) {
	o := &explainOptions{ExplainOptions: plan.ExplainOptions{Costs: true}}
	var timing *bool
	wal := false
	for _, d := range v.Options {
		on := defBool(d)
		switch d.Name {
		case "analyze":
			o.analyze = on
		case "verbose":
			o.Verbose = on
		case "costs":
			o.Costs = on
		case "settings":
			o.settings = on
		case "generic_plan":
			o.generic = on
		case "timing":
			timing = &on
		case "summary":
			o.summary = &on
		case "wal":
			wal = on
		case "buffers":
		case "format":
			switch format := strings.ToLower(defText(d)); format {
			case "text":
			case "json", "xml", "yaml":
				return nil, pgerror.New(pgerror.FeatureNotSupported, "EXPLAIN FORMAT %s is not supported", strings.ToUpper(format))
			default:
				return nil, pgerror.New(pgerror.InvalidParameterValue, "unrecognized value for EXPLAIN option \"format\": \"%s\"", defText(d)).
					At(pgerror.Position(sql, d.Pos()))
			}
		default:
			return nil, pgerror.New(pgerror.SyntaxError, "unrecognized EXPLAIN option \"%s\"", d.Name).At(pgerror.Position(sql, d.Pos()))
		}
	}
	switch {
	case wal && !o.analyze:
		return nil, pgerror.New(pgerror.InvalidParameterValue, "EXPLAIN option WAL requires ANALYZE")
	case timing != nil && *timing && !o.analyze:
		return nil, pgerror.New(pgerror.InvalidParameterValue, "EXPLAIN option TIMING requires ANALYZE")
	case o.generic && o.analyze:
		return nil, pgerror.New(pgerror.InvalidParameterValue, "EXPLAIN options ANALYZE and GENERIC_PLAN cannot be used together")
	}
	o.Timing = timing == nil || *timing
	return o, nil
}

func explainColumns(*parse.ExplainStmt) []Column {
	return []Column{{Name: "QUERY PLAN", Type: textType}}
}

// explain shows the plan of a query and, with ANALYZE, what an execution of it did. The rows of that execution go nowhere; what it writes stays.
func (s *Session) explain(ctx context.Context, v *parse.ExplainStmt, sql string, params []sqltypes.Datum, w Writer) (string, error) {
	o, err := readExplainOptions(v, sql)
	if err != nil {
		return "", err
	}
	if !isQuery(v.Query) {
		return "", unsupported("unsupported statement: Explain")
	}
	p := &prepared{sql: sql, stmt: v.Query}
	begun := time.Now()
	if err := s.analyze(p); err != nil {
		return "", err
	}
	planning, execution := time.Since(begun), time.Duration(0)
	if o.analyze {
		if p.program, o.Measures, err = exec.CompileMeasured(p.plan); err != nil {
			return "", err
		}
		begun = time.Now()
		p.rows = false
		if _, err := s.runQuery(ctx, p, params, w); err != nil {
			return "", err
		}
		execution = time.Since(begun)
	}
	for _, line := range append(plan.Explain(p.plan, o.ExplainOptions), o.trailer(planning, execution)...) {
		if err := w.Row([]sqltypes.Datum{sqltypes.String(line)}); err != nil {
			return "", err
		}
	}
	return "EXPLAIN", nil
}

// trailer is what stands below a plan.
func (o *explainOptions) trailer(planning, execution time.Duration) (lines []string) {
	if o.settings {
		// Source: observed on the service, which sets no other parameter of the planner.
		lines = append(lines, "Settings: work_mem = '128MB'")
	}
	if o.summary == nil && o.analyze || o.summary != nil && *o.summary {
		lines = append(lines, fmt.Sprintf("Planning Time: %.3f ms", planning.Seconds()*1000))
		if o.analyze {
			lines = append(lines, fmt.Sprintf("Execution Time: %.3f ms", execution.Seconds()*1000))
		}
	}
	return lines
}
