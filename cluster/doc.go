// Package cluster is one cluster's data plane, and the set of them on this node.
//
// It wires the parts below together and nothing more: a journal, the adjudicator that owns it, the transactions and their storage over both,
// and a database on top. The promises:
//
//   - A cluster that was provisioned is there after any crash; provisioning and retiring can be cut off anywhere and done again.
//   - A cluster is opened once, however many connections ask for it at the same moment, and closed only when no session uses it.
//   - Retiring ends the cluster's sessions first, and afterwards nothing of it is left on disk and nobody can open it again.
//   - A Door lets nobody in whose token does not hold for the very cluster, Region and user, and forgets the token at once.
//
// The control plane's records live in a data plane of their own, so there is one kind of durability in the program.
package cluster
