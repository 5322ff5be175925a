package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/opendsql/opendsql/controlplane"
)

// owners says which clusters share a data plane: the ownership records, and a copy of them in memory. A cluster without a record has a data plane of
// its own, under its own id. Safe for concurrent use.
//
// A record is made before the data, and goes after it: what a kill leaves half done belongs to somebody.
type owners struct {
	records controlplane.Records

	mu     sync.Mutex
	planes map[string][]string // the members of each shared plane
	of     map[string]string   // the shared plane of each member
}

// ownership is the record plane/<id of the plane>.
type ownership struct {
	Format  int      `json:"format"`
	Members []string `json:"members"`
}

const (
	ownershipPrefix = "plane/"
	ownershipFormat = 1
)

func loadOwners(ctx context.Context, r controlplane.Records) (*owners, error) {
	o := &owners{records: r, planes: map[string][]string{}, of: map[string]string{}}
	list, err := r.List(ctx, ownershipPrefix)
	if err != nil {
		return nil, err
	}
	for _, kv := range list {
		var record ownership
		if err := json.Unmarshal(kv.Value, &record); err != nil {
			return nil, fmt.Errorf("read record %s: %w", kv.Key, err)
		}
		if record.Format != ownershipFormat {
			return nil, fmt.Errorf("read record %s: its format is %d, this program knows %d", kv.Key, record.Format, ownershipFormat)
		}
		o.remember(strings.TrimPrefix(kv.Key, ownershipPrefix), record.Members)
	}
	return o, nil
}

// remember makes members the owners of a plane, in memory; mu is held, or nobody else knows o.
func (o *owners) remember(plane string, members []string) {
	for _, id := range o.planes[plane] {
		delete(o.of, id)
	}
	delete(o.planes, plane)
	if len(members) == 0 {
		return
	}
	o.planes[plane] = members
	for _, id := range members {
		o.of[id] = plane
	}
}

// plane is where a cluster's data is. It is false when the plane of that name has other owners only.
func (o *owners) plane(id string) (plane string, owner bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if plane, ok := o.of[id]; ok {
		return plane, true
	}
	return id, len(o.planes[id]) == 0
}

// shares tells whether a cluster has an ownership record.
func (o *owners) shares(id string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.of[id] != ""
}

// join makes a cluster an owner of a shared plane. Joining again is no error.
func (o *owners) join(ctx context.Context, id, plane string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch old, ok := o.of[id]; {
	case ok && old == plane:
		return nil
	case ok:
		return fmt.Errorf("cluster: %s shares the data of %s, not of %s", id, old, plane)
	}
	return o.write(ctx, plane, append(slices.Clone(o.planes[plane]), id))
}

// leave ends a cluster's ownership, and returns whether others are left. The last owner stays on record until forget.
func (o *owners) leave(ctx context.Context, id string) (others bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	plane, ok := o.of[id]
	if !ok || len(o.planes[plane]) == 1 {
		return false, nil
	}
	return true, o.write(ctx, plane, slices.DeleteFunc(slices.Clone(o.planes[plane]), func(m string) bool { return m == id }))
}

// forget removes the record of a plane whose data is gone.
func (o *owners) forget(ctx context.Context, plane string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.planes[plane]) == 0 {
		return nil
	}
	return o.write(ctx, plane, nil)
}

// write changes a plane's record, and then what is remembered of it. This process alone writes them, so there is nothing to expect.
func (o *owners) write(ctx context.Context, plane string, members []string) error {
	key := ownershipPrefix + plane
	var err error
	if len(members) == 0 {
		err = o.records.Apply(ctx, nil, []string{key}, nil)
	} else {
		value, encoding := json.Marshal(ownership{ownershipFormat, members})
		if encoding != nil {
			return encoding
		}
		err = o.records.Apply(ctx, []controlplane.KeyValue{{Key: key, Value: value}}, nil, nil)
	}
	if err != nil {
		return fmt.Errorf("record the owners of the data of %s: %w", plane, err)
	}
	o.remember(plane, members)
	return nil
}
