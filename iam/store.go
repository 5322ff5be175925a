package iam

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/opendsql/opendsql/internal/wholefile"
)

// Store holds the credentials of this installation, by access key id. The zero
// value is an empty store. It is safe for concurrent use.
//
// On disk it is an AWS shared credentials file: SDKs and the CLI can use it as
// it is (AWS_SHARED_CREDENTIALS_FILE). The first credential of the file, the
// root account's, is the profile "default"; each further one has its access key
// id as the profile's name. Account, principal and expiry are keys of our own,
// which other readers of the format ignore.
//
// Beside it the store may follow a registry, iam.yaml, with the accounts' users and roles.
type Store struct {
	mu     sync.RWMutex
	byID   map[string]Credential
	order  []string // access key ids, oldest first
	roster *roster  // what the registry says; nil: nothing

	followed followed
	parsed   policyCache
}

// NewRootCredential makes a long-lived key pair for an account's root user,
// from the system's random source.
func NewRootCredential(account string) Credential {
	return Credential{
		AccessKeyID:     "AKIA" + randomText(10, base32.StdEncoding),
		SecretAccessKey: randomText(25, base32.StdEncoding),
		Account:         account,
		PrincipalARN:    "arn:aws:iam::" + account + ":root",
	}
}

// randomText encodes n random bytes; n is a multiple of five, so nothing is padded.
func randomText(n int, e *base32.Encoding) string {
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return e.EncodeToString(b)
}

// Lookup finds a credential of the file or of the registry, expired or not.
func (s *Store) Lookup(accessKeyID string) (Credential, bool) {
	s.refresh()
	s.mu.RLock()
	defer s.mu.RUnlock()
	if c, ok := s.byID[accessKeyID]; ok || s.roster == nil {
		return c, ok
	}
	k, ok := s.roster.keys[accessKeyID]
	return k.Credential, ok && k.active
}

// claimed finds the credential that a signature claims to be made with. A session
// of an assumed role is not kept anywhere: its token says it all.
func (s *Store) claimed(accessKeyID, sessionToken string) (Credential, bool) {
	if c, ok := s.Lookup(accessKeyID); ok {
		return c, same(c.SessionToken, sessionToken)
	}
	return s.openSession(accessKeyID, sessionToken)
}

// Put adds a credential, or replaces the one with its access key id.
func (s *Store) Put(c Credential) error {
	if err := c.check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil {
		s.byID = map[string]Credential{}
	}
	if _, known := s.byID[c.AccessKeyID]; !known {
		s.order = append(s.order, c.AccessKeyID)
	}
	s.byID[c.AccessKeyID] = c
	return nil
}

// Remove forgets a credential; one that is not there is no error.
func (s *Store) Remove(accessKeyID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, accessKeyID)
	s.order = slices.DeleteFunc(s.order, func(id string) bool { return id == accessKeyID })
}

// Root is the credential that was put first.
func (s *Store) Root() (Credential, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.order) == 0 {
		return Credential{}, false
	}
	return s.byID[s.order[0]], true
}

// check refuses a credential that could not be written, signed with or named.
func (c Credential) check() error {
	for _, f := range []struct{ what, value string }{
		{"access key id", c.AccessKeyID}, {"secret access key", c.SecretAccessKey},
		{"account", c.Account}, {"principal ARN", c.PrincipalARN},
	} {
		if f.value == "" {
			return fmt.Errorf("credential %q has no %s", c.AccessKeyID, f.what)
		}
	}
	for _, v := range []string{c.AccessKeyID, c.SecretAccessKey, c.SessionToken, c.Account, c.PrincipalARN} {
		if strings.Trim(v, printable) != "" {
			return fmt.Errorf("credential %q has a value that is not printable ASCII", c.AccessKeyID)
		}
	}
	if strings.ContainsAny(c.AccessKeyID, "/[]") {
		return fmt.Errorf("credential %q: an access key id has no slash or bracket", c.AccessKeyID)
	}
	if (c.SessionToken == "") != c.Expires.IsZero() {
		return fmt.Errorf("credential %q: a session token and an expiry belong together", c.AccessKeyID)
	}
	return nil
}

// printable is ASCII's visible characters; a value of these needs no quoting in the file.
const printable = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"

// Names of the file's keys. The last three are ours.
const (
	keyID        = "aws_access_key_id"
	keySecret    = "aws_secret_access_key"
	keyToken     = "aws_session_token"
	keyAccount   = "opendsql_account"
	keyPrincipal = "opendsql_principal_arn"
	keyExpires   = "opendsql_expires"
)

// LoadStore reads a credentials file. A file that does not exist gives an error
// that matches fs.ErrNotExist.
func LoadStore(path string) (*Store, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s, err := parseStore(content)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return s, nil
}

// parseStore reads the file's content.
func parseStore(content []byte) (*Store, error) {
	s := &Store{}
	var current map[string]string
	flush := func() error {
		if current == nil {
			return nil
		}
		c, err := credentialOf(current)
		if err != nil {
			return err
		}
		if _, twice := s.Lookup(c.AccessKeyID); twice {
			return fmt.Errorf("access key %s appears twice", c.AccessKeyID)
		}
		return s.Put(c)
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, 1<<20)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "", line[0] == '#', line[0] == ';':
		case line[0] == '[' && line[len(line)-1] == ']':
			if err := flush(); err != nil {
				return nil, err
			}
			current = map[string]string{}
		default:
			name, value, ok := strings.Cut(line, "=")
			if !ok || current == nil {
				return nil, fmt.Errorf("line %d is neither a profile nor a setting", number)
			}
			current[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	return s, flush()
}

// credentialOf reads one profile.
func credentialOf(settings map[string]string) (Credential, error) {
	c := Credential{
		AccessKeyID:     settings[keyID],
		SecretAccessKey: settings[keySecret],
		SessionToken:    settings[keyToken],
		Account:         settings[keyAccount],
		PrincipalARN:    settings[keyPrincipal],
	}
	if text := settings[keyExpires]; text != "" {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return c, fmt.Errorf("credential %q: %s is not a time", c.AccessKeyID, keyExpires)
		}
		c.Expires = at.UTC()
	}
	return c, nil
}

// format writes the file's content.
func (s *Store) format() []byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var b bytes.Buffer
	b.WriteString("# Credentials of this OpenDSQL installation. Keep this file secret.\n")
	for i, id := range s.order {
		c := s.byID[id]
		profile := id
		if i == 0 {
			profile = "default"
		}
		fmt.Fprintf(&b, "\n[%s]\n%s = %s\n%s = %s\n", profile, keyID, c.AccessKeyID, keySecret, c.SecretAccessKey)
		if c.SessionToken != "" {
			fmt.Fprintf(&b, "%s = %s\n%s = %s\n", keyToken, c.SessionToken, keyExpires, c.Expires.UTC().Format(time.RFC3339Nano))
		}
		fmt.Fprintf(&b, "%s = %s\n%s = %s\n", keyAccount, c.Account, keyPrincipal, c.PrincipalARN)
	}
	return b.Bytes()
}

// Save replaces the file at path, whole or not at all, readable by its owner
// only. It returns once the file is durable.
func (s *Store) Save(path string) error {
	return wholefile.Replace(path, s.format(), wholefile.Private)
}
