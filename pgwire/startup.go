package pgwire

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
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
	first, err := c.reader.Peek(1)
	if err != nil {
		return err
	}
	secure := false
	if first[0] == tlsHandshake {
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
				return pgerror.New(pgerror.ProtocolViolation, "unsupported frontend protocol %d.%d: server supports 3.0 to 3.0", code>>16, code&0xFFFF)
			}
			if err := c.negotiateTLS(); err != nil {
				return err
			}
			secure = true
		case gssRequest:
			if _, err := c.net.Write([]byte{'N'}); err != nil {
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
	var head [8]byte
	if _, err := io.ReadFull(c.reader, head[:]); err != nil {
		return 0, nil, err
	}
	n := int(binary.BigEndian.Uint32(head[:])) - 8
	if n < 0 || n > startUpBytes {
		return 0, nil, pgerror.New(pgerror.ProtocolViolation, "invalid length of startup packet")
	}
	body, err = c.readBody(n)
	return binary.BigEndian.Uint32(head[4:]), body, err
}

// negotiateTLS answers an SSLRequest. What the client sent in plain text behind it would be taken for its own words inside TLS: such a
// connection ends.
func (c *conn) negotiateTLS() error {
	if c.reader.Buffered() > 0 {
		return pgerror.New(pgerror.ProtocolViolation, "received unencrypted data after SSL request").
			WithDetail("This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.")
	}
	if _, err := c.net.Write([]byte{'S'}); err != nil {
		return err
	}
	return c.upgrade(c.net)
}

// directTLS serves sslnegotiation=direct: the client must have asked for the protocol by ALPN.
func (c *conn) directTLS() error {
	read, _ := c.reader.Peek(c.reader.Buffered())
	under := &prefixed{Conn: c.net, first: bytes.NewReader(append([]byte(nil), read...))}
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
	first *bytes.Reader
}

// Read gives the bytes read before, then those of the connection.
func (p *prefixed) Read(b []byte) (int, error) {
	if p.first.Len() > 0 {
		return p.first.Read(b)
	}
	return p.Conn.Read(b)
}

// begin reads the start-up parameters and asks for the token.
func (c *conn) begin(version uint32, body []byte) error {
	if version>>16 != protocolMajor {
		return pgerror.New(pgerror.FeatureNotSupported, "unsupported frontend protocol %d.%d: server supports 3.0 to 3.0", version>>16, version&0xFFFF)
	}
	unknown, err := c.startUpParameters(body)
	if err != nil {
		return err
	}
	if version&0xFFFF > 0 || len(unknown) > 0 {
		m := pgproto3.NegotiateProtocolVersion{NewestMinorProtocol: 0, UnrecognizedOptions: unknown}
		if c.out, err = m.Encode(c.out); err != nil {
			return err
		}
	}
	c.login.Remote = c.net.RemoteAddr()
	if err := c.server.config.Opener.Route(c.ctx, &c.login); err != nil {
		return err
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
	c.login.Token = ""
	if err != nil {
		return err
	}
	c.session = session
	c.opened.Store(&session)
	c.server.register(c)
	return c.greet()
}

// startUpParameters fills the login; it gives the protocol options (_pq_.…) that it does not know.
func (c *conn) startUpParameters(body []byte) (unknown []string, err error) {
	malformed := pgerror.New(pgerror.ProtocolViolation, "invalid startup packet layout: expected terminator as last byte")
	if len(body) == 0 || body[len(body)-1] != 0 {
		return nil, malformed
	}
	fields := strings.Split(string(body[:len(body)-1]), "\x00")
	if len(fields) > 0 && fields[len(fields)-1] == "" {
		fields = fields[:len(fields)-1]
	}
	if len(fields)%2 != 0 {
		return nil, malformed
	}
	l := &c.login
	l.Parameters, l.Options = map[string]string{}, map[string]string{}
	for i := 0; i < len(fields); i += 2 {
		name, value := fields[i], fields[i+1]
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
	typ, body, err := c.read()
	if err != nil {
		return err
	}
	if typ != passwordType {
		return pgerror.New(pgerror.ProtocolViolation, "expected password response, got message type %d", typ)
	}
	if len(body) == 0 || len(body) > passwordBytes || bytes.IndexByte(body, 0) != len(body)-1 {
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
