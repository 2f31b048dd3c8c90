package lower

import (
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// packs tells whether a step is a product that the packed strategy can do: a sum of products of two
// inputs, whatever follows it.
func packs(l *lowering, s *planner.Step) bool {
	if len(s.Inputs) != 2 || s.Reduce != parser.Sum || len(s.K) == 0 {
		return false
	}
	if len(unique(s.Out.Axes)) < axesWithIndex(s.Out.Axes) || !isProduct(s.Body, 2) {
		return false
	}
	out := l.plan.Buffers[s.Out.Buffer].DType
	if !cost.Packable(rootType(s.Body)) || s.Old >= 0 && s.OldOp >= parser.Max && out.IsComplex() {
		return false
	}
	p, ok := l.product(s)
	// Where C's unit-stride index is a batch's, vectors along it serve better than tiles.
	return ok && !slices.ContainsFunc(p.b, func(d digit) bool { return d.at[sideC].n == 1 })
}

// panels builds the nests of a packed product.
type panels struct {
	product
	cost.Blocking
	counts
	part    int     // the digit of the batch that counts parts of K; -1: none
	whole   product // as it is without parts
	across  int64   // panels that are packed at once, as neighbours in B lie in different ones; 0: none do
	scratch cost.Scratch
	l       *lowering
	step    *planner.Step
	batch   int64
	b       *loop.Builder
	args    []Arg
	free    int64 // bytes of worker memory that are laid out
}

// panels lays out the product of a step; nil if the output has no elements.
func (l *lowering) panels(s *planner.Step) *panels {
	p := &panels{l: l, step: s, part: -1}
	p.product, _ = l.product(s)
	if items(p.product.b)*items(p.m)*items(p.n) == 0 {
		return nil
	}
	p.batch = items(p.product.b)
	if p.isOpen() {
		p.blockOpen(len(p.product.b) > 0 || p.waits(), false)
	} else {
		p.Blocking = l.blocking(rootType(s.Body), cost.Places{A: p.inPlace(), B: p.rowsInPlace() && !p.rowsCrowd()}, p.batch, items(p.m), items(p.n), items(p.product.k))
		p.fillLines()
		if p.chooseAcross(); p.across == 0 && !p.Place.B {
			p.Blocking = p.Ended(p.runOfC())
		}
		p.known()
		if p.Split > 1 {
			p.partsOfK(loop.Const(p.Split))
		}
		p.scratch = p.Scratch()
	}
	return p
}

// inPlace tells whether the rows of A are read where they lie: their terms are neighbours, all or in long runs that serve few
// columns, and the machine spreads an element to a vector as it reads it. NEON multiplies by lanes of a vector instead, as panels give
// them.
func (p *panels) inPlace() bool {
	k, a := p.product.k, p.l.plan.Buffers[p.refs[sideA].Buffer].DType
	run, _ := unitRun(k, sideA)
	unit := p.oneRun() && k[0].at[sideA].n == 1 && k[0].at[sideA].dim == 0
	return (unit || cost.ReadsRuns(a, run, float64(items(p.n)))) && a == rootType(p.step.Body).Accum() && p.l.target.Arch == "amd64"
}

// rowsInPlace tells whether the rows of B are read where they lie: their columns are neighbours, and so near each other as
// the machine likes them.
func (p *panels) rowsInPlace() bool { return p.rowsNear() == loop.Const(1) }

// rowsCrowd tells whether rows of B in place, if they are so near, fall into too few sets of a cache.
func (p *panels) rowsCrowd() bool {
	return p.l.target.RowsCrowd(rootType(p.step.Body), items(p.m), items(p.product.k), p.product.k[0].at[sideB].n)
}

// rowsNear is 1 if the rows of B are read where they lie, else 0; an entry where calls decide how far they lie apart.
func (p *panels) rowsNear() loop.Size {
	b := p.l.plan.Buffers[p.refs[sideB].Buffer].DType
	_, all := unitRun(p.n, sideB)
	most := p.l.target.RowsApart(b)
	if !all || !p.oneRun() || b != rootType(p.step.Body) || most == 0 {
		return loop.Const(0)
	}
	apart := p.product.k[0].at[sideB]
	if apart.dim == 0 && apart.n < 1 {
		return loop.Const(0)
	}
	beyond := p.l.derive(DimAdd, p.l.derive(DimMax, apart.size(), loop.Const(most)), loop.Const(-most))
	return p.without(p.l.derive(DimMin, beyond, loop.Const(1)))
}

// oneRun tells whether all terms of a row of A in place are neighbours.
func (p *panels) oneRun() bool { return len(p.product.k) == 1 }

// packed lowers a product to two nests, which take turns for each slice of columns and block of K: one packs
// B into panels in shared workspace, if it is not read in place, the other computes blocks of C. Where tasks pack B for themselves, there
// is only the other, and it runs once: its tasks take one block of K after the other.
func packed(l *lowering, step int) error {
	p := l.panels(&l.plan.Steps[step])
	if p == nil {
		return nil
	}
	if p.isOpen() {
		return packedOpen(l, step)
	}
	return l.turns(loop.Const(1), p, step)
}

// packedPhases appends the phases of a block of K, or of all: those that pack B and multiply, or, where tasks pack it for
// themselves or read it in place, the one that does all, and the sum of the parts of K, if there are any.
func (p *panels) packedPhases(step int) error {
	var runs []run
	if !p.Own && !p.Place.B {
		runs = append(runs, p.packNest())
	}
	tile, err := p.tileNest()
	if err != nil {
		return err
	}
	for _, r := range append(runs, tile) {
		if err := p.l.phase(step, r.nest, r.tasks, r.nanos, r.args); err != nil {
			return err
		}
	}
	if p.part < 0 {
		return nil
	}
	return p.l.run(step, []*kernel{p.sumOfParts()}, 0)
}

// chooseAcross lets panels be packed many together, if B's unit-stride digit is not the fastest of N: as many as the
// table of rows has room for, and no fewer than a task is worth. Where that does not divide those of a slice or a
// task, there are fewer; and where not all are packed at once, squares of a cache line's neighbours are not cut, if so many fit.
func (p *panels) chooseAcross() {
	const least = 4
	n, step := crossRuns(p.n, sideB)
	if step == 1 || n < least {
		return
	}
	all, room := p.together(), p.RowTable()/p.NR
	if !p.Own {
		worth := int64(taskNanos / (packNanos * float64(p.KC*p.NR)))
		room = min(room, max(worth, ceilDiv(n*step, p.NR)))
	}
	p.across = all / ceilDiv(all, room)
	if square := min(n&-n, lineBytes/int64(p.Type.Size())); square >= least && all*p.NR < p.N {
		whole := square * step / common(square*step, p.NR, true)
		p.across -= p.across % min(whole, p.across)
	}
	if all%p.across == 0 {
		return
	}
	p.NS = all / p.across * p.across * p.NR
	if p.NC = p.NS / ceilDiv(p.NS, p.NC); p.Own || p.NS%p.NC > 0 || p.NC%p.NR > 0 {
		p.NC = p.NS
	}
}

// crossRuns is how many items of a group are neighbours in an operand, and how far apart they are: 1 if none are.
func crossRuns(ds []digit, side int) (length, step int64) {
	step = 1
	for i := len(ds) - 1; i >= 0 && !ds[i].isOpen(); i-- {
		if s := ds[i].at[side]; s.n == 1 && s.dim == 0 {
			return ds[i].extent, step
		}
		step *= ds[i].extent
	}
	return 1, 1
}

// together is the panels that are packed one after the other: those of a slice, or of a task.
func (p *panels) together() int64 {
	if p.Own {
		return p.NC / p.NR
	}
	return p.Panels()
}

// run is a nest, and what a phase of it takes.
type run struct {
	nest  *loop.Nest
	tasks loop.Size
	nanos float64
	args  []Arg
}

// Rates of the model of packed products.
const (
	packNanos = 0.3  // an element copied into a panel
	fmaNanos  = 0.17 // a vector multiply-add
)

// taskTime is the model's time of a task of the second nest.
func (p *panels) taskTime() float64 {
	mc, nc, k := float64(min(p.MC, p.M)), float64(min(p.NC, p.N)), float64(p.KC)
	packed := mc * k
	if p.Own {
		k = float64(p.K) / float64(p.Split)
		packed = (mc + nc) * k
	}
	return mc*nc*k/float64(p.Lanes)*fmaNanos + packed*packNanos
}

// start begins a nest.
func (p *panels) start(part string) {
	p.b = loop.NewBuilder(string(cost.Packed) + "/" + part)
	p.b.Nest.FMA, p.b.Nest.F16C = p.l.target.FMA, p.l.target.F16C
	p.args = nil
}

// finish takes the nest.
func (p *panels) finish(tasks loop.Size, nanos float64) run {
	if p.usesDims() {
		p.b.Nest.Dims = len(p.l.dims)
	}
	return run{p.b.Nest, tasks, nanos, p.args}
}

func (p *panels) usesDims() bool {
	return slices.ContainsFunc(slices.Concat(p.product.b, p.m, p.n, p.product.k), digit.dynamic)
}

// param declares a parameter of the nest and returns its number; arrays are declared once.
func (p *panels) param(a access) int {
	for i, old := range p.args {
		if x := p.b.Nest.Params[i]; old == a.arg && a.arg.Buffer >= 0 && x.Role == a.Role {
			return i
		}
	}
	p.args = append(p.args, a.arg)
	return p.b.Param(a.Param)
}

// table declares a table of offsets in worker memory.
func (p *panels) table(name string, size, at int64) int {
	return p.param(workspace(name, loop.Worker, tensor.I64, size, at))
}

// operand declares the parameter of an operand.
func (p *panels) operand(side int, role loop.Role) int {
	if side == sideC && p.part >= 0 {
		return p.param(p.sums(role))
	}
	return p.param(p.l.buffer(p.refs[side].Buffer, role))
}

// taskVars is what the tasks of a nest are numbered by, slowest first: the slice of columns and the block of
// K, which phases count, the batch, and two counts of blocks.
type taskVars struct {
	slice, kb loop.Var
	batch     []batchVar
	x, y      loop.Var
}

// batchVar is a batch digit of a task.
type batchVar struct {
	digit
	v loop.Var
}

// tasks makes the root loop, calls f in it, and returns the number of tasks of a phase.
func (p *panels) tasks(labels [2]string, counts [2]loop.Size, f func(taskVars)) loop.Size {
	each := p.l.derive(DimMul, counts[0], counts[1])
	for _, d := range p.product.b {
		each = p.l.derive(DimMul, d.size, each)
	}
	kblocks := p.kblocks
	if p.Own {
		kblocks = loop.Const(1)
	}
	all := p.l.derive(DimMul, p.l.derive(DimMul, p.slices, kblocks), each)
	l := &loop.For{Var: p.b.Var("task"), Kind: loop.Task, Count: loop.Bound{Max: all}, Step: 1}
	p.b.For(l, func() {
		split := &loop.Split{Of: l.Var}
		digit := func(label string, n loop.Size) loop.Var {
			split.Into = append(split.Into, p.b.Var(label))
			split.Radix = append(split.Radix, n)
			return split.Into[len(split.Into)-1]
		}
		t := taskVars{slice: digit("jc", p.slices), kb: digit("kb", kblocks)}
		for _, d := range p.product.b {
			t.batch = append(t.batch, batchVar{d, digit(d.label, d.size)})
		}
		t.x, t.y = digit(labels[0], counts[0]), digit(labels[1], counts[1])
		p.b.Add(split)
		f(t)
	})
	if p.Own { // a single phase does all
		return all
	}
	return each
}

// origin is the address of the batch item in an operand.
func origin(param, side int, batch []batchVar) loop.Addr {
	a := loop.Addr{Param: param}
	for _, d := range batch {
		if s := d.at[side].size(); s != loop.Const(0) {
			a.Off.Terms = append(a.Off.Terms, loop.Term{Var: d.v, Coef: s})
		}
	}
	return a
}

// item is the position of a batch item in workspace where items are size elements apart. A worker's own
// workspace has one at a time.
func (p *panels) item(batch []batchVar, size int64) (off loop.Affine) {
	if p.Own {
		return off
	}
	for i := len(batch) - 1; i >= 0; i-- {
		off.Terms = append(off.Terms, loop.Term{Var: batch[i].v, Coef: loop.Const(size)})
		size *= batch[i].extent
	}
	return off
}

// scaled is a position in items of a size, or that lie a stride apart, as one in elements. Where a call knows by, it has no constant.
func (l *lowering) scaled(a loop.Affine, by loop.Size) loop.Affine {
	s := loop.Affine{Const: a.Const * by.Value}
	for _, t := range a.Terms {
		s.Terms = append(s.Terms, loop.Term{Var: t.Var, Coef: l.derive(DimMul, t.Coef, by)})
	}
	return s
}

// panelB is the address of a panel of B: the panel-th of a slice, of which batch items are whole ones apart, or
// the own-th of a task.
func (p *panels) panelB(param int, batch []batchVar, panel, own loop.Affine) loop.Addr {
	if p.Own {
		return loop.Addr{Param: param, Off: p.l.scaled(own, loop.Const(p.KC*p.NR))}
	}
	return loop.Addr{Param: param, Off: plus(p.item(batch, p.SliceB()), p.l.scaled(panel, loop.Const(p.KC*p.NR)))}
}

// panelsB is the access to the packed panels of B.
func (p *panels) panelsB() access {
	if p.Own {
		return workspace("panels", loop.Worker, p.Type, p.KC*p.Panels()*p.NR, p.scratch.B)
	}
	return workspace("panels", loop.Shared, p.Type, p.batch*p.SliceB(), 0)
}

// term is the first one of the block of K that a task is at.
func (p *panels) term(t taskVars) loop.Affine {
	first := by(t.kb, p.terms)
	if p.part >= 0 {
		first = plus(by(t.batch[p.part].v, p.l.derive(DimMul, p.share, p.terms)), first)
	}
	return first
}

// depth is the number of terms in that block.
func (p *panels) depth(t taskVars) loop.Bound { return left(p.terms, p.total.k, p.term(t)) }

func fixed(n int64) loop.Bound { return loop.Bound{Max: loop.Const(n)} }

// left is the bound min(most, total−at), without the clamp where blocks are known to fit evenly.
func left(most, total loop.Size, at loop.Affine) loop.Bound {
	if total.Dim == 0 && most.Dim == 0 && total.Value%most.Value == 0 {
		return loop.Bound{Max: most}
	}
	return loop.Bound{Max: most, Clamped: true, Total: total, At: at}
}

// times and by are coef·v, and plus is the sum of two positions.
func times(v loop.Var, coef int64) loop.Affine { return by(v, loop.Const(coef)) }

func by(v loop.Var, coef loop.Size) loop.Affine {
	return loop.Affine{Terms: []loop.Term{{Var: v, Coef: coef}}}
}

func plus(a, b loop.Affine) loop.Affine {
	return loop.Affine{Const: a.Const + b.Const, Terms: append(a.Terms[:len(a.Terms):len(a.Terms)], b.Terms...)}
}
