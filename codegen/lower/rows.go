package lower

import (
	"slices"

	"github.com/einc-lang/einc/planner/cost"
)

// The rows of a tile run along one axis, whose items share what is loaded for all, or along another one beside it if they are few.

// rowAxis finds a free axis other than col along which an input stays put, so that what is loaded
// serves several rows: the one most inputs share, or none. Of equal ones, vectors are to serve, as elements are
// spread by the instruction that multiplies.
func (k *kernel) rowAxis(col int) int {
	best, most := -1, 0
	for _, id := range k.free {
		if id == col || k.axes[id].pinned || !k.reduces {
			continue
		}
		n := k.still(id)
		if n > most || n == most && n > 0 && k.serves(id, col) && (k.turnable(id, col) || !k.serves(best, col)) {
			best, most = id, n
		}
	}
	return best
}

// serves tells whether rows share what vectors along col hold of some input, read side by side or element by element.
func (k *kernel) serves(row, col int) bool { return k.sharesAny(row, col, false) }

// shares tells whether rows share a vector along col of some input whose elements lie side by side.
func (k *kernel) shares(row, col int) bool { return k.sharesAny(row, col, true) }

func (k *kernel) sharesAny(row, col int, adjacent bool) bool {
	if col < 0 {
		return false
	}
	for i := 1; i <= k.inputs; i++ {
		if along := k.axes[col].at[i]; !along.isZero() && (!adjacent || along.n == 1) && k.axes[row].at[i].isZero() {
			return true
		}
	}
	return false
}

// besideRows adds rows along another axis to a tile that has all of its own, if its registers hold sums of more: what some rows share
// is then loaded, and walked along, for as many more.
func (k *kernel) besideRows(s *shape, t cost.Target) {
	m := k.axes[s.row].extent
	single := func(acc int) bool { return k.axes[s.col].at[acc].isZero() }
	if s.rows < m || s.across || s.kept || s.atOnce > 1 || k.factors != nil || k.alone(*s) || !slices.ContainsFunc(k.inputNumbers(), single) {
		return
	}
	side := k.moreRows(s)
	if side < 0 {
		return
	}
	n := k.axes[side].extent
	rows, cols := k.productTile(s, t, m*n)
	sides := max(min(rows/m, n), 1)
	if sides = ceilDiv(n, ceilDiv(n, sides)); sides > 1 && float64(m*sides*cols)*(1+weight(k.body)) <= maxTileOps {
		s.side, s.sides, s.cols = side, sides, min(s.cols, cols)
	}
}

// moreRows is the longest axis beside a tile's that moves along the same inputs as its rows; -1 if there is none.
func (k *kernel) moreRows(s *shape) int {
	best := -1
	for _, id := range k.free {
		x := &k.axes[id]
		differs := func(acc int) bool { return x.at[acc].isZero() != k.axes[s.row].at[acc].isZero() }
		if id == s.row || id == s.col || x.pinned || x.isOpen() || slices.ContainsFunc(k.inputNumbers(), differs) {
			continue
		}
		if best < 0 || x.extent > k.axes[best].extent {
			best = id
		}
	}
	return best
}
