package planner

import (
	"container/heap"
	"math"
	"slices"
)

// crowd is the number of tensors with one index beyond which only neighbours in the index's list are
// considered as pairs, so that a hyperedge costs linear time.
const crowd = 16

// enough is what sizes are cut off at: beyond it they compare equal rather than overflow.
const enough = 1e300

// candidate is a pair that could be contracted next.
type candidate struct {
	score  float64
	points float64 // iterations of the step
	a, b   int32
}

// candidates is a heap, lowest score first, then least work, then lowest numbers.
type candidates []candidate

func (c candidates) Len() int { return len(c) }
func (c candidates) Less(i, j int) bool {
	x, y := c[i], c[j]
	if x.score != y.score {
		return x.score < y.score
	}
	if x.points != y.points {
		return x.points < y.points
	}
	return x.a < y.a || x.a == y.a && x.b < y.b
}
func (c candidates) Swap(i, j int) { c[i], c[j] = c[j], c[i] }
func (c *candidates) Push(x any)   { *c = append(*c, x.(candidate)) }
func (c *candidates) Pop() any {
	old := *c
	x := old[len(old)-1]
	*c = old[:len(old)-1]
	return x
}

// greed is the state of the greedy search.
type greed struct {
	n       *network
	legs    [][]int32 // of factors and results; nil once they are contracted
	size    []float64
	alive   []bool
	lists   [][]int32 // of each index: the tensors that have it, dead ones among them
	holders []int     // of each index: how many that live have it
	heap    candidates
	tree    tree
}

// greedy contracts, again and again, the pair that frees the most memory: the size of the result less
// the sizes of the two; of equal ones the pair that takes least work. Pairs that share an index go first; what remains is multiplied smallest first.
func (d *draft) greedy(n *network) (tree, error) {
	g := &greed{n: n, legs: slices.Clone(n.legs), holders: n.holders(), lists: make([][]int32, len(n.ids))}
	for f, legs := range n.legs {
		g.alive, g.size = append(g.alive, true), append(g.size, min(n.size(legs), enough))
		for _, l := range legs {
			g.lists[l] = append(g.lists[l], int32(f))
		}
	}
	for g.refill(); len(g.heap) > 0; g.refill() {
		for len(g.heap) > 0 {
			c := heap.Pop(&g.heap).(candidate)
			if !g.alive[c.a] || !g.alive[c.b] {
				continue
			}
			g.offer(g.contract(c.a, c.b))
			if err := d.spend(16); err != nil {
				return nil, err
			}
		}
	}
	g.multiply()
	return g.tree, nil
}

// refill finds the pairs of live tensors that share an index.
func (g *greed) refill() {
	for l := range g.lists {
		list := g.compact(l)
		for i, a := range list {
			for j := i + 1; j < len(list); j++ {
				if len(list) > crowd && j > i+1 {
					break
				}
				g.heap = append(g.heap, g.candidate(a, list[j]))
			}
		}
	}
	heap.Init(&g.heap)
}

// compact drops dead tensors from the list of an index.
func (g *greed) compact(l int) []int32 {
	g.lists[l] = slices.DeleteFunc(g.lists[l], func(f int32) bool { return !g.alive[f] })
	return g.lists[l]
}

// offer pushes the pairs of a new tensor with those that share an index with it.
func (g *greed) offer(r int32) {
	var partners []int32
	for _, l := range g.legs[r] {
		if g.holders[l] <= crowd {
			for _, f := range g.compact(int(l)) {
				if f != r {
					partners = append(partners, f)
				}
			}
			continue
		}
		// Of a crowd, the youngest that lives besides r, which is last.
		list := g.lists[l][:len(g.lists[l])-1]
		for !g.alive[list[len(list)-1]] {
			list = list[:len(list)-1]
		}
		partners = append(partners, list[len(list)-1])
		g.lists[l] = append(list, r)
	}
	slices.Sort(partners)
	for _, f := range slices.Compact(partners) {
		heap.Push(&g.heap, g.candidate(f, r))
	}
}

// candidate scores a pair.
func (g *greed) candidate(a, b int32) candidate {
	size, points := 1.0, 1.0
	sorted(g.legs[a], g.legs[b], func(l int32, inA, inB bool) {
		left := g.holders[l] - 1
		if inA && inB {
			left--
		}
		if left > 0 || g.n.open[l] {
			size *= g.n.ext[l]
		}
		points *= g.n.ext[l]
	})
	return candidate{min(size, enough) - g.size[a] - g.size[b], min(points, enough), a, b}
}

// contract replaces two tensors by their product and returns its number.
func (g *greed) contract(a, b int32) int32 {
	r := int32(len(g.legs))
	legs := g.n.contract(g.legs[a], g.legs[b], g.holders)
	g.tree = append(g.tree, [2]int32{a, b})
	g.alive[a], g.alive[b] = false, false
	g.legs[a], g.legs[b] = nil, nil
	g.legs, g.size, g.alive = append(g.legs, legs), append(g.size, math.Min(g.n.size(legs), enough)), append(g.alive, true)
	for _, l := range legs {
		g.lists[l] = append(g.lists[l], r)
	}
	return r
}

// multiply joins tensors that share nothing, smallest first.
func (g *greed) multiply() {
	var h candidates
	for f, ok := range g.alive {
		if ok {
			h = append(h, candidate{score: g.size[f], a: int32(f)})
		}
	}
	heap.Init(&h)
	for len(h) > 1 {
		x, y := heap.Pop(&h).(candidate), heap.Pop(&h).(candidate)
		r := g.contract(min(x.a, y.a), max(x.a, y.a))
		heap.Push(&h, candidate{score: g.size[r], a: r})
	}
}
