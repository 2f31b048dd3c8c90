package planner

import (
	"cmp"
	"math"
	"slices"
)

// way appends the steps of one of several ways to run a contraction.
type way func(sink) error

// emit appends the steps of c. Where there is a choice it compares what the steps cost, and where that is much
// it looks for other ways.
func (c *contraction) emit(to sink) error {
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
	own := newSchedule(c, c.tree).fused(t.to)
	if floor := own.floor(); c.exact && t.least < floor*nearFloor {
		return
	}
	t.layouts(own, false)
	trees := []tree{c.tree}
	add := func(r tree) {
		if slices.ContainsFunc(trees, func(o tree) bool { return slices.Equal(o, r) }) {
			return
		}
		trees = append(trees, r)
		if s := newSchedule(c, r).fused(t.to); s.floor() < t.least {
			t.layouts(s, true)
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

// layouts tries a tree with temporaries as their users like them, if asked to, and as what they are made of lies.
func (t *trial) layouts(s *schedule, liked bool) {
	s.arrange()
	if liked {
		t.look(s.steps)
	}
	was := slices.Clone(s.v)
	s.lie()
	same := func(v, w vertex) bool { return slices.Equal(v.axes, w.axes) && v.left == w.left }
	if slices.EqualFunc(s.v, was, same) {
		return
	}
	t.look(s.steps)
}

// polished is the tree with small pieces of it improved, where an element written counts for 2^bits multiply-adds.
func (c *contraction) polished(bits float64) tree {
	const units, size = 3e5, 8
	g := c.net.graph()
	b := newBush(g, newScale(g.lg), aim{write: bits, room: math.Inf(1)})
	b.plant(c.tree)
	newPolisher(b, size).run(c.d.ctx, units)
	return b.tree()
}

// trial compares ways to run a contraction. The steps and buffers of the best one so far are set aside.
type trial struct {
	c     *contraction
	to    sink
	best  mark
	least float64 // nanoseconds that they take by the model; +Inf before any way could be run
	err   error   // of the first way, should there be no other
}

// mark is a piece of a plan: the end of it, cut off.
type mark struct {
	steps   []Step
	buffers []Buffer
}

func newTrial(c *contraction, to sink) *trial { return &trial{c: c, to: to, least: math.Inf(1)} }

// look tries a way.
func (t *trial) look(w way) {
	d := t.c.d
	t.c.most = t.least
	end, nanos, err := d.try(func() error { return w(t.to) })
	t.c.most = math.Inf(1)
	if err != nil {
		t.err = cmp.Or(t.err, err)
	} else if nanos < t.least || t.best.steps == nil && t.err == nil {
		t.best, t.least = end, nanos
	}
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

// try runs f and takes back the steps and buffers it appended; it returns them and their estimated time.
func (d *draft) try(f func() error) (mark, float64, error) {
	p := d.plan
	steps, buffers := len(p.Steps), len(p.Buffers)
	err := f()
	nanos := timeOf(p.Steps[steps:])
	var end mark
	if err == nil {
		end = mark{slices.Clone(p.Steps[steps:]), slices.Clone(p.Buffers[buffers:])}
	}
	clear(p.Steps[steps:])
	clear(p.Buffers[buffers:])
	p.Steps, p.Buffers = p.Steps[:steps], p.Buffers[:buffers]
	return end, nanos, err
}

// timeOf is the estimated time of steps.
func timeOf(steps []Step) (nanos float64) {
	for i := range steps {
		nanos += steps[i].Estimate.Nanos
	}
	return nanos
}
