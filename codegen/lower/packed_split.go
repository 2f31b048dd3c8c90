package lower

import (
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
)

// Where K is all of a product's size, its blocks are shared out to parts: a task sums up a part's, for all of C,
// into shared workspace, and a kernel adds the parts in order and does what follows the product.

// partsOfK makes the parts of K a digit of the batch, and workspace what tiles are stored to: the parts one after
// the other, each laid out as the groups are.
func (p *panels) partsOfK(parts loop.Size) {
	p.whole = p.product
	next := stride{n: 1}
	lay := func(ds []digit) []digit {
		ds = slices.Clone(ds)
		for i := len(ds) - 1; i >= 0; i-- {
			ds[i].at = slices.Clone(ds[i].at)
			ds[i].at[sideC] = next
			next = stride{n: next.n * ds[i].extent, dim: p.l.derive(DimMul, ds[i].size, next.size()).Dim}
		}
		return ds
	}
	p.n = lay(p.n)
	p.m = lay(p.m)
	p.product.b = lay(p.product.b)
	d := digit{label: "part", extent: p.Split, size: parts, radix: parts, at: make([]stride, len(p.refs))}
	d.at[sideC] = next
	p.part = len(p.product.b)
	p.product.b = append(p.product.b, d)
	p.kblocks = p.share
}

// turnsOfK is the number of blocks of K that a task takes one after the other.
func (p *panels) turnsOfK(t taskVars) loop.Bound {
	if p.part < 0 {
		return loop.Bound{Max: p.kblocks}
	}
	return left(p.kblocks, p.all, by(t.batch[p.part].v, p.share))
}

// sums is the access to the sums of the parts: shared workspace, of a size that is known, or with places in it that calls
// decide, and no more than cost.MostSums.
func (p *panels) sums(role loop.Role) access {
	if !p.isOpen() {
		return workspace("partial", loop.Shared, p.Type, p.batch*p.Split*p.M*p.N, 0)
	}
	return access{Param: loop.Param{Name: "partial", DType: p.Type, Role: role, Hi: openElements}, arg: Arg{Buffer: Sums}}
}

// sumOfParts is the kernel that adds the parts.
func (p *panels) sumOfParts() *kernel {
	k := p.l.kernel(p.step).combine()
	k.axes, k.free = nil, nil
	k.accs[1] = p.sums(loop.In)
	add := func(ds, apart []digit) {
		for i, d := range ds {
			at := slices.Concat(d.at[sideC:sideC+1], apart[i].at[sideC:sideC+1], d.at[sideBeside:])
			k.free = append(k.free, len(k.axes))
			k.axes = append(k.axes, axis{label: d.label, extent: d.extent, open: openSize(d.size), at: at})
		}
	}
	add(p.whole.b, p.product.b)
	add(p.whole.m, p.m)
	add(p.whole.n, p.n)
	part := p.product.b[p.part]
	at := make([]stride, len(k.accs))
	at[1] = part.at[sideC]
	k.axes = append(k.axes, axis{label: part.label, extent: part.extent, open: openSize(part.size), at: at})
	k.red = []int{len(k.axes) - 1}
	k.arrange()
	k.runtime = len(p.l.dims) > 0 && slices.ContainsFunc(k.axes, axis.dynamic)
	k.repeatRows(p.l.target)
	return k
}

// openSize is the extent of an open axis; no Size of others.
func openSize(n loop.Size) loop.Size {
	if n.Dim > 0 {
		return n
	}
	return loop.Size{}
}
