package planner

import (
	"cmp"
	"slices"
)

// patcher improves the tree of a network that is too large for one mutable tree, a piece at a time: the parts
// of a piece are the tensors of a small graph, whose tree is annealed and polished.
type patcher struct {
	*race
	g           *graph
	n           int32
	left, right []int32 // of pairs; by node
	legs        [][]int32
	size, cost  []float64
	done        []bool  // of pairs: in a piece of this round
	local       []int32 // scratch of restrict
	parts       []int32
	pairs       []int32
}

// The parts of a piece, and its share of work: sweeps enough to find most of what there is to find.
const (
	pieceParts  = 100
	pieceSweeps = 200
)

// patch improves t within units of work.
func (r *race) patch(g *graph, t tree, units float64) tree {
	p := &patcher{race: r, g: g, n: int32(len(g.legs)), local: make([]int32, len(g.lg))}
	for i := range p.local {
		p.local[i] = -1
	}
	const most = 1 << 26 // indices of all results: more would take too much memory
	legs := 0
	measure(g, t, func(x *extents) { legs += x.legs })
	limit := r.work + units
	if legs > most {
		return t
	}
	for was := appraise(g, t, r.aim); r.work < limit && r.ctx.Err() == nil; {
		p.load(t)
		p.round(limit)
		next := p.tree()
		now := appraise(g, next, r.aim)
		if now < was {
			t = next
		}
		if now > was-0.01 {
			break
		}
		was = now
	}
	return t
}

// load takes a tree apart.
func (p *patcher) load(t tree) {
	nodes := len(p.g.legs) + len(t)
	p.left, p.right = make([]int32, nodes), make([]int32, nodes)
	p.size, p.cost, p.done = make([]float64, nodes), make([]float64, nodes), make([]bool, nodes)
	p.legs = append(make([][]int32, 0, nodes), p.g.legs...)
	walk(p.g, t, func(_, _, out []int32, flops float64) {
		v := len(p.legs)
		p.left[v], p.right[v] = t[v-int(p.n)][0], t[v-int(p.n)][1]
		p.legs = append(p.legs, slices.Clone(out))
		p.size[v] = p.g.size(out)
		p.cost[v] = p.aim.step(flops, p.size[v])
	})
	p.work += float64(2 * nodes)
}

// round improves pieces that do not overlap, the costliest first.
func (p *patcher) round(limit float64) {
	order := make([]int32, 0, len(p.cost))
	for v := p.n; int(v) < len(p.cost); v++ {
		order = append(order, v)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(p.cost[b], p.cost[a]) })
	for _, v := range order {
		if p.work > limit || p.ctx.Err() != nil {
			return
		}
		if !p.done[v] {
			p.piece(v)
		}
	}
}

// piece improves the piece below v.
func (p *patcher) piece(v int32) {
	p.grow(v)
	for _, x := range p.pairs {
		p.done[x] = true
	}
	if len(p.parts) < 3 {
		return
	}
	s, old := p.graph(v)
	b := newMutableTree(s, newScale(s.lg), p.aim)
	b.plant(old)
	was := b.total()
	a := newAnnealer(b, newRNG(p.seed, uint64(v), 500))
	a.run(p.ctx, cooling{from: 2, to: 20}, pieceSweeps*moveUnits(b.s.words)*float64(b.n))
	k := newPolisher(b, 8)
	k.run(p.ctx, a.work/4)
	p.work += a.work + k.work + 2000
	if b.total() < was-1e-9 {
		p.rebuild(b.tree())
	}
}

// grow opens the largest part that is a pair and in no piece yet, until there are enough.
func (p *patcher) grow(v int32) {
	var q heap
	p.parts, p.pairs = p.parts[:0], p.pairs[:0]
	open := func(x int32) {
		p.pairs = append(p.pairs, x)
		for _, y := range [2]int32{p.left[x], p.right[x]} {
			if y >= p.n && !p.done[y] {
				q.push(choice{score: -p.size[y], a: y})
			} else {
				p.parts = append(p.parts, y)
			}
		}
	}
	for open(v); len(q) > 0 && len(q)+len(p.parts) < pieceParts; {
		open(q.pop().a)
	}
	for _, c := range q {
		p.parts = append(p.parts, c.a)
	}
}

// graph makes a graph of the parts of the piece below v, and a tree of its pairs.
func (p *patcher) graph(v int32) (*graph, tree) {
	holders := make(map[int32]int32, 4*len(p.parts))
	number := make(map[int32]int32, 2*len(p.parts))
	for k, x := range p.parts {
		number[x] = int32(k)
		for _, i := range p.legs[x] {
			holders[i]++
		}
	}
	for _, i := range p.legs[v] {
		holders[i] += 1 << 20 // what the piece keeps is open
	}
	s := (&graph{legs: p.legs, lg: p.g.lg, open: p.g.open}).restrictTo(p.parts, func(i int32) int32 { return holders[i] }, p.local)
	slices.Sort(p.pairs) // parts of a pair have lower numbers
	var t tree
	for _, x := range p.pairs {
		number[x] = int32(len(p.parts) + len(t))
		t = append(t, [2]int32{number[p.left[x]], number[p.right[x]]})
	}
	small, _ := s.compact()
	return small, t
}

// rebuild gives the piece the shape t; its top, which has the highest number, stays on top. Pairs keep neither legs nor costs: no other piece of the
// round needs them.
func (p *patcher) rebuild(t tree) {
	nodes := slices.Clone(p.parts)
	for k, q := range t {
		x := p.pairs[k]
		p.left[x], p.right[x] = nodes[q[0]], nodes[q[1]]
		nodes = append(nodes, x)
	}
}

// tree puts the pairs together again, in an order in which they can be done.
func (p *patcher) tree() tree {
	b := &mutableTree{n: p.n, root: int32(len(p.left) - 1), left: p.left, right: p.right}
	return b.tree()
}
