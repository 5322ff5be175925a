package parse

import "fmt"

func documentWord(document bool) string {
	if document {
		return "DOCUMENT"
	}
	return "CONTENT"
}

// xml writes XML expressions.
func (d *deparser) xml(n Expr) *deparser {
	if s, ok := n.(*XMLSerialize); ok {
		d.w("XMLSERIALIZE").call().w(documentWord(s.Document)).operand(s.Arg).w("AS").typeName(s.Type)
		return d.when(s.Indent, "INDENT").close()
	}
	e := n.(*XMLExpr)
	switch e.Op {
	case XMLConcat:
		return d.args("XMLCONCAT", e.Args)
	case XMLElement:
		d.w("XMLELEMENT").call().w("NAME").label(e.Name)
		if e.Attributes != nil {
			d.raw(",").w("XMLATTRIBUTES").call()
			each(d, e.Attributes, d.xmlAttribute)
			d.close()
		}
		if e.Args != nil {
			d.raw(",").exprs(e.Args)
		}
		return d.close()
	case XMLForest:
		d.w("XMLFOREST").call()
		each(d, e.Attributes, d.xmlAttribute)
		return d.close()
	case XMLParse:
		d.w("XMLPARSE").call().w(documentWord(e.Document)).operand(e.Args[0])
		return d.when(e.Args[1].(*BoolConst).Value, "PRESERVE WHITESPACE").close()
	case XMLPI:
		d.w("XMLPI").call().w("NAME").label(e.Name)
		if e.Args != nil {
			d.raw(",").exprs(e.Args)
		}
		return d.close()
	case XMLRoot:
		words := [...]string{", STANDALONE YES", ", STANDALONE NO", ", STANDALONE NO VALUE", ""}
		d.w("XMLROOT").call().expr(e.Args[0]).raw(", VERSION ")
		d.glue = true
		if null, ok := e.Args[1].(*NullConst); ok && null.Loc == NoLoc {
			d.w("NO VALUE")
		} else {
			d.operand(e.Args[1])
		}
		return d.raw(words[e.Args[2].(*IntegerConst).Value]).close()
	}
	return d.operand(e.Args[0]).w("IS DOCUMENT")
}

func (d *deparser) xmlAttribute(t *ResTarget) {
	d.expr(t.Value)
	if t.Name != "" {
		d.w("AS").label(t.Name)
	}
}

func (d *deparser) jsonFormat(f JSONFormat) *deparser {
	d.when(f.JSON, "FORMAT JSON")
	if f.Encoding != "" {
		d.w("ENCODING", f.Encoding)
	}
	return d
}

func (d *deparser) jsonValue(v *JSONValueExpr) {
	d.operand(v.Value).jsonFormat(v.Format)
}

func (d *deparser) jsonPair(p *JSONKeyValue) {
	d.operand(p.Key).w(":")
	d.jsonValue(p.Value)
}

func (d *deparser) jsonOutput(o *JSONOutput) *deparser {
	if o == nil {
		return d
	}
	return d.w("RETURNING").typeName(o.Type).jsonFormat(o.Format)
}

func (d *deparser) jsonNulls(absent bool) *deparser {
	if absent {
		return d.w("ABSENT ON NULL")
	}
	return d.w("NULL ON NULL")
}

// json writes JSON constructors and aggregates.
func (d *deparser) json(n Expr) *deparser {
	switch e := n.(type) {
	case *JSONObjectConstructor:
		d.w("JSON_OBJECT").call()
		if e.Pairs != nil {
			each(d, e.Pairs, d.jsonPair)
			d.jsonNulls(e.AbsentOnNull).when(e.Unique, "WITH UNIQUE KEYS")
		}
		return d.jsonOutput(e.Output).close()
	case *JSONArrayConstructor:
		d.w("JSON_ARRAY").call()
		if e.Values != nil {
			each(d, e.Values, d.jsonValue)
			d.jsonNulls(e.AbsentOnNull)
		}
		return d.jsonOutput(e.Output).close()
	case *JSONArrayQueryConstructor:
		d.w("JSON_ARRAY").call()
		return d.query(e.Query).jsonFormat(e.Format).jsonOutput(e.Output).close()
	case *JSONObjectAgg:
		d.w("JSON_OBJECTAGG").call()
		d.jsonPair(e.Pair)
		d.jsonNulls(e.AbsentOnNull).when(e.Unique, "WITH UNIQUE KEYS").jsonOutput(e.Output).close()
		return d.filterOver(e.Filter, e.Over)
	case *JSONArrayAgg:
		d.w("JSON_ARRAYAGG").call()
		d.jsonValue(e.Value)
		if e.OrderBy != nil {
			d.orderBy(e.OrderBy)
		}
		d.jsonNulls(e.AbsentOnNull).jsonOutput(e.Output).close()
		return d.filterOver(e.Filter, e.Over)
	}
	panic(fmt.Sprintf("parse: cannot write a %T", n))
}
