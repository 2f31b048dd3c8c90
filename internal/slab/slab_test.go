package slab

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Lists do not touch each other, whatever is appended to them later.
func TestLists(t *testing.T) {
	var s Slab[int]
	var lists [][]int
	for n := range 3 * few {
		list := s.Make(n % 5)
		for i := range list {
			require.Zero(t, list[i])
			list[i] = n
		}
		lists = append(lists, list, s.Clone([]int{n, n}))
	}
	for k, list := range lists {
		_ = append(list, -1)
		if k%2 == 1 {
			require.Len(t, list, 2)
		}
	}
	for k, list := range lists {
		for _, x := range list {
			require.Equal(t, k/2, x)
		}
	}
}

// A list may outgrow its room; it then lies elsewhere.
func TestOutgrown(t *testing.T) {
	var s Slab[int]
	s.Make(few - 1)
	list := s.Room(1)
	for n := range 3 * few {
		list = append(list, n)
	}
	list = s.Keep(list)
	next := s.Keep(append(s.Room(1), 7))
	require.Equal(t, []int{7}, next)
	for n, x := range list {
		require.Equal(t, n, x)
	}
}

// What is released is handed out again, also where a long list was begun since.
func TestRelease(t *testing.T) {
	var s Slab[int]
	first := s.Clone([]int{1, 2})
	for range 4 {
		mark := s.Mark()
		for n := range 3 * few {
			s.Clone([]int{n})
		}
		s.Release(mark)
	}
	mark := s.Mark()
	x := s.Clone([]int{3})
	s.Release(mark)
	y := s.Clone([]int{4})
	require.Same(t, &x[0], &y[0])
	require.Equal(t, []int{1, 2}, first)
}

// After a reset the long list serves again, and lists of zeros are zeros.
func TestReset(t *testing.T) {
	var s Slab[int]
	x := s.One()
	*x = 5
	s.Clone([]int{6, 7})
	s.Reset()
	y := s.One()
	require.Same(t, x, y)
	require.Zero(t, *y)
}
