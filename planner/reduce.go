package planner

import "math"

// reduction is a graph after steps that hardly any good order does otherwise: those that cost about as
// much as reading their operands and make nothing larger.
type reduction struct {
	steps  tree   // over the graph's tensors
	kernel *graph // what remains
	rest   *graph // the same, with the indices of the whole graph
	ids    []int32
}

// reduce contracts pairs whose product is no larger than the larger of them, and that take at most
// twice as many multiply-adds as they have elements: without that bound a matrix product may be done
// before the vector arrives that makes it cheap.
func reduce(g *graph) *reduction {
	p := newPool(g)
	queue, waits := make([]int32, len(g.legs)), make([]bool, len(g.legs))
	for t := range queue {
		queue[t], waits[t] = int32(t), true
	}
	var near []int32
	for len(queue) > 0 {
		t := queue[0]
		queue = queue[1:]
		if !p.alive[t] {
			continue
		}
		waits[t] = false
		near = p.supersets(t, p.partners(t, p.legs[t], near[:0]))
		best, least := int32(-1), math.Inf(1)
		for _, x := range near {
			size, flops := p.pair(t, x)
			if size <= max(p.size[t], p.size[x])+1e-9 && flops <= 1+plus(p.size[t], p.size[x]) && flops < least {
				best, least = x, flops
			}
		}
		if best >= 0 {
			r := p.contract(t, best)
			if int(r) == len(waits) {
				waits = append(waits, false)
			}
			if !waits[r] {
				queue, waits[r] = append(queue, r), true
			}
		}
	}
	r := &reduction{steps: p.steps}
	k := &graph{lg: g.lg, open: g.open}
	for t, ok := range p.alive {
		if ok {
			k.legs, r.ids = append(k.legs, p.legs[t]), append(r.ids, p.name[t])
		}
	}
	r.rest = k
	r.kernel, _ = k.compact()
	return r
}

// glance is the most tensors of a crowded index that supersets looks at.
const glance = 64

// supersets appends tensors that have the index of t that fewest others have: what spans all of t is
// among them.
func (p *pool) supersets(t int32, near []int32) []int32 {
	rarest := int32(-1)
	for _, i := range p.legs[t] {
		if rarest < 0 || p.holders[i] < p.holders[rarest] {
			rarest = i
		}
	}
	if rarest < 0 || p.holders[rarest] <= crowd {
		return near
	}
	for _, x := range p.lists[rarest][max(0, len(p.lists[rarest])-glance):] {
		if x != t && p.alive[x] {
			near = append(near, x)
		}
	}
	return near
}

// expand makes a tree of the kernel one of the graph, which has n tensors.
func (r *reduction) expand(t tree, n int) tree {
	return appendTree(append(tree{}, r.steps...), t, r.ids, n)
}

// appendTree appends to the steps so far, over n tensors, a tree over the tensors and results ids.
func appendTree(steps, t tree, ids []int32, n int) tree {
	number := append(make([]int32, 0, len(ids)+len(t)), ids...)
	for _, p := range t {
		a, b := number[p[0]], number[p[1]]
		number = append(number, int32(n+len(steps)))
		steps = append(steps, [2]int32{min(a, b), max(a, b)})
	}
	return steps
}
