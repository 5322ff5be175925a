package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/spf13/cobra"

	"github.com/opendsql/opendsql"
	"github.com/opendsql/opendsql/iam"
)

// target is a running server and the root account's access to it.
type target struct {
	server opendsql.Server
	root   iam.Credential
}

// findTarget reads both out of the data directory.
func findTarget(cmd *cobra.Command) (*target, error) {
	dir, err := cmd.Flags().GetString("data-dir")
	if err != nil {
		return nil, err
	}
	t := &target{}
	if t.server, err = opendsql.ReadServer(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no server runs on %s; start one with: %s start --data-dir %s", dir, programName(), shellQuote(dir))
	} else if err != nil {
		return nil, err
	}
	if err := t.alive(cmd.Context()); err != nil {
		return nil, fmt.Errorf("no server answers for %s, the last one was killed or is ending (%w); start one with: %s start --data-dir %s", dir, err, programName(), shellQuote(dir))
	}
	store, err := iam.LoadStore(t.server.Credentials)
	if err != nil {
		return nil, err
	}
	var ok bool
	if t.root, ok = store.Root(); !ok {
		return nil, fmt.Errorf("%s holds no credential", t.server.Credentials)
	}
	return t, nil
}

// alive tells whether somebody listens where the server said it would; one that was killed could not take that back.
func (t *target) alive(ctx context.Context) error {
	u, err := url.Parse(t.server.API)
	if err != nil {
		return err
	}
	d := net.Dialer{Timeout: 5 * time.Second}
	conn, err := d.DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return err
	}
	return conn.Close()
}

// api is a client of the cluster API.
func (t *target) api(region string) (*dsql.Client, error) {
	config, err := t.tls("")
	if err != nil {
		return nil, err
	}
	return dsql.New(dsql.Options{
		Region: region, BaseEndpoint: aws.String(t.server.API),
		Credentials: credentials.NewStaticCredentialsProvider(t.root.AccessKeyID, t.root.SecretAccessKey, t.root.SessionToken),
		HTTPClient:  &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: config}},
	}), nil
}

// tls trusts the installation's CA and no other.
func (t *target) tls(serverName string) (*tls.Config, error) {
	text, err := os.ReadFile(t.server.CAFile)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", t.server.CAFile)
	}
	return &tls.Config{RootCAs: pool, ServerName: serverName, MinVersion: tls.VersionTLS12}, nil
}

// endpoint is a cluster's host name and Region.
type endpoint struct{ id, host, region string }

// cluster finds the cluster of a name, or the only one there is.
func (t *target) cluster(ctx context.Context, id, region string) (endpoint, error) {
	api, err := t.api(region)
	if err != nil {
		return endpoint{}, err
	}
	if id == "" {
		var ids []string
		pages := dsql.NewListClustersPaginator(api, &dsql.ListClustersInput{})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return endpoint{}, fmt.Errorf("list clusters of %s at %s: %w", region, t.server.API, err)
			}
			for _, c := range page.Clusters {
				ids = append(ids, aws.ToString(c.Identifier))
			}
		}
		if len(ids) == 0 {
			return endpoint{}, fmt.Errorf("there is no cluster in %s; make one with: %s cluster create", region, programName())
		}
		if len(ids) > 1 && !slices.Contains(ids, t.server.Cluster) {
			return endpoint{}, fmt.Errorf("there are %d clusters, name one with --cluster: %s", len(ids), strings.Join(ids, " "))
		}
		id = ids[0]
		if len(ids) > 1 {
			id = t.server.Cluster
		}
	}
	out, err := api.GetCluster(ctx, &dsql.GetClusterInput{Identifier: &id})
	if err != nil {
		return endpoint{}, err
	}
	return endpoint{id: id, host: aws.ToString(out.Endpoint), region: region}, nil
}

// token makes a connection token.
func (t *target) token(e endpoint, user string, life time.Duration) (string, error) {
	if life <= 0 || life > 604800*time.Second {
		return "", fmt.Errorf("--expires-in: give 1 to 604800 seconds")
	}
	return iam.SignToken(t.root, iam.TokenRequest{Host: e.host, Region: e.region, User: user, Expires: life}, time.Now())
}

// connectFlags are those of every command that connects to a cluster.
type connectFlags struct {
	cluster, region, user string
	expires               int
}

func (f *connectFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.cluster, "cluster", "", "id of the cluster (default: the only one, or the first)")
	cmd.Flags().StringVar(&f.region, "region", "", "Region of the cluster (default: the server's)")
	cmd.Flags().StringVar(&f.user, "user", iam.AdminUser, "database user")
	cmd.Flags().IntVar(&f.expires, "expires-in", 900, "life of the token in seconds")
}

// connection is everything a client needs.
type connection struct {
	target   *target
	endpoint endpoint
	user     string
	token    string
	host     string // address without port
	port     string
}

func (f *connectFlags) resolve(cmd *cobra.Command) (*connection, error) {
	t, err := findTarget(cmd)
	if err != nil {
		return nil, err
	}
	region := f.region
	if region == "" {
		region = t.server.Region
	}
	c := &connection{target: t, user: f.user}
	if c.endpoint, err = t.cluster(cmd.Context(), f.cluster, region); err != nil {
		return nil, err
	}
	if c.token, err = t.token(c.endpoint, f.user, time.Duration(f.expires)*time.Second); err != nil {
		return nil, err
	}
	c.host, c.port, err = dialable(t.server.SQLAddr)
	return c, err
}

// dialable is an address to connect to, for one to listen on.
func dialable(addr string) (host, port string, err error) {
	if host, port, err = net.SplitHostPort(addr); err != nil {
		return "", "", err
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return host, port, nil
}

// variable is one environment variable.
type variable struct{ name, value string }

// libpq is what PostgreSQL's clients read.
func (c *connection) libpq() []variable {
	return []variable{
		{"PGHOST", c.endpoint.host}, {"PGHOSTADDR", c.host}, {"PGPORT", c.port}, {"PGDATABASE", "postgres"}, {"PGUSER", c.user},
		{"PGPASSWORD", c.token}, {"PGSSLMODE", "verify-full"}, {"PGSSLROOTCERT", c.target.server.CAFile},
	}
}

// connectionString is libpq's, for the admin of the first cluster, without the token.
func connectionString(s opendsql.Server) string {
	host, port, err := dialable(s.SQLAddr)
	if err != nil {
		panic(fmt.Sprintf("opendsql: the server's address %q is none: %v", s.SQLAddr, err))
	}
	return fmt.Sprintf("host=%s hostaddr=%s port=%s user=admin dbname=postgres sslmode=verify-full sslrootcert=%s", s.Endpoint, host, port, s.CAFile)
}

// shellQuote makes one word of a POSIX shell.
func shellQuote(s string) string {
	plain := strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@%+=,", r))
	}) < 0
	if plain && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
