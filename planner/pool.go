package planner

import (
	"cmp"
	"math"
	"slices"
)

// pool is the tensors of a graph while they are contracted, one pair after the other.
type pool struct {
	g       *graph
	legs    [][]int32 // of tensors and results; nil once they are contracted
	name    []int32   // of each its number in steps; results that are changed in place keep theirs here
	size    []float64 // log2 of the elements
	bulk    []float64 // the elements, as exp2 has them
	alive   []bool
	lists   [][]int32 // of each index: the tensors that have it, dead ones among them
	holders []int32   // of each index: how many that live have it
	steps   tree
	slab    []int32
	hubs    map[int32]*hub // tensors that are changed in place
	fresh   []int32        // the legs that the last one to change got
	seen    []int32        // of each tensor: the last search for partners that met it
	search  int32
	work    float64 // units spent
}

// newPool is the tensors of a graph.
func newPool(g *graph) *pool {
	n := len(g.legs)
	p := &pool{g: g, legs: append(make([][]int32, 0, 2*n), g.legs...), size: make([]float64, 0, 2*n), bulk: make([]float64, 0, 2*n),
		alive: make([]bool, n, 2*n), seen: make([]int32, n, 2*n), name: make([]int32, n, 2*n), steps: make(tree, 0, n)}
	p.gather()
	for t, legs := range g.legs {
		p.alive[t], p.name[t] = true, int32(t)
		p.size = append(p.size, g.size(legs))
		p.bulk = append(p.bulk, exp2(p.size[t]))
	}
	return p
}

// gather lists the tensors of each index, with room for the results that will have it.
func (p *pool) gather() {
	p.holders = make([]int32, len(p.g.lg))
	total := 0
	for _, legs := range p.g.legs {
		total += len(legs)
		for _, i := range legs {
			p.holders[i]++
		}
	}
	room := make([]int32, 2*total)
	p.lists = make([][]int32, len(p.g.lg))
	for i, count := range p.holders {
		p.lists[i], room = room[:0:2*count], room[2*count:]
	}
	for t, legs := range p.g.legs {
		for _, i := range legs {
			p.lists[i] = append(p.lists[i], int32(t))
		}
	}
}

// contract replaces two tensors by their product and returns its number, which is that of a hub if one of them
// is.
func (p *pool) contract(a, b int32) int32 {
	made := int32(len(p.g.legs) + len(p.steps))
	p.steps = append(p.steps, [2]int32{min(p.name[a], p.name[b]), max(p.name[a], p.name[b])})
	if len(p.legs[a]) < len(p.legs[b]) {
		a, b = b, a
	}
	if hubbed(len(p.legs[a]), len(p.legs[b])) {
		p.absorb(a, b)
		p.alive[b], p.legs[b], p.name[a] = false, nil, made
		return a
	}
	r := p.replace(a, b)
	p.name = append(p.name, made)
	return r
}

// replace adds the product of two tensors in their place.
func (p *pool) replace(a, b int32) int32 {
	r := int32(len(p.legs))
	need := len(p.legs[a]) + len(p.legs[b])
	if cap(p.slab)-len(p.slab) < need {
		p.slab = make([]int32, 0, max(need, min(1<<14, 16*len(p.g.legs))))
	}
	from := len(p.slab)
	p.slab, _ = p.g.join(p.legs[a], p.legs[b], p.slab, p.holders)
	legs := p.slab[from:len(p.slab):len(p.slab)]
	p.alive[a], p.alive[b] = false, false
	p.legs[a], p.legs[b] = nil, nil
	p.legs, p.size = append(p.legs, legs), append(p.size, p.g.size(legs))
	p.bulk = append(p.bulk, exp2(p.size[r]))
	p.alive, p.seen = append(p.alive, true), append(p.seen, 0)
	for _, i := range legs {
		p.lists[i] = append(p.lists[i], r)
	}
	p.work += float64(need)
	return r
}

// holdersOf lists the living tensors with an index.
func (p *pool) holdersOf(i int32) []int32 {
	list := p.lists[i]
	if int(p.holders[i]) < len(list) {
		k := 0
		for _, t := range list {
			if p.alive[t] {
				list[k] = t
				k++
			}
		}
		p.work += float64(len(list))
		list = list[:k]
		p.lists[i] = list
	}
	return list
}

// partners appends the living tensors that share some of its legs with t. Of an index that a crowd has it
// takes the youngest only.
func (p *pool) partners(t int32, legs, out []int32) []int32 {
	p.search++
	p.seen[t] = p.search
	add := func(x int32) {
		if p.alive[x] && p.seen[x] != p.search {
			p.seen[x] = p.search
			out = append(out, x)
		}
	}
	for _, i := range legs {
		if p.holders[i] <= crowd {
			for _, x := range p.holdersOf(i) {
				add(x)
			}
			continue
		}
		if x := p.youngest(i, t); x >= 0 {
			add(x)
		}
	}
	p.work += float64(2 * len(out))
	return out
}

// youngest is the living tensor other than t that came last to index i, or -1. It forgets the dead ones after it.
func (p *pool) youngest(i, t int32) int32 {
	list, met := p.lists[i], false
	k := len(list)
	for k > 0 && (list[k-1] == t || !p.alive[list[k-1]]) {
		k--
		met = met || list[k] == t
	}
	if list = list[:k]; met {
		list = append(list, t)
	}
	p.lists[i] = list
	if k == 0 {
		return -1
	}
	return list[k-1]
}

// pair measures the product of two tensors: log2 of its elements and of its multiply-adds.
func (p *pool) pair(a, b int32) (size, flops float64) {
	x, y, lg := p.legs[a], p.legs[b], p.g.lg
	size, flops = p.size[a]+p.size[b], p.size[a]+p.size[b]
	if len(x) < len(y) {
		x, y = y, x
	}
	if hubbed(len(x), len(y)) {
		return p.pairHub(x, y, size)
	}
	for len(x) > 0 && len(y) > 0 {
		switch i := x[0]; {
		case i < y[0]:
			x = x[1:]
		case i > y[0]:
			y = y[1:]
		default:
			flops -= lg[i]
			if p.holders[i] > 2 || p.g.open[i] {
				size -= lg[i]
			} else {
				size -= 2 * lg[i]
			}
			x, y = x[1:], y[1:]
		}
	}
	p.work += 3 + float64(len(p.legs[a])+len(p.legs[b]))/8
	return size, flops
}

// pairHub is pair for the legs of a hub and of a small tensor, of so many bits together.
func (p *pool) pairHub(x, y []int32, both float64) (size, flops float64) {
	size, flops = both, both
	for _, l := range y {
		if !holds(x, l) {
			continue
		}
		flops -= p.g.lg[l]
		size -= p.g.lg[l]
		if p.holders[l] == 2 && !p.g.open[l] {
			size -= p.g.lg[l]
		}
	}
	p.work += 3 + float64(len(y))
	return size, flops
}

// merge contracts all of list, smallest first, and returns the product.
func (p *pool) merge(list []int32) int32 {
	list = slices.Clone(list)
	bySize := func(a, b int32) int {
		return cmp.Or(cmp.Compare(p.size[a], p.size[b]), cmp.Compare(a, b))
	}
	slices.SortFunc(list, bySize)
	for len(list) > 1 {
		r := p.contract(list[0], list[1])
		list = list[2:]
		at, _ := slices.BinarySearchFunc(list, r, bySize)
		list = slices.Insert(list, at, r)
	}
	return list[0]
}

// multiply joins what lives, smallest first.
func (p *pool) multiply() tree {
	var h heap
	for t, ok := range p.alive {
		if ok {
			h = append(h, choice{score: p.size[t], a: int32(t)})
		}
	}
	h.init()
	for len(h) > 1 {
		x, y := h.pop(), h.pop()
		r := p.contract(x.a, y.a)
		h.push(choice{score: p.size[r], a: r})
	}
	return p.steps
}

// choice is a pair that could be contracted, or in a heap of single things one of them.
type choice struct {
	score, flops float64
	a, b         int32
}

func (x *choice) less(y *choice) bool {
	if x.score != y.score {
		return x.score < y.score
	}
	if x.flops != y.flops {
		return x.flops < y.flops
	}
	return x.a < y.a || x.a == y.a && x.b < y.b
}

// heap has the least choice first.
type heap []choice

func (h heap) init() {
	for k := len(h)/2 - 1; k >= 0; k-- {
		h.down(k)
	}
}

func (h *heap) push(c choice) {
	*h = append(*h, c)
	for k := len(*h) - 1; k > 0; {
		up := (k - 1) / 2
		if !(*h)[k].less(&(*h)[up]) {
			return
		}
		(*h)[k], (*h)[up] = (*h)[up], (*h)[k]
		k = up
	}
}

func (h *heap) pop() choice {
	old := *h
	top, last := old[0], len(old)-1
	old[0] = old[last]
	*h = old[:last]
	h.down(0)
	return top
}

func (h heap) down(k int) {
	for {
		c := 2*k + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && h[c+1].less(&h[c]) {
			c++
		}
		if !h[c].less(&h[k]) {
			return
		}
		h[k], h[c] = h[c], h[k]
		k = c
	}
}

// greedyScore is how a greedy search values pairs.
type greedyScore struct {
	kind scoreKind
	c    float64 // weight of what is freed against what is made
	heat float64 // strength of the noise
	most float64 // units of work after which to give up; 0 for never
}

type scoreKind uint8

const (
	freeMemory scoreKind = iota // elements made less elements freed
	ratio                       // elements made by elements freed
)

// exp2 is 2^x, cut off where sums of some might overflow.
func exp2(x float64) float64 {
	const most = 1000
	if x == math.Trunc(x) && x >= 0 {
		return math.Float64frombits(uint64(1023+min(x, most)) << 52)
	}
	return math.Exp2(min(x, most))
}

// value scores the pair of a and b, whose product is of ab bits; less is better.
func (t *greedyScore) value(p *pool, a, b int32, ab float64) float64 {
	if t.kind == ratio {
		return ab - t.c*plus(p.size[a], p.size[b])
	}
	x := exp2(ab)/t.c - t.c*(p.bulk[a]+p.bulk[b])
	if t.heat == 0 {
		return x
	}
	return math.Copysign(log2(1+math.Abs(x)), x)
}

// greedily contracts the pair with the best score, again and again. Pairs that share an index go
// first; what remains is multiplied smallest first. There is no tree if that takes too much work: tensors
// are large then.
func greedily(g *graph, like greedyScore, r *rng) (tree, float64) {
	return newPool(g).greedily(like, r)
}

// greedily contracts all of the pool.
func (p *pool) greedily(like greedyScore, r *rng) (tree, float64) {
	var h heap
	var near []int32
	offer := func(a, b int32) choice {
		size, flops := p.pair(a, b)
		score := like.value(p, a, b, size)
		if like.heat > 0 {
			score -= like.heat * r.gumbel()
		}
		return choice{score, flops, min(a, b), max(a, b)}
	}
	for t := range p.g.legs {
		near = p.partners(int32(t), p.legs[t], near[:0])
		for _, x := range near {
			if x < int32(t) {
				h = append(h, offer(int32(t), x))
			}
		}
	}
	h = append(h, p.crowds(crowd, offer)...)
	for h.init(); len(h) > 0; {
		c := h.pop()
		if p.work += 20; !p.alive[c.a] || !p.alive[c.b] {
			continue
		}
		if like.most > 0 && p.work > like.most {
			return nil, p.work
		}
		t := p.contract(c.a, c.b)
		t, near = p.suitors(t, near[:0])
		for _, x := range near {
			h.push(offer(t, x))
		}
		p.work += float64(10 * len(near))
		if len(h) == 0 {
			h = p.crowds(1, offer)
		}
	}
	return p.multiply(), p.work
}

// crowds pairs the neighbours in the lists of indices that more than a number of tensors have.
func (p *pool) crowds(more int32, offer func(a, b int32) choice) heap {
	var h heap
	for i := range p.lists {
		if p.holders[i] <= more {
			continue
		}
		list := p.holdersOf(int32(i))
		for k := 1; k < len(list); k++ {
			h = append(h, offer(list[k-1], list[k]))
		}
	}
	h.init()
	return h
}
