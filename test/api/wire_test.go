package api_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/opendsql/opendsql"
	"github.com/opendsql/opendsql/iam"
)

const (
	missing    = "ruabtlcu6nqjdl6k6jjcug67ta"
	missingARN = "arn%3Aaws%3Adsql%3Aus-east-1%3A000000000000%3Acluster%2F" + missing
)

// instance is the whole program, called without an SDK: what is on the wire counts.
type instance struct {
	t    testing.TB
	url  string
	root iam.Credential
	id   string // of its first cluster
}

func whole(t *testing.T, dir string) (*instance, *opendsql.Instance) {
	t.Helper()
	o, err := opendsql.Start(t.Context(), opendsql.Options{DataDir: dir, SQLAddr: "127.0.0.1:0", APIAddr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	store, err := iam.LoadStore(o.Server().Credentials)
	if err != nil {
		t.Fatal(err)
	}
	root, _ := store.Root()
	return &instance{t: t, url: o.Server().API, root: root, id: o.Server().Cluster}, o
}

func serve(t *testing.T) *instance {
	t.Helper()
	i, o := whole(t, t.TempDir())
	t.Cleanup(func() {
		if err := o.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return i
}

// message is a call as it is to be sent; zero fields mean what a good client does.
type message struct {
	method, path, body string
	region, service    string
	at                 time.Time // of the signature
	presigned          string    // X-Amz-Expires of the query form
	unsigned           bool
	secret             string
	before, after      func(*http.Request) // the signature
}

func hexSum(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

func or[T comparable](v, d T) T {
	var zero T
	if v == zero {
		return d
	}
	return v
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

func (i *instance) request(m message) *http.Request {
	i.t.Helper()
	var body io.Reader
	if m.body != "" {
		body = strings.NewReader(m.body)
	}
	r, err := http.NewRequest(m.method, i.url+m.path, body)
	if err != nil {
		i.t.Fatal(err)
	}
	if m.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if m.before != nil {
		m.before(r)
	}
	keys := aws.Credentials{AccessKeyID: i.root.AccessKeyID, SecretAccessKey: or(m.secret, i.root.SecretAccessKey)}
	region, service, at := or(m.region, "us-east-1"), or(m.service, "dsql"), m.at
	if at.IsZero() {
		at = time.Now()
	}
	switch {
	case m.unsigned:
	case m.presigned != "":
		q := r.URL.Query()
		q.Set("X-Amz-Expires", m.presigned)
		r.URL.RawQuery = q.Encode()
		signed, _, err := v4.NewSigner().PresignHTTP(i.t.Context(), keys, r, hexSum(m.body), service, region, at)
		if err != nil {
			i.t.Fatal(err)
		}
		if r.URL, err = url.Parse(signed); err != nil {
			i.t.Fatal(err)
		}
	default:
		if err := v4.NewSigner().SignHTTP(i.t.Context(), keys, r, hexSum(m.body), service, region, at); err != nil {
			i.t.Fatal(err)
		}
	}
	if m.after != nil {
		m.after(r)
	}
	return r
}

func (i *instance) send(m message) answer {
	i.t.Helper()
	direct := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := direct.Do(i.request(m))
	if err != nil {
		i.t.Fatal(err)
	}
	return i.read(resp)
}

func (i *instance) read(resp *http.Response) answer {
	i.t.Helper()
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		i.t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, text: string(text)}
	if err := json.Unmarshal(text, &a.body); err != nil {
		i.t.Errorf("the answer is not a JSON object: %d %s", a.status, text)
	}
	return a
}

// is checks an error completely: status, type, the members it must have and no other, a part of its message.
func (a answer) is(t *testing.T, what string, status int, kind, part string, members ...string) {
	t.Helper()
	members = append(members, "message")
	slices.Sort(members)
	text, _ := a.body["message"].(string)
	if a.status != status || a.header.Get("X-Amzn-Errortype") != kind || !strings.Contains(text, part) || !slices.Equal(slices.Sorted(maps.Keys(a.body)), members) {
		t.Errorf("%s: %d %s %s, want %d %s with %v and %q", what, a.status, a.header.Get("X-Amzn-Errortype"), a.text, status, kind, members, part)
	}
	if a.header.Get("Content-Type") != "application/json" || a.header.Get("X-Amzn-Requestid") == "" {
		t.Errorf("%s: headers %v", what, a.header)
	}
	if at, err := http.ParseTime(a.header.Get("Date")); err != nil || time.Since(at).Abs() > time.Minute {
		t.Errorf("%s: Date %q, which SDKs set their clocks by", what, a.header.Get("Date"))
	}
}

// Signatures of both forms that prove their caller; and one whose body was changed on the way.
func TestSignaturesOnTheWire(t *testing.T) {
	i := serve(t)
	now := time.Now()
	list := message{method: "GET", path: "/cluster?max-results=5"}
	with := func(edit func(*message)) message { m := list; edit(&m); return m }
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, m := range map[string]message{
		"header form":           list,
		"query form":            with(func(m *message) { m.presigned = "60" }),
		"query form, an hour":   with(func(m *message) { m.presigned, m.at = "7200", now.Add(-time.Hour) }),
		"four minutes ago":      with(func(m *message) { m.at = now.Add(-4 * time.Minute) }),
		"in four minutes":       with(func(m *message) { m.at = now.Add(4 * time.Minute) }),
		"hash header":           with(func(m *message) { m.before = header("X-Amz-Content-Sha256", hexSum("")) }),
		"folded white space":    with(func(m *message) { m.before = header("X-Amz-Meta", "  a   b  ") }),
		"another Region":        with(func(m *message) { m.region = "eu-west-3" }),
		"query to be reordered": with(func(m *message) { m.path = "/cluster?z=%20a+b&max-results=5&a=%2f" }),
		"empty query parameter": with(func(m *message) { m.path = "/cluster?max-results=5&x" }),
	} {
		if a := i.send(m); a.status != 200 || a.body["clusters"] == nil {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
	tampered := message{method: "POST", path: "/cluster/" + i.id, body: `{"deletionProtectionEnabled":false}`, after: func(r *http.Request) {
		other := `{"deletionProtectionEnabled":true }`
		r.Body, r.GetBody = io.NopCloser(strings.NewReader(other)), nil
	}}
	i.send(tampered).is(t, "body changed", 403, invalid, mismatch)
	if a := i.send(message{method: "GET", path: "/cluster/" + i.id}); a.body["deletionProtectionEnabled"] != false {
		t.Errorf("a call with a changed body was carried out: %s", a.text)
	}
}

const (
	mismatch   = "The request signature we calculated does not match"
	invalid    = "InvalidSignatureException"
	incomplete = "IncompleteSignatureException"
)

// Signatures that prove nothing.
func TestRefusedSignatures(t *testing.T) {
	i := serve(t)
	now := time.Now()
	with := func(edit func(*message)) message {
		m := message{method: "GET", path: "/cluster?max-results=5"}
		edit(&m)
		return m
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, tt := range []struct {
		name       string
		message    message
		kind, part string
	}{
		{"no signature", with(func(m *message) { m.unsigned = true }), "MissingAuthenticationTokenException", "Missing Authentication Token"},
		{"basic authentication", with(func(m *message) { m.unsigned, m.before = true, header("Authorization", "Basic YTpi") }), "MissingAuthenticationTokenException", ""},
		{"wrong secret", with(func(m *message) { m.secret = "guess" }), invalid, mismatch},
		{"six minutes ago", with(func(m *message) { m.at = now.Add(-6 * time.Minute) }), invalid, "Signature expired: "},
		{"in six minutes", with(func(m *message) { m.at = now.Add(6 * time.Minute) }), invalid, "Signature not yet current: "},
		{"query form, ended", with(func(m *message) { m.presigned, m.at = "60", now.Add(-2*time.Minute) }), invalid, "Signature expired: "},
		{"query form, too long a life", with(func(m *message) { m.presigned = "604801" }), incomplete, "X-Amz-Expires"},
		{"query form, no life", with(func(m *message) { m.presigned = "0" }), incomplete, "X-Amz-Expires"},
		{"a Region that is none", with(func(m *message) { m.region = "mars-north-1" }), invalid, "Credential should be scoped to a valid region."},
		{"another service", with(func(m *message) { m.service = "rds" }), invalid, "Credential should be scoped to correct service: 'dsql'."},
		{"path changed", with(func(m *message) { m.after = func(r *http.Request) { r.URL.Path += "/" + missing } }), invalid, mismatch},
		{"query changed", with(func(m *message) { m.after = func(r *http.Request) { r.URL.RawQuery = "max-results=6" } }), invalid, mismatch},
		{"host changed", with(func(m *message) { m.after = func(r *http.Request) { r.Host = "example.com" } }), invalid, mismatch},
		{"date changed", with(func(m *message) {
			m.after = header("X-Amz-Date", now.Add(time.Minute).UTC().Format("20060102T150405Z"))
		}), invalid, ""},
		{"date of another day", with(func(m *message) { m.after = header("X-Amz-Date", "20200101T000000Z") }), invalid, "Date in Credential scope does not match"},
		{"date missing", with(func(m *message) { m.after = func(r *http.Request) { r.Header.Del("X-Amz-Date") } }), incomplete, "X-Amz-Date"},
		{"date malformed", with(func(m *message) { m.after = header("X-Amz-Date", "yesterday") }), incomplete, "Date must be in ISO-8601"},
		{"date twice", with(func(m *message) {
			m.after = func(r *http.Request) { r.Header.Add("X-Amz-Date", r.Header.Get("X-Amz-Date")) }
		}), incomplete, "must not be repeated"},
		{"authorization twice", with(func(m *message) {
			m.after = func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) }
		}), incomplete, "Only one authentication mechanism"},
		{"both forms", with(func(m *message) { m.presigned, m.after = "60", header("Authorization", "AWS4-HMAC-SHA256 a=b") }), incomplete, "Only one authentication mechanism"},
		{"signed header missing", with(func(m *message) {
			m.before, m.after = header("X-Amz-Meta", "a"), func(r *http.Request) { r.Header.Del("X-Amz-Meta") }
		}), invalid, mismatch},
		{"payload not signed", with(func(m *message) { m.after = header("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD") }), invalid, "X-Amz-Content-Sha256"},
		{"session token not asked for", with(func(m *message) { m.after = header("X-Amz-Security-Token", "a") }), "UnrecognizedClientException", "The security token included in the request is invalid."},
		{"unknown key", with(func(m *message) {
			m.after = func(r *http.Request) {
				r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), i.root.AccessKeyID, "AKIAUNKNOWN", 1))
			}
		}), "UnrecognizedClientException", "The security token included in the request is invalid."},
		{"half a header", with(func(m *message) { m.after = header("Authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/d/e") }), incomplete,
			"Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter."},
		{"another algorithm", with(func(m *message) { m.after = header("Authorization", "AWS4-ECDSA-P256-SHA256 Credential=a") }), incomplete, "Unsupported AWS 'algorithm'"},
	} {
		i.send(tt.message).is(t, tt.name, 403, tt.kind, tt.part)
	}
}

// Paths are taken as they were signed: encoded twice, untidy, or none of ours.
func TestPathsOnTheWire(t *testing.T) {
	i := serve(t)
	own := "arn:aws:dsql:us-east-1:000000000000:cluster/" + i.id
	for _, path := range []string{"/tags/" + url.PathEscape(own), "/tags/" + strings.ReplaceAll(url.PathEscape(own), ":", "%3A"), "/tags/" + own} {
		if a := i.send(message{method: "GET", path: path}); a.status != 200 || a.text != `{"tags":{}}` {
			t.Errorf("%s: %d %s", path, a.status, a.text)
		}
	}
	for _, path := range []string{"/tags/" + missingARN, "/tags/arn:aws:dsql:us-east-1:000000000000:cluster/" + missing, "/tags/arn:aws:dsql:us-east-2:000000000000:cluster/" + i.id} {
		i.send(message{method: "GET", path: path}).is(t, path, 404, "ResourceNotFoundException", "", "resourceId", "resourceType")
	}
	for _, path := range []string{"/tags/a%2F%2Fb", "/tags/arn:aws:dsql//x", "/tags/a/../b", "/tags/" + own + "/", "/tags/arn:aws:s3:::bucket"} {
		i.send(message{method: "GET", path: path}).is(t, path, 400, "ValidationException", "Value at '/resourceArn'", "reason", "fieldList")
	}
	i.send(message{method: "DELETE", path: "/tags/" + own}).is(t, "untag nothing", 400, "ValidationException", "'/tagKeys' failed to satisfy constraint: Member must not be null", "reason", "fieldList")
	if a := i.send(message{method: "DELETE", path: "/tags/" + own + "?tagKeys=a&tagKeys=b%20c"}); a.status != 200 || a.text != "{}" {
		t.Errorf("untag: %d %s", a.status, a.text)
	}
	for _, path := range []string{"/", "//", "//cluster", "/cluster/", "/cluster//policy", "/clusters", "/cluster/./" + missing, "/x/../cluster", "/cluster/" + missing + "/", "/Cluster", "/metrics/x",
		"/clusters/" + missing + "/vpc-endpoint-service-name/", "/multi-region-clusters", "/favicon.ico"} {
		i.send(message{method: "GET", path: path}).is(t, path, 404, "UnknownOperationException", "")
	}
	for _, m := range []message{{method: "PUT", path: "/cluster"}, {method: "PATCH", path: "/cluster/" + missing}, {method: "DELETE", path: "/cluster"}, {method: "POST", path: "/metrics"},
		{method: "GET", path: "/nowhere", unsigned: true}} {
		i.send(m).is(t, m.method+" "+m.path, 404, "UnknownOperationException", "")
	}
	for _, id := range []string{"a", strings.ToUpper(missing), missing + "a", "%20", "a%2Fb", strings.Repeat("a", 5000), "%00", "..%2f"} {
		for _, m := range []message{{method: "GET", path: "/cluster/" + id}, {method: "DELETE", path: "/cluster/" + id}, {method: "POST", path: "/cluster/" + id, body: "{}"},
			{method: "GET", path: "/clusters/" + id + "/vpc-endpoint-service-name"}} {
			i.send(m).is(t, m.method+" "+m.path, 400, "ValidationException",
				"1 validation error detected: Value at '/identifier' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z0-9]{26}$", "reason", "fieldList")
		}
	}
	for _, m := range []message{{method: "GET", path: "/cluster/" + missing}, {method: "DELETE", path: "/cluster/" + missing}, {method: "POST", path: "/cluster/" + missing, body: "{}"},
		{method: "GET", path: "/clusters/" + missing + "/vpc-endpoint-service-name"}} {
		i.send(m).is(t, m.method, 404, "ResourceNotFoundException", missing, "resourceId", "resourceType")
	}
}

// Every operation that is not about clusters themselves: unsigned it is refused, signed it is known.
func TestOtherOperationsOnTheWire(t *testing.T) {
	i := serve(t)
	for _, m := range []message{
		{method: "POST", path: "/cluster/" + missing + "/policy", body: `{"policy":"{}"}`}, {method: "GET", path: "/cluster/" + missing + "/policy"},
		{method: "DELETE", path: "/cluster/" + missing + "/policy?client-token=a&expected-policy-version=1"},
		{method: "POST", path: "/tags/" + missingARN, body: `{"tags":{"a":"b"}}`}, {method: "DELETE", path: "/tags/" + missingARN + "?tagKeys=a"}, {method: "GET", path: "/tags/" + missingARN},
		{method: "POST", path: "/stream/" + missing, body: `{"format":"JSON","ordering":"UNORDERED","targetDefinition":{"kinesis":{"streamArn":"arn:aws:kinesis:us-east-1:000000000000:stream/s","roleArn":"arn:aws:iam::000000000000:role/r"}}}`},
		{method: "GET", path: "/stream/" + missing + "?max-results=1&next-token=a"},
		{method: "GET", path: "/stream/" + missing + "/" + missing}, {method: "DELETE", path: "/stream/" + missing + "/" + missing + "?client-token=a"},
	} {
		i.send(m).is(t, m.method+" "+m.path, 404, "ResourceNotFoundException", missing, "resourceId", "resourceType")
		m.unsigned = true
		i.send(m).is(t, "unsigned "+m.path, 403, "MissingAuthenticationTokenException", "")
	}
}

// Bodies that are no requests.
func TestBodiesOnTheWire(t *testing.T) {
	i := serve(t)
	for body, part := range map[string]string{
		`{`: "not valid JSON", `[]`: "not a JSON object", `{"tags":{},"tags":{}}`: "twice", `{"a":` + strings.Repeat("[", 1<<19): "nested too deeply",
		"{\"clientToken\":\"\xff\"}": "not valid UTF-8", `{"deletionProtectionEnabled":"yes"}`: "is not a boolean", `{"clientToken":7}`: "is not a string", "\x1f\x8b\x08": "not valid",
	} {
		for _, path := range []string{"/cluster", "/cluster/" + i.id} {
			a := i.send(message{method: "POST", path: path, body: body})
			if strings.Contains(body, "tags") && path != "/cluster" {
				part = "twice" // of any body
			}
			a.is(t, fmt.Sprintf("%s %.40q", path, body), 400, "ValidationException", part, "reason")
			if a.body["reason"] != "cannotParse" {
				t.Errorf("%.40q: %s", body, a.text)
			}
		}
	}
	huge := strings.Repeat(" ", 1<<20+1)
	for name, edit := range map[string]func(*http.Request){"": nil, "chunked": func(r *http.Request) { r.ContentLength = -1 }} {
		r := i.request(message{method: "POST", path: "/cluster", body: huge, after: edit})
		r.Header.Set("Expect", "100-continue") // so that the answer is heard before the body is sent
		resp, err := (&http.Transport{ExpectContinueTimeout: 5 * time.Second}).RoundTrip(r)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		i.read(resp).is(t, "huge body "+name, 413, "RequestEntityTooLargeException", "")
	}
	many := `{"tags":{"` + strings.Repeat("k", 129) + `":"` + strings.Repeat("v", 257) + `","bad!":"ü"},"clientToken":"a b","kmsEncryptionKey":"!","policy":""}`
	a := i.send(message{method: "POST", path: "/cluster", body: many})
	a.is(t, "many violations", 400, "ValidationException", "7 validation errors detected: ", "reason", "fieldList")
	list, _ := a.body["fieldList"].([]any)
	for _, f := range list {
		if f := f.(map[string]any); len(f) != 2 || f["name"] == "" || f["message"] == "" {
			t.Errorf("field %v", f)
		}
	}
}

// A request that is cut off, or sent byte by byte, or over and over on one connection.
func TestConnectionsOnTheWire(t *testing.T) {
	i := serve(t)
	host := strings.TrimPrefix(i.url, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	from := bufio.NewReader(conn)
	for range 3 {
		var raw bytes.Buffer
		if err := i.request(message{method: "POST", path: "/cluster/" + i.id, body: `{"clientToken":"again"}`}).Write(&raw); err != nil {
			t.Fatal(err)
		}
		for _, b := range raw.Bytes() {
			if _, err := conn.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		resp, err := http.ReadResponse(from, nil)
		if err != nil {
			t.Fatal(err)
		}
		if a := i.read(resp); a.status != 200 || a.body["status"] != "UPDATING" {
			t.Errorf("%d %s", a.status, a.text)
		}
	}
	cut, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(cut, "POST /cluster HTTP/1.1\r\nHost: %s\r\nContent-Length: 100\r\n\r\n{", host)
	cut.Close()
	if a := i.send(message{method: "GET", path: "/cluster"}); a.status != 200 {
		t.Errorf("after a request that was cut off: %d %s", a.status, a.text)
	}
}

// Members of every answer, their JSON types and forms.
func TestAnswersOnTheWire(t *testing.T) {
	i := serve(t)
	text := func(pattern string) func(any) bool {
		form := regexp.MustCompile("^" + pattern + "$")
		return func(v any) bool { s, ok := v.(string); return ok && form.MatchString(s) }
	}
	is := func(want any) func(any) bool { return func(v any) bool { return v == want } }
	number := func(v any) bool {
		n, ok := v.(float64)
		return ok && time.Since(time.UnixMilli(int64(n*1000))).Abs() < time.Hour
	}
	owned := func(v any) bool {
		m, ok := v.(map[string]any)
		return ok && maps.Equal(m, map[string]any{"encryptionType": "AWS_OWNED_KMS_KEY", "encryptionStatus": "ENABLED"})
	}
	tags := func(n int) func(any) bool {
		return func(v any) bool { m, ok := v.(map[string]any); return ok && len(m) == n }
	}
	id, arn, endpoint := text("[a-z0-9]{26}"), text("arn:aws:dsql:us-east-1:000000000000:cluster/[a-z0-9]{26}"), text(`[a-z0-9]{26}\.dsql\.us-east-1\.on\.aws`)
	check := func(name string, a answer, members map[string]func(any) bool) {
		t.Helper()
		if a.status != 200 || !slices.Equal(slices.Sorted(maps.Keys(a.body)), slices.Sorted(maps.Keys(members))) {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
		for k, ok := range members {
			if !ok(a.body[k]) {
				t.Errorf("%s: %s is %v", name, k, a.body[k])
			}
		}
	}
	made := i.send(message{method: "POST", path: "/cluster", body: `{"tags":{"a":""},"clientToken":"x","kmsEncryptionKey":null,"bypassPolicyLockoutSafetyCheck":false}`})
	check("CreateCluster", made, map[string]func(any) bool{"identifier": id, "arn": arn, "status": is("CREATING"), "creationTime": number, "deletionProtectionEnabled": is(true),
		"encryptionDetails": owned, "endpoint": endpoint})
	path := "/cluster/" + made.body["identifier"].(string)
	again := i.send(message{method: "POST", path: "/cluster", body: `{"clientToken":"x","tags":{"a":""},"deletionProtectionEnabled":true,"kmsEncryptionKey":"AWS_OWNED_KMS_KEY"}`})
	if again.text != made.text {
		t.Errorf("asked again, with the defaults written out: %s, first %s", again.text, made.text)
	}
	i.send(message{method: "POST", path: "/cluster", body: `{"clientToken":"x"}`}).is(t, "token with other parameters", 409, "ConflictException", "different parameters")
	check("GetCluster", i.send(message{method: "GET", path: path}), map[string]func(any) bool{"identifier": is(made.body["identifier"]), "arn": arn, "status": text("CREATING|ACTIVE"),
		"creationTime": is(made.body["creationTime"]), "deletionProtectionEnabled": is(true), "encryptionDetails": owned, "endpoint": endpoint, "tags": tags(1)})
	check("GetCluster, no tags", i.send(message{method: "GET", path: "/cluster/" + i.id}), map[string]func(any) bool{"identifier": id, "arn": arn, "status": is("ACTIVE"),
		"creationTime": number, "deletionProtectionEnabled": is(false), "encryptionDetails": owned, "endpoint": endpoint, "tags": tags(0)})
	for a := i.send(message{method: "GET", path: path}); a.body["status"] != "ACTIVE"; a = i.send(message{method: "GET", path: path}) {
		if a.body["status"] != "CREATING" {
			t.Fatal(a.text)
		}
	}
	i.send(message{method: "DELETE", path: path + "?client-token=d"}).is(t, "protected", 400, "ValidationException", "deletion protection", "reason")
	check("UpdateCluster", i.send(message{method: "POST", path: path, body: `{"deletionProtectionEnabled":false}`}),
		map[string]func(any) bool{"identifier": id, "arn": arn, "status": is("UPDATING"), "creationTime": number})
	name := i.send(message{method: "GET", path: "/clusters/" + i.id + "/vpc-endpoint-service-name"})
	check("GetVpcEndpointServiceName", name, map[string]func(any) bool{"serviceName": text(`com\.amazonaws\.us-east-1\.dsql-[a-f0-9]{6}`), "clusterVpcEndpoint": text(`[a-zA-Z0-9.-]+`)})
	check("DeleteCluster", i.send(message{method: "DELETE", path: path + "?client-token=d"}),
		map[string]func(any) bool{"identifier": id, "arn": arn, "status": is("DELETING"), "creationTime": number})
	pages(t, i, check)
}

// pages checks the list and its bounds.
func pages(t *testing.T, i *instance, check func(string, answer, map[string]func(any) bool)) {
	t.Helper()
	two := func(v any) bool { l, ok := v.([]any); return ok && len(l) <= 2 && len(l) >= 1 }
	check("ListClusters", i.send(message{method: "GET", path: "/cluster"}), map[string]func(any) bool{"clusters": two})
	none := i.send(message{method: "GET", path: "/cluster", region: "us-west-2"})
	if none.text != `{"clusters":[]}` {
		t.Errorf("ListClusters of an empty Region: %s", none.text)
	}
	i.send(message{method: "GET", path: "/cluster?max-results=0"}).is(t, "too few", 400, "ValidationException", "'/maxResults' failed to satisfy constraint", "reason", "fieldList")
	i.send(message{method: "GET", path: "/cluster?max-results=101"}).is(t, "too many", 400, "ValidationException", "'/maxResults' failed to satisfy constraint", "reason", "fieldList")
	i.send(message{method: "GET", path: "/cluster?next-token=bad"}).is(t, "bad token", 400, "ValidationException", "nextToken", "reason")
}

// A client token and a page's token outlive the process that gave them.
func TestTokensOutliveTheProcess(t *testing.T) {
	dir := t.TempDir()
	i, o := whole(t, dir)
	body := `{"clientToken":"once","tags":{"k":"v"},"deletionProtectionEnabled":false}`
	made := i.send(message{method: "POST", path: "/cluster", body: body})
	page := i.send(message{method: "GET", path: "/cluster?max-results=1"})
	next, _ := page.body["nextToken"].(string)
	if made.status != 200 || next == "" {
		t.Fatal(made.text, page.text)
	}
	if err := o.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := i.id
	i, o = whole(t, dir)
	if i.id != first {
		t.Errorf("the first cluster was %s and is %s", first, i.id)
	}
	if again := i.send(message{method: "POST", path: "/cluster", body: body}); again.text != made.text {
		t.Errorf("the token gave %s and gives %s", made.text, again.text)
	}
	rest := i.send(message{method: "GET", path: "/cluster?max-results=1&next-token=" + url.QueryEscape(next)})
	if l, _ := rest.body["clusters"].([]any); len(l) != 1 || l[0].(map[string]any)["identifier"] != made.body["identifier"] || rest.body["nextToken"] != nil {
		t.Errorf("second page: %s", rest.text)
	}
	if err := o.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}
