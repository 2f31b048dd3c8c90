package planner

import (
	"math"
	"slices"
)

// copying is the search for the copies that it is best to give a step. What a copy takes depends on no other one, and is asked for but
// once, unless it lies in another way.
type copying struct {
	*draft
	s     *Step
	least float64                // nanoseconds that the step takes at least, however its operands lie
	bound [len(relaid{})]float64 // that each copy takes at least
	nanos [len(relaid{})]float64 // that the ones asked for take, or the bound
	asked relaid                 // how these lie
}

// copying begins the search among copies of which each operand, and the result, has one.
func (d *draft) copying(s *Step) (c copying) {
	c.draft, c.s = d, s
	m, moved := d.model(), d.bytes(s.Out)
	for i, r := range s.Inputs {
		bytes := d.bytes(r)
		moved += bytes
		c.bound[i] = m.LeastCopy(2 * bytes)
	}
	b := m.Bound(s.Body[len(s.Body)-1].DType)
	c.least, c.bound[ofResult] = b.Fixed+b.Nanos(s.Flops, moved), b.Fixed
	if len(s.Extra) == 0 && len(s.Epilogue) == 0 && s.Old < 0 && d.mayCopy(s.Out) {
		c.bound[ofResult] = m.LeastCopy(2 * d.bytes(s.Out))
	}
	c.nanos = c.bound
	return c
}

// bestCopies is the copies that it is best to give a step, nil for none, and the time that it then takes with them; if that is not
// less than most, some time that is not.
func (d *draft) bestCopies(s *Step, most float64) (best *relaid, nanos float64) {
	nanos = s.Estimate.Nanos
	if !d.copyable(s) {
		return nil, nanos
	}
	most = min(nanos-copyNanos, most)
	try := func(ways []relaid, share float64, each bool) {
		if len(ways) == 0 {
			return
		}
		c := d.copying(s)
		for i := range ways {
			below := min(most, share*s.Estimate.Nanos)
			if t := c.price(&ways[i], below); t < below && (!each || c.worthEach(&ways[i], t)) {
				best, most, nanos = &ways[i], t, t
			}
		}
	}
	if len(s.K) == 0 {
		try(d.asResult(s), itemsShare, false)
		return best, nanos
	}
	if len(s.Inputs) == 1 {
		try(d.asOperand(s), aloneShare, true)
		return best, nanos
	}
	try(d.itemwise(s), itemsShare, false)
	try(d.alongside(s), aloneShare, false)
	try(d.asOperand(s), aloneShare, true)
	try(d.alongLarger(s), termsShare, false)
	try(d.ofDiagonals(s), itemsShare, false)
	return best, nanos
}

// worthEach reports whether a set of several copies, with which the step takes so long, leaves at most a share of what it takes without any
// one of them.
func (c *copying) worthEach(w *relaid, nanos float64) bool {
	for i := range w {
		fewer := *w
		if fewer[i] = nil; w[i] != nil && !fewer.none() && nanos > moreShare*c.price(&fewer, math.Inf(1)) {
			return false
		}
	}
	return true
}

// price is the time that the step takes with copies; if that is not less than most, some time that is not.
func (c *copying) price(w *relaid, most float64) (nanos float64) {
	for i, asked := range c.asked {
		if asked != nil && w[i] != nil && !slices.Equal(asked, w[i]) {
			c.asked[i], c.nanos[i] = nil, c.bound[i]
		}
	}
	if nanos = c.sum(w, c.least); nanos < most {
		c.lookAt(func() { nanos = c.ask(w, most) })
	}
	return nanos
}

// ask is price, of steps that it appends.
func (c *copying) ask(w *relaid, most float64) float64 {
	t := c.onCopies(c.s, w)
	for i := range w {
		if w[i] == nil || c.asked[i] != nil {
			continue
		}
		if c.asked[i] = w[i]; i == ofResult {
			c.nanos[i] = c.copyBack(c.s, t.Out).Estimate.Nanos
		} else {
			c.nanos[i] = c.copyTo(t.Inputs[i], c.s.Inputs[i]).Estimate.Nanos
		}
		if nanos := c.sum(w, c.least); nanos >= most {
			return nanos
		}
	}
	return c.sum(w, c.add(t).Estimate.Nanos)
}

// sum is the time of copies and of the step that works on them.
func (c *copying) sum(w *relaid, step float64) (nanos float64) {
	for i := range c.s.Inputs {
		if w[i] != nil {
			nanos += c.nanos[i]
		}
	}
	if nanos += step; w[ofResult] != nil {
		nanos += c.nanos[ofResult]
	}
	return nanos
}

// copied appends a step with copies of its operands and its result.
func (d *draft) copied(s *Step, w *relaid) {
	t := d.onCopies(s, w)
	for i := range w[:ofResult] {
		if w[i] != nil {
			d.copyTo(t.Inputs[i], s.Inputs[i])
		}
	}
	if core := d.add(t); w[ofResult] == nil {
		core.Flops = s.Flops
	} else {
		d.copyBack(s, t.Out)
	}
}

// onCopies is a step that works on copies.
func (d *draft) onCopies(s *Step, w *relaid) Step {
	t := *s
	t.Inputs = d.made.refs.Clone(s.Inputs)
	for i := range s.Inputs {
		if w[i] != nil {
			t.Inputs[i] = d.temp(d.plan.Buffers[s.Inputs[i].Buffer].DType, w[i])
		}
	}
	if w[ofResult] != nil {
		t.Out, t.Old, t.OldOp, t.Extra, t.Epilogue = d.temp(s.Body[len(s.Body)-1].DType, w[ofResult]), -1, 0, nil, nil
		if len(t.Inputs) == 2 {
			d.orient(&t)
		}
	}
	return t
}

// copyTo appends the copy of what a step reads.
func (d *draft) copyTo(to, from Ref) *Step {
	return d.add(Step{Out: to, Old: -1, Core: [2]int{0, -1}, Inputs: d.made.refs.Clone([]Ref{from}), Body: d.asIs(from)})
}

// copyBack appends the step that writes the copy of a step's result as it is wanted.
func (d *draft) copyBack(s *Step, from Ref) *Step {
	last := Step{Out: s.Out, Old: s.Old, OldOp: s.OldOp, Core: [2]int{0, -1}, Inputs: d.made.refs.Keep(append(append(d.made.refs.Room(1+len(s.Extra)), from), s.Extra...)), Body: s.Epilogue}
	if len(last.Body) == 0 {
		last.Body = d.asIs(from)
	}
	if len(last.Inputs) > 1 {
		last.Core[0] = -1
	}
	return d.add(last)
}
