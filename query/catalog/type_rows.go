package catalog

// The functions that pg_type names for row types, domains and arrays.
const (
	procRecordIn       OID = 2290
	procRecordOut      OID = 2291
	procRecordRecv     OID = 2402
	procRecordSend     OID = 2403
	procArrayIn        OID = 750
	procArrayOut       OID = 751
	procArrayRecv      OID = 2400
	procArraySend      OID = 2401
	procArrayAnalyze   OID = 3816
	procDomainIn       OID = 2597
	procDomainRecv     OID = 2598
	typeLengthVariable     = -1
)

// rowTypeOf is the composite type of a table's rows.
func rowTypeOf(t *Table) *TypeInfo {
	return &TypeInfo{
		OID: t.RowType, Name: t.Name, Namespace: t.Schema, Owner: t.Owner, Len: typeLengthVariable, Kind: 'c', Category: 'C', Defined: true,
		Delim: ',', Relation: t.OID, Array: t.RowArray, Input: procRecordIn, Output: procRecordOut, Receive: procRecordRecv, Send: procRecordSend,
		Align: 'd', Storage: 'x', BaseMod: -1,
	}
}

// arrayOf is the type of arrays of a user's type.
func arrayOf(element *TypeInfo, oid OID, name string) *TypeInfo {
	align := byte('i')
	if element.Align == 'd' {
		align = 'd'
	}
	return &TypeInfo{
		OID: oid, Name: name, Namespace: element.Namespace, Owner: element.Owner, Len: typeLengthVariable, Kind: 'b', Category: categoryArray,
		Defined: true, Delim: element.Delim, Subscript: arraySubscriptHandler, Elem: element.OID, Input: procArrayIn, Output: procArrayOut,
		Receive: procArrayRecv, Send: procArraySend, Analyze: procArrayAnalyze, Align: align, Storage: 'x', BaseMod: -1,
		Collation: element.Collation, ModIn: element.ModIn, ModOut: element.ModOut,
	}
}

// DomainOver fills in what a domain takes from its base type. The caller sets its name, OIDs, owner, default and checks.
func (s *Snapshot) DomainOver(base OID, mod int32) *TypeInfo {
	b := s.Type(base)
	return &TypeInfo{
		Len: b.Len, ByVal: b.ByVal, Kind: 'd', Category: b.Category, Defined: true, Delim: b.Delim, Input: procDomainIn, Output: b.Output,
		Receive: procDomainRecv, Send: b.Send, Analyze: b.Analyze, Align: b.Align, Storage: b.Storage, BaseType: base, BaseMod: mod,
		Collation: b.Collation,
	}
}
