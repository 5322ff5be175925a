package parse

// createMore writes the rarer forms of CREATE.
func (d *deparser) createMore(n Statement) bool {
	switch s := n.(type) {
	case *CreateCastStmt:
		d.w("CREATE CAST").open().typeName(s.Source).w("AS").typeName(s.Target).close()
		switch {
		case s.InOut:
			d.w("WITH INOUT")
		case s.Func == nil:
			d.w("WITHOUT FUNCTION")
		default:
			d.w("WITH FUNCTION").node(s.Func)
		}
		words := [...]string{"", "AS ASSIGNMENT", "AS IMPLICIT"}
		d.w(words[s.Context])
	case *CreateTransformStmt:
		d.w("CREATE").when(s.Replace, "OR REPLACE").w("TRANSFORM FOR").typeName(s.Type).w("LANGUAGE").name(s.Language).open()
		if s.FromSQL != nil {
			d.w("FROM SQL WITH FUNCTION").node(s.FromSQL)
		}
		if s.ToSQL != nil {
			if s.FromSQL != nil {
				d.raw(",")
			}
			d.w("TO SQL WITH FUNCTION").node(s.ToSQL)
		}
		d.close()
	case *CreateConversionStmt:
		d.w("CREATE").when(s.Default, "DEFAULT").w("CONVERSION").qualified(s.Name).w("FOR").str(s.From).w("TO").str(s.To)
		d.w("FROM").qualified(s.Func)
	case *CreatePLangStmt:
		d.w("CREATE").when(s.Replace, "OR REPLACE").when(s.Trusted, "TRUSTED").w("LANGUAGE").name(s.Name)
		d.w("HANDLER").qualified(s.Handler)
		if s.Inline != nil {
			d.w("INLINE").qualified(s.Inline)
		}
		if s.Validator != nil {
			d.w("VALIDATOR").qualified(s.Validator)
		}
	case *CreateTableSpaceStmt:
		d.w("CREATE TABLESPACE").name(s.Name)
		if s.Owner != nil {
			d.w("OWNER").role(s.Owner)
		}
		d.w("LOCATION").str(s.Location)
		if s.Options != nil {
			d.w("WITH").relOptions(s.Options)
		}
	case *CreateExtensionStmt:
		d.createExtension(s)
	case *CreatedbStmt:
		d.w("CREATE DATABASE").name(s.Name).databaseOptions(s.Options)
	default:
		return d.createForeign(n) || d.createRest(n)
	}
	return true
}

// createForeign writes CREATE of what foreign data needs.
func (d *deparser) createForeign(n Statement) bool {
	switch s := n.(type) {
	case *CreateFdwStmt:
		d.w("CREATE FOREIGN DATA WRAPPER").name(s.Name).fdwOptions(s.FuncOptions).genericOptions(s.Options)
	case *CreateForeignServerStmt:
		d.w("CREATE SERVER").ifNotExists(s.IfNotExists).name(s.Name)
		if s.Type != nil {
			d.w("TYPE").str(s.Type.Value)
		}
		if s.Version != nil {
			d.w("VERSION").str(s.Version.Value)
		}
		d.w("FOREIGN DATA WRAPPER").name(s.Wrapper).genericOptions(s.Options)
	case *ImportForeignSchemaStmt:
		d.w("IMPORT FOREIGN SCHEMA").name(s.RemoteSchema)
		if s.List != ImportAll {
			words := [...]string{"", "LIMIT TO", "EXCEPT"}
			d.w(words[s.List]).open().relations(s.Tables).close()
		}
		d.w("FROM SERVER").name(s.Server).w("INTO").name(s.LocalSchema).genericOptions(s.Options)
	case *CreateUserMappingStmt:
		d.w("CREATE USER MAPPING").ifNotExists(s.IfNotExists).w("FOR").role(s.User).w("SERVER").name(s.Server).genericOptions(s.Options)
	default:
		return false
	}
	return true
}

func (d *deparser) createRest(n Statement) bool {
	switch s := n.(type) {
	case *CreateAmStmt:
		d.w("CREATE ACCESS METHOD").name(s.Name).w("TYPE", map[byte]string{'i': "INDEX", 't': "TABLE"}[s.Type])
		d.w("HANDLER").qualified(s.Handler)
	case *CreateEventTrigStmt:
		d.w("CREATE EVENT TRIGGER").name(s.Name).w("ON").label(s.Event)
		for i, o := range s.When {
			d.w(map[bool]string{true: "WHEN", false: "AND"}[i == 0]).name(o.Name).w("IN")
			parens(d, o.Arg.(*DefList).Items, func(n Node) { d.node(n) })
		}
		d.w("EXECUTE FUNCTION", funcIdents(s.Func)+"()")
	case *CreateStatsStmt:
		d.w("CREATE STATISTICS").ifNotExists(s.IfNotExists)
		if s.Name != nil {
			d.qualified(s.Name)
		}
		d.optParenNames(s.Kinds).w("ON")
		each(d, s.Elems, func(e *StatsElem) { d.nameOrExpr(e.Name, e.Expr) })
		d.from("FROM", s.Relations)
	case *CreateOpClassStmt:
		d.w("CREATE OPERATOR CLASS").qualified(s.Name).when(s.Default, "DEFAULT").w("FOR TYPE").typeName(s.Type)
		d.w("USING").name(s.AccessMethod)
		if s.Family != nil {
			d.w("FAMILY").qualified(s.Family)
		}
		d.w("AS").opClassItems(s.Items)
	case *CreateOpFamilyStmt:
		d.w("CREATE OPERATOR FAMILY").qualified(s.Name).w("USING").name(s.AccessMethod)
	case *CreatePublicationStmt:
		d.w("CREATE PUBLICATION").name(s.Name).when(s.AllTables, "FOR ALL TABLES")
		if s.Objects != nil {
			d.w("FOR").publicationObjects(s.Objects)
		}
		d.withDefinition(s.Options)
	case *CreateSubscriptionStmt:
		d.w("CREATE SUBSCRIPTION").name(s.Name).w("CONNECTION").str(s.Connection).w("PUBLICATION").names(s.Publications)
		d.withDefinition(s.Options)
	default:
		return false
	}
	return true
}

func (d *deparser) withDefinition(list []*DefElem) *deparser {
	if list != nil {
		d.w("WITH").definition(list)
	}
	return d
}

func (d *deparser) createExtension(s *CreateExtensionStmt) {
	d.w("CREATE EXTENSION").ifNotExists(s.IfNotExists).name(s.Name)
	for _, o := range s.Options {
		switch o.Name {
		case "schema":
			d.w("SCHEMA").name(o.Arg.(*StringConst).Value)
		case "new_version":
			d.w("VERSION").node(o.Arg)
		case "cascade":
			d.w("CASCADE")
		}
	}
}

func (d *deparser) databaseOptions(list []*DefElem) *deparser {
	for _, o := range list {
		switch o.Name {
		case "encoding", "location", "owner", "tablespace", "template":
			d.w(o.Name)
		case "connection_limit":
			d.w("CONNECTION LIMIT")
		default:
			d.w(QuoteIdent(o.Name))
		}
		if o.Arg == nil {
			d.w("DEFAULT")
		} else {
			d.node(o.Arg)
		}
	}
	return d
}

func (d *deparser) fdwOptions(list []*DefElem) *deparser {
	for _, o := range list {
		d.when(o.Arg == nil, "NO").w(o.Name)
		if o.Arg != nil {
			d.node(o.Arg)
		}
	}
	return d
}

func (d *deparser) opClassItems(list []*OpClassItem) *deparser {
	each(d, list, func(i *OpClassItem) {
		switch i.Kind {
		case OpClassOperator:
			d.w("OPERATOR").integer(i.Number)
		case OpClassFunction:
			d.w("FUNCTION").integer(i.Number)
		case OpClassStorage:
			d.w("STORAGE").typeName(i.StoredType)
		}
		if i.ClassArgs != nil {
			parens(d, i.ClassArgs, func(t *TypeName) { d.typeName(t) })
		}
		if i.Object != nil {
			d.node(i.Object)
		}
		if i.OrderFamily != nil {
			d.w("FOR ORDER BY").qualified(i.OrderFamily)
		}
	})
	return d
}

func (d *deparser) publicationObjects(list []*PublicationObject) *deparser {
	each(d, list, func(o *PublicationObject) {
		switch o.Kind {
		case PublicationSchema:
			d.w("TABLES IN SCHEMA").name(o.Schema)
		case PublicationCurrentSchema:
			d.w("TABLES IN SCHEMA CURRENT_SCHEMA")
		default:
			d.w("TABLE").relation(o.Table).optParenNames(o.Columns)
			if o.Where != nil {
				d.w("WHERE").parenExpr(o.Where)
			}
		}
	})
	return d
}
