package catalog

import (
	"context"
	"time"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// TableActivity is what happened to a table since the database was opened.
type TableActivity struct {
	Inserted, Updated, Deleted int64
	Live                       int64     // rows, about
	Changed                    int64     // rows, since the last ANALYZE
	Analyzed, AutoAnalyzed     time.Time // the zero time: never
	Analyzes, AutoAnalyzes     int64
}

// pgStatTables makes the views of what happened to tables: all, those of users, or those of the system, whose rows nobody changes. Scans are not counted.
func pgStatTables(user, system bool) generator {
	return func(_ context.Context, v *view) error {
		if system {
			for _, r := range SystemRelations() {
				if r.Kind == KindTable {
					v.emitActivity(r.OID, r.Schema, r.Name, intDatum(0), TableActivity{})
				}
			}
		}
		if !user {
			return nil
		}
		for _, t := range v.userTables() {
			if t.Kind != KindTable {
				continue
			}
			scans := null
			if len(t.Indexes) > 0 {
				scans = intDatum(0)
			}
			var a TableActivity
			if v.info.Activity != nil {
				a = v.info.Activity(t.OID)
			}
			v.emitActivity(t.OID, t.Schema, t.Name, scans, a)
		}
		return nil
	}
}

func (v *view) emitActivity(oid, schema OID, name string, indexScans sqltypes.Datum, a TableActivity) {
	zero := intDatum(0)
	v.emit(oidDatum(oid), text(v.SchemaName(schema)), text(name), zero, null, zero, indexScans, null, indexScans, intDatum(a.Inserted), intDatum(a.Updated),
		intDatum(a.Deleted), zero, zero, intDatum(a.Live), zero, intDatum(a.Changed), intDatum(a.Inserted), null, null, TimeOrNull(a.Analyzed),
		TimeOrNull(a.AutoAnalyzed), zero, zero, intDatum(a.Analyzes), intDatum(a.AutoAnalyzes))
}

// TimeOrNull is a timestamptz, or NULL for the zero time.
func TimeOrNull(t time.Time) sqltypes.Datum {
	if t.IsZero() {
		return null
	}
	return timestamp(t)
}
