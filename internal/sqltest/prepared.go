package sqltest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query"
)

// Prepared prepares one statement that says no types of its parameters, and executes it with values as text; nil is NULL. The first line has the types
// that the parameters were given.
func (m *Memory) Prepared(sql string, values [][]byte) []string {
	s, err := m.session("")
	if err != nil {
		return ErrorLines(err)
	}
	r := &Recorder{}
	defer s.Sync(m.ctx, &Recorder{})
	fail := func(err error) []string {
		s.Failed()
		return ErrorLines(err)
	}
	if err := s.Parse(m.ctx, "", sql, nil, r); err != nil {
		return fail(err)
	}
	params, _, rows, err := s.DescribeStatement(m.ctx, "")
	if err != nil {
		return fail(err)
	}
	if err := s.Bind(m.ctx, &query.Bind{Params: values}); err != nil {
		return fail(err)
	}
	r.Lines = nil
	if err := s.Execute(m.ctx, "", 0, r); err != nil {
		return fail(err)
	}
	if !rows {
		r.Lines = r.Lines[1:] // no columns
	}
	return slices.Insert(r.Lines, 0, parameterLine(params))
}

func parameterLine[T ~uint32](types []T) string {
	var names []string
	for _, t := range types {
		names = append(names, sqltypes.TypeName(sqltypes.T(sqltypes.OID(t))))
	}
	return fmt.Sprintf("parameters (%s)", strings.Join(names, ", "))
}

// Prepared prepares and executes one statement, as Memory's does.
func (p *Postgres) Prepared(sql string, values [][]byte) []string {
	c, err := p.session("")
	if err != nil {
		return []string{"connection: " + err.Error()}
	}
	d, err := c.Prepare(p.ctx, "", sql, nil)
	if err != nil {
		return postgresError(err)
	}
	lines, err := readResult(c.ExecPrepared(p.ctx, "", values, nil, nil))
	if err != nil {
		return postgresError(err)
	}
	return slices.Insert(lines, 0, parameterLine(d.ParamOIDs))
}
