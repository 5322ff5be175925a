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
// what is being deleted succeeds again. Of two linked clusters the first stays in
// PENDING_DELETE until the second is deleted too.
func (a *API) deleteCluster(ctx context.Context, who caller, in DeleteClusterInput) (*DeleteClusterOutput, error) {
	use := tokenUse{operation: "DeleteCluster", target: in.Identifier, token: in.ClientToken, input: in.request()}
	return once(ctx, a, who, use, func(ctx context.Context) (change, *DeleteClusterOutput, error) {
		c, raw, err := a.owned(ctx, who, in.Identifier)
		if err != nil {
			return change{}, nil, err
		}
		after, w, err := a.applyDeletion(ctx, c)
		if err != nil {
			return change{}, nil, err
		}
		w.relyOn(clusterKey(c.ID), raw)
		return w, &DeleteClusterOutput{Identifier: c.ID, Arn: c.arn(), Status: after.Status, CreationTime: c.created()}, nil
	})
}

// applyDeletion returns the cluster as its deletion makes it, or why it must not be
// deleted. The change holds what is written, and what was judged besides the cluster.
func (a *API) applyDeletion(ctx context.Context, c *clusterRecord) (*clusterRecord, change, error) {
	var w change
	switch {
	case c.Status == StatusDeleting || c.Status == StatusPendingDelete:
		return c, w, nil
	case c.Status == StatusCreating:
		return nil, w, conflict(c.ID, "Cluster "+c.ID+" cannot be deleted in status "+string(c.Status)+".")
	case c.DeletionProtection:
		return nil, w, invalid(reasonDeletionProtection, "Cluster "+c.ID+" cannot be deleted because deletion protection is enabled.")
	}
	peer, peerRaw, err := a.loadPeer(ctx, c)
	if err != nil {
		return nil, w, err
	}
	after, peerAfter := deleted(c, peer)
	if peer != nil {
		w.relyOn(clusterKey(peer.ID), peerRaw)
	}
	if peerAfter != nil {
		w.put(clusterKey(peer.ID), encodeRecord(peerAfter))
		w.put(workKey(peer.ID), []byte(peer.ID))
	}
	w.put(clusterKey(c.ID), encodeRecord(after))
	if !after.settled() {
		w.put(workKey(c.ID), []byte(c.ID))
	}
	return after, w, nil
}
