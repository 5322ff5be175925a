package controlplane

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const someID = "ruabtlcu6nqjdl6k6jjcug67ta"

// The requests of the SDK's snapshots, and what each one is.
func TestRoutes(t *testing.T) {
	all := operations()
	arn := "arn%3Aaws%3Adsql%3Aus-east-1%3A123456789012%3Acluster%2F" + someID
	plain := "arn:aws:dsql:us-east-1:123456789012:cluster/" + someID
	for _, tt := range []struct {
		method, path, name string
		labels             map[string]string
	}{
		{"POST", "/cluster", "CreateCluster", nil},
		{"GET", "/cluster", "ListClusters", nil},
		{"GET", "/cluster/" + someID, "GetCluster", map[string]string{"identifier": someID}},
		{"POST", "/cluster/" + someID, "UpdateCluster", map[string]string{"identifier": someID}},
		{"DELETE", "/cluster/" + someID, "DeleteCluster", map[string]string{"identifier": someID}},
		{"GET", "/clusters/" + someID + "/vpc-endpoint-service-name", "GetVpcEndpointServiceName", map[string]string{"identifier": someID}},
		{"POST", "/cluster/" + someID + "/policy", "PutClusterPolicy", nil},
		{"GET", "/cluster/" + someID + "/policy", "GetClusterPolicy", nil},
		{"DELETE", "/cluster/" + someID + "/policy", "DeleteClusterPolicy", nil},
		{"POST", "/tags/" + arn, "TagResource", map[string]string{"resourceArn": plain}},
		{"DELETE", "/tags/" + arn, "UntagResource", map[string]string{"resourceArn": plain}},
		{"GET", "/tags/" + arn, "ListTagsForResource", map[string]string{"resourceArn": plain}},
		{"GET", "/tags/" + plain, "ListTagsForResource", map[string]string{"resourceArn": plain}},
		{"POST", "/stream/" + someID, "CreateStream", nil},
		{"GET", "/stream/" + someID, "ListStreams", nil},
		{"GET", "/stream/a/b", "GetStream", map[string]string{"clusterIdentifier": "a", "streamIdentifier": "b"}},
		{"DELETE", "/stream/a/b", "DeleteStream", nil},
		{"GET", "/cluster/a%2Fpolicy", "GetCluster", map[string]string{"identifier": "a/policy"}},
		{"GET", "/cluster/a%252F", "GetCluster", map[string]string{"identifier": "a%2F"}},
		{"GET", "/cluster/", "", nil},
		{"GET", "/cluster//policy", "", nil},
		{"GET", "/", "", nil},
		{"GET", "", "", nil},
		{"GET", "/tags/", "", nil},
		{"PUT", "/cluster", "", nil},
		{"GET", "/cluster/a/b", "", nil},
		{"GET", "/stream/a/b/c", "", nil},
		{"GET", "/clusters/a", "", nil},
		{"GET", "/cluster/%zz", "", nil},
		{"GET", "/%63luster", "", nil},
	} {
		o, labels, ok := route(all, tt.method, tt.path)
		if ok != (tt.name != "") || o.name != tt.name {
			t.Errorf("%s %s is %q, want %q", tt.method, tt.path, o.name, tt.name)
		}
		for k, v := range tt.labels {
			if labels[k] != v {
				t.Errorf("%s %s: %s is %q, want %q", tt.method, tt.path, k, labels[k], v)
			}
		}
	}
}

// Every member at once, as the SDK's snapshots write them.
func TestFullInputs(t *testing.T) {
	policy := `{"Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"dsql:*","Resource":"*"}}`
	quoted, _ := json.Marshal(policy)
	a := testAPI(t, nil)
	w, m := ask(t, a, "POST", "/cluster", `{"bypassPolicyLockoutSafetyCheck":true,"clientToken":"t","deletionProtectionEnabled":false,"kmsEncryptionKey":"AWS_OWNED_KMS_KEY",`+
		`"multiRegionProperties":{"clusters":[],"witnessRegion":"us-west-2"},"policy":`+string(quoted)+`,"tags":{"key0":"v"},"unknown":[1,{"a":null}]}`)
	if w.Code != 200 {
		t.Fatal(w.Body)
	}
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	if want := []string{"arn", "creationTime", "deletionProtectionEnabled", "encryptionDetails", "endpoint", "identifier", "multiRegionProperties", "status"}; !slices.Equal(names, want) {
		t.Errorf("members %v", names)
	}
	id := m["identifier"].(string)
	if !regexp.MustCompile(`^[a-z2-7]{25}[aeimquy4]$`).MatchString(id) {
		t.Errorf("id %s", id)
	}
	if !regexp.MustCompile(`"creationTime":[0-9]{10}(\.[0-9]{1,3})?[,}]`).MatchString(w.Body.String()) {
		t.Errorf("creation time in %s", w.Body)
	}
	record, _, err := a.load(t.Context(), id)
	if err != nil || record.Policy != policy || record.PolicyVersion != 1 || record.Tags["key0"] != "v" || record.DeletionProtection {
		t.Errorf("record %+v %v", record, err)
	}
	w, m = ask(t, a, "POST", "/cluster/"+id, `{"clientToken":"t","deletionProtectionEnabled":true,"kmsEncryptionKey":"AWS_OWNED_KMS_KEY","multiRegionProperties":{"clusters":["`+record.arn()+`"],"witnessRegion":"us-west-2"}}`)
	if w.Code != 200 || len(m) != 4 || m["status"] != "UPDATING" {
		t.Errorf("%d %v", w.Code, m)
	}
	w, m = ask(t, a, "GET", "/cluster/"+id, "")
	if w.Code != 200 || len(m) != 9 || m["deletionProtectionEnabled"] != true || m["policy"] != nil {
		t.Errorf("%d %v", w.Code, m)
	}
	if m := m["multiRegionProperties"].(map[string]any); m["witnessRegion"] != "us-west-2" || len(m["clusters"].([]any)) != 1 {
		t.Errorf("%v", m)
	}
	w, m = ask(t, a, "GET", "/clusters/"+id+"/vpc-endpoint-service-name", "")
	suffix := regexp.MustCompile(`^com\.amazonaws\.us-east-1\.(dsql-[a-f0-9]{6})$`).FindStringSubmatch(m["serviceName"].(string))
	if w.Code != 200 || suffix == nil || m["clusterVpcEndpoint"] != id+"."+suffix[1]+".us-east-1.on.aws" {
		t.Errorf("%d %v", w.Code, m)
	}
}

func TestHeadersOfAnswers(t *testing.T) {
	at := time.Now().UTC()
	a := testAPI(t, func(c *Config) { c.Now = func() time.Time { return at } })
	for _, target := range []string{"/cluster", "/cluster/" + someID, "/nowhere"} {
		w, _ := ask(t, a, "GET", target, "")
		h := w.Header()
		if h.Get("X-Amzn-Requestid") == "" || h.Get("Date") != at.Format(http.TimeFormat) || h.Get("Content-Type") != "application/json" || h.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %v", target, h)
		}
	}
	w, m := ask(t, a, "GET", "/cluster/"+someID, "")
	asked(t, w, "ResourceNotFoundException", 404, "", someID)
	if m["resourceId"] != someID || m["resourceType"] != "cluster" {
		t.Errorf("%v", m)
	}
}

// Checks come in an order that tells strangers nothing.
func TestOrderOfChecks(t *testing.T) {
	a := testAPI(t, func(c *Config) { c.Limits.BodyBytes = 64 })
	unsigned := func(method, target, body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
		return w
	}
	asked(t, unsigned("GET", "/nowhere", ""), "UnknownOperationException", 404, "", "")
	asked(t, unsigned("PATCH", "/cluster", ""), "UnknownOperationException", 404, "", "")
	asked(t, unsigned("OPTIONS", "/nowhere", ""), "UnknownOperationException", 404, "", "")
	asked(t, unsigned("GET", "/cluster/x", ""), "MissingAuthenticationTokenException", 403, "", "Missing Authentication Token")
	asked(t, unsigned("POST", "/cluster", "junk"), "MissingAuthenticationTokenException", 403, "", "")
	asked(t, unsigned("POST", "/cluster", strings.Repeat("x", 65)), "RequestEntityTooLargeException", 413, "", "")

	w := httptest.NewRecorder()
	chunked := signed(t, "POST", "/cluster", strings.Repeat(" ", 65), func(r *http.Request) { r.ContentLength = -1 })
	a.ServeHTTP(w, chunked)
	asked(t, w, "RequestEntityTooLargeException", 413, "", "")

	w = httptest.NewRecorder()
	broken := signed(t, "POST", "/cluster", "{}", nil)
	broken.Body = io.NopCloser(io.MultiReader(strings.NewReader("{"), failingReader{}))
	a.ServeHTTP(w, broken)
	asked(t, w, "RequestAbortedException", 400, "", "")

	w, _ = ask(t, a, "POST", "/cluster", "junk")
	asked(t, w, "ValidationException", 400, reasonCannotParse, "not valid JSON")
	w, _ = ask(t, a, "POST", "/cluster/BAD", `{"clientToken":"a b"}`)
	asked(t, w, "ValidationException", 400, reasonFieldValidation, "2 validation errors detected: Value at '/identifier' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z0-9]{26}$; Value at '/clientToken'")
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestPreflight(t *testing.T) {
	a := testAPI(t, nil)
	w := httptest.NewRecorder()
	r := httptest.NewRequest("OPTIONS", "/cluster/"+someID, nil)
	r.Header.Set("Origin", "https://example.com")
	r.Header.Set("Access-Control-Request-Method", "DELETE")
	a.ServeHTTP(w, r)
	h := w.Header()
	if w.Code != 200 || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Methods") != "GET,POST,DELETE" || !strings.Contains(h.Get("Access-Control-Allow-Headers"), "X-Amz-Date") {
		t.Errorf("%d %v", w.Code, h)
	}
}

func TestHostileBodies(t *testing.T) {
	a := testAPI(t, nil)
	for body, message := range map[string]string{
		`[]`:                              "not a JSON object",
		`"a"`:                             "not a JSON object",
		`null`:                            "not a JSON object",
		`{`:                               "not valid JSON",
		`{} {}`:                           "not valid JSON",
		`{"clientToken":"a",}`:            "not valid JSON",
		`{'clientToken':'a'}`:             "not valid JSON",
		"{\"clientToken\":\"\xff\"}":      "not valid UTF-8",
		`{"tags":{},"tags":{}}`:           `"tags" twice`,
		`{"tags":{"a":"1","\u0061":"2"}}`: `"a" twice`,
		strings.Repeat("[", 100000):       "nested too deeply",
		`{"x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`: "nested too deeply",
		`{"deletionProtectionEnabled":"true"}`:                            "'/deletionProtectionEnabled' is not a boolean",
		`{"deletionProtectionEnabled":1}`:                                 "is not a boolean",
		`{"clientToken":1}`:                                               "'/clientToken' is not a string",
		`{"tags":[]}`:                                                     "'/tags' is not an object",
		`{"tags":{"a":1}}`:                                                "a map of strings",
		`{"tags":{"a":null}}`:                                             "a map of strings",
		`{"policy":{}}`:                                                   "'/policy' is not a string",
		`{"multiRegionProperties":"x"}`:                                   "is not an object",
		`{"multiRegionProperties":{"clusters":"x"}}`:                      "'/multiRegionProperties/clusters' is not a list",
		`{"multiRegionProperties":{"clusters":[null]}}`:                   "clusters/0' is not a string",
		`{"multiRegionProperties":{"witnessRegion":{}}}`:                  "witnessRegion' is not a string",
	} {
		w, _ := ask(t, a, "POST", "/cluster", body)
		asked(t, w, "ValidationException", 400, reasonCannotParse, message)
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, signed(t, "POST", "/cluster", `{}`, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }))
	asked(t, w, "ValidationException", 400, reasonCannotParse, "Content-Type")
	for _, target := range []string{"/cluster?max-results=x", "/cluster?max-results=1&max-results=2", "/cluster?max-results=99999999999", "/cluster?max-results=1.5"} {
		w, _ := ask(t, a, "GET", target, "")
		asked(t, w, "ValidationException", 400, reasonCannotParse, "max-results")
	}
	for _, body := range []string{"", " ", "{}", `{"tags":null,"clientToken":null,"multiRegionProperties":null,"x":[[[]]]}`} {
		if w, _ := ask(t, a, "POST", "/cluster", body); w.Code != 200 {
			t.Errorf("%q: %s", body, w.Body)
		}
	}
}

// A failing or panicking store costs the call, is logged, and says nothing of itself.
func TestInternalErrors(t *testing.T) {
	var log bytes.Buffer
	for _, records := range []Records{brokenRecords{}, nil} {
		log.Reset()
		a := testAPI(t, func(c *Config) { c.Logger = logTo(&log) })
		a.records = records
		w, m := ask(t, a, "GET", "/cluster", "")
		asked(t, w, "InternalServerException", 500, "", "internal error")
		if w.Header().Get("Retry-After") != "1" || len(m) != 1 {
			t.Errorf("%v %v", w.Header(), m)
		}
		if !strings.Contains(log.String(), `"level":"ERROR"`) {
			t.Errorf("log %s", &log)
		}
	}
}

func TestTimestamps(t *testing.T) {
	for ms, want := range map[int64]string{0: "0", 1732375095000: "1732375095", 1732375095120: "1732375095.12", 1732375095003: "1732375095.003", 999: "0.999"} {
		b, err := json.Marshal(Timestamp{time.UnixMilli(ms)})
		if err != nil || string(b) != want {
			t.Errorf("%d is %s, want %s (%v)", ms, b, want, err)
		}
		var back Timestamp
		if err := json.Unmarshal(b, &back); err != nil || back.UnixMilli() != ms {
			t.Errorf("%s came back as %v %v", b, back, err)
		}
	}
	for _, bad := range []string{`"2024-01-01"`, `{}`, `1e300`} {
		if err := new(Timestamp).UnmarshalJSON([]byte(bad)); err == nil {
			t.Errorf("%s accepted", bad)
		}
	}
}

func FuzzRoute(f *testing.F) {
	f.Add("GET", "/cluster/a%2Fb")
	f.Add("DELETE", "/tags/arn%3Aa/b")
	all := operations()
	f.Fuzz(func(t *testing.T, method, path string) {
		o, labels, ok := route(all, method, path)
		if ok != (o.name != "") {
			t.Fatal("found and not found")
		}
		for name, value := range labels {
			if value == "" {
				t.Fatalf("empty label %s", name)
			}
		}
		if ok != slices.Contains(methods(all, path), method) {
			t.Fatal("route and methods disagree")
		}
	})
}

// Whatever the body is, decoding gives an input that holds its constraints or an exception of the model.
func FuzzCreateClusterBody(f *testing.F) {
	f.Add([]byte(`{"tags":{"a":"b"},"clientToken":"x","multiRegionProperties":{"witnessRegion":"us-west-2","clusters":["arn:aws:dsql:us-east-2:123456789012:cluster/` + someID + `"]}}`))
	f.Add([]byte(`{"kmsEncryptionKey":"alias/a","policy":"{}","deletionProtectionEnabled":false}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := parseCreateCluster(&call{who: tester, body: body, header: http.Header{}})
		if err != nil {
			if e := asError(err); e.Type != "ValidationException" || e.Reason == "" || e.Message == "" || (e.Reason == reasonFieldValidation) != (len(e.FieldList) > 0) {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		if in.ClientToken != nil && !clientTokenPattern.MatchString(*in.ClientToken) || len(in.Tags) > tagMapMax {
			t.Fatalf("accepted %+v", in)
		}
		if in.request().DeletionProtectionEnabled == nil || len(fmt.Sprint(tokenUse{input: in.request()}.digest())) != 64 {
			t.Fatal("no digest")
		}
	})
}
