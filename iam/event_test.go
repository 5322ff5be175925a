package iam

import "testing"

// Kinds of callers.
func TestUserIdentity(t *testing.T) {
	for arn, kind := range map[string]string{"": "Unknown", "arn:aws:iam::1:root": "Root", "arn:aws:iam::1:user/a": "IAMUser", "arn:aws:sts::1:assumed-role/r/s": "AssumedRole"} {
		if got := userIdentity(Identity{PrincipalARN: arn}).Group()[0].Value.String(); got != kind {
			t.Errorf("%q is a %s", arn, got)
		}
	}
}
