package llvm

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/value"
)

// put does with the accumulators what the block of K asks for.
func (t tiling) put(acc []val) {
	n := t.node
	if n.After == nil {
		t.putSums(acc)
		return
	}
	last := t.compare(enum.IPredEQ, t.vars[n.After.When], i64(n.After.Is))
	t.branch(last, "last", func() { t.finish(acc) }, func() {
		if n.Part == nil {
			t.putSums(acc)
			return
		}
		part := t.addr(*n.Part)
		t.branch(t.adds(), "add", func() { t.keep(t.withPart(acc, part), part) }, func() { t.keep(acc, part) })
	})
}

// adds tells whether this is a later block of K.
func (t tiling) adds() value.Value { return t.compare(enum.IPredNE, t.vars[t.node.Add], i64(0)) }

// withPart adds the sums that earlier blocks of K left.
func (t tiling) withPart(acc []val, part value.Value) []val {
	sums := make([]val, len(acc))
	for i, v := range acc {
		old := t.loadRow(t.acc, t.step(t.acc.DType, part, i64(int64(i)*t.node.Lanes)))
		sums[i] = t.arith(loop.OpAdd, t.acc.DType, old, v)
	}
	return sums
}

// keep leaves the sums for the next block of K.
func (t tiling) keep(acc []val, part value.Value) {
	for i, v := range acc {
		t.storeRow(t.acc, v, t.step(t.acc.DType, part, i64(int64(i)*t.node.Lanes)))
	}
}

// vectors tells whether vectors of a tile lie together in C.
func (t tiling) vectors() bool { return t.node.Run >= t.node.Lanes && t.node.Run%t.node.Lanes == 0 }

// putSums stores or adds the accumulators: whole tiles with whole vectors from registers, others by way
// of the frame.
func (t tiling) putSums(acc []val) {
	n := t.node
	c, rowTable, colTable := t.addr(n.C), t.addr(n.CRows), t.addr(n.CCols)
	rows, cols := t.fn.count(n.Rows), t.fn.count(n.Cols)
	add := t.adds()
	edge := func() {
		buf := t.spill(acc)
		t.branch(add, "add", func() { t.edge(buf, c, rowTable, colTable, rows, cols, true) },
			func() { t.edge(buf, c, rowTable, colTable, rows, cols, false) })
	}
	if !t.vectors() {
		edge()
		return
	}
	t.branch(t.isWhole(), "whole", func() {
		t.branch(add, "add", func() { t.whole(acc, c, rowTable, colTable, true) },
			func() { t.whole(acc, c, rowTable, colTable, false) })
	}, edge)
}

// whole writes every accumulator by a vector store.
func (t tiling) whole(acc []val, c, rowTable, colTable value.Value, add bool) {
	cols := make([]value.Value, t.cols)
	for v := range cols {
		cols[v] = t.item(colTable, i64(int64(v)*t.node.Lanes))
	}
	for i := range int(t.node.MR) {
		row := t.step(t.out, c, t.item(rowTable, i64(int64(i))))
		for v, col := range cols {
			t.update(t.acc.Lanes, acc[i*t.cols+v], t.step(t.out, row, col), add)
		}
	}
}

// update stores an accumulator of some lanes, or adds it to what is there.
func (t tiling) update(lanes int, v val, p value.Value, add bool) {
	at := loop.Type{DType: t.out, Lanes: lanes}
	if add {
		old := t.convert(t.loadRow(at, p), t.out, t.acc.DType)
		v = t.arith(loop.OpAdd, t.acc.DType, old, v)
	}
	t.storeRow(at, t.convert(v, t.acc.DType, t.out), p)
}

// spill writes the accumulators to the frame, row by row.
func (t tiling) spill(acc []val) value.Value {
	buf := t.buffer(t.acc.DType, t.node.MR*t.node.NR)
	t.keep(acc, buf)
	return buf
}

// edge writes the valid part of a tile in the frame: whole vectors where columns come in runs that hold
// them, then element by element.
func (t tiling) edge(buf, c, rowTable, colTable, rows, cols value.Value, add bool) {
	n := t.node
	t.run(count("i", rows), []value.Value{buf}, func(i value.Value, at []value.Value) []value.Value {
		row := t.step(t.out, c, t.item(rowTable, i))
		piece := func(lanes int) func(value.Value, []value.Value) []value.Value {
			return func(j value.Value, _ []value.Value) []value.Value {
				v := t.loadRow(loop.Type{DType: t.acc.DType, Lanes: lanes}, t.step(t.acc.DType, at[0], j))
				t.update(lanes, v, t.step(t.out, row, t.item(colTable, j)), add)
				return nil
			}
		}
		rest := i64(0)
		if t.vectors() {
			rest = t.sub(cols, t.remainder(cols, n.Lanes))
			t.run(span{"j", i64(0), rest, n.Lanes}, nil, piece(t.acc.Lanes))
		}
		t.run(span{"jrest", rest, cols, 1}, nil, piece(1))
		return []value.Value{t.step(t.acc.DType, at[0], i64(n.NR))}
	})
}
