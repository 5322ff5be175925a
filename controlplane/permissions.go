package controlplane

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// input is the input of an operation, which knows the permissions its call takes.
type input interface {
	needs(ctx context.Context, a *API, who caller) ([]need, error)
}

// onCluster is a permission on a cluster of the caller's.
func onCluster(action string, who caller, id string) need {
	r := resource{region: who.Region, account: who.Account, cluster: id}
	return need{action: action, arn: r.arn(), of: r}
}

// onResource is a permission on a cluster or stream, whosever it is.
func onResource(action string, r resource) need { return need{action: action, arn: r.arn(), of: r} }

// onNew is a permission on clusters to be made in a Region.
func onNew(action, region string, who caller) need {
	return need{action: action, arn: clusterARN(region, who.Account, "*"), of: resource{region: region, account: who.Account}}
}

// with adds condition keys.
func (n need) with(keys map[string][]string) need {
	n.context = keys
	return n
}

// serviceName is how IAM names the service that a role is given to.
const serviceName = "dsql.amazonaws.com"

// needs of CreateCluster are about clusters to be made, but for those on its peers.
func (in CreateClusterInput) needs(ctx context.Context, a *API, who caller) ([]need, error) {
	keys := requestTags(in.Tags)
	p := in.MultiRegionProperties
	if p != nil && p.WitnessRegion != nil {
		keys["dsql:WitnessRegion"] = []string{*p.WitnessRegion}
	}
	fresh := func(action string) need { return onNew(action, who.Region, who).with(keys) }
	list := []need{fresh("dsql:CreateCluster")}
	if len(in.Tags) > 0 {
		list = append(list, fresh("dsql:TagResource"))
	}
	if p != nil {
		list = append(list, fresh("dsql:PutMultiRegionProperties"))
		if p.WitnessRegion != nil {
			list = append(list, fresh("dsql:PutWitnessRegion"), onNew("dsql:PutWitnessRegion", *p.WitnessRegion, who).with(keys))
		}
		if len(p.Clusters) > 0 {
			list = append(append(list, fresh("dsql:AddPeerCluster")), onPeers("dsql:AddPeerCluster", p.Clusters, "")...)
		}
	}
	if in.Policy != nil {
		list = append(list, fresh("dsql:PutClusterPolicy"), fresh("dsql:DeleteClusterPolicy"))
	}
	kms, err := a.kmsNeeds(in.KmsEncryptionKey, who, "")
	if err != nil {
		return nil, err
	}
	list = append(list, kms...)
	known, err := a.records.List(ctx, scopePrefix+who.Account+"/")
	if err != nil {
		return nil, err
	}
	if len(known) == 0 { // the account's first cluster brings its service-linked role along
		list = append(list, need{
			action: "iam:CreateServiceLinkedRole", context: map[string][]string{"iam:AWSServiceName": {serviceName}},
			arn: "arn:" + partition(who.Region) + ":iam::" + who.Account + ":role/aws-service-role/" + serviceName + "/AWSServiceRoleForAuroraDsql",
		})
	}
	return list, nil
}

// onPeers are permissions on the exact ARNs of peers, each in its Region, but for own.
func onPeers(action string, arns []string, own string) []need {
	var list []need
	for _, arn := range arns {
		if r, ok := parseResourceARN(arn); ok && arn != own {
			list = append(list, onResource(action, r))
		}
	}
	return list
}

// kmsNeeds are the permissions on a customer's key for a cluster, whose id is empty while it has none. They are asked for on the key that the name
// means: what a policy says of a key holds by whichever of its names it is called. A name that means no key stands for itself, so that
// only who may use such a key learns that there is none.
func (a *API) kmsNeeds(key *string, who caller, cluster string) ([]need, error) {
	if key == nil || *key == awsOwnedKey {
		return nil, nil
	}
	arn, err := a.keys.FindKey(*key, who.Region, who.Account)
	switch {
	case err == nil, errors.Is(err, ErrKeyInaccessible):
	case errors.Is(err, ErrNoKey):
		arn = fullKeyName(*key, who)
	default:
		return nil, err
	}
	list := []need{onKey("kms:DescribeKey", arn, who, "")}
	for _, action := range []string{"kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey"} {
		list = append(list, onKey(action, arn, who, cluster))
	}
	return list, nil
}

// fullKeyName is the ARN of a key's or an alias's name.
func fullKeyName(name string, who caller) string {
	switch {
	case strings.HasPrefix(name, "arn:"):
		return name
	case !strings.HasPrefix(name, "alias/"):
		name = "key/" + name
	}
	return "arn:" + partition(who.Region) + ":kms:" + who.Region + ":" + who.Account + ":" + name
}

// onKey is a permission on a key that the service uses for the caller. The calls that encrypt name the cluster in their encryption context.
func onKey(action, arn string, who caller, cluster string) need {
	keys := map[string][]string{"kms:ViaService": {"dsql." + who.Region + ".amazonaws.com"}, "kms:CallerAccount": {who.Account}}
	if cluster != "" {
		keys["kms:EncryptionContext:aws:dsql:ClusterId"] = []string{cluster}
		keys["kms:EncryptionContextKeys"] = []string{"aws:dsql:ClusterId"}
	}
	return need{action: action, arn: arn, context: keys}
}

func (in GetClusterInput) needs(_ context.Context, _ *API, who caller) ([]need, error) {
	return []need{onCluster("dsql:GetCluster", who, in.Identifier)}, nil
}

// needs of UpdateCluster look at the cluster as it is, for the peers that the new list drops.
func (in UpdateClusterInput) needs(ctx context.Context, a *API, who caller) ([]need, error) {
	p := in.MultiRegionProperties
	var keys map[string][]string
	if p != nil && p.WitnessRegion != nil {
		keys = map[string][]string{"dsql:WitnessRegion": {*p.WitnessRegion}}
	}
	own := func(action string) need { return onCluster(action, who, in.Identifier).with(keys) }
	kms, err := a.kmsNeeds(in.KmsEncryptionKey, who, in.Identifier)
	if err != nil {
		return nil, err
	}
	list := append([]need{own("dsql:UpdateCluster")}, kms...)
	if p == nil {
		return list, nil
	}
	list = append(list, own("dsql:GetCluster"), own("dsql:PutMultiRegionProperties"))
	if p.WitnessRegion != nil {
		there := resource{region: *p.WitnessRegion, account: who.Account, cluster: in.Identifier}
		list = append(list, own("dsql:PutWitnessRegion"), onResource("dsql:PutWitnessRegion", there).with(keys))
	}
	if p.Clusters == nil {
		return list, nil
	}
	arn := clusterARN(who.Region, who.Account, in.Identifier)
	list = append(append(list, own("dsql:AddPeerCluster")), onPeers("dsql:AddPeerCluster", p.Clusters, arn)...)
	c, _, err := a.load(ctx, in.Identifier)
	if err != nil {
		return nil, err
	}
	if c != nil && c.arn() == arn && c.MultiRegion != nil && c.MultiRegion.Peer != "" && !slices.Contains(p.Clusters, c.MultiRegion.Peer) {
		list = append(list, onPeers("dsql:RemovePeerCluster", []string{c.MultiRegion.Peer}, arn)...)
	}
	return list, nil
}

func (in DeleteClusterInput) needs(_ context.Context, _ *API, who caller) ([]need, error) {
	return []need{onCluster("dsql:DeleteCluster", who, in.Identifier)}, nil
}

func (in ListClustersInput) needs(context.Context, *API, caller) ([]need, error) {
	return []need{{action: "dsql:ListClusters", arn: "*"}}, nil
}

func (in GetVpcEndpointServiceNameInput) needs(_ context.Context, _ *API, who caller) ([]need, error) {
	return []need{onCluster("dsql:GetVpcEndpointServiceName", who, in.Identifier)}, nil
}

// needs of PutClusterPolicy: who may put a policy must be able to take it away.
func (in PutClusterPolicyInput) needs(_ context.Context, _ *API, who caller) ([]need, error) {
	return []need{onCluster("dsql:PutClusterPolicy", who, in.Identifier), onCluster("dsql:DeleteClusterPolicy", who, in.Identifier)}, nil
}

func (in GetClusterPolicyInput) needs(_ context.Context, _ *API, who caller) ([]need, error) {
	return []need{onCluster("dsql:GetClusterPolicy", who, in.Identifier)}, nil
}

func (in DeleteClusterPolicyInput) needs(_ context.Context, _ *API, who caller) ([]need, error) {
	return []need{onCluster("dsql:DeleteClusterPolicy", who, in.Identifier)}, nil
}

func (in TagResourceInput) needs(context.Context, *API, caller) ([]need, error) {
	return []need{onResource("dsql:TagResource", in.Resource).with(requestTags(in.Tags))}, nil
}

func (in UntagResourceInput) needs(context.Context, *API, caller) ([]need, error) {
	return []need{onResource("dsql:UntagResource", in.Resource).with(map[string][]string{"aws:TagKeys": in.TagKeys})}, nil
}

func (in ListTagsForResourceInput) needs(context.Context, *API, caller) ([]need, error) {
	return []need{onResource("dsql:ListTagsForResource", in.Resource)}, nil
}

// needs of CreateStream: the role is handed to the service, which its caller must be allowed to do; and what the stream carries was encrypted with
// the cluster's customer key, if it has one.
func (in CreateStreamInput) needs(ctx context.Context, a *API, who caller) ([]need, error) {
	keys := requestTags(in.Tags)
	list := []need{onCluster("dsql:CreateStream", who, in.ClusterIdentifier).with(keys)}
	if len(in.Tags) > 0 {
		tag := onCluster("dsql:TagResource", who, in.ClusterIdentifier).with(keys)
		tag.arn += "/stream/*"
		list = append(list, tag)
	}
	list = append(list, need{action: "iam:PassRole", arn: in.TargetDefinition.Kinesis.RoleArn, context: map[string][]string{"iam:PassedToService": {serviceName}}})
	c, _, err := a.load(ctx, in.ClusterIdentifier)
	if err != nil {
		return nil, err
	}
	if c != nil && c.Account == who.Account && c.Region == who.Region && c.KmsKeyArn != "" {
		list = append(list, onKey("kms:Decrypt", c.KmsKeyArn, who, c.ID))
	}
	return list, nil
}

// onStream is a permission on a stream of the caller's.
func onStream(action string, who caller, cluster, stream string) need {
	return onResource(action, resource{region: who.Region, account: who.Account, cluster: cluster, stream: stream})
}

func (in GetStreamInput) needs(_ context.Context, _ *API, who caller) ([]need, error) {
	return []need{onStream("dsql:GetStream", who, in.ClusterIdentifier, in.StreamIdentifier)}, nil
}

func (in DeleteStreamInput) needs(_ context.Context, _ *API, who caller) ([]need, error) {
	return []need{onStream("dsql:DeleteStream", who, in.ClusterIdentifier, in.StreamIdentifier)}, nil
}

func (in ListStreamsInput) needs(_ context.Context, _ *API, who caller) ([]need, error) {
	return []need{onCluster("dsql:ListStreams", who, in.ClusterIdentifier)}, nil
}
