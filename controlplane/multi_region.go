package controlplane

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/opendsql/opendsql/iam"
)

// MultiRegionProperties names the witness and the clusters of a multi-Region cluster.
// In an input nil means that a member was not given.
type MultiRegionProperties struct {
	WitnessRegion *string  `json:"witnessRegion,omitempty"`
	Clusters      []string `json:"clusters,omitempty"`
}

// asSet is the same properties with the clusters in one order, for the comparison of two requests.
func (p *MultiRegionProperties) asSet() *MultiRegionProperties {
	if p == nil {
		return nil
	}
	return &MultiRegionProperties{WitnessRegion: p.WitnessRegion, Clusters: slices.Sorted(slices.Values(p.Clusters))}
}

// regionSets are the Regions that may form one multi-Region cluster.
func regionSets() [][]string {
	return [][]string{
		{"us-east-1", "us-east-2", "us-west-2"},
		{"ap-northeast-1", "ap-northeast-2", "ap-northeast-3"},
		{"eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3"},
	}
}

func readMultiRegion(body object) *MultiRegionProperties {
	o, ok := body.object("multiRegionProperties")
	if !ok {
		return nil
	}
	return &MultiRegionProperties{WitnessRegion: o.text("witnessRegion"), Clusters: o.texts("clusters")}
}

const (
	witnessPath  = "/multiRegionProperties/witnessRegion"
	clustersPath = "/multiRegionProperties/clusters"
)

// checkMultiRegion checks what can be checked without the records: the shape, the
// Regions, and that at most one cluster besides own is named. own has no id while
// the cluster does not exist yet. On an update a witness that is not given is unchanged.
func checkMultiRegion(v *violations, p *MultiRegionProperties, own arnParts, update bool) {
	if p == nil {
		return
	}
	before := len(v.fields)
	regions := []string{own.region}
	switch w := p.WitnessRegion; {
	case w == nil && update:
	case w == nil:
		v.add(witnessPath, "Member must not be null")
	case *w == "":
		v.add(witnessPath, "Member must not be empty")
	case utf8.RuneCountInString(*w) > 50:
		v.length(witnessPath, utf8.RuneCountInString(*w), 0, 50)
	case *w == own.region:
		v.add(witnessPath, "Member must not be the Region of the cluster")
	case !slices.Contains(ServiceRegions(), *w):
		v.add(witnessPath, "Member must be a Region of the service")
	default:
		regions = append(regions, *w)
	}
	seen := map[string]bool{}
	var peers []arnParts
	for i, arn := range p.Clusters {
		path := fmt.Sprintf("%s/%d", clustersPath, i)
		if seen[arn] {
			v.add(clustersPath, "Member must have unique values")
			continue
		}
		seen[arn] = true
		peer, ok := parseClusterARN(arn)
		if !ok {
			v.add(path, "Member must satisfy regular expression pattern: "+clusterARNPattern.text)
			continue
		}
		if peer == own {
			continue
		}
		peers = append(peers, peer)
		checkPeer(v, path, peer, own, p.WitnessRegion)
		regions = append(regions, peer.region)
	}
	if len(peers) > 1 {
		v.add(clustersPath, "Member must name at most one cluster besides the cluster itself")
	}
	if len(v.fields) == before && !inOneSet(regions) {
		v.add("/multiRegionProperties", fmt.Sprintf("The Regions %v must belong to one set of Regions", regions))
	}
}

// checkPeer checks a named cluster's ARN against the one that names it.
func checkPeer(v *violations, path string, peer, own arnParts, witness *string) {
	switch {
	case peer.account != own.account:
		v.add(path, "Member must be a cluster of the same account")
	case peer.region == own.region:
		v.add(path, "Member must be a cluster in another Region")
	case witness != nil && peer.region == *witness:
		v.add(path, "Member must not be a cluster in the witness Region")
	}
}

// inOneSet tells whether one Region set has all of the Regions.
func inOneSet(regions []string) bool {
	return slices.ContainsFunc(regionSets(), func(set []string) bool {
		return !slices.ContainsFunc(regions, func(r string) bool { return !slices.Contains(set, r) })
	})
}

// namedPeer is the ARN in a checked list that is not own's, "" when there is none.
func namedPeer(clusters []string, ownARN string) string {
	for _, arn := range clusters {
		if arn != ownARN {
			return arn
		}
	}
	return ""
}

// judgePeer decides whether c may name the peer it names as its other half, and
// returns that and the bytes it was read from.
func (a *API) judgePeer(ctx context.Context, who iam.Identity, c *clusterRecord) (peer *clusterRecord, raw []byte, err error) {
	arn, witness := c.MultiRegion.Peer, c.MultiRegion.Witness
	parts, ok := parseClusterARN(arn)
	if !ok {
		panic("controlplane: unchecked peer " + arn)
	}
	peer, raw, err = a.load(ctx, parts.id)
	if err != nil {
		return nil, nil, err
	}
	v := &violations{}
	switch {
	case peer == nil || peer.arn() != arn || peer.Account != who.Account || peer.Status == StatusDeleting:
		return nil, nil, clusterNotFound(parts.id)
	case peer.MultiRegion == nil:
		v.add(clustersPath, "Member must be a multi-Region cluster")
	case peer.Status != StatusPendingSetup:
		v.add(clustersPath, "Member must be a cluster in status "+string(StatusPendingSetup))
	case peer.MultiRegion.Witness != witness:
		v.add(witnessPath, "Member must be the witness Region of the peer cluster, "+peer.MultiRegion.Witness)
	case peer.MultiRegion.Peer != "" && peer.MultiRegion.Peer != c.arn():
		v.add(clustersPath, "Member must not be set up with another cluster")
	}
	return peer, raw, v.err()
}

// missingPeer turns a peer that was not found into the exception CreateCluster has for it.
func missingPeer(err error) error {
	if e := asError(err); e.Status == http.StatusNotFound {
		v := &violations{}
		v.add(clustersPath, "Member must be an existing cluster; "+e.Message)
		return v.err()
	}
	return err
}

// properties are the multi-Region properties as answers show them: the cluster
// itself, and the one it named.
func (c *clusterRecord) properties() *MultiRegionProperties {
	m := c.MultiRegion
	if m == nil {
		return nil
	}
	p := &MultiRegionProperties{WitnessRegion: &m.Witness, Clusters: []string{c.arn()}}
	if m.Peer != "" {
		p.Clusters = append(p.Clusters, m.Peer)
	}
	return p
}
