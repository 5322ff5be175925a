package functions

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// recordedPath holds the answers PostgreSQL 16 gave: the session, the statement and the answer in each line, tabs between.
const recordedPath = "testdata/answers.txt.gz"

// recorded is a statement and what PostgreSQL answered.
type recorded struct {
	statement
	answer string
}

func escape(s string) string { return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(s) }

// save writes answers, compressed: they are many and much alike.
func save(list []recorded) error {
	f, err := os.Create(recordedPath)
	if err != nil {
		return err
	}
	defer f.Close()
	z, _ := gzip.NewWriterLevel(f, gzip.BestCompression)
	w := bufio.NewWriter(z)
	for _, r := range list {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", r.session, r.about, escape(r.sql), escape(r.answer))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return z.Close()
}

// load reads the answers. Their statements never hold a line end or a tab outside of escapes.
func load() ([]recorded, error) {
	f, err := os.Open(recordedPath)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var list []recorded
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		parts := strings.Split(lines.Text(), "\t")
		if len(parts) != 4 {
			return nil, fmt.Errorf("bad line %q", lines.Text())
		}
		n, err := strconv.Atoi(parts[0])
		if err != nil {
			return nil, err
		}
		list = append(list, recorded{statement{n, parts[1], parts[2]}, parts[3]})
	}
	return list, lines.Err()
}
