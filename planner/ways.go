package planner

import (
	"math"
	"slices"
)

// way is one of several ways to run a contraction: a tree, if it is not one step, and what appends the steps.
type way struct {
	tree tree
	emit func(sink) error
}

// emit appends the steps of c. Where there is a choice it compares what the steps cost, and where that is much
// it looks for other ways.
func (c *contraction) emit(to sink) error {
	ways := c.ways()
	pairs := len(c.tree)
	if c.whole || pairs > mostRivals || c.d.opts.Fusing == FuseAll {
		pairs = 0 // there are no others
	}
	best := 0
	if len(ways) > 1 || pairs > 1 {
		var least float64
		best, least = c.cheapest(ways, to)
		if pairs > 1 && least > worthRivals {
			others := c.rivals()
			if b, nanos := c.cheapest(others, to); nanos < least {
				ways, best = others, b
			}
		}
	}
	return c.run(ways[best], to)
}

// run appends the steps of a way.
func (c *contraction) run(w way, to sink) error {
	kept := c.tree
	c.tree = w.tree
	err := w.emit(to)
	c.tree = kept
	return err
}

// ways are those that are always looked at.
func (c *contraction) ways() []way {
	first := way{c.tree, c.emitTree}
	if c.whole {
		first.emit = c.emitWhole
	}
	switch fusing := c.d.opts.Fusing; {
	case fusing == FuseAll && c.apart():
		return []way{{nil, c.emitFused}}
	case fusing == FuseByCost && c.fuses():
		return []way{first, {nil, c.emitFused}}
	}
	return []way{first}
}

// Rivals are worth a look for trees of few pairs whose steps take longer than the look: nanoseconds.
const (
	mostRivals  = 1000
	worthRivals = 10e3
)

// rivals are ways with temporaries in other layouts, and trees that are good by simpler measures: the model
// of pairs that the search goes by takes every operand to lie well.
func (c *contraction) rivals() []way {
	trees := []tree{c.tree}
	add := func(t tree) {
		if !slices.ContainsFunc(trees, func(o tree) bool { return slices.Equal(o, t) }) {
			trees = append(trees, t)
		}
	}
	if c.exact {
		g := c.net.graph()
		for _, bits := range []float64{comboBits, math.Inf(-1)} {
			if t, ok := newBlock(aim{write: bits, room: math.Inf(1)}).tree(g); ok {
				add(t)
			}
		}
		t, _ := greedily(g, taste{c: 1}, nil)
		add(t)
	}
	if c.d.opts.Loose {
		add(c.polished(comboBits))
		add(c.polished(onlyBits))
	}
	var ways []way
	for i, t := range trees {
		if i > 0 {
			ways = append(ways, way{t, c.emitTree})
		}
		ways = append(ways, way{t, c.emitLying})
	}
	return ways
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

// cheapest tries ways: the one whose steps take the least time by the model, and that time; +Inf if none can
// be run.
func (c *contraction) cheapest(ways []way, to sink) (best int, least float64) {
	least = math.Inf(1)
	for i, w := range ways {
		nanos, err := c.d.try(func() error { return c.run(w, to) })
		if err == nil && nanos < least {
			best, least = i, nanos
		}
	}
	return best, least
}

// try runs f and takes back the steps and buffers it appended; it returns their estimated time.
func (d *draft) try(f func() error) (float64, error) {
	steps, buffers := len(d.plan.Steps), len(d.plan.Buffers)
	err := f()
	nanos := 0.0
	for i := steps; i < len(d.plan.Steps); i++ {
		nanos += d.plan.Steps[i].Estimate.Nanos
	}
	d.plan.Steps, d.plan.Buffers = d.plan.Steps[:steps], d.plan.Buffers[:buffers]
	return nanos, err
}
