package lower

import (
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/planner/cost"
)

// Folded sums that wait. In D[p,q] = X[p,r,q,s]*Y[r,s] terms are short runs along s, each followed by that of the next q, while the next
// r is pages away. A tile that has all its terms before the next begins reads so many runs at once that no machine sees where reading goes on.
// So the accumulators of all q of a task wait in the worker's memory, and X is read as it lies, for some p at once.

const (
	waitBytes = 16 << 10 // of accumulators that wait, in the first-level cache
	waitRun   = 1536     // of a run, and of the runs that a tile reads where one follows the other: a machine sees where longer ones go on
	waitApart = 12       // runs of a sum that lie apart, at least: of fewer a machine keeps track
	waitRows  = 24       // the same, where runs of a tile follow each other
	waitOn    = 512      // bytes that all runs along the axis are more than
)

// waitAxis is the axis whose folded sums wait for the terms outside of a run, as the largest input goes on along it; -1 if they need not.
func (k *kernel) waitAxis(s shape) int {
	if k.runtime || k.inputs == 0 || s.row < 0 || s.col >= 0 || s.side >= 0 || k.spills(s.size()) {
		return -1
	}
	large := k.largest()
	at := func(id int) int64 { return k.axes[id].at[large].n }
	serves := func(id int) bool { return at(id) == 0 } // several sums
	if !k.isLarge(large) || at(s.kvec) != 1 || slices.ContainsFunc(k.free, serves) || slices.ContainsFunc(k.inputNumbers(), func(acc int) bool { return k.rivals(acc, large) }) {
		return -1
	}
	next := slices.IndexFunc(k.free, func(id int) bool { return at(id) == k.axes[s.kvec].extent && !k.axes[id].pinned })
	if next < 0 {
		return -1
	}
	id, apart := k.free[next], k.termsOutside(s)
	run := k.axes[s.kvec].extent * k.moves(s.kvec, large)
	all, least, rows := run*k.axes[id].extent, int64(waitApart), int64(1)
	if id == s.row {
		least, rows = waitRows, s.rows
	}
	together := func(r int) bool { return k.moves(r, large) < max(all, cost.Page) }
	if k.extent(apart) < least || run*rows > waitRun || all <= waitOn || slices.ContainsFunc(apart, together) {
		return -1
	}
	return id
}

// waitingFolds says where accumulators wait: those of the tiles along an axis, one after the other.
type waitingFolds struct {
	*kernel
	shape
	slots int64 // of a row, each a vector
}

func (k *kernel) waitingFolds(s shape) *waitingFolds {
	w := &waitingFolds{kernel: k, shape: s, slots: s.kaccs}
	if cs := k.foldChunks(s); cs[len(cs)-1].lanes == 1 {
		w.slots++
	}
	return w
}

// tile is how many items of the axis, and how many other rows, a tile has.
func (w *waitingFolds) tile() (items, others int64) {
	if w.waits == w.row {
		return w.rows, 1
	}
	return 1, w.rows
}

// item is the elements of an item of the axis.
func (w *waitingFolds) item() int64 {
	_, others := w.tile()
	return w.slots * w.klanes * others
}

// ofTask is how many items of the axis a task has.
func (w *waitingFolds) ofTask() int64 {
	extent := w.axes[w.waits].extent
	unit, _ := w.tile()
	most := max(waitBytes/int64(w.valueType().Size())/w.item()/unit, 1)
	tiles := ceilDiv(extent, unit)
	return min(ceilDiv(tiles, ceilDiv(tiles, most))*unit, extent)
}

// count is how many elements wait.
func (w *waitingFolds) count() int64 { return w.ofTask() * w.item() }

// keptFolds is where they wait.
type keptFolds struct {
	*waitingFolds
	e     *emitter
	block int // the first terms of the axis' position, which are those of the block
}

// addr is where the i-th accumulator of a tile waits.
func (k *keptFolds) addr(f *folding, i int) loop.Addr {
	n, pos := len(f.points), &k.e.pos[k.waits]
	row := f.points[i%n].row * k.slots * k.klanes
	off := loop.Affine{Const: pos.base*k.item() + row + int64(i/n)*k.klanes}
	for _, x := range pos.terms[k.block:] {
		off = plus(off, times(x.v, x.scale*k.item()))
	}
	return loop.Addr{Param: k.e.sums, Off: off}
}

func (k *keptFolds) load(f *folding) (accs []loop.Reg) {
	vectors := len(f.points) * int(k.kaccs)
	for i := range len(f.points) * int(k.slots) {
		lanes := int(k.klanes)
		if i >= vectors {
			lanes = 1
		}
		accs = append(accs, k.e.b.Load(k.addr(f, i), loop.Const(1), lanes))
	}
	return accs
}

func (k *keptFolds) store(f *folding, accs []loop.Reg) {
	for i, r := range accs {
		k.e.b.Store(r, k.addr(f, i), loop.Const(1))
	}
}

// keepFolds computes the tiles along the axis: it clears their accumulators, adds a run of each for every term outside of runs, and finishes.
func (e *emitter) keepFolds(c cuts, t tile) {
	folds := &keptFolds{waitingFolds: e.kernel.waitingFolds(e.shape), e: e, block: len(e.pos[e.waits].terms)}
	each := func(do func(*folding)) {
		e.loops(c, []int{e.waits}, t, func(in tile) { do(e.folding(in)) })
	}
	each(func(f *folding) { folds.store(f, f.start()) })
	e.reduceLoops(t, e.termsOutside(e.shape), loop.Seq, nil, func([]loop.Reg) []loop.Reg {
		each(func(f *folding) {
			f.hoist()
			folds.store(f, f.add(folds.load(f)))
		})
		return nil
	})
	each(func(f *folding) { e.finish(f.t, f.fold(folds.load(f))) })
}
