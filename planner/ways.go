package planner

import (
	"cmp"
	"math"
	"slices"

	"github.com/einc-lang/einc/parser"
)

// way appends the steps of one of several ways to run a contraction.
type way func(sink) error

// emit appends the steps of c. Where there is a choice it compares what the steps cost, and where that is much
// it looks for other ways.
func (c *contraction) emit(to sink) error {
	if !c.whole {
		c.own = new(schedule).begin(c, c.tree).fused(to)
	}
	ways := c.ways()
	pairs := len(c.tree)
	if c.whole || pairs > mostRivals || c.d.opts.Fusing == FuseAll {
		pairs = 0 // there are no others
	}
	if len(ways) == 1 && pairs < 2 {
		return ways[0](to)
	}
	t := newTrial(c, to)
	for i, w := range ways {
		if i == 0 || c.wholeFloor() < t.least {
			t.look(w)
		}
	}
	if pairs > 1 && t.least > worthRivals {
		c.rivals(t)
	}
	return t.keep()
}

// ways are those that are always looked at.
func (c *contraction) ways() []way {
	first := c.emitTree
	if c.whole {
		first = c.emitWhole
	}
	switch fusing := c.d.opts.Fusing; {
	case fusing == FuseAll && c.apart():
		return []way{c.emitFused}
	case fusing == FuseByCost && c.fuses():
		return []way{first, c.emitFused}
	}
	return []way{first}
}

// wholeFloor is a time that one step over all indices of the sum takes at least.
func (c *contraction) wholeFloor() float64 {
	points := 1.0
	for _, l := range unite(c.free, c.over) {
		points *= float64(c.d.extent(l))
	}
	b := c.d.opts.Target.Bound(c.dtype)
	return b.Fixed + b.Nanos(points, 0)
}

// Rivals are worth a look for trees of few pairs whose steps take longer than the look: nanoseconds.
const (
	mostRivals  = 1000
	worthRivals = 10e3
	nearFloor   = 1.01 // of the time that the search found: no other way takes much less
)

// rivals tries ways with temporaries in other layouts, and trees that are good by simpler measures: the model
// of pairs that the search goes by takes every operand to lie well. Where the steps take hardly longer than it
// says, there is little to find.
func (c *contraction) rivals(t *trial) {
	if c.exact && t.least < c.own.least*nearFloor {
		return
	}
	t.lying(c.own)
	trees, s := []tree{c.tree}, new(schedule)
	add := func(r tree) {
		if slices.ContainsFunc(trees, func(o tree) bool { return slices.Equal(o, r) }) {
			return
		}
		trees = append(trees, r)
		if s.begin(c, r).fused(t.to).least < t.least {
			s.arrange()
			t.look(s.steps)
			t.lying(s)
		}
	}
	if c.exact {
		g := c.net.graph()
		for _, bits := range []float64{comboBits, math.Inf(-1)} {
			if r, ok := c.d.block(bits).tree(g); ok {
				add(r)
			}
		}
		r, _ := greedily(g, taste{c: 1}, nil)
		add(r)
	}
	if c.d.opts.Loose {
		add(c.polished(comboBits))
		add(c.polished(onlyBits))
	}
}

// lying tries a tree that is arranged with temporaries as what they are made of lies, if that is another way.
func (t *trial) lying(s *schedule) {
	if s.lie() {
		t.look(s.steps)
	}
}

// polished is the tree with small pieces of it improved, where an element written counts for 2^bits multiply-adds.
func (c *contraction) polished(bits float64) tree {
	const units, size = 3e5, 8
	g := c.net.graph()
	b := newBush(g, newScale(g.lg), aim{write: bits})
	b.plant(c.tree)
	newPolisher(b, size).run(c.d.ctx, units)
	return b.tree()
}

// trial compares ways to run a contraction. The steps and buffers of the best one so far are set aside.
type trial struct {
	c     *contraction
	to    sink
	best  ending
	least float64 // nanoseconds that they take by the model; +Inf before any way could be run
	err   error   // of the first way, should there be no other
}

// ending is the end of a plan, cut off.
type ending struct {
	steps   []Step
	buffers []Buffer
}

func newTrial(c *contraction, to sink) *trial { return &trial{c: c, to: to, least: math.Inf(1)} }

// look tries a way.
func (t *trial) look(w way) {
	d := t.c.d
	t.c.most = t.least
	at := d.mark()
	err := w(t.to)
	t.c.most = math.Inf(1)
	switch nanos := timeOf(d.plan.Steps[at.steps:]); {
	case err != nil:
		t.err = cmp.Or(t.err, err)
	case nanos < t.least || t.best.steps == nil && t.err == nil:
		t.least = nanos
		t.best.steps = append(t.best.steps[:0], d.plan.Steps[at.steps:]...)
		t.best.buffers = append(t.best.buffers[:0], d.plan.Buffers[at.buffers:]...)
		at.made = d.mark().made
	}
	d.takeBack(at)
}

// keep appends the steps of the best way.
func (t *trial) keep() error {
	if t.best.steps == nil {
		return t.err
	}
	p := t.c.d.plan
	p.Steps, p.Buffers = append(p.Steps, t.best.steps...), append(p.Buffers, t.best.buffers...)
	return nil
}

// mark is how far a plan is written.
type mark struct {
	steps, buffers int
	made           struct {
		nodes []parser.Node
		refs  []Ref
		args  []parser.NodeID
	}
}

func (d *draft) mark() (m mark) {
	m.steps, m.buffers = len(d.plan.Steps), len(d.plan.Buffers)
	m.made.nodes, m.made.refs, m.made.args = d.made.nodes.Mark(), d.made.refs.Mark(), d.made.args.Mark()
	return m
}

// takeBack cuts off what was written since a mark.
func (d *draft) takeBack(m mark) {
	p := d.plan
	clear(p.Steps[m.steps:])
	clear(p.Buffers[m.buffers:])
	p.Steps, p.Buffers = p.Steps[:m.steps], p.Buffers[:m.buffers]
	d.made.nodes.Release(m.made.nodes)
	d.made.refs.Release(m.made.refs)
	d.made.args.Release(m.made.args)
}

// timeOf is the estimated time of steps.
func timeOf(steps []Step) (nanos float64) {
	for i := range steps {
		nanos += steps[i].Estimate.Nanos
	}
	return nanos
}
