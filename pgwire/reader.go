package pgwire

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/opendsql/opendsql/internal/pgerror"
)

const (
	messageHead = 5
	bufferBytes = 8 << 10
	stepBytes   = 64 << 10 // memory for a long message grows by this at first, then doubles, as it arrives
	keepBytes   = 1 << 20  // of memory for long messages kept while they follow each other
)

// buffer holds bytes read or to be written. Connections share them: an idle one has none.
type buffer [bufferBytes]byte

// reader cuts what a client sends into messages.
type reader struct {
	conn    *conn
	page    *buffer // nil while nothing is on its way
	at, end int     // of what is read of page and not yet used
	long    []byte  // the body of a message longer than a page
	excess  int64   // of a message that was refused for its length: what the client may still be sending
	first   [1]byte
}

// next gives the next message. The body is valid until the next call. A message longer than limit ends the connection.
func (r *reader) next(limit int) (typ byte, body []byte, err error) {
	if err := r.need(messageHead); err != nil {
		return 0, nil, err
	}
	head := r.page[r.at : r.at+messageHead]
	typ = head[0]
	size := int64(binary.BigEndian.Uint32(head[1:])) - 4
	if size < 0 || size > int64(limit) {
		r.excess = max(size, 0)
		return 0, nil, pgerror.New(pgerror.ProtocolViolation, "invalid message length").
			WithDetail("A message may have at most %d bytes.", limit)
	}
	r.at += messageHead
	body, err = r.take(int(size))
	return typ, body, err
}

// take gives the next n bytes.
func (r *reader) take(n int) ([]byte, error) {
	if n > bufferBytes {
		return r.takeLong(n)
	}
	if err := r.need(n); err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, nil
	}
	b := r.page[r.at : r.at+n : r.at+n]
	r.at += n
	return b, nil
}

// need reads until n bytes are there, in one piece.
func (r *reader) need(n int) error {
	if n > 0 && r.at == r.end {
		if err := r.begin(); err != nil {
			return err
		}
	}
	for r.end-r.at < n {
		if r.at+n > bufferBytes {
			r.end = copy(r.page[:], r.page[r.at:r.end])
			r.at = 0
		}
		got, err := r.read(r.page[r.end:])
		if err != nil {
			return err
		}
		r.end += got
	}
	return nil
}

// begin waits for the first byte of something. Only then it takes a page: what waits is what costs memory. Inside TLS the bytes behind the
// first come out of the same record, without another read of the socket.
func (r *reader) begin() error {
	r.at, r.end = 0, 0
	if r.conn.inside {
		return r.load()
	}
	r.give()
	r.long = nil
	r.conn.rest()
	if _, err := r.read(r.first[:]); err != nil {
		return err
	}
	r.page = r.conn.server.take()
	r.page[0], r.end = r.first[0], 1
	return nil
}

// load fills the page while a statement waits for more of its data.
func (r *reader) load() error {
	if r.page == nil {
		r.page = r.conn.server.take()
	}
	n, err := r.read(r.page[:])
	r.end = n
	return err
}

// takeLong reads n bytes. Memory grows with what has arrived, not with what the client announced.
func (r *reader) takeLong(n int) ([]byte, error) {
	if cap(r.long) > keepBytes {
		r.long = nil
	}
	b := append(r.long[:0], r.page[r.at:r.end]...)
	r.at, r.end = 0, 0
	for len(b) < n {
		if len(b) == cap(b) {
			grown := make([]byte, len(b), min(n, max(2*cap(b), stepBytes)))
			copy(grown, b)
			b = grown
		}
		got, err := r.read(b[len(b):min(n, cap(b))])
		if err != nil {
			return nil, err
		}
		b = b[:len(b)+got]
	}
	r.long = b
	return b, nil
}

// read reads some bytes. A read that was only woken up goes on unless the session has to end.
func (r *reader) read(into []byte) (int, error) {
	c := r.conn
	for {
		n, err := c.net.Read(into)
		if n > 0 {
			return n, nil
		}
		if err == nil {
			continue
		}
		if c.session == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return 0, err
		}
		// The deadline goes before the flags are looked at: whoever sets a flag sets a deadline after it.
		_ = c.raw.SetReadDeadline(time.Time{})
		if err := c.mustLeave(); err != nil {
			return 0, err
		}
	}
}

// drop reads what a client still sends of a message that was refused: a connection that is closed with data unread may lose its last words.
func (r *reader) drop() {
	if r.excess == 0 {
		return
	}
	// The client learns that nothing more comes, so that this ends when it hangs up.
	for _, side := range []net.Conn{r.conn.net, r.conn.raw} {
		if half, ok := side.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
	}
	_ = r.conn.raw.SetReadDeadline(time.Now().Add(farewell))
	_, _ = io.CopyN(io.Discard, r.conn.raw, r.excess+r.excess/32+excessMore)
}

// excessMore is what may follow a refused message: TLS puts its own bytes around those of the message, and the client may have sent others behind it.
const excessMore = 1 << 20

// buffered are the bytes read and not yet used.
func (r *reader) buffered() []byte {
	if r.page == nil {
		return nil
	}
	return r.page[r.at:r.end]
}

// forget drops what is buffered.
func (r *reader) forget() { r.at, r.end = 0, 0 }

func (r *reader) give() {
	if r.page != nil {
		r.conn.server.give(r.page)
		r.page = nil
	}
}

// names gives the strings of names without making them anew: a session uses few, again and again.
type names struct{ known map[string]string }

const (
	namesMax     = 64
	nameBytesMax = 64
)

func (n *names) of(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if s, ok := n.known[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(b) > nameBytesMax {
		return s
	}
	if n.known == nil || len(n.known) >= namesMax {
		n.known = map[string]string{}
	}
	n.known[s] = s
	return s
}
