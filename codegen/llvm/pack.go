package llvm

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
	"github.com/llir/llvm/ir/constant"
	"github.com/llir/llvm/ir/enum"
	"github.com/llir/llvm/ir/value"
)

// Packed nests are compiled without passes, so these loops are written as they should run: pointers
// that advance, tables read once where that is cheap, nothing left to hoist.

// item reads entry i of a table of I64.
func (e *fn) item(table, i value.Value) value.Value {
	return e.loadRow(loop.Type{DType: tensor.I64, Lanes: 1}, e.step(tensor.I64, table, i)).re
}

// offsets fills a table. Dividing gives the digits of the first item; the others count up from it, the last
// digit in a loop of its own.
func (e *fn) offsets(o *loop.Offsets) {
	table, n, last := e.addr(o.Table), e.count(o.Count), len(o.Group.Extents)-1
	put := func(t, off value.Value) {
		e.storeRow(loop.Type{DType: tensor.I64, Lanes: 1}, val{re: off}, e.step(tensor.I64, table, t))
	}
	if last < 0 || o.Group.Extents[last].Dim == 0 && o.Group.Extents[last].Value < minDigit {
		g := e.odometer(o.Group)
		e.run(count("offsets", n), g.start(e.sum(o.From)), func(t value.Value, at []value.Value) []value.Value {
			put(t, at[0])
			return g.next(at)
		})
		return
	}
	extent, stride := e.size(o.Group.Extents[last]), e.size(o.Group.Strides[last])
	g := e.odometer(loop.Group{Extents: o.Group.Extents[:last], Strides: o.Group.Strides[:last]})
	runs, item, digit := i64(1), i64(0), e.sum(o.From)
	if last > 0 {
		item, digit = e.divmod(digit, extent)
		runs, _ = e.divmod(e.add(e.add(digit, n), e.sub(extent, i64(1))), extent)
	}
	// The state is that of the odometer, then the entries that are done, then the digit.
	e.run(count("run", runs), append(g.start(item), i64(0), digit), func(_ value.Value, at []value.Value) []value.Value {
		outer, done, digit := at[:len(at)-2], at[len(at)-2], at[len(at)-1]
		end := n
		if last > 0 {
			end = e.smaller(e.add(done, e.sub(extent, digit)), n)
		}
		e.run(span{"offsets", done, end, 1}, []value.Value{e.add(outer[0], e.mul(digit, stride))}, func(t value.Value, off []value.Value) []value.Value {
			put(t, off[0])
			return []value.Value{e.add(off[0], stride)}
		})
		return append(g.next(outer), end, i64(0))
	})
}

// minDigit is the extent from which on a digit is worth a loop of its own.
const minDigit = 4

// odometer walks over the items of a group. Its state is the offset, then the digits but the first,
// which needs no watching. The strides are computed before the loop.
type odometer struct {
	*fn
	extents []value.Value
	strides []value.Value
	back    []value.Value // what the offset changes by when a digit returns to 0
}

func (e *fn) odometer(g loop.Group) odometer {
	o := odometer{fn: e}
	for d, s := range g.Strides {
		o.extents = append(o.extents, e.size(g.Extents[d]))
		o.strides = append(o.strides, e.size(s))
		o.back = append(o.back, e.mul(e.size(s), e.sub(i64(1), o.extents[d])))
	}
	return o
}

func (o odometer) start(item value.Value) []value.Value {
	state := make([]value.Value, max(1, len(o.extents)))
	state[0] = i64(0)
	for d := len(o.extents) - 1; d >= 0; d-- {
		digit := item
		if d > 0 {
			item, digit = o.divmod(item, o.extents[d])
			state[d] = digit
		}
		state[0] = o.add(state[0], o.mul(digit, o.strides[d]))
	}
	return state
}

// next adds one to the last digit and carries.
func (o odometer) next(state []value.Value) []value.Value {
	after := append([]value.Value{}, state...)
	carry := value.Value(constant.True)
	for d := len(o.extents) - 1; d > 0; d-- {
		up := o.add(state[d], i64(1))
		wrap := o.both(carry, o.compare(enum.IPredEQ, up, o.extents[d]))
		after[d] = o.choose(wrap, i64(0), o.choose(carry, up, state[d]))
		move := o.choose(wrap, o.back[d], o.choose(carry, o.strides[d], i64(0)))
		after[0] = o.add(after[0], move)
		carry = wrap
	}
	if len(o.extents) > 0 {
		after[0] = o.add(after[0], o.choose(carry, o.strides[0], i64(0)))
	}
	return after
}

// packing is a Pack and what its loops share.
type packing struct {
	*fn
	node       *loop.Pack
	in, out    tensor.DType
	from       value.Value
	rows, cols value.Value // tables
	depth      value.Value
	cut        *loop.CutRuns
}

// maxChunks bounds the chunks that one iteration of a pack copies.
const maxChunks = 16

func (e *fn) pack(n *loop.Pack) {
	p := packing{fn: e, node: n, in: e.nest.Params[n.From.Param].DType, out: e.nest.Params[n.To.Param].DType,
		from: e.addr(n.From), rows: e.addr(n.Rows), cols: e.addr(n.Cols), depth: e.count(n.Depth),
		cut: endless(n.Cut, n.Count)}
	to, count := e.addr(n.To), e.count(n.Count)
	chunk, cut := p.chunk(n.Run), p.cutLanes()
	if cut > 0 && n.Apart == 0 {
		p.cutRuns(to, count, cut)
		return
	}
	p.blank(to, count)
	switch k := p.chunk(n.KRun); {
	case n.Apart > 0 && n.Cut != nil && n.Cut.Length > 0 && n.Cut.Step > 1:
		p.turnPanels(to, count)
	case n.Apart > 0:
		p.eachRow(to, i64(0), count)
	case chunk == 1 && (k >= p.square() || n.KCut != nil && p.square() > 1):
		p.turn(to, count, k)
	case chunk > 1 && n.Width/chunk <= maxChunks:
		whole := e.compare(enum.IPredEQ, count, i64(n.Width))
		e.branch(whole, "panel", func() { p.chunks(to, chunk) }, func() { p.elements(to, count, chunk) })
	default:
		p.elements(to, count, chunk)
	}
}

// chunk is the elements one vector holds: a power of two that divides every run.
func (p packing) chunk(run int64) int64 {
	n := int64(1)
	for run > 1 && run%(2*n) == 0 && 16*n*int64(max(p.in.Real().Size(), p.out.Real().Size())) <= int64(max(p.target.VectorBits, 128)) {
		n *= 2
	}
	return n
}

// row reads n adjacent elements of the operand, converted.
func (p packing) row(from value.Value, n int64) val {
	return p.convert(p.loadRow(loop.Type{DType: p.in, Lanes: int(n)}, from), p.in, p.out)
}

// place writes items r, r+1, … of a column of the panel.
func (p packing) place(v val, col, r value.Value) {
	for i, x := range v.list() {
		at := p.step(p.out.Real(), col, p.add(r, i64(int64(i)*p.node.Width)))
		p.storeRow(loop.Type{DType: p.out.Real(), Lanes: lanes(x.Type())}, val{re: x}, at)
	}
}

// columns runs body for every column of the block; it gets a pointer into the panel, and the offset of
// the column in the operand.
func (p packing) columns(to value.Value, body func(to, col value.Value)) {
	p.run(count("k", p.depth), []value.Value{to}, func(k value.Value, at []value.Value) []value.Value {
		body(at[0], p.item(p.cols, k))
		return []value.Value{p.step(p.out, at[0], i64(p.node.Width))}
	})
}

// chunks copies whole panels; the rows' pointers are read once.
func (p packing) chunks(to value.Value, chunk int64) {
	var rows []value.Value
	for r := int64(0); r < p.node.Width; r += chunk {
		rows = append(rows, p.step(p.in, p.from, p.item(p.rows, i64(r))))
	}
	p.columns(to, func(to, col value.Value) {
		for i, row := range rows {
			p.place(p.row(p.step(p.in, row, col), chunk), to, i64(int64(i)*chunk))
		}
	})
}

// blank zeros the panels that are not full, by vectors. The rows that they have are put over that.
func (p packing) blank(to, count value.Value) {
	full, _ := p.divmod(count, i64(p.node.Width))
	p.run(span{"blank", full, i64(p.node.Panels()), 1}, nil, func(panel value.Value, _ []value.Value) []value.Value {
		p.columns(p.step(p.out, to, p.mul(panel, i64(p.node.Apart))), func(to, _ value.Value) {
			n := int64(p.target.VectorBits / 8 / p.out.Real().Size())
			for r := int64(0); r < p.node.Width; r += n {
				for r+n > p.node.Width {
					n /= 2
				}
				p.place(zero(loop.Type{DType: p.out, Lanes: int(n)}), to, i64(r))
			}
		})
		return nil
	})
}

// elements copies any panel, by chunks and then element by element.
func (p packing) elements(to, count value.Value, chunk int64) {
	whole := i64(0)
	if chunk > 1 {
		whole = p.sub(count, p.remainder(count, chunk))
	}
	p.columns(to, func(to, col value.Value) {
		from := p.step(p.in, p.from, col)
		copies := func(n int64) func(value.Value, []value.Value) []value.Value {
			return func(r value.Value, _ []value.Value) []value.Value {
				p.place(p.row(p.step(p.in, from, p.item(p.rows, r)), n), to, r)
				return nil
			}
		}
		if chunk > 1 {
			p.run(span{"r", i64(0), whole, chunk}, nil, copies(chunk))
		}
		p.run(span{"rrest", whole, count, 1}, nil, copies(1))
	})
}
