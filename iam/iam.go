// Package iam proves who calls, and decides what they may do.
//
// Two doors are guarded: the API, where a request carries a Signature Version 4
// signature in its headers or its query (VerifyRequest), and the SQL endpoint,
// where the password is a presigned URL without its scheme (VerifyToken). Both
// answer with an Identity, or with a typed refusal worded as the service words
// it. Nothing in between exists: an Identity is returned only after the
// signature, its date, its scope and the session token all held.
//
// Verification is a pure function of its arguments and of the Store: the caller
// passes the time and the body, nothing is cached, no I/O happens but a look
// whether iam.yaml has changed. It costs about ten SHA-256 blocks and one hash of the body.
//
// What a proven caller may do is for Store.Authorize to say: it weighs the
// policies of the caller, of the account and of the resource by the service's
// rules. Principals and their policies are declared in iam.yaml (Registry); roles
// are assumed through STS. What is not understood never allows anything. Secrets, signatures and session
// tokens never appear in errors, in String methods or in logs; whatever is
// compared with a secret is compared in constant time.
package iam

import (
	"log/slog"
	"time"
)

// Service is the SigV4 signing name of the service.
const Service = "dsql"

// Credential is an access key and the principal it stands for.
//
// SessionToken and Expires are set together for temporary credentials; a
// credential without a session token is a long-lived one and has no expiry.
type Credential struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
	Expires         time.Time
	Account         string
	PrincipalARN    string

	session *session // of an assumed role
}

// String names the credential without its secrets.
func (c Credential) String() string {
	return c.AccessKeyID + " (" + c.PrincipalARN + ")"
}

// GoString keeps the secrets out of %#v as well.
func (c Credential) GoString() string { return c.String() }

// LogValue keeps the secrets out of structured logs.
func (c Credential) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Identity is a proven caller, and the Region its signature was scoped to.
type Identity struct {
	Account      string
	PrincipalARN string
	AccessKeyID  string
	Region       string

	session *session // of an assumed role
}

// RoleARN is the role behind the session of an assumed role; empty for other callers.
func (i Identity) RoleARN() string {
	if i.session != nil {
		return i.session.Role
	}
	return roleOf(i.PrincipalARN)
}

// identity is what a verified signature of c in a Region proves.
func (c Credential) identity(region string) Identity {
	return Identity{Account: c.Account, PrincipalARN: c.PrincipalARN, AccessKeyID: c.AccessKeyID, Region: region, session: c.session}
}

// expired tells whether a temporary credential has ended.
func (c Credential) expired(now time.Time) bool {
	return !c.Expires.IsZero() && !now.Before(c.Expires)
}
