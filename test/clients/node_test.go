package clients

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/opendsql/opendsql/iam"
	"github.com/opendsql/opendsql/test/server"
)

// clientRegistry declares who the clients' programs are, besides root.
const clientRegistry = `
accounts:
  "000000000000":
    users:
      nobody: {access_keys: [{id: AKIANOBODY, secret: s3cret}]}
      deploy:
        access_keys: [{id: AKIADEPLOY, secret: s3cret}]
        policies: {assume: {Statement: {Effect: Allow, Action: 'sts:AssumeRole', Resource: '*'}}}
    roles:
      app:
        path: /service/
        trust: {Statement: {Effect: Allow, Principal: {AWS: "000000000000"}, Action: 'sts:AssumeRole'}}
        policies: {read: {Statement: {Effect: Allow, Action: ['dsql:Get*', 'dsql:List*'], Resource: '*'}}}
`

// clientProfiles is an AWS configuration with a profile that assumes the role.
const clientProfiles = `
[profile deploy]
aws_access_key_id = AKIADEPLOY
aws_secret_access_key = s3cret

[profile app]
role_arn = arn:aws:iam::000000000000:role/service/app
role_session_name = profiled
source_profile = deploy
`

// declare puts the registry into a server's data directory, and returns the environment that names the profiles.
func declare(t *testing.T, p *server.Process) []string {
	t.Helper()
	profiles := filepath.Join(t.TempDir(), "config")
	for path, text := range map[string]string{filepath.Join(p.Dir, iam.RegistryFile): clientRegistry, profiles: clientProfiles} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"AWS_CONFIG_FILE=" + profiles, "AWS_SHARED_CREDENTIALS_FILE=" + profiles + ".none"}
}

// The AWS SDK for JavaScript does all sixteen operations, with its waiters, its paginators and its exceptions by name.
func TestNode(t *testing.T) {
	t.Parallel()
	path, ok := server.NodePath(t, "@aws-sdk/client-dsql", "@aws-sdk/client-sts", "@aws-sdk/dsql-signer", "pg")
	if !ok {
		return
	}
	for name, args := range map[string][]string{
		"clusters": nil, "policies_tags_streams": nil, "regions": nil, "errors": nil,
		"throttled": {"--limit", "api-reads=1,api-changes=1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := server.Run(t, program, args...)
			env := append(append(p.Environment(t), declare(t, p)...), "NODE_PATH="+path)
			server.Show(t, env, "ok", "node", "--no-warnings", "testdata/"+name+".js")
		})
	}
}
