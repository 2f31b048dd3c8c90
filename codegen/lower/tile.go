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
	kept                     bool // inside of the loops that keep sums in memory
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

// foldReduce reduces with vectors along a reduced axis: kaccs accumulators a point for the vectors, one
// more for the items that are left. All are carried through the loops over the other reduced axes.
func (e *emitter) foldReduce(t tile) []loop.Reg {
	ps := t.points()
	cs := e.foldChunks()
	nvec := int64(len(ps)) * e.kaccs
	accs := e.start(e.klanes, nvec)
	vec := e.values(e.body, 0, tile{lanes: e.klanes}, e.kvec)
	vec.hoist(ps)
	var one *values
	if cs[len(cs)-1].lanes == 1 {
		accs = append(accs, e.start(1, int64(len(ps)))...)
		one = e.values(e.body, 0, tile{lanes: 1}, -1)
		one.hoist(ps)
	}
	outer := slices.DeleteFunc(slices.Clone(e.red), func(id int) bool { return id == e.kvec })
	accs = e.reduceLoops(t, outer, loop.Seq, accs, func(regs []loop.Reg) []loop.Reg {
		regs = slices.Clone(regs)
		for _, c := range cs {
			e.foldChunk(t, c, vec, one, regs)
		}
		return regs
	})
	return e.fold(accs, len(ps))
}

func (e *emitter) foldChunks() []chunk {
	switch {
	case e.axes[e.kvec].isOpen():
		return openChunks(e.klanes, e.kaccs)
	case e.maskedTerms:
		return maskedChunks(e.kvecTotal(), e.klanes, e.kaccs, false)
	}
	return chunks(e.kvecTotal(), e.klanes, e.kaccs)
}

// kvecTotal is an extent with the tails that the vectorised axis has, in any of its blocks.
func (e *emitter) kvecTotal() int64 {
	x := &e.axes[e.kvec]
	if x.clamp != nil {
		return x.extent + x.clamp.total%x.extent
	}
	return x.extent
}

// foldChunk accumulates a chunk of the vectorised axis into the accumulators it is for.
func (e *emitter) foldChunk(t tile, c chunk, vec, one *values, regs []loop.Reg) {
	ps := t.points()
	v, lo, vectors := vec, 0, int(c.n)
	kind := loop.Vector
	if c.lanes == 1 {
		v, lo, vectors, kind = one, len(ps)*int(e.kaccs), 1, loop.Seq
	}
	used := regs[lo : lo+len(ps)*vectors]
	next := e.span(e.kvec, c, kind, e.count(e.kvec, t.cuts), slices.Clone(used), func(cur []loop.Reg) []loop.Reg {
		var out []loop.Reg
		for u := range vectors {
			v.next()
			if v.active = 0; u == vectors-1 {
				v.active = c.active
			}
			at := make([]point, len(ps))
			for i, p := range ps {
				at[i] = point{row: p.row, col: p.col, u: int64(u)}
			}
			out = append(out, e.keepRest(e.accumulate(v, at, cur[u*len(ps):(u+1)*len(ps)]), cur[u*len(ps):], v.active)...)
		}
		return out
	})
	copy(used, next)
}

// keepRest leaves the lanes of accumulators as they were beyond the first ones, if a vector of terms has only these.
func (e *emitter) keepRest(next, old []loop.Reg, active int64) []loop.Reg {
	if active == 0 || e.addsZeros() {
		return next
	}
	pick := make([]int, e.klanes)
	for i := range pick {
		if pick[i] = i; i >= int(active) {
			pick[i] += int(e.klanes)
		}
	}
	for i := range next {
		next[i] = e.b.Shuffle(next[i], old[i], pick)
	}
	return next
}

// addsZeros tells whether lanes of terms that are not there add zero: they are loaded as zeros, of every input of a product.
func (e *emitter) addsZeros() bool {
	factor := func(n parser.Node) bool {
		return n.Kind == parser.NodeInput || n.Kind == parser.NodeApply && (n.Fn == parser.FnMul || n.Fn == parser.FnCast)
	}
	moves := func(acc int) bool { return !e.axes[e.kvec].at[acc].isZero() }
	return e.reduce == parser.Sum && !slices.ContainsFunc(e.body, func(n parser.Node) bool { return !factor(n) }) &&
		!slices.ContainsFunc(e.inputNumbers(), func(acc int) bool { return !moves(acc) })
}

// fold combines the accumulators of each of n points: pairwise the vectors, then their lanes, then the
// rest.
func (e *emitter) fold(accs []loop.Reg, n int) []loop.Reg {
	code := combineCode(e.reduce)
	sums := make([]loop.Reg, n)
	for i := range sums {
		var vecs []loop.Reg
		for u := range int(e.kaccs) {
			vecs = append(vecs, accs[u*n+i])
		}
		for len(vecs) > 1 {
			half := (len(vecs) + 1) / 2
			for j := range len(vecs) - half {
				vecs[j] = e.b.Same(code, vecs[j], vecs[half+j])
			}
			vecs = vecs[:half]
		}
		sums[i] = e.b.Op(foldCode(e.reduce), loop.Type{DType: e.valueType(), Lanes: 1}, vecs[0])
		if rest := int(e.kaccs)*n + i; rest < len(accs) {
			sums[i] = e.b.Same(code, sums[i], accs[rest])
		}
	}
	return sums
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
	if lanes == 1 || e.copied[acc] != nil {
		return loop.Const(1)
	}
	return e.axes[id].at[acc].size()
}
