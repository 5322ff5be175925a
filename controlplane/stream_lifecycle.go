package controlplane

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Codes of the service model for what keeps a stream from delivering.
const (
	StreamTargetNotFound = "KINESIS_STREAM_NOT_FOUND" // the only one that ends the stream
	StreamInternalError  = "INTERNAL_ERROR"
	// StreamKeyInaccessible: the cluster's customer key cannot be used.
	StreamKeyInaccessible = "CLUSTER_CMK_INACCESSIBLE"
)

// TargetError is why a stream's target cannot be written, by the service model's code.
type TargetError struct {
	Code  string
	Cause error
}

func (e *TargetError) Error() string { return fmt.Sprintf("%s: %v", e.Code, e.Cause) }

func (e *TargetError) Unwrap() error { return e.Cause }

// StreamSpec is what a stream's writer needs to know.
type StreamSpec struct {
	ARN, Cluster, Account, Region string
	Target                        KinesisTarget
}

// Targets opens the targets of streams. (declared here, fulfilled by what carries
// the records) Both methods are idempotent and are repeated after a crash.
type Targets interface {
	// Open returns when the target can be written; what keeps it from that is a *TargetError.
	Open(ctx context.Context, s StreamSpec) error
	// Close returns when nothing more is written to the target of a stream.
	Close(ctx context.Context, s StreamSpec) error
}

// noTargets is what an installation without anything to carry records has: no
// target can be written. That is the service's own failure, which the model calls
// INTERNAL_ERROR; a stream survives it and waits to be opened again.
type noTargets struct{}

var errNoTargets = errors.New("this installation does not deliver streams")

func (noTargets) Open(context.Context, StreamSpec) error {
	return &TargetError{StreamInternalError, errNoTargets}
}

func (noTargets) Close(context.Context, StreamSpec) error { return nil }

// errClusterKey is why nothing of a cluster can be read for its streams.
var errClusterKey = &TargetError{StreamKeyInaccessible, ErrKeyInaccessible}

// opened decides what becomes of a stream after an attempt to open its target. A
// stream that is impaired keeps the time of its first failure of that kind, and
// is tried again; one whose target does not exist has failed for good, as has one
// whose cluster's key was lost before it was ever open.
func opened(s *streamRecord, failure error, now time.Time) (after *streamRecord, retry bool) {
	next := *s
	if failure == nil {
		next.Status, next.Failure = StreamActive, nil
		return &next, false
	}
	code := StreamInternalError
	var target *TargetError
	if errors.As(failure, &target) {
		code = target.Code
	}
	next.Status = StreamImpaired
	if code == StreamTargetNotFound || code == StreamKeyInaccessible && s.Status == StreamCreating {
		next.Status = StreamFailed
	}
	if s.Failure == nil || s.Failure.Code != code || s.Status != next.Status {
		next.Failure = &streamFailure{Code: code, AtMs: now.UnixMilli()}
	}
	return &next, next.Status == StreamImpaired && !errors.Is(failure, errNoTargets)
}

func (s *streamRecord) spec() StreamSpec {
	return StreamSpec{ARN: s.arn(), Cluster: s.Cluster, Account: s.Account, Region: s.Region, Target: s.Kinesis}
}

// carryOutStream does what one stream needs; name is cluster/stream. Like a
// cluster's wish it may stop between any two lines and be done again.
func (a *API) carryOutStream(ctx context.Context, name string) error {
	cluster, id, _ := strings.Cut(name, "/")
	wish := streamKey(cluster, id)
	s, raw, err := a.loadStream(ctx, cluster, id)
	if err != nil {
		return err
	}
	if s == nil {
		return a.settle(ctx, wish, change{deletes: []string{workKey(wish)}})
	}
	var w change
	w.relyOn(wish, raw)
	switch s.Status {
	case StreamActive:
		if lost, err := a.keyLost(ctx, cluster); err != nil {
			return err
		} else if lost {
			after, _ := opened(s, errClusterKey, a.now())
			w.put(wish, encodeRecord(after)) // and is tried again
			return a.settle(ctx, wish, w)
		}
	case StreamCreating, StreamImpaired:
		failure, err := a.openTarget(ctx, s)
		if err != nil {
			return err
		}
		if failure != nil && ctx.Err() != nil {
			return failure // stopped, not failed
		}
		after, retry := opened(s, failure, a.now())
		w.rewrite(wish, raw, encodeRecord(after))
		if !retry {
			w.deletes = append(w.deletes, workKey(wish))
			return a.settle(ctx, wish, w)
		}
		if len(w.puts) > 0 {
			if err := a.settle(ctx, wish, w); err != nil {
				return err
			}
		}
		return fmt.Errorf("open the target: %w", failure)
	case StreamDeleting:
		if err := a.targets.Close(ctx, s.spec()); err != nil {
			return fmt.Errorf("close the target: %w", err)
		}
		w.deletes = append(w.deletes, wish, workKey(wish))
		return a.settle(ctx, wish, w)
	}
	w.deletes = append(w.deletes, workKey(wish))
	return a.settle(ctx, wish, w)
}

// keyLost tells whether a stream's cluster has a customer key that cannot be used.
func (a *API) keyLost(ctx context.Context, cluster string) (bool, error) {
	c, _, err := a.load(ctx, cluster)
	return c != nil && !a.keyAccessible(c), err
}

// openTarget opens a stream's target, if there is anything that can be read for it; failure is why it does not deliver.
func (a *API) openTarget(ctx context.Context, s *streamRecord) (failure, err error) {
	lost, err := a.keyLost(ctx, s.Cluster)
	if err != nil {
		return nil, err
	}
	if lost {
		return errClusterKey, nil
	}
	return a.targets.Open(ctx, s.spec()), nil
}

// keyLookEvery is how often streams are looked through for those whose cluster's key was lost. That one is back is seen by its retries.
const keyLookEvery = time.Second

// impairStreams records the wish of every stream that delivers, or would if only its target let it, while its cluster's key is lost.
func (a *API) impairStreams(ctx context.Context) error {
	list, err := a.records.List(ctx, streamPrefix)
	if err != nil {
		return err
	}
	lost := map[string]bool{} // by cluster
	var w change
	for _, kv := range list {
		s, err := decodeStream(kv.Key, kv.Value)
		if err != nil {
			return err
		}
		if s.Status != StreamActive && (s.Status != StreamImpaired || s.Failure.Code == StreamKeyInaccessible) {
			continue
		}
		is, known := lost[s.Cluster]
		if !known {
			if is, err = a.keyLost(ctx, s.Cluster); err != nil {
				return err
			}
			lost[s.Cluster] = is
		}
		if is {
			w.put(workKey(s.key()), []byte(s.ID))
		}
	}
	if len(w.puts) == 0 {
		return nil
	}
	if err := a.records.Apply(ctx, w.puts, nil, nil); err != nil {
		return fmt.Errorf("record the loss of a key: %w", err)
	}
	a.wake()
	return nil
}

// removeStreams takes the streams of a cluster that is being removed off the
// records: they go with it. Nothing creates one any more by now.
func (a *API) removeStreams(ctx context.Context, cluster string, w *change) error {
	streams, err := a.streamsOf(ctx, cluster)
	if err != nil {
		return err
	}
	for _, s := range streams {
		if err := a.targets.Close(ctx, s.spec()); err != nil {
			return fmt.Errorf("close the target of stream %s: %w", s.ID, err)
		}
		w.deletes = append(w.deletes, s.key(), workKey(s.key()))
	}
	return nil
}
