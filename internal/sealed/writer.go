package sealed

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// writer writes one file. Used by one goroutine at a time, as every vfs.File that is written.
type writer struct {
	vfs.File
	name    string
	aead    cipher.AEAD
	header  []byte // nil once it is written
	layout  layout // of what is written
	pending []byte // contents of the chunk that is not full yet
	durable uint32 // chunks that a sync has made durable
	out     []byte
	failure error // of a write: what is on disk is not known, and no chunk is sealed twice
}

// newWriter begins a file. Its header is written with the first chunk: an empty file is empty.
func newWriter(f vfs.File, key *Key, name string) (*writer, error) {
	header := make([]byte, headerBytes-tagBytes, headerBytes)
	copy(header, magic)
	binary.LittleEndian.PutUint32(header[4:], formatVersion)
	rand.Read(header[8:])
	a, err := key.AEAD(filePurpose, header[8:8+idBytes])
	if err != nil {
		return nil, err
	}
	header = a.Seal(header, headerNonce(), nil, header)
	return &writer{File: f, name: name, aead: a, header: header}, nil
}

// headerNonce is no chunk's.
func headerNonce() []byte {
	n := make([]byte, nonceBytes)
	for i := range n {
		n[i] = 0xff
	}
	return n
}

func putChunkNonce(n *[nonceBytes]byte, index uint32) {
	binary.BigEndian.PutUint32(n[nonceBytes-4:], index)
}

// Write takes in contents, and writes the chunks they fill.
func (w *writer) Write(p []byte) (int, error) {
	if w.failure != nil {
		return 0, w.failure
	}
	taken := len(p)
	if len(w.pending) > 0 {
		n := min(len(p), chunkBytes-len(w.pending))
		w.pending, p = append(w.pending, p[:n]...), p[n:]
		if len(w.pending) == chunkBytes {
			w.seal(w.pending)
			w.pending = w.pending[:0]
		}
	}
	for ; len(p) >= chunkBytes; p = p[chunkBytes:] {
		w.seal(p[:chunkBytes])
	}
	w.pending = append(w.pending, p...)
	if err := w.flush(); err != nil {
		return 0, err
	}
	return taken, nil
}

// seal appends a chunk to what is to be written.
func (w *writer) seal(contents []byte) {
	if w.header != nil {
		w.out = append(w.out, w.header...)
		w.header = nil
	}
	h := chunkHead{index: w.layout.chunks, durable: w.durable, length: uint32(len(contents))}
	at := len(w.out)
	w.out = append(w.out, make([]byte, chunkHeadBytes)...)
	h.put(w.out[at:])
	var nonce [nonceBytes]byte
	putChunkNonce(&nonce, h.index)
	w.out = w.aead.Seal(w.out, nonce[:], contents, w.out[at:at+chunkHeadBytes])
	w.layout.add(len(contents))
}

// flush writes what is sealed.
func (w *writer) flush() error {
	if len(w.out) == 0 {
		return nil
	}
	n, err := w.File.Write(w.out)
	if err == nil && n < len(w.out) {
		err = io.ErrShortWrite
	}
	if w.out = w.out[:0]; cap(w.out) > 1<<20 {
		w.out = nil
	}
	if err != nil {
		w.failure = fmt.Errorf("write %s: %w", w.name, err)
	}
	return w.failure
}

// cut seals the contents that do not fill a chunk, and writes everything.
func (w *writer) cut() error {
	if w.failure == nil && len(w.pending) > 0 {
		w.seal(w.pending)
		w.pending = w.pending[:0]
	}
	if w.failure != nil {
		return w.failure
	}
	return w.flush()
}

// Sync makes everything durable.
func (w *writer) Sync() error { return w.sync(w.File.Sync) }

// SyncData makes everything but the file's times durable.
func (w *writer) SyncData() error { return w.sync(w.File.SyncData) }

func (w *writer) sync(how func() error) error {
	if err := w.cut(); err != nil {
		return err
	}
	if err := how(); err != nil {
		return err
	}
	w.durable = w.layout.chunks
	return nil
}

// SyncTo begins to bring what is written to disk; it promises nothing.
func (w *writer) SyncTo(length int64) (bool, error) {
	if w.failure != nil {
		return false, w.failure
	}
	if w.layout.size == 0 || length <= 0 {
		return false, nil
	}
	p := w.layout.find(min(length, w.layout.size) - 1)
	_, err := w.File.SyncTo(headerBytes + w.layout.next(p).at)
	return false, err
}

// Preallocate does nothing: how long the sealed file becomes is not known.
func (w *writer) Preallocate(int64, int64) error { return nil }

// WriteAt is refused.
func (w *writer) WriteAt([]byte, int64) (int, error) {
	return 0, fmt.Errorf("%w: %s", errInPlace, w.name)
}

// Read is refused: what is being written is opened for reading by its name.
func (w *writer) Read([]byte) (int, error) {
	return 0, fmt.Errorf("sealed: %s is open for writing", w.name)
}

// ReadAt is refused, as Read is.
func (w *writer) ReadAt(p []byte, _ int64) (int, error) { return w.Read(p) }

// Prefetch does nothing: nothing is read here.
func (w *writer) Prefetch(int64, int64) error { return nil }

// Stat describes the file; its size is that of everything taken in.
func (w *writer) Stat() (vfs.FileInfo, error) {
	info, err := w.File.Stat()
	if err != nil {
		return nil, err
	}
	return sizedInfo{info, w.layout.size + int64(len(w.pending))}, nil
}

// Fd is the sealed file's. That there is one tells the engine that SyncTo does not wait for the disk; else it would sync, and cut a chunk short,
// after each half a megabyte. Nobody may write through it.
func (w *writer) Fd() uintptr { return w.File.Fd() }

// Close writes what is left and closes the file.
func (w *writer) Close() error {
	err := w.cut()
	if closeErr := w.File.Close(); err == nil {
		err = closeErr
	}
	return err
}
