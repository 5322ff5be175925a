package catalog

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

func pgTables(_ context.Context, v *view) error {
	for _, r := range SystemRelations() {
		if r.Kind == KindTable {
			v.emit(text(v.SchemaName(r.Schema)), text(r.Name), text(v.RoleName(BootstrapRoleOID)), null, yes, no, no, no)
		}
	}
	referenced := v.referencedTables()
	for _, t := range v.userTables() {
		if t.Kind == KindTable {
			foreign := referenced[t.OID] || slices.ContainsFunc(t.Constraints, func(k *Constraint) bool { return k.Kind == 'f' })
			v.emit(text(v.SchemaName(t.Schema)), text(t.Name), text(v.RoleName(t.Owner)), null, boolean(len(t.Indexes) > 0), no, boolean(foreign), no)
		}
	}
	return nil
}

func pgViews(_ context.Context, v *view) error {
	for _, r := range SystemRelations() {
		if r.Kind == KindView {
			v.emit(text(v.SchemaName(r.Schema)), text(r.Name), text(v.RoleName(BootstrapRoleOID)), null)
		}
	}
	for _, t := range v.userTables() {
		if definition, ok := v.ViewDef(t.OID); ok {
			v.emit(text(v.SchemaName(t.Schema)), text(t.Name), text(v.RoleName(t.Owner)), text(definition))
		}
	}
	return nil
}

func pgIndexes(_ context.Context, v *view) error {
	for r := openRows("pg_index"); r.next(); {
		index, table := systemRelations().byOID[r.oid()], systemRelations().byOID[r.oid()]
		definition, _ := v.systemIndexDef(index.OID)
		v.emit(text(v.SchemaName(table.Schema)), text(table.Name), text(index.Name), null, text(definition))
	}
	for _, t := range v.userTables() {
		for _, i := range t.Indexes {
			definition, _ := v.IndexDef(i.OID, false)
			v.emit(text(v.SchemaName(t.Schema)), text(t.Name), text(i.Name), null, text(definition))
		}
	}
	return nil
}

func pgSequences(ctx context.Context, v *view) error {
	for _, t := range v.userTables() {
		q := t.Sequence
		if q == nil {
			continue
		}
		last := null
		if v.info.SequenceState != nil && v.HasTablePrivilege(v.info.User, t.OID, PrivSelect|PrivUsage) {
			state, err := v.info.SequenceState(ctx, t.OID)
			if err != nil {
				return err
			}
			if state.Called {
				last = intDatum(state.Last)
			}
		}
		v.emit(text(v.SchemaName(t.Schema)), text(t.Name), text(v.RoleName(t.Owner)), oidDatum(sqltypes.Int8OID), intDatum(q.Start), intDatum(q.Min),
			intDatum(q.Max), intDatum(q.Increment), boolean(q.Cycle), intDatum(q.Cache), last)
	}
	return nil
}

func pgSettings(_ context.Context, v *view) error {
	for _, s := range v.data.Settings() {
		value, source := s.Default, "default"
		if v.info.Setting != nil {
			if own, ok := v.info.Setting(s.Name); ok && own != value {
				value, source = own, "session"
			}
		}
		v.emit(text(s.Name), text(value), textOrNull(s.Unit), text(s.Category), text(s.ShortDesc), textOrNull(s.ExtraDesc), text(s.Context),
			text(s.VarType), text(source), textOrNull(s.Min), textOrNull(s.Max), textsOrNull(s.EnumValues), text(s.Default), text(s.Default), null,
			null, no)
	}
	return nil
}

func pgStatsExt(_ context.Context, v *view) error {
	for _, x := range v.ExtendedStatistics() {
		t := v.tables[x.Table]
		if t == nil || !v.HasRole(v.info.User, t.Owner) {
			continue
		}
		var names []sqltypes.Datum
		for _, id := range x.Columns {
			if c := t.Column(id); c != nil {
				names = append(names, text(c.Name))
			}
		}
		v.emit(text(v.SchemaName(t.Schema)), text(t.Name), text(v.SchemaName(x.Schema)), text(x.Name), text(v.RoleName(x.Owner)),
			arrayDatum(sqltypes.NameOID, names, 1), textsOrNull(x.Exprs), charArray(x.Kinds), no, null, null, null, null, null, null)
	}
	return nil
}

// zoneNames are the time zones that PostgreSQL lists.
var zoneNames = sync.OnceValue(func() (names []string) {
	for r := openRows("pg_timezone_names").expect("name"); r.next(); {
		names = append(names, r.str())
	}
	return names
})

func pgTimezoneNames(ctx context.Context, v *view) error {
	for _, name := range zoneNames() {
		if err := ctx.Err(); err != nil {
			return err
		}
		zone, err := time.LoadLocation(name)
		if err != nil {
			continue // not in this build's zone data
		}
		at := v.info.Now.In(zone)
		abbrev, offset := at.Zone()
		v.emit(text(name), text(abbrev), sqltypes.FromInterval(&sqltypes.Interval{Micros: int64(offset) * 1e6}), boolean(at.IsDST()))
	}
	return nil
}
