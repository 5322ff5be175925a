package sqltest

import (
	"fmt"
	"os"
	"strings"
)

// Block is one command of an SQL file with its input and expected output.
//
//	exec [session=name]   statements, sent as one message a line that ends in a semicolon at its end; rows, tags and errors come out
//	index                 CREATE INDEX ASYNC of empty tables, one a line
//	postgres              statements for PostgreSQL only, when it writes the expected output: what it needs instead of the service's syntax
type Block struct {
	Lead    []string // comments and empty lines before it
	Command string
	Session string
	Differs bool // a comment before it begins with "differs:", or one of the file with "all differ:": the expected output is ours, not PostgreSQL's
	Input   string
	Output  string
	Line    int
}

// ReadFile reads an SQL file.
func ReadFile(path string) ([]*Block, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	var blocks []*Block
	b := &Block{}
	all := false
	for i := 0; i < len(lines); {
		line := lines[i]
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			b.Lead = append(b.Lead, line)
			text := strings.TrimSpace(strings.TrimPrefix(line, "#"))
			all = all || strings.HasPrefix(text, "all differ:")
			b.Differs = b.Differs || all || strings.HasPrefix(text, "differs:")
			i++
			continue
		}
		b.Line, b.Differs = i+1, b.Differs || all
		if err := b.command(line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
		i++
		var input, output []string
		for ; i < len(lines) && lines[i] != "----"; i++ {
			input = append(input, lines[i])
		}
		for i++; i < len(lines) && lines[i] != ""; i++ {
			output = append(output, lines[i])
		}
		b.Input, b.Output = strings.Join(input, "\n"), strings.Join(output, "\n")
		blocks = append(blocks, b)
		b = &Block{}
	}
	return blocks, nil
}

func (b *Block) command(line string) error {
	words := strings.Fields(line)
	b.Command = words[0]
	if b.Command != "exec" && b.Command != "postgres" && b.Command != "index" {
		return fmt.Errorf("unknown command %q", b.Command)
	}
	for _, w := range words[1:] {
		name, value, ok := strings.Cut(w, "=")
		if !ok || name != "session" {
			return fmt.Errorf("unknown word %q", w)
		}
		b.Session = value
	}
	return nil
}

// WriteFile writes blocks back in their form.
func WriteFile(path string, blocks []*Block) error {
	var out strings.Builder
	for i, b := range blocks {
		lead := b.Lead
		if i > 0 && (len(lead) == 0 || lead[0] != "") {
			out.WriteByte('\n')
		}
		for _, l := range lead {
			out.WriteString(l + "\n")
		}
		out.WriteString(b.Command)
		if b.Session != "" {
			out.WriteString(" session=" + b.Session)
		}
		out.WriteString("\n" + b.Input + "\n----\n")
		if b.Output != "" {
			out.WriteString(b.Output + "\n")
		}
	}
	return os.WriteFile(path, []byte(out.String()), 0o644)
}

// Statements splits the input of a block into messages: after every line that ends in a semicolon, and at the end.
func (b *Block) Statements() []string {
	var out, part []string
	for _, l := range strings.Split(b.Input, "\n") {
		part = append(part, l)
		if strings.HasSuffix(strings.TrimSpace(l), ";") {
			out = append(out, strings.Join(part, "\n"))
			part = nil
		}
	}
	if len(part) > 0 && strings.TrimSpace(strings.Join(part, "")) != "" {
		out = append(out, strings.Join(part, "\n"))
	}
	return out
}
