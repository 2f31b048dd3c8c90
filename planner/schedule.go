package planner

import (
	"slices"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
)

// mostFused is the most terms that a pairwise step takes in besides its own two.
const mostFused = 16

// vertex is a term (left is -1) or a pair of a contraction's tree.
type vertex struct {
	left, right int32
	legs        []int32
	fused       []int32 // terms that the result is multiplied by
	factors     []int32 // terms that the pair's product is multiplied by before it is summed
	own         bool    // of a term: a step of its own computes it into a temporary
	into        int32   // the vertex that does this one's work: itself, or the pair it was fused with
	axes        []parser.IndexID
	result      Ref     // of pairs and own terms, once emitted
	size, peak  float64 // elements of the result, and live while it is computed
}

// schedule turns a tree into steps.
type schedule struct {
	c    *contraction
	v    []vertex
	root int32
}

// emitTree appends the steps of the contraction's tree, with temporaries as their users like them.
func (c *contraction) emitTree(to sink) error { return c.emitArranged(to, (*schedule).arrange) }

// emitLying is emitTree with temporaries as what they are made of lies.
func (c *contraction) emitLying(to sink) error { return c.emitArranged(to, (*schedule).lie) }

func (c *contraction) emitArranged(to sink, arrange func(*schedule)) error {
	s := newSchedule(c)
	s.apart()
	s.v[len(s.v)-1].axes = to.out.Axes
	s.fuse()
	s.v[s.root].axes = to.out.Axes
	arrange(s)
	for _, i := range s.order() {
		if err := s.emit(i, to); err != nil {
			return err
		}
	}
	return nil
}

func newSchedule(c *contraction) *schedule {
	s := &schedule{c: c, v: make([]vertex, len(c.terms)+len(c.tree))}
	for i, legs := range c.net.results(c.tree) {
		s.v[i] = vertex{left: -1, right: -1, legs: legs, into: int32(i), size: c.net.size(legs)}
		if i < len(c.terms) {
			s.v[i].own = len(c.terms[i].sum) > 0 || len(c.terms[i].refs) > 1
		} else {
			s.v[i].left, s.v[i].right = c.tree[i-len(c.terms)][0], c.tree[i-len(c.terms)][1]
		}
	}
	return s
}

// nanos estimates the step of a pair.
func (s *schedule) nanos(v *vertex) float64 { return s.target().Estimate(s.work(v)).Nanos }

func (s *schedule) target() cost.Target { return s.c.d.opts.Target }

// work is the question for the step of a pair.
func (s *schedule) work(v *vertex) cost.Work {
	w := s.c.net.work(s.v[v.left].legs, s.v[v.right].legs, v.legs)
	w.Ops = s.prologue(v.left) + s.prologue(v.right)
	w.Plain = w.Ops == 0 && len(v.factors) == 0
	for _, f := range v.fused {
		w.Ops += (1 + s.prologue(f)) / w.K
	}
	for _, f := range slices.Concat(v.fused, v.factors) {
		w.BytesIn += s.v[f].size * float64(w.Type.Size())
	}
	if w.Factors = len(v.factors); w.Factors > 0 {
		w.Inner = s.inner(v)
		w.M, w.N = s.freeOf(v, w.M*w.N)
	}
	return w
}

// prologue is the number of operations it takes to read vertex i.
func (s *schedule) prologue(i int32) float64 {
	if s.v[i].left >= 0 || s.v[i].own {
		return 0
	}
	return s.c.terms[i].weight
}

// apart gives terms with a prologue a step of their own, where computing it again and again in the
// pair's loops would take longer.
func (s *schedule) apart() {
	for i := len(s.c.terms); i < len(s.v); i++ {
		s.apartFor(&s.v[i])
	}
}

func (s *schedule) apartFor(v *vertex) {
	sides := [2]int32{v.left, v.right}
	best, least := 0, 0.0
	for way := range 4 {
		nanos, valid := 0.0, true
		for side, i := range sides {
			if way>>side&1 == 0 {
				continue
			}
			if valid = valid && s.prologue(i) > 0; valid {
				nanos += s.alone(i)
			}
		}
		if !valid {
			continue
		}
		was := s.setOwn(sides, way)
		nanos += s.nanos(v)
		s.restoreOwn(sides, was)
		if way == 0 || nanos < least {
			best, least = way, nanos
		}
	}
	s.setOwn(sides, best)
}

// setOwn gives the sides whose bits are set steps of their own, and returns what was.
func (s *schedule) setOwn(sides [2]int32, way int) (was [2]bool) {
	for side, i := range sides {
		was[side] = s.v[i].own
		s.v[i].own = was[side] || way>>side&1 == 1
	}
	return was
}

func (s *schedule) restoreOwn(sides [2]int32, was [2]bool) {
	for side, i := range sides {
		s.v[i].own = was[side]
	}
}

// alone estimates the step that computes term i into a temporary.
func (s *schedule) alone(i int32) float64 {
	bytes := s.v[i].size * float64(s.c.dtype.Size())
	return s.target().Estimate(cost.Work{B: s.v[i].size, M: 1, N: 1, K: 1, Type: s.c.dtype, UnitInner: true,
		BytesIn: bytes, BytesOut: bytes, Ops: s.c.terms[i].weight}).Nanos
}

// inputs lists what must be computed before vertex i.
func (s *schedule) inputs(i int32) []int32 {
	v := &s.v[i]
	if v.left < 0 {
		return nil
	}
	all := slices.Concat([]int32{v.left, v.right}, v.fused, v.factors)
	return slices.DeleteFunc(all, func(f int32) bool { return s.v[f].left < 0 && !s.v[f].own })
}

// order lists the vertices that need a step, inputs before users, so that little memory is live at a
// time: of the inputs, the one that leaves least of what it needed goes first (J. W. H. Liu, 1986).
func (s *schedule) order() []int32 {
	inputs := make([][]int32, len(s.v))
	for i := range s.v {
		v := &s.v[i]
		if v.into != int32(i) || v.left < 0 && !v.own {
			continue
		}
		in := s.inputs(int32(i))
		freed := func(f int32) float64 { return s.v[f].peak - s.v[f].size }
		slices.SortStableFunc(in, func(a, b int32) int {
			switch x, y := freed(a), freed(b); {
			case x > y:
				return -1
			case x < y:
				return 1
			}
			return 0
		})
		held := 0.0
		for _, f := range in {
			v.peak = max(v.peak, held+s.v[f].peak)
			held += s.v[f].size
		}
		v.peak = max(v.peak, held+v.size)
		inputs[i] = in
	}
	return postorder(s.root, inputs)
}

// postorder walks a tree without recursion.
func postorder(root int32, inputs [][]int32) []int32 {
	var out []int32
	stack := []int32{root}
	for len(stack) > 0 { // users before inputs, last input first
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		out = append(out, i)
		stack = append(stack, inputs[i]...)
	}
	slices.Reverse(out)
	return out
}

// emit appends the step of vertex i.
func (s *schedule) emit(i int32, to sink) error {
	v := &s.v[i]
	var err error
	if v.left < 0 {
		v.result, err = s.c.emitTerm(&s.c.terms[i], v.axes)
		return err
	}
	if i != s.root {
		out, err := s.c.d.temp(s.c.dtype, v.axes)
		if err != nil {
			return err
		}
		v.result, to = out, sink{out: out, root: -1, old: -1}
	}
	k := s.c.kernel(to.out, nil)
	for _, f := range v.fused {
		k.extras = append(k.extras, func(sc *scalar) parser.NodeID { return s.read(sc, f) })
	}
	var values []parser.NodeID
	for _, f := range append([]int32{v.left, v.right}, v.factors...) {
		values = append(values, s.read(k.body, f))
	}
	k.pair = len(v.factors) > 0
	return k.finish(values, true, to)
}

// read appends the value of a vertex: the view of its temporary, or its term.
func (s *schedule) read(sc *scalar, i int32) parser.NodeID {
	if s.v[i].left < 0 && !s.v[i].own {
		return s.c.terms[i].write(s.c.src, sc, s.c.dtype)
	}
	return sc.input(s.v[i].result)
}
