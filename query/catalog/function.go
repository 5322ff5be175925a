package catalog

import (
	"slices"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// Call is a function call as written.
type Call struct {
	Name      []string // with or without schema
	Args      []OID    // types of the arguments, positional ones first; UnknownOID for untyped literals
	ArgNames  []string // names of the last arguments, in named notation
	Variadic  bool     // VARIADIC stands before the last argument
	Procedure bool     // of CALL
	Ordered   bool     // ORDER BY stands among the arguments
}

// FunctionCall is what a Call means.
type FunctionCall struct {
	*Proc
	// Args are the types that the parameters take in this call, without polymorphic ones: those of written arguments, then those of defaulted
	// parameters. In named notation, Order has the parameter number of each; otherwise it is nil and they are in the order of the parameters.
	Args   []OID
	Order  []int
	Result OID
	// Defaults is how many of Args were not written and take their default.
	Defaults int
	// Variadic is how many of the last written arguments are gathered into an array; 0 when none are.
	Variadic int
	// CoerceTo is set, and Proc nil, when the call is a cast in function notation: text(x).
	CoerceTo OID
}

const argumentsMax = 100

// ResolveFunction finds the function that a call means.
func (s Scope) ResolveFunction(call Call) (FunctionCall, error) {
	if len(call.Args) > argumentsMax {
		return FunctionCall{}, pgerror.New(pgerror.TooManyArguments, "cannot pass more than %d arguments to a function", argumentsMax)
	}
	candidates, err := s.functionCandidates(call)
	if err != nil {
		return FunctionCall{}, err
	}
	chosen := exactCandidate(candidates, call.Args)
	if chosen == nil {
		if target := s.functionCast(call); target != 0 {
			return FunctionCall{Args: call.Args, Result: target, CoerceTo: target}, nil
		}
		switch matches := s.matching(call.Args, candidates); len(matches) {
		case 0:
			return FunctionCall{}, s.noFunction(call)
		case 1:
			chosen = matches[0]
		default:
			chosen = s.best(call.Args, matches)
		}
	}
	if chosen == nil || chosen.ambiguous {
		return FunctionCall{}, s.ambiguousFunction(call)
	}
	if n := len(call.Args); len(call.ArgNames) > 0 && call.Variadic && chosen.order[n-1] != n-1 {
		return FunctionCall{}, s.noFunction(call) // VARIADIC must be for the last parameter
	}
	return s.completeCall(call, chosen)
}

// completeCall puts real types in the place of polymorphic ones.
func (s Scope) completeCall(call Call, c *candidate) (FunctionCall, error) {
	actual := slices.Clone(call.Args)
	for _, t := range c.args[len(actual):] { // defaults have the declared type, or one made for it
		if IsPolymorphic(t) {
			t = sqltypes.UnknownOID
		}
		actual = append(actual, t)
	}
	types, result, err := s.ResolvePolymorphic(actual, c.args, c.proc.ReturnType)
	if err != nil {
		return FunctionCall{Proc: c.proc}, err
	}
	if call.Variadic && c.proc.Variadic == sqltypes.AnyOID && s.ElementType(call.Args[len(call.Args)-1]) == 0 {
		return FunctionCall{}, pgerror.New(pgerror.DatatypeMismatch, "VARIADIC argument must be an array")
	}
	return FunctionCall{Proc: c.proc, Args: types, Order: c.order, Result: result, Defaults: c.defaults, Variadic: c.variadic}, nil
}

func exactCandidate(candidates []*candidate, types []OID) *candidate {
	for _, c := range candidates {
		if equalOIDs(c.args[:len(types)], types) {
			return c
		}
	}
	return nil
}

// functionCast is the type of a cast written as a call, or 0.
func (s Scope) functionCast(call Call) OID {
	if len(call.Args) != 1 || len(call.ArgNames) > 0 || call.Variadic {
		return 0
	}
	target, source := s.typeForCall(call.Name), call.Args[0]
	if target == 0 || source == sqltypes.UnknownOID {
		return target
	}
	switch path, _ := s.FindCoercionPath(target, source, Explicit); path {
	case PathRelabel:
		return target
	case PathIO:
		if category, _ := s.Category(target); category == categoryString && (source == sqltypes.RecordOID || s.IsComposite(source)) {
			return 0
		}
		return target
	}
	return 0
}

// typeForCall is the type that the name of a function is also the name of, or 0; a row type does not count.
func (s Scope) typeForCall(name []string) OID {
	t, err := s.LookupType(name)
	if err != nil || t == nil || t.Relation != 0 || !t.Defined {
		return 0
	}
	return t.OID
}

// functionCandidates lists the functions of the name that the path leads to and that take as many arguments.
func (s Scope) functionCandidates(call Call) ([]*candidate, error) {
	schema, name, err := s.splitName(call.Name)
	if err != nil {
		return nil, err
	}
	inSchema := OID(0)
	if schema != "" {
		if inSchema, err = s.explicitSchema(schema); err != nil {
			return nil, err
		}
	}
	var list []*candidate
	for _, p := range s.ProcsByName(name) {
		place := 0
		if inSchema != 0 && p.Namespace != inSchema {
			continue
		}
		if inSchema == 0 {
			if place = slices.Index(s.path.schemas, p.Namespace); place < 0 {
				continue
			}
		}
		if c := newCandidate(p, call); c != nil {
			c.pathPlace = place
			list = addCandidate(list, c)
		}
	}
	return list, nil
}

// newCandidate fits a function's parameters to the written arguments; nil when their number or names do not fit.
func newCandidate(p *Proc, call Call) *candidate {
	written, parameters := len(call.Args), len(p.ArgTypes)
	if len(call.ArgNames) > 0 {
		return namedCandidate(p, call)
	}
	c := &candidate{proc: p, args: p.ArgTypes}
	if p.Variadic != 0 && !call.Variadic && parameters <= written {
		c.variadic, c.spread = written-parameters+1, true
		c.args = slices.Clone(p.ArgTypes[:parameters-1])
		for range c.variadic {
			c.args = append(c.args, p.Variadic)
		}
		if p.Variadic == sqltypes.AnyOID {
			c.variadic = 0 // VARIADIC "any" takes its arguments as they are
		}
		return c
	}
	if parameters < written || parameters > written+p.Defaults {
		return nil
	}
	c.defaults = parameters - written
	return c
}

// namedCandidate fits named notation to a function.
func namedCandidate(p *Proc, call Call) *candidate {
	written, parameters := len(call.Args), len(p.ArgTypes)
	if p.Variadic != 0 && !call.Variadic || written > parameters || p.ArgNames == nil {
		return nil
	}
	names := inputNames(p)
	given := make([]bool, parameters)
	c := &candidate{proc: p, order: make([]int, 0, parameters)}
	for i := range written - len(call.ArgNames) {
		given[i], c.order = true, append(c.order, i)
	}
	for _, name := range call.ArgNames {
		i := slices.Index(names, name)
		if i < 0 || given[i] {
			return nil
		}
		given[i], c.order = true, append(c.order, i)
	}
	for i := range parameters {
		if given[i] {
			continue
		}
		if i < parameters-p.Defaults {
			return nil
		}
		c.order = append(c.order, i)
		c.defaults++
	}
	for _, i := range c.order {
		c.args = append(c.args, p.ArgTypes[i])
	}
	return c
}

// inputNames are the names of the input parameters.
func inputNames(p *Proc) []string {
	if p.ArgModes == "" {
		return p.ArgNames
	}
	var names []string
	for i, mode := range []byte(p.ArgModes) {
		if (mode == 'i' || mode == 'b' || mode == 'v') && i < len(p.ArgNames) {
			names = append(names, p.ArgNames[i])
		}
	}
	return names
}

// addCandidate adds c unless an equal one is preferred: the earlier in the path, then the one that need not spread its arguments out. Two that
// differ only in their defaults, or that both spread, make one ambiguous candidate.
func addCandidate(list []*candidate, c *candidate) []*candidate {
	for i, other := range list {
		n := len(c.args) - c.defaults
		if len(other.args)-other.defaults != n || !equalOIDs(other.args[:n], c.args[:n]) {
			continue
		}
		preference := other.pathPlace - c.pathPlace
		if preference == 0 {
			preference = spreadRank(other) - spreadRank(c)
		}
		switch {
		case preference > 0:
			list[i] = c
		case preference == 0:
			list[i] = &candidate{proc: other.proc, args: other.args, order: other.order, pathPlace: other.pathPlace, ambiguous: true}
		}
		return list
	}
	return append(list, c)
}

func spreadRank(c *candidate) int {
	if c.spread {
		return 1
	}
	return 0
}

// functionSignature writes a call for an error message.
func (s Scope) functionSignature(call Call) string {
	var b strings.Builder
	b.WriteString(strings.Join(call.Name, ".") + "(")
	for i, t := range call.Args {
		if i > 0 {
			b.WriteString(", ")
		}
		if k := i - (len(call.Args) - len(call.ArgNames)); k >= 0 {
			b.WriteString(call.ArgNames[k] + " => ")
		}
		b.WriteString(s.TypeName(t))
	}
	return b.String() + ")"
}

func (s Scope) noFunction(call Call) error {
	e := pgerror.New(pgerror.UndefinedFunction, "%s %s does not exist", call.noun(), s.functionSignature(call))
	if call.Ordered {
		return e.WithHint("No aggregate function matches the given name and argument types. Perhaps you misplaced ORDER BY; ORDER BY must appear after all regular arguments of the aggregate.")
	}
	return e.WithHint("No %s matches the given name and argument types. You might need to add explicit type casts.", call.noun())
}

func (s Scope) ambiguousFunction(call Call) error {
	return pgerror.New(pgerror.AmbiguousFunction, "%s %s is not unique", call.noun(), s.functionSignature(call)).
		WithHint("Could not choose a best candidate %s. You might need to add explicit type casts.", call.noun())
}

func (c Call) noun() string {
	if c.Procedure {
		return "procedure"
	}
	return "function"
}
