package sim

import (
	"fmt"

	"github.com/opendsql/opendsql/adjudicator"
	"github.com/opendsql/opendsql/journal"
)

// kind is what a transaction does with its snapshot.
type kind func(r *reader)

// The data: accounts whose sum never changes, parents with children, a pair of which at least one is on duty, and a
// catalog's version that every transaction relies on.
const (
	accounts   = 6
	parents    = 3
	children   = 8
	pairs      = 2
	startMoney = 100
	catalogKey = "catalog"
)

func accountKey(i int) string { return fmt.Sprintf("account %d", i) }
func parentKey(i int) string  { return fmt.Sprintf("parent %d", i) }
func childKey(i int) string   { return fmt.Sprintf("child %d", i) }
func dutyKey(pair, i int) string {
	return fmt.Sprintf("duty %d %d", pair, i)
}

// load puts the first commit on the journal.
func (w *World) load() {
	t := &transaction{told: true}
	r := &reader{world: w, t: t}
	for i := range accounts {
		r.put(accountKey(i), journal.Replace, startMoney)
	}
	for i := range parents {
		r.put(parentKey(i), journal.Replace, "here")
	}
	for i := range pairs {
		r.put(dutyKey(i, 0), journal.Replace, 1)
		r.put(dutyKey(i, 1), journal.Replace, 1)
	}
	r.put(catalogKey, journal.Replace, 1)
	c := &t.candidate
	c.ID = transactionID(1 << 40)
	w.candidates[c.ID] = t
	t.outcome = adjudicator.Outcome{At: w.now, Position: 1}
	t.commit = t.outcome
	w.journal.history = []journal.Entry{{Position: 1, Commit: journal.Commit{ID: c.ID, At: w.now, Marks: c.Marks, Writes: c.Writes}}}
	w.acked = w.now
}

// kind draws what the next transaction does.
func (w *World) kind() kind {
	switch n := w.chance(100); {
	case n < 40:
		return transfer
	case n < 55:
		return audit
	case n < 70:
		return bear
	case n < 80:
		return removeParent
	case n < 90:
		return leaveDuty
	case n < 94:
		return changeCatalog
	}
	return blindDeposit
}

// transfer moves money between two accounts.
func transfer(r *reader) {
	w := r.world
	r.catalog()
	from := w.chance(accounts)
	to := (from + 1 + w.chance(accounts-1)) % accounts
	amount := 1 + w.chance(20)
	have, there := r.number(accountKey(from)), r.number(accountKey(to))
	r.put(accountKey(from), journal.Change, have-amount)
	r.put(accountKey(to), journal.Change, there+amount)
}

// blindDeposit takes from one account and gives to the next two, which makes longer chains of conflicts.
func blindDeposit(r *reader) {
	r.catalog()
	at := r.world.chance(accounts)
	for i, change := range []int{-2, 1, 1} {
		key := accountKey((at + i) % accounts)
		r.put(key, journal.Change, r.number(key)+change)
	}
}

// audit sees all the money, and every child's parent, in one snapshot.
func audit(r *reader) {
	sum := 0
	for i := range accounts {
		sum += r.number(accountKey(i))
	}
	if r.err == nil && sum != accounts*startMoney {
		r.world.broken("snapshot at %d shows %d, want %d", r.t.candidate.Start, sum, accounts*startMoney)
	}
	for i := range children {
		if parent, found := r.get(childKey(i)); found {
			if _, there := r.get(parent); r.err == nil && !there {
				r.world.broken("snapshot at %d shows a child without its %s", r.t.candidate.Start, parent)
			}
		}
	}
}

// bear makes or moves a child; the parent must stay, but may change.
func bear(r *reader) {
	w := r.world
	r.catalog()
	parent := parentKey(w.chance(parents))
	if _, there := r.get(parent); !there {
		if r.err == nil {
			r.put(parent, journal.Replace, "here") // or bring the parent back
		}
		return
	}
	r.mark(parent, journal.KeyShare)
	r.put(childKey(w.chance(children)), journal.Replace, parent)
}

// removeParent removes a parent without children.
func removeParent(r *reader) {
	w := r.world
	r.catalog()
	parent := parentKey(w.chance(parents))
	if _, there := r.get(parent); !there && r.err == nil {
		r.err = errNothing
	}
	for i := range children {
		if p, found := r.get(childKey(i)); found && p == parent {
			r.remove(childKey(i))
		}
	}
	r.remove(parent)
}

// leaveDuty goes off duty if the other one stays, or comes back. The other one's row is only locked: FOR UPDATE.
func leaveDuty(r *reader) {
	w := r.world
	pair, me := w.chance(pairs), w.chance(2)
	mine, other := dutyKey(pair, me), dutyKey(pair, 1-me)
	switch {
	case r.number(mine) == 0:
		r.put(mine, journal.Change, 1)
	case r.number(other) == 1:
		r.mark(other, journal.Replace)
		r.put(mine, journal.Change, 0)
	default:
		if r.err == nil {
			r.err = errNothing
		}
	}
}

// changeCatalog makes a new version of the catalog.
func changeCatalog(r *reader) {
	r.put(catalogKey, journal.Replace, r.number(catalogKey)+1)
}

// catalog relies on the catalog's version.
func (r *reader) catalog() {
	r.get(catalogKey)
	r.relyOn(catalogKey)
}
