package parse

import "strings"

// sessionStmt writes the statements about sessions and transactions.
func (d *deparser) sessionStmt(n Statement) bool {
	switch s := n.(type) {
	case *TransactionStmt:
		d.transaction(s)
	case *VariableSetStmt:
		d.set(s)
	case *VariableShowStmt:
		d.w("SHOW").variable(s.Name)
	case *ConstraintsSetStmt:
		d.w("SET CONSTRAINTS")
		if s.Constraints == nil {
			d.w("ALL")
		} else {
			d.relations(s.Constraints)
		}
		d.w(map[bool]string{true: "DEFERRED", false: "IMMEDIATE"}[s.Deferred])
	case *ExplainStmt:
		d.w("EXPLAIN")
		if s.Options != nil {
			d.utilityOptions(s.Options)
		}
		d.stmt(s.Query)
	case *CopyStmt:
		d.copy(s)
	case *PrepareStmt:
		d.w("PREPARE").name(s.Name)
		if s.ArgTypes != nil {
			parens(d, s.ArgTypes, func(t *TypeName) { d.typeName(t) })
		}
		d.w("AS").stmt(s.Query)
	case *ExecuteStmt:
		d.w("EXECUTE").name(s.Name)
		if s.Params != nil {
			d.open().exprs(s.Params).close()
		}
	case *DeallocateStmt:
		d.w("DEALLOCATE PREPARE")
		d.nameOrAll(s.Name)
	case *VacuumStmt:
		d.w(map[bool]string{true: "ANALYZE", false: "VACUUM"}[s.IsAnalyze])
		if s.Options != nil {
			d.utilityOptions(s.Options)
		}
		each(d, s.Relations, func(r *VacuumRelation) { d.relation(r.Relation).optParenNames(r.Columns) })
	case *CallStmt:
		d.w("CALL").funcCall(s.Call)
	case *TruncateStmt:
		d.w("TRUNCATE TABLE").relations(s.Relations).when(s.RestartSeqs, "RESTART IDENTITY").behavior(s.Behavior)
	default:
		return false
	}
	return true
}

func (d *deparser) nameOrAll(name string) *deparser {
	if name == "" {
		return d.w("ALL")
	}
	return d.name(name)
}

func (d *deparser) transaction(s *TransactionStmt) {
	switch s.Kind {
	case TransactionBegin, TransactionStart:
		d.w(map[bool]string{true: "BEGIN", false: "START TRANSACTION"}[s.Kind == TransactionBegin])
		d.transactionModes(s.Options)
	case TransactionCommit:
		d.w("COMMIT").when(s.Chain, "AND CHAIN")
	case TransactionRollback:
		d.w("ROLLBACK").when(s.Chain, "AND CHAIN")
	case TransactionSavepoint:
		d.w("SAVEPOINT").name(s.Savepoint)
	case TransactionRelease:
		d.w("RELEASE SAVEPOINT").name(s.Savepoint)
	case TransactionRollbackTo:
		d.w("ROLLBACK TO SAVEPOINT").name(s.Savepoint)
	case TransactionPrepare:
		d.w("PREPARE TRANSACTION").str(s.GID)
	case TransactionCommitPrepared:
		d.w("COMMIT PREPARED").str(s.GID)
	case TransactionRollbackPrepared:
		d.w("ROLLBACK PREPARED").str(s.GID)
	}
}

func (d *deparser) transactionModes(list []*DefElem) *deparser {
	each(d, list, func(o *DefElem) { d.transactionMode(o) })
	return d
}

func (d *deparser) transactionMode(o *DefElem) {
	switch o.Name {
	case "transaction_isolation":
		d.w("ISOLATION LEVEL", strings.ToUpper(o.Arg.(*StringConst).Value))
	case "transaction_read_only":
		d.w(map[bool]string{true: "READ ONLY", false: "READ WRITE"}[o.Arg.(*IntegerConst).Value == 1])
	case "transaction_deferrable":
		d.when(o.Arg.(*IntegerConst).Value == 0, "NOT").w("DEFERRABLE")
	}
}

// variable writes the name of a setting, each part as an identifier.
func (d *deparser) variable(name string) *deparser {
	parts := strings.Split(name, ".")
	for _, part := range parts {
		if part == "" {
			return d.name(name)
		}
	}
	return d.qualified(parts)
}

func (d *deparser) set(s *VariableSetStmt) {
	switch s.Kind {
	case VarReset:
		d.w("RESET").variable(s.Name)
		return
	case VarResetAll:
		d.w("RESET ALL")
		return
	}
	d.w("SET").when(s.IsLocal, "LOCAL")
	switch {
	case s.Kind == VarSetMulti:
		d.setMulti(s)
		return
	case s.Kind == VarSetCurrent:
		d.variable(s.Name).w("FROM CURRENT")
		return
	case s.Kind == VarSetDefault:
		d.variable(s.Name).w("TO DEFAULT")
		return
	case s.Name == "timezone" && len(s.Args) == 1:
		if c, ok := s.Args[0].(*TypeCast); ok {
			d.w("TIME ZONE").constant(c)
			return
		}
	}
	d.variable(s.Name).w("TO")
	each(d, s.Args, func(n Node) { d.node(n) })
}

func (d *deparser) setMulti(s *VariableSetStmt) {
	switch s.Name {
	case "TRANSACTION SNAPSHOT":
		d.w("TRANSACTION SNAPSHOT").node(s.Args[0])
		return
	case "TRANSACTION":
		d.w("TRANSACTION")
	default:
		d.w("SESSION CHARACTERISTICS AS TRANSACTION")
	}
	each(d, s.Args, func(n Node) { d.transactionMode(n.(*DefElem)) })
}

// utilityOptions writes ( name [value], … ).
func (d *deparser) utilityOptions(list []*DefElem) *deparser {
	return parens(d, list, func(o *DefElem) {
		d.w(utilityIdent(o.Name))
		if o.Arg != nil {
			d.node(o.Arg)
		}
	})
}

func utilityIdent(name string) string {
	if name == "analyze" {
		return "ANALYZE"
	}
	return QuoteIdent(name)
}

func (d *deparser) copy(s *CopyStmt) {
	d.w("COPY")
	if s.Query != nil {
		d.open().stmt(s.Query).close()
	} else {
		d.relation(s.Relation).optParenNames(s.Columns)
	}
	d.w(map[bool]string{true: "FROM", false: "TO"}[s.IsFrom]).when(s.Program, "PROGRAM")
	switch {
	case s.HasFilename:
		d.str(s.Filename)
	case s.IsFrom:
		d.w("STDIN")
	default:
		d.w("STDOUT")
	}
	if s.Options != nil {
		parens(d.w("WITH"), s.Options, d.copyOption)
	}
	d.where(s.Where)
}

func (d *deparser) copyOption(o *DefElem) {
	d.label(o.Name)
	switch a := o.Arg.(type) {
	case nil:
	case *DefList:
		parens(d, a.Items, func(n Node) { d.node(n) })
	default:
		d.node(a)
	}
}
