package lower

import (
	"math/bits"
	"slices"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
)

// shape is a kernel's register tile: rows × sides × cols values, each a vector along the col axis, or, with
// kvec set, a sum of kaccs vectors along a reduced axis that are folded at the end. An axis is -1 if
// the tile has none.
type shape struct {
	row         int
	rows        int64
	side        int // a second axis of rows, where vectors along col move all inputs: of these, one stays put along row and one along side
	sides       int64
	col         int
	cols        int64
	lanes       int64 // of a vector along col
	kvec        int
	klanes      int64
	turning     int   // the reduced axis of which a tile takes some terms at once, as inputs are turned around for that
	atOnce      int64 // so many; 1 if there is none
	kaccs       int64
	masked      bool    // a last vector along col may have only some lanes active
	maskedTerms bool    // the same along kvec
	sweep       bool    // sums wait in memory; kvec is the axis of the rows
	copying     bool    // vectors of inputs are copied to the worker's memory first
	kept        bool    // sums of a block of rows and columns wait in memory for outer terms
	turned      bool    // inputs that are unit-stride along row are turned around in registers
	across      bool    // results are turned around in registers, and stored along row
	onward      int     // an axis of which a task takes some items together, as short runs of an input go on along it
	onwards     int64   // so many
	stretch     bool    // rows are the vectors that hold all of the row axis for a vector along col
	waits       int     // the axis whose folded sums wait in memory for terms outside of a run
	unit        float64 // cost of one item of the iteration space, in vector operations
}

// size is the number of the tile's values.
func (s shape) size() int64 { return s.rows * s.sides * s.cols }

// shape chooses the tile.
func (k *kernel) shape(t cost.Target) shape {
	s := shape{row: -1, rows: 1, side: -1, sides: 1, col: -1, cols: 1, lanes: 1, kvec: -1, klanes: 1, kaccs: 1, turning: -1, atOnce: 1, onward: -1, waits: -1, masked: k.masks(t)}
	if k.runtime {
		k.openTile(&s, t)
		return s
	}
	if k.factors != nil {
		k.fusedTile(&s, t)
		return s
	}
	if k.repeatTile(&s, t) || k.stretchTile(&s, t) || k.turnTile(&s, t) {
		return s
	}
	axis, reduced, lanes := k.vectorAxis(t, &s)
	switch {
	case axis < 0:
		s.row = k.rowAxis(-1)
		k.limit(&s, 4, 1)
	case reduced:
		s.kvec, s.klanes = axis, lanes
		k.foldTile(&s, t)
		s.waits = k.waitAxis(s)
	default:
		s.col, s.lanes = axis, lanes
		k.columnTile(&s, t)
		s.kept = s.kept || k.keeps
	}
	return s
}

// Vectors of a tile whose strides and extents are not all known.
const (
	openCols = 4
	openAccs = 4
)

// openTile chooses the tile of a kernel of which something is left to run time: vectors along an axis
// whose strides are known where it pays, without rows.
func (k *kernel) openTile(s *shape, t cost.Target) {
	s.unit = k.itemCost(-1, false, false, 1)
	if !slices.ContainsFunc(k.axes, axis.isOpen) {
		return // callers in C give strides, and nothing that follows from them
	}
	axis, reduced, lanes := k.vectorAxis(t, s)
	switch {
	case axis < 0:
	case reduced:
		s.kvec, s.klanes, s.kaccs = axis, lanes, openAccs
		if x := &k.axes[axis]; !x.isOpen() {
			s.kaccs = min(s.kaccs, x.extent/lanes)
		}
	default:
		s.col, s.lanes, s.masked = axis, lanes, s.masked && !k.axes[axis].isOpen()
		k.limit(s, 1, openCols)
	}
}

// vectorAxis picks the axis along which vectors pay most: for each it counts what an item costs in
// loads, gathers, arithmetic and folds. It returns -1 if scalars are as good.
func (k *kernel) vectorAxis(t cost.Target, s *shape) (axis int, reduced bool, lanes int64) {
	axis, lanes = -1, 1
	s.unit = k.itemCost(-1, false, false, 1)
	width := k.vectorLanes(t)
	try := func(id int, red bool) {
		l := min(width, floorPow2(k.axes[id].extent))
		switch {
		case k.axes[id].isOpen():
			l = width
		case s.masked && (!red || k.masksTerms(id)):
			l = min(width, ceilPow2(k.axes[id].extent))
		}
		if l < 2 || k.axes[id].pinned {
			return
		}
		if c := k.itemCost(id, red, s.masked, l); c < s.unit {
			s.unit, axis, reduced, lanes = c, id, red, l
		}
	}
	for i := len(k.free) - 1; i >= 0; i-- {
		try(k.free[i], false)
	}
	if k.reduces && len(k.red) > 0 && k.factors == nil && !k.inBlocks {
		try(k.red[len(k.red)-1], true)
		for _, id := range k.red[:len(k.red)-1] {
			try(id, true)
		}
	}
	return axis, reduced, lanes
}

// vectorLanes is the vector width that suits the widest type of the kernel.
func (k *kernel) vectorLanes(t cost.Target) int64 {
	n := t.Lanes(k.accs[0].DType)
	for _, e := range []parser.Expr{k.body, k.epilogue} {
		for _, node := range e {
			n = min(n, t.Lanes(node.DType))
		}
	}
	return floorPow2(int64(n))
}

func floorPow2(n int64) int64 { return 1 << (bits.Len64(uint64(max(n, 1))) - 1) }

func ceilPow2(n int64) int64 { return 1 << bits.Len64(uint64(max(n, 1)-1)) }

// masks tells whether the target has loads and stores of partial vectors for every type of the kernel.
func (k *kernel) masks(t cost.Target) bool {
	if !t.Masks() {
		return false
	}
	for _, a := range k.accs {
		if t.VectorBytes < 64 && a.DType.Real().Size() < 4 {
			return false
		}
	}
	return true
}

// columnTile chooses rows and columns for vectors along a free axis. A product reuses each vector
// over the rows and each element over the columns.
func (k *kernel) columnTile(s *shape, t cost.Target) {
	if !k.reduces {
		s.row = k.gatherAxis(s.col)
		if s.row >= 0 {
			k.limit(s, 4, 1)
		} else {
			k.limit(s, 1, 4)
			s.onward, s.onwards = k.onwardAxis(s)
		}
		return
	}
	k.turnTerms(s)
	if k.sideTile(s, t) {
		return
	}
	s.row = k.rowAxis(s.col)
	unit := k.unitAxis()
	if !k.turnable(s.row, s.col) && k.turnable(unit, s.col) {
		s.row = unit
	}
	if s.row >= 0 && !k.serves(s.row, s.col) && k.runsLong(s, unit) {
		// What they share is little to spare.
		if s.row = k.rowsOn(*s); s.row >= 0 {
			k.limit(s, min(mostRowsOn, k.tileRegisters(s, t)/columnsOn-1), columnsOn)
			return
		}
	}
	if s.row < 0 {
		if s.atOnce > 1 {
			k.limit(s, 1, cost.TurnedColumns)
			return
		}
		k.limit(s, 1, t.RunVectors(k.valueType()))
		k.sweepTile(s, s.cols)
		return
	}
	s.across = k.turnsOutput(s)
	rows, cols := k.productTile(s, t, k.axes[s.row].extent)
	if s.across && rows < k.square() { // there are too few registers for a square
		s.across = false
		rows, cols = k.productTile(s, t, k.axes[s.row].extent)
	}
	k.limit(s, rows, cols)
	if s.across {
		s.rows = min(ceilDiv(s.rows, k.square())*k.square(), rows)
	}
	s.kept = k.keepsBlocks(s)
	k.besideRows(s, t)
}

// runsLong tells whether vectors make up runs that rows which do not share them would only cut short; unit is the axis along which elements
// of the output are neighbours.
func (k *kernel) runsLong(s *shape, unit int) bool {
	vectors := k.axes[s.col].extent / s.lanes
	if s.row != unit {
		return vectors >= cost.LongRun
	}
	return vectors >= cost.LongerRun && !k.turnable(unit, s.col) && k.runsAlong(s.col)
}

// productTile chooses the tile of a product of m rows: the one that takes the fewest cycles over all rows and
// columns, of those whose accumulators, row of B, and element of A stay in registers.
func (k *kernel) productTile(s *shape, t cost.Target, m int64) (rows, cols int64) {
	vecs, square, most := k.axes[s.col].extent/s.lanes, int64(1), int64(cost.MostColumns)
	if s.masked {
		vecs = ceilDiv(k.axes[s.col].extent, s.lanes)
	}
	if s.across {
		square = k.square()
	}
	if k.alone(*s) || k.narrows(s) || s.atOnce > 1 && !k.runsAlong(s.col) {
		most = 1 // rows are to fill lines of the output, or to share what is turned around
	}
	return t.TileShape(m, vecs, square, most, k.tileRegisters(s, t), float64(max(k.extent(k.red), 1)))
}

// tileRegisters is how many registers a product has for accumulators and a row of B.
func (k *kernel) tileRegisters(s *shape, t cost.Target) int64 {
	free := t.TileRegisters(k.valueType(), s.masked && k.axes[s.col].extent%s.lanes != 0)
	if s.atOnce > 1 {
		free = max(free-s.atOnce, 2)
	}
	return free
}

// maxTileOps bounds the operations of a tile, because code is compiled for every tile of a kernel.
const maxTileOps = 160

// limit sets rows and columns: not more than there are, rows cut evenly, and fewer where the body is
// long. A long epilogue does not make the tile of a reduction smaller: see finish.
func (k *kernel) limit(s *shape, rows, cols int64) {
	each := 1 + weight(k.body)
	if !k.reduces {
		each += weight(k.epilogue)
	}
	each *= float64(s.atOnce)
	for rows*cols > 1 && float64(rows*cols)*each > maxTileOps {
		if rows > cols {
			rows = (rows + 1) / 2
		} else {
			cols = (cols + 1) / 2
		}
	}
	s.rows, s.cols = 1, 1
	if s.row >= 0 {
		e := k.axes[s.row].extent
		s.rows = ceilDiv(e, ceilDiv(e, rows))
	}
	if s.col >= 0 {
		vecs := k.axes[s.col].extent / s.lanes
		if s.masked {
			vecs = ceilDiv(k.axes[s.col].extent, s.lanes)
		}
		if s.cols = max(min(cols, vecs), 1); k.axes[s.col].isOpen() {
			s.cols = cols
		}
	}
}

// otherAxis finds a free axis along which an input stays put that moves along row.
func (k *kernel) otherAxis(row int) int {
	for _, id := range k.free {
		if id == row || k.axes[id].pinned {
			continue
		}
		for i := 1; i <= k.inputs; i++ {
			if k.axes[id].at[i].isZero() && !k.axes[row].at[i].isZero() {
				return id
			}
		}
	}
	return -1
}

// still counts the inputs that stay put along an axis. With factors, each of the core, which every term is of, counts for more than all
// factors, which are read once a sum.
func (k *kernel) still(id int) int {
	n := 0
	for i, s := range k.axes[id].at[1 : 1+k.inputs] {
		switch {
		case !s.isZero():
		case k.factors != nil && i < coreInputs:
			n += k.inputs
		default:
			n++
		}
	}
	return n
}

// gatherAxis finds the free axis that is unit-stride in an input which col gathers from: rows along
// it use the same cache lines.
func (k *kernel) gatherAxis(col int) int {
	for i := 1; i <= k.inputs; i++ {
		if n := k.axes[col].at[i].n; n == 0 || n == 1 {
			continue
		}
		for _, id := range k.free {
			if id != col && k.axes[id].at[i].n == 1 && !k.axes[id].pinned {
				return id
			}
		}
	}
	return -1
}

func ceilDiv(a, b int64) int64 { return (a + b - 1) / b }
