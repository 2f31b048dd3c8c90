package llvm

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/value"
)

// cuts tells whether a tile is written to C by pieces of runs that tiles cut anywhere.
func (t tiling) cuts() bool {
	return t.node.Lanes > 1 && t.masks(t.rowType()) && pieces(t.cut, t.node.Lanes) > 0
}

// rowType is the type of a vector of C.
func (t tiling) rowType() loop.Type { return loop.Type{DType: t.out, Lanes: t.acc.Lanes} }

// cutColumns cuts the vectors of a row.
func (t tiling) cutColumns() (cols [][]piece) {
	n := t.node
	for v := range int64(t.cols) {
		cols = append(cols, t.cutVector(t.cut, t.addr(n.CCols), i64(v*n.Lanes), t.fn.count(n.Cols), t.out, n.Lanes))
	}
	return cols
}

// putCut stores or adds the accumulators: tiles with all rows from registers, others by way of the frame.
func (t tiling) putCut(acc []val, add value.Value) {
	cols := t.cutColumns()
	t.branch(t.compare(enum.IPredEQ, t.fn.count(t.node.Rows), i64(t.node.MR)), "rows", func() {
		t.adding(add, func(add bool) {
			for i := range int(t.node.MR) {
				t.rowCut(acc[i*t.cols:(i+1)*t.cols], i64(int64(i)), cols, add)
			}
		})
	}, func() { t.putRows(acc, cols, add) })
}

// putRows stores or adds the rows that are valid by way of the frame.
func (t tiling) putRows(acc []val, cols [][]piece, add value.Value) {
	buf := t.spill(acc)
	t.adding(add, func(add bool) {
		t.run(count("i", t.fn.count(t.node.Rows)), []value.Value{buf}, func(i value.Value, sums []value.Value) []value.Value {
			t.rowCut(t.rowOf(sums[0]), i, cols, add)
			return []value.Value{t.step(t.acc.DType, sums[0], i64(t.node.NR))}
		})
	})
}

// adding writes code for either: that adds to C, and that does not.
func (t tiling) adding(add value.Value, f func(add bool)) {
	t.branch(add, "add", func() { f(true) }, func() { f(false) })
}

// rowOf reads a row of sums in the frame.
func (t tiling) rowOf(sums value.Value) []val {
	row := make([]val, t.cols)
	for v := range row {
		row[v] = t.loadRow(t.acc, t.step(t.acc.DType, sums, i64(int64(v)*t.node.Lanes)))
	}
	return row
}

// rowCut stores a row of sums, or adds it to what is there.
func (t tiling) rowCut(sums []val, i value.Value, cols [][]piece, add bool) {
	row := t.step(t.out, t.addr(t.node.C), t.item(t.addr(t.node.CRows), i))
	for v, sum := range sums {
		if add {
			old := t.convert(t.loadCut(t.rowType(), row, cols[v]), t.out, t.acc.DType)
			sum = t.arith(loop.OpAdd, t.acc.DType, old, sum)
		}
		t.storeCut(t.rowType(), t.convert(sum, t.acc.DType, t.out), row, cols[v])
	}
}
