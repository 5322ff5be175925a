package controlplane

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// checkTags checks the shape of a tag map, in the order of its keys.
func checkTags(v *violations, tags map[string]string) {
	v.length("/tags", len(tags), 0, tagMapMax)
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		v.text("/tags", &key, 1, 128, tagPattern)
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			v.add("/tags", "Member must not start with the reserved prefix aws:")
		}
		value := tags[key]
		v.text("/tags/"+key, &value, 0, 256, tagPattern)
	}
}

// checkTagCount applies the quota of one resource.
func checkTagCount(n int, resourceID string) error {
	if n > tagsMax {
		return quotaExceeded("You have reached the tag limit.", resourceID, "tag", tagQuotaCode)
	}
	return nil
}

// tagged is what the two calls that change tags answer: an empty object.
type tagged struct{}

// retag changes the tags of a resource. edit gets a copy it may change. The tag
// calls have no client token; repeating one has no further effect anyway.
func (a *API) retag(ctx context.Context, who caller, operation string, r resource, edit func(tags map[string]string) error) (*tagged, error) {
	use := tokenUse{operation: operation, target: r.cluster}
	return once(ctx, a, who, use, func(ctx context.Context) (w change, out *tagged, err error) {
		c, raw, err := a.ownedResource(ctx, who, r)
		if err != nil {
			return w, nil, err
		}
		// The model has no ConflictException for these calls.
		if c.Status == StatusDeleting {
			return w, nil, invalid(reasonOther, "The tags of "+r.arn()+" cannot be changed in status "+string(c.Status)+".")
		}
		tags := map[string]string{}
		if r.stream == "" {
			maps.Copy(tags, c.Tags)
			if err := edit(tags); err != nil {
				return w, nil, err
			}
			after := c.copy()
			after.Tags = emptyAsNil(tags)
			w.rewrite(clusterKey(c.ID), raw, encodeRecord(after))
			return w, &tagged{}, nil
		}
		s, raw, err := a.loadStream(ctx, r.cluster, r.stream)
		switch {
		case err != nil:
			return w, nil, err
		case s == nil:
			return w, nil, r.notFound()
		case s.Status == StreamDeleting:
			return w, nil, invalid(reasonOther, "The tags of "+r.arn()+" cannot be changed in status "+string(s.Status)+".")
		}
		maps.Copy(tags, s.Tags)
		if err := edit(tags); err != nil {
			return w, nil, err
		}
		after := *s
		after.Tags = emptyAsNil(tags)
		w.rewrite(streamKey(r.cluster, r.stream), raw, encodeRecord(after))
		return w, &tagged{}, nil
	})
}

// ownedResource reads the cluster a resource is or belongs to; one of another
// account or Region than the caller's is not found.
func (a *API) ownedResource(ctx context.Context, who caller, r resource) (*clusterRecord, []byte, error) {
	if r.account != who.Account || r.region != who.Region {
		return nil, nil, r.notFound()
	}
	return a.owned(ctx, who, r.cluster)
}
