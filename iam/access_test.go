package iam

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

const tableAccount = "111122223333"

// block is one principal of the table with its policies.
type block struct {
	line                   int
	principal              string
	tags                   map[string]string
	attached               []string
	identity               []string
	boundary, session, own string
}

// document makes a document of statements; a whole one stays as it is.
func documentOf(text string) string {
	if strings.HasPrefix(text, `{"Version"`) || strings.HasPrefix(text, `{"Statement"`) {
		return text
	}
	return `{"Version":"2012-10-17","Statement":[` + text + `]}`
}

// store declares the block's principal and gives the identity it calls with.
func (b *block) store(t testing.TB) (*Store, Identity) {
	t.Helper()
	s := storeOf(t, Credential{AccessKeyID: "AKIAROOT", SecretAccessKey: "x", Account: tableAccount, PrincipalARN: rootARN(tableAccount)})
	who := Identity{Account: tableAccount, AccessKeyID: "AKIAOTHER", Region: "us-east-1"}
	a := &Account{Policies: map[string]json.RawMessage{}, Users: map[string]*User{}, Roles: map[string]*Role{}}
	g := Grants{Policies: map[string]json.RawMessage{}, Attached: b.attached}
	for i, text := range b.identity {
		g.Policies[fmt.Sprintf("p%d", i)] = json.RawMessage(documentOf(text))
	}
	boundary := ""
	if b.boundary != "" {
		boundary = "boundary"
		a.Policies[boundary] = json.RawMessage(documentOf(b.boundary))
	}
	kind, name, _ := strings.Cut(b.principal, "/")
	switch kind {
	case "root":
		who.PrincipalARN, who.AccessKeyID = rootARN(tableAccount), "AKIAROOT"
	case "user":
		who.PrincipalARN = "arn:aws:iam::" + tableAccount + ":user/" + name
		a.Users[name] = &User{Grants: g, Boundary: boundary, Tags: b.tags}
	case "session":
		role, session, _ := strings.Cut(name, "/")
		trust := `{"Statement":{"Effect":"Allow","Principal":{"AWS":"` + tableAccount + `"},"Action":"sts:AssumeRole"}}`
		a.Roles[role] = &Role{Grants: g, Boundary: boundary, Tags: b.tags, Trust: json.RawMessage(trust)}
		who.session = sessionFor(role, session)
		if b.session != "" {
			who.session.Policy = documentOf(b.session)
		}
		who.PrincipalARN = who.session.arn()
	default:
		t.Fatalf("line %d: principal %q", b.line, b.principal)
	}
	if err := s.Declare(&Registry{Accounts: map[string]*Account{tableAccount: a}}); err != nil {
		t.Fatalf("line %d: %v", b.line, err)
	}
	return s, who
}

func sessionFor(role, name string) *session {
	return &session{Role: "arn:aws:iam::" + tableAccount + ":role/" + role, Name: name}
}

// ask answers "action resource key=value …" in the words of the table.
func (b *block) ask(s *Store, who Identity, fields []string) string {
	a := Access{Action: fields[0], Resource: fields[1], Context: map[string][]string{}}
	if name, ok := strings.CutPrefix(a.Resource, "cluster/"); ok {
		a.Resource = "arn:aws:dsql:us-east-1:" + tableAccount + ":cluster/" + name
	}
	for _, f := range fields[2:] {
		key, values, _ := strings.Cut(f, "=")
		a.Context[key] = strings.Split(values, ",")
	}
	if b.own != "" {
		a.ResourcePolicy = []byte(documentOf(b.own))
	}
	err := s.Authorize(who, a)
	var d *Denied
	if !errors.As(err, &d) {
		return "allowed"
	}
	by := map[string]string{byIdentity: "identity", byResource: "resource", byBoundary: "boundary", bySession: "session"}[d.By]
	if d.Explicit {
		return "forbidden " + by
	}
	return "refused " + by
}

// The table of policies: every line is a question with its answer.
func TestPolicies(t *testing.T) {
	text, err := os.ReadFile("testdata/policies.txt")
	if err != nil {
		t.Fatal(err)
	}
	var b *block
	var s *Store
	var who Identity
	asked := 0
	for i, line := range strings.Split(string(text), "\n") {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "", "#":
		case "principal":
			b, s = &block{line: i + 1}, nil
			f := strings.Fields(rest)
			b.principal = f[0]
			for f = f[1:]; len(f) > 1; f = f[2:] {
				if f[0] == "attached" {
					b.attached = append(b.attached, f[1])
					continue
				}
				k, v, _ := strings.Cut(f[1], "=")
				b.tags = map[string]string{k: v}
			}
		case "identity":
			b.identity = append(b.identity, rest)
		case "boundary":
			b.boundary = rest
		case "session":
			b.session = rest
		case "resource":
			b.own = rest
		case "allowed", "refused", "forbidden":
			if s == nil {
				s, who = b.store(t)
			}
			want, fields := word, strings.Fields(rest)
			if word != "allowed" {
				want, fields = word+" "+fields[0], fields[1:]
			}
			asked++
			if got := b.ask(s, who, fields); got != want {
				t.Errorf("line %d: %s: got %q", i+1, line, got)
			}
		default:
			t.Fatalf("line %d: %q", i+1, line)
		}
	}
	if asked < 150 {
		t.Errorf("only %d questions", asked)
	}
	t.Logf("%d questions", asked)
}

// Denials are worded as the service words them.
func TestDeniedText(t *testing.T) {
	b := &block{principal: "user/alice", identity: []string{`{"Effect":"Deny","Action":"dsql:Delete*","Resource":"*"}`}}
	s, who := b.store(t)
	resource := "arn:aws:dsql:us-east-1:111122223333:cluster/a"
	for action, want := range map[string]string{
		"dsql:GetCluster":    "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: dsql:GetCluster on resource: " + resource + " because no identity-based policy allows the dsql:GetCluster action",
		"dsql:DeleteCluster": "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: dsql:DeleteCluster on resource: " + resource + " with an explicit deny in an identity-based policy",
	} {
		if err := s.Authorize(who, Access{Action: action, Resource: resource}); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	b = &block{principal: "root", own: `{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`}
	s, who = b.store(t)
	err := s.Authorize(who, Access{Action: "dsql:GetCluster", Resource: resource, ResourcePolicy: []byte(documentOf(b.own))})
	if err == nil || !strings.HasSuffix(err.Error(), "with an explicit deny in a resource-based policy") {
		t.Errorf("got %v", err)
	}
}

// A key of the credentials file has every right of its account, until the registry declares its principal.
func TestInstallationKeys(t *testing.T) {
	arn := "arn:aws:iam::" + tableAccount + ":user/tester"
	s := storeOf(t, Credential{AccessKeyID: "AKIATESTER", SecretAccessKey: "x", Account: tableAccount, PrincipalARN: arn})
	who := Identity{Account: tableAccount, PrincipalARN: arn, AccessKeyID: "AKIATESTER", Region: "us-east-1"}
	ask := Access{Action: "dsql:GetCluster", Resource: "arn:aws:dsql:us-east-1:" + tableAccount + ":cluster/a"}
	if err := s.Authorize(who, ask); err != nil {
		t.Error(err)
	}
	other := who
	other.AccessKeyID = "AKIASTRANGER"
	if s.Authorize(other, ask) == nil {
		t.Error("a principal without the key is allowed")
	}
	must(t, s.Declare(&Registry{Accounts: map[string]*Account{tableAccount: {Users: map[string]*User{"tester": {}}}}}))
	if s.Authorize(who, ask) == nil {
		t.Error("a declared user without policies is allowed")
	}
}

// A value that would make matching slow allows nothing.
func TestLongValue(t *testing.T) {
	s, who := (&block{principal: "user/a", identity: []string{`{"Effect":"Allow","Action":"*","Resource":"*"}`}}).store(t)
	for n, allowed := range map[int]bool{valueBytesMax: true, valueBytesMax + 1: false} {
		err := s.Authorize(who, Access{Action: "x:Y", Resource: "*", Context: map[string][]string{"k": {strings.Repeat("a", n)}}})
		if (err == nil) != allowed {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
