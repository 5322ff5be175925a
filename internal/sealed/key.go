package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
)

// KeyBytes is the size of a key.
const KeyBytes = 32

// ErrDamaged: sealed bytes are not what was sealed, or were sealed with another key. The two cannot be told apart.
var ErrDamaged = errors.New("sealed: damaged, or sealed with another key")

// Key is a key of 256 bits. It is not written anywhere but wrapped by another, and prints as nothing.
type Key struct{ secret [KeyBytes]byte }

// NewKey makes a random key.
func NewKey() *Key {
	k := &Key{}
	rand.Read(k.secret[:]) // never fails: crypto/rand ends the program instead
	return k
}

// KeyOf is the key whose bytes are given.
func KeyOf(secret []byte) (*Key, error) {
	if len(secret) != KeyBytes {
		return nil, fmt.Errorf("sealed: a key has %d bytes, not %d", KeyBytes, len(secret))
	}
	return &Key{secret: [KeyBytes]byte(secret)}, nil
}

// Secret are the key's bytes: for a key ring, which keeps them.
func (k *Key) Secret() []byte { return k.secret[:] }

// String keeps keys out of logs.
func (k *Key) String() string { return "(key)" }

// GoString keeps keys out of logs.
func (k *Key) GoString() string { return "(key)" }

// AEAD gives AES-256-GCM with a key of its own, derived from k for a purpose and a salt.
func (k *Key) AEAD(purpose string, salt []byte) (cipher.AEAD, error) {
	derived, err := hkdf.Key(sha256.New, k.secret[:], salt, purpose, KeyBytes)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

const (
	wrapPurpose  = "opendsql wrapped key"
	wrapSalt     = 16
	nonceBytes   = 12
	tagBytes     = 16
	wrappedBytes = wrapSalt + KeyBytes + tagBytes
)

// Wrap seals a key with k. The context is not kept: whoever unwraps must know it.
func (k *Key) Wrap(key *Key, context string) ([]byte, error) {
	wrapped := make([]byte, wrapSalt, wrappedBytes)
	rand.Read(wrapped)
	// The key is new for each salt, so its nonce is used once.
	a, err := k.AEAD(wrapPurpose, wrapped)
	if err != nil {
		return nil, err
	}
	return a.Seal(wrapped, make([]byte, nonceBytes), key.secret[:], []byte(context)), nil
}

// Unwrap gives the key that was wrapped with k in the context.
func (k *Key) Unwrap(wrapped []byte, context string) (*Key, error) {
	if len(wrapped) != wrappedBytes {
		return nil, fmt.Errorf("%w: a wrapped key has %d bytes, not %d", ErrDamaged, wrappedBytes, len(wrapped))
	}
	a, err := k.AEAD(wrapPurpose, wrapped[:wrapSalt])
	if err != nil {
		return nil, err
	}
	secret, err := a.Open(nil, make([]byte, nonceBytes), wrapped[wrapSalt:], []byte(context))
	if err != nil {
		return nil, fmt.Errorf("%w: wrapped key", ErrDamaged)
	}
	return KeyOf(secret)
}
