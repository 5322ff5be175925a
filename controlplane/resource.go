package controlplane

import "strings"

// resource is what can carry tags: a cluster, or a stream of one.
type resource struct {
	region, account, cluster string
	stream                   string // "" means the cluster itself
}

// parseResourceARN takes the ARN of a cluster or a stream apart; ok is false also
// when its partition is not the Region's.
func parseResourceARN(arn string) (r resource, ok bool) {
	if !clusterARNPattern.MatchString(arn) && !streamARNPattern.MatchString(arn) {
		return resource{}, false
	}
	f := strings.Split(arn, ":")
	r = resource{region: f[3], account: f[4]}
	r.cluster, r.stream, _ = strings.Cut(strings.TrimPrefix(f[5], "cluster/"), "/stream/")
	return r, f[1] == partition(r.region)
}

// arn names the resource everywhere.
func (r resource) arn() string {
	if r.stream == "" {
		return clusterARN(r.region, r.account, r.cluster)
	}
	return streamARN(r.region, r.account, r.cluster, r.stream)
}

// notFound is the exception for a resource that does not exist, or is not the caller's.
func (r resource) notFound() *Error {
	if r.stream == "" {
		return clusterNotFound(r.cluster)
	}
	return streamNotFound(r.stream)
}

// checkResourceARN checks the path's ARN and reads it.
func checkResourceARN(v *violations, arn string) resource {
	before := len(v.fields)
	v.text("/resourceArn", &arn, 1, resourceARNMax, arnPattern)
	r, ok := parseResourceARN(arn)
	if !ok && len(v.fields) == before {
		v.add("/resourceArn", "Member must be the ARN of a cluster or of a stream")
	}
	return r
}
