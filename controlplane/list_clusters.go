package controlplane

import (
	"context"
	"encoding/base64"
	"strings"
)

// ListClustersInput is the input of GET /cluster.
type ListClustersInput struct {
	MaxResults int
	NextToken  *string
}

// ClusterSummary is one line of the list.
type ClusterSummary struct {
	Identifier string `json:"identifier"`
	Arn        string `json:"arn"`
}

// ListClustersOutput is the output of GET /cluster. NextToken is absent on the last page.
type ListClustersOutput struct {
	NextToken string           `json:"nextToken,omitempty"`
	Clusters  []ClusterSummary `json:"clusters"`
}

func parseListClusters(r *call) (in ListClustersInput, err error) {
	v := &violations{}
	in.MaxResults, in.NextToken = r.page(v, listResultsDefault, &err)
	if err != nil {
		return in, err
	}
	return in, v.err()
}

// listClusters serves GET /cluster: the caller's clusters in the Region, oldest
// first, those being deleted included. A token names the last cluster of its
// page, so pages neither repeat nor skip what exists throughout.
func (a *API) listClusters(ctx context.Context, who caller, in ListClustersInput) (*ListClustersOutput, error) {
	prefix := orderPrefixOf(who.Account, who.Region)
	after := ""
	if in.NextToken != nil {
		var ok bool
		if after, ok = readPageToken(*in.NextToken, prefix); !ok {
			return nil, invalid(reasonOther, "The value of nextToken is not valid.")
		}
	}
	list, err := a.records.List(ctx, prefix)
	if err != nil {
		return nil, err
	}
	out := &ListClustersOutput{Clusters: []ClusterSummary{}}
	last := ""
	for _, kv := range list {
		if kv.Key <= after {
			continue
		}
		if len(out.Clusters) == in.MaxResults {
			out.NextToken = pageToken(last)
			break
		}
		id := string(kv.Value)
		out.Clusters = append(out.Clusters, ClusterSummary{id, clusterARN(who.Region, who.Account, id)})
		last = kv.Key
	}
	return out, nil
}

// page reads the two parameters of every listing.
func (c *call) page(v *violations, results int, err *error) (maxResults int, nextToken *string) {
	if n := c.number("max-results", err); n != nil {
		results = *n
		if results < 1 || results > listResultsMax {
			v.add("/maxResults", "Member must be between 1 and 100, inclusive")
		}
	}
	return results, c.parameter("next-token", err)
}

// pageToken hides the key of a page's last entry.
func pageToken(key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(key))
}

// readPageToken gives the key back if it is one of the listing with this prefix.
func readPageToken(token, prefix string) (key string, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return "", false
	}
	rest, ok := strings.CutPrefix(string(b), prefix)
	if !ok || len(rest) != 16 || strings.Trim(rest, "0123456789abcdef") != "" {
		return "", false
	}
	return string(b), true
}
