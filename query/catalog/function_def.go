package catalog

import (
	"strings"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/parse"
)

// parameter is one parameter of a function with all that is known of it.
type parameter struct {
	name string
	mode byte
	typ  OID
}

func parameters(p *Proc) []parameter {
	types := p.AllArgTypes
	if types == nil {
		types = p.ArgTypes
	}
	list := make([]parameter, len(types))
	for i, t := range types {
		list[i] = parameter{mode: 'i', typ: t}
		if p.ArgModes != "" {
			list[i].mode = p.ArgModes[i]
		}
		if i < len(p.ArgNames) {
			list[i].name = p.ArgNames[i]
		}
		if p.ArgModes == "" && p.Variadic != 0 && i == len(types)-1 {
			list[i].mode = 'v'
		}
	}
	return list
}

var modeNames = map[byte]string{'o': "OUT ", 'b': "INOUT ", 'v': "VARIADIC "}

// argumentsText writes parameters; those of TABLE instead when table is set.
func (s Scope) argumentsText(p *Proc, table, defaults bool) string {
	var parts []string
	input := 0
	for _, a := range parameters(p) {
		if a.mode == 'i' || a.mode == 'b' || a.mode == 'v' {
			input++
		}
		if (a.mode == 't') != table {
			continue
		}
		part := modeNames[a.mode]
		if p.Kind == 'p' && a.mode == 'i' {
			part = "IN "
		}
		if a.name != "" {
			part += parse.QuoteIdent(a.name) + " "
		}
		part += s.TypeName(a.typ)
		if n := input - 1 - (len(p.ArgTypes) - p.Defaults); defaults && a.mode != 'o' && a.mode != 't' && n >= 0 && n < len(p.DefaultExprs) {
			part += " DEFAULT " + p.DefaultExprs[n]
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// FunctionArguments writes a function's parameters as in CREATE FUNCTION.
func (s Scope) FunctionArguments(p *Proc) string {
	if a := s.data.Aggregate(p.OID); a != nil && a.Kind != 'n' {
		return s.orderedSetArguments(p, a)
	}
	return s.argumentsText(p, false, true)
}

// orderedSetArguments puts ORDER BY between the direct and the aggregated arguments.
func (s Scope) orderedSetArguments(p *Proc, a *Aggregate) string {
	list := parameters(p)
	write := func(part []parameter) string {
		var texts []string
		for _, x := range part {
			t := modeNames[x.mode]
			if x.name != "" {
				t += parse.QuoteIdent(x.name) + " "
			}
			texts = append(texts, t+s.TypeName(x.typ))
		}
		return strings.Join(texts, ", ")
	}
	direct, ordered := list[:a.DirectArgs], list[a.DirectArgs:]
	if a.Kind == 'h' && p.Variadic != 0 {
		ordered = list[len(list)-1:]
	}
	if len(direct) == 0 {
		return "ORDER BY " + write(ordered)
	}
	return write(direct) + " ORDER BY " + write(ordered)
}

// FunctionIdentity writes the parameters that tell a function from others of its name.
func (s Scope) FunctionIdentity(p *Proc) string {
	if a := s.data.Aggregate(p.OID); a != nil && a.Kind != 'n' {
		return s.orderedSetArguments(p, a)
	}
	return s.argumentsText(p, false, false)
}

// FunctionResult writes what a function returns; false for a procedure.
func (s Scope) FunctionResult(p *Proc) (string, bool) {
	if p.Kind == 'p' {
		return "", false
	}
	if strings.IndexByte(p.ArgModes, 't') >= 0 && p.ReturnsSet {
		return "TABLE(" + s.argumentsText(p, true, false) + ")", true
	}
	if p.ReturnsSet {
		return "SETOF " + s.TypeName(p.ReturnType), true
	}
	return s.TypeName(p.ReturnType), true
}

var volatileNames = map[byte]string{'i': " IMMUTABLE", 's': " STABLE"}
var parallelNames = map[byte]string{'s': " PARALLEL SAFE", 'r': " PARALLEL RESTRICTED"}

// FunctionDef writes CREATE FUNCTION for a function of a user.
func (s Scope) FunctionDef(p *Proc) string {
	var b strings.Builder
	what := "FUNCTION"
	if p.Kind == 'p' {
		what = "PROCEDURE"
	}
	b.WriteString("CREATE OR REPLACE " + what + " " + QuoteQualified(s.SchemaName(p.Namespace), p.Name) + "(" + s.FunctionArguments(p) + ")\n")
	if result, ok := s.FunctionResult(p); ok {
		b.WriteString(" RETURNS " + result + "\n")
	}
	language := "internal"
	if p.Language == sqlLanguage {
		language = "sql"
	}
	b.WriteString(" LANGUAGE " + language + "\n")
	options := volatileNames[p.Volatile] + parallelNames[p.Parallel]
	if p.Strict {
		options += " STRICT"
	}
	if p.SecDef {
		options += " SECURITY DEFINER"
	}
	if p.LeakProof {
		options += " LEAKPROOF"
	}
	if usual := float32(100); p.Cost != 0 && (p.Language == sqlLanguage && p.Cost != usual || p.Language != sqlLanguage && p.Cost != 1) {
		options += " COST " + number(p.Cost)
	}
	if p.ReturnsSet && p.Rows > 0 && p.Rows != 1000 {
		options += " ROWS " + number(p.Rows)
	}
	if options != "" {
		b.WriteString(options + "\n")
	}
	if p.SQLBody {
		b.WriteString(p.Source + "\n")
		return b.String()
	}
	quote := "$function$"
	for strings.Contains(p.Source, quote) {
		quote = quote[:len(quote)-1] + "x$"
	}
	b.WriteString("AS " + quote + p.Source + quote + "\n")
	return b.String()
}

// ProcText writes a function as regproc does: its bare name when that means it and nothing else.
func (s Scope) ProcText(oid OID) string {
	p := s.Proc(oid)
	if p == nil {
		if oid == 0 {
			return "-"
		}
		return itoa(oid)
	}
	found := 0
	for _, other := range s.ProcsByName(p.Name) {
		if s.visible(other.Namespace, func(OID) bool { return false }) {
			found++
		}
	}
	if found == 1 && s.visible(p.Namespace, func(OID) bool { return false }) {
		return parse.QuoteIdent(p.Name)
	}
	return QuoteQualified(s.SchemaName(p.Namespace), p.Name)
}

// ProcSignature writes a function as regprocedure does.
func (s Scope) ProcSignature(oid OID) string {
	p := s.Proc(oid)
	if p == nil {
		if oid == 0 {
			return "-"
		}
		return itoa(oid)
	}
	name := parse.QuoteIdent(p.Name)
	if !s.ProcIsVisible(oid) {
		name = QuoteQualified(s.SchemaName(p.Namespace), p.Name)
	}
	types := make([]string, len(p.ArgTypes))
	for i, t := range p.ArgTypes {
		types[i] = s.TypeName(t)
		if t == sqltypes.AnyOID {
			types[i] = `"any"`
		}
	}
	return name + "(" + strings.Join(types, ",") + ")"
}
