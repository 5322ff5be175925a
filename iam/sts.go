package iam

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// STSService is the SigV4 signing name of the security token service.
const STSService = "sts"

// stsVersion is the only version of the query API; its namespace names it.
const (
	stsVersion   = "2011-06-15"
	stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"
)

// Bounds of a request. Sources: API reference, AssumeRole.
const (
	stsBodyBytesMax         = 64 << 10
	sessionPolicyCharacters = 2048
	sessionManagedMax       = 10
	sessionTagsMax          = 50
	chainedSecondsMax       = 3600
)

// STS gives out sessions of roles, and says who calls: AssumeRole and
// GetCallerIdentity in the AWS query protocol. Safe for concurrent use.
type STS struct {
	Store   *Store
	Regions []string         // that signatures may be scoped to
	Now     func() time.Time // nil: time.Now
	Logger  *slog.Logger     // nil: nothing is logged
}

// stsError refuses a call in the words of the query protocol.
type stsError struct {
	code    string
	status  int
	message string
}

func (e *stsError) Error() string { return e.code + ": " + e.message }

func stsInvalid(message string) *stsError {
	return &stsError{"ValidationError", http.StatusBadRequest, message}
}

// Serves tells whether a request is meant for STS and not for the cluster API, which has no operation at the root path.
func (t *STS) Serves(r *http.Request) bool {
	return r.URL.Path == "/" && (r.Method == http.MethodPost || r.Method == http.MethodGet && r.URL.Query().Has("Action"))
}

// stsCall is one call on its way.
type stsCall struct {
	id     string
	who    Identity
	form   url.Values
	now    time.Time
	action string
}

// ServeHTTP serves one call.
func (t *STS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &stsCall{id: uuid.NewString(), now: time.Now().UTC()}
	if t.Now != nil {
		c.now = t.Now().UTC()
	}
	w.Header().Set("X-Amzn-RequestId", c.id)
	w.Header().Set("Date", c.now.Format(http.TimeFormat))
	w.Header().Set("Content-Type", "text/xml")
	result, err := t.answer(w, r, c)
	t.audit(r, c, err)
	var status = http.StatusOK
	var out any = stsResponse{XMLName: xml.Name{Local: c.action + "Response"}, Namespace: stsNamespace, Result: result, RequestID: c.id}
	if err != nil {
		e := asSTSError(err)
		status, out = e.status, stsFailure{Namespace: stsNamespace, Type: "Sender", Code: e.code, Message: e.message, RequestID: c.id}
	}
	text, marshalErr := xml.Marshal(out)
	if marshalErr != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that went away needs no answer
}

// answer reads, authenticates and performs a call.
func (t *STS) answer(w http.ResponseWriter, r *http.Request, c *stsCall) (any, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, stsBodyBytesMax))
	if err != nil {
		return nil, stsInvalid("The request body cannot be read, or is too large.")
	}
	if c.form, err = url.ParseQuery(string(body)); err != nil {
		return nil, &stsError{"MalformedQueryString", http.StatusNotFound, "The request body is not a form."}
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, &stsError{"MalformedQueryString", http.StatusNotFound, "The query string cannot be parsed."}
	}
	for name, values := range query {
		c.form[name] = append(c.form[name], values...)
	}
	if c.who, err = VerifyRequest(r, body, RequestExpectation{Regions: t.Regions, Service: STSService}, t.Store, c.now); err != nil {
		return nil, err
	}
	action := c.form.Get("Action")
	if v := c.form.Get("Version"); v != "" && v != stsVersion {
		return nil, &stsError{"NoSuchVersion", http.StatusBadRequest, "The version " + bounded(v) + " is not supported."}
	}
	switch action {
	case "AssumeRole":
		c.action = action
		return t.assumeRole(r, c)
	case "GetCallerIdentity":
		c.action = action
		return callerIdentity{Arn: c.who.PrincipalARN, UserID: t.userID(c.who), Account: c.who.Account, XMLName: xml.Name{Local: "GetCallerIdentityResult"}}, nil
	case "":
		return nil, &stsError{"MissingAction", http.StatusBadRequest, "The request has no Action."}
	}
	return nil, &stsError{"InvalidAction", http.StatusBadRequest, "Could not find operation " + bounded(action) + " for version " + stsVersion}
}

func (t *STS) userID(who Identity) string {
	_, keys := t.Store.subject(who)
	return strings.Join(keys["aws:userid"], "")
}

var (
	sessionNameForm = regexp.MustCompile(`\A[a-zA-Z0-9_+=,.@-]{2,64}\z`)
	roleARNForm     = regexp.MustCompile(`\Aarn:aws:iam::[0-9]{12}:role/[a-zA-Z0-9_+=,.@/-]{1,600}\z`)
)

// assumeRole makes a session of a role for a caller that the role trusts.
func (t *STS) assumeRole(r *http.Request, c *stsCall) (any, error) {
	v, seconds, err := readSession(c)
	if err != nil {
		return nil, err
	}
	role, known := t.Store.principal(v.Role)
	if role == nil || role.trust == nil {
		return nil, notAssumable(c.who, v.Role) // whether it exists is not for everybody to know
	}
	if err := t.mayAssume(r, c, v, role); err != nil {
		return nil, err
	}
	if c.who.session != nil {
		inherit(v, c.who.session)
	}
	longest := role.sessionSecondsMax
	if v.Chained {
		longest = min(longest, chainedSecondsMax)
	}
	if seconds > longest {
		return nil, stsInvalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	for _, arn := range v.Managed {
		if _, err := known.find(role.account, arn); err != nil {
			return nil, stsInvalid("PolicyArns: " + err.Error() + ".")
		}
	}
	v.Issued, v.Expires = c.now.Unix(), c.now.Add(time.Duration(seconds)*time.Second).Unix()
	made, err := t.Store.newSession(*v)
	if errors.Is(err, errPackedTooLarge) {
		return nil, &stsError{"PackedPolicyTooLarge", http.StatusBadRequest, "The session policy and tags exceed the allowed size."}
	}
	if err != nil {
		return nil, err
	}
	return assumed{
		XMLName: xml.Name{Local: "AssumeRoleResult"}, SourceIdentity: v.SourceIdentity,
		User: assumedUser{Arn: made.PrincipalARN, ID: role.id + ":" + v.Name},
		Credentials: sessionCredentials{
			AccessKeyID: made.AccessKeyID, SecretAccessKey: made.SecretAccessKey, SessionToken: made.SessionToken,
			Expiration: made.Expires.Format(time.RFC3339),
		},
	}, nil
}

// mayAssume asks the role's trust policy and the caller's own policies.
func (t *STS) mayAssume(r *http.Request, c *stsCall, v *session, role *principal) error {
	a := Access{Resource: v.Role, ResourceAccount: role.account, Context: map[string][]string{
		"sts:RoleSessionName": {v.Name}, "aws:SourceIp": {SourceIP(r)}, "aws:SecureTransport": {strconv.FormatBool(r.TLS != nil)},
		"aws:CurrentTime": {c.now.Format(time.RFC3339)}, "aws:EpochTime": {strconv.FormatInt(c.now.Unix(), 10)},
	}}
	if id := c.form.Get("ExternalId"); id != "" {
		a.Context["sts:ExternalId"] = []string{id}
	}
	if v.SourceIdentity != "" {
		a.Context["sts:SourceIdentity"] = []string{v.SourceIdentity}
	}
	for k, value := range v.Tags {
		a.Context["aws:RequestTag/"+k] = []string{value}
		a.Context["aws:TagKeys"] = append(a.Context["aws:TagKeys"], k)
	}
	if len(v.Transitive) > 0 {
		a.Context["sts:TransitiveTagKeys"] = v.Transitive
	}
	for k, value := range role.tags {
		a.Context["aws:ResourceTag/"+k] = []string{value}
	}
	actions := []string{"sts:AssumeRole"}
	if len(v.Tags) > 0 {
		actions = append(actions, "sts:TagSession")
	}
	if v.SourceIdentity != "" {
		actions = append(actions, "sts:SetSourceIdentity")
	}
	for _, a.Action = range actions {
		if err := t.Store.authorize(c.who, a, role.trust); err != nil {
			var d *Denied
			if errors.As(err, &d) && !d.Explicit {
				return &stsError{"AccessDenied", http.StatusForbidden, "User: " + c.who.PrincipalARN + " is not authorized to perform: " + a.Action + " on resource: " + v.Role}
			}
			return err
		}
	}
	return nil
}

func notAssumable(who Identity, role string) *stsError {
	return &stsError{"AccessDenied", http.StatusForbidden, "User: " + who.PrincipalARN + " is not authorized to perform: sts:AssumeRole on resource: " + role}
}

// inherit takes over what a session passes on to the sessions it assumes.
func inherit(v, from *session) {
	v.Chained = true
	if v.SourceIdentity == "" {
		v.SourceIdentity = from.SourceIdentity
	}
	for _, k := range from.Transitive {
		if v.Tags == nil {
			v.Tags = map[string]string{}
		}
		v.Tags[k] = from.Tags[k]
		if !slices.Contains(v.Transitive, k) {
			v.Transitive = append(v.Transitive, k)
		}
	}
}

// readSession reads what AssumeRole is asked for.
func readSession(c *stsCall) (v *session, seconds int, err error) {
	v = &session{Role: c.form.Get("RoleArn"), Name: c.form.Get("RoleSessionName"), Policy: c.form.Get("Policy"), SourceIdentity: c.form.Get("SourceIdentity")}
	seconds = sessionSecondsDefault
	switch {
	case !roleARNForm.MatchString(v.Role):
		return nil, 0, stsInvalid(bounded(v.Role) + " is invalid")
	case !sessionNameForm.MatchString(v.Name):
		return nil, 0, stsInvalid("1 validation error detected: Value '" + bounded(v.Name) + "' at 'roleSessionName' failed to satisfy constraint: " +
			`Member must satisfy regular expression pattern: [\w+=,.@-]{2,64}`)
	case v.SourceIdentity != "" && !sessionNameForm.MatchString(v.SourceIdentity):
		return nil, 0, stsInvalid("1 validation error detected: Value at 'sourceIdentity' failed to satisfy constraint: " +
			`Member must satisfy regular expression pattern: [\w+=,.@-]{2,64}`)
	case utf8.RuneCountInString(v.Policy) > sessionPolicyCharacters:
		return nil, 0, stsInvalid("1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048")
	}
	if text := c.form.Get("DurationSeconds"); text != "" {
		if seconds, err = strconv.Atoi(text); err != nil || seconds < sessionSecondsMin || seconds > sessionSecondsMax {
			return nil, 0, stsInvalid("1 validation error detected: Value '" + bounded(text) + "' at 'durationSeconds' failed to satisfy constraint: " +
				"Member must have value between 900 and 43200")
		}
	}
	if v.Policy != "" {
		if _, err := ParsePolicy(IdentityPolicy, []byte(v.Policy)); err != nil {
			return nil, 0, &stsError{"MalformedPolicyDocument", http.StatusBadRequest, "The session policy is not valid: " + err.Error() + "."}
		}
	}
	return v, seconds, readSessionLists(c.form, v)
}

// readSessionLists reads the members that are lists, numbered from 1.
func readSessionLists(form url.Values, v *session) error {
	for i := 1; form.Has("PolicyArns.member." + strconv.Itoa(i) + ".arn"); i++ {
		v.Managed = append(v.Managed, form.Get("PolicyArns.member."+strconv.Itoa(i)+".arn"))
	}
	for i := 1; form.Has("Tags.member." + strconv.Itoa(i) + ".Key"); i++ {
		at := "Tags.member." + strconv.Itoa(i)
		k, value := form.Get(at+".Key"), form.Get(at+".Value")
		if v.Tags == nil {
			v.Tags = map[string]string{}
		}
		for other := range v.Tags {
			if strings.EqualFold(other, k) {
				return stsInvalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
			}
		}
		if k == "" || utf8.RuneCountInString(k) > 128 || utf8.RuneCountInString(value) > 256 || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return stsInvalid("The tag key or value is not valid.")
		}
		v.Tags[k] = value
	}
	for i := 1; form.Has("TransitiveTagKeys.member." + strconv.Itoa(i)); i++ {
		k := form.Get("TransitiveTagKeys.member." + strconv.Itoa(i))
		if _, ok := v.Tags[k]; !ok {
			return stsInvalid("The specified transitive tag key must be included in the requested tags.")
		}
		v.Transitive = append(v.Transitive, k)
	}
	if len(v.Managed) > sessionManagedMax || len(v.Tags) > sessionTagsMax {
		return stsInvalid("A session has at most 10 managed policies and 50 tags.")
	}
	return nil
}

// SourceIP is the address a request came from, as aws:SourceIp has it.
func SourceIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// asSTSError puts a refusal into the query protocol's words.
func asSTSError(err error) *stsError {
	var e *stsError
	var refused *Error
	var denied *Denied
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &denied):
		return &stsError{"AccessDenied", http.StatusForbidden, denied.Error()}
	case errors.As(err, &refused):
		code := strings.TrimSuffix(refused.Type, "Exception")
		switch refused.Type {
		case UnrecognizedClient:
			code = "InvalidClientTokenId"
		case InvalidSignature:
			code = "SignatureDoesNotMatch"
		}
		return &stsError{code, refused.Status, refused.Message}
	}
	return &stsError{"InternalFailure", http.StatusInternalServerError, "The request could not be processed because of an internal error."}
}

// audit writes one line per call with the names CloudTrail uses.
func (t *STS) audit(r *http.Request, c *stsCall, err error) {
	if t.Logger == nil {
		return
	}
	event := Event{Source: "sts.amazonaws.com", Name: c.action, RequestID: c.id, ReadOnly: true, Who: c.who, At: c.now}
	fields := event.Fields(r)
	if c.action == "AssumeRole" {
		fields = append(fields, slog.Group("requestParameters",
			slog.String("roleArn", bounded(c.form.Get("RoleArn"))), slog.String("roleSessionName", bounded(c.form.Get("RoleSessionName")))))
	}
	if err != nil {
		e := asSTSError(err)
		fields = append(fields, slog.String("errorCode", e.code), slog.String("errorMessage", e.message))
	}
	t.Logger.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelInfo, "API call", fields...)
}
