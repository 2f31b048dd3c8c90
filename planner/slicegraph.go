package planner

import (
	"math"
	"slices"
)

// sliceGraph is what remains of a network once its cheap steps are done, with every extent taken apart into factors:
// to cut an index is to leave out some of its factors, which takes no other graph.
type sliceGraph struct {
	net     *Network
	red     *reduction
	g       *graph
	of      []int32   // the network's index that each index of g is a factor of
	factor  []int64   // the factors
	holders [][]int32 // the tensors of each index of g
	stands  []int32   // the tensor of g that each tensor of the network stands for, or -1
	results []bool    // of each tensor of g: it is the result of a step, and takes memory
}

func newSliceGraph(n *Network) *sliceGraph {
	s := &sliceGraph{net: n}
	s.red = reduce(s.factorise())
	s.keep(s.red.rest)
	s.holders = s.g.incidences()
	s.choose()
	return s
}

// factors takes an extent apart; the product may be a little larger.
func factors(e int64) []int64 {
	var out []int64
	for e > 1 {
		f := int64(2)
		for _, p := range [...]int64{7, 5, 3, 2} {
			if e%p == 0 {
				f = p
			}
		}
		out = append(out, f)
		e = (e + f - 1) / f
	}
	return out
}

// factorise is the graph of the network over factors of extents.
func (s *sliceGraph) factorise() *graph {
	const most = 1 << 40
	whole := plainGraph(s.net)
	g := &graph{legs: make([][]int32, len(whole.legs))}
	first := make([]int32, len(s.net.Sizes)+1)
	for i, e := range s.net.Sizes {
		for _, f := range factors(int64(min(e, most))) {
			g.lg, g.open = append(g.lg, math.Log2(float64(f))), append(g.open, whole.open[i])
			s.of, s.factor = append(s.of, int32(i)), append(s.factor, f)
		}
		first[i+1] = int32(len(g.lg))
	}
	for t, legs := range whole.legs {
		for _, i := range legs {
			for k := first[i]; k < first[i+1]; k++ {
				g.legs[t] = append(g.legs[t], k)
			}
		}
	}
	return g
}

// keep makes g of a graph and those of its indices that a tensor has.
func (s *sliceGraph) keep(rest *graph) {
	s.g = &graph{legs: make([][]int32, len(rest.legs))}
	number := make([]int32, len(rest.lg))
	for i, holders := range rest.holders() {
		if holders == 0 {
			continue
		}
		k := len(s.g.lg)
		number[i] = int32(k)
		s.g.lg, s.g.open = append(s.g.lg, rest.lg[i]), append(s.g.open, rest.open[i])
		s.of[k], s.factor[k] = s.of[i], s.factor[i]
	}
	s.of, s.factor = s.of[:len(s.g.lg)], s.factor[:len(s.g.lg)]
	for t, legs := range rest.legs {
		for _, i := range legs {
			s.g.legs[t] = append(s.g.legs[t], number[i])
		}
	}
}

// choose picks a tensor of the network for each of g, of those that it is made of: one of most indices.
func (s *sliceGraph) choose() {
	n := len(s.net.Inputs)
	largest := make([]int32, n+len(s.red.steps))
	for t := range n {
		largest[t] = int32(t)
	}
	for k, p := range s.red.steps {
		a, b := largest[p[0]], largest[p[1]]
		if len(s.net.Inputs[b]) > len(s.net.Inputs[a]) {
			a = b
		}
		largest[n+k] = a
	}
	s.stands = slices.Repeat([]int32{-1}, n)
	for k, id := range s.red.ids {
		s.stands[largest[id]] = int32(k)
		s.results = append(s.results, int(id) >= n)
	}
}

// within is the tree over g of the shape of one over the network.
func (s *sliceGraph) within(t tree) tree {
	number := append(make([]int32, 0, len(s.stands)+len(t)), s.stands...)
	var out tree
	for _, p := range t {
		a, b := number[p[0]], number[p[1]]
		if a >= 0 && b >= 0 {
			out = append(out, [2]int32{min(a, b), max(a, b)})
			a = int32(len(s.g.legs) + len(out) - 1)
		}
		number = append(number, max(a, b))
	}
	return out
}

// whole is the tree over the network of one over g.
func (s *sliceGraph) whole(t tree) tree { return s.red.expand(t, len(s.net.Inputs)) }

// parts says which cuts of the network leave out factors.
func (s *sliceGraph) parts(out []bool) cuts {
	c := noCuts(s.net)
	for i, cut := range out {
		if of := s.of[i]; cut {
			c[of] = min(c[of]*s.factor[i], mostParts(s.net.Sizes[of]))
		}
	}
	return c
}

// leftOut lists factors that cuts of the network leave out.
func (s *sliceGraph) leftOut(c cuts) []int32 {
	rest := slices.Clone(c)
	var list []int32
	for i, of := range s.of {
		if f := s.factor[i]; rest[of] >= f {
			rest[of] = (rest[of] + f - 1) / f
			list = append(list, int32(i))
		}
	}
	return list
}
