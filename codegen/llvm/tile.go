package llvm

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/value"
)

// unrolled is how many steps of K a tile's main loop takes at once. Sums of integers take one: LLVM
// reorders them across steps, and then lacks registers.
func unrolled(d tensor.DType) int64 {
	if d.IsFloat() || d.IsComplex() {
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
}

// tile writes a micro-kernel: the accumulators are phis of one loop over K whose body is one block,
// since LLVM keeps a single register tile per block without spilling.
func (e *fn) tile(n *loop.Tile) {
	t := tiling{fn: e, node: n, acc: loop.Type{DType: n.Acc, Lanes: int(n.Lanes)},
		out: e.nest.Params[n.C.Param].DType, cols: int(n.NR / n.Lanes)}
	state := []value.Value{e.addr(n.A), e.addr(n.B)}
	if n.ARows != nil {
		state[0] = t.inPlace(state[0])
	}
	for range int(n.MR) * t.cols {
		state = append(state, zero(t.acc).list()...)
	}
	depth, done := e.count(n.Depth), i64(0)
	k := unrolled(n.Acc)
	if t.vectors() || t.cuts() {
		state, done = t.fetching(state, depth, k)
	} else {
		done = e.sub(depth, e.remainder(depth, k))
		state = e.run(span{"k", i64(0), done, k}, state, t.steps(k))
	}
	state = e.run(span{"krest", done, depth, 1}, state, t.steps(1))
	t.put(t.accumulators(state[2:]))
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

// fetching multiplies, and asks for the lines of C that the tile will write, a row at a time between
// shares of K: asked for all at once, they keep A and B waiting. It returns how far it came.
func (t tiling) fetching(state []value.Value, depth value.Value, k int64) ([]value.Value, value.Value) {
	n := t.node
	share, _ := t.divmod(depth, i64(n.MR*k))
	share = t.mul(share, i64(k))
	c, rows, cols := t.addr(n.C), t.addr(n.CRows), t.addr(n.CCols)
	valid := t.fn.count(n.Rows)
	var lines []value.Value
	for j := int64(0); j < n.NR; j += max(t.chunk(n.Run), line/int64(t.out.Size())) {
		first := t.choose(t.compare(enum.IPredSLT, i64(j), t.fn.count(n.Cols)), i64(j), i64(0))
		lines = append(lines, t.step(t.out, c, t.item(cols, first)))
	}
	state = t.run(count("row", i64(n.MR)), state, func(i value.Value, state []value.Value) []value.Value {
		row := t.item(rows, t.choose(t.compare(enum.IPredSLT, i, valid), i, i64(0)))
		for _, p := range lines {
			t.fetch(t.step(t.out, p, row), true)
		}
		return t.run(span{"k", i64(0), share, k}, state, t.steps(k))
	})
	return state, t.mul(share, i64(n.MR))
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
func (t tiling) steps(n int64) func(value.Value, []value.Value) []value.Value {
	return func(_ value.Value, state []value.Value) []value.Value {
		acc := t.accumulators(state[2:])
		move := func(k int64) []value.Value {
			a := k * t.node.MR
			if t.rows != nil {
				a = k
			}
			return []value.Value{t.step(t.acc.DType, state[0], i64(a)), t.step(t.acc.DType, state[1], i64(k*t.node.NR))}
		}
		for k := range n {
			at := move(k)
			t.outer(acc, at[0], at[1])
		}
		next := move(n)
		for _, v := range acc {
			next = append(next, v.list()...)
		}
		return next
	}
}

// outer adds the product of a column of A and a row of B.
func (t tiling) outer(acc []val, a, b value.Value) {
	row := make([]val, t.cols)
	for v := range row {
		row[v] = t.panel(b, t.node.NR, int64(v)*t.node.Lanes, t.acc.Lanes)
	}
	for i := range t.node.MR {
		x := t.splat(t.left(a, i), t.acc.Lanes)
		for v := range row {
			sum := &acc[int(i)*t.cols+v]
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
	acc := make([]val, int(t.node.MR)*t.cols)
	n := len(parts) / len(acc)
	for i := range acc {
		acc[i] = unlist(parts[i*n : (i+1)*n])
	}
	return acc
}
