package controlplane

import "context"

// DeleteClusterPolicyInput is the input of DELETE /cluster/{identifier}/policy.
type DeleteClusterPolicyInput struct {
	Identifier            string
	ExpectedPolicyVersion *string
	ClientToken           *string
}

// DeleteClusterPolicyOutput is its output: the version that was deleted.
type DeleteClusterPolicyOutput struct {
	PolicyVersion string `json:"policyVersion"`
}

func parseDeleteClusterPolicy(r *call) (in DeleteClusterPolicyInput, err error) {
	in = DeleteClusterPolicyInput{
		Identifier:            r.labels["identifier"],
		ExpectedPolicyVersion: r.parameter("expected-policy-version", &err),
		ClientToken:           r.parameter("client-token", &err),
	}
	if err != nil {
		return in, err
	}
	v := &violations{}
	v.clusterID(in.Identifier)
	v.clientToken(in.ClientToken)
	return in, v.err()
}

// request is the input without its token.
func (in DeleteClusterPolicyInput) request() DeleteClusterPolicyInput {
	in.ClientToken = nil
	return in
}

// deleteClusterPolicy serves DELETE /cluster/{identifier}/policy. The version
// stays on record, so that the next policy gets another one.
func (a *API) deleteClusterPolicy(ctx context.Context, who caller, in DeleteClusterPolicyInput) (*DeleteClusterPolicyOutput, error) {
	use := tokenUse{operation: "DeleteClusterPolicy", target: in.Identifier, token: in.ClientToken, input: in.request()}
	return once(ctx, a, who, use, func(ctx context.Context) (w change, out *DeleteClusterPolicyOutput, err error) {
		c, raw, err := a.owned(ctx, who, in.Identifier)
		if err != nil {
			return w, nil, err
		}
		if c.Policy == "" {
			return w, nil, policyNotFound(c.ID)
		}
		if err := c.checkPolicyChange(in.ExpectedPolicyVersion); err != nil {
			return w, nil, err
		}
		after := c.copy()
		after.Policy = ""
		w.rewrite(clusterKey(c.ID), raw, encodeRecord(after))
		return w, &DeleteClusterPolicyOutput{PolicyVersion: c.policyVersion()}, nil
	})
}
