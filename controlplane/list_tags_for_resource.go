package controlplane

import "context"

// ListTagsForResourceInput is the input of GET /tags/{resourceArn}.
type ListTagsForResourceInput struct {
	Resource resource
}

// ListTagsForResourceOutput is its output. Tags are {} when there are none.
type ListTagsForResourceOutput struct {
	Tags map[string]string `json:"tags"`
}

func parseListTagsForResource(r *call) (in ListTagsForResourceInput, err error) {
	v := &violations{}
	in.Resource = checkResourceARN(v, r.labels["resourceArn"])
	return in, v.err()
}

// listTagsForResource serves GET /tags/{resourceArn}.
func (a *API) listTagsForResource(ctx context.Context, who caller, in ListTagsForResourceInput) (*ListTagsForResourceOutput, error) {
	c, _, err := a.ownedResource(ctx, who, in.Resource)
	if err != nil {
		return nil, err
	}
	tags := c.Tags
	if in.Resource.stream != "" {
		s, _, err := a.loadStream(ctx, c.ID, in.Resource.stream)
		if err != nil {
			return nil, err
		}
		if s == nil {
			return nil, in.Resource.notFound()
		}
		tags = s.Tags
	}
	return &ListTagsForResourceOutput{Tags: nilAsEmpty(tags)}, nil
}
