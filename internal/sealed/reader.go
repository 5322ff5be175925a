package sealed

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// reader reads one file. ReadAt is safe for concurrent use.
type reader struct {
	vfs.File
	name   string
	aead   cipher.AEAD
	layout layout
	at     int64 // of the next Read
}

// openReader finds out how a file of so many bytes on disk is laid out. What a crash left of writes that no sync had made durable is no part of
// the contents; what is damaged before that is an error.
func openReader(f vfs.File, key *Key, name string, bytes int64) (*reader, error) {
	r := &reader{File: f, name: name}
	if bytes < headerBytes { // empty, or torn before anything was durable
		return r, nil
	}
	header := make([]byte, headerBytes)
	if _, err := f.ReadAt(header, 0); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if string(header[:4]) != magic {
		return nil, fmt.Errorf("%w: %s is not a sealed file", ErrDamaged, name)
	}
	if v := binary.LittleEndian.Uint32(header[4:]); v != formatVersion {
		return nil, fmt.Errorf("sealed: %s has format %d, this program reads %d", name, v, formatVersion)
	}
	var err error
	if r.aead, err = key.AEAD(filePurpose, header[8:8+idBytes]); err != nil {
		return nil, err
	}
	if _, err := r.aead.Open(nil, headerNonce(), header[headerBytes-tagBytes:], header[:headerBytes-tagBytes]); err != nil {
		return nil, fmt.Errorf("%w: header of %s", ErrDamaged, name)
	}
	bytes -= headerBytes
	if bytes == 0 {
		return r, nil
	}
	if l, ok := regular(bytes); ok {
		h, err := r.lastHead(l)
		// A file that was synced once, at its end, is whole or nobody relies on it: what cannot be read in it is damage. In one that was
		// synced more often a crash may have left any part of what came after the last sync.
		if err == nil && h.durable == 0 {
			r.layout = l
			return r, nil
		}
		if err != nil && !errors.Is(err, ErrDamaged) {
			return nil, err
		}
	}
	r.layout, err = r.walk(bytes)
	return r, err
}

// lastHead reads the last chunk of a regular layout. The chunk's number proves the layout: so many chunks take so many bytes only when all before
// it are full.
func (r *reader) lastHead(l layout) (chunkHead, error) {
	p := l.find(l.size - 1)
	b := make([]byte, l.end-p.at)
	if _, err := r.File.ReadAt(b, headerBytes+p.at); err != nil && !errors.Is(err, io.EOF) {
		return chunkHead{}, fmt.Errorf("read %s: %w", r.name, err)
	}
	h, ok := headOf(b)
	if !ok || h.index != p.index || h.sealedBytes() != len(b) {
		return chunkHead{}, r.damaged(p.index)
	}
	if _, err := r.open(nil, b, h); err != nil {
		return chunkHead{}, r.damaged(p.index)
	}
	return h, nil
}

// walk reads the chunks one after the other.
func (r *reader) walk(bytes int64) (l layout, err error) {
	b := make([]byte, bytes)
	n, err := r.File.ReadAt(b, headerBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return l, fmt.Errorf("read %s: %w", r.name, err)
	}
	b = b[:n]
	var contents []byte
	for int(l.end) < len(b) {
		h, ok := headOf(b[l.end:])
		if ok = ok && h.index == l.chunks && h.sealedBytes() <= len(b[l.end:]); ok {
			contents, err = r.open(contents[:0], b[l.end:], h)
		}
		if !ok || err != nil {
			return l, r.judge(b[l.end:], l.chunks)
		}
		l.add(int(h.length))
	}
	return l, nil
}

// judge decides what it means that a chunk cannot be read: a later one that was written when it was durable proves damage; otherwise the
// write was torn. b begins with the chunk.
func (r *reader) judge(b []byte, index uint32) error {
	var contents []byte
	for at := 1; at+chunkOverhead < len(b); at++ {
		h, ok := headOf(b[at:])
		if !ok || h.durable <= index || h.sealedBytes() > len(b)-at {
			continue
		}
		var err error
		if contents, err = r.open(contents[:0], b[at:], h); err == nil {
			return r.damaged(index)
		}
	}
	return nil
}

func (r *reader) damaged(index uint32) error {
	return fmt.Errorf("%w: chunk %d of %s", ErrDamaged, index, r.name)
}

// open appends the contents of the chunk at the start of b to dst. dst may be the chunk's own place in b.
func (r *reader) open(dst, b []byte, h chunkHead) ([]byte, error) {
	var nonce [nonceBytes]byte
	putChunkNonce(&nonce, h.index)
	return r.aead.Open(dst, nonce[:], b[chunkHeadBytes:h.sealedBytes()], b[:chunkHeadBytes])
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// spanBytes bounds what is read from the disk at once.
const spanBytes = 1 << 20

// ReadAt reads contents at an offset.
func (r *reader) ReadAt(p []byte, offset int64) (int, error) {
	if offset < 0 {
		return 0, fmt.Errorf("read %s: offset %d", r.name, offset)
	}
	whole := len(p)
	p = p[:min(int64(whole), max(r.layout.size-offset, 0))]
	read := 0
	for read < len(p) {
		n, err := r.readSpan(p[read:], offset+int64(read))
		read += n
		if err != nil {
			return read, err
		}
	}
	if read < whole {
		return read, io.EOF
	}
	return read, nil
}

// readSpan reads at least one chunk's part of p, which lies in the contents.
func (r *reader) readSpan(p []byte, offset int64) (int, error) {
	p = p[:min(len(p), spanBytes)]
	first := r.layout.find(offset)
	from, to := first.at, r.layout.next(r.layout.find(offset+int64(len(p))-1)).at
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	if int64(cap(*buffer)) < to-from {
		*buffer = make([]byte, to-from)
	}
	b := (*buffer)[:to-from]
	if n, err := r.File.ReadAt(b, headerBytes+from); n < len(b) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return 0, fmt.Errorf("read %s: %w", r.name, err)
	}
	read := 0
	for c := first; read < len(p); c = r.layout.next(c) {
		chunk := b[c.at-from:]
		length := r.layout.next(c).offset - c.offset
		h, ok := headOf(chunk)
		if !ok || h.index != c.index || int64(h.length) != length {
			return read, r.damaged(c.index)
		}
		skip := int(offset + int64(read) - c.offset)
		if skip == 0 && len(p)-read >= int(length) {
			if _, err := r.open(p[read:read:read+int(length)], chunk, h); err != nil {
				return read, r.damaged(c.index)
			}
			read += int(length)
			continue
		}
		contents, err := r.open(chunk[chunkHeadBytes:chunkHeadBytes], chunk, h)
		if err != nil {
			return read, r.damaged(c.index)
		}
		read += copy(p[read:], contents[skip:])
	}
	return read, nil
}

// Read reads on.
func (r *reader) Read(p []byte) (int, error) {
	n, err := r.ReadAt(p, r.at)
	r.at += int64(n)
	if n > 0 && errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// Prefetch asks for a part of the contents to be fetched from the disk.
func (r *reader) Prefetch(offset, length int64) error {
	end := min(offset+length, r.layout.size)
	if offset < 0 || offset >= end {
		return nil
	}
	from := r.layout.find(offset).at
	return r.File.Prefetch(headerBytes+from, r.layout.next(r.layout.find(end-1)).at-from)
}

// Stat describes the file; its size is that of the contents.
func (r *reader) Stat() (vfs.FileInfo, error) {
	info, err := r.File.Stat()
	if err != nil {
		return nil, err
	}
	return sizedInfo{info, r.layout.size}, nil
}

// Write is refused.
func (r *reader) Write([]byte) (int, error) { return 0, fmt.Errorf("%w: %s", errInPlace, r.name) }

// WriteAt is refused.
func (r *reader) WriteAt(p []byte, _ int64) (int, error) { return r.Write(p) }

// Fd is none: the bytes on disk are not the contents.
func (r *reader) Fd() uintptr { return vfs.InvalidFd }
