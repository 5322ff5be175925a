package iam

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// Documents that are refused, and what is said about them.
func TestPolicyGrammar(t *testing.T) {
	const s = `"Effect":"Allow","Action":"dsql:*","Resource":"*"`
	for _, c := range []struct {
		kind       PolicyKind
		text, want string
	}{
		{IdentityPolicy, `{"Version":"2012-10-17","Statement":{` + s + `}}`, ""},
		{IdentityPolicy, `{"Id":"x","Statement":[{"Sid":"a",` + s + `},{"Sid":"b",` + s + `}]}`, ""},
		{IdentityPolicy, `{"Statement":[{"Sid":"a",` + s + `},{"Sid":"a",` + s + `}]}`, "appears twice"},
		{IdentityPolicy, `{"Version":"2020-01-01","Statement":{` + s + `}}`, "Version"},
		{IdentityPolicy, `{"Statement":[]}`, "Statement"},
		{IdentityPolicy, `{"Statement":{` + s + `,"Principal":"*"}}`, "names no Principal"},
		{IdentityPolicy, `{"Statement":{` + s + `,"Extra":1}}`, "unknown element"},
		{IdentityPolicy, `{"Statement":{` + s + `,"NotAction":"x:Y"}}`, "exclude each other"},
		{IdentityPolicy, `{"Statement":{"Effect":"Allow","Action":"dsql:*"}}`, "Resource or NotResource is required"},
		{IdentityPolicy, `{"Statement":{"Effect":"allow","Action":"dsql:*","Resource":"*"}}`, "Effect"},
		{IdentityPolicy, `{"Statement":{"Effect":"Allow","Action":"GetCluster","Resource":"*"}}`, "service:action"},
		{IdentityPolicy, `{"Statement":{` + s + `},"Statement":[]}`, "twice"},
		{IdentityPolicy, `{"Statement":{` + s + `}} x`, "valid JSON"},
		{IdentityPolicy, `{"Statement":{` + s + `,"Condition":{"StringResembles":{"a":"b"}}}}`, "unknown condition operator"},
		{IdentityPolicy, `{"Statement":{` + s + `,"Condition":{"NullIfExists":{"a":"true"}}}}`, "unknown condition operator"},
		{IdentityPolicy, `{"Statement":{` + s + `,"Condition":{"NotBool":{"a":"true"}}}}`, "unknown condition operator"},
		{IdentityPolicy, `{"Statement":{` + s + `,"Condition":{"StringEquals":{"a":{}}}}}`, "bad key or value"},
		{IdentityPolicy, `[`, "valid JSON"},
		{IdentityPolicy, strings.Repeat(`[`, 100), "too deeply"},
		{IdentityPolicy, `{"Statement":{` + s + `},"Id":"` + strings.Repeat("x", PolicyCharactersMax) + `"}`, "longer than"},
		{ResourcePolicy, `{"Statement":{` + s + `}}`, "Principal or NotPrincipal is required"},
		{ResourcePolicy, `{"Statement":{` + s + `,"Principal":{"Robot":"x"}}}`, "unknown kind of principal"},
		{TrustPolicy, `{"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}`, ""},
		{TrustPolicy, `{"Statement":{` + s + `,"Principal":"*"}}`, "names no Resource"},
	} {
		_, err := ParsePolicy(c.kind, []byte(c.text))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.200s: %v, want %q", c.text, err, c.want)
		}
	}
}

// Every operator of the service is known, with its prefixes and suffix, and nothing else is.
func TestOperators(t *testing.T) {
	for name, want := range map[string]bool{
		"StringEquals": true, "StringNotEqualsIgnoreCaseIfExists": true, "ForAllValues:StringNotLike": true, "ForAnyValue:ArnLike": true,
		"NumericLessThanEqualsIfExists": true, "DateGreaterThan": true, "DateNotEquals": true, "Bool": true, "BoolIfExists": true, "Null": true, "BinaryEquals": true,
		"NotIpAddress": true, "IpAddressIfExists": true, "ArnNotEquals": true, "ForAnyValue:NumericEquals": true,
		"stringequals": false, "StringEqual": false, "StringNotLikeIgnoreCase": false, "NumericNotLessThan": false, "BoolEquals": false,
		"Binary": false, "NullIfExists": false, "ForAllValues:": false, "ForSome:StringEquals": false, "StringEqualsIfExistsIfExists": false, "": false,
	} {
		if _, ok := parseOperator(name); ok != want {
			t.Errorf("%s: known is %v", name, ok)
		}
	}
}

func TestParseDate(t *testing.T) {
	for text, want := range map[string]string{
		"2026": "2026-01-01T00:00:00Z", "2026-02": "2026-02-01T00:00:00Z", "2026-02-03": "2026-02-03T00:00:00Z",
		"2026-02-03T04:05Z": "2026-02-03T04:05:00Z", "2026-02-03T04:05:06.5+01:00": "2026-02-03T03:05:06.5Z",
		"1767225600": "2026-01-01T00:00:00Z", "soon": "", "99999999999999999999": "", "2026-13": "",
	} {
		got := ""
		if d, ok := parseDate(text); ok {
			got = d.UTC().Format(time.RFC3339Nano)
		}
		if got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

// Policies of hostile form take a bounded time.
func TestMatchIsBounded(t *testing.T) {
	text := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"k":"` + strings.Repeat("*a", 9000) + `b"}}}}`
	s, who := (&block{principal: "user/a", identity: []string{text}}).store(t)
	began := time.Now()
	if s.Authorize(who, Access{Action: "x:Y", Resource: "*", Context: map[string][]string{"k": {strings.Repeat("a", valueBytesMax)}}}) == nil {
		t.Error("allowed")
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

// Whatever a document is, reading it does not panic, and what was read decides.
func FuzzPolicy(f *testing.F) {
	for _, text := range []string{
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"dsql:*","Resource":"${aws:username, 'x'}*"}]}`,
		`{"Statement":{"Effect":"Deny","NotPrincipal":{"AWS":["111122223333"]},"NotAction":"a:b","NotResource":"arn:aws:dsql:us-east-1","Condition":{"ForAllValues:StringLike":{"k":["*","?"]},"Null":{"a":true},"DateLessThan":{"d":"2026"},"NumericEquals":{"n":1e9},"IpAddress":{"i":"::/0"},"ArnLike":{"r":"arn:*"},"BinaryEquals":{"b":"QQ=="}}}}`,
		`{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"k":"${*}${"}}}}`,
	} {
		f.Add([]byte(text), "k", "value", "arn:aws:dsql:us-east-1:111122223333:cluster/a")
	}
	s, who := (&block{principal: "session/app/s1"}).store(f)
	denied, _ := (&block{principal: "session/app/s1", identity: []string{`{"Effect":"Deny","Action":"*","Resource":"*"}`}}).store(f)
	f.Fuzz(func(t *testing.T, text []byte, key, value, resource string) {
		if len(text) > 4096 || len(value) > 512 || len(resource) > 512 {
			return
		}
		for _, kind := range []PolicyKind{IdentityPolicy, TrustPolicy, ResourcePolicy} {
			p, err := ParsePolicy(kind, text)
			if (p == nil) != (err != nil) {
				t.Fatalf("both or neither of a policy and an error: %v, %v", p, err)
			}
		}
		a := Access{Action: "dsql:GetCluster", Resource: resource, Context: map[string][]string{key: {value}, "aws:TagKeys": {key, value}}, ResourcePolicy: text}
		before := s.Authorize(who, a)
		if _, err := ParsePolicy(ResourcePolicy, text); err != nil && before == nil {
			t.Fatal("a policy that is not understood allows")
		}
		// Adding a Deny of everything to an identity never allows more.
		if denied.Authorize(who, a) == nil {
			t.Fatal("a denial of everything was overruled")
		}
	})
}

// An operator that is not one of the service's never makes a document, so it never allows.
func FuzzOperator(f *testing.F) {
	f.Add("StringEquals", "k", "v", "v")
	f.Add("StringResembles", "k", "v", "v")
	f.Add("ForAnyValue:NumericLessThanIfExists", "n", "5", "4")
	f.Fuzz(func(t *testing.T, name, key, want, value string) {
		o, ok := parseOperator(name)
		if !ok {
			condition, _ := json.Marshal(map[string]any{name: map[string]string{key: want}})
			text := `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":` + string(condition) + `}}`
			if _, err := ParsePolicy(IdentityPolicy, []byte(text)); err == nil {
				t.Fatalf("the operator %q makes a policy", name)
			}
			return
		}
		c := newCondition(name, o, key, []string{want}, true)
		c.holds(facts{strings.ToLower(key): {value}}, true)
		c.holds(facts{}, true)
		lenient, strict := c.holds(facts{strings.ToLower(key): {value}}, false), c.holds(facts{strings.ToLower(key): {value}}, true)
		if strict && !lenient {
			t.Fatal("an Allow's condition holds where a Deny's does not")
		}
	})
}

func BenchmarkAuthorize(b *testing.B) {
	s, who := (&block{principal: "user/alice", identity: []string{
		`{"Effect":"Allow","Action":["dsql:Get*","dsql:List*"],"Resource":"arn:aws:dsql:*:111122223333:cluster/*","Condition":{"StringEquals":{"aws:ResourceTag/team":"red"}}}`,
	}}).store(b)
	a := Access{Action: "dsql:GetCluster", Resource: "arn:aws:dsql:us-east-1:111122223333:cluster/a", Context: map[string][]string{"aws:ResourceTag/team": {"red"}},
		ResourcePolicy: []byte(`{"Statement":{"Effect":"Deny","Principal":"*","Action":"dsql:DbConnect","Resource":"*"}}`)}
	for b.Loop() {
		if err := s.Authorize(who, a); err != nil {
			b.Fatal(err)
		}
	}
}
