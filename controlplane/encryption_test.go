package controlplane

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const (
	testKeyARN  = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	otherKeyARN = "arn:aws:kms:us-east-1:123456789012:key/9999abcd-12ab-34cd-56ef-1234567890ab"
)

// ring is a key ring of two keys whose changes wait until they are let through.
type ring struct {
	mu           sync.Mutex
	inaccessible map[string]bool
	through      chan struct{}
	rekeyed      []string
}

func (r *ring) FindKey(name, _, _ string) (string, error) {
	arn := map[string]string{testKeyARN: testKeyARN, "alias/test": testKeyARN, otherKeyARN: otherKeyARN}[name]
	if arn == "" {
		return "", ErrNoKey
	}
	return arn, r.KeyUsable(arn)
}

// lose makes a key inaccessible, or accessible again.
func (r *ring) lose(arn string, lost bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inaccessible[arn] = lost
}

func (r *ring) KeyUsable(arn string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.inaccessible[arn] {
		return ErrKeyInaccessible
	}
	return nil
}

func (r *ring) MayRekey(string) error { return nil }

func (r *ring) Rekey(_, arn string) error {
	<-r.through
	r.rekeyed = append(r.rekeyed, arn)
	return nil
}

// details is how a cluster is encrypted, by the API.
func details(t *testing.T, a *API, id string) (Status, EncryptionDetails) {
	t.Helper()
	out, err := a.getCluster(context.Background(), tester, GetClusterInput{Identifier: id})
	if err != nil {
		t.Fatal(err)
	}
	return out.Status, *out.EncryptionDetails
}

// A customer key is shown by its ARN from the first answer on; a change of it goes through UPDATING and is made once; names of the
// present key change nothing.
func TestCustomerKey(t *testing.T) {
	r := &ring{inaccessible: map[string]bool{}, through: make(chan struct{})}
	a := testAPI(t, func(c *Config) { c.Keys = r })
	run(t, a)
	ctx := context.Background()
	out, err := a.CreateCluster(ctx, tester, CreateClusterInput{KmsEncryptionKey: ptr("alias/test")})
	if err != nil || *out.EncryptionDetails != (EncryptionDetails{customerManagedKey, encryptionEnabled, testKeyARN}) {
		t.Fatalf("%+v, %v", out, err)
	}
	id := out.Identifier
	if _, _, err := a.AwaitSettled(ctx, id); err != nil {
		t.Fatal(err)
	}
	update := func(key string) error {
		_, err := a.updateCluster(ctx, tester, UpdateClusterInput{Identifier: id, KmsEncryptionKey: &key})
		return err
	}
	if err := errors.Join(update("alias/test"), update(testKeyARN)); err != nil {
		t.Fatal(err)
	}
	if s, d := details(t, a, id); s != StatusActive || d.EncryptionStatus != encryptionEnabled {
		t.Errorf("the same key: %s, %+v", s, d)
	}
	if err := update(awsOwnedKey); err != nil {
		t.Fatal(err)
	}
	if s, d := details(t, a, id); s != StatusUpdating || d != (EncryptionDetails{awsOwnedKey, encryptionUpdating, ""}) {
		t.Errorf("while the key is changed: %s, %+v", s, d)
	}
	var e *Error
	if err := update(otherKeyARN); !errors.As(err, &e) || e.Type != "ConflictException" {
		t.Errorf("a second change: %v", err)
	}
	if _, err := a.updateCluster(ctx, tester, UpdateClusterInput{Identifier: id, DeletionProtectionEnabled: ptr(false)}); err != nil {
		t.Errorf("another change meanwhile: %v", err)
	}
	close(r.through)
	if _, _, err := a.AwaitSettled(ctx, id); err != nil {
		t.Fatal(err)
	}
	if s, d := details(t, a, id); s != StatusActive || d != (EncryptionDetails{awsOwnedKey, encryptionEnabled, ""}) || len(r.rekeyed) == 0 || r.rekeyed[0] != "" {
		t.Errorf("after the change: %s, %+v, %v", s, d, r.rekeyed)
	}
}

// A key that cannot be used makes its cluster idle, and no other key takes its place; one that does not exist is refused.
func TestInaccessibleKey(t *testing.T) {
	r := &ring{inaccessible: map[string]bool{}, through: make(chan struct{})}
	close(r.through)
	a := testAPI(t, func(c *Config) { c.Keys = r })
	run(t, a)
	ctx := context.Background()
	id := settled(t, a, CreateClusterInput{KmsEncryptionKey: ptr(testKeyARN)})
	r.lose(testKeyARN, true)
	if s, d := details(t, a, id); s != StatusIdle || d.EncryptionStatus != encryptionInaccessible {
		t.Errorf("%s, %+v", s, d)
	}
	for _, key := range []string{otherKeyARN, awsOwnedKey, "alias/none", "arn:aws:kms:us-east-2:123456789012:alias/test"} {
		var e *Error
		if _, err := a.updateCluster(ctx, tester, UpdateClusterInput{Identifier: id, KmsEncryptionKey: &key}); !errors.As(err, &e) || e.Type != "ValidationException" {
			t.Errorf("%s: %v", key, err)
		}
	}
	// Terraform repeats the present key with any other change.
	if _, err := a.updateCluster(ctx, tester, UpdateClusterInput{Identifier: id, KmsEncryptionKey: ptr(testKeyARN), DeletionProtectionEnabled: ptr(false)}); err != nil {
		t.Error(err)
	}
}

// Whatever name a key is called by, permission is asked on the key itself, also on one that cannot be used; a name that means nothing stands for itself.
func TestPermissionsOnKeys(t *testing.T) {
	const noAlias = "arn:aws:kms:us-east-1:123456789012:alias/none"
	r, k := &ring{inaccessible: map[string]bool{otherKeyARN: true}}, &asker{}
	a := testAPI(t, func(c *Config) { c.Keys, c.Authorizer = r, k })
	made, err := a.CreateCluster(t.Context(), tester, CreateClusterInput{KmsEncryptionKey: ptr("alias/test")})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/cluster", "/cluster/" + made.Identifier} {
		for name, arn := range map[string]string{"alias/test": testKeyARN, testKeyARN: testKeyARN, otherKeyARN: otherKeyARN, "alias/none": noAlias, noAlias: noAlias} {
			ask(t, a, "POST", path, `{"kmsEncryptionKey":"`+name+`"}`)
			k.mu.Lock()
			n := 0
			for _, q := range k.asked {
				if !strings.HasPrefix(q.Action, "kms:") {
					continue
				}
				n++
				context := strings.Join(q.Context["kms:EncryptionContext:aws:dsql:ClusterId"], "")
				want := made.Identifier
				if path == "/cluster" || q.Action == "kms:DescribeKey" { // no cluster yet, or nothing encrypted
					want = ""
				}
				if q.Resource != arn || context != want || q.Context["kms:ViaService"][0] != "dsql.us-east-1.amazonaws.com" {
					t.Errorf("%s %s: asked for %s on %s, %v", path, name, q.Action, q.Resource, q.Context)
				}
			}
			k.asked = nil
			k.mu.Unlock()
			if n != 6 {
				t.Errorf("%s %s: %d questions about the key", path, name, n)
			}
		}
	}
	ask(t, a, "POST", "/stream/"+made.Identifier, `{"format":"JSON","ordering":"UNORDERED","targetDefinition":{"kinesis":{"streamArn":"arn:aws:kinesis:us-east-1:123456789012:stream/s","roleArn":"arn:aws:iam::123456789012:role/r"}}}`)
	if q := k.questions(); len(q) != 3 || q[2] != "kms:Decrypt "+testKeyARN {
		t.Errorf("a stream: %v", q)
	}
}

// While the key of its cluster is lost a stream is IMPAIRED by that, since when it was noticed; with the key back it goes on. One that was never
// open has failed.
func TestStreamsWithoutKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &ring{inaccessible: map[string]bool{}, through: make(chan struct{})}
		a := testAPI(t, func(c *Config) { c.Keys, c.Targets = r, &openings{} })
		stop := runUntil(t, a)
		id := settled(t, a, CreateClusterInput{KmsEncryptionKey: ptr(testKeyARN)})
		made, err := a.createStream(t.Context(), tester, someStream(id, nil))
		if err != nil {
			t.Fatal(err)
		}
		is := func(stream string, status StreamStatus, code string) (since time.Time) {
			t.Helper()
			synctest.Wait()
			out, err := a.getStream(t.Context(), tester, GetStreamInput{id, stream})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if out.StatusReason != nil {
				got, since = out.StatusReason.Error, out.StatusReason.UpdatedAt.Time
			}
			if out.Status != status || got != code {
				t.Errorf("%s %q, want %s %q", out.Status, got, status, code)
			}
			return since
		}
		is(made.StreamIdentifier, StreamActive, "")
		r.lose(testKeyARN, true)
		time.Sleep(keyLookEvery)
		noticed := is(made.StreamIdentifier, StreamImpaired, StreamKeyInaccessible)
		time.Sleep(time.Minute)
		if since := is(made.StreamIdentifier, StreamImpaired, StreamKeyInaccessible); !since.Equal(noticed) {
			t.Errorf("impaired since %s, then since %s", noticed, since)
		}
		r.lose(testKeyARN, false)
		time.Sleep(retryMax)
		is(made.StreamIdentifier, StreamActive, "")
		stop()
		next, err := a.createStream(t.Context(), tester, someStream(id, nil))
		if err != nil {
			t.Fatal(err)
		}
		r.lose(testKeyARN, true)
		run(t, a)
		is(next.StreamIdentifier, StreamFailed, StreamKeyInaccessible)
		if left, err := a.records.List(t.Context(), workKey(streamKey(id, next.StreamIdentifier))); err != nil || len(left) != 0 {
			t.Errorf("a failed stream has a wish left: %v %v", left, err)
		}
	})
}
