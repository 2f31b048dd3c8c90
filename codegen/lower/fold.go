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

// foldReduce reduces with vectors along a reduced axis. The accumulators are carried through the loops over the other reduced axes.
func (e *emitter) foldReduce(t tile) []loop.Reg {
	f := e.folding(t)
	accs := f.start()
	f.hoist()
	return f.fold(e.reduceLoops(t, e.termsOutside(e.shape), loop.Seq, accs, f.add))
}

// termsOutside are the reduced axes but for the one that vectors run along.
func (k *kernel) termsOutside(s shape) []int {
	return slices.DeleteFunc(slices.Clone(k.red), func(id int) bool { return id == s.kvec })
}

// folding is a tile whose sums are folded: kaccs accumulators a point for the vectors, and one more for the items that are left, if there
// are any: first those of all points for the first vector, then for the next.
type folding struct {
	*emitter
	t        tile
	points   []point
	chunks   []chunk
	vec, one *values
}

func (e *emitter) folding(t tile) *folding {
	f := &folding{emitter: e, t: t, points: t.points(), chunks: e.foldChunks(e.shape), vec: e.values(e.body, 0, tile{lanes: e.klanes}, e.kvec)}
	if f.chunks[len(f.chunks)-1].lanes == 1 {
		f.one = e.values(e.body, 0, tile{lanes: 1}, -1)
	}
	return f
}

// hoist reads what all terms share.
func (f *folding) hoist() {
	f.vec.hoist(f.points)
	if f.one != nil {
		f.one.hoist(f.points)
	}
}

// start makes the accumulators.
func (f *folding) start() []loop.Reg {
	n := int64(len(f.points))
	accs := f.emitter.start(f.klanes, n*f.kaccs)
	if f.one != nil {
		accs = append(accs, f.emitter.start(1, n)...)
	}
	return accs
}

// add adds all items of the vectorised axis to the accumulators.
func (f *folding) add(accs []loop.Reg) []loop.Reg {
	accs = slices.Clone(accs)
	for _, c := range f.chunks {
		f.addChunk(c, accs)
	}
	return accs
}

// foldChunks cuts the vectorised axis.
func (k *kernel) foldChunks(s shape) []chunk {
	switch {
	case k.axes[s.kvec].isOpen():
		return openChunks(s.klanes, s.kaccs)
	case s.maskedTerms:
		return maskedChunks(k.total(s.kvec), s.klanes, s.kaccs, false)
	}
	return chunks(k.total(s.kvec), s.klanes, s.kaccs)
}

// total is the extent of an axis with the tails that it has in any of its blocks.
func (k *kernel) total(id int) int64 {
	x := &k.axes[id]
	if x.clamp != nil {
		return x.extent + x.clamp.total%x.extent
	}
	return x.extent
}

// addChunk adds a chunk of the vectorised axis to the accumulators that it is for.
func (f *folding) addChunk(c chunk, accs []loop.Reg) {
	n := len(f.points)
	v, lo, vectors, kind := f.vec, 0, int(c.n), loop.Vector
	if c.lanes == 1 {
		v, lo, vectors, kind = f.one, n*int(f.kaccs), 1, loop.Seq
	}
	used := accs[lo : lo+n*vectors]
	next := f.span(f.kvec, c, kind, f.count(f.kvec, f.t.cuts), slices.Clone(used), func(cur []loop.Reg) []loop.Reg {
		var out []loop.Reg
		for u := range vectors {
			v.next()
			if v.active = 0; u == vectors-1 {
				v.active = c.active
			}
			at := slices.Clone(f.points)
			for i := range at {
				at[i].u = int64(u)
			}
			out = append(out, f.keepRest(f.accumulate(v, at, cur[u*n:(u+1)*n]), cur[u*n:], v.active)...)
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

// fold combines the accumulators of each point: pairwise the vectors, then their lanes, then the rest.
func (f *folding) fold(accs []loop.Reg) []loop.Reg {
	code, n := combineCode(f.reduce), len(f.points)
	sums := make([]loop.Reg, n)
	for i := range sums {
		var vecs []loop.Reg
		for u := range int(f.kaccs) {
			vecs = append(vecs, accs[u*n+i])
		}
		for len(vecs) > 1 {
			half := (len(vecs) + 1) / 2
			for j := range len(vecs) - half {
				vecs[j] = f.b.Same(code, vecs[j], vecs[half+j])
			}
			vecs = vecs[:half]
		}
		sums[i] = f.b.Op(foldCode(f.reduce), loop.Type{DType: f.valueType(), Lanes: 1}, vecs[0])
		if f.one != nil {
			sums[i] = f.b.Same(code, sums[i], accs[int(f.kaccs)*n+i])
		}
	}
	return sums
}
