package planner

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// InfeasibleError is the error of a memory limit that no order fits, however it is cut.
type InfeasibleError struct {
	Limit int64 // bytes
	Least int64 // a limit that an order was found for
}

// Error names both figures.
func (e *InfeasibleError) Error() string {
	return fmt.Sprintf("einc: no order fits %d bytes of results even if every index is cut into single elements: a limit of %d bytes is known to be enough",
		e.Limit, e.Least)
}

// slicer cuts a tree's indices until its results fit a limit.
type slicer struct {
	*orderSearch
	rng   *rng
	limit float64 // log2 of the elements that may live at once
	units float64 // of all of it
	spent float64
	best  sliced
}

// sliced is a tree, the cuts with which it fits, and log2 of its cost over all slices.
type sliced struct {
	tree  tree
	cuts  cuts
	score float64
}

// fit looks for cuts with which the results of some tree, at first t, take no more than the limit, and that make it
// little dearer.
func (h *orderSearch) fit(t tree, units float64) (*sliced, error) {
	s := &slicer{orderSearch: h, rng: newRNG(h.opts.Seed, 77), limit: h.limit(), units: units}
	all := make(cuts, len(h.net.Sizes))
	for i := range all {
		all[i] = mostParts(h.net.Sizes[i])
	}
	if _, least := s.measure(t, all); least > s.limit {
		bytes := math.Exp2(least) * float64(h.opts.Type.Accum().Size())
		return nil, &InfeasibleError{Limit: h.opts.MaxMemory, Least: int64(math.Round(bytes))}
	}
	s.best.score = math.Inf(1)
	s.take(t, all)
	s.mend(t, noCuts(h.net))
	if s.ctx.Err() == nil {
		s.carve(t)
	}
	h.work += s.spent
	return &s.best, nil
}

// carve anneals trees and cuts together: for a short time from the best tree and from trees by nested dissection, which
// cuts take apart, for long from the kind that began better, and then the best so far again and again.
func (s *slicer) carve(t tree) {
	g := newSliceGraph(s.net)
	s.spent += float64(100 * len(s.net.Inputs))
	if len(g.g.legs) < 3 || len(g.g.legs)*newScale(g.g.lg).words > mostWords {
		return
	}
	scores := make([]float64, 2*2)
	s.batch(len(scores), func(i int, w *slicer) { scores[i] = w.begin(g, t, i%2 == 1, firstShare) })
	apart := scores[1]+scores[3] < scores[0]+scores[2]
	x := newSliceAnnealer(g, s.aim, g.within(t), noCuts(s.net), s.rng)
	runs := int(min(max(longShare*s.units/(enough*x.sweepUnits()), 2), 16))
	s.batch(runs, func(i int, w *slicer) { w.begin(g, t, apart, longShare/float64(runs)) })
	for s.spent < s.units && s.ctx.Err() == nil {
		s.batch(atOnce, func(_ int, w *slicer) { w.again(g) })
	}
}

// What runs of a sliceAnnealer take of all work, how many of the last kind there are at once, and how long one may be before two
// find more.
const (
	firstShare = 0.05
	longShare  = 0.4 // of all of them
	laterShare = 0.02
	atOnce     = 2
	enough     = 8000 // sweeps
	farOff     = 0.5  // bits: mending hardly finds as much
)

// batch lets copies of the slicer work side by side, each with random numbers of its own, and takes the best of what
// they find.
func (s *slicer) batch(count int, work func(i int, w *slicer)) {
	seed := s.rng.next()
	out := make([]slicer, count)
	s.parallel(count, func(i int) {
		w := *s
		w.spent, w.rng = 1000, newRNG(seed, uint64(i))
		work(i, &w)
		out[i] = w
	})
	for _, w := range out {
		s.spent += w.spent
		if w.best.score < s.best.score {
			s.best = w.best
		}
	}
	if s.opts.Progress != nil && len(s.parts) > 0 {
		s.report(0, s.spent, 0, math.Inf(1))
	}
}

// begin anneals a tree without cuts, t or one by nested dissection, and says what annealing makes of it.
func (s *slicer) begin(g *sliceGraph, t tree, apart bool, share float64) float64 {
	if s.ctx.Err() != nil {
		return 0
	}
	start := g.within(t)
	if apart {
		var work float64
		start, work = dissect(g.g, partitioning{slack: s.rng.between(0.02, 0.2), leaf: mostBlock - 2, like: greedyScore{c: 1}}, s.aim, s.rng)
		s.spent += work
	}
	x := newSliceAnnealer(g, s.aim, start, noCuts(s.net), s.rng)
	x.restrain(s.limit, 2)
	if !apart {
		x.ease()
	}
	s.anneal(x, cooling{from: 4, to: 20}, share)
	now := x.b.total()
	if now <= s.best.score+farOff {
		s.mend(g.whole(x.b.tree()), g.parts(x.cut))
	}
	return now
}

// again anneals the best, and mends what comes of it where that may be better.
func (s *slicer) again(g *sliceGraph) {
	x := newSliceAnnealer(g, s.aim, g.within(s.best.tree), s.best.cuts, s.rng)
	x.restrain(s.limit, float64(2+s.rng.below(3)))
	was, fits := x.b.total(), !x.over
	s.anneal(x, cooling{from: 2 + 1.2*float64(s.rng.below(4)), to: 20}, laterShare)
	if now := x.b.total(); now > s.best.score+farOff || fits && now == was {
		return
	}
	s.mend(g.whole(x.b.tree()), g.parts(x.cut))
}

// anneal runs one for a share of all work.
func (s *slicer) anneal(x *sliceAnnealer, c cooling, share float64) {
	const least = 1e5 // units
	x.run(s.ctx, c, max(share*s.units, least))
	s.spent += x.work
}

// mend cuts a tree until it fits, takes back what it need not cut, and takes it.
func (s *slicer) mend(t tree, c cuts) {
	for some := 1; s.cut(t, c, some); {
		if s.ctx.Err() != nil {
			some *= 4 // what is found now only has to fit, and soon
		}
	}
	s.loosen(t, c)
	s.take(t, c)
	if s.ctx.Err() == nil {
		s.further(t, c)
	}
}

// measure is the per-slice account of a tree under cuts, and log2 of its peak.
func (s *slicer) measure(t tree, c cuts) (*account, float64) {
	g, _ := s.net.cut(c)
	acc := audit(g, t)
	peak := leastPeak(t, len(g.legs), acc.size)
	s.spent += float64(50 * len(t))
	return acc, math.Log2(peak)
}

// take notes a tree if it fits and is the best so far.
func (s *slicer) take(t tree, c cuts) {
	acc, peak := s.measure(t, c)
	if peak > s.limit+1e-9 {
		return
	}
	// What slices share costs less: that is looked at where it may make the best.
	const hoisted = 4.0 // bits
	score := s.cost(acc) + c.slices()
	if score > s.best.score+hoisted {
		return
	}
	if s.ctx.Err() == nil {
		score = s.nested(t, c)
	}
	if score < s.best.score-1e-9 {
		s.best = sliced{slices.Clone(t), slices.Clone(c), score}
	}
}

// nested is log2 of what all slices cost by the aim, where what they share is done once as far as memory
// allows.
func (s *slicer) nested(t tree, c cuts) float64 {
	x := s.net.newNest(t, c, math.Exp2(s.limit))
	s.spent += float64((60 + 30*x.tries) * len(t))
	if s.aim.flat {
		return 2*x.size + c.slices()
	}
	return plus(x.flops, x.write+s.aim.write)
}

// cost is log2 of what a slice costs by the aim.
func (s *slicer) cost(acc *account) float64 {
	all := make([]float64, len(acc.flops))
	for k, f := range acc.flops {
		all[k] = s.aim.step(f, acc.size[k])
	}
	return logSum(all)
}

// further cuts more than the limit wants, which leaves memory for what slices share.
func (s *slicer) further(t tree, c cuts) {
	limit := s.limit
	for bits := 1.0; bits <= 2; bits++ {
		s.limit = limit - bits
		more := s.cutOne(t, c)
		s.limit = limit
		if more {
			s.take(t, c)
		}
	}
}

// cutOne cuts one index further if the tree does not fit: of those in the largest results, the one
// that costs least. False if it fits, or if all is cut.
func (s *slicer) cutOne(t tree, c cuts) bool { return s.cut(t, c, 1) }

// cut cuts some indices further, as cutOne would choose the first of them.
func (s *slicer) cut(t tree, c cuts, some int) bool {
	g, number := s.net.cut(c)
	acc := audit(g, t)
	peak := leastPeak(t, len(g.legs), acc.size)
	s.spent += float64(100 * len(t))
	if math.Log2(peak) <= s.limit {
		return false
	}
	shared, relief := s.shares(g, t, acc, math.Log2(peak))
	var ranks []rank
	for i, k := range number {
		if k < 0 || c[i] >= mostParts(s.net.Sizes[i]) {
			continue
		}
		e := s.net.Sizes[i]
		gain := math.Log2(math.Ceil(e/float64(c[i])) / math.Ceil(e/float64(next(c[i], e))))
		loops := math.Log2(float64(next(c[i], e)) / float64(c[i]))
		if gain <= 0 {
			gain = loops / 4
		}
		rise := math.Log2(shared[k]*math.Exp2(loops-gain) + (1-shared[k])*math.Exp2(loops))
		ranks = append(ranks, rank{i, rise/gain + aside(relief[k])})
	}
	for _, r := range first(ranks, some) {
		c[r.index] = next(c[r.index], s.net.Sizes[r.index])
	}
	return len(ranks) > 0
}

// rank is an index and how little is to be said for cutting it.
type rank struct {
	index int
	score float64
}

// first are the indices to cut first; of equal ones those of lower numbers.
func first(ranks []rank, some int) []rank {
	better := func(a, b rank) int { return cmp.Compare(a.score, b.score) }
	if some == 1 && len(ranks) > 0 {
		return []rank{slices.MinFunc(ranks, better)}
	}
	slices.SortStableFunc(ranks, better)
	return ranks[:min(some, len(ranks))]
}

// aside ranks indices by the share of what is too large that has them; those that nothing too large has
// come last.
func aside(relief float64) float64 {
	if relief == 0 {
		return 1e6
	}
	return -relief
}

// shares says for each index of g which share of the cost its steps have, and which share of what is
// too large has it.
func (s *slicer) shares(g *graph, t tree, acc *account, peak float64) (shared, relief []float64) {
	shared, relief = make([]float64, len(g.lg)), make([]float64, len(g.lg))
	total := s.cost(acc)
	over := min(s.limit-1, peak-2)
	k, sum := 0, 0.0
	walk(g, t, func(a, b, out []int32, flops float64) {
		share := math.Exp2(s.aim.step(flops, acc.size[k]) - total)
		sorted(a, b, func(l int32, _, _ bool) { shared[l] = min(shared[l]+share, 1) })
		if w := acc.size[k] - over; w > 0 {
			sum += w * w
			for _, l := range out {
				relief[l] += w * w
			}
		}
		k++
	})
	for l := range relief {
		relief[l] /= max(sum, 1e-300)
	}
	return shared, relief
}

// loosen takes cuts back where the tree fits without them, the one that costs most first.
func (s *slicer) loosen(t tree, c cuts) {
	for s.ctx.Err() == nil {
		best, least := int32(-1), math.Inf(1)
		for _, x := range c.list() {
			was := c[x.Index]
			c[x.Index] = previous(was)
			if acc, peak := s.measure(t, c); peak <= s.limit {
				if score := s.cost(acc) + c.slices(); score < least {
					best, least = x.Index, score
				}
			}
			c[x.Index] = was
		}
		if best < 0 {
			return
		}
		c[best] = previous(c[best])
	}
}

// previous is about half as many parts.
func previous(p int64) int64 {
	half := int64(1)
	for 2*half < p {
		half *= 2
	}
	return half
}
