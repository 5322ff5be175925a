package parse

import "strings"

// createStmt writes CREATE of views, sequences, types, domains and routines.
func (d *deparser) createStmt(n Statement) bool {
	switch s := n.(type) {
	case *ViewStmt:
		d.w("CREATE").when(s.Replace, "OR REPLACE").persistence(s.View.Persistence).w("VIEW").relation(s.View)
		d.optParenNames(s.Columns)
		if s.Options != nil {
			d.w("WITH").relOptions(s.Options)
		}
		words := [...]string{"", "WITH LOCAL CHECK OPTION", "WITH CASCADED CHECK OPTION"}
		d.w("AS").query(s.Query).w(words[s.CheckOption])
	case *CreateSeqStmt:
		d.w("CREATE").persistence(s.Sequence.Persistence).w("SEQUENCE").ifNotExists(s.IfNotExists)
		d.relation(s.Sequence).sequenceOptions(s.Options)
	case *CreateSchemaStmt:
		d.w("CREATE SCHEMA").ifNotExists(s.IfNotExists)
		if s.Name != "" {
			d.name(s.Name)
		}
		if s.Authid != nil {
			d.w("AUTHORIZATION").role(s.Authid)
		}
		for _, e := range s.Elements {
			d.stmt(e)
		}
	case *CreateDomainStmt:
		d.w("CREATE DOMAIN").qualified(s.Name).w("AS").typeName(s.Type).collateClause(s.Collate)
		for _, c := range s.Constraints {
			d.columnConstraint(c)
		}
	case *CompositeTypeStmt:
		parens(d.w("CREATE TYPE").relation(s.Type).w("AS"), s.Columns, func(c *ColumnDef) { d.columnDef(c) })
	case *CreateEnumStmt:
		parens(d.w("CREATE TYPE").qualified(s.Name).w("AS ENUM"), s.Values, func(v string) { d.str(v) })
	case *CreateRangeStmt:
		d.w("CREATE TYPE").qualified(s.Name).w("AS RANGE").definition(s.Options)
	case *DefineStmt:
		d.define(s)
	case *CreateFunctionStmt:
		d.createFunction(s)
	case *ReturnStmt:
		d.w("RETURN").expr(s.Value)
	case *BlockStmt:
		d.w("BEGIN ATOMIC")
		for _, e := range s.Stmts {
			d.stmt(e).raw(";")
		}
		d.w("END")
	case *CreateTrigStmt:
		d.createTrigger(s)
	case *RuleStmt:
		d.createRule(s)
	case *CreatePolicyStmt:
		d.createPolicy(s)
	default:
		return false
	}
	return true
}

func (d *deparser) define(s *DefineStmt) {
	d.w("CREATE").when(s.Replace, "OR REPLACE").w(s.Kind.String()).ifNotExists(s.IfNotExists)
	switch s.Kind {
	case ObjectOperator:
		d.w(operatorText(s.Name))
	case ObjectAggregate:
		d.w(funcIdents(s.Name))
	default:
		d.qualified(s.Name)
	}
	if s.Args != nil {
		d.aggregateArgs(s.Args)
	}
	switch {
	case s.Kind == ObjectCollation && len(s.Options) == 1 && s.Options[0].Name == "from" && isObjectName(s.Options[0].Arg):
		d.w("FROM").node(s.Options[0].Arg)
	case s.OldStyle:
		parens(d, s.Options, func(o *DefElem) { d.w(`"`+strings.ReplaceAll(o.Name, `"`, `""`)+`"`, "=").defArg(o.Arg) })
	case s.Options != nil:
		d.definition(s.Options)
	}
}

func isObjectName(n Node) bool {
	o, ok := n.(*ObjectName)
	return ok && !isOperatorText(o.Parts[len(o.Parts)-1])
}

// isOperatorText tells an operator from a name.
func isOperatorText(s string) bool {
	return s != "" && charClass[s[0]]&classOp != 0
}

func (d *deparser) objectWithArgs(o *ObjectWithArgs) *deparser {
	if isOperatorText(o.Name[len(o.Name)-1]) && o.Params == nil && (o.NoArgs || len(o.Args) == 2) {
		d.w(operatorText(o.Name))
		if o.NoArgs {
			return d
		}
		return parens(d, o.Args, func(t *TypeName) {
			if t == nil {
				d.w("NONE")
			} else {
				d.typeName(t)
			}
		})
	}
	d.w(funcIdents(o.Name))
	if o.NoArgs {
		return d
	}
	return d.aggregateArgs(o)
}

// aggregateArgs writes the parameters of a function or an aggregate.
func (d *deparser) aggregateArgs(o *ObjectWithArgs) *deparser {
	d.open()
	switch {
	case o.Star:
		d.w("*")
	case o.OrderedArgs < 0:
		d.params(o.Params)
	default:
		d.params(o.Params[:o.OrderedArgs]).w("ORDER BY")
		ordered := o.Params[o.OrderedArgs:]
		if len(ordered) == 0 {
			ordered = o.Params[o.OrderedArgs-1:]
		}
		d.params(ordered)
	}
	return d.close()
}

func (d *deparser) params(list []*FunctionParameter) *deparser {
	words := [...]string{"", "IN", "OUT", "INOUT", "VARIADIC", ""}
	each(d, list, func(a *FunctionParameter) {
		d.w(words[a.Mode])
		if a.Name != "" {
			d.w(`"` + strings.ReplaceAll(a.Name, `"`, `""`) + `"`)
		}
		d.typeName(a.Type)
		if a.Default != nil {
			d.w("DEFAULT").expr(a.Default)
		}
	})
	return d
}

func (d *deparser) createFunction(s *CreateFunctionStmt) {
	d.w("CREATE").when(s.Replace, "OR REPLACE").w(map[bool]string{true: "PROCEDURE", false: "FUNCTION"}[s.IsProcedure])
	inputs := len(s.Params)
	for inputs > 0 && s.Params[inputs-1].Mode == ParamTable {
		inputs--
	}
	d.w(funcIdents(s.Name)).open().params(s.Params[:inputs]).close()
	if inputs < len(s.Params) {
		d.w("RETURNS TABLE").open().params(s.Params[inputs:]).close()
	} else if s.ReturnType != nil {
		d.w("RETURNS").typeName(s.ReturnType)
	}
	d.functionOptions(s.Options)
	if s.Body != nil {
		d.stmt(s.Body)
	}
}

func (d *deparser) functionOptions(list []*DefElem) *deparser {
	for _, o := range list {
		d.functionOption(o)
	}
	return d
}

func (d *deparser) functionOption(o *DefElem) {
	flag, _ := o.Arg.(*BoolConst)
	switch o.Name {
	case "as":
		d.w("AS")
		each(d, o.Arg.(*DefList).Items, func(n Node) { d.node(n) })
	case "transform":
		d.w("TRANSFORM")
		each(d, o.Arg.(*DefList).Items, func(n Node) { d.w("FOR TYPE").node(n) })
	case "window":
		d.w("WINDOW")
	case "strict":
		d.w(map[bool]string{true: "STRICT", false: "CALLED ON NULL INPUT"}[flag.Value])
	case "volatility":
		d.w(strings.ToUpper(o.Arg.(*StringConst).Value))
	case "security":
		d.w("SECURITY", map[bool]string{true: "DEFINER", false: "INVOKER"}[flag.Value])
	case "leakproof":
		d.when(!flag.Value, "NOT").w("LEAKPROOF")
	case "set":
		d.set(o.Arg.(*VariableSetStmt))
	case "parallel":
		d.w("PARALLEL").name(o.Arg.(*StringConst).Value)
	default: // cost, rows, support, language
		d.w(strings.ToUpper(o.Name)).node(o.Arg)
	}
}

func (d *deparser) createTrigger(s *CreateTrigStmt) {
	timing := [...]string{"BEFORE", "AFTER", "INSTEAD OF"}
	d.w("CREATE").when(s.Replace, "OR REPLACE").when(s.IsConstraint, "CONSTRAINT").w("TRIGGER").name(s.Name).w(timing[s.Timing])
	words := []struct {
		event TriggerEvent
		word  string
	}{{TriggerInsert, "INSERT"}, {TriggerDelete, "DELETE"}, {TriggerUpdate, "UPDATE"}, {TriggerTruncate, "TRUNCATE"}}
	first := true
	for _, e := range words {
		if s.Events&e.event == 0 {
			continue
		}
		d.when(!first, "OR").w(e.word)
		first = false
		if e.event == TriggerUpdate && s.Columns != nil {
			d.w("OF").names(s.Columns)
		}
	}
	d.w("ON").relation(s.Relation)
	if s.From != nil {
		d.w("FROM").relation(s.From)
	}
	d.deferrable(s.Deferrable, s.InitiallyDeferred)
	if s.Transitions != nil {
		d.w("REFERENCING")
		for _, t := range s.Transitions {
			d.w(map[bool]string{true: "NEW", false: "OLD"}[t.IsNew], map[bool]string{true: "TABLE", false: "ROW"}[t.IsTable], "AS")
			d.name(t.Name)
		}
	}
	d.w("FOR EACH", map[bool]string{true: "ROW", false: "STATEMENT"}[s.ForEachRow])
	if s.When != nil {
		d.w("WHEN").parenExpr(s.When)
	}
	parens(d.w("EXECUTE FUNCTION", funcIdents(s.Func)), s.Args, func(a string) { d.str(a) })
}

func (d *deparser) createRule(s *RuleStmt) {
	words := [...]string{"SELECT", "UPDATE", "DELETE", "INSERT"}
	d.w("CREATE").when(s.Replace, "OR REPLACE").w("RULE").name(s.Name).w("AS ON", words[s.Event], "TO").relation(s.Relation)
	d.where(s.Where).w("DO").when(s.Instead, "INSTEAD")
	if s.Actions == nil {
		d.w("NOTHING")
		return
	}
	d.open()
	for i, a := range s.Actions {
		if i > 0 {
			d.raw(";")
		}
		d.stmt(a)
	}
	d.close()
}

func (d *deparser) createPolicy(s *CreatePolicyStmt) {
	d.w("CREATE POLICY").name(s.Name).w("ON").relation(s.Table).when(!s.Permissive, "AS RESTRICTIVE")
	d.w("FOR", strings.ToUpper(s.Command)).policyRest(s.Roles, s.Using, s.WithCheck)
}

func (d *deparser) policyRest(roles []*RoleSpec, using, check Expr) *deparser {
	if roles != nil {
		d.w("TO").roles(roles)
	}
	if using != nil {
		d.w("USING").parenExpr(using)
	}
	if check != nil {
		d.w("WITH CHECK").parenExpr(check)
	}
	return d
}
