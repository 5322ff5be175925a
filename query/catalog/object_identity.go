package catalog

import (
	"context"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/parse"
)

// ObjectAddress names an object as pg_depend does: the catalog it is a row of, its OID there, and the number of a relation's column or 0.
type ObjectAddress struct {
	Class, OID OID
	Sub        int32
}

// ObjectIdentity is what PostgreSQL's functions pg_describe_object, pg_identify_object and pg_identify_object_as_address tell of an object. All texts
// but Kind are empty when there is no such object.
type ObjectIdentity struct {
	Kind        string // "table column"
	Description string // as messages have it: "column a of table t"
	Schema      string // quoted; empty for what is in none
	Name        string // quoted; empty where schema and name are not enough to find the object
	Identity    string // the same for every search path
	Names, Args []string
}

// objectClass is a catalog whose rows are objects.
type objectClass struct {
	relation string
	kind     string // of its objects, and of those that do not exist
	name     string // the column of names that are unique in their schema
	schema   string // the column of schemas
}

// objectClasses are the catalogs that have objects in PostgreSQL 16, by the OID of each. Those without a
// relation have none here, or their objects are known without it.
var objectClasses = map[OID]objectClass{
	classOfRelations: {kind: "relation"}, classOfProcs: {kind: "routine"}, classOfTypes: {kind: "type"}, classOfOperators: {kind: "operator"}, classOfCasts: {relation: "pg_cast", kind: "cast"},
	classOfCollations: {"pg_collation", "collation", "collname", "collnamespace"}, classOfConstraints: {"pg_constraint", "constraint", "", "connamespace"},
	classOfConversions: {"pg_conversion", "conversion", "conname", "connamespace"}, classOfDefaults: {relation: "pg_attrdef", kind: "default value"},
	classOfLanguages: {relation: "pg_language", kind: "language", name: "lanname"}, 2613: {kind: "large object"},
	classOfOpClasses:  {"pg_opclass", "operator class", "opcname", "opcnamespace"},
	classOfOpFamilies: {"pg_opfamily", "operator family", "opfname", "opfnamespace"}, classOfMethods: {relation: "pg_am", kind: "access method", name: "amname"},
	classOfMethodOperators: {relation: "pg_amop", kind: "operator of access method"}, classOfMethodProcs: {relation: "pg_amproc", kind: "function of access method"},
	2618: {kind: "rule"}, 2620: {kind: "trigger"}, classOfSchemas: {relation: "pg_namespace", kind: "schema", name: "nspname"},
	classOfStatistics: {"pg_statistic_ext", "statistics object", "stxname", "stxnamespace"}, 3601: {kind: "text search parser"}, 3600: {kind: "text search dictionary"},
	3764: {kind: "text search template"}, 3602: {kind: "text search configuration"}, classOfRoles: {relation: "pg_authid", kind: "role", name: "rolname"},
	classOfMemberships: {relation: "pg_auth_members", kind: "role membership"}, classOfDatabases: {relation: "pg_database", kind: "database", name: "datname"},
	classOfTablespaces: {relation: "pg_tablespace", kind: "tablespace", name: "spcname"}, 2328: {kind: "foreign-data wrapper"}, 1417: {kind: "server"},
	1418: {kind: "user mapping"}, classOfDefaultACLs: {relation: "pg_default_acl", kind: "default acl"}, 3079: {kind: "extension"}, 3466: {kind: "event trigger"},
	6243: {kind: "parameter ACL"}, 3256: {kind: "policy"}, 6104: {kind: "publication"}, 6237: {kind: "publication namespace"}, 6106: {kind: "publication relation"},
	6100: {kind: "subscription"}, 3576: {kind: "transform"},
}

// The OIDs of catalogs that have objects.
const (
	classOfRelations       OID = 1259
	classOfProcs           OID = 1255
	classOfTypes           OID = 1247
	classOfCasts           OID = 2605
	classOfCollations      OID = 3456
	classOfConstraints     OID = 2606
	classOfConversions     OID = 2607
	classOfDefaults        OID = 2604
	classOfLanguages       OID = 2612
	classOfOperators       OID = 2617
	classOfOpClasses       OID = 2616
	classOfOpFamilies      OID = 2753
	classOfMethods         OID = 2601
	classOfMethodOperators OID = 2602
	classOfMethodProcs     OID = 2603
	classOfSchemas         OID = 2615
	classOfStatistics      OID = 3381
	classOfRoles           OID = 1260
	classOfMemberships     OID = 1261
	classOfDatabases       OID = 1262
	classOfTablespaces     OID = 1213
	classOfDefaultACLs     OID = 826
)

// object is a row of a catalog while it is told about.
type object struct {
	Scope
	columns []Column
	row     []sqltypes.Datum
}

// findObject is the first row of a relation of pg_catalog that fits; false when there is none.
func (s Scope) findObject(relation string, fits func(o object) bool) (o object, found bool, err error) {
	o = object{Scope: s, columns: systemRelations().byName[relationName{PgCatalogOID, relation}].Columns}
	o.row, _, err = s.SystemRow(context.Background(), relation, func(row []sqltypes.Datum) bool {
		o.row = row
		return fits(o)
	})
	return o, o.row != nil, err
}

// objectAt reads the row of an object; false when there is none.
func (s Scope) objectAt(class, oid OID) (object, bool, error) {
	relation := objectClasses[class].relation
	if relation == "" {
		return object{}, false, nil
	}
	return s.findObject(relation, func(o object) bool { return OID(o.row[0].Int()) == oid })
}

func (o object) datum(column string) sqltypes.Datum {
	for i := range o.columns {
		if o.columns[i].Name == column {
			return o.row[i]
		}
	}
	panic("catalog: no column " + column)
}

func (o object) oid(column string) OID     { return OID(o.datum(column).Int()) }
func (o object) text(column string) string { return o.datum(column).Str() }

// schema is the name of the object's schema.
func (o object) schema(column string) string { return o.SchemaName(o.oid(column)) }

// Identify tells about an object. A catalog that has no objects is an error, XX000.
func (s Scope) Identify(a ObjectAddress) (ObjectIdentity, error) {
	class, ok := objectClasses[a.Class]
	switch {
	case a.Sub != 0 && a.Class != classOfRelations:
		return ObjectIdentity{}, pgerror.New(pgerror.InternalError, "invalid non-zero objectSubId for object class %d", a.Class)
	case !ok:
		return ObjectIdentity{}, pgerror.New(pgerror.InternalError, "unrecognized object class: %d", a.Class)
	}
	if id, ok := s.known(a); ok {
		return id, nil
	}
	o, exists, err := s.objectAt(a.Class, a.OID)
	if err != nil || !exists {
		return ObjectIdentity{Kind: class.kind}, err
	}
	id, err := o.identify(a)
	if err != nil {
		return id, err
	}
	if class.schema != "" {
		id.Schema = parse.QuoteIdent(o.schema(class.schema))
	}
	if class.name != "" {
		id.Name = parse.QuoteIdent(o.text(class.name))
	}
	return id, nil
}

// known tells about the objects that need no search through a catalog.
func (s Scope) known(a ObjectAddress) (id ObjectIdentity, ok bool) {
	switch a.Class {
	case classOfRelations:
		return s.relation(a), true
	case classOfProcs:
		if p := s.Proc(a.OID); p != nil {
			return s.proc(p), true
		}
	case classOfTypes:
		if t := s.Type(a.OID); t != nil {
			identity := s.qualifiedType(a.OID)
			return ObjectIdentity{Kind: "type", Description: "type " + s.TypeName(a.OID), Schema: parse.QuoteIdent(s.SchemaName(t.Namespace)), Name: parse.QuoteIdent(t.Name),
				Identity: identity, Names: []string{identity}}, true
		}
	case classOfOperators:
		if o := s.Operator(a.OID); o != nil {
			return s.operator(o), true
		}
	default:
		return id, false
	}
	return ObjectIdentity{Kind: objectClasses[a.Class].kind}, true
}

func (o object) identify(a ObjectAddress) (ObjectIdentity, error) {
	id := ObjectIdentity{Kind: objectClasses[a.Class].kind}
	switch a.Class {
	case classOfCasts:
		from, to := o.oid("castsource"), o.oid("casttarget")
		id.Description = "cast from " + o.TypeName(from) + " to " + o.TypeName(to)
		id.Names, id.Args = []string{o.qualifiedType(from)}, []string{o.qualifiedType(to)}
		id.Identity = "(" + id.Names[0] + " AS " + id.Args[0] + ")"
	case classOfConstraints:
		return o.constraint()
	case classOfDefaults:
		column := o.relation(ObjectAddress{classOfRelations, o.oid("adrelid"), int32(o.oid("adnum"))})
		id.Description, id.Identity, id.Names = "default value for "+column.Description, "for "+column.Identity, column.Names
	case classOfCollations, classOfConversions, classOfStatistics:
		return o.inSchema(a), nil
	case classOfOpClasses, classOfOpFamilies:
		return o.ofMethod(a)
	case classOfMethodOperators:
		return o.memberOf("operator", "amopfamily", "amopstrategy", "amoplefttype", "amoprighttype", o.RegText(sqltypes.RegOperatorOID, o.oid("amopopr")))
	case classOfMethodProcs:
		return o.memberOf("function", "amprocfamily", "amprocnum", "amproclefttype", "amprocrighttype", o.ProcSignature(o.oid("amproc")))
	case classOfMemberships:
		member, role := o.RoleName(o.oid("member")), o.RoleName(o.oid("roleid"))
		id.Description = "membership of role " + member + " in role " + role
		id.Identity = "membership of role " + parse.QuoteIdent(member) + " in role " + parse.QuoteIdent(role)
	case classOfDefaultACLs:
		return o.defaultACL(), nil
	default: // named, and in no schema
		name := o.text(objectClasses[a.Class].name)
		id.Description, id.Identity, id.Names = id.Kind+" "+name, parse.QuoteIdent(name), []string{name}
	}
	return id, nil
}

func (s Scope) qualifiedType(oid OID) string { return s.formatType(oid, nil, true) }

// qualifiedTypes is qualifiedType of each.
func (s Scope) qualifiedTypes(oids []OID) []string {
	list := make([]string, len(oids))
	for i, t := range oids {
		list[i] = s.qualifiedType(t)
	}
	return list
}

// relationKinds are the words for pg_class.relkind.
var relationKinds = map[byte]string{'r': "table", 'p': "table", 'i': "index", 'I': "index", 'S': "sequence", 't': "toast table", 'v': "view",
	'm': "materialized view", 'c': "composite type", 'f': "foreign table"}

// relation tells about a relation, or one of its columns.
func (s Scope) relation(a ObjectAddress) ObjectIdentity {
	schema, name, ok := s.RelationName(a.OID)
	if !ok {
		return ObjectIdentity{Kind: "relation"}
	}
	kind := relationKinds[s.relationKind(a.OID)]
	namespace := s.SchemaName(schema)
	id := ObjectIdentity{Kind: kind, Description: kind + " " + s.RelationText(a.OID), Schema: parse.QuoteIdent(namespace), Name: parse.QuoteIdent(name),
		Identity: QuoteQualified(namespace, name), Names: []string{namespace, name}}
	if a.Sub == 0 {
		return id
	}
	column, ok := s.columnName(a.OID, a.Sub)
	if !ok {
		return ObjectIdentity{Kind: kind + " column"}
	}
	id.Kind += " column"
	id.Description = "column " + column + " of " + id.Description
	id.Identity += "." + parse.QuoteIdent(column)
	id.Names = append(id.Names, column)
	return id
}

func (s Scope) relationKind(oid OID) byte {
	if t := s.tables[oid]; t != nil {
		return t.Kind
	}
	if r := systemRelations().byOID[oid]; r != nil {
		return r.Kind
	}
	return KindIndex
}

// columnName is the name of a relation's column, as pg_attribute has it.
func (s Scope) columnName(relation OID, number int32) (name string, ok bool) {
	if t := s.tables[relation]; t != nil && number > 0 {
		c := t.Column(int16(number))
		if c == nil || c.Dropped {
			return "", false
		}
		return c.Name, true
	}
	o, ok, err := s.findObject("pg_attribute", func(o object) bool { return o.oid("attrelid") == relation && int32(o.datum("attnum").Int()) == number })
	if !ok || err != nil {
		return "", false
	}
	return o.text("attname"), !o.datum("attisdropped").Bool()
}

func (s Scope) proc(p *Proc) ObjectIdentity {
	kind := map[byte]string{'a': "aggregate", 'p': "procedure"}[p.Kind]
	if kind == "" {
		kind = "function"
	}
	schema, args := s.SchemaName(p.Namespace), s.qualifiedTypes(p.ArgTypes)
	return ObjectIdentity{Kind: kind, Description: "function " + s.ProcSignature(p.OID), Schema: parse.QuoteIdent(schema), Names: []string{schema, p.Name}, Args: args,
		Identity: QuoteQualified(schema, p.Name) + "(" + strings.Join(args, ",") + ")"}
}

func (s Scope) operator(o *Operator) ObjectIdentity {
	schema := s.SchemaName(o.Namespace)
	id := ObjectIdentity{Kind: "operator", Description: "operator " + s.RegText(sqltypes.RegOperatorOID, o.OID), Schema: parse.QuoteIdent(schema), Names: []string{schema, o.Name}}
	left := "NONE"
	if o.Left != 0 {
		left = s.qualifiedType(o.Left)
		id.Args = append(id.Args, left)
	}
	id.Args = append(id.Args, s.qualifiedType(o.Right))
	id.Identity = parse.QuoteIdent(schema) + "." + o.Name + "(" + left + "," + s.qualifiedType(o.Right) + ")"
	return id
}

func (o object) constraint() (ObjectIdentity, error) {
	name := o.text("conname")
	if table := o.oid("conrelid"); table != 0 {
		on := o.relation(ObjectAddress{Class: classOfRelations, OID: table})
		return ObjectIdentity{Kind: "table constraint", Description: "constraint " + name + " on " + on.Description, Identity: parse.QuoteIdent(name) + " on " + on.Identity,
			Names: append(on.Names, name)}, nil
	}
	domain := o.qualifiedType(o.oid("contypid"))
	return ObjectIdentity{Kind: "domain constraint", Description: "constraint " + name, Identity: parse.QuoteIdent(name) + " on " + domain, Names: []string{domain},
		Args: []string{name}}, nil
}

// inSchema tells about an object that its schema and name are enough to find.
func (o object) inSchema(a ObjectAddress) ObjectIdentity {
	class := objectClasses[a.Class]
	schema, name := o.schema(class.schema), o.text(class.name)
	visible := o.SystemObjectIsVisible()
	if a.Class == classOfStatistics {
		visible = o.StatisticsIsVisible(a.OID)
	}
	return ObjectIdentity{Kind: class.kind, Description: class.kind + " " + shortName(visible, schema, name), Identity: QuoteQualified(schema, name),
		Names: []string{schema, name}}
}

func shortName(visible bool, schema, name string) string {
	if visible {
		schema = ""
	}
	return QuoteQualified(schema, name)
}

// ofMethod tells about an operator class or family.
func (o object) ofMethod(a ObjectAddress) (ObjectIdentity, error) {
	class := objectClasses[a.Class]
	column := map[OID]string{classOfOpClasses: "opcmethod", classOfOpFamilies: "opfmethod"}[a.Class]
	method, _, err := o.objectAt(classOfMethods, o.oid(column))
	if err != nil {
		return ObjectIdentity{}, err
	}
	using := method.text("amname")
	schema, name := o.schema(class.schema), o.text(class.name)
	return ObjectIdentity{Kind: class.kind, Description: class.kind + " " + shortName(o.SystemObjectIsVisible(), schema, name) + " for access method " + using,
		Identity: QuoteQualified(schema, name) + " USING " + parse.QuoteIdent(using), Names: []string{using, schema, name}}, nil
}

// memberOf tells about an operator or function of an operator family.
func (o object) memberOf(word, familyColumn, numberColumn, leftColumn, rightColumn, member string) (ObjectIdentity, error) {
	family, err := o.Identify(ObjectAddress{Class: classOfOpFamilies, OID: o.oid(familyColumn)})
	if err != nil {
		return family, err
	}
	number := itoa(o.oid(numberColumn))
	left, right := o.oid(leftColumn), o.oid(rightColumn)
	args := o.qualifiedTypes([]OID{left, right})
	return ObjectIdentity{Kind: word + " of access method",
		Description: word + " " + number + " (" + o.TypeName(left) + ", " + o.TypeName(right) + ") of " + family.Description + ": " + member,
		Identity:    word + " " + number + " (" + args[0] + ", " + args[1] + ") of " + family.Identity,
		Names:       append(family.Names, number), Args: args}, nil
}

// defaultACLKinds are the words for pg_default_acl.defaclobjtype: in descriptions and in identities.
var defaultACLKinds = map[byte][2]string{'r': {"relations", "tables"}, 'S': {"sequences", "sequences"}, 'f': {"functions", "functions"}, 'T': {"types", "types"},
	'n': {"schemas", "schemas"}}

func (o object) defaultACL() ObjectIdentity {
	letter := byte(o.datum("defaclobjtype").Int())
	role, schema := o.RoleName(o.oid("defaclrole")), ""
	if in := o.oid("defaclnamespace"); in != 0 {
		schema = o.SchemaName(in)
	}
	id := ObjectIdentity{Kind: "default acl", Description: "default privileges on new " + defaultACLKinds[letter][0] + " belonging to role " + role,
		Identity: "for role " + parse.QuoteIdent(role), Names: []string{role}, Args: []string{string(letter)}}
	if schema != "" {
		id.Description += " in schema " + schema
		id.Identity += " in schema " + parse.QuoteIdent(schema)
		id.Names = append(id.Names, schema)
	}
	id.Identity += " on " + defaultACLKinds[letter][1]
	return id
}

// References are the rows of pg_get_catalog_foreign_keys: which columns of a catalog hold keys of which other.
func (s Scope) References() (list [][]sqltypes.Datum) {
	names := func(text string) sqltypes.Datum {
		var elements []sqltypes.Datum
		for _, name := range strings.Split(strings.Trim(text, "{}"), ",") {
			elements = append(elements, sqltypes.String(name))
		}
		return sqltypes.NewArray(sqltypes.TextOID, elements)
	}
	for r := openRows("pg_catalog_foreign_keys").expect("fktable fkcols pktable pkcols is_array is_opt"); r.next(); {
		from, columns, to, keys := r.oid(), r.str(), r.oid(), r.str()
		list = append(list, []sqltypes.Datum{sqltypes.Int(int64(from)), names(columns), sqltypes.Int(int64(to)), names(keys), sqltypes.Bool(r.bool()), sqltypes.Bool(r.bool())})
	}
	return list
}
