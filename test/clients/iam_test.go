package clients

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/dsql/auth"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/jackc/pgx/v5"

	"github.com/opendsql/opendsql/test/server"
)

const declared = `
accounts:
  "000000000000":
    users:
      deploy:
        access_keys: [{id: AKIADEPLOY, secret: s3cret}]
        policies: {assume: {Statement: {Effect: Allow, Action: 'sts:AssumeRole', Resource: '*'}}}
    roles:
      app:
        path: /service/
        trust: {Statement: {Effect: Allow, Principal: {AWS: "000000000000"}, Action: 'sts:AssumeRole'}}
        policies: {connect: {Statement: {Effect: Allow, Action: [dsql:DbConnect, 'dsql:Get*', 'dsql:List*'], Resource: '*'}}}
      owner:
        trust: {Statement: {Effect: Allow, Principal: {AWS: "000000000000"}, Action: 'sts:AssumeRole'}}
        attached: ['arn:aws:iam::aws:policy/AdministratorAccess']
`

// A profile that assumes a role is all an application needs: the SDK gets a session at the same listener, and its tokens open what the role may open.
func TestRoleProfile(t *testing.T) {
	ctx := t.Context()
	p := server.Run(t, program)
	if err := os.WriteFile(filepath.Join(p.DataDir, "iam.yaml"), []byte(declared), 0o600); err != nil {
		t.Fatal(err)
	}
	profiles := filepath.Join(t.TempDir(), "config")
	text := "[profile deploy]\naws_access_key_id = AKIADEPLOY\naws_secret_access_key = s3cret\n"
	for _, role := range []string{"service/app", "owner"} {
		name := role[strings.LastIndexByte(role, '/')+1:]
		text += "\n[profile " + name + "]\nrole_arn = arn:aws:iam::000000000000:role/" + role + "\nrole_session_name = test\nsource_profile = deploy\nregion = us-east-1\n"
	}
	if err := os.WriteFile(profiles, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_DSQL": p.API, "AWS_ENDPOINT_URL_STS": p.API, "AWS_CONFIG_FILE": profiles, "AWS_SHARED_CREDENTIALS_FILE": profiles + ".none",
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
	login := func(profile, user string) (*pgx.Conn, error) {
		cfg, err := config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(profile))
		if err != nil {
			t.Fatal(err)
		}
		who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
		if err != nil || *who.Arn != "arn:aws:sts::000000000000:assumed-role/"+profile+"/test" {
			t.Fatalf("%s is %+v, %v", profile, who, err)
		}
		list, err := dsql.NewFromConfig(cfg).ListClusters(ctx, &dsql.ListClustersInput{})
		if err != nil || len(list.Clusters) != 1 {
			t.Fatalf("%s sees %+v, %v", profile, list, err)
		}
		host := *list.Clusters[0].Identifier + ".dsql.us-east-1.on.aws"
		sign := auth.GenerateDbConnectAuthToken
		if user == "admin" {
			sign = auth.GenerateDBConnectAdminAuthToken
		}
		token, err := sign(ctx, host, cfg.Region, cfg.Credentials)
		if err != nil {
			t.Fatal(err)
		}
		c, err := p.Config(host, user, token)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := pgx.ConnectConfig(ctx, c)
		if err == nil {
			t.Cleanup(func() { _ = conn.Close(context.Background()) })
		}
		return conn, err
	}
	admin, err := login("owner", "admin")
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{"CREATE ROLE bob WITH LOGIN", "AWS IAM GRANT bob TO 'arn:aws:iam::000000000000:role/service/app'"} {
		if _, err := admin.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := login("app", "admin"); err == nil || !strings.Contains(err.Error(), "access denied") {
		t.Errorf("the role app as admin: %v", err)
	}
	bob, err := login("app", "bob")
	if err != nil {
		t.Fatal(err)
	}
	var user string
	if err := bob.QueryRow(ctx, "SELECT current_user").Scan(&user); err != nil || user != "bob" {
		t.Errorf("user %s, %v", user, err)
	}
}
