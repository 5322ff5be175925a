package sqltypes

// OID is an object identifier of PostgreSQL's catalog.
type OID uint32

// Type is an SQL type with its modifier (-1: none), as pg_attribute keeps it in atttypid and atttypmod.
type Type struct {
	OID OID
	Mod int32
}

// T is the type without a modifier.
func T(o OID) Type { return Type{OID: o, Mod: -1} }

// The OIDs of PostgreSQL 16's built-in types (pg_type).
const (
	BoolOID                     OID = 16
	ByteaOID                    OID = 17
	CharOID                     OID = 18
	NameOID                     OID = 19
	Int8OID                     OID = 20
	Int2OID                     OID = 21
	Int2VectorOID               OID = 22
	Int4OID                     OID = 23
	RegProcOID                  OID = 24
	TextOID                     OID = 25
	OIDOID                      OID = 26
	TIDOID                      OID = 27
	XIDOID                      OID = 28
	CIDOID                      OID = 29
	OIDVectorOID                OID = 30
	PgDdlCommandOID             OID = 32
	JSONOID                     OID = 114
	XMLOID                      OID = 142
	PgNodeTreeOID               OID = 194
	TableAmHandlerOID           OID = 269
	IndexAmHandlerOID           OID = 325
	PointOID                    OID = 600
	LSegOID                     OID = 601
	PathOID                     OID = 602
	BoxOID                      OID = 603
	PolygonOID                  OID = 604
	LineOID                     OID = 628
	CIDROID                     OID = 650
	Float4OID                   OID = 700
	Float8OID                   OID = 701
	UnknownOID                  OID = 705
	CircleOID                   OID = 718
	MacAddr8OID                 OID = 774
	MoneyOID                    OID = 790
	MacAddrOID                  OID = 829
	InetOID                     OID = 869
	ACLItemOID                  OID = 1033
	BPCharOID                   OID = 1042
	VarCharOID                  OID = 1043
	DateOID                     OID = 1082
	TimeOID                     OID = 1083
	TimestampOID                OID = 1114
	TimestampTZOID              OID = 1184
	IntervalOID                 OID = 1186
	TimeTZOID                   OID = 1266
	BitOID                      OID = 1560
	VarBitOID                   OID = 1562
	NumericOID                  OID = 1700
	RefCursorOID                OID = 1790
	RegProcedureOID             OID = 2202
	RegOperOID                  OID = 2203
	RegOperatorOID              OID = 2204
	RegClassOID                 OID = 2205
	RegTypeOID                  OID = 2206
	RecordOID                   OID = 2249
	CStringOID                  OID = 2275
	AnyOID                      OID = 2276
	AnyArrayOID                 OID = 2277
	VoidOID                     OID = 2278
	TriggerOID                  OID = 2279
	LanguageHandlerOID          OID = 2280
	InternalOID                 OID = 2281
	AnyElementOID               OID = 2283
	AnyNonArrayOID              OID = 2776
	UUIDOID                     OID = 2950
	TxidSnapshotOID             OID = 2970
	FdwHandlerOID               OID = 3115
	PGLSNOID                    OID = 3220
	TsmHandlerOID               OID = 3310
	PgNdistinctOID              OID = 3361
	PgDependenciesOID           OID = 3402
	AnyEnumOID                  OID = 3500
	TSVectorOID                 OID = 3614
	TSQueryOID                  OID = 3615
	GTSVectorOID                OID = 3642
	RegConfigOID                OID = 3734
	RegDictionaryOID            OID = 3769
	JSONBOID                    OID = 3802
	AnyRangeOID                 OID = 3831
	EventTriggerOID             OID = 3838
	Int4RangeOID                OID = 3904
	NumRangeOID                 OID = 3906
	TSRangeOID                  OID = 3908
	TSTZRangeOID                OID = 3910
	DateRangeOID                OID = 3912
	Int8RangeOID                OID = 3926
	JSONPathOID                 OID = 4072
	RegNamespaceOID             OID = 4089
	RegRoleOID                  OID = 4096
	RegCollationOID             OID = 4191
	Int4multirangeOID           OID = 4451
	NummultirangeOID            OID = 4532
	TsmultirangeOID             OID = 4533
	TstzmultirangeOID           OID = 4534
	DatemultirangeOID           OID = 4535
	Int8multirangeOID           OID = 4536
	AnyMultirangeOID            OID = 4537
	AnyCompatibleMultirangeOID  OID = 4538
	PgBrinBloomSummaryOID       OID = 4600
	PgBrinMinmaxMultiSummaryOID OID = 4601
	PgMcvListOID                OID = 5017
	PgSnapshotOID               OID = 5038
	XID8OID                     OID = 5069
	AnyCompatibleOID            OID = 5077
	AnyCompatibleArrayOID       OID = 5078
	AnyCompatibleNonArrayOID    OID = 5079
	AnyCompatibleRangeOID       OID = 5080
)

// The OIDs of the array types.
const (
	BoolArrayOID           OID = 1000
	ByteaArrayOID          OID = 1001
	CharArrayOID           OID = 1002
	NameArrayOID           OID = 1003
	Int8ArrayOID           OID = 1016
	Int2ArrayOID           OID = 1005
	Int2VectorArrayOID     OID = 1006
	Int4ArrayOID           OID = 1007
	RegProcArrayOID        OID = 1008
	TextArrayOID           OID = 1009
	OIDArrayOID            OID = 1028
	TIDArrayOID            OID = 1010
	XIDArrayOID            OID = 1011
	CIDArrayOID            OID = 1012
	OIDVectorArrayOID      OID = 1013
	JSONArrayOID           OID = 199
	XMLArrayOID            OID = 143
	PointArrayOID          OID = 1017
	LSegArrayOID           OID = 1018
	PathArrayOID           OID = 1019
	BoxArrayOID            OID = 1020
	PolygonArrayOID        OID = 1027
	LineArrayOID           OID = 629
	CIDRArrayOID           OID = 651
	Float4ArrayOID         OID = 1021
	Float8ArrayOID         OID = 1022
	CircleArrayOID         OID = 719
	MacAddr8ArrayOID       OID = 775
	MoneyArrayOID          OID = 791
	MacAddrArrayOID        OID = 1040
	InetArrayOID           OID = 1041
	ACLItemArrayOID        OID = 1034
	BPCharArrayOID         OID = 1014
	VarCharArrayOID        OID = 1015
	DateArrayOID           OID = 1182
	TimeArrayOID           OID = 1183
	TimestampArrayOID      OID = 1115
	TimestampTZArrayOID    OID = 1185
	IntervalArrayOID       OID = 1187
	TimeTZArrayOID         OID = 1270
	BitArrayOID            OID = 1561
	VarBitArrayOID         OID = 1563
	NumericArrayOID        OID = 1231
	RefCursorArrayOID      OID = 2201
	RegProcedureArrayOID   OID = 2207
	RegOperArrayOID        OID = 2208
	RegOperatorArrayOID    OID = 2209
	RegClassArrayOID       OID = 2210
	RegTypeArrayOID        OID = 2211
	RecordArrayOID         OID = 2287
	CStringArrayOID        OID = 1263
	UUIDArrayOID           OID = 2951
	TxidSnapshotArrayOID   OID = 2949
	PGLSNArrayOID          OID = 3221
	TSVectorArrayOID       OID = 3643
	TSQueryArrayOID        OID = 3645
	GTSVectorArrayOID      OID = 3644
	RegConfigArrayOID      OID = 3735
	RegDictionaryArrayOID  OID = 3770
	JSONBArrayOID          OID = 3807
	Int4RangeArrayOID      OID = 3905
	NumRangeArrayOID       OID = 3907
	TSRangeArrayOID        OID = 3909
	TSTZRangeArrayOID      OID = 3911
	DateRangeArrayOID      OID = 3913
	Int8RangeArrayOID      OID = 3927
	JSONPathArrayOID       OID = 4073
	RegNamespaceArrayOID   OID = 4090
	RegRoleArrayOID        OID = 4097
	RegCollationArrayOID   OID = 4192
	Int4multirangeArrayOID OID = 6150
	NummultirangeArrayOID  OID = 6151
	TsmultirangeArrayOID   OID = 6152
	TstzmultirangeArrayOID OID = 6153
	DatemultirangeArrayOID OID = 6155
	Int8multirangeArrayOID OID = 6157
	PgSnapshotArrayOID     OID = 5039
	XID8ArrayOID           OID = 271
)
