package iam

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// RequestExpectation is what the API answers to, to be matched by a request's scope.
type RequestExpectation struct {
	Regions []string // the Regions served; a scope naming another one is refused
	Service string   // the signing name; empty means Service
}

// signedRequest is what a request claims about its signature; nothing is proven yet.
type signedRequest struct {
	scope         scope
	date          time.Time
	expires       time.Duration // presigned form only; 0 means the clock window alone decides
	sessionToken  string
	signedHeaders []string
	signature     string
	params        []parameter
	presigned     bool
}

// VerifyRequest decides whether an API request proves its caller. body is the
// body as received; it is hashed here, whatever the client says its hash is.
// The error is an *Error.
func VerifyRequest(r *http.Request, body []byte, want RequestExpectation, s *Store, now time.Time) (Identity, error) {
	now = now.UTC()
	q, refusal := parseRequest(r)
	if refusal != nil {
		return Identity{}, refusal
	}
	if refusal := q.judge(want, now); refusal != nil {
		return Identity{}, refusal
	}
	c, ok := s.claimed(q.scope.accessKeyID, q.sessionToken)
	if !ok {
		return Identity{}, unrecognizedClient()
	}
	canonical, refusal := q.canonicalRequest(r, body)
	if refusal != nil {
		return Identity{}, refusal
	}
	if !same(sign(c.SecretAccessKey, q.scope, q.date, canonical), q.signature) {
		return Identity{}, invalidSignature(signatureMismatchText)
	}
	if c.expired(now) {
		return Identity{}, expiredToken()
	}
	return c.identity(q.scope.region), nil
}

// parseRequest finds the signature, in the headers or in the query, never in both.
func parseRequest(r *http.Request) (signedRequest, *Error) {
	params, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return signedRequest{}, malformedRequest("The query string has an invalid percent escape.")
	}
	inQuery := slices.ContainsFunc(params, func(p parameter) bool {
		return p.name == "X-Amz-Algorithm" || p.name == "X-Amz-Credential" || p.name == "X-Amz-Signature"
	})
	authorization := r.Header.Values("Authorization")
	switch {
	case len(authorization) == 0 && !inQuery:
		return signedRequest{}, missingAuthentication()
	case len(authorization) > 1 || len(authorization) == 1 && inQuery:
		return signedRequest{}, incompleteSignature("Only one authentication mechanism is allowed: the Authorization header or the X-Amz-Algorithm query parameter.")
	case inQuery:
		return parsePresigned(params)
	}
	q, refusal := parseAuthorization(authorization[0], r.Header)
	q.params = params
	return q, refusal
}

// parseAuthorization reads "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…".
// The parts may come in any order, each exactly once.
func parseAuthorization(header string, h http.Header) (q signedRequest, refusal *Error) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	if scheme != algorithm {
		if strings.HasPrefix(scheme, "AWS4") || scheme == "AWS" {
			return q, incompleteSignature("Unsupported AWS 'algorithm': only " + algorithm + " is accepted.")
		}
		return q, missingAuthentication()
	}
	parts := map[string]string{}
	for field := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(field), "=")
		if !ok {
			return q, incompleteSignature("Authorization header has a part that is not of the form key=value.")
		}
		if _, twice := parts[name]; twice {
			return q, incompleteSignature("Authorization header has more than one '" + bounded(name) + "' parameter.")
		}
		parts[name] = value
	}
	var missing []string
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if parts[name] == "" {
			missing = append(missing, "Authorization header requires '"+name+"' parameter.")
		}
	}
	date, plainDate := h.Get("X-Amz-Date"), h.Get("Date")
	if date == "" && plainDate == "" {
		missing = append(missing, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	if missing != nil {
		return q, missingParts(missing)
	}
	if len(h.Values("X-Amz-Date")) > 1 || len(h.Values("X-Amz-Security-Token")) > 1 {
		return q, incompleteSignature("X-Amz-Date and X-Amz-Security-Token must not be repeated.")
	}
	q.sessionToken = h.Get("X-Amz-Security-Token")
	return q, q.fill(parts["Credential"], parts["SignedHeaders"], parts["Signature"], date, plainDate)
}

// parsePresigned reads the query form.
func parsePresigned(params []parameter) (q signedRequest, refusal *Error) {
	values := map[string]string{}
	for _, p := range params {
		if !strings.HasPrefix(p.name, "X-Amz-") {
			continue
		}
		if _, twice := values[p.name]; twice {
			return q, incompleteSignature("The query string has more than one '" + bounded(p.name) + "' parameter.")
		}
		values[p.name] = p.value
	}
	if a := values["X-Amz-Algorithm"]; a != "" && a != algorithm {
		return q, incompleteSignature("Unsupported AWS 'algorithm': only " + algorithm + " is accepted.")
	}
	var missing []string
	for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"} {
		if values[name] == "" {
			missing = append(missing, "AWS query-string parameters must include '"+name+"'.")
		}
	}
	if missing != nil {
		return q, missingParts(missing)
	}
	q.presigned = true
	q.params = params
	q.sessionToken = values["X-Amz-Security-Token"]
	if e, given := values["X-Amz-Expires"]; given {
		var ok bool
		if q.expires, ok = parseExpires(e); !ok {
			return q, incompleteSignature("X-Amz-Expires must be a number of seconds between 1 and 604800.")
		}
	}
	return q, q.fill(values["X-Amz-Credential"], values["X-Amz-SignedHeaders"], values["X-Amz-Signature"], values["X-Amz-Date"], "")
}

// fill reads what both forms have in common.
func (q *signedRequest) fill(credential, signedHeaders, signature, date, plainDate string) *Error {
	var ok bool
	if q.scope, ok = parseScope(credential); !ok {
		return incompleteSignature("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" + bounded(credential) + "'")
	}
	if q.date, ok = parseTime(date); !ok && date == "" {
		parsed, err := http.ParseTime(plainDate)
		if q.date, ok = parsed.UTC(), err == nil; !ok {
			q.date, ok = parseTime(plainDate)
		}
	}
	if !ok {
		return incompleteSignature("Date must be in ISO-8601 'basic format'. Got '" + bounded(date+plainDate) + "'. See http://en.wikipedia.org/wiki/ISO_8601")
	}
	q.signature = signature
	q.signedHeaders = strings.Split(signedHeaders, ";")
	if !slices.Contains(q.signedHeaders, "host") {
		return invalidSignature("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	return nil
}

// judge applies the rules that need no credential.
func (q *signedRequest) judge(want RequestExpectation, now time.Time) *Error {
	if day := q.date.Format(dateFormat); q.scope.date != day {
		return invalidSignature(fmt.Sprintf("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
			bounded(q.scope.date), day, q.date.Format(timeFormat)))
	}
	service := want.Service
	if service == "" {
		service = Service
	}
	switch {
	case q.scope.terminator != terminator:
		return invalidSignature("Credential should be scoped with a valid terminator: '" + terminator + "', not '" + bounded(q.scope.terminator) + "'.")
	case !slices.Contains(want.Regions, q.scope.region):
		return invalidSignature("Credential should be scoped to a valid region.")
	case q.scope.service != service:
		return invalidSignature("Credential should be scoped to correct service: '" + service + "'.")
	case q.date.After(now.Add(skew)):
		return invalidSignature(notYetText(q.date, now.Add(skew), now))
	}
	if q.expires > 0 {
		if end := q.date.Add(q.expires); !now.Before(end) {
			return invalidSignature("Signature expired: " + end.Format(timeFormat) + " is now earlier than " + now.Format(timeFormat))
		}
		return nil
	}
	if limit := now.Add(-skew); q.date.Before(limit) {
		return invalidSignature(expiredText(q.date, limit, now))
	}
	return nil
}

// canonicalRequest writes the request as its signer must have seen it.
func (q *signedRequest) canonicalRequest(r *http.Request, body []byte) (string, *Error) {
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	for _, claimed := range r.Header.Values("X-Amz-Content-Sha256") {
		// The hash we computed is the one that is signed; a client that names
		// another one has sent another body than it signed.
		if !same(strings.ToLower(claimed), hash) {
			return "", invalidSignature("The value of 'X-Amz-Content-Sha256' does not match the SHA-256 of the body.")
		}
	}
	var b strings.Builder
	b.WriteString(r.Method)
	b.WriteByte('\n')
	b.WriteString(escape(RawPath(r), true))
	b.WriteByte('\n')
	except := ""
	if q.presigned {
		except = "X-Amz-Signature"
	}
	b.WriteString(canonicalQuery(q.params, except))
	b.WriteByte('\n')
	for _, name := range q.signedHeaders {
		value, ok := headerValue(r, name)
		if !ok {
			return "", invalidSignature(signatureMismatchText)
		}
		b.WriteString(name)
		b.WriteByte(':')
		b.WriteString(value)
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	b.WriteString(strings.Join(q.signedHeaders, ";"))
	b.WriteByte('\n')
	b.WriteString(hash)
	return b.String(), nil
}

// RawPath is the request's path as it came over the wire, still encoded. The
// canonical path encodes it a second time, and routing splits it before decoding.
func RawPath(r *http.Request) string {
	path := r.URL.EscapedPath()
	if strings.HasPrefix(r.RequestURI, "/") {
		path, _, _ = strings.Cut(r.RequestURI, "?")
	}
	if path == "" {
		return "/"
	}
	return path
}

// headerValue is a signed header's canonical value. net/http moves some headers
// out of the map; they are found where it put them.
func headerValue(r *http.Request, name string) (string, bool) {
	if name == "host" {
		return trimSpaces(r.Host), r.Host != ""
	}
	values := r.Header.Values(name)
	if len(values) == 0 {
		switch {
		case name == "content-length" && r.ContentLength >= 0:
			return strconv.FormatInt(r.ContentLength, 10), true
		case name == "transfer-encoding" && len(r.TransferEncoding) > 0:
			values = r.TransferEncoding
		default:
			return "", false
		}
	}
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = trimSpaces(v)
	}
	return strings.Join(trimmed, ","), true
}

// trimSpaces drops outer white space and folds inner runs of spaces into one.
func trimSpaces(s string) string {
	s = strings.TrimSpace(s)
	for strings.Contains(s, "  ") {
		s = strings.ReplaceAll(s, "  ", " ")
	}
	return s
}
