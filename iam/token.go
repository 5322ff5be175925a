package iam

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Actions a connection token may ask for.
const (
	ActionConnect      = "DbConnect"
	ActionConnectAdmin = "DbConnectAdmin"
)

// AdminUser is the database role that needs ActionConnectAdmin.
const AdminUser = "admin"

// ActionFor is the action a token for a database user must carry.
func ActionFor(user string) string {
	if user == AdminUser {
		return ActionConnectAdmin
	}
	return ActionConnect
}

// tokenBytesMax bounds a token. Session tokens are the only long part; the
// longest known ones stay below 4 KiB before encoding.
const tokenBytesMax = 32 << 10

// TokenExpectation is what the connection asks for, to be matched by its token.
type TokenExpectation struct {
	ClusterID string
	Region    string // the cluster's
	Account   string // the cluster's; principals of another one are refused
	User      string
}

// token is a parsed connection token; nothing in it is proven yet.
type token struct {
	host         string
	action       string
	scope        scope
	date         time.Time
	expires      time.Duration
	sessionToken string
	signature    string
	params       []parameter
}

// VerifyToken decides whether a connection token proves its holder for the
// cluster, Region and user that want names. The error is a *TokenError.
//
// Expiry is judged at now, that is when the connection is made; a session that
// is open already outlives its token.
func VerifyToken(text string, want TokenExpectation, s *Store, now time.Time) (Identity, error) {
	now = now.UTC()
	t, hint := parseToken(text)
	if hint == "" {
		hint = t.judge(want, now)
	}
	if hint != "" {
		return Identity{}, &TokenError{Hint: hint}
	}
	c, ok := s.claimed(t.scope.accessKeyID, t.sessionToken)
	if !ok {
		return Identity{}, &TokenError{Hint: unrecognizedClientText}
	}
	if !same(sign(c.SecretAccessKey, t.scope, t.date, t.canonicalRequest()), t.signature) {
		return Identity{}, &TokenError{Hint: signatureMismatchText}
	}
	if c.expired(now) {
		return Identity{}, &TokenError{Hint: expiredTokenText}
	}
	if c.Account != want.Account {
		return Identity{}, &TokenError{Hint: fmt.Sprintf("User: %s is not authorized to perform: %s:%s on the cluster.", c.PrincipalARN, Service, t.action)}
	}
	if t.action != ActionFor(want.User) {
		return Identity{}, &TokenError{Hint: fmt.Sprintf("Wrong user to action mapping. user: %s, action: %s", want.User, t.action)}
	}
	return c.identity(t.scope.region), nil
}

// parseToken takes a token apart; hint says what is wrong with its form.
func parseToken(text string) (t token, hint string) {
	if len(text) > tokenBytesMax {
		return t, "The token is too long."
	}
	host, query, ok := strings.Cut(text, "?")
	if !ok {
		return t, "The password is not an authentication token."
	}
	t.host = strings.ToLower(strings.TrimSuffix(host, "/"))
	var err error
	if t.params, err = parseQuery(query); err != nil {
		return t, "The token has an invalid percent escape."
	}
	values := make(map[string]string, len(t.params))
	for _, p := range t.params {
		if _, twice := values[p.name]; twice {
			return t, fmt.Sprintf("The token has more than one parameter %q.", bounded(p.name))
		}
		values[p.name] = p.value
	}
	for _, name := range []string{"Action", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date",
		"X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"} {
		if values[name] == "" {
			return t, fmt.Sprintf("The token has no parameter %q.", name)
		}
	}
	return t, t.fill(values)
}

// fill reads the parameters, each with its own rule.
func (t *token) fill(values map[string]string) (hint string) {
	t.action = values["Action"]
	if t.action != ActionConnect && t.action != ActionConnectAdmin {
		return "Action must be DbConnect or DbConnectAdmin."
	}
	if values["X-Amz-Algorithm"] != algorithm {
		return "X-Amz-Algorithm must be " + algorithm + "."
	}
	if values["X-Amz-SignedHeaders"] != "host" {
		return "X-Amz-SignedHeaders must be host."
	}
	var ok bool
	if t.scope, ok = parseScope(values["X-Amz-Credential"]); !ok {
		return "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term."
	}
	if t.date, ok = parseTime(values["X-Amz-Date"]); !ok {
		return "Date must be in ISO-8601 'basic format'."
	}
	if t.expires, ok = parseExpires(values["X-Amz-Expires"]); !ok {
		return "X-Amz-Expires must be a number of seconds between 1 and 604800."
	}
	t.signature = values["X-Amz-Signature"]
	t.sessionToken = values["X-Amz-Security-Token"]
	return ""
}

// judge applies the rules that need no credential.
func (t *token) judge(want TokenExpectation, now time.Time) (hint string) {
	switch {
	case t.scope.date != t.date.Format(dateFormat):
		return "Date in Credential scope does not match X-Amz-Date."
	case t.scope.terminator != terminator:
		return "Credential should be scoped with a valid terminator: '" + terminator + "'."
	case t.scope.service != Service:
		return "Credential should be scoped to correct service: '" + Service + "'."
	case t.scope.region != want.Region:
		return "Credential should be scoped to a valid region."
	case !hostNames(t.host, want.ClusterID, want.Region):
		return "The token was generated for another endpoint."
	case now.Before(t.date.Add(-skew)):
		return notYetText(t.date, now.Add(skew), now)
	case !now.Before(t.date.Add(t.expires)):
		return "Signature expired: " + t.date.Add(t.expires).Format(timeFormat) + " is now earlier than " + now.Format(timeFormat)
	}
	return ""
}

// hostNames tells whether a host is an endpoint of the cluster: the public one,
// {id}.dsql.{region}.on.aws, or the PrivateLink one, {id}.dsql-{x}.{region}.on.aws.
func hostNames(host, clusterID, region string) bool {
	if clusterID == "" || region == "" {
		return false
	}
	rest, ok := strings.CutPrefix(host, clusterID+".")
	if !ok {
		return false
	}
	label, ok := strings.CutSuffix(rest, "."+region+".on.aws")
	if !ok {
		return false
	}
	suffix, private := strings.CutPrefix(label, Service+"-")
	if !private {
		return label == Service
	}
	return suffix != "" && strings.Trim(suffix, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

func (t *token) canonicalRequest() string {
	return "GET\n/\n" + canonicalQuery(t.params, "X-Amz-Signature") + "\nhost:" + t.host + "\n\nhost\n" + emptyHash
}

// parseExpires reads whole seconds in 1…604800, without sign or leading zeros' tricks.
func parseExpires(s string) (time.Duration, bool) {
	if s == "" || len(s) > 6 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > int(expiresMax/time.Second) {
		return 0, false
	}
	return time.Duration(n) * time.Second, true
}

// bounded shortens a client's text for use in an error.
func bounded(s string) string {
	if len(s) > 64 {
		return strings.ToValidUTF8(s[:64], "") + "…"
	}
	return s
}

// TokenRequest says which token to make.
type TokenRequest struct {
	Host    string // the cluster's endpoint, with or without a scheme
	Region  string
	User    string        // decides the action: admin gets DbConnectAdmin
	Expires time.Duration // 0 means 15 minutes; never longer than the credential lives
}

// SignToken makes a connection token, offline, in the form boto3 and the AWS CLI
// print: HOST/?Action=…&X-Amz-…&X-Amz-Signature=….
func SignToken(c Credential, r TokenRequest, now time.Time) (string, error) {
	now = now.UTC()
	host := strings.TrimPrefix(strings.TrimPrefix(r.Host, "https://"), "http://")
	host = strings.ToLower(strings.TrimRight(host, "/"))
	if host == "" || strings.ContainsAny(host, "/?:#@ ") {
		return "", fmt.Errorf("endpoint %q is not a host name", r.Host)
	}
	if r.Region == "" {
		return "", fmt.Errorf("region is required")
	}
	expires := r.Expires
	if expires == 0 {
		expires = 15 * time.Minute
	}
	if expires < time.Second || expires > expiresMax {
		return "", fmt.Errorf("a token's life must be between 1 and %d seconds", int(expiresMax/time.Second))
	}
	if !c.Expires.IsZero() {
		expires = min(expires, c.Expires.Sub(now))
		if expires < time.Second {
			return "", fmt.Errorf("the credential %s has expired", c.AccessKeyID)
		}
	}
	s := scope{c.AccessKeyID, now.Format(dateFormat), r.Region, Service, terminator}
	params := []parameter{
		{"Action", ActionFor(r.User)},
		{"X-Amz-Algorithm", algorithm},
		{"X-Amz-Credential", s.accessKeyID + "/" + s.String()},
		{"X-Amz-Date", now.Format(timeFormat)},
		{"X-Amz-Expires", strconv.Itoa(int(expires / time.Second))},
		{"X-Amz-SignedHeaders", "host"},
	}
	if c.SessionToken != "" {
		params = append(params, parameter{"X-Amz-Security-Token", c.SessionToken})
	}
	t := token{host: host, params: params}
	signature := sign(c.SecretAccessKey, s, now, t.canonicalRequest())
	// Encoding in the order given: the names are sorted but for the session token,
	// which boto3 puts behind the signed headers too.
	var b strings.Builder
	b.WriteString(host + "/?")
	for _, p := range params {
		b.WriteString(p.name + "=" + escape(p.value, false) + "&")
	}
	b.WriteString("X-Amz-Signature=" + signature)
	return b.String(), nil
}
