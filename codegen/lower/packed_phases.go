package lower

import (
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// sourceB is what packing B takes: the panels, the operand, and tables of where columns and terms lie.
type sourceB struct{ to, from, rows, cols int }

func (p *panels) sourceB() sourceB {
	rows := max(p.NR, p.MC)
	if p.across > 0 {
		rows = max(rows, p.across*p.NR)
	}
	return sourceB{p.param(p.panelsB()), p.operand(sideB, loop.In), p.table("rows", rows, p.scratch.Rows), p.table("cols", p.KC, p.scratch.Cols)}
}

// packNest packs B: a task packs some panels of a slice and a block of K.
func (p *panels) packNest() run {
	p.start("b")
	x := p.sourceB()
	each := float64(p.KC*p.NR) * packNanos
	block := min(max(int64(taskNanos/each), 1), ceilDiv(p.Panels(), max(1, int64(p.l.target.Workers))))
	for p.Panels()%block > 0 {
		block--
	}
	if p.across > 0 {
		block = p.across
	}
	tasks := p.tasks([2]string{"jb", "0"}, [2]loop.Size{p.parts(p.panels, block), loop.Const(1)}, func(t taskVars) { p.packB(x, t, t.x, block) })
	return p.finish(tasks, each*float64(block))
}

// packB packs a block of so many panels of a slice: all of them at once where neighbours in B lie in different
// panels.
//
//	cols = offsets of the block's terms of K
//	for j in panels of jb: rows = offsets of the panel's columns; pack
//
// or a few terms of all these panels before the next ones.
func (p *panels) packB(x sourceB, t taskVars, jb loop.Var, size int64) {
	p.b.Add(&loop.Offsets{Table: loop.Addr{Param: x.cols}, Group: group(p.product.k, sideB), From: p.term(t), Count: p.depth(t)})
	if p.across > 0 {
		p.packAcross(x, t, jb, size)
		return
	}
	p.eachTerms(t, size > 1 && p.crosses(sideB, p.n, p.NC) && p.largeB(), func(depth loop.Bound, at loop.Affine) {
		j := p.panelLoop(t.slice, jb, size)
		p.b.For(j, func() {
			panel := plus(times(jb, size), times(j.Var, 1))
			first := plus(by(t.slice, p.width), p.l.scaled(panel, loop.Const(p.Cols)))
			count := left(loop.Const(p.Cols), p.total.n, first)
			p.b.Add(&loop.Offsets{Table: loop.Addr{Param: x.rows}, Group: group(p.n, sideB), From: first, Count: count})
			to := p.panelB(x.to, t.batch, panel, times(j.Var, 1))
			to.Off = plus(to.Off, p.l.scaled(at, loop.Const(p.NR)))
			p.b.Add(copying{To: to, From: origin(x.from, sideB, t.batch), Rows: loop.Addr{Param: x.rows}, Cols: loop.Addr{Param: x.cols, Off: at},
				Width: p.NR, Count: count, Depth: depth, Run: p.runsOf(sideB),
				Cut: p.cutRuns(p.n, sideB, p.NR, p.runsOf(sideB), first)}.along(p.product.k, sideB, p.KC, plus(p.term(t), at)))
		})
	})
}

// largeB tells whether B does not stay in a cache near the core from one panel to the next.
func (p *panels) largeB() bool {
	return p.batch*p.N*p.K*int64(p.l.plan.Buffers[p.refs[sideB].Buffer].DType.Size()) >= cost.Large
}

// packAcross packs the panels of a block at once, or as many of them as there is room for.
func (p *panels) packAcross(x sourceB, t taskVars, jb loop.Var, size int64) {
	length, step := crossRuns(p.n, sideB)
	block := p.across
	j := &loop.For{Var: p.b.Var("j"), Count: fixed(size / block), Step: 1}
	p.b.For(j, func() {
		panel := plus(times(jb, size), times(j.Var, block))
		first := plus(by(t.slice, p.width), p.l.scaled(panel, loop.Const(p.NR)))
		count := fixed(block * p.NR)
		if p.Slices()*p.NS > p.N {
			count = loop.Bound{Max: loop.Const(block * p.NR), Clamped: true, Total: loop.Const(p.N), At: first}
		}
		p.b.Add(&loop.Offsets{Table: loop.Addr{Param: x.rows}, Group: group(p.n, sideB), From: first, Count: count})
		p.b.Add(&loop.Pack{To: p.panelB(x.to, t.batch, panel, times(j.Var, block)), From: origin(x.from, sideB, t.batch), Apart: p.KC * p.NR,
			Rows: loop.Addr{Param: x.rows}, Cols: loop.Addr{Param: x.cols}, Width: p.NR, Count: count, Depth: p.depth(t),
			Cut: &loop.CutRuns{Length: length, Step: step, At: first}})
	})
}

// along adds to a pack what it may rely on along K, of which it takes terms from a first one on: runs that blocks of a width hold
// whole, or, if these are no multiples of squares, runs that they cut.
func (c copying) along(k []digit, side int, width int64, first loop.Affine) *loop.Pack {
	n := loop.Pack(c)
	n.KRun, n.KStep = steppedRuns(k, side, width)
	if length, step := crossRuns(k, side); n.KRun%cost.LeastTurned > 0 && min(length, width/step) >= cost.LeastTurned {
		n.KRun, n.KStep, n.KCut = 0, 0, &loop.CutRuns{Length: length, Step: step, At: first}
	}
	return &n
}

// copying is a pack in the making.
type copying loop.Pack

// panelLoop makes the loop over a block of the column panels of a slice; the last slice may have fewer.
func (p *panels) panelLoop(slice, block loop.Var, size int64) *loop.For {
	count, total := fixed(size), p.parts(p.total.n, p.Cols)
	if total.Dim > 0 || p.Slices()*p.Panels() > total.Value {
		count = loop.Bound{Max: loop.Const(size), Clamped: true, Total: total, At: plus(by(slice, p.panels), times(block, size))}
	}
	return &loop.For{Var: p.b.Var("j"), Count: count, Step: 1}
}

// block is what the second nest's nodes address.
type block struct {
	taskVars                 // x and y count blocks of rows and of columns
	sourceB                  // if B is packed already, only where its panels are
	c, fromA, panelsA, parts int
	rowsOfA                  int // in place
	rowsOfC, columnsOfC      int
	beside                   []beside
}

// tileNest multiplies: a task computes a block of C, as far as a block of K brings it. Where tiles run row by row,
// some rows of A stay in the first-level cache while all panels of B pass; else a panel of B does while those of A
// pass.
//
//	for task: (jc, kb, batch, ib, jb)
//	  crows = offsets of the block's rows in C
//	  pack the block's columns of B, if no other task needs them
//	  cols = offsets of the block's terms in A
//	  for i in row panels: rows = offsets of the panel's rows in A; pack
//	  for j in column panels: ccols = offsets of the panel's columns in C
//	    for i in row panels: tile
func (p *panels) tileNest() (run, error) {
	p.start("tile")
	x := block{c: p.operand(sideC, loop.Out), fromA: p.operand(sideA, loop.In), parts: -1}
	if p.Own && !p.Place.B {
		x.sourceB = p.sourceB()
	} else {
		x.sourceB = p.sourceA()
	}
	if p.Place.A {
		x.rowsOfA = p.table("arows", p.MC, p.scratch.ARows)
	} else {
		x.panelsA = p.param(workspace("block", loop.Worker, p.Type, p.MC*p.KC, p.scratch.A))
	}
	x.rowsOfC = p.table("crows", p.MC, p.scratch.CRows)
	x.columnsOfC = p.table("ccols", p.ColumnTable(), p.scratch.CCols)
	if p.keepsParts() && !p.Own {
		x.parts = p.param(workspace("parts", loop.Shared, p.Type, p.waiting(), p.partsAt()))
	}
	p.free = p.scratch.Bytes
	p.besides(&x)
	if p.keepsParts() && p.Own {
		x.parts = p.own("parts", p.Type, p.waiting())
	}
	var err error
	tasks := p.tasks([2]string{"ib", "jb"}, [2]loop.Size{p.mblocks, p.nblocks}, func(t taskVars) {
		x.taskVars = t
		p.rowTables(&x)
		if p.ByRows {
			p.columnTables(&x, p.firstColumn(&x, loop.Affine{}), p.NC)
		}
		p.blocksOfK(&x, func() { err = p.tiles(&x) })
	})
	return p.finish(tasks, p.taskTime()), err
}

// sourceA is the panels of B, or B in place, and the tables that A takes where B's are not there to be filled again.
func (p *panels) sourceA() (x sourceB) {
	if p.Place.B {
		x.from = p.operand(sideB, loop.In)
	} else {
		x.to = p.param(p.panelsB())
	}
	if !p.Place.A {
		x.rows = p.table("rows", p.MC, p.scratch.Rows)
	}
	if !p.Place.A || !p.oneRun() {
		x.cols = p.table("cols", p.KC, p.scratch.Cols)
	}
	return x
}

// rowPanels makes the loop over the row panels of a block; f gets the panel's variable, its first row and
// the number of its valid rows.
func (p *panels) rowPanels(x *block, f func(i loop.Var, first loop.Affine, rows loop.Bound)) {
	blockPanels := p.MC / p.MR
	i := &loop.For{Var: p.b.Var("i"), Count: left(loop.Const(blockPanels), p.parts(p.total.m, p.MR), times(x.x, blockPanels)), Step: 1}
	p.b.For(i, func() {
		first := plus(times(x.x, p.MC), times(i.Var, p.MR))
		f(i.Var, first, left(loop.Const(p.MR), p.total.m, first))
	})
}

// rowTables fills the tables of where a block's rows lie in C and beside it, and in A, if it is read in place.
func (p *panels) rowTables(x *block) {
	first := times(x.x, p.MC)
	count := left(loop.Const(p.MC), p.total.m, first)
	p.b.Add(&loop.Offsets{Table: loop.Addr{Param: x.rowsOfC}, Group: group(p.m, sideC), From: first, Count: count})
	if p.Place.A {
		p.b.Add(&loop.Offsets{Table: loop.Addr{Param: x.rowsOfA}, Group: group(p.m, sideA), From: first, Count: count})
	}
	p.besideRows(x, first, count)
}

// rowsAt is the part of a table that is for row panel i.
func rowsAt(table int, i loop.Var, rows int64) loop.Addr {
	return loop.Addr{Param: table, Off: times(i, rows)}
}

// packA packs a block of A panel by panel, or a few terms of all panels before the next ones.
func (p *panels) packA(x *block) {
	first := times(x.x, p.MC)
	p.b.Add(&loop.Offsets{Table: loop.Addr{Param: x.rows}, Group: group(p.m, sideA), From: first, Count: left(loop.Const(p.MC), p.total.m, first)})
	p.eachTerms(x.taskVars, p.MC > p.MR && p.crosses(sideA, p.m, p.MC), func(depth loop.Bound, at loop.Affine) { p.packRows(x, depth, at) })
}

// eachTerms makes a loop over a few terms of a block of K at once, if what panels take crosses; f gets how many they are, and from where on.
func (p *panels) eachTerms(t taskVars, crosses bool, f func(depth loop.Bound, at loop.Affine)) {
	if !crosses || p.kblocks != loop.Const(1) && p.KC%termsAtOnce > 0 {
		f(p.depth(t), loop.Affine{})
		return
	}
	some := &loop.For{Var: p.b.Var("some"), Count: p.shares(t), Step: 1}
	p.b.For(some, func() {
		at := times(some.Var, termsAtOnce)
		f(left(loop.Const(termsAtOnce), p.total.k, plus(p.term(t), at)), at)
	})
}

// crosses tells whether the rows of a block of A, or the columns of one of B, so many, are neighbours, and lie between two terms: panel by
// panel, a machine would not see where reading goes on, and fetch the lines that hold rows of two again.
func (p *panels) crosses(side int, along []digit, items int64) bool {
	n, all := unitRun(along, side)
	k := p.product.k
	return (all || n >= items) && len(k) > 0 && (k[len(k)-1].at[side].dim > 0 || size(k[len(k)-1].at[side]) >= items)
}

// termsAtOnce is the terms of K that are packed of all panels. It divides blocks of K, of which there are several.
const termsAtOnce = 16

// shares is how many times as many terms a block of K has.
func (p *panels) shares(t taskVars) loop.Bound {
	if p.kblocks == loop.Const(1) { // with all of K, which may be less than what blocks are rounded up to
		return loop.Bound{Max: p.parts(p.total.k, termsAtOnce)}
	}
	most := p.parts(p.terms, termsAtOnce)
	at := by(t.kb, most)
	if p.part >= 0 {
		at = plus(by(t.batch[p.part].v, p.l.derive(DimMul, p.share, most)), at)
	}
	return left(most, p.parts(p.total.k, termsAtOnce), at)
}

// packRows packs some terms of the panels of A, from a place in its block of K on.
func (p *panels) packRows(x *block, depth loop.Bound, at loop.Affine) {
	p.rowPanels(x, func(i loop.Var, first loop.Affine, rows loop.Bound) {
		p.b.Add(copying{To: loop.Addr{Param: x.panelsA, Off: plus(times(i, p.MR*p.KC), p.l.scaled(at, loop.Const(p.MR)))}, From: origin(x.fromA, sideA, x.batch),
			Rows: rowsAt(x.rows, i, p.MR), Cols: loop.Addr{Param: x.cols, Off: at},
			Width: p.MR, Count: rows, Depth: depth, Run: runs(p.m, sideA, p.MR),
			Cut: p.cutRuns(p.m, sideA, p.MR, runs(p.m, sideA, p.MR), first)}.along(p.product.k, sideA, p.KC, plus(p.term(x.taskVars), at)))
	})
}

// tiles multiplies the panels of a block.
func (p *panels) tiles(x *block) (err error) {
	if !p.Place.A || !p.oneRun() {
		p.b.Add(&loop.Offsets{Table: loop.Addr{Param: x.cols}, Group: group(p.product.k, sideA), From: p.term(x.taskVars), Count: p.depth(x.taskVars)})
	}
	if !p.Place.A {
		p.packA(x)
	}
	if p.ByRows {
		p.rowPanels(x, func(i loop.Var, _ loop.Affine, rows loop.Bound) {
			p.columnPanels(x, func(j loop.Var, columns loop.Bound) { err = p.tile(x, i, j, rows, columns) })
		})
		return err
	}
	p.columnPanels(x, func(j loop.Var, columns loop.Bound) {
		p.columnTables(x, p.firstColumn(x, times(j, 1)), p.Cols)
		p.rowPanels(x, func(i loop.Var, _ loop.Affine, rows loop.Bound) { err = p.tile(x, i, j, rows, columns) })
	})
	return err
}

// panelAt is the number of a block's panel of columns in its slice.
func (p *panels) panelAt(x *block, j loop.Affine) loop.Affine {
	return plus(times(x.y, p.NC/p.Cols), j)
}

// firstColumn is the first column of a block's panel.
func (p *panels) firstColumn(x *block, j loop.Affine) loop.Affine {
	return plus(by(x.slice, p.width), p.l.scaled(p.panelAt(x, j), loop.Const(p.Cols)))
}

// columnPanels makes the loop over the column panels of a block; f gets the panel's variable and the number of
// its valid columns.
func (p *panels) columnPanels(x *block, f func(j loop.Var, columns loop.Bound)) {
	j := p.panelLoop(x.slice, x.y, p.NC/p.Cols)
	p.b.For(j, func() {
		f(j.Var, left(loop.Const(p.Cols), p.total.n, p.firstColumn(x, times(j.Var, 1))))
	})
}

// columnTables fills the tables of where columns lie in C and beside it.
func (p *panels) columnTables(x *block, first loop.Affine, most int64) {
	count := loop.Bound{Max: loop.Const(most), Clamped: p.isOpen() || p.Slices()*p.NS > p.N, Total: p.total.n, At: first}
	p.b.Add(&loop.Offsets{Table: loop.Addr{Param: x.columnsOfC}, Group: group(p.n, sideC), From: first, Count: count})
	p.besideColumns(x, first, count)
}

// columnsAt is the part of a table that is for column panel j.
func (p *panels) columnsAt(table int, j loop.Var) loop.Addr {
	if p.ByRows {
		return loop.Addr{Param: table, Off: times(j, p.Cols)}
	}
	return loop.Addr{Param: table}
}

// tile multiplies row panel i by column panel j.
func (p *panels) tile(x *block, i, j loop.Var, rows, columns loop.Bound) (err error) {
	panel, first := p.panelAt(x, times(j, 1)), p.firstColumn(x, times(j, 1))
	t := &loop.Tile{MR: p.MR, NR: p.NR, Lanes: p.Lanes, Acc: p.Type, Depth: p.depth(x.taskVars),
		A:     loop.Addr{Param: x.panelsA, Off: times(i, p.MR*p.KC)},
		C:     origin(x.c, sideC, x.batch),
		CRows: rowsAt(x.rowsOfC, i, p.MR), CCols: p.columnsAt(x.columnsOfC, j),
		Rows: rows, Cols: columns, Add: x.kb, Run: p.runsOf(sideC),
		Cut: p.cutRuns(p.n, sideC, p.NR, p.runsOf(sideC), first), Stream: p.streamed()}
	if p.Place.B {
		t.BStep, t.B = p.product.k[0].at[sideB].size(), origin(x.from, sideB, x.batch)
		t.B.Off = plus(t.B.Off, plus(p.l.scaled(p.term(x.taskVars), t.BStep), first))
	} else {
		t.B = p.panelB(x.to, x.batch, panel, times(j, 1))
	}
	if p.Place.A {
		lines := rowsAt(x.rowsOfA, i, p.MR)
		t.ARows, t.A = &lines, origin(x.fromA, sideA, x.batch)
		if p.oneRun() {
			t.A.Off = plus(t.A.Off, p.term(x.taskVars))
		} else {
			run, _ := unitRun(p.product.k, sideA)
			t.ACols, t.ACut = &loop.Addr{Param: x.cols}, &loop.CutRuns{Length: run, At: p.term(x.taskVars)}
		}
	}
	if x.parts >= 0 {
		t.Part = &loop.Addr{Param: x.parts, Off: p.partAt(x, i, panel)}
	}
	if t.Ahead = p.nextPanel(x, i, j); t.Ahead == nil {
		t.Ahead = p.nextRows(x, i, j)
	}
	t.After, err = p.after(x, i, j)
	p.b.Add(t)
	return err
}

// nextPanel is the part of the next panel of B that the tiles of row panel i ask for: each tile of a column the same share of
// it. Where the panels of a task and its rows of A stay in the second level, there is nothing to ask for.
func (p *panels) nextPanel(x *block, i, j loop.Var) *loop.Ahead {
	if p.Place.B || p.ByRows || p.l.target.Keeps(p.Blocking) {
		return nil
	}
	share := ceilDiv(p.NR, p.MC/p.MR)
	next := plus(times(j, 1), loop.Affine{Const: 1})
	at := p.panelB(x.to, x.batch, p.panelAt(x, next), next)
	at.Off = plus(at.Off, times(i, share*p.KC))
	return &loop.Ahead{At: at, Step: share}
}

// nextRows is the part of the next rows of A in place that a tile asks for, each panel of columns its share of them, where a row
// follows the other: tiles read several at once, in pieces too short for a machine to see where reading goes on. Where more panels
// pass than a tile has rows, only the first of many waits.
func (p *panels) nextRows(x *block, i, j loop.Var) *loop.Ahead {
	panels := p.NC / p.Cols
	large := bytesOf(p.b.Nest.Params[x.fromA]) >= cost.Large
	if !large || !p.Place.A || !p.ByRows || len(p.m) != 1 || p.m[0].at[sideA].n != p.KC || panels > p.MR {
		return nil
	}
	share := ceilDiv(p.MR, panels)
	at := origin(x.fromA, sideA, x.batch)
	at.Off = plus(at.Off, times(x.x, p.MC*p.KC))
	at.Off = plus(at.Off, plus(times(i, p.MR*p.KC), times(j, share*p.KC)))
	at.Off.Const += p.MR * p.KC
	return &loop.Ahead{At: at, Step: share}
}

// partAt is where the sums of a tile stay between blocks of K.
func (p *panels) partAt(x *block, i loop.Var, panel loop.Affine) loop.Affine {
	rowPanel := plus(times(x.x, p.MC/p.MR), times(i, 1))
	if p.Own {
		rowPanel = times(i, 1)
	}
	return plus(p.item(x.batch, p.Parts()), p.l.scaled(plus(p.l.scaled(rowPanel, loop.Const(p.Panels())), panel), loop.Const(p.MR*p.NR)))
}

// keepsParts tells whether the sums of a block of K must not go to C: because C's elements are narrower,
// or its old value, which may lie there, is still to be read.
func (p *panels) keepsParts() bool {
	return p.part < 0 && (p.isOpen() || p.KBlocks() > 1) && (p.step.Old >= 0 || p.l.plan.Buffers[p.step.Out.Buffer].DType != p.Type)
}

// waiting is the number of such sums: a slice's, or a task's where it takes all blocks of K.
func (p *panels) waiting() int64 {
	switch {
	case !p.keepsParts():
		return 0
	case p.Own:
		return p.MC * p.Panels() * p.NR
	}
	return p.batch * p.Parts()
}

// partsAt is where they lie in shared workspace, in bytes.
func (p *panels) partsAt() int64 {
	if p.Own {
		return 0
	}
	return wholeLines(p.batch * p.SliceB() * int64(p.Type.Size()))
}

// extraTable declares another piece of worker memory, behind what Scratch lays out.
func (p *panels) extraTable(name string, size int64) int { return p.own(name, tensor.I64, size) }

// own declares a piece of worker memory behind what is laid out so far.
func (p *panels) own(name string, d tensor.DType, size int64) int {
	x := p.param(workspace(name, loop.Worker, d, size, p.free))
	p.free += wholeLines(int64(d.Size()) * size)
	return x
}
