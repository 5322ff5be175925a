package sqltypes

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// A tsvector is kept as its text in the form PostgreSQL writes: they are rare, and their functions read it again.

// Lexeme is a word of a tsvector with where it stands.
type Lexeme struct {
	Word      string
	Positions []LexemePosition
}

// LexemePosition is a place of a word, from 1, with its weight: 3 for A to 0 for D.
type LexemePosition struct {
	At     int
	Weight byte
}

const (
	lexemeBytesMax     = 1<<11 - 1
	LexemePositionMax  = 1<<14 - 1
	lexemePositionsMax = 255
)

// TSVector is a tsvector of words in any order.
func TSVector(list []Lexeme) Datum {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Lexeme) int { return strings.Compare(a.Word, b.Word) })
	var out []byte
	for i := 0; i < len(list); {
		word, positions := list[i].Word, slices.Clone(list[i].Positions)
		for i++; i < len(list) && list[i].Word == word; i++ {
			positions = append(positions, list[i].Positions...)
		}
		if len(out) > 0 {
			out = append(out, ' ')
		}
		out = appendQuotedLexeme(out, word)
		for k, p := range normalPositions(positions) {
			out = append(out, ":,"[min(k, 1)])
			out = strconv.AppendInt(out, int64(p.At), 10)
			if p.Weight > 0 {
				out = append(out, "DCBA"[p.Weight])
			}
		}
	}
	return Bytes(append([]byte{}, out...))
}

// normalPositions are in order and each once, with the greatest weight it was given.
func normalPositions(list []LexemePosition) []LexemePosition {
	slices.SortStableFunc(list, func(a, b LexemePosition) int { return cmp.Compare(a.At, b.At) })
	var out []LexemePosition
	for _, p := range list {
		if n := len(out); n > 0 && out[n-1].At == p.At {
			out[n-1].Weight = max(out[n-1].Weight, p.Weight)
		} else if n < lexemePositionsMax && (n == 0 || out[n-1].At < LexemePositionMax) {
			out = append(out, p)
		}
	}
	return out
}

func appendQuotedLexeme(dst []byte, word string) []byte {
	dst = append(dst, '\'')
	for _, c := range []byte(word) {
		if c == '\'' || c == '\\' {
			dst = append(dst, c)
		}
		dst = append(dst, c)
	}
	return append(dst, '\'')
}

// lexemeReader reads the words of a tsvector, or the operands of a tsquery, which end at operators too.
type lexemeReader struct {
	text, rest string
	query      bool
}

func (r *lexemeReader) bad() error {
	what := "tsvector"
	if r.query {
		what = "tsquery"
	}
	return pgerror.New(pgerror.SyntaxError, "syntax error in %s: \"%s\"", what, r.text)
}

// word reads a word; the reader stands at its first character.
func (r *lexemeReader) word() (string, error) {
	var out []byte
	quoted := r.rest[0] == '\''
	if quoted {
		r.rest = r.rest[1:]
	}
	for {
		if r.rest == "" {
			if quoted {
				return "", r.bad()
			}
			break
		}
		c := r.rest[0]
		switch {
		case c == '\\':
			if len(r.rest) < 2 {
				return "", pgerror.New(pgerror.SyntaxError, "there is no escaped character: \"%s\"", r.text)
			}
			_, n := utf8.DecodeRuneInString(r.rest[1:])
			out, r.rest = append(out, r.rest[1:1+n]...), r.rest[1+n:]
			continue
		case quoted && strings.HasPrefix(r.rest, "''"):
			out, r.rest = append(out, '\''), r.rest[2:]
			continue
		case quoted && c == '\'':
			r.rest = r.rest[1:]
			if len(out) == 0 {
				return "", r.bad()
			}
			return string(out), r.checkWord(out)
		case !quoted && (isSpace(c) || c == ':' || r.query && strings.IndexByte("!&|()<", c) >= 0):
			if len(out) == 0 {
				return "", r.bad()
			}
			return string(out), r.checkWord(out)
		}
		out, r.rest = append(out, c), r.rest[1:]
	}
	if len(out) == 0 {
		return "", r.bad()
	}
	return string(out), r.checkWord(out)
}

func (r *lexemeReader) checkWord(word []byte) error {
	if len(word) > lexemeBytesMax-1 {
		if r.query {
			return pgerror.New(pgerror.ProgramLimitExceeded, "word is too long in tsquery: \"%s\"", r.text)
		}
		return pgerror.New(pgerror.ProgramLimitExceeded, "word is too long (%d bytes, max %d bytes)", len(word), lexemeBytesMax-1)
	}
	return nil
}

// ParseTSVector reads the words of a tsvector.
func ParseTSVector(s string) ([]Lexeme, error) {
	r := &lexemeReader{text: s, rest: s}
	var out []Lexeme
	for {
		for r.rest != "" && isSpace(r.rest[0]) {
			r.rest = r.rest[1:]
		}
		if r.rest == "" {
			return out, nil
		}
		word, err := r.word()
		if err != nil {
			return nil, err
		}
		l := Lexeme{Word: word}
		for r.rest != "" && (r.rest[0] == ':' && l.Positions == nil || r.rest[0] == ',' && l.Positions != nil) {
			r.rest = r.rest[1:]
			n := scan(r.rest, 0, isDigit)
			if n == 0 {
				return nil, r.bad()
			}
			at, err := strconv.Atoi(r.rest[:n])
			if err != nil || at > LexemePositionMax {
				at = LexemePositionMax
			}
			if at == 0 {
				return nil, pgerror.New(pgerror.SyntaxError, "wrong position info in tsvector: \"%s\"", s)
			}
			r.rest = r.rest[n:]
			p := LexemePosition{At: at}
			if r.rest != "" {
				if r.rest[0] == '*' {
					p.Weight, r.rest = 3, r.rest[1:]
				} else if w := strings.IndexByte("dcba", r.rest[0]|0x20); w >= 0 && isAlpha(r.rest[0]) {
					p.Weight, r.rest = byte(w), r.rest[1:]
				}
			}
			l.Positions = append(l.Positions, p)
		}
		if l.Positions != nil && r.rest != "" && !isSpace(r.rest[0]) {
			return nil, r.bad()
		}
		out = append(out, l)
	}
}

func parseTSVector(s string) (Datum, error) {
	list, err := ParseTSVector(s)
	if err != nil {
		return Null, err
	}
	return TSVector(list), nil
}

// Lexemes are the words of a tsvector value.
func Lexemes(d Datum) []Lexeme {
	list, err := ParseTSVector(d.Str())
	if err != nil {
		panic("sqltypes: a tsvector that cannot be read: " + d.Str())
	}
	return list
}

// tsVectorSize is the size in bytes that PostgreSQL keeps a tsvector in: shorter ones come first.
func tsVectorSize(list []Lexeme) int {
	size := 0
	for _, l := range list {
		size += len(l.Word)
		if len(l.Positions) > 0 {
			size += size%2 + 2 + 2*len(l.Positions)
		}
	}
	return size + 8 + 4*len(list)
}

// CompareTSVector orders tsvectors: by size, then word by word.
func CompareTSVector(x, y Datum) int {
	if bytes.Equal(x.Bytes(), y.Bytes()) {
		return 0
	}
	a, b := Lexemes(x), Lexemes(y)
	if c := cmp.Or(cmp.Compare(tsVectorSize(a), tsVectorSize(b)), cmp.Compare(len(a), len(b))); c != 0 {
		return c
	}
	for i := range a {
		p, q := a[i], b[i]
		if (len(p.Positions) > 0) != (len(q.Positions) > 0) {
			return cmp.Compare(len(q.Positions), len(p.Positions))
		}
		if c := cmp.Or(strings.Compare(p.Word, q.Word), cmp.Compare(len(q.Positions), len(p.Positions))); c != 0 {
			return c
		}
		for k := range p.Positions {
			if c := cmp.Or(cmp.Compare(q.Positions[k].At, p.Positions[k].At), cmp.Compare(q.Positions[k].Weight, p.Positions[k].Weight)); c != 0 {
				return c
			}
		}
	}
	return 0
}

func appendTSVectorBinary(dst []byte, d Datum) []byte {
	list := Lexemes(d)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(list)))
	for _, l := range list {
		dst = append(append(dst, l.Word...), 0)
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(l.Positions)))
		for _, p := range l.Positions {
			dst = binary.BigEndian.AppendUint16(dst, uint16(p.Weight)<<14|uint16(p.At))
		}
	}
	return dst
}
