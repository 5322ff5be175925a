// Package iam proves who calls.
//
// Two doors are guarded: the API, where a request carries a Signature Version 4
// signature in its headers or its query (VerifyRequest), and the SQL endpoint,
// where the password is a presigned URL without its scheme (VerifyToken). Both
// answer with an Identity, or with a typed refusal worded as the service words
// it. Nothing in between exists: an Identity is returned only after the
// signature, its date, its scope and the session token all held.
//
// Verification is a pure function of its arguments and of the Store: the caller
// passes the time and the body, nothing is cached, no I/O happens. It costs
// about ten SHA-256 blocks and one hash of the body. Secrets, signatures and session
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
}

// identity is what a verified signature of c in a Region proves.
func (c Credential) identity(region string) Identity {
	return Identity{Account: c.Account, PrincipalARN: c.PrincipalARN, AccessKeyID: c.AccessKeyID, Region: region}
}

// expired tells whether a temporary credential has ended.
func (c Credential) expired(now time.Time) bool {
	return !c.Expires.IsZero() && !now.Before(c.Expires)
}
