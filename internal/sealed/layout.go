package sealed

import (
	"encoding/binary"
	"sort"
)

// A sealed file is a header and chunks. Bytes that were written are never written again: a chunk that a sync cut short stays short, and the next
// one follows it. So a write that is torn by a crash cannot harm what was durable before.
const (
	magic         = "ODSF"
	formatVersion = 1
	idBytes       = 16
	headerBytes   = 4 + 4 + idBytes + tagBytes

	chunkBytes     = 4096 // of contents, in a full chunk
	chunkHeadBytes = 12
	chunkOverhead  = chunkHeadBytes + tagBytes
	filePurpose    = "opendsql sealed file"
)

// chunkHead stands before a chunk, readable and guarded by the chunk's tag.
type chunkHead struct {
	index   uint32 // from 0
	durable uint32 // chunks that a sync had made durable when this one was written
	length  uint32 // of the contents
}

func (h chunkHead) put(b []byte) {
	binary.LittleEndian.PutUint32(b, h.index)
	binary.LittleEndian.PutUint32(b[4:], h.durable)
	binary.LittleEndian.PutUint32(b[8:], h.length)
}

// headOf reads a chunk's head; false when no chunk has such a one.
func headOf(b []byte) (chunkHead, bool) {
	if len(b) < chunkHeadBytes {
		return chunkHead{}, false
	}
	h := chunkHead{binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])}
	return h, h.length > 0 && h.length <= chunkBytes && h.durable <= h.index
}

// sealedBytes is how long the chunk is on disk.
func (h chunkHead) sealedBytes() int { return chunkOverhead + int(h.length) }

// layout says where the chunks of a file lie. The zero value is an empty file.
type layout struct {
	size   int64   // of the contents
	chunks uint32  // all
	end    int64   // of the chunks on disk, counted from the first
	after  []place // where chunks begin that follow a short one; between two places every chunk is full
}

// place is where a chunk begins.
type place struct {
	index  uint32
	offset int64 // in the contents
	at     int64 // on disk, counted from the first chunk
}

// add takes in the next chunk.
func (l *layout) add(length int) {
	l.size += int64(length)
	l.end += int64(length + chunkOverhead)
	l.chunks++
	if length < chunkBytes {
		l.after = append(l.after, place{l.chunks, l.size, l.end})
	}
}

// find is the place of the chunk that holds an offset, which must lie in the contents.
func (l *layout) find(offset int64) place {
	var from place
	if i := sort.Search(len(l.after), func(i int) bool { return l.after[i].offset > offset }); i > 0 {
		from = l.after[i-1]
	}
	full := (offset - from.offset) / chunkBytes
	return place{from.index + uint32(full), from.offset + full*chunkBytes, from.at + full*(chunkBytes+chunkOverhead)}
}

// next is where the chunk after one begins.
func (l *layout) next(p place) place {
	n := place{p.index + 1, p.offset + chunkBytes, p.at + chunkBytes + chunkOverhead}
	// Only a short chunk makes an entry, and the entry is of the chunk after it.
	if i := sort.Search(len(l.after), func(i int) bool { return l.after[i].index >= n.index }); i < len(l.after) && l.after[i].index == n.index {
		return l.after[i]
	}
	return n
}

// regular is the layout of so many bytes on disk when every chunk but the last is full; false when there is none.
func regular(bytes int64) (layout, bool) {
	full, rest := bytes/(chunkBytes+chunkOverhead), bytes%(chunkBytes+chunkOverhead)
	if full > 1<<32-2 || rest > 0 && rest <= chunkOverhead {
		return layout{}, false
	}
	l := layout{size: full * chunkBytes, chunks: uint32(full), end: full * (chunkBytes + chunkOverhead)}
	if rest > 0 {
		l.add(int(rest - chunkOverhead))
	}
	return l, true
}
