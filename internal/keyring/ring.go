package keyring

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/opendsql/opendsql/internal/sealed"
)

// State is what a key can be used for.
type State string

// The states of a key. One whose deletion date has passed is gone.
const (
	Enabled         State = "Enabled"
	Disabled        State = "Disabled"
	PendingDeletion State = "PendingDeletion"
)

var (
	// ErrNotFound: there is no such key or alias.
	ErrNotFound = errors.New("keyring: no such key")
	// ErrInaccessible: the key exists and cannot be used now.
	ErrInaccessible = errors.New("keyring: the key cannot be used")
)

// Scope is where names are looked up.
type Scope struct{ Region, Account string }

// Key is a customer key without its material.
type Key struct {
	ID          string
	Scope       Scope
	State       State
	Created     time.Time
	DeletionDay time.Time // of one that is pending deletion
	Description string
	Aliases     []string
}

// ARN is the key's full name.
func (k Key) ARN() string {
	return "arn:" + partition(k.Scope.Region) + ":kms:" + k.Scope.Region + ":" + k.Scope.Account + ":key/" + k.ID
}

func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// Ring is the key ring in one file, which other processes change as well: every call sees the file as it is now. Safe for concurrent use.
type Ring struct {
	path string
	now  func() time.Time
	held held
}

// Open opens the ring in a file, or makes it with a key of the node's own.
func Open(path string, now func() time.Time) (*Ring, error) {
	r := &Ring{path: path, now: now}
	if _, err := r.read(); err == nil || !errors.Is(err, errNoFile) {
		return r, err
	}
	return r, r.change(func(*content) error { return nil })
}

// Keys lists every key, oldest first.
func (r *Ring) Keys() ([]Key, error) {
	c, err := r.read()
	if err != nil {
		return nil, err
	}
	keys := []Key{}
	for _, k := range c.Keys {
		keys = append(keys, c.public(k))
	}
	return keys, nil
}

var arnForm = regexp.MustCompile(`\Aarn:aws(-[^:]+)?:kms:([a-z0-9-]+):([0-9]{12}):(key|alias)/(.+)\z`)

// Find gives the key a name means: a key ARN, a key id, an alias name or an alias ARN. ids and alias names are looked up in the scope.
func (r *Ring) Find(name string, s Scope) (Key, error) {
	c, err := r.read()
	if err != nil {
		return Key{}, err
	}
	k, err := c.find(name, s)
	if err != nil {
		return Key{}, err
	}
	return c.public(*k), nil
}

// Usable is nil while the key with the ARN can be used; the node's own key, whose ARN is empty, always can.
func (r *Ring) Usable(arn string) error {
	_, err := r.material(arn)
	return err
}

// Wrap seals a data key with the key of the ARN, the node's own when it is empty. The context must be given again to unwrap it.
func (r *Ring) Wrap(arn string, k *sealed.Key, context string) ([]byte, error) {
	by, err := r.material(arn)
	if err != nil {
		return nil, err
	}
	return by.Wrap(k, context)
}

// Unwrap opens what Wrap sealed.
func (r *Ring) Unwrap(arn string, wrapped []byte, context string) (*sealed.Key, error) {
	by, err := r.material(arn)
	if err != nil {
		return nil, err
	}
	return by.Unwrap(wrapped, context)
}

// material is the key of an ARN, if it can be used.
func (r *Ring) material(arn string) (*sealed.Key, error) {
	c, err := r.read()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInaccessible, err)
	}
	if arn == "" {
		return sealed.KeyOf(c.NodeKey)
	}
	k, err := c.find(arn, Scope{})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInaccessible, err)
	}
	switch {
	case k.State == PendingDeletion:
		return nil, fmt.Errorf("%w: %s is pending deletion", ErrInaccessible, arn)
	case k.State != Enabled:
		return nil, fmt.Errorf("%w: %s is disabled", ErrInaccessible, arn)
	}
	return sealed.KeyOf(k.Material)
}

// Create makes an enabled key.
func (r *Ring) Create(s Scope, description string) (Key, error) {
	k := storedKey{ID: newID(), Region: s.Region, Account: s.Account, State: Enabled, Created: r.now().UTC().Truncate(time.Millisecond),
		Description: description, Material: sealed.NewKey().Secret()}
	var made Key
	err := r.change(func(c *content) error {
		c.Keys = append(c.Keys, k)
		made = c.public(k)
		return nil
	})
	return made, err
}

// newID is a random UUID, as KMS makes them.
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// Enable and Disable change whether a key can be used.
func (r *Ring) Enable(name string, s Scope) (Key, error) { return r.setState(name, s, Enabled) }

// Disable makes a key unusable until it is enabled again.
func (r *Ring) Disable(name string, s Scope) (Key, error) { return r.setState(name, s, Disabled) }

func (r *Ring) setState(name string, s Scope, to State) (Key, error) {
	return r.edit(name, s, func(k *storedKey) error {
		if k.State == PendingDeletion {
			return fmt.Errorf("key %s is pending deletion", k.ID)
		}
		k.State = to
		return nil
	})
}

// ScheduleDeletion makes a key unusable, and removes it for good when the days have passed. Without it what it wrapped is lost.
func (r *Ring) ScheduleDeletion(name string, s Scope, days int) (Key, error) {
	if days < 7 || days > 30 {
		return Key{}, fmt.Errorf("a key is deleted after 7 to 30 days, not %d", days)
	}
	return r.edit(name, s, func(k *storedKey) error {
		day := r.now().UTC().Add(time.Duration(days) * 24 * time.Hour).Truncate(time.Second)
		k.State, k.DeletionDay = PendingDeletion, &day
		return nil
	})
}

// CancelDeletion keeps a key that is pending deletion; it is disabled afterwards, as KMS has it.
func (r *Ring) CancelDeletion(name string, s Scope) (Key, error) {
	return r.edit(name, s, func(k *storedKey) error {
		if k.State != PendingDeletion {
			return fmt.Errorf("key %s is not pending deletion", k.ID)
		}
		k.State, k.DeletionDay = Disabled, nil
		return nil
	})
}

func (r *Ring) edit(name string, s Scope, how func(*storedKey) error) (Key, error) {
	var after Key
	err := r.change(func(c *content) error {
		k, err := c.find(name, s)
		if err != nil {
			return err
		}
		if err := how(k); err != nil {
			return err
		}
		after = c.public(*k)
		return nil
	})
	return after, err
}

var aliasForm = regexp.MustCompile(`\Aalias/[a-zA-Z0-9/_-]{1,250}\z`)

// SetAlias lets a name of the scope mean a key of the scope, instead of what it meant before.
func (r *Ring) SetAlias(alias, name string, s Scope) error {
	if !aliasForm.MatchString(alias) || strings.HasPrefix(alias, "alias/aws/") {
		return fmt.Errorf("%q is no alias: give alias/ and letters, digits, /, _ or -, but not alias/aws/", alias)
	}
	return r.change(func(c *content) error {
		k, err := c.find(name, s)
		if err != nil {
			return err
		}
		if k.Region != s.Region || k.Account != s.Account {
			return fmt.Errorf("key %s is of account %s in Region %s", k.ID, k.Account, k.Region)
		}
		c.dropAlias(alias, s)
		c.Aliases = append(c.Aliases, storedAlias{Name: alias, Region: s.Region, Account: s.Account, Key: k.ID})
		return nil
	})
}

// DeleteAlias removes a name; its key stays.
func (r *Ring) DeleteAlias(alias string, s Scope) error {
	return r.change(func(c *content) error {
		before := len(c.Aliases)
		if c.dropAlias(alias, s); len(c.Aliases) == before {
			return fmt.Errorf("%w: %s in Region %s", ErrNotFound, alias, s.Region)
		}
		return nil
	})
}

func (c *content) dropAlias(alias string, s Scope) {
	c.Aliases = slices.DeleteFunc(c.Aliases, func(a storedAlias) bool { return a.Name == alias && a.Region == s.Region && a.Account == s.Account })
}
