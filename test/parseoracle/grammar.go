package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// grammar is PostgreSQL's, read from the tables bison generated for the
// pg_query library. rules[i] belongs to the symbol lhs[i].
type grammar struct {
	names  []string // of symbols; tokens first
	tokens int
	lhs    []int
	rhs    [][]int
	byLHS  map[int][]int
}

// loadGrammar finds the tables in the module cache.
func loadGrammar() (*grammar, error) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/pganalyze/pg_query_go/v5").Output()
	if err != nil {
		return nil, fmt.Errorf("locate pg_query: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "parser", "src_backend_parser_gram.c"))
	if err != nil {
		return nil, err
	}
	source := string(text)
	rhs, prhs := table(source, "yyrhs"), table(source, "yyprhs")
	r1, r2 := table(source, "yyr1"), table(source, "yyr2")
	g := &grammar{byLHS: map[int][]int{}}
	names := regexp.MustCompile(`(?s)yytname\[\] =\s*\{(.*?)\};`).FindStringSubmatch(source)[1]
	for _, m := range regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`).FindAllStringSubmatch(names, -1) {
		g.names = append(g.names, strings.Trim(m[1], "'"))
	}
	g.tokens, _ = strconv.Atoi(regexp.MustCompile(`#define YYNTOKENS\s+(\d+)`).FindStringSubmatch(source)[1])
	for r := 1; r < len(r1); r++ {
		g.byLHS[r1[r]] = append(g.byLHS[r1[r]], len(g.lhs))
		g.lhs = append(g.lhs, r1[r])
		g.rhs = append(g.rhs, rhs[prhs[r]:prhs[r]+r2[r]])
	}
	return g, nil
}

func table(source, name string) []int {
	body := regexp.MustCompile(`(?s)` + name + `\[\] =\s*\{(.*?)\};`).FindStringSubmatch(source)[1]
	var values []int
	for _, f := range strings.Split(body, ",") {
		v, err := strconv.Atoi(strings.TrimSpace(f))
		if err != nil {
			panic(err)
		}
		values = append(values, v)
	}
	return values
}

func (g *grammar) symbol(name string) int {
	for i, n := range g.names {
		if n == name {
			return i
		}
	}
	panic("no symbol " + name)
}
