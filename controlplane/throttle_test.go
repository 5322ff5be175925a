package controlplane

import (
	"strings"
	"testing"
	"time"
)

// An account's calls beyond its rate are refused with the time to wait, and admitted after it.
func TestRates(t *testing.T) {
	now := time.Now()
	a := testAPI(t, func(c *Config) {
		c.Now = func() time.Time { return now }
		c.Limits.Reads, c.Limits.Changes = Rate{PerSecond: 2, Burst: 3}, Rate{PerSecond: 1, Burst: 1}
	})
	codes := func(method, path, body string, n int) (codes []int) {
		for range n {
			w, _ := ask(t, a, method, path, body)
			codes = append(codes, w.Code)
			if w.Code == 429 {
				asked(t, w, "ThrottlingException", 429, "", "Rate exceeded")
				if m := members(t, w); w.Header().Get("Retry-After") != "1" || m["serviceCode"] != "dsql" || m["quotaCode"] == "" || m["retryAfterSeconds"] != nil {
					t.Errorf("%v %v", w.Header(), m)
				}
			}
		}
		return codes
	}
	is := func(got []int, ok, refused int) {
		t.Helper()
		for i, code := range got {
			if (code == 429) != (i >= ok) {
				t.Fatalf("codes %v, want %d served", got, ok)
			}
		}
		if len(got) != ok+refused {
			t.Fatalf("%v", got)
		}
	}
	is(codes("GET", "/cluster", "", 5), 3, 2)
	is(codes("POST", "/cluster", "{}", 3), 1, 2) // changing calls have a rate of their own
	now = now.Add(time.Second)
	is(codes("GET", "/cluster/"+someID, "", 3), 2, 1) // reading ones share one
	now = now.Add(-time.Minute)                       // a clock set back brings nothing, and breaks nothing
	is(codes("GET", "/cluster", "", 1), 0, 1)
	now = now.Add(3 * time.Minute)
	is(codes("GET", "/cluster", "", 4), 3, 1)
	// Callers who did not prove who they are cost nobody anything.
	for range 10 {
		w, _ := ask(t, a, "DELETE", "/nowhere", "")
		if w.Code != 404 {
			t.Errorf("%d", w.Code)
		}
	}
	stranger := tester
	stranger.Account = "999999999999"
	if err := a.throttle.admit(stranger, true, now, a.limits); err != nil {
		t.Errorf("another account: %v", err)
	}
	free := Limits{Reads: Rate{PerSecond: -1}}.withDefaults()
	for range 1000 {
		if err := a.throttle.admit(tester, true, now, free); err != nil {
			t.Fatal(err)
		}
	}
}

// The wait is as long as the slowest rate needs.
func TestBucket(t *testing.T) {
	b := &bucket{tokens: 1, at: time.Unix(0, 0)}
	if b.take(time.Unix(0, 0), Rate{1, 1}) != 0 {
		t.Error("the first call waits")
	}
	if wait := b.take(time.Unix(0, 0), Rate{1, 1}); wait != time.Second {
		t.Errorf("waits %v", wait)
	}
	if e := throttled("x"); !strings.HasPrefix(e.Error(), "ThrottlingException") {
		t.Error(e)
	}
}
