package lower

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/planner/cost"
)

// Stretched inputs. In D[j,d] = sum over i of X[i,j]*Y[i,j,d], d short, Y and D go on over (j,d), and each element of X serves all d. Vectors
// along d would be short, and those along j gather Y. Instead a tile of a vector of j, with rows along d, has as many vectors of Y and D as
// they lie; of X it loads one, and puts together in registers what has each element as often as there are d.

// stretchTile makes s such a tile if the kernel sums along one; it tells whether.
func (k *kernel) stretchTile(s *shape, t cost.Target) bool {
	if !k.reduces || k.hasOld || k.valueType().IsComplex() || k.extent(k.red) < 2 {
		return false
	}
	lanes := k.vectorLanes(t)
	for _, row := range k.free {
		for _, col := range k.free {
			if row != col && k.stretches(row, col, lanes) {
				s.row, s.rows, s.col, s.lanes, s.stretch, s.masked = row, k.axes[row].extent, col, lanes, true, false
				s.unit = 2 / float64(lanes)
				s.cols = max(sweepCols/s.rows, 1)
				k.sweepTile(s, s.cols)
				return true
			}
		}
	}
	return false
}

// stretches tells whether all that moves along either of two axes moves along both as along one, from element to element, but for inputs
// that move along the columns alone, of which there are some.
func (k *kernel) stretches(row, col int, lanes int64) bool {
	r, c := &k.axes[row], &k.axes[col]
	if !cost.Stretches(r.extent, c.extent, lanes) || r.pinned || c.pinned || r.clamp != nil || c.clamp != nil || r.at[0].n != 1 {
		return false
	}
	some := false
	for i := range k.accs {
		along := c.at[i].n == r.extent*r.at[i].n && r.at[i].n <= 1 && r.at[i].n >= 0
		if k.stretched(row, col, i) {
			some = true
		} else if !along {
			return false
		}
	}
	return some
}

// stretched tells whether an input moves along the columns of such a tile alone.
func (k *kernel) stretched(row, col, acc int) bool {
	return acc > 0 && acc <= k.inputs && k.axes[row].at[acc].isZero() && k.axes[col].at[acc].n == 1
}

// stretchedInput is all rows of such an input in a tile: of the elements of a vector, each as often as there are rows.
func (v *values) stretchedInput(acc int, p point) (rows []loop.Reg) {
	e := v.e
	all := e.b.Load(e.addr(acc, point{col: p.col, u: p.u}, v.width), loop.Const(1), int(e.lanes))
	for row := range e.rows {
		rows = append(rows, e.choose(all, all, func(j int64) int64 { return (row*e.lanes + j) / e.rows }))
	}
	return rows
}
