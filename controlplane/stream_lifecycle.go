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

// opened decides what becomes of a stream after an attempt to open its target. A
// stream that is impaired keeps the time of its first failure of that kind, and
// is tried again; one whose target does not exist has failed for good.
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
	if code == StreamTargetNotFound {
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
	case StreamCreating, StreamImpaired:
		failure := a.targets.Open(ctx, s.spec())
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
