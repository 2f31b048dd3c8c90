package llvm

import (
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/value"
)

// maxAfter bounds the operations that are written out for each vector of a tile; longer bodies run in a
// loop over vectors in the frame.
const maxAfter = 256

// finish is the last block of K: what After says, from registers where the tile is whole.
func (t tiling) finish(acc []val) {
	n := t.node
	add := t.adds()
	if n.After.When == n.Add {
		add = t.compare(enum.IPredNE, t.size(n.After.Is), i64(0))
	}
	t.branch(add, "add", func() {
		if n.Part != nil {
			t.finishSums(t.withPart(acc, t.addr(*n.Part)), false)
			return
		}
		t.finishSums(acc, true)
	}, func() { t.finishSums(acc, false) })
}

// finishSums stores what comes of the sums; with add, C's elements are added to them first.
func (t tiling) finishSums(acc []val, add bool) {
	n := t.node
	some := func() { t.finishSome(t.spill(acc), add) }
	switch {
	case !t.vectors():
		some()
	case len(n.After.Body)*len(acc) > maxAfter:
		t.branch(t.isWhole(), "whole", func() { t.finishLoop(t.spill(acc), add) }, some)
	default:
		t.branch(t.isWhole(), "whole", func() { t.finishWhole(acc, add) }, some)
	}
}

// finishWhole works on all vectors of the tile; what lies beside them is read once.
func (t tiling) finishWhole(acc []val, add bool) {
	known := map[[3]int]val{}
	for i := range int(t.node.MR) {
		for v := range t.cols {
			at := place{i64(int64(i)), i64(int64(v) * t.node.Lanes)}
			for b := range t.node.After.Beside {
				x := &t.node.After.Beside[b]
				key := [3]int{b, -1, -1}
				if x.Rows.Param >= 0 {
					key[1] = i
				}
				if x.Cols.Param >= 0 {
					key[2] = v
				}
				if _, ok := known[key]; !ok {
					known[key] = t.beside(x, at)
				}
				t.regs[x.Dst] = known[key]
			}
			t.finishVector(acc[i*t.cols+v], at, add)
		}
	}
}

// place is a vector of a tile: its row and its first column.
type place struct{ row, col value.Value }

// inC is the element of C at a place.
func (t tiling) inC(at place) value.Value {
	n := t.node
	row := t.step(t.out, t.addr(n.C), t.item(t.addr(n.CRows), at.row))
	return t.step(t.out, row, t.item(t.addr(n.CCols), at.col))
}

// finishVector runs the body on a vector of sums and stores the result, by chunks that lie together.
func (t tiling) finishVector(sum val, at place, add bool) {
	if add {
		sum = t.withC(sum, at)
	}
	t.toC(t.result(sum), at)
}

// inChunks calls f for each chunk of C that a vector at a place has, with its first lane, type and pointer.
func (t tiling) inChunks(at place, f func(first int64, part loop.Type, p value.Value)) {
	chunk := t.chunk(t.node.Run)
	row := t.step(t.out, t.addr(t.node.C), t.item(t.addr(t.node.CRows), at.row))
	t.chunks(t.out, row, t.addr(t.node.CCols), at.col, t.node.Lanes, chunk, func(i int64, p value.Value) {
		f(i, loop.Type{DType: t.out, Lanes: int(chunk)}, p)
	})
}

// withC adds what C holds to a vector of sums.
func (t tiling) withC(sum val, at place) val {
	var old []val
	t.inChunks(at, func(_ int64, part loop.Type, p value.Value) { old = append(old, t.loadRow(part, p)) })
	return t.arith(loop.OpAdd, t.acc.DType, t.convert(t.joined(old), t.out, t.acc.DType), sum)
}

// toC stores a vector in C.
func (t tiling) toC(v val, at place) {
	t.inChunks(at, func(i int64, part loop.Type, p value.Value) { t.storeRow(part, t.piece(v, i, int64(part.Lanes)), p) })
}

// result is what the body makes of sums; what lies beside them is in its registers.
func (t tiling) result(sum val) val {
	t.regs[t.node.After.Sum] = sum
	t.body(t.node.After.Body)
	return t.regs[t.node.After.Value]
}

// readBeside reads all that lies beside a whole vector, for the body.
func (t tiling) readBeside(at place) {
	for b := range t.node.After.Beside {
		x := &t.node.After.Beside[b]
		t.regs[x.Dst] = t.beside(x, at)
	}
}

// beside reads what lies beside a whole vector.
func (t tiling) beside(x *loop.Beside, at place) val {
	d := t.nest.Params[x.From.Param].DType
	row := t.besideRow(x, at.row)
	lanes := t.acc.Lanes
	one := loop.Type{DType: d, Lanes: 1}
	switch {
	case x.Cols.Param < 0:
		return t.splat(t.loadRow(one, row), lanes)
	case t.chunk(x.Run) > 1 || lanes == 1:
		chunk := t.chunk(x.Run)
		var vs []val
		t.chunks(d, row, t.addr(x.Cols), at.col, int64(lanes), chunk, func(_ int64, p value.Value) {
			vs = append(vs, t.loadRow(loop.Type{DType: d, Lanes: int(chunk)}, p))
		})
		return t.joined(vs)
	}
	buf := t.buffer(d, int64(lanes))
	t.gather(x, row, at.col, i64(int64(lanes)), buf)
	return t.loadRow(loop.Type{DType: d, Lanes: lanes}, buf)
}

// besideRow is the pointer to a row of what lies beside a tile.
func (t tiling) besideRow(x *loop.Beside, i value.Value) value.Value {
	from := t.addr(x.From)
	if x.Rows.Param < 0 {
		return from
	}
	return t.step(t.nest.Params[x.From.Param].DType, from, t.item(t.addr(x.Rows), i))
}

// gather copies n elements of a row, from column j on, to the frame.
func (t tiling) gather(x *loop.Beside, row, j, n, buf value.Value) {
	d := t.nest.Params[x.From.Param].DType
	one := loop.Type{DType: d, Lanes: 1}
	cols := t.addr(x.Cols)
	t.run(count("l", n), nil, func(l value.Value, _ []value.Value) []value.Value {
		v := t.loadRow(one, t.step(d, row, t.item(cols, t.add(j, l))))
		t.storeRow(one, v, t.step(d, buf, l))
		return nil
	})
}

// chains is how many vectors a loop over long bodies takes at once: each is a chain of operations that
// wait for one another, and a core does not look far enough ahead to find the next.
const chains = 4

// finishLoop is finishWhole as a loop over a few vectors in the frame at a time.
func (t tiling) finishLoop(buf value.Value, add bool) {
	n := t.node
	rows := max(1, chains/int64(t.cols))
	for n.MR%rows > 0 {
		rows--
	}
	t.run(span{"i", i64(0), i64(n.MR), rows}, nil, func(i value.Value, _ []value.Value) []value.Value {
		var at []place
		var sums []val
		for r := range rows {
			for v := range int64(t.cols) {
				p := place{t.add(i, i64(r)), i64(v * n.Lanes)}
				at = append(at, p)
				sums = append(sums, t.loadRow(t.acc, t.step(t.acc.DType, buf, t.add(t.mul(p.row, i64(n.NR)), p.col))))
			}
		}
		t.finishVectors(sums, at, add)
		return nil
	})
}

// finishVectors runs the body on several vectors of sums side by side and stores the results.
func (t tiling) finishVectors(sums []val, at []place, add bool) {
	after, regs := t.node.After, t.regs
	files := make([][]val, len(sums))
	for v, sum := range sums {
		if add {
			sum = t.withC(sum, at[v])
		}
		files[v] = slices.Clone(regs)
		t.fn.regs = files[v]
		t.regs[after.Sum] = sum
		t.readBeside(at[v])
	}
	for _, n := range after.Body {
		for _, file := range files {
			t.fn.regs = file
			t.body([]loop.Node{n})
		}
	}
	t.fn.regs = regs
	for v, file := range files {
		t.toC(file[after.Value], at[v])
	}
}

// finishSome works on the valid part of a tile in the frame: on whole vectors where columns come in runs that hold them,
// then on what is left of each row.
func (t tiling) finishSome(buf value.Value, add bool) {
	n := t.node
	rows, cols := t.fn.count(n.Rows), t.fn.count(n.Cols)
	t.run(count("i", rows), []value.Value{buf}, func(i value.Value, at []value.Value) []value.Value {
		rest := i64(0)
		if t.vectors() {
			rest = t.sub(cols, t.remainder(cols, n.Lanes))
			t.run(span{"j", i64(0), rest, n.Lanes}, nil, func(j value.Value, _ []value.Value) []value.Value {
				p := place{i, j}
				t.readBeside(p)
				t.finishVector(t.loadRow(t.acc, t.step(t.acc.DType, at[0], j)), p, add)
				return nil
			})
		}
		if !t.vectors() || n.Cols.Total.Dim > 0 || n.Cols.Total.Value%n.Lanes > 0 {
			t.finishRest(at[0], i, rest, cols, add)
		}
		return []value.Value{t.step(t.acc.DType, at[0], i64(n.NR))}
	})
}

// finishRest works on the columns of a row of sums in the frame from first on: the body takes whole vectors, of which only
// the valid lanes are read and stored.
func (t tiling) finishRest(sums, i, first, cols value.Value, add bool) {
	n := t.node
	out := t.buffer(t.out, n.Lanes)
	if add {
		t.addRow(sums, i, first, cols)
	}
	s := span{"j", first, t.add(cols, i64(n.Lanes-1)), n.Lanes}
	t.run(s, nil, func(j value.Value, _ []value.Value) []value.Value {
		valid := t.smaller(t.sub(cols, j), i64(n.Lanes))
		for b := range n.After.Beside {
			t.besideSome(&n.After.Beside[b], place{i, j}, valid)
		}
		v := t.result(t.loadRow(t.acc, t.step(t.acc.DType, sums, j)))
		t.storeRow(loop.Type{DType: t.out, Lanes: t.acc.Lanes}, v, out)
		one := loop.Type{DType: t.out, Lanes: 1}
		t.run(count("l", valid), nil, func(l value.Value, _ []value.Value) []value.Value {
			t.storeRow(one, t.loadRow(one, t.step(t.out, out, l)), t.inC(place{i, t.add(j, l)}))
			return nil
		})
		return nil
	})
}

// addRow adds what a row of C holds, from column first on, to sums in the frame.
func (t tiling) addRow(sums, i, first, cols value.Value) {
	t.run(span{"j", first, cols, 1}, nil, func(j value.Value, _ []value.Value) []value.Value {
		one := loop.Type{DType: t.acc.DType, Lanes: 1}
		p := t.step(t.acc.DType, sums, j)
		old := t.convert(t.loadRow(loop.Type{DType: t.out, Lanes: 1}, t.inC(place{i, j})), t.out, t.acc.DType)
		t.storeRow(one, t.arith(loop.OpAdd, t.acc.DType, old, t.loadRow(one, p)), p)
		return nil
	})
}

// besideSome reads the valid lanes of what lies beside a vector.
func (t tiling) besideSome(x *loop.Beside, at place, valid value.Value) {
	if x.Cols.Param < 0 {
		t.regs[x.Dst] = t.beside(x, at)
		return
	}
	d := t.nest.Params[x.From.Param].DType
	buf := t.buffer(d, t.node.Lanes)
	t.gather(x, t.besideRow(x, at.row), at.col, valid, buf)
	t.regs[x.Dst] = t.loadRow(loop.Type{DType: d, Lanes: t.acc.Lanes}, buf)
}
