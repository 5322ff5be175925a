package controlplane

import (
	"context"
	"fmt"
)

// UntagResourceInput is the input of DELETE /tags/{resourceArn}.
type UntagResourceInput struct {
	Resource resource
	TagKeys  []string
}

func parseUntagResource(r *call) (in UntagResourceInput, err error) {
	v := &violations{}
	in = UntagResourceInput{Resource: checkResourceARN(v, r.labels["resourceArn"]), TagKeys: r.query["tagKeys"]}
	if in.TagKeys == nil {
		v.add("/tagKeys", "Member must not be null")
	}
	v.length("/tagKeys", len(in.TagKeys), 0, tagMapMax)
	for i, key := range in.TagKeys[:min(len(in.TagKeys), tagMapMax)] {
		v.text(fmt.Sprintf("/tagKeys/%d", i), &key, 1, 128, tagPattern)
	}
	return in, v.err()
}

// untagResource serves DELETE /tags/{resourceArn}?tagKeys=…; a key that is not there is no error.
func (a *API) untagResource(ctx context.Context, who caller, in UntagResourceInput) (*tagged, error) {
	return a.retag(ctx, who, "UntagResource", in.Resource, func(tags map[string]string) error {
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
		return nil
	})
}
