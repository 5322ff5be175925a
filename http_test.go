package opendsql

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// A request whose headers are too large is refused before they are read to their end, and the next one is served.
func TestHugeHeaders(t *testing.T) {
	i, err := Start(t.Context(), Options{DataDir: t.TempDir(), SQLAddr: "127.0.0.1:0", APIAddr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := i.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	for bytes, want := range map[int]int{httpHeadBytes + 8<<10: http.StatusRequestHeaderFieldsTooLarge, httpHeadBytes / 2: http.StatusForbidden} {
		for _, name := range []string{"X-Huge", "Authorization"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, i.Server().API+"/cluster", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set(name, strings.Repeat("a", bytes))
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Errorf("%d bytes of %s: %v", bytes, name, err)
				continue
			}
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
			if answer.StatusCode != want {
				t.Errorf("%d bytes of %s: %s, want %d", bytes, name, answer.Status, want)
			}
		}
	}
}
