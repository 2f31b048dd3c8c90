package planner

import (
	"cmp"
	"context"
	"math"
	"math/bits"
	"slices"
)

// sliceAnnealer anneals a tree and its cuts together. Steps count what all slices of them cost: a step runs in the loops
// down to the innermost that something below it depends on, unless its result is too large to be kept for the next
// slice. Steps that take more memory than what is kept around them leaves are strained: they cost more, so that moves
// and cuts that make them fit pay.
type sliceAnnealer struct {
	*annealer
	s      *sliceGraph
	limit  float64   // log2 of the elements that may live at once
	most   float64   // log2 of the elements of the largest result that may be kept for other slices
	keeps  float64   // of the largest that is
	room   []float64 // of each depth: log2 of what results that are kept then leave of the limit
	floor  float64   // the least that a strained step counts
	excess float64   // log2 of how many times the limit a run begins with
	over   bool      // some step is strained
	cut    []bool    // of each index
	loops  []int32   // the indices that are cut, outermost first
	runs   []float64 // log2 of how often what is within the first loops runs
	dep    []uint64  // of each node: the loops that it depends on
	depth  []int32   // of each pair: how many loops it is within
	pure   []float64 // of each pair: what a slice of it costs
	order  []int32   // of the pairs, users first
	whole  float64   // log2 of the cost of all
	costs  []float64 // scratch
	bestC  []bool    // the cuts of the best shape
	repeats,
	saves,
	odds []float64 // of each index, by weighCuts
	above, along []float64 // of each node, by weighCuts
	below        []int32   // scratch of flip: of each node, how many tensors with an index are below it
}

// The strain of a step: a bit beyond the room counts strainBit, and any excess strainJump and a share of the whole cost.
const (
	strainBit   = 1.0
	strainJump  = 0.5
	strainFloor = 2.0 // bits below the whole
)

// mostNested is the most loops that are told apart; those outside share a bit.
const mostNested = 64

func newSliceAnnealer(s *sliceGraph, a aim, t tree, c cuts, r *rng) *sliceAnnealer {
	b := newMutableTree(s.g, newScale(s.g.lg), a)
	n, nodes := len(s.g.lg), 2*len(s.g.legs)-1
	x := &sliceAnnealer{annealer: newAnnealer(b, r), s: s, limit: math.Inf(1), most: math.Inf(1), cut: make([]bool, n), bestC: make([]bool, n),
		dep: make([]uint64, nodes), depth: make([]int32, nodes), pure: make([]float64, nodes),
		repeats: make([]float64, n), saves: make([]float64, n), odds: make([]float64, n+1),
		above: make([]float64, nodes), along: make([]float64, nodes), below: make([]int32, nodes)}
	b.plant(t)
	x.setCuts(s.leftOut(c))
	return x
}

// restrain sets the limit, and how many bits below it the largest result is that is kept.
func (x *sliceAnnealer) restrain(limit, below float64) {
	x.limit, x.most = limit, limit-below
	x.refresh()
}

// setCuts cuts a list of indices.
func (x *sliceAnnealer) setCuts(list []int32) {
	clear(x.cut)
	for _, i := range list {
		x.cut[i] = true
	}
	x.loops = append(x.loops[:0], list...)
	x.refresh()
}

// mark cuts an index, with the innermost loop, or takes that back.
func (x *sliceAnnealer) mark(i int32, cut bool) {
	if x.cut[i] = cut; cut {
		x.loops = append(x.loops, i)
	} else {
		x.loops = slices.DeleteFunc(x.loops, func(j int32) bool { return j == i })
	}
	x.flip(i)
	x.depend()
	x.descend()
}

// flip takes an index that is now cut out of the rows, or puts one that is no longer cut back, and weighs the pairs
// that it is in a part of.
func (x *sliceAnnealer) flip(i int32) {
	b := x.b
	word, bit := b.s.bit[i]/64, uint64(1)<<(b.s.bit[i]%64)
	all := max(int32(len(x.s.holders[i])), 2) // what one tensor has stays
	for _, t := range x.s.holders[i] {
		x.below[t] = 1
		b.row(t)[word] ^= bit
		if x.s.results[t] {
			b.size[t] = b.s.size(b.row(t))
		}
	}
	in := func(v int32) bool { return x.below[v] > 0 && (x.below[v] < all || b.g.open[i]) }
	for k := len(x.order) - 1; k >= 0; k-- {
		v := x.order[k]
		l, r := b.left[v], b.right[v]
		if x.below[v] = x.below[l] + x.below[r]; in(v) {
			b.row(v)[word] ^= bit
		}
		if in(l) || in(r) {
			b.weigh(v)
			x.pure[v] = b.cost[v]
		}
	}
	clear(x.below)
}

// refresh makes the tree what the cuts leave, and nests the loops.
func (x *sliceAnnealer) refresh() {
	x.refill()
	x.arrange()
}

// refill makes the tree what the cuts leave.
func (x *sliceAnnealer) refill() {
	b := x.b
	for t, legs := range b.g.legs {
		row := b.row(int32(t))
		clear(row)
		for _, i := range legs {
			if !x.cut[i] {
				bit := b.s.bit[i]
				row[bit/64] |= 1 << (bit % 64)
			}
		}
		if b.size[t] = math.Inf(-1); x.s.results[t] {
			b.size[t] = b.s.size(row)
		}
	}
	b.refresh()
	copy(x.pure, b.cost)
}

// arrange nests the loops anew, for the tree as moves left it.
func (x *sliceAnnealer) arrange() {
	x.order = x.b.order(x.order)
	x.depend()
	x.nest()
	x.depend()
	x.descend()
}

// bitOf is the bit of the k-th loop.
func (x *sliceAnnealer) bitOf(k int) int { return max(k-max(len(x.loops)-mostNested, 0), 0) }

// depend finds the loops that each node depends on.
func (x *sliceAnnealer) depend() {
	b := x.b
	clear(x.dep)
	x.runs = append(x.runs[:0], 0)
	for k, i := range x.loops {
		bit := x.bitOf(k)
		if bit+1 == len(x.runs) {
			x.runs = append(x.runs, x.runs[bit])
		}
		x.runs[bit+1] += b.g.lg[i]
		for _, t := range x.s.holders[i] {
			x.dep[t] |= 1 << bit
		}
	}
	for k := len(x.order) - 1; k >= 0; k-- {
		v := x.order[k]
		x.dep[v] = x.dep[b.left[v]] | x.dep[b.right[v]]
	}
}

// nest puts the loop innermost that the least work depends on.
func (x *sliceAnnealer) nest() {
	top := math.Inf(-1)
	for _, v := range x.order {
		top = max(top, x.pure[v])
	}
	var load [mostNested]float64
	for _, v := range x.order {
		if share := x.pure[v] - top; share > -30 {
			w := math.Exp2(share)
			for m := x.dep[v]; m != 0; m &= m - 1 {
				load[bits.TrailingZeros64(m)] += w
			}
		}
	}
	for k, i := range x.loops {
		x.odds[i] = load[x.bitOf(k)]
	}
	slices.SortStableFunc(x.loops, func(i, j int32) int { return cmp.Compare(x.odds[j], x.odds[i]) })
}

// descend finds the loops that each step is within, what is kept, and what steps cost.
func (x *sliceAnnealer) descend() {
	for x.keeps = x.most; ; x.keeps-- {
		// Of what takes too much the largest is computed again.
		if kept := x.place(); kept <= math.Exp2(x.limit)/2 || math.IsInf(x.keeps, 0) {
			break
		}
	}
	x.makeRoom()
	b := x.b
	x.floor, x.over = logSum(x.costs)-strainFloor, false
	for _, v := range x.order {
		d := x.depth[v]
		l, r := x.held(b.left[v], d), x.held(b.right[v], d)
		x.over = x.over || x.live(b.size[v], l, r) > x.room[d]
		b.cost[v] = x.weight(x.pure[v], b.size[v], l, r, d)
	}
}

// place puts steps into loops, and says how many elements are kept, in all and of each depth.
func (x *sliceAnnealer) place() float64 {
	b, kept := x.b, 0.0
	x.costs, x.room = x.costs[:0], append(x.room[:0], x.runs...)
	clear(x.room)
	for k, v := range x.order {
		if k == 0 {
			x.depth[v] = int32(bits.Len64(x.dep[v]))
		}
		x.costs = append(x.costs, x.pure[v]+x.runs[x.depth[v]])
		for _, c := range [2]int32{b.left[v], b.right[v]} {
			if c < b.n {
				continue
			}
			if x.depth[c] = x.within(x.dep[c], b.size[c], x.depth[v]); x.depth[c] < x.depth[v] {
				x.room[x.depth[c]] += elements(b.size[c])
				kept += elements(b.size[c])
			}
		}
	}
	return kept
}

// makeRoom makes of what is kept at each depth the room that it leaves: steps of fewer loops run first, so that
// a step finds there what is kept of those outside its innermost loop.
func (x *sliceAnnealer) makeRoom() {
	const usable = 0.985 // a little of the limit is for small results that wait for others
	most, kept := math.Exp2(x.limit), 0.0
	for d, here := range x.room {
		x.room[d] = math.Log2(max(usable*most-kept, most/8))
		kept += here
	}
}

// held is log2 of what a part of a step at some depth takes beside results that are kept, which the room is
// less by.
func (x *sliceAnnealer) held(c, depth int32) float64 {
	if c >= x.b.n && x.within(x.dep[c], x.b.size[c], depth) < depth {
		return math.Inf(-1)
	}
	return x.b.size[c]
}

// within is the number of loops around a step whose reader is within some.
func (x *sliceAnnealer) within(dep uint64, size float64, reader int32) int32 {
	if size > x.keeps {
		return reader
	}
	return int32(bits.Len64(dep))
}

// live is log2 of the elements of a step's result and parts; operands take none.
func (x *sliceAnnealer) live(size, l, r float64) float64 { return plus(plus(size, l), r) }

// weight is what a step costs within a number of loops.
func (x *sliceAnnealer) weight(c, size, l, r float64, depth int32) float64 {
	c += x.runs[depth]
	const three = 1.6 // log2
	if max(size, l, r) < x.room[depth]-three {
		return c
	}
	if live := x.live(size, l, r); live > x.room[depth] {
		return plus(c, x.floor) + strainBit*(live-x.room[depth]) + strainJump
	}
	return c
}

// How a run goes: the sweeps between changes of cuts, what one of these takes in sweeps, and the part of the run after
// which the limit is what it is to be.
const (
	period      = 8
	shiftSweeps = 6
	easing      = 0.5
)

// sweepUnits is the work of a sweep and its share of a change of cuts.
func (x *sliceAnnealer) sweepUnits() float64 {
	return moveUnits(x.b.s.words) * float64(x.b.n-1) * (1 + shiftSweeps/float64(period))
}

// run anneals: in turns it sweeps and changes the cuts, while beta grows, until units of work are spent or ctx ends.
// It leaves the best of the second half, or what it had if that is better.
func (x *sliceAnnealer) run(ctx context.Context, c cooling, units float64) {
	if x.b.n < 3 {
		return
	}
	x.best = math.Inf(1)
	x.keep()
	limit, sweeps := x.limit, sweepsIn(units, x.sweepUnits())
	for k := 0; k < sweeps && ctx.Err() == nil; k++ {
		done := float64(k) / float64(max(sweeps-1, 1))
		if k%period == period-1 {
			x.tighten(limit + x.excess*max(0, 1-done/easing))
			x.shift(c.at(done))
			if done > easing {
				x.keep()
			}
		}
		x.sweep(c.at(done))
		x.work += x.sweepUnits()
	}
	x.tighten(limit)
	x.refresh()
	x.keep()
	x.restore()
}

// ease lets a run begin with a limit that the tree as it is fits, so that cuts are made one by one as trees become
// used to them.
func (x *sliceAnnealer) ease() {
	b := x.b
	for _, v := range x.order {
		x.excess = max(x.excess, x.live(b.size[v], b.size[b.left[v]], b.size[b.right[v]])-x.limit)
	}
}

// tighten moves the limit, and what may be kept with it.
func (x *sliceAnnealer) tighten(limit float64) {
	x.most += limit - x.limit
	x.limit = limit
}

// restore goes back to the best.
func (x *sliceAnnealer) restore() {
	b := x.b
	copy(b.left, x.left)
	copy(b.right, x.right)
	b.root = x.root
	x.loops = x.loops[:0]
	for i, cut := range x.bestC {
		if x.cut[i] = cut; cut {
			x.loops = append(x.loops, int32(i))
		}
	}
	x.refresh()
}

// keep notes shape and cuts if they are the best; what fits is better than what does not.
func (x *sliceAnnealer) keep() {
	const unfit = 1 << 20
	t := x.b.total()
	if x.over {
		t += unfit
	}
	if t >= x.best {
		return
	}
	x.best, x.root = t, x.b.root
	copy(x.left, x.b.left)
	copy(x.right, x.b.right)
	copy(x.bestC, x.cut)
}

// sweep offers a move at every pair, from the root down.
func (x *sliceAnnealer) sweep(beta float64) {
	b, inverse := x.b, 1/beta
	stack := append(x.stack[:0], b.root)
	for len(stack) > 0 {
		p := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if b.left[p] >= b.n || b.right[p] >= b.n {
			x.visit(p, inverse)
		}
		for _, c := range [2]int32{b.left[p], b.right[p]} {
			if c >= b.n {
				x.settle(c, p)
				stack = append(stack, c)
			}
		}
	}
}

// settle puts a step into the loops that those of its reader leave it.
func (x *sliceAnnealer) settle(c, reader int32) {
	if d := x.within(x.dep[c], x.b.size[c], x.depth[reader]); d != x.depth[c] {
		x.b.cost[c] += x.runs[d] - x.runs[x.depth[c]]
		x.depth[c] = d
	}
}

// visit offers a random move at pair p, as annealer's does.
func (x *sliceAnnealer) visit(p int32, inverse float64) {
	b := x.b
	random := x.rng.next()
	m := x.rotation(p, random)
	y, c, u, v := m.x, m.c, m.u, m.v
	x.settle(y, p)
	bound := plus(b.cost[y], b.cost[p]) + exponential(random)*inverse
	ru, rc := b.row(u), b.row(c)
	first, dep := b.s.union(ru, rc), x.dep[u]|x.dep[c]
	if first+x.runs[bits.Len64(dep)] > bound && !b.aim.flat {
		return
	}
	size, second := b.s.swap(x.scratch, ru, rc, b.row(v), b.row(p))
	if !b.aim.plain() {
		first, second = b.aim.step(first, size), b.aim.step(second, b.size[p])
	}
	pure, whole := first, second
	around := x.depth[p]
	depth, held := x.within(dep, size, around), size
	if depth < around {
		held = math.Inf(-1)
	}
	first = x.weight(first, size, x.held(u, depth), x.held(c, depth), depth)
	second = x.weight(second, b.size[p], held, x.held(v, around), around)
	if plus(first, second) > bound {
		return
	}
	x.rotate(p, m, size, first, second)
	x.pure[y], x.pure[p] = pure, whole
	x.dep[y], x.depth[y] = dep, depth
}
