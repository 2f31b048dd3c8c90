package lower

import "github.com/einc-lang/einc/codegen/loop"

// Sums of rows too wide for registers. Memory is read as it lies, a few whole rows at a time, and the
// sums wait in the worker's memory, which stays in the first-level cache. Every sum still takes its
// terms in the order of the rows, as if it had a register.

const (
	sweepRows  = 8
	sweepCols  = 4     // vectors
	sweepBytes = 16384 // of the sums
)

// sweepTile makes s sweep if its sums take more than n vectors.
func (k *kernel) sweepTile(s *shape, n int64) {
	if len(k.red) == 0 {
		return
	}
	x, last := &k.axes[s.col], k.red[len(k.red)-1]
	if x.extent <= n*s.lanes || x.extent*s.rows < sweepCols*s.lanes || k.axes[last].extent < 2*sweepRows {
		return
	}
	if x.pinned || float64(sweepCols)*(1+weight(k.epilogue)) > maxTileOps || float64(sweepRows*sweepCols)*(1+weight(k.body)) > maxTileOps {
		return
	}
	s.cols, s.kvec, s.klanes, s.sweep = max(sweepCols/s.rows, 1), last, 1, true
}

// sweepWidth is how many columns a task sums.
func (k *kernel) sweepWidth(s shape) int64 {
	unit := s.cols * s.lanes
	return min(max(sweepBytes/int64(k.valueType().Size())/(unit*s.rows), 1)*unit, k.axes[s.col].extent)
}

// sweepAll computes the columns of a block: it clears the sums, adds the rows, and finishes.
func (e *emitter) sweepAll(c cuts, t tile) {
	outside := len(e.pos[e.col].terms)
	value := loop.Type{DType: e.valueType(), Lanes: int(e.lanes)}
	e.eachColumns(c, t, func(in tile) {
		value.Lanes = int(in.lanes)
		first, whole := e.reduce.Identity(value.DType)
		r := constant(e.b, value, first, whole)
		for _, p := range in.points() {
			e.b.Store(r, e.sumAddr(in, p, outside), loop.Const(1))
		}
	})
	e.reduceLoops(t, e.termsOutside(e.shape), loop.Seq, nil, func([]loop.Reg) []loop.Reg {
		for _, rows := range chunks(e.total(e.kvec), 1, sweepRows) {
			e.span(e.kvec, rows, loop.Seq, e.count(e.kvec, c), nil, func([]loop.Reg) []loop.Reg {
				e.eachColumns(c, t, func(in tile) { e.addRows(in, rows.n, outside) })
				return nil
			})
		}
		return nil
	})
	e.eachColumns(c, t, func(in tile) {
		var sums []loop.Reg
		for _, p := range in.points() {
			sums = append(sums, e.b.Load(e.sumAddr(in, p, outside), loop.Const(1), int(in.lanes)))
		}
		e.finish(in, sums)
	})
}

// eachColumns makes the loops over the tiles of columns.
func (e *emitter) eachColumns(c cuts, t tile, f func(tile)) {
	for _, ch := range e.colChunks() {
		t.cols, t.lanes, t.active = ch.n, ch.lanes, ch.active
		kind := loop.Vector
		if ch.lanes == 1 {
			kind = loop.Seq
		}
		e.span(e.col, ch, kind, e.count(e.col, c), nil, func([]loop.Reg) []loop.Reg {
			f(t)
			return nil
		})
	}
}

// addRows adds rows to the sums of a tile.
func (e *emitter) addRows(t tile, rows int64, outside int) {
	v := e.values(e.body, 0, t, e.col)
	var sums []loop.Reg
	for _, p := range t.points() {
		sums = append(sums, e.b.Load(e.sumAddr(t, p, outside), loop.Const(1), int(t.lanes)))
	}
	for u := range rows {
		v.next()
		ps := t.points()
		for i := range ps {
			ps[i].u = u
		}
		sums = e.accumulate(v, ps, sums)
	}
	for i, p := range t.points() {
		e.b.Store(sums[i], e.sumAddr(t, p, outside), loop.Const(1))
	}
}

// sumAddr is where the sum of a point waits; the first terms of the column's position, outside of them,
// are those of the block.
func (e *emitter) sumAddr(t tile, p point, outside int) loop.Addr {
	pos := &e.pos[e.col]
	a := loop.Addr{Param: e.sums, Off: loop.Affine{Const: (pos.base+p.col*t.lanes)*t.rows + p.row*t.lanes}}
	for _, x := range pos.terms[outside:] {
		a.Off.Terms = append(a.Off.Terms, loop.Term{Var: x.v, Coef: loop.Const(x.scale * t.rows)})
	}
	return a
}
