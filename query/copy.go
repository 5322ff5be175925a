package query

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/parse"
)

// copyStatement runs COPY FROM STDIN and COPY TO STDOUT.
func (s *Session) copyStatement(ctx context.Context, v *parse.CopyStmt, sql string, w Writer) (string, error) {
	o, err := readCopyOptions(v, sql)
	if err != nil {
		return "", err
	}
	if v.IsFrom {
		return s.copyFrom(ctx, v, o, sql, w)
	}
	return s.copyTo(ctx, v, o, sql, w)
}

// copyTo sends a table's or a query's rows.
func (s *Session) copyTo(ctx context.Context, v *parse.CopyStmt, o *copyOptions, sql string, w Writer) (string, error) {
	stmt := v.Query
	if v.Relation != nil {
		table, err := s.copyTable(v)
		if err != nil {
			return "", err
		}
		columns, err := copyColumns(table, v.Columns, true)
		if err != nil {
			return "", err
		}
		if err := o.checkColumns(table, columns); err != nil {
			return "", err
		}
		stmt = selectOf(v.Relation, table, columns)
	}
	if q, ok := stmt.(*parse.SelectStmt); ok && q.Into != nil {
		return "", pgerror.New(pgerror.FeatureNotSupported, "COPY (SELECT INTO) is not supported")
	}
	if err := refuse(stmt); err != nil {
		return "", err
	}
	p := &prepared{sql: sql, stmt: stmt, plain: true}
	if err := s.analyze(p); err != nil {
		return "", err
	}
	if !p.rows {
		return "", pgerror.New(pgerror.FeatureNotSupported, "COPY query must have a RETURNING clause")
	}
	if v.Relation == nil {
		for _, name := range slices.Sorted(maps.Keys(o.forceQuote)) {
			if !slices.ContainsFunc(p.cols, func(c Column) bool { return c.Name == name }) {
				return "", pgerror.New(pgerror.UndefinedColumn, "column \"%s\" does not exist", name)
			}
		}
	}
	if err := w.CopyOut(o.format == copyBinary, len(p.cols)); err != nil {
		return "", err
	}
	out := newCopyWriter(o, p.cols, &s.format, w)
	if err := out.head(); err != nil {
		return "", err
	}
	if _, err := s.runQuery(ctx, p, nil, out); err != nil {
		return "", err
	}
	if err := out.tail(); err != nil {
		return "", err
	}
	return "COPY " + strconv.Itoa(out.rows), w.CopyDone()
}

// selectOf is the query that reads the columns of a table.
func selectOf(relation *parse.RangeVar, table *catalog.Table, columns []int) *parse.SelectStmt {
	q := &parse.SelectStmt{Loc: parse.NoLoc, From: []parse.TableRef{relation}}
	for _, c := range columns {
		q.Targets = append(q.Targets, &parse.ResTarget{Loc: parse.NoLoc, Value: &parse.ColumnRef{Loc: parse.NoLoc, Fields: []string{table.Columns[c].Name}}})
	}
	return q
}

// copyTable finds the table of COPY.
func (s *Session) copyTable(v *parse.CopyStmt) (*catalog.Table, error) {
	table, system, err := s.scope().ResolveTable(v.Relation.Schema, v.Relation.Name)
	if err != nil {
		e := *pgerror.From(err)
		e.Position = 0
		return nil, &e
	}
	if system != nil {
		return nil, pgerror.New(pgerror.FeatureNotSupported, "cannot copy system relation \"%s\"", v.Relation.Name)
	}
	if table.Kind == catalog.KindView {
		direction := "from"
		hint := "Try the COPY (SELECT ...) TO variant."
		if v.IsFrom {
			direction, hint = "to", "To enable copying to a view, provide an INSTEAD OF INSERT trigger."
		}
		return nil, pgerror.New(pgerror.WrongObjectType, "cannot copy %s view \"%s\"", direction, table.Name).WithHint("%s", hint)
	}
	return table, nil
}

// copyColumns are the columns named, or all that are neither dropped nor generated.
func copyColumns(table *catalog.Table, names []string, out bool) ([]int, error) {
	var list []int
	if len(names) == 0 {
		for i, c := range table.Columns {
			if !c.Dropped && c.Generated == "" {
				list = append(list, i)
			}
		}
		return list, nil
	}
	seen := map[string]bool{}
	for _, name := range names {
		at := -1
		for i, c := range table.Columns {
			if !c.Dropped && c.Name == name {
				at = i
			}
		}
		switch {
		case at < 0:
			return nil, pgerror.New(pgerror.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", name, table.Name)
		case seen[name]:
			return nil, pgerror.New(pgerror.DuplicateColumn, "column \"%s\" specified more than once", name)
		case table.Columns[at].Generated != "":
			return nil, pgerror.New(pgerror.InvalidColumnReference, "column \"%s\" is a generated column", name).
				WithDetail("Generated columns cannot be used in COPY.")
		}
		seen[name] = true
		list = append(list, at)
	}
	return list, nil
}
