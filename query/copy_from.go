package query

import (
	"bytes"
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

// copyFrom reads rows from the client and inserts them.
func (s *Session) copyFrom(ctx context.Context, v *parse.CopyStmt, o *copyOptions, sql string, w Writer) (string, error) {
	if s.tx.readOnly {
		return "", pgerror.New(pgerror.ReadOnlySQLTransaction, "cannot execute COPY FROM in a read-only transaction")
	}
	table, err := s.copyTable(v)
	if err != nil {
		return "", err
	}
	list, err := copyColumns(table, v.Columns, false)
	if err != nil {
		return "", err
	}
	if err := o.checkColumns(table, list); err != nil {
		return "", err
	}
	insert, err := s.copyInsert(v, table, list, sql)
	if err != nil {
		return "", err
	}
	if err := s.markDML(); err != nil {
		return "", err
	}
	data, err := w.CopyIn(o.format == copyBinary, len(list))
	if err != nil {
		return "", err
	}
	prog, err := s.start(ctx, insert, nil)
	if err != nil {
		return "", err
	}
	defer prog.Close()
	l, err := newCopyLoad(s, prog, table, list, o, data)
	if err != nil {
		return "", err
	}
	if err := l.run(); err != nil {
		return "", l.rows.context(s.translate(err), table.Name)
	}
	return "COPY " + strconv.FormatInt(l.loader.Rows(), 10), nil
}

// copyInsert prepares an INSERT of a row of defaults: its columns' values are given to its program's loader.
func (s *Session) copyInsert(v *parse.CopyStmt, table *catalog.Table, list []int, sql string) (*prepared, error) {
	statements, err := parse.Parse("INSERT INTO " + catalog.QuoteQualified(s.snapshot().SchemaName(table.Schema), table.Name) + " DEFAULT VALUES")
	if err != nil {
		return nil, err
	}
	insert := statements[0].Stmt.(*parse.InsertStmt)
	for _, c := range list {
		insert.Columns = append(insert.Columns, &parse.AssignTarget{Loc: parse.NoLoc, Name: table.Columns[c].Name})
	}
	p := &prepared{sql: sql, stmt: insert, plain: true, copyWhere: v.Where}
	return p, s.analyze(p)
}

// copyLoad is one COPY FROM.
type copyLoad struct {
	session *Session
	options *copyOptions
	rows    *copyRows
	columns []copyColumn
	loader  *exec.Loader
	copies  bool // values must not share memory with the data
	values  []sqltypes.Datum
}

func newCopyLoad(s *Session, prog *exec.Program, table *catalog.Table, list []int, o *copyOptions, data CopyReader) (*copyLoad, error) {
	loader, err := prog.Loader(list)
	if err != nil {
		return nil, err
	}
	l := &copyLoad{session: s, options: o, loader: loader, copies: !loader.Plain(), values: make([]sqltypes.Datum, len(list))}
	names := make([]string, len(list))
	for i, c := range list {
		col := &table.Columns[c]
		base, mod := s.snapshot().BaseTypeMod(col.Type.OID, col.Type.Mod)
		names[i] = col.Name
		l.columns = append(l.columns, copyColumn{name: col.Name, index: c, typ: sqltypes.Type{OID: base, Mod: mod}})
	}
	l.rows = newCopyRows(o, data, names)
	return l, nil
}

// run takes all rows of the data.
func (l *copyLoad) run() error {
	for {
		fields, err := l.rows.next()
		if errors.Is(err, io.EOF) {
			return l.flush()
		}
		if err != nil {
			return err
		}
		for i := range l.columns {
			if i == len(fields) {
				return pgerror.New(pgerror.BadCopyFileFormat, "missing data for column \"%s\"", l.columns[i].name)
			}
			if l.values[i], err = l.value(&fields[i], &l.columns[i]); err != nil {
				return err
			}
		}
		full, err := l.loader.Add(l.values, l.rows.line, l.rows.size)
		if err != nil {
			return err
		}
		if full {
			if err := l.flush(); err != nil {
				return err
			}
		}
	}
}

// flush inserts the rows that wait. An error is about the line of one of them.
func (l *copyLoad) flush() error {
	line := l.rows.line
	l.rows.current = nil
	if err := l.loader.Flush(); err != nil {
		if at := l.loader.FailedLine(); at > 0 {
			l.rows.line = at
		}
		return err
	}
	l.rows.line = line
	return nil
}

// value reads a field.
func (l *copyLoad) value(f *copyField, c *copyColumn) (d sqltypes.Datum, err error) {
	switch {
	case f.null:
		return sqltypes.Null, nil
	case f.byDefault:
		d, ok, err := l.loader.Default(c.index)
		if err == nil && !ok {
			err = pgerror.New(pgerror.BadCopyFileFormat, "unexpected default marker in COPY data").
				WithDetail("Column \"%s\" has no default value.", c.name)
		}
		return d, err
	}
	text := f.text
	if l.copies {
		text = bytes.Clone(text)
	}
	if l.options.format == copyBinary {
		d, err = sqltypes.ParseBinary(c.typ, text)
	} else {
		d, err = parseCopied(c.typ, text, l.rows.ascii, &l.session.format)
	}
	if err != nil {
		return d, &copyColumnError{error: err, column: c.name, value: string(f.text)}
	}
	return d, nil
}
