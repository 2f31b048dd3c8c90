package planner

// slabSize is how many elements a slab makes at a time.
const slabSize = 128

// slab hands out short lists from long ones, as making each by itself takes longer than filling it.
type slab[T any] struct{ space []T }

// room is an empty list that n elements can be appended to. What is appended is to be kept before room is
// asked for again.
func (s *slab[T]) room(n int) []T {
	if cap(s.space)-len(s.space) < n {
		s.space = make([]T, 0, max(n, slabSize))
	}
	return s.space[len(s.space):]
}

// keep closes a list that room gave.
func (s *slab[T]) keep(list []T) []T {
	s.space = s.space[:len(s.space)+len(list)]
	return list[:len(list):len(list)]
}
