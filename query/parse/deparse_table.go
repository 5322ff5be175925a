package parse

import "strings"

func (d *deparser) persistence(p Persistence) *deparser {
	return d.when(p == Temporary, "TEMPORARY").when(p == Unlogged, "UNLOGGED")
}

// tableStmt writes CREATE TABLE, CREATE INDEX and ALTER TABLE.
func (d *deparser) tableStmt(n Statement) bool {
	switch s := n.(type) {
	case *CreateTableStmt:
		d.w("CREATE").persistence(s.Relation.Persistence).w("TABLE").ifNotExists(s.IfNotExists)
		d.createTable(s)
	case *CreateForeignTableStmt:
		d.w("CREATE FOREIGN TABLE").ifNotExists(s.Table.IfNotExists)
		d.createTable(s.Table).w("SERVER").name(s.Server).genericOptions(s.Options)
	case *CreateTableAsStmt:
		d.createTableAs(s)
	case *IndexStmt:
		d.index(s)
	case *AlterTableStmt:
		d.alterTable(s)
	default:
		return false
	}
	return true
}

func (d *deparser) createTable(s *CreateTableStmt) *deparser {
	d.relation(s.Relation)
	switch {
	case s.OfType != nil:
		d.w("OF").qualified(s.OfType.Names)
		d.optElements(s.Elements)
	case s.Partition != nil:
		d.w("PARTITION OF").relation(s.Inherits[0])
		d.optElements(s.Elements)
		d.partitionBound(s.Partition)
	default:
		parens(d, s.Elements, func(e TableElement) { d.tableElement(e) })
		if s.Inherits != nil {
			parens(d.w("INHERITS"), s.Inherits, func(r *RangeVar) { d.relation(r) })
		}
	}
	if p := s.PartitionBy; p != nil {
		words := [...]string{"LIST", "RANGE", "HASH"}
		d.w("PARTITION BY", words[p.Strategy])
		parens(d, p.Elems, func(e *PartitionElem) {
			d.nameOrExpr(e.Name, e.Expr).collation(e.Collation)
			if e.OpClass != nil {
				d.qualified(e.OpClass)
			}
		})
	}
	return d.storage(s.AccessMethod, s.Options, s.OnCommit, s.Tablespace)
}

func (d *deparser) storage(method string, options []*DefElem, onCommit OnCommit, tablespace string) *deparser {
	if method != "" {
		d.w("USING").name(method)
	}
	if options != nil {
		d.w("WITH").relOptions(options)
	}
	words := [...]string{"", "ON COMMIT DROP", "ON COMMIT DELETE ROWS", "ON COMMIT PRESERVE ROWS"}
	return d.w(words[onCommit]).tablespace(tablespace)
}

func (d *deparser) tablespace(name string) *deparser {
	if name != "" {
		d.w("TABLESPACE").name(name)
	}
	return d
}

func (d *deparser) optElements(list []TableElement) {
	if list != nil {
		parens(d, list, func(e TableElement) { d.tableElement(e) })
	}
}

func (d *deparser) nameOrExpr(name string, e Expr) *deparser {
	if e == nil {
		return d.name(name)
	}
	return d.parenExpr(e)
}

func (d *deparser) collation(name []string) *deparser {
	if name != nil {
		d.w("COLLATE").qualified(name)
	}
	return d
}

func (d *deparser) collateClause(c *CollateClause) *deparser {
	if c != nil {
		d.collation(c.Name)
	}
	return d
}

func (d *deparser) tableElement(n TableElement) *deparser {
	switch e := n.(type) {
	case *ColumnDef:
		return d.columnDef(e)
	case *Constraint:
		return d.tableConstraint(e)
	}
	l := n.(*TableLikeClause)
	d.w("LIKE").relation(l.Relation)
	if l.Options&^(LikeAll>>1) != 0 || l.Options&(1<<30) != 0 {
		d.w("INCLUDING ALL")
		for _, o := range likeWords {
			d.when(l.Options&o.option == 0, "EXCLUDING", o.word)
		}
		return d
	}
	for _, o := range likeWords {
		d.when(l.Options&o.option != 0, "INCLUDING", o.word)
	}
	return d
}

var likeWords = []struct {
	option LikeOption
	word   string
}{
	{LikeComments, "COMMENTS"}, {LikeCompression, "COMPRESSION"}, {LikeConstraints, "CONSTRAINTS"},
	{LikeDefaults, "DEFAULTS"}, {LikeGenerated, "GENERATED"}, {LikeIdentity, "IDENTITY"},
	{LikeIndexes, "INDEXES"}, {LikeStatistics, "STATISTICS"}, {LikeStorage, "STORAGE"},
}

func (d *deparser) columnDef(c *ColumnDef) *deparser {
	d.name(c.Name)
	if c.Type != nil {
		d.typeName(c.Type)
	}
	if c.Storage != "" {
		d.w("STORAGE").nameOrDefault(c.Storage)
	}
	if c.Compression != "" {
		d.w("COMPRESSION").nameOrDefault(c.Compression)
	}
	d.genericOptions(c.FdwOptions).collateClause(c.Collate)
	for _, con := range c.Constraints {
		d.columnConstraint(con)
	}
	return d
}

func (d *deparser) nameOrDefault(s string) *deparser {
	if s == "default" {
		return d.w("DEFAULT")
	}
	return d.name(s)
}

func (d *deparser) constraintName(c *Constraint) *deparser {
	if c.Name != "" {
		d.w("CONSTRAINT").name(c.Name)
	}
	return d
}

func (d *deparser) columnConstraint(c *Constraint) {
	d.constraintName(c)
	switch c.Kind {
	case ConstraintNull:
		d.w("NULL")
	case ConstraintNotNull:
		d.w("NOT NULL")
	case ConstraintDefault:
		d.w("DEFAULT").operand(c.Expr)
	case ConstraintIdentity:
		d.w("GENERATED", generatedWords(c.ByDefault), "AS IDENTITY")
		if c.Options != nil {
			d.open().sequenceOptions(c.Options).close()
		}
	case ConstraintGenerated:
		d.w("GENERATED ALWAYS AS").parenExpr(c.Expr).w("STORED")
	case ConstraintCheck:
		d.w("CHECK").parenExpr(c.Expr).when(c.NoInherit, "NO INHERIT")
	case ConstraintPrimary:
		d.w("PRIMARY KEY").indexOptions(c)
	case ConstraintUnique:
		d.w("UNIQUE").when(c.NullsNotDistinct, "NULLS NOT DISTINCT").indexOptions(c)
	case ConstraintForeign:
		d.references(c)
	case ConstraintAttrDeferrable:
		d.w("DEFERRABLE")
	case ConstraintAttrNotDeferrable:
		d.w("NOT DEFERRABLE")
	case ConstraintAttrDeferred:
		d.w("INITIALLY DEFERRED")
	case ConstraintAttrImmediate:
		d.w("INITIALLY IMMEDIATE")
	}
}

func generatedWords(byDefault bool) string {
	if byDefault {
		return "BY DEFAULT"
	}
	return "ALWAYS"
}

func (d *deparser) indexOptions(c *Constraint) *deparser {
	if c.Options != nil {
		d.w("WITH").definition(c.Options)
	}
	if c.IndexTablespace != "" {
		d.w("USING INDEX TABLESPACE").name(c.IndexTablespace)
	}
	return d
}

func (d *deparser) references(c *Constraint) {
	d.w("REFERENCES").relation(c.RefTable).optParenNames(c.RefColumns).when(c.Match == FKMatchFull, "MATCH FULL")
	words := [...]string{"NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"}
	d.when(c.OnUpdate != FKNoAction, "ON UPDATE", words[c.OnUpdate])
	d.when(c.OnDelete != FKNoAction, "ON DELETE", words[c.OnDelete])
	d.optParenNames(c.DeleteSetCols)
}

func (d *deparser) tableConstraint(c *Constraint) *deparser {
	d.constraintName(c)
	switch c.Kind {
	case ConstraintCheck:
		d.w("CHECK").parenExpr(c.Expr)
	case ConstraintUnique, ConstraintPrimary:
		word := "UNIQUE"
		if c.Kind == ConstraintPrimary {
			word = "PRIMARY KEY"
		}
		d.w(word)
		if c.IndexName != "" {
			d.w("USING INDEX").name(c.IndexName)
			break
		}
		d.when(c.NullsNotDistinct, "NULLS NOT DISTINCT").parenNames(c.Keys).including(c).indexOptions(c)
	case ConstraintExclusion:
		d.w("EXCLUDE")
		if c.AccessMethod != "" {
			d.w("USING").name(c.AccessMethod)
		}
		parens(d, c.Exclusions, func(e *Exclusion) {
			d.indexElem(e.Elem)
			d.w("WITH", operatorText(e.Operator))
		})
		d.including(c).indexOptions(c)
		if c.Where != nil {
			d.w("WHERE").parenExpr(c.Where)
		}
	case ConstraintForeign:
		d.w("FOREIGN KEY").parenNames(c.FKColumns)
		d.references(c)
	}
	d.deferrable(c.Deferrable, c.InitiallyDeferred)
	return d.when(c.NotValid, "NOT VALID").when(c.NoInherit, "NO INHERIT")
}

func (d *deparser) deferrable(deferrable, initially bool) *deparser {
	return d.when(deferrable, "DEFERRABLE").when(initially, "INITIALLY DEFERRED")
}

func (d *deparser) including(c *Constraint) *deparser {
	if c.Including != nil {
		d.w("INCLUDE").parenNames(c.Including)
	}
	return d
}

func (d *deparser) partitionBound(b *PartitionBound) *deparser {
	if b.Default {
		return d.w("DEFAULT")
	}
	d.w("FOR VALUES")
	switch b.Strategy {
	case PartitionHash:
		d.w("WITH").open().w("MODULUS").integer(b.Modulus).raw(",").w("REMAINDER").integer(b.Remainder).close()
	case PartitionList:
		d.w("IN").open().exprs(b.Values).close()
	case PartitionRange:
		d.w("FROM").open().exprs(b.From).close().w("TO").open().exprs(b.To).close()
	}
	return d
}

func (d *deparser) createTableAs(s *CreateTableAsStmt) {
	d.w("CREATE").persistence(s.Into.Relation.Persistence).w(s.Kind.String()).ifNotExists(s.IfNotExists)
	d.relation(s.Into.Relation).optParenNames(s.Into.Columns)
	d.storage(s.Into.AccessMethod, s.Into.Options, s.Into.OnCommit, s.Into.Tablespace).w("AS").stmt(s.Query)
	d.when(s.Into.NoData, "WITH NO DATA")
}

func (d *deparser) index(s *IndexStmt) {
	d.w("CREATE").when(s.Unique, "UNIQUE").w("INDEX").when(s.Async, "ASYNC").when(s.Concurrent, "CONCURRENTLY")
	d.ifNotExists(s.IfNotExists)
	if s.Name != "" {
		d.name(s.Name)
	}
	d.w("ON").relation(s.Relation)
	if s.AccessMethod != "" {
		d.w("USING").name(s.AccessMethod)
	}
	parens(d, s.Elems, d.indexElem)
	if s.Including != nil {
		parens(d.w("INCLUDE"), s.Including, d.indexElem)
	}
	d.when(s.NullsNotDistinct, "NULLS NOT DISTINCT")
	if s.Options != nil {
		d.w("WITH").relOptions(s.Options)
	}
	d.tablespace(s.Tablespace).where(s.Where)
}

func (d *deparser) indexElem(e *IndexElem) {
	d.nameOrExpr(e.Name, e.Expr).collation(e.Collation)
	if e.OpClass != nil {
		d.qualified(e.OpClass)
	}
	if e.OpClassOptions != nil {
		d.relOptions(e.OpClassOptions)
	}
	d.when(e.Dir == SortAsc, "ASC").when(e.Dir == SortDesc, "DESC").nulls(e.Nulls)
}

// relOptions writes ( storage parameters ).
func (d *deparser) relOptions(list []*DefElem) *deparser {
	return parens(d, list, func(o *DefElem) {
		if o.Namespace != "" {
			d.label(o.Namespace).raw(".")
			d.glue = true
		}
		d.label(o.Name)
		if o.Arg != nil {
			d.w("=").defArg(o.Arg)
		}
	})
}

// definition writes ( name = value, … ).
func (d *deparser) definition(list []*DefElem) *deparser { return d.relOptions(list) }

func (d *deparser) defArg(n Node) *deparser {
	if o, ok := n.(*ObjectName); ok {
		if len(o.Parts) == 1 {
			return d.w(o.Parts[0])
		}
		return d.w("OPERATOR(" + operatorText(o.Parts) + ")")
	}
	return d.node(n)
}

// genericOptions writes [OPTIONS (name 'value', …)].
func (d *deparser) genericOptions(list []*DefElem) *deparser {
	if list == nil {
		return d
	}
	words := [...]string{"", "SET", "ADD", "DROP"}
	return parens(d.w("OPTIONS"), list, func(o *DefElem) {
		d.w(words[o.Action]).w(optionIdent(o))
		if o.Arg != nil {
			d.node(o.Arg)
		}
	})
}

func optionIdent(o *DefElem) string {
	switch o.Name {
	case "set", "add", "drop":
		return `"` + o.Name + `"`
	}
	return QuoteIdent(o.Name)
}

func (d *deparser) sequenceOptions(list []*DefElem) *deparser {
	for _, o := range list {
		d.sequenceOption(o)
	}
	return d
}

func (d *deparser) sequenceOption(o *DefElem) {
	switch o.Name {
	case "cycle":
		d.when(!o.Arg.(*BoolConst).Value, "NO").w("CYCLE")
		return
	case "maxvalue", "minvalue":
		d.when(o.Arg == nil, "NO")
	case "owned_by":
		d.w("OWNED BY").node(o.Arg)
		return
	case "sequence_name":
		d.w("SEQUENCE NAME").node(o.Arg)
		return
	case "generated":
		d.w("GENERATED", strings.ToUpper(o.Arg.(*StringConst).Value))
		return
	}
	d.w(strings.ToUpper(o.Name))
	if o.Arg != nil {
		d.node(o.Arg)
	}
}
