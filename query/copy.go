package query

import (
	"context"
	"errors"
	"io"
	"strconv"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/exec"
	"github.com/opendsql/opendsql/query/parse"
)

// copyStatement runs COPY FROM STDIN and COPY TO STDOUT.
func (s *Session) copyStatement(ctx context.Context, v *parse.CopyStmt, sql string, w Writer) (string, error) {
	o, err := readCopyOptions(v, sql)
	if err != nil {
		return "", err
	}
	if v.IsFrom {
		return s.copyFrom(ctx, v, o, w)
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

// copyFrom reads rows from the client and inserts them, as one INSERT would: through a prepared statement with a parameter a column.
func (s *Session) copyFrom(ctx context.Context, v *parse.CopyStmt, o *copyOptions, w Writer) (string, error) {
	if s.tx.readOnly {
		return "", pgerror.New(pgerror.ReadOnlySQLTransaction, "cannot execute COPY FROM in a read-only transaction")
	}
	if v.Where != nil {
		return "", errNotYet("WHERE of COPY FROM")
	}
	table, err := s.copyTable(v)
	if err != nil {
		return "", err
	}
	columns, err := copyColumns(table, v.Columns, false)
	if err != nil {
		return "", err
	}
	if err := o.checkColumns(table, columns); err != nil {
		return "", err
	}
	types, names := make([]sqltypes.Type, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		types[i], names[i] = table.Columns[c].Type, table.Columns[c].Name
	}
	insert, err := s.copyInsert(v.Relation, table, columns)
	if err != nil {
		return "", err
	}
	if err := s.markDML(); err != nil {
		return "", err
	}
	data, err := w.CopyIn(o.format == copyBinary, len(columns))
	if err != nil {
		return "", err
	}
	prog, err := s.start(ctx, insert, make([]sqltypes.Datum, len(columns)))
	if err != nil {
		return "", err
	}
	defer prog.Close()
	in := newCopyRows(o, data, names, s.db.Limits.QueryMemoryBytes)
	rows := 0
	for {
		fields, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = s.copyRow(prog, table, columns, types, o, fields)
		}
		if err != nil {
			return "", in.context(s.translate(err), table.Name)
		}
		rows++
	}
	return "COPY " + strconv.Itoa(rows), nil
}

// copyInsert prepares INSERT INTO table (columns) VALUES ($1, …).
func (s *Session) copyInsert(relation *parse.RangeVar, table *catalog.Table, columns []int) (*prepared, error) {
	text := "INSERT INTO " + catalog.QuoteQualified(s.snapshot().SchemaName(table.Schema), table.Name)
	names, values := "", ""
	params := make([]sqltypes.OID, len(columns))
	for i, c := range columns {
		if i > 0 {
			names, values = names+", ", values+", "
		}
		names += catalog.QuoteIdentifier(table.Columns[c].Name)
		values += "$" + strconv.Itoa(i+1)
		params[i] = table.Columns[c].Type.OID
	}
	if len(columns) == 0 {
		text += " DEFAULT VALUES"
	} else {
		text += " (" + names + ") VALUES (" + values + ")"
	}
	statements, err := parse.Parse(text)
	if err != nil {
		return nil, err
	}
	p := &prepared{sql: text, stmt: statements[0].Stmt, params: params}
	return p, s.analyze(p)
}

// copyRow inserts one row of fields.
func (s *Session) copyRow(prog *exec.Program, table *catalog.Table, columns []int, types []sqltypes.Type, o *copyOptions, fields []copyField) error {
	values := make([]sqltypes.Datum, len(fields))
	for i, f := range fields {
		if f.null {
			continue
		}
		var err error
		if o.format == copyBinary {
			values[i], err = sqltypes.ParseBinary(types[i], f.text)
		} else {
			if err = checkUTF8(f.text); err == nil {
				values[i], err = sqltypes.ParseText(types[i], string(f.text), &s.format)
			}
		}
		if err != nil {
			return &copyColumnError{error: err, column: table.Columns[columns[i]].Name, value: string(f.text)}
		}
	}
	return prog.Again(values)
}

// copyColumnError is an error about a value of a column.
type copyColumnError struct {
	error
	column, value string
}

// Unwrap gives the error itself.
func (e *copyColumnError) Unwrap() error { return e.error }
