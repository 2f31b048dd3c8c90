package lower

import (
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/planner/cost"
)

// A packed product whose extents are open has blocks of fixed size, as many of them as a call needs: every
// place in workspace is then known, and only counts, and places in operands, come from the dims array.
// Blocks of K are those that the extents would have if they were known, so that sums are the same.

// counts are the numbers that extents decide: known ones, or entries of the dims array.
type counts struct {
	total   struct{ m, n, k loop.Size }
	terms   loop.Size // of K in a block: KC, or less
	kblocks loop.Size // of a task, or of all
	all     loop.Size // blocks of K
	share   loop.Size // blocks of K of a part
	slices  loop.Size
	width   loop.Size // of a slice, in columns: NS, or less
	panels  loop.Size // of a slice
	nblocks loop.Size // of a slice
	mblocks loop.Size
}

// known takes the counts from the blocking.
func (p *panels) known() {
	c := loop.Const
	p.total.m, p.total.n, p.total.k = c(p.M), c(p.N), c(p.K)
	p.terms, p.kblocks, p.slices, p.width = c(p.KC), c(p.KBlocks()), c(p.Slices()), c(p.NS)
	p.panels, p.nblocks, p.mblocks = c(p.Panels()), c(p.NBlocks()), c(p.MBlocks())
	p.all, p.share = p.kblocks, c(p.PartBlocks())
}

func (p *panels) isOpen() bool {
	for _, g := range [][]digit{p.product.b, p.m, p.n, p.product.k} {
		for _, d := range g {
			if d.isOpen() {
				return true
			}
		}
	}
	return false
}

// parts is the number of parts of a size that a total has.
func (p *panels) parts(total loop.Size, part int64) loop.Size {
	return p.l.derive(DimCeilDiv, total, loop.Const(part))
}

// packedOpen lowers a product of open extents for calls that pack B, for those that read it in place, and for those that cut
// K into parts: what they take turns with runs no times for the others.
func packedOpen(l *lowering, step int) error {
	p := l.panels(&l.plan.Steps[step])
	if p == nil {
		return nil
	}
	parts, share, once := p.partsOfCall()
	whole, near := p.without(once), loop.Const(0)
	if p.l.target.RowsStay(items(p.m)) {
		near = p.rowsNear()
	}
	if err := l.turns(l.derive(DimMul, whole, p.without(near)), p, step); err != nil {
		return err
	}
	if near != loop.Const(0) {
		p = l.panels(&l.plan.Steps[step])
		p.blockOpen(p.Own, true)
		if err := l.turns(l.derive(DimMul, whole, near), p, step); err != nil {
			return err
		}
	}
	if once == loop.Const(0) {
		return nil
	}
	p = l.panels(&l.plan.Steps[step])
	if share.Dim > 0 { // blocks start at open places
		p.product.k = p.opened(p.product.k, share)
	}
	p.blockOpen(true, false)
	p.share, p.Split = share, max(parts.Value, 2)
	p.partsOfK(parts)
	return l.turns(once, p, step)
}

// without is 1 less a size that is 0 or 1.
func (p *panels) without(n loop.Size) loop.Size {
	return p.l.derive(DimAdd, p.l.derive(DimMul, n, loop.Const(-1)), loop.Const(1))
}

// partsOfCall is cost.Parts of what calls decide.
func (p *panels) partsOfCall() (parts, share, once loop.Size) {
	of := func(op DimOp) func(a, b loop.Size) loop.Size {
		return func(a, b loop.Size) loop.Size { return p.l.derive(op, a, b) }
	}
	batch := loop.Const(1)
	for _, d := range p.product.b {
		batch = p.l.derive(DimMul, d.size, batch)
	}
	x := cost.Arithmetic[loop.Size]{Const: loop.Const, Add: of(DimAdd), Mul: of(DimMul), CeilDiv: of(DimCeilDiv), Min: of(DimMin), Max: of(DimMax)}
	return cost.Parts(x, batch, p.total.m, p.total.n, p.total.k, p.all)
}

// turns appends the phases of a packed product, and repeats them: for each slice of columns and block of K where these
// are phases, and all of that so many times. For 0 it appends none. Without rows, B is not worth packing.
func (l *lowering) turns(times loop.Size, p *panels, step int) error {
	if times == loop.Const(0) {
		return nil
	}
	first := len(l.prog.Phases)
	if err := p.packedPhases(step); err != nil {
		return err
	}
	if !p.Own {
		times = l.derive(DimMul, l.derive(DimMul, p.slices, p.kblocks), l.derive(DimMul, l.derive(DimMin, p.mblocks, loop.Const(1)), times))
	}
	if times != loop.Const(1) {
		l.prog.Turns = append(l.prog.Turns, Turns{first, len(l.prog.Phases), l.absolute(times)})
	}
	return nil
}

// waits tells whether sums must wait in workspace between blocks of K.
func (p *panels) waits() bool {
	return p.step.Old >= 0 || p.l.plan.Buffers[p.step.Out.Buffer].DType != rootType(p.step.Body).Accum()
}

// opened makes entries of the known extents of a group too, of which a size that is open is part or bounds it, so that all
// that follows takes them for open: no block then holds known runs. Each is no less than itself or that size, whichever
// is less.
func (p *panels) opened(group []digit, open loop.Size) []digit {
	group = slices.Clone(group)
	for i := range group {
		if d := &group[i]; !d.isOpen() {
			d.size = p.l.derive(DimMax, p.l.derive(DimMin, open, d.size), d.size)
			d.radix = d.size
		}
	}
	return group
}

// blockOpen chooses the blocks: of tasks that do all of a product, or a block of K of it, and of B packed, or in place.
func (p *panels) blockOpen(own, placeB bool) {
	for _, group := range []*[]digit{&p.m, &p.n, &p.product.k} {
		if i := slices.IndexFunc(*group, digit.isOpen); i >= 0 {
			*group = p.opened(*group, (*group)[i].size)
		}
	}
	p.Blocking = p.l.target.OpenBlocking(rootType(p.step.Body), cost.Places{A: p.inPlace(), B: placeB}, own, items(p.m), items(p.n), items(p.product.k))
	p.batch = 1
	p.scratch = p.Scratch()
	p.open()
}

// open makes entries of the counts.
func (p *panels) open() {
	one := loop.Const(1)
	mul := func(a, b loop.Size) loop.Size { return p.l.derive(DimMul, a, b) }
	most := func(a, b loop.Size) loop.Size { return p.l.derive(DimMax, a, b) }
	product := func(ds []digit) loop.Size {
		n := one
		for _, d := range ds {
			n = mul(d.size, n)
		}
		return n
	}
	p.total.m, p.total.n, p.total.k = product(p.m), product(p.n), product(p.product.k)
	// What cost.Blocking says of a known K.
	blocks := most(p.parts(p.total.k, p.KC), one)
	even := p.l.derive(DimCeilDiv, p.total.k, blocks)
	p.terms = p.l.atMost(most(mul(p.parts(even, cost.DepthUnit), loop.Const(cost.DepthUnit)), one), p.KC)
	p.kblocks = most(p.l.derive(DimCeilDiv, p.total.k, p.terms), one)
	p.all, p.share = p.kblocks, p.kblocks
	p.mblocks = p.parts(p.total.m, p.MC)
	columns := p.parts(p.total.n, p.NC)
	if p.Own {
		p.slices, p.nblocks, p.width, p.panels = columns, one, loop.Const(p.NC), loop.Const(p.Panels())
		return
	}
	p.slices = p.parts(columns, p.NBlocks())
	p.nblocks = p.l.atMost(p.l.derive(DimCeilDiv, columns, most(p.slices, one)), p.NBlocks())
	p.width = mul(p.nblocks, loop.Const(p.NC))
	p.panels = p.l.atMost(mul(p.nblocks, loop.Const(p.NC/p.Cols)), p.Panels())
}

// blocksOfK runs f for the blocks of K that are a task's, the one that the phase is for, or all, with B packed.
func (p *panels) blocksOfK(x *block, f func()) {
	each := func() {
		if p.Own && !p.Place.B {
			p.packB(x.sourceB, x.taskVars, x.y, p.NC/p.Cols)
		}
		f()
	}
	if !p.Own || p.kblocks == loop.Const(1) {
		each()
		return
	}
	l := &loop.For{Var: p.b.Var("k"), Count: p.turnsOfK(x.taskVars), Step: 1}
	p.b.For(l, func() {
		x.kb = l.Var
		each()
	})
}
