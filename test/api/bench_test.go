package api_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"log/slog"

	"github.com/opendsql/opendsql"
	"github.com/opendsql/opendsql/iam"
)

// BenchmarkGetCluster asks the whole program for a cluster over connections that
// stay open, as SDKs do: signature verified, call authorized, records read from
// the data directory, audit line written. The client sends bytes that were signed
// beforehand, so that what is measured is the server's.
func BenchmarkGetCluster(b *testing.B) {
	audit, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer audit.Close()
	o, err := opendsql.Start(b.Context(), opendsql.Options{DataDir: b.TempDir(), SQLAddr: "127.0.0.1:0", APIAddr: "127.0.0.1:0", Logger: slog.New(slog.NewJSONHandler(audit, nil))})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := o.Close(context.Background()); err != nil {
			b.Error(err)
		}
	}()
	store, err := iam.LoadStore(o.Server().Credentials)
	if err != nil {
		b.Fatal(err)
	}
	root, _ := store.Root()
	i := &instance{t: b, url: o.Server().API, root: root, id: o.Server().Cluster}
	var raw bytes.Buffer
	if err := i.request(message{method: "GET", path: "/cluster/" + i.id}).Write(&raw); err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(8)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		conn, err := net.Dial("tcp", strings.TrimPrefix(i.url, "http://"))
		if err != nil {
			b.Error(err)
			return
		}
		defer conn.Close()
		from := bufio.NewReader(conn)
		for pb.Next() {
			if _, err := conn.Write(raw.Bytes()); err != nil {
				b.Error(err)
				return
			}
			resp, err := http.ReadResponse(from, nil)
			if err != nil {
				b.Error(err)
				return
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
				b.Error(resp.Status, err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}
