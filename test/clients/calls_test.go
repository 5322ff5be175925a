package clients

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dsql"
	"github.com/aws/aws-sdk-go-v2/service/dsql/types"

	"github.com/opendsql/opendsql/iam"
	"github.com/opendsql/opendsql/test/server"
)

// callGo makes the calls with the SDK for Go, whose methods and inputs have the names of the model.
func callGo(t *testing.T, p *server.Process, list []apiCall) {
	for _, c := range list {
		client := sdkClient(p, c.Region, iam.Credential{AccessKeyID: c.Key, SecretAccessKey: c.Secret})
		method := reflect.ValueOf(client).MethodByName(c.Operation)
		in := reflect.New(method.Type().In(1).Elem())
		fill(t, in.Interface(), c.Input)
		err, _ := method.Call([]reflect.Value{reflect.ValueOf(t.Context()), in})[1].Interface().(error)
		var denied *types.AccessDeniedException
		switch {
		case c.Denied == "" && err != nil:
			t.Errorf("%s: %v", c.Name, err)
		case c.Denied != "" && !errors.As(err, &denied):
			t.Errorf("%s: %v, want AccessDeniedException %s", c.Name, err, c.Denied)
		case c.Denied != "" && denied.ErrorMessage() != c.Denied:
			t.Errorf("%s: %s, want %s", c.Name, denied.ErrorMessage(), c.Denied)
		}
	}
}

// fill puts the members of a call's input into the SDK's. The union has a type of its own for its one member.
func fill(t *testing.T, in any, members map[string]any) {
	t.Helper()
	rest := map[string]any{}
	for name, value := range members {
		if stream, ok := in.(*dsql.CreateStreamInput); ok && name == "targetDefinition" {
			k := value.(map[string]any)["kinesis"].(map[string]any)
			stream.TargetDefinition = &types.TargetDefinitionMemberKinesis{
				Value: types.KinesisTargetDefinition{StreamArn: aws.String(k["streamArn"].(string)), RoleArn: aws.String(k["roleArn"].(string))},
			}
			continue
		}
		rest[name] = value
	}
	text, err := json.Marshal(rest)
	if err == nil {
		err = json.Unmarshal(text, in)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// callsFile writes the calls for a program to read.
func callsFile(t *testing.T, list []apiCall) string {
	t.Helper()
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "calls.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func callNode(t *testing.T, p *server.Process, list []apiCall) {
	if path, ok := server.NodePath(t, "@aws-sdk/client-dsql"); ok {
		server.Show(t, append(p.Environment(t), "NODE_PATH="+path), "ok", "node", "--no-warnings", "testdata/calls.js", callsFile(t, list))
	}
}

func callBoto3(t *testing.T, p *server.Process, list []apiCall) {
	if python := botoPython(t); python != "" {
		server.Show(t, p.Environment(t), "ok", python, "testdata/calls.py", callsFile(t, list))
	}
}

// botoPython finds an interpreter whose boto3 knows streams.
func botoPython(t *testing.T) string {
	t.Helper()
	python := server.Python(t, "boto3")
	if python == "" {
		return ""
	}
	if err := exec.Command(python, "-c", "import boto3; boto3.client('dsql', region_name='us-east-1').create_stream").Run(); err != nil {
		t.Logf("not shown: boto3 is older than the operations on streams")
		return ""
	}
	return python
}
