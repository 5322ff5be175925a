// Package sealed keeps what is written to disk secret and whole: a data key of 256 bits, and a file system whose files are encrypted with it.
//
// Everything is sealed with AES-256-GCM under keys derived from the data key, one for each file, so that no two messages ever share a key and a
// nonce. What was changed, moved or written with another key is an error that says so, never other bytes.
package sealed
