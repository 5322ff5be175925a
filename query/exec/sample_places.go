package exec

import (
	"bytes"
	"context"
	"slices"

	"github.com/opendsql/opendsql/internal/limits"
	"github.com/opendsql/opendsql/txn"
)

// sampleSizes say how a large table is sampled, in bytes as it lies on disk.
type sampleSizes struct {
	whole int64 // a table up to this is read whole
	count int64 // the rows of parts of this size are counted
	leaf  int64 // parts of this size are not divided further
}

// Reading as much as PostgreSQL does for its sample, 30,000 pages, would take a second or two; this is some three million rows.
var sampleSizesDefault = sampleSizes{whole: 96 << 20, count: 1 << 20, leaf: 64 << 10}

const (
	// sampleCounts is how many parts of a large table are counted.
	sampleCounts = 32
	// sampleWalk is how many rows a place may be away from where it was looked for: in keys with gaps, such as numbers written as text, rows behind
	// a gap would be met too often.
	sampleWalk = 64
	// sampleSameMax is how often a small part is halved in vain: the sizes do not see into blocks of files, which may be large where values are.
	sampleSameMax = 8
)

// places chooses rows of a table that is too large to be read whole. Places are random ones of its bytes; to find the row at one, the space of keys is
// halved again and again, and the sizes of the halves tell in which of them it lies. So rows are as likely as each other where they are about equally large, and what is
// read are the places alone. Some larger parts are counted before, which tells how many rows there are in so many bytes.
//
// Rows that are not in files yet take no bytes. Where they lie among others, the counted parts tell of them; those before and behind all others, as in a table
// that grows at its end, are walked over.
type places struct {
	ctx    context.Context
	txn    *txn.Txn
	kept   *reservoir
	sizes  sampleSizes
	visits int

	counting bool
	density  float64 // sum of rows per byte of the counted parts
	counted  int

	letters letters
	walk    int    // how many rows a place may be away
	passed  []byte // rows before this were taken or passed over
	err     error
}

// samplePlaces fills the reservoir with rows of a span that takes so many bytes, and gives an estimate of how many it has.
func samplePlaces(ctx context.Context, t *txn.Txn, span txn.Span, size int64, r *reservoir, sizes sampleSizes) (rows float64, err error) {
	p := &places{ctx: ctx, txn: t, kept: r, sizes: sizes, counting: true}
	edges, err := p.edges(span)
	if err != nil || len(edges) == 0 {
		return 0, err
	}
	filed := part{start: edges[0].End, end: edges[1].Start, size: float64(size)}
	p.visit(filed, r.spread(sampleCounts, filed.size))
	if p.counted > 0 {
		rows = p.density / float64(p.counted) * filed.size
	}
	most := min(float64(r.most), rows/4) // closer together, and they would get in each other's way
	p.walk, p.counting = int(min(max(rows/max(most, 1)/4, 1), sampleWalk)), false
	share := most / max(rows, 1)
	head := p.edge(edges[0], share)
	p.visit(filed, r.scatter(int(most), filed.size))
	rows += head + p.edge(edges[1], share)
	if p.err != nil {
		return rows, p.err
	}
	if len(r.order) > r.most { // the edges were not reckoned with
		r.reduce(r.most)
	}
	return rows, nil
}

// edges are the parts of a span, before and behind all others, whose rows are not in files yet; none when it has no rows.
func (p *places) edges(span txn.Span) ([]txn.Span, error) {
	first, err := p.firstKey(span)
	if err != nil || first == nil {
		return nil, err
	}
	last, err := p.firstKey(txn.Span{Start: span.Start, End: span.End, Reverse: true})
	if err != nil {
		return nil, err
	}
	end := append(last, 0)
	// A range that lies within a block of a file, or between two, is said to take that block.
	head, err := p.emptyUntil(first, end, func(middle []byte) txn.Span { return txn.Span{Start: first, End: middle} })
	if err != nil {
		return nil, err
	}
	tail, err := p.emptyUntil(end, head, func(middle []byte) txn.Span { return txn.Span{Start: middle, End: end} })
	if err != nil {
		return nil, err
	}
	return []txn.Span{{Start: first, End: head}, {Start: tail, End: end}}, nil
}

// emptyUntil goes from one key as far towards another as what lies between takes no more than nothing does.
func (p *places) emptyUntil(from, to []byte, between func(key []byte) txn.Span) ([]byte, error) {
	nothing, err := p.txn.Size(between(append(bytes.Clone(from), 0)))
	if err != nil {
		return nil, err
	}
	for range 8 * (len(from) + len(to)) {
		low, high := from, to
		if bytes.Compare(low, high) > 0 {
			low, high = high, low
		}
		middle := midpoint(low, high)
		if middle == nil {
			break
		}
		size, err := p.txn.Size(between(middle))
		if err != nil {
			return nil, err
		}
		if size <= nothing {
			from = middle
		} else {
			to = middle
		}
	}
	return from, nil
}

// firstKey is the key of a span's first row in the direction of the walk, nil when it has none.
func (p *places) firstKey(span txn.Span) ([]byte, error) {
	it := p.txn.Scan(span)
	defer it.Close()
	if it.Next() {
		return bytes.Clone(it.Key()), nil
	}
	return nil, it.Err()
}

// spread gives so many places between 0 and size in order: a random one in each part of equal size.
func (r *reservoir) spread(n int, size float64) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = (float64(i) + r.random.Float64()) * size / float64(n)
	}
	return list
}

// scatter gives so many random places between 0 and size in order. They are not spread evenly: how often equal values that lie side by side are both met tells how
// many different ones there are.
func (r *reservoir) scatter(n int, size float64) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = r.random.Float64() * size
	}
	slices.Sort(list)
	return list
}

// part is a range of keys, with where it begins and how much it takes, in bytes.
type part struct {
	start, end []byte
	from, size float64
	same       int // how often it was halved without becoming smaller
}

// visit divides a part until it can be counted, or the rows at its places be taken.
func (p *places) visit(of part, at []float64) {
	if len(at) == 0 || p.err != nil {
		return
	}
	if p.visits++; p.visits%64 == 0 && p.ctx.Err() != nil {
		p.err = p.ctx.Err()
		return
	}
	least := p.sizes.leaf
	if p.counting {
		least = p.sizes.count
	}
	middle := midpoint(of.start, of.end)
	if int64(of.size) <= least || int64(of.size) <= p.sizes.count && of.same > sampleSameMax || middle == nil {
		if p.counting {
			p.count(of, len(at))
		} else {
			p.leaf(of, len(at))
		}
		return
	}
	left, right := part{start: of.start, end: middle, from: of.from}, part{start: middle, end: of.end}
	left.size = p.share(of, middle)
	right.from, right.size = of.from+left.size, of.size-left.size
	if left.size == 0 || right.size == 0 {
		left.same, right.same = of.same+1, of.same+1
	}
	split, _ := slices.BinarySearch(at, right.from)
	p.visit(left, at[:split])
	p.visit(right, at[split:])
}

// share is how much of a part lies before a key. The block of a file in which the key lies counts for either side, so a small part is shared out in proportion,
// and where there is little it is looked whether there is anything.
func (p *places) share(of part, middle []byte) float64 {
	before, behind := txn.Span{Start: of.start, End: middle}, txn.Span{Start: middle, End: of.end}
	left := p.sizeOf(before)
	if int64(of.size) > 4*p.sizes.count && left > p.sizes.leaf && float64(left) < of.size {
		return float64(left)
	}
	right := p.sizeOf(behind)
	return of.size * float64(left) / max(float64(left+right), 1)
}

// sizeOf is the size of a span, nothing where there are no rows.
func (p *places) sizeOf(s txn.Span) int64 {
	n, err := p.txn.Size(s)
	if err == nil && n <= p.sizes.leaf {
		var first []byte
		if first, err = p.firstKey(s); first == nil {
			n = 0
		}
	}
	if err != nil && p.err == nil {
		p.err = err
	}
	return n
}

// count counts the rows of a part that so many places have chosen.
func (p *places) count(of part, places int) {
	rows := 0
	it := p.txn.Scan(txn.Span{Start: of.start, End: of.end})
	defer it.Close()
	for it.Next() {
		p.kept.see(it)
		if rows++; rows%sampleCheckEvery == 0 && p.ctx.Err() != nil {
			p.err = p.ctx.Err()
			return
		}
	}
	p.err = it.Err()
	p.counted += places
	p.density += float64(places) * float64(rows) / of.size
}

// leaf takes so many rows of a part that is not divided further.
func (p *places) leaf(of part, n int) {
	start, end := of.start, of.end
	walk := max(min(p.walk, int(p.density/float64(max(p.counted, 1))*of.size/8)), 1) // not often out of the part
	first, err := p.firstKey(txn.Span{Start: start, End: end})
	if err != nil || first == nil {
		p.err = err
		return
	}
	last, err := p.firstKey(txn.Span{Start: start, End: end, Reverse: true})
	if err != nil {
		p.err = err
		return
	}
	p.letters.see(first, last)
	targets := make([][]byte, n)
	for i := range targets {
		targets[i] = p.letters.between(first, last, p.kept.random)
	}
	slices.SortFunc(targets, bytes.Compare)
	for _, target := range targets {
		if !p.take(target, end, walk) {
			return
		}
	}
}

// take keeps a row a few random steps behind a key, or the first one where there are not so many, out of those that were not passed before; false when there
// is none, or an error.
func (p *places) take(key, end []byte, walk int) bool {
	if bytes.Compare(key, p.passed) < 0 {
		key = p.passed
	}
	steps := p.kept.random.IntN(walk)
	taken, found := p.step(key, end, steps)
	if found && !taken {
		taken, _ = p.step(key, end, 0)
	}
	return taken
}

// step keeps the row so many steps behind the first one from a key on.
func (p *places) step(key, end []byte, steps int) (taken, found bool) {
	it := p.txn.Scan(txn.Span{Start: key, End: end})
	defer it.Close()
	for p.err == nil && it.Next() {
		found = true
		p.kept.see(it)
		if steps--; steps < 0 {
			p.passed = append(append(make([]byte, 0, len(it.Key())+1), it.Key()...), 0) // key may be what it was before
			p.err = p.kept.always(it.Key(), it.Value())
			return p.err == nil, true
		}
	}
	if p.err == nil {
		p.err = it.Err()
	}
	return false, found
}

// edge walks over the rows before or behind what is in files, takes each with a probability, and counts them.
func (p *places) edge(span txn.Span, probability float64) (rows float64) {
	it := p.txn.Scan(span)
	defer it.Close()
	for p.err == nil && it.Next() {
		p.kept.see(it)
		if rows++; int(rows)%sampleCheckEvery == 0 {
			p.err = p.ctx.Err()
		}
		if p.err == nil && p.kept.random.Float64() < probability {
			p.err = p.kept.always(it.Key(), it.Value())
		}
	}
	if p.err == nil {
		p.err = it.Err()
	}
	return rows
}

// midpointBytes is as long as a row's key can be. Halving a range comes to an end there.
const midpointBytes = 1 + 8 + limits.KeyBytes

// midpoint is a key halfway between two, taken as fractions; nil when there is none.
func midpoint(start, end []byte) []byte {
	n := max(len(start), len(end)) + 1
	sum := make([]byte, n+1) // one byte more in front, for the carry
	carry := 0
	for i := n - 1; i >= 0; i-- {
		carry += byteAt(start, i) + byteAt(end, i)
		sum[i+1], carry = byte(carry), carry>>8
	}
	sum[0] = byte(carry)
	low := byte(0)
	for i := range sum {
		b := sum[i]
		sum[i], low = low<<7|b>>1, b&1
	}
	middle := bytes.TrimRight(sum[1:], "\x00")
	if bytes.Compare(middle, start) <= 0 || bytes.Compare(middle, end) >= 0 || len(middle) > midpointBytes {
		return nil
	}
	return middle
}

func byteAt(key []byte, i int) int {
	if i < len(key) {
		return int(key[i])
	}
	return 0
}
