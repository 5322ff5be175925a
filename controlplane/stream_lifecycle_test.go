package controlplane

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// What becomes of a stream after an attempt to open its target.
func TestOpened(t *testing.T) {
	missing := &TargetError{StreamTargetNotFound, errBroken}
	denied := &TargetError{"KINESIS_ACCESS_DENIED", errBroken}
	for _, tt := range []struct {
		before  StreamStatus
		had     string // code of the failure on record
		failure error
		after   StreamStatus
		code    string
		atMs    int64
		retry   bool
	}{
		{StreamCreating, "", nil, StreamActive, "", 0, false},
		{StreamCreating, "", denied, StreamImpaired, "KINESIS_ACCESS_DENIED", 5, true},
		{StreamCreating, "", missing, StreamFailed, StreamTargetNotFound, 5, false},
		{StreamCreating, "", errBroken, StreamImpaired, StreamInternalError, 5, true},
		{StreamCreating, "", fmt.Errorf("open: %w", denied), StreamImpaired, "KINESIS_ACCESS_DENIED", 5, true},
		{StreamCreating, "", noTargets{}.Open(t.Context(), StreamSpec{}), StreamImpaired, StreamInternalError, 5, false},
		{StreamImpaired, "KINESIS_ACCESS_DENIED", denied, StreamImpaired, "KINESIS_ACCESS_DENIED", 1, true},
		{StreamImpaired, "ROLE_ACCESS_DENIED", denied, StreamImpaired, "KINESIS_ACCESS_DENIED", 5, true},
		{StreamImpaired, "ROLE_ACCESS_DENIED", missing, StreamFailed, StreamTargetNotFound, 5, false},
		{StreamImpaired, "ROLE_ACCESS_DENIED", nil, StreamActive, "", 0, false},
		{StreamActive, "", errClusterKey, StreamImpaired, StreamKeyInaccessible, 5, true},
		{StreamImpaired, StreamInternalError, errClusterKey, StreamImpaired, StreamKeyInaccessible, 5, true},
		{StreamCreating, "", errClusterKey, StreamFailed, StreamKeyInaccessible, 5, false},
	} {
		s := &streamRecord{Status: tt.before}
		if tt.had != "" {
			s.Failure = &streamFailure{tt.had, 1}
		}
		after, retry := opened(s, tt.failure, time.UnixMilli(5))
		got := streamFailure{}
		if after.Failure != nil {
			got = *after.Failure
		}
		if after.Status != tt.after || got != (streamFailure{tt.code, tt.atMs}) || retry != tt.retry {
			t.Errorf("%+v: %s %+v %v", tt, after.Status, got, retry)
		}
		if s.Status != tt.before {
			t.Error("the record was changed in place")
		}
	}
}

// openings is a writer of streams whose failures are counted down.
type openings struct {
	mu                      sync.Mutex
	failures, calls, closed int
}

func (o *openings) Open(context.Context, StreamSpec) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls++
	if o.failures--; o.failures >= 0 {
		return &TargetError{"ROLE_ACCESS_DENIED", errBroken}
	}
	return nil
}

func (o *openings) Close(context.Context, StreamSpec) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed++
	return nil
}

func someStream(cluster string, token *string) CreateStreamInput {
	return CreateStreamInput{ClusterIdentifier: cluster, Ordering: "UNORDERED", Format: "JSON", ClientToken: token,
		TargetDefinition: TargetDefinition{KinesisTarget{"arn:aws:kinesis:us-east-1:" + testAccount + ":stream/s", "arn:aws:iam::" + testAccount + ":role/r"}}}
}

func (o *openings) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.calls
}

// A target that resists is opened again, later and later; meanwhile the stream is IMPAIRED since the first failure.
func TestStreamRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &openings{failures: 3}
		a := testAPI(t, func(c *Config) { c.Targets = o })
		run(t, a)
		id := settled(t, a, CreateClusterInput{})
		began := time.Now()
		made, err := a.createStream(t.Context(), tester, someStream(id, nil))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		of := GetStreamInput{id, made.StreamIdentifier}
		first, err := a.getStream(t.Context(), tester, of)
		if err != nil || first.Status != StreamImpaired || first.StatusReason == nil || !first.StatusReason.UpdatedAt.Equal(began) {
			t.Fatalf("%+v %v", first, err)
		}
		time.Sleep(100 * time.Millisecond) // synctest's time: the second attempt has failed, too
		synctest.Wait()
		if again, err := a.getStream(t.Context(), tester, of); err != nil || again.Status != StreamImpaired || !again.StatusReason.UpdatedAt.Equal(began) || o.count() != 2 {
			t.Errorf("%+v %v after %d calls", again, err, o.count())
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if last, err := a.getStream(t.Context(), tester, of); err != nil || last.Status != StreamActive || last.StatusReason != nil || o.count() != 4 {
			t.Errorf("%+v %v after %d calls", last, err, o.count())
		}
		if left, err := a.records.List(t.Context(), workPrefix); err != nil || len(left) != 0 {
			t.Errorf("wishes left: %v %v", left, err)
		}
	})
}

// streamLife is a life of a stream as a client drives it; all of it may be repeated after a crash.
func streamLife(ids map[string]bool, withCluster bool) func(ctx context.Context, a *API) error {
	return func(ctx context.Context, a *API) error {
		cluster, err := a.CreateCluster(ctx, tester, CreateClusterInput{ClientToken: ptr("create"), DeletionProtectionEnabled: ptr(false)})
		if err != nil {
			return err
		}
		if _, _, err := a.AwaitSettled(ctx, cluster.Identifier); err != nil {
			return err
		}
		made, err := a.createStream(ctx, tester, someStream(cluster.Identifier, ptr("stream")))
		if err != nil {
			return err
		}
		ids[made.StreamIdentifier] = true
		if !withCluster {
			if _, err := a.deleteStream(ctx, tester, DeleteStreamInput{cluster.Identifier, made.StreamIdentifier, ptr("away")}); err != nil {
				return err
			}
			if err := gone(ctx, a, cluster.Identifier, made.StreamIdentifier); err != nil {
				return err
			}
		}
		if _, err := a.deleteCluster(ctx, tester, DeleteClusterInput{cluster.Identifier, ptr("delete")}); err != nil {
			return err
		}
		_, _, err = a.AwaitSettled(ctx, cluster.Identifier)
		return err
	}
}

// gone waits until a stream is no more.
func gone(ctx context.Context, a *API, cluster, stream string) error {
	for {
		changed := a.changes()
		if s, _, err := a.loadStream(ctx, cluster, stream); err != nil || s == nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// The process dies at every step of a stream's life; the next one carries on, and
// in the end one stream has lived, and nothing of it or of its cluster is left.
func TestRestartAtEveryStepOfAStream(t *testing.T) {
	for _, withCluster := range []bool{false, true} {
		for step := 0; ; step++ {
			w, ids := world{&MemoryRecords{}, &planes{}}, map[string]bool{}
			crash := w.live(t, step, streamLife(ids, withCluster))
			if crash != nil {
				if !errors.Is(crash, errDead) && !errors.Is(crash, context.Canceled) {
					t.Fatalf("step %d: %v", step, crash)
				}
				if err := w.live(t, -1, streamLife(ids, withCluster)); err != nil {
					t.Fatalf("step %d: the next process ended with %v", step, err)
				}
			}
			checkNothingLeft(t, step, w)
			if left, _ := w.records.List(t.Context(), streamPrefix); len(left) != 0 || len(ids) != 1 {
				t.Errorf("step %d: streams %v, records left %v", step, ids, left)
			}
			if crash == nil {
				if step < 12 {
					t.Errorf("only %d steps", step)
				}
				break
			}
		}
	}
}

// Streams of a cluster that goes are closed, and their wishes go with them.
func TestStreamsGoWithTheirCluster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &openings{failures: 1 << 20}
		a := testAPI(t, func(c *Config) { c.Targets = o })
		run(t, a)
		id := settled(t, a, CreateClusterInput{DeletionProtectionEnabled: ptr(false)})
		for range 3 {
			if _, err := a.createStream(t.Context(), tester, someStream(id, nil)); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if _, err := a.deleteCluster(t.Context(), tester, DeleteClusterInput{Identifier: id}); err != nil {
			t.Fatal(err)
		}
		if _, err := a.createStream(t.Context(), tester, someStream(id, nil)); err == nil || !strings.Contains(err.Error(), "DELETING") && !strings.Contains(err.Error(), "not found") {
			t.Errorf("a stream of a cluster that goes: %v", err)
		}
		if _, ok, err := a.AwaitSettled(t.Context(), id); ok || err != nil {
			t.Fatal("not gone", err)
		}
		time.Sleep(time.Minute) // any retry still on its way
		synctest.Wait()
		for _, prefix := range []string{streamPrefix, workPrefix} {
			if left, err := a.records.List(t.Context(), prefix); err != nil || len(left) != 0 {
				t.Errorf("records left: %v %v", left, err)
			}
		}
		if o.closed != 3 {
			t.Errorf("%d closed", o.closed)
		}
	})
}
