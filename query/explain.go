package query

import (
	"context"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/parse"
	"github.com/opendsql/opendsql/query/plan"
)

// explainOptions are those of EXPLAIN.
type explainOptions struct {
	plan.ExplainOptions
	analyze bool
	format  string
}

func readExplainOptions(v *parse.ExplainStmt) (*explainOptions, error) {
	o := &explainOptions{ExplainOptions: plan.ExplainOptions{Costs: true}, format: "text"}
	for _, d := range v.Options {
		switch d.Name {
		case "analyze":
			o.analyze = defBool(d)
		case "verbose":
			o.Verbose = defBool(d)
		case "costs":
			o.Costs = defBool(d)
		case "format":
			o.format = strings.ToLower(defText(d))
			if o.format != "text" {
				return nil, pgerror.New(pgerror.FeatureNotSupported, "EXPLAIN FORMAT %s is not supported", strings.ToUpper(o.format))
			}
		case "settings", "buffers", "timing", "summary", "generic_plan", "wal":
		default:
			return nil, pgerror.New(pgerror.SyntaxError, "unrecognized EXPLAIN option \"%s\"", d.Name)
		}
	}
	return o, nil
}

func explainColumns(*parse.ExplainStmt) []Column {
	return []Column{{Name: "QUERY PLAN", Type: textType}}
}

// explain shows the plan of a query.
func (s *Session) explain(_ context.Context, v *parse.ExplainStmt, sql string, params []sqltypes.Datum, w Writer) (string, error) {
	o, err := readExplainOptions(v)
	if err != nil {
		return "", err
	}
	if o.analyze {
		return "", pgerror.New(pgerror.FeatureNotSupported, "EXPLAIN ANALYZE is not supported")
	}
	if !isQuery(v.Query) {
		return "", unsupported("unsupported statement: Explain")
	}
	p := &prepared{sql: sql, stmt: v.Query}
	if err := s.analyze(p); err != nil {
		return "", err
	}
	for _, line := range plan.Explain(p.plan, o.ExplainOptions) {
		if err := w.Row([]sqltypes.Datum{sqltypes.String(line)}); err != nil {
			return "", err
		}
	}
	return "EXPLAIN", nil
}
