// Package api_test calls the cluster API with the real AWS SDK, over HTTP.
package api_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"
	"github.com/aws/smithy-go"

	"github.com/opendsql/opendsql/controlplane"
	"github.com/opendsql/opendsql/iam"
)

const account = "123456789012"

// dataPlanes is a provisioner that only remembers what exists.
type dataPlanes struct {
	mu     sync.Mutex
	living map[string]controlplane.ClusterSpec
	gate   chan struct{} // when set, Provision waits for it
}

func (d *dataPlanes) Provision(ctx context.Context, c controlplane.ClusterSpec) error {
	if d.gate != nil {
		select {
		case <-d.gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.living[c.ID] = c
	return nil
}

func (d *dataPlanes) Retire(_ context.Context, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.living, id)
	return nil
}

// service is an API behind a real HTTP server, with its loop running.
type service struct {
	t       *testing.T
	api     *controlplane.API
	url     string
	root    iam.Credential
	store   *iam.Store
	planes  *dataPlanes
	records controlplane.Records
}

func start(t *testing.T, edit func(*controlplane.Config)) *service {
	t.Helper()
	s := &service{t: t, store: &iam.Store{}, planes: &dataPlanes{living: map[string]controlplane.ClusterSpec{}}}
	s.root = iam.NewRootCredential(account)
	if err := s.store.Put(s.root); err != nil {
		t.Fatal(err)
	}
	cfg := controlplane.Config{Records: &controlplane.MemoryRecords{}, Provisioner: s.planes, Credentials: s.store}
	if edit != nil {
		edit(&cfg)
	}
	s.records = cfg.Records
	s.api = controlplane.New(cfg)
	server := httptest.NewServer(s.api)
	s.url = server.URL
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- s.api.Run(ctx) }()
	t.Cleanup(func() {
		server.Close()
		cancel()
		if err := <-stopped; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	})
	return s
}

// client is the SDK's client in a Region, with the root's keys unless told otherwise.
func (s *service) client(region string, keys ...iam.Credential) *dsql.Client {
	c := s.root
	if len(keys) > 0 {
		c = keys[0]
	}
	return dsql.New(dsql.Options{
		Region: region, BaseEndpoint: aws.String(s.url),
		Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken),
		Retryer:     aws.NopRetryer{},
	})
}

func (s *service) create(c *dsql.Client, in *dsql.CreateClusterInput) *dsql.CreateClusterOutput {
	s.t.Helper()
	out, err := c.CreateCluster(s.t.Context(), in)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// settle waits for the loop, not for the clock.
func (s *service) settle(id string) (controlplane.Cluster, bool) {
	s.t.Helper()
	c, ok, err := s.api.AwaitSettled(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return c, ok
}

// refused checks that err is the model's exception and returns it.
func refused[E error](t *testing.T, err error) E {
	t.Helper()
	var e E
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a %T", err, e)
	}
	return e
}

func TestLifeOfACluster(t *testing.T) {
	s := start(t, nil)
	c, ctx := s.client("us-east-1"), t.Context()
	began := time.Now().Truncate(time.Millisecond)
	created := s.create(c, &dsql.CreateClusterInput{DeletionProtectionEnabled: aws.Bool(true), Tags: map[string]string{"Name": "my cluster", "empty": ""}})
	id := *created.Identifier
	if created.Status != types.ClusterStatusCreating || !*created.DeletionProtectionEnabled || created.MultiRegionProperties != nil ||
		*created.Arn != "arn:aws:dsql:us-east-1:"+account+":cluster/"+id || *created.Endpoint != id+".dsql.us-east-1.on.aws" {
		t.Errorf("created %+v", created)
	}
	if d := created.EncryptionDetails; d == nil || d.EncryptionStatus != types.EncryptionStatusEnabled || d.EncryptionType != types.EncryptionTypeAwsOwnedKmsKey || d.KmsKeyArn != nil {
		t.Errorf("encryption %+v", created.EncryptionDetails)
	}
	if at := *created.CreationTime; at.Before(began) || at.After(time.Now()) {
		t.Errorf("created at %v", at)
	}
	s.settle(id)
	if err := dsql.NewClusterActiveWaiter(c).Wait(ctx, &dsql.GetClusterInput{Identifier: &id}, time.Minute); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetCluster(ctx, &dsql.GetClusterInput{Identifier: &id})
	if err != nil {
		t.Fatal(err)
	}
	if got.Tags["Name"] != "my cluster" || len(got.Tags) != 2 || !got.CreationTime.Equal(*created.CreationTime) || *got.Endpoint != *created.Endpoint || *got.Arn != *created.Arn || !*got.DeletionProtectionEnabled {
		t.Errorf("got %+v", got)
	}
	if got.EncryptionDetails == nil || got.MultiRegionProperties != nil {
		t.Errorf("got %+v", got)
	}
	name, err := c.GetVpcEndpointServiceName(ctx, &dsql.GetVpcEndpointServiceNameInput{Identifier: &id})
	if err != nil || name.ServiceName == nil || name.ClusterVpcEndpoint == nil {
		t.Fatalf("%+v %v", name, err)
	}

	_, err = c.DeleteCluster(ctx, &dsql.DeleteClusterInput{Identifier: &id})
	if e := refused[*types.ValidationException](t, err); e.Reason != types.ValidationExceptionReasonDeletionProtectionEnabled {
		t.Errorf("refused with %+v", e)
	}
	updated, err := c.UpdateCluster(ctx, &dsql.UpdateClusterInput{Identifier: &id, DeletionProtectionEnabled: aws.Bool(false), KmsEncryptionKey: aws.String("AWS_OWNED_KMS_KEY")})
	if err != nil || updated.Status != types.ClusterStatusUpdating || *updated.Arn != *created.Arn || *updated.Identifier != id || !updated.CreationTime.Equal(*created.CreationTime) {
		t.Fatalf("updated %+v %v", updated, err)
	}
	got, err = c.GetCluster(ctx, &dsql.GetClusterInput{Identifier: &id})
	if err != nil || *got.DeletionProtectionEnabled || got.Status != types.ClusterStatusActive {
		t.Fatalf("right after the update: %+v %v", got, err)
	}
	deleted, err := c.DeleteCluster(ctx, &dsql.DeleteClusterInput{Identifier: &id})
	if err != nil || deleted.Status != types.ClusterStatusDeleting || *deleted.Arn != *created.Arn {
		t.Fatalf("deleted %+v %v", deleted, err)
	}
	if c, ok := s.settle(id); ok {
		t.Fatalf("still there: %+v", c)
	}
	if err := dsql.NewClusterNotExistsWaiter(c).Wait(ctx, &dsql.GetClusterInput{Identifier: &id}, time.Minute); err != nil {
		t.Fatal(err)
	}
	_, err = c.DeleteCluster(ctx, &dsql.DeleteClusterInput{Identifier: &id})
	if e := refused[*types.ResourceNotFoundException](t, err); *e.ResourceId != id || *e.ResourceType != "cluster" {
		t.Errorf("refused with %+v", e)
	}
	if len(s.planes.living) != 0 {
		t.Errorf("data planes left: %v", s.planes.living)
	}
}

func TestSmokeOfTheModel(t *testing.T) {
	s := start(t, nil)
	c, id := s.client("us-east-1"), aws.String("ruabtlcu6nqjdl6k6jjcug67ta")
	if out, err := c.ListClusters(t.Context(), &dsql.ListClustersInput{}); err != nil || out.Clusters == nil || len(out.Clusters) != 0 || out.NextToken != nil {
		t.Errorf("%+v %v", out, err)
	}
	_, err := c.GetCluster(t.Context(), &dsql.GetClusterInput{Identifier: id})
	if e := refused[*types.ResourceNotFoundException](t, err); *e.ResourceId != *id {
		t.Errorf("%+v", e)
	}
	_, err = c.GetVpcEndpointServiceName(t.Context(), &dsql.GetVpcEndpointServiceNameInput{Identifier: id})
	refused[*types.ResourceNotFoundException](t, err)
	_, err = c.UpdateCluster(t.Context(), &dsql.UpdateClusterInput{Identifier: id})
	refused[*types.ResourceNotFoundException](t, err)
}

func TestDefaultsAndEmptyTags(t *testing.T) {
	s := start(t, nil)
	c := s.client("eu-west-1")
	created := s.create(c, &dsql.CreateClusterInput{})
	got, err := c.GetCluster(t.Context(), &dsql.GetClusterInput{Identifier: created.Identifier})
	if err != nil {
		t.Fatal(err)
	}
	if !*got.DeletionProtectionEnabled || got.Tags == nil || len(got.Tags) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestPagination(t *testing.T) {
	s := start(t, nil)
	c := s.client("us-west-2")
	var want []string
	for range 7 {
		want = append(want, *s.create(c, &dsql.CreateClusterInput{}).Identifier)
	}
	s.create(s.client("us-east-1"), &dsql.CreateClusterInput{}) // another Region's
	for _, size := range []int32{1, 2, 3, 6, 7, 8, 100} {
		var got []string
		pages := dsql.NewListClustersPaginator(c, &dsql.ListClustersInput{MaxResults: aws.Int32(size)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(page.Clusters) > int(size) || len(page.Clusters) == 0 {
				t.Errorf("a page of %d with %d", size, len(page.Clusters))
			}
			for _, cluster := range page.Clusters {
				got = append(got, *cluster.Identifier)
				if *cluster.Arn != "arn:aws:dsql:us-west-2:"+account+":cluster/"+*cluster.Identifier {
					t.Errorf("ARN %s", *cluster.Arn)
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: %v, want %v", size, got, want)
		}
	}
	first, err := c.ListClusters(t.Context(), &dsql.ListClustersInput{MaxResults: aws.Int32(1)})
	if err != nil {
		t.Fatal(err)
	}
	for region, token := range map[string]*string{"us-west-2": aws.String("!"), "us-east-2": aws.String(""), "us-east-1": first.NextToken} {
		_, err := s.client(region).ListClusters(t.Context(), &dsql.ListClustersInput{NextToken: token})
		if e := refused[*types.ValidationException](t, err); e.Reason != types.ValidationExceptionReasonOther {
			t.Errorf("%+v", e)
		}
	}
	for _, size := range []int32{0, 101, -1} {
		_, err := c.ListClusters(t.Context(), &dsql.ListClustersInput{MaxResults: &size})
		e := refused[*types.ValidationException](t, err)
		if e.Reason != types.ValidationExceptionReasonFieldValidationFailed || len(e.FieldList) != 1 || *e.FieldList[0].Name != "maxResults" {
			t.Errorf("%+v", e)
		}
	}
}

func TestClientTokens(t *testing.T) {
	s := start(t, nil)
	c, token := s.client("us-east-1"), aws.String("one-token")
	ids := make([]string, 16)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			out, err := c.CreateCluster(context.Background(), &dsql.CreateClusterInput{ClientToken: token, Tags: map[string]string{"a": "b"}})
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = *out.Identifier
		})
	}
	all.Wait()
	if slices.Sort(ids); len(slices.Compact(ids)) != 1 {
		t.Errorf("one token made %v", ids)
	}
	list, err := c.ListClusters(t.Context(), &dsql.ListClustersInput{})
	if err != nil || len(list.Clusters) != 1 {
		t.Fatalf("%d clusters, %v", len(list.Clusters), err)
	}
	_, err = c.CreateCluster(t.Context(), &dsql.CreateClusterInput{ClientToken: token})
	refused[*types.ConflictException](t, err)
	// The same token means something else in another Region and for another operation.
	if out := s.create(s.client("us-east-2"), &dsql.CreateClusterInput{ClientToken: token}); *out.Identifier == ids[0] {
		t.Error("a token reached into another Region")
	}
	s.settle(ids[0])
	for range 2 {
		if _, err := c.UpdateCluster(t.Context(), &dsql.UpdateClusterInput{Identifier: &ids[0], ClientToken: token, DeletionProtectionEnabled: aws.Bool(false)}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = c.UpdateCluster(t.Context(), &dsql.UpdateClusterInput{Identifier: &ids[0], ClientToken: token, DeletionProtectionEnabled: aws.Bool(true)})
	if e := refused[*types.ConflictException](t, err); *e.ResourceId != ids[0] {
		t.Errorf("%+v", e)
	}
	for range 2 { // the second time it is gone
		if out, err := c.DeleteCluster(t.Context(), &dsql.DeleteClusterInput{Identifier: &ids[0], ClientToken: token}); err != nil || out.Status != types.ClusterStatusDeleting {
			t.Fatal(out, err)
		}
		s.settle(ids[0])
	}
}

func TestQuotas(t *testing.T) {
	s := start(t, nil)
	c := s.client("us-east-1")
	var first *dsql.CreateClusterOutput
	for i := range 20 {
		out := s.create(c, &dsql.CreateClusterInput{DeletionProtectionEnabled: aws.Bool(false)})
		if i == 0 {
			first = out
		}
	}
	_, err := c.CreateCluster(t.Context(), &dsql.CreateClusterInput{})
	e := refused[*types.ServiceQuotaExceededException](t, err)
	if *e.Message != "You have reached the cluster limit." || *e.QuotaCode != "L-B3A4E51E" || *e.ServiceCode != "dsql" || *e.ResourceType != "cluster" || *e.ResourceId == "" {
		t.Errorf("%+v", e)
	}
	multi := func() *dsql.CreateClusterInput { // a new one each time: the SDK writes its token into it
		return &dsql.CreateClusterInput{MultiRegionProperties: &types.MultiRegionProperties{WitnessRegion: aws.String("us-west-2")}}
	}
	for range 5 {
		s.create(c, multi())
	}
	_, err = c.CreateCluster(t.Context(), multi())
	if e := refused[*types.ServiceQuotaExceededException](t, err); *e.QuotaCode != "L-DCF93F11" {
		t.Errorf("%+v", e)
	}
	// A cluster that is gone makes room.
	s.settle(*first.Identifier)
	if _, err := c.DeleteCluster(t.Context(), &dsql.DeleteClusterInput{Identifier: first.Identifier}); err != nil {
		t.Fatal(err)
	}
	s.settle(*first.Identifier)
	s.create(c, &dsql.CreateClusterInput{})

	tags := map[string]string{}
	for i := range 51 {
		tags[string(rune('A'+i/26))+string(rune('a'+i%26))] = ""
	}
	_, err = s.client("us-east-2").CreateCluster(t.Context(), &dsql.CreateClusterInput{Tags: tags})
	if e := refused[*types.ServiceQuotaExceededException](t, err); *e.ResourceType != "tag" || *e.QuotaCode == "" {
		t.Errorf("%+v", e)
	}
}

func TestIsolationOfAccountsAndRegions(t *testing.T) {
	s := start(t, nil)
	stranger := iam.NewRootCredential("999999999999")
	if err := s.store.Put(stranger); err != nil {
		t.Fatal(err)
	}
	id := s.create(s.client("us-east-1"), &dsql.CreateClusterInput{}).Identifier
	for _, c := range []*dsql.Client{s.client("us-east-2"), s.client("us-east-1", stranger)} {
		_, err := c.GetCluster(t.Context(), &dsql.GetClusterInput{Identifier: id})
		refused[*types.ResourceNotFoundException](t, err)
		_, err = c.DeleteCluster(t.Context(), &dsql.DeleteClusterInput{Identifier: id})
		refused[*types.ResourceNotFoundException](t, err)
		if list, err := c.ListClusters(t.Context(), &dsql.ListClustersInput{}); err != nil || len(list.Clusters) != 0 {
			t.Errorf("%v %v", list, err)
		}
	}
}

func TestDeleteWhileCreating(t *testing.T) {
	gate := make(chan struct{})
	s := start(t, func(cfg *controlplane.Config) { cfg.Provisioner.(*dataPlanes).gate = gate })
	c := s.client("us-east-1")
	id := s.create(c, &dsql.CreateClusterInput{DeletionProtectionEnabled: aws.Bool(false)}).Identifier
	_, err := c.DeleteCluster(t.Context(), &dsql.DeleteClusterInput{Identifier: id})
	if e := refused[*types.ConflictException](t, err); *e.ResourceId != *id || *e.ResourceType != "cluster" {
		t.Errorf("%+v", e)
	}
	_, err = c.UpdateCluster(t.Context(), &dsql.UpdateClusterInput{Identifier: id, DeletionProtectionEnabled: aws.Bool(true)})
	refused[*types.ConflictException](t, err)
	close(gate)
	s.settle(*id)
	if _, err := c.DeleteCluster(t.Context(), &dsql.DeleteClusterInput{Identifier: id}); err != nil {
		t.Error(err)
	}
}

func TestMultiRegionSetup(t *testing.T) {
	s := start(t, nil)
	east, ohio, ctx := s.client("us-east-1"), s.client("us-east-2"), t.Context()
	witness := aws.String("us-west-2")
	properties := func(clusters ...string) *types.MultiRegionProperties {
		return &types.MultiRegionProperties{WitnessRegion: witness, Clusters: clusters}
	}
	a := s.create(east, &dsql.CreateClusterInput{MultiRegionProperties: properties(), DeletionProtectionEnabled: aws.Bool(false)})
	if a.Status != types.ClusterStatusPendingSetup || *a.MultiRegionProperties.WitnessRegion != *witness || !slices.Equal(a.MultiRegionProperties.Clusters, []string{*a.Arn}) {
		t.Fatalf("%+v", a)
	}
	b := s.create(ohio, &dsql.CreateClusterInput{MultiRegionProperties: properties(*a.Arn), DeletionProtectionEnabled: aws.Bool(false)})
	if b.Status != types.ClusterStatusPendingSetup || !slices.Equal(b.MultiRegionProperties.Clusters, []string{*b.Arn, *a.Arn}) {
		t.Fatalf("%+v", b)
	}
	// Unchanged values and the own ARN are accepted; so is dropping the peer, and naming it again.
	for _, clusters := range [][]string{{*a.Arn}, {*b.Arn, *a.Arn}, {}, {*a.Arn}} {
		out, err := ohio.UpdateCluster(ctx, &dsql.UpdateClusterInput{Identifier: b.Identifier, MultiRegionProperties: properties(clusters...), KmsEncryptionKey: aws.String("AWS_OWNED_KMS_KEY")})
		if err != nil || out.Status != types.ClusterStatusUpdating {
			t.Fatalf("%v: %+v %v", clusters, out, err)
		}
		got, err := ohio.GetCluster(ctx, &dsql.GetClusterInput{Identifier: b.Identifier})
		if want := min(len(clusters), 1) + 1; err != nil || len(got.MultiRegionProperties.Clusters) != want || got.Status != types.ClusterStatusPendingSetup {
			t.Fatalf("%v: %+v %v", clusters, got, err)
		}
	}
	if _, err := east.GetVpcEndpointServiceName(ctx, &dsql.GetVpcEndpointServiceNameInput{Identifier: a.Identifier}); err != nil {
		t.Error(err)
	}
	if len(s.planes.living) != 0 {
		t.Error("a cluster without its peer was provisioned")
	}
	if out, err := east.DeleteCluster(ctx, &dsql.DeleteClusterInput{Identifier: a.Identifier}); err != nil || out.Status != types.ClusterStatusDeleting {
		t.Fatalf("%+v %v", out, err)
	}
	s.settle(*a.Identifier)
	// A peer that is gone: CreateCluster has no not-found exception, UpdateCluster has.
	_, err := ohio.CreateCluster(ctx, &dsql.CreateClusterInput{MultiRegionProperties: properties(*a.Arn)})
	refused[*types.ValidationException](t, err)
	if _, err = ohio.UpdateCluster(ctx, &dsql.UpdateClusterInput{Identifier: b.Identifier, MultiRegionProperties: properties()}); err != nil {
		t.Fatal(err)
	}
	single := s.create(ohio, &dsql.CreateClusterInput{})
	s.settle(*single.Identifier)
	_, err = ohio.UpdateCluster(ctx, &dsql.UpdateClusterInput{Identifier: single.Identifier, MultiRegionProperties: properties()})
	refused[*types.ValidationException](t, err)
}

func TestRemovedPeerOnUpdate(t *testing.T) {
	s := start(t, nil)
	east := s.client("us-east-1")
	a := s.create(east, &dsql.CreateClusterInput{MultiRegionProperties: &types.MultiRegionProperties{WitnessRegion: aws.String("us-west-2")}})
	_, err := east.UpdateCluster(t.Context(), &dsql.UpdateClusterInput{Identifier: a.Identifier, MultiRegionProperties: &types.MultiRegionProperties{
		WitnessRegion: aws.String("us-west-2"), Clusters: []string{"arn:aws:dsql:us-east-2:" + account + ":cluster/ruabtlcu6nqjdl6k6jjcug67ta"}}})
	if e := refused[*types.ResourceNotFoundException](t, err); *e.ResourceId != "ruabtlcu6nqjdl6k6jjcug67ta" {
		t.Errorf("%+v", e)
	}
}

func TestCredentials(t *testing.T) {
	s := start(t, nil)
	session := iam.Credential{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "s", SessionToken: "to/ken+=", Expires: time.Now().Add(time.Hour),
		Account: account, PrincipalARN: "arn:aws:sts::123456789012:assumed-role/r/s"}
	ended := session
	ended.AccessKeyID, ended.Expires = "ASIAENDED", time.Now().Add(-time.Hour)
	for _, c := range []iam.Credential{session, ended} {
		if err := s.store.Put(c); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.client("us-east-1", session).ListClusters(t.Context(), nil); err != nil {
		t.Error(err)
	}
	wrong, unknown := s.root, s.root
	wrong.SecretAccessKey = "wrong"
	unknown.AccessKeyID = "AKIAUNKNOWN"
	for code, call := range map[string]*dsql.Client{
		"InvalidSignatureException":   s.client("us-east-1", wrong),
		"UnrecognizedClientException": s.client("us-east-1", unknown),
		"ExpiredTokenException":       s.client("us-east-1", ended),
	} {
		_, err := call.ListClusters(t.Context(), nil)
		if e := refused[smithy.APIError](t, err); e.ErrorCode() != code {
			t.Errorf("got %v, want %s", e, code)
		}
	}
	_, err := s.client("mars-north-1").ListClusters(t.Context(), nil)
	if e := refused[smithy.APIError](t, err); e.ErrorMessage() != "Credential should be scoped to a valid region." {
		t.Errorf("got %v", e)
	}
}

// sparing is an authorizer that allows an account's root everything, and nobody else anything but reading.
type sparing struct{}

func (sparing) Authorize(who iam.Identity, a iam.Access) error {
	if strings.HasSuffix(who.PrincipalARN, ":root") || a.Action == "dsql:GetCluster" || a.Action == "dsql:ListClusters" {
		return nil
	}
	return &iam.Denied{Principal: who.PrincipalARN, Action: a.Action, Resource: a.Resource, By: "identity-based policy"}
}

// Who is proven and not allowed is told so, in the service's words and by the model's exception, and changes nothing.
func TestAccessDenied(t *testing.T) {
	s := start(t, func(cfg *controlplane.Config) { cfg.Authorizer = sparing{} })
	reader := iam.Credential{AccessKeyID: "AKIAREADER", SecretAccessKey: "s", Account: account, PrincipalARN: "arn:aws:iam::" + account + ":user/reader"}
	if err := s.store.Put(reader); err != nil {
		t.Fatal(err)
	}
	root, ctx := s.client("us-east-1"), t.Context()
	id, made := s.active(root)
	c := s.client("us-east-1", reader)
	if got, err := c.GetCluster(ctx, &dsql.GetClusterInput{Identifier: &id}); err != nil || *got.Identifier != id {
		t.Fatal(got, err)
	}
	policy := denying(everybody, "dsql:DbConnect")
	for action, call := range map[string]func() error{
		"CreateCluster": func() error { _, err := c.CreateCluster(ctx, &dsql.CreateClusterInput{}); return err },
		"UpdateCluster": func() error { _, err := c.UpdateCluster(ctx, &dsql.UpdateClusterInput{Identifier: &id}); return err },
		"DeleteCluster": func() error { _, err := c.DeleteCluster(ctx, &dsql.DeleteClusterInput{Identifier: &id}); return err },
		"PutClusterPolicy": func() error {
			_, err := c.PutClusterPolicy(ctx, &dsql.PutClusterPolicyInput{Identifier: &id, Policy: &policy})
			return err
		},
		"TagResource": func() error { return tagging{t, c, made.Arn}.tag(map[string]string{"a": "b"}) },
		"CreateStream": func() error {
			_, err := c.CreateStream(ctx, stream(id, nil))
			return err
		},
	} {
		e := refused[*types.AccessDeniedException](t, call())
		if want := "User: " + reader.PrincipalARN + " is not authorized to perform: dsql:" + action + " on resource: arn:aws:dsql:us-east-1:" + account + ":cluster/"; !strings.HasPrefix(*e.Message, want) {
			t.Errorf("%s: %s", action, *e.Message)
		}
	}
	tagging{t, root, made.Arn}.are(map[string]string{})
	if list, err := c.ListClusters(ctx, nil); err != nil || len(list.Clusters) != 1 {
		t.Errorf("%v %v", list, err)
	}
}

// Calls beyond the rate are refused by the model's exception, which tells the SDK when to come again; then its own retries get through.
func TestThrottled(t *testing.T) {
	s := start(t, func(cfg *controlplane.Config) { cfg.Limits.Reads = controlplane.Rate{PerSecond: 1, Burst: 2} })
	c := s.client("us-east-1")
	var err error
	for range 10 {
		if _, err = c.ListClusters(t.Context(), nil); err != nil {
			break
		}
	}
	e := refused[*types.ThrottlingException](t, err)
	if e.RetryAfterSeconds == nil || *e.RetryAfterSeconds != 1 || *e.ServiceCode != "dsql" || *e.QuotaCode == "" || *e.Message == "" {
		t.Errorf("%+v", e)
	}
	if !retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err).Bool() {
		t.Errorf("the SDK does not see that it is throttled: %v", err)
	}
}
