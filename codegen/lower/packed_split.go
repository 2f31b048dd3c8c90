package lower

import (
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
)

// Where K is all of a product's size, its blocks are shared out to parts: a task sums up a part's, for all of C,
// into shared workspace, and a kernel adds the parts in order and does what follows the product.

// splitK makes the parts of K a digit of the batch, and workspace what tiles are stored to: the parts one after
// the other, each laid out as the groups are.
func (p *panels) splitK() {
	if p.Split == 1 {
		return
	}
	p.whole = p.product
	size := int64(1)
	lay := func(ds []digit) []digit {
		ds = slices.Clone(ds)
		for i := len(ds) - 1; i >= 0; i-- {
			ds[i].at = slices.Clone(ds[i].at)
			ds[i].at[sideC] = stride{n: size}
			size *= ds[i].extent
		}
		return ds
	}
	p.n = lay(p.n)
	p.m = lay(p.m)
	p.product.b = lay(p.product.b)
	n := loop.Const(p.Split)
	parts := digit{label: "part", extent: p.Split, size: n, radix: n, at: make([]stride, len(p.refs))}
	parts.at[sideC] = stride{n: size}
	p.part = len(p.product.b)
	p.product.b = append(p.product.b, parts)
	p.kblocks = loop.Const(p.PartBlocks())
}

// turnsOfK is the number of blocks of K that a task takes one after the other.
func (p *panels) turnsOfK(t turn) loop.Bound {
	if p.part < 0 {
		return loop.Bound{Max: p.kblocks}
	}
	return left(p.kblocks, loop.Const(p.KBlocks()), times(t.batch[p.part].v, p.PartBlocks()))
}

// sums is the access to the sums of the parts.
func (p *panels) sums() access {
	return workspace("partial", loop.Shared, p.Type, p.batch*p.Split*p.M*p.N, 0)
}

// sumOfParts is the kernel that adds the parts.
func (p *panels) sumOfParts() *kernel {
	k := p.l.kernel(p.step).combine()
	k.axes, k.free = nil, nil
	k.accs[1] = p.sums()
	add := func(ds, apart []digit) {
		for i, d := range ds {
			at := slices.Concat(d.at[sideC:sideC+1], apart[i].at[sideC:sideC+1], d.at[sideBeside:])
			k.free = append(k.free, len(k.axes))
			k.axes = append(k.axes, axis{label: d.label, extent: d.extent, at: at})
		}
	}
	add(p.whole.b, p.product.b)
	add(p.whole.m, p.m)
	add(p.whole.n, p.n)
	part := p.product.b[p.part]
	at := make([]stride, len(k.accs))
	at[1] = part.at[sideC]
	k.axes = append(k.axes, axis{label: part.label, extent: part.extent, at: at})
	k.red = []int{len(k.axes) - 1}
	k.arrange()
	k.repeatRows(p.l.target)
	return k
}
