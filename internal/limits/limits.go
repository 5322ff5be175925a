// Package limits holds every documented quota of the service, once, with its source.
package limits

import "time"

// The limits of a transaction. Source: service quotas and limits, database level.
const (
	// TransactionRows is the most rows one transaction may change. Source: "rows modified in a transaction".
	TransactionRows = 3000
	// TransactionBytes is the most data one transaction may write, index entries included. Source: "data written per transaction".
	TransactionBytes = 10 << 20
	// TransactionAge is how old a transaction may become. Source: "transaction duration".
	TransactionAge = 300 * time.Second
	// QueryMemoryBytes bounds the memory of hash tables, sorts and the like of one query. Source: "base memory per query".
	QueryMemoryBytes = 128 << 20
)

// The limits of a connection. Source: service quotas and limits, cluster level.
const (
	// Connections is the most open connections of a cluster.
	Connections = 10000
	// ConnectionRate is how many connections a cluster accepts each second once the burst is used up.
	ConnectionRate = 100
	// ConnectionBurst is the size of the token bucket of new connections.
	ConnectionBurst = 1000
	// ConnectionLife is how long a session lasts at most.
	ConnectionLife = 60 * time.Minute
	// MessageBytes is the longest protocol message.
	MessageBytes = 10 << 20
)

// The limits of a database. Source: service quotas and limits, database level, and live observation where the two differ.
const (
	// Schemas besides public and sys.
	Schemas = 10
	// Tables of the database.
	Tables = 1000
	// Views of the database.
	Views = 5000
	// Sequences of the database.
	Sequences = 5000
	// TableColumns are the active columns of a table; documented as 255, 256 accepted live.
	TableColumns = 256
	// IndexColumns are the key columns of a primary key or index.
	IndexColumns = 8
	// TableIndexes counts the primary key, unique and invalid indexes too.
	TableIndexes = 24
	// KeyBytes bounds a row's key, and an index key together with it; documented as 1 KiB, about 2,000 bytes accepted live.
	KeyBytes = 2000
	// RowBytes bounds a row.
	RowBytes = 2 << 20
	// ColumnBytes bounds a value of a column that is not part of a key.
	ColumnBytes = 1 << 20
	// CharBytes bounds char(n) and bpchar(n).
	CharBytes = 4096
	// VarCharBytes bounds varchar(n).
	VarCharBytes = 65535
	// IdentifierBytes is the length names are truncated to.
	IdentifierBytes = 63
	// StatisticsTarget is the most that a statistics target may be, and PostgreSQL's default, which cannot be set: the most common values and the ranges of
	// a histogram that ANALYZE keeps of a column.
	StatisticsTarget = 100
)
