package iam

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const sampleRegistry = `
# What people write by hand: unquoted versions, policies as YAML or as JSON.
accounts:
  111122223333:
    access_keys:
      - {id: AKIAROOT2, secret: rootsecret}
    policies:
      readers:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Action: [dsql:Get*, dsql:List*]
            Resource: '*'
    groups:
      staff:
        attached: [readers]
    users:
      alice:
        path: /people/
        tags: {team: red}
        groups: [staff]
        access_keys:
          - {id: AKIAALICE, secret: s3cret}
          - {id: AKIAOLD, secret: s3cret, status: Inactive}
        policies:
          connect: '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dsql:DbConnect","Resource":"*"}}'
    roles:
      app:
        max_session_seconds: 7200
        trust:
          Version: 2012-10-17
          Statement: {Effect: Allow, Principal: {AWS: "111122223333"}, Action: sts:AssumeRole}
        attached: [arn:aws:iam::aws:policy/AdministratorAccess]
`

func writeRegistry(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), 0o600))
}

// The file is read, written and read again without a change of meaning.
func TestRegistryRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), RegistryFile)
	writeRegistry(t, path, sampleRegistry)
	r, err := ReadRegistry(path)
	must(t, err)
	must(t, r.Save(path))
	again, err := ReadRegistry(path)
	must(t, err)
	one, _ := r.Format()
	two, _ := again.Format()
	if string(one) != string(two) {
		t.Errorf("%s\nbecame\n%s", one, two)
	}
	info, _ := os.Stat(path)
	if info.Mode().Perm()&0o077 != 0 {
		t.Errorf("mode %v", info.Mode())
	}
	s := storeOf(t, NewRootCredential(tableAccount))
	must(t, s.Follow(path, nil))
	alice, ok := s.Lookup("AKIAALICE")
	if !ok || alice.PrincipalARN != "arn:aws:iam::111122223333:user/people/alice" {
		t.Fatalf("alice is %v", alice)
	}
	cluster := "arn:aws:dsql:us-east-1:111122223333:cluster/a"
	for action, allowed := range map[string]bool{"dsql:GetCluster": true, "dsql:DbConnect": true, "dsql:DeleteCluster": false} {
		if err := s.Authorize(alice.identity("us-east-1"), Access{Action: action, Resource: cluster}); (err == nil) != allowed {
			t.Errorf("%s: %v", action, err)
		}
	}
	root, ok := s.Lookup("AKIAROOT2")
	if !ok || s.Authorize(root.identity("us-east-1"), Access{Action: "dsql:DeleteCluster", Resource: cluster}) != nil {
		t.Error("the account's root key is not allowed everything")
	}
	if _, ok := s.Lookup("AKIAOLD"); ok {
		t.Error("an inactive key is found")
	}
}

// A change of the file counts for the next question; a broken file changes nothing; without the file nobody is declared.
func TestFollow(t *testing.T) {
	path := filepath.Join(t.TempDir(), RegistryFile)
	s := storeOf(t, NewRootCredential(tableAccount))
	must(t, s.Follow(path, nil)) // there is none yet
	known := func(id string, want bool) {
		t.Helper()
		if _, ok := s.Lookup(id); ok != want {
			t.Errorf("%s: known is %v", id, ok)
		}
	}
	known("AKIAALICE", false)
	writeRegistry(t, path, sampleRegistry)
	known("AKIAALICE", true)
	writeRegistry(t, path, strings.ReplaceAll(sampleRegistry, "AKIAALICE", "AKIAOTHER")) // the same size, the same moment
	known("AKIAALICE", false)
	known("AKIAOTHER", true)
	writeRegistry(t, path, sampleRegistry+"\nnonsense: [")
	known("AKIAOTHER", true)
	past := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(path, past, past)) // an old file is not read at every question
	known("AKIAOTHER", true)
	if s.followed.seen == nil {
		t.Error("an old file would be read again")
	}
	must(t, os.Remove(path))
	known("AKIAOTHER", false)
	writeRegistry(t, path, "{")
	if (&Store{}).Follow(path, nil) == nil {
		t.Error("a broken file is no error at first")
	}
}

// What is wrong with a registry, in words.
func TestRegistryRefusals(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "",
		"accounts: {}":               "",
		"accounts: {'123': {}}":      "twelve digits",
		"acounts: {}":                "unknown field",
		"a: &x 1\nb: *x":             "anchors",
		"accounts: {}\n---\na: 1":    "more than one document",
		"accounts: {}\naccounts: {}": "twice",
		strings.Repeat("[", 100):     "",
		"? [a]\n: b":                 "plain text",
		"accounts: {111122223333: {users: {'a b': {}}}}":                                             "not a name",
		"accounts: {111122223333: {users: {a: {path: x}}}}":                                          "path",
		"accounts: {111122223333: {users: {a: {groups: [g]}}}}":                                      "no group",
		"accounts: {111122223333: {users: {a: {attached: [p]}}}}":                                    "no policy",
		"accounts: {111122223333: {users: {a: {boundary: p}}}}":                                      "boundary",
		"accounts: {111122223333: {users: {a: {attached: ['arn:aws:iam::444455556666:policy/p']}}}}": "another account",
		"accounts: {111122223333: {users: {a: {access_keys: [{id: A, secret: b, status: On}]}}}}":    "status",
		"accounts: {111122223333: {users: {a: {access_keys: [{id: A}]}}}}":                           "secret",
		"accounts: {111122223333: {access_keys: [{id: A, secret: b}, {id: A, secret: c}]}}":          "twice",
		"accounts: {111122223333: {users: {a: {policies: {p: {Statement: {Effect: Allow}}}}}}}":      "Action or NotAction is required",
		"accounts: {111122223333: {roles: {r: {}}}}":                                                 "trust policy",
		"accounts: {111122223333: {roles: {r: {trust: '{}', max_session_seconds: 5}}}}":              "trust policy",
		"accounts: {111122223333: {groups: {'': {}}}}":                                               "not a name",
	} {
		r, err := ParseRegistry([]byte(text))
		if err == nil {
			err = r.Check()
		}
		if want == "" && strings.HasPrefix(text, "[") {
			if err == nil {
				t.Errorf("%.20s is accepted", text)
			}
			continue
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// No text makes reading it panic, and what was read can be written and read again.
func FuzzRegistry(f *testing.F) {
	f.Add([]byte(sampleRegistry))
	f.Add([]byte(`{"accounts":{"111122223333":{"users":{"a":{}}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 8192 {
			return
		}
		r, err := ParseRegistry(text)
		if err != nil || r.Check() != nil {
			return
		}
		written, err := r.Format()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseRegistry(written)
		if err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
		if err := again.Check(); err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
	})
}

// The store answers while its registry changes.
func TestFollowConcurrently(t *testing.T) {
	path := filepath.Join(t.TempDir(), RegistryFile)
	writeRegistry(t, path, sampleRegistry)
	s := storeOf(t, NewRootCredential(tableAccount))
	must(t, s.Follow(path, nil))
	r, err := ReadRegistry(path)
	must(t, err)
	var work sync.WaitGroup
	work.Go(func() {
		for range 20 {
			if err := r.Save(path); err != nil {
				t.Error(err)
			}
		}
	})
	for range 3 {
		work.Go(func() {
			for range 200 {
				alice, ok := s.Lookup("AKIAALICE")
				if !ok {
					t.Error("alice is unknown for a moment")
					return
				}
				if err := s.Authorize(alice.identity("us-east-1"), Access{Action: "dsql:GetCluster", Resource: "*", ResourcePolicy: []byte(documentOf(`{"Effect":"Deny","Principal":"*","Action":"x:Y","Resource":"*"}`))}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	work.Wait()
}

func BenchmarkLookupFollowed(b *testing.B) {
	path := filepath.Join(b.TempDir(), RegistryFile)
	must(b, os.WriteFile(path, []byte(sampleRegistry), 0o600))
	past := time.Now().Add(-time.Hour)
	must(b, os.Chtimes(path, past, past))
	s := storeOf(b, NewRootCredential(tableAccount))
	must(b, s.Follow(path, nil))
	for b.Loop() {
		if _, ok := s.Lookup("AKIAALICE"); !ok {
			b.Fatal("alice is unknown")
		}
	}
}
