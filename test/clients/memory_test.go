package clients

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/opendsql/opendsql/test/server"
)

// The bounds are part of what the project promises.
const (
	idleMiB        = 60
	connectionsMiB = 40
	connections    = 1000
)

// An idle server with one empty cluster is small, and a thousand idle connections do not change that.
func TestMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Logf("not shown: resident memory is read from /proc, which %s has not", runtime.GOOS)
		return
	}
	p := server.Run(t, program)
	before := residentKiB(t, p.PID())
	if before > idleMiB<<10 {
		t.Errorf("idle server has %d KiB resident, promised are %d MiB", before, idleMiB)
	}
	var work sync.WaitGroup
	ctx := t.Context()
	for range 8 {
		work.Go(func() {
			for range connections / 8 {
				conn, err := p.Connect(ctx)
				if err == nil {
					err = conn.Ping(ctx)
				}
				if err != nil {
					t.Error(err)
					return
				}
				t.Cleanup(func() { _ = conn.PgConn().Conn().Close() })
			}
		})
	}
	work.Wait()
	after := residentKiB(t, p.PID())
	t.Logf("%d KiB resident when idle, %d KiB with %d idle connections", before, after, connections)
	if after-before > connectionsMiB<<10 {
		t.Errorf("%d connections take %d KiB, promised are %d MiB", connections, after-before, connectionsMiB)
	}
}

func residentKiB(t *testing.T, pid int) (n int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			if _, err := fmt.Sscan(rest, &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("no VmRSS")
	return 0
}
