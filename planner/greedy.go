package planner

import "math"

// crowd is the number of tensors with one index beyond which only neighbours in the index's list are
// considered as pairs, so that a hyperedge costs linear time.
const crowd = 16

// greedy contracts, again and again, the pair that frees the most memory: the size of the result less
// the sizes of the two; of equal ones the pair that takes least work. Pairs that share an index go
// first; what remains is multiplied smallest first.
func (d *draft) greedy(n *network) (tree, error) {
	t, _ := greedily(n.graph(), taste{c: 1}, nil)
	return t, d.ctx.Err()
}

// graph is the network without types and targets.
func (n *network) graph() *graph {
	g := &graph{legs: n.legs, open: n.open, lg: make([]float64, len(n.ext))}
	for i, e := range n.ext {
		g.lg[i] = math.Log2(e)
	}
	return g
}
