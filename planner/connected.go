package planner

import (
	"math"
	"math/bits"
)

// mostConnected is the most tensors of which all connected sets are looked at.
const mostConnected = 20

// connected searches among the trees whose every step joins two neighbours: it meets every connected
// set of tensors with every connected set beside it, subsets before what they are part of (Moerkotte and
// Neumann, 2006). Neighbours share an index, or are two small tensors that both meet a larger one, where
// their outer product may pay.
type connected struct {
	*block
	near  []uint32 // of each tensor: its neighbours
	index []int32  // of each set: its row, counted from 1; 0 for none
	rows  []joined // of the sets met so far
	limit float64  // on costs
	work  float64  // units spent
	most  float64  // units after which to give up
}

// joined is a set of tensors that is contracted.
type joined struct {
	legs  uint64
	best  float64
	split uint32
}

// connectedTree finds the best such tree that costs less than a limit, in bits. It returns none if there is
// none, and false if the search took more than most units of work or is beyond the block's numbers.
func connectedTree(g *graph, a aim, limit, most float64) (t tree, work float64, ok bool) {
	n := len(g.legs)
	c := &connected{block: newBlock(a), near: neighbours(g), index: make([]int32, 1<<n), limit: math.Exp2(limit), most: most,
		work: float64(int(1)<<n) / 16}
	c.parts = n
	if math.IsInf(c.limit, 1) || !c.describe(g) {
		return nil, c.work, false
	}
	c.tabulate()
	for v := range n {
		c.rows = append(c.rows, joined{legs: c.legsOf(1 << v)})
		c.index[1<<v] = int32(v + 1)
	}
	for v := n - 1; v >= 0; v-- {
		below := uint32(2)<<v - 1 // v and what comes before it
		c.beside(1 << v)
		c.enlarge(1<<v, below)
	}
	full := uint32(1)<<n - 1
	if c.work > c.most {
		return nil, c.work, false
	}
	if c.index[full] == 0 {
		return nil, c.work, true
	}
	return readTree(c.splits(), full, make(tree, 0, n-1)), c.work, true
}

// describe tells the block of the graph's indices; false if there are too many kinds.
func (k *block) describe(g *graph) bool {
	k.groups = 0
	for i, list := range g.incidences() {
		pattern := uint32(0)
		for _, t := range list {
			pattern |= 1 << t
		}
		if g.open[i] {
			pattern |= kept
		}
		if !k.add(pattern, g.lg[i]) {
			return false
		}
	}
	return true
}

// neighbours lists the sets of tensors that each may be joined to.
func neighbours(g *graph) []uint32 {
	near := make([]uint32, len(g.legs))
	for _, list := range g.incidences() {
		set := uint32(0)
		for _, t := range list {
			set |= 1 << t
		}
		for _, t := range list {
			near[t] |= set &^ (1 << t)
		}
	}
	out := append([]uint32(nil), near...)
	for a := range near {
		for b := range a {
			if near[a]>>b&1 == 0 && near[a]&near[b] != 0 && g.outerMayPay(int32(a), int32(b), near[a]&near[b]) {
				out[a] |= 1 << b
				out[b] |= 1 << a
			}
		}
	}
	return out
}

// outerMayPay reports whether, beside one of some tensors, a and b are each smaller than what the other
// leaves of it: else it costs less to contract it with one of them first (Pfeifer et al., 2014).
func (g *graph) outerMayPay(a, b int32, beside uint32) bool {
	rest := func(c, without int32) float64 {
		size := 0.0
		sorted(g.legs[c], g.legs[without], func(l int32, inC, other bool) {
			if inC && !other {
				size += g.lg[l]
			}
		})
		return size
	}
	for ; beside != 0; beside &= beside - 1 {
		c := int32(bits.TrailingZeros32(beside))
		if g.size(g.legs[a]) < rest(c, b) && g.size(g.legs[b]) < rest(c, a) {
			return true
		}
	}
	return false
}

// legsOf is the groups that a set keeps.
func (c *connected) legsOf(set uint32) uint64 {
	legs := uint64(0)
	for g, p := range c.pattern[:c.groups] {
		if p&set != 0 && p&^set != 0 {
			legs |= 1 << g
		}
	}
	return legs
}

// around is the neighbours of a set.
func (c *connected) around(set uint32) uint32 {
	near := uint32(0)
	for s := set; s != 0; s &= s - 1 {
		near |= c.near[bits.TrailingZeros32(s)]
	}
	return near &^ set
}

// enlarge meets all connected sets that have set and nothing else of what is left out.
func (c *connected) enlarge(set, out uint32) {
	near := c.around(set) &^ out
	if near == 0 || c.work > c.most {
		return
	}
	for some := near & -near; some != 0; some = (some - near) & near {
		c.beside(set | some)
	}
	for some := near & -near; some != 0; some = (some - near) & near {
		c.enlarge(set|some, out|near)
	}
}

// beside meets all connected sets beside a set that come after its first tensor.
func (c *connected) beside(set uint32) {
	c.work++
	if c.index[set] == 0 { // it costs too much
		return
	}
	out := set | (set & -set) - 1
	near := c.around(set) &^ out
	for left := near; left != 0; {
		v := uint32(1) << (31 - bits.LeadingZeros32(left))
		left &^= v
		c.join(set, v)
		c.grow(set, v, out|near&(v<<1-1))
	}
}

// grow joins a set with all connected sets that have other, and nothing else of what is left out.
func (c *connected) grow(set, other, out uint32) {
	near := c.around(other) &^ out
	if near == 0 || c.work > c.most {
		return
	}
	for some := near & -near; some != 0; some = (some - near) & near {
		c.join(set, other|some)
	}
	for some := near & -near; some != 0; some = (some - near) & near {
		c.grow(set, other|some, out|near)
	}
}

// join is a step.
func (c *connected) join(a, b uint32) {
	c.work++
	ia, ib := c.index[a], c.index[b]
	if ib == 0 {
		return
	}
	x, y := &c.rows[ia-1], &c.rows[ib-1]
	cost, most, set := x.best+y.best, c.limit, a|b
	at := c.index[set]
	if at > 0 {
		most = c.rows[at-1].best
	}
	if cost >= most {
		return
	}
	legs := uint64(0)
	if at > 0 {
		legs = c.rows[at-1].legs
	} else {
		legs = c.legsOf(set)
	}
	if cost += c.step(x.legs|y.legs, legs); !(cost < most) {
		return
	}
	c.work++
	if at == 0 {
		c.rows = append(c.rows, joined{})
		at = int32(len(c.rows))
		c.index[set] = at
	}
	c.rows[at-1] = joined{legs, cost, a}
}

// step is the cost of a step, by what it spans and what it keeps.
func (k *block) step(union, legs uint64) float64 {
	size := k.volume(legs)
	if k.aim.flat {
		return size * size
	}
	return k.volume(union) + k.write*size
}

// splits lists the splits of all sets.
func (c *connected) splits() []uint32 {
	all := make([]uint32, len(c.index))
	for set, at := range c.index {
		if at > 0 {
			all[set] = c.rows[at-1].split
		}
	}
	return all
}
