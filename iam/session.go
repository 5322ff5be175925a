package iam

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// session is what the session token of an assumed role says. The token is
// encrypted under a key made of the root account's secret: sessions outlive a
// restart, need no memory, and end when the root's key pair is replaced, or the role removed.
type session struct {
	AccessKeyID    string            `json:"k"`
	Role           string            `json:"r"` // ARN
	Name           string            `json:"n"`
	Issued         int64             `json:"i"` // seconds since 1970
	Expires        int64             `json:"e"`
	Policy         string            `json:"p,omitempty"` // session policy
	Managed        []string          `json:"m,omitempty"` // ARNs of managed session policies
	Tags           map[string]string `json:"t,omitempty"`
	Transitive     []string          `json:"tt,omitempty"` // keys of tags that further sessions inherit
	SourceIdentity string            `json:"s,omitempty"`
	Chained        bool              `json:"c,omitempty"` // assumed by a session
}

// sessionPrefix begins every session token; its number changes with the form.
const sessionPrefix = "OpenDSQL1/"

// sessionTokenBytesMax bounds a token: a policy and fifty tags fit.
const sessionTokenBytesMax = 8 << 10

// sessionKeys are made of the root's secret, which stays out of the tokens.
func (s *Store) sessionKeys() (seal cipher.AEAD, secret []byte, ok bool) {
	root, ok := s.Root()
	if !ok {
		return nil, nil, false
	}
	derive := func(purpose string) []byte {
		key, err := hkdf.Key(sha256.New, []byte(root.SecretAccessKey), nil, "opendsql "+purpose, 32)
		if err != nil {
			panic(fmt.Sprintf("iam: derive a key: %v", err))
		}
		return key
	}
	block, err := aes.NewCipher(derive("session token"))
	if err == nil {
		seal, err = cipher.NewGCM(block)
	}
	if err != nil {
		panic(fmt.Sprintf("iam: AES-GCM: %v", err))
	}
	return seal, derive("session secret"), true
}

// newSession makes the credential of a session.
func (s *Store) newSession(v session) (Credential, error) {
	seal, secret, ok := s.sessionKeys()
	if !ok {
		return Credential{}, fmt.Errorf("no root credential")
	}
	v.AccessKeyID = "ASIA" + randomText(10, base32.StdEncoding)
	text, err := json.Marshal(v)
	if err != nil {
		return Credential{}, err
	}
	nonce := make([]byte, seal.NonceSize())
	rand.Read(nonce)
	token := sessionPrefix + base64.StdEncoding.EncodeToString(seal.Seal(nonce, nonce, text, []byte(v.AccessKeyID)))
	if len(token) > sessionTokenBytesMax {
		return Credential{}, errPackedTooLarge
	}
	return v.credential(token, secret), nil
}

// credential is the key pair of a session. Its secret follows from the token.
func (v *session) credential(token string, secret []byte) Credential {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(token))
	account := accountOf(v.Role)
	return Credential{
		AccessKeyID: v.AccessKeyID, SecretAccessKey: base64.StdEncoding.EncodeToString(h.Sum(nil))[:40], SessionToken: token,
		Expires: time.Unix(v.Expires, 0).UTC(), Account: account, PrincipalARN: v.arn(), session: v,
	}
}

// arn names the session.
func (v *session) arn() string {
	role := v.Role[strings.LastIndexByte(v.Role, '/')+1:]
	return "arn:aws:sts::" + accountOf(v.Role) + ":assumed-role/" + role + "/" + v.Name
}

// openSession reads a session token that this installation has given out for a role that still exists.
func (s *Store) openSession(accessKeyID, token string) (Credential, bool) {
	packed, ok := strings.CutPrefix(token, sessionPrefix)
	if !ok || len(token) > sessionTokenBytesMax {
		return Credential{}, false
	}
	sealed, err := base64.StdEncoding.DecodeString(packed)
	if err != nil {
		return Credential{}, false
	}
	seal, secret, ok := s.sessionKeys()
	if !ok || len(sealed) < seal.NonceSize() {
		return Credential{}, false
	}
	text, err := seal.Open(nil, sealed[:seal.NonceSize()], sealed[seal.NonceSize():], []byte(accessKeyID))
	if err != nil {
		return Credential{}, false
	}
	v := &session{}
	if json.Unmarshal(text, v) != nil {
		return Credential{}, false
	}
	if p, _ := s.principal(v.Role); p == nil {
		return Credential{}, false
	}
	return v.credential(token, secret), true
}

// roleOf is the role behind an assumed one's ARN, arn:aws:sts::<account>:assumed-role/<role>/<session>, if the role has no path; empty for others.
func roleOf(arn string) string {
	f := strings.SplitN(arn, ":", arnParts)
	if len(f) != arnParts || f[2] != "sts" {
		return ""
	}
	path := strings.Split(f[5], "/")
	if len(path) < 3 || path[0] != "assumed-role" {
		return ""
	}
	return strings.Join([]string{f[0], f[1], "iam", f[3], f[4], "role/" + path[1]}, ":")
}

// errPackedTooLarge: a session's policy and tags do not fit into its token.
var errPackedTooLarge = errors.New("the session's policy and tags are too long")
