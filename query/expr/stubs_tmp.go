package expr

import "github.com/opendsql/opendsql/internal/sqltypes"

func formatFunctions() []entry                     { return nil }
func jsonFunctions() []entry                       { return nil }
func jsonPathFunctions() []entry                   { return nil }
func rangeFunctions() []entry                      { return nil }
func networkFunctions() []entry                    { return nil }
func bitFunctions() []entry                        { return nil }
func regexpFunctions() []entry                     { return nil }
func regexpSets() map[string]func(*CallInfo) setFn { return nil }
func jsonSets() map[string]func(*CallInfo) setFn   { return nil }
func jsonPathSets() map[string]func(*CallInfo) setFn {
	return nil
}
func isStructured(t oid, d datum) bool { return false }
func jsonQuote(s string) string        { return s }
func appendJSONValue(dst []byte, env *Env, t sqltypes.Type, d datum) ([]byte, error) {
	return dst, nil
}
func appendJSONKey(dst []byte, env *Env, t sqltypes.Type, d datum) ([]byte, error) { return dst, nil }
func subscriptJSONB(arg Eval, at []Eval, types []oid) Eval                         { return arg }
func parseRecord(env *Env, t oid, names []string, types []sqltypes.Type, text string) (datum, error) {
	return sqltypes.Null, nil
}
