package controlplane

import (
	"regexp"
	"strings"
)

// awsOwnedKey is the reserved name of the key the service owns.
const awsOwnedKey = "AWS_OWNED_KMS_KEY"

// EncryptionDetails tells how a cluster is encrypted.
type EncryptionDetails struct {
	EncryptionType   string `json:"encryptionType"`
	EncryptionStatus string `json:"encryptionStatus"`
	KmsKeyArn        string `json:"kmsKeyArn,omitempty"`
}

// encryptionDetails of every cluster, as long as there are no customer keys.
func encryptionDetails() *EncryptionDetails {
	return &EncryptionDetails{EncryptionType: awsOwnedKey, EncryptionStatus: "ENABLED"}
}

var (
	keyIDForm    = regexp.MustCompile(`\A([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|mrk-[0-9a-f]{32})\z`)
	aliasForm    = regexp.MustCompile(`\Aalias/[a-zA-Z0-9/_-]+\z`)
	keyOrAlias   = regexp.MustCompile(`\Aarn:aws(-[^:]+)?:kms:([a-z0-9-]+):([0-9]{12}):(key/[a-zA-Z0-9-]+|alias/[a-zA-Z0-9/_-]+)\z`)
	kmsFormsText = "Member must be a key ARN, a key ID, an alias ARN, an alias name or " + awsOwnedKey
)

// checkKmsKey checks the form of a key's name.
func checkKmsKey(v *violations, key *string) {
	if key == nil {
		return
	}
	before := len(v.fields)
	v.text("/kmsEncryptionKey", key, 1, 2048, kmsKeyPattern)
	if len(v.fields) == before && *key != awsOwnedKey && !keyIDForm.MatchString(*key) && !aliasForm.MatchString(*key) && !keyOrAlias.MatchString(*key) {
		v.add("/kmsEncryptionKey", kmsFormsText)
	}
}

// findKmsKey decides whether a well-formed key can be used in a Region. There is
// no key ring yet, so no customer key exists.
func findKmsKey(key *string, region string) error {
	if key == nil || *key == awsOwnedKey {
		return nil
	}
	if m := keyOrAlias.FindStringSubmatch(*key); m != nil && m[2] != region {
		return invalid(reasonOther, "The KMS key "+*key+" is not in Region "+region+".")
	}
	name := *key
	if strings.HasPrefix(name, "alias/") {
		return invalid(reasonOther, "The KMS alias "+name+" does not exist.")
	}
	return invalid(reasonOther, "The KMS key "+name+" does not exist.")
}
