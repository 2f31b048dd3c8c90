package planner

import (
	"math"
	"slices"

	"github.com/einc-lang/einc/parser"
)

// Products of a batch run item by item. Where the batch is among the fastest indices of an operand, or of the result,
// every item takes one element, or a few, of each line of memory, and the lines pass once for each item. Such a step may be given a
// copy whose items lie one after the other, and may leave its result so, for another step to write it as it is wanted
// (transpose-transpose-GEMM-transpose). An operand that has no index of its own, as in a product with a vector, may be copied so that
// it lies as the other one does: vectors that ran along one of two would fetch the elements of the other one by one. So may one
// that has, and is the smaller one, with its own indices first. Where nothing is summed, as in an outer product, an operand that the
// result has many times over, in another order of axes, is copied in the result's order: it would be turned around each time. Where a
// sum leaves little of an operand, the result may be left in that one's order, and is turned around instead of it. Elements of a
// diagonal are copied next to each other where they are read more than once.

// Copies are made where they are modelled to save copyNanos, and to leave at most a share of a step's time:
// a smaller one of several copies, and of those along terms, whose times are less certain. Of a copy of the result
// and one of an operand together, each is to leave at most moreShare of the time without it.
const (
	copyNanos  = 10e3
	itemsShare = 0.85
	aloneShare = 0.95
	termsShare = 0.75
	moreShare  = 0.95
)

// How many times over, at least, a result without a sum has an operand that is copied for it, and an operand holds the result of a sum,
// or the other operand, that is copied as it lies.
const (
	leastTimes = 4
	leastOver  = 2
)

// copyBytes is the most that copies take at a time, of each worker, where slices of them take no longer.
const copyBytes = 128 << 20

// withCopies is the plan with copies, in slices where these are large; nil if no step gets any, or they would need more
// memory than the plan may have.
func (d *draft) withCopies() (*Plan, error) {
	given, buffers, limit := len(d.opts.Slices) > 0, len(d.plan.Buffers), d.opts.MaxMemory
	without := timeOf(d.plan.Steps)
	if given && !d.opts.Way.Copied || !d.copies() {
		return nil, nil
	}
	if err := d.place(); err != nil {
		return nil, err
	}
	for i := range d.plan.Buffers[buffers:] {
		d.plan.Copied += d.plan.Buffers[buffers+i].Bytes
	}
	if given {
		return d.slice(d.plan, d.opts.Slices, d.opts.Way)
	}
	for _, serial := range [...]bool{false, true} {
		p, err := d.spareCopies(without, serial)
		if err != nil || limit == 0 && !p.vast() || p.Peak <= limit {
			return p, err
		}
	}
	return nil, nil
}

// spareCopies slices the plan, unless it is to be whole, where copies take much; or where they take more than there is, if
// that is still quicker than to go without.
func (d *draft) spareCopies(without float64, serial bool) (*Plan, error) {
	if d.opts.Whole {
		return d.plan, nil
	}
	others := d.plan.Arena - d.plan.Copied
	aim := thrift{max(others, 0) + copyBytes, spareLoss * d.plan.Cost.Nanos}
	if limit := d.opts.MaxMemory; limit > 0 && d.plan.Peak > limit {
		aim = thrift{min(aim.bytes, limit-d.plan.Peak+d.plan.Arena), itemsShare * without}
	}
	return d.spare(d.plan, aim, SliceWay{Serial: serial, Copied: true})
}

// copies gives steps copies of what they read and write against the grain, where that pays, and reports whether any did.
func (d *draft) copies() (some bool) {
	steps := d.plan.Steps
	for i := range steps {
		s := &steps[i]
		best, _ := d.copiesOf(i, s, math.Inf(1))
		if best != nil && !some {
			some, d.plan.Steps = true, append(make([]Step, 0, len(steps)+3), steps[:i]...)
		}
		switch {
		case best != nil:
			d.copied(s, best)
		case some:
			d.plan.Steps = append(d.plan.Steps, *s)
		}
	}
	return some
}

// ofResult is where the result stands in relaid.
const ofResult = 2

// relaid is the axes of copies of a product's two operands, and of its result; nil where there is no copy.
type relaid [3][]parser.IndexID

// none reports whether there are no copies.
func (w *relaid) none() bool { return w[0] == nil && w[1] == nil && w[ofResult] == nil }

// mostWays is the most sets of copies of a product's operands and result, the empty one among them.
const mostWays = 8

// copyable reports whether a step is a sum of products, an expression of two operands that sums nothing, or a reduction of one, and takes
// long enough for copies.
func (d *draft) copyable(s *Step) bool {
	switch {
	case s.Estimate.Nanos < copyNanos:
		return false
	case len(s.Inputs) == 2:
		return len(s.K) == 0 || s.Core[1] >= 0 && s.Reduce == parser.Sum && isProduct(s.Body)
	}
	return len(s.Inputs) == 1 && len(s.K) > 0
}

// asResult lists copies that lie as the result does, of operands that it has many times over: they are turned around once.
func (d *draft) asResult(s *Step) (ways []relaid) {
	ways = append(d.ways.Room(mostWays), relaid{})
	for i, r := range s.Inputs {
		if !d.mayCopy(r) || d.volume(r.Axes)*leastTimes > d.volume(s.Out.Axes) {
			continue
		}
		if like := d.among(d.byStride(s.Out), r.Axes); !slices.Equal(like, d.byStride(r)) {
			ways = withOne(ways, i, like)
		}
	}
	return d.ways.Keep(ways)[1:]
}

// alongside lists copies of one operand that lie as the other one does, if it has no index of its own.
func (d *draft) alongside(s *Step) (ways []relaid) {
	for i, r := range s.Inputs {
		if other := s.Inputs[1-i]; !d.hasOwn(r, other) {
			ways = d.withSharedLast(ways, s, i)
		}
	}
	return ways
}

// alongLarger lists copies of an operand with indices of its own in which the others lie last, as in the other operand, if that has some
// times as many elements: vectors that run along its terms then run along those of the copy.
func (d *draft) alongLarger(s *Step) (ways []relaid) {
	for i, r := range s.Inputs {
		if other := s.Inputs[1-i]; d.volume(r.Axes)*leastOver <= d.volume(other.Axes) && d.hasOwn(r, other) {
			ways = d.withSharedLast(ways, s, i)
		}
	}
	return ways
}

// withSharedLast appends the way that has a copy of one operand only, as sharedLast has it.
func (d *draft) withSharedLast(ways []relaid, s *Step, i int) []relaid {
	if like := d.sharedLast(s, i); like != nil {
		return d.withAlone(ways, i, like)
	}
	return ways
}

// sharedLast lists the indices of one of two operands, those that the other one has last, and as they lie there; nil if they lie so, or it
// may not be copied.
func (d *draft) sharedLast(s *Step, i int) []parser.IndexID {
	r := s.Inputs[i]
	if !d.mayCopy(r) {
		return nil
	}
	lies, shared := d.byStride(r), d.among(slices.Compact(d.byStride(s.Inputs[1-i])), r.Axes)
	like := d.ids.Room(len(lies))
	for _, x := range lies {
		if !slices.Contains(shared, x) {
			like = append(like, x)
		}
	}
	if like = d.ids.Keep(append(like, shared...)); slices.Equal(like, lies) {
		return nil
	}
	return like
}

// ofDiagonals lists copies of operands of which a diagonal is read: its elements lie in as many lines, and come to lie together.
func (d *draft) ofDiagonals(s *Step) (ways []relaid) {
	for i, r := range s.Inputs {
		if !repeats(r.Axes) || !d.sumsIn(r) {
			continue
		}
		ways = d.withAlone(ways, i, slices.Compact(d.byStride(r)))
	}
	return ways
}

// asOperand lists copies of the result in which the indices of an operand lie as there, if the operand has some times as many elements:
// all of them would be turned around for fewer of the result. The other operand, if it has no index of its own, may lie so, too.
func (d *draft) asOperand(s *Step) (ways []relaid) {
	if !d.mayCopy(s.Out) {
		return nil
	}
	for i, r := range s.Inputs {
		if d.volume(s.Out.Axes)*leastOver > d.volume(r.Axes) {
			continue
		}
		lies, has := d.byStride(s.Out), d.byStride(r)
		free, like := d.among(has, lies), d.ids.Room(len(lies))
		for _, i := range lies {
			if !slices.Contains(has, i) {
				like = append(like, i)
			}
		}
		if like = d.ids.Keep(append(like, free...)); !slices.Equal(like, lies) {
			ways = d.withAlone(ways, ofResult, like)
			if len(s.Inputs) == 2 && !d.hasOwn(s.Inputs[1-i], r) {
				if both := d.sharedLast(s, 1-i); both != nil {
					w := relaid{ofResult: like}
					w[1-i] = both
					ways = append(ways, w)
				}
			}
		}
	}
	return ways
}

// hasOwn reports whether a view has an index that another one has not.
func (d *draft) hasOwn(r, other Ref) bool {
	return slices.ContainsFunc(r.Axes, func(i parser.IndexID) bool { return d.extent(i) != 1 && !slices.Contains(other.Axes, i) })
}

// among lists those of some indices that are among others.
func (d *draft) among(list, others []parser.IndexID) []parser.IndexID {
	some := d.ids.Room(len(list))
	for _, i := range list {
		if slices.Contains(others, i) {
			some = append(some, i)
		}
	}
	return d.ids.Keep(some)
}

// itemwise lists copies in which the items of a batch lie one after the other: of each set of operands and result where they
// do not.
func (d *draft) itemwise(s *Step) (ways []relaid) {
	if len(s.B) == 0 {
		return nil
	}
	out := d.byStride(s.Out)
	ways = append(d.ways.Room(mostWays), relaid{})
	for i, r := range [...]Ref{s.Inputs[0], s.Inputs[1], s.Out} {
		lies := d.byStride(r)
		first := d.itemsFirst(s.B, out, lies)
		if slices.Equal(first, lies) || !d.mayCopy(r) {
			continue
		}
		ways = withOne(ways, i, first)
	}
	return d.ways.Keep(ways)[1:]
}

// withOne appends all of some ways with one more copy.
func withOne(ways []relaid, i int, axes []parser.IndexID) []relaid {
	for _, w := range ways {
		w[i] = axes
		ways = append(ways, w)
	}
	return ways
}

// withAlone appends the way that has no other copy.
func (d *draft) withAlone(ways []relaid, i int, axes []parser.IndexID) []relaid {
	if ways == nil {
		ways = d.ways.Empty(len(relaid{}))
	}
	var w relaid
	w[i] = axes
	return append(ways, w)
}

// mayCopy reports whether a view may be copied: it has no diagonal, and is of a type that sums are made in.
func (d *draft) mayCopy(r Ref) bool { return !repeats(r.Axes) && d.sumsIn(r) }

// sumsIn reports whether a view is of a type that sums are made in.
func (d *draft) sumsIn(r Ref) bool {
	t := d.plan.Buffers[r.Buffer].DType
	return t == t.Accum()
}

// isProduct reports whether an expression is one input times another, each converted or not.
func isProduct(e parser.Expr) bool {
	casts := 0
	for _, n := range e {
		if n.Kind == parser.NodeApply && n.Fn == parser.FnCast {
			casts++
		}
	}
	root := e[len(e)-1]
	return len(e) == 3+casts && root.Kind == parser.NodeApply && root.Fn == parser.FnMul
}

// byStride lists the indices of a view that are longer than 1, those with the longest strides first.
func (d *draft) byStride(r Ref) []parser.IndexID {
	axes, strides, diagonal := d.ids.Empty(len(r.Axes)), d.strides(r), repeats(r.Axes)
	for a, i := range r.Axes {
		if d.extent(i) == 1 {
			continue
		}
		along := strides[a]
		if diagonal {
			along = d.stride(r, i)
		}
		at := len(axes)
		axes, strides[at] = append(axes, i), along
		for ; at > 0 && strides[at-1] < along; at-- { // mostly they lie in order
			axes[at-1], axes[at], strides[at-1], strides[at] = axes[at], axes[at-1], strides[at], strides[at-1]
		}
	}
	return axes
}

// strides are those of the axes of a view.
func (d *draft) strides(r Ref) []int {
	b, list, stride := &d.plan.Buffers[r.Buffer], d.ints.Make(len(r.Axes)), 1
	if b.lies() {
		copy(list, b.Layout.Strides)
		return list
	}
	for a := len(list) - 1; a >= 0; a-- {
		list[a] = stride
		stride *= b.Shape[a]
	}
	return list
}

// itemsFirst lists the indices of a view as it lies, but for the batch, which comes first, as it lies in the result.
func (d *draft) itemsFirst(batch, result, view []parser.IndexID) []parser.IndexID {
	list := d.ids.Room(len(batch) + len(view))
	for _, i := range result {
		if slices.Contains(batch, i) {
			list = append(list, i)
		}
	}
	for _, i := range view {
		if !slices.Contains(batch, i) {
			list = append(list, i)
		}
	}
	return d.ids.Keep(list)
}

// copiesOf is the copies that it is best to give step i of the plan, nil for none, and the time that it then takes, if that is less
// than most: what is known to be best without is not asked about again.
func (d *draft) copiesOf(i int, s *Step, most float64) (best *relaid, nanos float64) {
	if !d.looking && i < len(d.bare) && d.bare[i] {
		return nil, s.Estimate.Nanos
	}
	if best, nanos = d.bestCopies(s, most); best == nil && nanos < most {
		d.leaveBare(i)
	}
	return best, nanos
}

// leaveBare notes that no copies are worth it for a step of the plan.
func (d *draft) leaveBare(i int) {
	if d.looking {
		return
	}
	for len(d.bare) <= i {
		d.bare = append(d.bare, false)
	}
	d.bare[i] = true
}

// orient makes the operand that alone has the result's last index that only one has the right one.
func (d *draft) orient(s *Step) {
	for _, i := range slices.Backward(s.Out.Axes) {
		if left := slices.Contains(s.Inputs[0].Axes, i); left != slices.Contains(s.Inputs[1].Axes, i) {
			if s.Core = [2]int{0, 1}; left {
				s.Core = [2]int{1, 0}
			}
			return
		}
	}
}

// asIs is the body of a step that copies a view.
func (d *draft) asIs(r Ref) parser.Expr {
	return d.made.nodes.Clone([]parser.Node{{Kind: parser.NodeInput, DType: d.plan.Buffers[r.Buffer].DType}})
}

// add appends a step, classed and estimated. Copies take no multiply-adds.
func (d *draft) add(s Step) *Step {
	k := d.begin(nil, s.Out)
	for _, r := range s.Inputs {
		k.body.add(r)
	}
	s.Class = k.classify(s.Core)
	d.plan.Steps = append(d.plan.Steps, s)
	at := &d.plan.Steps[len(d.plan.Steps)-1]
	if d.estimate(at); len(s.K) == 0 {
		at.Flops = 0
	}
	return at
}

// stride is how far a view moves along an index.
func (d *draft) stride(r Ref, i parser.IndexID) (along int) {
	b, stride := &d.plan.Buffers[r.Buffer], 1
	given := b.lies()
	for a := len(r.Axes) - 1; a >= 0; a-- {
		if given {
			stride = b.Layout.Strides[a]
		}
		if r.Axes[a] == i {
			along += stride
		}
		stride *= b.Shape[a]
	}
	return along
}
