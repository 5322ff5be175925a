package expr

// functionTables are the tables of scalar functions, one an area.
func functionTables() [][]entry {
	return [][]entry{
		compareFunctions(), intFunctions(), floatFunctions(), numericFunctions(), textFunctions(), likeFunctions(), regexpFunctions(),
		sessionFunctions(), dateFunctions(), intervalFunctions(), extractFunctions(), formatFunctions(), arrayFunctions(), jsonFunctions(),
		jsonPathFunctions(), rangeFunctions(), networkFunctions(), bitFunctions(),
		inOutFunctions(), hashFunctions(), transitionFunctions(), multirangeFunctions(), systemValueFunctions(),
		schemaInfoFunctions(), configurationFunctions(), textSearchFunctions(), aclFunctions(),
	}
}
