package plan

import (
	"iter"
	"math/bits"
)

// relationsMax bounds the range table of one query level.
const relationsMax = 256

// relset is a set of range-table indexes.
type relset [relationsMax / 64]uint64

func single(i int) (s relset) { s[i>>6] = 1 << (i & 63); return s }

func (s relset) union(o relset) relset {
	for i := range s {
		s[i] |= o[i]
	}
	return s
}

func (s relset) contains(o relset) bool {
	for i := range s {
		if o[i]&^s[i] != 0 {
			return false
		}
	}
	return true
}

func (s relset) overlaps(o relset) bool {
	for i := range s {
		if s[i]&o[i] != 0 {
			return true
		}
	}
	return false
}

func (s relset) minus(o relset) relset {
	for i := range s {
		s[i] &^= o[i]
	}
	return s
}

func (s relset) empty() bool { return s == relset{} }

func (s relset) has(i int) bool { return s[i>>6]&(1<<(i&63)) != 0 }

// members are the indexes in the set, in order.
func (s relset) members() iter.Seq[int] {
	return func(yield func(int) bool) {
		for w, word := range s {
			for ; word != 0; word &= word - 1 {
				if !yield(w*64 + bits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}

// only is the index of a set of one.
func (s relset) only() (i int, ok bool) {
	if s.size() != 1 {
		return 0, false
	}
	for i := range s.members() {
		return i, true
	}
	return 0, false
}

func (s relset) intersect(o relset) relset {
	for i := range s {
		s[i] &= o[i]
	}
	return s
}

func (s relset) size() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}
