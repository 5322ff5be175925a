package iam

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Registry is the content of iam.yaml: the accounts of an installation and who is in them.
type Registry struct {
	Accounts map[string]*Account `json:"accounts,omitempty"`
}

// Account holds an account's principals and the policies it manages, each by its name.
type Account struct {
	AccessKeys []AccessKey                `json:"access_keys,omitempty"` // of its root user
	Users      map[string]*User           `json:"users,omitempty"`
	Groups     map[string]*Group          `json:"groups,omitempty"`
	Roles      map[string]*Role           `json:"roles,omitempty"`
	Policies   map[string]json.RawMessage `json:"policies,omitempty"`
}

// Grants are the policies of a user, a group or a role.
type Grants struct {
	Policies map[string]json.RawMessage `json:"policies,omitempty"` // its own, by name
	Attached []string                   `json:"attached,omitempty"` // the account's, by name, or any by ARN
}

// User is a person or a program with keys that last.
type User struct {
	Path       string            `json:"path,omitempty"`
	Tags       map[string]string `json:"tags,omitempty"`
	Groups     []string          `json:"groups,omitempty"`
	Boundary   string            `json:"boundary,omitempty"` // a policy, as in Attached
	AccessKeys []AccessKey       `json:"access_keys,omitempty"`
	Grants
}

// Group gives its policies to its users.
type Group struct {
	Grants
}

// Role is assumed by others for a while.
type Role struct {
	Path              string            `json:"path,omitempty"`
	Tags              map[string]string `json:"tags,omitempty"`
	Trust             json.RawMessage   `json:"trust"`
	MaxSessionSeconds int               `json:"max_session_seconds,omitempty"` // default 3600
	Boundary          string            `json:"boundary,omitempty"`
	Grants
}

// AccessKey is a key pair of a user.
type AccessKey struct {
	ID     string `json:"id"`
	Secret string `json:"secret,omitempty"`
	Status string `json:"status,omitempty"` // Active, the default, or Inactive
}

// Statuses of an access key.
const (
	KeyActive   = "Active"
	KeyInactive = "Inactive"
)

// Bounds of a registry. Names, keys, groups, attachments and tags follow IAM's quotas.
const (
	registryBytesMax      = 8 << 20
	registryPrincipalsMax = 10000 // users and roles
	userKeysMax           = 2
	userGroupsMax         = 10
	attachedMax           = 20
	principalTagsMax      = 50
	inlinePoliciesMax     = 50

	sessionSecondsMin     = 900
	sessionSecondsDefault = 3600
	sessionSecondsMax     = 43200
)

// managedByService are the policies that exist in every account, as arn:aws:iam::aws:policy/<name>.
var managedByService = map[string]string{
	"AdministratorAccess":        `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
	"AmazonAuroraDSQLFullAccess": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dsql:*","Resource":"*"}]}`,
	"AmazonAuroraDSQLReadOnlyAccess": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
		`"Action":["dsql:Get*","dsql:List*"],"Resource":"*"}]}`,
}

const managedByServicePrefix = "arn:aws:iam::aws:policy/"

// principal is a user or role made ready to be asked about.
type principal struct {
	arn, account, name, id string
	user, root             bool
	tags                   map[string]string
	identity               []*Policy
	boundary               *Policy
	trust                  *Policy
	sessionSecondsMax      int
}

// roster is a registry made ready. It is not changed after it was made.
type roster struct {
	principals map[string]*principal // by ARN
	keys       map[string]rosterKey
	managed    map[string]*Policy // by ARN
}

// rosterKey is a key pair; one that is not active is known, and of no use.
type rosterKey struct {
	Credential
	active bool
}

var (
	nameForm    = regexp.MustCompile(`\A[a-zA-Z0-9_+=,.@-]{1,128}\z`)
	pathForm    = regexp.MustCompile(`\A/([a-zA-Z0-9_+=,.@-]{1,64}/){0,8}\z`)
	accountForm = regexp.MustCompile(`\A[0-9]{12}\z`)
)

// IsAccount tells whether a text has the form of an account's number.
func IsAccount(text string) bool { return accountForm.MatchString(text) }

// Check tells what is wrong with a registry.
func (r *Registry) Check() error {
	_, err := r.compile()
	return err
}

// compile checks everything and parses the policies.
func (r *Registry) compile() (*roster, error) {
	c := &roster{principals: map[string]*principal{}, keys: map[string]rosterKey{}, managed: map[string]*Policy{}}
	for name, text := range managedByService {
		p, err := ParsePolicy(IdentityPolicy, []byte(text))
		if err != nil {
			panic(fmt.Sprintf("iam: policy %s: %v", name, err))
		}
		c.managed[managedByServicePrefix+name] = p
	}
	for _, number := range slices.Sorted(maps.Keys(r.Accounts)) {
		if !IsAccount(number) {
			return nil, fmt.Errorf("account %.32q is not a number of twelve digits", number)
		}
		a := r.Accounts[number]
		if a == nil {
			continue
		}
		if err := c.addAccount(number, a); err != nil {
			return nil, fmt.Errorf("account %s: %w", number, err)
		}
	}
	if len(c.principals) > registryPrincipalsMax {
		return nil, fmt.Errorf("more than %d users and roles", registryPrincipalsMax)
	}
	return c, nil
}

func (c *roster) addAccount(number string, a *Account) error {
	root := &principal{arn: rootARN(number), account: number, id: number, root: true}
	c.principals[root.arn] = root
	if err := c.addKeys(root, a.AccessKeys); err != nil {
		return err
	}
	for name, text := range a.Policies {
		p, err := ParsePolicy(IdentityPolicy, document(text))
		if err == nil && !nameForm.MatchString(name) {
			err = fmt.Errorf("that is not a name")
		}
		if err != nil {
			return fmt.Errorf("policy %.128q: %w", name, err)
		}
		c.managed[policyARN(number, name)] = p
	}
	groups := map[string][]*Policy{}
	for name, g := range a.Groups {
		policies, err := c.parseGrants(number, g.grants())
		if err == nil && !nameForm.MatchString(name) {
			err = fmt.Errorf("that is not a name")
		}
		if err != nil {
			return fmt.Errorf("group %.128q: %w", name, err)
		}
		groups[name] = policies
	}
	for name, u := range a.Users {
		if u == nil {
			u = &User{}
		}
		if err := c.addUser(number, name, u, groups); err != nil {
			return fmt.Errorf("user %.128q: %w", name, err)
		}
	}
	for name, r := range a.Roles {
		if err := c.addRole(number, name, r); err != nil {
			return fmt.Errorf("role %.128q: %w", name, err)
		}
	}
	return nil
}

// grants of a group that the file names and says nothing about are none.
func (g *Group) grants() *Grants {
	if g == nil {
		return &Grants{}
	}
	return &g.Grants
}

func (c *roster) addUser(number, name string, u *User, groups map[string][]*Policy) error {
	p, err := c.newPrincipal("user", "AIDA", number, u.Path, name, u.Tags, &u.Grants, u.Boundary)
	if err != nil {
		return err
	}
	p.user = true
	if len(u.Groups) > userGroupsMax {
		return fmt.Errorf("more than %d groups", userGroupsMax)
	}
	for _, g := range u.Groups {
		policies, ok := groups[g]
		if !ok {
			return fmt.Errorf("there is no group %.128q", g)
		}
		p.identity = append(p.identity, policies...)
	}
	return c.addKeys(p, u.AccessKeys)
}

func (c *roster) addKeys(p *principal, keys []AccessKey) error {
	if len(keys) > userKeysMax {
		return fmt.Errorf("more than %d access keys", userKeysMax)
	}
	for _, k := range keys {
		if err := c.addKey(p, k); err != nil {
			return err
		}
	}
	return nil
}

func (c *roster) addKey(p *principal, k AccessKey) error {
	credential := Credential{AccessKeyID: k.ID, SecretAccessKey: k.Secret, Account: p.account, PrincipalARN: p.arn}
	if err := credential.check(); err != nil {
		return err
	}
	if _, twice := c.keys[k.ID]; twice {
		return fmt.Errorf("access key %s appears twice", k.ID)
	}
	if k.Status != "" && k.Status != KeyActive && k.Status != KeyInactive {
		return fmt.Errorf("access key %s: the status %.32q is neither %s nor %s", k.ID, k.Status, KeyActive, KeyInactive)
	}
	c.keys[k.ID] = rosterKey{credential, k.Status != KeyInactive}
	return nil
}

func (c *roster) addRole(number, name string, r *Role) error {
	if r == nil {
		return fmt.Errorf("it has no trust policy")
	}
	p, err := c.newPrincipal("role", "AROA", number, r.Path, name, r.Tags, &r.Grants, r.Boundary)
	if err != nil {
		return err
	}
	if p.trust, err = ParsePolicy(TrustPolicy, document(r.Trust)); err != nil {
		return fmt.Errorf("trust policy: %w", err)
	}
	p.sessionSecondsMax = sessionSecondsDefault
	if s := r.MaxSessionSeconds; s != 0 {
		if s < sessionSecondsDefault || s > sessionSecondsMax {
			return fmt.Errorf("max_session_seconds must be between %d and %d", sessionSecondsDefault, sessionSecondsMax)
		}
		p.sessionSecondsMax = s
	}
	return nil
}

// newPrincipal adds what users and roles have in common.
func (c *roster) newPrincipal(kind, prefix, number, path, name string, tags map[string]string, g *Grants, boundary string) (*principal, error) {
	if path == "" {
		path = "/"
	}
	switch {
	case !nameForm.MatchString(name) || len(name) > 64:
		return nil, fmt.Errorf("that is not a name")
	case !pathForm.MatchString(path):
		return nil, fmt.Errorf("path %.64q is not of the form /a/b/", path)
	case len(tags) > principalTagsMax:
		return nil, fmt.Errorf("more than %d tags", principalTagsMax)
	}
	p := &principal{arn: "arn:aws:iam::" + number + ":" + kind + path + name, account: number, name: name, tags: tags}
	sum := sha256.Sum256([]byte(p.arn))
	p.id = prefix + base32.StdEncoding.EncodeToString(sum[:])[:17]
	for k, v := range tags {
		if !validTag(k, v) {
			return nil, fmt.Errorf("tag %.128q is too long", k)
		}
	}
	var err error
	if p.identity, err = c.parseGrants(number, g); err != nil {
		return nil, err
	}
	if boundary != "" {
		if p.boundary, err = c.find(number, boundary); err != nil {
			return nil, fmt.Errorf("boundary: %w", err)
		}
	}
	c.principals[p.arn] = p
	return p, nil
}

// parseGrants parses the policies of a principal, and finds those it shares.
func (c *roster) parseGrants(number string, g *Grants) ([]*Policy, error) {
	if len(g.Policies) > inlinePoliciesMax || len(g.Attached) > attachedMax {
		return nil, fmt.Errorf("more than %d policies of its own, or %d attached", inlinePoliciesMax, attachedMax)
	}
	var policies []*Policy
	for _, name := range slices.Sorted(maps.Keys(g.Policies)) {
		p, err := ParsePolicy(IdentityPolicy, document(g.Policies[name]))
		if err != nil {
			return nil, fmt.Errorf("policy %.128q: %w", name, err)
		}
		policies = append(policies, p)
	}
	for _, name := range g.Attached {
		p, err := c.find(number, name)
		if err != nil {
			return nil, err
		}
		policies = append(policies, p)
	}
	return policies, nil
}

// find is a managed policy, by its name in the account or by its ARN.
func (c *roster) find(number, name string) (*Policy, error) {
	arn := name
	if !strings.HasPrefix(name, "arn:") {
		arn = policyARN(number, name)
	}
	if owner := accountOf(arn); owner != number && owner != "aws" {
		return nil, fmt.Errorf("the policy %.256q belongs to another account", name)
	}
	p, ok := c.managed[arn]
	if !ok {
		return nil, fmt.Errorf("there is no policy %.256q", name)
	}
	return p, nil
}

// document is a policy as it stands in the registry: an object, or its JSON as a text.
func document(raw json.RawMessage) []byte {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return []byte(text)
	}
	return raw
}

func policyARN(number, name string) string { return "arn:aws:iam::" + number + ":policy/" + name }

func validTag(key, value string) bool { return key != "" && len(key) <= 128*4 && len(value) <= 256*4 }

// NewAccessKey makes a key pair for a user, from the system's random source.
func NewAccessKey() AccessKey {
	c := NewRootCredential("")
	return AccessKey{ID: c.AccessKeyID, Secret: c.SecretAccessKey}
}

// Account is an account, made if it is not there, ready to be added to.
func (r *Registry) Account(number string) *Account {
	if r.Accounts == nil {
		r.Accounts = map[string]*Account{}
	}
	a := r.Accounts[number]
	if a == nil {
		a = &Account{}
		r.Accounts[number] = a
	}
	a.Users, a.Groups, a.Roles = orEmpty(a.Users), orEmpty(a.Groups), orEmpty(a.Roles)
	if a.Policies == nil {
		a.Policies = map[string]json.RawMessage{}
	}
	return a
}

// orEmpty makes a map, and those of its entries about which the file says nothing.
func orEmpty[T any](m map[string]*T) map[string]*T {
	if m == nil {
		return map[string]*T{}
	}
	for name, v := range m {
		if v == nil {
			m[name] = new(T)
		}
	}
	return m
}

// WithoutSecrets is the registry as it may be shown.
func (r *Registry) WithoutSecrets() *Registry {
	hide := func(keys []AccessKey) []AccessKey {
		shown := slices.Clone(keys)
		for i := range shown {
			shown[i].Secret = ""
		}
		return shown
	}
	shown := &Registry{Accounts: map[string]*Account{}}
	for number := range r.Accounts {
		a := *r.Account(number)
		a.AccessKeys = hide(a.AccessKeys)
		users := map[string]*User{}
		for name, u := range a.Users {
			v := *u
			v.AccessKeys = hide(v.AccessKeys)
			users[name] = &v
		}
		a.Users = users
		shown.Accounts[number] = &a
	}
	return shown
}
