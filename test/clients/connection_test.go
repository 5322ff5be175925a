package clients

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/opendsql/opendsql/iam"
	"github.com/opendsql/opendsql/test/server"
)

// Who may connect, and what everybody else is told.
func TestRefusals(t *testing.T) {
	p := server.Run(t, program)
	now := time.Now()
	sign := func(edit func(*iam.TokenRequest, *iam.Credential), at time.Time) string {
		r := iam.TokenRequest{Host: p.Endpoint, Region: p.Region, User: "admin", Expires: time.Minute}
		c := p.Root
		if edit != nil {
			edit(&r, &c)
		}
		token, err := iam.SignToken(c, r, at)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	const denied = "unable to accept connection, access denied"
	for _, c := range []struct {
		name, user, token, code, message, hint string
		edit                                   func(*pgx.ConnConfig)
	}{
		{name: "expired", token: sign(nil, now.Add(-time.Hour)), code: "28000", message: denied, hint: "Signature expired"},
		{name: "another host's token", token: sign(func(r *iam.TokenRequest, _ *iam.Credential) { r.Host = "x" + r.Host }, now), code: "28000", message: denied},
		{name: "another key", token: sign(func(_ *iam.TokenRequest, c *iam.Credential) { c.SecretAccessKey = "x" }, now), code: "28000", message: denied},
		{name: "no token", token: "secret", code: "28000", message: denied},
		{name: "connect token for admin", token: sign(func(r *iam.TokenRequest, _ *iam.Credential) { r.User = "bob" }, now), code: "28000", message: denied,
			hint: "Wrong user to action mapping. user: admin, action: DbConnect"},
		{name: "admin token for another user", user: "bob", token: sign(nil, now), code: "28000", message: denied,
			hint: "Wrong user to action mapping. user: bob, action: DbConnectAdmin"},
		{name: "unknown role", user: "bob", token: sign(func(r *iam.TokenRequest, _ *iam.Credential) { r.User = "bob" }, now), code: "28000", message: denied,
			hint: "Role bob does not exist"},
		{name: "database", token: sign(nil, now), code: "3D000", message: `database "shop" does not exist`, edit: func(c *pgx.ConnConfig) { c.Database = "shop" }},
		{name: "parameter", token: sign(nil, now), code: "0A000", message: `setting configuration parameter "statement_timeout" not supported`,
			edit: func(c *pgx.ConnConfig) { c.RuntimeParams["statement_timeout"] = "1" }},
		{name: "unknown cluster", token: sign(nil, now), code: "28000", message: denied, edit: func(c *pgx.ConnConfig) {
			c.TLSConfig.ServerName = strings.Repeat("a", 26) + strings.TrimPrefix(c.TLSConfig.ServerName, strings.SplitN(c.TLSConfig.ServerName, ".", 2)[0])
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			user := c.user
			if user == "" {
				user = "admin"
			}
			config, err := p.Config(p.Endpoint, user, c.token)
			if err != nil {
				t.Fatal(err)
			}
			if c.edit != nil {
				c.edit(config)
			}
			conn, err := pgx.ConnectConfig(t.Context(), config)
			if err == nil {
				_ = conn.Close(context.Background())
				t.Fatal("let in")
			}
			e := refusal(t, err)
			if e.Severity != "FATAL" || e.Code != c.code || e.Message != c.message || !strings.Contains(e.Hint, c.hint) {
				t.Errorf("got %s %s %q hint %q", e.Severity, e.Code, e.Message, e.Hint)
			}
			if strings.Contains(e.Error()+e.Hint+p.Output(), "X-Amz-Signature") {
				t.Error("the token was repeated")
			}
		})
	}
}

// A client that speaks in plain text is told that it must not.
func TestPlainConnection(t *testing.T) {
	p := server.Run(t, program)
	config, err := p.Config(p.Endpoint, "admin", "")
	if err != nil {
		t.Fatal(err)
	}
	config.TLSConfig = nil
	_, err = pgx.ConnectConfig(t.Context(), config)
	if e := refusal(t, err); e.Severity != "FATAL" || e.Message != "unable to accept connection, SSL is mandatory. AWS Authentication is required." {
		t.Errorf("got %v", err)
	}
}

// TLS from the first byte works when the client names the protocol, and only then.
func TestDirectTLS(t *testing.T) {
	p := server.Run(t, program)
	token, err := p.Token("admin")
	if err != nil {
		t.Fatal(err)
	}
	config, err := p.Config(p.Endpoint, "admin", token)
	if err != nil {
		t.Fatal(err)
	}
	config.SSLNegotiation = "direct"
	config.TLSConfig.NextProtos = []string{"postgresql"}
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var one int
	if err := conn.QueryRow(t.Context(), "SELECT 1").Scan(&one); err != nil || one != 1 {
		t.Fatal(one, err)
	}
	bare := config.TLSConfig.Clone()
	bare.NextProtos = nil
	c, err := tls.Dial("tcp", p.SQLAddr, bare)
	if err != nil {
		return // refused in the handshake
	}
	defer c.Close()
	_, _ = c.Write(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 8), 80877103))
	if n, err := c.Read(make([]byte, 1)); err == nil {
		t.Errorf("a client that names no protocol got %d bytes", n)
	}
}

// Bytes sent in plain text behind the request for TLS end the connection: they would be taken for something said inside it.
func TestBytesBehindSSLRequest(t *testing.T) {
	p := server.Run(t, program)
	c, err := net.Dial("tcp", p.SQLAddr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	request := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 8), 80877103)
	if _, err := c.Write(append(request, "smuggled"...)); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 1)
	if _, err := c.Read(answer); err != nil || answer[0] != 'E' {
		t.Errorf("got %q, %v; want an error message", answer, err)
	}
}

// A client on this machine may leave the cluster's name out while there is one cluster, or name it in an option.
func TestRouting(t *testing.T) {
	p := server.Run(t, program)
	strict := server.Run(t, program, "--lenient-routing=false")
	try := func(p *server.Process, options string) error {
		token, err := p.Token("admin")
		if err != nil {
			t.Fatal(err)
		}
		config, err := p.Config(p.Endpoint, "admin", token)
		if err != nil {
			t.Fatal(err)
		}
		config.TLSConfig.ServerName = "localhost"
		if options != "" {
			config.RuntimeParams["options"] = options
		}
		conn, err := pgx.ConnectConfig(t.Context(), config)
		if err == nil {
			err = conn.Close(t.Context())
		}
		return err
	}
	if err := try(p, ""); err != nil {
		t.Errorf("no name, one cluster: %v", err)
	}
	if err := try(strict, "-c amzn-cluster-id="+strict.Cluster); err != nil {
		t.Errorf("named in an option: %v", err)
	}
	if e := refusal(t, try(strict, "")); e.Message != "unable to accept connection, sni was not received" {
		t.Errorf("no name: %v", e)
	}
}

// Limits of connections can be rehearsed.
func TestConnectionLimits(t *testing.T) {
	p := server.Run(t, program, "--limit", "connections=1")
	conn, err := p.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	_, err = p.Connect(t.Context())
	if e := refusal(t, err); e.Code != "53300" || e.Message != "Unable to accept connection, too many open connections." {
		t.Errorf("second connection: %v", e)
	}
	p = server.Run(t, program, "--limit", "connection-burst=1,connection-rate=1")
	if conn, err := p.Connect(t.Context()); err != nil {
		t.Fatal(err)
	} else {
		defer conn.Close(context.Background())
	}
	for range 5 { // one of five within a second must be too many
		if _, err = p.Connect(t.Context()); err != nil {
			break
		}
	}
	if e := refusal(t, err); e.Code != "53400" || e.Message != "Unable to accept connection, rate exceeded." {
		t.Errorf("too fast: %v", e)
	}
}
