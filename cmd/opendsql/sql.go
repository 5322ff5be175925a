package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"
)

func newSQL() *cobra.Command {
	var f connectFlags
	var commands []string
	var shell string
	cmd := &cobra.Command{
		Use: "sql [-- arguments of psql]", Short: "Open a SQL shell: psql when it is installed, else a small one of our own",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.resolve(cmd)
			if err != nil {
				return err
			}
			psql, err := exec.LookPath("psql")
			switch {
			case shell == "psql" && err != nil:
				return err
			case shell != "auto" && shell != "psql" && shell != "builtin":
				return fmt.Errorf("--shell: %q is not auto, psql or builtin", shell)
			case shell == "builtin" || err != nil:
				if len(args) > 0 {
					return fmt.Errorf("arguments %q are for psql, which is not used", args)
				}
				return c.shell(cmd, commands)
			}
			for _, text := range commands {
				args = append(args, "-c", text)
			}
			return c.psql(cmd, psql, args)
		},
	}
	f.add(cmd)
	cmd.Flags().StringArrayVarP(&commands, "command", "c", nil, "run a statement and end")
	cmd.Flags().StringVar(&shell, "shell", "auto", "auto, psql or builtin")
	return cmd
}

// exitError ends the program with a code and says nothing: the program that was run has said it.
type exitError struct{ code int }

func (e exitError) Error() string { return fmt.Sprintf("exit %d", e.code) }

func exitCode(err error) (int, bool) {
	var e exitError
	return e.code, errors.As(err, &e)
}

// psql runs psql on the connection. An interrupt is psql's to handle.
func (c *connection) psql(cmd *cobra.Command, path string, args []string) error {
	p := exec.Command(path, args...)
	p.Stdin, p.Stdout, p.Stderr = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	p.Env = os.Environ()
	for _, v := range c.libpq() {
		p.Env = append(p.Env, v.name+"="+v.value)
	}
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)
	err := p.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exitError{max(exit.ExitCode(), 1)}
	}
	return err
}

// dial connects without psql.
func (c *connection) dial(ctx context.Context, notice func(*pgconn.Notice)) (*pgconn.PgConn, error) {
	trust, err := c.target.tls(c.endpoint.host)
	if err != nil {
		return nil, err
	}
	config, err := pgconn.ParseConfig("postgres://localhost/postgres?sslmode=verify-full")
	if err != nil {
		return nil, err
	}
	config.Host, config.User, config.Password, config.Database = c.endpoint.host, c.user, c.token, "postgres"
	config.TLSConfig, config.Fallbacks = trust, nil
	config.RuntimeParams = map[string]string{"application_name": "opendsql sql"}
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { notice(n) }
	config.LookupFunc = func(context.Context, string) ([]string, error) { return []string{c.host}, nil }
	config.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", net.JoinHostPort(c.host, c.port))
	}
	return pgconn.ConnectConfig(ctx, config)
}
