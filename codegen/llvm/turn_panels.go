package llvm

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/llir/llvm/ir"
	"github.com/llir/llvm/ir/enum"
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
	spots := make([]spot, x.n)
	last := x.add(row, i64((x.n-1)*x.node.Cut.Step+x.group))
	plain := x.both(x.compare(enum.IPredSLE, i64(0), row), x.compare(enum.IPredSLE, last, x.count))
	for t := range spots {
		spots[t] = x.spot(x.add(row, i64(int64(t)*x.node.Cut.Step)))
		plain = x.both(plain, x.compare(enum.IPredSLE, spots[t].at, i64(x.node.Width-x.group)))
	}
	x.branch(plain, "plain", func() {
		x.columnsTurned(row, i64(0), next, func(t int64, v val, col value.Value) {
			x.place(v, x.step(x.out, spots[t].p[0], col), i64(0))
		})
	}, func() {
		for t := range spots {
			x.mask(&spots[t])
		}
		move := x.neighbour(row)
		x.columnsTurned(x.add(row, x.mul(move, i64(x.node.Cut.Step))), move, next, func(t int64, v val, col value.Value) {
			x.placeMasked(spots[t], v, col)
		})
	})
}

// columnsTurned turns all columns of a square whose first row is move neighbours before row have.
func (x crossing) columnsTurned(have, move, next value.Value, put func(t int64, v val, col value.Value)) {
	var rows []value.Value
	for i := range x.group {
		rows = append(rows, x.step(x.in, x.from, x.sub(x.item(x.rows, x.add(have, i64(i))), move)))
	}
	known := x.both(x.compare(enum.IPredSLE, i64(0), next), x.compare(enum.IPredSLT, next, x.count))
	ahead := x.sub(x.item(x.rows, x.choose(known, next, have)), x.item(x.rows, have))
	x.run(count("k", x.depth), nil, func(k value.Value, _ []value.Value) []value.Value {
		from, col := x.item(x.cols, k), x.mul(k, i64(x.node.Width))
		for _, r := range rows {
			x.fetch(x.step(x.in, r, x.add(from, ahead)), false)
		}
		x.turnSquares(rows, from, x.n, func(t int64, v val) { put(t, v, col) })
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

// spot is where successive rows from row on go: all to the first place, or each to one of the two, the second of
// which is in the next panel.
type spot struct {
	row, at value.Value
	p       [2]value.Value
	masks   [2]value.Value
}

func (x crossing) spot(row value.Value) spot {
	panel, _ := x.divmod(x.larger(row, i64(0)), i64(x.node.Width))
	s := spot{row: row, at: x.sub(row, x.mul(panel, i64(x.node.Width)))}
	for i := range s.p {
		p := x.step(x.out, x.to, x.mul(x.add(panel, i64(int64(i))), i64(x.node.Apart)))
		p = x.step(x.out.Real(), p, x.sub(s.at, i64(int64(i)*x.node.Width)))
		s.p[i] = x.put(ir.NewInstFreeze(p)) // else LLVM makes a counter of each in loops over columns
	}
	return s
}

// mask finds which rows go to which place, as masks or, for a single row, as conditions.
func (x crossing) mask(s *spot) {
	fits, end := x.sub(i64(x.node.Width), s.at), x.smaller(x.sub(x.count, s.row), i64(x.group))
	first := x.larger(x.sub(i64(0), s.row), i64(0))
	for i, lanes := range [2][2]value.Value{{first, x.smaller(end, fits)}, {x.larger(first, fits), end}} {
		if x.group == 1 {
			s.masks[i] = x.compare(enum.IPredSLT, lanes[0], lanes[1])
		} else {
			s.masks[i] = x.laneMask(x.out.Real(), x.group, lanes[0], lanes[1])
		}
	}
}

// placeMasked writes those of a column's successive items that are rows to pack.
func (x crossing) placeMasked(at spot, v val, col value.Value) {
	for i, part := range v.list() {
		for side, mask := range at.masks {
			p := x.step(x.out.Real(), x.step(x.out, at.p[side], col), i64(int64(i)*x.node.Width))
			if x.group > 1 {
				x.maskedStore(part, p, x.bitsOf(mask), align(x.out))
				continue
			}
			one := loop.Type{DType: x.out.Real(), Lanes: 1}
			x.branch(mask, "lane", func() { x.storeRow(one, val{re: part}, p) }, func() {})
		}
	}
}
