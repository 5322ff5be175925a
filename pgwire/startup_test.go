package pgwire

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

func startUp(version uint32, parameters string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(parameters)))
	return append(binary.BigEndian.AppendUint32(b, version), parameters...)
}

const version3 = 3 << 16

var (
	askTLS   = startUp(sslRequest, "")
	askGSS   = startUp(gssRequest, "")
	theAdmin = "user\x00admin\x00database\x00postgres\x00\x00"
)

// raw connects without saying anything. The connection closes with the test.
func raw(t *testing.T, addr string) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return nc
}

func write(t *testing.T, w io.Writer, b []byte) {
	t.Helper()
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
}

// What a start-up in plain text is answered, until the server closes.
func TestPlainStartUp(t *testing.T) {
	_, _, addr := serve(t)
	for _, c := range []struct {
		name string
		say  []byte
		want string
	}{
		{"plain", startUp(version3, theAdmin), "FATAL\x00C28000\x00Munable to accept connection, SSL is mandatory. AWS Authentication is required.\x00"},
		{"too short", []byte{0, 0, 0, 7, 0, 0, 0, 0}, "invalid length of startup packet"},
		{"too long", []byte{0, 0, 0x27, 0x15, 0, 3, 0, 0}, "invalid length of startup packet"},
		{"text behind SSLRequest", append(askTLS[:8:8], startUp(version3, theAdmin)...), "received unencrypted data after SSL request"},
		{"text behind GSSENCRequest", append(askGSS[:8:8], askTLS...), "received unencrypted data after GSSAPI encryption request"},
		{"cancel of nobody", startUp(cancelRequest, "12345678"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			nc := raw(t, addr)
			write(t, nc, c.say)
			answer, err := io.ReadAll(nc)
			if errors.Is(err, net.ErrClosed) || c.want == "" && len(answer) > 0 || !strings.Contains(string(answer), c.want) {
				t.Errorf("got %q, %v", answer, err)
			}
		})
	}
}

// encrypted is a TLS connection made in one of the ways there are.
func encrypted(t *testing.T, addr string, gss, direct bool, protocols ...string) (*tls.Conn, error) {
	t.Helper()
	nc := raw(t, addr)
	var answer [1]byte
	for _, ask := range []struct {
		does bool
		say  []byte
		want byte
	}{{gss, askGSS, 'N'}, {!direct, askTLS, 'S'}} {
		if !ask.does {
			continue
		}
		write(t, nc, ask.say)
		if _, err := io.ReadFull(nc, answer[:]); err != nil || answer[0] != ask.want {
			t.Fatalf("got %q, %v; want %q", answer, err, ask.want)
		}
	}
	c := tls.Client(nc, &tls.Config{InsecureSkipVerify: true, NextProtos: protocols})
	return c, c.Handshake()
}

// All the ways into TLS lead to the question for the token; direct TLS only with the protocol's name.
func TestWaysIntoTLS(t *testing.T) {
	_, _, addr := serve(t)
	for _, c := range []struct {
		name        string
		gss, direct bool
		protocols   []string
		ok          bool
	}{
		{"SSLRequest", false, false, nil, true},
		{"SSLRequest with ALPN", false, false, []string{"postgresql"}, true},
		{"GSSENCRequest first", true, false, nil, true},
		{"direct", false, true, []string{"postgresql"}, true},
		{"direct without ALPN", false, true, nil, false},
		{"direct for something else", false, true, []string{"h2"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			tc, err := encrypted(t, addr, c.gss, c.direct, c.protocols...)
			if err == nil {
				_, err = tc.Write(startUp(version3, theAdmin))
			}
			var head [9]byte
			if err == nil {
				_, err = io.ReadFull(tc, head[:])
			}
			if ok := err == nil && head[0] == 'R' && head[8] == 3; ok != c.ok {
				t.Errorf("got %q, %v; want success %v", head, err, c.ok)
			}
		})
	}
}

// What start-up packets and password messages inside TLS are answered.
func TestStartUpInsideTLS(t *testing.T) {
	_, _, addr := serve(t)
	password := func(s string) []byte {
		return append(binary.BigEndian.AppendUint32([]byte{'p'}, uint32(4+len(s))), s...)
	}
	asked := "R\x00\x00\x00\x08\x00\x00\x00\x03"
	for _, c := range []struct {
		name      string
		say, next []byte
		want      string
	}{
		{"3.2", startUp(version3+2, theAdmin), nil, "v\x00\x00\x00\x0c\x00\x03\x00\x00\x00\x00\x00\x00" + asked},
		{"protocol option", startUp(version3, "user\x00a\x00_pq_.x\x00y\x00\x00"), nil, "v\x00\x00\x00\x13\x00\x03\x00\x00\x00\x00\x00\x01_pq_.x\x00" + asked},
		{"2.0", startUp(2<<16, theAdmin), nil, "C0A000\x00Munsupported frontend protocol 2.0: server supports 3.0 to 3.0\x00"},
		{"TLS again", askTLS, nil, "unsupported frontend protocol 1234.5679: server supports 3.0 to 3.0"},
		{"nobody", startUp(version3, "database\x00x\x00\x00"), nil, "C28000\x00Mno PostgreSQL user name specified in startup packet\x00"},
		{"no end", startUp(version3, "user\x00a\x00"), nil, "invalid startup packet layout: expected terminator as last byte"},
		{"end in the middle", startUp(version3, "user\x00a\x00\x00b\x00c\x00\x00"), nil, "invalid startup packet layout: expected terminator as last byte"},
		{"password of two", startUp(version3, theAdmin), password("a\x00b\x00"), "invalid password packet size"},
		{"password without an end", startUp(version3, theAdmin), password("ab"), "invalid password packet size"},
		{"query for a password", startUp(version3, theAdmin), said(t, &pgproto3.Query{}), "expected password response, got message type 81"},
		{"password", startUp(version3, theAdmin), password("token\x00"), "server_version"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tc, err := encrypted(t, addr, false, false)
			if err != nil {
				t.Fatal(err)
			}
			write(t, tc, append(c.say, c.next...))
			var answer []byte
			part := make([]byte, 1<<10)
			for err == nil && !strings.Contains(string(answer), c.want) {
				var n int
				n, err = tc.Read(part)
				answer = append(answer, part[:n]...)
			}
			if err != nil && !strings.Contains(string(answer), c.want) {
				t.Errorf("got %q, %v; want %q", answer, err, c.want)
			}
		})
	}
}

// each calls f with every connection.
func each(s *Server, f func(*conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		f(c)
	}
}

// A cancel request with a wrong key reaches nobody.
func TestCancelWithWrongKey(t *testing.T) {
	s, _, addr := serve(t)
	client := dial(t, addr)
	s.cancel(cancelKey{client.PID(), binary.BigEndian.Uint32(client.SecretKey()) + 1})
	each(s, func(c *conn) {
		select {
		case <-(*c.opened.Load()).(*echo).stop:
			t.Error("interrupted")
		default:
		}
	})
}

// At the end of its life an idle connection is closed; one with an open transaction may finish it, but not for ever.
func TestConnectionLife(t *testing.T) {
	life := func(life, age time.Duration) func(*Config) {
		return func(c *Config) { c.ConnectionLife, c.TransactionAge = life, age }
	}
	ended := func(err error) bool {
		var e *pgconn.PgError
		return errors.As(err, &e) && e.Code == "57P01" && e.Severity == "FATAL"
	}
	t.Run("idle", func(t *testing.T) {
		_, _, addr := serve(t, life(10*time.Millisecond, time.Hour))
		_, err := dial(t, addr).ReceiveMessage(t.Context())
		if !ended(err) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("in a transaction", func(t *testing.T) {
		s, _, addr := serve(t)
		client := dial(t, addr)
		for _, sql := range []string{"begin", "select", "commit"} {
			if _, err := client.Exec(t.Context(), sql).ReadAll(); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			if sql == "begin" {
				each(s, (*conn).expire)
			}
		}
		if _, err := client.ReceiveMessage(t.Context()); !ended(err) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("in a transaction for too long", func(t *testing.T) {
		s, _, addr := serve(t)
		client := dial(t, addr)
		if _, err := client.Exec(t.Context(), "begin").ReadAll(); err != nil {
			t.Fatal(err)
		}
		each(s, (*conn).expire)
		each(s, (*conn).overrun)
		if _, err := client.ReceiveMessage(t.Context()); !ended(err) {
			t.Errorf("got %v", err)
		}
	})
}

// A message may come in any pieces, and be longer than a page.
func TestMessageInPieces(t *testing.T) {
	_, _, addr := serve(t)
	conn := dial(t, addr)
	hijacked, err := conn.Hijack()
	if err != nil {
		t.Fatal(err)
	}
	defer hijacked.Conn.Close()
	long := strings.Repeat("x", 3*bufferBytes)
	message := said(t, &pgproto3.Query{String: long})
	for len(message) > 0 {
		n := min(len(message), 1+len(message)/3)
		write(t, hijacked.Conn, message[:n])
		message = message[n:]
	}
	for {
		m, err := hijacked.Frontend.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if row, ok := m.(*pgproto3.DataRow); ok && string(row.Values[0]) != long {
			t.Error("the statement did not arrive whole")
		}
		if _, ok := m.(*pgproto3.ReadyForQuery); ok {
			return
		}
	}
}
