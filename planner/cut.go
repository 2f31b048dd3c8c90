package planner

import "math"

// cut is a hypergraph cut in two, and the state of its refinement: vertices move one at a time, the
// best first, also where that makes the cut dearer for a while; then the best state is restored
// (Fiduccia and Mattheyses, 1982).
type cut struct {
	h      *hypergraph
	side   []uint8
	on     [2][]int32 // of each net: pins on a side
	weight [2]int32
	most   int32 // weight of a side
	cost   int64
	gain   []int32
	locked []bool
	// Vertices that may move lie in lists by gain, for each side.
	head       [2][]int32 // by gain, shifted
	next, prev []int32
	shift      int32
	top        [2]int32
	listed     []bool
}

func newCut(h *hypergraph, side []uint8, slack float64) *cut {
	n := len(h.weight)
	c := &cut{h: h, side: side, gain: make([]int32, n), locked: make([]bool, n), next: make([]int32, n), prev: make([]int32, n), listed: make([]bool, n)}
	heaviest := int32(0)
	for v, w := range h.weight {
		c.weight[side[v]] += w
		heaviest = max(heaviest, w)
		sum := int32(0)
		for _, e := range h.nets[v] {
			sum += h.cost[e]
		}
		c.shift = max(c.shift, sum)
	}
	c.most = max(int32(math.Ceil((0.5+slack)*float64(h.total))), (h.total+heaviest)/2)
	c.on[0], c.on[1] = make([]int32, len(h.pins)), make([]int32, len(h.pins))
	for e, pins := range h.pins {
		for _, v := range pins {
			c.on[side[v]][e]++
		}
		if c.on[0][e] > 0 && c.on[1][e] > 0 {
			c.cost += int64(h.cost[e])
		}
	}
	c.head[0], c.head[1] = make([]int32, 2*c.shift+1), make([]int32, 2*c.shift+1)
	return c
}

// excess is the weight that a side has too much.
func (c *cut) excess() int32 { return max(c.weight[0], c.weight[1]) - c.most }

// better compares cuts: balance first, then cost.
func (c *cut) better(d *cut) bool {
	if x, y := max(c.excess(), 0), max(d.excess(), 0); x != y {
		return x < y
	}
	return c.cost < d.cost
}

// refine runs passes until one gains nothing.
func (c *cut) refine() {
	const most = 12
	for range most {
		if !c.pass() {
			return
		}
	}
}

// pass moves vertices and restores the best state; false if that is the one it began with.
func (c *cut) pass() bool {
	c.list()
	best, bestExcess, bestAt := c.cost, max(c.excess(), 0), 0
	patience := 60 + len(c.side)/8
	var moves []int32
	for len(moves)-bestAt < patience {
		v := c.pick()
		if v < 0 {
			break
		}
		c.locked[v] = true
		c.move(v)
		moves = append(moves, v)
		if x := max(c.excess(), 0); x < bestExcess || x == bestExcess && c.cost < best {
			best, bestExcess, bestAt = c.cost, x, len(moves)
		}
	}
	for k := len(moves) - 1; k >= bestAt; k-- {
		c.move(moves[k])
	}
	return bestAt > 0
}

// list computes gains and puts the vertices of cut nets into the lists; others come in when a
// neighbour moves.
func (c *cut) list() {
	for s := range c.head {
		for k := range c.head[s] {
			c.head[s][k] = -1
		}
		c.top[s] = -1
	}
	heavy := c.excess() > 0
	for v := range c.side {
		c.locked[v], c.listed[v] = false, false
	}
	for v := range c.side {
		s, edge := c.side[v], false
		g := int32(0)
		for _, e := range c.h.nets[v] {
			if c.on[1-s][e] == 0 {
				g -= c.h.cost[e]
			} else {
				edge = true
				if c.on[s][e] == 1 {
					g += c.h.cost[e]
				}
			}
		}
		if c.gain[v] = g; edge || heavy {
			c.insert(int32(v))
		}
	}
}

func (c *cut) insert(v int32) {
	s, k := c.side[v], c.gain[v]+c.shift
	c.listed[v] = true
	c.next[v], c.prev[v] = c.head[s][k], -1
	if c.next[v] >= 0 {
		c.prev[c.next[v]] = v
	}
	c.head[s][k] = v
	c.top[s] = max(c.top[s], k)
}

func (c *cut) remove(v int32) {
	s, k := c.side[v], c.gain[v]+c.shift
	c.listed[v] = false
	if c.prev[v] >= 0 {
		c.next[c.prev[v]] = c.next[v]
	} else {
		c.head[s][k] = c.next[v]
	}
	if c.next[v] >= 0 {
		c.prev[c.next[v]] = c.prev[v]
	}
}

// pick takes the best vertex that may move out of the lists; -1 for none.
func (c *cut) pick() int32 {
	best := int32(-1)
	for s := range c.head {
		for c.top[s] >= 0 && c.head[s][c.top[s]] < 0 {
			c.top[s]--
		}
		if c.top[s] < 0 || c.weight[1-s] > c.most {
			continue
		}
		v := c.head[s][c.top[s]]
		if c.weight[1-s]+c.h.weight[v] > c.most {
			if v = c.lighter(s); v < 0 {
				continue
			}
		}
		if best < 0 || c.gain[v] > c.gain[best] || c.gain[v] == c.gain[best] && c.weight[s] > c.weight[1-s] {
			best = v
		}
	}
	if best >= 0 {
		c.remove(best)
	}
	return best
}

// lighter looks for a vertex near the top of a side's lists that is light enough to move.
func (c *cut) lighter(s int) int32 {
	looked := 0
	for k := c.top[s]; k >= 0 && looked < 20; k-- {
		for v := c.head[s][k]; v >= 0 && looked < 20; v = c.next[v] {
			if c.weight[1-s]+c.h.weight[v] <= c.most {
				return v
			}
			looked++
		}
	}
	return -1
}

// move takes a vertex to the other side and brings gains up to date.
func (c *cut) move(v int32) {
	from := c.side[v]
	to := 1 - from
	for _, e := range c.h.nets[v] {
		w, pins := c.h.cost[e], c.h.pins[e]
		switch c.on[to][e] {
		case 0:
			c.cost += int64(w)
			c.change(pins, v, 2, w)
		case 1:
			c.change(pins, v, to, -w)
		}
		c.on[from][e]--
		c.on[to][e]++
		switch c.on[from][e] {
		case 0:
			c.cost -= int64(w)
			c.change(pins, v, 2, -w)
		case 1:
			c.change(pins, v, from, w)
		}
	}
	c.side[v] = to
	c.weight[from] -= c.h.weight[v]
	c.weight[to] += c.h.weight[v]
}

// change adds to the gains of the pins of one side, or of both for 2, except those of v and of locked
// ones.
func (c *cut) change(pins []int32, v int32, side uint8, by int32) {
	for _, x := range pins {
		if x == v || c.locked[x] || side != 2 && c.side[x] != side {
			continue
		}
		if c.listed[x] {
			c.remove(x)
		}
		c.gain[x] += by
		c.insert(x)
	}
}
