package controlplane

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/opendsql/opendsql/iam"
)

const testAccount = "123456789012"

var tester = iam.Identity{Account: testAccount, PrincipalARN: "arn:aws:iam::" + testAccount + ":user/tester", AccessKeyID: "AKIATESTER", Region: "us-east-1"}

func testStore(t testing.TB) *iam.Store {
	t.Helper()
	s := &iam.Store{}
	if err := s.Put(iam.Credential{AccessKeyID: tester.AccessKeyID, SecretAccessKey: "secret", Account: testAccount, PrincipalARN: tester.PrincipalARN}); err != nil {
		t.Fatal(err)
	}
	return s
}

// planes is a provisioner that remembers what exists, and fails on demand.
type planes struct {
	mu      sync.Mutex
	living  map[string]bool
	shared  map[string]string // the data plane of each that is another's too
	keys    map[string]string // that data keys were wrapped with again
	failure func() error
	calls   int
}

func (p *planes) do(change func(living map[string]bool)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	if p.failure != nil {
		if err := p.failure(); err != nil {
			return err
		}
	}
	if p.living == nil {
		p.living = map[string]bool{}
	}
	change(p.living)
	return nil
}

func (p *planes) Provision(_ context.Context, c ClusterSpec) error {
	return p.do(func(living map[string]bool) {
		living[c.ID] = true
		if p.shared == nil {
			p.shared = map[string]string{}
		}
		p.shared[c.ID] = c.Plane
	})
}

func (p *planes) Retire(_ context.Context, id string) error {
	return p.do(func(living map[string]bool) { delete(living, id) })
}

// plane is the data plane that a cluster was given.
func (p *planes) plane(id string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shared[id]
}

// left are the clusters that exist.
func (p *planes) left() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.living))
}

func (p *planes) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

func (p *planes) failWith(failure func() error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failure = failure
}

// testAPI is an API over memory whose loop does not run.
func testAPI(t testing.TB, edit func(*Config)) *API {
	t.Helper()
	cfg := Config{Records: &MemoryRecords{}, Provisioner: &planes{}, Credentials: testStore(t)}
	if edit != nil {
		edit(&cfg)
	}
	return New(cfg)
}

// run starts the loop and stops it at the end of the test.
func run(t testing.TB, a *API) {
	t.Helper()
	t.Cleanup(runUntil(t, a))
}

// runUntil starts the loop, which is stopped by what is returned.
func runUntil(t testing.TB, a *API) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- a.Run(ctx) }()
	return func() {
		cancel()
		if err := <-stopped; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	}
}

// signed makes a signed request as it would arrive.
func signed(t testing.TB, method, target, body string, edit func(*http.Request)) *http.Request {
	t.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1:8006"+target, strings.NewReader(body))
	r.RequestURI = target
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if edit != nil {
		edit(r)
	}
	sum := sha256.Sum256([]byte(body))
	err := v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: tester.AccessKeyID, SecretAccessKey: "secret"}, r, hex.EncodeToString(sum[:]), "dsql", tester.Region, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ask sends a signed request and reads the answer.
func ask(t testing.TB, a *API, method, target, body string) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	w := httptest.NewRecorder()
	a.ServeHTTP(w, signed(t, method, target, body, nil))
	return w, members(t, w)
}

func members(t testing.TB, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	m := map[string]any{}
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil {
		t.Fatalf("answer %q: %v", w.Body, err)
	}
	return m
}

// asked checks an exception: its type, status, reason and a part of its message.
func asked(t testing.TB, w *httptest.ResponseRecorder, typ string, status int, reason, message string) {
	t.Helper()
	m := members(t, w)
	got, _ := m["reason"].(string)
	if w.Code != status || w.Header().Get("X-Amzn-ErrorType") != typ || got != reason || !strings.Contains(m["message"].(string), message) {
		t.Errorf("got %d %s %s, want %d %s %s %q", w.Code, w.Header().Get("X-Amzn-ErrorType"), w.Body, status, typ, reason, message)
	}
}

// settled creates a cluster and waits until the loop is done with it.
func settled(t testing.TB, a *API, in CreateClusterInput) string {
	t.Helper()
	out, err := a.CreateCluster(context.Background(), tester, in)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.AwaitSettled(context.Background(), out.Identifier); err != nil {
		t.Fatal(err)
	}
	return out.Identifier
}

// logTo makes a logger that writes to a buffer.
func logTo(b *bytes.Buffer) *slog.Logger { return slog.New(slog.NewJSONHandler(b, nil)) }
