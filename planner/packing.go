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
		byA := d.volume(s.M) > d.volume(s.N)
		switch u := d.unitIndex(a); {
		case d.extent(u)%cost.LowPart == 0: // blocks hold some neighbours in either
		case byA:
			packs[1].Terms = 1
		default:
			packs[0].Terms = 1
		}
	}
	return packs, d.trailing(s.Out, s.N)
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
