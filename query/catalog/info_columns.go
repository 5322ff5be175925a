package catalog

import (
	"context"
	"strconv"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

func decimal[T int16 | int | int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// describeType sets the columns that describe a type: data_type, the limits, and the underlying type.
func (n *namedRow) describeType(t sqltypes.Type) *namedRow {
	base, mod := n.v.BaseTypeMod(t.OID, t.Mod)
	info := n.v.Type(base)
	if info == nil {
		return n
	}
	return n.text("data_type", n.v.dataTypeName(info)).limits(base, mod).object("udt", n.v.SchemaName(info.Namespace), info.Name)
}

// dataTypeName is what data_type says: ARRAY, USER-DEFINED, or SQL's name of the type.
func (v *view) dataTypeName(t *TypeInfo) string {
	switch {
	case t.Elem != 0 && t.Len == typeLengthVariable:
		return "ARRAY"
	case t.Namespace == PgCatalogOID:
		return v.TypeName(t.OID)
	}
	return "USER-DEFINED"
}

// limits sets what a type's modifier limits.
func (n *namedRow) limits(base OID, mod int32) *namedRow {
	const headerBytes, bytesPerCharacter, fullBytes = 4, 4, 1 << 30
	number := func(column string, value int) { n.set(column, intDatum(value)) }
	switch base {
	case sqltypes.BPCharOID, sqltypes.VarCharOID:
		octets := fullBytes
		if mod >= headerBytes {
			number("character_maximum_length", int(mod)-headerBytes)
			octets = (int(mod) - headerBytes) * bytesPerCharacter
		}
		number("character_octet_length", octets)
	case sqltypes.TextOID:
		number("character_octet_length", fullBytes)
	case sqltypes.BitOID, sqltypes.VarBitOID:
		if mod >= 0 {
			number("character_maximum_length", int(mod))
		}
	case sqltypes.Int2OID, sqltypes.Int4OID, sqltypes.Int8OID:
		number("numeric_precision", map[OID]int{sqltypes.Int2OID: 16, sqltypes.Int4OID: 32, sqltypes.Int8OID: 64}[base])
		number("numeric_precision_radix", 2)
		number("numeric_scale", 0)
	case sqltypes.Float4OID, sqltypes.Float8OID:
		number("numeric_precision", map[OID]int{sqltypes.Float4OID: 24, sqltypes.Float8OID: 53}[base])
		number("numeric_precision_radix", 2)
	case sqltypes.NumericOID:
		number("numeric_precision_radix", 10)
		if precision, scale, ok := NumericModifier(mod); ok {
			number("numeric_precision", precision)
			number("numeric_scale", scale)
		}
	case sqltypes.DateOID:
		number("datetime_precision", 0)
	case sqltypes.TimeOID, sqltypes.TimeTZOID, sqltypes.TimestampOID, sqltypes.TimestampTZOID:
		precision := 6
		if mod >= 0 {
			precision = int(mod)
		}
		number("datetime_precision", precision)
	case sqltypes.IntervalOID:
		precision := 6
		if mod >= 0 && mod&0xffff != 0xffff {
			precision = int(mod & 0xffff)
		}
		number("datetime_precision", precision)
		if mod >= 0 {
			if fields := intervalFields[mod>>16&0x7fff]; fields != "" {
				n.text("interval_type", upperASCII(fields[1:]))
			}
		}
	}
	return n
}

func upperASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

func infoColumns(_ context.Context, v *view) error {
	n := v.named("columns")
	sequences := v.identitySequences()
	v.relations(func(r relationOf) {
		for i := range r.columns {
			c := &r.columns[i]
			if c.Dropped || r.table != nil && !v.HasRole(v.info.User, r.owner) && !v.HasColumnPrivilege(v.info.User, r.oid, c.ID, allColumnPrivileges) {
				continue
			}
			n.column(&r, c)
			if q := sequences[columnID{r.oid, c.ID}]; q != nil && c.Identity != 0 {
				n.text("identity_start", decimal(q.Start)).text("identity_increment", decimal(q.Increment)).
					text("identity_maximum", decimal(q.Max)).text("identity_minimum", decimal(q.Min)).yesNo("identity_cycle", q.Cycle)
			}
			n.emit()
		}
	})
	return nil
}

type columnID struct {
	table  OID
	column int16
}

// identitySequences are the sequences of identity columns by column.
func (s *Snapshot) identitySequences() map[columnID]*Sequence {
	list := map[columnID]*Sequence{}
	for _, t := range s.tables {
		if q := t.Sequence; q != nil && q.Identity {
			list[columnID{q.OwnerTable, q.OwnerColumn}] = q
		}
	}
	return list
}

func (n *namedRow) column(r *relationOf, c *Column) {
	v := n.v
	n.object("table", r.schema, r.name).text("column_name", c.Name).set("ordinal_position", intDatum(c.ID)).
		yesNo("is_nullable", !c.NotNull && !v.domainNotNull(c.Type.OID)).describeType(c.Type).text("dtd_identifier", decimal(c.ID)).
		yesNo("is_self_referencing", false).yesNo("is_identity", c.Identity != 0).yesNo("identity_cycle", false).
		yesNo("is_updatable", r.writable())
	if t := v.Type(c.Type.OID); t != nil && t.Kind == 'd' {
		n.object("domain", v.SchemaName(t.Namespace), t.Name)
	}
	if t := v.Type(c.Type.OID); t != nil && t.Collation == CCollationOID {
		n.object("collation", "pg_catalog", "C")
	}
	if c.HasDefault && v.HasRole(v.info.User, r.owner) {
		n.text("column_default", c.Default)
	}
	n.text("is_generated", "NEVER")
	if c.Generated != "" {
		n.text("is_generated", "ALWAYS").text("generation_expression", c.Generated)
	}
	switch c.Identity {
	case 'a':
		n.text("identity_generation", "ALWAYS")
	case 'd':
		n.text("identity_generation", "BY DEFAULT")
	}
}

func (s *Snapshot) domainNotNull(oid OID) bool {
	t := s.Type(oid)
	return t != nil && t.Kind == 'd' && t.NotNull
}

// userDomains are the domains of users, by OID.
func (s *Snapshot) userDomains() (list []*TypeInfo) {
	for _, t := range s.UserTypes() {
		if t.Kind == 'd' {
			list = append(list, t)
		}
	}
	return list
}

func infoDomains(_ context.Context, v *view) error {
	n := v.named("domains")
	for _, t := range v.userDomains() {
		if !v.HasTypePrivilege(v.info.User, t.OID) {
			continue
		}
		n.object("domain", v.SchemaName(t.Namespace), t.Name).describeType(sqltypes.Type{OID: t.BaseType, Mod: t.BaseMod}).text("dtd_identifier", "1")
		if t.HasDefault {
			n.text("domain_default", t.Default)
		}
		n.emit()
	}
	return nil
}

func infoDomainConstraints(_ context.Context, v *view) error {
	n := v.named("domain_constraints")
	for _, t := range v.userDomains() {
		for _, k := range t.Checks {
			n.object("constraint", v.SchemaName(t.Namespace), k.Name).object("domain", v.SchemaName(t.Namespace), t.Name).
				yesNo("is_deferrable", false).yesNo("initially_deferred", false).emit()
		}
	}
	return nil
}

func infoColumnDomainUsage(_ context.Context, v *view) error {
	n := v.named("column_domain_usage")
	for _, t := range v.userTables() {
		for i := range t.Columns {
			c := &t.Columns[i]
			if d := v.types[c.Type.OID]; d != nil && d.Kind == 'd' && !c.Dropped && v.HasRole(v.info.User, d.Owner) {
				n.object("domain", v.SchemaName(d.Namespace), d.Name).object("table", v.SchemaName(t.Schema), t.Name).text("column_name", c.Name).emit()
			}
		}
	}
	return nil
}
