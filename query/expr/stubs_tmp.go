package expr

func rangeFunctions() []entry   { return nil }
func networkFunctions() []entry { return nil }
func bitFunctions() []entry     { return nil }
