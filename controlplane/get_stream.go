package controlplane

import (
	"context"
	"time"
)

// GetStreamInput is the input of GET /stream/{clusterIdentifier}/{streamIdentifier}.
type GetStreamInput struct {
	ClusterIdentifier string
	StreamIdentifier  string
}

// GetStreamOutput is its output. Tags are {} when there are none.
type GetStreamOutput struct {
	ClusterIdentifier string            `json:"clusterIdentifier"`
	StreamIdentifier  string            `json:"streamIdentifier"`
	Arn               string            `json:"arn"`
	Status            StreamStatus      `json:"status"`
	CreationTime      Timestamp         `json:"creationTime"`
	Ordering          string            `json:"ordering"`
	Format            string            `json:"format"`
	TargetDefinition  TargetDefinition  `json:"targetDefinition"`
	Tags              map[string]string `json:"tags"`
	StatusReason      *StatusReason     `json:"statusReason,omitempty"`
}

// StatusReason is why a stream is IMPAIRED or FAILED.
type StatusReason struct {
	Error     string    `json:"error"`
	UpdatedAt Timestamp `json:"updatedAt"`
}

func parseGetStream(r *call) (GetStreamInput, error) {
	in := GetStreamInput{ClusterIdentifier: r.labels["clusterIdentifier"], StreamIdentifier: r.labels["streamIdentifier"]}
	v := &violations{}
	v.matches("/clusterIdentifier", in.ClusterIdentifier, clusterIDPattern)
	v.matches("/streamIdentifier", in.StreamIdentifier, clusterIDPattern)
	return in, v.err()
}

// getStream serves GET /stream/{clusterIdentifier}/{streamIdentifier}.
func (a *API) getStream(ctx context.Context, who caller, in GetStreamInput) (*GetStreamOutput, error) {
	s, _, err := a.ownedStream(ctx, who, in.ClusterIdentifier, in.StreamIdentifier)
	if err != nil {
		return nil, err
	}
	out := &GetStreamOutput{
		ClusterIdentifier: s.Cluster, StreamIdentifier: s.ID, Arn: s.arn(), Status: s.Status, CreationTime: s.created(),
		Ordering: s.Ordering, Format: s.RecordFormat, TargetDefinition: TargetDefinition{Kinesis: s.Kinesis}, Tags: nilAsEmpty(s.Tags),
	}
	if f := s.Failure; f != nil && (s.Status == StreamImpaired || s.Status == StreamFailed) {
		out.StatusReason = &StatusReason{Error: f.Code, UpdatedAt: Timestamp{time.UnixMilli(f.AtMs).UTC()}}
	}
	return out, nil
}
