package parse

// tok is the kind of a token. Single-character tokens are their own kind.
type tok uint16

const (
	tokEOF   tok = 0
	tokError tok = 256 + iota // the lexer's error is in parser.lexErr
	tokIdent
	tokIntConst   // an integer that fits int4
	tokFloatConst // any other number
	tokString
	tokBitString
	tokHexString
	tokUnicodeIdent  // U&"…" before its escapes are resolved
	tokUnicodeString // U&'…' before its escapes are resolved
	tokParam
	tokOp
	tokTypeCast
	tokDotDot
	tokColonEquals
	tokEqualsGreater
	tokLessEquals
	tokGreaterEquals
	tokNotEquals
	// Keywords that mean something else because of the token behind them:
	tokNotLA     // NOT before BETWEEN, IN, LIKE, ILIKE, SIMILAR
	tokNullsLA   // NULLS before FIRST, LAST
	tokWithLA    // WITH before TIME, ORDINALITY
	tokWithoutLA // WITHOUT before TIME
	tokFormatLA  // FORMAT before JSON
	tokKeywordFirst
)

// token is a lexed token: the bytes [start, end) of the source. val is the
// name of an identifier or keyword, the contents of a string, the text of a
// number or operator.
type token struct {
	val        string
	start, end int32
	kind       tok
}

// keywordCategory says where a keyword may be a name.
type keywordCategory uint8

const (
	unreservedKeyword keywordCategory = iota
	columnNameKeyword
	typeFuncNameKeyword
	reservedKeyword
)

// keyword is a row of the keyword table; bare tells whether it can label a
// select-list item without AS.
type keyword struct {
	word     string
	category keywordCategory
	bare     bool
}

// Keyword is a word that the grammar knows: PostgreSQL's and the service's.
type Keyword struct {
	Word  string
	Class byte // as pg_get_keywords has it: U unreserved, C column name, T type or function name, R reserved
	Bare  bool // whether it can label a select-list item without AS
}

// Keywords are all keywords in the order of their letters.
func Keywords() []Keyword {
	list := make([]Keyword, len(keywords))
	for i, k := range keywords {
		list[i] = Keyword{k.word, "UCTR"[k.category], k.bare}
	}
	return list
}

func (k tok) isKeyword() bool { return k >= tokKeywordFirst && k < tokKeywordEnd }

func (k tok) category() keywordCategory { return keywords[k-tokKeywordFirst].category }

// isColID: may name a column, a table, a schema.
func (k tok) isColID() bool {
	return k == tokIdent || k.isKeyword() && k.category() <= columnNameKeyword
}

// isTypeFuncName: may name a type or a function.
func (k tok) isTypeFuncName() bool {
	if k == tokIdent {
		return true
	}
	if !k.isKeyword() {
		return false
	}
	c := k.category()
	return c == unreservedKeyword || c == typeFuncNameKeyword
}

// isNonReserved: any word but a reserved one.
func (k tok) isNonReserved() bool {
	return k == tokIdent || k.isKeyword() && k.category() != reservedKeyword
}

// isColLabel: may be a label after AS, or stand behind a dot.
func (k tok) isColLabel() bool { return k == tokIdent || k.isKeyword() }

// isBareLabel: may be a label without AS.
func (k tok) isBareLabel() bool {
	return k == tokIdent || k.isKeyword() && keywords[k-tokKeywordFirst].bare
}

// isReserved: a reserved keyword.
func (k tok) isReserved() bool { return k.isKeyword() && k.category() == reservedKeyword }
