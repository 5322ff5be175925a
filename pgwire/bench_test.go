package pgwire

import (
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// repeat is a client that says the same thing n times and does not listen.
type repeat struct {
	*wire
	message []byte
	times   int
	at      int
}

func (r *repeat) Read(b []byte) (int, error) {
	if r.at == len(r.message) {
		if r.times--; r.times <= 0 {
			return 0, io.EOF
		}
		r.at = 0
	}
	n := copy(b, r.message[r.at:])
	r.at += n
	return n, nil
}

func (r *repeat) Write(b []byte) (int, error) { return len(b), nil }

// BenchmarkPoint is what a point select costs here: a known statement bound, described, executed, synced.
func BenchmarkPoint(b *testing.B) {
	message := said(b, &pgproto3.Bind{PreparedStatement: "s1", Parameters: [][]byte{{0, 0, 0, 1}}, ResultFormatCodes: []int16{1}},
		&pgproto3.Describe{ObjectType: 'P'}, &pgproto3.Execute{}, &pgproto3.Sync{})
	for _, c := range []struct {
		name    string
		message []byte
	}{{"extended", message}, {"simple", said(b, &pgproto3.Query{String: "select"})}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			e := newEcho()
			e.statements["s1"] = "select"
			c := newConn(NewServer(Config{}), &repeat{wire: newWire(nil), message: c.message, times: b.N})
			c.session = e
			c.ended(c.loop())
		})
	}
}
