package iam

import "fmt"

// Access is one question: may a principal do this?
type Access struct {
	Action          string              // "dsql:GetCluster"
	Resource        string              // an ARN; "…:cluster/*" for what is to be made, "*" for actions without a resource
	Context         map[string][]string // condition keys and their values; keys are compared without case
	ResourcePolicy  []byte              // the resource's policy document, nil if it has none
	ResourceAccount string              // the account that owns the resource; empty means the one its ARN names, or else the principal's
}

// Denied is the answer no. Its text is what the service tells its caller.
type Denied struct {
	Principal, Action, Resource string
	Explicit                    bool   // a Deny statement decided; otherwise nothing allowed it
	By                          string // the kind of policy that decided: "identity-based policy", "resource-based policy", …
}

func (d *Denied) Error() string {
	text := fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s ", d.Principal, d.Action, d.Resource)
	if d.Explicit {
		return text + "with an explicit deny in " + article(d.By) + " " + d.By
	}
	return text + "because no " + d.By + " allows the " + d.Action + " action"
}

// Kinds of policies, as denials name them.
const (
	byIdentity = "identity-based policy"
	byResource = "resource-based policy"
	byBoundary = "permissions boundary"
	bySession  = "session policy"
)

func article(noun string) string {
	if noun == byIdentity {
		return "an"
	}
	return "a"
}

// Authorize decides whether who may do a. It returns nil, or a *Denied.
func (s *Store) Authorize(who Identity, a Access) error {
	if s.holds(who) {
		return nil
	}
	return &Denied{Principal: who.PrincipalARN, Action: a.Action, Resource: a.Resource, By: byIdentity}
}

// holds tells whether a caller uses a key of the credentials file. Those are the installation's own: each has every right in its account.
func (s *Store) holds(who Identity) bool {
	c, ok := s.Lookup(who.AccessKeyID)
	return ok && c.PrincipalARN == who.PrincipalARN && c.Account == who.Account
}
