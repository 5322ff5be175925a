package controlplane

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// awsOwnedKey is the reserved name of the key the service owns.
const awsOwnedKey = "AWS_OWNED_KMS_KEY"

// EncryptionDetails tells how a cluster is encrypted.
type EncryptionDetails struct {
	EncryptionType   string `json:"encryptionType"`
	EncryptionStatus string `json:"encryptionStatus"`
	KmsKeyArn        string `json:"kmsKeyArn,omitempty"`
}

// The types and states of encryption that are reached here.
const (
	customerManagedKey = "CUSTOMER_MANAGED_KMS_KEY"

	encryptionEnabled      = "ENABLED"
	encryptionUpdating     = "UPDATING"
	encryptionInaccessible = "KMS_KEY_INACCESSIBLE"
)

// Keys is where the keys are that clusters are encrypted with. (declared here, fulfilled in package cluster)
type Keys interface {
	// FindKey gives the ARN of the key that a name means to an account in a Region, or ErrNoKey. With ErrKeyInaccessible, of one that
	// cannot be used now, comes its ARN as well.
	FindKey(name, region, account string) (arn string, err error)
	// KeyUsable is nil, or ErrKeyInaccessible while the key cannot be used.
	KeyUsable(arn string) error
	// MayRekey is nil, or ErrNotEncrypted.
	MayRekey(id string) error
	// Rekey wraps a cluster's data key with another key, the service's own when the ARN is empty. It is idempotent, and retried after an error.
	Rekey(id, arn string) error
}

var (
	// ErrNoKey: no key has that name.
	ErrNoKey = errors.New("controlplane: no such key")
	// ErrKeyInaccessible: the key exists and cannot be used now.
	ErrKeyInaccessible = errors.New("controlplane: key is not accessible")
	// ErrNotEncrypted: the cluster was made before data was encrypted.
	ErrNotEncrypted = errors.New("controlplane: cluster is not encrypted")
)

// ownKeyOnly are the Keys of an installation without customer keys.
type ownKeyOnly struct{}

func (ownKeyOnly) FindKey(string, string, string) (string, error) { return "", ErrNoKey }
func (ownKeyOnly) KeyUsable(string) error                         { return ErrKeyInaccessible }
func (ownKeyOnly) MayRekey(string) error                          { return nil }
func (ownKeyOnly) Rekey(string, string) error                     { return nil }

// keyAccessible tells whether the data of a cluster can be read.
func (a *API) keyAccessible(c *clusterRecord) bool {
	return c.KmsKeyArn == "" || !errors.Is(a.keys.KeyUsable(c.KmsKeyArn), ErrKeyInaccessible)
}

// encryptionDetails tells how a cluster is encrypted. While its key is being changed they show the new one.
func (a *API) encryptionDetails(c *clusterRecord) *EncryptionDetails {
	d := &EncryptionDetails{EncryptionType: awsOwnedKey, EncryptionStatus: encryptionEnabled, KmsKeyArn: c.KmsKeyArn}
	if c.KmsKeyArn != "" {
		d.EncryptionType = customerManagedKey
	}
	switch {
	case !a.keyAccessible(c):
		d.EncryptionStatus = encryptionInaccessible
	case c.Rekeying:
		d.EncryptionStatus = encryptionUpdating
	}
	return d
}

// shownStatus is a cluster's status: one whose key is gone is idle until the key is back.
func (a *API) shownStatus(c *clusterRecord) Status {
	if c.Status == StatusActive && !a.keyAccessible(c) {
		return StatusIdle
	}
	return c.Status
}

// changeKey lets an updated cluster be encrypted with another key from now on; the lifecycle loop carries it out. A nil name or the present key's
// changes nothing.
func (a *API) changeKey(c, updated *clusterRecord, name *string) error {
	if name == nil {
		return nil
	}
	if *name == c.KmsKeyArn || *name == awsOwnedKey && c.KmsKeyArn == "" {
		return nil // even one that cannot be used now
	}
	arn, err := a.findKmsKey(name, c.Region, c.Account)
	if err != nil || arn == c.KmsKeyArn {
		return err
	}
	if c.Status != StatusActive {
		return conflict(c.ID, "The KMS key of cluster "+c.ID+" cannot be changed in status "+string(c.Status)+".")
	}
	if !a.keyAccessible(c) {
		return invalid(reasonOther, "The KMS key "+c.KmsKeyArn+" of cluster "+c.ID+" is not accessible: enable it before another one takes its place.")
	}
	if err := a.keys.MayRekey(c.ID); errors.Is(err, ErrNotEncrypted) {
		return invalid(reasonOther, "Cluster "+c.ID+" was made before data was encrypted at rest: its key cannot be changed.")
	} else if err != nil {
		return err
	}
	updated.KmsKeyArn, updated.Rekeying, updated.Status = arn, true, StatusUpdating
	return nil
}

// rekey carries out the change of a cluster's key, and records that it is done.
func (a *API) rekey(ctx context.Context, c *clusterRecord, raw []byte) error {
	if err := a.keys.Rekey(c.ID, c.KmsKeyArn); err != nil {
		return fmt.Errorf("change the key: %w", err)
	}
	after := c.copy()
	after.Rekeying, after.Status = false, StatusActive
	w := change{deletes: []string{workKey(c.ID)}}
	w.relyOn(clusterKey(c.ID), raw)
	w.put(clusterKey(c.ID), encodeRecord(after))
	return a.settle(ctx, c.ID, w)
}

var (
	keyIDForm    = regexp.MustCompile(`\A([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|mrk-[0-9a-f]{32})\z`)
	aliasForm    = regexp.MustCompile(`\Aalias/[a-zA-Z0-9/_-]+\z`)
	keyOrAlias   = regexp.MustCompile(`\Aarn:aws(-[^:]+)?:kms:([a-z0-9-]+):([0-9]{12}):(key/[a-zA-Z0-9-]+|alias/[a-zA-Z0-9/_-]+)\z`)
	kmsFormsText = "Member must be a key ARN, a key ID, an alias ARN, an alias name or " + awsOwnedKey
)

// checkKmsKey checks the form of a key's name.
func checkKmsKey(v *violations, key *string) {
	if key == nil {
		return
	}
	before := len(v.fields)
	v.text("/kmsEncryptionKey", key, 1, 2048, kmsKeyPattern)
	if len(v.fields) == before && *key != awsOwnedKey && !keyIDForm.MatchString(*key) && !aliasForm.MatchString(*key) && !keyOrAlias.MatchString(*key) {
		v.add("/kmsEncryptionKey", kmsFormsText)
	}
}

// findKmsKey gives the ARN of the key that a well-formed name means in a cluster's Region, empty for the service's own, or why it cannot be used.
func (a *API) findKmsKey(name *string, region, account string) (string, error) {
	if name == nil || *name == awsOwnedKey {
		return "", nil
	}
	if m := keyOrAlias.FindStringSubmatch(*name); m != nil && m[2] != region {
		return "", invalid(reasonOther, "The KMS key "+*name+" is not in Region "+region+".")
	}
	arn, err := a.keys.FindKey(*name, region, account)
	switch {
	case errors.Is(err, ErrNoKey) && strings.Contains(*name, "alias/"):
		return "", invalid(reasonOther, "The KMS alias "+*name+" does not exist.")
	case errors.Is(err, ErrNoKey):
		return "", invalid(reasonOther, "The KMS key "+*name+" does not exist.")
	case errors.Is(err, ErrKeyInaccessible):
		return "", invalid(reasonOther, "The KMS key "+*name+" is not accessible: it is disabled or pending deletion.")
	case err != nil:
		return "", err
	}
	return arn, nil
}
