package lower

import (
	"cmp"
	"math"
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// Products whose vectors run along an index of the batch. In C[i,j,c] = A[i,k,c]·B[j,k,c], both operands are read by
// vectors along c, and every multiply-add of a tile that has rows along i alone would need a vector of its own. A tile
// of some i and some j reads as many vectors as it has of both, and multiplies each by each.
//
// The vectors of a tile lie a row of c apart, each in a line of its own, in few sets of the caches and in many pages. A
// task copies those it needs to its own memory, one after the other, before it multiplies them; of large inputs several of a row of c
// together, so that memory is read on.

// sideTile makes the tile one of rows and of another axis beside them, if vectors along its columns move every input. It
// takes one vector along them, and of rows and sides as many as the fewest cycles are spent with.
func (k *kernel) sideTile(s *shape, t cost.Target) bool {
	row, side := k.sideAxes(s.col)
	if side < 0 {
		return false
	}
	s.row, s.side = row, side
	k.limit(s, 1, 1)
	free, depth := k.tileRegisters(s, t), float64(max(k.extent(k.red), 1))
	m, n := k.axes[row].extent, k.axes[side].extent
	least := t.TilesCycles(m, n, 1, 1, depth)
	for c := int64(1); c <= n; c++ {
		for r := int64(1); r <= m && r*c+min(r, c) <= free && float64(r*c)*(1+weight(k.body)) <= maxTileOps; r++ {
			if cycles := t.TilesCycles(m, n, r, c, depth); cycles < least*0.99 {
				least, s.rows, s.sides = cycles, r, c
			}
		}
	}
	s.rows, s.sides = ceilDiv(m, ceilDiv(m, s.rows)), ceilDiv(n, ceilDiv(n, s.sides))
	s.copying = k.apart(s)
	return true
}

// sideAxes are the axes of such a tile for vectors along col: of each input the longest of those that it alone moves along.
// They are -1 if there is none.
func (k *kernel) sideAxes(col int) (row, side int) {
	first := k.rowAxis(col)
	if k.inputs != 2 || first < 0 || slices.ContainsFunc(k.axes[col].at[1:3], stride.isZero) {
		return -1, -1
	}
	row, side = k.ownAxis(1, col), k.ownAxis(2, col)
	if k.axes[first].at[1].isZero() {
		row, side = side, row
	}
	if min(row, side) < 0 {
		return -1, -1
	}
	return row, side
}

// ownAxis is the longest free axis beside col that an input alone moves along, or -1.
func (k *kernel) ownAxis(acc, col int) int {
	best := -1
	for _, id := range k.free {
		x := &k.axes[id]
		if id == col || x.pinned || x.at[acc].isZero() || !x.at[3-acc].isZero() {
			continue
		}
		if best < 0 || x.extent > k.axes[best].extent {
			best = id
		}
	}
	return best
}

// served is how many vectors of the other input each vector along col is multiplied by in a tile that has rows of both
// inputs; 0 where there are no such tiles.
func (k *kernel) served(col int) int64 {
	row, side := k.sideAxes(col)
	if side < 0 {
		return 0
	}
	return min(k.axes[row].extent, k.axes[side].extent)
}

// apart tells whether the vectors of inputs are to be copied: each serves some others, and they are fetched element by
// element, or lie apart and are more than a first-level cache holds.
func (k *kernel) apart(s *shape) bool {
	const least = 16 << 10
	x := &k.axes[s.col]
	switch {
	case k.served(s.col) < cost.LeastServed:
		return false
	case x.at[1].n != 1 || x.at[2].n != 1:
		return true
	}
	rows, sides := k.axes[s.row].extent, k.axes[s.side].extent
	return x.extent > s.lanes && (rows+sides)*k.extent(k.red)*s.lanes*int64(k.accs[1].DType.Size()) >= least
}

// copiedTerms is the terms that a product takes at a time whose inputs are copied: those of a tile's rows stay in the
// first-level cache.
const copiedTerms = 32

// copyVectors is how many a task copies together. Of inputs that stay in the second-level cache, and where vectors are not masked and do not
// make up the columns, it copies one after the other.
func (k *kernel) copyVectors(s shape) int64 {
	x := &k.axes[s.col]
	if k.bytes(1)+k.bytes(2) < cost.Large || !s.masked && x.extent%s.lanes > 0 {
		return 1
	}
	return min(cost.CopiedVectors, ceilDiv(x.extent, s.lanes))
}

// copiedRows is the most rows, and sides, of a task of such a product that takes so many vectors: their sums and what is copied stay in the
// second-level cache, and all their terms take no longer than a task may.
func (k *kernel) copiedRows(s shape, vectors int64) int64 {
	cache := int64(k.l.target.L2)
	if cache <= 0 {
		cache = 512 << 10
	}
	block := float64(k.extent(k.red[len(k.red)-k.termsOfBlock():]))
	room := float64(cache) * copiedShare / float64(vectors*s.lanes*int64(k.valueType().Size()))
	rows := math.Sqrt(block*block+room) - block // rows² + 2·rows·block = room
	terms := maxNanos / fmaNanos / float64(k.extent(k.red)*vectors)
	return max(int64(min(rows, math.Sqrt(terms))), 1)
}

// copiedShare is the part of the second-level cache that sums and copies may take.
const copiedShare = 0.85

// cutTerms cuts the terms of a product whose inputs are copied into blocks.
func (k *kernel) cutTerms(t cost.Target) {
	if s := k.shape(t); !s.copying {
		return
	}
	inside := int64(1)
	for i, id := range slices.Backward(k.red) {
		x := &k.axes[id]
		if inside*x.extent <= copiedTerms*3/2 {
			inside *= x.extent
			continue
		}
		if size := copiedTerms / inside; size > 1 && x.clamp == nil && !x.pinned {
			blocks := k.cutAxis(id, ceilDiv(x.extent, ceilDiv(x.extent, size)))
			k.red = slices.Insert(k.red, i, blocks)
		}
		return
	}
}

// termsOfBlock is how many of the innermost reduced axes make up a block of terms.
func (k *kernel) termsOfBlock() int {
	n, inside := 0, int64(1)
	for _, id := range slices.Backward(k.red) {
		if inside *= k.axes[id].extent; n > 0 && inside > copiedTerms*3/2 {
			break
		}
		n++
	}
	return n
}

// cutCopied cuts a product whose inputs are copied into tasks.
func (k *kernel) cutCopied(s shape, c *cuts) {
	even := func(id int, most, tile int64) int64 {
		n := k.axes[id].extent
		return min(ceilDiv(ceilDiv(n, ceilDiv(n, most)), tile)*tile, n)
	}
	vectors := k.copyVectors(s)
	most := k.copiedRows(s, vectors)
	c.block[s.row], c.block[s.side] = even(s.row, most, s.rows), even(s.side, most, s.sides)
	nanos := fmaNanos * float64(k.extent(k.red)*c.block[s.row]*c.block[s.side])
	left := max(int64(taskNanos/nanos), 1)
	for _, id := range k.growth(s) {
		x := &k.axes[id]
		switch id {
		case s.row, s.side:
		case s.col:
			if vectors == 1 {
				vectors = left
			}
			c.block[id] = min(vectors*s.lanes, x.extent)
			left = max(left/ceilDiv(x.extent, s.lanes), 1)
		default:
			c.block[id] = min(left, x.extent)
			left = max(left/x.extent, 1)
		}
		c.tasks *= ceilDiv(x.extent, c.block[id])
	}
}

// moved is memory of a task that holds vectors, one for each item of some axes: those it has copied, or sums.
type moved struct {
	param   int
	ids     []int   // the axes, slowest first
	stride  []int64 // of the axes
	outside []int   // of each axis, how many of its position's terms are those of the task
}

// copyAxes are the axes that move an input's vectors within a task and a block of terms, the terms innermost.
func (k *kernel) copyAxes(s shape, acc int) []int {
	ids := append(k.waitAxes(s), k.red[len(k.red)-k.termsOfBlock():]...)
	return slices.DeleteFunc(ids, func(id int) bool { return k.axes[id].at[acc].isZero() })
}

// waitAxes are those that move the sums of a task: the columns, if several vectors are copied together, its rows and sides.
func (k *kernel) waitAxes(s shape) []int {
	if k.copyVectors(s) > 1 {
		return []int{s.col, s.row, s.side}
	}
	return []int{s.row, s.side}
}

// lay gives the strides of axes in such memory, and its elements. Vectors along the columns, the first of them, lie far apart: those that a
// tile reads follow each other.
func (k *kernel) lay(s shape, c cuts, ids []int) (strides []int64, size int64) {
	strides, size = make([]int64, len(ids)), s.lanes
	for i, id := range slices.Backward(ids) {
		if id != s.col {
			strides[i] = size
			size *= c.block[id]
			continue
		}
		strides[i] = size / s.lanes
		vectors := ceilDiv(c.block[id], s.lanes)
		if k.axes[id].extent%s.lanes > 0 {
			vectors++ // for all that the verifier knows, the last one begins where the columns end
		}
		size *= vectors
	}
	return strides, size
}

// memory is the accesses to a task's memory: a copy of each input, and sums that wait for the next block of terms.
func (k *kernel) memory(s shape, c cuts) (list []access) {
	if !s.copying {
		return nil
	}
	at := wholeLines(k.waiting(s) * int64(k.valueType().Size()))
	add := func(name string, d tensor.DType, ids []int) {
		_, size := k.lay(s, c, ids)
		list = append(list, workspace(name, loop.Worker, d, size, at))
		at += wholeLines(size * int64(d.Size()))
	}
	for acc := 1; acc <= k.inputs; acc++ {
		add("copy", k.accs[acc].DType, k.copyAxes(s, acc))
	}
	if k.termsOfBlock() < len(k.red) {
		add("block", k.valueType(), k.waitAxes(s))
	}
	return list
}

// piece is the n-th piece of a task's memory, for items of some axes.
func (e *emitter) piece(n int, c cuts, ids []int) *moved {
	x := &moved{param: e.pieces[n], ids: ids}
	x.stride, _ = e.lay(e.shape, c, ids)
	for _, id := range ids {
		x.outside = append(x.outside, len(e.pos[id].terms))
	}
	return x
}

// copyInputs copies the vectors of a task and a block of terms, and runs f with the inputs where they then are.
func (e *emitter) copyInputs(c cuts, t tile, f func()) {
	all := map[int]*moved{}
	for acc := 1; acc <= e.inputs; acc++ {
		x := e.piece(acc-1, c, e.copyAxes(e.shape, acc))
		order := slices.SortedStableFunc(slices.Values(x.ids), func(a, b int) int { return cmp.Compare(e.reach(b, acc, acc+1), e.reach(a, acc, acc+1)) })
		e.copyLoops(c, order, t, func(t tile) {
			v := e.b.LoadActive(e.addr(acc, point{}, t.lanes), e.step(acc, e.col, t.lanes), int(t.lanes), int(t.active))
			e.b.Store(v, x.addr(e, point{}), loop.Const(1))
		})
		all[acc] = x
	}
	e.copied = all
	f()
	e.copied = nil
}

// copyLoops makes loops over axes around f, which gets the vectors along the columns.
func (e *emitter) copyLoops(c cuts, ids []int, t tile, f func(tile)) {
	if len(ids) == 0 {
		f(t)
		return
	}
	if ids[0] == e.col {
		e.eachColumns(c, t, func(in tile) { e.copyLoops(c, ids[1:], in, f) })
		return
	}
	e.span(ids[0], chunk{step: 1, n: 1, lanes: 1}, loop.Seq, e.count(ids[0], c), nil, func([]loop.Reg) []loop.Reg {
		e.copyLoops(c, ids[1:], t, f)
		return nil
	})
}

// addr is where a task has the vector of a point.
func (x *moved) addr(e *emitter, p point) loop.Addr {
	a := loop.Addr{Param: x.param}
	for i, id := range x.ids {
		a.Off.Const += e.items(id, p, 1) * x.stride[i]
		for _, t := range e.pos[id].terms[x.outside[i]:] {
			a.Off = plus(a.Off, times(t.v, t.scale*x.stride[i]))
		}
	}
	return a
}

// copiedTiles computes the rows and sides of a task for one vector, or for all, a block of terms after the other. Between these, sums
// wait in memory.
func (e *emitter) copiedTiles(c cuts, order []int, t tile) {
	outer := e.red[:len(e.red)-e.termsOfBlock()]
	if len(outer) == 0 {
		e.copyInputs(c, t, func() {
			e.loops(c, order, t, func(in tile) { e.finish(in, e.addBlock(in, e.start(in.lanes, in.size()))) })
		})
		return
	}
	wait := e.piece(e.inputs, c, e.waitAxes(e.shape))
	load := func(in tile) (sums []loop.Reg) {
		for _, p := range in.points() {
			sums = append(sums, e.b.Load(wait.addr(e, p), loop.Const(1), int(in.lanes)))
		}
		return sums
	}
	store := func(in tile, sums []loop.Reg) {
		for i, p := range in.points() {
			e.b.Store(sums[i], wait.addr(e, p), loop.Const(1))
		}
	}
	e.loops(c, order, t, func(in tile) { store(in, e.start(in.lanes, in.size())) })
	e.reduceLoops(t, outer, loop.Seq, nil, func([]loop.Reg) []loop.Reg {
		e.copyInputs(c, t, func() { e.loops(c, order, t, func(in tile) { store(in, e.addBlock(in, load(in))) }) })
		return nil
	})
	e.loops(c, order, t, func(in tile) { e.finish(in, load(in)) })
}

// addBlock adds the terms of a block to the sums of a tile.
func (e *emitter) addBlock(t tile, sums []loop.Reg) []loop.Reg {
	v := e.values(e.body, 0, t, e.col)
	return e.reduceLoops(t, e.red[len(e.red)-e.termsOfBlock():], loop.Unroll, sums, func(regs []loop.Reg) []loop.Reg {
		v.next()
		return e.accumulate(v, t.points(), regs)
	})
}
