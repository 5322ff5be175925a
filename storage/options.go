package storage

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/cockroachkvs"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/internal/sealed"
)

// Defaults of Options. Memory is taken as it is used: an empty store holds a quarter of a MiB of memtable and no cache.
const (
	ageLimitDefault      = 300 * time.Second
	flushEveryDefault    = 30 * time.Second
	cacheBytesDefault    = 128 << 20
	blockBytesDefault    = 256 << 20
	rowBytesDefault      = 160 << 20
	memtableBytesDefault = 32 << 20
)

// pebbleFormat pins the engine's on-disk format. Raising it is a format change: see docs/formats/storage.md.
const pebbleFormat = pebble.FormatTableFormatV6

// Options are the choices of a store. The zero value means the defaults.
type Options struct {
	// FS is the file system; crash and error tests put their own in.
	FS vfs.FS
	// Key encrypts every file; nil: files are readable.
	Key *sealed.Key
	// Clock measures ages.
	Clock clock.Clock
	Log   *slog.Logger
	// AgeLimit is how long a snapshot stays readable; older versions than it needs are removed. Default 300 s.
	AgeLimit time.Duration
	// FlushEvery is the longest time an applied commit waits before it is written to disk. Default 30 s.
	FlushEvery time.Duration
	// Cache is shared between stores when set; else the store makes its own, of CacheSizes.
	Cache      *Cache
	CacheSizes CacheSizes
	// MemtableBytes bounds the writes that are gathered in memory before a flush.
	MemtableBytes int64
	// Manual leaves flushing and sweeping to calls of Flush and Sweep: for the simulation and for tests.
	Manual bool
}

func (o Options) withDefaults() Options {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.AgeLimit <= 0 {
		o.AgeLimit = ageLimitDefault
	}
	if o.FlushEvery <= 0 {
		o.FlushEvery = flushEveryDefault
	}
	if o.MemtableBytes <= 0 {
		o.MemtableBytes = memtableBytesDefault
	}
	return o
}

// pebbleOptions describes the engine: no log of its own, keys and blocks laid out for skipping versions.
func (s *Store) pebbleOptions(cache *Cache) *pebble.Options {
	fs := s.options.FS
	if s.options.Key != nil {
		fs = sealed.NewFS(fs, s.options.Key)
	}
	o := &pebble.Options{
		FS:                      fs,
		Cache:                   cache.files,
		Comparer:                &cockroachkvs.Comparer,
		KeySchema:               cockroachkvs.KeySchema.Name,
		KeySchemas:              sstable.MakeKeySchemas(&cockroachkvs.KeySchema),
		BlockPropertyCollectors: cockroachkvs.BlockPropertyCollectors,
		FormatMajorVersion:      pebbleFormat,
		DisableWAL:              true,
		MemTableSize:            uint64(s.options.MemtableBytes),
		// Four memtables absorb a burst while one is written.
		MemTableStopWritesThreshold: 4,
		L0CompactionThreshold:       2,
		L0StopWritesThreshold:       1000,
		LBaseMaxBytes:               64 << 20,
		MaxOpenFiles:                1000,
		CompactionConcurrencyRange:  func() (int, int) { return 1, 2 },
		Logger:                      engineLog{s.log},
		EventListener: &pebble.EventListener{
			FlushEnd: func(pebble.FlushInfo) {
				select {
				case s.flushed <- struct{}{}:
				default:
				}
			},
			BackgroundError: s.backgroundFailed,
		},
	}
	for i := range o.Levels {
		o.Levels[i] = pebble.LevelOptions{
			BlockSize:      32 << 10,
			IndexBlockSize: 256 << 10,
			FilterPolicy:   bloom.FilterPolicy(10),
			FilterType:     pebble.TableFilter,
		}
	}
	// Few large files: a point read that moves from file to file costs as much again as one that does not.
	o.TargetFileSizes[0] = 16 << 20
	o.Experimental.EnableColumnarBlocks = func() bool { return true }
	o.Experimental.EnableValueBlocks = func() bool { return true }
	o.Experimental.SpanPolicyFunc = ownRecordsApart
	return o
}

// ownRecordsApart keeps the store's own records and data in different files. Every flush writes the record of the applied position; in one file with the
// data, which sorts far behind it, it would make each flushed file overlap all that lies between, and each compaction write the
// whole store anew. So what a bulk load appends in key order is moved from level to level and not rewritten.
func ownRecordsApart(start []byte) (pebble.SpanPolicy, []byte, error) {
	if start[0] < dataSpace {
		return pebble.SpanPolicy{PreferFastCompression: true}, firstDataKey, nil
	}
	return pebble.SpanPolicy{}, nil, nil
}

var firstDataKey = appendPrefix(nil, nil)

// failureLogEvery bounds how often a failure is logged that the engine meets again with each try.
const failureLogEvery = clock.Time(time.Second)

// backgroundFailed logs that a flush or a compaction failed; the engine tries again.
func (s *Store) backgroundFailed(err error) {
	now, last := s.clock.Now(), clock.Time(s.failureLogged.Load())
	if now-last >= failureLogEvery && s.failureLogged.CompareAndSwap(int64(last), int64(now)) {
		s.log.Error("storage background work failed", "error", err.Error()) // its own formatting would add a stack
	}
	select {
	case s.failed <- err:
	default: // nobody waits, or one is enough
	}
}

// engineLog hands the engine's messages to the structured log.
type engineLog struct{ log *slog.Logger }

func (l engineLog) Infof(format string, args ...any) {
	l.log.Debug("storage engine message", "text", fmt.Sprintf(format, args...))
}

func (l engineLog) Errorf(format string, args ...any) {
	l.log.Error("storage engine message", "text", fmt.Sprintf(format, args...))
}

// Fatalf ends the process, as the engine demands: its state in memory is no longer trustworthy, such as after a manifest whose
// sync failed. Nothing is lost, because the journal has every commit.
func (l engineLog) Fatalf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	l.log.Error("storage engine cannot go on", "text", text)
	panic("storage: " + text)
}
