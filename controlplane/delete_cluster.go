package controlplane

import "context"

// DeleteClusterInput is the input of DELETE /cluster/{identifier}.
type DeleteClusterInput struct {
	Identifier  string
	ClientToken *string
}

// DeleteClusterOutput is the output of DELETE /cluster/{identifier}.
type DeleteClusterOutput struct {
	Identifier   string    `json:"identifier"`
	Arn          string    `json:"arn"`
	Status       Status    `json:"status"`
	CreationTime Timestamp `json:"creationTime"`
}

func parseDeleteCluster(r *call) (in DeleteClusterInput, err error) {
	in = DeleteClusterInput{Identifier: r.labels["identifier"], ClientToken: r.parameter("client-token", &err)}
	if err != nil {
		return in, err
	}
	v := &violations{}
	v.clusterID(in.Identifier)
	v.clientToken(in.ClientToken)
	return in, v.err()
}

func (in DeleteClusterInput) request() DeleteClusterInput {
	in.ClientToken = nil
	return in
}

// deleteCluster serves DELETE /cluster/{identifier}. It only records the wish;
// the lifecycle loop carries it out and survives a restart in between. Deleting
// what is being deleted succeeds again.
func (a *API) deleteCluster(ctx context.Context, who caller, in DeleteClusterInput) (*DeleteClusterOutput, error) {
	use := tokenUse{operation: "DeleteCluster", target: in.Identifier, token: in.ClientToken, input: in.request()}
	return once(ctx, a, who, use, func(ctx context.Context) (change, *DeleteClusterOutput, error) {
		c, raw, err := a.owned(ctx, who, in.Identifier)
		if err != nil {
			return change{}, nil, err
		}
		var w change
		w.relyOn(clusterKey(c.ID), raw)
		switch {
		case c.Status == StatusDeleting:
		case c.Status == StatusCreating:
			return change{}, nil, conflict(c.ID, "Cluster "+c.ID+" cannot be deleted in status "+string(c.Status)+".")
		case c.DeletionProtection:
			return change{}, nil, invalid(reasonDeletionProtection, "Cluster "+c.ID+" cannot be deleted because deletion protection is enabled.")
		default:
			deleting := c.copy()
			deleting.Status = StatusDeleting
			w.put(clusterKey(c.ID), encodeRecord(deleting))
			w.put(workKey(c.ID), []byte(c.ID))
		}
		return w, &DeleteClusterOutput{Identifier: c.ID, Arn: c.arn(), Status: StatusDeleting, CreationTime: c.created()}, nil
	})
}
