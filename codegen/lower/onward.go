package lower

import (
	"cmp"
	"slices"

	"github.com/einc-lang/einc/planner/cost"
)

// Short runs that move. In D[c,a,b,d] = X[a,b,c,d] with d short, the result goes on along b after each run of d, and the input along c. Loops
// in the result's order fetch each line of the input for a run of it, and come back for the next after so many pages that a core has
// forgotten where they are. Tasks take some items of c together, inside of the other loops: they read longer runs, and write to as many
// places at once.

const (
	leastRun    = 8    // bytes of a run that is worth a place of its own, if one access takes it,
	wholeRun    = 16   // or several
	shortRun    = 256  // and of one after which another follows soon enough
	onwardRun   = 1024 // bytes of the input that are read on
	leastOnward = 4    // and runs, at least and at most
	mostOnward  = 32
	longRun     = 512 // of an input that rows of sums read, which are read on without
	columnsOn   = 4   // vectors of such a run in a tile whose rows go on with the next ones, and rows at most
	mostRowsOn  = 4
	knownPages  = 1024 // whose places a core is sure to know
)

// onwardAxis finds the axis along which the largest input goes on after vectors along s.col, and how many items of it tasks take together; -1 if
// the result goes on along it as well, or comes back to it soon.
func (k *kernel) onwardAxis(s *shape) (axis int, items int64) {
	if k.inputs == 0 || s.row >= 0 || s.col < 0 || k.axes[s.col].at[0].n != 1 {
		return -1, 0
	}
	acc := k.largest()
	run := k.axes[s.col].extent * int64(k.accs[acc].DType.Size())
	if k.axes[s.col].at[acc].n != 1 || run < leastRun || run < wholeRun && run&(run-1) != 0 || run > shortRun || k.inputs > 1 && !k.isLarge(acc) {
		return -1, 0
	}
	next, inside := -1, 0
	for at, id := range k.free {
		if moves := k.axes[id].at[acc]; id != s.col && !moves.isZero() && !k.axes[id].pinned && (next < 0 || moves.n < k.axes[next].at[acc].n) {
			next, inside = id, at+1
		}
	}
	if next < 0 || k.pages(k.free[inside:], acc) <= knownPages {
		return -1, 0
	}
	return next, min(max(onwardRun/run, leastOnward), mostOnward)
}

// runOn is the axis that comes inside of a reduction's rows: one whose items lie in the same lines of the largest input, or along which that
// goes on after a run of terms or columns, so that memory is read on and on, at a few places; -1 if there is none.
func (k *kernel) runOn(s shape) int {
	if s.row < 0 || k.inputs == 0 || k.runtime || len(k.red) == 0 {
		return -1
	}
	large := k.largest()
	if !k.isLarge(large) {
		return -1
	}
	if next := k.inLines(s, large); next >= 0 {
		return next
	}
	along := k.runAlong(s, large)
	if along < 0 {
		return -1
	}
	return k.after(s, along, large)
}

// inLines is the axis outside of a tile whose items share the lines that it reads of an input, and end in them; -1 if there is none.
func (k *kernel) inLines(s shape, acc int) int {
	return k.outside(s, func(id int) bool {
		x := &k.axes[id]
		return x.at[acc].n == 1 && x.extent > 1 && x.extent*k.moves(id, acc) <= lineBytes
	})
}

// after is the axis along which an array goes on after runs along another, but for those of tiles; -1 if there is none.
func (k *kernel) after(s shape, along, acc int) int {
	return k.outside(s, func(id int) bool { return k.axes[id].at[acc].n == k.axes[along].extent })
}

// outside is the first free axis outside of a tile that is as asked for; -1 if there is none.
func (k *kernel) outside(s shape, f func(id int) bool) int {
	next := slices.IndexFunc(k.free, func(id int) bool {
		return id != s.row && id != s.col && id != s.side && !k.axes[id].pinned && f(id)
	})
	if next < 0 {
		return -1
	}
	return k.free[next]
}

// rowsOn is the axis along which the largest input goes on after the short runs that vectors of sums read, as rows of a tile then read on,
// even if they share next to nothing; -1 if there is none.
func (k *kernel) rowsOn(s shape) int {
	if k.inputs == 0 || k.factors != nil || s.atOnce > 1 {
		return -1
	}
	large := k.largest()
	if !k.isLarge(large) || k.axes[s.col].at[large].n != 1 || k.axes[s.col].extent*k.moves(s.col, large) > longRun {
		return -1
	}
	s.row = -1 // it may be the axis that rows would have had
	return k.after(s, s.col, large)
}

// runAlong is the axis of an input's runs which had better be read on: of terms that are folded, if every row has its own, or of columns or
// terms, if they are short and rows come back to them after more pages than a core knows; -1 if there is none.
func (k *kernel) runAlong(s shape, acc int) int {
	unit := func(id int) bool { return id >= 0 && k.axes[id].at[acc].n == 1 }
	if s.kvec >= 0 {
		shared := func(id int) bool { return k.axes[id].at[acc].isZero() }
		if s.col >= 0 || !unit(s.kvec) || slices.ContainsFunc(k.free, shared) {
			return -1
		}
		return s.kvec
	}
	along := s.col
	if !unit(along) {
		along = last(k.red)
	}
	if s.col < 0 || !unit(along) || k.axes[along].extent*k.moves(along, acc) > longRun {
		return -1
	}
	if k.pages(append([]int{s.row, s.col}, k.red...), acc) <= knownPages {
		return -1
	}
	return along
}

// largest is the number of the largest input.
func (k *kernel) largest() int {
	return slices.MaxFunc(k.inputNumbers(), func(a, b int) int { return cmp.Compare(k.bytes(a), k.bytes(b)) })
}

// pages is how many pages loops over some axes go to, of an input.
func (k *kernel) pages(ids []int, acc int) int64 {
	n := int64(1)
	for _, id := range ids {
		moves := k.moves(id, acc)
		n *= max(k.axes[id].extent*min(max(moves, -moves), cost.Page)/cost.Page, 1)
	}
	return n
}
