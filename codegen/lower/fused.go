package lower

import (
	"slices"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
)

// Fused factors. In Σ_jk A[i,j,k]·C[k,r]·B[j,r] the factor B does not change along k: the product of the
// core, A and C, is summed over k in registers, and only the sum is multiplied by B and added up over j.
// Nothing is stored in between. The inner axes are those that no factor has, the outer ones the rest.

// fuses tells whether the fused strategy can do a step: a sum of products of a core of two inputs and of
// factors that some summed index leaves alone.
func fuses(l *lowering, s *planner.Step) bool {
	if len(s.Inputs) < 3 || s.Reduce != parser.Sum || s.Core[0] < 0 || s.Core[1] < 0 || !isProduct(s.Body, len(s.Inputs)) {
		return false
	}
	if len(unique(s.Out.Axes)) < axesWithIndex(s.Out.Axes) {
		return false
	}
	k := l.kernel(coreFirst(s))
	if slices.ContainsFunc(k.axes, func(x axis) bool { return x.isOpen() }) {
		return false
	}
	return k.ordered() == nil && !k.empty && k.extent(k.free) > 0 && slices.ContainsFunc(k.red, k.isInner)
}

// isProduct tells whether an expression is the product of n inputs, each once, converted to its type or not.
func isProduct(e parser.Expr, n int) bool {
	root := e[len(e)-1]
	if root.Kind != parser.NodeApply || root.Fn != parser.FnMul || len(root.Args) != n {
		return false
	}
	seen := make([]bool, n)
	for _, a := range root.Args {
		x := e[a]
		if x.Kind == parser.NodeApply && x.Fn == parser.FnCast && x.DType.Accum() == root.DType.Accum() {
			x = e[x.Args[0]]
		}
		if x.Kind != parser.NodeInput || x.Input >= n || seen[x.Input] {
			return false
		}
		seen[x.Input] = true
	}
	return true
}

// coreFirst is the step with the core as its first two inputs, and with the core's product as its body.
func coreFirst(s *planner.Step) *planner.Step {
	c := *s
	c.Inputs = []planner.Ref{s.Inputs[s.Core[0]], s.Inputs[s.Core[1]]}
	for i, r := range s.Inputs {
		if i != s.Core[0] && i != s.Core[1] {
			c.Inputs = append(c.Inputs, r)
		}
	}
	c.Body = nil
	return &c
}

// coreInputs is the number of inputs of the core, which come first.
const coreInputs = 2

// fused lowers a product with factors.
func fused(l *lowering, step int) error {
	s := &l.plan.Steps[step]
	return l.run(step, l.fusedKernels(s), s.Estimate.Nanos)
}

// fusedSpace is the workspace of such a step.
func fusedSpace(l *lowering, s *planner.Step) (shared, worker int64) {
	return l.kernelSpace(l.fusedKernels(s))
}

// fusedKernels are the kernel of a product with factors, or two: a long reduction is cut into blocks as
// others are, since sums of blocks, factors included, add up.
func (l *lowering) fusedKernels(s *planner.Step) []*kernel {
	k := l.kernel(coreFirst(s))
	k.strategy = cost.Fused
	k.splitBody(s.Body[len(s.Body)-1])
	k.arrange()
	return k.splitReduction(l.target)
}

// splitBody makes the body the product of the core, and the factors' expression that of its sum, which is
// input 0, and the factors.
func (k *kernel) splitBody(root parser.Node) {
	sum := parser.Node{Kind: parser.NodeInput, DType: root.DType}
	k.factors = parser.Expr{sum}
	args := []parser.NodeID{0}
	for i, a := range k.accs[1 : 1+k.inputs] {
		n := parser.Node{Kind: parser.NodeInput, DType: a.DType, Input: i}
		if i < coreInputs {
			k.body = append(k.body, n)
			continue
		}
		n.Input = i - coreInputs + 1
		args = append(args, parser.NodeID(len(k.factors)))
		k.factors = append(k.factors, n)
	}
	product := parser.Node{Kind: parser.NodeApply, Fn: parser.FnMul, DType: root.DType, Args: []parser.NodeID{0, 1}}
	k.body = append(k.body, product)
	product.Args = args
	k.factors = append(k.factors, product)
}

// isInner tells whether no factor changes along a reduced axis.
func (k *kernel) isInner(id int) bool {
	return !slices.ContainsFunc(k.axes[id].at[1+coreInputs:1+k.inputs], func(s stride) bool { return !s.isZero() })
}

// outer lists the reduced axes outside of the core's sum: the first ones, in a kernel with factors.
func (k *kernel) outer() []int {
	if k.factors == nil {
		return nil
	}
	n := 0
	for n < len(k.red) && !k.isInner(k.red[n]) {
		n++
	}
	return k.red[:n]
}

// fusedTile makes the tile of a kernel with factors: sums of the core for some rows, along the free or the
// outer axis whose neighbours lie closest, over the same vectors of columns. Where a large input moves along
// free rows, all of them are passed over for every outer term, so that it is read as it lies; their sums are
// kept in memory.
func (k *kernel) fusedTile(s *shape, t cost.Target) {
	if axis, _, lanes := k.vectorAxis(t, s); axis >= 0 {
		s.col, s.lanes = axis, lanes
	}
	outer := k.outer()
	row, along := k.rowAxis(s.col), -1
	if n := len(outer); n > 0 && k.stillCore(outer[n-1]) {
		along = outer[n-1]
		if row >= 0 && (k.reach(row, 1, 1+coreInputs) < k.reach(along, 1, 1+coreInputs) || k.axes[along].extent < 4) {
			along = -1
		}
	}
	if along < 0 {
		s.row = row
		s.kept = len(outer) > 0 && row >= 0 && s.col >= 0 && k.largeCore() > 0 && !k.spills(maxTileOps)
		each := int64(1)
		if s.kept || len(outer) == 0 {
			each = 0
		}
		rows, cols := k.fusedSize(s, t, row, each)
		k.limit(s, rows, cols)
		return
	}
	rows, cols := k.fusedSize(s, t, along, 0)
	k.limit(s, 1, cols)
	e := k.axes[along].extent
	s.kvec, s.klanes, s.kaccs = along, 1, ceilDiv(e, ceilDiv(e, rows))
}

// stillCore tells whether one input of the core stays put along an axis.
func (k *kernel) stillCore(id int) bool {
	return k.axes[id].at[1].isZero() || k.axes[id].at[coreInputs].isZero()
}

// fusedSize is the rows along an axis and the vectors of a tile; each is the rows of what waits for each of its own.
func (k *kernel) fusedSize(s *shape, t cost.Target, axis int, each int64) (rows, cols int64) {
	vectors, most := int64(1), int64(1)
	if s.col >= 0 {
		vectors = ceilDiv(k.axes[s.col].extent, s.lanes)
	}
	if axis >= 0 {
		most = k.axes[axis].extent
	}
	return t.SumTile(k.valueType(), vectors, most, each)
}
