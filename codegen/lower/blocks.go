package lower

import (
	"math"
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
)

// Blocks of terms. The packed strategy adds to a sum block by block of terms. A product that it could do has the same bits from the direct
// strategy: code for open extents packs, whatever is best for known ones. A block's sums take registers, as those of all terms would;
// between blocks, the sums of a tile wait in the worker's memory.

// cutBlocks cuts the terms of a product into the blocks that the packed strategy has; no more terms than one has become one if sums
// had better be kept between some of them. Where several reduced axes do not fuse, the strategies order terms each in its own way, and
// there is nothing to be had from blocks.
func (k *kernel) cutBlocks(t cost.Target, s *planner.Step) {
	if k.runtime || len(k.red) != 1 {
		return
	}
	terms := k.red[0]
	x := &k.axes[terms]
	depth := cost.EvenDepth(k.valueType(), x.extent)
	if x.extent <= depth {
		if depth = ceilDiv(depth, cost.DepthUnit) * cost.DepthUnit; !k.keepsOneBlock(t) {
			return
		}
	} else if !packs(k.l, s) {
		return
	}
	if x := k.shape(t); x.kvec >= 0 || x.copying {
		return
	}
	if x.clamp != nil && x.extent%depth != 0 {
		return
	}
	count := k.cutAxis(terms, depth)
	k.axes[count].pinned = true
	k.red, k.inBlocks = []int{count, terms}, true
	if s := k.shape(t); s.kept {
		k.cutKept(s)
	}
}

// terms is the number of terms of a sum over one reduced axis, be it cut into blocks or not.
func (k *kernel) terms() int64 {
	x := &k.axes[k.red[len(k.red)-1]]
	if !k.inBlocks {
		return x.extent
	}
	n := k.extent(k.red)
	if x.clamp != nil {
		n = min(n, x.clamp.total)
	}
	return n
}

// alongTerms is the position of that axis times coef.
func (e *emitter) alongTerms(coef int64) loop.Affine {
	off := loop.Affine{}
	for _, id := range slices.Backward(e.red) {
		off = plus(e.along(id, coef), off)
		coef *= e.axes[id].extent
	}
	return off
}

// sumBlocks adds up the sums of blocks, each of which begins with what accs hold.
func (e *emitter) sumBlocks(t tile, v *values, accs []loop.Reg) (sums []loop.Reg) {
	at := func(i int) loop.Addr {
		return loop.Addr{Param: e.sums, Off: loop.Affine{Const: int64(i) * t.lanes}}
	}
	each := func(f func(int)) {
		for i := range accs {
			f(i)
		}
	}
	load := func(i int) loop.Reg { return e.b.Load(at(i), loop.Const(1), int(t.lanes)) }
	none := e.startBlocks(t)
	each(func(i int) { e.b.Store(none[i], at(i), loop.Const(1)) })
	e.reduceLoops(t, e.red[:1], loop.Seq, nil, func([]loop.Reg) []loop.Reg {
		block := e.addTerms(t, v, e.red[1:], accs)
		each(func(i int) { e.b.Store(e.b.Same(loop.OpAdd, load(i), block[i]), at(i), loop.Const(1)) })
		return nil
	})
	each(func(i int) { sums = append(sums, load(i)) })
	return sums
}

// startBlocks makes what the sums of a tile's blocks begin with: a zero that changes no sum, not even -0.
func (e *emitter) startBlocks(t tile) []loop.Reg {
	none := constant(e.b, loop.Type{DType: e.valueType(), Lanes: int(t.lanes)}, math.Copysign(0, -1), 0)
	return slices.Repeat([]loop.Reg{none}, int(t.size()))
}
