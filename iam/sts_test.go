package iam

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
)

const stsRegistry = `
accounts:
  "111122223333":
    users:
      alice:
        access_keys: [{id: AKIAALICE, secret: s3cret}]
        policies:
          assume: {Version: 2012-10-17, Statement: {Effect: Allow, Action: 'sts:*', Resource: '*'}}
      bob:
        access_keys: [{id: AKIABOB, secret: s3cret}]
    roles:
      app:
        path: /service/
        tags: {team: red}
        trust:
          Version: 2012-10-17
          Statement:
            - {Effect: Allow, Principal: {AWS: "111122223333"}, Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']}
        policies:
          all: {Version: 2012-10-17, Statement: {Effect: Allow, Action: ['dsql:*', 'sts:*'], Resource: '*'}}
      outside:
        trust:
          Version: 2012-10-17
          Statement:
            - Effect: Allow
              Principal: {AWS: ["arn:aws:iam::111122223333:user/bob", "444455556666"]}
              Action: sts:AssumeRole
              Condition: {StringEquals: {'sts:ExternalId': secret-handshake}}
      closed:
        trust: {Version: 2012-10-17, Statement: {Effect: Deny, Principal: '*', Action: 'sts:*'}}
  "444455556666":
    users:
      eve:
        access_keys: [{id: AKIAEVE, secret: s3cret}]
        policies:
          assume: {Version: 2012-10-17, Statement: {Effect: Allow, Action: 'sts:AssumeRole', Resource: '*'}}
`

// bench is an STS on a listener of its own.
type bench struct {
	store *Store
	url   string
	now   time.Time
	log   bytes.Buffer
}

func newSTS(t *testing.T) *bench {
	t.Helper()
	b := &bench{store: storeOf(t, Credential{AccessKeyID: "AKIAROOT", SecretAccessKey: "rootsecret", Account: tableAccount, PrincipalARN: rootARN(tableAccount)}), now: time.Now().UTC()}
	r, err := ParseRegistry([]byte(stsRegistry))
	must(t, err)
	must(t, b.store.Declare(r))
	server := httptest.NewServer(&STS{Store: b.store, Regions: []string{"us-east-1"}, Now: func() time.Time { return b.now }, Logger: slog.New(slog.NewJSONHandler(&b.log, nil))})
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

// client signs with a key pair of the registry.
func (b *bench) client(id, secret, token string) *sts.Client {
	return sts.New(sts.Options{
		Region: "us-east-1", BaseEndpoint: &b.url, Credentials: credentials.NewStaticCredentialsProvider(id, secret, token), RetryMaxAttempts: 1,
	})
}

func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

const appARN = "arn:aws:iam::111122223333:role/service/app"

// The SDK's provider assumes a role, and what it gets proves the session at both doors until it expires or the role is gone.
func TestAssumeRoleProvider(t *testing.T) {
	b, ctx := newSTS(t), t.Context()
	provider := stscreds.NewAssumeRoleProvider(b.client("AKIAALICE", "s3cret", ""), appARN, func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = "s1" })
	got, err := provider.Retrieve(ctx)
	must(t, err)
	if !got.CanExpire || got.Expires.Sub(b.now).Round(time.Minute) != 15*time.Minute || !strings.HasPrefix(got.AccessKeyID, "ASIA") || len(got.SecretAccessKey) != 40 {
		t.Errorf("got %s, expires %v", got.AccessKeyID, got.Expires)
	}
	who, err := b.client(got.AccessKeyID, got.SecretAccessKey, got.SessionToken).GetCallerIdentity(ctx, nil)
	must(t, err)
	const session = "arn:aws:sts::111122223333:assumed-role/app/s1"
	if *who.Arn != session || *who.Account != tableAccount || !strings.HasPrefix(*who.UserId, "AROA") || !strings.HasSuffix(*who.UserId, ":s1") {
		t.Errorf("%s, %s, %s", *who.Arn, *who.Account, *who.UserId)
	}
	c := Credential{AccessKeyID: got.AccessKeyID, SecretAccessKey: got.SecretAccessKey, SessionToken: got.SessionToken}
	want := TokenExpectation{ClusterID: "aaaaaaaaaaaaaaaaaaaaaaaaaa", Region: "us-east-1", Account: tableAccount, User: "admin"}
	password, err := SignToken(c, TokenRequest{Host: want.ClusterID + ".dsql.us-east-1.on.aws", Region: "us-east-1", User: "admin", Expires: 2 * time.Hour}, b.now)
	must(t, err)
	at := func(when time.Time) error {
		id, err := VerifyToken(password, want, b.store, when)
		if err == nil && (id.PrincipalARN != session || id.RoleARN() != appARN) {
			t.Errorf("the session is %s of %s", id.PrincipalARN, id.RoleARN())
		}
		return err
	}
	began := b.now
	must(t, at(began))
	if err := at(got.Expires); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("after its end: %v", err)
	}
	b.now = got.Expires
	if _, err := b.client(got.AccessKeyID, got.SecretAccessKey, got.SessionToken).GetCallerIdentity(ctx, nil); code(err) == "" {
		t.Error("an expired session calls")
	}
	must(t, b.store.Declare(&Registry{}))
	if at(began) == nil {
		t.Error("a session outlives its role")
	}
}

// A profile with role_arn and source_profile works with nothing but the endpoint's variable.
func TestRoleProfile(t *testing.T) {
	b := newSTS(t)
	file := t.TempDir() + "/config"
	writeRegistry(t, file, "[profile base]\naws_access_key_id = AKIAALICE\naws_secret_access_key = s3cret\n\n[profile app]\nrole_arn = "+appARN+
		"\nsource_profile = base\nrole_session_name = from-profile\nregion = us-east-1\n")
	t.Setenv("AWS_CONFIG_FILE", file)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_ENDPOINT_URL_STS", b.url)
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithSharedConfigProfile("app"))
	must(t, err)
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil)
	must(t, err)
	if *who.Arn != "arn:aws:sts::111122223333:assumed-role/app/from-profile" {
		t.Errorf("the profile is %s", *who.Arn)
	}
}

// Who may assume which role, and what is asked wrongly.
func TestAssumeRoleRefusals(t *testing.T) {
	b := newSTS(t)
	outside, closed := "arn:aws:iam::111122223333:role/outside", "arn:aws:iam::111122223333:role/closed"
	policy := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dsql:DbConnect","Resource":"*"}}`
	for _, c := range []struct {
		what, key string
		in        sts.AssumeRoleInput
		want      string
	}{
		{"both sides", "AKIAALICE", sts.AssumeRoleInput{RoleArn: aws.String(appARN)}, ""},
		{"root", "AKIAROOT", sts.AssumeRoleInput{RoleArn: aws.String(appARN)}, ""},
		{"the account is trusted, bob has no policy", "AKIABOB", sts.AssumeRoleInput{RoleArn: aws.String(appARN)}, "AccessDenied"},
		{"bob by name", "AKIABOB", sts.AssumeRoleInput{RoleArn: &outside, ExternalId: aws.String("secret-handshake")}, ""},
		{"no external id", "AKIABOB", sts.AssumeRoleInput{RoleArn: &outside}, "AccessDenied"},
		{"a wrong external id", "AKIABOB", sts.AssumeRoleInput{RoleArn: &outside, ExternalId: aws.String("guess")}, "AccessDenied"},
		{"not trusted, whatever alice's policies say", "AKIAALICE", sts.AssumeRoleInput{RoleArn: &outside, ExternalId: aws.String("secret-handshake")}, "AccessDenied"},
		{"another account, both sides", "AKIAEVE", sts.AssumeRoleInput{RoleArn: &outside, ExternalId: aws.String("secret-handshake")}, ""},
		{"another account, not trusted", "AKIAEVE", sts.AssumeRoleInput{RoleArn: aws.String(appARN)}, "AccessDenied"},
		{"a denial, even for root", "AKIAROOT", sts.AssumeRoleInput{RoleArn: &closed}, "AccessDenied"},
		{"no such role", "AKIAALICE", sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111122223333:role/none")}, "AccessDenied"},
		{"no role", "AKIAALICE", sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111122223333:user/alice")}, "ValidationError"},
		{"a bad name", "AKIAALICE", sts.AssumeRoleInput{RoleArn: aws.String(appARN), RoleSessionName: aws.String("a b")}, "ValidationError"},
		{"too short", "AKIAALICE", sts.AssumeRoleInput{RoleArn: aws.String(appARN), DurationSeconds: aws.Int32(899)}, "ValidationError"},
		{"longer than the role allows", "AKIAALICE", sts.AssumeRoleInput{RoleArn: aws.String(appARN), DurationSeconds: aws.Int32(3601)}, "ValidationError"},
		{"a session policy", "AKIAALICE", sts.AssumeRoleInput{RoleArn: aws.String(appARN), Policy: &policy}, ""},
		{"a bad session policy", "AKIAALICE", sts.AssumeRoleInput{RoleArn: aws.String(appARN), Policy: aws.String("{}")}, "MalformedPolicyDocument"},
		{"an unknown managed policy", "AKIAALICE", sts.AssumeRoleInput{RoleArn: aws.String(appARN), PolicyArns: []types.PolicyDescriptorType{{Arn: aws.String("arn:aws:iam::111122223333:policy/x")}}}, "ValidationError"},
		{"tags", "AKIAALICE", sts.AssumeRoleInput{RoleArn: aws.String(appARN), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}, ""},
		{"a tag twice", "AKIAALICE", sts.AssumeRoleInput{RoleArn: aws.String(appARN), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}, {Key: aws.String("A"), Value: aws.String("b")}}}, "ValidationError"},
		{"tags that the trust policy does not allow", "AKIABOB", sts.AssumeRoleInput{RoleArn: &outside, ExternalId: aws.String("secret-handshake"), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}}, "AccessDenied"},
		{"an unknown key", "AKIANOBODY", sts.AssumeRoleInput{RoleArn: aws.String(appARN)}, "InvalidClientTokenId"},
	} {
		if c.in.RoleSessionName == nil {
			c.in.RoleSessionName = aws.String("s1")
		}
		secret := "s3cret"
		if c.key == "AKIAROOT" {
			secret = "rootsecret"
		}
		_, err := b.client(c.key, secret, "").AssumeRole(t.Context(), &c.in)
		if got := code(err); got != c.want {
			t.Errorf("%s: %q, want %q: %v", c.what, got, c.want, err)
		}
	}
	if _, err := b.client("AKIAALICE", "wrong", "").GetCallerIdentity(t.Context(), nil); code(err) != "SignatureDoesNotMatch" {
		t.Errorf("a wrong secret: %v", err)
	}
	if log := b.log.String(); !strings.Contains(log, `"eventName":"AssumeRole"`) || !strings.Contains(log, `"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::`) || !strings.Contains(log, `"requestParameters":{"roleArn":"arn:aws:iam::`) || !strings.Contains(log, `"errorCode":"AccessDenied"`) || strings.Contains(log, "s3cret") || strings.Contains(log, "handshake") {
		t.Errorf("the audit's lines are %s", log)
	}
}

// Tags, session policies and the end of chains reach what decides.
func TestSessionContents(t *testing.T) {
	b, ctx := newSTS(t), t.Context()
	out, err := b.client("AKIAALICE", "s3cret", "").AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: aws.String(appARN), RoleSessionName: aws.String("s1"), SourceIdentity: aws.String("alice"),
		Policy: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["dsql:DbConnect","sts:*"],"Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"blue","aws:SourceIdentity":"alice"}}}}`),
		Tags:   []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}, TransitiveTagKeys: []string{"team"},
	})
	must(t, err)
	c, ok := b.store.claimed(*out.Credentials.AccessKeyId, *out.Credentials.SessionToken)
	if !ok {
		t.Fatal("the session is not known")
	}
	cluster := "arn:aws:dsql:us-east-1:111122223333:cluster/a"
	who := c.identity("us-east-1")
	must(t, b.store.Authorize(who, Access{Action: "dsql:DbConnect", Resource: cluster}))
	var d *Denied
	if err := b.store.Authorize(who, Access{Action: "dsql:DbConnectAdmin", Resource: cluster}); !errors.As(err, &d) || d.By != bySession {
		t.Errorf("beyond the session's policy: %v", err)
	}
	chain := b.client(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)
	if _, err := chain.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(appARN), RoleSessionName: aws.String("s2"), DurationSeconds: aws.Int32(3601)}); code(err) != "ValidationError" {
		t.Errorf("a chained session of more than an hour: %v", err)
	}
	next, err := chain.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(appARN), RoleSessionName: aws.String("s2")})
	must(t, err)
	c, _ = b.store.claimed(*next.Credentials.AccessKeyId, *next.Credentials.SessionToken)
	if c.session == nil || c.session.Tags["team"] != "blue" || c.session.SourceIdentity != "alice" {
		t.Errorf("inherited: %+v", c.session)
	}
	for _, forged := range []string{"", "x", *out.Credentials.SessionToken + "A", strings.Replace(*out.Credentials.SessionToken, "/", "/A", 1), strings.Repeat("A", sessionTokenBytesMax+1)} {
		if _, ok := b.store.claimed(*out.Credentials.AccessKeyId, forged); ok {
			t.Errorf("the token %.20q is accepted", forged)
		}
	}
	if _, ok := b.store.claimed(*next.Credentials.AccessKeyId, *out.Credentials.SessionToken); ok {
		t.Error("a token is accepted with another session's key")
	}
}

// The query protocol's errors, as raw requests get them.
func TestSTSWire(t *testing.T) {
	b := newSTS(t)
	post := func(form url.Values, edit func(*http.Request)) string {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, b.url+"/", strings.NewReader(form.Encode()))
		must(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if edit != nil {
			edit(r)
		}
		answer, err := http.DefaultClient.Do(r)
		must(t, err)
		defer answer.Body.Close()
		var text bytes.Buffer
		_, _ = text.ReadFrom(answer.Body)
		if answer.Header.Get("Content-Type") != "text/xml" {
			t.Errorf("Content-Type %s", answer.Header.Get("Content-Type"))
		}
		return text.String()
	}
	text := post(url.Values{"Action": {"GetCallerIdentity"}}, nil)
	if !strings.HasPrefix(text, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>MissingAuthenticationToken</Code>`) {
		t.Errorf("unsigned: %s", text)
	}
	text = post(url.Values{"Action": {strings.Repeat("x", stsBodyBytesMax)}}, nil)
	if !strings.Contains(text, "too large") {
		t.Errorf("large: %s", text)
	}
	for r, want := range map[string]bool{"POST /": true, "GET /?Action=GetCallerIdentity": true, "GET /": false, "POST /cluster": false, "GET /cluster?Action=x": false} {
		method, target, _ := strings.Cut(r, " ")
		if (&STS{}).Serves(httptest.NewRequest(method, target, nil)) != want {
			t.Errorf("%s is served: %v", r, !want)
		}
	}
}
