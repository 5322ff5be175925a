package raft

import (
	"crypto/cipher"
	"testing"
)

// BenchmarkEndGroup is what sealing adds to the group of one small commit.
func BenchmarkEndGroup(b *testing.B) {
	for _, c := range []struct {
		name string
		seal cipher.AEAD
	}{{"plain", nil}, {"sealed", testSeal(b, 1)}} {
		b.Run(c.name, func(b *testing.B) {
			var buf []byte
			items := make([]byte, 600)
			for b.Loop() {
				buf = append(beginGroup(buf), items...)
				buf = endGroup(buf, groupHeader{identity: 1, segment: 1, number: 1}, c.seal)
			}
		})
	}
}
