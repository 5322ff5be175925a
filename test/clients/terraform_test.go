package clients

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opendsql/opendsql/test/server"
)

// linkedConfiguration is two clusters of two Regions, and the peering of each with the other.
const linkedConfiguration = `
terraform {
  required_providers { aws = { source = "hashicorp/aws" } }
}
variable "api" {}
variable "key" {}
variable "secret" {}
provider "aws" {
  region                      = "us-east-1"
  access_key                  = var.key
  secret_key                  = var.secret
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  endpoints { dsql = var.api }
}
provider "aws" {
  alias                       = "ohio"
  region                      = "us-east-2"
  access_key                  = var.key
  secret_key                  = var.secret
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  endpoints { dsql = var.api }
}
resource "aws_dsql_cluster" "east" {
  deletion_protection_enabled = false
  multi_region_properties { witness_region = "us-west-2" }
}
resource "aws_dsql_cluster" "ohio" {
  provider                    = aws.ohio
  deletion_protection_enabled = false
  multi_region_properties { witness_region = "us-west-2" }
}
resource "aws_dsql_cluster_peering" "east" {
  identifier     = aws_dsql_cluster.east.identifier
  clusters       = [aws_dsql_cluster.ohio.arn]
  witness_region = aws_dsql_cluster.east.multi_region_properties[0].witness_region
}
resource "aws_dsql_cluster_peering" "ohio" {
  provider       = aws.ohio
  identifier     = aws_dsql_cluster.ohio.identifier
  clusters       = [aws_dsql_cluster.east.arn]
  witness_region = aws_dsql_cluster.ohio.multi_region_properties[0].witness_region
}
`

// Terraform makes two linked clusters, finds nothing to change afterwards, and removes them. It is shown where terraform is installed and
// OPENDSQL_TERRAFORM_PLUGINS names a directory of providers, as terraform init -plugin-dir takes it; the provider's own pauses make it minutes long.
func TestTerraformPeering(t *testing.T) {
	plugins := os.Getenv("OPENDSQL_TERRAFORM_PLUGINS")
	if _, err := exec.LookPath("terraform"); err != nil || plugins == "" {
		t.Log("not shown: no terraform, or OPENDSQL_TERRAFORM_PLUGINS is not set")
		return
	}
	p := server.Run(t, program)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(linkedConfiguration), 0o600); err != nil {
		t.Fatal(err)
	}
	terraform := func(want string, args ...string) {
		t.Helper()
		c := exec.CommandContext(t.Context(), "terraform", append(args, "-no-color")...)
		c.Dir = dir
		c.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1", "TF_CLI_CONFIG_FILE="+os.DevNull,
			"TF_VAR_api="+p.API, "TF_VAR_key="+p.Root.AccessKeyID, "TF_VAR_secret="+p.Root.SecretAccessKey)
		out, err := c.CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Fatalf("terraform %v: %v\n%s", args, err, out)
		}
	}
	terraform("successfully initialized", "init", "-plugin-dir="+plugins)
	terraform("4 added", "apply", "-auto-approve")
	terraform("No changes", "plan", "-detailed-exitcode")
	terraform("4 destroyed", "destroy", "-auto-approve")
	if left, err := os.ReadDir(filepath.Join(p.Dir, "clusters")); err != nil || len(left) != 1 {
		t.Errorf("left on disk: %v, %v", left, err)
	}
}
