package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/opendsql/opendsql"
)

// stopWait is how long a stop may take, connections and all.
const stopWait = 5 * time.Second

// The collector's pace: careful while starting, so that an idle server stays small; then less often, since what a busy server throws away is short-lived
// and its caches are bounded.
const (
	startPercent = 75
	busyPercent  = 200
)

type startFlags struct {
	options  opendsql.Options
	lenient  bool
	limits   []string
	logLevel string
	logForm  string
	cacheMiB int64
	asOf     string
}

func newStart() *cobra.Command {
	var f startFlags
	cmd := &cobra.Command{
		Use: "start", Short: "Run the server until it is told to stop", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.options.DataDir, _ = cmd.Flags().GetString("data-dir")
			return start(cmd.Context(), &f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.options.SQLAddr, "sql-addr", opendsql.DefaultSQLAddr, "address of PostgreSQL's protocol; port 0 takes a free one")
	flags.StringVar(&f.options.APIAddr, "api-addr", opendsql.DefaultAPIAddr, "address of the cluster API; port 0 takes a free one")
	flags.BoolVar(&f.options.APITLS, "api-tls", false, "serve the API over HTTPS with the local CA")
	flags.StringVar(&f.options.MetricsAddr, "metrics-addr", "", "address of /metrics and of Go's profiles, /debug/pprof/ (default: /metrics on the API's, no profiles)")
	flags.StringVar(&f.options.Region, "region", opendsql.DefaultRegion, "Region of the first cluster")
	flags.StringVar(&f.options.Account, "account", opendsql.DefaultAccount, "AWS account of a new data directory")
	flags.StringVar(&f.options.ClusterName, "cluster-name", "", "tag Name of the first cluster")
	flags.BoolVar(&f.lenient, "lenient-routing", true, "clients on this machine need not name the cluster while only one exists")
	flags.StringArrayVar(&f.limits, "limit", nil, "rehearse a limit, as name=value: "+limitNames())
	flags.Int64Var(&f.cacheMiB, "cache-mib", 256, "memory for blocks of files, of all clusters together")
	flags.DurationVar(&f.options.IdleClose, "idle-close", 0, "close clusters that nobody has used for so long, until somebody connects (default 5m; negative: never)")
	flags.DurationVar(&f.options.AutoAnalyze, "auto-analyze", 0, "gather changes of a table for so long before it is analysed by itself (default 10s; negative: it is not)")
	flags.StringVar(&f.logLevel, "log-level", "info", "debug, info, warn or error")
	flags.StringVar(&f.logForm, "log-format", "text", "text or json")
	flags.StringVar(&f.asOf, "as-of", "", "reserved: the date of the dialect")
	return cmd
}

// start runs the server until a signal comes.
func start(ctx context.Context, f *startFlags, out, errs io.Writer) error {
	o := f.options
	var err error
	if o.Logger, err = newLogger(f.logLevel, f.logForm, errs); err != nil {
		return err
	}
	if f.asOf != "" {
		return fmt.Errorf("--as-of is reserved: only today's dialect can be served")
	}
	if err := setLimits(&o, f.limits); err != nil {
		return err
	}
	o.StrictRouting, o.CacheBytes = !f.lenient, f.cacheMiB<<20
	settled := tune()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	instance, err := opendsql.Start(ctx, o)
	if err != nil {
		return err
	}
	printReady(out, instance.Server())
	settled()
	var failure error
	select {
	case <-ctx.Done():
		o.Logger.Info("stopping")
	case failure = <-instance.Failed():
	}
	stop() // a second signal ends the process at once
	closing, cancel := context.WithTimeout(context.Background(), stopWait-200*time.Millisecond)
	defer cancel()
	if err := instance.Close(closing); err != nil {
		return err
	}
	o.Logger.Info("stopped")
	return failure
}

// tune sets the runtime up for a server, where the environment does not; what it gives is called once the server is ready.
func tune() (settled func()) {
	// One thread is mostly inside a disk sync: the sessions shall have all processors meanwhile.
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.NumCPU() + 1)
	}
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	debug.SetGCPercent(startPercent)
	return func() {
		debug.FreeOSMemory()
		debug.SetGCPercent(busyPercent)
	}
}

// printReady says how to use the server; its last line is what scripts wait for.
func printReady(out io.Writer, s opendsql.Server) {
	program := programName()
	fmt.Fprintf(out, "API       %s (any Region)\n", s.API)
	if s.Cluster != "" {
		target := program + dataDirFlag(s)
		fmt.Fprintf(out, "Endpoint  %s on %s\n", s.Endpoint, s.SQLAddr)
		fmt.Fprintf(out, "psql      PGPASSWORD=\"$(%s)\" psql \"%s\"\n", subcommand(target, "token"), connectionString(s))
		fmt.Fprintf(out, "all of it eval \"$(%s)\"\n", subcommand(target, "env"))
	} else {
		fmt.Fprintf(out, "SQL       %s\n", s.SQLAddr)
	}
	fmt.Fprintln(out, "opendsql is ready")
}

// subcommand puts the command behind the program's name and before its flags.
func subcommand(target, command string) string {
	program, flags, ok := strings.Cut(target, " --data-dir")
	if !ok {
		return target + " " + command
	}
	return program + " " + command + " --data-dir" + flags
}

// programName is how the user began this program.
func programName() string {
	if path, err := os.Executable(); err == nil && strings.Contains(path, "go-build") {
		return "go run ./cmd/opendsql"
	}
	return os.Args[0]
}

func dataDirFlag(s opendsql.Server) string {
	if here, err := os.Getwd(); err == nil && s.DataDir == here+string(os.PathSeparator)+opendsql.DefaultDataDir {
		return ""
	}
	return " --data-dir " + shellQuote(s.DataDir)
}

func newLogger(level, form string, to io.Writer) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("--log-level: %q is not debug, info, warn or error", level)
	}
	switch form {
	case "text":
		return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: l})), nil
	case "json":
		return slog.New(slog.NewJSONHandler(to, &slog.HandlerOptions{Level: l})), nil
	}
	return nil, fmt.Errorf("--log-format: %q is not text or json", form)
}
