package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"
)

// lineBytesMax is the longest line the shell reads.
const lineBytesMax = 10 << 20

// shell is a line-based SQL shell for machines without psql.
type shell struct {
	conn      *pgconn.PgConn
	out, errs io.Writer
}

// shell runs statements given on the command line, or those of the input.
func (c *connection) shell(cmd *cobra.Command, commands []string) error {
	ctx := cmd.Context()
	s := &shell{out: cmd.OutOrStdout(), errs: cmd.ErrOrStderr()}
	conn, err := c.dial(ctx, func(n *pgconn.Notice) { fmt.Fprintf(s.errs, "%s:  %s\n", n.Severity, n.Message) })
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	s.conn = conn
	if len(commands) > 0 {
		for _, text := range commands {
			if !s.run(ctx, text) {
				return exitError{1}
			}
		}
		return nil
	}
	return s.read(ctx, cmd.InOrStdin())
}

// read runs what the input holds: a statement ends with a semicolon at the end of a line, \q ends the shell.
func (s *shell) read(ctx context.Context, in io.Reader) error {
	interactive := false
	if f, ok := in.(*os.File); ok {
		info, err := f.Stat()
		interactive = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, lineBytesMax)
	var text strings.Builder
	good := true
	for {
		if interactive {
			fmt.Fprint(s.out, map[bool]string{true: "postgres=> ", false: "postgres-> "}[text.Len() == 0])
		}
		if !lines.Scan() {
			break
		}
		line := lines.Text()
		if trimmed := strings.TrimSpace(line); text.Len() == 0 && (trimmed == `\q` || trimmed == "exit" || trimmed == "quit") {
			return nil
		}
		text.WriteString(line + "\n")
		if strings.HasSuffix(strings.TrimSpace(line), ";") {
			good = s.run(ctx, text.String()) && good
			text.Reset()
		}
	}
	if strings.TrimSpace(text.String()) != "" {
		good = s.run(ctx, text.String()) && good
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if !good && !interactive {
		return exitError{1}
	}
	return nil
}

// run runs the statements of a text and prints what they answer.
func (s *shell) run(ctx context.Context, text string) bool {
	results := s.conn.Exec(ctx, text)
	for results.NextResult() {
		r := results.ResultReader()
		if columns := r.FieldDescriptions(); len(columns) > 0 {
			s.table(r, columns)
			continue
		}
		tag, err := r.Close()
		if err == nil && tag.String() != "" {
			fmt.Fprintln(s.out, tag)
		}
	}
	err := results.Close()
	if err == nil {
		return true
	}
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		fmt.Fprintln(s.errs, err)
		return false
	}
	fmt.Fprintf(s.errs, "%s:  %s\n", e.Severity, e.Message)
	for _, part := range []struct{ name, text string }{{"DETAIL", e.Detail}, {"HINT", e.Hint}} {
		if part.text != "" {
			fmt.Fprintf(s.errs, "%s:  %s\n", part.name, part.text)
		}
	}
	return false
}

// table prints rows below their columns' names.
func (s *shell) table(r *pgconn.ResultReader, columns []pgconn.FieldDescription) {
	head := make([]string, len(columns))
	widths := make([]int, len(columns))
	for i, c := range columns {
		head[i], widths[i] = c.Name, utf8.RuneCountInString(c.Name)
	}
	var rows [][]string
	for r.NextRow() {
		row := make([]string, len(columns))
		for i, v := range r.Values() {
			row[i] = string(v)
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
		rows = append(rows, row)
	}
	if _, err := r.Close(); err != nil {
		return // told by the caller
	}
	line := func(cells []string) {
		var b strings.Builder
		for i, cell := range cells {
			if i > 0 {
				b.WriteString(" |")
			}
			b.WriteString(" " + cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)))
		}
		fmt.Fprintln(s.out, strings.TrimRight(b.String(), " "))
	}
	line(head)
	rule := make([]string, len(columns))
	for i, w := range widths {
		rule[i] = strings.Repeat("-", w+2)
	}
	fmt.Fprintln(s.out, strings.Join(rule, "+"))
	for _, row := range rows {
		line(row)
	}
	fmt.Fprintf(s.out, "(%d row%s)\n\n", len(rows), map[bool]string{true: "", false: "s"}[len(rows) == 1])
}
