// Package adjudicator decides which transactions commit, and when.
//
// The promise: of two concurrent transactions whose marks conflict, at most one commits; every commit gets a time later
// than every commit before it; and nobody hears "committed" before the record is durable on the journal.
//
// [Window] is the decision as a plain value. [Adjudicator] is the thin driver around it: it owns the journal, gives the
// window its commits back after a failover, and appends what was decided in the order it was decided. The adjudicator
// holds no durable state: everything it knows is rebuilt from the journal's recent records.
//
// The invariants kept here:
//
//   - I1 commit times strictly increase: a decision is later than every record and every seal before it.
//   - I2 after Seal(t) nothing at or before t is decided.
//   - I4 an outcome is told when the journal says that the record is durable, not before.
//   - I5 no committed conflicting mark, and no change of a key in Reads, lies in (Start, At).
//   - I6 a failed append ends the epoch: the window is dropped and the journal is owned again.
//   - I7 the same transaction ID gets the first answer again, inside the window.
//   - I8 what is older than the window remembers is refused, never guessed.
//   - I9 an outcome that is not known is ErrUnknownOutcome, never a conflict.
//
// Cost: one decision is two map operations and one or two per mark (about 0.2 µs each), no allocation except when the
// window grows; one commit adds one append, and the journal groups the appends into one sync.
package adjudicator
