package pgwire

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/opendsql/opendsql/internal/limits"
)

// said encodes messages of a client.
func said(t testing.TB, messages ...pgproto3.FrontendMessage) []byte {
	t.Helper()
	var b []byte
	for _, m := range messages {
		var err error
		if b, err = m.Encode(b); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// types are the types of the messages in an answer; every length must be right.
func types(t testing.TB, answer []byte) string {
	t.Helper()
	var list []byte
	for len(answer) > 0 {
		if len(answer) < 5 {
			t.Fatalf("answer ends in the middle of a message: %q", answer)
		}
		n := int(binary.BigEndian.Uint32(answer[1:]))
		if n < 4 || n+1 > len(answer) {
			t.Fatalf("message %q announces %d bytes, %d are there", answer[0], n, len(answer)-1)
		}
		list, answer = append(list, answer[0]), answer[n+1:]
	}
	return string(list)
}

// What each sequence of messages is answered, by type.
func TestAnswers(t *testing.T) {
	q := func(s string) pgproto3.FrontendMessage { return &pgproto3.Query{String: s} }
	parse := func(s string) pgproto3.FrontendMessage { return &pgproto3.Parse{Query: s} }
	bind, execute, sync := &pgproto3.Bind{}, &pgproto3.Execute{}, &pgproto3.Sync{}
	for _, c := range []struct {
		name string
		say  []pgproto3.FrontendMessage
		want string
	}{
		{"query", []pgproto3.FrontendMessage{q("select")}, "TDCZ"},
		{"empty", []pgproto3.FrontendMessage{q("")}, "IZ"},
		{"error", []pgproto3.FrontendMessage{q("fail"), q("select")}, "EZTDCZ"},
		{"extended", []pgproto3.FrontendMessage{parse("select"), bind, execute, sync}, "12DCZ"},
		{"describe", []pgproto3.FrontendMessage{parse("x"), &pgproto3.Describe{ObjectType: 'S'}, bind, &pgproto3.Describe{ObjectType: 'P'}, sync}, "1tT2nZ"},
		{"error skips to sync", []pgproto3.FrontendMessage{parse("fail"), bind, execute, parse("select"), bind, execute, sync, q("select")}, "12EZTDCZ"},
		{"two in a pipeline", []pgproto3.FrontendMessage{parse("a"), bind, execute, sync, parse("b"), bind, execute, sync}, "12DCZ12DCZ"},
		{"missing statement", []pgproto3.FrontendMessage{bind, sync}, "EZ"},
		{"close", []pgproto3.FrontendMessage{parse("a"), &pgproto3.Close{ObjectType: 'S'}, bind, sync}, "13EZ"},
		{"copy", []pgproto3.FrontendMessage{q("copy"), &pgproto3.CopyData{Data: []byte("1\n")}, &pgproto3.CopyDone{}}, "GCZ"},
		{"copy given up", []pgproto3.FrontendMessage{q("copy"), &pgproto3.CopyFail{Message: "no"}, q("select")}, "GEZTDCZ"},
		{"copy data left over", []pgproto3.FrontendMessage{&pgproto3.CopyData{Data: []byte("1")}, &pgproto3.CopyDone{}, q("select")}, "TDCZ"},
		{"query while skipping", []pgproto3.FrontendMessage{bind, q("select"), sync, q("select")}, "EZTDCZ"},
		{"copy with another message in it", []pgproto3.FrontendMessage{q("copy"), parse("x"), &pgproto3.CopyDone{}, q("select")}, "GEZTDCZ"},
		{"copy with flush and sync in it", []pgproto3.FrontendMessage{q("copy"), &pgproto3.Flush{}, sync, &pgproto3.CopyDone{}}, "GCZ"},
		{"copy out", []pgproto3.FrontendMessage{q("copy out")}, "HdcCZ"},
		{"suspended", []pgproto3.FrontendMessage{parse("many"), bind, &pgproto3.Execute{MaxRows: 1}, &pgproto3.Execute{MaxRows: 1}, sync}, "12DsDsZ"},
		{"session says fatal", []pgproto3.FrontendMessage{q("fatal"), q("select")}, "E"},
		{"fastpath", []pgproto3.FrontendMessage{&pgproto3.FunctionCall{Function: 1}, q("select")}, "EZTDCZ"},
		{"terminate", []pgproto3.FrontendMessage{&pgproto3.Terminate{}, q("select")}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer, _ := talk(said(t, c.say...))
			if got := types(t, answer); got != c.want {
				t.Errorf("got %s, want %s: %q", got, c.want, answer)
			}
		})
	}
}

// Messages that cannot be read are answered as PostgreSQL does: its words, and the connection goes on where the next message is known to begin.
func TestMalformed(t *testing.T) {
	tooLong := binary.BigEndian.AppendUint32([]byte{'Q'}, limits.MessageBytes+5)
	for _, c := range []struct {
		name  string
		say   []byte
		types string
		text  string
	}{
		{"too long", tooLong, "E", "invalid message length"},
		{"shorter than its length", []byte{'Q', 0, 0, 0, 3}, "E", "invalid message length"},
		{"text without an end", []byte{'Q', 0, 0, 0, 6, 'a', 'b'}, "EZTDCZ", "invalid string in message"},
		{"text with more behind it", []byte{'Q', 0, 0, 0, 7, 'a', 0, 'b'}, "EZTDCZ", "invalid message format"},
		{"empty query message", []byte{'Q', 0, 0, 0, 4}, "EZTDCZ", "invalid string in message"},
		{"sync with a body", []byte{'S', 0, 0, 0, 5, 1}, "EZTDCZ", "invalid message format"},
		{"flush with a body", []byte{'H', 0, 0, 0, 5, 1}, "E", "invalid message format"},
		{"unknown type", []byte{'?', 0, 0, 0, 4}, "E", "invalid frontend message type 63"},
		{"describe of nothing", []byte{'D', 0, 0, 0, 6, '?', 0}, "E", "invalid DESCRIBE message subtype 63"},
		{"close of nothing", []byte{'C', 0, 0, 0, 6, '?', 0}, "E", "invalid CLOSE message subtype 63"},
		{"bind too short", []byte{'B', 0, 0, 0, 6, 0, 0}, "E", "insufficient data left in message"},
		{"bind with too long a value", []byte{'B', 0, 0, 0, 15, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9, 'a'}, "E", "insufficient data left in message"},
		{"parse with too many types", []byte{'P', 0, 0, 0, 8, 0, 0, 255, 255}, "E", "insufficient data left in message"},
		{"execute without a limit", []byte{'E', 0, 0, 0, 5, 0}, "E", "insufficient data left in message"},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer, _ := talk(append(c.say, said(t, &pgproto3.Query{String: "select"})...))
			if got := types(t, answer); got != c.types {
				t.Fatalf("got %s, want %s: %q", got, c.types, answer)
			}
			if c.types == "" {
				return
			}
			var e pgproto3.ErrorResponse
			n := binary.BigEndian.Uint32(answer[1:])
			if err := e.Decode(answer[5 : n+1]); err != nil || e.Message != c.text || e.Code != "08P01" {
				t.Errorf("got %+v, %v", e, err)
			}
		})
	}
}

// Whatever a client says, every answer is a sequence of whole messages and the session is told of each failure.
func FuzzMessages(f *testing.F) {
	for _, s := range [][]byte{
		said(f, &pgproto3.Query{String: "select"}),
		said(f, &pgproto3.Parse{Name: "a", Query: "b", ParameterOIDs: []uint32{23}}, &pgproto3.Bind{PreparedStatement: "a", Parameters: [][]byte{nil, {1}}}, &pgproto3.Execute{}, &pgproto3.Sync{}),
		said(f, &pgproto3.Query{String: "copy"}, &pgproto3.CopyData{Data: []byte("x")}, &pgproto3.CopyFail{Message: "y"}),
		said(f, &pgproto3.Describe{ObjectType: 'P', Name: "p"}, &pgproto3.Close{ObjectType: 'S', Name: "s"}, &pgproto3.Flush{}, &pgproto3.FunctionCall{}),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, statement := range []string{"panic", "wait"} { // what the fake session does on these would hide what is sought
			if bytes.Contains(b, []byte(statement)) {
				return
			}
		}
		answer, _ := talk(b)
		types(t, answer)
	})
}
