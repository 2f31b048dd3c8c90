package planner

import (
	"slices"

	"github.com/einc-lang/einc/parser"
)

// component is a set of steps that are joined by temporaries with an index, and which therefore can
// run for a piece of that index at a time: from those that read tensors from outside it to the one
// step, its top, that sums the index or writes a tensor of several readers or the output.
type component struct {
	index  parser.IndexID
	chunk  int
	top    int   // the last of its steps
	sum    bool  // the top sums the index
	steps  []int // ascending
	rank   int   // of its index among those asked for
	parent int   // the component whose loop is around this one's, or -1
}

// sliceable finds the components of a plan's steps.
type sliceable struct {
	p       *Plan
	into    []int              // the step that reads a step's result, if it alone does and as it was written; else -1
	indices [][]parser.IndexID // of each step, ascending
}

func newSliceable(p *Plan) *sliceable {
	s := &sliceable{p: p, into: make([]int, len(p.Steps)), indices: make([][]parser.IndexID, len(p.Steps))}
	writer := make([]int, len(p.Buffers))
	for b := range writer {
		writer[b] = -1
	}
	reads := make([]int, len(p.Buffers))
	for i := range p.Steps {
		st := &p.Steps[i]
		s.indices[i] = slices.Concat(st.B, st.M, st.N, st.K)
		slices.Sort(s.indices[i])
		s.into[i] = -1
		for _, refs := range [2][]Ref{st.Inputs, st.Extra} {
			for _, r := range refs {
				s.join(writer[r.Buffer], i, r)
				reads[r.Buffer]++
			}
		}
		if st.Old >= 0 {
			reads[st.Old] += 2
		}
		writer[st.Out.Buffer] = i
	}
	for b, w := range writer {
		if w >= 0 && (reads[b] != 1 || p.Buffers[b].Kind != Temp) {
			s.into[w] = -1
		}
	}
	return s
}

// join notes that a step reads what another one wrote through the same axes.
func (s *sliceable) join(writer, reader int, r Ref) {
	if writer >= 0 && slices.Equal(s.p.Steps[writer].Out.Axes, r.Axes) && !repeats(r.Axes) {
		s.into[writer] = reader
	}
}

// floor is memory in bytes that the temporaries of the plan need however it is sliced: each takes a line at least, and
// for one position of all loops the steps are a game of pebbles on trees, which is won with fewest by finishing the
// branch that needs most before the others (Sethi and Ullman, 1970).
func (s *sliceable) floor() int64 {
	below := make([][]int, len(s.into)) // of each step: the lines that its parts need
	most := 0
	for i, into := range s.into {
		parts := below[i]
		slices.SortFunc(parts, func(a, b int) int { return b - a })
		need, b := len(parts), &s.p.Buffers[s.p.Steps[i].Out.Buffer]
		stored := b.Kind == Temp && b.Bytes > 0
		if stored {
			need++
		}
		for done, lines := range parts {
			need = max(need, done+lines)
		}
		if most = max(most, need); stored && into >= 0 {
			below[into] = append(below[into], need)
		}
	}
	return roundUp(1) * int64(most)
}

// components lists those of an index that have more than one step: slicing a single step saves
// nothing.
func (s *sliceable) components(id parser.IndexID) []component {
	tops := map[int]*component{}
	top := make([]int, len(s.into))
	var order []int
	for i := len(s.into) - 1; i >= 0; i-- { // readers before writers
		if !contains(s.indices[i], id) {
			continue
		}
		top[i] = i
		if n := s.into[i]; n >= 0 && slices.Contains(s.p.Steps[i].Out.Axes, id) {
			top[i] = top[n]
		}
		c := tops[top[i]]
		if c == nil {
			c = &component{index: id, top: i, sum: slices.Contains(s.p.Steps[i].K, id), parent: -1}
			tops[i] = c
			order = append(order, i)
		}
		c.steps = append(c.steps, i)
	}
	var all []component
	for _, i := range order {
		if c := tops[i]; len(c.steps) > 1 && s.allowed(c) {
			slices.Reverse(c.steps)
			all = append(all, *c)
		}
	}
	return all
}

// allowed refuses components with a step that embeds a diagonal: what is off it is written once, not
// for every slice.
func (s *sliceable) allowed(c *component) bool {
	return !slices.ContainsFunc(c.steps, func(i int) bool { return repeats(s.p.Steps[i].Out.Axes) })
}

// outer reports whether the loop of component a goes around that of b, which shares a step with it:
// what is summed later, or not at all, is outside.
func outer(a, b *component) bool {
	switch {
	case a.top != b.top:
		return a.top > b.top
	case a.sum != b.sum:
		return !a.sum
	case !a.sum && a.pieces() != b.pieces():
		return a.pieces() > b.pieces() // workers share the outermost
	}
	return a.rank < b.rank
}

// pieces sorts loops; the last, smaller piece does not count.
func (c *component) pieces() int { return -c.chunk }
