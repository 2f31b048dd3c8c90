package planner

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// mostLoops is the most loops whose order is chosen; steps run within all of any others.
const mostLoops = 64

// nest is a sliced tree as a nest of loops: a step runs within the loops down to the last that
// something below it depends on, so what is the same for all slices is computed once.
type nest struct {
	loops []Slice
	steps tree
	depth []int // of each step: how many loops it runs within
	flops float64
	write float64
	size  float64
	peak  float64 // elements
	tries int     // sets of results to keep that were looked at
}

// newNest orders the loops of cuts and the steps of t. Where keeping results for later slices takes more
// than a limit of elements, some are computed again.
func (n *Network) newNest(t tree, c cuts, limit float64) *nest {
	return n.nestWithin(t, c, limit, math.MaxInt)
}

// nestWithin is newNest with at most so many sets of results to keep.
func (n *Network) nestWithin(t tree, c cuts, limit float64, most int) *nest {
	g, _ := n.cut(c)
	acc := audit(g, t)
	loops := c.list()
	masks := n.depends(t, loops)
	loops, depth := orderLoops(loops, masks, acc)
	best, tries := sortNest(g, t, acc, loops, depth), 1
	for ; best.peak > limit && tries < most && again(t, len(g.legs), acc, loops, depth); tries++ {
		best = sortNest(g, t, acc, loops, depth)
	}
	best.tries = tries
	return best
}

// again moves a branch whose result is kept for several runs of the step that reads it into the loops of
// that step: the one that costs least for its size. False if there is none.
func again(t tree, n int, acc *account, loops []Slice, depth []int) bool {
	runs := loopRuns(loops)
	total := acc.total() + runs[len(loops)]
	cost := make([]float64, len(t)) // of all steps of a branch, as it runs now; a share of the whole
	best, into, least := -1, 0, math.Inf(1)
	for k, p := range t {
		cost[k] = math.Exp2(acc.flops[k] + runs[depth[k]] - total)
		for _, x := range p {
			i := int(x) - n
			if i < 0 {
				continue
			}
			cost[k] += cost[i]
			if depth[i] == depth[k] {
				continue
			}
			more := cost[i] * math.Exp2(runs[depth[k]]-runs[depth[i]]) / elements(acc.size[i])
			if best < 0 || more < least {
				best, into, least = i, depth[k], more
			}
		}
	}
	if best < 0 {
		return false
	}
	branch := []int{best}
	for len(branch) > 0 {
		k := last(branch)
		branch = branch[:len(branch)-1]
		depth[k] = max(depth[k], into)
		for _, x := range t[k] {
			if int(x) >= n {
				branch = append(branch, int(x)-n)
			}
		}
	}
	return true
}

// loopRuns is log2 of how often what is within the first loops runs.
func loopRuns(loops []Slice) []float64 {
	runs := make([]float64, len(loops)+1)
	for k, l := range loops {
		runs[k+1] = runs[k] + math.Log2(float64(l.Parts))
	}
	return runs
}

// depends says for each step which loops something below it depends on.
func (n *Network) depends(t tree, loops []Slice) []uint64 {
	bit := make([]uint64, len(n.Sizes))
	for k, l := range loops {
		bit[l.Index] = 1 << min(k, mostLoops-1)
	}
	masks := make([]uint64, 0, len(n.Inputs)+len(t))
	for _, legs := range n.Inputs {
		m := uint64(0)
		for _, i := range legs {
			m |= bit[i]
		}
		masks = append(masks, m)
	}
	for _, p := range t {
		masks = append(masks, masks[p[0]]|masks[p[1]])
	}
	return masks[len(n.Inputs):]
}

// orderLoops puts the loop innermost that the least work depends on, and so on outwards, and says how
// many loops each step is within.
func orderLoops(loops []Slice, masks []uint64, acc *account) ([]Slice, []int) {
	total := acc.total()
	depth := make([]int, len(masks))
	inside := min(len(loops), mostLoops-1)
	rest := uint64(1)<<inside - 1
	inner := make([]Slice, 0, len(loops))
	for left := inside; left > 0; left-- {
		var load [mostLoops]float64
		for k, m := range masks {
			if depth[k] > 0 {
				continue
			}
			for m &= rest; m != 0; m &= m - 1 {
				load[bits.TrailingZeros64(m)] += math.Exp2(acc.flops[k] - total)
			}
		}
		best := -1
		for l := range inside {
			if rest>>l&1 != 0 && (best < 0 || load[l] < load[best]) {
				best = l
			}
		}
		inner, rest = append(inner, loops[best]), rest&^(1<<best)
		for k, m := range masks {
			if depth[k] == 0 && m>>best&1 != 0 {
				depth[k] = left
			}
		}
	}
	slices.Reverse(inner)
	out := append(slices.Clone(loops[inside:]), inner...)
	for k, m := range masks {
		if depth[k] += len(loops) - inside; m == 0 {
			depth[k] = 0
		}
	}
	return out, depth
}

// sortNest puts the steps in the order in which they run, outer ones first, and adds up.
func sortNest(g *graph, t tree, acc *account, loops []Slice, depth []int) *nest {
	n := len(g.legs)
	order := economicOrder(t, n, acc.size)
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(depth[a], depth[b]) })
	x := &nest{loops: loops, steps: renumber(t, n, order), size: math.Inf(-1)}
	runs := loopRuns(loops)
	flops, write := make([]float64, len(order)), make([]float64, len(order))
	sizes := make([]float64, len(order))
	for at, k := range order {
		x.depth = append(x.depth, depth[k])
		flops[at], write[at] = acc.flops[k]+runs[depth[k]], acc.size[k]+runs[depth[k]]
		x.size = max(x.size, acc.size[k])
		sizes[at] = acc.size[k]
	}
	x.flops, x.write, x.peak = logSum(flops), logSum(write), livePeak(x.steps, n, sizes, x.depth)
	return x
}

// livePeak is the most elements that live at once. What a step within more loops reads stays for the
// next slice.
func livePeak(t tree, n int, sizes []float64, depth []int) float64 {
	live, peak := 0.0, 0.0
	for k, p := range t {
		live += elements(sizes[k])
		peak = max(peak, live)
		for _, x := range p {
			if i := int(x) - n; i >= 0 && depth[i] == depth[k] {
				live -= elements(sizes[i])
			}
		}
	}
	return peak
}
