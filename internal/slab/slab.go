// Package slab hands out short lists from long ones, as making each by itself takes longer than filling it. A list
// keeps the long one that it is of in memory.
package slab

import "unsafe"

// The elements of long lists: from few on, or what fits fewBytes, twice as many each time, up to many.
const (
	few      = 32
	fewBytes = 1024
	many     = 1024
)

// Slab is a source of lists. The zero Slab is ready for use.
type Slab[T any] struct{ space []T }

// Room is an empty list that n elements, and mostly more, can be appended to in place. What is appended is to be
// kept before the slab is asked for anything else.
func (s *Slab[T]) Room(n int) []T {
	if cap(s.space)-len(s.space) < n || s.space == nil {
		var element T
		first := min(few, fewBytes/max(int(unsafe.Sizeof(element)), 1))
		s.space = make([]T, 0, max(n, min(max(first, 2*cap(s.space)), many)))
	}
	return s.space[len(s.space):]
}

// Reserve makes room for n elements, and no more, before any list is made.
func (s *Slab[T]) Reserve(n int) {
	if cap(s.space) < n {
		s.space = make([]T, 0, n)
	}
}

// Start gives the slab a first long list, which is empty.
func (s *Slab[T]) Start(room []T) { s.space = room }

// Keep closes a list that Room gave, also one that has outgrown it and lies elsewhere.
func (s *Slab[T]) Keep(list []T) []T {
	if n := len(s.space) + len(list); n <= cap(s.space) {
		s.space = s.space[:n]
	}
	return list[:len(list):len(list)]
}

// Make is a list of n zeros.
func (s *Slab[T]) Make(n int) []T {
	list := s.take(n)
	clear(list)
	return list
}

// Empty is an empty list that n elements can be appended to in place.
func (s *Slab[T]) Empty(n int) []T { return s.take(n)[:0] }

// take is a list of n elements, whatever they were.
func (s *Slab[T]) take(n int) []T {
	s.Room(n)
	at := len(s.space)
	s.space = s.space[:at+n]
	return s.space[at : at+n : at+n]
}

// Mark is a state that Release goes back to.
func (s *Slab[T]) Mark() []T { return s.space }

// Release takes back all lists that were kept since a mark was made: nobody may use them any longer.
func (s *Slab[T]) Release(mark []T) {
	if cap(mark) == 0 || cap(s.space) != cap(mark) || &s.space[:1][0] != &mark[:1][0] {
		mark = s.space[:0] // all of a long list that is newer than the mark
	}
	s.space = mark
}

// One is a list's only element: a zero.
func (s *Slab[T]) One() *T { return &s.Make(1)[0] }

// Reset takes back all lists: nobody may use them any longer.
func (s *Slab[T]) Reset() { s.space = s.space[:0] }

// Clone is a list of the elements of another one.
func (s *Slab[T]) Clone(list []T) []T { return s.Keep(append(s.Room(len(list)), list...)) }
