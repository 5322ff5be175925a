package controlplane

import (
	"context"
)

// CreateClusterInput is the input of POST /cluster. A nil member was not given.
type CreateClusterInput struct {
	DeletionProtectionEnabled      *bool
	KmsEncryptionKey               *string
	MultiRegionProperties          *MultiRegionProperties
	Policy                         *string
	BypassPolicyLockoutSafetyCheck *bool
	Tags                           map[string]string
	ClientToken                    *string
}

// CreateClusterOutput is the output of POST /cluster.
type CreateClusterOutput struct {
	Identifier                string                 `json:"identifier"`
	Arn                       string                 `json:"arn"`
	Status                    Status                 `json:"status"`
	CreationTime              Timestamp              `json:"creationTime"`
	DeletionProtectionEnabled bool                   `json:"deletionProtectionEnabled"`
	EncryptionDetails         *EncryptionDetails     `json:"encryptionDetails,omitempty"`
	Endpoint                  string                 `json:"endpoint,omitempty"`
	MultiRegionProperties     *MultiRegionProperties `json:"multiRegionProperties,omitempty"`
}

func parseCreateCluster(r *call) (in CreateClusterInput, err error) {
	body := r.members(&err)
	in = CreateClusterInput{
		DeletionProtectionEnabled:      body.boolean("deletionProtectionEnabled"),
		KmsEncryptionKey:               body.text("kmsEncryptionKey"),
		MultiRegionProperties:          readMultiRegion(body),
		Policy:                         body.text("policy"),
		BypassPolicyLockoutSafetyCheck: body.boolean("bypassPolicyLockoutSafetyCheck"),
		Tags:                           body.textMap("tags"),
		ClientToken:                    body.text("clientToken"),
	}
	if err != nil {
		return in, err
	}
	return in, in.check(r.who)
}

// check applies the model's constraints.
func (in CreateClusterInput) check(who caller) error {
	v := &violations{}
	v.clientToken(in.ClientToken)
	checkKmsKey(v, in.KmsEncryptionKey)
	checkMultiRegion(v, in.MultiRegionProperties, arnParts{region: who.Region, account: who.Account}, false)
	checkPolicyLength(v, in.Policy)
	checkTags(v, in.Tags)
	return v.err()
}

// request is the input with its defaults and without its token: what makes two
// calls the same call.
func (in CreateClusterInput) request() CreateClusterInput {
	in.ClientToken = nil
	if in.DeletionProtectionEnabled == nil {
		in.DeletionProtectionEnabled = ptr(true)
	}
	if in.BypassPolicyLockoutSafetyCheck == nil {
		in.BypassPolicyLockoutSafetyCheck = ptr(false)
	}
	if len(in.Tags) == 0 {
		in.Tags = nil
	}
	if in.KmsEncryptionKey == nil {
		in.KmsEncryptionKey = ptr(awsOwnedKey)
	}
	in.MultiRegionProperties = in.MultiRegionProperties.asSet()
	return in
}

func ptr[T any](v T) *T { return &v }

// CreateCluster creates a cluster for a caller within the program, such as the
// first cluster of an installation. It is the same call as the API's.
func (a *API) CreateCluster(ctx context.Context, who caller, in CreateClusterInput) (*CreateClusterOutput, error) {
	if err := in.check(who); err != nil {
		return nil, err
	}
	return a.createCluster(ctx, who, in)
}

// createCluster serves POST /cluster. It only records the wish; the lifecycle
// loop provisions the cluster. A multi-Region cluster waits in PENDING_SETUP for
// its peer and is not provisioned before.
func (a *API) createCluster(ctx context.Context, who caller, in CreateClusterInput) (*CreateClusterOutput, error) {
	in.Tags = emptyAsNil(in.Tags)
	use := tokenUse{operation: "CreateCluster", target: "-", token: in.ClientToken, input: in.request()}
	return once(ctx, a, who, use, func(ctx context.Context) (change, *CreateClusterOutput, error) {
		c, err := a.newCluster(ctx, who, in.request())
		if err != nil {
			return change{}, nil, err
		}
		scope, raw, err := a.loadScope(ctx, who.Account, who.Region)
		if err != nil {
			return change{}, nil, err
		}
		if err := a.checkClusterQuota(c, scope); err != nil {
			return change{}, nil, err
		}
		scope.Sequence++
		scope.count(c, 1)
		c.Sequence = scope.Sequence

		var w change
		w.relyOn(scopeKey(c.Account, c.Region), raw)
		w.relyOn(clusterKey(c.ID), nil)
		w.put(scopeKey(c.Account, c.Region), encodeRecord(scope))
		w.put(clusterKey(c.ID), encodeRecord(c))
		w.put(orderKey(c.Account, c.Region, c.Sequence), []byte(c.ID))
		if !c.settled() {
			w.put(workKey(c.ID), []byte(c.ID))
		}
		return w, &CreateClusterOutput{
			Identifier: c.ID, Arn: c.arn(), Status: c.Status, CreationTime: c.created(),
			DeletionProtectionEnabled: c.DeletionProtection, EncryptionDetails: a.encryptionDetails(c),
			Endpoint: endpoint(c.Region, c.ID), MultiRegionProperties: c.properties(),
		}, nil
	})
}

// newCluster makes the record of a cluster to be, judged against everything but
// the quota. in has its defaults filled in.
func (a *API) newCluster(ctx context.Context, who caller, in CreateClusterInput) (*clusterRecord, error) {
	kmsKey, err := a.findKmsKey(in.KmsEncryptionKey, who.Region, who.Account)
	if err != nil {
		return nil, err
	}
	if err := checkTagCount(len(in.Tags), who.Account); err != nil {
		return nil, err
	}
	id, err := newID(a.random)
	if err != nil {
		return nil, err
	}
	c := &clusterRecord{
		Format: recordFormat, ID: id, Account: who.Account, Region: who.Region,
		CreatedMs: a.now().UnixMilli(), Status: StatusCreating,
		DeletionProtection: *in.DeletionProtectionEnabled, Tags: in.Tags, KmsKeyArn: kmsKey,
	}
	if in.Policy != nil {
		if err := a.judgeNewPolicy(ctx, who, c, *in.Policy, *in.BypassPolicyLockoutSafetyCheck); err != nil {
			return nil, err
		}
		c.Policy, c.PolicyVersion = *in.Policy, 1
	}
	if p := in.MultiRegionProperties; p != nil {
		c.Status = StatusPendingSetup
		c.MultiRegion = &multiRegion{Witness: *p.WitnessRegion, Peer: namedPeer(p.Clusters, c.arn())}
		if c.MultiRegion.Peer != "" {
			if _, _, err := a.judgePeer(ctx, who, c); err != nil {
				return nil, missingPeer(err)
			}
		}
	}
	return c, nil
}

// checkClusterQuota refuses a cluster that would be one too many.
func (a *API) checkClusterQuota(c *clusterRecord, s scopeRecord) error {
	have, most, code := s.SingleRegion, a.limits.SingleRegionClusters, singleRegionQuotaCode
	if c.MultiRegion != nil {
		have, most, code = s.MultiRegion, a.limits.MultiRegionClusters, multiRegionQuotaCode
	}
	if have >= most {
		return quotaExceeded("You have reached the cluster limit.", c.Account, resourceCluster, code)
	}
	return nil
}

// emptyAsNil makes an empty map and an absent one the same.
func emptyAsNil(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	return m
}

// nilAsEmpty is a map that answers show as {}.
func nilAsEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}
