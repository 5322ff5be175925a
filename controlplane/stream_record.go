package controlplane

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// StreamStatus is a stream's state as clients see it.
type StreamStatus string

// The states of the service model that are reached here. DELETED is not: a stream
// that is deleted is not found.
const (
	StreamCreating StreamStatus = "CREATING"
	StreamActive   StreamStatus = "ACTIVE"
	StreamDeleting StreamStatus = "DELETING"
	StreamFailed   StreamStatus = "FAILED"
	StreamImpaired StreamStatus = "IMPAIRED"
)

// streamPrefix: stream/{cluster}/{stream} holds a streamRecord.
const streamPrefix = "stream/"

// streamRecord is all that is known about a stream.
type streamRecord struct {
	Format       int               `json:"format"`
	ID           string            `json:"id"`
	Cluster      string            `json:"cluster"`
	Account      string            `json:"account"`
	Region       string            `json:"region"`
	Sequence     uint64            `json:"sequence"` // among the cluster's streams
	CreatedMs    int64             `json:"createdMs"`
	Status       StreamStatus      `json:"status"`
	Kinesis      KinesisTarget     `json:"kinesis"`
	Ordering     string            `json:"ordering"`
	RecordFormat string            `json:"recordFormat"`
	Tags         map[string]string `json:"tags,omitempty"`
	Failure      *streamFailure    `json:"failure,omitempty"` // of an IMPAIRED or FAILED stream
}

// streamFailure is why a stream does not deliver.
type streamFailure struct {
	Code string `json:"code"`
	AtMs int64  `json:"atMs"`
}

// KinesisTarget is where a stream's records go.
type KinesisTarget struct {
	StreamArn string `json:"streamArn"`
	RoleArn   string `json:"roleArn"`
}

func streamKey(cluster, stream string) string { return streamPrefix + cluster + "/" + stream }

func (s *streamRecord) key() string { return streamKey(s.Cluster, s.ID) }

func (s *streamRecord) arn() string { return streamARN(s.Region, s.Account, s.Cluster, s.ID) }

func (s *streamRecord) created() Timestamp {
	return Timestamp{time.UnixMilli(s.CreatedMs).UTC()}
}

func decodeStream(key string, value []byte) (*streamRecord, error) {
	s := &streamRecord{}
	if err := decodeRecord(key, value, s); err != nil {
		return nil, err
	}
	if key != s.key() {
		return nil, fmt.Errorf("record %s is of stream %q of cluster %q", key, s.ID, s.Cluster)
	}
	return s, nil
}

// loadStream reads a stream and the bytes it was read from; nil means there is none.
func (a *API) loadStream(ctx context.Context, cluster, stream string) (*streamRecord, []byte, error) {
	key := streamKey(cluster, stream)
	value, ok, err := a.records.Get(ctx, key)
	if err != nil || !ok {
		return nil, nil, err
	}
	s, err := decodeStream(key, value)
	return s, value, err
}

// ownedStream reads a stream of the caller's account and Region.
func (a *API) ownedStream(ctx context.Context, who caller, cluster, stream string) (*streamRecord, []byte, error) {
	if _, _, err := a.owned(ctx, who, cluster); err != nil {
		return nil, nil, err
	}
	s, raw, err := a.loadStream(ctx, cluster, stream)
	if err == nil && s == nil {
		err = streamNotFound(stream)
	}
	return s, raw, err
}

// streamsOf lists a cluster's streams, oldest first.
func (a *API) streamsOf(ctx context.Context, cluster string) ([]*streamRecord, error) {
	list, err := a.records.List(ctx, streamKey(cluster, ""))
	if err != nil {
		return nil, err
	}
	streams := make([]*streamRecord, len(list))
	for i, kv := range list {
		if streams[i], err = decodeStream(kv.Key, kv.Value); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(streams, func(a, b *streamRecord) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return streams, nil
}
