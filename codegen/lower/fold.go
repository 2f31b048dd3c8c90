package lower

import (
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
)

// foldTile chooses the tile for vectors along a reduced axis. The number of accumulators decides the
// order of summation: it follows from the kernel alone.
func (k *kernel) foldTile(s *shape, t cost.Target) {
	if s.row = k.rowAxis(-1); s.row < 0 {
		s.row = k.besideAxis()
	}
	rows, cols := int64(1), int64(1)
	if s.row >= 0 {
		s.col = k.otherAxis(s.row)
		rows, cols = k.foldSize(s, t)
	}
	k.limit(s, rows, cols)
	vectors := k.axes[s.kvec].extent / s.klanes
	if s.maskedTerms = s.masked && k.masksTerms(s.kvec); s.maskedTerms {
		vectors = ceilDiv(k.axes[s.kvec].extent, s.klanes)
	}
	s.kaccs = min(max(4/(s.rows*s.cols), k.rowVectors(s, t)), vectors)
}

// Rows of at most shortRow vectors of terms are short: memory likes to be read in longer runs.
const shortRow = 4

// foldSize is the rows and columns of a tile whose sums are vectors along a reduced axis. Rows and columns share what is loaded, or fetched
// element by element: as many as there are registers for, beside a vector of each column, one of a row and, without fused multiply-add, a
// product. Of one column there are more rows if these are short and follow each other in an input.
func (k *kernel) foldSize(s *shape, t cost.Target) (rows, cols int64) {
	switch {
	case k.valueType().IsComplex():
		return 4, 1
	case s.col < 0 && k.rowsFollow(s):
		return 8, 1
	case s.col < 0:
		return 4, 1
	case t.Registers >= 32:
		return 6, 4
	case t.FMA:
		return 4, 3
	}
	return 4, 2
}

// rowsFollow tells whether the rows of a tile are short and follow each other in an input.
func (k *kernel) rowsFollow(s *shape) bool {
	terms := k.axes[s.kvec]
	for acc := 1; acc <= k.inputs; acc++ {
		if terms.at[acc].n == 1 && k.axes[s.row].at[acc].n == terms.extent {
			return terms.extent <= shortRow*s.klanes
		}
	}
	return false
}

// besideAxis is a free axis whose sums are computed side by side although they share nothing, where there are further terms beside those
// that vectors run along: the innermost. Terms of one sum do not wait for each other then, and memory is read in several runs at once,
// which mostly follow each other. It is -1 elsewhere.
func (k *kernel) besideAxis() int {
	if len(k.red) < 2 || len(k.free) == 0 || k.axes[last(k.free)].pinned {
		return -1
	}
	return last(k.free)
}

func last(list []int) int { return list[len(list)-1] }

// masksTerms tells whether the last vector along a reduced axis may have only some lanes active: where it is not cut into blocks, some of
// which would end with others, and there is no code for several layouts, which end one by one.
func (k *kernel) masksTerms(id int) bool { return !k.runtime && k.axes[id].clamp == nil }

// rowVectors is the number of vectors of each row that sums of several rows, and of one column, take at once: memory
// likes to be read in long runs. Short rows are soon added up, and take fewer.
func (k *kernel) rowVectors(s *shape, t cost.Target) int64 {
	const most = 4
	if s.rows == 1 || s.cols > 1 || k.valueType().IsComplex() {
		return 1
	}
	registers, quarters := int64(t.Registers-2)/(s.rows+1), k.axes[s.kvec].extent/s.klanes/4
	return max(min(registers, quarters, most), 1)
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
