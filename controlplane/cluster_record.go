package controlplane

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/opendsql/opendsql/iam"
)

// Status is a cluster's state as clients see it.
type Status string

// The states of the service model that are reached here.
const (
	StatusCreating     Status = "CREATING"
	StatusActive       Status = "ACTIVE"
	StatusDeleting     Status = "DELETING"
	StatusFailed       Status = "FAILED"
	StatusPendingSetup Status = "PENDING_SETUP"
	// StatusPendingDelete is a deleted half of a linked pair whose other half lives.
	StatusPendingDelete Status = "PENDING_DELETE"
	// StatusUpdating is the answer to UpdateCluster, and the status while the key is being changed; other changes take effect at once.
	StatusUpdating Status = "UPDATING"
	// StatusIdle is only ever shown: of an active cluster whose key is not accessible.
	StatusIdle Status = "IDLE"
)

// Records and their keys. Values are JSON objects, but for the first three lines
// of the list, whose value is a cluster id.
//
//	work/{id}                                        the loop has a wish to carry out
//	order/{account}/{region}/{sequence, 16 hex}      creation order, for ListClusters
//	cluster/{id}                                     clusterRecord
//	scope/{account}/{region}                         scopeRecord
//	stream/{cluster id}/{id}                         streamRecord; its wish is work/stream/{cluster id}/{id}
//	token/{account}/{region}/{operation}/{id or -}/{SHA-256 of the client token}
//	                                                 tokenRecord
const (
	workPrefix    = "work/"
	orderPrefix   = "order/"
	clusterPrefix = "cluster/"
	scopePrefix   = "scope/"
	tokenPrefix   = "token/"

	// recordFormat is written into every JSON record; a higher one is refused.
	recordFormat = 1
)

// clusterRecord is all that is known about a cluster.
type clusterRecord struct {
	Format             int               `json:"format"`
	ID                 string            `json:"id"`
	Account            string            `json:"account"`
	Region             string            `json:"region"`
	Sequence           uint64            `json:"sequence"`
	CreatedMs          int64             `json:"createdMs"`
	Status             Status            `json:"status"`
	DeletionProtection bool              `json:"deletionProtection"`
	Tags               map[string]string `json:"tags,omitempty"`
	Policy             string            `json:"policy,omitempty"`
	PolicyVersion      uint64            `json:"policyVersion,omitempty"`  // of the newest policy, also when it was deleted
	StreamSequence     uint64            `json:"streamSequence,omitempty"` // of the newest stream
	MultiRegion        *multiRegion      `json:"multiRegion,omitempty"`
	KmsKeyArn          string            `json:"kmsKeyArn,omitempty"` // of the customer key; empty: the service's own
	Rekeying           bool              `json:"rekeying,omitempty"`  // the data key is not wrapped with that key yet
}

// multiRegion is the part of a record that multi-Region clusters have.
type multiRegion struct {
	Witness string `json:"witness"`
	Peer    string `json:"peer,omitempty"` // ARN of the cluster this one named
	// LinkedMs is when both clusters had named each other; 0: they have not.
	LinkedMs int64 `json:"linkedMs,omitempty"`
	// Plane names the data plane that linked clusters share: the lower of their ids.
	Plane string `json:"plane,omitempty"`
	// Ending says that both of two linked clusters were deleted.
	Ending bool `json:"ending,omitempty"`
}

// scopeRecord counts what an account has in a Region. Every creation and every
// final removal changes it, so that quotas hold under concurrency.
type scopeRecord struct {
	Format       int    `json:"format"`
	Sequence     uint64 `json:"sequence"` // of the newest cluster
	SingleRegion int    `json:"singleRegion"`
	MultiRegion  int    `json:"multiRegion"`
}

func clusterKey(id string) string { return clusterPrefix + id }

func workKey(id string) string { return workPrefix + id }

func scopeKey(account, region string) string { return scopePrefix + account + "/" + region }

func orderPrefixOf(account, region string) string { return orderPrefix + account + "/" + region + "/" }

func orderKey(account, region string, sequence uint64) string {
	return orderPrefixOf(account, region) + fmt.Sprintf("%016x", sequence)
}

func (c *clusterRecord) arn() string { return clusterARN(c.Region, c.Account, c.ID) }

func (c *clusterRecord) created() Timestamp {
	return Timestamp{time.UnixMilli(c.CreatedMs).UTC()}
}

func (c *clusterRecord) public() Cluster {
	var policy []byte
	if c.Policy != "" {
		policy = []byte(c.Policy)
	}
	return Cluster{ID: c.ID, ARN: c.arn(), Account: c.Account, Region: c.Region, Status: c.Status,
		Endpoint: endpoint(c.Region, c.ID), CreatedAt: c.created().Time, Tags: c.Tags, Policy: policy}
}

func (c *clusterRecord) spec() ClusterSpec {
	s := ClusterSpec{ID: c.ID, Account: c.Account, Region: c.Region, Endpoint: endpoint(c.Region, c.ID), CreatedAt: c.created().Time, KmsKeyArn: c.KmsKeyArn}
	if c.linked() {
		s.Plane = c.MultiRegion.Plane
	}
	return s
}

// settled tells that the lifecycle loop has nothing to do for the cluster.
func (c *clusterRecord) settled() bool { return next(c) == rest }

// begun is when the cluster was first to be provisioned: at its creation, or when it was linked.
func (c *clusterRecord) begun() time.Time {
	if c.linked() {
		return time.UnixMilli(c.MultiRegion.LinkedMs)
	}
	return c.created().Time
}

// copy is a record that can be changed without changing c. Maps are replaced whole, never edited.
func (c *clusterRecord) copy() *clusterRecord {
	d := *c
	if c.MultiRegion != nil {
		m := *c.MultiRegion
		d.MultiRegion = &m
	}
	return &d
}

// encodeRecord writes a JSON record. Encoding plain structs cannot go wrong.
func encodeRecord(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("controlplane: encode %T: %v", v, err))
	}
	return b
}

// decodeRecord reads a JSON record and refuses one of a newer format by name.
func decodeRecord[R any](key string, value []byte, into *R) error {
	// One pass reads nearly every record; the head is looked at alone to say what is wrong with one that cannot be read.
	err := json.Unmarshal(value, into)
	var head struct {
		Format int `json:"format"`
	}
	if err != nil || !bytes.HasPrefix(value, currentHead) {
		if err := json.Unmarshal(value, &head); err != nil {
			return fmt.Errorf("read record %s: %w", key, err)
		}
		if head.Format < 1 || head.Format > recordFormat {
			return fmt.Errorf("read record %s: its format is %d, this program knows up to %d", key, head.Format, recordFormat)
		}
	}
	if err != nil {
		return fmt.Errorf("read record %s: %w", key, err)
	}
	return nil
}

// currentHead begins every record this program writes.
var currentHead = []byte(`{"format":` + strconv.Itoa(recordFormat) + `,`)

func decodeCluster(key string, value []byte) (*clusterRecord, error) {
	c := &clusterRecord{}
	if err := decodeRecord(key, value, c); err != nil {
		return nil, err
	}
	if key != clusterKey(c.ID) {
		return nil, fmt.Errorf("record %s is of cluster %q", key, c.ID)
	}
	return c, nil
}

// load reads a cluster and the bytes it was read from; nil means there is none.
func (a *API) load(ctx context.Context, id string) (*clusterRecord, []byte, error) {
	value, ok, err := a.records.Get(ctx, clusterKey(id))
	if err != nil || !ok {
		return nil, nil, err
	}
	c, err := decodeCluster(clusterKey(id), value)
	return c, value, err
}

// owned reads a cluster of the caller's account and Region; any other is not found.
func (a *API) owned(ctx context.Context, who iam.Identity, id string) (*clusterRecord, []byte, error) {
	c, raw, err := a.load(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if c == nil || c.Account != who.Account || c.Region != who.Region {
		return nil, nil, clusterNotFound(id)
	}
	return c, raw, nil
}

// loadScope reads the counters of an account and Region; raw is nil when there are none yet.
func (a *API) loadScope(ctx context.Context, account, region string) (s scopeRecord, raw []byte, err error) {
	key := scopeKey(account, region)
	raw, ok, err := a.records.Get(ctx, key)
	if err != nil {
		return s, nil, err
	}
	if !ok {
		return scopeRecord{Format: recordFormat}, nil, nil
	}
	return s, raw, decodeRecord(key, raw, &s)
}

// count changes how many clusters of c's kind there are.
func (s *scopeRecord) count(c *clusterRecord, by int) {
	n := &s.SingleRegion
	if c.MultiRegion != nil {
		n = &s.MultiRegion
	}
	if *n += by; *n < 0 {
		panic("controlplane: " + strconv.Itoa(*n) + " clusters counted in " + scopeKey(c.Account, c.Region))
	}
}
