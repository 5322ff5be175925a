package catalog

import (
	"context"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// eachStatistics walks over the statistics of all columns the user may read.
func (v *view) eachStatistics(take func(t *Table, c *Column, st *ColumnStatistics)) {
	for _, oid := range sortedKeys(v.columnStatistics) {
		t := v.tables[oid]
		if t == nil {
			continue
		}
		columns := v.columnStatistics[oid].Columns
		for i := range columns {
			c := t.Column(columns[i].Column)
			if c != nil && !c.Dropped && v.HasColumnPrivilege(v.info.User, oid, c.ID, PrivSelect) {
				take(t, c, &columns[i])
			}
		}
	}
}

func pgStats(_ context.Context, v *view) error {
	v.eachStatistics(func(t *Table, c *Column, st *ColumnStatistics) {
		correlation := null
		if st.HasCorrelated {
			correlation = real(float64(st.Correlation))
		}
		v.emit(text(v.SchemaName(t.Schema)), text(t.Name), text(c.Name), no, real(float64(st.NullFraction)), intDatum(st.Width),
			real(float64(st.Distinct)), v.valuesOrNull(c, st.Common), realsOrNull(st.CommonParts), v.valuesOrNull(c, st.Histogram), correlation,
			null, null, null)
	})
	return nil
}

// The kinds of what pg_statistic says of a column.
const (
	statisticCommon      = 1
	statisticHistogram   = 2
	statisticCorrelation = 3
	statisticSlots       = 5
)

// pgStatistic shows only what pg_stats does: the service's admin may read it, who is no superuser.
func pgStatistic(_ context.Context, v *view) error {
	v.eachStatistics(func(t *Table, c *Column, st *ColumnStatistics) {
		ordering, collation := v.DefaultOrdering(c.Type.OID), OID(0)
		if ty := v.Type(c.Type.OID); ty != nil {
			collation = ty.Collation
		}
		var kinds, operators, collations, numbers, values []sqltypes.Datum
		add := func(kind int, operator OID, number, value sqltypes.Datum) {
			kinds, operators, collations = append(kinds, intDatum(kind)), append(operators, oidDatum(operator)), append(collations, oidDatum(collation))
			numbers, values = append(numbers, number), append(values, value)
		}
		if len(st.Common) > 0 {
			add(statisticCommon, ordering.Equal, realsOrNull(st.CommonParts), v.valuesOrNull(c, st.Common))
		}
		if len(st.Histogram) > 0 {
			add(statisticHistogram, ordering.Less, null, v.valuesOrNull(c, st.Histogram))
		}
		if st.HasCorrelated {
			add(statisticCorrelation, ordering.Less, realsOrNull([]float32{st.Correlation}), null)
		}
		for len(kinds) < statisticSlots {
			kinds, operators, collations = append(kinds, intDatum(0)), append(operators, oidDatum(0)), append(collations, oidDatum(0))
			numbers, values = append(numbers, null), append(values, null)
		}
		row := []sqltypes.Datum{oidDatum(t.OID), intDatum(c.ID), no, real(float64(st.NullFraction)), intDatum(st.Width), real(float64(st.Distinct))}
		for _, slot := range [][]sqltypes.Datum{kinds, operators, collations, numbers, values} {
			row = append(row, slot...)
		}
		v.emit(row...)
	})
	return nil
}

// valuesOrNull is an array of a column's values, which are read from their texts so that the session's settings show them.
func (v *view) valuesOrNull(c *Column, texts []string) sqltypes.Datum {
	list, err := v.StatisticsValues(c.Type, texts)
	if len(list) == 0 || err != nil {
		return null
	}
	return arrayDatum(v.BaseType(c.Type.OID), list, 1)
}

func realsOrNull(list []float32) sqltypes.Datum {
	if len(list) == 0 {
		return null
	}
	data := make([]sqltypes.Datum, len(list))
	for i, f := range list {
		data[i] = sqltypes.Float(float64(f))
	}
	return arrayDatum(sqltypes.Float4OID, data, 1)
}
