package catalog

import "github.com/opendsql/opendsql/internal/sqltypes"

// The service's own schema and what is in it. The OIDs are ours: above those of initdb, below those of users.
const (
	SysOID             OID = 14000
	SysJobsOID         OID = 14100
	SysIAMMappingsOID  OID = 14103
	SysWaitForJobOID   OID = 14001
	SysBase32ToUUIDOID OID = 14002
	SysUUIDToBase32OID OID = 14003
	SysBaseTypeOID     OID = 14004
	SysClusterSizeOID  OID = 14005
	SysClusterLimitOID OID = 14006
	SysSessionIDOID    OID = 14007
	SysTransactionOID  OID = 14008
	SysMajorVersionOID OID = 14009
	SysIAMUserOID      OID = 14010
	SysDatatypesOID    OID = 14011

	internalLanguage OID = 12
	sqlLanguage      OID = 14
)

// sysProcs are the functions of the schema sys whose signatures are known.
var sysProcs = []Proc{
	{OID: SysWaitForJobOID, Name: "wait_for_job", Kind: 'p', Volatile: 'v', ReturnType: sqltypes.RecordOID, ArgTypes: []OID{sqltypes.TextOID},
		AllArgTypes: []OID{sqltypes.TextOID, sqltypes.BoolOID}, ArgModes: "io", ArgNames: []string{"job_id", "succeeded"}},
	{OID: SysBase32ToUUIDOID, Name: "base32_str_to_uuid", Kind: 'f', Volatile: 'i', Strict: true, ReturnType: sqltypes.UUIDOID, ArgTypes: []OID{sqltypes.TextOID}},
	{OID: SysUUIDToBase32OID, Name: "uuid_to_base32_str", Kind: 'f', Volatile: 'i', Strict: true, ReturnType: sqltypes.TextOID, ArgTypes: []OID{sqltypes.UUIDOID}},
	{OID: SysBaseTypeOID, Name: "base_type_oid", Kind: 'f', Volatile: 's', Strict: true, ReturnType: sqltypes.OIDOID, ArgTypes: []OID{sqltypes.OIDOID}},
	{OID: SysClusterSizeOID, Name: "cluster_size", Kind: 'f', Volatile: 'v', ReturnType: sqltypes.Int8OID},
	{OID: SysClusterLimitOID, Name: "cluster_size_limit", Kind: 'f', Volatile: 's', ReturnType: sqltypes.Int8OID},
	{OID: SysSessionIDOID, Name: "current_session_id", Kind: 'f', Volatile: 's', ReturnType: sqltypes.TextOID},
	{OID: SysTransactionOID, Name: "current_transaction_id", Kind: 'f', Volatile: 's', ReturnType: sqltypes.TextOID},
	{OID: SysMajorVersionOID, Name: "dsql_major_version", Kind: 'f', Volatile: 'i', ReturnType: sqltypes.Int4OID},
	{OID: SysIAMUserOID, Name: "iam_session_user", Kind: 'f', Volatile: 's', ReturnType: sqltypes.TextOID},
	{OID: SysDatatypesOID, Name: "supported_datatypes", Kind: 'f', Volatile: 's', ReturnsSet: true, Rows: 100, ReturnType: sqltypes.RecordOID,
		AllArgTypes: []OID{sqltypes.TextOID, sqltypes.BoolOID}, ArgModes: "oo", ArgNames: []string{"name", "supported_in_pushdown"}},
}

// sysProc completes a row of sysProcs with what all of them share.
func sysProc(p Proc) Proc {
	p.Namespace, p.Owner, p.Language, p.Cost, p.Parallel, p.Source = SysOID, BootstrapRoleOID, internalLanguage, 1, 's', p.Name
	return p
}
