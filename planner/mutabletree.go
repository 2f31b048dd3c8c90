package planner

import (
	"math"
	"math/bits"
)

// mutableTree is a binary contraction tree that can be changed in place. Nodes 0…n-1 are the tensors of the
// graph, the n-1 others are pairs; the numbers of pairs say nothing of their order.
type mutableTree struct {
	g     *graph
	s     *scale
	n     int32
	root  int32
	left  []int32 // of pairs; by node
	right []int32
	legs  []uint64  // rows of s.words words, by node
	size  []float64 // log2 of the elements, by node
	cost  []float64 // log2 of what the step costs, by node
	aim   aim
	open  []uint64 // indices that the result keeps
}

// aim is what a step's cost counts, in logarithms: multiply-adds, and elements written, each of which
// counts for 2^write multiply-adds.
type aim struct {
	write float64 // -Inf for nothing
	flat  bool    // multiply-adds count for nothing
}

// step is the cost of a step.
func (a *aim) step(flops, size float64) float64 {
	if a.flat {
		return 2 * size
	}
	if !math.IsInf(a.write, -1) {
		flops = plus(flops, size+a.write)
	}
	return flops
}

// plain reports whether a step's cost is its multiply-adds and nothing else.
func (a *aim) plain() bool { return !a.flat && math.IsInf(a.write, -1) }

// newMutableTree makes room for trees over g; plant fills it.
func newMutableTree(g *graph, s *scale, a aim) *mutableTree {
	n := len(g.legs)
	b := &mutableTree{g: g, s: s, n: int32(n), aim: a}
	nodes := 2*n - 1
	b.left, b.right = make([]int32, nodes), make([]int32, nodes)
	b.size, b.cost = make([]float64, nodes), make([]float64, nodes)
	b.legs, b.open = make([]uint64, nodes*s.words), make([]uint64, s.words)
	var open []int32
	for i, o := range g.open {
		if o {
			open = append(open, int32(i))
		}
	}
	s.set(b.open, open)
	for t, legs := range g.legs {
		s.set(b.row(int32(t)), legs)
		b.size[t] = g.size(legs)
	}
	return b
}

func (b *mutableTree) row(v int32) []uint64 { return b.legs[int(v)*b.s.words:][:b.s.words] }

// plant makes the mutable tree the tree t.
func (b *mutableTree) plant(t tree) {
	for k, p := range t {
		v := b.n + int32(k)
		b.left[v], b.right[v] = p[0], p[1]
	}
	b.root = 2*b.n - 2
	b.refresh()
}

// adopt takes the shape of another tree over the same graph.
func (b *mutableTree) adopt(left, right []int32, root int32) {
	copy(b.left, left)
	copy(b.right, right)
	b.root = root
	b.refresh()
}

// refresh computes legs, sizes and costs from the shape.
func (b *mutableTree) refresh() {
	order := b.order(nil)
	holders := b.g.holders()
	for k := len(order) - 1; k >= 0; k-- {
		v := order[k]
		x, y, out := b.row(b.left[v]), b.row(b.right[v]), b.row(v)
		for w := range out {
			both := x[w] & y[w]
			out[w] = x[w] | y[w]
			for ; both != 0; both &= both - 1 {
				bit := 64*w + bits.TrailingZeros64(both)
				i := b.s.index[bit]
				if holders[i]--; holders[i] == 1 && !b.g.open[i] {
					out[w] &^= 1 << (bit % 64)
				}
			}
		}
		b.weigh(v)
	}
}

// weigh computes size and cost of a pair whose legs are known.
func (b *mutableTree) weigh(v int32) {
	b.size[v] = b.s.size(b.row(v))
	b.cost[v] = b.aim.step(b.s.union(b.row(b.left[v]), b.row(b.right[v])), b.size[v])
}

// order lists the pairs, users before what they use; it uses the space of list.
func (b *mutableTree) order(list []int32) []int32 {
	list = list[:0]
	if b.n < 2 {
		return list
	}
	list = append(list, b.root)
	for k := 0; k < len(list); k++ {
		v := list[k]
		if l := b.left[v]; l >= b.n {
			list = append(list, l)
		}
		if r := b.right[v]; r >= b.n {
			list = append(list, r)
		}
	}
	return list
}

// tree numbers the pairs in an order in which they can be done.
func (b *mutableTree) tree() tree {
	order := b.order(nil)
	number := make([]int32, 2*b.n)
	for t := range b.n {
		number[t] = t
	}
	t := make(tree, 0, len(order))
	for k := len(order) - 1; k >= 0; k-- {
		v := order[k]
		x, y := number[b.left[v]], number[b.right[v]]
		number[v] = b.n + int32(len(t))
		t = append(t, [2]int32{min(x, y), max(x, y)})
	}
	return t
}

// total is log2 of the costs of all steps.
func (b *mutableTree) total() float64 {
	if b.n < 2 {
		return math.Inf(-1)
	}
	return logSum(b.cost[b.n:])
}
