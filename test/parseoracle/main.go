// Command parseoracle compares our SQL parser with PostgreSQL's: statement by
// statement whether it is accepted, and if not, with which message, SQLSTATE
// and position.
//
//	parseoracle postgres [-n 20000] [-seed 1] [-dsn …] [file …]
//	parseoracle golden   [-n 1500] …   writes query/parse/testdata/verdicts.txt
//	parseoracle pgquery  [-n 20000] …  compares with the pg_query library
//	parseoracle keywords -n 0 …        writes query/parse/keyword_list.go
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/opendsql/opendsql/internal/pgerror"
	"github.com/opendsql/opendsql/query/parse"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: parseoracle postgres|golden|pgquery [flags] [file …]")
		os.Exit(2)
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	n := flags.Int("n", 20000, "statements to generate")
	seed := flags.Uint64("seed", 1, "seed of the generator")
	dsn := flags.String("dsn", os.Getenv("PARSEORACLE_DSN"), "PostgreSQL 16 to ask")
	show := flags.Int("show", 40, "differences to print")
	_ = flags.Parse(os.Args[2:])
	corpus, err := makeCorpus(*n, *seed, flags.Args())
	if err == nil {
		switch os.Args[1] {
		case "postgres":
			err = comparePostgres(context.Background(), *dsn, corpus, *show)
		case "golden":
			err = writeGolden(context.Background(), *dsn, corpus)
		case "keywords":
			err = writeKeywords(context.Background(), *dsn)
		case "pgquery":
			err = comparePgQuery(corpus, *show)
		default:
			err = fmt.Errorf("unknown command %q", os.Args[1])
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// verdict is what a parser says about a statement; the zero value is yes.
type verdict struct {
	code, message, hint, detail string
	position                    int
}

func (v verdict) String() string {
	if v.code == "" {
		return "ok"
	}
	s := fmt.Sprintf("%s %q at %d", v.code, v.message, v.position)
	if v.hint != "" {
		s += fmt.Sprintf(" hint %q", v.hint)
	}
	if v.detail != "" {
		s += fmt.Sprintf(" detail %q", v.detail)
	}
	return s
}

// ours is our parser's verdict.
func ours(sql string) verdict {
	_, err := parse.Parse(sql)
	if err == nil {
		return verdict{}
	}
	e := pgerror.From(err)
	return verdict{code: string(e.Code), message: e.Message, hint: e.Hint, detail: e.Detail, position: e.Position}
}

// makeCorpus reads the files, one statement a line, and generates n more
// statements: sentences of the grammar, and mutations of sentences and lines.
func makeCorpus(n int, seed uint64, files []string) ([]string, error) {
	var seeds []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		for _, line := range strings.Split(string(text), "\n") {
			if line != "" && !strings.HasPrefix(line, "#") {
				seeds = append(seeds, strings.ReplaceAll(line, `\n`, "\n"))
			}
		}
	}
	g, err := loadGrammar()
	if err != nil {
		return nil, err
	}
	x := newGenerator(g, seed)
	corpus := append([]string(nil), seeds...)
	stmt := g.symbol("toplevel_stmt")
	other := []string{"a", "1", "'s'", "(", ")", ",", ".", "*", "=", "+", "NOT", "NULL", "SELECT", "FROM", "AS", "IN", "WITH", "ORDER", "BY",
		"LIKE", "IS", "SET", "TO", "ON", "ALL", "FOR", "IF", "EXISTS", "DEFAULT", "VALUES", "[", "]", ";", "::", "int", "time", "row", "AND", "left", "values", ":", "between", "at", "$1", "-", "||"}
	for i := 0; i < n; i++ {
		tokens := x.sentence(stmt, 8+x.rnd.IntN(14))
		if len(tokens) > 120 {
			continue
		}
		switch i % 4 {
		case 0:
			corpus = append(corpus, x.join(tokens))
		case 1:
			corpus = append(corpus, x.join(x.mutate(tokens, other)))
		case 3:
			corpus = append(corpus, x.scribble(corpus[x.rnd.IntN(len(corpus))]))
		case 2:
			if len(seeds) > 0 {
				words := strings.Fields(seeds[x.rnd.IntN(len(seeds))])
				corpus = append(corpus, x.join(x.mutate(words, other)))
			} else {
				corpus = append(corpus, x.join(x.mutate(tokens, tokens)))
			}
		}
	}
	unused := 0
	for r, u := range x.used {
		if u == 0 && !x.skip[r] {
			unused++
		}
	}
	fmt.Fprintf(os.Stderr, "%d statements; %d of %d rules never used\n", len(corpus), unused, len(x.used))
	return corpus, nil
}
