package sqltest

import (
	"context"
	"fmt"
	"strings"

	"github.com/opendsql/opendsql/query"
	"github.com/opendsql/opendsql/txn"
)

// Runner runs the statements of a file and gives their output as text.
type Runner interface {
	Run(session, sql string) []string
	Index(sql string) []string
	Close()
}

// Memory is a Runner over a database of its own that lives in memory.
type Memory struct {
	ctx      context.Context
	db       *txn.DB
	database *query.Database
	sessions map[string]*query.Session
}

// NewMemory opens an empty database.
func NewMemory(ctx context.Context) (*Memory, error) {
	db, err := txn.OpenMemory(ctx, txn.Config{})
	if err != nil {
		return nil, err
	}
	d, err := query.OpenDatabase(ctx, db, query.Limits{})
	if err != nil {
		return nil, err
	}
	return &Memory{ctx: ctx, db: db, database: d, sessions: map[string]*query.Session{}}, nil
}

// Run sends one message in the named session, which is opened when it is new. "copy data" behind the statement, after a line \., is the
// client's data.
func (m *Memory) Run(session, sql string) []string {
	s, err := m.session(session)
	if err != nil {
		return ErrorLines(err)
	}
	r := &Recorder{}
	sql, r.Input = splitInput(sql)
	if err := s.Simple(m.ctx, sql, r); err != nil {
		r.Lines = append(r.Lines[:r.begun], ErrorLines(err)...)
	}
	return r.Lines
}

func (m *Memory) session(name string) (s *query.Session, err error) {
	if s = m.sessions[name]; s == nil {
		if s, err = m.database.NewSession(m.ctx, query.Who{User: "admin"}); err == nil {
			m.sessions[name] = s
		}
	}
	return s, err
}

// Cancel interrupts what the named session runs.
func (m *Memory) Cancel(session string) {
	if s := m.sessions[session]; s != nil {
		s.Cancel()
	}
}

// splitInput parts a message from the data of its COPY, which follows a line that says <<.
func splitInput(sql string) (string, []byte) {
	before, after, ok := strings.Cut(sql, "\n<<\n")
	if !ok {
		return sql, nil
	}
	return before, []byte(after + "\n")
}

// Close ends the sessions and the database.
func (m *Memory) Close() {
	for _, s := range m.sessions {
		s.Close()
	}
	m.database.Close()
	_ = m.db.Close()
}

// Check runs a file and tells where its output is not what is expected. Blocks for PostgreSQL are passed over.
func Check(path string, r Runner) error {
	blocks, err := ReadFile(path)
	if err != nil {
		return err
	}
	var wrong []string
	for _, b := range blocks {
		if b.Command == "postgres" {
			continue
		}
		if got := b.run(r); got != b.Output {
			wrong = append(wrong, fmt.Sprintf("%s:%d: %s\n  expected:\n%s\n  got:\n%s", path, b.Line, b.Input, indent(b.Output), indent(got)))
		}
	}
	if wrong != nil {
		return fmt.Errorf("%s", strings.Join(wrong, "\n"))
	}
	return nil
}

func (b *Block) run(r Runner) string {
	if b.Command == "index" {
		return strings.Join(r.Index(b.Input), "\n")
	}
	var lines []string
	for _, sql := range b.Statements() {
		lines = append(lines, r.Run(b.Session, sql)...)
	}
	return strings.Join(lines, "\n")
}

func indent(s string) string { return "    " + strings.ReplaceAll(s, "\n", "\n    ") }

// Rewrite writes the expected output of a file anew: PostgreSQL's, but our own where a block says that it differs.
func Rewrite(path string, ours, postgres Runner) error {
	blocks, err := ReadFile(path)
	if err != nil {
		return err
	}
	for _, b := range blocks {
		switch {
		case b.Command == "postgres":
			b.Output = b.run(postgres)
		case b.Differs:
			b.Output = b.run(ours)
		case postgres != nil:
			b.run(ours)
			b.Output = b.run(postgres)
		default:
			b.Output = b.run(ours)
		}
	}
	return WriteFile(path, blocks)
}
