package planner

import (
	"cmp"
	"math"
	"slices"
)

// retimeParts is the most parts of a piece whose trees are compared by estimated time.
const retimeParts = 7

// byTime reports whether estimated time is sought.
func (h *orderSearch) byTime() bool { return h.opts.Objective == ByTime || h.opts.Objective == "" }

// time estimates the steps of a tree.
func (h *orderSearch) time(g *graph, t tree) float64 {
	return h.nanosOf(g, &nest{steps: t, depth: make([]int, len(t))}, []float64{1})
}

// quickest picks the tree of least estimated time. Annealing counts multiply-adds and elements written,
// which ranks trees that are far from each other; near the best ones the shapes of products decide.
func (r *race) quickest(units float64) tree {
	const looked, improved = 16, 4
	field := slices.Clone(r.fields[:min(len(r.fields), looked)])
	for k := range field {
		field[k].score = r.time(r.g, field[k].tree)
		r.work += float64(10 * len(r.g.legs))
	}
	byScore := func(a, b runner) int { return cmp.Compare(a.score, b.score) }
	slices.SortStableFunc(field, byScore)
	field = field[:min(len(field), improved)]
	r.parallel(len(field), func(k int) {
		field[k] = r.retime(r.g, field[k].tree, units/improved)
	})
	for _, x := range field {
		r.work += x.work
	}
	return slices.MinFunc(field, byScore).tree
}

// retime replaces pieces of a tree by those of least estimated time, within units of work. The score of
// what it returns is its time.
func (r *race) retime(g *graph, t tree, units float64) runner {
	x := runner{tree: t, score: r.time(g, t)}
	s := newScale(g.lg)
	if len(g.legs)*s.words > mostWords {
		return x
	}
	b := newMutableTree(g, s, r.aim)
	b.plant(t)
	p := newPolisher(b, retimeParts)
	p.timed = r.orderSearch.network()
	p.run(r.ctx, units)
	x.work = p.work
	if next := b.tree(); p.work > 0 {
		if score := r.time(g, next); score < x.score {
			x.tree, x.score = next, score
		}
	}
	return x
}

// quicker looks for a tree of the piece below v that takes less time.
func (p *polisher) quicker() bool {
	const units = 10 // of what multiply-adds take to compare
	p.work += units * pieceUnits[len(p.parts)]
	n := *p.timed
	n.legs, n.ext, n.open = make([][]int32, len(p.parts)), nil, nil
	for g, pattern := range p.k.pattern[:p.k.groups] {
		for k := range p.parts {
			if pattern>>k&1 != 0 {
				n.legs[k] = append(n.legs[k], int32(g))
			}
		}
		n.ext = append(n.ext, elements(math.Log2(p.k.ext[g])))
		n.open = append(n.open, pattern&kept != 0)
	}
	s := p.times.begin(&n)
	if s.limit = s.price(p.piece()) * (1 - 1e-6); !(s.limit < hopeless) {
		return false
	}
	full := uint32(1)<<len(p.parts) - 1
	for set := uint32(3); set <= full; set++ {
		if set&(set-1) != 0 {
			s.search(set, full)
		}
	}
	p.split = s.split
	return !math.IsInf(s.best[full], 1)
}

// piece is the tree of the piece over its parts.
func (p *polisher) piece() tree {
	number := make(map[int32]int32, 2*len(p.parts))
	for k, x := range p.parts {
		number[x] = int32(k)
	}
	t := make(tree, 0, len(p.pairs))
	for k := len(p.pairs) - 1; k >= 0; k-- { // parts come after what they are parts of
		v := p.pairs[k]
		number[v] = int32(len(p.parts) + len(t))
		t = append(t, [2]int32{number[p.b.left[v]], number[p.b.right[v]]})
	}
	return t
}
