package controlplane

import (
	"context"
	"errors"
	"time"
)

// linked tells that the cluster and its peer have named each other: they are one database for good.
func (c *clusterRecord) linked() bool { return c.MultiRegion != nil && c.MultiRegion.LinkedMs != 0 }

// link makes one database of two clusters in PENDING_SETUP if both name each
// other; both are then to be provisioned. Nothing of either exists before, so
// there is no data to bring together.
func link(c, peer *clusterRecord, now time.Time) bool {
	if c.MultiRegion.Peer != peer.arn() || peer.MultiRegion.Peer != c.arn() {
		return false
	}
	for _, half := range []*clusterRecord{c, peer} {
		half.Status = StatusCreating
		half.MultiRegion.LinkedMs = now.UnixMilli()
		half.MultiRegion.Plane = min(c.ID, peer.ID)
	}
	return true
}

// deleted decides what becomes of a cluster that is to be deleted, and of its
// peer, which is nil when it has none that it is linked with, and afterwards
// when nothing becomes of it. The first of two linked clusters waits for the second.
func deleted(c, peer *clusterRecord) (after, peerAfter *clusterRecord) {
	after = c.copy()
	switch {
	case peer == nil:
		after.Status = StatusDeleting
	case peer.Status == StatusPendingDelete:
		peerAfter = peer.copy()
		after.Status = StatusPendingDelete
		after.MultiRegion.Ending, peerAfter.MultiRegion.Ending = true, true
	default:
		after.Status = StatusPendingDelete
	}
	return after, peerAfter
}

// loadPeer reads the cluster that c is linked with; nil means there is none (any more).
func (a *API) loadPeer(ctx context.Context, c *clusterRecord) (*clusterRecord, []byte, error) {
	if !c.linked() {
		return nil, nil, nil
	}
	parts, _ := parseClusterARN(c.MultiRegion.Peer)
	return a.load(ctx, parts.id)
}

// conclude moves two deleted clusters on from PENDING_DELETE, both in one write.
// It is the wish of both, so a conflict only means that the other's was first.
func (a *API) conclude(ctx context.Context, id string) error {
	for range attemptsMax {
		c, raw, err := a.load(ctx, id)
		if err != nil || c == nil || next(c) != conclude {
			return err
		}
		peer, peerRaw, err := a.loadPeer(ctx, c)
		if err != nil {
			return err
		}
		var w change
		c.Status = StatusDeleting
		w.relyOn(clusterKey(id), raw)
		w.put(clusterKey(id), encodeRecord(c))
		if peer != nil && next(peer) == conclude {
			peer.Status = StatusDeleting
			w.relyOn(clusterKey(peer.ID), peerRaw)
			w.put(clusterKey(peer.ID), encodeRecord(peer))
		}
		if err := a.settle(ctx, id, w); !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return ErrConflict
}
