package controlplane

import (
	"context"
	"fmt"
)

// ListStreamsInput is the input of GET /stream/{clusterIdentifier}.
type ListStreamsInput struct {
	ClusterIdentifier string
	MaxResults        int
	NextToken         *string
}

// StreamSummary is one line of the list.
type StreamSummary struct {
	ClusterIdentifier string       `json:"clusterIdentifier"`
	StreamIdentifier  string       `json:"streamIdentifier"`
	Arn               string       `json:"arn"`
	CreationTime      Timestamp    `json:"creationTime"`
	Status            StreamStatus `json:"status"`
}

// ListStreamsOutput is the output of GET /stream/{clusterIdentifier}. NextToken is absent on the last page.
type ListStreamsOutput struct {
	NextToken string          `json:"nextToken,omitempty"`
	Streams   []StreamSummary `json:"streams"`
}

func parseListStreams(r *call) (in ListStreamsInput, err error) {
	in = ListStreamsInput{ClusterIdentifier: r.labels["clusterIdentifier"]}
	v := &violations{}
	v.matches("/clusterIdentifier", in.ClusterIdentifier, clusterIDPattern)
	in.MaxResults, in.NextToken = r.page(v, streamResultsDefault, &err)
	if err != nil {
		return in, err
	}
	return in, v.err()
}

// listStreams serves GET /stream/{clusterIdentifier}: the cluster's streams, oldest
// first, those being deleted included.
func (a *API) listStreams(ctx context.Context, who caller, in ListStreamsInput) (*ListStreamsOutput, error) {
	c, _, err := a.owned(ctx, who, in.ClusterIdentifier)
	if err != nil {
		return nil, err
	}
	prefix := streamKey(c.ID, "")
	after := ""
	if in.NextToken != nil {
		var ok bool
		if after, ok = readPageToken(*in.NextToken, prefix); !ok {
			return nil, invalid(reasonOther, "The value of nextToken is not valid.")
		}
	}
	streams, err := a.streamsOf(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	out := &ListStreamsOutput{Streams: []StreamSummary{}}
	last := ""
	for _, s := range streams {
		at := prefix + fmt.Sprintf("%016x", s.Sequence)
		if at <= after {
			continue
		}
		if len(out.Streams) == in.MaxResults {
			out.NextToken = pageToken(last)
			break
		}
		out.Streams = append(out.Streams, StreamSummary{ClusterIdentifier: s.Cluster, StreamIdentifier: s.ID, Arn: s.arn(), CreationTime: s.created(), Status: s.Status})
		last = at
	}
	return out, nil
}
