package catalog

import (
	"context"
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
)

// tablePrivilegeNames are the rights that information_schema knows.
var tablePrivilegeNames = []struct {
	bit  Privilege
	name string
}{
	{PrivInsert, "INSERT"}, {PrivSelect, "SELECT"}, {PrivUpdate, "UPDATE"}, {PrivDelete, "DELETE"}, {PrivTruncate, "TRUNCATE"},
	{PrivReferences, "REFERENCES"}, {PrivTrigger, "TRIGGER"},
}

func (v *view) granteeName(oid OID) string {
	if oid == 0 {
		return "PUBLIC"
	}
	return v.RoleName(oid)
}

// grants walks over the items of an ACL that the user gave or got.
func (v *view) grants(acl ACL, owner OID, take func(item ACLItem, name string, bit Privilege, grantable bool)) {
	for _, item := range acl {
		if item.Grantee != 0 && !v.HasRole(v.info.User, item.Grantee) && !v.HasRole(v.info.User, item.Grantor) {
			continue
		}
		for _, p := range tablePrivilegeNames {
			if item.Privileges&p.bit != 0 {
				take(item, p.name, p.bit, item.GrantOption&p.bit != 0 || v.HasRole(item.Grantee, owner) && item.Grantee != 0)
			}
		}
	}
}

func infoTablePrivileges(_ context.Context, v *view) error {
	n := v.named("table_privileges")
	v.relations(func(r relationOf) {
		_, acl, _ := v.RelationACL(r.oid)
		v.grants(acl, r.owner, func(item ACLItem, name string, bit Privilege, grantable bool) {
			n.text("grantor", v.RoleName(item.Grantor)).text("grantee", v.granteeName(item.Grantee)).object("table", r.schema, r.name).
				text("privilege_type", name).yesNo("is_grantable", grantable).yesNo("with_hierarchy", bit == PrivSelect).emit()
		})
	})
	return nil
}

func infoColumnPrivileges(_ context.Context, v *view) error {
	n := v.named("column_privileges")
	v.relations(func(r relationOf) {
		_, acl, _ := v.RelationACL(r.oid)
		for i := range r.columns {
			c := &r.columns[i]
			if c.Dropped {
				continue
			}
			for _, list := range []ACL{acl, c.ACL} {
				v.grants(list, r.owner, func(item ACLItem, name string, bit Privilege, grantable bool) {
					if bit&allColumnPrivileges != 0 {
						n.text("grantor", v.RoleName(item.Grantor)).text("grantee", v.granteeName(item.Grantee)).
							object("table", r.schema, r.name).text("column_name", c.Name).text("privilege_type", name).
							yesNo("is_grantable", grantable).emit()
					}
				})
			}
		}
	})
	return nil
}

// routines walks over functions that the user may call.
func (v *view) routines(take func(p *Proc)) {
	for _, p := range append(v.data.Procs()[:len(v.data.Procs()):len(v.data.Procs())], v.UserProcs()...) {
		if v.HasRole(v.info.User, p.Owner) || v.HasFunctionPrivilege(v.info.User, p.OID) {
			take(p)
		}
	}
}

func (n *namedRow) specific(p *Proc) *namedRow {
	return n.object("specific", n.v.SchemaName(p.Namespace), p.Name+"_"+itoa(p.OID))
}

func infoRoutines(_ context.Context, v *view) error {
	n := v.named("routines")
	v.routines(func(p *Proc) {
		n.specific(p).object("routine", v.SchemaName(p.Namespace), p.Name)
		switch p.Kind {
		case 'f':
			n.text("routine_type", "FUNCTION")
		case 'p':
			n.text("routine_type", "PROCEDURE")
		}
		if t := v.Type(p.ReturnType); t != nil && p.Kind != 'p' {
			n.text("data_type", v.dataTypeName(t)).object("type_udt", v.SchemaName(t.Namespace), t.Name).text("dtd_identifier", "0")
		}
		body, language, style := "EXTERNAL", "INTERNAL", "GENERAL"
		if p.Language == sqlLanguage {
			body, language = "SQL", "SQL"
			if v.HasRole(v.info.User, p.Owner) && p.Source != "" && !p.SQLBody {
				n.text("routine_definition", p.Source)
			}
		} else if p.Language != internalLanguage {
			n.text("external_name", p.Source)
			language = "C"
		}
		security := "INVOKER"
		if p.SecDef {
			security = "DEFINER"
		}
		n.text("routine_body", body).text("external_language", language).text("parameter_style", style).
			yesNo("is_deterministic", p.Volatile == 'i').text("sql_data_access", "MODIFIES").yesNo("schema_level_routine", true).
			set("max_dynamic_result_sets", intDatum(0)).text("security_type", security).yesNo("as_locator", false).yesNo("is_udt_dependent", false)
		if p.Kind != 'p' {
			n.yesNo("is_null_call", p.Strict)
		}
		n.emit()
	})
	return nil
}

var parameterModes = map[byte]string{'i': "IN", 'o': "OUT", 'b': "INOUT", 'v': "IN", 't': "OUT"}

func infoParameters(_ context.Context, v *view) error {
	n := v.named("parameters")
	v.routines(func(p *Proc) {
		input := 0
		for i, a := range parameters(p) {
			t := v.Type(a.typ)
			if t == nil {
				continue
			}
			n.specific(p).set("ordinal_position", intDatum(i+1)).text("parameter_mode", parameterModes[a.mode]).yesNo("is_result", false).
				yesNo("as_locator", false).set("parameter_name", textOrNull(a.name)).text("data_type", v.dataTypeName(t)).
				object("udt", v.SchemaName(t.Namespace), t.Name).text("dtd_identifier", decimal(i+1))
			if strings.IndexByte("ibv", a.mode) >= 0 {
				input++
				if k := input - 1 - (len(p.ArgTypes) - p.Defaults); k >= 0 && k < len(p.DefaultExprs) && v.HasRole(v.info.User, p.Owner) {
					n.set("parameter_default", sqltypes.String(p.DefaultExprs[k]))
				}
			}
			n.emit()
		}
	})
	return nil
}
