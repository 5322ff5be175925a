package cluster

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/opendsql/opendsql/controlplane"
	"github.com/opendsql/opendsql/iam"
	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/pgwire"
)

const connectPolicies = `
accounts:
  "123456789012":
    users:
      connect:
        access_keys: [{id: AKIACONNECT, secret: s3cret}]
        policies: {p: {Statement: {Effect: Allow, Action: dsql:DbConnect, Resource: '*'}}}
      admin:
        access_keys: [{id: AKIAADMIN, secret: s3cret}]
        policies: {p: {Statement: {Effect: Allow, Action: dsql:DbConnectAdmin, Resource: '*'}}}
      red:
        access_keys: [{id: AKIARED, secret: s3cret}]
        policies:
          p: {Statement: {Effect: Allow, Action: 'dsql:DbConnect*', Resource: 'arn:aws:dsql:*:*:cluster/a*', Condition: {StringEquals: {'aws:ResourceTag/team': red}}}}
      nobody:
        access_keys: [{id: AKIANOBODY, secret: s3cret}]
`

// Who may connect is decided by the principal's policies, the cluster's policy, its tags and the circumstances.
func TestLoginIsAuthorized(t *testing.T) {
	s := openSet(t, t.TempDir(), Limits{})
	defer closeSet(t, s)
	must(t, s.Provision(t.Context(), controlplane.ClusterSpec{ID: idA}))
	root := iam.Credential{AccessKeyID: "AKIAROOT", SecretAccessKey: "s3cret", Account: account, PrincipalARN: "arn:aws:iam::" + account + ":root"}
	store := &iam.Store{}
	must(t, store.Put(root))
	registry, err := iam.ParseRegistry([]byte(connectPolicies))
	must(t, err)
	must(t, store.Declare(registry))
	const (
		onlyFromHere = `{"Statement":{"Effect":"Deny","Principal":"*","Action":["dsql:DbConnect","dsql:DbConnectAdmin"],"Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"127.0.0.0/8"}}}}`
		forNobody    = `{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/nobody"},"Action":"dsql:DbConnectAdmin","Resource":"*"}}`
	)
	for _, c := range []struct {
		key, user, policy, team string
		from                    net.IP
		want                    string // in the refusal's hint
	}{
		{key: "AKIAROOT", user: "admin"},
		{key: "AKIAROOT", user: "admin", policy: onlyFromHere, from: net.IPv4(192, 0, 2, 1), want: "dsql:DbConnectAdmin on resource: " + active(idA).ARN + " with an explicit deny in a resource-based policy"},
		{key: "AKIAROOT", user: "admin", policy: onlyFromHere, from: net.IPv4(127, 0, 0, 1)},
		{key: "AKIAADMIN", user: "admin"},
		{key: "AKIAADMIN", user: "bob", want: "user/admin is not authorized to perform: dsql:DbConnect on resource: " + active(idA).ARN + " because no identity-based policy allows the dsql:DbConnect action"},
		{key: "AKIACONNECT", user: "admin", want: "not authorized to perform: dsql:DbConnectAdmin"},
		{key: "AKIACONNECT", user: "bob", want: "Role bob does not exist"}, // past IAM, to SQL's own rules
		{key: "AKIARED", user: "admin", team: "red"},
		{key: "AKIARED", user: "admin", team: "blue", want: "because no identity-based policy"},
		{key: "AKIARED", user: "admin", want: "because no identity-based policy"},
		{key: "AKIANOBODY", user: "admin", want: "because no identity-based policy"},
		{key: "AKIANOBODY", user: "admin", policy: forNobody},
		{key: "AKIANOBODY", user: "bob", policy: forNobody, want: "because no identity-based policy"},
		{key: "AKIASTRANGER", user: "admin", want: "security token"},
	} {
		cluster := active(idA)
		if c.policy != "" {
			cluster.Policy = []byte(c.policy)
		}
		if c.team != "" {
			cluster.Tags = map[string]string{"team": c.team}
		}
		d := &Door{Set: s, Directory: clusters{cluster}, Credentials: store}
		signer := iam.Credential{AccessKeyID: c.key, SecretAccessKey: "s3cret"}
		token, err := iam.SignToken(signer, iam.TokenRequest{Host: cluster.Endpoint, Region: "us-east-1", User: c.user}, time.Now())
		must(t, err)
		session, err := d.Open(t.Context(), &pgwire.Login{
			ServerName: cluster.Endpoint, User: c.user, Database: "postgres", Token: token, Remote: &net.TCPAddr{IP: c.from}, End: func(bool) {},
		})
		if err == nil {
			session.Close()
		}
		var e *pgerror.Error
		switch {
		case c.want == "" && err != nil, c.want != "" && !errors.As(err, &e):
			t.Errorf("%s as %s: %v, want %q", c.key, c.user, err, c.want)
		case c.want != "" && (e.Message != iam.AccessDenied || !strings.Contains(e.Hint, c.want)):
			t.Errorf("%s as %s: %s, hint %q, want %q", c.key, c.user, e.Message, e.Hint, c.want)
		}
	}
}
