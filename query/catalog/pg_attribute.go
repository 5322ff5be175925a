package catalog

import (
	"context"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// systemColumns are the columns that every table has without naming them.
var systemColumns = []struct {
	name string
	typ  OID
	size int
	id   int
}{
	{"tableoid", sqltypes.OIDOID, 4, -6}, {"cmax", sqltypes.CIDOID, 4, -5}, {"xmax", sqltypes.XIDOID, 4, -4},
	{"cmin", sqltypes.CIDOID, 4, -3}, {"xmin", sqltypes.XIDOID, 4, -2}, {"ctid", sqltypes.TIDOID, 6, -1},
}

// emitAttribute gives a row of pg_attribute for a column of a relation.
func (v *view) emitAttribute(relation OID, c *Column, inherited bool) {
	t := v.Type(c.Type.OID)
	if c.Dropped || t == nil {
		v.emitDropped(relation, c)
		return
	}
	storage, generated, compression := c.Storage, byte(0), byte(0)
	if storage == 0 {
		storage = t.Storage
	}
	if c.Generated != "" {
		generated = 's'
	}
	if inherited && t.Len == typeLengthVariable && storage != 'p' && relation >= FirstUserOID {
		compression = 'l'
	}
	target := -1
	if c.ID < 0 {
		target = 0
	}
	v.emit(oidDatum(relation), text(c.Name), oidDatum(c.Type.OID), intDatum(t.Len), intDatum(c.ID), intDatum(-1), intDatum(c.Type.Mod),
		intDatum(dimensions(t)), boolean(t.ByVal), charDatum(t.Align), charDatum(storage), charDatum(compression), boolean(c.NotNull),
		boolean(c.HasDefault || c.Generated != ""), no, charDatum(c.Identity), charDatum(generated), no, yes, intDatum(0), intDatum(target),
		oidDatum(t.Collation), v.acl(c.ACL), null, null, null)
}

// emitDropped gives the row of a column that was dropped: without a type, but with its form.
func (v *view) emitDropped(relation OID, c *Column) {
	name := "........pg.dropped." + strconv.Itoa(int(c.ID)) + "........"
	form := TypeInfo{Align: 'i', Storage: 'p'}
	if t := v.Type(c.Type.OID); t != nil {
		form = *t
	}
	v.emit(oidDatum(relation), text(name), oidDatum(0), intDatum(form.Len), intDatum(c.ID), intDatum(-1), intDatum(c.Type.Mod), intDatum(0),
		boolean(form.ByVal), charDatum(form.Align), charDatum(form.Storage), charDatum(0), no, no, no, charDatum(0), charDatum(0), yes, yes,
		intDatum(0), intDatum(0), oidDatum(0), null, null, null, null)
}

func dimensions(t *TypeInfo) int {
	if t.Category == categoryArray {
		return 1
	}
	return 0
}

func pgAttribute(_ context.Context, v *view) error {
	for _, r := range sysRelations() {
		for i := range r.Columns {
			v.emitAttribute(r.OID, &r.Columns[i], false)
		}
	}
	for _, t := range v.userTables() {
		if t.Kind != KindView {
			for _, c := range systemColumns {
				v.emitAttribute(t.OID, &Column{ID: int16(c.id), Name: c.name, Type: sqltypes.T(c.typ), NotNull: true}, false)
			}
		}
		for i := range t.Columns {
			v.emitAttribute(t.OID, &t.Columns[i], t.Kind == KindTable)
		}
		for _, i := range t.Indexes {
			for n, c := range indexColumns(t, i) {
				v.emitAttribute(i.OID, &Column{ID: int16(n + 1), Name: c.name, Type: c.typ}, true)
			}
		}
	}
	return nil
}

func pgAttrdef(_ context.Context, v *view) error {
	for _, t := range v.userTables() {
		for i := range t.Columns {
			c := &t.Columns[i]
			expression := c.Default
			if c.Generated != "" {
				expression = c.Generated
			}
			if !c.Dropped && expression != "" {
				v.emit(oidDatum(c.DefaultOID), oidDatum(t.OID), intDatum(c.ID), text(expression))
			}
		}
	}
	return nil
}

func pgIndex(_ context.Context, v *view) error {
	for _, t := range v.userTables() {
		for _, i := range t.Indexes {
			v.emitIndex(t, i)
		}
	}
	return nil
}

func (v *view) emitIndex(t *Table, i *Index) {
	columns := indexColumns(t, i)
	var ids, options []int16
	var collations, classes []OID
	var expressions []string
	for _, c := range columns {
		ids = append(ids, c.column)
	}
	for n, c := range columns[:len(i.Keys)] {
		option := int16(0)
		if c.nulls {
			option = 2
		}
		options = append(options, option)
		collation, class := OID(0), OID(0)
		if ty := v.Type(c.typ.OID); ty != nil {
			collation = ty.Collation
		}
		if o := v.DefaultOpClass(c.typ.OID, btreeMethod); o != nil {
			class = o.OID
		}
		collations, classes = append(collations, collation), append(classes, class)
		if c.column == 0 {
			expressions = append(expressions, i.Keys[n].Expr)
		}
	}
	v.emit(oidDatum(i.OID), oidDatum(t.OID), intDatum(len(columns)), intDatum(len(i.Keys)), boolean(i.Unique), boolean(i.NullsNotDistinct),
		boolean(i.Primary), no, yes, no, boolean(i.Valid), no, boolean(i.Ready), yes, no, int2List(ids, 0), oidList(sqltypes.OIDOID, collations, 0),
		oidList(sqltypes.OIDOID, classes, 0), int2List(options, 0), textOrNull(strings.Join(expressions, ", ")), textOrNull(i.Predicate))
}

func pgConstraint(_ context.Context, v *view) error {
	for _, t := range v.userTables() {
		for _, k := range t.Constraints {
			v.emitConstraint(t.Schema, t.OID, 0, k)
		}
	}
	for _, oid := range sortedKeys(v.types) {
		for _, k := range v.types[oid].Checks {
			v.emitConstraint(v.types[oid].Namespace, 0, oid, k)
		}
	}
	return nil
}

func (v *view) emitConstraint(schema, table, domain OID, k *Constraint) {
	blank := charDatum(' ')
	update, del, match := blank, blank, blank
	equals, setColumns := null, null
	if k.Kind == 'f' {
		update, del, match = charDatum(orByte(k.OnUpdate, 'a')), charDatum(orByte(k.OnDelete, 'a')), charDatum(orByte(k.Match, 's'))
		equals, setColumns = oidsOrNull(v.foreignEquals(table, k)), int2sOrNull(k.SetColumns)
	}
	expression := null
	if k.Kind == 'c' {
		expression = text(k.Expr)
	}
	v.emit(oidDatum(k.OID), text(k.Name), oidDatum(schema), charDatum(k.Kind), boolean(k.Deferrable), boolean(k.Deferred), boolean(k.Validated),
		oidDatum(table), oidDatum(domain), oidDatum(k.Index), oidDatum(0), oidDatum(k.RefTable), update, del, match, yes, intDatum(0),
		boolean(k.Kind != 'c' || k.NoInherit), int2sOrNull(k.Columns), int2sOrNull(k.RefColumns), equals, equals, equals, setColumns, null, expression)
}

func orByte(b, otherwise byte) byte {
	if b == 0 {
		return otherwise
	}
	return b
}

// foreignEquals are the equality operators of a foreign key's columns.
func (v *view) foreignEquals(table OID, k *Constraint) []OID {
	t := v.tables[k.RefTable]
	if t == nil {
		return nil
	}
	var list []OID
	for _, id := range k.RefColumns {
		if c := t.Column(id); c != nil {
			list = append(list, v.DefaultOrdering(c.Type.OID).Equal)
		}
	}
	return list
}
