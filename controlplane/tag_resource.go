package controlplane

import (
	"context"
	"maps"
)

// TagResourceInput is the input of POST /tags/{resourceArn}.
type TagResourceInput struct {
	Resource resource
	Tags     map[string]string
}

func parseTagResource(r *call) (in TagResourceInput, err error) {
	body := r.members(&err)
	in.Tags = body.textMap("tags")
	if err != nil {
		return in, err
	}
	v := &violations{}
	in.Resource = checkResourceARN(v, r.labels["resourceArn"])
	if in.Tags == nil {
		v.add("/tags", "Member must not be null")
	}
	checkTags(v, in.Tags)
	return in, v.err()
}

// tagResource serves POST /tags/{resourceArn}: it adds tags and replaces the values of those that exist.
func (a *API) tagResource(ctx context.Context, who caller, in TagResourceInput) (*tagged, error) {
	return a.retag(ctx, who, "TagResource", in.Resource, func(tags map[string]string) error {
		maps.Copy(tags, in.Tags)
		return checkTagCount(len(tags), in.Resource.arn())
	})
}
