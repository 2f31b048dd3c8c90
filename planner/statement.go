package planner

import (
	"slices"

	"github.com/einc-lang/einc/parser"
)

// statement appends the steps of st. Every sum and other reduction in it is computed into a temporary,
// but for one: the most expensive of those that have the indices of the left side and are not inside
// another reduction. That one's last step computes the rest of the expression as well.
func (d *draft) statement(st *parser.Statement) error {
	src := d.read(st.Expr)
	inner, outer := src.reductions()
	for _, id := range inner {
		if err := d.reduce(src, id, st.Left); err != nil {
			return err
		}
	}
	plans := make([]*contraction, len(outer))
	for i, id := range outer {
		var err error
		if plans[i], err = d.contraction(src, id); err != nil {
			return err
		}
	}
	carrier := d.carrier(plans, st.Left)
	for i, c := range plans {
		if i == carrier {
			continue
		}
		if err := c.materialise(st.Left); err != nil {
			return err
		}
	}
	to := sink{out: Ref{Buffer: d.buffer[st.Out], Axes: st.Left}, root: src.root(), old: -1, oldOp: st.Op}
	if st.Old >= 0 {
		to.old = d.buffer[st.Old]
	}
	if carrier >= 0 {
		return plans[carrier].emit(to)
	}
	k := d.begin(src, to.out)
	v := src.write(&k.body, to.root)
	to.root = -1
	return k.finish([]parser.NodeID{v}, false, to)
}

// reduce plans Reduce node id and computes it into a temporary, its axes in the order of left.
func (d *draft) reduce(src *source, id parser.NodeID, left []parser.IndexID) error {
	c, err := d.contraction(src, id)
	if err != nil {
		return err
	}
	return c.materialise(left)
}

// materialise appends the steps of c and leaves its core in a temporary.
func (c *contraction) materialise(left []parser.IndexID) error {
	out := c.d.temp(c.dtype, c.arrange(c.free, left))
	c.src.values[c.node].ref = out
	return c.emit(sink{out: out, root: -1, old: -1})
}

// timeApart is the estimated time of a contraction that leaves its core in a temporary.
func (d *draft) timeApart(c *contraction, left []parser.IndexID) float64 {
	at := d.mark()
	_ = c.materialise(left) // how far it came tells enough
	nanos := timeOf(d.plan.Steps[at.steps:])
	d.takeBack(at)
	return nanos
}

// carrier is the number of the contraction that carries the rest of the statement, or -1.
func (d *draft) carrier(plans []*contraction, left []parser.IndexID) int {
	fit := d.ints.Empty(len(plans))
	for i, c := range plans {
		missing := slices.ContainsFunc(left, func(l parser.IndexID) bool { // NoIndex has extent 1
			return d.extent(l) != 1 && !contains(c.free, l)
		})
		if !missing {
			fit = append(fit, i)
		}
	}
	best, most := -1, 0.0
	for _, i := range fit {
		nanos := 0.0
		if len(fit) > 1 {
			nanos = d.timeApart(plans[i], left)
		}
		if best < 0 || nanos > most {
			best, most = i, nanos
		}
	}
	return best
}
