package lower

import (
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
)

// Sums that wait in the worker's memory, those of all tiles of a task's rows and columns. All tiles pass over some terms before any goes
// on: what they read of the inputs is near them then, however much of it there is.

const (
	keptBytes = 64 << 10 // of sums that are kept between blocks of terms: each is read and written once for some terms
	leastKept = 8        // so many at least
)

// Sums of no more terms than a block has are kept where they have oneBlock terms, pages apart in an input of oneBlockBytes, each element
// of which serves mostServed sums: it comes from memory for little arithmetic.
const (
	oneBlock      = 48
	oneBlockBytes = 8 << 20
	mostServed    = 24
)

// keptSums is where they wait: rows of whole vectors.
type keptSums struct {
	e          *emitter
	rows, cols int   // the first terms of the row's and the column's position, which are those of the block
	width      int64 // of a row
	from       int64 // of all sums
}

func (k *keptSums) addr(in tile, p point) loop.Addr {
	e := k.e
	col := e.pos[e.col]
	off := loop.Affine{Const: k.from + col.base + p.col*in.lanes}
	if e.row >= 0 {
		row := e.pos[e.row]
		off.Const += (row.base + p.row) * k.width
		for _, x := range row.terms[k.rows:] {
			off = plus(off, times(x.v, x.scale*k.width))
		}
	}
	for _, x := range col.terms[k.cols:] {
		off = plus(off, times(x.v, x.scale))
	}
	return loop.Addr{Param: e.sums, Off: off}
}

func (k *keptSums) load(in tile) (sums []loop.Reg) {
	for _, p := range in.points() {
		sums = append(sums, k.e.b.Load(k.addr(in, p), loop.Const(1), int(in.lanes)))
	}
	return sums
}

func (k *keptSums) store(in tile, sums []loop.Reg) {
	for i, p := range in.points() {
		k.e.b.Store(sums[i], k.addr(in, p), loop.Const(1))
	}
}

// keepSums computes a block of rows and columns: it clears the sums, passes over all tiles for every outer term or block of terms, and
// finishes.
func (e *emitter) keepSums(c cuts, order []int, t tile) {
	sums := &keptSums{e: e, cols: len(e.pos[e.col].terms), width: e.keptWidth(e.shape)}
	if e.row >= 0 {
		sums.rows = len(e.pos[e.row].terms)
	}
	each := func(f func(tile)) { e.loops(c, order, t, f) }
	start, outer := func(in tile) []loop.Reg { return e.start(in.lanes, in.size()) }, e.red[:1]
	add := func() { each(func(in tile) { sums.store(in, e.addSome(in, e.red[1:], sums.load(in))) }) }
	switch {
	case e.inBlocks:
		start, add = e.startBlocks, func() { e.keepBlock(sums, t, each) }
	case e.factors != nil:
		outer = e.outer()
		add = func() { each(func(in tile) { sums.store(in, e.addScaled(in, 1, sums.load(in))) }) }
	}
	each(func(in tile) { sums.store(in, start(in)) })
	e.reduceLoops(t, outer, loop.Seq, nil, func([]loop.Reg) []loop.Reg {
		add()
		return nil
	})
	each(func(in tile) { e.finish(in, sums.load(in)) })
}

// addSome adds the terms of some reduced axes to the accumulators of a tile by itself.
func (e *emitter) addSome(in tile, red []int, accs []loop.Reg) []loop.Reg {
	v := e.values(e.body, 0, in, e.col)
	v.hoist(in.points())
	return e.addTerms(in, v, red, accs)
}

// keepBlock adds the sums of a block of terms: every tile's after the other, or some terms of all tiles after the other.
func (e *emitter) keepBlock(sums *keptSums, t tile, each func(func(tile))) {
	start := func(in tile) []loop.Reg { return e.start(in.lanes, in.size()) }
	add := func(in tile, block []loop.Reg) {
		all := sums.load(in)
		for i := range all {
			all[i] = e.b.Same(loop.OpAdd, all[i], block[i])
		}
		sums.store(in, all)
	}
	if len(e.red) == 2 {
		each(func(in tile) { add(in, e.addSome(in, e.red[1:], start(in))) })
		return
	}
	block := *sums
	block.from = e.keptCount(e.shape)
	each(func(in tile) { block.store(in, start(in)) })
	e.reduceLoops(t, e.red[1:2], loop.Seq, nil, func([]loop.Reg) []loop.Reg {
		each(func(in tile) { block.store(in, e.addSome(in, e.red[2:], block.load(in))) })
		return nil
	})
	each(func(in tile) { add(in, block.load(in)) })
}

// keepsBlocks tells whether sums had better be kept between blocks of terms: where the largest input goes on, after what a tile takes of a
// term, with what another tile takes.
func (k *kernel) keepsBlocks(s *shape) bool {
	if !k.inBlocks || s.side >= 0 || k.alone(*s) || k.spills(maxTileOps) {
		return false
	}
	large := k.largest()
	if !k.isLarge(large) {
		return false
	}
	next := func(id int, items, follows int64) bool {
		return k.axes[id].at[large].n == follows && k.axes[id].extent > items
	}
	run := k.axes[s.col].extent
	return next(s.row, s.rows, 1) || next(s.col, s.cols*s.lanes, 1) ||
		k.axes[s.col].at[large].n == 1 && next(s.row, s.rows, run) && run*k.moves(s.col, large) <= waitRun
}

// keepsOneBlock tells whether sums of no more terms than a block has are to be kept.
func (k *kernel) keepsOneBlock(t cost.Target) bool {
	if k.reduce != parser.Sum || !k.valueType().IsFloat() || k.factors != nil || k.inputs == 0 || k.terms() < oneBlock || slices.ContainsFunc(k.axes, axis.isOpen) {
		return false
	}
	large := k.largest()
	if k.bytes(large) < oneBlockBytes || k.moves(k.red[0], large) < cost.Page {
		return false
	}
	one := *k
	one.inBlocks = true
	s := one.shape(t)
	many := func(id int) bool { return k.axes[id].at[large].isZero() && k.axes[id].extent > mostServed }
	return s.kept && !many(s.row) && !many(s.col)
}

// cutKept cuts the terms of a block to as many as have what all tiles read of them in the first-level cache, a part of the block.
func (k *kernel) cutKept(s shape) {
	rows, cols := k.keptBlock(s)
	bytes := int64(0) // of a term
	for _, acc := range k.inputNumbers() {
		n := int64(k.accs[acc].DType.Size())
		if !k.axes[s.row].at[acc].isZero() {
			n *= rows
		}
		if !k.axes[s.col].at[acc].isZero() {
			n *= cols
		}
		bytes += n
	}
	terms := k.red[1]
	depth := k.axes[terms].extent
	n := floorPow2(max(nearBytes/bytes, leastKept))
	for depth%n != 0 {
		n /= 2
	}
	if n == depth {
		return
	}
	some := k.cutAxis(terms, n)
	k.axes[some].pinned = true
	k.red = []int{k.red[0], some, terms}
}

// keptAxes are those that sums which wait lie along, in the order of loops.
func (k *kernel) keptAxes(s shape) []int {
	switch {
	case k.inBlocks:
		return []int{s.col, s.row}
	case s.row < 0:
		return []int{s.col}
	}
	return []int{s.row, s.col}
}

// keptBlock is how many rows and columns a task keeps sums of.
func (k *kernel) keptBlock(s shape) (rows, cols int64) {
	size := int64(k.valueType().Size())
	most := cost.KeptSums / size
	switch {
	case k.keeps:
		most = sweepBytes / size
	case k.inBlocks:
		most = min(keptBytes/size, int64(maxNanos/fmaNanos*float64(s.lanes))/k.terms())
	}
	even := func(extent, unit, most int64) int64 {
		tiles := ceilDiv(extent, unit)
		return min(ceilDiv(tiles, ceilDiv(tiles, max(most/unit, 1)))*unit, extent)
	}
	cols = even(k.axes[s.col].extent, s.cols*s.lanes, most/s.rows)
	if rows = 1; s.row >= 0 {
		rows = even(k.axes[s.row].extent, s.rows, most/cols)
	}
	return rows, cols
}

// keptWidth is how far rows of such sums lie apart: they hold whole vectors.
func (k *kernel) keptWidth(s shape) int64 {
	_, cols := k.keptBlock(s)
	return ceilDiv(cols, s.cols*s.lanes) * s.cols * s.lanes
}

// keptCount is how many sums wait.
func (k *kernel) keptCount(s shape) int64 {
	rows, _ := k.keptBlock(s)
	return ceilDiv(rows, s.rows) * s.rows * k.keptWidth(s)
}
