package expr

func formatFunctions() []entry                     { return nil }
func jsonPathFunctions() []entry                   { return nil }
func rangeFunctions() []entry                      { return nil }
func networkFunctions() []entry                    { return nil }
func bitFunctions() []entry                        { return nil }
func regexpFunctions() []entry                     { return nil }
func regexpSets() map[string]func(*CallInfo) setFn { return nil }
func jsonPathSets() map[string]func(*CallInfo) setFn {
	return nil
}
