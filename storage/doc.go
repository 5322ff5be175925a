// Package storage keeps every version of every row and answers reads as of a time.
//
// A Store is a cache of a journal: it owns no durability. Commits enter through Apply, in journal order, and
// the position of the last one travels in the same batch as its writes, so what a restart finds on disk is always
// the exact state after some prefix of the journal; replaying from Applied brings back the rest. There is no
// write-ahead log below it. A background flush moves the durable prefix forward, and Durable says how far, so that the
// journal can be trimmed.
//
// The promises, by the names architecture.md gives them:
//
//   - I3: a snapshot at t is served only when every commit through t has been applied; else ErrIncomplete.
//   - I8: a snapshot older than the age limit is refused with ErrTooOld, and versions that no snapshot within the limit can need are
//     removed in the background, in small paced batches that reads and writes never wait for.
//   - I10: the versions of a key are ordered by commit time, which is journal order; the state at any served time depends
//     on the journal alone. Apply panics when commit times do not increase.
//
// Why a read never sees a hole left by the removal of old versions: the sweeper publishes the new horizon before it deletes
// anything, and a reader compares its time with the horizon after it has fixed the state it reads (a Pebble iterator). A state fixed
// before a deletion still holds the deleted versions; one fixed after it is compared with the horizon that allowed the deletion.
//
// Keys and values are bytes to this package: an order-preserving key, an opaque value. Nothing here knows SQL.
//
// # Point reads
//
// Get asks three places, the cheapest first: the newest versions kept of keys that were read or written lately (rows); files alone, when nothing was written to
// the key since what is in them (recent); the engine with all it has in memory. The comments on rows and recent say why none of them shows a wrong version.
//
// # Memory
//
// A Cache bounds what is kept to be read again: blocks of files, decoded ranges, single rows. Stores that share one are bounded together. Memtables, and the
// keys and changes since a flush or a build, are each store's own and not counted there.
//
// # Decoded ranges
//
// ScanBlocks walks a span in a form its reader decoded once: tiles of some thousand rows, kept in the cache and shared by all readers. A reader wants parts,
// such as columns, and a tile has a variant for each that was wanted before: exactly the rows as of one time, asOf. A tile keeps what was written to its range
// since. A reader at S is shown the variants of its parts, with the changes in (asOf, S] put over them, where asOf is that of the oldest: whole rows are put,
// so they hide the parts of the younger ones just as well. Variants are shown together only while they have the same keys. Why this is the state at S, whatever is applied, built and evicted at the same time:
//
//   - Nothing is missed at the beginning. A build takes its time (the newest published commit) and puts its tile into the index while no batch is between being
//     marked and being published: both hold the lock named applying. So each commit is either part of the state that is then read
//     as of asOf, or finds the tile when it is marked.
//   - Nothing is missed later. Apply marks every key of a commit in the tiles before the commit is published, and a reader's S was published before the reader
//     began; so the list of changes holds all of (asOf, S] when the reader looks. Later entries are left out by their time.
//   - A list is never cut under a reader. It forgets only what lies at or before the oldest asOf of its tile. When it would grow too long, the variants that need
//     it, or the whole tile, are given up; a tile that is no longer marked is dead, and a reader looks at that under the
//     lock of the list. Rows and keys once built never change, so a reader goes on with what it took.
//   - A reader from before asOf is shown the rows when no key of the range was changed in (S, asOf]: validFrom is the time of the newest version, deletions
//     included, that the build met. A deletion that had been swept lies before the horizon, and so before S. Other
//     such readers decode for themselves; the builder alone notes, as it goes, what its own S has differently.
//   - Tiles do not overlap, and a tile being built covers its whole gap until its end is known; only then is it shown to others.
package storage
