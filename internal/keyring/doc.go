// Package keyring stands in for AWS KMS on this machine: customer keys with their states and aliases, and the key the node owns.
//
// Key material never leaves the package: it wraps and unwraps the data keys of others, as long as its key is enabled.
package keyring
