package planner

import (
	"math"
	"slices"
)

// way appends the steps of one of several ways to run a contraction.
type way func(*contraction, sink) error

// emit appends the steps of c. Where there is a choice it compares what the steps cost, and where that is much
// it looks for other ways.
func (c *contraction) emit(to sink) error {
	fusing := c.d.opts.Fusing
	fuses := fusing == FuseByCost && c.fuses()
	switch {
	case c.pair:
		return c.emitPair(to)
	case fusing == FuseAll && c.apart():
		return c.emitFused(to)
	case c.whole && !fuses:
		return c.emitWhole(to)
	case !c.whole:
		c.own = c.d.own.begin(c, c.tree).fused(to)
		c.own.arrange()
		if !fuses && len(c.tree) < 2 && !c.own.sums() {
			return c.own.steps(to, nil)
		}
	}
	t := c.d.trial.begin(c, to)
	if c.whole {
		err := c.emitWhole(to)
		t.first(c.d.timeFrom(t.at), err)
	} else {
		c.own.floors()
		err := c.own.steps(to, t)
		t.first(t.wrote, err)
	}
	if fuses && c.wholeFloor() < t.least {
		t.look((*contraction).emitFused)
	}
	switch {
	case len(c.tree) == 1 && !c.whole && c.own.sums() && t.least > worthRivals:
		t.layouts(c.own)
	case len(c.tree) >= 2 && len(c.tree) <= mostRivals:
		if t.least > worthRivals {
			c.d.lookAt(func() { c.rivals(t) })
		}
		if c.d.opts.Loose && c.quick != nil && !slices.Equal(c.quick, c.tree) {
			t.rival(c.quick, t.least)
		}
	}
	return t.keep()
}

// sums reports whether some term is summed by a step of its own.
func (s *schedule) sums() bool {
	return slices.ContainsFunc(s.v, func(v vertex) bool { return v.left < 0 && v.own })
}

// wholeFloor is a time that one step over all indices of the sum takes at least.
func (c *contraction) wholeFloor() float64 {
	points := 1.0
	for _, l := range unite(c.free, c.over) {
		points *= float64(c.d.extent(l))
	}
	b := c.d.model().Bound(c.dtype)
	return b.Fixed + b.Nanos(points, 0)
}

// Rivals are worth a look for trees of few pairs. Nanoseconds of a plan, by the model.
const (
	mostRivals  = 1000
	worthRivals = 10e3
	worthMore   = 25e3 // that are to be saved at most for ties and single layouts to be looked at
	worthAll    = 50e3 // above which all rivals are priced: a look takes some 10e3
	nearFloor   = 1.03 // of what a way takes at least: where the best takes no more, the way is not worth the look
	surely      = 0.95 // of the best's time: what other layouts of temporaries that nothing is summed into must take less than
	clearly     = 0.8  // of the best's time: what ways without factors must take less than, as they need more memory
)

// rivals tries ways with temporaries in other layouts, and trees that are good by simpler measures: the model
// of pairs that the search goes by takes every operand to lie well, and says more than steps take as often as less. Where
// the steps take little time, and hardly longer than it says, there is little to find.
func (c *contraction) rivals(t *trial) {
	if c.exact && t.brief() && c.own.least >= t.notable() {
		return
	}
	trees := []tree{c.tree}
	add := func(r tree) {
		if !slices.ContainsFunc(trees, func(o tree) bool { return slices.Equal(o, r) }) {
			trees = append(trees, r)
			t.rival(r, t.notable())
		}
	}
	if c.exact && t.least-c.own.least > worthMore {
		for _, r := range c.d.ties(c.net) {
			add(r)
		}
	}
	t.layouts(c.own)
	if c.exact {
		c.d.simpler(c.net, c.tree, add)
	}
	if c.d.opts.Loose {
		add(c.polished(comboBits))
		add(c.polished(onlyBits))
	}
	t.unfactored(c.own, c.tree)
}

// brief reports whether the best way takes so little that looking for others is not to take long.
func (t *trial) brief() bool { return t.least <= worthAll }

// rival tries another tree of the contraction, if the best way takes long or this one may take less than most nanoseconds.
func (t *trial) rival(r tree, most float64) {
	s := &t.c.d.rival
	if s.begin(t.c, r).fused(t.to).floors().least < most || !t.brief() {
		s.arrange()
		t.price(s)
		t.layouts(s)
		t.unfactored(s, r)
	}
}

// unfactored tries the tree of a schedule without factors, if it has any and the best way takes long: how well factors can be
// read is not known before all is arranged.
func (t *trial) unfactored(s *schedule, r tree) {
	if t.brief() || !slices.ContainsFunc(s.v, func(v vertex) bool { return len(v.factors) > 0 }) {
		return
	}
	s = t.c.d.rival.begin(t.c, r)
	s.bare = true
	s.fused(t.to).floors().arrange()
	t.share = clearly
	t.price(s)
	t.layouts(s)
	t.share = 1
}

// notable is what a way must take less than at least to be worth the look: the model is no more exact than nearFloor.
func (t *trial) notable() float64 { return t.least / nearFloor }

// layouts tries a tree that is arranged with temporaries in other layouts: one by one as what they are multiplied by
// lies, where that is quicker, and all as what they are made of lies, batches first or, where nothing is summed, as the operand does.
func (t *trial) layouts(s *schedule) {
	for i := range s.v {
		if t.least-s.least > worthMore && s.against(int32(i)) {
			t.stances(s, int32(i))
		}
	}
	if s.lie(false) {
		t.price(s)
	}
	if t.least-s.least > worthMore && s.lie(true) {
		share := t.share
		t.share = min(share, surely)
		t.price(s)
		t.share = share
	}
}

// stances tries those of a temporary that is written against the grain of what it is multiplied by, and leaves it in the best.
func (t *trial) stances(s *schedule, i int32) {
	best := liked
	for lies := turned; lies <= alongside; lies++ {
		if s.stand(i, lies); t.price(s) {
			best = lies
		}
	}
	s.stand(i, best)
}

// polished is the tree with small pieces of it improved, where an element written counts for 2^bits multiply-adds.
func (c *contraction) polished(bits float64) tree {
	const units, size = 3e5, 8
	g := c.net.graph()
	b := newMutableTree(g, newScale(g.lg), aim{write: bits})
	b.plant(c.tree)
	newPolisher(b, size).run(c.d.ctx, units)
	return b.tree()
}

// timeFrom is the time of the steps since a mark, with the copies that they will be given.
func (d *draft) timeFrom(at mark) (nanos float64) {
	for i := at.steps; i < len(d.plan.Steps); i++ {
		_, n := d.copiesOf(i, &d.plan.Steps[i], math.Inf(1))
		nanos += n
	}
	return nanos
}

// timeOf is the estimated time of steps.
func timeOf(steps []Step) (nanos float64) {
	for i := range steps {
		nanos += steps[i].Estimate.Nanos
	}
	return nanos
}
