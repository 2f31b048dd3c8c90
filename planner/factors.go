package planner

import (
	"slices"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
)

// partner chooses which of the factors of a product belongs to the core beside the larger operand: of those
// that cost about the same, the one whose sum walks the operand by the smallest steps.
func (k *kernel) partner(s *Step) {
	if s.Estimate.Strategy != cost.Fused {
		return
	}
	const alike = 1.2
	large, other := 0, 1
	if k.d.bytes(s.Inputs[s.Core[1]]) > k.d.bytes(s.Inputs[s.Core[0]]) {
		large, other = 1, 0
	}
	most, step := alike*s.Estimate.Nanos, k.d.innerStep(s, large)
	for i := range s.Inputs {
		if i == s.Core[0] || i == s.Core[1] {
			continue
		}
		t := *s
		t.Core[other] = i
		t.Class = k.classify(t.Core)
		k.d.estimate(&t)
		if n := k.d.innerStep(&t, large); t.Estimate.Strategy == cost.Fused && t.Estimate.Nanos <= most && n < step {
			*s, step = t, n
		}
	}
}

// innerStep is the longest step, in a core operand, of the indices that no factor of a product has.
func (d *draft) innerStep(s *Step, operand int) int {
	r, most := s.Inputs[s.Core[operand]], 0
	strides := d.plan.Buffers[r.Buffer].Strides()
	for a, i := range r.Axes {
		if slices.Contains(d.innerIndices(s), i) {
			most = max(most, strides[a], -strides[a])
		}
	}
	return most
}

// factors counts the plain factors of a product beside its core, and multiplies the extents of the summed
// indices that none of them has.
func (d *draft) factors(s *Step) (n int, inner float64) {
	if len(s.Inputs) < 3 || len(s.Body) != len(s.Inputs)+1 || repeats(s.Out.Axes) {
		return 0, 0
	}
	return len(s.Inputs) - 2, d.volume(d.innerIndices(s))
}

// innerIndices are the summed indices that no factor of a product has.
func (d *draft) innerIndices(s *Step) []parser.IndexID {
	inner := slices.Clone(s.K)
	for i, r := range s.Inputs {
		if i != s.Core[0] && i != s.Core[1] {
			inner = slices.DeleteFunc(inner, func(k parser.IndexID) bool { return slices.Contains(r.Axes, k) })
		}
	}
	return inner
}
