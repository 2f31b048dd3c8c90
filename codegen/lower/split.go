package lower

import (
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
)

// Lengths of a reduction, in terms: one longer than maxTerms is cut into blocks, and if the output
// has so few tiles that workers would idle, one longer than maxTermsFew. Blocks are powers of two, so
// that they hold whole vectors. These numbers decide the order of summation: they know no caches.
const (
	maxTerms    = 1 << 18
	maxTermsFew = 1 << 17
	leastTerms  = 1 << 10 // no shorter one is ever cut
	fewTiles    = 8
	blockTerms  = 1 << 15
	minBlock    = 1 << 8
	tileNanos   = 1e6 // what a tile may take before its reduction is cut

	maxPartial = 64 << 20 // bytes of partial results: blocks are as long as that takes
)

// splitReduction gives the kernels that compute k: itself, or, if its reduction is long, one that
// reduces blocks into shared workspace and one that combines these in order.
func (k *kernel) splitReduction(t cost.Target) []*kernel {
	block := k.blockTerms(t)
	if block == 0 {
		return []*kernel{k}
	}
	first := k.partial()
	blocks := first.block(block)
	for first.extent(blocks) > maxPartial/int64(k.valueType().Size())/max(k.extent(k.free), 1) {
		if block *= 2; block >= k.extent(k.red) {
			return []*kernel{k}
		}
		first = k.partial()
		blocks = first.block(block)
	}
	if len(blocks) == 0 {
		return []*kernel{k}
	}
	second := k.combine()
	var order []int // axes of the partial results, outermost first
	for _, id := range blocks {
		x := first.axes[id]
		second.axes = append(second.axes, axis{label: x.label, extent: x.extent, at: make([]stride, len(second.accs))})
		second.red = append(second.red, len(second.axes)-1)
		order = append(order, id)
	}
	size := int64(1)
	first.free = append(order, first.free...)
	for i := len(first.free) - 1; i >= 0; i-- {
		id := first.free[i]
		first.axes[id].at[0] = stride{n: size}
		if i < len(order) {
			second.axes[second.red[i]].at[1] = stride{n: size}
		} else {
			second.axes[second.free[i-len(order)]].at[1] = stride{n: size}
		}
		size *= first.axes[id].extent
	}
	first.accs[0] = workspace("partial", loop.Shared, k.valueType(), size, 0)
	second.accs[1] = workspace("partial", loop.Shared, k.valueType(), size, 0)
	second.red = second.fuse(second.red)
	return []*kernel{first, second}
}

// blockTerms is the number of terms of a block, or 0 if the reduction is not cut.
func (k *kernel) blockTerms(t cost.Target) int64 {
	if !k.reduces || len(k.red) == 0 || slices.ContainsFunc(k.axes, axis.isOpen) {
		return 0
	}
	s := k.shape(t)
	terms := k.extent(k.red)
	tile := s.sides * max(k.tileUnit(s, s.row), 1) * max(k.tileUnit(s, s.col), 1)
	limit := int64(maxTerms)
	if k.extent(k.free)/tile < fewTiles {
		limit = maxTermsFew
	}
	each := max(float64(tile)*s.unit*opNanos, 1) // nanoseconds of a term of a tile
	if s.sweep {
		each = max(each, float64(tile)*float64(k.valueType().Size())*byteNanos) // rows come from memory
	}
	limit = max(min(limit, floorPow2(int64(tileNanos/each))), leastTerms)
	if terms <= limit {
		return 0
	}
	return min(blockTerms, limit)
}

// partial is the kernel that reduces without finishing; its output is still to be named.
func (k *kernel) partial() *kernel {
	p := *k
	p.accs = append([]access{{}}, k.accs[1:1+k.inputs]...)
	p.extras, p.hasOld, p.epilogue = 0, false, nil
	p.axes = nil
	for _, x := range k.axes {
		x.at = append([]stride{{}}, x.at[1:1+k.inputs]...)
		p.axes = append(p.axes, x)
	}
	return &p
}

// combine is the kernel that reduces partial results, its one input, and finishes as k does.
func (k *kernel) combine() *kernel {
	c := *k
	c.inputs = 1
	c.accs = append([]access{k.accs[0], {}}, k.accs[1+k.inputs:]...)
	c.axes, c.red = nil, nil
	for _, x := range k.axes {
		x.at = append([]stride{x.at[0], {}}, x.at[1+k.inputs:]...)
		c.axes = append(c.axes, x)
	}
	c.body, c.factors = parser.Expr{{Kind: parser.NodeInput, DType: k.valueType()}}, nil
	return &c
}

// block cuts the reduction into blocks of about the given number of terms, and gives the free axes that
// count them: the outer reduced axes as they are, and one that counts blocks of the next. An axis whose
// stride is known only at run time cannot be cut: it counts blocks whole, if these are not too small.
func (k *kernel) block(terms int64) []int {
	inside := int64(1)
	i := len(k.red)
	for i > 0 && inside <= terms/k.axes[k.red[i-1]].extent {
		i--
		inside *= k.axes[k.red[i]].extent
	}
	if i == 0 {
		return nil
	}
	outer, inner := k.red[:i:i], k.red[i:]
	last := outer[i-1]
	switch size := floorPow2(max(terms/inside, 1)); {
	case size == 1:
	case !k.axes[last].dynamic():
		outer = append(outer[:i-1:i-1], k.cutAxis(last, size))
		inner = append([]int{last}, inner...)
	case inside < minBlock:
		outer, inner = outer[:i-1], append([]int{last}, inner...)
	}
	for _, id := range outer {
		k.axes[id].pinned = true
	}
	k.red = inner
	return outer
}

// cutAxis makes an axis a block of size items, and gives the new axis that counts the blocks. One that is a block already, of which the
// last may end sooner, must be cut evenly.
func (k *kernel) cutAxis(id int, size int64) int {
	x := &k.axes[id]
	by := axis{label: x.label + "'", extent: ceilDiv(x.extent, size)}
	for _, s := range x.at {
		by.at = append(by.at, stride{n: s.n * size})
	}
	within := blocks{axis: len(k.axes), size: size}
	switch outer := x.clamp; {
	case outer != nil:
		by.clamp = &clamp{total: ceilDiv(outer.total, size)}
		for _, b := range outer.by {
			by.clamp.by = append(by.clamp.by, blocks{axis: b.axis, size: b.size / size})
		}
		x.clamp = &clamp{total: outer.total, by: append(slices.Clone(outer.by), within)}
	case x.extent%size != 0:
		x.clamp = &clamp{total: x.extent, by: []blocks{within}}
	}
	x.extent = size
	k.axes = append(k.axes, by)
	return len(k.axes) - 1
}
