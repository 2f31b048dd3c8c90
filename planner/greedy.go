package planner

import "math"

// crowd is the number of tensors with one index beyond which only neighbours in the index's list are
// considered as pairs, so that a hyperedge costs linear time.
const crowd = 16

// network is what OrderNetwork takes: n without types and targets.
func (n *network) network() *Network {
	out := &Network{Inputs: n.legs, Sizes: n.ext}
	for l, open := range n.open {
		if open {
			out.Output = append(out.Output, int32(l))
		}
	}
	return out
}

// graph is n without types and targets.
func (n *network) graph() *graph {
	g := &graph{legs: n.legs, open: n.open, lg: make([]float64, len(n.ext))}
	for i, e := range n.ext {
		g.lg[i] = math.Log2(e)
	}
	return g
}
