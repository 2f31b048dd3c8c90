package planner

import (
	"math"
	"time"
)

// componentTree is a component of a network, and the best tree of it so far.
type componentTree struct {
	part  []int32 // its tensors
	g     *graph
	share float64 // of the work
	seed  uint64
	spent float64
	tree  tree
	least float64 // log2 of its multiply-adds, of all trees that were reported
}

// search plans every component by itself and joins the results: at first with a budget that suits the network's size
// and, where there is more, with the rest once more, so that a larger budget finds nothing worse.
func (h *orderSearch) search() tree {
	h.parts = h.components()
	h.setBudget(h.parts)
	for k := range h.parts {
		f := &h.parts[k]
		r := h.race(k, min(h.treeUnits(), h.usual)*f.share)
		f.tree, f.spent = r.solve(f.g), r.work
		r.account()
		f.least = min(f.least, audit(f.g, f.tree).total())
	}
	h.share(h.join(h.parts))
	for k := range h.parts {
		h.further(k)
	}
	return h.join(h.parts)
}

// report tells of the work of a race or of slices beside what is accounted for, and of a component's tree. The best
// so far is known once there is a tree of each.
func (h *orderSearch) report(part int, work float64, trials int, cost float64) {
	f := &h.parts[part]
	f.least = min(f.least, cost)
	all := make([]float64, len(h.parts))
	for k := range all {
		all[k] = h.parts[k].least
	}
	h.opts.Progress(Progress{Done: min((h.work+work)/max(h.units, 1), 1), Trials: h.trials + trials, Best: logSum(all) * math.Log10(2)})
}

// components are those of the network, with shares of the work by what moves in them take.
func (h *orderSearch) components() []componentTree {
	parts := h.g.parts()
	holders, local := h.g.holders(), make([]int32, len(h.g.lg))
	for i := range local {
		local[i] = -1
	}
	fields, total := make([]componentTree, len(parts)), 0.0
	for k, part := range parts {
		f := &fields[k]
		f.part, f.g, f.least = part, h.g.restrict(part, holders, local), math.Inf(1)
		if len(part) > ExactLimit {
			f.share = float64(len(part)) * moveUnits((len(f.g.lg)+63)/64)
		}
		total += f.share
	}
	for k := range fields {
		fields[k].share /= max(total, 1)
		fields[k].seed = h.opts.Seed + uint64(k)<<32
	}
	return fields
}

// race is a search for the tree of a component. Those of a field differ by their units.
func (h *orderSearch) race(part int, units float64) *race {
	return &race{orderSearch: h, part: part, units: units, seed: h.parts[part].seed}
}

// further looks for a better tree of a component with what is left of its share.
func (h *orderSearch) further(part int) {
	f := &h.parts[part]
	all, usual := h.treeUnits()*f.share, h.usual*f.share
	if all-max(f.spent, usual) < usual/8 || len(f.g.legs) <= ExactLimit || h.ctx.Err() != nil {
		return
	}
	r := h.race(part, all-f.spent)
	t := r.solve(f.g)
	r.account()
	if r.worth(f.g, t) < r.worth(f.g, f.tree) {
		f.tree = t
	}
}

// share says what is left for trees, once there is one: of a time, what the rate until now makes of the rest; and
// where memory is short, the less the more cuts there must be, which change the tree anyway.
func (h *orderSearch) share(t tree) {
	if h.opts.Budget.Time > 0 && h.treeUnits() > h.usual && h.ctx.Err() == nil {
		spent := time.Since(h.start).Seconds()
		rest := usedShare*h.opts.Budget.Time.Seconds() - spent
		h.units = printable(h.work + max(rest, 0)*(h.sampled+h.work)/spent)
	}
	if h.opts.MaxMemory > 0 {
		peak := leastPeak(t, len(h.g.legs), audit(h.g, t).size)
		const few, many, most = 4, 12, 0.8 // bits, bits, and the share of as many
		over := math.Log2(peak) - h.limit()
		h.cutShare += (most - h.cutShare) * min(max((over-few)/(many-few), 0), 1)
	}
}

// limit is log2 of the elements that the memory limit lets live at once.
func (h *orderSearch) limit() float64 {
	return math.Log2(float64(h.opts.MaxMemory) / float64(h.opts.Type.Accum().Size()))
}

// usedShare is the part of a time budget that the search means to use, as some exceed their units by a few per cent.
const usedShare = 0.9

// treeUnits are those for trees that are not cut.
func (h *orderSearch) treeUnits() float64 { return h.units * (1 - h.cutShare) }

// join multiplies the results of components, the smallest first.
func (h *orderSearch) join(fields []componentTree) tree {
	var steps tree
	ends := make([]int32, len(fields))
	for k, f := range fields {
		steps = appendTree(steps, f.tree, f.part, len(h.g.legs))
		ends[k] = f.part[0]
		if len(f.part) > 1 {
			ends[k] = int32(len(h.g.legs) + len(steps) - 1)
		}
	}
	size := make([]float64, len(h.g.legs)+len(steps))
	for t, legs := range h.g.legs {
		size[t] = h.g.size(legs)
	}
	copy(size[len(h.g.legs):], audit(h.g, steps).size)
	var q heap
	for _, x := range ends {
		q = append(q, choice{score: size[x], a: x})
	}
	for q.init(); len(q) > 1; {
		x, y := q.pop(), q.pop()
		steps = append(steps, [2]int32{min(x.a, y.a), max(x.a, y.a)})
		q.push(choice{score: x.score + y.score, a: int32(len(h.g.legs) + len(steps) - 1)})
	}
	return steps
}
