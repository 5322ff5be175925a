package catalog

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/opendsql/opendsql/internal/clock"
	"github.com/opendsql/opendsql/journal"
	"github.com/opendsql/opendsql/txn"
)

// Statistics is what ANALYZE saw of a table. It is data about data: writing it does not make a new catalog version, and a snapshot holds what was
// there when it was loaded.
type Statistics struct {
	Table    OID
	Rows     float64
	Pages    int64
	Analyzed clock.Time
	Columns  []ColumnStatistics
}

// ColumnStatistics describes the values of a column, as pg_stats does. Values are in the text form of the column's type.
type ColumnStatistics struct {
	Column        int16
	NullFraction  float32
	Width         int32
	Distinct      float32 // below zero: a fraction of the rows
	Common        []string
	CommonParts   []float32 // how often each of Common occurs, as a fraction of the rows
	Histogram     []string
	Correlation   float32
	HasCorrelated bool // Correlation was computed: the type can be sorted
}

// StatisticsFor is what is known of a table's rows, or nil.
func (s *Snapshot) StatisticsFor(table OID) *Statistics { return s.columnStatistics[table] }

// WithStatistics is the same catalog with newer statistics of one table.
func (s *Snapshot) WithStatistics(st *Statistics) *Snapshot {
	next := *s
	next.columnStatistics = make(map[OID]*Statistics, len(s.columnStatistics)+1)
	for k, v := range s.columnStatistics {
		next.columnStatistics[k] = v
	}
	next.columnStatistics[st.Table] = st
	return &next
}

// PutStatistics keeps what ANALYZE saw.
func PutStatistics(t *txn.Txn, st *Statistics) {
	t.Put(objectKey(kindStatistics, st.Table), encodeValue(0, st))
}

func loadStatistics(t *txn.Txn) (map[OID]*Statistics, error) {
	all := map[OID]*Statistics{}
	err := scanKind(t, kindStatistics, func(text []byte) error {
		st := &Statistics{}
		if err := json.Unmarshal(text, st); err != nil {
			return err
		}
		all[st.Table] = st
		return nil
	})
	return all, err
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

// SequenceState is where a sequence stands.
type SequenceState struct {
	Last   int64 // last value given out (to a session's cache)
	Called bool  // Last has been given out; otherwise it is the next
}

// EncodeSequenceState and DecodeSequenceState are the value under SequenceStateKey: a version byte, 8 bytes, and 1 for called.
func EncodeSequenceState(st SequenceState) []byte {
	value := binary.BigEndian.AppendUint64([]byte{formatJSON}, uint64(st.Last))
	if st.Called {
		return append(value, 1)
	}
	return append(value, 0)
}

// DecodeSequenceState reads what EncodeSequenceState wrote.
func DecodeSequenceState(value []byte) (SequenceState, error) {
	const size = 1 + 8 + 1
	if len(value) != size || value[0] != formatJSON || value[size-1] > 1 {
		return SequenceState{}, fmt.Errorf("%w: sequence state", ErrFormat)
	}
	return SequenceState{Last: int64(binary.BigEndian.Uint64(value[1:])), Called: value[size-1] == 1}, nil
}
