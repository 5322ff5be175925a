package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// answer is what a query returned: its rows as text, and which of the columns are floats.
type answer struct {
	rows   [][]string
	floats []bool
}

// floatTolerance is how far two floats may be apart, relative to the larger: sums of floats depend on the order of the rows.
const floatTolerance = 1e-9

func (a *answer) add(rows pgx.Rows) {
	if a.floats == nil {
		for _, f := range rows.FieldDescriptions() {
			a.floats = append(a.floats, f.DataTypeOID == pgtype.Float8OID || f.DataTypeOID == pgtype.Float4OID)
		}
	}
	var row []string
	for _, v := range rows.RawValues() {
		if v == nil {
			row = append(row, "NULL")
		} else {
			row = append(row, "="+string(v))
		}
	}
	a.rows = append(a.rows, row)
}

// same tells how an answer differs from another of the same query. The order counts in the columns that ORDER BY names; whole rows are compared
// as sets. What a LIMIT has left out may differ among the rows that are equal to the last one in those columns.
func (a *answer) same(b *answer, q query) error {
	if len(a.rows) != len(b.rows) {
		return fmt.Errorf("%d rows instead of %d", len(b.rows), len(a.rows))
	}
	for i := range a.rows {
		for _, c := range q.ordered {
			if !a.equal(a.rows[i][c], b.rows[i][c], c) {
				return fmt.Errorf("row %d has %q in column %d, by which it is ordered, instead of %q", i+1, b.rows[i][c], c+1, a.rows[i][c])
			}
		}
	}
	left, right := a.decided(q), b.decided(q)
	if len(left) != len(right) {
		return fmt.Errorf("%d rows above those that end with the LIMIT instead of %d", len(right), len(left))
	}
	slices.SortFunc(left, compareRows)
	slices.SortFunc(right, compareRows)
	for i := range left {
		for c := range left[i] {
			if !a.equal(left[i][c], right[i][c], c) {
				return fmt.Errorf("a row is %q instead of %q", right[i], left[i])
			}
		}
	}
	return nil
}

// decided are the rows that must be in every answer.
func (a *answer) decided(q query) [][]string {
	rows := slices.Clone(a.rows)
	if !q.limited || len(rows) == 0 {
		return rows
	}
	last := rows[len(rows)-1]
	return slices.DeleteFunc(rows, func(row []string) bool {
		return !slices.ContainsFunc(q.ordered, func(c int) bool { return row[c] != last[c] })
	})
}

func compareRows(a, b []string) int { return slices.Compare(a, b) }

func (a *answer) equal(x, y string, column int) bool {
	if x == y || !a.floats[column] {
		return x == y
	}
	f, err := strconv.ParseFloat(strings.TrimPrefix(x, "="), 64)
	g, err2 := strconv.ParseFloat(strings.TrimPrefix(y, "="), 64)
	return err == nil && err2 == nil && math.Abs(f-g) <= floatTolerance*max(math.Abs(f), math.Abs(g))
}
