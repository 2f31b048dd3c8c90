package llvm

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
	"github.com/llir/llvm/ir/constant"
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/value"
)

// atOnce is how many steps of K a tile's main loop takes at once. Sums of integers take one: LLVM
// reorders them across steps, and then lacks registers.
func (t product) atOnce() int64 {
	if d := t.node.Acc; !t.brief && (d.IsFloat() || d.IsComplex()) {
		return 4
	}
	return 1
}

// tiling is a Tile and what its parts share.
type tiling struct {
	*fn
	node *loop.Tile
	acc  loop.Type // of an accumulator
	out  tensor.DType
	cols int           // vectors in a row of the tile
	rows []value.Value // of A in place: how far the rows lie from the first
	cut  *loop.CutRuns // of the columns of C
}

// product is the rows and the vectors of a tile that are multiplied.
type product struct {
	tiling
	height int64
	width  int
	brief  bool        // of such tiles there are few, and code for them is short
	last   value.Value // of B in place: a mask of the lanes of the last vector that are valid; nil if all are
	apart  value.Value // and how far its rows lie from each other,
	ahead  value.Value // and from those that are asked for meanwhile
	later  value.Value // what tiles read later begins here; nil if none of it is asked for
}

// tile writes a micro-kernel: the accumulators are phis of one loop over K whose body is one block,
// since LLVM keeps a single register tile per block without spilling.
func (e *fn) tile(n *loop.Tile) {
	t := tiling{fn: e, node: n, acc: loop.Type{DType: n.Acc, Lanes: int(n.Lanes)},
		out: e.nest.Params[n.C.Param].DType, cols: int(n.NR / n.Lanes), cut: endless(n.Cut, n.Cols)}
	from := []value.Value{e.addr(n.A), e.addr(n.B)}
	if n.ARows != nil {
		from[0] = t.inPlace(from[0])
	}
	t.put(t.accumulators(t.sums(from)))
}

// sums multiplies what is valid of the panels. The last rows and the last columns are multiplied by code of their own
// where all of the tile would be much more work, or reads what is not there.
func (t tiling) sums(from []value.Value) []value.Value {
	n := t.node
	rows := rest(n.Rows, n.MR, 1)
	if rows == n.MR {
		return t.columns(n.MR, from)
	}
	low := func() []value.Value {
		if t.rowsOfB() {
			return t.columns(rows, from)
		}
		return t.product(rows, t.cols).sums(from)
	}
	all := func() []value.Value { return t.columns(n.MR, from) }
	return t.either(t.compare(enum.IPredSLE, t.fn.count(n.Rows), i64(rows)), "low", low, all)
}

// product is that of so many rows and vectors.
func (t tiling) product(height int64, width int) product {
	apart := t.size(t.node.BStep)
	return product{tiling: t, height: height, width: width, apart: apart, ahead: t.mul(apart, i64(rowsAhead))}
}

// rowsOfB tells whether B is read in place.
func (t tiling) rowsOfB() bool { return t.node.BStep != loop.Const(0) }

// columns multiplies so many rows by the columns that are valid.
func (t tiling) columns(height int64, from []value.Value) []value.Value {
	n := t.node
	if n.Cols.Clamped && n.Cols.Total.Dim > 0 {
		return t.product(height, t.cols).upTo(from)
	}
	cols, last := rest(n.Cols, n.NR, n.Lanes), int64(0)
	if t.rowsOfB() && n.Cols.Clamped {
		cols = (n.Cols.Total.Value-1)%n.NR + 1
		last = cols % n.Lanes
	}
	all := t.product(height, t.cols)
	if cols == n.NR {
		return all.sums(from)
	}
	some := t.product(height, int((cols+n.Lanes-1)/n.Lanes))
	if last > 0 {
		some.last = first(vector(memory(n.Acc), int(n.Lanes)), int(last))
	}
	return t.either(t.compare(enum.IPredSLE, t.fn.count(n.Cols), i64(cols)), "narrow",
		func() []value.Value { return some.sums(from) }, func() []value.Value { return all.sums(from) })
}

// upTo multiplies by as many vectors of columns as are valid, which a call decides: by no more than the product has. The
// last columns only have fewer, and code for each number of them. Of B in place, those are read by a mask of their own.
func (t product) upTo(from []value.Value) []value.Value {
	fewer, cols := t, t.fn.count(t.node.Cols)
	fewer.brief = true
	all := func() []value.Value { return t.sums(from) }
	some := func() []value.Value { return fewer.upTo(from) }
	if t.rowsOfB() && !t.brief {
		return t.either(t.compare(enum.IPredEQ, cols, i64(t.node.NR)), "whole", all, some)
	}
	fewer.width--
	others := i64(int64(fewer.width) * t.node.Lanes)
	if t.rowsOfB() {
		all = func() []value.Value {
			t.last = t.bitsOf(t.laneMask(t.node.Acc, t.node.Lanes, i64(0), t.sub(cols, others)))
			return t.sums(from)
		}
	}
	if t.width == 1 {
		return all()
	}
	return t.either(t.compare(enum.IPredSLE, cols, others), "narrow", some, all)
}

// worthRest is the part of all items that the last of their tiles must have in vain for code of its own.
const worthRest = 40

// rest is how many items of a tile those that are left in the last one need, in whole units; all if that is little less.
func rest(valid loop.Bound, tile, unit int64) int64 {
	if !valid.Clamped || valid.Total.Dim > 0 || valid.Total.Value%tile == 0 {
		return tile
	}
	left := (valid.Total.Value%tile + unit - 1) / unit * unit
	if (tile-left)*worthRest < valid.Total.Value {
		return tile
	}
	return left
}

// sums is the loop over K. It returns the accumulators of a whole tile, zeros for those that it has none of.
func (t product) sums(from []value.Value) []value.Value {
	n := t.node
	state := append([]value.Value{}, from...)
	none := zero(t.acc).list()
	for range int(t.height) * t.width {
		state = append(state, none...)
	}
	depth := t.fn.count(n.Depth)
	if n.Ahead != nil && !t.brief {
		t.later = t.addr(n.Ahead.At)
	}
	switch {
	case n.ACols != nil:
		state = t.inRuns(state, depth)
	case t.fetches():
		state = t.fetching(state, depth)
	default:
		state = t.terms(state, i64(0), depth)
	}
	state = state[2:]
	var all []value.Value
	for i := range int(n.MR) * t.cols {
		if row, v := i/t.cols, i%t.cols; row < int(t.height) && v < t.width {
			at := (row*t.width + v) * len(none)
			all = append(all, state[at:at+len(none)]...)
		} else {
			all = append(all, none...)
		}
	}
	return all
}

// inPlace finds the rows of A, and returns a pointer to the first. It stands in for those that are missing,
// whose products are not stored.
func (t *tiling) inPlace(a value.Value) value.Value {
	table, valid := t.addr(*t.node.ARows), t.fn.count(t.node.Rows)
	first := t.item(table, i64(0))
	for i := range t.node.MR {
		there := t.choose(t.compare(enum.IPredSLT, i64(i), valid), i64(i), i64(0))
		t.rows = append(t.rows, t.sub(t.item(table, there), first))
	}
	return t.step(t.acc.DType, a, first)
}

// line is the bytes of a cache line.
const line = 64

// isWhole tells whether every row and column of the tile is valid.
func (t tiling) isWhole() value.Value {
	rows, cols := t.fn.count(t.node.Rows), t.fn.count(t.node.Cols)
	return t.both(t.compare(enum.IPredEQ, rows, i64(t.node.MR)), t.compare(enum.IPredEQ, cols, i64(t.node.NR)))
}

// steps is the body of a loop that takes n steps of K. The state is the pointers into A and B, then
// the accumulators row by row.
func (t product) steps(n int64) func(value.Value, []value.Value) []value.Value {
	return func(k value.Value, state []value.Value) []value.Value {
		t.fetchLater(k, n)
		acc := t.accumulators(state[2:])
		a, b := i64(t.node.MR), i64(t.node.NR)
		if t.rows != nil {
			a = i64(1)
		}
		if t.rowsOfB() {
			b = t.apart
		}
		at := state[:2]
		for k := range n {
			t.outer(acc, at[0], at[1])
			at = []value.Value{t.onward(state[0], at[0], a, k), t.onward(state[1], at[1], b, k)}
		}
		for _, v := range acc {
			at = append(at, v.list()...)
		}
		return at
	}
}

// fetchLater asks for what n terms from the k-th on bring near of what tiles read later.
func (t product) fetchLater(k value.Value, n int64) {
	if t.later == nil || n < t.atOnce() {
		return
	}
	size, step := int64(t.nest.Params[t.node.Ahead.At.Param].DType.Size()), t.node.Ahead.Step
	first := t.step(t.acc.DType, t.later, t.mul(k, i64(step)))
	for at := int64(0); at < n*step; at += line / size {
		t.fetch(t.step(t.acc.DType, first, i64(at)), false)
	}
}

// onward is the pointer to the step after the k-th, which is at p, by steps of a size: from the first one where that is a
// constant, which addresses hold, else from p, as there are few registers for multiples.
func (t product) onward(first, p, size value.Value, k int64) value.Value {
	if c, ok := known(size); ok {
		return t.step(t.acc.DType, first, i64((k+1)*c))
	}
	return t.step(t.acc.DType, p, size)
}

// outer adds the product of a column of A and a row of B.
func (t product) outer(acc []val, a, b value.Value) {
	row := make([]val, t.width)
	for v := range row {
		row[v] = t.right(b, v)
	}
	for i := range t.height {
		x := t.splat(t.left(a, i), t.acc.Lanes)
		for v := range row {
			sum := &acc[int(i)*t.width+v]
			*sum = t.arith(loop.OpFMA, t.acc.DType, x, row[v], *sum)
		}
	}
}

// left reads the element of A in row i.
func (t tiling) left(a value.Value, i int64) val {
	if t.rows == nil {
		return t.panel(a, t.node.MR, i, 1)
	}
	return t.loadRow(loop.Type{DType: t.acc.DType, Lanes: 1}, t.step(t.acc.DType, a, t.rows[i]))
}

// rowsAhead is how many rows before they are read the lines of B in place are asked for: no prefetcher of the machine
// follows rows that lie pages apart.
const rowsAhead = 8

// right reads vector v of a row of B.
func (t product) right(b value.Value, v int) val {
	first := i64(int64(v) * t.node.Lanes)
	if !t.rowsOfB() {
		return t.panel(b, t.node.NR, int64(v)*t.node.Lanes, t.acc.Lanes)
	}
	t.fetch(t.step(t.acc.DType, t.step(t.acc.DType, b, t.ahead), first), false)
	p := t.step(t.acc.DType, b, first)
	if v == t.width-1 && t.last != nil {
		none := constant.NewZeroInitializer(vector(memory(t.acc.DType), t.acc.Lanes))
		return t.fromMemory(t.acc, t.maskedLoad(p, t.last, none, align(t.acc.DType)))
	}
	return t.loadRow(t.acc, p)
}

// panel reads items of a column of a panel.
func (t tiling) panel(col value.Value, width, first int64, lanes int) val {
	part := loop.Type{DType: t.acc.DType.Real(), Lanes: lanes}
	v := t.loadRow(part, t.step(part.DType, col, i64(first)))
	if t.acc.DType.IsComplex() {
		v.im = t.loadRow(part, t.step(part.DType, col, i64(width+first))).re
	}
	return v
}

// accumulators groups the parts of accumulators.
func (t tiling) accumulators(parts []value.Value) []val {
	n := len(zero(t.acc).list())
	acc := make([]val, len(parts)/n)
	for i := range acc {
		acc[i] = unlist(parts[i*n : (i+1)*n])
	}
	return acc
}
