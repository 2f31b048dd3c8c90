package lower

import (
	"slices"

	"github.com/einc-lang/einc/planner/cost"
)

// Where the output is the largest array and its sums have few terms, storing takes the longest: tiles go on along its rows, as
// columns would take them to a page of its own for each row, for a few lines.

const (
	mostTerms    = 32        // of sums whose rows are written to their end
	longWritten  = 1024      // bytes of rows that are short, which another axis goes on along
	mostGathered = 128 << 10 // bytes of an input whose elements are fetched one by one, again for each tile of rows
	mostRead     = 256 << 10 // bytes of an input that all columns read: they stay in the second level from row to row
)

// writesRows tells whether rows of the output are written to their end before others: the second level then keeps what all of them read.
func (k *kernel) writesRows(s shape) bool {
	return k.passesColumns(s) && k.writesLargest(s) && k.extent(k.red) <= mostTerms &&
		k.axes[s.row].extent*k.moves(s.row, 0) >= cost.Large && k.readsAlong(s, mostRead)
}

// writesLargest tells whether tiles of sums store vectors of the largest array.
func (k *kernel) writesLargest(s shape) bool {
	return k.reduces && k.factors == nil && s.row >= 0 && s.col >= 0 && k.inputs > 0 && !k.runtime && !s.sweep &&
		k.axes[s.col].at[0].n == 1 && k.isLarge(0) && k.bytes(0) > k.bytes(k.largest())
}

// writeOn is the axis along which the output goes on after short rows, where it is the largest array and its sums have few terms, so that a
// tile's rows are written on and on; -1 if there is none.
func (k *kernel) writeOn(s shape) int {
	if !k.writesLargest(s) || k.extent(k.red) > cost.FewTerms || k.axes[s.col].extent*k.moves(s.col, 0) > longWritten {
		return -1
	}
	next := k.after(s, s.col, 0)
	if next < 0 || k.still(next) == 0 { // rows of a batch's items share nothing
		return -1
	}
	gathered := func(acc int) bool {
		n := k.axes[s.col].at[acc].n
		return n != 0 && n != 1 && !k.axes[next].at[acc].isZero() && k.bytes(acc) > mostGathered
	}
	if slices.ContainsFunc(k.inputNumbers(), gathered) {
		return -1
	}
	return next
}
