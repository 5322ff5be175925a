package expr

import (
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/internal/sqltypes"
)

// encodings are PostgreSQL's encodings by number, with the most bytes of a character. Those with a table of their 256 characters can be converted.
var encodings = [...]struct {
	name  string
	bytes int
	table *charmap.Charmap
}{
	{"SQL_ASCII", 1, nil},
	{"EUC_JP", 3, nil},
	{"EUC_CN", 3, nil},
	{"EUC_KR", 3, nil},
	{"EUC_TW", 4, nil},
	{"EUC_JIS_2004", 3, nil},
	{"UTF8", 4, nil},
	{"MULE_INTERNAL", 4, nil},
	{"LATIN1", 1, charmap.ISO8859_1},
	{"LATIN2", 1, charmap.ISO8859_2},
	{"LATIN3", 1, charmap.ISO8859_3},
	{"LATIN4", 1, charmap.ISO8859_4},
	{"LATIN5", 1, charmap.ISO8859_9},
	{"LATIN6", 1, charmap.ISO8859_10},
	{"LATIN7", 1, charmap.ISO8859_13},
	{"LATIN8", 1, charmap.ISO8859_14},
	{"LATIN9", 1, charmap.ISO8859_15},
	{"LATIN10", 1, charmap.ISO8859_16},
	{"WIN1256", 1, charmap.Windows1256},
	{"WIN1258", 1, charmap.Windows1258},
	{"WIN866", 1, charmap.CodePage866},
	{"WIN874", 1, charmap.Windows874},
	{"KOI8R", 1, charmap.KOI8R},
	{"WIN1251", 1, charmap.Windows1251},
	{"WIN1252", 1, charmap.Windows1252},
	{"ISO_8859_5", 1, charmap.ISO8859_5},
	{"ISO_8859_6", 1, charmap.ISO8859_6},
	{"ISO_8859_7", 1, charmap.ISO8859_7},
	{"ISO_8859_8", 1, charmap.ISO8859_8},
	{"WIN1250", 1, charmap.Windows1250},
	{"WIN1253", 1, charmap.Windows1253},
	{"WIN1254", 1, charmap.Windows1254},
	{"WIN1255", 1, charmap.Windows1255},
	{"WIN1257", 1, charmap.Windows1257},
	{"KOI8U", 1, charmap.KOI8U},
	{"SJIS", 2, nil},
	{"BIG5", 2, nil},
	{"GBK", 2, nil},
	{"UHC", 2, nil},
	{"GB18030", 4, nil},
	{"JOHAB", 3, nil},
	{"SHIFT_JIS_2004", 2, nil},
}

// encodingAliases are the other names of encodings, in small letters and digits alone.
var encodingAliases = map[string]string{
	"abc": "WIN1258", "alt": "WIN866", "iso88591": "LATIN1", "iso885910": "LATIN6", "iso885913": "LATIN7", "iso885914": "LATIN8", "iso885915": "LATIN9", "iso885916": "LATIN10",
	"iso88592": "LATIN2", "iso88593": "LATIN3", "iso88594": "LATIN4", "iso88599": "LATIN5", "koi8": "KOI8R", "mskanji": "SJIS", "shiftjis": "SJIS", "tcvn": "WIN1258",
	"tcvn5712": "WIN1258", "unicode": "UTF8", "vscii": "WIN1258", "win": "WIN1251", "win932": "SJIS", "win936": "GBK", "win949": "UHC", "win950": "BIG5", "windows932": "SJIS",
	"windows936": "GBK", "windows949": "UHC", "windows950": "BIG5",
}

func plainEncoding(name string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && isAlnum(byte(r)) {
			return rune(lowerByte(byte(r)))
		}
		return -1
	}, name)
}

// encodingNumber finds an encoding by one of its names; -1: there is none.
func encodingNumber(name string) int {
	plain := plainEncoding(name)
	if alias, ok := encodingAliases[plain]; ok {
		plain = plainEncoding(alias)
	}
	if rest, ok := strings.CutPrefix(plain, "windows"); ok {
		plain = "win" + rest
	}
	for i, e := range encodings {
		if plainEncoding(e.name) == plain {
			return i
		}
	}
	return -1
}

const utf8Encoding, asciiEncoding = 6, 0

// converted are the groups of encodings that are converted into one another; into UTF8 all are.
var converted = [...]string{"ISO_8859_5 KOI8R WIN1251 WIN866 MULE_INTERNAL", "LATIN2 WIN1250 MULE_INTERNAL", "EUC_JP SJIS MULE_INTERNAL", "EUC_TW BIG5 MULE_INTERNAL",
	"EUC_JIS_2004 SHIFT_JIS_2004", "EUC_CN MULE_INTERNAL", "EUC_KR MULE_INTERNAL", "LATIN1 MULE_INTERNAL", "LATIN3 MULE_INTERNAL", "LATIN4 MULE_INTERNAL"}

// convertible tells whether there is a conversion between two encodings.
func convertible(from, to int) bool {
	return from == utf8Encoding || to == utf8Encoding || slices.ContainsFunc(converted[:], func(group string) bool {
		names := strings.Fields(group)
		return slices.Contains(names, encodings[from].name) && slices.Contains(names, encodings[to].name)
	})
}

// noZero refuses a byte that ends texts.
func noZero(b []byte, encoding int) error {
	if !slices.Contains(b, 0) {
		return nil
	}
	return pgerror.New(pgerror.CharacterNotInRepertoire, "invalid byte sequence for encoding \"%s\": 0x00", encodings[encoding].name)
}

// decodeText turns bytes in an encoding into text.
func decodeText(b []byte, encoding int) ([]byte, error) {
	e := &encodings[encoding]
	if err := noZero(b, encoding); err != nil && encoding != utf8Encoding {
		return nil, err
	}
	if encoding == utf8Encoding || encoding == asciiEncoding {
		return b, sqltypes.CheckText(b)
	}
	if e.table == nil {
		if i := slices.IndexFunc(b, func(c byte) bool { return c >= 0x80 }); i >= 0 {
			return nil, pgerror.New(pgerror.FeatureNotSupported, "conversion of encoding \"%s\" not supported", e.name)
		}
		return b, nil
	}
	out := make([]byte, 0, len(b))
	for _, c := range b {
		r := e.table.DecodeByte(c)
		if r == utf8.RuneError {
			return nil, untranslatable(b[slices.Index(b, c):][:1], e.name, "UTF8")
		}
		out = utf8.AppendRune(out, r)
	}
	return out, nil
}

// encodeText turns text into bytes in an encoding.
func encodeText(s string, encoding int) ([]byte, error) {
	e := &encodings[encoding]
	if encoding == utf8Encoding || encoding == asciiEncoding {
		return []byte(s), nil
	}
	out := make([]byte, 0, len(s))
	for i, r := range s {
		switch c, ok := byte(r), r < 0x80; {
		case ok:
			out = append(out, c)
		case e.table == nil:
			return nil, pgerror.New(pgerror.FeatureNotSupported, "conversion of encoding \"%s\" not supported", e.name)
		default:
			if c, ok = e.table.EncodeRune(r); !ok {
				return nil, untranslatable([]byte(s[i:i+utf8.RuneLen(r)]), "UTF8", e.name)
			}
			out = append(out, c)
		}
	}
	return out, nil
}

func untranslatable(s []byte, from, to string) error {
	var text []string
	for _, c := range s {
		text = append(text, "0x"+hex.EncodeToString([]byte{c}))
	}
	return pgerror.New(pgerror.UntranslatableCharacter,
		"character with byte sequence %s in encoding \"%s\" has no equivalent in encoding \"%s\"", strings.Join(text, " "), from, to)
}
