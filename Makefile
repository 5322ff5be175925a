# The slow suites. The quick ones are `go test ./...`; everything a change must pass is .ci/run.

.PHONY: ci crash sim fuzz bench

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

# The Go benchmarks; docs/benchmarks.md has the comparison with PostgreSQL.
bench:
	go test -run '^$$' -bench . -benchmem ./...
