package controlplane

import "context"

// GetVpcEndpointServiceNameInput is the input of GET /clusters/{identifier}/vpc-endpoint-service-name.
type GetVpcEndpointServiceNameInput struct {
	Identifier string
}

// GetVpcEndpointServiceNameOutput is its output.
type GetVpcEndpointServiceNameOutput struct {
	ServiceName        string `json:"serviceName"`
	ClusterVpcEndpoint string `json:"clusterVpcEndpoint,omitempty"`
}

func parseGetVpcEndpointServiceName(r *call) (GetVpcEndpointServiceNameInput, error) {
	in := GetVpcEndpointServiceNameInput{Identifier: r.labels["identifier"]}
	v := &violations{}
	v.clusterID(in.Identifier)
	return in, v.err()
}

// getVpcEndpointServiceName serves GET /clusters/{identifier}/vpc-endpoint-service-name,
// with the same answer in every state of the cluster.
func (a *API) getVpcEndpointServiceName(ctx context.Context, who caller, in GetVpcEndpointServiceNameInput) (*GetVpcEndpointServiceNameOutput, error) {
	c, _, err := a.owned(ctx, who, in.Identifier)
	if err != nil {
		return nil, err
	}
	return &GetVpcEndpointServiceNameOutput{ServiceName: vpcServiceName(c.Region), ClusterVpcEndpoint: vpcEndpoint(c.Region, c.ID)}, nil
}
