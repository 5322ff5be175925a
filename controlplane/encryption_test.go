package controlplane

import (
	"context"
	"errors"
	"testing"
)

const (
	testKeyARN  = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	otherKeyARN = "arn:aws:kms:us-east-1:123456789012:key/9999abcd-12ab-34cd-56ef-1234567890ab"
)

// ring is a key ring of two keys whose changes wait until they are let through.
type ring struct {
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

func (r *ring) KeyUsable(arn string) error {
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
	r.inaccessible[testKeyARN] = true
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
