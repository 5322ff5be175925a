package main

import (
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/opendsql/opendsql"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"opendsql": main})
}

// The scripts show the command line as its users meet it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("OPENDSQL_SQL_ADDR", "127.0.0.1:0")
			e.Setenv("OPENDSQL_API_ADDR", "127.0.0.1:0")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"ready": ready, "stops": stops, "sessions": sessions},
	})
}

// ready waits until a background server has announced itself: ready DIR.
func ready(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: ready DIR")
	}
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for range 12000 {
		if s, err := opendsql.ReadServer(ts.MkAbs(args[0])); err == nil && alive(s.Process) {
			return
		}
		<-look.C
	}
	ts.Fatalf("server did not become ready")
}

func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && p.Signal(syscall.Signal(0)) == nil
}

// sessions waits until the server on a directory has a number of sessions open: sessions DIR N.
func sessions(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: sessions DIR N")
	}
	s, err := opendsql.ReadServer(ts.MkAbs(args[0]))
	ts.Check(err)
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for range 12000 {
		resp, err := http.Get(s.API + "/metrics")
		ts.Check(err)
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		ts.Check(err)
		if strings.Contains(string(text), "opendsql_sessions{cluster=\""+s.Cluster+"\"} "+args[1]+"\n") {
			return
		}
		<-look.C
	}
	ts.Fatalf("there were never %s sessions", args[1])
}

// stops asks the server on a directory to end, as init systems do, and bounds the time that takes: stops DIR DURATION.
func stops(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: stops DIR DURATION")
	}
	most, err := time.ParseDuration(args[1])
	ts.Check(err)
	s, err := opendsql.ReadServer(ts.MkAbs(args[0]))
	ts.Check(err)
	p, err := os.FindProcess(s.Process)
	ts.Check(err)
	ts.Check(p.Signal(syscall.SIGTERM))
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for began := time.Now(); alive(s.Process); <-look.C {
		if time.Since(began) > most {
			ts.Fatalf("server has not ended after %v", most)
		}
	}
}
