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
	size    []float64 // log2 of the elements
	bulk    []float64 // the elements, as exp2 has them
	alive   []bool
	lists   [][]int32 // of each index: the tensors that have it, dead ones among them
	holders []int32   // of each index: how many that live have it
	steps   tree
	slab    []int32
	seen    []int32 // of each tensor: the last search for partners that met it
	search  int32
	work    float64 // units spent
}

func newPool(g *graph) *pool {
	n := len(g.legs)
	p := &pool{g: g, holders: make([]int32, len(g.lg)), lists: g.incidences()}
	p.legs, p.size = append(make([][]int32, 0, 2*n), g.legs...), make([]float64, 0, 2*n)
	p.bulk = make([]float64, 0, 2*n)
	p.alive, p.seen, p.steps = make([]bool, n, 2*n), make([]int32, n, 2*n), make(tree, 0, n)
	for i, list := range p.lists {
		p.holders[i] = int32(len(list))
	}
	for t, legs := range g.legs {
		p.alive[t] = true
		p.size = append(p.size, g.size(legs))
		p.bulk = append(p.bulk, exp2(p.size[t]))
	}
	return p
}

// contract replaces two tensors by their product and returns its number.
func (p *pool) contract(a, b int32) int32 {
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
	p.steps = append(p.steps, [2]int32{min(a, b), max(a, b)})
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

// partners appends the living tensors that share an index with t. Of an index that a crowd has it
// takes the youngest only.
func (p *pool) partners(t int32, out []int32) []int32 {
	p.search++
	p.seen[t] = p.search
	add := func(x int32) {
		if p.alive[x] && p.seen[x] != p.search {
			p.seen[x] = p.search
			out = append(out, x)
		}
	}
	for _, i := range p.legs[t] {
		if p.holders[i] <= crowd {
			for _, x := range p.holdersOf(i) {
				add(x)
			}
			continue
		}
		list := p.lists[i]
		for k := len(list) - 1; k >= 0; k-- {
			if x := list[k]; x != t && p.alive[x] {
				add(x)
				break
			}
		}
	}
	p.work += float64(2 * len(out))
	return out
}

// pair measures the product of two tensors: log2 of its elements and of its multiply-adds.
func (p *pool) pair(a, b int32) (size, flops float64) {
	x, y, lg := p.legs[a], p.legs[b], p.g.lg
	size, flops = p.size[a]+p.size[b], p.size[a]+p.size[b]
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

// taste is how a greedy search values pairs.
type taste struct {
	kind tasteKind
	c    float64 // weight of what is freed against what is made
	heat float64 // strength of the noise
	most float64 // units of work after which to give up; 0 for never
}

type tasteKind uint8

const (
	freeMemory tasteKind = iota // elements made less elements freed
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
func (t *taste) value(p *pool, a, b int32, ab float64) float64 {
	if t.kind == ratio {
		return ab - t.c*plus(p.size[a], p.size[b])
	}
	x := exp2(ab)/t.c - t.c*(p.bulk[a]+p.bulk[b])
	if t.heat == 0 {
		return x
	}
	return math.Copysign(log2(1+math.Abs(x)), x)
}

// greedily contracts the pair that a taste likes best, again and again. Pairs that share an index go
// first; what remains is multiplied smallest first. There is no tree if that takes too much work: tensors
// are large then.
func greedily(g *graph, like taste, r *rng) (tree, float64) {
	p := newPool(g)
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
	for t := range g.legs {
		near = p.partners(int32(t), near[:0])
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
		near = p.partners(t, near[:0])
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
