package catalog

import (
	"context"
	"encoding/base32"
	"strings"
	"time"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// The service's access methods, as pg_am lists them.
const (
	BtreeTableOID OID = 14020
	BtreeIndexOID OID = 14021
)

// sysRelations are the views of the schema sys.
func sysRelations() []*System {
	text, oid := sqltypes.TextOID, sqltypes.OIDOID
	everybody := ACL{{Grantee: BootstrapRoleOID, Grantor: BootstrapRoleOID, Privileges: allTablePrivileges}, {Grantor: BootstrapRoleOID, Privileges: PrivSelect}}
	return []*System{
		{OID: SysJobsOID, Schema: SysOID, Name: "jobs", Kind: KindView, ACL: everybody, Columns: columnsOf(
			"job_id", text, "status", text, "details", text, "job_type", text, "class_id", oid, "object_id", oid, "object_name", text,
			"start_time", sqltypes.TimestampTZOID, "update_time", sqltypes.TimestampTZOID)},
		{OID: SysIAMMappingsOID, Schema: SysOID, Name: "iam_pg_role_mappings", Kind: KindView, ACL: everybody, Columns: columnsOf(
			"iam_oid", oid, "arn", text, "pg_role_oid", oid, "pg_role_name", text, "grantor_pg_role_oid", oid, "grantor_pg_role_name", text)},
	}
}

// columnsOf makes columns of alternating names and types.
func columnsOf(pairs ...any) []Column {
	list := make([]Column, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, Column{ID: int16(len(list) + 1), Name: pairs[i].(string), Type: sqltypes.T(pairs[i+1].(OID)), Storage: 'x'})
	}
	return list
}

func sysGenerators() map[string]generator {
	return map[string]generator{"jobs": sysJobs, "iam_pg_role_mappings": sysIAMMappings}
}

// String is the form in which clients know a job: base32 in lower case, without padding.
func (id JobID) String() string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(id[:]))
}

func sysJobs(ctx context.Context, v *view) error {
	if v.info.Jobs == nil {
		return nil
	}
	jobs, err := v.info.Jobs(ctx)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if j.Owner != 0 && !v.HasRole(v.info.User, j.Owner) && v.info.User != AdminOID {
			continue
		}
		updated := sqltypes.Null
		if j.Updated != 0 {
			updated = timestamp(j.Updated.Wall())
		}
		name := textOrNull(j.ObjectName)
		if j.Object != 0 && !v.objectExists(j.Class, j.Object) {
			name = sqltypes.Null
		}
		v.emit(sqltypes.String(j.ID.String()), sqltypes.String(j.Status), textOrNull(j.Details), sqltypes.String(j.Type), oidDatum(j.Class),
			oidDatum(j.Object), name, started(j.Started), updated)
	}
	return nil
}

// objectExists tells whether the object of a job is still there.
func (v *view) objectExists(class, object OID) bool {
	if class != ClassRelation {
		return true
	}
	_, _, ok := v.RelationName(object)
	return ok
}

func started(t clock.Time) sqltypes.Datum {
	if t == 0 {
		return sqltypes.Null
	}
	return timestamp(t.Wall())
}

// postgresEpoch is 2000-01-01, from which timestamps count.
var postgresEpoch = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

func timestamp(t time.Time) sqltypes.Datum { return sqltypes.Int(t.Sub(postgresEpoch).Microseconds()) }

func sysIAMMappings(_ context.Context, v *view) error {
	for _, oid := range sortedKeys(v.mappings) {
		m := v.mappings[oid]
		v.emit(oidDatum(m.OID), sqltypes.String(m.ARN), oidDatum(m.Role), sqltypes.String(v.RoleName(m.Role)), oidDatum(m.Grantor),
			sqltypes.String(v.RoleName(m.Grantor)))
	}
	return nil
}
