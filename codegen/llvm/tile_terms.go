package llvm

import (
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/value"
)

// The loops over the terms of a tile.

// terms multiplies those from start on that lie before stop, some at once and then the rest.
func (t product) terms(state []value.Value, start, stop value.Value) []value.Value {
	k, even := t.atOnce(), t.even(start, stop)
	state = t.run(span{"k", start, even, k}, state, t.steps(k))
	return t.run(span{"krest", even, stop, 1}, state, t.steps(1))
}

// even is where those of some terms end that are multiplied some at once: at the last one, without code for a rest,
// if the terms of a tile, and of each run of A, are known to be a multiple.
func (t product) even(start, stop value.Value) value.Value {
	n, k := t.node, t.atOnce()
	whole := wholes(n.Depth, k)
	if n.ACols != nil {
		length := loop.Const(n.ACut.Length)
		whole = whole && wholes(loop.Bound{Max: length, Clamped: true, Total: length, At: n.ACut.At}, k)
	}
	if whole {
		return stop
	}
	return t.sub(stop, t.remainder(t.sub(stop, start), k))
}

// wholes tells whether a count is a multiple of n, and so is where it begins, whatever the variables are.
func wholes(b loop.Bound, n int64) bool {
	return multiple(b.Max, n) && (!b.Clamped || multiple(b.Total, n) && whole(b.At, n))
}

// multiple tells whether a size is a multiple of n, and whole whether a position is, whatever the variables are.
func multiple(s loop.Size, n int64) bool { return s.Dim == 0 && s.Value%n == 0 }

func whole(a loop.Affine, n int64) bool {
	part := func(t loop.Term) bool { return !multiple(t.Coef, n) }
	return a.Const%n == 0 && !slices.ContainsFunc(a.Terms, part)
}

// inRuns multiplies terms of A in place, run by run, and the long ones piece by piece, asking for lines of C between
// them.
func (t product) inRuns(state []value.Value, depth value.Value) []value.Value {
	n, length := t.node, t.node.ACut.Length
	base, table := state[0], t.addr(*n.ACols)
	c := t.linesOfC()
	piece := length
	if share := t.share(); piece >= 2*share {
		piece = share
	}
	gone := t.remainder(t.sum(n.ACut.At), length)
	return t.run(span{"run", i64(0), t.add(t.add(gone, depth), i64(length-1)), length}, state, func(first value.Value, state []value.Value) []value.Value {
		start, stop := t.larger(t.sub(first, gone), i64(0)), t.smaller(t.sub(t.add(first, i64(length)), gone), depth)
		state = append([]value.Value{t.step(t.acc.DType, base, t.item(table, start))}, state[1:]...)
		return t.run(span{"piece", start, t.add(stop, i64(piece-1)), piece}, state, func(start value.Value, state []value.Value) []value.Value {
			row, _ := t.divmod(t.mul(start, i64(n.MR)), i64(n.Depth.Max.Value))
			for i := int64(0); c.lines != nil && i*n.Depth.Max.Value < piece*n.MR; i++ {
				t.fetchRow(c, t.add(row, i64(i)))
			}
			return t.terms(state, start, t.smaller(t.add(start, i64(piece)), stop))
		})
	})
}

// fetches tells whether a tile asks for the lines of C that it will write.
func (t product) fetches() bool { return !t.brief && (t.vectors() || t.cuts()) }

// share is how many terms lie between two rows of C that are asked for: at once, they keep A and B waiting.
func (t product) share() int64 {
	k := t.atOnce()
	return max(t.node.Depth.Max.Value/t.node.MR/k, 1) * k
}

// fetching multiplies, and asks for the lines of C that the tile will write, a row at a time between shares of K. The
// last one is what is left.
func (t product) fetching(state []value.Value, depth value.Value) []value.Value {
	n, k, even := t.node, t.atOnce(), t.even(i64(0), depth)
	share, _ := t.divmod(depth, i64(n.MR*k))
	share = t.mul(share, i64(k))
	c := t.linesOfC()
	state = t.run(count("row", i64(n.MR)), state, func(i value.Value, state []value.Value) []value.Value {
		t.fetchRow(c, i)
		done, last := t.mul(i, share), t.compare(enum.IPredEQ, i, i64(n.MR-1))
		return t.run(span{"k", done, t.choose(last, even, t.add(done, share)), k}, state, t.steps(k))
	})
	return t.run(span{"krest", even, depth, 1}, state, t.steps(1))
}

// linesOfC is where the lines of a tile's rows lie in C: in a row at offset 0, and the rows.
type linesOfC struct {
	lines       []value.Value
	rows, valid value.Value
}

func (t product) linesOfC() linesOfC {
	n := t.node
	if !t.fetches() {
		return linesOfC{}
	}
	at, cols := t.addr(n.C), t.addr(n.CCols)
	c := linesOfC{rows: t.addr(n.CRows), valid: t.fn.count(n.Rows)}
	for j := int64(0); j < n.NR; j += max(t.chunk(n.Run), line/int64(t.out.Size())) {
		first := t.choose(t.compare(enum.IPredSLT, i64(j), t.fn.count(n.Cols)), i64(j), i64(0))
		c.lines = append(c.lines, t.step(t.out, at, t.item(cols, first)))
	}
	return c
}

// fetchRow asks for the lines of row i, or of the first row if there is none.
func (t product) fetchRow(c linesOfC, i value.Value) {
	row := t.item(c.rows, t.choose(t.compare(enum.IPredSLT, i, c.valid), i, i64(0)))
	t.streaming(func() {}, func() {
		for _, p := range c.lines {
			t.fetch(t.step(t.out, p, row), true)
		}
	})
}
