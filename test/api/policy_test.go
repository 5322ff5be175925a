package api_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"
)

// denying is a policy that denies an action to a principal.
func denying(principal, action string) string {
	return `{"Version":"2012-10-17","Statement":[{"Sid":"No","Effect":"Deny","Principal":` + principal + `,"Action":"` + action + `","Resource":"*"}]}`
}

const everybody = `{"AWS":"*"}`

// A policy is put, read as it was put, replaced, and deleted; versions never come back.
func TestLifeOfAPolicy(t *testing.T) {
	s := start(t, nil)
	c, ctx := s.client("us-east-1"), t.Context()
	id := s.create(c, &dsql.CreateClusterInput{}).Identifier
	_, err := c.GetClusterPolicy(ctx, &dsql.GetClusterPolicyInput{Identifier: id})
	if e := refused[*types.ResourceNotFoundException](t, err); *e.ResourceId != *id || *e.ResourceType != "clusterPolicy" {
		t.Errorf("%+v", e)
	}
	put := func(policy string, edit func(*dsql.PutClusterPolicyInput)) (string, error) {
		in := &dsql.PutClusterPolicyInput{Identifier: id, Policy: &policy}
		if edit != nil {
			edit(in)
		}
		out, err := c.PutClusterPolicy(ctx, in)
		if err != nil {
			return "", err
		}
		return *out.PolicyVersion, nil
	}
	is := func(policy, version string) {
		t.Helper()
		got, err := c.GetClusterPolicy(ctx, &dsql.GetClusterPolicyInput{Identifier: id})
		if err != nil || *got.Policy != policy || *got.PolicyVersion != version {
			t.Fatalf("%+v %v, want %s %s", got, err, version, policy)
		}
	}
	connect := denying(everybody, "dsql:DbConnect")
	first, err := put(connect, func(in *dsql.PutClusterPolicyInput) { in.ClientToken = aws.String("once") })
	if err != nil {
		t.Fatal(err)
	}
	is(connect, first)
	if again, err := put(connect, func(in *dsql.PutClusterPolicyInput) { in.ClientToken = aws.String("once") }); err != nil || again != first {
		t.Errorf("the same token gave %s %v", again, err)
	}
	is(connect, first)
	admin := " " + denying(everybody, "dsql:DbConnectAdmin") + "\n"
	_, err = put(admin, func(in *dsql.PutClusterPolicyInput) { in.ClientToken = aws.String("once") })
	refused[*types.ConflictException](t, err)
	_, err = put(admin, func(in *dsql.PutClusterPolicyInput) { in.ExpectedPolicyVersion = aws.String("no such version") })
	if e := refused[*types.ConflictException](t, err); *e.ResourceId != *id || *e.ResourceType != "cluster" {
		t.Errorf("%+v", e)
	}
	is(connect, first)
	second, err := put(admin, func(in *dsql.PutClusterPolicyInput) { in.ExpectedPolicyVersion = &first })
	if err != nil || second == first {
		t.Fatal(second, err)
	}
	is(admin, second)

	_, err = c.DeleteClusterPolicy(ctx, &dsql.DeleteClusterPolicyInput{Identifier: id, ExpectedPolicyVersion: &first})
	refused[*types.ConflictException](t, err)
	for range 2 { // the second time it is gone
		gone, err := c.DeleteClusterPolicy(ctx, &dsql.DeleteClusterPolicyInput{Identifier: id, ExpectedPolicyVersion: &second, ClientToken: aws.String("away")})
		if err != nil || *gone.PolicyVersion != second {
			t.Fatalf("%+v %v", gone, err)
		}
	}
	_, err = c.GetClusterPolicy(ctx, &dsql.GetClusterPolicyInput{Identifier: id})
	refused[*types.ResourceNotFoundException](t, err)
	_, err = c.DeleteClusterPolicy(ctx, &dsql.DeleteClusterPolicyInput{Identifier: id})
	refused[*types.ResourceNotFoundException](t, err)
	_, err = put(connect, func(in *dsql.PutClusterPolicyInput) { in.ExpectedPolicyVersion = &second })
	refused[*types.ConflictException](t, err)
	if third, err := put(connect, nil); err != nil || third == second || third == first {
		t.Errorf("after the deletion: %s %v", third, err)
	}
}

// What must not become a policy, by every way to give one.
func TestRefusedPolicies(t *testing.T) {
	s := start(t, nil)
	c, ctx := s.client("us-east-1"), t.Context()
	id := s.create(c, &dsql.CreateClusterInput{}).Identifier
	lockout := denying(everybody, "dsql:*Policy")
	public := strings.Replace(denying(everybody, "dsql:*"), "Deny", "Allow", 1)
	for _, tt := range []struct {
		policy string
		bypass bool
		part   string
	}{
		{"{}", false, "not valid"}, {"no JSON", true, "not valid"}, {public, false, "Block Public Access"}, {public, true, "Block Public Access"}, {lockout, false, "bypassPolicyLockoutSafetyCheck"},
		{strings.Replace(lockout, `"Resource":"*"`, `"Resource":"arn:aws:dsql:us-east-1:123456789012:cluster/`+missing+`"`, 1), true, "not the cluster"},
	} {
		_, err := c.PutClusterPolicy(ctx, &dsql.PutClusterPolicyInput{Identifier: id, Policy: &tt.policy, BypassPolicyLockoutSafetyCheck: tt.bypass})
		e := refused[*types.ValidationException](t, err)
		if e.Reason != types.ValidationExceptionReasonOther || !strings.Contains(*e.Message, tt.part) {
			t.Errorf("%s: %+v", tt.policy, e)
		}
		_, err = c.CreateCluster(ctx, &dsql.CreateClusterInput{Policy: &tt.policy, BypassPolicyLockoutSafetyCheck: tt.bypass})
		refused[*types.ValidationException](t, err)
	}
	for policy, part := range map[string]string{"": "length 0", strings.Repeat("x", 20481): "length 20481"} {
		_, err := c.PutClusterPolicy(ctx, &dsql.PutClusterPolicyInput{Identifier: id, Policy: &policy})
		e := refused[*types.ValidationException](t, err)
		if e.Reason != types.ValidationExceptionReasonFieldValidationFailed || !strings.Contains(*e.Message, part) || *e.FieldList[0].Name != "policy" {
			t.Errorf("%+v", e)
		}
	}
	_, err := c.GetClusterPolicy(ctx, &dsql.GetClusterPolicyInput{Identifier: id})
	refused[*types.ResourceNotFoundException](t, err)
	if _, err := c.PutClusterPolicy(ctx, &dsql.PutClusterPolicyInput{Identifier: id, Policy: &lockout, BypassPolicyLockoutSafetyCheck: true}); err != nil {
		t.Error(err)
	}
	// A policy given at creation is the first version.
	policy := denying(everybody, "dsql:DbConnect")
	made := s.create(c, &dsql.CreateClusterInput{Policy: &policy})
	got, err := c.GetClusterPolicy(ctx, &dsql.GetClusterPolicyInput{Identifier: made.Identifier})
	if err != nil || *got.Policy != policy || *got.PolicyVersion == "" {
		t.Errorf("%+v %v", got, err)
	}
}
