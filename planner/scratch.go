package planner

import (
	"sync"

	"github.com/einc-lang/einc/internal/slab"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
)

// scratch is what searches work with and leave behind: nothing of a plan lies in it. One search takes over that of
// another one, as making lists takes longer than filling them.
type scratch struct {
	ids          slab.Slab[parser.IndexID]
	nodes        slab.Slab[parser.NodeID]
	ints         slab.Slab[int]
	int32s       slab.Slab[int32]
	floats       slab.Slab[float64]
	flags        slab.Slab[bool]
	pairs        slab.Slab[[2]int32]
	legs         slab.Slab[[]int32]
	sets         slab.Slab[[]parser.IndexID]
	views        slab.Slab[Ref]
	ways         slab.Slab[relaid]
	terms        slab.Slab[term]
	contractions slab.Slab[contraction]
	networks     slab.Slab[network]
	src          source
	step         kernel // the one in the making
	small        block
	question     question
	subsets      subsets
	own, rival   schedule
	trial        trial
	looked       written // for steps that are only looked at
	looking      bool
	bare         []bool      // of each step of the plan, as far as it goes: no copies are worth it
	costs        *cost.Model // of target; nil until it is asked
	target       cost.Target
}

// drafts keeps scratch for the next search. It says nothing about any search.
var drafts = sync.Pool{New: func() any { return new(draft) }}

// borrow is an empty draft.
func borrow() *draft {
	d := drafts.Get().(*draft)
	d.ids.Reset()
	d.nodes.Reset()
	d.ints.Reset()
	d.int32s.Reset()
	d.floats.Reset()
	d.flags.Reset()
	d.pairs.Reset()
	d.legs.Reset()
	d.sets.Reset()
	d.views.Reset()
	d.ways.Reset()
	d.terms.Reset()
	d.contractions.Reset()
	d.networks.Reset()
	d.spent, d.stamp, d.subsets.n, d.bare = 0, 0, nil, d.bare[:0]
	return d
}

// release gives the draft back, and leaves the plan to the caller.
func (d *draft) release() {
	d.ctx, d.p, d.plan, d.opts = nil, nil, nil, Options{}
	d.question.s = nil
	d.lists, d.layout, d.made = slab.Slab[parser.IndexID]{}, layouts{}, contents{}
	drafts.Put(d)
}

// model answers what steps cost.
func (d *draft) model() *cost.Model {
	if d.costs == nil {
		d.costs = d.opts.Target.Model()
	}
	return d.costs
}

// resized is a list of n elements in the place of another one, which it clears.
func resized[T any](list []T, n int) []T {
	if cap(list) < n {
		return make([]T, n)
	}
	clear(list[:n])
	return list[:n]
}
