package clients

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"

	"github.com/opendsql/opendsql/iam"
	"github.com/opendsql/opendsql/test/server"
)

// grant is one permission, and the condition under which it is given.
type grant struct {
	action, resource string
	key, value       string
}

func (g grant) statement() map[string]any {
	s := map[string]any{"Effect": "Allow", "Action": g.action, "Resource": g.resource}
	if g.key != "" {
		s["Condition"] = map[string]any{"StringEquals": map[string]any{g.key: g.value}}
	}
	return s
}

// taking is a call that takes exactly these permissions.
type taking struct {
	account, region, operation string
	input                      map[string]any
	grants                     []grant
}

// apiCall is a call as the programs in testdata read it: by whom, and what the answer must be.
type apiCall struct {
	Name      string         `json:"name"`
	Region    string         `json:"region"`
	Operation string         `json:"operation"`
	Input     map[string]any `json:"input"`
	Key       string         `json:"key"`
	Secret    string         `json:"secret"`
	Denied    string         `json:"denied"` // the message of an AccessDeniedException; empty when the call succeeds
}

// Every operation takes the permissions the service lists for it, the ones that depend on its parameters included: a user who lacks just one, or has it
// under another condition, is told which, on what; with all of them the call succeeds. All SDKs say so.
func TestDependentPermissions(t *testing.T) {
	for name, run := range map[string]func(*testing.T, *server.Process, []apiCall){"go": callGo, "node": callNode, "boto3": callBoto3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := server.Run(t, program)
			list := permissionCalls(t, p)
			if len(list) < 100 {
				t.Fatalf("%d calls", len(list))
			}
			run(t, p, list)
		})
	}
}

// permissionCalls declares a user for every call there is to make, and returns the calls in the order they must be made in.
func permissionCalls(t *testing.T, p *server.Process) []apiCall {
	registry := iam.Registry{Accounts: map[string]*iam.Account{}}
	var list []apiCall
	for n, c := range takings(t, p) {
		if registry.Accounts[c.account] == nil {
			registry.Accounts[c.account] = &iam.Account{Users: map[string]*iam.User{}}
		}
		call := func(kind string, grants []grant, denied *grant) {
			user := fmt.Sprintf("%02d-%s-%s", n, c.operation, kind)
			key := iam.AccessKey{ID: "AKIA" + strings.ToUpper(strings.ReplaceAll(user, "-", "")), Secret: "s3cret"}
			var statements []any
			for _, g := range grants {
				statements = append(statements, g.statement())
			}
			u := &iam.User{AccessKeys: []iam.AccessKey{key}}
			if len(statements) > 0 {
				policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
				if err != nil {
					t.Fatal(err)
				}
				u.Policies = map[string]json.RawMessage{"p": policy}
			}
			registry.Accounts[c.account].Users[user] = u
			message := ""
			if denied != nil {
				message = fmt.Sprintf("User: arn:aws:iam::%s:user/%s is not authorized to perform: %s on resource: %s because no identity-based policy allows the %[3]s action",
					c.account, user, denied.action, denied.resource)
			}
			list = append(list, apiCall{Name: user, Region: c.region, Operation: c.operation, Input: c.input, Key: key.ID, Secret: key.Secret, Denied: message})
		}
		for i, g := range c.grants {
			rest := append(append([]grant{}, c.grants[:i]...), c.grants[i+1:]...)
			call(fmt.Sprintf("no%d", i), rest, &g)
			if g.key != "" {
				other := g
				other.value += "x"
				call(fmt.Sprintf("other%d", i), append(rest, other), &g)
			}
		}
		call("all", c.grants, nil)
	}
	text, err := json.Marshal(registry)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.Dir, iam.RegistryFile), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return list
}

const (
	east, ohioRegion = "us-east-1", "us-east-2"
	otherAccount     = "111111111111" // which has no cluster yet
)

// stage is what the calls are about, made by root.
type stage struct {
	t   *testing.T
	p   *server.Process
	key string // the ARN of the key alias/team
}

func (s *stage) api(region string) *dsql.Client { return sdkClient(s.p, region, s.p.Root) }

func (s *stage) create(region string, in *dsql.CreateClusterInput) *dsql.CreateClusterOutput {
	s.t.Helper()
	in.DeletionProtectionEnabled = aws.Bool(false)
	out, err := s.api(region).CreateCluster(s.t.Context(), in)
	if err != nil {
		s.t.Fatal(err)
	}
	if in.MultiRegionProperties == nil {
		awaitActive(s.t, s.api(region), *out.Identifier)
	}
	return out
}

func (s *stage) stream(cluster *dsql.CreateClusterOutput) *dsql.CreateStreamOutput {
	s.t.Helper()
	out, err := s.api(east).CreateStream(s.t.Context(), &dsql.CreateStreamInput{
		ClusterIdentifier: cluster.Identifier, Ordering: types.StreamOrderingUnordered, Format: types.StreamFormatJson,
		TargetDefinition: &types.TargetDefinitionMemberKinesis{Value: types.KinesisTargetDefinition{StreamArn: aws.String(kinesisARN), RoleArn: aws.String(writerARN)}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

const (
	kinesisARN = "arn:aws:kinesis:us-east-1:000000000000:stream/changes"
	writerARN  = "arn:aws:iam::000000000000:role/writer"
)

// kms are the permissions on the key for a cluster, which has no identifier before it is made.
func (s *stage) kms(cluster string) []grant {
	list := []grant{{"kms:DescribeKey", s.key, "kms:ViaService", "dsql.us-east-1.amazonaws.com"}}
	for _, action := range []string{"Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey"} {
		g := grant{action: "kms:" + action, resource: s.key, key: "kms:CallerAccount", value: controlAccount}
		if cluster != "" {
			g.key, g.value = "kms:EncryptionContext:aws:dsql:ClusterId", cluster
		}
		list = append(list, g)
	}
	return list
}

const controlAccount = "000000000000"

// takings are the calls, each with all that it takes. They are made one after the other.
func takings(t *testing.T, p *server.Process) []taking {
	s := &stage{t: t, p: p}
	var key struct{ Arn string }
	made := p.Command(t, "kms", "create-key", "--alias", "team", "--output", "json")
	if err := json.Unmarshal([]byte(made), &key); err != nil || key.Arn == "" {
		t.Fatalf("%v %s", err, made)
	}
	s.key = key.Arn
	type object = map[string]any
	multi := func(clusters ...string) object {
		m := object{"witnessRegion": witness}
		if clusters != nil {
			m["clusters"] = clusters
		}
		return m
	}
	paired := func() *dsql.CreateClusterInput { return &dsql.CreateClusterInput{MultiRegionProperties: properties()} }
	plain, keyed := s.create(east, &dsql.CreateClusterInput{}), s.create(east, &dsql.CreateClusterInput{KmsEncryptionKey: aws.String("alias/team")})
	gone, pair := s.create(east, &dsql.CreateClusterInput{}), s.create(east, paired())
	ohio, second := s.create(ohioRegion, paired()), s.create(ohioRegion, paired())
	stream, old := s.stream(plain), s.stream(plain)

	const fresh, freshAtWitness = "arn:aws:dsql:us-east-1:000000000000:cluster/*", "arn:aws:dsql:us-west-2:000000000000:cluster/*"
	at := func(arn, region string) string { return strings.Replace(arn, east, region, 1) }
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"dsql:DbConnect","Resource":"*"}]}`
	target := object{"kinesis": object{"streamArn": kinesisARN, "roleArn": writerARN}}
	id := func(c *dsql.CreateClusterOutput) object { return object{"identifier": *c.Identifier} }
	with := func(in object, name string, value any) object { in[name] = value; return in }
	const witnessKey = "dsql:WitnessRegion"

	list := []taking{
		{otherAccount, east, "CreateCluster", object{"deletionProtectionEnabled": false}, []grant{
			{action: "dsql:CreateCluster", resource: strings.Replace(fresh, controlAccount, otherAccount, 1)},
			{"iam:CreateServiceLinkedRole", "arn:aws:iam::111111111111:role/aws-service-role/dsql.amazonaws.com/AWSServiceRoleForAuroraDsql", "iam:AWSServiceName", "dsql.amazonaws.com"},
		}},
		{otherAccount, east, "CreateCluster", object{}, []grant{{action: "dsql:CreateCluster", resource: strings.Replace(fresh, controlAccount, otherAccount, 1)}}},
	}
	own := func(region, operation string, in object, grants ...grant) {
		list = append(list, taking{controlAccount, region, operation, in, grants})
	}
	own(east, "CreateCluster", object{"tags": object{"team": "blue"}},
		grant{"dsql:CreateCluster", fresh, "aws:RequestTag/team", "blue"}, grant{"dsql:TagResource", fresh, "aws:RequestTag/team", "blue"})
	own(east, "CreateCluster", object{"policy": policy},
		grant{action: "dsql:CreateCluster", resource: fresh}, grant{action: "dsql:PutClusterPolicy", resource: fresh}, grant{action: "dsql:DeleteClusterPolicy", resource: fresh})
	witnessed := []grant{
		{"dsql:CreateCluster", fresh, witnessKey, witness}, {action: "dsql:PutMultiRegionProperties", resource: fresh},
		{"dsql:PutWitnessRegion", fresh, witnessKey, witness}, {"dsql:PutWitnessRegion", freshAtWitness, witnessKey, witness},
	}
	own(east, "CreateCluster", object{"multiRegionProperties": multi()}, witnessed...)
	own(east, "CreateCluster", object{"multiRegionProperties": multi(*second.Arn)}, append(witnessed[:4:4],
		grant{action: "dsql:AddPeerCluster", resource: fresh}, grant{"dsql:AddPeerCluster", *second.Arn, "aws:RequestedRegion", ohioRegion})...)
	own(east, "CreateCluster", object{"kmsEncryptionKey": "alias/team"}, append([]grant{{action: "dsql:CreateCluster", resource: fresh}}, s.kms("")...)...)

	own(east, "UpdateCluster", with(id(plain), "deletionProtectionEnabled", true), grant{action: "dsql:UpdateCluster", resource: *plain.Arn})
	own(east, "UpdateCluster", with(id(plain), "kmsEncryptionKey", s.key), append([]grant{{action: "dsql:UpdateCluster", resource: *plain.Arn}}, s.kms(*plain.Identifier)...)...)
	linking := []grant{
		{"dsql:UpdateCluster", *pair.Arn, witnessKey, witness}, {action: "dsql:GetCluster", resource: *pair.Arn}, {action: "dsql:PutMultiRegionProperties", resource: *pair.Arn},
		{"dsql:PutWitnessRegion", *pair.Arn, witnessKey, witness}, {"dsql:PutWitnessRegion", at(*pair.Arn, witness), witnessKey, witness},
		{action: "dsql:AddPeerCluster", resource: *pair.Arn},
	}
	own(east, "UpdateCluster", with(id(pair), "multiRegionProperties", multi(*ohio.Arn)), append(linking[:6:6], grant{action: "dsql:AddPeerCluster", resource: *ohio.Arn})...)
	own(east, "UpdateCluster", with(id(pair), "multiRegionProperties", multi(*second.Arn)), append(linking[:6:6],
		grant{action: "dsql:AddPeerCluster", resource: *second.Arn}, grant{"dsql:RemovePeerCluster", *ohio.Arn, "aws:RequestedRegion", ohioRegion})...)

	own(east, "CreateStream", object{"clusterIdentifier": *keyed.Identifier, "targetDefinition": target, "ordering": "UNORDERED", "format": "JSON", "tags": object{"a": "b"}},
		grant{"dsql:CreateStream", *keyed.Arn, "aws:RequestTag/a", "b"}, grant{action: "dsql:TagResource", resource: *keyed.Arn + "/stream/*"},
		grant{"iam:PassRole", writerARN, "iam:PassedToService", "dsql.amazonaws.com"}, grant{"kms:Decrypt", s.key, "kms:EncryptionContext:aws:dsql:ClusterId", *keyed.Identifier})
	own(east, "CreateStream", object{"clusterIdentifier": *plain.Identifier, "targetDefinition": target, "ordering": "UNORDERED", "format": "JSON"},
		grant{action: "dsql:CreateStream", resource: *plain.Arn}, grant{action: "iam:PassRole", resource: writerARN}, grant{action: "kms:Decrypt", resource: s.key})
	aStream := func(s *dsql.CreateStreamOutput) object {
		return object{"clusterIdentifier": *s.ClusterIdentifier, "streamIdentifier": *s.StreamIdentifier}
	}
	own(east, "GetStream", aStream(stream), grant{action: "dsql:GetStream", resource: *stream.Arn})
	own(east, "ListStreams", object{"clusterIdentifier": *plain.Identifier}, grant{action: "dsql:ListStreams", resource: *plain.Arn})
	own(east, "DeleteStream", aStream(old), grant{action: "dsql:DeleteStream", resource: *old.Arn})

	own(east, "PutClusterPolicy", with(id(gone), "policy", policy), grant{action: "dsql:PutClusterPolicy", resource: *gone.Arn}, grant{action: "dsql:DeleteClusterPolicy", resource: *gone.Arn})
	own(east, "GetClusterPolicy", id(gone), grant{action: "dsql:GetClusterPolicy", resource: *gone.Arn})
	own(east, "DeleteClusterPolicy", id(gone), grant{action: "dsql:DeleteClusterPolicy", resource: *gone.Arn})
	for _, arn := range []string{*plain.Arn, *stream.Arn} {
		own(east, "TagResource", object{"resourceArn": arn, "tags": object{"team": "blue"}}, grant{"dsql:TagResource", arn, "aws:RequestTag/team", "blue"})
		own(east, "ListTagsForResource", object{"resourceArn": arn}, grant{"dsql:ListTagsForResource", arn, "aws:ResourceTag/team", "blue"})
		own(east, "UntagResource", object{"resourceArn": arn, "tagKeys": []string{"team"}}, grant{"dsql:UntagResource", arn, "aws:ResourceTag/team", "blue"})
	}
	own(east, "GetCluster", id(plain), grant{"dsql:GetCluster", *plain.Arn, "aws:RequestedRegion", east})
	own(east, "GetVpcEndpointServiceName", id(plain), grant{action: "dsql:GetVpcEndpointServiceName", resource: *plain.Arn})
	own(ohioRegion, "ListClusters", object{}, grant{"dsql:ListClusters", "*", "aws:RequestedRegion", ohioRegion})
	own(east, "DeleteCluster", id(gone), grant{action: "dsql:DeleteCluster", resource: *gone.Arn})
	return list
}
