package planner

import (
	"cmp"
	"slices"

	"github.com/einc-lang/einc/parser"
)

// Products of a batch run item by item. Where the batch is among the fastest indices of an operand, or of the result,
// every item takes one element, or a few, of each line of memory, and the lines pass once for each item. Such a step may be given a
// copy whose items lie one after the other, and may leave its result so, for another step to write it as it is wanted
// (transpose-transpose-GEMM-transpose).

// Copies are made where they are modelled to save copyNanos, and to leave at most copyShare of a step's time.
const (
	copyNanos = 100e3
	copyShare = 0.8
)

// copies gives steps copies of what they read and write against the grain, where that pays.
func (d *draft) copies() error {
	if !slices.ContainsFunc(d.plan.Steps, func(s Step) bool { return d.apart(&s) > 0 }) {
		return nil
	}
	steps := d.plan.Steps
	d.plan.Steps = make([]Step, 0, len(steps)+3)
	for i := range steps {
		s := &steps[i]
		way := d.bestCopies(s)
		if way == 0 {
			d.plan.Steps = append(d.plan.Steps, *s)
			continue
		}
		if err := d.copied(s, way); err != nil {
			return err
		}
	}
	return nil
}

// The result's bit in a set of a product's two operands and its result.
const resultBit = 2

// apart is the set of a batched product's operands and result whose items do not lie one after the other: a bit for each
// input, and one for the result. It is empty for steps that are quick, or no such product.
func (d *draft) apart(s *Step) (sides int) {
	if s.Estimate.Nanos < copyNanos || len(s.B) == 0 || len(s.K) == 0 || len(s.Inputs) != 2 || s.Core[1] < 0 || s.Reduce != parser.Sum || !isProduct(s.Body) {
		return 0
	}
	for i, r := range [...]Ref{s.Inputs[0], s.Inputs[1], s.Out} {
		t := d.plan.Buffers[r.Buffer].DType
		if t == t.Accum() && !repeats(r.Axes) && !slices.Equal(d.itemsFirst(s, r), d.byStride(r)) {
			sides |= 1 << i
		}
	}
	return sides
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

// byStride lists the indices of a view, those with the longest strides first.
func (d *draft) byStride(r Ref) []parser.IndexID {
	axes := slices.DeleteFunc(slices.Clone(r.Axes), func(i parser.IndexID) bool { return d.extent(i) == 1 })
	slices.SortStableFunc(axes, func(a, b parser.IndexID) int { return cmp.Compare(d.stride(r, b), d.stride(r, a)) })
	return axes
}

// itemsFirst lists the indices of a view as it lies, but for the batch, which comes first, as it lies in the result.
func (d *draft) itemsFirst(s *Step, r Ref) []parser.IndexID {
	ofBatch := func(i parser.IndexID) bool { return slices.Contains(s.B, i) }
	items := slices.DeleteFunc(d.byStride(s.Out), func(i parser.IndexID) bool { return !ofBatch(i) })
	return append(items, slices.DeleteFunc(d.byStride(r), ofBatch)...)
}

// bestCopies is the set of operands and result of a step that it is best to copy; 0 for none.
func (d *draft) bestCopies(s *Step) (best int) {
	all, least := d.apart(s), min(s.Estimate.Nanos*copyShare, s.Estimate.Nanos-copyNanos)
	for way := all; way > 0; way = (way - 1) & all {
		at := d.mark()
		err := d.copied(s, way)
		if nanos := timeOf(d.plan.Steps[at.steps:]); err == nil && nanos < least {
			best, least = way, nanos
		}
		d.takeBack(at)
	}
	return best
}

// copied appends a step with copies of those of its operands and its result that are in a set.
func (d *draft) copied(s *Step, way int) error {
	t := *s
	t.Inputs = slices.Clone(s.Inputs)
	for i, r := range s.Inputs {
		if way>>i&1 == 0 {
			continue
		}
		to := d.temp(d.plan.Buffers[r.Buffer].DType, d.itemsFirst(s, r))
		t.Inputs[i] = to
		d.add(Step{Out: to, Old: -1, Core: [2]int{0, -1}, Inputs: []Ref{r}, Body: d.asIs(r)})
	}
	if way>>resultBit&1 == 0 {
		d.add(t)
		return nil
	}
	to := d.temp(s.Body[len(s.Body)-1].DType, d.itemsFirst(s, s.Out))
	t.Out, t.Old, t.OldOp, t.Extra, t.Epilogue = to, -1, 0, nil, nil
	d.orient(&t)
	d.add(t)
	last := Step{Out: s.Out, Old: s.Old, OldOp: s.OldOp, Core: [2]int{0, -1}, Inputs: append([]Ref{to}, s.Extra...), Body: s.Epilogue}
	if len(last.Body) == 0 {
		last.Body = d.asIs(to)
	}
	if len(last.Inputs) > 1 {
		last.Core[0] = -1
	}
	d.add(last)
	return nil
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
	return parser.Expr{{Kind: parser.NodeInput, DType: d.plan.Buffers[r.Buffer].DType}}
}

// add appends a step, classed and estimated. Copies take no multiply-adds.
func (d *draft) add(s Step) {
	k := d.begin(nil, s.Out)
	for _, r := range s.Inputs {
		k.body.add(r)
	}
	s.Class = k.classify(s.Core)
	if d.estimate(&s); len(s.K) == 0 {
		s.Flops = 0
	}
	d.plan.Steps = append(d.plan.Steps, s)
}
