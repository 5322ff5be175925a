// Package catalog answers what exists: PostgreSQL 16's own types, functions, operators and casts, and what users have made.
//
// PostgreSQL's catalog is data here. Its rows are embedded with their real OIDs, names and types are resolved by PostgreSQL's rules over those
// rows, and pg_catalog shows the same rows. User objects are immutable descriptors, one key and value each, read and written through a
// transaction; a Snapshot holds everything that exists at one catalog version and never changes.
package catalog
