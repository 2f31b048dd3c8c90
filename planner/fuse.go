package planner

import (
	"slices"

	"github.com/einc-lang/einc/parser"
)

// fuse lets a pair that multiplies the result of another one by a term, and perhaps sums that further, be
// computed with it, where the model says that this is no slower.
func (s *schedule) fuse() {
	for i := len(s.c.terms); i < len(s.v); i++ {
		v := &s.v[i]
		v.left, v.right = s.v[v.left].into, s.v[v.right].into
		if x, y := v.left, v.right; !s.fuseInto(int32(i), x, y) {
			s.fuseInto(int32(i), y, x)
		}
	}
	s.root = s.v[len(s.v)-1].into
}

// fuseInto fuses vertex i, the product of pair x and term y, with x if it can and should be.
func (s *schedule) fuseInto(i, x, y int32) bool {
	v, a, b := &s.v[i], &s.v[x], &s.v[y]
	if a.left < 0 || b.left >= 0 || len(a.fused)+len(a.factors) == mostFused || !subset(b.legs, a.legs) {
		return false
	}
	was := *a
	switch {
	case slices.Equal(a.legs, v.legs):
		a.fused = append(slices.Clone(a.fused), y)
	case s.bare:
		return false
	default:
		a.factors = append(slices.Concat(a.factors, a.fused), y)
		a.fused, a.legs, a.ids, a.size, a.axes = nil, v.legs, nil, v.size, v.axes
		if !s.factored(a) {
			*a = was
			return false
		}
	}
	a.floor = s.nanos(a)
	now := *a
	*a = was
	if now.floor > s.floor(x)+s.floor(i) {
		return false
	}
	*a = now
	v.into = x
	return true
}

// factored reports whether a pair with factors sums over an index that they leave alone, reads plain views,
// and has the last index of the output last in the operand that has it: a step of its own can be given
// operands that lie as it likes.
func (s *schedule) factored(v *vertex) bool {
	for _, list := range [...][]int32{{v.left, v.right}, v.factors} {
		if slices.ContainsFunc(list, func(i int32) bool { return s.prologue(i) > 0 }) {
			return false
		}
	}
	if s.inner(v) <= 1 {
		return false
	}
	i, last := s.rightmost(v)
	return i < 0 || s.temporary(i) || s.c.d.unitIndex(s.c.terms[i].refs[0]) == last
}

// rightmost is the operand that alone has the last index of the output that only one has; -1 if the order of
// these is not known.
func (s *schedule) rightmost(v *vertex) (int32, parser.IndexID) {
	for a := len(v.axes) - 1; a >= 0; a-- {
		last := v.axes[a]
		left, right := contains(s.legs(v.left), last), contains(s.legs(v.right), last)
		if left && !right {
			return v.left, last
		}
		if right && !left {
			return v.right, last
		}
	}
	return -1, parser.NoIndex
}

// inner is the product of the extents of the summed indices that no factor has.
func (s *schedule) inner(v *vertex) float64 {
	inner := 1.0
	sorted(s.v[v.left].legs, s.v[v.right].legs, func(l int32, _, _ bool) {
		if s.isInner(v, l) {
			inner *= s.c.net.ext[l]
		}
	})
	return inner
}

// isInner reports whether a pair sums over an index that none of its factors has.
func (s *schedule) isInner(v *vertex, l int32) bool {
	has := func(f int32) bool { return subset([]int32{l}, s.v[f].legs) }
	return !subset([]int32{l}, v.legs) && !slices.ContainsFunc(v.factors, has)
}

// freeOf splits the points of the free indices of a pair into those of the left operand and those of the
// right one, which, where that is open, will be the smaller ones.
func (s *schedule) freeOf(v *vertex, all float64) (m, n float64) {
	n = 1
	right, _ := s.rightmost(v)
	sorted(s.v[v.left].legs, s.v[v.right].legs, func(l int32, inLeft, inRight bool) {
		if inLeft != inRight && inLeft == (right == v.left) && subset([]int32{l}, v.legs) {
			n *= s.c.net.ext[l]
		}
	})
	if right < 0 {
		n = min(n, all/n)
	}
	return all / n, n
}
