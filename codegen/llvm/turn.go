package llvm

import (
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/value"
)

// Operands whose terms of K are neighbours are transposed on their way into a panel, in 16-byte squares, which
// machines shuffle fastest. Where a panel has the rows, a vector takes a square from each few of them, so that
// turning gives whole columns; other rows are read a few at a time by vectors along K, whose squares are
// stored where they belong.

// square is the rows that are turned together: those whose items fill 16 bytes.
func (p packing) square() int64 { return int64(max(1, min(4, 16/p.out.Real().Size()))) }

// tall is the rows, of those that are left of a panel, whose squares fill a vector; 0 if it is but one square.
func (p packing) tall(left int64) int64 {
	rows := min(int64(p.target.VectorBits/8/p.out.Size()), left)
	rows -= rows % p.square()
	if p.in != p.out || p.out.IsComplex() || rows <= p.square() || p.square() == 1 {
		return 0
	}
	return rows
}

// turn packs groups of rows one after the other.
func (p packing) turn(to, count value.Value, step int64) {
	first := int64(0)
	for n := p.tall(p.node.Width); n > 0; n = p.tall(p.node.Width - first) {
		last := p.node.Width - (p.node.Width-first)%n
		p.run(span{"r", i64(first), p.upTo(i64(last), count, n), n}, nil, func(r value.Value, _ []value.Value) []value.Value {
			end := p.add(r, i64(n))
			p.branch(p.compare(enum.IPredSLE, end, count), "tall", func() { p.turnRows(to, r, n, p.square(), 1) },
				func() { p.turnGroups(to, count, r, end, p.square(), step) })
			return nil
		})
		first = last
	}
	for group := p.square(); group > 0; group /= 2 {
		last := p.node.Width - (p.node.Width-first)%group
		if last > first {
			p.turnGroups(to, count, i64(first), i64(last), group, step)
		}
		first = last
	}
}

// upTo is where a loop over groups of n rows up to last stops: behind the group that has the last of count rows.
func (p packing) upTo(last, count value.Value, n int64) value.Value {
	return p.smaller(last, p.add(count, i64(n-1)))
}

// turnGroups packs groups of at most a square of rows, those with missing rows element by element.
func (p packing) turnGroups(to, count, first, last value.Value, group, step int64) {
	p.run(span{"r", first, p.upTo(last, count, group), group}, nil, func(r value.Value, _ []value.Value) []value.Value {
		there := p.compare(enum.IPredSLE, p.add(r, i64(group)), count)
		sizes := []int64{step, group, 1}
		if p.node.KStep > 1 {
			sizes = []int64{step, 1}
		}
		p.branch(there, "rows", func() { p.turnRows(to, r, group, sizes...) }, func() { p.fewRows(to, r, count) })
		return nil
	})
}

// turnRows packs rows r to r+group for all of K, in pieces of sizes that get smaller.
func (p packing) turnRows(to, r value.Value, group int64, sizes ...int64) {
	rows := p.rowPointers(r, group)
	if p.node.KCut != nil {
		p.turnCut(rows, to, r)
		return
	}
	apart, done := max(p.node.KStep, 1), i64(0)
	for _, n := range sizes {
		each := n
		if n > 1 {
			each *= apart
		}
		end := p.sub(p.depth, p.remainder(p.depth, each))
		p.run(span{"k", done, end, each}, nil, func(k value.Value, _ []value.Value) []value.Value {
			p.run(count("kk", i64(each/n)), nil, func(kk value.Value, _ []value.Value) []value.Value {
				k := p.add(k, kk)
				to := p.step(p.out, to, p.mul(k, i64(p.node.Width)))
				if n == 1 {
					p.term(rows, k, to, r)
					return nil
				}
				p.turnSquares(rows, p.item(p.cols, k), n, func(t int64, v val) {
					p.place(v, p.step(p.out, to, i64(t*apart*p.node.Width)), r)
				})
				return nil
			})
			return nil
		})
		done = end
	}
}

// term packs a term of some rows, from row r on, to its place in the panel.
func (p packing) term(rows []value.Value, k, to, r value.Value) {
	for i, row := range rows {
		p.place(p.row(p.step(p.in, row, p.item(p.cols, k)), 1), to, p.add(r, i64(int64(i))))
	}
}

// turnCut packs rows for all of K, of which runs begin and end anywhere: by squares of each run, the last of which is moved
// back over the one before, and shorter runs term by term.
func (p packing) turnCut(rows []value.Value, to, r value.Value) {
	c, n := p.node.KCut, p.square()
	step := max(c.Step, 1)
	gone := p.remainder(p.sum(c.At), c.Length*step)
	at := func(k value.Value) value.Value { return p.step(p.out, to, p.mul(k, i64(p.node.Width))) }
	p.run(span{"runs", i64(0), p.add(gone, p.add(p.depth, i64(c.Length*step-1))), c.Length * step}, nil, func(first value.Value, _ []value.Value) []value.Value {
		from, until := p.larger(p.sub(first, gone), i64(0)), p.smaller(p.sub(p.add(first, i64(c.Length*step)), gone), p.depth)
		p.run(count("run", p.smaller(i64(step), p.sub(until, from))), nil, func(i value.Value, _ []value.Value) []value.Value {
			k := p.add(from, i)
			terms, _ := p.divmod(p.add(p.sub(until, k), i64(step-1)), i64(step))
			turned := p.choose(p.compare(enum.IPredSLE, i64(n), terms), terms, i64(0))
			p.run(span{"t", i64(0), p.add(turned, i64(n-1)), n}, nil, func(t value.Value, _ []value.Value) []value.Value {
				k := p.add(k, p.mul(p.smaller(t, p.sub(terms, i64(n))), i64(step)))
				p.turnSquares(rows, p.item(p.cols, k), n, func(t int64, v val) { p.place(v, at(p.add(k, i64(t*step))), r) })
				return nil
			})
			p.run(span{"trest", turned, terms, 1}, nil, func(t value.Value, _ []value.Value) []value.Value {
				k := p.add(k, p.mul(t, i64(step)))
				p.term(rows, k, at(k), r)
				return nil
			})
			return nil
		})
		return nil
	})
}

// rowPointers points to the beginnings of rows r to r+n in the operand.
func (p packing) rowPointers(r value.Value, n int64) []value.Value {
	rows := make([]value.Value, n)
	for i := range rows {
		rows[i] = p.step(p.in, p.from, p.item(p.rows, p.add(r, i64(int64(i)))))
	}
	return rows
}

// turnSquares reads n neighbours of each row, and puts the t-th ones of all rows, for each t. Of more rows than
// a square has, it takes a square's neighbours.
func (p packing) turnSquares(rows []value.Value, col value.Value, n int64, put func(t int64, v val)) {
	group := min(len(rows), int(p.square()))
	vs := make([]val, group)
	for i := range vs {
		var squares []val
		for r := i; r < len(rows); r += group {
			squares = append(squares, p.row(p.step(p.in, rows[r], col), n))
		}
		vs[i] = p.beside(squares)
	}
	turned := p.transpose(vs)
	for t := range n {
		put(t, each(func(ps ...value.Value) value.Value {
			switch {
			case len(rows) > group:
				return p.shuffle(ps[0], ps[0], every(0, 1, len(rows)))
			case group == 1:
				return p.extract(ps[0], int(t))
			}
			return p.shuffle(ps[0], ps[0], every(int(t)/group*group, 1, group))
		}, turned[int(t)%group]))
	}
}

// beside puts vectors into one, whose lanes are a power of two.
func (p packing) beside(vs []val) val {
	for len(vs) > 1 {
		var next []val
		for i := 0; i < len(vs); i += 2 {
			next = append(next, each(func(ps ...value.Value) value.Value {
				return p.shuffle2(ps[0], ps[1], every(0, 1, 2*lanes(ps[0].Type())))
			}, vs[i], vs[min(i+1, len(vs)-1)]))
		}
		vs = next
	}
	return vs[0]
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

// fewRows packs a group of rows of which some are missing.
func (p packing) fewRows(to, r, count value.Value) {
	p.columns(to, func(to, col value.Value) {
		from := p.step(p.in, p.from, col)
		p.run(span{"r", r, count, 1}, nil, func(i value.Value, _ []value.Value) []value.Value {
			p.place(p.row(p.step(p.in, from, p.item(p.rows, i)), 1), to, i)
			return nil
		})
	})
}

// rowPlace is where row r begins in its panel.
func (p packing) rowPlace(to, r value.Value) value.Value {
	panel, row := p.divmod(r, i64(p.node.Width))
	return p.step(p.out.Real(), p.step(p.out, to, p.mul(panel, i64(p.node.Apart))), row)
}

// eachRow writes rows one by one.
func (p packing) eachRow(to, first, end value.Value) {
	p.run(span{"r", first, end, 1}, nil, func(r value.Value, _ []value.Value) []value.Value {
		at := p.rowPlace(to, r)
		p.run(count("k", p.depth), nil, func(k value.Value, _ []value.Value) []value.Value {
			p.place(p.rowElements(r, p.item(p.cols, k)), p.step(p.out, at, p.mul(k, i64(p.node.Width))), i64(0))
			return nil
		})
		return nil
	})
}

func (p packing) rowElements(r, col value.Value) val {
	return p.row(p.step(p.in, p.step(p.in, p.from, p.item(p.rows, r)), col), 1)
}
