package controlplane

import "context"

// GetClusterPolicyInput is the input of GET /cluster/{identifier}/policy.
type GetClusterPolicyInput struct {
	Identifier string
}

// GetClusterPolicyOutput is its output: the document as it was put.
type GetClusterPolicyOutput struct {
	Policy        string `json:"policy"`
	PolicyVersion string `json:"policyVersion"`
}

func parseGetClusterPolicy(r *call) (GetClusterPolicyInput, error) {
	in := GetClusterPolicyInput{Identifier: r.labels["identifier"]}
	v := &violations{}
	v.clusterID(in.Identifier)
	return in, v.err()
}

// getClusterPolicy serves GET /cluster/{identifier}/policy.
func (a *API) getClusterPolicy(ctx context.Context, who caller, in GetClusterPolicyInput) (*GetClusterPolicyOutput, error) {
	c, _, err := a.owned(ctx, who, in.Identifier)
	if err != nil {
		return nil, err
	}
	if c.Policy == "" {
		return nil, policyNotFound(c.ID)
	}
	return &GetClusterPolicyOutput{Policy: c.Policy, PolicyVersion: c.policyVersion()}, nil
}
