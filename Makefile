# The slow suites. The quick ones are `go test ./...`; everything a change must pass is .ci/run.

.PHONY: ci crash sim fuzz bench bench-full bench-analytic microbench differential parser functions

ci:
	.ci/run

# 50 rounds of kill -9 under load.
crash:
	go test -count=1 -v -timeout 30m ./test/crash -rounds=50

# 20,000 seeds of the commit protocol.
sim:
	go test -count=1 -timeout 30m ./internal/sim -seeds=20000

# Every fuzz target for FUZZTIME.
FUZZTIME ?= 30s
fuzz:
	@set -e; go list ./... | while read -r p; do \
	  go test -list '^Fuzz' "$$p" | grep '^Fuzz' | while read -r f; do \
	    echo "== $$p $$f"; go test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) "$$p"; \
	  done; \
	done

# OpenDSQL and PostgreSQL 16 in turn; OPENDSQL_ORACLE names the PostgreSQL. docs/benchmarks.md says how it measures.
bench:
	CGO_ENABLED=0 go run ./test/bench
bench-full:
	CGO_ENABLED=0 go run ./test/bench --mode full --json bench.json

# Analytic queries and TPC-H at scale 0.1 against PostgreSQL 16.
bench-analytic:
	CGO_ENABLED=0 go run ./test/bench --only analytic,tpch

# The Go benchmarks of single packages.
microbench:
	go test -run '^$$' -bench . -benchmem ./...

# 10,000 random queries, as many mistakes, and 3,000 statements with parameters against PostgreSQL 16; OPENDSQL_ORACLE names it.
differential:
	go test -count=1 -timeout 120m -v ./test/differential -rounds=70 -mistakes=10000 -parameters=3000

# Generated calls of every function, operator, cast and type against PostgreSQL 16; OPENDSQL_ORACLE names it, SEED the calls.
SEED ?= 1
functions:
	go test -count=1 -v -timeout 30m ./test/functions -seed=$(SEED) -calls=20

# The parser against PostgreSQL 16 and libpg_query: a module of its own, which needs cgo. PARSEORACLE_DSN names the PostgreSQL.
parser:
	cd test/parseoracle && $(MAKE) postgres pgquery
