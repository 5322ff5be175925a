package controlplane

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/opendsql/opendsql/iam"
)

// checkPolicyLength applies the model's constraint on the document's length.
func checkPolicyLength(v *violations, policy *string) {
	if policy != nil {
		v.length("/policy", utf8.RuneCountInString(*policy), 1, policyCharactersMax)
	}
}

// judgePolicy decides whether a document may become the policy of a cluster:
// it is a well-formed IAM policy about this cluster and this account's
// principals, it grants nothing to the public, and it does not lock its author
// out unless he insists. All refusals are the one exception that fits.
func judgePolicy(text string, who iam.Identity, arn string, bypassLockoutCheck bool) error {
	p, err := parsePolicy(text)
	if err != nil {
		return invalid(reasonOther, "The policy is not valid: "+err.Error()+".")
	}
	for i, s := range p.statements {
		if err := s.judge(who, arn); err != nil {
			return invalid(reasonOther, fmt.Sprintf("The policy is not valid: statement %d %s.", i+1, err))
		}
		if s.public() {
			return invalid(reasonOther, fmt.Sprintf("The policy is refused by Block Public Access: statement %d grants public access.", i+1))
		}
	}
	if !bypassLockoutCheck && p.locksOut(who, arn) {
		return lockout()
	}
	return nil
}

// judgeNewPolicy decides whether a document may become the policy of c.
func (a *API) judgeNewPolicy(ctx context.Context, who iam.Identity, c *clusterRecord, text string, bypassLockoutCheck bool) error {
	if err := judgePolicy(text, who, c.arn(), bypassLockoutCheck); err != nil || bypassLockoutCheck {
		return err
	}
	out, err := a.lockedOut(ctx, who, c, text)
	if err == nil && out {
		err = lockout()
	}
	return err
}

func lockout() *Error {
	return invalid(reasonOther, "The policy would not allow its author to change or delete it. To put it anyway, set bypassPolicyLockoutSafetyCheck.")
}

// principalForm is an IAM or STS ARN; its account is the first group.
var principalForm = regexp.MustCompile(`\Aarn:aws(?:-[^:]+)?:(?:iam|sts)::([0-9]{12}):(?:root|(?:user|role|assumed-role|federated-user)/[a-zA-Z0-9+=,.@_/-]+)\z`)

var accountForm = regexp.MustCompile(`\A[0-9]{12}\z`)

// judge checks that a statement speaks of this service, this cluster and principals of this account.
func (s *policyStatement) judge(who iam.Identity, arn string) error {
	for _, p := range s.Principals {
		account := p
		if m := principalForm.FindStringSubmatch(p); m != nil {
			account = m[1]
		}
		switch {
		case p == "*":
		case !accountForm.MatchString(account):
			return fmt.Errorf("has the invalid principal %.128q", p)
		case account != who.Account:
			return fmt.Errorf("has the principal %.128q of another account, which is not supported", p)
		}
	}
	for _, a := range s.Actions {
		service, name, ok := strings.Cut(a, ":")
		if a != "*" && (!ok || !strings.EqualFold(service, iam.Service) || name == "") {
			return fmt.Errorf("has the invalid action %.128q", a)
		}
	}
	for _, r := range s.Resources {
		if !wildcardMatch(r, arn) {
			return fmt.Errorf("has the resource %.128q, which is not the cluster", r)
		}
	}
	return nil
}

// narrowing are the condition keys that keep a "*" principal from being public.
func narrowing() []string {
	return []string{
		"aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:sourceaccount",
		"aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:userid", "aws:principalservicename",
		"aws:principalservicenameslist", "aws:principalisawsservice", "aws:ec2instancesourcevpc", "aws:sourceorgid", "aws:sourceorgpaths",
	}
}

// public tells whether a statement grants something to everybody.
func (s *policyStatement) public() bool {
	if s.Deny || !s.NotPrincipal && !slices.Contains(s.Principals, "*") {
		return false
	}
	return !slices.ContainsFunc(s.Conditions, narrows)
}

// narrows tells whether a condition holds for a fixed set of callers only.
func narrows(c iam.Condition) bool {
	key := strings.ToLower(c.Key)
	if !slices.Contains(narrowing(), key) || strings.HasSuffix(c.Operator, "IfExists") || strings.HasPrefix(c.Operator, "ForAllValues:") {
		return false // holds for a caller without the key, too
	}
	switch strings.TrimPrefix(c.Operator, "ForAnyValue:") {
	case "Bool":
		return key == "aws:principalisawsservice" && slices.Equal(c.Values, []string{"true"})
	case "StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike":
		return key != "aws:principalisawsservice" && len(c.Values) > 0 &&
			!slices.ContainsFunc(c.Values, func(v string) bool { return strings.ContainsAny(v, "*?$") })
	}
	return false
}

// locksOut tells whether the policy denies its author to put or delete the
// policy, whatever the circumstances: denials under a condition do not count.
func (p policyDocument) locksOut(who iam.Identity, arn string) bool {
	return slices.ContainsFunc(p.statements, func(s policyStatement) bool {
		return s.Deny && len(s.Conditions) == 0 && s.names(who) &&
			s.NotResource != slices.ContainsFunc(s.Resources, func(r string) bool { return wildcardMatch(r, arn) }) &&
			(s.Covers("dsql:PutClusterPolicy") || s.Covers("dsql:DeleteClusterPolicy"))
	})
}

// names tells whether a statement is about a principal.
func (s *policyStatement) names(who iam.Identity) bool {
	return s.NotPrincipal != slices.ContainsFunc(s.Principals, func(p string) bool {
		return p == "*" || p == who.PrincipalARN || p == who.Account || strings.HasSuffix(p, "::"+who.Account+":root")
	})
}

// wildcardMatch matches a pattern in which * is any text and ? any character.
func wildcardMatch(pattern, text string) bool { return iam.Match(pattern, text) }
