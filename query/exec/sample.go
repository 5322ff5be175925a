package exec

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/opendsql/opendsql/internal/sqltypes"
	"github.com/opendsql/opendsql/query/catalog"
	"github.com/opendsql/opendsql/txn"
)

const (
	// sampleWidthMax is the size of a value, with PostgreSQL's head of 4 bytes, above which ANALYZE only counts it.
	sampleWidthMax = 1024
	// sampleBytesMax bounds the memory of a sample. Where rows are so large that it is met, the sample has fewer of them.
	sampleBytesMax = 96 << 20
	// sampleCheckEvery is after how many rows a walk looks whether it was cancelled.
	sampleCheckEvery = 4096
)

// Sample is a random choice of a table's rows, each as likely as the other, in the order they are stored in.
type Sample struct {
	Rows, Bytes     float64 // the table's rows, and their keys and values, counted or estimated
	Seen, SeenBytes float64 // of them, what was read
	N               int     // rows chosen
	columns         int
	values          []sqltypes.Datum // row by row; in the place of bytes too wide to be kept stands their size, an integer
}

// at is a column's value in a chosen row.
func (s *Sample) at(row, column int) sqltypes.Datum { return s.values[row*s.columns+column] }

// Pages is how many pages of so many bytes were read.
func (s *Sample) Pages(bytes float64) int64 { return int64(math.Ceil(s.SeenBytes / bytes)) }

// SampleTable chooses at most so many rows of a table and reads the columns given, which are indexes into the table's. The same rows give the same sample.
func SampleTable(ctx context.Context, t *txn.Txn, table *catalog.Table, columns []int, most int) (*Sample, error) {
	return sampleTable(ctx, t, table, columns, most, sampleSizesDefault)
}

func sampleTable(ctx context.Context, t *txn.Txn, table *catalog.Table, columns []int, most int, sizes sampleSizes) (*Sample, error) {
	var span txn.Span
	span.Start, span.End = catalog.TableSpan(table.StorageID)
	size, err := t.Size(span)
	if err != nil {
		return nil, err
	}
	r := newReservoir(newRowReader(newTableCodec(table), columns), len(columns), most, uint64(table.OID))
	rows := 0.0
	if size > sizes.whole {
		rows, err = samplePlaces(ctx, t, span, size, r, sizes)
	} else {
		err = r.offerAll(ctx, t, span)
		rows = float64(r.seen)
	}
	if err != nil {
		return nil, err
	}
	s := r.sample()
	s.Rows = max(math.Round(rows), float64(s.N))
	s.Bytes = s.Rows * s.SeenBytes / max(s.Seen, 1)
	return s, nil
}

// reservoir keeps a random choice of the rows offered so far.
type reservoir struct {
	reader  *rowReader
	columns int
	most    int // rows to keep
	random  *rand.Rand
	seen    int64
	bytes   int64 // of all rows offered

	values []sqltypes.Datum
	order  []int64          // of each kept row, its number among the offered
	sizes  []int32          // of each kept row, the bytes behind its values
	held   int              // their sum
	halved int              // how often half of them were given up
	row    []sqltypes.Datum // the one being looked at
}

func newReservoir(reader *rowReader, columns, most int, seed uint64) *reservoir {
	return &reservoir{
		reader: reader, columns: columns, most: most, row: make([]sqltypes.Datum, columns),
		random: rand.New(rand.NewPCG(seed, 0x9E3779B97F4A7C15)),
	}
}

// offerAll takes its choice of all rows of a span.
func (r *reservoir) offerAll(ctx context.Context, t *txn.Txn, span txn.Span) error {
	it := t.Scan(span)
	defer it.Close()
	for it.Next() {
		r.see(it)
		if err := r.offer(it.Key(), it.Value()); err != nil {
			return err
		}
		if r.seen%sampleCheckEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return it.Err()
}

// offer takes a row with the probability that every row offered so far has.
func (r *reservoir) offer(key, value []byte) error {
	slot := r.choose()
	if slot < 0 {
		return nil
	}
	return r.take(slot, key, value)
}

// always takes a row that was chosen by other means, but for the share that was given up of those before it.
func (r *reservoir) always(key, value []byte) error {
	if r.random.Uint64()&(1<<r.halved-1) != 0 {
		return nil
	}
	return r.take(len(r.order), key, value)
}

// take decodes a row and puts it into a slot.
func (r *reservoir) take(slot int, key, value []byte) error {
	clear(r.row)
	if err := r.reader.decode(key, value, r.row); err != nil {
		return err
	}
	r.keep(slot)
	return nil
}

// see counts a row that was read.
func (r *reservoir) see(it *txn.Iterator) {
	r.seen++
	r.bytes += int64(len(it.Key()) + len(it.Value()))
}

// choose gives the slot for the row seen last: a new one, that of a row that has to go, or -1 when it is not kept.
func (r *reservoir) choose() int {
	if n := len(r.order); n < r.most {
		return n
	}
	if slot := int(r.random.Uint64N(uint64(r.seen))); slot < r.most {
		return slot
	}
	return -1
}

// keep puts the row that was decoded into a slot.
func (r *reservoir) keep(slot int) {
	size := 0
	for i, d := range r.row {
		r.row[i] = narrow(d)
		size += r.row[i].Size()
	}
	if slot == len(r.order) {
		r.values, r.order, r.sizes = append(r.values, r.row...), append(r.order, r.seen), append(r.sizes, int32(size))
	} else {
		r.held -= int(r.sizes[slot])
		copy(r.values[slot*r.columns:], r.row)
		r.order[slot], r.sizes[slot] = r.seen, int32(size)
	}
	r.held += size
	const datumBytes = 24
	for len(r.order) > 1 && r.held+len(r.values)*datumBytes > sampleBytesMax {
		r.reduce(len(r.order) / 2)
		r.halved++
	}
}

// narrow gives a value with memory of its own, or its size when it is too wide.
func narrow(d sqltypes.Datum) sqltypes.Datum {
	if d.Kind() != sqltypes.KindBytes {
		return d
	}
	b := d.Bytes()
	if len(b)+4 > sampleWidthMax {
		return sqltypes.Int(int64(len(b) + 4))
	}
	return sqltypes.Bytes(slices.Clone(b))
}

// reduce keeps so many of the rows, at random: what stays is a random choice too.
func (r *reservoir) reduce(keep int) {
	for slot := range keep {
		other := slot + r.random.IntN(len(r.order)-slot)
		r.swap(slot, other)
	}
	r.values = slices.Clone(r.values[:keep*r.columns])
	r.order, r.sizes = r.order[:keep], r.sizes[:keep]
	r.most, r.held = keep, 0
	for _, n := range r.sizes {
		r.held += int(n)
	}
}

func (r *reservoir) swap(a, b int) {
	r.order[a], r.order[b] = r.order[b], r.order[a]
	r.sizes[a], r.sizes[b] = r.sizes[b], r.sizes[a]
	for c := range r.columns {
		x, y := a*r.columns+c, b*r.columns+c
		r.values[x], r.values[y] = r.values[y], r.values[x]
	}
}

// sample gives the rows kept, in the order they were offered in.
func (r *reservoir) sample() *Sample {
	s := &Sample{N: len(r.order), Seen: float64(r.seen), SeenBytes: float64(r.bytes), columns: r.columns, values: r.values}
	slots := make([]int32, len(r.order))
	for i := range slots {
		slots[i] = int32(i)
	}
	byOrder := func(a, b int32) int { return cmp.Compare(r.order[a], r.order[b]) }
	if slices.IsSortedFunc(slots, byOrder) {
		return s
	}
	slices.SortFunc(slots, byOrder)
	s.values = make([]sqltypes.Datum, 0, len(r.values))
	for _, slot := range slots {
		s.values = append(s.values, r.values[int(slot)*r.columns:(int(slot)+1)*r.columns]...)
	}
	return s
}
