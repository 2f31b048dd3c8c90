package planner

import (
	"cmp"
	"math"
	"slices"
)

// mostWords bounds the words of a tree; larger networks are improved in pieces.
const mostWords = 1 << 21

// race is a search for the tree of one component: several starts, of which the best and the most
// different are annealed, and the best of these again.
type race struct {
	*orderSearch
	g      *graph
	s      *scale
	units  float64
	seed   uint64
	part   int // the component
	trials int
	work   float64
	fields []runner
}

// runner is a tree in a race.
type runner struct {
	tree   tree
	score  float64
	family int
	work   float64
}

// account adds a race's work to the search's.
func (r *race) account() {
	r.orderSearch.work += r.work
	r.orderSearch.trials += r.trials
}

// worth is what a tree is judged by in the end.
func (r *race) worth(g *graph, t tree) float64 {
	if r.byTime() {
		return r.time(g, t)
	}
	return appraise(g, t, r.aim)
}

// solve finds a tree of g.
func (r *race) solve(g *graph) tree {
	n := len(g.legs)
	if n < 2 {
		return nil
	}
	if n <= ExactLimit {
		r.trials++
		r.work += 100
		if t, ok := r.block.tree(g); ok {
			return t
		}
	}
	red := &reduction{kernel: g, ids: make([]int32, n)}
	for t := range red.ids {
		red.ids[t] = int32(t)
	}
	const large = 64
	share := 1.0
	if n > large {
		red = reduce(g)
		if len(red.kernel.legs) < n*9/10 {
			share = 0.8
		}
	}
	units := r.units
	r.units *= share
	t := red.expand(r.kernel(red.kernel), n)
	r.units = units
	if share < 1 {
		t = r.finishing(g, t)
		if r.byTime() {
			last := r.retime(g, t, retimeShare*r.units)
			r.work += last.work
			return last.tree
		}
	}
	return t
}

// kernel finds a tree of a reduced component.
func (r *race) kernel(g *graph) tree {
	if len(g.legs) < 2 {
		return nil
	}
	if len(g.legs) <= ExactLimit {
		if t, ok := r.block.tree(g); ok {
			return t
		}
	}
	r.g, r.s = g, newScale(g.lg)
	r.starts()
	if len(g.legs) <= mostConnected && r.connected() {
		if r.byTime() {
			return r.quickest(retimeShare * r.units)
		}
		return r.fields[0].tree
	}
	if len(g.legs)*r.s.words > mostWords {
		return r.patch(g, r.fields[0].tree, 0.6*r.units-r.work)
	}
	r.repeat(even((r.heats()+3)/4), 0.25, cooling{from: 1, to: 12}, 400)
	if !r.byTime() {
		r.final(r.units - r.work)
		return r.fields[0].tree
	}
	last := retimeShare * r.units
	r.final(r.units - r.work - last)
	return r.quickest(last)
}

// connected looks at all trees of neighbours, where half of the budget is enough for that. Annealing hardly
// finds anything better then: polishing looks for outer products of larger pieces.
func (r *race) connected() bool {
	best := r.fields[0].score
	t, work, ok := connectedTree(r.g, r.aim, best, r.units/2)
	x := runner{tree: t, work: work}
	if t != nil {
		x.score = appraise(r.g, t, r.aim)
	}
	if r.take([]runner{x}); ok {
		r.take([]runner{r.polish(r.g, r.s, r.fields[0].tree, r.units/4, mostBlock)})
	}
	return ok
}

// retimeShare is the part of the budget for comparing times.
const retimeShare = 0.08

// The families of starts.
const (
	familyGreedy = iota
	familyRatio
	familyFill
	familyUnion
	familyCut
	familySweep
	families
)

// The most starts of the costlier and of the cheaper kinds.
const (
	mostCuts   = 6
	mostGreedy = 120
)

// starts builds trees by all means, for a share of the budget, and sorts them. They are built in
// rounds, as what one costs is known only then.
func (r *race) starts() {
	const share, round = 0.25, 8
	most := r.work + share*r.units
	r.take([]runner{r.build(0, familyGreedy)})
	kinds := []int{familyRatio, familyFill, familyUnion, familySweep}
	n := float64(len(r.g.legs))
	cut := 700 * n * math.Log2(n/8)
	for k := 0; n >= 40 && k < mostCuts && (float64(k+1)*cut < share*r.units/2 || k == 0 && n > 800); k++ {
		kinds = append(kinds, familyCut)
	}
	for k := range mostGreedy {
		kinds = append(kinds, [8]int{familyRatio, familyGreedy, familySweep, familyFill, familyRatio, familyGreedy, familyRatio, familyUnion}[k%8])
	}
	for k := 0; k < len(kinds) && (k == 0 || r.work < most) && r.ctx.Err() == nil; k += round {
		some := kinds[k:min(k+round, len(kinds))]
		out := make([]runner, len(some))
		r.parallel(len(some), func(i int) {
			if r.ctx.Err() == nil {
				out[i] = r.build(k+i+1, some[i])
			}
		})
		r.take(out)
	}
}

// take adds trees to the field, best first; of equal ones those that were there before.
func (r *race) take(out []runner) {
	for _, x := range out {
		if x.tree != nil {
			r.fields = append(r.fields, x)
			r.trials++
		}
		r.work += x.work
	}
	slices.SortStableFunc(r.fields, func(a, b runner) int { return cmp.Compare(a.score, b.score) })
	if r.opts.Progress != nil && len(r.fields) > 0 {
		r.report(r.part, r.work, r.trials, audit(r.g, r.fields[0].tree).total())
	}
}

// build makes start number i.
func (r *race) build(i, family int) runner {
	random := newRNG(r.seed, uint64(i), 1)
	x := runner{family: family}
	heat, most := 0.0, min(max(r.units/20, 3e5), 5e7)
	switch {
	case i == 0:
		most = 0 // there is always one start
	case i < 4:
		most = max(most, r.units/7) // and the first of each family is worth more than its share
	}
	if i >= 4 {
		heat = random.between(0.002, 0.2)
	}
	switch family {
	case familyGreedy:
		like := greedyScore{c: 1, heat: heat, most: most}
		if heat > 0 {
			like.c = random.between(0.5, 3)
		}
		x.tree, x.work = greedily(r.g, like, random)
	case familyRatio:
		like := greedyScore{kind: ratio, c: 2, heat: heat, most: most}
		if heat > 0 {
			like.c = random.between(1, 3.5)
		}
		x.tree, x.work = greedily(r.g, like, random)
	case familyFill, familyUnion:
		x.tree, x.work = eliminate(r.g, eliminationScore{fill: family == familyFill, heat: heat}, random, most)
	case familySweep:
		x.tree, x.work = sweep(r.g, random, most)
	case familyCut:
		slacks := [...]float64{0.05, 0.15, 0.3, 0.02, 0.1, 0.2}
		leaf := mostBlock - 2
		if i%2 == 0 {
			leaf = 40
		}
		x.tree, x.work = dissect(r.g, partitioning{slack: slacks[i%len(slacks)], leaf: leaf, like: greedyScore{c: 1}}, r.aim, random)
	}
	if x.tree != nil {
		x.score = appraise(r.g, x.tree, r.aim)
	}
	x.work += float64(30 * len(r.g.legs))
	return x
}

// The sweeps that a heat should have, and those beyond which other heats find more; and the heats there
// are of each kind.
const (
	fewSweeps, manySweeps = 150, 3500
	fewHeats, manyHeats   = 8, 24
)

// heats anneals the best starts of each family from a heat that leaves little of them, and the best of
// all from one that keeps its shape. It returns how many these are.
func (r *race) heats() int {
	const share = 0.35
	sweeps := share * r.units / (moveUnits(r.s.words) * float64(len(r.g.legs)))
	count := even(int(max(min(sweeps/fewSweeps, fewHeats), min(sweeps/manySweeps, manyHeats), 2)))
	chosen := append(r.choose(count-1), r.fields[0])
	out := make([]runner, len(chosen))
	r.parallel(len(chosen), func(i int) {
		c := cooling{from: 0.5, to: 18}
		switch {
		case i == count-1:
			c.from = 3
		case chosen[i].family == familyCut && len(r.g.legs) > 500 || len(r.g.legs) > 2000:
			c.from = 2
		case i%2 == 1 && count > 2*fewHeats:
			c = cooling{from: 0.8, to: 5, even: true}
		}
		out[i] = r.anneal(chosen[i], uint64(100+i), c, share*r.units/float64(len(chosen)), 8)
	})
	r.take(out)
	return count
}

// even is n, or one more: so many pieces of work that two goroutines have as many each. One stays whole.
func even(n int) int {
	if n > 1 {
		n += n % 2
	}
	return n
}

// repeat anneals the best trees again, with numbers from first on.
func (r *race) repeat(count int, share float64, c cooling, first uint64) {
	count = min(count, len(r.fields))
	out, field := make([]runner, count), r.fields
	r.parallel(count, func(i int) {
		out[i] = r.anneal(field[i], first+uint64(i), c, share*r.units/float64(count), 8)
	})
	r.take(out)
}

// farthest is how many bits above the best of all the best start of a family may be.
const farthest = 8

// choose picks starts: the best of each family in turn, where that is no worse than annealing may mend.
func (r *race) choose(count int) []runner {
	var out []runner
	used := make([]bool, len(r.fields))
	for len(out) < count {
		before := len(out)
		met := [families]bool{}
		for k, x := range r.fields {
			if !used[k] && !met[x.family] && len(out) < count && x.score < r.fields[0].score+farthest {
				used[k], met[x.family] = true, true
				out = append(out, x)
			}
		}
		if len(out) == before {
			out = append(out, r.fields[len(out)%len(r.fields)])
		}
	}
	return out
}

// anneal improves a tree by annealing and polishing.
func (r *race) anneal(x runner, number uint64, c cooling, units float64, size int) runner {
	b := newMutableTree(r.g, r.s, r.aim)
	b.plant(x.tree)
	a := newAnnealer(b, newRNG(r.seed, number, 2))
	a.run(r.ctx, c, units*0.9)
	p := newPolisher(b, size)
	p.run(r.ctx, units*0.1)
	return runner{tree: b.tree(), score: b.total(), family: x.family, work: a.work + p.work}
}

// final anneals the best trees again, from a lower heat, and polishes the best with larger pieces.
func (r *race) final(left float64) {
	const count = 4
	out := make([]runner, count)
	r.parallel(len(out), func(i int) {
		from := r.fields[0]
		if i < len(r.fields) && r.fields[i].score < from.score+1 {
			from = r.fields[i]
		}
		out[i] = r.anneal(from, uint64(200+i), cooling{from: 2 - float64(i)/(count-1), to: 20}, left*0.9/count, 9)
	})
	r.take(out)
	last := r.polish(r.g, r.s, r.fields[0].tree, max(left*0.1, 2e5), 10)
	r.take([]runner{last})
}

func (r *race) polish(g *graph, s *scale, t tree, units float64, size int) runner {
	b := newMutableTree(g, s, r.aim)
	b.plant(t)
	p := newPolisher(b, size)
	p.run(r.ctx, units)
	return runner{tree: b.tree(), score: b.total(), work: p.work}
}

// finishing improves the tree of a component that was reduced before it was searched, with the steps
// of the reduction.
func (r *race) finishing(g *graph, t tree) tree {
	s := newScale(g.lg)
	if len(g.legs)*s.words > mostWords {
		plain, work := greedily(g, greedyScore{c: 1}, nil)
		r.work += work
		if appraise(g, plain, r.aim) < appraise(g, t, r.aim) {
			t = plain
		}
		return r.patch(g, t, r.units-r.work)
	}
	left, best := max(r.units-r.work, 0), runner{tree: t, score: appraise(g, t, r.aim)}
	out := make([]runner, finishers)
	r.parallel(len(out), func(i int) { out[i] = r.finish(g, s, t, uint64(300+i), left/finishers) })
	for _, x := range out {
		if r.work += x.work; x.score < best.score {
			best = x
		}
	}
	return best.tree
}

// finishers is how many goroutines may improve the tree of a component in the end.
const finishers = 2

// finish improves a tree by polishing and annealing.
func (r *race) finish(g *graph, s *scale, t tree, number uint64, units float64) runner {
	b := newMutableTree(g, s, r.aim)
	b.plant(t)
	p := newPolisher(b, 8)
	p.run(r.ctx, units*0.1)
	a := newAnnealer(b, newRNG(r.seed, number))
	a.run(r.ctx, cooling{from: 3, to: 20}, units*0.7)
	p.run(r.ctx, units*0.2+p.work)
	return runner{tree: b.tree(), score: b.total(), work: a.work + p.work}
}
