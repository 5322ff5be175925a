package main

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"net"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/opendsql/opendsql/iam"
	"github.com/opendsql/opendsql/test/server"
)

// The systems, by the names the report uses.
const (
	postgresTLS   = "postgres_tls"
	postgresPlain = "postgres_plain"
	dsqlTLS       = "opendsql"
)

// target is a way to reach one system.
type target struct {
	name     string
	conninfo string                 // libpq's, without the password
	password func() (string, error) // a new one for each connection: tokens expire
	connect  func(context.Context) (*pgx.Conn, error)
}

// openDSQL reaches the server as a libpq client does: by its endpoint's name, at its own address.
func openDSQL(p *server.Process) *target {
	host, port, err := net.SplitHostPort(p.SQLAddr)
	if err != nil {
		panic(fmt.Sprintf("bench: the server's address %q is none: %v", p.SQLAddr, err))
	}
	return &target{
		name:     dsqlTLS,
		conninfo: fmt.Sprintf("host=%s hostaddr=%s port=%s user=%s dbname=postgres sslmode=require", p.Endpoint, host, port, iam.AdminUser),
		password: func() (string, error) { return p.Token(iam.AdminUser) },
		connect:  p.Connect,
	}
}

// database is the run's own database in a PostgreSQL server.
type database struct {
	admin    *pgx.Conn
	config   *pgx.ConnConfig
	name     string
	keep     bool // the database stays for the next run
	settings map[string]string
}

// openPostgres connects, refuses a server whose commits are not durable, and makes the database.
func openPostgres(ctx context.Context, p plan) (_ *database, err error) {
	if p.postgres == "" {
		return nil, errors.New("name a PostgreSQL 16 on this machine with --postgres or OPENDSQL_ORACLE")
	}
	config, err := pgx.ParseConfig(p.postgres)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(config.Host); config.Host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("--postgres: %s is not a loopback address", config.Host)
	}
	d := &database{config: config, name: databaseName(p.keep), keep: p.keep != "", settings: map[string]string{}}
	if d.admin, err = pgx.ConnectConfig(ctx, config); err != nil {
		return nil, err
	}
	for _, s := range []string{"server_version", "fsync", "synchronous_commit", "full_page_writes", "ssl", "shared_buffers", "max_wal_size",
		"max_parallel_workers_per_gather", "data_directory"} {
		var value string
		if err := d.admin.QueryRow(ctx, "SHOW "+s).Scan(&value); err != nil {
			return nil, errors.Join(err, d.admin.Close(ctx))
		}
		d.settings[s] = value
	}
	for _, s := range []string{"fsync", "synchronous_commit", "full_page_writes", "ssl"} {
		if d.settings[s] != "on" {
			return nil, errors.Join(fmt.Errorf("PostgreSQL's %s is %s: only durable commits over TLS are compared", s, d.settings[s]), d.admin.Close(ctx))
		}
	}
	if d.keep {
		var there bool
		err := d.admin.QueryRow(ctx, "SELECT count(*) > 0 FROM pg_database WHERE datname = $1", d.name).Scan(&there)
		if err != nil || there {
			return d, err
		}
	}
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + d.name, "CREATE DATABASE " + d.name} {
		if _, err := d.admin.Exec(ctx, statement); err != nil {
			return nil, errors.Join(err, d.admin.Close(ctx))
		}
	}
	return d, nil
}

// databaseName differs between directories of data that is kept.
func databaseName(keep string) string {
	if keep == "" {
		return "opendsql_bench"
	}
	if path, err := filepath.Abs(keep); err == nil {
		keep = path
	}
	return fmt.Sprintf("opendsql_bench_kept_%08x", crc32.ChecksumIEEE([]byte(keep)))
}

// drop removes the database, unless it is kept.
func (d *database) drop(ctx context.Context) error {
	if d.keep {
		return d.admin.Close(ctx)
	}
	_, err := d.admin.Exec(ctx, "DROP DATABASE "+d.name+" WITH (FORCE)")
	return errors.Join(err, d.admin.Close(ctx))
}

func (d *database) targets(plain bool) []*target {
	list := []*target{d.target(postgresTLS, "require")}
	if plain {
		list = append(list, d.target(postgresPlain, "disable"))
	}
	return list
}

func (d *database) target(name, sslmode string) *target {
	words := []string{"host=" + d.config.Host, "port=" + strconv.Itoa(int(d.config.Port)), "user=" + d.config.User, "dbname=" + d.name, "sslmode=" + sslmode}
	conninfo := strings.Join(words, " ")
	return &target{
		name: name, conninfo: conninfo,
		password: func() (string, error) { return d.config.Password, nil },
		connect: func(ctx context.Context) (*pgx.Conn, error) {
			config, err := pgx.ParseConfig(conninfo)
			if err != nil {
				return nil, err
			}
			config.Password = d.config.Password
			return pgx.ConnectConfig(ctx, config)
		},
	}
}
