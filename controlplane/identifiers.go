package controlplane

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// ServiceRegions are the Regions the service exists in.
func ServiceRegions() []string {
	return []string{
		"us-east-1", "us-east-2", "us-west-2",
		"ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
		"ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-southeast-4",
		"ca-central-1", "ca-west-1",
		"eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3",
		"sa-east-1",
	}
}

// newID makes a cluster id: 16 random bytes in lowercase base32, 26 characters.
func newID(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("make a cluster id: %w", err)
	}
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:])), nil
}

// partition is the ARN partition a Region belongs to.
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// clusterARN names a cluster everywhere.
func clusterARN(region, account, id string) string {
	return "arn:" + partition(region) + ":dsql:" + region + ":" + account + ":cluster/" + id
}

// streamARN names a stream of a cluster everywhere.
func streamARN(region, account, cluster, stream string) string {
	return clusterARN(region, account, cluster) + "/stream/" + stream
}

// arnParts are the parts of a cluster's ARN that matter here.
type arnParts struct {
	region, account, id string
}

// parseClusterARN takes an ARN that matches the pattern apart; ok is false also
// when its partition is not the Region's.
func parseClusterARN(arn string) (parts arnParts, ok bool) {
	if !clusterARNPattern.MatchString(arn) {
		return arnParts{}, false
	}
	f := strings.Split(arn, ":")
	parts = arnParts{region: f[3], account: f[4], id: strings.TrimPrefix(f[5], "cluster/")}
	return parts, f[1] == partition(parts.region)
}

// endpoint is the host name SQL clients connect to.
func endpoint(region, id string) string {
	return id + ".dsql." + region + ".on.aws"
}

// serviceIdentifier is the label that names a Region's PrivateLink service. It is
// stable, shared by the clusters of a Region, and of the form every version of
// the service model accepts.
func serviceIdentifier(region string) string {
	sum := sha256.Sum256([]byte("vpc endpoint service of " + region))
	return "dsql-" + hex.EncodeToString(sum[:3])
}

// vpcServiceName is the name of a Region's PrivateLink service.
func vpcServiceName(region string) string {
	return "com.amazonaws." + region + "." + serviceIdentifier(region)
}

// vpcEndpoint is a cluster's host name through PrivateLink.
func vpcEndpoint(region, id string) string {
	return id + "." + serviceIdentifier(region) + "." + region + ".on.aws"
}
