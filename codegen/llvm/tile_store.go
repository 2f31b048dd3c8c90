package llvm

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
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
	last := t.compare(enum.IPredEQ, t.vars[n.After.When], t.size(n.After.Is))
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

// chunk is how many lanes of a vector lie together in an array whose columns come in the given runs: a
// power of two; 1 if what does is not worth an access.
func (t tiling) chunk(run int64) int64 {
	n := int64(1)
	for n < t.node.Lanes && run%(2*n) == 0 && run > n {
		n *= 2
	}
	if n < t.node.Lanes && n*int64(t.acc.DType.Size()) < 16 {
		return 1
	}
	return n
}

// vectors tells whether a tile is read from and written to C by vectors, or chunks of them.
func (t tiling) vectors() bool { return t.chunk(t.node.Run) > 1 || t.node.Lanes == 1 }

// chunks calls f for each of n chunks of a row from column j on, with a pointer to the chunk.
func (t tiling) chunks(d tensor.DType, row, table, j value.Value, lanes, chunk int64, f func(first int64, p value.Value)) {
	for i := int64(0); i < lanes; i += chunk {
		f(i, t.step(d, row, t.item(table, t.fn.add(j, i64(i)))))
	}
}

// piece is some lanes of a vector.
func (t tiling) piece(v val, first, n int64) val {
	return each(func(ps ...value.Value) value.Value {
		switch int64(lanes(ps[0].Type())) {
		case n:
			return ps[0]
		case 1:
			return t.extract(ps[0], int(first))
		}
		return t.shuffle(ps[0], ps[0], every(int(first), 1, int(n)))
	}, v)
}

// joined is one vector of several.
func (t tiling) joined(vs []val) val {
	for len(vs) > 1 {
		var next []val
		for i := 0; i < len(vs); i += 2 {
			next = append(next, each(func(ps ...value.Value) value.Value {
				return t.shuffle(ps[0], ps[1], every(0, 1, 2*lanes(ps[0].Type())))
			}, vs[i], vs[i+1]))
		}
		vs = next
	}
	return vs[0]
}

// putSums stores or adds the accumulators: whole tiles with whole vectors from registers, others by way
// of the frame.
func (t tiling) putSums(acc []val) {
	n := t.node
	c, rowTable, colTable := t.addr(n.C), t.addr(n.CRows), t.addr(n.CCols)
	rows, cols := t.fn.count(n.Rows), t.fn.count(n.Cols)
	add := t.adds()
	edge := func() {
		buf := t.spill(acc)
		t.adding(add, func(add bool) { t.edge(buf, c, rowTable, colTable, rows, cols, add) })
	}
	switch {
	case t.vectors() && t.cuts():
		t.branch(t.isWhole(), "whole", func() { t.adding(add, func(add bool) { t.store(acc, c, rowTable, colTable, add) }) },
			func() { t.putRows(acc, t.cutColumns(), add) })
	case t.vectors():
		t.branch(t.isWhole(), "whole", func() { t.adding(add, func(add bool) { t.store(acc, c, rowTable, colTable, add) }) }, edge)
	case t.cuts():
		t.putCut(acc, add)
	default:
		edge()
	}
}

// streaming writes code for tiles that store past the cache, and for those that do not: their nest does not, or C
// begins within a line.
func (t tiling) streaming(yes, no func()) {
	if !t.node.Stream || t.fn.whole == nil {
		no()
		return
	}
	t.branch(t.fn.whole, "stream", yes, no)
}

// store writes every accumulator by vector stores, or adds them to what is there.
func (t tiling) store(acc []val, c, rowTable, colTable value.Value, add bool) {
	t.streaming(func() {
		t.fn.streams = true
		t.whole(acc, c, rowTable, colTable, add)
		t.fn.streams = false
	}, func() { t.whole(acc, c, rowTable, colTable, add) })
}

// whole writes every accumulator by a vector store.
func (t tiling) whole(acc []val, c, rowTable, colTable value.Value, add bool) {
	chunk := t.chunk(t.node.Run)
	var cols []value.Value
	for j := int64(0); j < t.node.NR; j += chunk {
		cols = append(cols, t.item(colTable, i64(j)))
	}
	for i := range int(t.node.MR) {
		row := t.step(t.out, c, t.item(rowTable, i64(int64(i))))
		for j, col := range cols {
			lane := int64(j) * chunk
			v := acc[i*t.cols+int(lane/t.node.Lanes)]
			t.update(int(chunk), t.piece(v, lane%t.node.Lanes, chunk), t.step(t.out, row, col), add)
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
	v = t.convert(v, t.acc.DType, t.out)
	if t.streams {
		t.streamRow(at, v, p)
	} else {
		t.storeRow(at, v, p)
	}
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
			chunk := t.chunk(n.Run)
			rest = t.sub(cols, t.remainder(cols, chunk))
			t.run(span{"j", i64(0), rest, chunk}, nil, piece(int(chunk)))
		}
		t.run(span{"jrest", rest, cols, 1}, nil, piece(1))
		return []value.Value{t.step(t.acc.DType, at[0], i64(n.NR))}
	})
}
