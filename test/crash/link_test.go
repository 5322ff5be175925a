package crash

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"

	"github.com/opendsql/opendsql/test/server"
)

// regions are those of the two clusters of a pair; the witness is in us-west-2.
var regions = [2]string{"us-east-1", "us-east-2"}

// pair is the life of two linked clusters as clients drive it. Every step may be asked for again after a kill.
type pair struct {
	name    string
	ids     [2]string
	arns    [2]string
	written bool
	steps   int // that were heard to be done
}

func regional(p *server.Process, region string) *dsql.Client {
	return dsql.New(dsql.Options{
		Region: region, BaseEndpoint: aws.String(p.API), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider(p.Root.AccessKeyID, p.Root.SecretAccessKey, ""),
	})
}

// both asks the same of both sides at the same time.
func both(ask func(side int) error) error {
	var errs [2]error
	var work sync.WaitGroup
	for side := range 2 {
		work.Go(func() { errs[side] = ask(side) })
	}
	work.Wait()
	return errors.Join(errs[:]...)
}

// drive takes the pair from its last step on to the next; false when its life is over.
func (l *pair) drive(ctx context.Context, p *server.Process) (more bool, err error) {
	api := [2]*dsql.Client{regional(p, regions[0]), regional(p, regions[1])}
	token := func(side int) *string { return aws.String(fmt.Sprintf("%s-%d-%d", l.name, l.steps, side)) }
	properties := func(peers ...string) *types.MultiRegionProperties {
		return &types.MultiRegionProperties{WitnessRegion: aws.String("us-west-2"), Clusters: peers}
	}
	switch l.steps {
	case 0:
		err = both(func(side int) error {
			out, err := api[side].CreateCluster(ctx, &dsql.CreateClusterInput{ClientToken: token(side), DeletionProtectionEnabled: aws.Bool(false), MultiRegionProperties: properties()})
			if err == nil {
				l.ids[side], l.arns[side] = *out.Identifier, *out.Arn
			}
			return err
		})
	case 1:
		err = both(func(side int) error {
			_, err := api[side].UpdateCluster(ctx, &dsql.UpdateClusterInput{ClientToken: token(side), Identifier: &l.ids[side], MultiRegionProperties: properties(l.arns[1-side])})
			return err
		})
	case 2:
		err = both(func(side int) error { return l.await(ctx, api[side], side, types.ClusterStatusActive) })
	case 3:
		if err = reachIn(ctx, p, regions[0], l.ids[0]); err == nil {
			l.written = true
			err = reachIn(ctx, p, regions[1], l.ids[1])
		}
	case 4, 5:
		side := l.steps - 4
		_, err = api[side].DeleteCluster(ctx, &dsql.DeleteClusterInput{ClientToken: token(side), Identifier: &l.ids[side]})
	case 6:
		err = both(func(side int) error { return l.await(ctx, api[side], side, "") })
	default:
		return false, nil
	}
	if err == nil {
		l.steps++
	}
	return true, err
}

// await waits until a side has a status, or is gone when that is empty.
func (l *pair) await(ctx context.Context, api *dsql.Client, side int, want types.ClusterStatus) error {
	for {
		out, err := api.GetCluster(ctx, &dsql.GetClusterInput{Identifier: &l.ids[side]})
		var gone *types.ResourceNotFoundException
		switch {
		case errors.As(err, &gone) && want == "":
			return nil
		case err != nil:
			return err
		case out.Status == want:
			return nil
		case want == types.ClusterStatusActive && out.Status != types.ClusterStatusCreating:
			return fmt.Errorf("cluster %s is %s", l.ids[side], out.Status)
		}
	}
}

// A pair is made, linked from both sides at once, used and deleted, and the server is killed at any moment of that. The life goes on from where it was heard of last,
// with the same calls: both sides become ACTIVE with one database, and nothing is left of them.
func TestKilledPairs(t *testing.T) {
	moments, binary, dir := begin(t, 5)
	p := start(t, binary, dir)
	kills, lives := map[int]int{}, 0
	var err error
	var undisturbed time.Duration // how long a life takes that nobody ends: the first, or the shortest since
	for round := 0; round <= *rounds || len(kills) == 0 && round < 20**rounds; round++ {
		l := &pair{name: fmt.Sprintf("pair-%d", round)}
		began := time.Now()
		for more := true; more; {
			until := time.Hour
			if round > 0 {
				until = time.Duration(moments.Int64N(int64(undisturbed)))
			}
			timer := time.AfterFunc(until, p.Kill)
			for more && err == nil {
				more, err = l.drive(t.Context(), p)
			}
			if timer.Stop() && err != nil {
				t.Fatalf("round %d, step %d: %v", round, l.steps, err)
			}
			if !more {
				break
			}
			p.Kill()
			kills[l.steps]++
			p = start(t, binary, dir)
			err = nil
			if l.written {
				checkPair(t, p, l)
			}
		}
		if took := time.Since(began); round == 0 || took < undisturbed {
			undisturbed = took
		}
		p.Kill() // the timer may have been about to
		p = start(t, binary, dir)
		lives++
		for side, region := range regions {
			if ids := settled(t, regional(p, region)); slices.Contains(ids, l.ids[side]) {
				t.Errorf("round %d: cluster %s was deleted and is there", round, l.ids[side])
			}
		}
		if on := directories(t, p); !slices.Equal(on, []string{p.Cluster}) {
			t.Errorf("round %d: the data directory holds %v", round, on)
		}
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
	t.Logf("%d lives, kills at steps %v", lives, kills)
	if len(kills) == 0 {
		t.Error("nobody was killed: this showed nothing")
	}
	if err := p.Stop(); err != nil {
		t.Errorf("clean stop: %v", err)
	}
}

// checkPair looks at a pair that has data: while neither side was asked to be deleted, both doors lead to it.
func checkPair(t *testing.T, p *server.Process, l *pair) {
	t.Helper()
	if l.steps > 3 {
		return
	}
	for side, region := range regions {
		if err := l.await(t.Context(), regional(p, region), side, types.ClusterStatusActive); err != nil {
			t.Error(err)
			continue
		}
		conn, err := dialIn(t.Context(), p, region, l.ids[side])
		if err != nil {
			t.Error(err)
			continue
		}
		var n int
		if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM used").Scan(&n); err != nil {
			t.Errorf("the table that was made is not there at %s: %v", region, err)
		}
		_ = conn.Close(context.Background())
	}
}
