package expr

func jsonPathFunctions() []entry { return nil }
func rangeFunctions() []entry    { return nil }
func networkFunctions() []entry  { return nil }
func bitFunctions() []entry      { return nil }
func jsonPathSets() map[string]func(*CallInfo) setFn {
	return nil
}
