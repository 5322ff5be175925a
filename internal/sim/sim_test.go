package sim

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

var (
	seeds = flag.Int("seeds", 1000, "how many seeds to run")
	one   = flag.Uint64("seed", 0, "run this seed only")
)

// seedsWanted lets make ask for more through the environment, where flags cannot be passed to every package.
func seedsWanted(t *testing.T) int {
	text := os.Getenv("OPENDSQL_SIM_SEEDS")
	if text == "" {
		return *seeds
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func run(s Settings) (Counts, error) {
	w, err := New(s)
	if err != nil {
		return Counts{}, err
	}
	err = w.Run()
	return w.Counts, err
}

// TestSeeds: the commit protocol keeps its invariants whatever chance brings.
func TestSeeds(t *testing.T) {
	if *one > 0 {
		for _, real := range []bool{false, true} {
			counts, err := run(Settings{Seed: *one, RealStorage: real})
			t.Logf("%+v", counts)
			if err != nil {
				t.Fatalf("seed %d, real storage %t: %v", *one, real, err)
			}
		}
		return
	}
	var sum Counts
	for i := range seedsWanted(t) {
		seed := uint64(i + 1)
		c, err := run(Settings{Seed: seed, RealStorage: seed%20 == 0})
		if err != nil {
			t.Fatalf("seed %d: %v (repeat with -seed=%d)", seed, err, seed)
		}
		sum.Committed += c.Committed
		sum.Refused += c.Refused
		sum.Unknown += c.Unknown
		sum.Aborted += c.Aborted
		sum.Failovers += c.Failovers
		sum.Faults += c.Faults
		sum.Crashes += c.Crashes
		sum.Retries += c.Retries
		sum.Seen += c.Seen
	}
	t.Logf("%+v", sum)
	if sum.Committed < 4*sum.Aborted || sum.Refused == 0 || sum.Faults == 0 || sum.Crashes == 0 || sum.Retries == 0 {
		t.Fatalf("the runs are boring: %+v", sum)
	}
}

// TestSameSeedSameRun: nothing but the seed decides.
func TestSameSeedSameRun(t *testing.T) {
	for seed := range uint64(20) {
		a, errA := run(Settings{Seed: seed, RealStorage: seed%5 == 0})
		b, errB := run(Settings{Seed: seed, RealStorage: seed%5 == 0})
		if a != b || fmt.Sprint(errA) != fmt.Sprint(errB) {
			t.Fatalf("seed %d: %+v %v, then %+v %v", seed, a, errA, b, errB)
		}
	}
}

// TestPlantedBugsAreFound: a checker is trusted only after it has caught the bug it is for. Each bug must be found by the
// check that exists for it, not only by luck of another.
func TestPlantedBugsAreFound(t *testing.T) {
	for _, bug := range []struct {
		name   string
		plants Plants
		found  string // what the finding says
	}{
		{"no conflict check", Plants{NoConflictCheck: true}, "I5"},
		{"no conflict check, seen in the data", Plants{NoConflictCheck: true}, "shows"},
		{"key share ignored", Plants{NoKeyShare: true}, "I5"},
		{"key share ignored, seen in the data", Plants{NoKeyShare: true}, "without its parent"},
		{"for update ignored", Plants{NoForUpdate: true}, "I5"},
		{"reads ignored", Plants{NoReads: true}, "catalog changed between"},
		{"duplicate commit time", Plants{DuplicateTime: true}, "I1"},
		{"acknowledged before durable", Plants{AckEarly: true}, "I4"},
		{"no fencing", Plants{NoFencing: true}, "assertion"},
		{"append retried in place", Plants{RetryInPlace: true}, "I6"},
		{"window lost at failover", Plants{WindowLost: true}, "I5"},
		{"identity lost at failover", Plants{IdentityLost: true}, "I9"},
		{"age ignored", Plants{AgeIgnored: true}, "I5"},
		{"seal ignored", Plants{SealIgnored: true}, "I2"},
		{"snapshot served too early", Plants{ServedEarly: true}, "I3, I10"},
		{"snapshot served stale", Plants{ServedStale: true}, "I3"},
		{"replica skips a record", Plants{ReplicaSkips: true}, "I10"},
		{"replica forgets in a crash", Plants{ReplicaForgets: true}, "I10"},
		{"unknown outcome told as no", Plants{UnknownIsConflict: true}, "I9"},
		{"answer changes when repeated", Plants{AnswerChanges: true}, "nobody asked for"},
	} {
		t.Run(bug.name, func(t *testing.T) {
			const seedsMax = 300
			for seed := range uint64(seedsMax) {
				_, err := run(Settings{Seed: seed + 1, Plants: bug.plants})
				if err != nil && strings.Contains(err.Error(), bug.found) {
					t.Logf("seed %d: %v", seed+1, err)
					return
				}
			}
			t.Fatalf("not found in %d seeds", seedsMax)
		})
	}
}
