package iam

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dsql/auth"
)

const testAccount = "123456789012"

func storeOf(t testing.TB, credentials ...Credential) *Store {
	t.Helper()
	s := &Store{}
	for _, c := range credentials {
		if c.Account == "" {
			c.Account = testAccount
		}
		if c.PrincipalARN == "" {
			c.PrincipalARN = "arn:aws:iam::" + testAccount + ":user/" + c.AccessKeyID
		}
		if err := s.Put(c); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	v, ok := parseTime(text)
	if !ok {
		t.Fatalf("bad time %q", text)
	}
	return v
}

// vectors are signatures made by the SDKs' and the AWS CLI's own tests.
var vectors = []struct {
	name, key, secret, session, host, date, action, expires, signature string
}{
	{"go connect", "akid", "secret", "", "peccy.dsql.us-east-1.on.aws", "20240827T000000Z", "DbConnect", "900", "620652854c11c160cfd32458713b81b093603a327a5eacee5dbd7a4f9d144734"},
	{"go admin", "akid", "secret", "", "peccy.dsql.us-east-1.on.aws", "20240827T000000Z", "DbConnectAdmin", "900", "09ef3e757d2ff35267cd7c40bd8404e238d44504979d45de65ef1f6498fadb24"},
	{"go 450 seconds", "akid", "secret", "", "peccy.dsql.us-east-1.on.aws", "20240827T000000Z", "DbConnect", "450", "f5f2ad764ca5df44045d4ab6ccecba0eef941b0007e5765885a0b6ed3702a3f8"},
	{"session token", "akid", "secret", "sess/ion+tok=en", "peccy.dsql.us-east-1.on.aws", "20240827T000000Z", "DbConnectAdmin", "900", "57790f456e120a400e678db6105d5654c36e4813ffc0406e7d2a9e8d50cb9afd"},
	{"cli connect", "access_key", "secret_key", "", "test.dsql.us-east-1.on.aws", "20241107T173933Z", "DbConnect", "900", "e319d85380261f643d78a558f76257f05aacea758a6ccd42a2510e2ae0854a47"},
	{"cli admin", "access_key", "secret_key", "", "test.dsql.us-east-1.on.aws", "20241107T173933Z", "DbConnectAdmin", "900", "a08adc4c84a490014ce374b90c98ba9ed015b77b451c0d9f9fb3f8ca8c6f9c36"},
}

func TestTokenVectors(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			now := at(t, v.date)
			c := Credential{AccessKeyID: v.key, SecretAccessKey: v.secret, SessionToken: v.session}
			if v.session != "" {
				c.Expires = now.Add(time.Hour)
			}
			s := storeOf(t, c)
			user := "app"
			if v.action == ActionConnectAdmin {
				user = AdminUser
			}
			life, _ := parseExpires(v.expires)
			text, err := SignToken(c, TokenRequest{Host: v.host, Region: "us-east-1", User: user, Expires: life}, now)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(text, "&X-Amz-Signature="+v.signature) {
				t.Fatalf("signed %s", text)
			}
			id, _, _ := strings.Cut(v.host, ".")
			want := TokenExpectation{ClusterID: id, Region: "us-east-1", Account: testAccount, User: user}
			// The forms generators print: with a slash, without, and sorted.
			query := text[strings.Index(text, "?")+1:]
			values, _ := url.ParseQuery(query)
			for _, form := range []string{text, v.host + "?" + query, v.host + "/?" + values.Encode(), strings.ToUpper(v.host) + "?" + query} {
				who, err := VerifyToken(form, want, s, now)
				if err != nil {
					t.Fatalf("%s: %v", form, err)
				}
				if who.AccessKeyID != v.key || who.Account != testAccount || who.Region != "us-east-1" || who.PrincipalARN == "" {
					t.Fatalf("identity %+v", who)
				}
			}
		})
	}
}

type staticProvider aws.Credentials

func (p staticProvider) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials(p), nil
}

func TestTokenOfTheSDK(t *testing.T) {
	now := time.Now()
	c := Credential{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "s3cret", SessionToken: "a/b+c==", Expires: now.Add(time.Hour)}
	s := storeOf(t, c)
	provider := staticProvider{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
	for _, host := range []string{"abc.dsql.eu-west-1.on.aws", "https://abc.dsql.eu-west-1.on.aws", "abc.dsql-fnh4.eu-west-1.on.aws"} {
		text, err := auth.GenerateDbConnectAuthToken(t.Context(), host, "eu-west-1", provider)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := VerifyToken(text, TokenExpectation{"abc", "eu-west-1", testAccount, "app"}, s, now); err != nil {
			t.Errorf("%s: %v", host, err)
		}
		admin, err := auth.GenerateDBConnectAdminAuthToken(t.Context(), host, "eu-west-1", provider)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := VerifyToken(admin, TokenExpectation{"abc", "eu-west-1", testAccount, "admin"}, s, now); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}

// resign makes a token of any parameters, so that rules other than the signature's can be broken one by one.
func resign(secret, host string, params []parameter) string {
	tok := token{host: host, params: params}
	for _, p := range params {
		switch p.name {
		case "X-Amz-Credential":
			tok.scope, _ = parseScope(p.value)
		case "X-Amz-Date":
			tok.date, _ = parseTime(p.value)
		}
	}
	text := host + "/?"
	for _, p := range params {
		text += escape(p.name, false) + "=" + escape(p.value, false) + "&"
	}
	return text + "X-Amz-Signature=" + sign(secret, tok.scope, tok.date, tok.canonicalRequest())
}

// tokenTest changes a good token in one place.
type tokenTest struct {
	name   string
	set    map[string]string // changed parameters; "" drops one
	host   string
	user   string
	now    time.Time
	extra  []parameter
	secret string
	hint   string // "" accepts
}

func tokenTests(now time.Time) []tokenTest {
	return []tokenTest{
		{name: "good"},
		{name: "unknown parameters are signed and harmless", extra: []parameter{{"X-Amz-User-Agent", "a b"}}},
		{name: "wrong secret", secret: "other", hint: "signature we calculated does not match"},
		{name: "no action", set: map[string]string{"Action": ""}, hint: `no parameter "Action"`},
		{name: "other action", set: map[string]string{"Action": "DbDrop"}, hint: "Action must be"},
		{name: "two actions", extra: []parameter{{"Action", "DbConnect"}}, hint: "more than one"},
		{name: "duplicate date", extra: []parameter{{"X-Amz-Date", "20261123T150000Z"}}, hint: "more than one"},
		{name: "connect as admin", set: map[string]string{"Action": "DbConnect"}, hint: "Wrong user to action mapping. user: admin, action: DbConnect"},
		{name: "admin token as app", user: "app", hint: "Wrong user to action mapping. user: app, action: DbConnectAdmin"},
		{name: "other algorithm", set: map[string]string{"X-Amz-Algorithm": "AWS4-ECDSA-P256-SHA256"}, hint: "X-Amz-Algorithm"},
		{name: "more signed headers", set: map[string]string{"X-Amz-SignedHeaders": "host;x"}, hint: "X-Amz-SignedHeaders"},
		{name: "short scope", set: map[string]string{"X-Amz-Credential": "AKIA1/20261123/us-east-1/dsql"}, hint: "5 slash-delimited"},
		{name: "other service", set: map[string]string{"X-Amz-Credential": "AKIA1/20261123/us-east-1/rds-db/aws4_request"}, hint: "correct service: 'dsql'"},
		{name: "other terminator", set: map[string]string{"X-Amz-Credential": "AKIA1/20261123/us-east-1/dsql/aws5_request"}, hint: "valid terminator"},
		{name: "other Region", set: map[string]string{"X-Amz-Credential": "AKIA1/20261123/us-east-2/dsql/aws4_request"}, hint: "valid region"},
		{name: "other day in scope", set: map[string]string{"X-Amz-Credential": "AKIA1/20261122/us-east-1/dsql/aws4_request"}, hint: "Date in Credential scope"},
		{name: "unknown key", set: map[string]string{"X-Amz-Credential": "AKIA2/20261123/us-east-1/dsql/aws4_request"}, hint: unrecognizedClientText},
		{name: "bad date", set: map[string]string{"X-Amz-Date": "2026-11-23"}, hint: "ISO-8601"},
		{name: "other cluster", host: "abd.dsql.us-east-1.on.aws", hint: "another endpoint"},
		{name: "other Region's host", host: "abc.dsql.us-east-2.on.aws", hint: "another endpoint"},
		{name: "other domain", host: "abc.dsql.us-east-1.on.aws.evil.example", hint: "another endpoint"},
		{name: "port", host: "abc.dsql.us-east-1.on.aws:5432", hint: "another endpoint"},
		{name: "no PrivateLink suffix", host: "abc.dsql-.us-east-1.on.aws", hint: "another endpoint"},
		{name: "dots in PrivateLink suffix", host: "abc.dsql-a.b.us-east-1.on.aws", hint: "another endpoint"},
		{name: "PrivateLink host", host: "abc.dsql-fnh4.us-east-1.on.aws"},
		{name: "a week", set: map[string]string{"X-Amz-Expires": "604800"}, now: now.Add(6 * 24 * time.Hour)},
		{name: "over a week", set: map[string]string{"X-Amz-Expires": "604801"}, hint: "between 1 and 604800"},
		{name: "a month", set: map[string]string{"X-Amz-Expires": "2592000"}, hint: "between 1 and 604800"},
		{name: "zero life", set: map[string]string{"X-Amz-Expires": "0"}, hint: "between 1 and 604800"},
		{name: "negative life", set: map[string]string{"X-Amz-Expires": "-1"}, hint: "between 1 and 604800"},
		{name: "fractional life", set: map[string]string{"X-Amz-Expires": "9e2"}, hint: "between 1 and 604800"},
		{name: "last moment", now: now.Add(15*time.Minute - 1)},
		{name: "expired", now: now.Add(15 * time.Minute), hint: "Signature expired: 20261123T151500Z is now earlier than 20261123T151500Z"},
		{name: "clock behind", now: now.Add(-skew)},
		{name: "not yet", now: now.Add(-skew - time.Second), hint: "Signature not yet current: 20261123T150000Z is still later than 20261123T145959Z (20261123T145459Z + 5 min.)"},
		{name: "temporary", set: map[string]string{"X-Amz-Credential": "ASIA1/20261123/us-east-1/dsql/aws4_request", "X-Amz-Security-Token": "session"}},
		{name: "temporary without session token", set: map[string]string{"X-Amz-Credential": "ASIA1/20261123/us-east-1/dsql/aws4_request"}, hint: unrecognizedClientText},
		{name: "other session token", set: map[string]string{"X-Amz-Credential": "ASIA1/20261123/us-east-1/dsql/aws4_request", "X-Amz-Security-Token": "Session"}, hint: unrecognizedClientText},
		{name: "session token of a permanent key", set: map[string]string{"X-Amz-Security-Token": "session"}, hint: unrecognizedClientText},
		{name: "credential ended before the token", now: now.Add(10 * time.Minute), set: map[string]string{"X-Amz-Credential": "ASIA1/20261123/us-east-1/dsql/aws4_request", "X-Amz-Security-Token": "session"}, hint: expiredTokenText},
	}
}

func TestTokenRefusals(t *testing.T) {
	const host = "abc.dsql.us-east-1.on.aws"
	now := at(t, "20261123T150000Z")
	permanent := Credential{AccessKeyID: "AKIA1", SecretAccessKey: "secret"}
	temporary := Credential{AccessKeyID: "ASIA1", SecretAccessKey: "secret", SessionToken: "session", Expires: now.Add(10 * time.Minute)}
	s := storeOf(t, permanent, temporary)
	good := map[string]string{
		"Action": "DbConnectAdmin", "X-Amz-Algorithm": algorithm, "X-Amz-Credential": "AKIA1/20261123/us-east-1/dsql/aws4_request",
		"X-Amz-Date": "20261123T150000Z", "X-Amz-Expires": "900", "X-Amz-SignedHeaders": "host",
	}
	names := []string{"Action", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Security-Token"}
	for _, tt := range tokenTests(now) {
		t.Run(tt.name, func(t *testing.T) {
			var params []parameter
			for _, n := range names {
				v, changed := tt.set[n]
				if !changed {
					v = good[n]
				}
				if v != "" {
					params = append(params, parameter{n, v})
				}
			}
			params = append(params, tt.extra...)
			h, user, clock, secret := host, AdminUser, now, "secret"
			if tt.host != "" {
				h = tt.host
			}
			if tt.user != "" {
				user = tt.user
			}
			if !tt.now.IsZero() {
				clock = tt.now
			}
			if tt.secret != "" {
				secret = tt.secret
			}
			_, err := VerifyToken(resign(secret, h, params), TokenExpectation{"abc", "us-east-1", testAccount, user}, s, clock)
			expectHint(t, err, tt.hint)
		})
	}
}

func expectHint(t *testing.T, err error, hint string) {
	t.Helper()
	if hint == "" {
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	var refused *TokenError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a TokenError", err)
	}
	if !strings.Contains(refused.Hint, hint) || refused.Message() != AccessDenied {
		t.Fatalf("hint %q, want %q", refused.Hint, hint)
	}
}

func TestTokenOfAnotherAccount(t *testing.T) {
	now := at(t, "20261123T150000Z")
	c := Credential{AccessKeyID: "AKIA1", SecretAccessKey: "secret", Account: "999999999999"}
	text, err := SignToken(c, TokenRequest{Host: "abc.dsql.us-east-1.on.aws", Region: "us-east-1", User: "admin"}, now)
	if err != nil {
		t.Fatal(err)
	}
	_, err = VerifyToken(text, TokenExpectation{"abc", "us-east-1", testAccount, "admin"}, storeOf(t, c), now)
	expectHint(t, err, "is not authorized to perform: dsql:DbConnectAdmin")
}

func TestTokenGarbage(t *testing.T) {
	s := storeOf(t, Credential{AccessKeyID: "AKIA1", SecretAccessKey: "secret"})
	for _, text := range []string{"", "?", "password", "abc.dsql.us-east-1.on.aws", "abc?Action=%", "abc?Action=%zz", "abc?" + strings.Repeat("a=b&", 1<<14)} {
		if _, err := VerifyToken(text, TokenExpectation{"abc", "us-east-1", testAccount, "admin"}, s, time.Now()); err == nil {
			t.Errorf("%.40q accepted", text)
		}
	}
	if _, err := VerifyToken("", TokenExpectation{}, &Store{}, time.Now()); err == nil {
		t.Error("the empty expectation accepts")
	}
}

func TestSignTokenRefusals(t *testing.T) {
	now := at(t, "20261123T150000Z")
	c := Credential{AccessKeyID: "ASIA1", SecretAccessKey: "secret", SessionToken: "session", Expires: now.Add(10 * time.Minute)}
	for _, r := range []TokenRequest{
		{Region: "us-east-1"},
		{Host: "a b", Region: "us-east-1"},
		{Host: "abc"},
		{Host: "abc", Region: "us-east-1", Expires: 604801 * time.Second},
		{Host: "abc", Region: "us-east-1", Expires: -time.Second},
	} {
		if text, err := SignToken(c, r, now); err == nil {
			t.Errorf("%+v gave %s", r, text)
		}
	}
	if _, err := SignToken(c, TokenRequest{Host: "abc", Region: "us-east-1"}, now.Add(time.Hour)); err == nil {
		t.Error("an expired credential signs")
	}
	text, err := SignToken(c, TokenRequest{Host: "https://abc/", Region: "us-east-1"}, now)
	if err != nil || !strings.HasPrefix(text, "abc/?Action=DbConnect&") || !strings.Contains(text, "X-Amz-Expires=600&") {
		t.Errorf("%s %v: the life is cut to the credential's", text, err)
	}
}

func FuzzVerifyToken(f *testing.F) {
	now := at(f, "20261123T150000Z")
	c := Credential{AccessKeyID: "AKIA1", SecretAccessKey: "secret"}
	s := storeOf(f, c)
	good, err := SignToken(c, TokenRequest{Host: "abc.dsql.us-east-1.on.aws", Region: "us-east-1", User: "admin"}, now)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("abc?Action=DbConnect&X-Amz-Signature=%")
	f.Add("")
	want := TokenExpectation{"abc", "us-east-1", testAccount, "admin"}
	f.Fuzz(func(t *testing.T, text string) {
		who, err := VerifyToken(text, want, s, now)
		if err != nil {
			var refused *TokenError
			if !errors.As(err, &refused) || refused.Hint == "" {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		// Nobody but the signer makes an accepted token, so it says what was signed.
		parsed, hint := parseToken(text)
		signed, _ := parseToken(good)
		if hint != "" || parsed.signature != signed.signature || who.AccessKeyID != "AKIA1" {
			t.Fatalf("forged %q", text)
		}
	})
}

func BenchmarkVerifyToken(b *testing.B) {
	now := at(b, "20261123T150000Z")
	c := Credential{AccessKeyID: "AKIA1", SecretAccessKey: "secret"}
	s := storeOf(b, c)
	text, _ := SignToken(c, TokenRequest{Host: "abc.dsql.us-east-1.on.aws", Region: "us-east-1", User: "admin"}, now)
	for b.Loop() {
		if _, err := VerifyToken(text, TokenExpectation{"abc", "us-east-1", testAccount, "admin"}, s, now); err != nil {
			b.Fatal(err)
		}
	}
}
