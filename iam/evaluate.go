package iam

import (
	"slices"
	"strings"
)

// subject is a principal as the evaluation sees it: who it is, and what its own policies are.
type subject struct {
	arn     string // as the service shows it; of a session, the session's
	account string
	role    string // of a session: the role's ARN
	all     bool   // every right in its account, whatever the policies of its own say: the root user

	identity []*Policy
	boundary *Policy   // nil: none
	session  []*Policy // nil: none
}

// root tells whether the subject is its account's root user.
func (s *subject) root() bool { return s.arn == rootARN(s.account) }

func rootARN(account string) string { return "arn:aws:iam::" + account + ":root" }

// question is an Access made ready for the statements.
type question struct {
	access   Access
	action   []rune // lower case
	resource []rune
	keys     facts
	who      *subject
	sibling  bool // the resource's account is the principal's
	trust    bool // the resource's policy must allow in any case: a role's trust policy
}

// decide answers by the rules of the service: a Deny anywhere is final; within
// one account the principal's policies or the resource's must allow, between two
// both; boundaries and session policies only take away.
func (q *question) decide(resource *Policy) error {
	for _, set := range []struct {
		kind     string
		policies []*Policy
	}{{byIdentity, q.who.identity}, {byResource, one(resource)}, {byBoundary, one(q.who.boundary)}, {bySession, q.who.session}} {
		if q.denies(set.policies) {
			return q.denied(set.kind, true)
		}
	}
	grant := q.granted(resource)
	if q.trust && grant == grantNone {
		return q.denied(byResource, false)
	}
	if q.sibling && grant == grantPrincipal {
		return nil // to this very user or session: boundaries and session policies do not take it away
	}
	switch {
	case !q.who.all && !q.allows(q.who.identity) && !(q.sibling && grant == grantRole):
		return q.denied(byIdentity, false)
	case !q.sibling && grant == grantNone:
		return q.denied(byResource, false)
	case q.who.boundary != nil && !q.allows(one(q.who.boundary)):
		return q.denied(byBoundary, false)
	case q.who.session != nil && !q.allows(q.who.session):
		return q.denied(bySession, false)
	}
	return nil
}

func one(p *Policy) []*Policy {
	if p == nil {
		return nil
	}
	return []*Policy{p}
}

func (q *question) denied(kind string, explicit bool) *Denied {
	return &Denied{Principal: q.who.arn, Action: q.access.Action, Resource: q.access.Resource, Explicit: explicit, By: kind}
}

func (q *question) denies(policies []*Policy) bool {
	return slices.ContainsFunc(policies, func(p *Policy) bool {
		return slices.ContainsFunc(p.Statements, func(s Statement) bool {
			return s.Deny && q.concerns(&s) && (!s.hasPrincipal || s.deniesPrincipal(q.who))
		})
	})
}

// allows is for policies that name no principals.
func (q *question) allows(policies []*Policy) bool {
	return slices.ContainsFunc(policies, func(p *Policy) bool {
		return slices.ContainsFunc(p.Statements, func(s Statement) bool { return !s.Deny && !s.hasPrincipal && q.concerns(&s) })
	})
}

// grant says to whom a resource's policy allows an action.
type grant int

const (
	grantNone      grant = iota
	grantAccount         // to the account: its own policies decide about its principals
	grantRole            // to the role of a session, or to everybody
	grantPrincipal       // to this user or this session
)

// granted is the most specific grant of a resource's policy.
func (q *question) granted(p *Policy) (most grant) {
	if p == nil {
		return grantNone
	}
	for i := range p.Statements {
		if s := &p.Statements[i]; !s.Deny && s.hasPrincipal && q.concerns(s) {
			most = max(most, s.grants(q.who))
		}
	}
	return most
}

// concerns tells whether a statement is about the action and the resource, under
// the conditions that hold.
func (q *question) concerns(s *Statement) bool {
	if !s.covers(q.action) || s.resources != nil && !q.names(s) {
		return false
	}
	return !slices.ContainsFunc(s.Conditions, func(c Condition) bool { return !c.holds(q.keys, !s.Deny) })
}

// names tells whether a statement is about the resource. A variable without a
// value names nothing; an Allow of everything but nothing is not what its author meant.
func (q *question) names(s *Statement) bool {
	named, unresolved := false, false
	for _, t := range s.resources {
		pattern, ok := t.expand(q.keys)
		unresolved = unresolved || !ok
		named = named || ok && matchResource(pattern, q.resource)
	}
	if s.NotResource {
		return !named && (s.Deny || !unresolved)
	}
	return named
}

// grants tells to whom of the subject's guises an Allow speaks.
func (s *Statement) grants(who *subject) grant {
	if s.NotPrincipal {
		for _, guise := range who.guises() {
			if slices.ContainsFunc(s.Principals, func(p string) bool { return namesPrincipal(p, guise, who.account) }) {
				return grantNone
			}
		}
		return grantRole
	}
	most := grantNone
	for _, p := range s.Principals {
		switch {
		case p == who.arn && !who.root():
			most = grantPrincipal
		case p == "*" && who.role == "" && !who.root():
			most = grantPrincipal
		case p == "*", who.role != "" && p == who.role:
			most = max(most, grantRole)
		case namesPrincipal(p, rootARN(who.account), who.account):
			most = max(most, grantAccount)
		}
	}
	return most
}

// deniesPrincipal tells whether a Deny speaks to the subject. With NotPrincipal it does
// unless the subject is left out in every guise: its account, its role, its session.
func (s *Statement) deniesPrincipal(who *subject) bool {
	covered := func(guise string) bool {
		return slices.ContainsFunc(s.Principals, func(p string) bool { return namesPrincipal(p, guise, who.account) })
	}
	if s.NotPrincipal {
		return slices.ContainsFunc(who.guises(), func(guise string) bool { return !covered(guise) })
	}
	return slices.ContainsFunc(who.guises(), covered)
}

// guises are the ARNs under which policies may name the subject: the account's, the role's, its own.
func (s *subject) guises() []string {
	list := []string{rootARN(s.account)}
	if s.role != "" {
		list = append(list, s.role)
	}
	if !s.root() {
		list = append(list, s.arn)
	}
	return list
}

// namesPrincipal tells whether an entry of a Principal element is an ARN. An account's number stands for its root.
func namesPrincipal(entry, arn, account string) bool {
	return entry == "*" || entry == arn || entry == account && arn == rootARN(account)
}

// accountOf is the account in an ARN, empty if it names none.
func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", arnParts)
	if len(parts) < arnParts {
		return ""
	}
	return parts[4]
}
