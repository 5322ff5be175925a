package api_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"

	"github.com/opendsql/opendsql/controlplane"
)

const (
	kinesis = "arn:aws:kinesis:us-east-1:" + account + ":stream/orders"
	role    = "arn:aws:iam::" + account + ":role/path/delivery"
)

// stream is the input that makes one.
func stream(cluster string, tags map[string]string) *dsql.CreateStreamInput {
	return &dsql.CreateStreamInput{ClusterIdentifier: &cluster, Format: types.StreamFormatJson, Ordering: types.StreamOrderingUnordered, Tags: tags,
		TargetDefinition: &types.TargetDefinitionMemberKinesis{Value: types.KinesisTargetDefinition{StreamArn: aws.String(kinesis), RoleArn: aws.String(role)}}}
}

// active makes a cluster that can have streams.
func (s *service) active(c *dsql.Client) (id string, made *dsql.CreateClusterOutput) {
	s.t.Helper()
	made = s.create(c, &dsql.CreateClusterInput{DeletionProtectionEnabled: aws.Bool(false)})
	s.settle(*made.Identifier)
	return *made.Identifier, made
}

// targets is a writer of streams that fails on demand.
type targets struct {
	mu      sync.Mutex
	failure error
}

func (o *targets) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failure = err
}

func (o *targets) Open(context.Context, controlplane.StreamSpec) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failure
}

func (o *targets) Close(context.Context, controlplane.StreamSpec) error { return nil }

// reaches asks until a stream has a status.
func reaches(t *testing.T, c *dsql.Client, cluster, stream string, status types.StreamStatus) *dsql.GetStreamOutput {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		got, err := c.GetStream(ctx, &dsql.GetStreamInput{ClusterIdentifier: &cluster, StreamIdentifier: &stream})
		if err != nil {
			t.Fatal(err)
		}
		if got.Status == status {
			return got
		}
	}
}

func TestLifeOfAStream(t *testing.T) {
	s := start(t, func(cfg *controlplane.Config) { cfg.Targets = &targets{} })
	c, ctx := s.client("us-east-1"), t.Context()
	id, cluster := s.active(c)
	began := time.Now().Truncate(time.Millisecond)
	made, err := c.CreateStream(ctx, stream(id, map[string]string{"Name": "orders"}))
	if err != nil {
		t.Fatal(err)
	}
	if made.Status != types.StreamStatusCreating || *made.ClusterIdentifier != id || *made.Arn != *cluster.Arn+"/stream/"+*made.StreamIdentifier || len(*made.StreamIdentifier) != 26 ||
		made.Format != types.StreamFormatJson || made.Ordering != types.StreamOrderingUnordered || made.CreationTime.Before(began) {
		t.Errorf("%+v", made)
	}
	of := &dsql.GetStreamInput{ClusterIdentifier: &id, StreamIdentifier: made.StreamIdentifier}
	if err := dsql.NewStreamActiveWaiter(c).Wait(ctx, of, time.Minute); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetStream(ctx, of)
	if err != nil {
		t.Fatal(err)
	}
	target, ok := got.TargetDefinition.(*types.TargetDefinitionMemberKinesis)
	if !ok || *target.Value.StreamArn != kinesis || *target.Value.RoleArn != role || got.Tags["Name"] != "orders" || got.StatusReason != nil || !got.CreationTime.Equal(*made.CreationTime) ||
		*got.Arn != *made.Arn || got.Format != made.Format || got.Ordering != made.Ordering || *got.ClusterIdentifier != id || *got.StreamIdentifier != *made.StreamIdentifier {
		t.Errorf("%+v", got)
	}
	deleted, err := c.DeleteStream(ctx, &dsql.DeleteStreamInput{ClusterIdentifier: &id, StreamIdentifier: made.StreamIdentifier, ClientToken: aws.String("away")})
	if err != nil || deleted.Status != types.StreamStatusDeleting || *deleted.Arn != *made.Arn || *deleted.ClusterIdentifier != id || !deleted.CreationTime.Equal(*made.CreationTime) {
		t.Fatalf("%+v %v", deleted, err)
	}
	if err := dsql.NewStreamNotExistsWaiter(c).Wait(ctx, of, time.Minute); err != nil {
		t.Fatal(err)
	}
	_, err = c.GetStream(ctx, of)
	if e := refused[*types.ResourceNotFoundException](t, err); *e.ResourceId != *made.StreamIdentifier || *e.ResourceType != "stream" {
		t.Errorf("%+v", e)
	}
	if again, err := c.DeleteStream(ctx, &dsql.DeleteStreamInput{ClusterIdentifier: &id, StreamIdentifier: made.StreamIdentifier, ClientToken: aws.String("away")}); err != nil || again.Status != types.StreamStatusDeleting {
		t.Errorf("the token's second use: %+v %v", again, err)
	}
	_, err = c.DeleteStream(ctx, &dsql.DeleteStreamInput{ClusterIdentifier: &id, StreamIdentifier: made.StreamIdentifier})
	refused[*types.ResourceNotFoundException](t, err)
}

// A target that cannot be written impairs its stream, for as long as that is so; one that does not exist ends it.
func TestStreamTargets(t *testing.T) {
	o := &targets{failure: &controlplane.TargetError{Code: "ROLE_ACCESS_DENIED", Cause: context.Canceled}}
	s := start(t, func(cfg *controlplane.Config) { cfg.Targets = o })
	c := s.client("us-east-1")
	id, _ := s.active(c)
	made, err := c.CreateStream(t.Context(), stream(id, nil))
	if err != nil {
		t.Fatal(err)
	}
	got := reaches(t, c, id, *made.StreamIdentifier, types.StreamStatusImpaired)
	if r := got.StatusReason; r == nil || r.Error != types.StreamFailureErrorCodeRoleAccessDenied || r.UpdatedAt.Before(*made.CreationTime) || got.Tags == nil {
		t.Errorf("%+v", got)
	}
	o.fail(nil)
	if got := reaches(t, c, id, *made.StreamIdentifier, types.StreamStatusActive); got.StatusReason != nil {
		t.Errorf("%+v", got.StatusReason)
	}
	o.fail(&controlplane.TargetError{Code: controlplane.StreamTargetNotFound, Cause: context.Canceled})
	if made, err = c.CreateStream(t.Context(), stream(id, nil)); err != nil {
		t.Fatal(err)
	}
	got = reaches(t, c, id, *made.StreamIdentifier, types.StreamStatusFailed)
	if r := got.StatusReason; r == nil || r.Error != types.StreamFailureErrorCodeKinesisStreamNotFound {
		t.Errorf("%+v", got)
	}
	if _, err := c.DeleteStream(t.Context(), &dsql.DeleteStreamInput{ClusterIdentifier: &id, StreamIdentifier: made.StreamIdentifier}); err != nil {
		t.Error(err)
	}
	// An installation that cannot carry records says so.
	s = start(t, nil)
	c = s.client("us-east-1")
	id, _ = s.active(c)
	if made, err = c.CreateStream(t.Context(), stream(id, nil)); err != nil {
		t.Fatal(err)
	}
	got = reaches(t, c, id, *made.StreamIdentifier, types.StreamStatusImpaired)
	if r := got.StatusReason; r == nil || r.Error != types.StreamFailureErrorCodeInternalError {
		t.Errorf("%+v", got)
	}
}

func TestRefusedStreams(t *testing.T) {
	s := start(t, nil)
	c, ctx := s.client("us-east-1"), t.Context()
	id, _ := s.active(c)
	of := func(edit func(*dsql.CreateStreamInput, *types.KinesisTargetDefinition)) *dsql.CreateStreamInput {
		in := stream(id, nil)
		edit(in, &in.TargetDefinition.(*types.TargetDefinitionMemberKinesis).Value)
		return in
	}
	type target = types.KinesisTargetDefinition
	for field, in := range map[string]*dsql.CreateStreamInput{
		"format":            of(func(in *dsql.CreateStreamInput, _ *target) { in.Format = "XML" }),
		"ordering":          of(func(in *dsql.CreateStreamInput, _ *target) { in.Ordering = "ORDERED" }),
		"clusterIdentifier": of(func(in *dsql.CreateStreamInput, _ *target) { in.ClusterIdentifier = aws.String("x") }),
		"clientToken":       of(func(in *dsql.CreateStreamInput, _ *target) { in.ClientToken = aws.String("a b") }),
		"tags":              of(func(in *dsql.CreateStreamInput, _ *target) { in.Tags = map[string]string{"aws:a": ""} }),
		"targetDefinition.kinesis.streamArn": of(func(_ *dsql.CreateStreamInput, k *target) {
			k.StreamArn = aws.String("arn:aws:kinesis:us-east-2:" + account + ":stream/x")
		}),
		"targetDefinition.kinesis.roleArn": of(func(_ *dsql.CreateStreamInput, k *target) { k.RoleArn = aws.String("arn:aws:iam::999999999999:role/x") }),
	} {
		_, err := c.CreateStream(ctx, in)
		e := refused[*types.ValidationException](t, err)
		if e.Reason != types.ValidationExceptionReasonFieldValidationFailed || len(e.FieldList) != 1 || *e.FieldList[0].Name != field {
			t.Errorf("%s: %+v", field, e)
		}
	}
	_, err := c.CreateStream(ctx, stream(missing, nil))
	if e := refused[*types.ResourceNotFoundException](t, err); *e.ResourceId != missing || *e.ResourceType != "cluster" {
		t.Errorf("%+v", e)
	}
	pending := s.create(c, &dsql.CreateClusterInput{MultiRegionProperties: &types.MultiRegionProperties{WitnessRegion: aws.String("us-west-2")}})
	_, err = c.CreateStream(ctx, stream(*pending.Identifier, nil))
	if e := refused[*types.ValidationException](t, err); e.Reason != types.ValidationExceptionReasonOther || !strings.Contains(*e.Message, "PENDING_SETUP") {
		t.Errorf("%+v", e)
	}
	_, err = c.ListStreams(ctx, &dsql.ListStreamsInput{ClusterIdentifier: aws.String(missing)})
	refused[*types.ResourceNotFoundException](t, err)
	_, err = c.ListStreams(ctx, &dsql.ListStreamsInput{ClusterIdentifier: &id, NextToken: aws.String("x")})
	refused[*types.ValidationException](t, err)
	_, err = c.ListStreams(ctx, &dsql.ListStreamsInput{ClusterIdentifier: &id, MaxResults: aws.Int32(101)})
	refused[*types.ValidationException](t, err)
}

// Of many concurrent creations five succeed; a token makes one; the list has them in order; the cluster takes them with it.
func TestStreamsOfACluster(t *testing.T) {
	s := start(t, nil)
	c, ctx := s.client("us-east-1"), t.Context()
	id, _ := s.active(c)
	var all sync.WaitGroup
	var mu sync.Mutex
	made := map[string]bool{}
	for range 8 {
		all.Go(func() {
			in := stream(id, nil)
			in.ClientToken = aws.String("one")
			out, err := c.CreateStream(context.Background(), in)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			made[*out.StreamIdentifier] = true
		})
	}
	all.Wait()
	if len(made) != 1 {
		t.Errorf("one token made %v", made)
	}
	different := stream(id, map[string]string{"a": "b"})
	different.ClientToken = aws.String("one")
	_, err := c.CreateStream(ctx, different)
	refused[*types.ConflictException](t, err)
	for range 8 {
		all.Go(func() {
			out, err := c.CreateStream(context.Background(), stream(id, nil))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				made[*out.StreamIdentifier] = true
				return
			}
			var e *types.ServiceQuotaExceededException
			if !errors.As(err, &e) || *e.Message != "You have reached the stream limit." || *e.ResourceId != id || *e.ResourceType != "stream" || *e.ServiceCode != "dsql" || *e.QuotaCode == "" {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(made) != 5 {
		t.Errorf("%d streams", len(made))
	}
	order := listed(t, c, id, made)
	if _, err := c.DeleteCluster(ctx, &dsql.DeleteClusterInput{Identifier: &id}); err != nil {
		t.Fatal(err)
	}
	s.settle(id)
	_, err = c.GetStream(ctx, &dsql.GetStreamInput{ClusterIdentifier: &id, StreamIdentifier: &order[0]})
	refused[*types.ResourceNotFoundException](t, err)
	if left, err := s.records.List(ctx, "stream/"); err != nil || len(left) != 0 {
		t.Errorf("records left: %v %v", left, err)
	}
}

// listed gives a cluster's streams in order, and checks that pages of every size agree on it.
func listed(t *testing.T, c *dsql.Client, id string, made map[string]bool) (order []string) {
	t.Helper()
	for _, size := range []int32{1, 2, 5, 100} {
		var got []string
		for pages := dsql.NewListStreamsPaginator(c, &dsql.ListStreamsInput{ClusterIdentifier: &id, MaxResults: &size}); pages.HasMorePages(); {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range page.Streams {
				got = append(got, *line.StreamIdentifier)
				if !made[*line.StreamIdentifier] || *line.ClusterIdentifier != id || line.CreationTime == nil || line.Status == "" || !strings.HasSuffix(*line.Arn, "/stream/"+*line.StreamIdentifier) {
					t.Errorf("%+v", line)
				}
			}
		}
		if order == nil {
			order = got
		}
		if len(got) != len(made) || !slices.Equal(got, order) {
			t.Errorf("pages of %d: %v", size, got)
		}
	}
	return order
}
