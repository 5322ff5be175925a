package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/opendsql/opendsql/controlplane"
	"github.com/opendsql/opendsql/internal/keyring"
	"github.com/opendsql/opendsql/internal/sealed"
	"github.com/opendsql/opendsql/internal/wholefile"
)

// ErrKeyInaccessible: the key that a cluster's data key is wrapped with cannot be used.
var ErrKeyInaccessible = errors.New("cluster: the encryption key is not accessible")

const (
	keyFile       = "key" // in a plane's directory: the data key, wrapped
	keyFileFormat = 1
)

// wrappedKey is the content of a key file.
type wrappedKey struct {
	Format    int    `json:"format"`
	KmsKeyArn string `json:"kms_key_arn,omitempty"` // empty: the node's own key
	DataKey   []byte `json:"data_key"`
}

// wrapContext binds a wrapped key to its cluster, as the service's encryption context does.
func wrapContext(id string) string { return "aws:dsql:ClusterId=" + id }

// keys are the data keys of the planes of a node.
type keys struct{ ring *keyring.Ring }

// open gives a plane's data key and the ARN of the key that wraps it. When nothing has been made in the directory yet it makes both, wrapped by
// the key asked for. A plane that was made before there was encryption has none: its key is nil.
func (k keys) open(dir, id, ask string) (key *sealed.Key, arn string, err error) {
	w, err := readKeyFile(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, "journal")); err == nil {
			return nil, "", nil
		}
		key = sealed.NewKey()
		return key, ask, k.write(dir, id, ask, key)
	}
	if err != nil {
		return nil, "", err
	}
	key, err = k.unwrap(dir, id, w)
	return key, w.KmsKeyArn, err
}

func (k keys) unwrap(dir, id string, w wrappedKey) (*sealed.Key, error) {
	key, err := k.ring.Unwrap(w.KmsKeyArn, w.DataKey, wrapContext(id))
	if errors.Is(err, keyring.ErrInaccessible) {
		return nil, fmt.Errorf("%w: %w", ErrKeyInaccessible, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, keyFile), err)
	}
	return key, nil
}

// write wraps a data key and makes the file durable; it replaces what was there whole or not at all.
func (k keys) write(dir, id, arn string, key *sealed.Key) error {
	wrapped, err := k.ring.Wrap(arn, key, wrapContext(id))
	if errors.Is(err, keyring.ErrInaccessible) {
		return fmt.Errorf("%w: %w", ErrKeyInaccessible, err)
	}
	if err != nil {
		return err
	}
	text, err := json.Marshal(wrappedKey{Format: keyFileFormat, KmsKeyArn: arn, DataKey: wrapped})
	if err != nil {
		return err
	}
	return wholefile.Replace(filepath.Join(dir, keyFile), append(text, '\n'), wholefile.Private)
}

func readKeyFile(dir string) (w wrappedKey, err error) {
	path := filepath.Join(dir, keyFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return w, err
	}
	if err := json.Unmarshal(text, &w); err != nil {
		return w, fmt.Errorf("key file %s: %w", path, err)
	}
	if w.Format != keyFileFormat {
		return w, fmt.Errorf("key file %s has format %d, this program reads %d", path, w.Format, keyFileFormat)
	}
	return w, nil
}

var _ controlplane.Keys = (*Set)(nil)

// FindKey gives the ARN of the key that a name means to an account in a Region, also when it cannot be used now.
func (s *Set) FindKey(name, region, account string) (string, error) {
	k, err := s.keys.ring.Find(name, keyring.Scope{Region: region, Account: account})
	if errors.Is(err, keyring.ErrNotFound) {
		return "", controlplane.ErrNoKey
	}
	if err != nil {
		return "", err
	}
	return k.ARN(), s.KeyUsable(k.ARN())
}

// KeyUsable is nil while the key with the ARN can be used.
func (s *Set) KeyUsable(arn string) error {
	err := s.keys.ring.Usable(arn)
	if errors.Is(err, keyring.ErrInaccessible) {
		return fmt.Errorf("%w: %w", controlplane.ErrKeyInaccessible, err)
	}
	return err
}

// MayRekey says whether a cluster's data key can be wrapped anew: not when the cluster was made before there was encryption.
func (s *Set) MayRekey(id string) error {
	plane, _ := s.owners.plane(id)
	if _, err := readKeyFile(s.dir(plane)); errors.Is(err, fs.ErrNotExist) {
		return controlplane.ErrNotEncrypted
	} else if err != nil {
		return err
	}
	return nil
}

// Rekey wraps a cluster's data key with another key, the node's own when the ARN is empty. The cluster goes on meanwhile: its data key stays
// the same. Linked clusters have one data key, wrapped as the last change at either asked for. Doing it again changes nothing.
func (s *Set) Rekey(id, arn string) error {
	p, plane, err := s.slot(id)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, _, err := s.slot(id); err != nil { // retired or closed meanwhile
		return err
	}
	dir := s.dir(plane)
	w, err := readKeyFile(dir)
	if err != nil {
		return err
	}
	if w.KmsKeyArn == arn {
		return nil
	}
	key, err := s.keys.unwrap(dir, plane, w)
	if err != nil {
		return err
	}
	if err := s.keys.write(dir, plane, arn, key); err != nil {
		return err
	}
	s.log.Info("data key wrapped anew", "cluster", id, "kms_key", arn)
	if p.data != nil {
		p.data.kmsKey.Store(&arn)
	}
	return nil
}

// keyPaceDefault is how often the keys of open clusters are looked at. A new connection looks at once.
const keyPaceDefault = time.Second

// watchKeys closes the data planes whose key is no longer accessible, so that their data keys are forgotten. It ends when ctx does.
func (s *Set) watchKeys(ctx context.Context) {
	pace := s.config.Pace
	if pace == 0 {
		pace = keyPaceDefault
	}
	look := time.NewTicker(pace)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		for plane, p := range s.places() {
			if err := s.lockOut(ctx, plane, p); err != nil && ctx.Err() == nil {
				s.log.Error("cluster without its key could not be closed", "cluster", plane, "error", err)
			}
		}
	}
}

// accessible is nil while the key of an open data plane can be used.
func (s *Set) accessible(d *data) error {
	arn := d.kmsKey.Load()
	if arn == nil {
		return nil // not encrypted
	}
	err := s.keys.ring.Usable(*arn)
	if errors.Is(err, keyring.ErrInaccessible) {
		return fmt.Errorf("%w: %w", ErrKeyInaccessible, err)
	}
	return err
}

// lockOut ends the sessions of a data plane without its key, and closes it until it is asked for again.
func (s *Set) lockOut(ctx context.Context, plane string, p *slot) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.data == nil || !errors.Is(s.accessible(p.data), ErrKeyInaccessible) {
		return nil
	}
	s.log.Warn("cluster is closed because its key is not accessible", "cluster", plane, "kms_key", *p.data.kmsKey.Load())
	return p.end(ctx, 0)
}
