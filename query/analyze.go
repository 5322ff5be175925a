package query

import (
	"context"
	"encoding/binary"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/limits"
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/query/exec"
	"github.com/opendsql/opendsql/query/parse"
	"github.com/opendsql/opendsql/txn"
)

// sampleRows is how many rows ANALYZE looks at, by PostgreSQL's rule: enough that each range of a histogram of so many is right within about a half.
const sampleRows = 300 * limits.StatisticsTarget

// pageBytes is the size of the pages in which pg_class counts a table.
const pageBytes = 8192

// analyzeStatement runs ANALYZE of one table. What it finds is committed at once, apart from the session's transaction, which only reads.
func (s *Session) analyzeStatement(ctx context.Context, v *parse.VacuumStmt, sql string) (string, error) {
	const tag = "ANALYZE"
	verbose, err := readAnalyzeOptions(v.Options, sql)
	if err != nil {
		return "", err
	}
	if s.block != blockNone || !s.alone || s.tx.ddl || s.tx.dml {
		return "", pgerror.New(pgerror.ActiveSQLTransaction, "ANALYZE cannot run inside a transaction block")
	}
	if len(v.Relations) > 1 {
		return "", unsupported("ANALYZE of more than one table is not supported")
	}
	table, err := s.tableToAnalyze(v.Relations[0].Relation)
	if err != nil || table == nil {
		return tag, err
	}
	columns, err := columnsToAnalyze(table, v.Relations[0].Columns)
	if err != nil {
		return "", err
	}
	tell := func(format string, args ...any) {
		if verbose {
			s.tell(info(format, args...))
		}
	}
	before := s.db.activity.changes(table.OID)
	tell("analyzing \"%s.%s\"", s.tx.snapshot.SchemaName(table.Schema), table.Name)
	st, sample, err := analyzeTable(ctx, s.tx.txn, s.tx.snapshot, table, columns)
	if err != nil {
		return "", s.translate(err)
	}
	tell("\"%s\": scanned %d of %d pages, containing %.0f live rows and 0 dead rows; %d rows in sample, %.0f estimated total rows",
		table.Name, sample.Pages(pageBytes), st.Pages, sample.Seen, sample.N, st.Rows)
	if err := s.db.putStatistics(ctx, s.tx.version, st); err != nil {
		return "", s.translate(err)
	}
	s.db.activity.analyzed(table.OID, before, len(v.Relations[0].Columns) == 0, false, s.now)
	return tag, nil
}

func info(format string, args ...any) *pgerror.Error {
	e := pgerror.Notice(pgerror.SuccessfulCompletion, format, args...)
	e.Severity = pgerror.SeverityInfo
	return e
}

// tableToAnalyze finds the table; nil, after a warning where PostgreSQL gives one, when there is nothing to do: it may not be analysed, or is no table.
func (s *Session) tableToAnalyze(name *parse.RangeVar) (*catalog.Table, error) {
	scope := s.scope()
	if name.Schema != "" {
		if _, err := scope.LookupSchema(name.Schema); err != nil {
			return nil, err
		}
	}
	oid := scope.FindRelation(name.Schema, name.Name)
	if oid == 0 {
		return nil, catalog.NoRelation(name.Schema, name.Name)
	}
	table, system := scope.Table(oid), false
	owner, isTable := catalog.BootstrapRoleOID, false
	if r, ok := catalog.SystemRelation(oid); ok {
		system, isTable = true, r.Kind == catalog.KindTable
	} else if table != nil {
		owner, isTable = table.Owner, table.Kind == catalog.KindTable
	} else if of, _ := scope.Index(oid); of != nil {
		owner = of.Owner
	}
	if me := s.userOID(); !scope.HasRole(me, owner) && !scope.HasRole(me, catalog.AdminOID) { // admin owns the database
		s.tell(warning(pgerror.Warning, "permission denied to analyze \"%s\", skipping it", name.Name))
		return nil, nil
	}
	if !isTable {
		s.tell(warning(pgerror.Warning, "skipping \"%s\" --- cannot analyze non-tables or special system tables", name.Name))
		return nil, nil
	}
	if system { // its rows are made of the catalog when they are read
		return nil, nil
	}
	return table, nil
}

// columnsToAnalyze are the indexes of the columns named, or of all.
func columnsToAnalyze(table *catalog.Table, names []string) (columns []int, err error) {
	for i := range table.Columns {
		if len(names) == 0 && !table.Columns[i].Dropped {
			columns = append(columns, i)
		}
	}
	for _, name := range names {
		column := slices.IndexFunc(table.Columns, func(c catalog.Column) bool { return c.Name == name && !c.Dropped })
		if column < 0 {
			return nil, pgerror.New(pgerror.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", name, table.Name)
		}
		if slices.Contains(columns, column) {
			return nil, pgerror.New(pgerror.DuplicateColumn, "column \"%s\" of relation \"%s\" appears more than once", name, table.Name)
		}
		columns = append(columns, column)
	}
	return columns, nil
}

// analyzeTable computes the statistics of a table from a sample of the rows the transaction sees.
func analyzeTable(ctx context.Context, t *txn.Txn, snapshot *catalog.Snapshot, table *catalog.Table, columns []int) (*catalog.Statistics, *exec.Sample, error) {
	sample, err := exec.SampleTable(ctx, t, table, columns, sampleRows)
	if err != nil {
		return nil, nil, err
	}
	st := &catalog.Statistics{Table: table.OID, Rows: sample.Rows, Pages: int64(math.Ceil(sample.Bytes / pageBytes)), Analyzed: t.Start()}
	for i, c := range columns {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		column := &table.Columns[c]
		if d := sample.Distribution(i, snapshot.BaseType(column.Type.OID), limits.StatisticsTarget); d != nil {
			d.Column = column.ID
			st.Columns = append(st.Columns, *d)
		}
	}
	return st, sample, nil
}

// statisticsBytesMax is about how much one transaction writes of statistics.
const statisticsBytesMax = 4 << 20

// putStatistics commits the statistics of a table, if the catalog is still of the version they were computed under.
func (d *Database) putStatistics(ctx context.Context, version uint64, st *catalog.Statistics) error {
	rest := st.Columns
	for {
		part := *st
		n, bytes := 0, 0
		for ; n < len(rest) && (n == 0 || bytes < statisticsBytesMax); n++ {
			bytes += rest[n].Bytes()
		}
		part.Columns, rest = rest[:n], rest[n:]
		if err := d.commitStatistics(ctx, version, &part); err != nil || len(rest) == 0 {
			return err
		}
	}
}

func (d *Database) commitStatistics(ctx context.Context, version uint64, st *catalog.Statistics) error {
	t, err := d.DB.Begin(ctx)
	if err != nil {
		return err
	}
	defer t.Rollback()
	now, err := catalog.Version(t)
	if err != nil {
		return err
	}
	if now != version {
		return txn.ErrStaleRead
	}
	id := t.ID()
	catalog.PutStatistics(t, st, binary.BigEndian.Uint64(id[:]))
	t.Rely(catalog.VersionKey())
	_, err = t.Commit(ctx)
	return err
}

// readAnalyzeOptions checks the options; only verbose has an effect, for there are no locks to skip and no buffers to use.
func readAnalyzeOptions(options []*parse.DefElem, sql string) (verbose bool, err error) {
	for _, o := range options {
		switch o.Name {
		case "verbose":
			verbose, err = optionBool(o)
		case "skip_locked":
			_, err = optionBool(o)
		case "buffer_usage_limit":
			err = checkBufferLimit(o)
		default:
			err = pgerror.New(pgerror.SyntaxError, "unrecognized ANALYZE option \"%s\"", o.Name).At(pgerror.Position(sql, o.Pos()))
		}
		if err != nil {
			return false, err
		}
	}
	return verbose, nil
}

// optionBool is the value of a Boolean option: true when it has none.
func optionBool(o *parse.DefElem) (bool, error) {
	if o.Arg == nil {
		return true, nil
	}
	switch strings.ToLower(defText(o)) {
	case "true", "on", "1":
		return true, nil
	case "false", "off", "0":
		return false, nil
	}
	return false, pgerror.New(pgerror.SyntaxError, "%s requires a Boolean value", o.Name)
}

// checkBufferLimit checks the size of BUFFER_USAGE_LIMIT, in kB where it has no unit.
func checkBufferLimit(o *parse.DefElem) error {
	const least, most = 128, 16 << 20
	if o.Arg == nil {
		return pgerror.New(pgerror.SyntaxError, "%s requires a parameter", o.Name)
	}
	text := strings.TrimSpace(defText(o))
	number := strings.TrimRight(text, "BkMGT ")
	unit := strings.TrimSpace(text[len(number):])
	size, err := strconv.ParseFloat(number, 64)
	factor, known := map[string]float64{"": 1, "B": 1.0 / 1024, "kB": 1, "MB": 1 << 10, "GB": 1 << 20, "TB": 1 << 30}[unit]
	kb := math.RoundToEven(size * factor)
	if err == nil && known && (kb == 0 || kb >= least && kb <= most) {
		return nil
	}
	return pgerror.New(pgerror.InvalidParameterValue, "BUFFER_USAGE_LIMIT option must be 0 or between %d kB and %d kB", least, most)
}
