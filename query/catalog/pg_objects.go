package catalog

import (
	"context"
	"slices"
	"strconv"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

func pgNamespace(_ context.Context, v *view) error {
	for _, o := range v.Schemas() {
		v.emit(oidDatum(o.OID), text(o.Name), oidDatum(o.Owner), v.acl(o.ACL))
	}
	return nil
}

func pgType(_ context.Context, v *view) error {
	for _, t := range v.UserTypes() {
		def := null
		if t.HasDefault {
			def = text(t.Default)
		}
		v.emit(oidDatum(t.OID), text(t.Name), oidDatum(t.Namespace), oidDatum(t.Owner), intDatum(t.Len), boolean(t.ByVal), charDatum(t.Kind),
			charDatum(t.Category), boolean(t.Preferred), boolean(t.Defined), charDatum(t.Delim), oidDatum(t.Relation), oidDatum(t.Subscript),
			oidDatum(t.Elem), oidDatum(t.Array), oidDatum(t.Input), oidDatum(t.Output), oidDatum(t.Receive), oidDatum(t.Send), oidDatum(t.ModIn),
			oidDatum(t.ModOut), oidDatum(t.Analyze), charDatum(t.Align), charDatum(t.Storage), boolean(t.NotNull), oidDatum(t.BaseType),
			intDatum(t.BaseMod), intDatum(t.Dimensions), oidDatum(t.Collation), def, def, v.acl(t.ACL))
	}
	return nil
}

func pgProc(_ context.Context, v *view) error {
	for i := range sysProcs {
		p := sysProc(sysProcs[i])
		v.emitProc(&p)
	}
	for _, p := range v.UserProcs() {
		v.emitProc(p)
	}
	return nil
}

func (v *view) emitProc(p *Proc) {
	modes := null
	if p.ArgModes != "" {
		modes = charArray(p.ArgModes)
	}
	source, body := text(p.Source), null
	if p.SQLBody {
		source, body = text(""), text(p.Source)
	}
	defaults := null
	if len(p.DefaultExprs) > 0 {
		defaults = text(joinComma(p.DefaultExprs))
	}
	v.emit(oidDatum(p.OID), text(p.Name), oidDatum(p.Namespace), oidDatum(p.Owner), oidDatum(p.Language), real(float64(p.Cost)),
		real(float64(p.Rows)), oidDatum(p.Variadic), oidDatum(p.Support), charDatum(p.Kind), boolean(p.SecDef), boolean(p.LeakProof),
		boolean(p.Strict), boolean(p.ReturnsSet), charDatum(p.Volatile), charDatum(p.Parallel), intDatum(len(p.ArgTypes)), intDatum(p.Defaults),
		oidDatum(p.ReturnType), oidList(sqltypes.OIDOID, p.ArgTypes, 0), oidsOrNull(p.AllArgTypes), modes, textsOrNull(p.ArgNames), defaults,
		null, source, textOrNull(p.Binary), body, textsOrNull(p.Config), v.acl(p.ACL))
}

func joinComma(list []string) string {
	out := ""
	for i, s := range list {
		if i > 0 {
			out += ", "
		}
		out += s
	}
	return out
}

func pgAm(_ context.Context, v *view) error {
	v.emit(oidDatum(BtreeTableOID), text("btree_table"), oidDatum(3), charDatum('t'))
	v.emit(oidDatum(BtreeIndexOID), text("btree_index"), oidDatum(330), charDatum('i'))
	return nil
}

func pgDatabase(_ context.Context, v *view) error {
	const encodingUTF8, defaultTablespace = 6, 1663
	v.emit(oidDatum(DatabaseOID), text(DatabaseName), oidDatum(AdminOID), intDatum(encodingUTF8), charDatum('c'), no, yes, intDatum(-1),
		oidDatum(0), oidDatum(0), oidDatum(defaultTablespace), text("C"), text("C"), null, null, null, null)
	return nil
}

func pgTablespace(_ context.Context, v *view) error {
	v.emit(oidDatum(1663), text("pg_default"), oidDatum(BootstrapRoleOID), null, null)
	v.emit(oidDatum(1664), text("pg_global"), oidDatum(BootstrapRoleOID), null, null)
	return nil
}

func pgExtension(_ context.Context, v *view) error {
	v.emit(oidDatum(13479), text("plpgsql"), oidDatum(BootstrapRoleOID), oidDatum(PgCatalogOID), no, text("1.0"), null, null)
	return nil
}

func pgAuthid(_ context.Context, v *view) error {
	for _, r := range v.Roles() {
		v.emit(oidDatum(r.OID), text(r.Name), boolean(r.Super), boolean(r.Inherit), boolean(r.CreateRole), boolean(r.CreateDB), boolean(r.Login),
			boolean(r.Replication), boolean(r.BypassRLS), intDatum(r.ConnLimit), null, null)
	}
	return nil
}

func pgRoles(_ context.Context, v *view) error {
	for _, r := range v.Roles() {
		v.emit(text(r.Name), boolean(r.Super), boolean(r.Inherit), boolean(r.CreateRole), boolean(r.CreateDB), boolean(r.Login),
			boolean(r.Replication), intDatum(r.ConnLimit), text("********"), null, boolean(r.BypassRLS), null, oidDatum(r.OID))
	}
	return nil
}

// pgUser makes the rows of pg_user and of pg_shadow, which have the same columns.
func pgUser(_ context.Context, v *view) error {
	for _, r := range v.Roles() {
		if r.Login {
			v.emit(text(r.Name), oidDatum(r.OID), boolean(r.CreateDB), boolean(r.Super), boolean(r.Replication), boolean(r.BypassRLS),
				text("********"), null, null)
		}
	}
	return nil
}

func pgGroup(_ context.Context, v *view) error {
	for _, r := range v.Roles() {
		if r.Login {
			continue
		}
		var members []OID
		for _, m := range v.Memberships() {
			if m.Role == r.OID {
				members = append(members, m.Member)
			}
		}
		v.emit(text(r.Name), oidDatum(r.OID), oidList(sqltypes.OIDOID, members, 1))
	}
	return nil
}

func pgAuthMembers(_ context.Context, v *view) error {
	for _, m := range v.Memberships() {
		v.emit(oidDatum(m.OID), oidDatum(m.Role), oidDatum(m.Member), oidDatum(m.Grantor), boolean(m.Admin), boolean(m.Inherit), boolean(m.Set))
	}
	return nil
}

// sharedClass tells whether comments of the class stand in pg_shdescription.
func sharedClass(class OID) bool { return class == ClassAuthID || class == ClassDatabase }

func (v *view) eachComment(shared bool, take func(Comment, string)) {
	keys := make([]Comment, 0, len(v.comments))
	for c := range v.comments {
		keys = append(keys, c)
	}
	slices.SortFunc(keys, compareComments)
	for _, c := range keys {
		if sharedClass(c.Class) == shared {
			take(c, v.comments[c])
		}
	}
}

func pgDescription(_ context.Context, v *view) error {
	v.eachComment(false, func(c Comment, s string) {
		v.emit(oidDatum(c.Object), oidDatum(c.Class), intDatum(c.Ordinal), text(s))
	})
	return nil
}

func pgShdescription(_ context.Context, v *view) error {
	v.emit(oidDatum(DatabaseOID), oidDatum(ClassDatabase), text("default administrative connection database"))
	v.eachComment(true, func(c Comment, s string) { v.emit(oidDatum(c.Object), oidDatum(c.Class), text(s)) })
	return nil
}

// pgDepend tells what belongs to what: indexes to constraints and tables, sequences and defaults to columns, views to what they read.
func pgDepend(_ context.Context, v *view) error {
	row := func(class, object OID, ordinal int, refClass, refObject OID, refOrdinal int16, kind byte) {
		v.emit(oidDatum(class), oidDatum(object), intDatum(ordinal), oidDatum(refClass), oidDatum(refObject), intDatum(refOrdinal), charDatum(kind))
	}
	for _, t := range v.userTables() {
		row(ClassRelation, t.OID, 0, ClassNamespace, t.Schema, 0, 'n')
		if t.RowType != 0 {
			row(ClassType, t.RowType, 0, ClassRelation, t.OID, 0, 'i')
			row(ClassType, t.RowArray, 0, ClassType, t.RowType, 0, 'i')
		}
		if q := t.Sequence; q != nil && q.OwnerTable != 0 {
			kind := byte('a')
			if q.Identity {
				kind = 'i'
			}
			row(ClassRelation, t.OID, 0, ClassRelation, q.OwnerTable, q.OwnerColumn, kind)
		}
		for i := range t.Columns {
			if c := &t.Columns[i]; c.DefaultOID != 0 && !c.Dropped {
				row(ClassAttrDef, c.DefaultOID, 0, ClassRelation, t.OID, c.ID, 'a')
			}
		}
		for _, k := range t.Constraints {
			for _, id := range k.Columns {
				row(ClassConstraint, k.OID, 0, ClassRelation, t.OID, id, 'a')
			}
			for _, id := range k.RefColumns {
				row(ClassConstraint, k.OID, 0, ClassRelation, k.RefTable, id, 'n')
			}
		}
		for _, i := range t.Indexes {
			if i.ConstraintOID != 0 {
				row(ClassRelation, i.OID, 0, ClassConstraint, i.ConstraintOID, 0, 'i')
				continue
			}
			for _, id := range indexReads(t, i) {
				row(ClassRelation, i.OID, 0, ClassRelation, t.OID, id, 'a')
			}
		}
		object, class := t.OID, ClassRelation
		if t.RuleOID != 0 {
			object, class = t.RuleOID, ClassRewrite
			row(ClassRewrite, t.RuleOID, 0, ClassRelation, t.OID, 0, 'i')
		}
		for _, d := range t.DependsOn {
			row(class, object, 0, d.Class, d.Object, d.Column, 'n')
		}
	}
	return nil
}

func pgRewrite(_ context.Context, v *view) error {
	for _, t := range v.userTables() {
		if t.Kind == KindView {
			v.emit(oidDatum(t.RuleOID), text("_RETURN"), oidDatum(t.OID), charDatum('1'), charDatum('O'), yes, text("<>"), text(t.View))
		}
	}
	return nil
}

func pgDefaultACL(_ context.Context, v *view) error {
	var list []*DefaultPrivileges
	for _, d := range v.defaults {
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b *DefaultPrivileges) int { return int(int64(a.OID) - int64(b.OID)) })
	for _, d := range list {
		v.emit(oidDatum(d.OID), oidDatum(d.Role), oidDatum(d.Schema), charDatum(d.Kind), textArray(sqltypes.ACLItemOID, v.ACLText(d.ACL)))
	}
	return nil
}

func pgStatisticExt(_ context.Context, v *view) error {
	for _, x := range v.ExtendedStatistics() {
		expressions := null
		if len(x.Exprs) > 0 {
			expressions = text(joinComma(x.Exprs))
		}
		v.emit(oidDatum(x.OID), oidDatum(x.Table), text(x.Name), oidDatum(x.Schema), oidDatum(x.Owner), intDatum(x.Target), int2List(x.Columns, 0),
			charArray(x.Kinds), expressions)
	}
	return nil
}

func pgSequence(_ context.Context, v *view) error {
	for _, t := range v.userTables() {
		if q := t.Sequence; q != nil {
			v.emit(oidDatum(t.OID), oidDatum(sqltypes.Int8OID), intDatum(q.Start), intDatum(q.Increment), intDatum(q.Max), intDatum(q.Min),
				intDatum(q.Cache), boolean(q.Cycle))
		}
	}
	return nil
}

func pgPreparedStatements(_ context.Context, v *view) error {
	types := func(list []OID) sqltypes.Datum { return oidList(sqltypes.RegTypeOID, list, 1) }
	for _, p := range v.info.Prepared {
		v.emit(text(p.Name), text(p.Statement), timestamp(p.Prepared), types(p.Parameters), types(p.Results), boolean(p.FromSQL), intDatum(0), intDatum(0))
	}
	return nil
}

func pgStatSSL(_ context.Context, v *view) error {
	t := v.info.TLS
	if !t.On {
		v.emit(intDatum(v.info.PID), no, null, null, null, null, null, null)
		return nil
	}
	v.emit(intDatum(v.info.PID), yes, text(t.Version), text(t.Cipher), intDatum(t.Bits), null, null, null)
	return nil
}

// itoa writes an OID as text.
func itoa(o OID) string { return strconv.FormatUint(uint64(o), 10) }
