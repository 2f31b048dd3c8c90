package llvm

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
	"github.com/llir/llvm/ir"
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/types"
	"github.com/llir/llvm/ir/value"
)

// Rows of which neighbours in the operand are Step apart are packed many panels at once: some successive rows are
// read by vectors of such neighbours and turned, so that each cache line is read once. A run of neighbours is
// a rectangle of Length by Step rows. Squares that would leave it on the far side are moved back, over others;
// the rows of a square that are not to be packed, or lie in a panel that another one of them does not, are
// stored under masks.

// crossing is the turning of a rectangle: the square's rows are group successive ones of n runs. A group fills a
// vector where there are as many rows: of stores in panels, few then cross from one to the next.
type crossing struct {
	packing
	to, count value.Value
	n, group  int64
}

// turnPanels packs rectangle by rectangle.
func (p packing) turnPanels(to, count value.Value) {
	c := p.node.Cut
	x := crossing{p, to, count, p.turned(), p.square()}
	whole := int64(p.target.VectorBits / 8 / p.out.Size())
	if p.tall(min(c.Step, p.node.Width)) == whole && x.n >= x.group {
		x.group = whole
	}
	for x.group > c.Step || x.group > x.n && x.group <= p.square() {
		x.group /= 2
	}
	run := c.Length * c.Step
	_, gone := p.divmod(p.sum(c.At), i64(run))
	end := p.add(gone, count)
	p.run(span{"run", i64(0), p.add(end, i64(run-1)), run}, nil, func(first value.Value, _ []value.Value) []value.Value {
		from, until := p.larger(first, gone), p.smaller(p.add(first, i64(run)), end)
		some := p.compare(enum.IPredSLT, p.sub(until, from), i64(2*c.Step))
		p.branch(some, "few", func() { p.eachRow(to, p.sub(from, gone), p.sub(until, gone)) },
			func() { x.rectangle(p.sub(first, gone), p.sub(from, first), p.sub(until, first)) })
		return nil
	})
}

// turned is how many neighbours are read at once: what runs have of a cache line, or, where lines do not divide
// them, half of one at most.
func (p packing) turned() int64 {
	most, size := int64(p.target.VectorBits/8), int64(max(p.in.Real().Size(), p.out.Real().Size()))
	if p.node.Cut.Length*size%most > 0 {
		most = min(most, line/2)
	}
	n := int64(1)
	for 2*n <= p.node.Cut.Length && 2*n*size <= most {
		n *= 2
	}
	return n
}

// rectangle packs what lies from from to before until in a rectangle that begins at row base. That is two rows of
// it at least, so each column of it has a row that is there.
func (x crossing) rectangle(base, from, until value.Value) {
	step, length := x.node.Cut.Step, x.node.Cut.Length
	first, _ := x.divmod(from, i64(step))
	first = x.sub(first, x.remainder(first, x.n)) // squares that keep to cache lines where the runs do
	end, _ := x.divmod(x.add(until, i64(step-1)), i64(step))
	last := x.smaller(first, i64(length-x.n))
	x.run(span{"c", i64(0), i64(step + x.group - 1), x.group}, nil, func(c value.Value, _ []value.Value) []value.Value {
		after := x.smaller(x.add(c, i64(x.group)), i64(step-x.group))
		c = x.smaller(c, i64(step-x.group))
		x.run(span{"t", first, x.add(end, i64(x.n-1)), x.n}, nil, func(t value.Value, _ []value.Value) []value.Value {
			more := x.compare(enum.IPredSLT, x.add(t, i64(x.n)), end)
			t = x.smaller(t, i64(length-x.n))
			row := x.add(base, x.add(x.mul(t, i64(step)), c))
			next := x.choose(more, x.add(row, i64(x.n*step)), x.add(base, x.add(x.mul(last, i64(step)), after)))
			x.block(row, next)
			return nil
		})
		return nil
	})
}

// block packs a square whose first row is row, and asks for the lines of the one that begins at row next.
func (x crossing) block(row, next value.Value) {
	spots := x.frame(types.I64, x.n, 8)
	last := x.add(row, i64((x.n-1)*x.node.Cut.Step+x.group))
	plain := x.both(x.compare(enum.IPredSLE, i64(0), row), x.compare(enum.IPredSLE, last, x.count))
	plain = x.run(count("spot", i64(x.n)), []value.Value{plain}, func(t value.Value, plain []value.Value) []value.Value {
		s := x.spot(row, t)
		x.write(s.to, x.entry(spots, t), 8)
		return []value.Value{x.both(plain[0], x.compare(enum.IPredSLE, s.at, i64(x.node.Width-x.group)))}
	})[0]
	at := func(t, col value.Value) value.Value {
		return x.step(x.out, x.step(x.out.Real(), x.to, x.read(types.I64, x.entry(spots, t), 8)), col)
	}
	x.branch(plain, "plain", func() {
		x.columnsTurned(row, i64(0), next, func(t value.Value, v val, col value.Value) { x.place(v, at(t, col), i64(0)) })
	}, func() {
		masks := x.masksOf(row)
		move := x.neighbour(row)
		x.columnsTurned(x.add(row, x.mul(move, i64(x.node.Cut.Step))), move, next, func(t value.Value, v val, col value.Value) {
			x.placeMasked(v, at(t, col), [2]value.Value{x.read(masks[0].typ, x.entry(masks[0].p, t), 1), x.read(masks[1].typ, x.entry(masks[1].p, t), 1)})
		})
	})
}

// columnsTurned turns all columns of a square whose first row is move neighbours before row have. It goes through a
// column by pieces: code for all of them would be several times as long, and no faster.
func (x crossing) columnsTurned(have, move, next value.Value, put func(t value.Value, v val, col value.Value)) {
	known := x.both(x.compare(enum.IPredSLE, i64(0), next), x.compare(enum.IPredSLT, next, x.count))
	ahead := x.sub(x.item(x.rows, x.choose(known, next, have)), x.item(x.rows, have))
	piece := x.n
	if x.group > x.square() {
		piece = min(piece, x.square())
	}
	table := x.step(tensor.I64, x.rows, have)
	x.run(count("k", x.depth), nil, func(k value.Value, _ []value.Value) []value.Value {
		from, col := x.sub(x.item(x.cols, k), move), x.mul(k, i64(x.node.Width))
		x.run(span{"t", i64(0), i64(x.n), piece}, nil, func(t value.Value, _ []value.Value) []value.Value {
			at := x.step(x.in, x.from, x.add(from, t))
			row := func(i value.Value) value.Value { return x.step(x.in, at, x.item(table, i)) }
			done, _ := x.divmod(t, i64(piece))
			share := max(1, x.group*piece/x.n)
			for i := range share {
				x.fetch(x.step(x.in, row(x.smaller(x.add(x.mul(done, i64(share)), i64(i)), i64(x.group-1))), ahead), false)
			}
			rows := make([]value.Value, x.group)
			for i := range rows {
				rows[i] = row(i64(int64(i)))
			}
			x.turnSquares(rows, i64(0), piece, func(i int64, v val) { put(x.add(t, i64(i)), v, col) })
			return nil
		})
		return nil
	})
}

// neighbour is how many runs from group successive rows others begin that are in the table.
func (x crossing) neighbour(row value.Value) value.Value {
	step := i64(x.node.Cut.Step)
	up, _ := x.divmod(x.sub(i64(x.node.Cut.Step-1), row), step)
	over := x.sub(x.add(row, i64(x.group)), x.count)
	down, _ := x.divmod(x.add(over, i64(x.node.Cut.Step-1)), step)
	down = x.choose(x.compare(enum.IPredSLT, i64(0), over), x.sub(i64(0), down), i64(0))
	return x.choose(x.compare(enum.IPredSLT, row, i64(0)), up, down)
}

// spot is where successive rows go: to one panel, from item at of it on, which is element to; or those that it has no
// room for to the next.
type spot struct{ row, at, to value.Value }

// spot is that of the t-th rows of a square that begins at a row.
func (x crossing) spot(first, t value.Value) spot {
	row := x.add(first, x.mul(t, i64(x.node.Cut.Step)))
	panel, _ := x.divmod(x.larger(row, i64(0)), i64(x.node.Width))
	at := x.sub(row, x.mul(panel, i64(x.node.Width)))
	return spot{row, at, x.add(x.mul(panel, i64(x.node.Apart*parts(x.out))), at)}
}

// entry is the pointer to entry t of a table in the frame.
func (x crossing) entry(table, t value.Value) value.Value {
	return x.put(ir.NewGetElementPtr(table.Type().(*types.PointerType).ElemType, table, t))
}

// maskTable is masks in the frame.
type maskTable struct {
	p   value.Value
	typ types.Type
}

// masksOf are those of the rows of a square that begins at a row: which go to the first panel, and which to the next.
func (x crossing) masksOf(first value.Value) (tables [2]maskTable) {
	x.run(count("mask", i64(x.n)), nil, func(t value.Value, _ []value.Value) []value.Value {
		for i, m := range x.sides(x.spot(first, t)) {
			tables[i] = maskTable{x.frame(m.Type(), x.n, align(x.out)), m.Type()}
			x.write(m, x.entry(tables[i].p, t), 1)
		}
		return nil
	})
	return tables
}

// sides finds which rows go to which panel, as masks or, for a single row, as conditions.
func (x crossing) sides(s spot) (masks [2]value.Value) {
	fits, end := x.sub(i64(x.node.Width), s.at), x.smaller(x.sub(x.count, s.row), i64(x.group))
	first := x.larger(x.sub(i64(0), s.row), i64(0))
	for i, lanes := range [2][2]value.Value{{first, x.smaller(end, fits)}, {x.larger(first, fits), end}} {
		if x.group == 1 {
			masks[i] = x.compare(enum.IPredSLT, lanes[0], lanes[1])
		} else {
			masks[i] = x.laneMask(x.out.Real(), x.group, lanes[0], lanes[1])
		}
	}
	return masks
}

// placeMasked writes those of a column's successive items that are rows to pack.
func (x crossing) placeMasked(v val, at value.Value, masks [2]value.Value) {
	for i, part := range v.list() {
		for side, mask := range masks {
			// The next panel has what this one has no room for.
			p := x.step(x.out.Real(), at, i64(int64(i)*x.node.Width+int64(side)*(x.node.Apart*parts(x.out)-x.node.Width)))
			if x.group > 1 {
				x.maskedStore(part, p, x.bitsOf(mask), align(x.out))
				continue
			}
			one := loop.Type{DType: x.out.Real(), Lanes: 1}
			x.branch(mask, "lane", func() { x.storeRow(one, val{re: part}, p) }, func() {})
		}
	}
}
