package sqltypes

import (
	"strconv"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// A tsquery is kept as its text too.

// TSQuery is a node of a tsquery: a word, or an operator over one or two others.
type TSQuery struct {
	Op          byte // 0 a word, ! & | <
	Left, Right *TSQuery
	Distance    int // of <
	Word        string
	Weights     byte // of a word: a bit for each weight asked for; 0: any
	Prefix      bool
}

const tsDistanceMax = 1 << 14

type tsQueryParser struct {
	lexemeReader
	depth int
}

// ParseTSQuery reads a tsquery; nil for an empty one.
func ParseTSQuery(s string) (*TSQuery, error) {
	p := &tsQueryParser{lexemeReader: lexemeReader{text: s, rest: s, query: true}}
	if p.space(); p.rest == "" {
		return nil, nil
	}
	q, err := p.or()
	if err == nil {
		if p.space(); p.rest != "" {
			err = p.bad()
		}
	}
	return q, err
}

func (p *tsQueryParser) space() {
	for p.rest != "" && isSpace(p.rest[0]) {
		p.rest = p.rest[1:]
	}
}

func (p *tsQueryParser) noOperand() error {
	return pgerror.New(pgerror.SyntaxError, "no operand in tsquery: \"%s\"", p.text)
}

func (p *tsQueryParser) binary(op byte, next func() (*TSQuery, error)) (*TSQuery, error) {
	left, err := next()
	for err == nil {
		if p.space(); p.rest == "" || p.rest[0] != op {
			return left, nil
		}
		distance := 0
		if op == '<' {
			if distance, err = p.distance(); err != nil {
				return nil, err
			}
		} else {
			p.rest = p.rest[1:]
		}
		var right *TSQuery
		if right, err = next(); err == nil {
			left = &TSQuery{Op: op, Left: left, Right: right, Distance: distance}
		}
	}
	return nil, err
}

// distance reads <-> or <N>.
func (p *tsQueryParser) distance() (int, error) {
	inner, rest, ok := strings.Cut(p.rest[1:], ">")
	if !ok {
		return 0, p.bad()
	}
	p.rest = rest
	if inner == "-" {
		return 1, nil
	}
	n, err := strconv.Atoi(inner)
	switch {
	case inner == "" || strings.Trim(inner, "0123456789") != "":
		return 0, p.bad()
	case err != nil || n > tsDistanceMax:
		return 0, pgerror.New(pgerror.InvalidParameterValue, "distance in phrase operator must be an integer value between zero and %d inclusive", tsDistanceMax)
	}
	return n, nil
}

func (p *tsQueryParser) or() (*TSQuery, error) {
	if p.depth++; p.depth > 1000 {
		return nil, pgerror.New(pgerror.StatementTooComplex, "stack depth limit exceeded")
	}
	defer func() { p.depth-- }()
	phrase := func() (*TSQuery, error) { return p.binary('<', p.not) }
	and := func() (*TSQuery, error) { return p.binary('&', phrase) }
	return p.binary('|', and)
}

func (p *tsQueryParser) not() (*TSQuery, error) {
	p.space()
	switch {
	case p.rest == "":
		return nil, p.noOperand()
	case p.rest[0] == '!':
		if p.depth++; p.depth > 1000 {
			return nil, pgerror.New(pgerror.StatementTooComplex, "stack depth limit exceeded")
		}
		defer func() { p.depth-- }()
		p.rest = p.rest[1:]
		q, err := p.not()
		return &TSQuery{Op: '!', Left: q}, err
	case p.rest[0] == '(':
		p.rest = p.rest[1:]
		q, err := p.or()
		if err != nil {
			return nil, err
		}
		if p.space(); p.rest == "" || p.rest[0] != ')' {
			return nil, p.bad()
		}
		p.rest = p.rest[1:]
		return q, nil
	case strings.IndexByte("&|)<:", p.rest[0]) >= 0:
		return nil, p.bad()
	}
	word, err := p.word()
	if err != nil {
		return nil, err
	}
	q := &TSQuery{Word: word}
	if p.rest != "" && p.rest[0] == ':' {
		for p.rest = p.rest[1:]; p.rest != ""; p.rest = p.rest[1:] {
			if p.rest[0] == '*' {
				q.Prefix = true
				continue
			}
			w := strings.IndexByte("dcba", p.rest[0]|0x20)
			if w < 0 || !isAlpha(p.rest[0]) {
				break
			}
			q.Weights |= 1 << w
		}
	}
	return q, nil
}

func tsPriority(q *TSQuery) int {
	switch q.Op {
	case '|':
		return 1
	case '&':
		return 2
	case '<':
		return 3
	case '!':
		return 4
	}
	return 5
}

// Append writes the query as PostgreSQL does.
func (q *TSQuery) Append(dst []byte) []byte { return q.append(dst, -1, false) }

func (q *TSQuery) append(dst []byte, outer int, rightPhrase bool) []byte {
	if q == nil {
		return dst
	}
	if q.Op == 0 {
		dst = appendQuotedLexeme(dst, q.Word)
		if q.Weights != 0 || q.Prefix {
			dst = append(dst, ':')
			if q.Prefix {
				dst = append(dst, '*')
			}
			for w := 3; w >= 0; w-- {
				if q.Weights>>w&1 != 0 {
					dst = append(dst, "DCBA"[w])
				}
			}
		}
		return dst
	}
	priority := tsPriority(q)
	brackets := priority < outer || q.Op == '<' && rightPhrase
	if q.Op == '!' {
		brackets = priority < outer
	}
	if brackets {
		dst = append(dst, "( "...)
	}
	if q.Op == '!' {
		dst = q.Left.append(append(dst, '!'), priority, false)
	} else {
		dst = q.Left.append(dst, priority, false)
		switch {
		case q.Op != '<':
			dst = append(dst, ' ', q.Op, ' ')
		case q.Distance == 1:
			dst = append(dst, " <-> "...)
		default:
			dst = append(dst, " <"+strconv.Itoa(q.Distance)+"> "...)
		}
		dst = q.Right.append(dst, priority, q.Op == '<')
	}
	if brackets {
		dst = append(dst, " )"...)
	}
	return dst
}

// Datum is the query as a value.
func (q *TSQuery) Datum() Datum { return Bytes(q.Append([]byte{})) }

// QueryOf is the query of a tsquery value; nil for an empty one.
func QueryOf(d Datum) *TSQuery {
	q, err := ParseTSQuery(d.Str())
	if err != nil {
		panic("sqltypes: a tsquery that cannot be read: " + d.Str())
	}
	return q
}

func parseTSQuery(s string, f *Format) (Datum, error) {
	q, err := ParseTSQuery(s)
	if err != nil {
		return Null, err
	}
	if q == nil && f.Notice != nil {
		f.Notice(pgerror.Notice(pgerror.SuccessfulCompletion, "text-search query doesn't contain lexemes: \"%s\"", s))
	}
	return q.Datum(), nil
}

// Each visits every node.
func (q *TSQuery) Each(f func(*TSQuery)) {
	if q != nil {
		f(q)
		q.Left.Each(f)
		q.Right.Each(f)
	}
}

// EachWord visits every operand.
func (q *TSQuery) EachWord(f func(*TSQuery)) {
	q.Each(func(n *TSQuery) {
		if n.Op == 0 {
			f(n)
		}
	})
}
