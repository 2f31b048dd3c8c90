package planner

import (
	"slices"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
)

// packings tells how the packed strategy finds the elements of a product's operands, and how many columns lie in a row of the output.
func (d *draft) packings(s *Step) (packs [2]cost.Packing, columns float64) {
	a, b := s.Inputs[s.Core[0]], s.Inputs[s.Core[1]]
	packs[0], packs[1] = d.packing(s, a, s.M), d.packing(s, b, s.N)
	if u := d.unitIndex(b); slices.Contains(s.N, u) && u != d.unitIndex(s.Out) {
		packs[1].Run = 1 // columns go by the output
	}
	if ofA, ofB := d.unitAlong(a, s.K), d.unitAlong(b, s.K); ofA && ofB && d.unitIndex(a) != d.unitIndex(b) {
		order, other, side := b, a, 0
		if d.volume(s.M) > d.volume(s.N) {
			order, other, side = a, b, 1
		}
		// Else blocks hold some neighbours in either.
		if d.extent(d.unitIndex(a))%cost.LowPart != 0 && d.blockOfK(s) < cost.LeastTurned*d.between(s.K, order, d.unitIndex(other)) {
			packs[side].Terms = 1
		}
	}
	return packs, d.trailing(s.Out, s.N)
}

// blockOfK is the most terms of a block of K.
func (d *draft) blockOfK(s *Step) float64 {
	return min(d.volume(s.K), float64(cost.Depth(s.Body[len(s.Body)-1].DType.Accum())))
}

// between is how many terms there are from one to its neighbour along an index, in the order of an operand's strides.
func (d *draft) between(k []parser.IndexID, order Ref, along parser.IndexID) float64 {
	n := 1.0
	for _, i := range k {
		if d.stride(order, i) < d.stride(order, along) {
			n *= float64(d.extent(i))
		}
	}
	return n
}

// packing is how elements of an operand lie that has some indices of its own.
func (d *draft) packing(s *Step, r Ref, own []parser.IndexID) cost.Packing {
	return cost.Packing{Run: d.trailing(r, own), Terms: d.trailing(r, s.K)}
}

// trailing is the elements that lie in a row of a view along some of its indices; 1 if the one of stride 1 is none of them.
func (d *draft) trailing(r Ref, some []parser.IndexID) float64 {
	next := func(run int) int {
		return slices.IndexFunc(some, func(i parser.IndexID) bool { return d.extent(i) > 1 && d.stride(r, i) == run })
	}
	run := 1
	for n := next(run); n >= 0; n = next(run) {
		run *= d.extent(some[n])
	}
	return float64(run)
}
