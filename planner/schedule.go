package planner

import (
	"math"
	"slices"

	"github.com/einc-lang/einc/internal/slab"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
)

// mostFused is the most terms that a pairwise step takes in besides its own two.
const mostFused = 16

// vertex is a term (left is -1) or a pair of a contraction's tree.
type vertex struct {
	left, right int32
	legs        []int32
	ids         []parser.IndexID // the same as the problem numbers them; nil until they are asked for
	fused       []int32          // terms that the result is multiplied by
	factors     []int32          // terms that the pair's product is multiplied by before it is summed
	own         bool             // of a term: a step of its own computes it into a temporary
	into        int32            // the vertex that does this one's work: itself, or the pair it was fused with
	axes        []parser.IndexID
	lies        stance
	result      Ref     // of pairs and own terms, once it has a temporary
	stored      bool    // it has one
	size, peak  float64 // elements of the result, and live while it is computed
	floor       float64 // nanoseconds that the step takes if all operands lie well; 0 if that is not known
}

// schedule turns a tree into steps.
type schedule struct {
	c     *contraction
	v     []vertex
	root  int32
	reads [][]int32 // of each vertex: what must be computed before it
	least float64   // nanoseconds that the steps take if all operands lie well
	bare  bool      // no pair has factors
	lists slab.Slab[int32]
}

// steps appends the steps of what is arranged. A trial, if there is one, need not be told of them again.
func (s *schedule) steps(to sink, t *trial) error {
	s.unstore()
	for _, i := range s.order() {
		var err error
		if t == nil {
			err = s.emit(i, to, nil)
		} else {
			err = t.emit(s, i, to)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// temporary reports whether what a step reads of vertex i is a temporary; else it is a term.
func (s *schedule) temporary(i int32) bool { return s.v[i].left >= 0 || s.v[i].own }

// runs reports whether vertex i has a step of its own.
func (s *schedule) runs(i int32) bool {
	v := &s.v[i]
	return v.into == i && (v.left >= 0 || v.own)
}

// begin makes s the schedule of a tree, in the place of any other that it was.
func (s *schedule) begin(c *contraction, t tree) *schedule {
	count := len(c.terms) + len(t)
	s.c, s.v, s.bare = c, slices.Grow(s.v[:0], count)[:count], false
	for i, legs := range c.net.results(t) {
		s.v[i] = vertex{left: -1, right: -1, legs: legs, into: int32(i), size: c.net.size(legs)}
		if i < len(c.terms) {
			s.v[i].own = len(c.terms[i].sum) > 0 || len(c.terms[i].refs) > 1
		} else {
			s.v[i].left, s.v[i].right = t[i-len(c.terms)][0], t[i-len(c.terms)][1]
		}
	}
	return s
}

// fused decides what runs in a step of its own.
func (s *schedule) fused(to sink) *schedule {
	s.apart()
	s.v[len(s.v)-1].axes = to.out.Axes
	s.fuse()
	s.v[s.root].axes = to.out.Axes
	return s
}

// floors estimates the steps as if all operands lay well. The result lies as it lies.
func (s *schedule) floors() *schedule {
	s.least = 0
	for i := range s.v {
		if s.runs(int32(i)) {
			s.least += s.floor(int32(i))
		}
	}
	if v := &s.v[s.root]; v.left >= 0 && len(v.factors) == 0 {
		if floor := s.onward(v); floor > v.floor {
			s.least += floor - v.floor
			v.floor = floor
		}
	}
	return s
}

// onward is the floor of the step of the result with vectors along its last index, of one operand, which end where the next one
// is of the other operand. It is 0 where an index of both is in the way, along which vectors may run as well.
func (s *schedule) onward(v *vertex) float64 {
	run, right, some := 1.0, false, false
	for _, i := range slices.Backward(v.axes) {
		inLeft, inRight := contains(s.legs(v.left), i), contains(s.legs(v.right), i)
		switch {
		case s.c.d.extent(i) == 1:
			continue
		case inLeft == inRight:
			return 0
		case !some:
			right, some = inRight, true
		case inRight != right:
			return s.along(v, run, right)
		}
		run *= float64(s.c.d.extent(i))
	}
	return 0
}

// along is the floor of a pair with vectors that run so far along indices of its right operand, or else of its left one; 0 if the
// other one is a term that vectors may run along.
func (s *schedule) along(v *vertex, run float64, right bool) float64 {
	other, w := v.left, s.work(v)
	if !right {
		other = v.right
	}
	if !s.temporary(other) && contains(s.legs(s.root), s.c.d.unitIndex(s.c.terms[other].refs[0])) {
		return 0
	}
	free := w.M * w.N
	w.M = s.c.net.size(s.v[other].legs) / w.B / w.K
	w.N, w.Run = free/w.M, run
	return s.c.net.model.Nanos(&w)
}

// floor is the time of the step of vertex i if all operands lie well. What the step reads is settled.
func (s *schedule) floor(i int32) float64 {
	v := &s.v[i]
	switch {
	case v.floor > 0:
	case v.left < 0:
		v.floor = s.alone(i)
	default:
		v.floor = s.nanos(v)
	}
	return v.floor
}

// nanos estimates the step of a pair.
func (s *schedule) nanos(v *vertex) float64 {
	if q := &s.c.d.subsets; q.n == s.c.net && len(v.fused)+len(v.factors) == 0 && s.prologue(v.left)+s.prologue(v.right) == 0 { // as the search priced pairs
		b, m, n, k := s.c.net.classes(s.v[v.left].legs, s.v[v.right].legs, v.legs)
		return q.pair(b, m, n, k, math.Inf(1))
	}
	w := s.work(v)
	return s.c.net.model.Nanos(&w)
}

// work is the question for the step of a pair.
func (s *schedule) work(v *vertex) cost.Work {
	w := s.c.net.work(s.v[v.left].legs, s.v[v.right].legs, v.legs)
	w.Ops = s.prologue(v.left) + s.prologue(v.right)
	w.Plain = w.Ops == 0 && len(v.factors) == 0
	for _, f := range v.fused {
		w.Ops += (1 + s.prologue(f)) / w.K
		w.BytesIn += s.v[f].size * float64(w.Type.Size())
	}
	for _, f := range v.factors {
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
	if s.prologue(v.left) == 0 && s.prologue(v.right) == 0 {
		return
	}
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
	return s.c.net.model.Nanos(&cost.Work{B: s.v[i].size, M: 1, N: 1, K: 1, Type: s.c.dtype, UnitInner: true,
		BytesIn: bytes, BytesOut: bytes, Ops: s.c.terms[i].weight})
}

// inputs lists what must be computed before vertex i.
func (s *schedule) inputs(i int32) []int32 {
	v := &s.v[i]
	if v.left < 0 {
		return nil
	}
	all := s.lists.Room(2 + len(v.fused) + len(v.factors))
	for _, list := range [...][]int32{{v.left, v.right}, v.fused, v.factors} {
		for _, f := range list {
			if s.temporary(f) {
				all = append(all, f)
			}
		}
	}
	return s.lists.Keep(all)
}

// order lists the vertices that need a step, inputs before users, so that little memory is live at a
// time: of the inputs, the one that leaves least of what it needed goes first (J. W. H. Liu, 1986).
func (s *schedule) order() []int32 {
	s.lists.Reset()
	s.reads = slices.Grow(s.reads[:0], len(s.v))[:len(s.v)]
	clear(s.reads)
	for i := range s.v {
		v := &s.v[i]
		if !s.runs(int32(i)) {
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
		v.peak = 0
		for _, f := range in {
			v.peak = max(v.peak, held+s.v[f].peak)
			held += s.v[f].size
		}
		v.peak = max(v.peak, held+v.size)
		s.reads[i] = in
	}
	return postorder(s.root, s.reads, s.lists.Make(2*len(s.v)))
}

// postorder walks a tree without recursion; there is room for each vertex twice.
func postorder(root int32, inputs [][]int32, room []int32) []int32 {
	out, stack := room[:0:len(inputs)], append(room[len(inputs):][:0], root)
	for len(stack) > 0 { // users before inputs, last input first
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		out = append(out, i)
		stack = append(stack, inputs[i]...)
	}
	slices.Reverse(out)
	return out
}

// emit appends the step of vertex i, of which something may be known.
func (s *schedule) emit(i int32, to sink, known *answer) error {
	v := &s.v[i]
	if i != s.root {
		s.store(i)
		to = sink{out: v.result, root: -1, old: -1}
	}
	if v.left < 0 {
		return s.c.emitTerm(&s.c.terms[i], to)
	}
	k := s.c.kernel(to.out, nil)
	k.known = known
	for _, f := range v.fused {
		k.extras = append(k.extras, s.operand(f))
	}
	values := append(make([]parser.NodeID, 0, 2+mostFused), k.read(&k.body, s.operand(v.left)), k.read(&k.body, s.operand(v.right)))
	for _, f := range v.factors {
		values = append(values, k.read(&k.body, s.operand(f)))
	}
	k.pair = len(v.factors) > 0
	return k.finish(values, true, to)
}

// store gives vertex i a temporary, if it has none.
func (s *schedule) store(i int32) {
	if v := &s.v[i]; !v.stored {
		v.result, v.stored = s.c.d.temp(s.c.dtype, v.axes), true
	}
}

// unstore forgets all temporaries.
func (s *schedule) unstore() {
	for i := range s.v {
		s.v[i].stored = false
	}
}

// operand is what a step reads of a vertex: the view of its temporary, or its term.
func (s *schedule) operand(i int32) operand {
	if !s.temporary(i) {
		return operand{term: &s.c.terms[i]}
	}
	return operand{view: s.v[i].result}
}
