package catalog

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
	"github.com/opendsql/opendsql/txn"
)

// JobID names an asynchronous job.
type JobID [16]byte

// Job is a row of sys.jobs. Jobs are data: they do not make a new catalog version.
type Job struct {
	ID         JobID
	Status     string // submitted, processing, completed, failed
	Details    string
	Type       string // INDEX_BUILD, VALIDATE_CONSTRAINT, ANALYZE, DROP
	Class      OID
	Object     OID    // the index, constraint or table
	Table      OID    // the table it belongs to
	ObjectName string // schema-qualified, "" once the object is gone
	Owner      OID
	Started    clock.Time
	Updated    clock.Time // 0 while submitted
}

func jobKey(id JobID) []byte { return append([]byte{KeyCatalog, kindJob}, id[:]...) }

// PutJob makes or replaces a job's record; two transactions that do it for the same job conflict.
func PutJob(t *txn.Txn, j *Job) {
	t.Put(jobKey(j.ID), encodeValue(0, j))
	t.Mark(jobKey(j.ID), journal.Replace)
}

// DropJob forgets a job.
func DropJob(t *txn.Txn, id JobID) {
	t.Delete(jobKey(id))
	t.Mark(jobKey(id), journal.Replace)
}

// GetJob reads a job's record, nil when there is none.
func GetJob(t *txn.Txn, id JobID) (*Job, error) {
	value, ok, err := t.Get(jobKey(id))
	if err != nil || !ok {
		return nil, err
	}
	_, text, err := splitValue(value)
	if err != nil {
		return nil, err
	}
	j := &Job{}
	if err := json.Unmarshal(text, j); err != nil {
		return nil, fmt.Errorf("%w: job: %v", ErrFormat, err)
	}
	return j, nil
}

// Jobs reads all jobs, oldest first.
func Jobs(t *txn.Txn) ([]*Job, error) {
	var list []*Job
	err := scanKind(t, kindJob, func(text []byte) error {
		j := &Job{}
		if err := json.Unmarshal(text, j); err != nil {
			return err
		}
		list = append(list, j)
		return nil
	})
	slices.SortStableFunc(list, func(a, b *Job) int { return int(min(max(int64(a.Started-b.Started), -1), 1)) })
	return list, err
}

// scanKind walks over all values of a kind.
func scanKind(t *txn.Txn, kind byte, take func(text []byte) error) error {
	start, end := kindSpan(kind, kind+1)
	it := t.Scan(txn.Span{Start: start, End: end})
	defer it.Close()
	for it.Next() {
		_, text, err := splitValue(it.Value())
		if err == nil {
			err = take(text)
		}
		if err != nil {
			return fmt.Errorf("catalog key %q: %w", it.Key(), err)
		}
	}
	return it.Err()
}
