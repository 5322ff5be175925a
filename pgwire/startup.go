package pgwire

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/opendsql/opendsql/internal/pgerror"
)

// The codes of requests that come instead of a start-up message, and the versions of the protocol.
const (
	sslRequest     = 80877103
	gssRequest     = 80877104
	cancelRequest  = 80877102
	protocolMajor  = 3
	startUpBytes   = 10000 // PostgreSQL's MAX_STARTUP_PACKET_LENGTH
	tlsHandshake   = 0x16
	passwordType   = 'p'
	passwordBytes  = 64 << 10
	cancelBodySize = 12
)

var errPlain = pgerror.New(pgerror.InvalidAuthorizationSpecification, "unable to accept connection, SSL is mandatory. AWS Authentication is required.")

// startUp leads the connection through TLS, the start-up message and the token to an open session.
func (c *conn) startUp() error {
	if err := c.reader.need(1); err != nil {
		return err
	}
	secure, gssAsked := false, false
	if c.reader.buffered()[0] == tlsHandshake {
		if err := c.directTLS(); err != nil {
			return err
		}
		secure = true
	}
	for {
		code, body, err := c.startUpMessage()
		if err != nil {
			return err
		}
		switch code {
		case sslRequest:
			if secure {
				return errVersion(code)
			}
			if err := c.negotiateTLS(); err != nil {
				return err
			}
			secure = true
		case gssRequest:
			if gssAsked {
				return errVersion(code)
			}
			gssAsked = true
			if err := c.refuseGSS(); err != nil {
				return err
			}
		case cancelRequest:
			if len(body) == cancelBodySize-4 {
				c.server.cancel(cancelKey{binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:])})
			}
			return errClosing
		default:
			if !secure {
				return errPlain
			}
			return c.begin(code, body)
		}
	}
}

// startUpMessage reads a message without a type byte.
func (c *conn) startUpMessage() (code uint32, body []byte, err error) {
	head, err := c.reader.take(4)
	if err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head)
	if n < 8 || n > startUpBytes+4 {
		return 0, nil, pgerror.New(pgerror.ProtocolViolation, "invalid length of startup packet")
	}
	body, err = c.reader.take(int(n) - 4)
	if err != nil {
		return 0, nil, err
	}
	return binary.BigEndian.Uint32(body), body[4:], nil
}

// negotiateTLS answers an SSLRequest. What the client sent in plain text behind it would be taken for its own words inside TLS: such a
// connection ends.
func (c *conn) negotiateTLS() error {
	if len(c.reader.buffered()) > 0 {
		return errPlainBehind("SSL request")
	}
	if _, err := c.net.Write([]byte{'S'}); err != nil {
		return err
	}
	return c.upgrade(c.net)
}

// refuseGSS answers a GSSENCRequest.
func (c *conn) refuseGSS() error {
	if len(c.reader.buffered()) > 0 {
		return errPlainBehind("GSSAPI encryption request")
	}
	_, err := c.net.Write([]byte{'N'})
	return err
}

func errPlainBehind(what string) error {
	return pgerror.New(pgerror.ProtocolViolation, "received unencrypted data after %s", what).
		WithDetail("This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.")
}

func errVersion(version uint32) error {
	return pgerror.New(pgerror.FeatureNotSupported, "unsupported frontend protocol %d.%d: server supports 3.0 to 3.0", version>>16, version&0xFFFF)
}

// directTLS serves sslnegotiation=direct: the client must have asked for the protocol by ALPN.
func (c *conn) directTLS() error {
	under := &prefixed{Conn: c.net, first: bytes.Clone(c.reader.buffered())}
	if err := c.upgrade(under); err != nil {
		return err
	}
	if t, ok := c.net.(*tls.Conn); !ok || t.ConnectionState().NegotiatedProtocol != "postgresql" {
		return errClosing
	}
	return nil
}

// prefixed is a connection whose first bytes were read already.
type prefixed struct {
	net.Conn
	first []byte
}

// Read gives the bytes read before, then those of the connection.
func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.first) > 0 {
		n := copy(b, p.first)
		p.first = p.first[n:]
		return n, nil
	}
	p.first = nil
	return p.Conn.Read(b)
}

// begin reads the start-up parameters and asks for the token.
func (c *conn) begin(version uint32, body []byte) error {
	if version>>16 != protocolMajor {
		return errVersion(version)
	}
	unknown, err := c.startUpParameters(body)
	if err != nil {
		return err
	}
	if version&0xFFFF > 0 || len(unknown) > 0 {
		// PostgreSQL puts the whole version there, and libpq reads it so, whatever the field is called.
		m := pgproto3.NegotiateProtocolVersion{NewestMinorProtocol: protocolMajor << 16, UnrecognizedOptions: unknown}
		if c.out, err = m.Encode(c.out); err != nil {
			return err
		}
	}
	c.login.Remote = c.net.RemoteAddr()
	if err := c.server.config.Opener.Route(c.ctx, &c.login); err != nil {
		return c.refused(err)
	}
	if c.out, err = (&pgproto3.AuthenticationCleartextPassword{}).Encode(c.out); err != nil {
		return err
	}
	if err := c.flush(); err != nil {
		return err
	}
	if err := c.readToken(); err != nil {
		return err
	}
	session, err := c.server.config.Opener.Open(c.ctx, &c.login)
	c.login.Token, c.login.TLS, c.login.Parameters, c.login.Options = "", nil, nil, nil
	if err != nil {
		return c.refused(err)
	}
	c.session = session
	c.opened.Store(&session)
	c.server.register(c)
	return c.greet()
}

// refused is an Opener's error as the client is told of it.
func (c *conn) refused(err error) error {
	e := pgerror.From(err)
	if e.Code == pgerror.InternalError {
		c.server.config.Logger.Error("a login failed", "error", err)
	}
	return e
}

// startUpParameters fills the login; it gives the protocol options (_pq_.…) that it does not know.
func (c *conn) startUpParameters(body []byte) (unknown []string, err error) {
	malformed := pgerror.New(pgerror.ProtocolViolation, "invalid startup packet layout: expected terminator as last byte")
	l := &c.login
	l.Parameters, l.Options = map[string]string{}, map[string]string{}
	r := fields{rest: body}
	for {
		name := r.text()
		if name == "" {
			break
		}
		value := r.text()
		switch {
		case name == "user":
			l.User = value
		case name == "database":
			l.Database = value
		case name == "options":
			if err := parseOptions(value, l.Options); err != nil {
				return nil, err
			}
		case strings.HasPrefix(name, "_pq_."):
			unknown = append(unknown, name)
		default:
			l.Parameters[name] = value
		}
	}
	if r.fault != "" || len(r.rest) > 0 {
		return nil, malformed
	}
	if l.User == "" {
		return nil, pgerror.New(pgerror.InvalidAuthorizationSpecification, "no PostgreSQL user name specified in startup packet")
	}
	if l.Database == "" {
		l.Database = l.User
	}
	return unknown, nil
}

// parseOptions reads the command-line form of settings: -c name=value, -cname=value, --name=value. A backslash quotes the next character.
func parseOptions(text string, into map[string]string) error {
	words := optionWords(text)
	for i := 0; i < len(words); i++ {
		word := words[i]
		switch {
		case word == "-c" || word == "--":
			i++
			if i >= len(words) {
				return pgerror.New(pgerror.SyntaxError, "invalid command-line argument for server process: %s", word)
			}
			word = words[i]
		case strings.HasPrefix(word, "-c"):
			word = word[2:]
		case strings.HasPrefix(word, "--"):
			word = word[2:]
		default:
			return pgerror.New(pgerror.SyntaxError, "invalid command-line argument for server process: %s", word)
		}
		name, value, ok := strings.Cut(word, "=")
		if !ok {
			return pgerror.New(pgerror.SyntaxError, "-c %s requires a value", word)
		}
		if name != "amzn-cluster-id" {
			name = strings.ReplaceAll(name, "-", "_")
		}
		into[name] = value
	}
	return nil
}

func optionWords(text string) []string {
	var words []string
	var word []byte
	in := false
	for i := 0; i < len(text); i++ {
		switch ch := text[i]; {
		case ch == '\\' && i+1 < len(text):
			i++
			word, in = append(word, text[i]), true
		case ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r':
			if in {
				words, word, in = append(words, string(word)), nil, false
			}
		default:
			word, in = append(word, ch), true
		}
	}
	if in {
		words = append(words, string(word))
	}
	return words
}

// readToken reads the password message, which carries the token.
func (c *conn) readToken() error {
	typ, body, err := c.reader.next(passwordBytes)
	if err != nil {
		return err
	}
	if typ != passwordType {
		return pgerror.New(pgerror.ProtocolViolation, "expected password response, got message type %d", typ)
	}
	if len(body) == 0 || bytes.IndexByte(body, 0) != len(body)-1 {
		return pgerror.New(pgerror.ProtocolViolation, "invalid password packet size")
	}
	c.login.Token = string(body[:len(body)-1])
	return nil
}

// greet tells the client that the session is open.
func (c *conn) greet() error {
	var err error
	if c.out, err = (&pgproto3.AuthenticationOk{}).Encode(c.out); err != nil {
		return err
	}
	for _, p := range c.session.Parameters() {
		if c.out, err = (&pgproto3.ParameterStatus{Name: p[0], Value: p[1]}).Encode(c.out); err != nil {
			return err
		}
	}
	secret := binary.BigEndian.AppendUint32(nil, c.key.secret)
	if c.out, err = (&pgproto3.BackendKeyData{ProcessID: c.key.process, SecretKey: secret}).Encode(c.out); err != nil {
		return err
	}
	c.ready()
	return c.flush()
}
