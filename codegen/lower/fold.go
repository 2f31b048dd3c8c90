package lower

import "github.com/einc-lang/einc/planner/cost"

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
