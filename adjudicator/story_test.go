package adjudicator

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
)

var rewrite = flag.Bool("rewrite", false, "write what the stories print back to their files")

// TestStories runs the files in testdata: a command, its input, ----, its output. A story has one window.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.test")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			before, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			after := tell(string(before))
			if after == string(before) {
				return
			}
			if !*rewrite {
				t.Fatalf("the story goes otherwise (see it with -rewrite):\n%s", after)
			}
			if err := os.WriteFile(file, []byte(after), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// tell runs a story and returns it with the outputs that came.
func tell(text string) string {
	s := &story{window: NewWindow(time.Minute, 1000)}
	var out strings.Builder
	for _, block := range strings.Split(strings.TrimRight(text, "\n"), "\n\n") {
		var input []string
		for line := range strings.Lines(block + "\n") {
			line = strings.TrimRight(line, "\n")
			if line == "----" {
				break
			}
			out.WriteString(line + "\n")
			if !strings.HasPrefix(line, "#") {
				input = append(input, line)
			}
		}
		if len(input) > 0 {
			out.WriteString("----\n" + s.run(input) + "\n")
		}
		out.WriteString("\n")
	}
	return strings.TrimRight(out.String(), "\n") + "\n"
}

// story is the state of one file.
type story struct {
	window  *Window
	journal []journal.Entry
}

// run does one command: window (new limits), decide, seal, or failover (a new owner learns from the journal).
func (s *story) run(input []string) string {
	name, rest, _ := strings.Cut(input[0], " ")
	numbers := map[string]int{}
	for _, field := range strings.Fields(rest) {
		key, value, _ := strings.Cut(field, "=")
		var n int
		if _, err := fmt.Sscan(value, &n); err != nil {
			return fmt.Sprintf("%s: %v", field, err)
		}
		numbers[key] = n
	}
	now := clock.Time(numbers["now"])
	switch name {
	case "window":
		s.window = NewWindow(time.Duration(numbers["age"]), numbers["marks"])
		return "ok"
	case "seal":
		s.window.Seal(clock.Time(numbers["at"]))
		return fmt.Sprintf("newest at %d", s.window.Last().At)
	case "failover":
		w := NewWindow(s.window.ageMax, s.window.marksMax)
		for i, e := range s.journal[numbers["trimmed"]:] {
			if i == 0 && e.Position > 1 {
				w.Resume(e)
				continue
			}
			w.Record(e)
		}
		w.Forget(now, len(s.journal))
		s.window = w
		return fmt.Sprintf("%d keys, horizon %d", w.Keys(), w.Horizon())
	case "decide":
		return s.decide(numbers, now, input[1:])
	}
	return "no such command"
}

func (s *story) decide(numbers map[string]int, now clock.Time, lines []string) string {
	c := Candidate{ID: id(numbers["id"]), Start: clock.Time(numbers["start"]), Asked: numbers["asked"] > 0}
	for _, line := range lines {
		verb, key, _ := strings.Cut(line, " ")
		switch verb {
		case "read":
			c.Reads = append(c.Reads, []byte(key))
		case "share":
			c.Marks = append(c.Marks, mark(key, journal.KeyShare))
		case "change":
			c.Marks = append(c.Marks, mark(key, journal.Change))
		case "replace":
			c.Marks = append(c.Marks, mark(key, journal.Replace))
		default:
			return "no such line: " + line
		}
	}
	d, err := s.window.Decide(&c, now)
	var conflict *ConflictError
	switch {
	case errors.As(err, &conflict) && conflict.Key == nil:
		return "conflict cannot be ruled out"
	case errors.Is(err, ErrStaleRead):
		return fmt.Sprintf("%s was changed at %d", conflict.Key, conflict.At)
	case errors.Is(err, ErrConflict):
		return fmt.Sprintf("conflict on %s with the commit at %d", conflict.Key, conflict.At)
	case err != nil:
		return strings.TrimPrefix(err.Error(), "adjudicator: ")
	case d.Again:
		return fmt.Sprintf("committed at %d, as told before", d.At)
	}
	s.journal = append(s.journal, journal.Entry{Position: d.Position, Commit: journal.Commit{ID: c.ID, Start: c.Start, At: d.At, Marks: c.Marks}})
	return fmt.Sprintf("committed at %d", d.At)
}
