package main

import (
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
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
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"ready": ready},
	})
}

// ready waits until a background server has announced itself: ready DIR.
func ready(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: ready DIR")
	}
	path := ts.MkAbs(args[0] + "/server.json")
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for range 12000 {
		if _, err := os.Stat(path); err == nil {
			return
		}
		<-look.C
	}
	ts.Fatalf("server did not become ready")
}
