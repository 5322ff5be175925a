package parse

// queryStmt writes queries and changes of data.
func (d *deparser) queryStmt(n Statement) bool {
	switch s := n.(type) {
	case *SelectStmt:
		d.query(s)
	case *InsertStmt:
		d.insert(s)
	case *UpdateStmt:
		d.with(s.With).w("UPDATE").relation(s.Relation).w("SET").assignments(s.Set)
		d.from("FROM", s.From).where(s.Where).returning(s.Returning)
	case *DeleteStmt:
		d.with(s.With).w("DELETE FROM").relation(s.Relation).from("USING", s.Using).where(s.Where).returning(s.Returning)
	case *MergeStmt:
		d.merge(s)
	default:
		return false
	}
	return true
}

// query writes a SelectStmt.
func (d *deparser) query(s *SelectStmt) *deparser {
	d.with(s.With)
	switch {
	case s.Op != SetNone:
		words := [...]string{"", "UNION", "INTERSECT", "EXCEPT"}
		d.setOperand(s.Left).w(words[s.Op]).when(s.All, "ALL").setOperand(s.Right)
	case s.Values != nil:
		d.w("VALUES")
		each(d, s.Values, func(row []Expr) { d.open().exprs(row).close() })
	default:
		d.simpleSelect(s)
	}
	if s.OrderBy != nil {
		d.orderBy(s.OrderBy)
	}
	d.limit(s)
	for _, l := range s.Locking {
		d.locking(l)
	}
	return d
}

// setOperand writes a side of a set operation.
func (d *deparser) setOperand(s *SelectStmt) *deparser {
	if s.Op != SetNone || s.With != nil || s.OrderBy != nil || s.Limit != nil || s.Offset != nil || s.Locking != nil {
		return d.subquery(s)
	}
	return d.query(s)
}

func (d *deparser) simpleSelect(s *SelectStmt) {
	d.w("SELECT")
	if s.Distinct {
		d.w("DISTINCT")
		if s.DistinctOn != nil {
			d.w("ON").open().exprs(s.DistinctOn).close()
		}
	}
	d.targets(s.Targets)
	if s.Into != nil {
		d.w("INTO").persistence(s.Into.Relation.Persistence).w("TABLE").relation(s.Into.Relation)
	}
	d.from("FROM", s.From).where(s.Where)
	if s.GroupBy != nil {
		d.w("GROUP BY").when(s.GroupDistinct, "DISTINCT").exprs(s.GroupBy)
	}
	if s.Having != nil {
		d.w("HAVING").expr(s.Having)
	}
	if s.Windows != nil {
		d.w("WINDOW")
		each(d, s.Windows, func(w *WindowDef) { d.name(w.Name).w("AS").windowSpec(w) })
	}
}

func (d *deparser) limit(s *SelectStmt) {
	if s.Offset != nil {
		d.w("OFFSET").operand(s.Offset)
	}
	switch {
	case s.Limit == nil:
	case s.WithTies:
		d.w("FETCH FIRST").operand(s.Limit).w("ROWS WITH TIES")
	default:
		if _, ok := s.Limit.(*NullConst); ok {
			d.w("LIMIT ALL")
		} else {
			d.w("LIMIT").expr(s.Limit)
		}
	}
}

func (d *deparser) locking(l *LockingClause) {
	words := [...]string{ForKeyShare: "KEY SHARE", ForShare: "SHARE", ForNoKeyUpdate: "NO KEY UPDATE", ForUpdate: "UPDATE"}
	d.w("FOR", words[l.Strength])
	if l.Relations != nil {
		d.w("OF").relations(l.Relations)
	}
	d.when(l.Wait == LockError, "NOWAIT").when(l.Wait == LockSkip, "SKIP LOCKED")
}

func (d *deparser) with(w *WithClause) *deparser {
	if w == nil {
		return d
	}
	d.w("WITH").when(w.Recursive, "RECURSIVE")
	each(d, w.CTEs, func(c *CommonTableExpr) {
		d.name(c.Name).optParenNames(c.Columns).w("AS")
		d.when(c.Materialized == MaterializeAlways, "MATERIALIZED").when(c.Materialized == MaterializeNever, "NOT MATERIALIZED")
		d.open().stmt(c.Query).close()
		if s := c.Search; s != nil {
			word := "DEPTH"
			if s.BreadthFirst {
				word = "BREADTH"
			}
			d.w("SEARCH", word, "FIRST BY").names(s.Columns).w("SET").name(s.Sequence)
		}
		if y := c.Cycle; y != nil {
			d.w("CYCLE").names(y.Columns).w("SET").name(y.Mark)
			d.w("TO").constant(y.Value).w("DEFAULT").constant(y.Default).w("USING").name(y.Path)
		}
	})
	return d
}

// constant writes an AexprConst, where a cast must be type 'string'.
func (d *deparser) constant(e Expr) *deparser {
	c, ok := e.(*TypeCast)
	if !ok {
		return d.expr(e)
	}
	text := c.Arg.(*StringConst).Value
	if name, ok := systemTypeText(c.Type); ok && len(c.Type.Names) == 2 && c.Type.Names[1] == "interval" {
		fields := name[len("interval"):]
		if fields != "" && fields[0] == '(' {
			return d.w(name).str(text)
		}
		return d.w("interval").str(text).w(trimBlank(fields))
	}
	if name, ok := systemTypeText(c.Type); ok {
		return d.w(name).str(text)
	}
	if constSystemType(c.Type) != "" {
		return d.w(constSystemType(c.Type)).str(text)
	}
	return d.typeName(c.Type).str(text)
}

// constSystemType names the types that without a length mean something else
// before a string than elsewhere.
func constSystemType(t *TypeName) string {
	if len(t.Names) != 2 || t.Names[0] != "pg_catalog" || t.Mods != nil {
		return ""
	}
	switch t.Names[1] {
	case "bpchar":
		return "character"
	case "bit":
		return "bit"
	}
	return ""
}

func trimBlank(s string) string {
	if s != "" && s[0] == ' ' {
		return s[1:]
	}
	return s
}

func (d *deparser) targets(list []*ResTarget) *deparser {
	each(d, list, func(t *ResTarget) {
		d.expr(t.Value)
		if t.Name != "" {
			d.w("AS").label(t.Name)
		}
	})
	return d
}

func (d *deparser) orderBy(list []*SortBy) *deparser {
	d.w("ORDER BY")
	each(d, list, func(s *SortBy) {
		d.expr(s.Expr)
		d.when(s.Dir == SortAsc, "ASC").when(s.Dir == SortDesc, "DESC")
		if s.Dir == SortUsing {
			d.w("USING").qualOp(s.Using)
		}
		d.nulls(s.Nulls)
	})
	return d
}

func (d *deparser) nulls(n NullsOrder) *deparser {
	return d.when(n == NullsFirst, "NULLS FIRST").when(n == NullsLast, "NULLS LAST")
}

func (d *deparser) windowSpec(w *WindowDef) *deparser {
	d.open()
	if w.RefName != "" {
		d.name(w.RefName)
	}
	if w.PartitionBy != nil {
		d.w("PARTITION BY").exprs(w.PartitionBy)
	}
	if w.OrderBy != nil {
		d.orderBy(w.OrderBy)
	}
	if f := w.Frame; f != nil {
		modes := [...]string{"RANGE", "ROWS", "GROUPS"}
		d.w(modes[f.Mode])
		if f.Between {
			d.w("BETWEEN").frameBound(f.Start).w("AND").frameBound(f.End)
		} else {
			d.frameBound(f.Start)
		}
		words := [...]string{"", "EXCLUDE CURRENT ROW", "EXCLUDE GROUP", "EXCLUDE TIES"}
		d.w(words[f.Exclusion])
	}
	return d.close()
}

func (d *deparser) frameBound(b FrameBound) *deparser {
	words := [...]string{"UNBOUNDED PRECEDING", "PRECEDING", "CURRENT ROW", "FOLLOWING", "UNBOUNDED FOLLOWING"}
	if b.Offset != nil {
		d.operand(b.Offset)
	}
	return d.w(words[b.Kind])
}

func (d *deparser) where(e Expr) *deparser {
	if e != nil {
		d.w("WHERE").expr(e)
	}
	return d
}

func (d *deparser) returning(list []*ResTarget) *deparser {
	if list != nil {
		d.w("RETURNING").targets(list)
	}
	return d
}

func (d *deparser) from(word string, list []TableRef) *deparser {
	if list != nil {
		d.w(word)
		each(d, list, func(r TableRef) { d.tableRef(r) })
	}
	return d
}

// relation writes a relation with its alias.
func (d *deparser) relation(r *RangeVar) *deparser {
	d.when(r.Only, "ONLY")
	var parts []string
	if r.Catalog != "" {
		parts = append(parts, r.Catalog)
	}
	if r.Schema != "" {
		parts = append(parts, r.Schema)
	}
	return d.qualified(append(parts, r.Name)).alias(r.Alias)
}

func (d *deparser) relations(list []*RangeVar) *deparser {
	each(d, list, func(r *RangeVar) { d.relation(r) })
	return d
}

func (d *deparser) alias(a *Alias) *deparser {
	if a != nil {
		d.w("AS").name(a.Name).optParenNames(a.Columns)
	}
	return d
}

// tableRef writes an item of FROM.
func (d *deparser) tableRef(n TableRef) *deparser {
	switch r := n.(type) {
	case *RangeVar:
		return d.relation(r)
	case *RangeSubselect:
		return d.when(r.Lateral, "LATERAL").subquery(r.Query).alias(r.Alias)
	case *RangeFunction:
		return d.rangeFunction(r)
	case *RangeTableSample:
		d.tableRef(r.Relation).w("TABLESAMPLE", funcIdents(r.Method)).open().exprs(r.Args).close()
		if r.Repeatable != nil {
			d.w("REPEATABLE").parenExpr(r.Repeatable)
		}
		return d
	case *RangeTableFunc:
		return d.xmlTable(r)
	}
	j := n.(*JoinExpr)
	if j.Alias != nil {
		return d.open().joinExpr(j).close().alias(j.Alias)
	}
	return d.joinExpr(j)
}

func (d *deparser) joinExpr(j *JoinExpr) *deparser {
	words := [...]string{"", "LEFT", "FULL", "RIGHT"}
	d.tableRef(j.Left)
	cross := !j.Natural && j.Using == nil && j.On == nil
	d.when(j.Natural, "NATURAL").w(words[j.Kind]).when(cross, "CROSS").w("JOIN")
	if right, ok := j.Right.(*JoinExpr); ok && right.Alias == nil {
		d.open().joinExpr(right).close()
	} else {
		d.tableRef(j.Right)
	}
	if j.Using != nil {
		d.w("USING").parenNames(j.Using)
		if j.UsingAlias != "" {
			d.w("AS").name(j.UsingAlias)
		}
	}
	if j.On != nil {
		d.w("ON").expr(j.On)
	}
	return d
}

func (d *deparser) rangeFunction(r *RangeFunction) *deparser {
	d.when(r.Lateral, "LATERAL")
	if r.RowsFrom {
		d.w("ROWS FROM").open()
		each(d, r.Functions, func(f RangeFunctionItem) {
			d.windowless(f.Call)
			if f.ColumnDefs != nil {
				parens(d.w("AS"), f.ColumnDefs, func(c *ColumnDef) { d.columnDef(c) })
			}
		})
		d.close()
	} else {
		d.windowless(r.Functions[0].Call)
	}
	d.when(r.Ordinality, "WITH ORDINALITY")
	if r.Alias != nil {
		d.alias(r.Alias)
	} else if r.ColumnDefs != nil {
		d.w("AS")
	}
	if r.ColumnDefs != nil {
		parens(d, r.ColumnDefs, func(c *ColumnDef) { d.columnDef(c) })
	}
	return d
}

// windowless writes a func_expr_windowless, where a cast must be a call of
// CAST.
func (d *deparser) windowless(e Expr) *deparser {
	if c, ok := e.(*TypeCast); ok {
		return d.w("CAST").call().expr(c.Arg).w("AS").typeName(c.Type).close()
	}
	return d.expr(e)
}

func (d *deparser) xmlTable(r *RangeTableFunc) *deparser {
	d.when(r.Lateral, "LATERAL").w("XMLTABLE").call()
	if r.Namespaces != nil {
		d.w("XMLNAMESPACES").call()
		each(d, r.Namespaces, func(t *ResTarget) {
			d.when(t.Name == "", "DEFAULT").operand(t.Value)
			if t.Name != "" {
				d.w("AS").label(t.Name)
			}
		})
		d.close().raw(",")
	}
	d.operand(r.Row).w("PASSING").operand(r.Doc).w("COLUMNS")
	each(d, r.Columns, func(c *RangeTableFuncCol) {
		d.name(c.Name)
		if c.ForOrdinality {
			d.w("FOR ORDINALITY")
			return
		}
		d.typeName(c.Type)
		if c.Path != nil {
			d.w("PATH").operand(c.Path)
		}
		if c.Default != nil {
			d.w("DEFAULT").operand(c.Default)
		}
		d.when(c.NotNull, "NOT NULL")
	})
	return d.close().alias(r.Alias)
}

func (d *deparser) assignTarget(t *AssignTarget) { d.name(t.Name).steps(t.Steps) }

func (d *deparser) assignments(list []*Assignment) *deparser {
	each(d, list, func(a *Assignment) {
		if a.Multi {
			parens(d, a.Targets, d.assignTarget)
		} else {
			d.assignTarget(a.Targets[0])
		}
		d.w("=").expr(a.Value)
	})
	return d
}

func (d *deparser) overriding(o Overriding) *deparser {
	return d.when(o == OverridingUser, "OVERRIDING USER VALUE").when(o == OverridingSystem, "OVERRIDING SYSTEM VALUE")
}

func (d *deparser) insert(s *InsertStmt) {
	d.with(s.With).w("INSERT INTO").relation(s.Relation)
	if s.Columns != nil {
		parens(d, s.Columns, d.assignTarget)
	}
	d.overriding(s.Overriding)
	if s.Select == nil {
		d.w("DEFAULT VALUES")
	} else {
		d.query(s.Select)
	}
	if c := s.OnConflict; c != nil {
		d.onConflict(c)
	}
	d.returning(s.Returning)
}

func (d *deparser) onConflict(c *OnConflictClause) {
	d.w("ON CONFLICT")
	if i := c.Infer; i != nil {
		if i.Constraint != "" {
			d.w("ON CONSTRAINT").name(i.Constraint)
		} else {
			parens(d, i.Elems, d.indexElem).where(i.Where)
		}
	}
	if !c.Update {
		d.w("DO NOTHING")
		return
	}
	d.w("DO UPDATE SET").assignments(c.Set).where(c.Where)
}

func (d *deparser) merge(s *MergeStmt) {
	d.with(s.With).w("MERGE INTO").relation(s.Relation).w("USING").tableRef(s.Source).w("ON").expr(s.On)
	for _, w := range s.Whens {
		d.w("WHEN").when(!w.Matched, "NOT").w("MATCHED")
		if w.Cond != nil {
			d.w("AND").expr(w.Cond)
		}
		d.w("THEN")
		switch w.Action {
		case MergeUpdate:
			d.w("UPDATE SET").assignments(w.Set)
		case MergeDelete:
			d.w("DELETE")
		case MergeDoNothing:
			d.w("DO NOTHING")
		case MergeInsert:
			d.w("INSERT")
			if w.Columns != nil {
				parens(d, w.Columns, d.assignTarget)
			}
			d.overriding(w.Overriding)
			if w.Values == nil {
				d.w("DEFAULT VALUES")
			} else {
				d.w("VALUES").open().exprs(w.Values).close()
			}
		}
	}
}
