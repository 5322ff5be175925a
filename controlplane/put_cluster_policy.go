package controlplane

import (
	"context"
	"strconv"
)

// PutClusterPolicyInput is the input of POST /cluster/{identifier}/policy.
type PutClusterPolicyInput struct {
	Identifier                     string
	Policy                         string
	BypassPolicyLockoutSafetyCheck bool
	ExpectedPolicyVersion          *string
	ClientToken                    *string
}

// PutClusterPolicyOutput is its output.
type PutClusterPolicyOutput struct {
	PolicyVersion string `json:"policyVersion"`
}

func parsePutClusterPolicy(r *call) (in PutClusterPolicyInput, err error) {
	body := r.members(&err)
	policy, bypass := body.text("policy"), body.boolean("bypassPolicyLockoutSafetyCheck")
	in = PutClusterPolicyInput{
		Identifier:                     r.labels["identifier"],
		BypassPolicyLockoutSafetyCheck: bypass != nil && *bypass,
		ExpectedPolicyVersion:          body.text("expectedPolicyVersion"),
		ClientToken:                    body.text("clientToken"),
	}
	if err != nil {
		return in, err
	}
	v := &violations{}
	v.clusterID(in.Identifier)
	v.clientToken(in.ClientToken)
	if policy == nil {
		v.add("/policy", "Member must not be null")
	} else {
		checkPolicyLength(v, policy)
		in.Policy = *policy
	}
	return in, v.err()
}

// request is the input without its token.
func (in PutClusterPolicyInput) request() PutClusterPolicyInput {
	in.ClientToken = nil
	return in
}

// putClusterPolicy serves POST /cluster/{identifier}/policy: it makes or replaces
// the cluster's policy. Versions count up and never come back, not even after the
// policy was deleted, so that an old version expects nothing new.
func (a *API) putClusterPolicy(ctx context.Context, who caller, in PutClusterPolicyInput) (*PutClusterPolicyOutput, error) {
	use := tokenUse{operation: "PutClusterPolicy", target: in.Identifier, token: in.ClientToken, input: in.request()}
	return once(ctx, a, who, use, func(ctx context.Context) (w change, out *PutClusterPolicyOutput, err error) {
		c, raw, err := a.owned(ctx, who, in.Identifier)
		if err != nil {
			return w, nil, err
		}
		if err := a.judgeNewPolicy(ctx, who, c, in.Policy, in.BypassPolicyLockoutSafetyCheck); err != nil {
			return w, nil, err
		}
		if err := c.checkPolicyChange(in.ExpectedPolicyVersion); err != nil {
			return w, nil, err
		}
		after := c.copy()
		after.Policy = in.Policy
		after.PolicyVersion++
		w.rewrite(clusterKey(c.ID), raw, encodeRecord(after))
		return w, &PutClusterPolicyOutput{PolicyVersion: after.policyVersion()}, nil
	})
}

// policyVersion is the version as clients see it.
func (c *clusterRecord) policyVersion() string { return strconv.FormatUint(c.PolicyVersion, 10) }

// checkPolicyChange decides whether the policy may change now, and whether it is the one the caller expects.
func (c *clusterRecord) checkPolicyChange(expected *string) error {
	if c.Status == StatusDeleting {
		return conflict(c.ID, "The policy of cluster "+c.ID+" cannot be changed in status "+string(c.Status)+".")
	}
	if expected == nil {
		return nil
	}
	if c.Policy == "" {
		return conflict(c.ID, "The expected policy version is "+strconv.Quote(*expected)+", but the cluster has no policy.")
	}
	if *expected != c.policyVersion() {
		return conflict(c.ID, "The expected policy version is "+strconv.Quote(*expected)+", but the current one is "+strconv.Quote(c.policyVersion())+".")
	}
	return nil
}
