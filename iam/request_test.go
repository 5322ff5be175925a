package iam

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

var testRegions = RequestExpectation{Regions: []string{"us-east-1", "eu-west-1"}}

// received parses a request as it came over the wire.
func received(t testing.TB, wire string) (*http.Request, []byte) {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(wire, "\n", "\r\n"))))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, body
}

const headerVector = `POST /tags/arn%3Aaws%3Adsql%3Aus-east-1%3A123456789012%3Acluster%2Fauabudrks5jwh4mjt6o5xxhr4y HTTP/1.1
Host: 127.0.0.1:18099
Content-Type: application/json
Content-Length: 18
X-Amz-Date: 20261123T151815Z
X-Amz-Security-Token: tok
Amz-Sdk-Invocation-Id: 782fcbd2-d8ab-4757-b8e4-8004e3075fc8
Amz-Sdk-Request: attempt=1; max=1
Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/dsql/aws4_request, SignedHeaders=amz-sdk-invocation-id;amz-sdk-request;content-length;content-type;host;x-amz-date;x-amz-security-token, Signature=c2c979cb93bfd78f27d4bfd091fdbb7a4d3ed8f0c6201b7fabdbd842c425c300

{"tags":{"a":"b"}}`

func vectorStore(t testing.TB) *Store {
	return storeOf(t, Credential{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret", SessionToken: "tok", Expires: at(t, "20261123T160000Z")})
}

func TestRequestVector(t *testing.T) {
	r, body := received(t, headerVector)
	who, err := VerifyRequest(r, body, testRegions, vectorStore(t), at(t, "20261123T151820Z"))
	if err != nil {
		t.Fatal(err)
	}
	if who.AccessKeyID != "AKIDEXAMPLE" || who.Region != "us-east-1" || who.Account != testAccount {
		t.Fatalf("identity %+v", who)
	}
}

// Each row breaks the vector in one place.
func TestRequestRefusals(t *testing.T) {
	const mismatch = "The request signature we calculated does not match"
	now := at(t, "20261123T151820Z")
	tests := []struct {
		name, old, new string
		now            time.Time
		typ, message   string
	}{
		{name: "no authorization", old: "Authorization:", new: "X-Other:", typ: MissingAuthenticationToken, message: "Missing Authentication Token"},
		{name: "other scheme", old: "AWS4-HMAC-SHA256", new: "Bearer", typ: MissingAuthenticationToken, message: "Missing Authentication Token"},
		{name: "other algorithm", old: "AWS4-HMAC-SHA256", new: "AWS4-ECDSA-P256-SHA256", typ: IncompleteSignature, message: "algorithm"},
		{name: "no credential", old: "Credential=AKIDEXAMPLE/20261123/us-east-1/dsql/aws4_request, ", new: "", typ: IncompleteSignature, message: "requires 'Credential' parameter"},
		{name: "no signed headers", old: "SignedHeaders=", new: "Signed=", typ: IncompleteSignature, message: "requires 'SignedHeaders' parameter"},
		{name: "no signature", old: "Signature=c2", new: "Sig=c2", typ: IncompleteSignature, message: "requires 'Signature' parameter"},
		{name: "no date", old: "X-Amz-Date:", new: "X-Other:", typ: IncompleteSignature, message: "'X-Amz-Date' or a 'Date' header"},
		{name: "junk part", old: "Signature=c2", new: "junk, Signature=c2", typ: IncompleteSignature, message: "key=value"},
		{name: "two signatures", old: "Signature=c2", new: "Signature=00, Signature=c2", typ: IncompleteSignature, message: "more than one 'Signature'"},
		{name: "two authorizations", old: "Authorization:", new: "Authorization: x\nAuthorization:", typ: IncompleteSignature, message: "Only one authentication mechanism"},
		{name: "header and query", old: "xxhr4y ", new: "xxhr4y?X-Amz-Signature=00 ", typ: IncompleteSignature, message: "Only one authentication mechanism"},
		{name: "two dates", old: "X-Amz-Date:", new: "X-Amz-Date: 20261123T151815Z\nX-Amz-Date:", typ: IncompleteSignature, message: "must not be repeated"},
		{name: "bad date", old: "20261123T151815Z", new: "2026-11-23T15:18:15Z", typ: IncompleteSignature, message: "ISO-8601"},
		{name: "bad scope", old: "/aws4_request", new: "", typ: IncompleteSignature, message: "exactly 5 slash-delimited"},
		{name: "host not signed", old: ";host", new: "", typ: InvalidSignature, message: "'Host' or ':authority' must be a 'SignedHeader'"},
		{name: "scope of another day", old: "/20261123/", new: "/20261122/", typ: InvalidSignature, message: "'20261122' != '20261123', from '20261123T151815Z'"},
		{name: "terminator", old: "aws4_request", new: "aws3_request", typ: InvalidSignature, message: "valid terminator"},
		{name: "Region", old: "/us-east-1/", new: "/mars-1/", typ: InvalidSignature, message: "Credential should be scoped to a valid region."},
		{name: "served Region, not the signed one", old: "/us-east-1/", new: "/eu-west-1/", typ: InvalidSignature, message: mismatch},
		{name: "service", old: "/dsql/", new: "/s3/", typ: InvalidSignature, message: "Credential should be scoped to correct service: 'dsql'."},
		{name: "too old", now: at(t, "20261123T152316Z"), typ: InvalidSignature, message: "Signature expired: 20261123T151815Z is now earlier than 20261123T151816Z (20261123T152316Z - 5 min.)"},
		{name: "too early", now: at(t, "20261123T151314Z"), typ: InvalidSignature, message: "Signature not yet current: 20261123T151815Z is still later than 20261123T151814Z (20261123T151314Z + 5 min.)"},
		{name: "unknown key", old: "AKIDEXAMPLE", new: "AKIDOTHER", typ: UnrecognizedClient, message: unrecognizedClientText},
		{name: "other session token", old: "Token: tok", new: "Token: tik", typ: UnrecognizedClient, message: unrecognizedClientText},
		{name: "body", old: `"b"`, new: `"c"`, typ: InvalidSignature, message: mismatch},
		{name: "path", old: "hr4y", new: "hr4z", typ: InvalidSignature, message: mismatch},
		{name: "path encoded otherwise", old: "/tags/arn%3A", new: "/tags/arn:", typ: InvalidSignature, message: mismatch},
		{name: "method", old: "POST", new: "PUT", typ: InvalidSignature, message: mismatch},
		{name: "host", old: "127.0.0.1:18099", new: "127.0.0.1", typ: InvalidSignature, message: mismatch},
		{name: "query added", old: "xxhr4y ", new: "xxhr4y?a=b ", typ: InvalidSignature, message: mismatch},
		{name: "bad query", old: "xxhr4y ", new: "xxhr4y?a=%zz ", typ: MalformedRequest, message: "percent escape"},
		{name: "signed header gone", old: "Amz-Sdk-Request:", new: "Amz-Sdk-Other:", typ: InvalidSignature, message: mismatch},
		{name: "signature", old: "c300", new: "c301", typ: InvalidSignature, message: mismatch},
		{name: "content hash of another body", old: "Content-Type:", new: "X-Amz-Content-Sha256: " + emptyHash + "\nContent-Type:", typ: InvalidSignature, message: "X-Amz-Content-Sha256"},
		{name: "unsigned payload", old: "Content-Type:", new: "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD\nContent-Type:", typ: InvalidSignature, message: "X-Amz-Content-Sha256"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, body := received(t, strings.Replace(headerVector, tt.old, tt.new, 1))
			clock := now
			if !tt.now.IsZero() {
				clock = tt.now
			}
			_, err := VerifyRequest(r, body, testRegions, vectorStore(t), clock)
			expectRefusal(t, err, tt.typ, tt.message)
		})
	}
}

func expectRefusal(t *testing.T, err error, typ, message string) {
	t.Helper()
	var refused *Error
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want %s", err, typ)
	}
	status := http.StatusForbidden
	if typ == MalformedRequest {
		status = http.StatusBadRequest
	}
	if refused.Type != typ || refused.Status != status || !strings.Contains(refused.Message, message) {
		t.Fatalf("got %d %v, want %s: %s", refused.Status, refused, typ, message)
	}
}

func TestExpiredCredential(t *testing.T) {
	r, body := received(t, headerVector)
	s := storeOf(t, Credential{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret", SessionToken: "tok", Expires: at(t, "20261123T151820Z")})
	_, err := VerifyRequest(r, body, testRegions, s, at(t, "20261123T151820Z"))
	expectRefusal(t, err, ExpiredToken, "The security token included in the request is expired")
}

func hashOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// The SDK's own signer is the other side of every request below, over a real connection.
func TestRequestsOfTheSDKSigner(t *testing.T) {
	now := time.Now().UTC()
	c := Credential{AccessKeyID: "AKIA1", SecretAccessKey: "secret", SessionToken: "a+b/c=", Expires: now.Add(time.Hour)}
	s := storeOf(t, c)
	signer, keys := v4.NewSigner(), aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
	refusals := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, err := VerifyRequest(r, body, testRegions, s, now)
		refusals <- err
	}))
	defer server.Close()
	for _, tt := range []struct {
		method, path, body string
		header             http.Header
		hashHeader         bool
	}{
		{method: "GET", path: "/cluster"},
		{method: "GET", path: "/cluster?max-results=1&next-token=a%20b%2Bc%2F%3D~"},
		{method: "GET", path: "/cluster?b=2&a=2&a=1&c&%C3%A9=x"},
		{method: "DELETE", path: "/tags/arn%3Aaws%3Adsql%3Aus-east-1%3A123456789012%3Acluster%2Fauab?tagKeys=b&tagKeys=a"},
		{method: "POST", path: "/cluster", body: `{"clientToken":"x"}`, header: http.Header{"Content-Type": {"application/json"}}},
		{method: "POST", path: "/cluster/a%2520b", body: `{}`, hashHeader: true, header: http.Header{"X-Amz-User-Agent": {"a   b  "}, "X-Multi": {"1", " 2 "}}},
	} {
		for _, presign := range []bool{false, true} {
			req, err := http.NewRequestWithContext(t.Context(), tt.method, server.URL+tt.path, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			for k, v := range tt.header {
				req.Header[k] = v
			}
			if tt.hashHeader {
				req.Header.Set("X-Amz-Content-Sha256", hashOf(tt.body))
			}
			if presign {
				signed, header, err := signer.PresignHTTP(t.Context(), keys, req, hashOf(tt.body), "dsql", "eu-west-1", now)
				if err != nil {
					t.Fatal(err)
				}
				header.Del("Host")
				req, err = http.NewRequestWithContext(t.Context(), tt.method, signed, strings.NewReader(tt.body))
				if err != nil {
					t.Fatal(err)
				}
				header.Del("Content-Length")
				req.Header = header
			} else if err := signer.SignHTTP(t.Context(), keys, req, hashOf(tt.body), "dsql", "eu-west-1", now); err != nil {
				t.Fatal(err)
			}
			response, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if err := <-refusals; err != nil {
				t.Errorf("%s %s presigned %v: %v", tt.method, tt.path, presign, err)
			}
		}
	}
}

func TestPresignedRules(t *testing.T) {
	signedAt := at(t, "20261123T150000Z")
	c := Credential{AccessKeyID: "AKIA1", SecretAccessKey: "secret"}
	s := storeOf(t, c)
	presign := func(query string) *http.Request {
		req := httptest.NewRequest("GET", "http://localhost:8006/cluster?"+query, nil)
		signed, _, err := v4.NewSigner().PresignHTTP(t.Context(), aws.Credentials{AccessKeyID: "AKIA1", SecretAccessKey: "secret"}, req, emptyHash, "dsql", "us-east-1", signedAt)
		if err != nil {
			t.Fatal(err)
		}
		return httptest.NewRequest("GET", signed, nil)
	}
	for _, tt := range []struct {
		name, query  string
		after        time.Duration
		edit         func(string) string
		typ, message string
	}{
		{name: "good", query: "X-Amz-Expires=600", after: 9 * time.Minute},
		{name: "no life: the clock window", after: 5 * time.Minute},
		{name: "no life, too late", after: 5*time.Minute + time.Second, typ: InvalidSignature, message: "Signature expired"},
		{name: "expired", query: "X-Amz-Expires=600", after: 10 * time.Minute, typ: InvalidSignature, message: "Signature expired"},
		{name: "too long a life", query: "X-Amz-Expires=604801", typ: IncompleteSignature, message: "between 1 and 604800"},
		{name: "twice", query: "X-Amz-Expires=60", edit: func(q string) string { return q + "&X-Amz-Expires=600" }, typ: IncompleteSignature, message: "more than one"},
		{name: "no signature", edit: func(q string) string { return q[:strings.Index(q, "&X-Amz-Signature")] }, typ: IncompleteSignature, message: "'X-Amz-Signature'"},
		{name: "other algorithm", edit: func(q string) string { return strings.Replace(q, "HMAC", "ECDSA", 1) }, typ: IncompleteSignature, message: "algorithm"},
		{name: "changed", edit: func(q string) string { return q + "&max-results=5" }, typ: InvalidSignature, message: "does not match"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := presign(tt.query)
			if tt.edit != nil {
				r.URL.RawQuery = tt.edit(r.URL.RawQuery)
			}
			_, err := VerifyRequest(r, nil, testRegions, s, signedAt.Add(tt.after))
			if tt.typ == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			expectRefusal(t, err, tt.typ, tt.message)
		})
	}
}

func TestDateHeader(t *testing.T) {
	now := at(t, "20261123T150000Z")
	s := storeOf(t, Credential{AccessKeyID: "AKIA1", SecretAccessKey: "secret"})
	r := httptest.NewRequest("GET", "/cluster", nil)
	r.Header.Set("Date", now.Format(http.TimeFormat))
	q := signedRequest{signedHeaders: []string{"date", "host"}}
	canonical, refusal := q.canonicalRequest(r, nil)
	if refusal != nil {
		t.Fatal(refusal)
	}
	signature := sign("secret", scope{"AKIA1", "20261123", "us-east-1", "dsql", terminator}, now, canonical)
	r.Header.Set("Authorization", algorithm+" Credential=AKIA1/20261123/us-east-1/dsql/aws4_request,SignedHeaders=date;host,Signature="+signature)
	if _, err := VerifyRequest(r, nil, testRegions, s, now); err != nil {
		t.Fatal(err)
	}
}

func FuzzVerifyRequest(f *testing.F) {
	f.Add("POST", "/cluster?a=b", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/dsql/aws4_request, SignedHeaders=host;x-amz-date, Signature=00", "20261123T151815Z", "{}")
	f.Add("GET", "/cluster?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2Fb%2Fc%2Fd%2Fe&X-Amz-Date=20261123T151815Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0&X-Amz-Expires=1", "", "", "")
	s, now := vectorStore(f), at(f, "20261123T151820Z")
	f.Fuzz(func(t *testing.T, method, target, authorization, date, body string) {
		r, err := http.NewRequest(method, "http://localhost"+target, nil)
		if err != nil {
			return
		}
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		r.Header.Set("X-Amz-Date", date)
		_, err = VerifyRequest(r, []byte(body), testRegions, s, now)
		var refused *Error
		if !errors.As(err, &refused) || refused.Type == "" || refused.Status == 0 || refused.Message == "" {
			t.Fatalf("no secret, yet %v", err)
		}
	})
}

func FuzzParseQuery(f *testing.F) {
	f.Add("a=b&c=%20+&&=&d")
	f.Fuzz(func(t *testing.T, raw string) {
		params, err := parseQuery(raw)
		if err != nil {
			return
		}
		canonical := canonicalQuery(params, "")
		again, err := parseQuery(canonical)
		if err != nil {
			t.Fatalf("%q: %v", canonical, err)
		}
		// Empty pairs have no canonical form that survives, everything else is stable.
		if got := canonicalQuery(again, ""); got != canonical {
			t.Fatalf("%q became %q", canonical, got)
		}
	})
}
