package controlplane

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestCreateConstraints(t *testing.T) {
	a := testAPI(t, nil)
	long := strings.Repeat("x", 129)
	many := map[string]string{}
	for i := range 201 {
		many[fmt.Sprint("k", i)] = ""
	}
	manyTags, _ := json.Marshal(map[string]any{"tags": many})
	for _, tt := range []struct{ body, field, message string }{
		{`{"clientToken":""}`, "clientToken", "Value with length 0 at '/clientToken' failed to satisfy constraint: Member must have length between 1 and 128, inclusive"},
		{`{"clientToken":"` + long + `"}`, "clientToken", "Value with length 129"},
		{`{"clientToken":"ü"}`, "clientToken", "Value at '/clientToken' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[!-~]+$"},
		{`{"clientToken":"a\n"}`, "clientToken", "pattern"},
		{`{"kmsEncryptionKey":""}`, "kmsEncryptionKey", "length between 1 and 2048"},
		{`{"kmsEncryptionKey":"a b"}`, "kmsEncryptionKey", "^[a-zA-Z0-9:/_-]+$"},
		{`{"kmsEncryptionKey":"hello"}`, "kmsEncryptionKey", "key ARN"},
		{`{"kmsEncryptionKey":"arn:aws:s3:::bucket"}`, "kmsEncryptionKey", "key ARN"},
		{`{"policy":""}`, "policy", "Value with length 0 at '/policy'"},
		{`{"policy":"` + strings.Repeat("x", 20481) + `"}`, "policy", "Value with length 20481"},
		{`{"tags":{"":"x"}}`, "tags", "Value with length 0 at '/tags'"},
		{`{"tags":{"` + long + `":"x"}}`, "tags", "Value with length 129 at '/tags'"},
		{`{"tags":{"a#":"x"}}`, "tags", "pattern"},
		{`{"tags":{"aws:a":"x"}}`, "tags", "reserved prefix"},
		{`{"tags":{"a":"` + strings.Repeat("x", 257) + `"}}`, "tags.a", "Value with length 257 at '/tags/a'"},
		{`{"tags":{"a":"!"}}`, "tags.a", "pattern"},
		{string(manyTags), "tags", "Value with length 201"},
	} {
		w, m := ask(t, a, "POST", "/cluster", tt.body)
		asked(t, w, "ValidationException", 400, reasonFieldValidation, tt.message)
		fields, _ := m["fieldList"].([]any)
		if len(fields) == 0 || fields[0].(map[string]any)["name"] != tt.field {
			t.Errorf("%.60s: fields %v", tt.body, fields)
		}
	}
	for _, body := range []string{
		`{"tags":{"a":"","` + strings.Repeat("k", 128) + `":"` + strings.Repeat("v", 256) + `","A z0_.:/=+-@":"A z0_.:/=+-@"}}`,
		`{"kmsEncryptionKey":"AWS_OWNED_KMS_KEY","clientToken":"!~"}`,
	} {
		if w, _ := ask(t, a, "POST", "/cluster", body); w.Code != 200 {
			t.Errorf("%s: %s", body, w.Body)
		}
	}
}

// A customer key is well-formed and does not exist.
func TestCustomerKeys(t *testing.T) {
	a := testAPI(t, nil)
	for key, message := range map[string]string{
		"1234abcd-12ab-34cd-56ef-1234567890ab": "does not exist",
		"mrk-1234abcd12ab34cd56ef1234567890ab": "does not exist",
		"alias/my-key":                         "alias alias/my-key does not exist",
		"arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab": "does not exist",
		"arn:aws:kms:us-east-1:123456789012:alias/a/b":                                "does not exist",
		"arn:aws:kms:us-east-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab": "not in Region us-east-1",
	} {
		w, _ := ask(t, a, "POST", "/cluster", `{"kmsEncryptionKey":"`+key+`"}`)
		asked(t, w, "ValidationException", 400, reasonOther, message)
	}
}

func TestMultiRegionConstraints(t *testing.T) {
	a := testAPI(t, nil)
	peer := func(region, account, id string) string {
		return `"arn:aws:dsql:` + region + `:` + account + `:cluster/` + id + `"`
	}
	ohio := peer("us-east-2", testAccount, someID)
	for _, tt := range []struct{ witness, clusters, message string }{
		{``, ``, "witnessRegion' failed to satisfy constraint: Member must not be null"},
		{`""`, ``, "must not be empty"},
		{`"us-east-1"`, ``, "must not be the Region of the cluster"},
		{`"mars-1"`, ``, "must be a Region of the service"},
		{`"` + strings.Repeat("x", 51) + `"`, ``, "Value with length 51"},
		{`"eu-west-1"`, ``, "must belong to one set"},
		{`"sa-east-1"`, ``, "must belong to one set"},
		{`"us-west-2"`, `"arn"`, "clusters/0' failed to satisfy constraint: Member must satisfy regular expression pattern"},
		{`"us-west-2"`, peer("cn-north-1", testAccount, someID), "regular expression pattern"},
		{`"us-west-2"`, ohio + "," + ohio, "unique values"},
		{`"us-west-2"`, peer("us-east-1", testAccount, someID), "in another Region"},
		{`"us-west-2"`, peer("us-west-2", testAccount, someID), "in the witness Region"},
		{`"us-west-2"`, peer("us-east-2", "999999999999", someID), "of the same account"},
		{`"us-west-2"`, peer("eu-west-1", testAccount, someID), "must belong to one set"},
		{`"us-west-2"`, ohio + "," + peer("us-east-2", testAccount, "a"+someID[1:]), "at most one cluster"},
		{`"us-west-2"`, ohio, "an existing cluster"},
	} {
		var parts []string
		if tt.witness != "" {
			parts = append(parts, `"witnessRegion":`+tt.witness)
		}
		if tt.clusters != "" {
			parts = append(parts, `"clusters":[`+tt.clusters+`]`)
		}
		w, _ := ask(t, a, "POST", "/cluster", `{"multiRegionProperties":{`+strings.Join(parts, ",")+`}}`)
		asked(t, w, "ValidationException", 400, reasonFieldValidation, tt.message)
	}
	// A Region outside every set cannot have one at all.
	v := &violations{}
	checkMultiRegion(v, &MultiRegionProperties{WitnessRegion: ptr("us-west-2")}, arnParts{region: "sa-east-1", account: testAccount}, false)
	if v.err() == nil {
		t.Error("sa-east-1 accepted")
	}
}

// A peer that exists but does not fit.
func TestUnfitPeers(t *testing.T) {
	a := testAPI(t, nil)
	ohio := tester
	ohio.Region = "us-east-2"
	single, err := a.CreateCluster(t.Context(), ohio, CreateClusterInput{})
	if err != nil {
		t.Fatal(err)
	}
	ireland, frankfurt := tester, tester
	ireland.Region, frankfurt.Region = "eu-west-1", "eu-central-1"
	london, err := a.CreateCluster(t.Context(), ireland, CreateClusterInput{MultiRegionProperties: &MultiRegionProperties{WitnessRegion: ptr("eu-west-2")}})
	if err != nil {
		t.Fatal(err)
	}
	for message, try := range map[string]func() error{
		"must be a multi-Region cluster": func() error {
			_, err := a.CreateCluster(t.Context(), tester, CreateClusterInput{MultiRegionProperties: &MultiRegionProperties{ptr("us-west-2"), []string{single.Arn}}})
			return err
		},
		"witness Region of the peer cluster, eu-west-2": func() error {
			_, err := a.CreateCluster(t.Context(), frankfurt, CreateClusterInput{MultiRegionProperties: &MultiRegionProperties{ptr("eu-west-3"), []string{london.Arn}}})
			return err
		},
		"must not change; it is eu-west-2": func() error {
			_, err := a.updateCluster(t.Context(), ireland, UpdateClusterInput{Identifier: london.Identifier, MultiRegionProperties: &MultiRegionProperties{WitnessRegion: ptr("eu-west-3")}})
			return err
		},
	} {
		if err := try(); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("got %v, want %q", err, message)
		}
	}
	// An update may leave the witness out, and name the cluster itself.
	if _, err := a.updateCluster(t.Context(), ireland, UpdateClusterInput{Identifier: london.Identifier, MultiRegionProperties: &MultiRegionProperties{Clusters: []string{london.Arn}}}); err != nil {
		t.Error(err)
	}
}

// policyTest is a policy and a part of the message that refuses it; "" accepts.
type policyTest struct{ policy, message string }

// policyStatementOf and denying write the policies of one statement.
func policyStatementOf(s string) string { return `{"Version":"2012-10-17","Statement":[{` + s + `}]}` }

func denying(principal, action, more string) string {
	return policyStatementOf(`"Effect":"Deny","Principal":` + principal + `,"Action":` + action + `,"Resource":"*"` + more)
}

const anyDSQL = `,"Action":"dsql:*","Resource":"*"`

// malformedPolicies: what breaks the grammar, or speaks of others.
func malformedPolicies() []policyTest {
	return []policyTest{
		{`{`, "not valid JSON"},
		{`[]`, "not a JSON object"},
		{`{}`, "Statement must be"},
		{`{"Statement":[]}`, "Statement must be"},
		{`{"Statement":[1]}`, "statement 1: it is not a JSON object"},
		{`{"Statement":{},"Extra":1}`, `unknown element "Extra"`},
		{`{"Version":"2020-01-01","Statement":{}}`, "Version must be"},
		{`{"Id":1,"Statement":{}}`, "Id must be"},
		{policyStatementOf(`"Effect":"allow","Principal":"*"` + anyDSQL), "Effect must be"},
		{policyStatementOf(`"Effect":"Deny"` + anyDSQL), "Principal or NotPrincipal is required"},
		{policyStatementOf(`"Effect":"Deny","Principal":"*","NotPrincipal":"*"` + anyDSQL), "exclude each other"},
		{policyStatementOf(`"Effect":"Deny","Principal":{}` + anyDSQL), "Principal must be"},
		{policyStatementOf(`"Effect":"Deny","Principal":{"Group":"*"}` + anyDSQL), "unknown kind of principal"},
		{policyStatementOf(`"Effect":"Deny","Principal":"me"` + anyDSQL), "Principal must be"},
		{policyStatementOf(`"Effect":"Allow","Principal":{"AWS":"me"}` + anyDSQL), "invalid principal"},
		{policyStatementOf(`"Effect":"Allow","Principal":{"AWS":"999999999999"}` + anyDSQL), "another account"},
		{policyStatementOf(`"Effect":"Allow","Principal":{"AWS":["123456789012","arn:aws:iam::999999999999:root"]}` + anyDSQL), "another account"},
		{policyStatementOf(`"Effect":"Deny","Principal":"*","Action":[],"Resource":"*"`), "Action must be"},
		{policyStatementOf(`"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"*"`), "invalid action"},
		{policyStatementOf(`"Effect":"Deny","Principal":"*","Action":"dsql","Resource":"*"`), "invalid action"},
		{policyStatementOf(`"Effect":"Deny","Principal":"*","Resource":"*"`), "Action or NotAction is required"},
		{policyStatementOf(`"Effect":"Deny","Principal":"*","Action":"*"`), "Resource or NotResource is required"},
		{policyStatementOf(`"Effect":"Deny","Principal":"*","Action":"*","Resource":"arn:aws:dsql:us-east-1:123456789012:cluster/other"`), "not the cluster"},
		{policyStatementOf(`"Effect":"Deny","Principal":"*","Sid":1` + anyDSQL), "Sid must be"},
		{policyStatementOf(`"Effect":"Deny","Principal":"*","Extra":1` + anyDSQL), `unknown element "Extra"`},
		{policyStatementOf(`"Effect":"Deny","Principal":"*","Condition":{"Like":{"a":"b"}}` + anyDSQL), "unknown condition operator"},
		{policyStatementOf(`"Effect":"Deny","Principal":"*","Condition":{"Null":{}}` + anyDSQL), "condition Null must be"},
		{policyStatementOf(`"Effect":"Deny","Principal":"*","Condition":{"Null":{"a":{}}}` + anyDSQL), "bad key or value"},
		{`{"Statement":[{"Sid":"a","Effect":"Deny","Principal":"*","Action":"dsql:DbConnect","Resource":"*"},{"Sid":"a","Effect":"Deny","Principal":"*","Action":"dsql:DbConnect","Resource":"*"}]}`, "appears twice"},
	}
}

// publicPolicies: what opens the cluster to the public, or nearly.
func publicPolicies() []policyTest {
	return []policyTest{
		{policyStatementOf(`"Effect":"Allow","Principal":"*"` + anyDSQL), "Block Public Access"},
		{policyStatementOf(`"Effect":"Allow","Principal":{"AWS":["*","123456789012"]}` + anyDSQL), "Block Public Access"},
		{policyStatementOf(`"Effect":"Allow","NotPrincipal":{"AWS":"123456789012"}` + anyDSQL), "Block Public Access"},
		{policyStatementOf(`"Effect":"Allow","Principal":"*","Condition":{"StringLike":{"aws:SourceVpc":"vpc-*"}}` + anyDSQL), "Block Public Access"},
		{policyStatementOf(`"Effect":"Allow","Principal":"*","Condition":{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}` + anyDSQL), "Block Public Access"},
		{policyStatementOf(`"Effect":"Allow","Principal":"*","Condition":{"StringEqualsIfExists":{"aws:SourceVpc":"vpc-1"}}` + anyDSQL), "Block Public Access"},
		{policyStatementOf(`"Effect":"Allow","Principal":"*","Condition":{"Bool":{"aws:PrincipalIsAWSService":false}}` + anyDSQL), "Block Public Access"},
		{policyStatementOf(`"Effect":"Allow","Principal":"*","Condition":{"IpAddress":{"aws:SourceIp":"1.2.3.4"}}` + anyDSQL), "Block Public Access"},
		{policyStatementOf(`"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}` + anyDSQL), ""},
		{policyStatementOf(`"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"AWS:sourcevpce":["vpce-1","vpce-2"]}}` + anyDSQL), ""},
		{policyStatementOf(`"Effect":"Allow","Principal":"*","Condition":{"Bool":{"aws:PrincipalIsAWSService":true}}` + anyDSQL), ""},
	}
}

// lockoutPolicies: what locks the author out, or nearly.
func lockoutPolicies(arn string) []policyTest {
	return []policyTest{
		{denying(`"*"`, `"dsql:*"`, ""), "would not allow its author"},
		{denying(`{"AWS":"123456789012"}`, `"dsql:putclusterpolicy"`, ""), "would not allow its author"},
		{denying(`{"AWS":"`+tester.PrincipalARN+`"}`, `["dsql:DbConnect","dsql:Delete*Policy"]`, ""), "would not allow its author"},
		{policyStatementOf(`"Effect":"Deny","Principal":"*","NotAction":"dsql:DbConnect","Resource":"*"`), "would not allow its author"},
		{policyStatementOf(`"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::123456789012:user/other"},"Action":"*","Resource":"*"`), "would not allow its author"},
		{denying(`{"AWS":"arn:aws:iam::123456789012:user/other"}`, `"dsql:*"`, ""), ""},
		{denying(`"*"`, `["dsql:DbConnect","dsql:DbConnectAdmin"]`, `,"Condition":{"Null":{"aws:SourceVpc":"true"}}`), ""},
		{denying(`"*"`, `"dsql:*"`, `,"Condition":{"Null":{"aws:SourceVpc":true}}`), ""},
		{policyStatementOf(`"Effect":"Deny","Principal":"*","Action":"*","NotResource":"` + arn + `"`), ""},
		{policyStatementOf(`"Effect":"Allow","Principal":{"AWS":["123456789012","arn:aws:iam::123456789012:role/path/r","arn:aws:iam::123456789012:root"],"Service":"backup.amazonaws.com"},"Action":["dsql:DbConnect","dsql:*"],"Resource":["*","` + arn + `"]`), ""},
		{`{"Id":"x","Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"*","Resource":"arn:aws:dsql:*:123456789012:cluster/ruab?lcu6*"}}`, ""},
	}
}

func TestPolicies(t *testing.T) {
	arn := clusterARN(tester.Region, testAccount, someID)
	for _, tt := range slices.Concat(malformedPolicies(), publicPolicies(), lockoutPolicies(arn)) {
		err := judgePolicy(tt.policy, tester, arn, false)
		if tt.message == "" {
			if err != nil {
				t.Errorf("%s: %v", tt.policy, err)
			}
			continue
		}
		if e := asError(err); err == nil || e.Reason != reasonOther || !strings.Contains(e.Message, tt.message) {
			t.Errorf("%s: got %v, want %q", tt.policy, err, tt.message)
		}
	}
	lockout := denying(`"*"`, `"dsql:*"`, "")
	if err := judgePolicy(lockout, tester, arn, true); err != nil {
		t.Errorf("the bypass does not work: %v", err)
	}
	if err := judgePolicy(policyStatementOf(`"Effect":"Allow","Principal":"*"`+anyDSQL), tester, arn, true); err == nil {
		t.Error("the bypass opens the cluster to the public")
	}
}

func TestWildcardMatch(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"*", "", true}, {"", "", true}, {"", "a", false}, {"a*c", "abbc", true}, {"a*c", "abcd", false}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{"*a*b*", "xxaxxbxx", true}, {"**", "x", true}, {"a*a*a*a*a*a*b", strings.Repeat("a", 2000), false}, {"*.*", "a.b", true},
	} {
		if got := wildcardMatch(tt.pattern, tt.text); got != tt.want {
			t.Errorf("%q %q: %v", tt.pattern, tt.text, got)
		}
	}
}

func FuzzPolicy(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"123456789012"},"Action":"dsql:*","Resource":"*","Condition":{"Null":{"aws:SourceVpc":true}}}]}`)
	f.Add(`{"Statement":{"Effect":"Allow","NotPrincipal":"*","NotAction":[],"NotResource":"?"}}`)
	arn := clusterARN(tester.Region, testAccount, someID)
	f.Fuzz(func(t *testing.T, text string) {
		err := judgePolicy(text, tester, arn, false)
		if err == nil {
			if p, err := parsePolicy(text); err != nil || p.locksOut(tester, arn) {
				t.Fatal("accepted a policy that locks out")
			}
			return
		}
		if e := asError(err); e.Type != "ValidationException" || e.Reason != reasonOther {
			t.Fatalf("refused with %v", err)
		}
	})
}

func FuzzPageToken(f *testing.F) {
	prefix := orderPrefixOf(testAccount, "us-east-1")
	f.Add(pageToken(orderKey(testAccount, "us-east-1", 1)))
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		if key, ok := readPageToken(token, prefix); ok && (pageToken(key) != token || !strings.HasPrefix(key, prefix)) {
			t.Fatalf("%q is read as %q", token, key)
		}
	})
}
