package catalog

import (
	"slices"
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/parse"
)

// addressing is how the objects of a kind are named to pg_get_object_address.
type addressing struct {
	namesMin  int  // how many names there must be at least
	single    bool // exactly one
	typeName  bool // the only name is a type's
	args      int  // how many arguments there must be; -1: any number
	typeArgs  bool // the arguments are types
	find      func(f *finder) (ObjectAddress, error)
	addressed byte // of relations: what pg_class.relkind must be
}

// finder finds one object by its names.
type finder struct {
	Scope
	kind  string
	names []string
	args  []string
	types []*parse.TypeName // of a name that is a type's and of arguments that are: in this order
	want  byte
}

// addressings are the kinds of objects. Nil: PostgreSQL has the kind, but no address for its objects.
var addressings = func() map[string]*addressing {
	relation := func(kind byte) *addressing { return &addressing{args: -1, find: (*finder).relation, addressed: kind} }
	listed := func(find func(f *finder) (ObjectAddress, error)) *addressing {
		return &addressing{args: -1, find: find}
	}
	one := func(find func(f *finder) (ObjectAddress, error)) *addressing {
		return &addressing{single: true, args: -1, find: find}
	}
	routine := func() *addressing { return &addressing{args: -1, typeArgs: true, find: (*finder).routine} }
	return map[string]*addressing{
		"table": relation(KindTable), "index": relation(KindIndex), "sequence": relation(KindSequence), "view": relation(KindView),
		"materialized view": relation('m'), "foreign table": relation('f'),
		"toast table": nil, "index column": nil, "sequence column": nil, "toast table column": nil, "view column": nil, "materialized view column": nil,
		"composite type": nil, "composite type column": nil, "role membership": nil,
		"table column": listed((*finder).column), "foreign table column": listed((*finder).column), "default value": listed((*finder).defaultValue),
		"aggregate": routine(), "function": routine(), "procedure": routine(),
		"type": {typeName: true, args: -1, find: (*finder).typ}, "cast": {typeName: true, args: 1, typeArgs: true, find: (*finder).cast},
		"collation": listed((*finder).collation), "conversion": listed((*finder).named), "statistics object": listed((*finder).named),
		"table constraint": listed((*finder).ofTable), "rule": listed((*finder).ofTable), "trigger": listed((*finder).ofTable), "policy": listed((*finder).ofTable),
		"domain constraint": {typeName: true, args: 1, find: (*finder).domainConstraint},
		"large object":      one((*finder).largeObject),
		"operator":          {args: 2, typeArgs: true, find: (*finder).operator},
		"operator class":    {namesMin: 2, args: -1, find: (*finder).ofMethod}, "operator family": {namesMin: 2, args: -1, find: (*finder).ofMethod},
		"operator of access method": {namesMin: 3, args: 2, typeArgs: true, find: (*finder).member},
		"function of access method": {namesMin: 3, args: 2, typeArgs: true, find: (*finder).member},
		"text search parser":        listed((*finder).missing), "text search dictionary": listed((*finder).missing),
		"text search template": listed((*finder).missing), "text search configuration": listed((*finder).missing),
		"schema": one((*finder).alone), "role": one((*finder).alone), "database": one((*finder).alone), "tablespace": one((*finder).alone),
		"language": one((*finder).alone), "access method": one((*finder).alone), "foreign-data wrapper": one((*finder).alone), "server": one((*finder).alone),
		"extension": one((*finder).alone), "event trigger": one((*finder).alone), "parameter ACL": one((*finder).alone), "publication": one((*finder).alone),
		"subscription": one((*finder).alone),
		"user mapping": {single: true, args: 1, find: (*finder).userMapping}, "publication namespace": {single: true, args: 1, find: (*finder).published},
		"publication relation": {args: 1, find: (*finder).published}, "default acl": {args: 1, find: (*finder).defaultACL},
		"transform": {typeName: true, args: 1, find: (*finder).transform},
	}
}()

// AddressOf finds an object by its kind, its names and its arguments, as pg_get_object_address does. A nil element is SQL's NULL.
func (s Scope) AddressOf(kind string, names, args []*string) (ObjectAddress, error) {
	how, known := addressings[kind]
	switch {
	case !known:
		return ObjectAddress{}, invalidParameter("unrecognized object type \"%s\"", kind)
	case how == nil:
		return ObjectAddress{}, invalidParameter("unsupported object type \"%s\"", kind)
	}
	f := &finder{Scope: s, kind: kind, want: how.addressed}
	if err := f.read(how, names, args); err != nil {
		return ObjectAddress{}, err
	}
	return how.find(f)
}

func invalidParameter(format string, args ...any) error {
	return pgerror.New(pgerror.InvalidParameterValue, format, args...)
}

// read checks the lists in the order PostgreSQL does.
func (f *finder) read(how *addressing, names, args []*string) (err error) {
	if how.typeName || f.kind == "large object" {
		if len(names) != 1 {
			return invalidParameter("name list length must be exactly %d", 1)
		}
	}
	if f.names, err = withoutNulls(names); err != nil {
		return err
	}
	if len(f.names) == 0 {
		return invalidParameter("name list length must be at least %d", 1)
	}
	if how.typeName {
		if err := f.addType(f.names[0]); err != nil {
			return err
		}
	}
	if f.args, err = withoutNulls(args); err != nil {
		return err
	}
	if how.typeArgs {
		for _, a := range f.args {
			if err := f.addType(a); err != nil {
				return err
			}
		}
	}
	multiple := how.single && len(f.names) != 1
	switch {
	case multiple && how.args >= 0:
		return invalidParameter("name list length must be exactly %d", 1)
	case len(f.names) < how.namesMin:
		return invalidParameter("name list length must be at least %d", how.namesMin)
	case how.args >= 0 && len(f.args) != how.args:
		return invalidParameter("argument list length must be exactly %d", how.args)
	case multiple:
		return invalidParameter("name list length must be exactly %d", 1)
	}
	return nil
}

func withoutNulls(list []*string) ([]string, error) {
	var out []string
	for _, e := range list {
		if e == nil {
			return nil, invalidParameter("name or argument lists may not contain nulls")
		}
		out = append(out, *e)
	}
	return out, nil
}

func (f *finder) addType(text string) error {
	tn, err := parseTypeName(text)
	f.types = append(f.types, tn)
	return err
}

// typeAt resolves the i-th of the types that are given.
func (f *finder) typeAt(i int) (OID, error) {
	t, err := f.ResolveTypeName(f.types[i], nil)
	return t.OID, err
}

func (f *finder) typesFrom(first int) (oids []OID, err error) {
	for i := first; i < len(f.types); i++ {
		t, err := f.typeAt(i)
		if err != nil {
			return nil, err
		}
		oids = append(oids, t)
	}
	return oids, nil
}

func (f *finder) name() string { return strings.Join(f.names, ".") }

func undefined(format string, args ...any) error {
	return pgerror.New(pgerror.UndefinedObject, format, args...)
}

// missing is the answer for kinds of which there are no objects.
func (f *finder) missing() (ObjectAddress, error) {
	schema, _, err := f.splitName(f.names)
	if err == nil && schema != "" {
		_, err = f.explicitSchema(schema)
	}
	if err == nil {
		err = undefined("%s \"%s\" does not exist", f.kind, f.name())
	}
	return ObjectAddress{}, err
}

// relationNamed finds a relation of any kind. explicit says that a schema which does not exist is the error, not the relation.
func (f *finder) relationNamed(names []string, explicit bool) (OID, error) {
	if n := len(names); explicit && n == 2 {
		if _, err := f.explicitSchema(names[0]); err != nil {
			return 0, err
		}
	}
	return f.LookupRelation(names)
}

func (f *finder) relation() (ObjectAddress, error) {
	oid, err := f.relationNamed(f.names, true)
	if err != nil {
		return ObjectAddress{}, err
	}
	if kind := f.relationKind(oid); kind != f.want {
		_, name, _ := f.RelationName(oid)
		article := "a"
		if f.want == KindIndex {
			article = "an"
		}
		return ObjectAddress{}, pgerror.New(pgerror.WrongObjectType, "\"%s\" is not %s %s", name, article, f.kind)
	}
	return ObjectAddress{Class: classOfRelations, OID: oid}, nil
}

// attribute finds a relation and the number of its column; 0: it has none of that name.
func (f *finder) attribute() (relation OID, number int32, err error) {
	last := len(f.names) - 1
	if last == 0 {
		return 0, 0, pgerror.New(pgerror.SyntaxError, "column name must be qualified")
	}
	if relation, err = f.relationNamed(f.names[:last], true); err != nil {
		return 0, 0, err
	}
	o, found, err := f.findObject("pg_attribute", func(o object) bool { return o.oid("attrelid") == relation && o.text("attname") == f.names[last] })
	if !found || err != nil {
		return relation, 0, err
	}
	return relation, int32(o.datum("attnum").Int()), nil
}

func (f *finder) column() (ObjectAddress, error) {
	relation, number, err := f.attribute()
	if err == nil && number == 0 {
		last := len(f.names) - 1
		err = pgerror.New(pgerror.UndefinedColumn, "column \"%s\" of relation \"%s\" does not exist", f.names[last], strings.Join(f.names[:last], "."))
	}
	return ObjectAddress{classOfRelations, relation, number}, err
}

func (f *finder) defaultValue() (ObjectAddress, error) {
	relation, number, err := f.attribute()
	if err != nil {
		return ObjectAddress{}, err
	}
	o, found, err := f.findObject("pg_attrdef", func(o object) bool { return o.oid("adrelid") == relation && int32(o.datum("adnum").Int()) == number })
	switch {
	case err != nil:
		return ObjectAddress{}, err
	case !found:
		last := len(f.names) - 1
		return ObjectAddress{}, pgerror.New(pgerror.UndefinedColumn, "default value for column \"%s\" of relation \"%s\" does not exist", f.names[last],
			strings.Join(f.names[:last], "."))
	}
	return ObjectAddress{Class: classOfDefaults, OID: o.oid("oid")}, nil
}

func (f *finder) routine() (ObjectAddress, error) {
	types, err := f.typesFrom(0)
	if err != nil {
		return ObjectAddress{}, err
	}
	candidates, err := f.procsNamed(f.names)
	if err != nil {
		return ObjectAddress{}, err
	}
	signature := f.name() + "("
	for i, t := range types {
		if i > 0 {
			signature += ", "
		}
		signature += f.TypeName(t)
	}
	signature += ")"
	for _, schema := range append([]OID{0}, f.path.schemas...) {
		for _, p := range candidates {
			if schema != p.Namespace && !(schema == 0 && len(f.names) > 1) || !equalOIDs(p.ArgTypes, types) {
				continue
			}
			switch {
			case f.kind == "aggregate" && p.Kind != 'a':
				return ObjectAddress{}, pgerror.New(pgerror.WrongObjectType, "function %s is not an aggregate", signature)
			case f.kind == "procedure" && p.Kind != 'p':
				return ObjectAddress{}, pgerror.New(pgerror.WrongObjectType, "%s is not a procedure", signature)
			case f.kind == "function" && p.Kind == 'p':
				return ObjectAddress{}, pgerror.New(pgerror.WrongObjectType, "%s is not a function", signature)
			}
			return ObjectAddress{Class: classOfProcs, OID: p.OID}, nil
		}
	}
	return ObjectAddress{}, pgerror.New(pgerror.UndefinedFunction, "%s %s does not exist", f.kind, signature)
}

func (f *finder) typ() (ObjectAddress, error) {
	oid, err := f.typeAt(0)
	return ObjectAddress{Class: classOfTypes, OID: oid}, err
}

func (f *finder) cast() (ObjectAddress, error) {
	types, err := f.typesFrom(0)
	if err != nil {
		return ObjectAddress{}, err
	}
	c := f.data.Cast(types[0], types[1])
	if c == nil {
		return ObjectAddress{}, undefined("cast from type %s to type %s does not exist", f.TypeName(types[0]), f.TypeName(types[1]))
	}
	return ObjectAddress{Class: classOfCasts, OID: c.OID}, nil
}

func (f *finder) collation() (ObjectAddress, error) {
	schema, _, err := f.splitName(f.names)
	if err == nil && schema != "" {
		_, err = f.explicitSchema(schema)
	}
	if err != nil {
		return ObjectAddress{}, err
	}
	oid, err := f.LookupCollation(f.names)
	return ObjectAddress{Class: classOfCollations, OID: oid}, err
}

// classNamed is the catalog of the objects of a kind.
func classNamed(kind string) (OID, objectClass) {
	for oid, c := range objectClasses {
		if c.kind == kind {
			return oid, c
		}
	}
	panic("catalog: no objects are " + kind)
}

// search finds the row of a catalog that has a name, in one schema or the first of the path that has it, and that fits.
func (f *finder) search(class objectClass, names []string, fits func(o object) bool) (oid OID, err error) {
	schema, bare, err := f.splitName(names)
	if err != nil {
		return 0, err
	}
	in := f.path.schemas
	if schema != "" {
		o, err := f.explicitSchema(schema)
		if err != nil {
			return 0, err
		}
		in = []OID{o}
	}
	best := len(in)
	_, _, err = f.findObject(class.relation, func(o object) bool {
		if o.text(class.name) != bare || fits != nil && !fits(o) {
			return false
		}
		if i := slices.Index(in, o.oid(class.schema)); i >= 0 && i < best {
			best, oid = i, o.oid("oid")
		}
		return best == 0
	})
	return oid, err
}

// named finds an object by a name that may have a schema.
func (f *finder) named() (ObjectAddress, error) {
	class, c := classNamed(f.kind)
	oid, err := f.search(c, f.names, nil)
	if err == nil && oid == 0 {
		err = undefined("%s \"%s\" does not exist", f.kind, f.name())
	}
	return ObjectAddress{Class: class, OID: oid}, err
}

// alone finds an object by a name that has no schema.
func (f *finder) alone() (ObjectAddress, error) {
	class, c := classNamed(f.kind)
	name := f.names[0]
	if c.relation != "" {
		o, found, err := f.findObject(c.relation, func(o object) bool { return o.text(c.name) == name })
		if err != nil {
			return ObjectAddress{}, err
		}
		if found {
			return ObjectAddress{Class: class, OID: o.oid("oid")}, nil
		}
	}
	code := map[string]pgerror.Code{"schema": pgerror.UndefinedSchema, "database": pgerror.UndefinedDatabase}[f.kind]
	if code == "" {
		code = pgerror.UndefinedObject
	}
	return ObjectAddress{}, pgerror.New(code, "%s \"%s\" does not exist", f.kind, name)
}

// ofTable finds what belongs to a table: of such objects there are only constraints.
func (f *finder) ofTable() (ObjectAddress, error) {
	last := len(f.names) - 1
	if last == 0 {
		return ObjectAddress{}, pgerror.New(pgerror.SyntaxError, "must specify relation and object name")
	}
	oid, err := f.relationNamed(f.names[:last], true)
	if err != nil {
		return ObjectAddress{}, err
	}
	if f.kind == "table constraint" {
		o, found, err := f.findObject("pg_constraint", func(o object) bool { return o.oid("conrelid") == oid && o.text("conname") == f.names[last] })
		if err != nil {
			return ObjectAddress{}, err
		}
		if found {
			return ObjectAddress{Class: classOfConstraints, OID: o.oid("oid")}, nil
		}
	}
	_, table, _ := f.RelationName(oid)
	switch f.kind {
	case "rule":
		return ObjectAddress{}, undefined("rule \"%s\" for relation \"%s\" does not exist", f.names[last], table)
	case "table constraint":
		return ObjectAddress{}, undefined("constraint \"%s\" for table \"%s\" does not exist", f.names[last], table)
	}
	return ObjectAddress{}, undefined("%s \"%s\" for table \"%s\" does not exist", f.kind, f.names[last], table)
}

func (f *finder) domainConstraint() (ObjectAddress, error) {
	domain, err := f.typeAt(0)
	if err != nil {
		return ObjectAddress{}, err
	}
	t := f.Type(domain)
	if t.Kind != 'd' {
		return ObjectAddress{}, pgerror.New(pgerror.WrongObjectType, "\"%s\" is not a domain", typeText(f.types[0]))
	}
	o, found, err := f.findObject("pg_constraint", func(o object) bool { return o.oid("contypid") == domain && o.text("conname") == f.args[0] })
	if err != nil {
		return ObjectAddress{}, err
	}
	if found {
		return ObjectAddress{Class: classOfConstraints, OID: o.oid("oid")}, nil
	}
	return ObjectAddress{}, undefined("constraint \"%s\" for domain %s does not exist", f.args[0], f.TypeName(domain))
}

func (f *finder) largeObject() (ObjectAddress, error) {
	n, err := sqltypes.ParseText(sqltypes.T(sqltypes.OIDOID), f.names[0], nil)
	if err != nil {
		return ObjectAddress{}, err
	}
	return ObjectAddress{}, undefined("large object %d does not exist", n.Int())
}

func (f *finder) operator() (ObjectAddress, error) {
	types, err := f.typesFrom(0)
	if err != nil {
		return ObjectAddress{}, err
	}
	list, err := f.operatorsNamed(f.names)
	if err != nil {
		return ObjectAddress{}, err
	}
	for _, o := range list {
		if o.Left == types[0] && o.Right == types[1] {
			return ObjectAddress{Class: classOfOperators, OID: o.OID}, nil
		}
	}
	return ObjectAddress{}, pgerror.New(pgerror.UndefinedFunction, "operator does not exist: %s", f.operatorSignature(f.names, types[0], types[1]))
}

// ofMethodNamed finds an operator class or family behind the name of its access method.
func (f *finder) ofMethodNamed(kind string, names []string) (ObjectAddress, error) {
	method, err := (&finder{Scope: f.Scope, kind: "access method", names: names[:1]}).alone()
	if err != nil {
		return ObjectAddress{}, err
	}
	class, c := classNamed(kind)
	column := map[OID]string{classOfOpClasses: "opcmethod", classOfOpFamilies: "opfmethod"}[class]
	oid, err := f.search(c, names[1:], func(o object) bool { return o.oid(column) == method.OID })
	if err == nil && oid == 0 {
		err = undefined("%s \"%s\" does not exist for access method \"%s\"", kind, strings.Join(names[1:], "."), names[0])
	}
	return ObjectAddress{Class: class, OID: oid}, err
}

func (f *finder) ofMethod() (ObjectAddress, error) { return f.ofMethodNamed(f.kind, f.names) }

// member finds an operator or function of an operator family by its number and its types.
func (f *finder) member() (ObjectAddress, error) {
	last := len(f.names) - 1
	number, err := strconv.Atoi(f.names[last])
	if err != nil {
		number = 0
	}
	family, err := f.ofMethodNamed("operator family", f.names[:last])
	if err != nil {
		return ObjectAddress{}, err
	}
	types, err := f.typesFrom(0)
	if err != nil {
		return ObjectAddress{}, err
	}
	class, c := classNamed(f.kind)
	word, _, _ := strings.Cut(f.kind, " ")
	prefix, count := "amop", "amopstrategy"
	if word == "function" {
		prefix, count = "amproc", "amprocnum"
	}
	o, found, err := f.findObject(c.relation, func(o object) bool {
		return o.oid(prefix+"family") == family.OID && o.oid(prefix+"lefttype") == types[0] && o.oid(prefix+"righttype") == types[1] && int(o.datum(count).Int()) == number
	})
	if err != nil {
		return ObjectAddress{}, err
	}
	if found {
		return ObjectAddress{Class: class, OID: o.oid("oid")}, nil
	}
	of, err := f.Identify(family)
	if err == nil {
		err = undefined("%s %d (%s, %s) of %s does not exist", word, number, typeText(f.types[0]), typeText(f.types[1]), of.Description)
	}
	return ObjectAddress{}, err
}

func (f *finder) userMapping() (ObjectAddress, error) {
	return ObjectAddress{}, undefined("user mapping for user \"%s\" on server \"%s\" does not exist", f.names[0], f.args[0])
}

// published is the answer for members of publications: there are no publications.
func (f *finder) published() (ObjectAddress, error) {
	var err error
	if f.kind == "publication namespace" {
		_, err = f.explicitSchema(f.names[0])
	} else {
		_, err = f.relationNamed(f.names, true)
	}
	if err == nil {
		err = undefined("publication \"%s\" does not exist", f.args[0])
	}
	return ObjectAddress{}, err
}

func (f *finder) transform() (ObjectAddress, error) {
	oid, err := f.typeAt(0)
	if err == nil {
		_, err = (&finder{Scope: f.Scope, kind: "language", names: f.args}).alone()
	}
	if err == nil {
		err = undefined("transform for type %s language \"%s\" does not exist", f.TypeName(oid), f.args[0])
	}
	return ObjectAddress{}, err
}

func (f *finder) defaultACL() (ObjectAddress, error) {
	letter := f.args[0]
	if len(letter) != 1 || defaultACLKinds[letter[0]][0] == "" {
		return ObjectAddress{}, pgerror.New(pgerror.InvalidParameterValue, "unrecognized default ACL object type \"%s\"", letter).
			WithHint("Valid object types are \"r\", \"S\", \"f\", \"T\", \"n\".")
	}
	in := ""
	schema := OID(0)
	if len(f.names) > 1 {
		in = " in schema \"" + f.names[1] + "\""
		if o := f.schemaNames[f.names[1]]; o != nil {
			schema = o.OID
		}
	}
	if role := f.roleNames[f.names[0]]; role != nil && (in == "" || schema != 0) {
		if d := f.DefaultPrivilegesOf(role.OID, schema, letter[0]); d != nil {
			return ObjectAddress{Class: classOfDefaultACLs, OID: d.OID}, nil
		}
	}
	return ObjectAddress{}, undefined("default ACL for user \"%s\"%s on %s does not exist", f.names[0], in, defaultACLKinds[letter[0]][1])
}
