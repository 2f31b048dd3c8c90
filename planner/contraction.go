package planner

import (
	"slices"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
)

// wholeRefs is the most views that a sum reads in one step although it could be cut.
const wholeRefs = 16

// contraction is a Reduce node, taken apart: what moved out of it, its terms, and the order in which to
// contract them.
type contraction struct {
	d     *draft
	src   *source
	node  parser.NodeID
	op    parser.ReduceOp
	dtype tensor.DType     // an accumulator type
	over  []parser.IndexID // ascending
	free  []parser.IndexID // of the core, ascending
	lone  []parser.IndexID // summed indices that no term has: only a loop can count them
	terms []term           // after private sums
	whole bool             // the terms can only be combined in one step
	pair  bool             // there are two terms, each a view as it is: one step, and one order, is all there is to choose from
	net   *network         // unless whole or a pair
	tree  tree
	quick tree      // the greedy one that a path took the place of; nil if there is none
	own   *schedule // of tree; nil until the contraction is emitted
	exact bool      // tree takes the least time by the model of pairs, which knows nothing of layouts
}

// contraction plans the Reduce node id, whose inner Reduce nodes are planned.
func (d *draft) contraction(src *source, id parser.NodeID) (*contraction, error) {
	n := &src.expr[id]
	c := d.contractions.One()
	c.d, c.src, c.node, c.op, c.dtype, c.over = d, src, id, n.Reduce, n.DType.Accum(), n.Over
	if c.op != parser.Sum || d.empty(c.over) {
		// Nothing moves past a maximum; and a sum of no terms is 0 whatever its factors are.
		c.terms = d.terms.Make(1)
		c.terms[0].factors = n.Args
		c.terms[0].weigh(src, c.dtype)
	} else {
		parts := src.takeApart(n.Args[0])
		src.values[id].outside = src.moveOut(&parts, c.over)
		c.terms = src.terms(&parts, c.dtype)
	}
	legs, shared := c.gather()
	c.free = d.without(legs, c.over)
	c.lone = slices.DeleteFunc(d.without(c.over, legs), func(i parser.IndexID) bool { return d.extent(i) == 1 })
	c.separate(shared)
	if c.pair = c.lonePair(); c.whole || c.pair {
		return c, nil
	}
	return c, c.order()
}

// empty reports whether one of the indices has extent 0.
func (d *draft) empty(legs []parser.IndexID) bool {
	return slices.ContainsFunc(legs, func(i parser.IndexID) bool { return d.extent(i) == 0 })
}

// separate finds the private sums, as told by the indices that several terms have, and whether a term that reads several views
// spans all indices of the sum, so that computing it apart would only store what the sum's own loops can compute.
func (c *contraction) separate(shared []parser.IndexID) {
	c.whole = len(c.terms) == 1
	if c.whole {
		return
	}
	c.whole = len(c.lone) > 0
	refs, several := 0, false
	for i := range c.terms {
		m := &c.terms[i]
		m.sum = c.d.some(m.legs, func(l parser.IndexID) bool {
			return !contains(shared, l) && c.d.extent(l) != 1 && contains(c.over, l)
		})
		if len(m.sum) > 0 {
			m.legs = c.d.without(m.legs, m.sum)
		}
		refs, several = refs+len(m.refs), several || len(m.refs) > 1
	}
	if !several || refs > wholeRefs {
		return
	}
	c.d.newSet()
	span := 1.0
	for i := range c.terms {
		for _, l := range c.terms[i].legs {
			if c.d.adds(l) {
				span *= float64(max(c.d.extent(l), 1))
			}
		}
	}
	for i := range c.terms {
		m := &c.terms[i]
		if len(m.refs) > 1 && len(m.sum) == 0 && c.d.points(m.legs) == span {
			c.whole = true
		}
	}
}

// gather lists the indices of all terms, ascending, and those that several terms have.
func (c *contraction) gather() (all, shared []parser.IndexID) {
	total := 0
	for i := range c.terms {
		total += len(c.terms[i].legs)
	}
	list := c.d.ids.Make(2 * total)
	all, shared = list[:0], list[total:total]
	for i := range c.terms {
		all = append(all, c.terms[i].legs...)
	}
	ascend(all)
	kept := all[:0]
	for _, l := range all {
		switch {
		case len(kept) == 0 || last(kept) != l:
			kept = append(kept, l)
		case len(shared) == 0 || last(shared) != l:
			shared = append(shared, l)
		}
	}
	return kept, shared
}

// order searches for the order of the terms.
func (c *contraction) order() error {
	factors := c.d.sets.Make(len(c.terms))
	for i := range c.terms {
		factors[i] = c.terms[i].legs
	}
	c.net = newNetwork(c.d, c.dtype, factors, c.free)
	method, some := c.d.opts.Method, len(factors) <= ExactLimit
	if method == "exact" && !some {
		return &limitError{len(factors)}
	}
	var err error
	if by := c.d.opts.Objective; some && method != "greedy" && (by == "" || by == ByTime) {
		c.tree, err = c.d.exact(c.net)
		c.exact = true
		return err
	}
	h := newOrderSearch(c.d.ctx, c.net.network(), OrderOptions{Method: method, Objective: c.d.opts.Objective, Budget: c.d.opts.Budget,
		Seed: c.d.opts.Seed, Type: c.dtype, Target: c.d.opts.Target})
	h.brief = c.d.opts.Budget == Budget{} && method != "best"
	c.tree, method = h.tree()
	if method != "exact" {
		c.d.plan.Method = method
	}
	return c.d.ctx.Err()
}

// sink is where a contraction leaves its result: in out, after the expression root of the source, in
// which the contraction is inline, and combined with old.
type sink struct {
	out   Ref
	root  parser.NodeID // -1: the core as it is
	old   int           // a buffer, or -1
	oldOp parser.ReduceOp
}

// fuses reports whether all terms may as well be read by one step.
func (c *contraction) fuses() bool {
	refs := 0
	for i := range c.terms {
		refs += len(c.terms[i].refs)
	}
	return c.apart() && refs <= wholeRefs
}

// lonePair reports whether the contraction is of two views as they are.
func (c *contraction) lonePair() bool {
	if c.whole || len(c.terms) != 2 {
		return false
	}
	for i := range c.terms {
		if m := &c.terms[i]; len(m.refs) > 1 || len(m.sum) > 0 || m.weight > 0 {
			return false
		}
	}
	return true
}

// apart reports whether the contraction takes several steps if it is not fused.
func (c *contraction) apart() bool {
	return !c.whole || slices.ContainsFunc(c.terms, func(m term) bool { return len(m.sum) > 0 })
}

// emitFused appends one step that reads all terms, private sums included.
func (c *contraction) emitFused(to sink) error {
	k := c.kernel(to.out, c.lone)
	return k.finish(c.writeTerms(k, nil), c.onlyFactors(), to)
}

// emitPair appends the step of a pair: the right operand is the one that alone has the output's last index that only one
// has. Where there is none, the larger one is the left.
func (c *contraction) emitPair(to sink) error {
	left, right := &c.terms[0], &c.terms[1]
	swap := c.d.points(right.legs) > c.d.points(left.legs)
	for _, i := range slices.Backward(to.out.Axes) {
		if in := contains(left.legs, i); in != contains(right.legs, i) && c.d.extent(i) != 1 {
			swap = in
			break
		}
	}
	if swap {
		left, right = right, left
	}
	k := c.kernel(to.out, nil)
	return k.finish([]parser.NodeID{k.read(&k.body, operand{term: left}), k.read(&k.body, operand{term: right})}, true, to)
}

// writeTerms appends the terms to a kernel's body, or what is in their place, if they have places. Factors that the
// sum does not run over are left for after it.
func (c *contraction) writeTerms(k *kernel, places []*Ref) []parser.NodeID {
	placed := func(i int) bool { return places != nil && places[i] != nil }
	summed := func(i int) bool {
		return overlap(c.terms[i].legs, c.over) || !placed(i) && len(c.terms[i].sum) > 0
	}
	some := false
	for i := range c.terms {
		some = some || summed(i)
	}
	var values []parser.NodeID
	for i := range c.terms {
		o := operand{term: &c.terms[i]}
		if placed(i) {
			o = operand{view: *places[i]}
		}
		if c.op == parser.Sum && some && !summed(i) && len(c.lone) == 0 {
			k.extras = append(k.extras, o)
			continue
		}
		values = append(values, k.read(&k.body, o))
	}
	return values
}

// emitWhole appends the private sums, and one step that reads their results and the other terms.
func (c *contraction) emitWhole(to sink) error {
	temps := make([]*Ref, len(c.terms))
	for i := range c.terms {
		if m := &c.terms[i]; len(m.sum) > 0 {
			temp := c.d.temp(c.dtype, c.arrange(m.legs, to.out.Axes))
			if err := c.emitTerm(m, sink{out: temp, root: -1, old: -1}); err != nil {
				return err
			}
			temps[i] = &temp
		}
	}
	k := c.kernel(to.out, c.lone)
	return k.finish(c.writeTerms(k, temps), c.onlyFactors(), to)
}

// onlyFactors reports whether every term reads one view, so that the body is a product of two inputs
// and fused factors.
func (c *contraction) onlyFactors() bool {
	return c.op == parser.Sum && len(c.terms) > 1 &&
		!slices.ContainsFunc(c.terms, func(m term) bool { return len(m.refs) != 1 && len(m.sum) == 0 })
}

// arrange puts legs in the order that they have in axes, then the rest ascending; extents 1 are left
// out.
func (c *contraction) arrange(legs, axes []parser.IndexID) []parser.IndexID {
	order := c.d.ids.Room(len(legs))
	c.d.newSet()
	add := func(i parser.IndexID) {
		if c.d.extent(i) != 1 && c.d.adds(i) {
			order = append(order, i)
		}
	}
	for _, i := range axes {
		if contains(legs, i) {
			add(i)
		}
	}
	for _, i := range legs {
		add(i)
	}
	return c.d.ids.Keep(order)
}

// emitTerm appends the step that computes a term, its private sum included, into a temporary.
func (c *contraction) emitTerm(m *term, to sink) error {
	k := c.kernel(to.out, m.sum)
	v := m.write(c.src, &k.body, c.dtype)
	return k.finish([]parser.NodeID{v}, false, to)
}
