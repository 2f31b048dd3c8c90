package lower

import (
	"fmt"
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/internal/fault"
	"github.com/einc-lang/einc/parser"
)

// What follows a product happens in the store of the last block of K: the epilogue, the old value and
// the conversion to C's type, with operands that are read beside C.

// beside is an operand of what follows: a parameter, and tables of where a tile's rows and columns lie
// in it, -1 where it does not move.
type beside struct {
	param, rows, cols int
}

// hasAfter tells whether anything follows the product.
func (p *panels) hasAfter() bool {
	return p.part < 0 && (len(p.step.Epilogue) > 0 || p.step.Old >= 0 || p.l.plan.Buffers[p.step.Out.Buffer].DType != p.Type)
}

// besides declares what is read beside C.
func (p *panels) besides(x *block) {
	if !p.hasAfter() {
		return
	}
	for side := sideBeside; side < len(p.refs); side++ {
		b := beside{param: p.operand(side, loop.In), rows: -1, cols: -1}
		if moves(p.m, side) {
			b.rows = p.extraTable(fmt.Sprintf("rows.%d", side-sideBeside), p.MC)
		}
		if moves(p.n, side) {
			b.cols = p.extraTable(fmt.Sprintf("cols.%d", side-sideBeside), p.ColumnTable())
		}
		x.beside = append(x.beside, b)
	}
}

// moves tells whether a group moves an operand.
func moves(ds []digit, side int) bool {
	return slices.ContainsFunc(ds, func(d digit) bool { return !d.at[side].isZero() })
}

// besideColumns and besideRows fill the tables.
func (p *panels) besideColumns(x *block, first loop.Affine, count loop.Bound) {
	for i, b := range x.beside {
		if b.cols >= 0 {
			p.b.Add(&loop.Offsets{Table: loop.Addr{Param: b.cols}, Group: group(p.n, sideBeside+i), From: first, Count: count})
		}
	}
}

func (p *panels) besideRows(x *block, first loop.Affine, count loop.Bound) {
	for i, b := range x.beside {
		if b.rows >= 0 {
			p.b.Add(&loop.Offsets{Table: loop.Addr{Param: b.rows}, Group: group(p.m, sideBeside+i), From: first, Count: count})
		}
	}
}

// after makes what follows the last block of K; nil if nothing does.
func (p *panels) after(x *block, i, j loop.Var) (*loop.After, error) {
	if !p.hasAfter() {
		return nil, nil
	}
	lanes := int(p.Lanes)
	a := &loop.After{When: x.kb, Is: p.l.derive(DimAdd, p.kblocks, loop.Const(-1)), Sum: p.b.Reg(loop.Type{DType: p.Type, Lanes: lanes})}
	for n, b := range x.beside {
		rows := loop.Addr{Param: -1}
		if b.rows >= 0 {
			rows = rowsAt(b.rows, i, p.MR)
		}
		d := p.b.Nest.Params[b.param].DType
		a.Beside = append(a.Beside, loop.Beside{Dst: p.b.Reg(loop.Type{DType: d, Lanes: lanes}),
			From: origin(b.param, sideBeside+n, x.batch), Rows: rows, Cols: p.columnsAt(b.cols, j),
			Run: p.runsOf(sideBeside + n)})
	}
	var err error
	a.Body = p.b.Collect(func() { a.Value, err = p.value(a) })
	return a, err
}

// value computes what is stored from sums and what lies beside them.
func (p *panels) value(a *loop.After) (loop.Reg, error) {
	out := p.l.plan.Buffers[p.step.Out.Buffer].DType
	r := a.Sum
	if e := p.step.Epilogue; len(e) > 0 {
		var regs []loop.Reg
		for i := range e {
			x, err := p.node(&e[i], a, regs)
			if err != nil {
				return 0, err
			}
			regs = append(regs, x)
		}
		r = regs[len(regs)-1]
	}
	if p.step.Old >= 0 {
		old := p.b.Convert(a.Beside[len(a.Beside)-1].Dst, out.Accum())
		r = p.b.Same(combineCode(p.step.OldOp), old, p.b.Convert(r, out.Accum()))
	}
	return storage(p.b, r, out), nil
}

// node computes a node of the epilogue, whose earlier nodes are in regs.
func (p *panels) node(n *parser.Node, a *loop.After, regs []loop.Reg) (loop.Reg, error) {
	t := loop.Type{DType: n.DType.Accum(), Lanes: int(p.Lanes)}
	switch n.Kind {
	case parser.NodeConst:
		whole := n.Int
		if whole == 0 {
			whole = int64(n.Value)
		}
		return constant(p.b, t, n.Value, whole), nil
	case parser.NodeInput:
		if n.Input == 0 {
			return p.b.Convert(a.Sum, t.DType), nil
		}
		r := a.Beside[n.Input-1].Dst
		return p.b.Convert(p.b.Convert(r, p.b.Type(r).DType.Accum()), t.DType), nil
	case parser.NodeApply:
		args := make([]loop.Reg, len(n.Args))
		for i, x := range n.Args {
			args[i] = regs[x]
		}
		return apply(p.b, *n, args)
	}
	return 0, fault.Errorf("node kind %d in a scalar expression", n.Kind)
}
