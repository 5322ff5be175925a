package crash

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"

	"github.com/opendsql/opendsql/test/server"
)

// ownKey is the service's own key.
const ownKey = "AWS_OWNED_KMS_KEY"

// rekeying is what somebody who changes a cluster's key asked for and heard.
type rekeying struct {
	mu           sync.Mutex
	acknowledged string // the last key whose change was answered
	asked        string // the last key that was asked for
	changes      int
}

// live changes the key, waiting for each change to end, until the server does not answer any more.
func (k *rekeying) live(p *server.Process, r *rand.Rand, names []string) {
	ctx, api := context.Background(), client(p)
	for {
		name := names[r.IntN(len(names))]
		k.mu.Lock()
		k.asked = name
		k.mu.Unlock()
		if _, err := api.UpdateCluster(ctx, &dsql.UpdateClusterInput{Identifier: &p.Cluster, KmsEncryptionKey: &name}); err != nil {
			return
		}
		k.mu.Lock()
		k.acknowledged = name
		k.changes++
		k.mu.Unlock()
		for {
			out, err := api.GetCluster(ctx, &dsql.GetClusterInput{Identifier: &p.Cluster})
			if err != nil {
				return
			}
			if out.Status == types.ClusterStatusActive {
				break
			}
		}
	}
}

// kms runs a command of the key ring.
func kms(t *testing.T, binary, dir string, args ...string) {
	t.Helper()
	if out, err := exec.Command(binary, append([]string{"kms", "--data-dir", dir}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

// A cluster's key is changed again and again under load when the server is killed. Afterwards every acknowledged commit is there, the key is the last that was
// acknowledged or asked for, and it is the only one that is needed.
func TestKilledRekeying(t *testing.T) {
	moments, binary, dir := begin(t, 3)
	m := &memory{acknowledged: map[int64]bool{}, refused: map[int64]bool{}}
	p := start(t, binary, dir)
	prepare(t, p)
	names := []string{ownKey, "alias/one", "alias/two"}
	for _, name := range names[1:] {
		kms(t, binary, dir, "create-key", "--alias", name)
	}
	k := &rekeying{acknowledged: ownKey, asked: ownKey}
	for round := range *rounds {
		var work sync.WaitGroup
		r := rand.New(rand.NewPCG(*seed+uint64(round), 99))
		work.Go(func() { k.live(p, r, names) })
		load(t, p, m, uint64(round), killMin+time.Duration(moments.Int64N(int64(killSpread))))
		work.Wait()
		p = start(t, binary, dir)
		checkKey(t, p, k, binary, dir, names)
		check(t, p, m)
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
	t.Logf("%d rounds, %d transactions acknowledged, %d changes of the key", *rounds, len(m.acknowledged), k.changes)
	if len(m.acknowledged) < *rounds || k.changes < *rounds {
		t.Errorf("only %d transactions and %d changes were acknowledged: this showed nothing", len(m.acknowledged), k.changes)
	}
	if err := p.Stop(); err != nil {
		t.Errorf("clean stop: %v", err)
	}
}

// checkKey waits until the cluster is settled, and holds what the API says of its key against what was asked for and what is on disk.
func checkKey(t *testing.T, p *server.Process, k *rekeying, binary, dir string, names []string) {
	t.Helper()
	api := client(p)
	settled(t, api)
	out, err := api.GetCluster(t.Context(), &dsql.GetClusterInput{Identifier: &p.Cluster})
	if err != nil {
		t.Fatal(err)
	}
	d := out.EncryptionDetails
	arn := aws.ToString(d.KmsKeyArn)
	if d.EncryptionStatus != types.EncryptionStatusEnabled || (arn == "") != (d.EncryptionType == types.EncryptionTypeAwsOwnedKmsKey) {
		t.Errorf("the cluster is ACTIVE with %+v %s", d, arn)
	}
	var file struct {
		Arn string `json:"kms_key_arn"`
	}
	text, err := os.ReadFile(filepath.Join(dir, "clusters", p.Cluster, "key"))
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil || file.Arn != arn {
		t.Errorf("the data key is wrapped with %q, the API says %q: %v", file.Arn, arn, err)
	}
	for _, name := range names {
		if name == ownKey {
			if arn == "" {
				k.acknowledged, k.asked = isOneOf(t, k, name), name
			}
			continue
		}
		if described(t, binary, dir, name) == arn {
			k.acknowledged, k.asked = isOneOf(t, k, name), name
			continue
		}
		kms(t, binary, dir, "disable", name)
		defer kms(t, binary, dir, "enable", name)
	}
	if err := reach(t.Context(), p, p.Cluster); err != nil {
		t.Errorf("with its own key alone the cluster does not work: %v", err)
	}
}

// isOneOf is the name, which must be that of the last change acknowledged or asked for.
func isOneOf(t *testing.T, k *rekeying, name string) string {
	t.Helper()
	if name != k.acknowledged && name != k.asked {
		t.Errorf("the key is %s, acknowledged was %s and asked for %s", name, k.acknowledged, k.asked)
	}
	return name
}

// described is the ARN of a key.
func described(t *testing.T, binary, dir, name string) string {
	t.Helper()
	out, err := exec.Command(binary, "kms", "--data-dir", dir, "describe-key", name, "-o", "json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var key struct {
		Arn string `json:"arn"`
	}
	if err := json.Unmarshal(out, &key); err != nil || key.Arn == "" {
		t.Fatalf("%s: %v", out, err)
	}
	return key.Arn
}
