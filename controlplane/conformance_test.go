package controlplane

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// modeled are the exceptions of the service model, and the operations that may
// answer with them: V for ValidationException and so on.
var modeled = map[string]string{
	"CreateCluster": "VQACTI", "CreateStream": "VQANCTI",
	"UpdateCluster": "VANCTI", "DeleteCluster": "VANCTI", "PutClusterPolicy": "VANCTI", "DeleteClusterPolicy": "VANCTI", "DeleteStream": "VANCTI",
	"TagResource": "VQANTI",
	"GetCluster":  "VANTI", "GetClusterPolicy": "VANTI", "GetStream": "VANTI", "GetVpcEndpointServiceName": "VANTI", "ListClusters": "VANTI", "ListStreams": "VANTI",
	"ListTagsForResource": "VANTI", "UntagResource": "VANTI",
}

// shapes are the status and the members of each exception: required ones, then optional ones.
var shapes = map[string]struct {
	letter             string
	status             int
	required, optional []string
}{
	"ValidationException":           {"V", 400, []string{"message", "reason"}, []string{"fieldList"}},
	"ServiceQuotaExceededException": {"Q", 402, []string{"message", "resourceId", "resourceType", "serviceCode", "quotaCode"}, nil},
	"AccessDeniedException":         {"A", 403, []string{"message"}, nil},
	"ResourceNotFoundException":     {"N", 404, []string{"message", "resourceId", "resourceType"}, nil},
	"ConflictException":             {"C", 409, []string{"message"}, []string{"resourceId", "resourceType"}},
	"ThrottlingException":           {"T", 429, []string{"message"}, []string{"serviceCode", "quotaCode"}},
	"InternalServerException":       {"I", 500, []string{"message"}, nil},
}

// conforms checks that an answer is the operation's output or one of its exceptions, complete.
func conforms(t testing.TB, operation string, w *httptest.ResponseRecorder) {
	t.Helper()
	m := map[string]any{}
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil {
		t.Fatalf("%s answers %q: %v", operation, w.Body, err)
	}
	if w.Code == http.StatusOK {
		return
	}
	typ := w.Header().Get("X-Amzn-ErrorType")
	s, ok := shapes[typ]
	if !ok || !strings.Contains(modeled[operation], s.letter) || w.Code != s.status {
		t.Fatalf("%s answers %d %s %s, which is not modeled", operation, w.Code, typ, w.Body)
	}
	for name := range m {
		if !slices.Contains(s.required, name) && !slices.Contains(s.optional, name) {
			t.Fatalf("%s: %s has the member %s", operation, typ, name)
		}
	}
	for _, name := range s.required {
		if text, ok := m[name].(string); !ok || text == "" {
			t.Fatalf("%s: %s lacks %s: %s", operation, typ, name, w.Body)
		}
	}
	if (m["reason"] == reasonFieldValidation) != (m["fieldList"] != nil) {
		t.Fatalf("%s: %s", operation, w.Body)
	}
}

// bare serves a request whose caller is proven, without a signature.
func bare(a *API, method, target, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://127.0.0.1/", strings.NewReader(body))
	path, query, _ := strings.Cut(target, "?")
	r.URL = &url.URL{Path: "/", RawQuery: query}
	c := &call{id: "test", who: tester, header: http.Header{}, body: []byte(body)}
	w := httptest.NewRecorder()
	var out any
	err := error(unknownOperation())
	var ok bool
	if c.op, c.labels, ok = route(a.operations, method, path); ok {
		out, err = a.perform(r, c)
	}
	if err != nil {
		a.refuse(w, r, c, asError(err))
		return w
	}
	a.audit(r, c, out, nil)
	a.send(w, http.StatusOK, out)
	return w
}

// members of each output: those always there, then those that may be.
var outputs = []struct {
	method, path, body, operation string
	always, sometimes             []string
}{
	{"POST", "/cluster", `{}`, "CreateCluster", []string{"identifier", "arn", "status", "creationTime", "deletionProtectionEnabled", "encryptionDetails", "endpoint"}, nil},
	{"POST", "/cluster", `{"multiRegionProperties":{"witnessRegion":"us-west-2"}}`, "CreateCluster", []string{"identifier", "arn", "status", "creationTime", "deletionProtectionEnabled", "encryptionDetails", "endpoint", "multiRegionProperties"}, nil},
	{"GET", "/cluster/<id>", "", "GetCluster", []string{"identifier", "arn", "status", "creationTime", "deletionProtectionEnabled", "encryptionDetails", "endpoint", "tags"}, nil},
	{"POST", "/cluster/<id>", `{"deletionProtectionEnabled":false}`, "UpdateCluster", []string{"identifier", "arn", "status", "creationTime"}, nil},
	{"GET", "/cluster", "", "ListClusters", []string{"clusters"}, []string{"nextToken"}},
	{"GET", "/clusters/<id>/vpc-endpoint-service-name", "", "GetVpcEndpointServiceName", []string{"serviceName", "clusterVpcEndpoint"}, nil},
	{"POST", "/cluster/<id>/policy", `{"policy":"{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"123456789012\"},\"Action\":\"dsql:*\",\"Resource\":\"*\"}}"}`, "PutClusterPolicy", []string{"policyVersion"}, nil},
	{"GET", "/cluster/<id>/policy", "", "GetClusterPolicy", []string{"policy", "policyVersion"}, nil},
	{"DELETE", "/cluster/<id>/policy", "", "DeleteClusterPolicy", []string{"policyVersion"}, nil},
	{"POST", "/tags/<arn>", `{"tags":{"a":""}}`, "TagResource", nil, nil},
	{"GET", "/tags/<arn>", "", "ListTagsForResource", []string{"tags"}, nil},
	{"DELETE", "/tags/<arn>?tagKeys=a", "", "UntagResource", nil, nil},
	{"POST", "/stream/<id>", `{"format":"JSON","ordering":"UNORDERED","targetDefinition":{"kinesis":{"streamArn":"arn:aws:kinesis:us-east-1:123456789012:stream/s","roleArn":"arn:aws:iam::123456789012:role/r"}}}`,
		"CreateStream", []string{"clusterIdentifier", "streamIdentifier", "arn", "status", "creationTime", "ordering", "format"}, nil},
	{"GET", "/stream/<id>/<stream>", "", "GetStream", []string{"clusterIdentifier", "streamIdentifier", "arn", "status", "creationTime", "ordering", "format", "targetDefinition", "tags"}, []string{"statusReason"}},
	{"GET", "/stream/<id>", "", "ListStreams", []string{"streams"}, nil},
	{"DELETE", "/stream/<id>/<stream>", "", "DeleteStream", []string{"clusterIdentifier", "streamIdentifier", "arn", "status", "creationTime"}, nil},
	{"DELETE", "/cluster/<id>", "", "DeleteCluster", []string{"identifier", "arn", "status", "creationTime"}, nil},
}

// Every output has the members of the sheet and no other, and times as numbers.
func TestOutputs(t *testing.T) {
	a := testAPI(t, nil)
	run(t, a)
	id := settled(t, a, CreateClusterInput{})
	stream := ""
	covered := map[string]bool{}
	for _, tt := range outputs {
		target := strings.NewReplacer("<id>", id, "<stream>", stream, "<arn>", clusterARN("us-east-1", testAccount, id)).Replace(tt.path)
		w, m := ask(t, a, tt.method, target, tt.body)
		names := slices.Sorted(maps.Keys(m))
		for _, name := range names {
			if !slices.Contains(tt.always, name) && !slices.Contains(tt.sometimes, name) {
				t.Errorf("%s has the member %s: %s", tt.operation, name, w.Body)
			}
		}
		for _, name := range tt.always {
			if m[name] == nil {
				t.Errorf("%s lacks the member %s: %d %s", tt.operation, name, w.Code, w.Body)
			}
		}
		if at, given := m["creationTime"]; given {
			if _, number := at.(float64); !number {
				t.Errorf("%s: creationTime %v", tt.operation, at)
			}
		}
		if s, ok := m["streamIdentifier"].(string); ok {
			stream = s
		}
		conforms(t, tt.operation, w)
		covered[tt.operation] = true
	}
	if len(covered) != len(modeled) || len(modeled) != len(a.operations) {
		t.Errorf("covered %v", slices.Sorted(maps.Keys(covered)))
	}
}

// Members of the wrong type and violated constraints, of the operations with a body of their own.
func TestRefusedInputs(t *testing.T) {
	a := testAPI(t, nil)
	arn := clusterARN("us-east-1", testAccount, someID)
	full := func(edit string, to string) string {
		return strings.Replace(`{"format":"JSON","ordering":"UNORDERED","targetDefinition":{"kinesis":{"streamArn":"arn:aws:kinesis:us-east-1:123456789012:stream/s","roleArn":"arn:aws:iam::123456789012:role/r"}}}`, edit, to, 1)
	}
	for _, tt := range []struct{ method, path, body, reason, field, part string }{
		{"POST", "/cluster/" + someID + "/policy", `{}`, reasonFieldValidation, "policy", "must not be null"},
		{"POST", "/cluster/" + someID + "/policy", `{"policy":null}`, reasonFieldValidation, "policy", "must not be null"},
		{"POST", "/cluster/" + someID + "/policy", `{"policy":{}}`, reasonCannotParse, "", "'/policy' is not a string"},
		{"POST", "/cluster/" + someID + "/policy", `{"policy":"x","expectedPolicyVersion":1}`, reasonCannotParse, "", "'/expectedPolicyVersion' is not a string"},
		{"POST", "/cluster/" + someID + "/policy", `{"policy":"x","bypassPolicyLockoutSafetyCheck":"x"}`, reasonCannotParse, "", "is not a boolean"},
		{"POST", "/cluster/" + someID + "/policy", `{"policy":"x","clientToken":"\n"}`, reasonFieldValidation, "clientToken", "pattern"},
		{"DELETE", "/cluster/" + someID + "/policy?client-token=a&client-token=b", "", reasonCannotParse, "", "client-token"},
		{"DELETE", "/cluster/" + someID + "/policy?client-token=%20", "", reasonFieldValidation, "clientToken", "pattern"},
		{"GET", "/cluster/X/policy", "", reasonFieldValidation, "identifier", "pattern"},
		{"POST", "/tags/" + arn, `{}`, reasonFieldValidation, "tags", "must not be null"},
		{"POST", "/tags/" + arn, `{"tags":[]}`, reasonCannotParse, "", "'/tags' is not an object"},
		{"POST", "/tags/" + arn, `{"tags":{"AWS:x":""}}`, reasonFieldValidation, "tags", "reserved prefix"},
		{"POST", "/tags/" + arn + "/streams/x", `{"tags":{}}`, reasonFieldValidation, "resourceArn", "a cluster or of a stream"},
		{"GET", "/tags/arn:aws:dsql:cn-north-1:123456789012:cluster/" + someID, "", reasonFieldValidation, "resourceArn", "a cluster or of a stream"},
		{"GET", "/tags/arn:" + strings.Repeat("x", 1008), "", reasonFieldValidation, "resourceArn", "length 1012"},
		{"DELETE", "/tags/" + arn + "?tagKeys=a%22", "", reasonFieldValidation, "tagKeys.0", "pattern"},
		{"DELETE", "/tags/" + arn + "?tagKeys=", "", reasonFieldValidation, "tagKeys.0", "length 0"},
		{"DELETE", "/tags/" + arn + "?" + strings.Repeat("tagKeys=a&", 201), "", reasonFieldValidation, "tagKeys", "length 201"},
		{"POST", "/stream/" + someID, `{}`, reasonFieldValidation, "targetDefinition", "3 validation errors detected"},
		{"POST", "/stream/" + someID, full(`"JSON"`, `1`), reasonCannotParse, "", "'/format' is not a string"},
		{"POST", "/stream/" + someID, full(`"JSON"`, `"json"`), reasonFieldValidation, "format", "Member must satisfy enum value set: [JSON]"},
		{"POST", "/stream/" + someID, full(`"UNORDERED"`, `null`), reasonFieldValidation, "ordering", "must not be null"},
		{"POST", "/stream/" + someID, full(`{"kinesis"`, `{"firehose":{},"kinesis"`), reasonFieldValidation, "targetDefinition", "exactly one of its members"},
		{"POST", "/stream/" + someID, full(`{"kinesis"`, `{"firehose"`), reasonFieldValidation, "targetDefinition", "exactly one of its members"},
		{"POST", "/stream/" + someID, full(`"streamArn":"`, `"streamArn":"x`), reasonFieldValidation, "targetDefinition.kinesis.streamArn", "pattern"},
		{"POST", "/stream/" + someID, full(`stream/s`, `stream/s s`), reasonFieldValidation, "targetDefinition.kinesis.streamArn", "pattern"},
		{"POST", "/stream/" + someID, full(`kinesis:us-east-1`, `kinesis:us-east-2`), reasonFieldValidation, "targetDefinition.kinesis.streamArn", "account and Region"},
		{"POST", "/stream/" + someID, full(`"streamArn"`, `"x"`), reasonFieldValidation, "targetDefinition.kinesis.streamArn", "must not be null"},
		{"POST", "/stream/" + someID, full(`role/r`, `user/r`), reasonFieldValidation, "targetDefinition.kinesis.roleArn", "pattern"},
		{"POST", "/stream/" + someID, full(`"roleArn":"arn:aws:iam::123456789012`, `"roleArn":"arn:aws:iam::123456789013`), reasonFieldValidation, "targetDefinition.kinesis.roleArn", "caller's account"},
		{"GET", "/stream/x/" + someID, "", reasonFieldValidation, "clusterIdentifier", "pattern"},
		{"DELETE", "/stream/" + someID + "/x", "", reasonFieldValidation, "streamIdentifier", "pattern"},
		{"GET", "/stream/" + someID + "?max-results=0", "", reasonFieldValidation, "maxResults", "between 1 and 100"},
		{"GET", "/stream/" + someID + "?max-results=x", "", reasonCannotParse, "", "max-results"},
	} {
		w, m := ask(t, a, tt.method, tt.path, tt.body)
		asked(t, w, "ValidationException", 400, tt.reason, tt.part)
		if fields, _ := m["fieldList"].([]any); (tt.field != "") != (len(fields) > 0) || tt.field != "" && fields[0].(map[string]any)["name"] != tt.field {
			t.Errorf("%s %s %.80s: %v", tt.method, tt.path, tt.body, m)
		}
	}
}

// What a caller may learn comes in order: validation, then permission, then
// existence, then state.
func TestOrderOfRefusals(t *testing.T) {
	k := &asker{}
	a := testAPI(t, func(c *Config) { c.Authorizer = k })
	deny := func(n int) { k.deny, k.asked = n, nil }
	deny(1)
	w, _ := ask(t, a, "DELETE", "/cluster/X", "")
	asked(t, w, "ValidationException", 400, reasonFieldValidation, "")
	w, _ = ask(t, a, "DELETE", "/cluster/"+someID, "")
	asked(t, w, "AccessDeniedException", 403, "", "dsql:DeleteCluster")
	deny(0)
	w, _ = ask(t, a, "DELETE", "/cluster/"+someID, "")
	asked(t, w, "ResourceNotFoundException", 404, "", "")
	out, err := a.CreateCluster(t.Context(), tester, CreateClusterInput{})
	if err != nil {
		t.Fatal(err)
	}
	w, _ = ask(t, a, "DELETE", "/cluster/"+out.Identifier, "")
	asked(t, w, "ConflictException", 409, "", "CREATING")
	deny(1)
	w, _ = ask(t, a, "DELETE", "/cluster/"+out.Identifier, "")
	asked(t, w, "AccessDeniedException", 403, "", "dsql:DeleteCluster")
}

// Whatever is sent, the answer is an output or a modeled exception, never a
// failure inside; and what is refused for its shape changes nothing.
func FuzzCalls(f *testing.F) {
	for _, tt := range outputs {
		f.Add(tt.method, strings.NewReplacer("<id>", someID, "<stream>", someID, "<arn>", clusterARN("us-east-1", testAccount, someID)).Replace(tt.path), tt.body)
	}
	f.Add("POST", "/cluster/"+someID, `{"multiRegionProperties":{"clusters":["arn:aws:dsql:us-east-2:123456789012:cluster/`+someID+`"]},"kmsEncryptionKey":"alias/a"}`)
	f.Add("GET", "/cluster?next-token=YQ&max-results=1", "")
	f.Fuzz(func(t *testing.T, method, target, body string) {
		records := &MemoryRecords{}
		a := testAPI(t, func(c *Config) { c.Records = records })
		c := &clusterRecord{Format: recordFormat, ID: someID, Account: testAccount, Region: "us-east-1", Sequence: 1, Status: StatusActive}
		s := &streamRecord{Format: recordFormat, ID: someID, Cluster: someID, Account: testAccount, Region: "us-east-1", Sequence: 1, Status: StreamActive}
		scope := scopeRecord{Format: recordFormat, Sequence: 1, SingleRegion: 1}
		puts := []KeyValue{{clusterKey(someID), encodeRecord(c)}, {s.key(), encodeRecord(s)}, {scopeKey(testAccount, "us-east-1"), encodeRecord(scope)}}
		if err := records.Apply(context.Background(), puts, nil, nil); err != nil {
			t.Fatal(err)
		}
		before := maps.Clone(records.values)
		path, _, _ := strings.Cut(target, "?")
		o, _, ok := route(a.operations, method, path)
		if !ok {
			return
		}
		w := bare(a, method, target, body)
		conforms(t, o.name, w)
		if w.Code == http.StatusInternalServerError {
			t.Fatalf("%s failed inside: %s", o.name, w.Body)
		}
		if (w.Code != http.StatusOK || o.readOnly) && len(before) != len(records.values) {
			t.Fatalf("%s %d changed the records", o.name, w.Code)
		}
	})
}
