package controlplane

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

// lines reads an audit and empties it.
func lines(t *testing.T, log *bytes.Buffer) (read []map[string]any) {
	t.Helper()
	for line := range strings.Lines(log.String()) {
		m := map[string]any{}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		read = append(read, m)
	}
	log.Reset()
	return read
}

// says compares members of a line; a path goes into nested ones.
func says(t *testing.T, line map[string]any, want map[string]any) {
	t.Helper()
	for path, v := range want {
		var got any = line
		for name := range strings.SplitSeq(path, "/") {
			switch at := got.(type) {
			case map[string]any:
				got = at[name]
			case []any:
				got = at[0].(map[string]any)[name]
			default:
				got = nil
			}
		}
		if got != v {
			t.Errorf("%s: %s is %v, want %v", line["eventName"], path, got, v)
		}
	}
}

// Every call leaves one line: who, what, with which parameters, what came of it; and nothing secret.
func TestAudit(t *testing.T) {
	var log bytes.Buffer
	a := testAPI(t, func(c *Config) { c.Logger = logTo(&log) })
	w, m := ask(t, a, "POST", "/cluster", `{"clientToken":"private-token","tags":{"k":"private-tag"},"password":"private-member","deletionProtectionEnabled":false}`)
	made := lines(t, &log)
	if len(made) != 1 || w.Code != 200 {
		t.Fatal(made, w.Body)
	}
	says(t, made[0], map[string]any{
		"eventSource": "dsql.amazonaws.com", "eventName": "CreateCluster", "eventVersion": "1.11", "eventType": "AwsApiCall", "eventCategory": "Management", "managementEvent": true, "readOnly": false,
		"awsRegion": "us-east-1", "recipientAccountId": testAccount, "sourceIPAddress": "192.0.2.1", "requestID": w.Header().Get("X-Amzn-Requestid"), "errorCode": nil,
		"userIdentity/arn": tester.PrincipalARN, "userIdentity/accountId": testAccount, "userIdentity/accessKeyId": tester.AccessKeyID, "userIdentity/type": "IAMUser",
		"requestParameters/clientToken": hidden, "requestParameters/tags/k": hidden, "requestParameters/deletionProtectionEnabled": false, "requestParameters/password": nil,
		"responseElements/identifier": m["identifier"], "responseElements/status": "CREATING",
	})
	if at, err := time.Parse(time.RFC3339, made[0]["eventTime"].(string)); err != nil || time.Since(at) > time.Minute || made[0]["eventID"] == "" {
		t.Errorf("%v", made[0])
	}
	own := clusterARN("us-east-1", testAccount, someID)
	ask(t, a, "GET", "/cluster/"+someID, "")
	ask(t, a, "GET", "/cluster?max-results=7&next-token=private-page", "")
	ask(t, a, "DELETE", "/cluster/"+someID+"/policy?expected-policy-version=3&client-token=private-token", "")
	ask(t, a, "DELETE", "/tags/"+own+"/stream/"+someID+"?tagKeys=a&tagKeys=b", "")
	ask(t, a, "GET", "/stream/"+someID+"/"+someID, "")
	ask(t, a, "POST", "/cluster", `{"tags":"private-text"}`)
	unsigned := httptest.NewRequest("GET", "/cluster/"+someID, nil)
	unsigned.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=private, Signature=private")
	a.ServeHTTP(httptest.NewRecorder(), unsigned)
	text := log.String()
	rest := lines(t, &log)
	if len(rest) != 7 {
		t.Fatalf("%d lines: %v", len(rest), rest)
	}
	for i, want := range []map[string]any{
		{"eventName": "GetCluster", "readOnly": true, "errorCode": "ResourceNotFoundException", "requestParameters/identifier": someID, "resources/ARN": own, "resources/type": "AWS::DSQL::Cluster", "responseElements": nil},
		{"eventName": "ListClusters", "errorCode": "ValidationException", "requestParameters/maxResults": "7", "requestParameters/nextToken": hidden, "resources": nil},
		{"eventName": "DeleteClusterPolicy", "readOnly": false, "requestParameters/expectedPolicyVersion": "3", "requestParameters/clientToken": hidden},
		{"eventName": "UntagResource", "requestParameters/resourceArn": own + "/stream/" + someID, "resources/ARN": own + "/stream/" + someID, "errorCode": "ResourceNotFoundException"},
		{"eventName": "GetStream", "resources/ARN": own + "/stream/" + someID, "requestParameters/streamIdentifier": someID},
		{"eventName": "CreateCluster", "errorCode": "ValidationException", "requestParameters/tags": hidden},
		{"eventName": "GetCluster", "errorCode": "IncompleteSignatureException", "userIdentity/type": "Unknown", "userIdentity/arn": "", "requestParameters": nil},
	} {
		says(t, rest[i], want)
		if rest[i]["requestID"] == made[0]["requestID"] || rest[i]["eventID"] == made[0]["eventID"] {
			t.Error("two calls have one id")
		}
	}
	for _, secret := range []string{"private", "secret"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q in the log: %s", secret, text)
		}
	}
}

// A line of text says the same as one of JSON: no pointers, no Go syntax.
func TestAuditText(t *testing.T) {
	var text, lined bytes.Buffer
	for _, to := range []slog.Handler{slog.NewTextHandler(&text, nil), slog.NewJSONHandler(&lined, nil)} {
		a := testAPI(t, func(c *Config) { c.Logger, c.Random = slog.New(to), bytes.NewReader(make([]byte, 64)) })
		ask(t, a, "POST", "/cluster", `{"multiRegionProperties":{"witnessRegion":"us-west-2"},"tags":{"<k>":"v"},"policy":"<&>"}`)
		ask(t, a, "POST", "/cluster", `{"multiRegionProperties":{"witnessRegion":"us-west-2"}}`)
		ask(t, a, "DELETE", "/tags/"+clusterARN("us-east-1", testAccount, someID)+"?tagKeys=a&tagKeys=b", "")
	}
	raw := text.String()
	if strings.Contains(raw, "0x") || strings.Contains(raw, "map[") || strings.Contains(raw, "&{") {
		t.Errorf("Go's own notation in %s", raw)
	}
	made := lines(t, &lined)
	for i, line := range strings.Split(strings.TrimSpace(raw), "\n") {
		for _, name := range []string{"requestParameters", "responseElements", "resources"} {
			member, ok := made[i][name]
			if !ok {
				continue
			}
			_, rest, found := strings.Cut(line, " "+name+"=")
			value, err := strconv.QuotedPrefix(rest)
			if err == nil {
				value, err = strconv.Unquote(value)
			}
			var read any
			if err == nil {
				err = json.Unmarshal([]byte(value), &read)
			}
			if dropTimes(member); !found || err != nil || !reflect.DeepEqual(dropTimes(read), member) {
				t.Errorf("%s: %v in %s, want %v", name, err, line, member)
			}
		}
	}
	if !strings.Contains(raw, `us-west-2`) || !strings.Contains(raw, `<&>`) {
		t.Errorf("values are missing or escaped: %s", raw)
	}
}

// dropTimes leaves out what two calls do not have in common.
func dropTimes(v any) any {
	if m, ok := v.(map[string]any); ok {
		delete(m, "creationTime")
	}
	return v
}
