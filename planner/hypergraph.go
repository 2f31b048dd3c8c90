package planner

import (
	"math"
	"slices"
)

// hypergraph is a graph to be cut in two: vertices are tensors, nets are indices that two or more of
// them have. Weights of nets are logarithms of extents, in whole numbers.
type hypergraph struct {
	weight []int32   // of each vertex: the tensors it stands for
	nets   [][]int32 // of each vertex
	pins   [][]int32 // of each net
	cost   []int32   // of each net
	total  int32     // weight of all vertices
}

// fineness is the cost of a net of extent 2.
const fineness = 8

func newHypergraph(g *graph) *hypergraph {
	h := &hypergraph{weight: make([]int32, len(g.legs)), total: int32(len(g.legs))}
	for v := range h.weight {
		h.weight[v] = 1
	}
	for i, list := range g.incidences() {
		if len(list) > 1 {
			h.pins = append(h.pins, list)
			h.cost = append(h.cost, int32(max(1, math.Round(fineness*min(g.lg[i], 64)))))
		}
	}
	h.link()
	return h
}

// link lists the nets of each vertex.
func (h *hypergraph) link() {
	count, total := make([]int32, len(h.weight)), 0
	for _, pins := range h.pins {
		total += len(pins)
		for _, v := range pins {
			count[v]++
		}
	}
	slab := make([]int32, total)
	h.nets = make([][]int32, len(h.weight))
	at := int32(0)
	for v, c := range count {
		h.nets[v] = slab[at : at : at+c]
		at += c
	}
	for e, pins := range h.pins {
		for _, v := range pins {
			h.nets[v] = append(h.nets[v], int32(e))
		}
	}
}

// broad is the number of pins from which on a net says nothing about which vertices belong together.
const broad = 40

// match pairs each vertex with the unpaired one that it shares most with, and returns the number of
// the pair or single that each becomes, and how many there are.
func (h *hypergraph) match(r *rng, heaviest int32) (number []int32, count int32) {
	order := make([]int32, len(h.weight))
	for v := range order {
		order[v] = int32(v)
	}
	r.shuffle(order)
	number = make([]int32, len(h.weight))
	for v := range number {
		number[v] = -1
	}
	rating, met := make([]float64, len(h.weight)), []int32(nil)
	for _, v := range order {
		if number[v] >= 0 {
			continue
		}
		met = h.rate(v, number, rating, met[:0])
		best, most := int32(-1), 0.0
		for _, x := range met {
			if q := rating[x] / float64(h.weight[x]); q > most && h.weight[x]+h.weight[v] <= heaviest {
				best, most = x, q
			}
			rating[x] = 0
		}
		number[v] = count
		if best >= 0 {
			number[best] = count
		}
		count++
	}
	return number, count
}

// rate adds to the ratings of the vertices without a number what they share with v, and appends those to met whose
// rating was 0.
func (h *hypergraph) rate(v int32, number []int32, rating []float64, met []int32) []int32 {
	for _, e := range h.nets[v] {
		pins := h.pins[e]
		if len(pins) > broad {
			continue
		}
		share := float64(h.cost[e]) / float64(len(pins)-1)
		for _, x := range pins {
			if x == v || number[x] >= 0 {
				continue
			}
			if rating[x] == 0 {
				met = append(met, x)
			}
			rating[x] += share
		}
	}
	return met
}

// coarsen makes one vertex of those with the same number, and one net of those with the same pins.
func (h *hypergraph) coarsen(number []int32, count int32) *hypergraph {
	c := &hypergraph{weight: make([]int32, count), total: h.total}
	for v, k := range number {
		c.weight[k] += h.weight[v]
	}
	first := map[uint64][]int32{}
	for e, pins := range h.pins {
		list := make([]int32, len(pins))
		for k, v := range pins {
			list[k] = number[v]
		}
		slices.Sort(list)
		if list = slices.Compact(list); len(list) < 2 {
			continue
		}
		key := hashList(list, false)
		same := slices.IndexFunc(first[key], func(f int32) bool { return slices.Equal(c.pins[f], list) })
		if same >= 0 {
			c.cost[first[key][same]] += h.cost[e]
			continue
		}
		first[key] = append(first[key], int32(len(c.pins)))
		c.pins, c.cost = append(c.pins, list), append(c.cost, h.cost[e])
	}
	c.link()
	return c
}

// bisect cuts h in two of about equal weight, such that the nets cut cost little: it coarsens, cuts
// what is coarse, and refines the cut on the way back. slack is how far a side may be above half.
func (h *hypergraph) bisect(r *rng, slack float64) []uint8 {
	levels, numbers := []*hypergraph{h}, [][]int32(nil)
	for top := h; len(top.weight) > 60; {
		number, count := top.match(r, max(2, top.total/20))
		if float64(count) > 0.95*float64(len(top.weight)) {
			break
		}
		top = top.coarsen(number, count)
		levels, numbers = append(levels, top), append(numbers, number)
	}
	side := levels[len(levels)-1].firstCut(r, slack)
	for k := len(numbers) - 1; k >= 0; k-- {
		fine := make([]uint8, len(numbers[k]))
		for v, c := range numbers[k] {
			fine[v] = side[c]
		}
		side = fine
		newCut(levels[k], side, slack).refine()
	}
	return side
}

// firstCut grows one side from a random vertex, several times, and takes the cheapest cut.
func (h *hypergraph) firstCut(r *rng, slack float64) []uint8 {
	const tries = 8
	var best *cut
	for range tries {
		c := newCut(h, h.grow(r), slack)
		c.refine()
		if best == nil || c.better(best) {
			best = c
		}
	}
	return best.side
}

// grow makes half of the weight side 1, breadth first from a random vertex.
func (h *hypergraph) grow(r *rng) []uint8 {
	side := make([]uint8, len(h.weight))
	order := make([]int32, len(side))
	for v := range order {
		order[v] = int32(v)
	}
	r.shuffle(order)
	weight, queue := int32(0), []int32(nil)
	for weight < h.total/2 {
		if len(queue) == 0 {
			for len(order) > 0 && side[order[0]] == 1 {
				order = order[1:]
			}
			if len(order) == 0 {
				break
			}
			queue, side[order[0]] = append(queue, order[0]), 1
			weight += h.weight[order[0]]
		}
		v := queue[0]
		queue = queue[1:]
		for _, e := range h.nets[v] {
			for _, x := range h.pins[e] {
				if side[x] == 0 && weight < h.total/2 {
					side[x] = 1
					weight += h.weight[x]
					queue = append(queue, x)
				}
			}
		}
	}
	return side
}
