package query

import (
	"strconv"
	"strings"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

var dateStyles = map[string]sqltypes.DateStyle{"ISO": sqltypes.DateISO, "SQL": sqltypes.DateSQL, "POSTGRES": sqltypes.DatePostgres, "GERMAN": sqltypes.DateGerman}

var dateOrders = map[string]sqltypes.DateOrder{
	"MDY": sqltypes.OrderMDY, "US": sqltypes.OrderMDY, "NONEURO": sqltypes.OrderMDY, "NONEUROPEAN": sqltypes.OrderMDY,
	"DMY": sqltypes.OrderDMY, "EURO": sqltypes.OrderDMY, "EUROPEAN": sqltypes.OrderDMY, "YMD": sqltypes.OrderYMD,
}

var dateStyleNames = []string{"ISO", "SQL", "Postgres", "German"}

var dateOrderNames = []string{"MDY", "DMY", "YMD"}

// parseDateStyle reads a datestyle setting over the present one and gives its canonical form.
func parseDateStyle(value, present string) (string, error) {
	style, order := splitDateStyle(present)
	haveStyle, haveOrder := false, false
	for _, word := range strings.Split(value, ",") {
		w := strings.ToUpper(strings.TrimSpace(strings.Trim(strings.TrimSpace(word), `"`)))
		if w == "DEFAULT" {
			continue
		}
		if v, ok := dateStyles[w]; ok {
			if haveStyle && v != style {
				return "", errValue("DateStyle", value).WithDetail("Conflicting \"datestyle\" specifications.")
			}
			style, haveStyle = v, true
			if v == sqltypes.DateGerman && !haveOrder {
				order = sqltypes.OrderDMY
			}
			continue
		}
		v, ok := dateOrders[w]
		if !ok && len(w) >= 4 && (strings.HasPrefix(w, "EURO") || strings.HasPrefix(w, "NONEURO")) {
			v, ok = sqltypes.OrderDMY, true
			if strings.HasPrefix(w, "NON") {
				v = sqltypes.OrderMDY
			}
		}
		if !ok {
			return "", errValue("DateStyle", value).WithDetail("Unrecognized key word: \"%s\".", strings.ToLower(strings.TrimSpace(word)))
		}
		if haveOrder && v != order {
			return "", errValue("DateStyle", value).WithDetail("Conflicting \"datestyle\" specifications.")
		}
		order, haveOrder = v, true
	}
	return dateStyleNames[style] + ", " + dateOrderNames[order], nil
}

// splitDateStyle reads the canonical form.
func splitDateStyle(canonical string) (sqltypes.DateStyle, sqltypes.DateOrder) {
	style, order, _ := strings.Cut(canonical, ", ")
	return dateStyles[strings.ToUpper(style)], dateOrders[order]
}

func intervalStyle(name string) sqltypes.IntervalStyle {
	switch name {
	case "postgres_verbose":
		return sqltypes.IntervalPostgresVerbose
	case "sql_standard":
		return sqltypes.IntervalSQLStandard
	case "iso_8601":
		return sqltypes.IntervalISO8601
	}
	return sqltypes.IntervalPostgres
}

// canonicalZone gives the form in which a time zone is kept and shown: a name of the zone database, or <+hh>-hh for a number of hours.
func canonicalZone(value string) (string, error) {
	v := strings.TrimSpace(value)
	if hours, err := strconv.ParseFloat(v, 64); err == nil && hours > -168 && hours < 168 {
		return fixedZone(int(hours * 3600)), nil
	}
	if _, ok := sqltypes.LoadZone(v); ok {
		return v, nil
	}
	return "", pgerror.New(pgerror.InvalidParameterValue, "invalid value for parameter \"TimeZone\": \"%s\"", value)
}

// fixedZone names a constant offset in seconds east of UTC, as PostgreSQL shows it.
func fixedZone(east int) string {
	text := func(seconds int, plus string) string {
		sign := plus
		if seconds < 0 {
			sign, seconds = "-", -seconds
		}
		out := sign + pad(seconds/3600)
		if rest := seconds % 3600; rest != 0 {
			out += ":" + pad(rest/60)
			if rest%60 != 0 {
				out += ":" + pad(rest%60)
			}
		}
		return out
	}
	return "<" + text(east, "+") + ">" + text(-east, "+")
}

func pad(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// zone is the location of a canonical time zone.
func zone(canonical string) *time.Location {
	if strings.HasPrefix(canonical, "<") {
		name, _, _ := strings.Cut(canonical[1:], ">")
		seconds, sign := 0, 1
		if strings.HasPrefix(name, "-") {
			sign = -1
		}
		for i, part := range strings.Split(strings.TrimLeft(name, "+-"), ":") {
			n, _ := strconv.Atoi(part)
			seconds += n * []int{3600, 60, 1}[min(i, 2)]
		}
		return time.FixedZone(name, sign*seconds)
	}
	loc, ok := sqltypes.LoadZone(canonical)
	if !ok {
		return time.UTC
	}
	return loc
}
