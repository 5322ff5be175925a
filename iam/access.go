package iam

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

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

// valueBytesMax bounds a condition key's value; a request with a longer one is allowed nothing, as it would make matching slow.
const valueBytesMax = 8 << 10

// Authorize decides whether who may do a. It returns nil, or a *Denied.
//
// The keys that say who calls are the store's own, whatever a.Context says of
// them: aws:PrincipalArn, aws:PrincipalAccount, aws:PrincipalTag/…, aws:userid and
// so on. The time and the Region are filled in where a.Context lacks them.
func (s *Store) Authorize(who Identity, a Access) error {
	return s.authorize(who, a, nil)
}

// authorize decides; trust is the trust policy of a role to be assumed, nil for every other question.
func (s *Store) authorize(who Identity, a Access, trust *Policy) error {
	q := &question{access: a, action: []rune(strings.ToLower(a.Action)), resource: []rune(a.Resource), trust: trust != nil}
	q.who, q.keys = s.subject(who)
	owner := a.ResourceAccount
	if owner == "" {
		owner = accountOf(a.Resource)
	}
	if owner == "" {
		owner = who.Account
	}
	q.sibling = owner == who.Account
	if !q.add(a.Context, map[string]string{
		"aws:currenttime": time.Now().UTC().Format(time.RFC3339), "aws:epochtime": strconv.FormatInt(time.Now().Unix(), 10),
		"aws:requestedregion": who.Region, "aws:resourceaccount": owner, "aws:viaawsservice": "false", "aws:principalisawsservice": "false",
	}) {
		return q.denied(byIdentity, false)
	}
	policy := trust
	if a.ResourcePolicy != nil {
		var err error
		if policy, err = s.parsed.get(a.ResourcePolicy); err != nil {
			return q.denied(byResource, false) // not understood: it might deny
		}
	}
	return q.decide(policy)
}

// add takes the caller's keys in, and others where they are missing. It is false when a value is too long.
func (q *question) add(given map[string][]string, otherwise map[string]string) bool {
	for name, values := range given {
		key := strings.ToLower(name)
		for _, v := range values {
			if len(v) > valueBytesMax {
				return false
			}
		}
		if _, own := q.keys[key]; !own && !aboutPrincipal(key) {
			q.keys[key] = values
		}
	}
	for key, value := range otherwise {
		if _, set := q.keys[key]; !set && value != "" {
			q.keys[key] = []string{value}
		}
	}
	return true
}

// aboutPrincipal tells whether a key says who calls, which nobody but the store may say.
func aboutPrincipal(key string) bool {
	switch key {
	case "aws:userid", "aws:username", "aws:sourceidentity", "aws:tokenissuetime", "aws:federatedprovider",
		"aws:multifactorauthpresent", "aws:multifactorauthage":
		return true
	}
	return strings.HasPrefix(key, "aws:principal")
}

// subject is the caller with its policies, and the condition keys that say who it is.
func (s *Store) subject(who Identity) (*subject, facts) {
	sub := &subject{arn: who.PrincipalARN, account: who.Account, role: who.RoleARN()}
	keys := facts{"aws:principalarn": {who.PrincipalARN}, "aws:principalaccount": {who.Account}}
	set := func(key, value string) {
		if value != "" {
			keys[key] = []string{value}
		}
	}
	declared := who.PrincipalARN
	if sub.role != "" {
		declared = sub.role
		set("aws:principalarn", sub.role)
	}
	p, known := s.principal(declared)
	if p == nil {
		sub.all = s.holds(who)
		p = &principal{id: who.Account}
	} else if p.root {
		sub.all = true
	}
	sub.identity, sub.boundary = p.identity, p.boundary
	for k, v := range p.tags {
		set("aws:principaltag/"+strings.ToLower(k), v)
	}
	switch {
	case sub.role != "":
		set("aws:principaltype", "AssumedRole")
		set("aws:userid", p.id+":"+who.PrincipalARN[strings.LastIndexByte(who.PrincipalARN, '/')+1:])
	case p.user:
		set("aws:principaltype", "User")
		set("aws:username", p.name)
		set("aws:userid", p.id)
	default:
		set("aws:principaltype", "Account")
		set("aws:userid", p.id)
	}
	if v := who.session; v != nil {
		for k, value := range v.Tags {
			set("aws:principaltag/"+strings.ToLower(k), value)
		}
		set("aws:sourceidentity", v.SourceIdentity)
		set("aws:tokenissuetime", time.Unix(v.Issued, 0).UTC().Format(time.RFC3339))
		sub.session = v.policies(known)
	}
	return sub, keys
}

// policies are the session policies; a session that has none gives nil. What
// cannot be found or understood any more allows nothing.
func (v *session) policies(known *roster) []*Policy {
	if v.Policy == "" && len(v.Managed) == 0 {
		return nil
	}
	list := []*Policy{}
	if v.Policy != "" {
		if p, err := ParsePolicy(IdentityPolicy, []byte(v.Policy)); err == nil {
			list = append(list, p)
		}
	}
	for _, arn := range v.Managed {
		if known == nil {
			continue
		}
		if p, err := known.find(accountOf(v.Role), arn); err == nil {
			list = append(list, p)
		}
	}
	return list
}

// principal finds a declared principal by its ARN, and the roster it is in.
func (s *Store) principal(arn string) (*principal, *roster) {
	s.refresh()
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.roster == nil {
		return nil, nil
	}
	return s.roster.principals[arn], s.roster
}

// holds tells whether a caller uses a key of the credentials file. Those are the
// installation's own: unless the registry declares the principal, it has every right in its account.
func (s *Store) holds(who Identity) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c, ok := s.byID[who.AccessKeyID]
	return ok && c.PrincipalARN == who.PrincipalARN && c.Account == who.Account
}

// policyCache keeps parsed resource policies. Safe for concurrent use.
type policyCache struct {
	mu     sync.Mutex
	byText map[string]*Policy
}

// policyCacheMax bounds the cache; a full one is begun anew.
const policyCacheMax = 256

func (c *policyCache) get(text []byte) (*Policy, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p, ok := c.byText[string(text)]; ok {
		return p, nil
	}
	p, err := ParsePolicy(ResourcePolicy, text)
	if err != nil {
		return nil, err
	}
	if c.byText == nil || len(c.byText) >= policyCacheMax {
		c.byText = map[string]*Policy{}
	}
	c.byText[string(text)] = p
	return p, nil
}
