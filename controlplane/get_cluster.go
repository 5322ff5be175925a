package controlplane

import "context"

// GetClusterInput is the input of GET /cluster/{identifier}.
type GetClusterInput struct {
	Identifier string
}

// GetClusterOutput is the output of GET /cluster/{identifier}. Tags are {} when there are none.
type GetClusterOutput struct {
	Identifier                string                 `json:"identifier"`
	Arn                       string                 `json:"arn"`
	Status                    Status                 `json:"status"`
	CreationTime              Timestamp              `json:"creationTime"`
	DeletionProtectionEnabled bool                   `json:"deletionProtectionEnabled"`
	MultiRegionProperties     *MultiRegionProperties `json:"multiRegionProperties,omitempty"`
	Tags                      map[string]string      `json:"tags"`
	EncryptionDetails         *EncryptionDetails     `json:"encryptionDetails,omitempty"`
	Endpoint                  string                 `json:"endpoint,omitempty"`
}

func parseGetCluster(r *call) (GetClusterInput, error) {
	in := GetClusterInput{Identifier: r.labels["identifier"]}
	v := &violations{}
	v.clusterID(in.Identifier)
	return in, v.err()
}

// getCluster serves GET /cluster/{identifier}.
func (a *API) getCluster(ctx context.Context, who caller, in GetClusterInput) (*GetClusterOutput, error) {
	c, _, err := a.owned(ctx, who, in.Identifier)
	if err != nil {
		return nil, err
	}
	return &GetClusterOutput{
		Identifier: c.ID, Arn: c.arn(), Status: a.shownStatus(c), CreationTime: c.created(),
		DeletionProtectionEnabled: c.DeletionProtection, MultiRegionProperties: c.properties(),
		Tags: nilAsEmpty(c.Tags), EncryptionDetails: a.encryptionDetails(c), Endpoint: endpoint(c.Region, c.ID),
	}, nil
}
