package keyring

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/opendsql/opendsql/internal/sealed"
	"github.com/opendsql/opendsql/internal/wholefile"
)

// FileName is the ring's name in a data directory.
const FileName = "keys.json"

// fileFormat is the version of the file; a higher one is refused.
const fileFormat = 1

// content is the file.
type content struct {
	Format  int           `json:"format"`
	NodeKey []byte        `json:"node_key"`
	Keys    []storedKey   `json:"keys"`
	Aliases []storedAlias `json:"aliases"`
}

type storedKey struct {
	ID          string     `json:"id"`
	Region      string     `json:"region"`
	Account     string     `json:"account"`
	State       State      `json:"state"`
	Created     time.Time  `json:"created"`
	DeletionDay *time.Time `json:"deletion_day,omitempty"`
	Description string     `json:"description,omitempty"`
	Material    []byte     `json:"material"`
}

type storedAlias struct {
	Name    string `json:"name"`
	Region  string `json:"region"`
	Account string `json:"account"`
	Key     string `json:"key"`
}

// held is the file as it was read last. Nobody changes what is held.
type held struct {
	sync.Mutex
	content *content
	info    os.FileInfo
}

var errNoFile = errors.New("keyring: no file")

// read gives the file's content: that held, when the file is still the same.
func (r *Ring) read() (*content, error) {
	r.held.Lock()
	defer r.held.Unlock()
	info, err := os.Stat(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoFile
	}
	if err != nil {
		return nil, err
	}
	if h := &r.held; h.info == nil || !os.SameFile(h.info, info) || h.info.ModTime() != info.ModTime() || h.info.Size() != info.Size() {
		c, err := load(r.path)
		if err != nil {
			return nil, err
		}
		h.content, h.info = c, info
	}
	return r.held.content.living(r.now()), nil
}

func load(path string) (*content, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoFile
	}
	if err != nil {
		return nil, err
	}
	c := &content{}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, fmt.Errorf("key ring %s: %w", path, err)
	}
	if c.Format != fileFormat {
		return nil, fmt.Errorf("key ring %s has format %d, this program reads %d", path, c.Format, fileFormat)
	}
	if len(c.NodeKey) != sealed.KeyBytes {
		return nil, fmt.Errorf("key ring %s: the node's key has %d bytes, not %d", path, len(c.NodeKey), sealed.KeyBytes)
	}
	return c, nil
}

// living is the content without the keys whose day has come.
func (c *content) living(now time.Time) *content {
	gone := func(k storedKey) bool { return k.DeletionDay != nil && !now.Before(*k.DeletionDay) }
	if !slices.ContainsFunc(c.Keys, gone) {
		return c
	}
	d := *c
	d.Keys = slices.DeleteFunc(slices.Clone(c.Keys), gone)
	d.Aliases = slices.DeleteFunc(slices.Clone(c.Aliases), func(a storedAlias) bool { return d.byID(a.Key) == nil })
	return &d
}

func (c *content) byID(id string) *storedKey {
	if i := slices.IndexFunc(c.Keys, func(k storedKey) bool { return k.ID == id }); i >= 0 {
		return &c.Keys[i]
	}
	return nil
}

// find gives the key a name means; an empty scope finds ARNs only.
func (c *content) find(name string, s Scope) (*storedKey, error) {
	id, alias := name, ""
	if m := arnForm.FindStringSubmatch(name); m != nil {
		s = Scope{Region: m[2], Account: m[3]}
		if id = m[5]; m[4] == "alias" {
			alias = "alias/" + m[5]
		}
	} else if aliasForm.MatchString(name) {
		alias = name
	}
	if alias != "" {
		i := slices.IndexFunc(c.Aliases, func(a storedAlias) bool { return a.Name == alias && a.Region == s.Region && a.Account == s.Account })
		if i < 0 {
			return nil, fmt.Errorf("%w: %s in Region %s", ErrNotFound, alias, s.Region)
		}
		id = c.Aliases[i].Key
	}
	k := c.byID(id)
	if k == nil || k.Region != s.Region || k.Account != s.Account {
		return nil, fmt.Errorf("%w: %s in Region %s", ErrNotFound, name, s.Region)
	}
	return k, nil
}

// public is a key without its material.
func (c *content) public(k storedKey) Key {
	p := Key{ID: k.ID, Scope: Scope{Region: k.Region, Account: k.Account}, State: k.State, Created: k.Created, Description: k.Description}
	if k.DeletionDay != nil {
		p.DeletionDay = *k.DeletionDay
	}
	for _, a := range c.Aliases {
		if a.Key == k.ID {
			p.Aliases = append(p.Aliases, a.Name)
		}
	}
	return p
}

// change edits the file, whole or not at all, and makes it when there is none.
func (r *Ring) change(edit func(*content) error) (err error) {
	l, err := wholefile.Lock(context.Background(), r.path+".lock")
	if err != nil {
		return fmt.Errorf("change the key ring: %w", err)
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	c, err := load(r.path)
	if errors.Is(err, errNoFile) {
		c, err = &content{Format: fileFormat, NodeKey: sealed.NewKey().Secret()}, nil
	}
	if err != nil {
		return err
	}
	c = c.living(r.now())
	if err := edit(c); err != nil {
		return err
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return wholefile.Replace(r.path, append(text, '\n'), wholefile.Private)
}
