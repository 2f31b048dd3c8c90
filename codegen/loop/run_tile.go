package loop

import "github.com/einc-lang/einc/tensor"

func (m *machine) tile(n *Tile) step {
	a, b := m.panel(n.A, n.Acc, int(n.MR)), m.panel(n.B, n.Acc, int(n.NR))
	if n.ARows != nil {
		a = m.inPlace(n)
	}
	if n.BStep != Const(0) {
		b = m.rowsOfB(n)
	}
	depth, put := m.bound(n.Depth), m.tileStore(n)
	fma := arithmetic(OpFMA, n.Acc, m.nest.FMA)
	acc, wide := newValue(n.Acc, int(n.MR*n.NR)), newValue(n.Acc, int(n.NR))
	mr, nr := int(n.MR), int(n.NR)
	return func() {
		acc.zero()
		d := int(max(depth(), 0))
		left, right := a(d), b(d)
		for k := 0; k < d && m.err == nil; k++ {
			row := right.lanes(k*nr, (k+1)*nr)
			for i := range mr {
				wide.splat(left.lanes(k*mr+i, k*mr+i+1))
				sum := acc.lanes(i*nr, (i+1)*nr)
				fma(sum, wide, row, sum)
			}
		}
		put(acc)
	}
}

// panel compiles the reading of a panel's first columns.
func (m *machine) panel(a Addr, t tensor.DType, width int) func(depth int) value {
	at, data := m.affine(a.Off), m.mem[a.Param].data
	var buf value
	have := 0
	return func(depth int) value {
		if depth > have {
			buf, have = newValue(t, depth*width), depth
		}
		v := buf.lanes(0, depth*width)
		pos, ok := m.span(a.Param, at(), 1, int64(depth*width))
		for k := 0; k < depth && ok; k++ {
			eachPart(t, v.lanes(k*width, (k+1)*width), pos+k*width*t.Size(), width, func(part value, pos int) {
				read(t.Real(), part, data, pos, t.Real().Size())
			})
		}
		return v
	}
}

// rowsOfB compiles the reading of the first rows of B in place, in the order of a panel.
func (m *machine) rowsOfB(n *Tile) func(depth int) value {
	at, data, count := m.affine(n.B.Off), m.mem[n.B.Param].data, m.bound(n.Cols)
	return func(depth int) value {
		v, width := newValue(n.Acc, depth*int(n.NR)), max(count(), 0)
		step := m.size(n.BStep)
		for k := range int64(depth) {
			pos, ok := m.span(n.B.Param, at()+k*step, 1, width)
			if !ok {
				break
			}
			read(n.Acc, v.lanes(int(k*n.NR), int(k*n.NR+width)), data, pos, n.Acc.Size())
		}
		return v
	}
}

// inPlace compiles the reading of the first terms of A's rows, in the order of a panel.
func (m *machine) inPlace(n *Tile) func(depth int) value {
	at, data, count, rows := m.affine(n.A.Off), m.mem[n.A.Param].data, m.bound(n.Rows), m.table(*n.ARows)
	terms := m.terms(n)
	return func(depth int) value {
		v := newValue(n.Acc, depth*int(n.MR))
		offsets, ok := rows(max(count(), 0))
		cols, ok2 := terms(int64(depth))
		for i := 0; i < len(offsets) && ok && ok2; i++ {
			for k := range depth {
				pos, ok := m.span(n.A.Param, at()+offsets[i]+cols[k], 1, 1)
				if !ok {
					return v
				}
				at := k*int(n.MR) + i
				read(n.Acc, v.lanes(at, at+1), data, pos, 0)
			}
		}
		return v
	}
}

// terms compiles the reading of where the first terms of A in place lie in a row.
func (m *machine) terms(n *Tile) func(depth int64) ([]int64, bool) {
	if n.ACols != nil {
		return m.table(*n.ACols)
	}
	var next []int64
	return func(depth int64) ([]int64, bool) {
		for k := int64(len(next)); k < depth; k++ {
			next = append(next, k)
		}
		return next[:depth], true
	}
}

// tileStore compiles the way from accumulators to C.
func (m *machine) tileStore(n *Tile) func(acc value) {
	rows, cols := m.bound(n.Rows), m.bound(n.Cols)
	add, addPart, store, keep, after := &m.vars[n.Add], m.addParts(n), m.storeSums(n), m.keepParts(n), m.after(n)
	return func(acc value) {
		if *add != 0 && n.Part != nil {
			addPart(acc)
		}
		last := n.After != nil && m.vars[n.After.When] == m.size(n.After.Is)
		switch r, c := rows(), cols(); {
		case n.Part != nil && !last:
			keep(acc)
		case r < 1 || c < 1 || m.err != nil:
		case last:
			after(acc, r, c)
		default:
			store(acc, r, c)
		}
	}
}

// tileTables compiles the reading of where a tile's elements lie in C.
func (m *machine) tileTables(n *Tile) func(r, c int64) (ro, co []int64, ok bool) {
	rowOff, colOff := m.table(n.CRows), m.table(n.CCols)
	return func(r, c int64) (ro, co []int64, ok bool) {
		ro, ok = rowOff(r)
		co, ok2 := colOff(c)
		return ro, co, ok && ok2
	}
}

// storeSums compiles the storing of sums as they are, or, in a later block of K, what C holds and they.
func (m *machine) storeSums(n *Tile) func(acc value, r, c int64) {
	p := n.C.Param
	t, data := m.mem[p].DType, m.mem[p].data
	base, tables := m.affine(n.C.Off), m.tileTables(n)
	old, sum := newValue(t, 1), newValue(n.Acc, 1)
	grow, shrink := m.growing(n, t, old, sum), converter(t, n.Acc, old, sum)
	return func(acc value, r, c int64) {
		ro, co, ok := tables(r, c)
		for e := 0; ok && e < int(r*c); e++ {
			i, j := e/int(c), e%int(c)
			pos, ok := m.span(p, base()+ro[i]+co[j], 1, 1)
			if !ok {
				return
			}
			sum.set(acc.lanes(i*int(n.NR)+j, i*int(n.NR)+j+1))
			grow(data, pos)
			shrink()
			write(t, old, data, pos, 0)
		}
	}
}

// growing compiles the addition of an element of type t that memory holds to a sum, in later blocks of K.
func (m *machine) growing(n *Tile, t tensor.DType, old, sum value) func(data []byte, pos int) {
	have := newValue(n.Acc, 1)
	widen, plus, add := converter(n.Acc, t, have, old), arithmetic(OpAdd, n.Acc, m.nest.FMA), &m.vars[n.Add]
	return func(data []byte, pos int) {
		if *add != 0 {
			read(t, old, data, pos, 0)
			widen()
			plus(sum, have, sum, value{})
		}
	}
}

// keepParts compiles the storing of sums where they stay between blocks of K.
func (m *machine) keepParts(n *Tile) func(acc value) {
	if n.Part == nil {
		return nil
	}
	at, data := m.affine(n.Part.Off), m.mem[n.Part.Param].data
	return func(acc value) {
		if pos, ok := m.span(n.Part.Param, at(), 1, n.MR*n.NR); ok {
			write(n.Acc, acc, data, pos, n.Acc.Size())
		}
	}
}

// addParts compiles the addition of the sums of earlier blocks of K.
func (m *machine) addParts(n *Tile) func(acc value) {
	if n.Part == nil {
		return nil
	}
	at, data, have := m.affine(n.Part.Off), m.mem[n.Part.Param].data, newValue(n.Acc, int(n.MR*n.NR))
	add := arithmetic(OpAdd, n.Acc, m.nest.FMA)
	return func(acc value) {
		if pos, ok := m.span(n.Part.Param, at(), 1, n.MR*n.NR); ok {
			read(n.Acc, have, data, pos, n.Acc.Size())
			add(acc, have, acc, value{})
		}
	}
}

// after compiles what follows the last block of K, a vector of columns at a time.
func (m *machine) after(n *Tile) func(acc value, r, c int64) {
	a := n.After
	if a == nil {
		return nil
	}
	p := n.C.Param
	t, data := m.mem[p].DType, m.mem[p].data
	base, tables := m.affine(n.C.Off), m.tileTables(n)
	var beside []func(i, j, c int64)
	for i := range a.Beside {
		beside = append(beside, m.beside(n, &a.Beside[i]))
	}
	body, sum, out := m.body(a.Body), m.regs[a.Sum], m.regs[a.Value]
	lane, one := newValue(t, 1), newValue(n.Acc, 1)
	grow := m.growing(n, t, lane, one)
	if n.Part != nil {
		grow = func([]byte, int) {} // it is added already
	}
	return func(acc value, r, c int64) {
		ro, co, ok := tables(r, c)
		for e := int64(0); ok && e < r*(n.NR/n.Lanes) && m.err == nil; e++ {
			i, j := e/(n.NR/n.Lanes), e%(n.NR/n.Lanes)*n.Lanes
			sum.set(acc.lanes(int(i*n.NR+j), int(i*n.NR+j+n.Lanes)))
			each := func(f func(l, pos int)) {
				for l := range min(n.Lanes, c-j) {
					if pos, ok := m.span(p, base()+ro[i]+co[j+l], 1, 1); ok {
						f(int(l), pos)
					}
				}
			}
			each(func(l, pos int) {
				one.set(sum.lanes(l, l+1))
				grow(data, pos)
				sum.lanes(l, l+1).set(one)
			})
			for _, f := range beside {
				f(i, j, c)
			}
			exec(body)
			each(func(l, pos int) { write(t, out.lanes(l, l+1), data, pos, 0) })
		}
	}
}

// beside compiles the reading of what lies beside a vector of columns from j on, in row i.
func (m *machine) beside(n *Tile, x *Beside) func(i, j, c int64) {
	zeros := make([]int64, max(n.MR, n.NR))
	look := func(a Addr) func(int64) ([]int64, bool) {
		if a.Param < 0 {
			return func(int64) ([]int64, bool) { return zeros, true }
		}
		return m.table(a)
	}
	rows, cols := look(x.Rows), look(x.Cols)
	at, dst := m.affine(x.From.Off), m.regs[x.Dst]
	return func(i, j, c int64) {
		ro, ok := rows(i + 1)
		co, ok2 := cols(min(c, j+n.Lanes))
		if ok && ok2 && j < c {
			dst.zero()
			m.gather(x.From.Param, dst, at()+ro[i], co[j:min(c, j+n.Lanes)])
		}
	}
}
