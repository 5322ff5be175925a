package clients

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/opendsql/opendsql/test/server"
)

// nodeRegistry declares who the programs for Node are, besides root.
const nodeRegistry = `
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

// nodeProfiles is an AWS configuration with a profile that assumes the role.
const nodeProfiles = `
[profile deploy]
aws_access_key_id = AKIADEPLOY
aws_secret_access_key = s3cret

[profile app]
role_arn = arn:aws:iam::000000000000:role/service/app
role_session_name = profiled
source_profile = deploy
`

// The AWS SDK for JavaScript does all sixteen operations, with its waiters, its paginators and its exceptions by name.
func TestNode(t *testing.T) {
	t.Parallel()
	path, ok := server.NodePath(t, "@aws-sdk/client-dsql", "@aws-sdk/client-sts", "@aws-sdk/dsql-signer", "pg")
	if !ok {
		return
	}
	profiles := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(profiles, []byte(nodeProfiles), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"clusters": nil, "policies_tags_streams": nil, "regions": nil, "errors": nil,
		"throttled": {"--limit", "api-reads=1,api-changes=1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := server.Run(t, program, args...)
			if err := os.WriteFile(filepath.Join(p.Dir, "iam.yaml"), []byte(nodeRegistry), 0o600); err != nil {
				t.Fatal(err)
			}
			env := append(p.Environment(t), "NODE_PATH="+path, "AWS_CONFIG_FILE="+profiles, "AWS_SHARED_CREDENTIALS_FILE="+profiles+".none")
			server.Show(t, env, "ok", "node", "--no-warnings", "testdata/"+name+".js")
		})
	}
}
