// Package opendsql runs an Aurora DSQL compatible database in this process: the cluster API on one address, PostgreSQL's protocol on another.
//
// Start wires every part together by hand, in one readable function, and returns once connections are really accepted. The promises are
// those of the parts: a commit that was acknowledged survives kill -9; a data directory is used by one process at a time; Close takes at most as long
// as its context allows.
package opendsql
