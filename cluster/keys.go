package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/opendsql/opendsql/controlplane"
	"github.com/opendsql/opendsql/internal/keyring"
	"github.com/opendsql/opendsql/internal/sealed"
	"github.com/opendsql/opendsql/internal/wholefile"
)

// ErrKeyInaccessible: the key that a cluster's data key is wrapped with cannot be used.
var ErrKeyInaccessible = errors.New("cluster: the encryption key is not accessible")

const (
	// keyFile is the data key in a plane's directory, wrapped for the cluster that the plane is named after.
	keyFile       = "key"
	keyFileFormat = 1
)

// keyFileOf is the copy of a plane's data key that is wrapped for a cluster. Each of two linked clusters has its own, wrapped by its own key, and either
// copy opens the data: the loss of one key closes one door.
func keyFileOf(plane, id string) string {
	if id == plane {
		return keyFile
	}
	return keyFile + "-" + id
}

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

// copyOf is a copy of a plane's data key.
type copyOf struct{ dir, plane, id string }

func (c copyOf) path() string { return filepath.Join(c.dir, keyFileOf(c.plane, c.id)) }

// open gives a plane's data key, as the cluster of a copy may use it, and the ARN of the key that wraps the copy. A cluster that is to be made asks for
// a key by its ARN, and gets a copy wrapped by that; the first of a plane gets a new data key. A plane that was made before
// there was encryption has none: its key is nil.
func (k keys) open(c copyOf, ask *string) (key *sealed.Key, arn string, err error) {
	w, from, err := c.read()
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(c.dir, "journal")); err == nil || ask == nil {
			return nil, "", nil
		}
		key = sealed.NewKey()
		return key, *ask, k.write(c, *ask, key)
	}
	if err != nil {
		return nil, "", err
	}
	if key, err = k.unwrap(from, w); err != nil || ask == nil || from == c {
		return key, w.KmsKeyArn, err
	}
	return key, *ask, k.write(c, *ask, key)
}

// join gives a cluster that is to be made a copy of the data key of a plane that is open, unless it has one. The keys of the plane's other clusters need
// not be usable for that.
func (k keys) join(c copyOf, ask string, key *sealed.Key) error {
	if _, from, err := c.read(); err == nil && from == c {
		return nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return k.write(c, ask, key)
}

func (k keys) unwrap(c copyOf, w wrappedKey) (*sealed.Key, error) {
	key, err := k.ring.Unwrap(w.KmsKeyArn, w.DataKey, wrapContext(c.id))
	if errors.Is(err, keyring.ErrInaccessible) {
		return nil, fmt.Errorf("%w: %w", ErrKeyInaccessible, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.path(), err)
	}
	return key, nil
}

// write wraps a data key and makes the file durable; it replaces what was there whole or not at all.
func (k keys) write(c copyOf, arn string, key *sealed.Key) error {
	wrapped, err := k.ring.Wrap(arn, key, wrapContext(c.id))
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
	return wholefile.Replace(c.path(), append(text, '\n'), wholefile.Private)
}

// read reads a copy. A cluster without one stands by another's: that of the plane's first cluster, or the only one there is.
func (c copyOf) read() (w wrappedKey, from copyOf, err error) {
	w, err = readKeyFile(c.path())
	if !errors.Is(err, fs.ErrNotExist) {
		return w, c, err
	}
	from = copyOf{c.dir, c.plane, c.plane}
	if w, err = readKeyFile(from.path()); !errors.Is(err, fs.ErrNotExist) {
		return w, from, err
	}
	others, err := filepath.Glob(filepath.Join(c.dir, keyFile+"-*"))
	if err != nil {
		return w, c, err
	}
	for _, path := range others {
		if from.id = strings.TrimPrefix(filepath.Base(path), keyFile+"-"); from.path() == path && !strings.Contains(from.id, ".") {
			w, err = readKeyFile(path)
			return w, from, err
		}
	}
	return w, c, fs.ErrNotExist
}

func readKeyFile(path string) (w wrappedKey, err error) {
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

// copyOf is where a cluster's copy of its plane's data key is.
func (s *Set) copyOf(plane, id string) copyOf { return copyOf{s.dir(plane), plane, id} }

// MayRekey says whether a cluster's data key can be wrapped anew: not when the cluster was made before there was encryption.
func (s *Set) MayRekey(id string) error {
	plane, _ := s.owners.plane(id)
	if _, _, err := s.copyOf(plane, id).read(); errors.Is(err, fs.ErrNotExist) {
		return controlplane.ErrNotEncrypted
	} else if err != nil {
		return err
	}
	return nil
}

// Rekey wraps a cluster's copy of its data key with another key, the node's own when the ARN is empty. The cluster goes on meanwhile: its data key
// stays the same. Doing it again changes nothing.
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
	own := s.copyOf(plane, id)
	w, from, err := own.read()
	if err != nil {
		return err
	}
	if from != own || w.KmsKeyArn != arn {
		key, err := s.keys.unwrap(from, w)
		if err != nil {
			return err
		}
		if err := s.keys.write(own, arn, key); err != nil {
			return err
		}
		s.log.Info("data key wrapped anew", "cluster", id, "kms_key", arn)
	}
	if c := p.clusters[id]; c != nil {
		c.kmsKey.Store(&arn)
	}
	return nil
}

// keyPaceDefault is how often the keys of open clusters are looked at. A new connection looks at once.
const keyPaceDefault = time.Second

// watchKeys closes clusters whose key is no longer accessible, so that their data keys are forgotten. It ends when ctx does.
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

// accessible is nil while the key of an open cluster can be used.
func (s *Set) accessible(c *Cluster) error {
	arn := c.kmsKey.Load()
	if arn == nil {
		return nil // not encrypted
	}
	err := s.keys.ring.Usable(*arn)
	if errors.Is(err, keyring.ErrInaccessible) {
		return fmt.Errorf("%w: %w", ErrKeyInaccessible, err)
	}
	return err
}

// lockOut ends the sessions of the clusters of a data plane whose keys are lost. It closes the data plane, until it is asked for again, when none
// of its clusters is left open.
func (s *Set) lockOut(ctx context.Context, plane string, p *slot) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	lost := false
	for id, c := range p.clusters {
		if !errors.Is(s.accessible(c), ErrKeyInaccessible) {
			continue
		}
		s.log.Warn("cluster is closed because its key is not accessible", "cluster", id, "kms_key", *c.kmsKey.Load())
		if err := c.endSessions(ctx, 0); err != nil {
			return fmt.Errorf("end the sessions of cluster %s: %w", id, err)
		}
		delete(p.clusters, id)
		lost = true
	}
	if !lost || len(p.clusters) > 0 {
		return nil
	}
	return p.end(ctx, 0)
}
