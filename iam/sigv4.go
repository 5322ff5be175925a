package iam

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	timeFormat = "20060102T150405Z"
	dateFormat = "20060102"

	// emptyHash is the SHA-256 of nothing.
	emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

	// skew is how far the signer's clock may be from ours, either way.
	skew = 5 * time.Minute

	// expiresMax is the longest life a presigned request may ask for.
	expiresMax = 604800 * time.Second
)

// scope is the credential scope of a signature: the key, and what it was derived for.
type scope struct {
	accessKeyID string
	date        string
	region      string
	service     string
	terminator  string
}

// parseScope splits "akid/date/region/service/aws4_request". An access key id
// cannot contain a slash, so exactly five parts are accepted.
func parseScope(credential string) (scope, bool) {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 || slices.Contains(parts, "") {
		return scope{}, false
	}
	return scope{parts[0], parts[1], parts[2], parts[3], parts[4]}, true
}

// String is the scope as the string to sign has it, without the key id.
func (s scope) String() string {
	return s.date + "/" + s.region + "/" + s.service + "/" + s.terminator
}

// sign computes the signature of a canonical request.
func sign(secret string, s scope, at time.Time, canonicalRequest string) string {
	hash := sha256.Sum256([]byte(canonicalRequest))
	toSign := algorithm + "\n" + at.Format(timeFormat) + "\n" + s.String() + "\n" + hex.EncodeToString(hash[:])
	key := hmacSHA256([]byte("AWS4"+secret), s.date)
	key = hmacSHA256(key, s.region)
	key = hmacSHA256(key, s.service)
	key = hmacSHA256(key, s.terminator)
	return hex.EncodeToString(hmacSHA256(key, toSign))
}

func hmacSHA256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// same compares two strings in time that depends only on their lengths.
func same(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// parameter is one decoded name=value pair of a query.
type parameter struct {
	name, value string
}

var errEscape = errors.New("invalid percent escape")

// parseQuery decodes a raw query. Pairs are split at "&" only; a plus sign means
// a space, as every signer reads it; empty pairs are dropped.
func parseQuery(raw string) ([]parameter, error) {
	var params []parameter
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		n, err := unescape(name)
		if err != nil {
			return nil, err
		}
		v, err := unescape(value)
		if err != nil {
			return nil, err
		}
		params = append(params, parameter{n, v})
	}
	return params, nil
}

// unescape undoes percent encoding once.
func unescape(s string) (string, error) {
	if !strings.ContainsAny(s, "%+") {
		return s, nil
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '+':
			b.WriteByte(' ')
		case '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return "", errEscape
			}
			v, _ := hex.DecodeString(s[i+1 : i+3])
			b.WriteByte(v[0])
			i += 2
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), nil
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// escape percent-encodes everything but RFC 3986's unreserved characters, and
// the slash when keepSlash is set.
func escape(s string, keepSlash bool) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '-', c == '_', c == '.', c == '~', c == '/' && keepSlash:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}

// canonicalQuery encodes the parameters again and sorts them by name, then value.
// The parameter named except, the signature itself, is left out.
func canonicalQuery(params []parameter, except string) string {
	encoded := make([]parameter, 0, len(params))
	for _, p := range params {
		if except != "" && p.name == except {
			continue
		}
		encoded = append(encoded, parameter{escape(p.name, false), escape(p.value, false)})
	}
	slices.SortFunc(encoded, func(a, b parameter) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	var b strings.Builder
	for i, p := range encoded {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.name)
		b.WriteByte('=')
		b.WriteString(p.value)
	}
	return b.String()
}

// parseTime reads the basic ISO 8601 form of X-Amz-Date, and only that.
func parseTime(s string) (time.Time, bool) {
	if len(s) != len(timeFormat) {
		return time.Time{}, false
	}
	t, err := time.Parse(timeFormat, s)
	return t, err == nil
}
