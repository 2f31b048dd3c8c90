package loop

import (
	"errors"
	"slices"

	"github.com/einc-lang/einc/tensor"
)

func (v *verifier) tile(n *Tile) error {
	if err := v.tileShape(n); err != nil {
		return err
	}
	for i, a := range []Addr{n.A, n.B, n.C} {
		p, err := v.param(n, a, i == 2)
		if err != nil {
			return err
		}
		if i < 2 && p.DType != n.Acc {
			return v.errorf(n, "panel %s holds %s", v.print.params[a.Param], p.DType)
		}
	}
	if _, err := v.variable(n, n.Add); err != nil {
		return err
	}
	if n.ACols != nil && (n.ARows == nil || n.ACut == nil || n.ACut.Length < 1 || n.ACut.Step > 1) {
		return v.errorf(n, "terms of A in place come in runs, in rows")
	}
	left, right := v.panel, v.panel
	if n.ARows != nil {
		left = v.inPlace
	}
	if n.BStep != Const(0) {
		right = v.rowsOfB
	}
	if err := errors.Join(left(n, n.A, n.MR), right(n, n.B, n.NR)); err != nil {
		return err
	}
	return errors.Join(v.ahead(n), v.tileStore(n))
}

// ahead checks that what a tile asks for can be found; where it is does not matter.
func (v *verifier) ahead(n *Tile) error {
	if n.Ahead == nil {
		return nil
	}
	if n.Ahead.Step < 1 {
		return v.errorf(n, "it asks for nothing ahead")
	}
	if _, err := v.param(n, n.Ahead.At, false); err != nil {
		return err
	}
	_, _, err := v.linear(n, n.Ahead.At.Off)
	return err
}

// panel checks the reading of a panel.
func (v *verifier) panel(n *Tile, a Addr, width int64) error {
	depth, err := v.counted(n, n.Depth, width)
	if err != nil {
		return err
	}
	return v.access(n, a, depth, upTo(width, 1))
}

// inPlace checks the reading of A's valid rows where they lie.
func (v *verifier) inPlace(n *Tile, a Addr, width int64) error {
	depth, err := v.counted(n, n.Depth, 1)
	if err != nil {
		return err
	}
	rows, err := v.share(n, n.Rows, width)
	if err != nil {
		return err
	}
	used := rows.runs && depth.runs
	r, err := v.lookup(n, *n.ARows, n.Rows, runs{}, used)
	if err != nil {
		return err
	}
	if n.ACols != nil {
		if depth, err = v.lookup(n, *n.ACols, n.Depth, runs{cut: n.ACut}, used); err != nil {
			return err
		}
	}
	return v.access(n, a, depth, r)
}

// rowsOfB checks the reading of B's valid columns where they lie. How many these are in the last tile must be known, or be
// what a call decides: code reads no others.
func (v *verifier) rowsOfB(n *Tile, b Addr, width int64) error {
	part := func(t Term) bool { return t.Coef.Dim > 0 || t.Coef.Value%width != 0 }
	c := n.Cols
	switch {
	case n.BStep.Value < 0 || n.BStep.Value > limit:
		return v.errorf(n, "rows of B lie %s apart", n.BStep)
	case c.Max != Const(width) || c.Clamped && c.Total.Dim == 0 && (c.At.Const%width != 0 || slices.ContainsFunc(c.At.Terms, part)):
		return v.errorf(n, "columns of B in place are not cut into tiles of %d", width)
	case n.Acc.IsComplex():
		return v.errorf(n, "rows of B in place hold %s", n.Acc)
	}
	depth, err := v.counted(n, n.Depth, 1)
	if err != nil {
		return err
	}
	depth.coef = n.BStep
	cols, err := v.share(n, c, width)
	if err != nil {
		return err
	}
	return v.access(n, b, depth, cols)
}

func (v *verifier) tileShape(n *Tile) error {
	if err := v.blocks(n, n.MR, 1); err != nil {
		return err
	}
	if err := v.blocks(n, n.NR, n.Run); err != nil {
		return err
	}
	if n.Lanes < 1 || n.Lanes > 64 || n.Lanes&(n.Lanes-1) != 0 || n.NR%n.Lanes != 0 {
		return v.errorf(n, "%d columns are not vectors of %d lanes", n.NR, n.Lanes)
	}
	if n.Acc == tensor.Invalid || n.Acc > tensor.C128 || isHalf(n.Acc) {
		return v.errorf(n, "accumulators of %s", dtypeName(n.Acc))
	}
	return nil
}

func (v *verifier) tileStore(n *Tile) error {
	rows, err := v.share(n, n.Rows, n.MR)
	if err != nil {
		return err
	}
	cols, err := v.share(n, n.Cols, n.NR)
	if err != nil {
		return err
	}
	used := rows.runs && cols.runs
	r, err := v.lookup(n, n.CRows, n.Rows, runs{}, used)
	if err != nil {
		return err
	}
	c, err := v.lookup(n, n.CCols, n.Cols, runs{length: n.Run, cut: n.Cut}, used)
	if err != nil {
		return err
	}
	if err := v.access(n, n.C, r, c); err != nil {
		return err
	}
	if n.Part != nil {
		if err := v.part(n); err != nil {
			return err
		}
	}
	if n.After == nil {
		return nil
	}
	return v.after(n, used)
}

// part checks where sums stay between blocks of K.
func (v *verifier) part(n *Tile) error {
	p, err := v.param(n, *n.Part, true)
	switch {
	case err != nil:
		return err
	case p.DType != n.Acc || p.Role != Shared && p.Role != Worker:
		return v.errorf(n, "sums of %s stay in workspace of that type", n.Acc)
	case n.After == nil:
		return v.errorf(n, "sums that stay elsewhere never reach C")
	}
	return v.access(n, *n.Part, upTo(n.MR*n.NR, 1))
}

// after checks what is done to the sums. Its registers are gone after the tile.
func (v *verifier) after(n *Tile, used bool) error {
	a, defs := n.After, len(v.defs)
	if _, err := v.variable(n, a.When); err != nil {
		return err
	}
	if err := v.dim(n, a.Is); err != nil {
		return err
	}
	if err := v.vectorOf(n, a.Sum, n.Acc); err != nil {
		return err
	}
	for i := range a.Beside {
		if err := v.beside(n, &a.Beside[i], used); err != nil {
			return err
		}
	}
	for _, x := range a.Body {
		o, ok := x.(*Op)
		if !ok {
			return v.errorf(n, "what follows a tile consists of operations")
		}
		if err := v.op(o); err != nil {
			return err
		}
	}
	if err := v.use(n, a.Value); err != nil {
		return err
	}
	if t := (Type{v.nest.Params[n.C.Param].DType, int(n.Lanes)}); v.nest.Regs[a.Value] != t {
		return v.errorf(n, "r%d is %s, %s is stored", a.Value, v.nest.Regs[a.Value], t)
	}
	for _, r := range v.defs[defs:] {
		v.regs[r] = gone
	}
	v.defs = v.defs[:defs]
	return nil
}

// vectorOf defines a register of the tile's lanes.
func (v *verifier) vectorOf(n *Tile, r Reg, d tensor.DType) error {
	if err := v.define(n, r); err != nil {
		return err
	}
	if t := (Type{d, int(n.Lanes)}); v.nest.Regs[r] != t {
		return v.errorf(n, "r%d is %s, not %s", r, v.nest.Regs[r], t)
	}
	return nil
}

func (v *verifier) beside(n *Tile, x *Beside, used bool) error {
	p, err := v.param(n, x.From, false)
	if err != nil {
		return err
	}
	if err := v.vectorOf(n, x.Dst, p.DType); err != nil {
		return err
	}
	if err := v.blocks(n, n.NR, x.Run); err != nil {
		return err
	}
	var spans []span
	if x.Rows.Param >= 0 {
		r, err := v.lookup(n, x.Rows, n.Rows, runs{}, used)
		if err != nil {
			return err
		}
		spans = append(spans, r)
	}
	if x.Cols.Param >= 0 {
		c, err := v.lookup(n, x.Cols, n.Cols, runs{length: x.Run}, used)
		if err != nil {
			return err
		}
		spans = append(spans, c)
	}
	if !used {
		spans = append(spans, span{})
	}
	return v.access(n, x.From, spans...)
}
