package lower

import "github.com/einc-lang/einc/codegen/loop"

// packPhase packs B: a task packs some panels of a block of K.
//
//	for task: (batch, kb, jb)
//	  cols = offsets of the block's terms of K
//	  for j in panels of jb: rows = offsets of the panel's columns; pack
func (p *panels) packPhase(step int) error {
	p.start("b")
	to := p.param(p.sharedB())
	from := p.operand(sideB, loop.In)
	rows := p.table("rows", p.NR, p.scratch.Rows)
	cols := p.table("cols", p.KC, p.scratch.Cols)
	each := float64(p.KC*p.NR) * packNanos
	block := min(max(int64(taskNanos/each), 1), p.Panels())
	tasks := p.tasks([]string{"kb", "jb"}, []int64{p.KBlocks(), ceilDiv(p.Panels(), block)}, func(batch []batchVar, v []loop.Var) {
		depth := p.depth(v[0])
		p.b.Add(&loop.Offsets{Table: loop.Addr{Param: cols}, Group: group(p.product.k, sideB), From: times(v[0], p.KC), Count: depth})
		j := &loop.For{Var: p.b.Var("j"), Count: left(block, p.Panels(), times(v[1], block)), Step: 1}
		p.b.For(j, func() {
			panel := plus(times(v[1], block), times(j.Var, 1))
			first := plus(times(v[1], block*p.NR), times(j.Var, p.NR))
			count := left(p.NR, p.N, first)
			p.b.Add(&loop.Offsets{Table: loop.Addr{Param: rows}, Group: group(p.n, sideB), From: first, Count: count})
			p.b.Add(&loop.Pack{To: p.panelB(to, batch, v[0], panel), From: origin(from, sideB, batch),
				Rows: loop.Addr{Param: rows}, Cols: loop.Addr{Param: cols}, Width: p.NR, Count: count, Depth: depth,
				Run: run(p.n, sideB, p.NR), KRun: run(p.product.k, sideB, p.KC)})
		})
	})
	return p.finish(step, tasks, each*float64(block))
}

// depth is the number of terms in a block of K.
func (p *panels) depth(kb loop.Var) loop.Bound { return left(p.KC, p.K, times(kb, p.KC)) }

// finish hands the nest over.
func (p *panels) finish(step int, tasks int64, nanos float64) error {
	if p.usesDims() {
		p.b.Nest.Dims = len(p.l.dims)
	}
	return p.l.phase(step, p.b.Nest, tasks, nanos, p.args)
}

func (p *panels) usesDims() bool {
	for _, ds := range [][]digit{p.product.b, p.m, p.n, p.product.k} {
		for _, d := range ds {
			for _, s := range d.at {
				if len(s.dims) > 0 {
					return true
				}
			}
		}
	}
	return false
}

// blockVars are what the second phase's nodes address.
type blockVars struct {
	batch                           []batchVar
	ib, jb                          loop.Var // the task's block of C
	c, shared, from, panelsA        int
	rows, cols, rowsOfC, columnsOfC int
}

// tilePhase multiplies: a task computes a block of C.
//
//	for task: (batch, ib, jb)
//	  for kb: cols = offsets of the block's terms in A
//	    for i in row panels: rows = offsets of the panel's rows in A; pack
//	    for j in column panels: ccols = offsets of the panel's columns in C
//	      for i in row panels: crows = offsets of the panel's rows in C; tile
func (p *panels) tilePhase(step int) error {
	p.start("tile")
	x := blockVars{c: p.operand(sideC, loop.Out), shared: p.param(p.sharedB()), from: p.operand(sideA, loop.In)}
	x.panelsA = p.param(workspace("block", loop.Worker, p.Type, p.MC*p.KC, p.scratch.A))
	x.rows = p.table("rows", p.MR, p.scratch.Rows)
	x.cols = p.table("cols", p.KC, p.scratch.Cols)
	x.rowsOfC = p.table("crows", p.MR, p.scratch.CRows)
	x.columnsOfC = p.table("ccols", p.NR, p.scratch.CCols)
	tasks := p.tasks([]string{"ib", "jb"}, []int64{p.MBlocks(), p.NBlocks()}, func(batch []batchVar, v []loop.Var) {
		x.batch, x.ib, x.jb = batch, v[0], v[1]
		kb := &loop.For{Var: p.b.Var("kb"), Count: fixed(p.KBlocks()), Step: 1}
		p.b.For(kb, func() {
			p.packA(x, kb.Var)
			p.tiles(x, kb.Var)
		})
	})
	return p.finish(step, tasks, p.taskTime())
}

// rowPanels makes the loop over the row panels of a block, which fills a table with the offsets of the
// panel's rows in an operand; f gets the panel's variable and the number of its valid rows.
func (p *panels) rowPanels(x blockVars, table, side int, f func(i loop.Var, rows loop.Bound)) {
	blockPanels := p.MC / p.MR
	i := &loop.For{Var: p.b.Var("i"), Count: left(blockPanels, ceilDiv(p.M, p.MR), times(x.ib, blockPanels)), Step: 1}
	p.b.For(i, func() {
		first := plus(times(x.ib, p.MC), times(i.Var, p.MR))
		rows := left(p.MR, p.M, first)
		p.b.Add(&loop.Offsets{Table: loop.Addr{Param: table}, Group: group(p.m, side), From: first, Count: rows})
		f(i.Var, rows)
	})
}

func (p *panels) packA(x blockVars, kb loop.Var) {
	depth := p.depth(kb)
	p.b.Add(&loop.Offsets{Table: loop.Addr{Param: x.cols}, Group: group(p.product.k, sideA), From: times(kb, p.KC), Count: depth})
	p.rowPanels(x, x.rows, sideA, func(i loop.Var, rows loop.Bound) {
		p.b.Add(&loop.Pack{To: loop.Addr{Param: x.panelsA, Off: times(i, p.MR*p.KC)}, From: origin(x.from, sideA, x.batch),
			Rows: loop.Addr{Param: x.rows}, Cols: loop.Addr{Param: x.cols},
			Width: p.MR, Count: rows, Depth: depth, Run: run(p.m, sideA, p.MR),
			KRun: run(p.product.k, sideA, p.KC)})
	})
}

func (p *panels) tiles(x blockVars, kb loop.Var) {
	blockPanels := p.NC / p.NR
	j := &loop.For{Var: p.b.Var("j"), Count: left(blockPanels, p.Panels(), times(x.jb, blockPanels)), Step: 1}
	p.b.For(j, func() {
		first := plus(times(x.jb, p.NC), times(j.Var, p.NR))
		columns := left(p.NR, p.N, first)
		p.b.Add(&loop.Offsets{Table: loop.Addr{Param: x.columnsOfC}, Group: group(p.n, sideC), From: first, Count: columns})
		panel := plus(times(x.jb, blockPanels), times(j.Var, 1))
		p.rowPanels(x, x.rowsOfC, sideC, func(i loop.Var, rows loop.Bound) {
			p.b.Add(&loop.Tile{MR: p.MR, NR: p.NR, Lanes: p.Lanes, Acc: p.Type, Depth: p.depth(kb),
				A: loop.Addr{Param: x.panelsA, Off: times(i, p.MR*p.KC)}, B: p.panelB(x.shared, x.batch, kb, panel),
				C:     origin(x.c, sideC, x.batch),
				CRows: loop.Addr{Param: x.rowsOfC}, CCols: loop.Addr{Param: x.columnsOfC},
				Rows: rows, Cols: columns, Add: kb, Run: run(p.n, sideC, p.NR)})
		})
	})
}
