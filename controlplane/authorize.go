package controlplane

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/opendsql/opendsql/iam"
)

// Authorizer decides what a proven caller may do. (declared here, fulfilled in
// package iam) A refusal is an *iam.Denied.
type Authorizer interface {
	Authorize(who iam.Identity, access iam.Access) error
}

// need is one permission that a call takes.
type need struct {
	action  string
	arn     string              // of the resource, "*" for actions that have none
	of      resource            // whose tags and policy count; zero for what does not exist yet or is not ours
	context map[string][]string // condition keys of this permission, besides those of the request
}

// circumstances are the condition keys of a request, whatever it asks for.
func circumstances(r *http.Request, who caller, now time.Time) map[string][]string {
	keys := make(map[string][]string, 16) // room for those of the permission
	keys["aws:SourceIp"] = []string{iam.SourceIP(r)}
	keys["aws:SecureTransport"] = []string{strconv.FormatBool(r.TLS != nil)}
	keys["aws:CurrentTime"] = []string{now.UTC().Format(time.RFC3339)}
	keys["aws:EpochTime"] = []string{strconv.FormatInt(now.Unix(), 10)}
	keys["aws:PrincipalArn"] = []string{who.PrincipalARN}
	keys["aws:PrincipalAccount"] = []string{who.Account}
	if agent := r.UserAgent(); agent != "" {
		keys["aws:UserAgent"] = []string{agent}
	}
	return keys
}

// circumstancesKey carries the circumstances of a call to where a policy is judged by them.
type circumstancesKey struct{}

// authorize asks for every permission a call needs; the first that is denied is
// the answer. It comes before existence, so that a caller who may not ask never
// learns whether the thing is there.
func (a *API) authorize(ctx context.Context, who caller, around map[string][]string, needs []need) error {
	for _, n := range needs {
		access := iam.Access{Action: n.action, Resource: n.arn, Context: maps.Clone(around)}
		maps.Copy(access.Context, n.context)
		if n.of.region != "" {
			access.Context["aws:RequestedRegion"] = []string{n.of.region}
			access.ResourceAccount = n.of.account
		} else {
			access.Context["aws:RequestedRegion"] = []string{who.Region}
		}
		tags, policy, err := a.attached(ctx, n.of)
		if err != nil {
			return err
		}
		access.ResourcePolicy = policy
		for key, value := range tags {
			access.Context["aws:ResourceTag/"+key] = []string{value}
		}
		if err := a.authorizer.Authorize(who, access); err != nil {
			return deniedOr(err)
		}
	}
	return nil
}

// deniedOr turns a denial into the exception that tells it.
func deniedOr(err error) error {
	var denied *iam.Denied
	if errors.As(err, &denied) {
		return accessDenied(denied.Error())
	}
	return err
}

// attached are the tags and the policy that count for a resource; there are none
// when it does not exist under this very name.
func (a *API) attached(ctx context.Context, r resource) (tags map[string]string, policy []byte, err error) {
	if r.cluster == "" {
		return nil, nil, nil
	}
	c, _, err := a.load(ctx, r.cluster)
	if err != nil || c == nil || c.Account != r.account || c.Region != r.region {
		return nil, nil, err
	}
	tags = c.Tags
	if r.stream != "" {
		s, _, err := a.loadStream(ctx, r.cluster, r.stream)
		if err != nil || s == nil {
			return nil, nil, err
		}
		tags = s.Tags
	}
	if c.Policy != "" {
		policy = []byte(c.Policy)
	}
	return tags, policy, nil
}

// lockedOut tells whether, under a policy and in the circumstances of this call,
// its author could not change or delete the policy again. A caller within the
// program has no circumstances, and none to be locked out by.
func (a *API) lockedOut(ctx context.Context, who caller, c *clusterRecord, policy string) (bool, error) {
	around, ok := ctx.Value(circumstancesKey{}).(map[string][]string)
	if !ok {
		return false, nil
	}
	for _, action := range []string{"dsql:PutClusterPolicy", "dsql:DeleteClusterPolicy"} {
		access := iam.Access{Action: action, Resource: c.arn(), Context: maps.Clone(around), ResourcePolicy: []byte(policy), ResourceAccount: c.Account}
		access.Context["aws:RequestedRegion"] = []string{c.Region}
		for key, value := range c.Tags {
			access.Context["aws:ResourceTag/"+key] = []string{value}
		}
		err := a.authorizer.Authorize(who, access)
		var denied *iam.Denied
		if errors.As(err, &denied) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

// requestTags are the condition keys of tags that a call gives.
func requestTags(tags map[string]string) map[string][]string {
	keys := make(map[string][]string, len(tags)+2)
	if len(tags) > 0 {
		keys["aws:TagKeys"] = slices.Sorted(maps.Keys(tags))
	}
	for key, value := range tags {
		keys["aws:RequestTag/"+key] = []string{value}
	}
	return keys
}
