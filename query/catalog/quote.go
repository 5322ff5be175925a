package catalog

import (
	"strings"
	"sync"
)

// keywordList has the words that a name must be quoted to be: every keyword that is not an unreserved one.
const keywordList = "all analyse analyze and any array as asc asymmetric async authorization between bigint binary bit boolean both case cast " +
	"char character check coalesce collate collation column concurrently constraint create cross current_catalog current_date " +
	"current_role current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do " +
	"else end except exists extract false fetch float for foreign freeze from full grant greatest group grouping having ilike " +
	"in initially inner inout int integer intersect interval into is isnull join json_array json_arrayagg json_object " +
	"json_objectagg lateral leading least left like limit localtime localtimestamp national natural nchar none normalize not " +
	"notnull null nullif numeric offset on only or order out outer overlaps overlay placing position precision primary real " +
	"references returning right row select session_user setof similar smallint some substring symmetric system_user table " +
	"tablesample then time timestamp to trailing treat trim true union unique user using values varchar variadic verbose when " +
	"where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot " +
	"xmlserialize xmltable"

var keywords = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(keywordList) {
		set[w] = true
	}
	return set
})

// QuoteIdentifier writes a name so that it reads back as itself: bare when that works, else between double quotes.
func QuoteIdentifier(name string) string {
	if isBare(name) && !keywords()[name] {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// QuoteQualified writes schema.name; an empty schema is left out.
func QuoteQualified(schema, name string) string {
	if schema == "" {
		return QuoteIdentifier(name)
	}
	return QuoteIdentifier(schema) + "." + QuoteIdentifier(name)
}

// QuoteLiteral writes a string constant.
func QuoteLiteral(s string) string {
	quoted := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	if strings.Contains(s, `\`) {
		return "E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}

func isBare(name string) bool {
	if name == "" || !(name[0] == '_' || 'a' <= name[0] && name[0] <= 'z') {
		return false
	}
	for i := 1; i < len(name); i++ {
		c := name[i]
		if c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
