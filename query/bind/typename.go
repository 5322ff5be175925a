package bind

import (
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/parse"
)

// ResolveTypeName finds the type a name means, with its modifier.
func ResolveTypeName(tn *parse.TypeName, o Options) (t sqltypes.Type, err error) {
	defer recoverAbort(&err)
	return newAnalyzer(o).resolveType(tn), nil
}

// resolveType is ResolveTypeName within an analysis.
func (a *analyzer) resolveType(tn *parse.TypeName) sqlType {
	t, err := a.cs.ResolveTypeName(tn, a.warnAt(tn.Pos()))
	a.check(err, tn.Pos())
	return t
}

// warnAt passes warnings of other packages on to the client, with the byte offset they are about.
func (a *analyzer) warnAt(offset int) func(*pgerror.Error) {
	return func(e *pgerror.Error) { a.warn(e.Code, offset, "%s", e.Message) }
}
