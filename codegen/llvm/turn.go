package llvm

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/value"
)

// Operands whose terms of K are neighbours are transposed on their way into a panel: a few rows at a time
// are read by vectors along K, and turned in 16-byte squares, which machines shuffle fastest; each
// square's columns are stored where they belong.

// square is the rows that are turned together: those whose items fill 16 bytes.
func (p packing) square() int64 { return int64(max(1, min(4, 16/p.out.Real().Size()))) }

// turn packs groups of rows one after the other. Groups with missing rows go element by element.
func (p packing) turn(to, count value.Value, step int64) {
	first := int64(0)
	for group := p.square(); group > 0; group /= 2 {
		last := p.node.Width - (p.node.Width-first)%group
		p.run(span{"r", i64(first), i64(last), group}, nil, func(r value.Value, _ []value.Value) []value.Value {
			there := p.compare(enum.IPredSLE, p.add(r, i64(group)), count)
			p.branch(there, "rows", func() { p.turnRows(to, r, group, step) }, func() { p.fewRows(to, r, group, count) })
			return nil
		})
		first = last
	}
}

// turnRows packs rows r to r+group for all of K: by whole vectors, by squares, by single columns.
func (p packing) turnRows(to, r value.Value, group, step int64) {
	rows := make([]value.Value, group)
	for i := range rows {
		rows[i] = p.step(p.in, p.from, p.item(p.rows, p.add(r, i64(int64(i)))))
	}
	done := i64(0)
	for _, n := range []int64{step, group, 1} {
		end := p.sub(p.depth, p.remainder(p.depth, n))
		p.run(span{"k", done, end, n}, nil, func(k value.Value, _ []value.Value) []value.Value {
			p.turnSquares(p.step(p.out, to, p.mul(k, i64(p.node.Width))), rows, r, p.item(p.cols, k), n)
			return nil
		})
		done = end
	}
}

// turnSquares packs n columns of some rows.
func (p packing) turnSquares(to value.Value, rows []value.Value, r, col value.Value, n int64) {
	vs := make([]val, len(rows))
	for i, row := range rows {
		vs[i] = p.row(p.step(p.in, row, col), n)
	}
	if n == 1 {
		for i, v := range vs {
			p.place(v, to, p.add(r, i64(int64(i))))
		}
		return
	}
	turned := p.transpose(vs)
	for k := range n {
		group := len(rows)
		part := each(func(ps ...value.Value) value.Value {
			if group == 1 {
				return p.extract(ps[0], int(k))
			}
			return p.shuffle(ps[0], ps[0], every(int(k)/group*group, 1, group))
		}, turned[int(k)%group])
		p.place(part, p.step(p.out, to, i64(k*p.node.Width)), r)
	}
}

// transpose turns each square of 1, 2 or 4 vectors: square s of result i is item s·n+i of each of the n
// vectors.
func (p packing) transpose(vs []val) []val {
	pick := func(a, b val, low bool, width int) val {
		return each(func(ps ...value.Value) value.Value { return p.interleave(ps[0], ps[1], low, width, len(vs)) }, a, b)
	}
	switch len(vs) {
	case 2:
		return []val{pick(vs[0], vs[1], true, 1), pick(vs[0], vs[1], false, 1)}
	case 4:
		a, b := pick(vs[0], vs[1], true, 1), pick(vs[0], vs[1], false, 1)
		c, d := pick(vs[2], vs[3], true, 1), pick(vs[2], vs[3], false, 1)
		return []val{pick(a, c, true, 2), pick(a, c, false, 2), pick(b, d, true, 2), pick(b, d, false, 2)}
	}
	return vs
}

// interleave takes turns, width lanes at a time, between the low or the high halves of each square of two
// vectors.
func (p packing) interleave(x, y value.Value, low bool, width, square int) value.Value {
	n := lanes(x.Type())
	var picks []int
	for s := 0; s < n; s += square {
		first := s
		if !low {
			first += square / 2
		}
		for i := 0; i < square/2; i += width {
			for _, from := range []int{first, n + first} {
				picks = append(picks, every(from+i, 1, width)...)
			}
		}
	}
	return p.shuffle(x, y, picks)
}

// fewRows packs a group of rows of which some may be missing.
func (p packing) fewRows(to, r value.Value, group int64, count value.Value) {
	end := p.add(r, i64(group))
	there := p.smaller(end, count)
	missing := p.choose(p.compare(enum.IPredSLT, r, count), there, r)
	p.columns(to, func(to, col value.Value) {
		from := p.step(p.in, p.from, col)
		p.run(span{"r", r, there, 1}, nil, func(i value.Value, _ []value.Value) []value.Value {
			p.place(p.row(p.step(p.in, from, p.item(p.rows, i)), 1), to, i)
			return nil
		})
		p.run(span{"pad", missing, end, 1}, nil, func(i value.Value, _ []value.Value) []value.Value {
			p.place(zero(loop.Type{DType: p.out, Lanes: 1}), to, i)
			return nil
		})
	})
}
