package adjudicator

// queue is a first-in first-out list in a ring that grows and shrinks by halves and doubles.
type queue[T any] struct {
	ring []T
	head int
	size int
}

func (q *queue[T]) len() int { return q.size }

func (q *queue[T]) front() T { return q.at(0) }

// at is the i-th oldest element.
func (q *queue[T]) at(i int) T { return q.ring[(q.head+i)&(len(q.ring)-1)] }

func (q *queue[T]) push(v T) {
	if q.size == len(q.ring) {
		q.resize(max(16, 2*q.size))
	}
	q.ring[(q.head+q.size)&(len(q.ring)-1)] = v
	q.size++
}

func (q *queue[T]) pop() T {
	var zero T
	v := q.ring[q.head]
	q.ring[q.head] = zero
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.size--
	if len(q.ring) > 4096 && q.size < len(q.ring)/4 {
		q.resize(len(q.ring) / 2)
	}
	return v
}

func (q *queue[T]) resize(n int) {
	ring := make([]T, n)
	for i := range q.size {
		ring[i] = q.at(i)
	}
	q.ring, q.head = ring, 0
}
