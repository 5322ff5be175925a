package controlplane

import (
	"bytes"
	"context"
)

// UpdateClusterInput is the input of POST /cluster/{identifier}. A nil member was
// not given and leaves things as they are.
type UpdateClusterInput struct {
	Identifier                string
	DeletionProtectionEnabled *bool
	KmsEncryptionKey          *string
	MultiRegionProperties     *MultiRegionProperties
	ClientToken               *string
}

// UpdateClusterOutput is the output of POST /cluster/{identifier}.
type UpdateClusterOutput struct {
	Identifier   string    `json:"identifier"`
	Arn          string    `json:"arn"`
	Status       Status    `json:"status"`
	CreationTime Timestamp `json:"creationTime"`
}

func parseUpdateCluster(r *call) (in UpdateClusterInput, err error) {
	body := r.members(&err)
	in = UpdateClusterInput{
		Identifier:                r.labels["identifier"],
		DeletionProtectionEnabled: body.boolean("deletionProtectionEnabled"),
		KmsEncryptionKey:          body.text("kmsEncryptionKey"),
		MultiRegionProperties:     readMultiRegion(body),
		ClientToken:               body.text("clientToken"),
	}
	if err != nil {
		return in, err
	}
	v := &violations{}
	v.clusterID(in.Identifier)
	v.clientToken(in.ClientToken)
	checkKmsKey(v, in.KmsEncryptionKey)
	checkMultiRegion(v, in.MultiRegionProperties, arnParts{r.who.Region, r.who.Account, in.Identifier}, true)
	return in, v.err()
}

// updateRequest is what makes two calls the same call: the input without its token, the clusters as a set. An empty list of clusters, which removes
// the peer, is told from none at all, which leaves it.
type updateRequest struct {
	UpdateClusterInput
	NoPeers bool `json:",omitempty"`
}

func (in UpdateClusterInput) request() updateRequest {
	in.ClientToken = nil
	p := in.MultiRegionProperties
	in.MultiRegionProperties = p.asSet()
	return updateRequest{in, p != nil && p.Clusters != nil && len(p.Clusters) == 0}
}

// updateCluster serves POST /cluster/{identifier}. A change takes effect with the
// write that records it: the answer says UPDATING, as the service's does, and the
// next read shows the new values in the old status.
func (a *API) updateCluster(ctx context.Context, who caller, in UpdateClusterInput) (*UpdateClusterOutput, error) {
	use := tokenUse{operation: "UpdateCluster", target: in.Identifier, token: in.ClientToken, input: in.request()}
	return once(ctx, a, who, use, func(ctx context.Context) (change, *UpdateClusterOutput, error) {
		c, raw, err := a.owned(ctx, who, in.Identifier)
		if err != nil {
			return change{}, nil, err
		}
		updated, w, err := a.applyUpdate(ctx, who, c, in)
		if err != nil {
			return change{}, nil, err
		}
		w.relyOn(clusterKey(c.ID), raw)
		if after := encodeRecord(updated); !bytes.Equal(raw, after) {
			w.put(clusterKey(c.ID), after)
			if updated.Rekeying {
				w.put(workKey(c.ID), []byte(c.ID))
			}
		}
		return w, &UpdateClusterOutput{Identifier: c.ID, Arn: c.arn(), Status: StatusUpdating, CreationTime: c.created()}, nil
	})
}

// applyUpdate returns the cluster as it should become, or why it must not. The
// change holds what the judgement relied on besides the cluster itself.
func (a *API) applyUpdate(ctx context.Context, who caller, c *clusterRecord, in UpdateClusterInput) (*clusterRecord, change, error) {
	var w change
	// A FAILED cluster stays open to updates: else a protected one could never be deleted.
	if !c.settled() && c.Status != StatusUpdating {
		return nil, w, conflict(c.ID, "Cluster "+c.ID+" cannot be updated in status "+string(c.Status)+".")
	}
	updated := c.copy()
	if in.DeletionProtectionEnabled != nil {
		updated.DeletionProtection = *in.DeletionProtectionEnabled
	}
	if err := a.changeKey(c, updated, in.KmsEncryptionKey); err != nil {
		return nil, w, err
	}
	if c.Status == StatusPendingDelete && updated.DeletionProtection && !c.DeletionProtection {
		return nil, w, conflict(c.ID, "Cluster "+c.ID+" cannot be protected in status "+string(c.Status)+".")
	}
	return updated, w, a.applyProperties(ctx, who, updated, in.MultiRegionProperties, &w)
}

// applyProperties changes c as its multi-Region properties are wanted, or says why
// that must not be. Values that are as they were are accepted in every status.
func (a *API) applyProperties(ctx context.Context, who caller, c *clusterRecord, p *MultiRegionProperties, w *change) error {
	if p == nil {
		return nil
	}
	if c.MultiRegion == nil {
		return invalid(reasonOther, "A single-Region cluster cannot become a multi-Region cluster.")
	}
	newWitness := p.WitnessRegion != nil && *p.WitnessRegion != c.MultiRegion.Witness
	newPeer := p.Clusters != nil && namedPeer(p.Clusters, c.arn()) != c.MultiRegion.Peer
	v := &violations{}
	switch {
	case !newWitness && !newPeer:
		return nil
	case c.Status != StatusActive && c.Status != StatusPendingSetup:
		return conflict(c.ID, "The multi-Region properties of cluster "+c.ID+" cannot be changed in status "+string(c.Status)+".")
	case newWitness:
		v.add(witnessPath, "Member must not change; it is "+c.MultiRegion.Witness)
	case c.linked():
		v.add(clustersPath, "Member must not change once the clusters are linked; it is "+c.MultiRegion.Peer)
	}
	if err := v.err(); err != nil {
		return err
	}
	c.MultiRegion.Peer = namedPeer(p.Clusters, c.arn())
	if c.MultiRegion.Peer == "" {
		return nil
	}
	peer, raw, err := a.judgePeer(ctx, who, c)
	if err != nil {
		return err
	}
	// Both sides naming each other at the same time must not miss each other.
	w.relyOn(clusterKey(peer.ID), raw)
	if link(c, peer, a.now()) {
		w.put(clusterKey(peer.ID), encodeRecord(peer))
		w.put(workKey(peer.ID), []byte(peer.ID))
		w.put(workKey(c.ID), []byte(c.ID))
	}
	return nil
}
