package planner

import (
	"slices"

	"github.com/einc-lang/einc/parser"
)

// arrange goes from the root to the terms, decides which operand of each pair is the right one, and
// orders the axes of the temporaries as their users like them: the left operand [B, M, K], the right
// one [B, K, N], so that the output's last index is the last one of the right operand too.
func (s *schedule) arrange() {
	for i := len(s.v) - 1; i >= len(s.c.terms); i-- {
		v := &s.v[i]
		if v.into != int32(i) {
			continue
		}
		if v.lies == alongside {
			v.axes = s.c.arrange(s.legs(int32(i)), s.largest(v.fused).Axes)
		}
		s.orient(v)
		if s.temporary(v.left) || s.temporary(v.right) {
			out := s.c.arrange(s.legs(int32(i)), v.axes)
			left, right := s.legs(v.left), s.legs(v.right)
			reduced := s.reduced(v, left, right, out)
			s.v[v.left].axes = s.grouped(out, reduced, left, right, s.v[v.left].lies != turned)
			s.v[v.right].axes = s.grouped(out, reduced, right, left, s.v[v.right].lies == turned)
		}
		for _, list := range [...][]int32{v.fused, v.factors} {
			for _, f := range list {
				s.v[f].axes = s.c.arrange(s.legs(f), v.axes)
			}
		}
	}
}

// largest is the view of the largest of some terms that are read as they lie; of no axes if there is none.
func (s *schedule) largest(terms []int32) (r Ref) {
	size := 1.0
	for _, f := range terms {
		if !s.temporary(f) && s.v[f].size > size {
			r, size = s.c.terms[f].refs[0], s.v[f].size
		}
	}
	return r
}

// stance is how a temporary lies.
type stance int

const (
	liked     stance = iota // as its user likes it
	turned                  // with what its user sums last instead of what it keeps, or the other way round
	alongside               // as the largest term that it is multiplied by
)

// against reports whether the temporary of a vertex is written against the grain of what it is multiplied by.
func (s *schedule) against(i int32) bool {
	v := &s.v[i]
	if i == s.root || !s.runs(i) || len(v.axes) == 0 {
		return false
	}
	r := s.largest(v.fused)
	return len(r.Axes) > 0 && s.c.d.unitIndex(r) != last(v.axes)
}

// stand arranges all anew with the temporary of a vertex in some stance.
func (s *schedule) stand(i int32, lies stance) {
	s.v[i].lies = lies
	s.arrange()
}

// grouped orders the legs of an operand: those that the other operand and the result have, in the order of the
// result, those that only the result has, and what is reduced, last or between them.
func (s *schedule) grouped(out, reduced, legs, other []parser.IndexID, reducedLast bool) []parser.IndexID {
	list := s.c.d.ids.Room(len(legs))
	add := func(from []parser.IndexID, f func(l parser.IndexID) bool) {
		for _, l := range from {
			if contains(legs, l) && f(l) {
				list = append(list, l)
			}
		}
	}
	shared := func(l parser.IndexID) bool { return contains(other, l) }
	free := func(l parser.IndexID) bool { return !contains(other, l) }
	all := func(parser.IndexID) bool { return true }
	add(out, shared)
	if !reducedLast {
		add(reduced, all)
	}
	add(out, free)
	if reducedLast {
		add(reduced, all)
	}
	return s.c.d.ids.Keep(list)
}

// lie goes from the terms to the root and orders the axes of each temporary as its operands have them, batch,
// left, right, so that no step reads against the grain. The right operand is one that ends with a free index,
// the larger of two. A product that sums nothing may lie as an operand that has all of its indices. It reports whether that changes any step.
func (s *schedule) lie(whole bool) (changes bool) {
	for i := range s.v {
		v := &s.v[i]
		axes, left := v.axes, v.left
		if i < len(s.c.terms) {
			v.axes = s.c.arrange(s.legs(int32(i)), s.c.terms[i].refs[0].Axes)
		} else if v.into == int32(i) {
			s.lieOver(v, s.legs(int32(i)), whole)
		}
		if v.left >= 0 && v.into == int32(i) || v.own { // it is stored
			changes = changes || left != v.left || !slices.Equal(axes, v.axes)
		}
	}
	return changes
}

func (s *schedule) lieOver(v *vertex, legs []parser.IndexID, whole bool) {
	if int(s.root) < len(s.v) && v == &s.v[s.root] {
		s.orient(v)
	} else {
		if a, b := s.ends(v.left, v.right, legs), s.ends(v.right, v.left, legs); a && !b || a == b && s.v[v.left].size > s.v[v.right].size {
			v.left, v.right = v.right, v.left
		}
		left, right := s.v[v.left].axes, s.v[v.right].axes
		if whole {
			if all := s.all(v, legs); all != nil {
				left, right = nil, all
			}
		}
		axes := s.c.d.ids.Room(len(legs))
		for _, want := range [...]struct {
			from, other []parser.IndexID
			both        bool
		}{{right, left, true}, {left, right, false}, {right, left, false}} {
			for _, l := range want.from {
				if contains(legs, l) && slices.Contains(want.other, l) == want.both {
					axes = append(axes, l)
				}
			}
		}
		v.axes = s.c.d.ids.Keep(axes)
	}
	for _, f := range v.fused {
		s.v[f].axes = s.c.arrange(s.legs(f), v.axes)
	}
}

// all is the axes of an operand that has all indices of the result, where nothing is summed; nil if there is none.
func (s *schedule) all(v *vertex, legs []parser.IndexID) []parser.IndexID {
	within := func(i int32) bool {
		return !slices.ContainsFunc(s.v[i].axes, func(l parser.IndexID) bool { return !contains(legs, l) })
	}
	if within(v.left) && within(v.right) {
		for _, i := range [...]int32{v.left, v.right} {
			if len(s.v[i].axes) == len(legs) {
				return s.v[i].axes
			}
		}
	}
	return nil
}

// ends reports whether an operand's last index is one that only it has and that the result keeps.
func (s *schedule) ends(i, other int32, legs []parser.IndexID) bool {
	axes := s.v[i].axes
	return len(axes) > 0 && contains(legs, axes[len(axes)-1]) && !slices.Contains(s.v[other].axes, axes[len(axes)-1])
}

// legs lists the indices of a vertex, ascending.
func (s *schedule) legs(i int32) []parser.IndexID {
	v := &s.v[i]
	if v.ids == nil && len(v.legs) > 0 {
		ids := s.c.d.ids.Room(len(v.legs))
		for _, l := range v.legs {
			ids = append(ids, s.c.net.ids[l])
		}
		v.ids = s.c.d.ids.Keep(ids)
	}
	return v.ids
}

// orient swaps the operands of v if the left one has the last index of the output that only one has.
// Where there is none, the larger one goes left.
func (s *schedule) orient(v *vertex) {
	left, right := s.legs(v.left), s.legs(v.right)
	for a := len(v.axes) - 1; a >= 0; a-- {
		inLeft, inRight := contains(left, v.axes[a]), contains(right, v.axes[a])
		if inLeft != inRight {
			if inLeft {
				v.left, v.right = v.right, v.left
			}
			return
		}
	}
	if s.v[v.right].size > s.v[v.left].size {
		v.left, v.right = v.right, v.left
	}
}

// reduced orders the summed indices of v as a term that it reads has them: no step can change those.
func (s *schedule) reduced(v *vertex, left, right, out []parser.IndexID) []parser.IndexID {
	sum := s.c.d.ids.Room(len(left) + len(right))
	s.c.d.newSet()
	for _, l := range out {
		s.c.d.adds(l)
	}
	for _, legs := range [2][]parser.IndexID{left, right} {
		for _, l := range legs {
			if s.c.d.adds(l) {
				sum = append(sum, l)
			}
		}
	}
	sum = s.c.d.ids.Keep(sum)
	ascend(sum)
	for _, i := range [2]int32{v.left, v.right} {
		if s.v[i].left < 0 && !s.v[i].own {
			return s.c.arrange(sum, s.c.terms[i].refs[0].Axes)
		}
	}
	return sum
}
