package catalog

import (
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/query/parse"
)

// The functions below write objects as statements, as pg_get_indexdef and its relatives do. Expressions are kept as the text that pg_get_expr
// gives, with its parentheses; pretty drops the outermost ones.

// looksLikeFunction tells whether an expression's text is one function call, which needs no parentheses of its own.
func looksLikeFunction(expr string) bool {
	open := strings.IndexByte(expr, '(')
	if open <= 0 || !strings.HasSuffix(expr, ")") {
		return false
	}
	for _, part := range strings.Split(expr[:open], ".") {
		if !isBare(strings.ToLower(part)) {
			return false
		}
	}
	return closingParenthesis(expr, open) == len(expr)-1
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

// closingParenthesis finds the one that closes the one at open, passing over quoted text; -1 when there is none.
func closingParenthesis(expr string, open int) int {
	depth := 0
	for i := open; i < len(expr); i++ {
		switch expr[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		case '\'', '"':
			end := strings.IndexByte(expr[i+1:], expr[i])
			if end < 0 {
				return -1
			}
			i += 1 + end
		}
	}
	return -1
}

// withoutParentheses drops a pair around the whole expression.
func withoutParentheses(expr string) string {
	if strings.HasPrefix(expr, "(") && closingParenthesis(expr, 0) == len(expr)-1 {
		return expr[1 : len(expr)-1]
	}
	return expr
}

// ExprText is what pg_get_expr makes of a kept expression.
func ExprText(expr string, pretty bool) string {
	if pretty {
		return withoutParentheses(expr)
	}
	return expr
}

// KeyText writes a key of an index: a column, or an expression with the parentheses it needs.
func KeyText(t *Table, k *IndexKey, pretty bool) string {
	if k.Column != 0 {
		return parse.QuoteIdent(t.Column(k.Column).Name)
	}
	switch {
	case looksLikeFunction(k.Expr):
		return k.Expr
	case pretty:
		return "(" + withoutParentheses(k.Expr) + ")"
	}
	return "(" + k.Expr + ")"
}

// IndexDef writes CREATE INDEX for an index; false when there is no such index.
func (s Scope) IndexDef(oid OID, pretty bool) (string, bool) {
	t, i := s.Index(oid)
	if i == nil {
		return s.systemIndexDef(oid)
	}
	var b strings.Builder
	b.WriteString("CREATE ")
	if i.Unique {
		b.WriteString("UNIQUE ")
	}
	table := QuoteQualified(s.SchemaName(t.Schema), t.Name)
	if pretty {
		table = s.RelationText(t.OID)
	}
	b.WriteString("INDEX " + parse.QuoteIdent(i.Name) + " ON " + table + " USING btree_index (")
	for n := range i.Keys {
		if n > 0 {
			b.WriteString(", ")
		}
		b.WriteString(KeyText(t, &i.Keys[n], pretty))
		if i.Keys[n].NullsFirst {
			b.WriteString(" NULLS FIRST")
		}
	}
	b.WriteByte(')')
	if include := includedColumns(t, i); len(include) > 0 {
		b.WriteString(" INCLUDE (" + columnNames(t, include) + ")")
	}
	if i.NullsNotDistinct {
		b.WriteString(" NULLS NOT DISTINCT")
	}
	if i.Predicate != "" {
		predicate := i.Predicate
		if pretty {
			predicate = withoutParentheses(predicate)
		}
		b.WriteString(" WHERE " + predicate)
	}
	return b.String(), true
}

// systemIndexDef writes an index of PostgreSQL's own catalog.
func (s Scope) systemIndexDef(oid OID) (string, bool) {
	r := systemRelations().byOID[oid]
	if r == nil || r.Kind != KindIndex {
		return "", false
	}
	for rows := openRows("pg_index"); rows.next(); {
		if rows.oid() != oid {
			continue
		}
		table := systemRelations().byOID[rows.oid()]
		rows.skip(2)
		unique := ""
		if rows.bool() {
			unique = "UNIQUE "
		}
		names := make([]string, len(r.Columns))
		for i, c := range r.Columns {
			names[i] = parse.QuoteIdent(c.Name)
		}
		return "CREATE " + unique + "INDEX " + parse.QuoteIdent(r.Name) + " ON " + QuoteQualified(s.SchemaName(table.Schema), table.Name) +
			" USING btree (" + strings.Join(names, ", ") + ")", true
	}
	return "", false
}

// IndexColumnDef writes the n-th column of an index, counted from 1; "" when there is none.
func (s Scope) IndexColumnDef(oid OID, n int, pretty bool) (string, bool) {
	t, i := s.Index(oid)
	if i == nil {
		r := systemRelations().byOID[oid]
		if r == nil || r.Kind != KindIndex {
			return "", false
		}
		if n < 1 || n > len(r.Columns) {
			return "", true
		}
		return parse.QuoteIdent(r.Columns[n-1].Name), true
	}
	columns := indexColumns(t, i)
	switch {
	case n < 1 || n > len(columns):
		return "", true
	case n <= len(i.Keys):
		return KeyText(t, &i.Keys[n-1], pretty), true
	}
	return parse.QuoteIdent(columns[n-1].name), true
}

func columnNames(t *Table, ids []int16) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		if c := t.Column(id); c != nil {
			names[i] = parse.QuoteIdent(c.Name)
		}
	}
	return strings.Join(names, ", ")
}

// actionNames are the referential actions but NO ACTION, which is not written.
var actionNames = map[byte]string{'r': "RESTRICT", 'c': "CASCADE", 'n': "SET NULL", 'd': "SET DEFAULT"}

// ConstraintDef writes a constraint as in CREATE TABLE; false when there is no such constraint.
func (s Scope) ConstraintDef(oid OID, pretty bool) (string, bool) {
	t, k := s.ConstraintByOID(oid)
	if k == nil {
		return systemConstraintDef(oid)
	}
	return s.constraintText(t, k, pretty), true
}

func (s Scope) constraintText(t *Table, k *Constraint, pretty bool) string {
	var b strings.Builder
	switch k.Kind {
	case 'c':
		expr := k.Expr
		if pretty {
			expr = withoutParentheses(expr)
		}
		b.WriteString("CHECK (" + expr + ")")
		if k.NoInherit {
			b.WriteString(" NO INHERIT")
		}
	case 'f':
		s.foreignKeyText(&b, t, k)
	default:
		b.WriteString("UNIQUE ")
		if k.Kind == 'p' {
			b.Reset()
			b.WriteString("PRIMARY KEY ")
		}
		i := t.IndexByOID(k.Index)
		if i != nil && i.NullsNotDistinct {
			b.WriteString("NULLS NOT DISTINCT ")
		}
		b.WriteString("(" + columnNames(t, k.Columns) + ")")
		if i != nil {
			if include := includedColumns(t, i); len(include) > 0 {
				b.WriteString(" INCLUDE (" + columnNames(t, include) + ")")
			}
		}
	}
	if k.Deferrable {
		b.WriteString(" DEFERRABLE")
	}
	if k.Deferred {
		b.WriteString(" INITIALLY DEFERRED")
	}
	if !k.Validated {
		b.WriteString(" NOT VALID")
	}
	return b.String()
}

func (s Scope) foreignKeyText(b *strings.Builder, t *Table, k *Constraint) {
	b.WriteString("FOREIGN KEY (" + columnNames(t, k.Columns) + ") REFERENCES " + s.RelationText(k.RefTable))
	if referenced := s.tables[k.RefTable]; referenced != nil {
		b.WriteString("(" + columnNames(referenced, k.RefColumns) + ")")
	}
	if k.Match == 'f' {
		b.WriteString(" MATCH FULL")
	}
	if name := actionNames[k.OnUpdate]; name != "" {
		b.WriteString(" ON UPDATE " + name)
	}
	if name := actionNames[k.OnDelete]; name != "" {
		b.WriteString(" ON DELETE " + name)
		if len(k.SetColumns) > 0 {
			b.WriteString(" (" + columnNames(t, k.SetColumns) + ")")
		}
	}
}

func systemConstraintDef(oid OID) (string, bool) {
	r := openRows("pg_constraint")
	definition := len(r.columns) - 1
	for r.next() {
		if r.oid() == oid {
			r.skip(definition - 1)
			return r.str(), true
		}
	}
	return "", false
}

// ConstraintByOID finds a constraint with its table; the table is nil for a domain's. Nil, nil when there is none.
func (s *Snapshot) ConstraintByOID(oid OID) (*Table, *Constraint) {
	for _, t := range s.tables {
		for _, k := range t.Constraints {
			if k.OID == oid {
				return t, k
			}
		}
	}
	for _, d := range s.types {
		for _, k := range d.Checks {
			if k.OID == oid {
				return nil, k
			}
		}
	}
	return nil, nil
}

// ViewDef writes a view's query; false when the relation is no view of a user.
func (s *Snapshot) ViewDef(oid OID) (string, bool) {
	t := s.tables[oid]
	if t == nil || t.Kind != KindView {
		return "", false
	}
	return strings.TrimSuffix(t.View, ";") + ";", true
}

// SerialSequence is the sequence that a column owns, as pg_get_serial_sequence writes it; false when there is none.
func (s *Snapshot) SerialSequence(table OID, column int16) (string, bool) {
	var owned *Table
	for _, t := range s.tables {
		if q := t.Sequence; q != nil && q.OwnerTable == table && q.OwnerColumn == column && (owned == nil || t.OID < owned.OID) {
			owned = t
		}
	}
	if owned == nil {
		return "", false
	}
	return QuoteQualified(s.SchemaName(owned.Schema), owned.Name), true
}

// StatisticsDef writes CREATE STATISTICS; false when there is no such object.
func (s Scope) StatisticsDef(oid OID) (string, bool) {
	x := s.statistics[oid]
	if x == nil {
		return "", false
	}
	kinds := ""
	if names, all := statisticsKinds(x.Kinds); !all && len(names) > 0 {
		kinds = " (" + strings.Join(names, ", ") + ")"
	}
	columns, _ := s.StatisticsColumns(oid)
	return "CREATE STATISTICS " + QuoteQualified(s.SchemaName(x.Schema), x.Name) + kinds + " ON " + columns + " FROM " + s.RelationText(x.Table), true
}

func statisticsKinds(kinds string) (names []string, all bool) {
	for _, k := range []struct {
		letter byte
		name   string
	}{{'d', "ndistinct"}, {'f', "dependencies"}, {'m', "mcv"}} {
		if strings.IndexByte(kinds, k.letter) >= 0 {
			names = append(names, k.name)
		}
	}
	return names, len(names) == 3
}

// StatisticsExpressions are the expressions that a statistics object is on; nil: none.
func (s Scope) StatisticsExpressions(oid OID) []string {
	if x := s.statistics[oid]; x != nil {
		return x.Exprs
	}
	return nil
}

// StatisticsColumns writes what a statistics object is on.
func (s Scope) StatisticsColumns(oid OID) (string, bool) {
	x := s.statistics[oid]
	if x == nil {
		return "", false
	}
	var parts []string
	if t := s.tables[x.Table]; t != nil && len(x.Columns) > 0 {
		parts = append(parts, columnNames(t, x.Columns))
	}
	for _, e := range x.Exprs {
		if !looksLikeFunction(e) && !strings.HasPrefix(e, "(") {
			e = "(" + e + ")"
		}
		parts = append(parts, e)
	}
	return strings.Join(parts, ", "), true
}

// number writes a float as PostgreSQL writes COST and ROWS.
func number(f float32) string { return strconv.FormatFloat(float64(f), 'g', -1, 32) }
