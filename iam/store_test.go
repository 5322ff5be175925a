package iam

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
)

func TestRootCredential(t *testing.T) {
	a, b := NewRootCredential("000000000000"), NewRootCredential("000000000000")
	if !regexp.MustCompile(`^AKIA[A-Z2-7]{16}$`).MatchString(a.AccessKeyID) || len(a.SecretAccessKey) != 40 {
		t.Errorf("odd key pair %s, secret of %d characters", a.AccessKeyID, len(a.SecretAccessKey))
	}
	if a.AccessKeyID == b.AccessKeyID || a.SecretAccessKey == b.SecretAccessKey {
		t.Error("two key pairs are equal")
	}
	if a.PrincipalARN != "arn:aws:iam::000000000000:root" || a.Account != "000000000000" {
		t.Errorf("principal %s", a.PrincipalARN)
	}
}

func TestStoreRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "credentials")
	if _, err := LoadStore(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("a missing file gives %v", err)
	}
	root := NewRootCredential("000000000000")
	session := Credential{AccessKeyID: "ASIA1", SecretAccessKey: "se=cret#;", SessionToken: "a+/=b", Expires: time.Unix(1800000000, 123).UTC(),
		Account: testAccount, PrincipalARN: "arn:aws:sts::123456789012:assumed-role/r/s"}
	s := storeOf(t, root, session, Credential{AccessKeyID: "AKIAGONE", SecretAccessKey: "x"})
	s.Remove("AKIAGONE")
	s.Remove("AKIAGONE")
	for range 2 { // the second time the file exists
		if err := s.Save(path); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	loaded, err := LoadStore(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Credential{root, session} {
		if got, ok := loaded.Lookup(c.AccessKeyID); !ok || got != c {
			t.Errorf("%v came back different", c)
		}
	}
	if got, _ := loaded.Root(); got != root {
		t.Errorf("the root is %v", got)
	}
	if _, ok := loaded.Lookup("AKIAGONE"); ok {
		t.Error("a removed key came back")
	}
	usableBySDK(t, path, root, session)
}

// usableBySDK loads the file as an AWS shared credentials file.
func usableBySDK(t *testing.T, path string, root, session Credential) {
	t.Helper()
	for profile, want := range map[string]Credential{"default": root, session.AccessKeyID: session} {
		c, err := config.LoadSharedConfigProfile(context.Background(), profile, func(o *config.LoadSharedConfigOptions) {
			o.CredentialsFiles, o.ConfigFiles = []string{path}, []string{}
		})
		if err != nil {
			t.Fatal(err)
		}
		if c.Credentials.AccessKeyID != want.AccessKeyID || c.Credentials.SecretAccessKey != want.SecretAccessKey || c.Credentials.SessionToken != want.SessionToken {
			t.Errorf("the SDK reads profile %s differently", profile)
		}
	}
}

func TestStoreRefusesBadCredentials(t *testing.T) {
	good := Credential{AccessKeyID: "AKIA1", SecretAccessKey: "s", Account: testAccount, PrincipalARN: "arn"}
	for _, spoil := range []func(*Credential){
		func(c *Credential) { c.AccessKeyID = "" },
		func(c *Credential) { c.SecretAccessKey = "" },
		func(c *Credential) { c.Account = "" },
		func(c *Credential) { c.PrincipalARN = "" },
		func(c *Credential) { c.SecretAccessKey = "a\nb" },
		func(c *Credential) { c.AccessKeyID = "a/b" },
		func(c *Credential) { c.SessionToken = "t" },
		func(c *Credential) { c.Expires = time.Now() },
	} {
		c := good
		spoil(&c)
		if err := (&Store{}).Put(c); err == nil {
			t.Errorf("%v accepted", c)
		}
	}
}

func TestSecretsStayOutOfText(t *testing.T) {
	c := Credential{AccessKeyID: "AKIA1", SecretAccessKey: "hidden", SessionToken: "hidden", PrincipalARN: "arn"}
	for _, text := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), fmt.Sprintf("%v", &c), c.LogValue().String()} {
		if bytes.Contains([]byte(text), []byte("hidden")) {
			t.Errorf("leaked: %s", text)
		}
	}
}

func FuzzParseStore(f *testing.F) {
	s := storeOf(f, NewRootCredential("000000000000"))
	f.Add(s.format())
	f.Add([]byte("[default]\naws_access_key_id = a\n; comment\n[x]"))
	f.Fuzz(func(t *testing.T, content []byte) {
		s, err := parseStore(content)
		if err != nil {
			return
		}
		again, err := parseStore(s.format())
		if err != nil {
			t.Fatalf("%s: %v", s.format(), err)
		}
		if !bytes.Equal(s.format(), again.format()) {
			t.Fatalf("%s became %s", s.format(), again.format())
		}
	})
}
