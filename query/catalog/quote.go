package catalog

import (
	"strings"

	"github.com/opendsql/opendsql/query/parse"
)

// QuoteQualified writes schema.name; an empty schema is left out.
func QuoteQualified(schema, name string) string {
	if schema == "" {
		return parse.QuoteIdent(name)
	}
	return parse.QuoteIdent(schema) + "." + parse.QuoteIdent(name)
}

// QuoteLiteral writes a string constant.
func QuoteLiteral(s string) string {
	quoted := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	if strings.Contains(s, `\`) {
		return "E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}
