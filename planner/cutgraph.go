package planner

import (
	"math"
	"slices"
)

// cuts says into how many parts each index of a network is cut; 1 for not at all.
type cuts []int64

// mostParts is how many parts an index of an extent may be cut into: one for each element, as far as these can be
// counted.
func mostParts(extent float64) int64 { return int64(max(1, min(extent, 1<<60))) }

// next is the number of parts after p, for an index of extent e: twice as many, and in the end as many as there may be.
func next(p int64, e float64) int64 {
	if most := mostParts(e); 4*p > most {
		return most
	}
	return 2 * p
}

// noCuts leaves a network whole.
func noCuts(n *Network) cuts {
	c := make(cuts, len(n.Sizes))
	for i := range c {
		c[i] = 1
	}
	return c
}

// slices is the product of all parts, in bits.
func (c cuts) slices() float64 {
	bits := 0.0
	for _, p := range c {
		bits += math.Log2(float64(p))
	}
	return bits
}

// list names the indices that are cut.
func (c cuts) list() []Slice {
	var out []Slice
	for i, p := range c {
		if p > 1 {
			out = append(out, Slice{Index: int32(i), Parts: p})
		}
	}
	return out
}

// cut is the graph of one slice, whose extents are what is left of the whole ones, and the index of it
// that each index of the network became part of, or -1.
func (n *Network) cut(c cuts) (*graph, []int32) {
	sizes := slices.Clone(n.Sizes)
	for i, p := range c {
		if p > 1 {
			sizes[i] = math.Ceil(sizes[i] / float64(p))
		}
	}
	g := plainGraph(&Network{Inputs: n.Inputs, Output: n.Output, Sizes: sizes})
	return g.compact()
}
