package lower

import (
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
)

// tile is the body of the free loops: rows × sides × cols values of lanes each.
type tile struct {
	rows, sides, cols, lanes int64
	active                   int64 // lanes of the last column that count, 0 for all
	cuts                     cuts
	kept                     bool // inside of the loops of sums that wait in memory
}

// size is the number of its points.
func (t tile) size() int64 { return t.rows * t.sides * t.cols }

// activeLanes is how many lanes of a point's vector are there; 0 stands for all.
func (t tile) activeLanes(p point) int64 {
	if p.col == t.cols-1 {
		return t.active
	}
	return 0
}

// points lists the places of a tile, row by row.
func (t tile) points() []point {
	var ps []point
	for r := range t.rows {
		for s := range t.sides {
			for c := range t.cols {
				ps = append(ps, point{row: r, side: s, col: c})
			}
		}
	}
	return ps
}

// tile computes and stores the values of a tile.
func (e *emitter) tile(t tile) {
	var sums []loop.Reg
	switch {
	case !e.reduces || len(e.red) == 0:
		e.fetchOutput(t)
		v := e.values(e.body, 0, t, e.col)
		for _, p := range t.points() {
			sums = append(sums, v.root(p))
		}
	case e.factors != nil:
		sums = e.scaled(t)
	case e.kvec >= 0:
		sums = e.foldReduce(t)
	default:
		sums = e.reduceTile(t)
	}
	e.finish(t, sums)
}

// reduceTile reduces with one accumulator a point.
func (e *emitter) reduceTile(t tile) []loop.Reg {
	accs := e.start(t.lanes, t.size())
	v := e.values(e.body, 0, t, e.col)
	v.hoist(t.points())
	e.fetchOutput(t)
	if e.inBlocks {
		return e.sumBlocks(t, v, accs)
	}
	return e.addTerms(t, v, e.red, accs)
}

// addTerms adds the terms of some reduced axes to the accumulators of a tile.
func (e *emitter) addTerms(t tile, v *values, red []int, accs []loop.Reg) []loop.Reg {
	if e.atOnce > 1 {
		return e.addTurned(t, v, red, accs)
	}
	return e.reduceLoops(t, red, loop.Unroll, accs, func(regs []loop.Reg) []loop.Reg {
		v.next()
		next := e.accumulate(v, t.points(), regs)
		e.fetchAhead(t)
		e.fetchTurned(t)
		return next
	})
}

// start makes n accumulators that hold the identity. They share a register: it is only read.
func (e *emitter) start(lanes, n int64) []loop.Reg {
	d := e.valueType()
	value, whole := e.reduce.Identity(d)
	r := constant(e.b, loop.Type{DType: d, Lanes: int(lanes)}, value, whole)
	return slices.Repeat([]loop.Reg{r}, int(n))
}

// reduceLoops makes loops over the given reduced axes around f, carrying the accumulators; the innermost
// one is of the given kind.
func (e *emitter) reduceLoops(t tile, red []int, last loop.Kind, accs []loop.Reg, f func([]loop.Reg) []loop.Reg) []loop.Reg {
	if len(red) == 0 {
		return f(accs)
	}
	kind := loop.Seq
	if len(red) == 1 {
		kind = last
	}
	return e.span(red[0], chunk{step: 1, n: 1, lanes: 1}, kind, e.count(red[0], t.cuts), accs, func(regs []loop.Reg) []loop.Reg {
		return e.reduceLoops(t, red[1:], last, regs, f)
	})
}

// accumulate adds one term to each accumulator.
func (e *emitter) accumulate(v *values, ps []point, accs []loop.Reg) []loop.Reg {
	next := make([]loop.Reg, len(accs))
	for i, p := range ps {
		next[i] = e.accumulateOne(v, p, accs[i])
	}
	return next
}

func (e *emitter) accumulateOne(v *values, p point, acc loop.Reg) loop.Reg {
	root := &v.expr[len(v.expr)-1]
	if e.reduce == parser.Sum && root.Kind == parser.NodeApply && root.Fn == parser.FnMul && len(root.Args) > 1 {
		x, y := v.factors(root, p)
		return e.b.Same(loop.OpFMA, x, y, acc)
	}
	return e.b.Same(combineCode(e.reduce), acc, v.root(p))
}

// finish applies the epilogue, combines with the old value and stores: point by point, or, if the
// epilogue is long, in a loop over the points, whose sums wait in memory.
func (e *emitter) finish(t tile, sums []loop.Reg) {
	if !e.spills(t.size()) {
		e.finishPoints(t, sums)
		return
	}
	for i, r := range sums {
		to := loop.Addr{Param: e.sums, Off: loop.Affine{Const: int64(i) * t.lanes}}
		e.b.Store(r, to, loop.Const(1))
	}
	e.eachOf(e.row, t.rows, 1, t.sides*t.cols*t.lanes, func(row loop.Affine) {
		e.eachOf(e.side, t.sides, 1, t.cols*t.lanes, func(side loop.Affine) {
			e.eachOf(e.col, t.cols, t.lanes, t.lanes, func(col loop.Affine) {
				sum := e.b.Load(loop.Addr{Param: e.sums, Off: plus(plus(row, side), col)}, loop.Const(1), int(t.lanes))
				e.finishPoints(tile{rows: 1, sides: 1, cols: 1, lanes: t.lanes, active: t.active, cuts: t.cuts}, []loop.Reg{sum})
			})
		})
	})
}

// eachOf runs f once, or in a loop that moves along an axis n times by scale items; f gets how far it moves sums that
// lie apart elements from each other.
func (e *emitter) eachOf(id int, n, scale, apart int64, f func(loop.Affine)) {
	if n == 1 {
		f(loop.Affine{})
		return
	}
	l := &loop.For{Var: e.b.Var(e.axes[id].label), Count: loop.Bound{Max: loop.Const(n)}, Step: 1}
	pos := &e.pos[id]
	pos.terms = append(pos.terms, place{l.Var, scale})
	e.b.For(l, func() { f(times(l.Var, apart)) })
	pos.terms = pos.terms[:len(pos.terms)-1]
}

func (e *emitter) finishPoints(t tile, sums []loop.Reg) {
	out := e.accs[0].DType
	v := e.values(e.epilogue, 1+e.inputs, t, e.col)
	var results []loop.Reg
	for i, p := range t.points() {
		r := sums[i]
		if len(e.epilogue) > 0 {
			v.given = func(q point) loop.Reg { return sums[(q.row*t.sides+q.side)*t.cols+q.col] }
			r = v.root(p)
		}
		if e.hasOld {
			old := e.b.LoadActive(e.addr(e.oldAccess(), p, t.lanes), e.step(e.oldAccess(), e.col, t.lanes), int(t.lanes), int(t.activeLanes(p)))
			r = e.b.Same(combineCode(e.oldOp), e.b.Convert(old, out.Accum()), e.b.Convert(r, out.Accum()))
		}
		results = append(results, storage(e.b, r, out))
	}
	if e.across && t.rows > 1 && t.lanes > 1 {
		e.storeTurned(t, results)
		return
	}
	for i, p := range t.points() {
		e.storePoint(t, p, results[i])
	}
}

func (e *emitter) storePoint(t tile, p point, r loop.Reg) {
	n := &loop.Store{Src: r, To: e.addr(0, p, t.lanes), Stride: e.step(0, e.col, t.lanes), Active: int(t.activeLanes(p))}
	n.Stream = e.stream && e.streams(n, t)
	e.b.Add(n)
}

// step is the distance of the lanes of a vector access along an axis.
func (e *emitter) step(acc, id int, lanes int64) loop.Size {
	if lanes == 1 || e.copied[acc] != nil || e.stretch && id == e.col && e.axes[e.row].at[acc].n == 1 {
		return loop.Const(1)
	}
	return e.axes[id].at[acc].size()
}
