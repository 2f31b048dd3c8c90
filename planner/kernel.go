package planner

import (
	"fmt"
	"slices"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// limitError is the error of an exact search that is out of reach.
type limitError struct{ factors int }

func (e *limitError) Error() string {
	return fmt.Sprintf("einc: the exact method takes products of at most %d factors, this one has %d: use greedy or auto", ExactLimit, e.factors)
}

// kernel is a step in the making: its body is being written. A draft makes one at a time.
type kernel struct {
	d      *draft
	src    *source
	node   parser.NodeID // the Reduce node whose core the step completes, if its sink has a root
	op     parser.ReduceOp
	dtype  tensor.DType
	over   []parser.IndexID // reduced indices that inputs need not have
	out    Ref
	body   scalar
	tail   scalar    // what follows the reduction
	extras []operand // what the reduced value is multiplied by
	known  *answer   // what is known of the step, if it was looked at before
	pair   bool      // the first two inputs are the core, whatever follows
}

// operand is what a step reads: a term, or the view of a temporary.
type operand struct {
	term *term // nil for view
	view Ref
}

// begin starts a step.
func (d *draft) begin(src *source, out Ref) *kernel {
	k := &d.step
	k.d, k.src, k.out = d, src, out
	k.node, k.op, k.dtype, k.over, k.pair = 0, 0, 0, nil, false
	k.extras, k.known = k.extras[:0], nil
	k.body.begin(d, out.Axes, 0)
	return k
}

// kernel starts a step of c.
func (c *contraction) kernel(out Ref, over []parser.IndexID) *kernel {
	k := c.d.begin(c.src, out)
	k.node, k.op, k.dtype, k.over = c.node, c.op, c.dtype, over
	return k
}

// read appends an operand to the body or to what follows.
func (k *kernel) read(sc *scalar, o operand) parser.NodeID {
	if o.term != nil {
		return o.term.write(k.src, sc, k.dtype)
	}
	return sc.input(o.view)
}

// finish appends the step that reduces the product of values, which are nodes of the body. With
// product set, each value is of one input and the two largest inputs are the core.
func (k *kernel) finish(values []parser.NodeID, product bool, to sink) error {
	v := k.body.apply(parser.FnMul, k.dtype, values...)
	k.d.plan.Steps = append(k.d.plan.Steps, Step{Out: k.out, Old: to.old, OldOp: to.oldOp, Reduce: k.op, Core: [2]int{-1, -1}})
	s := &k.d.plan.Steps[len(k.d.plan.Steps)-1]
	if product && len(k.body.refs) > 1 {
		s.Core = k.core()
	} else if len(k.body.refs) == 1 {
		s.Core[0] = 0
	}
	if k.known != nil {
		s.Core = k.known.core
	}
	s.Class = k.classify(s.Core)
	k.after(s, v, to.root)
	if k.known != nil {
		s.Estimate, s.Flops = k.known.estimate, k.known.flops
	} else {
		k.d.estimate(s)
		k.partner(s)
	}
	return k.d.spend(16)
}

// after writes what follows the reduction of v: into an epilogue, or on into the body if nothing is
// reduced.
func (k *kernel) after(s *Step, v, root parser.NodeID) {
	if len(s.K) == 0 {
		s.Body, s.Inputs = k.body.close(k.finally(&k.body, v, root))
		return
	}
	s.Body, s.Inputs = k.body.close(v)
	if len(k.extras) == 0 && (root < 0 || root == k.node && k.src.values[root].outside.nothing()) {
		return
	}
	k.tail.beginEpilogue(k.d, k.out.Axes, k.dtype)
	if x := k.finally(&k.tail, k.tail.core, root); x != 0 {
		s.Epilogue, s.Extra = k.tail.close(x)
	}
}

// finally multiplies x by the extras, and goes on with the statement if it has a root.
func (k *kernel) finally(sc *scalar, x parser.NodeID, root parser.NodeID) parser.NodeID {
	if len(k.extras) > 0 {
		args := append(make([]parser.NodeID, 0, 1+mostFused), x)
		for _, o := range k.extras {
			args = append(args, k.read(sc, o))
		}
		x = sc.apply(parser.FnMul, k.dtype, args...)
	}
	if root >= 0 {
		sc.core = x
		k.src.values[k.node].inline = true
		x = k.src.write(sc, root)
	}
	return x
}

// core chooses the two operands: the right one has the output's last index, where one has it; of
// several, the larger one goes first.
func (k *kernel) core() [2]int {
	refs := k.body.refs
	last := parser.NoIndex
	for _, i := range k.out.Axes {
		if k.d.extent(i) != 1 {
			last = i
		}
	}
	pick := func(skip int, want parser.IndexID) int {
		best, most := -1, 0.0
		for i, r := range refs {
			if size := k.d.points(legsOf(refs[i : i+1])); i != skip && size > most && (want == parser.NoIndex || slices.Contains(r.Axes, want)) {
				best, most = i, size
			}
		}
		return best
	}
	if len(refs) == 2 || k.pair { // pairs come in their order
		return [2]int{0, 1}
	}
	right := pick(-1, last)
	if right < 0 {
		right = pick(-1, parser.NoIndex)
	}
	return [2]int{pick(right, parser.NoIndex), right}
}

// classify sorts the indices of the output and of the inputs.
func (k *kernel) classify(core [2]int) Class {
	var sides [2][]parser.IndexID
	for c, i := range core {
		if i >= 0 {
			sides[c] = k.body.refs[i].Axes
		}
	}
	k.d.newSet()
	const batch, left, right = 0, 1, 2 // in both sides or none, in one alone
	n := len(k.out.Axes)
	list, of := k.d.lists.Room(n), k.d.ids.Make(n) // of each: one of these, or -1 if it was met before
	for a, i := range k.out.Axes {
		switch inLeft, inRight := slices.Contains(sides[0], i), slices.Contains(sides[1], i); {
		case !k.d.adds(i):
			of[a] = -1
		case inLeft && !inRight:
			of[a] = left
		case inRight && !inLeft:
			of[a] = right
		}
	}
	var ends [3]int
	for _, class := range [...]parser.IndexID{left, right, batch} {
		for a, i := range k.out.Axes {
			if of[a] == class {
				list = append(list, i)
			}
		}
		ends[class] = len(list)
	}
	list = k.d.lists.Keep(list)
	part := func(from, to int) []parser.IndexID {
		if from == to {
			return nil
		}
		return list[from:to:to]
	}
	return Class{M: part(0, ends[left]), N: part(ends[left], ends[right]), B: part(ends[right], ends[batch]), K: k.reduced(core[0])}
}

// kept closes a list; nil for an empty one.
func (d *draft) kept(list []parser.IndexID) []parser.IndexID {
	if len(list) == 0 {
		return nil
	}
	return d.lists.Keep(list)
}

// some lists those of indices for which f holds; nil for none.
func (d *draft) some(all []parser.IndexID, f func(parser.IndexID) bool) []parser.IndexID {
	list := d.lists.Room(len(all))
	for _, i := range all {
		if f(i) {
			list = append(list, i)
		}
	}
	return d.kept(list)
}

// reduced lists the indices that are not in the set in hand: those of one input in its order, the others
// ascending.
func (k *kernel) reduced(first int) []parser.IndexID {
	most := len(k.over)
	for _, r := range k.body.refs {
		most += len(r.Axes)
	}
	list := k.d.lists.Room(most)
	add := func(axes []parser.IndexID) {
		for _, i := range axes {
			if k.d.extent(i) != 1 && k.d.adds(i) {
				list = append(list, i)
			}
		}
	}
	if first >= 0 {
		add(k.body.refs[first].Axes)
	}
	own := len(list)
	for _, r := range k.body.refs {
		add(r.Axes)
	}
	ascend(list[own:])
	add(k.over)
	return k.d.kept(list)
}

// estimate asks the model about a finished step.
func (d *draft) estimate(s *Step) {
	w := d.work(s)
	s.Estimate = d.model().Estimate(w)
	s.Flops = w.B * w.M * w.N * w.K
}

// answer is what the model said about a step, and the core that was chosen by that.
type answer struct {
	core     [2]int
	estimate cost.Estimate
	flops    float64
}

// traffic is the number of bytes that a step reads, each input counted once, and that it writes.
func (d *draft) traffic(s *Step) (in, out float64) {
	for _, r := range s.Inputs {
		in += d.bytes(r)
	}
	for _, r := range s.Extra {
		in += d.bytes(r)
	}
	out = d.bytes(s.Out)
	if s.Old >= 0 {
		in += out
	}
	return in, out
}

// repeats reports whether an index occurs twice.
func repeats(axes []parser.IndexID) bool {
	for a, i := range axes {
		if i != parser.NoIndex && slices.Contains(axes[:a], i) {
			return true
		}
	}
	return false
}

// volume is the product of the extents of legs.
func (d *draft) volume(legs []parser.IndexID) float64 {
	v := 1.0
	for _, i := range legs {
		v *= float64(d.extent(i))
	}
	return v
}

// bytes is the size of what a view covers.
func (d *draft) bytes(r Ref) float64 {
	return d.covered(r) * float64(d.plan.Buffers[r.Buffer].DType.Size())
}

// covered is the number of elements that a view sees.
func (d *draft) covered(r Ref) float64 {
	v := 1.0
	for a, i := range r.Axes {
		if i != parser.NoIndex && !slices.Contains(r.Axes[:a], i) {
			v *= float64(d.extent(i))
		}
	}
	return v
}

// unitIndex is the index that walks r with stride 1, or NoIndex.
func (d *draft) unitIndex(r Ref) parser.IndexID {
	if unit := d.unitAxis(r); unit >= 0 && unit < len(r.Axes) {
		return r.Axes[unit]
	}
	return parser.NoIndex
}

// lastLong is the last axis that has an extent beyond 1, which is the one of stride 1 in a dense tensor; -1 if
// none has.
func lastLong(shape []int) int {
	a := len(shape) - 1
	for a >= 0 && shape[a] <= 1 {
		a--
	}
	return a
}

// unitAxis is the axis of a view's buffer that has stride 1, or -1.
func (d *draft) unitAxis(r Ref) int { return d.plan.Buffers[r.Buffer].unitAxis() }

func (b *Buffer) unitAxis() int {
	if b.Kind != Operand && b.Window == nil {
		return lastLong(b.Shape)
	}
	return b.Layout.UnitAxis
}
