package crash

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"

	"github.com/opendsql/opendsql/test/server"
)

// subject is something of a cluster that clients change and read: its policy, a tag, a stream.
type subject struct {
	name   string
	change func(ctx context.Context, api *dsql.Client, to string) error // "" removes it
	read   func(ctx context.Context, api *dsql.Client) (string, error)  // "" when it is not there

	acknowledged, asked string
	changes             int
}

// live changes the subject until the server does not answer any more.
func (s *subject) live(api *dsql.Client, r *rand.Rand) {
	for {
		to := ""
		if s.asked == "" || r.IntN(3) > 0 {
			to = fmt.Sprintf("v%d", r.IntN(1_000_000))
		}
		s.asked = to
		if s.change(context.Background(), api, to) != nil {
			return
		}
		s.acknowledged = to
		s.changes++
	}
}

// policyOf is a policy with a value in it.
func policyOf(value string) string {
	return `{"Version":"2012-10-17","Statement":[{"Sid":"` + value + `","Effect":"Allow","Principal":{"AWS":"000000000000"},"Action":"dsql:DbConnect","Resource":"*"}]}`
}

// subjects are those of a cluster, each changed by one client.
func subjects(p *server.Process) []*subject {
	id := p.Cluster
	arn := "arn:aws:dsql:" + p.Region + ":" + p.Account + ":cluster/" + id
	list := []*subject{{
		name: "policy",
		change: func(ctx context.Context, api *dsql.Client, to string) error {
			if to == "" {
				_, err := api.DeleteClusterPolicy(ctx, &dsql.DeleteClusterPolicyInput{Identifier: &id})
				return err
			}
			_, err := api.PutClusterPolicy(ctx, &dsql.PutClusterPolicyInput{Identifier: &id, Policy: aws.String(policyOf(to))})
			return err
		},
		read: func(ctx context.Context, api *dsql.Client) (string, error) {
			out, err := api.GetClusterPolicy(ctx, &dsql.GetClusterPolicyInput{Identifier: &id})
			var none *types.ResourceNotFoundException
			if errors.As(err, &none) {
				return "", nil
			}
			if err != nil {
				return "", err
			}
			_, rest, _ := strings.Cut(*out.Policy, `"Sid":"`)
			value, _, _ := strings.Cut(rest, `"`)
			return value, nil
		},
	}}
	for n := range 2 {
		key := fmt.Sprintf("tag%d", n)
		list = append(list, &subject{
			name: key,
			change: func(ctx context.Context, api *dsql.Client, to string) error {
				if to == "" {
					_, err := api.UntagResource(ctx, &dsql.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{key}})
					return err
				}
				_, err := api.TagResource(ctx, &dsql.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{key: to}})
				return err
			},
			read: func(ctx context.Context, api *dsql.Client) (string, error) {
				out, err := api.ListTagsForResource(ctx, &dsql.ListTagsForResourceInput{ResourceArn: &arn})
				if err != nil {
					return "", err
				}
				return out.Tags[key], nil
			},
		})
	}
	return list
}

// streams are what a client that makes and deletes streams asked for and heard.
type streams struct {
	created map[string]string // client token: id, empty when nobody heard the answer
	deleted map[string]bool   // id: true when the deletion was acknowledged
}

func streamInput(p *server.Process, token string) *dsql.CreateStreamInput {
	return &dsql.CreateStreamInput{
		ClusterIdentifier: &p.Cluster, ClientToken: &token, Format: types.StreamFormatJson, Ordering: types.StreamOrderingUnordered,
		TargetDefinition: &types.TargetDefinitionMemberKinesis{Value: types.KinesisTargetDefinition{
			StreamArn: aws.String("arn:aws:kinesis:" + p.Region + ":" + p.Account + ":stream/s"), RoleArn: aws.String("arn:aws:iam::" + p.Account + ":role/r"),
		}},
	}
}

// live makes and deletes streams until the server does not answer any more.
func (s *streams) live(p *server.Process, api *dsql.Client, r *rand.Rand, name string) {
	ctx := context.Background()
	var open []string
	for n := 0; ; n++ {
		if len(open) > 0 && (len(open) > 2 || r.IntN(2) == 0) {
			i := r.IntN(len(open))
			id := open[i]
			open = slices.Delete(open, i, i+1)
			s.deleted[id] = false
			if _, err := api.DeleteStream(ctx, &dsql.DeleteStreamInput{ClusterIdentifier: &p.Cluster, StreamIdentifier: &id}); err != nil {
				return
			}
			s.deleted[id] = true
			continue
		}
		token := fmt.Sprintf("%s-%d", name, n)
		s.created[token] = ""
		out, err := api.CreateStream(ctx, streamInput(p, token))
		var full *types.ServiceQuotaExceededException
		if errors.As(err, &full) { // of those being deleted
			delete(s.created, token)
			continue
		}
		if err != nil {
			return
		}
		s.created[token] = *out.StreamIdentifier
		open = append(open, *out.StreamIdentifier)
	}
}

// streamsOf lists the cluster's streams when none is on its way any more.
func streamsOf(t *testing.T, p *server.Process, api *dsql.Client) (ids []string) {
	t.Helper()
	for began := time.Now(); ; {
		moving := false
		ids = nil
		pages := dsql.NewListStreamsPaginator(api, &dsql.ListStreamsInput{ClusterIdentifier: &p.Cluster, MaxResults: aws.Int32(2)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range page.Streams {
				moving = moving || s.Status == types.StreamStatusCreating || s.Status == types.StreamStatusDeleting
				ids = append(ids, *s.StreamIdentifier)
			}
		}
		if !moving {
			slices.Sort(ids)
			return ids
		}
		if time.Since(began) > time.Minute {
			t.Fatal("streams did not settle within a minute")
		}
	}
}

func (s *streams) check(t *testing.T, p *server.Process, api *dsql.Client) {
	t.Helper()
	ids := streamsOf(t, p, api)
	for token, id := range s.created {
		if id == "" {
			out, err := api.CreateStream(t.Context(), streamInput(p, token)) // made before the kill, or now
			if err != nil {
				t.Errorf("creation %s asked for again: %v", token, err)
				continue
			}
			s.created[token] = *out.StreamIdentifier
			ids = streamsOf(t, p, api)
			continue
		}
		out, err := api.CreateStream(t.Context(), streamInput(p, token))
		if err != nil || *out.StreamIdentifier != id {
			t.Errorf("creation %s was answered with %s and is now %+v %v", token, id, out, err)
		}
	}
	var want []string
	for id := range maps.Values(s.created) {
		acknowledged, asked := s.deleted[id]
		switch is := slices.Contains(ids, id); {
		case acknowledged && is:
			t.Errorf("stream %s was deleted and is there", id)
		case !asked && !is:
			t.Errorf("stream %s is missing", id)
		case is:
			want = append(want, id)
		}
	}
	if slices.Sort(want); !slices.Equal(want, ids) {
		t.Errorf("the API lists %v, want %v", ids, want)
	}
	for _, id := range ids {
		if _, err := api.DeleteStream(t.Context(), &dsql.DeleteStreamInput{ClusterIdentifier: &p.Cluster, StreamIdentifier: &id}); err != nil {
			t.Error(err)
		}
	}
	if ids := streamsOf(t, p, api); len(ids) > 0 {
		t.Errorf("after all streams were deleted there are %v", ids)
	}
}

// The server is killed while clients change a cluster's policy, its tags and its streams. Afterwards each is as the last call left it that was acknowledged, or as
// the one that was cut off wanted it.
func TestKilledChanges(t *testing.T) {
	moments, binary, dir := begin(t, 4)
	p := start(t, binary, dir)
	all := subjects(p)
	made := 0
	for round := range *rounds {
		s := &streams{created: map[string]string{}, deleted: map[string]bool{}}
		var work sync.WaitGroup
		for i, one := range all {
			r, api := rand.New(rand.NewPCG(*seed+uint64(round), uint64(i))), client(p)
			work.Go(func() { one.live(api, r) })
		}
		r, api := rand.New(rand.NewPCG(*seed+uint64(round), 77)), client(p)
		work.Go(func() { s.live(p, api, r, fmt.Sprintf("round-%d", round)) })
		timer := time.AfterFunc(20*time.Millisecond+time.Duration(moments.Int64N(int64(600*time.Millisecond))), p.Kill)
		work.Wait()
		if timer.Stop() {
			t.Fatal("nobody was changing anything when the server was to be killed")
		}
		p.Kill()
		p = start(t, binary, dir)
		api = client(p)
		for _, one := range all {
			got, err := one.read(t.Context(), api)
			if err != nil || got != one.acknowledged && got != one.asked {
				t.Errorf("%s is %q, acknowledged was %q and asked for %q: %v", one.name, got, one.acknowledged, one.asked, err)
			}
			one.acknowledged, one.asked = got, got
		}
		s.check(t, p, api)
		made += len(s.created)
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
	t.Logf("%d rounds, %d streams", *rounds, made)
	for _, one := range all {
		t.Logf("%s: %d changes acknowledged", one.name, one.changes)
		if one.changes < *rounds {
			t.Errorf("only %d changes of the %s: this showed nothing", one.changes, one.name)
		}
	}
	if made < *rounds {
		t.Errorf("only %d streams were asked for: this showed nothing", made)
	}
	if err := p.Stop(); err != nil {
		t.Errorf("clean stop: %v", err)
	}
}
