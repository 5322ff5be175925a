package pgwire

import (
	"bytes"
	"maps"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/opendsql/opendsql/query"
)

// decodeBind agrees with pgproto3 on what a Bind message says, and refuses whatever that refuses.
func FuzzBind(f *testing.F) {
	for _, m := range []*pgproto3.Bind{
		{},
		{DestinationPortal: "p", PreparedStatement: "s", ParameterFormatCodes: []int16{1}, Parameters: [][]byte{{1, 2}, nil, {}}, ResultFormatCodes: []int16{0, 1}},
	} {
		b, err := m.Encode(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[5:])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var got query.Bind
		if decodeBind(&got, body, &names{}) != nil {
			return
		}
		var want pgproto3.Bind
		if err := want.Decode(body); err != nil {
			t.Fatalf("accepted %x, pgproto3 says %v", body, err)
		}
		if got.Portal != want.DestinationPortal || got.Statement != want.PreparedStatement || len(got.Params) != len(want.Parameters) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		for i, p := range got.Params {
			if (p == nil) != (want.Parameters[i] == nil) || !bytes.Equal(p, want.Parameters[i]) {
				t.Fatalf("parameter %d: got %v, want %v", i, p, want.Parameters[i])
			}
		}
	})
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		text string
		want map[string]string
		err  string
	}{
		{"", map[string]string{}, ""},
		{"-c search_path=a,b", map[string]string{"search_path": "a,b"}, ""},
		{" -csearch_path=a  --extra-float-digits=2 ", map[string]string{"search_path": "a", "extra_float_digits": "2"}, ""},
		{"-c amzn-cluster-id=abc", map[string]string{"amzn-cluster-id": "abc"}, ""},
		{"--amzn-cluster-id=abc", map[string]string{"amzn-cluster-id": "abc"}, ""},
		{`-c application_name=a\ b\\c`, map[string]string{"application_name": `a b\c`}, ""},
		{"-c x=a=b", map[string]string{"x": "a=b"}, ""},
		{"-c", nil, "invalid command-line argument for server process: -c"},
		{"-c x", nil, "-c x requires a value"},
		{"-B 5", nil, "invalid command-line argument for server process: -B"},
	} {
		got := map[string]string{}
		err := parseOptions(c.text, got)
		switch {
		case c.err != "":
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q: got %v, want %s", c.text, err, c.err)
			}
		case err != nil || !maps.Equal(got, c.want):
			t.Errorf("%q: got %v, %v; want %v", c.text, got, err, c.want)
		}
	}
}

// Settings written as options, with every special character quoted, come back as they were.
func FuzzOptions(f *testing.F) {
	f.Add("search_path", "a b", "-c")
	f.Add("x", `\`, "--x=y -c z")
	f.Fuzz(func(t *testing.T, name, value, noise string) {
		_ = parseOptions(noise, map[string]string{}) // must not fail otherwise than by an error
		if name == "" || strings.ContainsAny(name, "= \t\n\r\\-") {
			return
		}
		quoted := strings.NewReplacer(`\`, `\\`, " ", `\ `, "\t", "\\\t", "\n", "\\\n", "\r", "\\\r").Replace(value)
		got := map[string]string{}
		if err := parseOptions("-c "+name+"="+quoted, got); err != nil || got[name] != value {
			t.Errorf("got %q, %v; want %q", got[name], err, value)
		}
	})
}

// A start-up packet gives a login with a user, or an error; never both halves of neither.
func FuzzStartUpPacket(f *testing.F) {
	f.Add([]byte("user\x00admin\x00database\x00postgres\x00options\x00-c search_path=a\x00\x00"))
	f.Add([]byte("user\x00admin\x00_pq_.x\x00y\x00application_name\x00z\x00\x00"))
	f.Add([]byte("\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		c := newConn(NewServer(Config{}), newWire(nil))
		unknown, err := c.startUpParameters(body)
		if err != nil {
			return
		}
		if c.login.User == "" || c.login.Database == "" {
			t.Errorf("login without user or database: %+v", c.login)
		}
		for _, name := range unknown {
			if !strings.HasPrefix(name, "_pq_.") {
				t.Errorf("unknown option %q", name)
			}
		}
	})
}
