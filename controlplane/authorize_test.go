package controlplane

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/opendsql/opendsql/iam"
)

// asker notes what it is asked, and denies the question with a number.
type asker struct {
	mu    sync.Mutex
	asked []iam.Access
	deny  int // 0: nothing
	deaf  map[string]bool
}

func (k *asker) Authorize(who iam.Identity, access iam.Access) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked = append(k.asked, access)
	if len(k.asked) == k.deny || k.deaf[access.Action] && bytes.Contains(access.ResourcePolicy, []byte("Null")) {
		return &iam.Denied{Principal: who.PrincipalARN, Action: access.Action, Resource: access.Resource, By: "identity-based policy"}
	}
	return nil
}

// questions are what was asked since the last time, one line each.
func (k *asker) questions() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var lines []string
	for _, q := range k.asked {
		lines = append(lines, q.Action+" "+q.Resource)
	}
	k.asked = nil
	return lines
}

// permissionsOf lists, for a body of each operation, what must be asked. The names in angle brackets stand for ARNs.
func permissionsOf() []struct{ method, path, body, want string } {
	multi := `"multiRegionProperties":{"witnessRegion":"us-west-2","clusters":["<ohio>"]}`
	stream := `{"format":"JSON","ordering":"UNORDERED","targetDefinition":{"kinesis":{"streamArn":"arn:aws:kinesis:us-east-1:123456789012:stream/s","roleArn":"arn:aws:iam::123456789012:role/r"}}`
	return []struct{ method, path, body, want string }{
		{"POST", "/cluster", `{}`, "dsql:CreateCluster <new>"},
		{"POST", "/cluster", `{"tags":{"a":"b"}}`, "dsql:CreateCluster <new>, dsql:TagResource <new>"},
		{"POST", "/cluster", `{"policy":"{}"}`, "dsql:CreateCluster <new>, dsql:PutClusterPolicy <new>, dsql:DeleteClusterPolicy <new>"},
		{"POST", "/cluster", `{"multiRegionProperties":{"witnessRegion":"us-west-2"}}`, "dsql:CreateCluster <new>, dsql:PutMultiRegionProperties <new>, dsql:PutWitnessRegion <new>, dsql:PutWitnessRegion <new at the witness>"},
		{"POST", "/cluster", `{` + multi + `}`, "dsql:CreateCluster <new>, dsql:PutMultiRegionProperties <new>, dsql:PutWitnessRegion <new>, dsql:PutWitnessRegion <new at the witness>, dsql:AddPeerCluster <new>, dsql:AddPeerCluster <ohio>"},
		{"POST", "/cluster", `{"kmsEncryptionKey":"1234abcd-12ab-34cd-56ef-1234567890ab"}`, "dsql:CreateCluster <new>, kms:DescribeKey <key>, kms:Encrypt <key>, kms:Decrypt <key>, kms:ReEncryptFrom <key>, kms:ReEncryptTo <key>, kms:GenerateDataKey <key>"},
		{"GET", "/cluster/<id>", "", "dsql:GetCluster <own>"},
		{"POST", "/cluster/<id>", `{}`, "dsql:UpdateCluster <own>"},
		{"POST", "/cluster/<pair>", `{` + multi + `}`, "dsql:UpdateCluster <pair's>, dsql:GetCluster <pair's>, dsql:PutMultiRegionProperties <pair's>, dsql:PutWitnessRegion <pair's>, dsql:PutWitnessRegion <pair's at the witness>, dsql:AddPeerCluster <pair's>, dsql:AddPeerCluster <ohio>"},
		{"POST", "/cluster/<pair>", `{"multiRegionProperties":{"clusters":["<pair's>"]}}`, "dsql:UpdateCluster <pair's>, dsql:GetCluster <pair's>, dsql:PutMultiRegionProperties <pair's>, dsql:AddPeerCluster <pair's>, dsql:RemovePeerCluster <ohio>"},
		{"DELETE", "/cluster/<id>", "", "dsql:DeleteCluster <own>"},
		{"GET", "/cluster", "", "dsql:ListClusters *"},
		{"GET", "/clusters/<id>/vpc-endpoint-service-name", "", "dsql:GetVpcEndpointServiceName <own>"},
		{"POST", "/cluster/<id>/policy", `{"policy":"{}"}`, "dsql:PutClusterPolicy <own>, dsql:DeleteClusterPolicy <own>"},
		{"GET", "/cluster/<id>/policy", "", "dsql:GetClusterPolicy <own>"},
		{"DELETE", "/cluster/<id>/policy", "", "dsql:DeleteClusterPolicy <own>"},
		{"POST", "/tags/<own>", `{"tags":{"a":"b"}}`, "dsql:TagResource <own>"},
		{"DELETE", "/tags/<own>/stream/<id>?tagKeys=a", "", "dsql:UntagResource <own>/stream/<id>"},
		{"GET", "/tags/<own>", "", "dsql:ListTagsForResource <own>"},
		{"POST", "/stream/<id>", stream + `}`, "dsql:CreateStream <own>, iam:PassRole arn:aws:iam::123456789012:role/r"},
		{"POST", "/stream/<id>", stream + `,"tags":{"a":"b"}}`, "dsql:CreateStream <own>, dsql:TagResource <own>/stream/*, iam:PassRole arn:aws:iam::123456789012:role/r"},
		{"GET", "/stream/<id>/<id>", "", "dsql:GetStream <own>/stream/<id>"},
		{"DELETE", "/stream/<id>/<id>", "", "dsql:DeleteStream <own>/stream/<id>"},
		{"GET", "/stream/<id>", "", "dsql:ListStreams <own>"},
	}
}

// Every operation asks for all of its permissions, and is refused for want of any
// one of them before anything is looked up or changed.
func TestPermissions(t *testing.T) {
	k := &asker{}
	records := &MemoryRecords{}
	a := testAPI(t, func(c *Config) { c.Authorizer, c.Records = k, records })
	made, err := a.CreateCluster(t.Context(), tester, CreateClusterInput{})
	if err != nil {
		t.Fatal(err)
	}
	ohio := tester
	ohio.Region = "us-east-2"
	peer, err := a.CreateCluster(t.Context(), ohio, CreateClusterInput{MultiRegionProperties: &MultiRegionProperties{WitnessRegion: ptr("us-west-2")}})
	if err != nil {
		t.Fatal(err)
	}
	pair, err := a.CreateCluster(t.Context(), tester, CreateClusterInput{MultiRegionProperties: &MultiRegionProperties{ptr("us-west-2"), []string{peer.Arn}}})
	if err != nil {
		t.Fatal(err)
	}
	names := strings.NewReplacer("<id>", made.Identifier, "<own>", made.Arn, "<pair>", pair.Identifier, "<pair's>", pair.Arn, "<ohio>", peer.Arn,
		"<pair's at the witness>", clusterARN("us-west-2", testAccount, pair.Identifier), "<new>", clusterARN("us-east-1", testAccount, "*"), "<new at the witness>", clusterARN("us-west-2", testAccount, "*"),
		"<key>", "arn:aws:kms:us-east-1:"+testAccount+":key/1234abcd-12ab-34cd-56ef-1234567890ab")
	covered := map[string]bool{}
	for _, tt := range permissionsOf() {
		want := strings.Split(names.Replace(tt.want), ", ")
		path, body := names.Replace(tt.path), names.Replace(tt.body)
		before := maps.Clone(records.values)
		for i := range want {
			k.deny = i + 1
			w, _ := ask(t, a, tt.method, path, body)
			action, on, _ := strings.Cut(want[i], " ")
			asked(t, w, "AccessDeniedException", 403, "", "User: "+tester.PrincipalARN+" is not authorized to perform: "+action+" on resource: "+on+" because no identity-based policy allows the "+action+" action")
			if got := k.questions(); !slices.Equal(got, want[:i+1]) {
				t.Errorf("%s %s asked\n%v, want\n%v", tt.method, tt.path, got, want[:i+1])
			}
		}
		if !maps.EqualFunc(before, records.values, bytes.Equal) {
			t.Errorf("%s %s was denied and changed something", tt.method, tt.path)
		}
		o, _, _ := route(a.operations, tt.method, strings.Split(path, "?")[0])
		covered[o.name] = true
	}
	if len(covered) != len(a.operations) {
		t.Errorf("covered %v", covered)
	}
}

// The first cluster of an account takes one permission more.
func TestServiceLinkedRole(t *testing.T) {
	k := &asker{}
	a := testAPI(t, func(c *Config) { c.Authorizer = k })
	for i, want := range []int{2, 1} {
		if w, _ := ask(t, a, "POST", "/cluster", "{}"); w.Code != 200 {
			t.Fatal(w.Body)
		}
		q := k.questions()
		if len(q) != want || want == 2 && q[1] != "iam:CreateServiceLinkedRole arn:aws:iam::123456789012:role/aws-service-role/dsql.amazonaws.com/AWSServiceRoleForAuroraDsql" {
			t.Errorf("cluster %d: %v", i, q)
		}
	}
}

// The condition keys of a question: of the request, of the resource, of the parameters.
func TestConditionKeys(t *testing.T) {
	k := &asker{}
	a := testAPI(t, func(c *Config) { c.Authorizer = k })
	policy := policyStatementOf(`"Effect":"Deny","Principal":"*","Action":"dsql:DbConnect","Resource":"*"`)
	made, err := a.CreateCluster(t.Context(), tester, CreateClusterInput{Tags: map[string]string{"team": "blue"}, Policy: &policy})
	if err != nil {
		t.Fatal(err)
	}
	has := func(i int, policy string, want map[string][]string) {
		t.Helper()
		q := k.asked[i]
		for key, values := range want {
			if !slices.Equal(q.Context[key], values) {
				t.Errorf("%s: %s is %v, want %v", q.Action, key, q.Context[key], values)
			}
		}
		if string(q.ResourcePolicy) != policy {
			t.Errorf("%s: policy %s", q.Action, q.ResourcePolicy)
		}
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, signed(t, "POST", "/tags/"+made.Arn, `{"tags":{"b":"2","a":"1"}}`, func(r *http.Request) { r.Header.Set("User-Agent", "agent/1") }))
	has(0, policy, map[string][]string{"aws:ResourceTag/team": {"blue"}, "aws:RequestTag/a": {"1"}, "aws:RequestTag/b": {"2"}, "aws:TagKeys": {"a", "b"}, "aws:SourceIp": {"192.0.2.1"},
		"aws:SecureTransport": {"false"}, "aws:PrincipalArn": {tester.PrincipalARN}, "aws:RequestedRegion": {"us-east-1"}, "aws:UserAgent": {"agent/1"}, "aws:PrincipalAccount": {testAccount}})
	if len(k.asked[0].Context["aws:CurrentTime"]) != 1 || k.asked[0].ResourceAccount != testAccount {
		t.Errorf("%+v", k.asked[0])
	}
	k.questions()
	ask(t, a, "POST", "/cluster", `{"multiRegionProperties":{"witnessRegion":"us-west-2"}}`)
	has(0, "", map[string][]string{"dsql:WitnessRegion": {"us-west-2"}, "aws:ResourceTag/team": nil, "aws:RequestedRegion": {"us-east-1"}})
	has(3, "", map[string][]string{"dsql:WitnessRegion": {"us-west-2"}, "aws:RequestedRegion": {"us-west-2"}})
	k.questions()
	ask(t, a, "DELETE", "/tags/"+made.Arn+"?tagKeys=x&tagKeys=y", "")
	has(0, policy, map[string][]string{"aws:TagKeys": {"x", "y"}, "aws:RequestTag/x": nil, "aws:RequestTag/a": nil, "aws:ResourceTag/a": {"1"}})
	// A cluster of that id in another Region lends neither tags nor policy.
	k.questions()
	ask(t, a, "GET", "/tags/"+strings.Replace(made.Arn, "us-east-1", "us-east-2", 1), "")
	has(0, "", map[string][]string{"aws:ResourceTag/team": nil, "aws:RequestedRegion": {"us-east-2"}})
}

// A policy under which this very call would be refused locks its author out, although no statement does so without a condition.
func TestLockoutByCircumstances(t *testing.T) {
	for _, action := range []string{"dsql:PutClusterPolicy", "dsql:DeleteClusterPolicy"} {
		k := &asker{deaf: map[string]bool{action: true}}
		a := testAPI(t, func(c *Config) { c.Authorizer = k })
		made, err := a.CreateCluster(t.Context(), tester, CreateClusterInput{})
		if err != nil {
			t.Fatal(err)
		}
		policy := denying(`"*"`, `"dsql:*"`, `,"Condition":{"Null":{"aws:SourceVpc":"true"}}`)
		for _, bypass := range []bool{false, true} {
			body, _ := json.Marshal(map[string]any{"policy": policy, "bypassPolicyLockoutSafetyCheck": bypass})
			for _, path := range []string{"/cluster/" + made.Identifier + "/policy", "/cluster"} {
				w, _ := ask(t, a, "POST", path, string(body))
				if bypass != (w.Code == 200) || !bypass && !strings.Contains(w.Body.String(), "would not allow its author") {
					t.Errorf("%s %v: %s", path, bypass, w.Body)
				}
			}
		}
	}
}

// An authorizer that breaks is an error inside, never a permission.
func TestBrokenAuthorizer(t *testing.T) {
	a := testAPI(t, func(c *Config) { c.Authorizer = brokenAuthorizer{} })
	w, _ := ask(t, a, "GET", "/cluster", "")
	asked(t, w, "InternalServerException", 500, "", "internal error")
}

type brokenAuthorizer struct{}

func (brokenAuthorizer) Authorize(iam.Identity, iam.Access) error { return fmt.Errorf("no policies") }
