package lower

import (
	"cmp"
	"slices"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
)

// digit is one index of a group, with its strides in A, B, C and what is read beside C.
type digit struct {
	label  string
	extent int64     // of an open index, an example
	size   loop.Size // the extent
	radix  loop.Size // the extent, but never 0
	at     []stride
}

// The operands of a packed product. B is packed once and shared; its free side holds C's unit-stride
// index where possible.
const (
	sideA = iota
	sideB
	sideC
	sideBeside // the first of what the epilogue reads
)

// product is a step seen as a batch of matrix products over groups of indices, fastest digit last.
type product struct {
	refs       []planner.Ref
	b, m, n, k []digit
}

// product classes the indices of a packable step and orders each group; ok is false if it is none.
func (l *lowering) product(s *planner.Step) (p product, ok bool) {
	p.refs = append([]planner.Ref{s.Inputs[0], s.Inputs[1], s.Out}, s.Extra...)
	if s.Old >= 0 {
		p.refs = append(p.refs, planner.Ref{Buffer: s.Old, Axes: s.Out.Axes})
	}
	if l.swap(p.refs) {
		p.refs[sideA], p.refs[sideB] = p.refs[sideB], p.refs[sideA]
	}
	for _, ix := range unique(slices.Concat(s.Out.Axes, s.K)) {
		index := l.plan.Problem.Indices[ix]
		d := digit{label: index.Name, extent: int64(index.Extent), at: make([]stride, len(p.refs))}
		d.size = l.extent(ix)
		d.radix = l.derive(DimMax, d.size, loop.Const(1))
		in := make([]bool, len(p.refs))
		for i, r := range p.refs {
			d.at[i] = l.stride(r, ix)
			in[i] = slices.Contains(r.Axes, ix)
		}
		switch {
		case d.extent == 0:
			return p, false
		case d.size == loop.Const(1):
		case !in[sideC]:
			p.k = append(p.k, d)
		case in[sideA] && in[sideB]:
			p.b = append(p.b, d)
		case in[sideA]:
			p.m = append(p.m, d)
		case in[sideB]:
			p.n = append(p.n, d)
		default:
			return p, false
		}
	}
	l.arrange(&p)
	return p, true
}

// swap tells whether C's unit-stride index is on the left operand's side.
func (l *lowering) swap(refs []planner.Ref) bool {
	best, stride := parser.NoIndex, int64(0)
	for _, ix := range unique(refs[sideC].Axes) {
		n := l.stride(refs[sideC], ix).n
		if l.plan.Problem.Indices[ix].Extent > 1 && (best == parser.NoIndex || n < stride) {
			best, stride = ix, n
		}
	}
	return best != parser.NoIndex && slices.Contains(refs[sideA].Axes, best) && !slices.Contains(refs[sideB].Axes, best)
}

// arrange orders the digits of each group and fuses those that compose. Of N, what lies together in C
// goes first until runs fill a cache line's worth of lanes, then what is unit-stride in B; M goes by
// A's or C's strides; K by the operand whose free side is not unit-stride.
func (l *lowering) arrange(p *product) {
	by := func(side int) func(a, b digit) int {
		return func(a, b digit) int { return cmp.Compare(size(b.at[side]), size(a.at[side])) }
	}
	slices.SortStableFunc(p.b, by(sideC))
	slices.SortStableFunc(p.n, by(sideC))
	slices.SortStableFunc(p.k, by(p.kSide()))
	slices.SortStableFunc(p.m, by(l.mSide(p)))
	p.orderN(lineBytes / int64(l.plan.Buffers[p.refs[sideC].Buffer].DType.Size()))
	p.orderK()
	p.b, p.m = l.fuseDigits(p.b), l.fuseDigits(p.m)
	p.n, p.k = l.fuseDigits(p.n), l.fuseDigits(p.k)
}

// mSide is the operand whose strides order M: A, so that panels are packed by vectors, or C, where it is so
// much larger, or so scattered, that storing it is what takes time.
func (l *lowering) mSide(p *product) int {
	if items(p.n) >= 16*items(p.k) || l.scatters(p) {
		return sideC
	}
	return sideA
}

// scatteredBytes is the size of C from which on the order of its rows counts for more than that of A's.
const scatteredBytes = 4 << 20

// scatters tells whether rows that are neighbours in A would be lines apart in a large C, while A may be read in any order: it stays in
// a cache, or its rows are runs of half a line or more.
func (l *lowering) scatters(p *product) bool {
	element := func(side int) int64 { return int64(l.plan.Buffers[p.refs[side].Buffer].DType.Size()) }
	rows := items(p.b) * items(p.m)
	if len(p.m) < 2 || slices.ContainsFunc(p.m, digit.dynamic) || rows*items(p.n)*element(sideC) < scatteredBytes {
		return false
	}
	next := slices.MinFunc(p.m, func(x, y digit) int { return cmp.Compare(size(x.at[sideA]), size(y.at[sideA])) })
	run, _ := unitRun(p.k, sideA)
	return size(next.at[sideC])*element(sideC) > lineBytes && (rows*items(p.k)*element(sideA) <= cost.Large || run*element(sideA) >= lineBytes/2)
}

func size(s stride) int64 { return max(s.n, -s.n) }

// kSide is the operand whose strides order K: one with a unit-stride K index, the larger one of two.
func (p *product) kSide() int {
	unit := func(side int) bool {
		return slices.ContainsFunc(p.k, func(d digit) bool { return d.at[side].n == 1 })
	}
	a, b := unit(sideA), unit(sideB)
	if a && !b || a == b && items(p.m) > items(p.n) {
		return sideA
	}
	return sideB
}

// orderK splits the digits that are unit-stride in A and in B, where these differ and neither operand is much larger, so that blocks of K
// hold some neighbours in either: they become (…, a/cost.LowPart, b, a%cost.LowPart).
func (p *product) orderK() {
	unit := func(side int) int {
		return slices.IndexFunc(p.k, func(d digit) bool { return d.at[side].n == 1 && d.at[side].dim == 0 })
	}
	i, j := unit(sideA), unit(sideB)
	if i < 0 || j < 0 || i == j || p.k[i].extent%cost.LowPart != 0 || p.k[i].dynamic() || p.k[j].isOpen() ||
		cost.FollowsLarger(float64(items(p.m)), float64(items(p.n))) {
		return
	}
	b := p.k[j]
	high, low := p.k[i].split(cost.LowPart)
	var ds []digit
	for n, d := range p.k {
		if n != i && n != j {
			ds = append(ds, d)
		}
	}
	if high.extent > 1 {
		ds = append(ds, high)
	}
	p.k = append(ds, b, low)
}

// split cuts a digit of known extent in two, of which the faster one has the given extent, a divisor.
func (d digit) split(n int64) (high, low digit) {
	high, low = d, d
	low.extent, high.extent = n, d.extent/n
	low.size, high.size = loop.Const(low.extent), loop.Const(high.extent)
	low.radix, high.radix = low.size, high.size
	high.at = slices.Clone(d.at)
	for s := range high.at {
		high.at[s].n *= n
	}
	return high, low
}

func (d digit) dynamic() bool {
	return d.isOpen() || slices.ContainsFunc(d.at, func(s stride) bool { return s.dim > 0 })
}

func (d digit) isOpen() bool { return d.size.Dim > 0 }

// minRun is the number of neighbouring elements of C after which N's order may turn to B, turnTerms how many terms
// of columns may be packed before it does, and turnLine the neighbours in B that a block of columns holds at least.
const (
	minRun    = 16
	turnTerms = 1 << 18
	turnLine  = 16
)

// orderN moves B's unit-stride digit right behind the digits that make up a long enough run of C: as long a one as lets
// lines of B be packed whole while the panels they go to stay in the second-level cache. A digit that is too long for
// that is split.
func (p *product) orderN(line int64) {
	i, run := len(p.n), int64(1)
	k := items(p.k)
	most := max(minRun, turnTerms/k/p.unitN())
	for i > 0 && p.n[i-1].at[sideC].n == run && !p.n[i-1].dynamic() && (run < minRun || run*p.n[i-1].extent <= most) {
		i--
		run *= p.n[i].extent
	}
	for j := range i {
		if p.n[j].at[sideB].n == 1 && !p.n[j].dynamic() {
			d := p.n[j]
			p.n = slices.Insert(slices.Delete(p.n, j, j+1), i-1, d)
			p.splitRun(i, run, turnTerms/turnLine/k, line)
			return
		}
	}
}

// splitRun splits the slowest digit of a run of C, the i-th of N, behind B's unit-stride digit, if the run is longer than
// most, so that runs of whole lines are left, if there are such, or others.
func (p *product) splitRun(i int, run, most, line int64) {
	if most = max(most, minRun); run <= most {
		return
	}
	d, best := p.n[i], int64(1)
	faster := run / d.extent
	for n := ceilDiv(minRun, faster); n < d.extent && n*faster <= most; n++ {
		if d.extent%n == 0 && (n*faster%line == 0 || best*faster%line > 0) {
			best = n
		}
	}
	if best == 1 {
		return
	}
	high, low := d.split(best)
	p.n[i] = low
	p.n = slices.Insert(p.n, i-1, high)
}

// unitN is the extent of B's unit-stride digit.
func (p *product) unitN() int64 {
	for _, d := range p.n {
		if d.at[sideB].n == 1 {
			return d.extent
		}
	}
	return 1
}

// fuseDigits merges neighbours that compose in all operands.
func (l *lowering) fuseDigits(ds []digit) []digit {
	var out []digit
	for _, d := range ds {
		if n := len(out); n > 0 && l.digitsCompose(out[n-1], d) {
			d.label = out[n-1].label + d.label
			d.extent *= out[n-1].extent
			d.size = l.derive(DimMul, out[n-1].size, d.size)
			d.radix = l.derive(DimMax, d.size, loop.Const(1))
			out[n-1] = d
			continue
		}
		out = append(out, d)
	}
	return out
}

func (l *lowering) digitsCompose(d, inner digit) bool {
	for i := range d.at {
		if !l.composes(d.at[i], inner.at[i], inner.size) {
			return false
		}
	}
	return true
}

// items is the extent of a group.
func items(ds []digit) int64 {
	n := int64(1)
	for _, d := range ds {
		n *= d.extent
	}
	return n
}

// group is a group as one operand sees it. An empty one has a single item.
func group(ds []digit, side int) loop.Group {
	g := loop.Group{Extents: []loop.Size{loop.Const(1)}, Strides: []loop.Size{loop.Const(0)}}
	if len(ds) > 0 {
		g = loop.Group{}
	}
	for _, d := range ds {
		s := d.at[side].size()
		g.Extents = append(g.Extents, d.radix)
		g.Strides = append(g.Strides, s)
	}
	return g
}

// runsOf is the promise of runs that the columns of a tile come in, in an operand.
func (p *panels) runsOf(side int) int64 { return common(runs(p.n, side, p.Cols), p.NR, true) }

// anyRun is the promise of a group that is one run: vectors of any length divide it.
const anyRun = 64

// runs is the promise of unit runs that blocks of a width can make: the common divisor of the width and
// the fastest digits, as far as they compose.
func runs(ds []digit, side int, width int64) int64 {
	n, step := steppedRuns(ds, side, width)
	if step > 1 {
		return 1
	}
	run, _ := unitRun(ds, side)
	return max(n, common(width, run, true))
}

// steppedRuns is the promise of runs of n neighbours that are step items apart: those of the digit that
// is unit-stride. Blocks of the given width hold whole runs.
func steppedRuns(ds []digit, side int, width int64) (n, step int64) {
	step = 1
	for i := len(ds) - 1; i >= 0; i-- {
		if s := ds[i].at[side]; s.n != 1 || s.dim > 0 {
			if ds[i].isOpen() {
				return 1, 1
			}
			step *= ds[i].extent
			continue
		}
		switch {
		case i == 0:
			return min(anyRun, max(width/step, 1)), step
		case ds[i].isOpen():
			return 1, 1
		}
		return common(width/step, ds[i].extent, width%step == 0), step
	}
	return 1, 1
}

// common is the greatest common divisor of two numbers, or 1 if they are not to be compared.
func common(a, b int64, comparable bool) int64 {
	if !comparable {
		return 1
	}
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// unitRun is how many items of a group are neighbours: those of its fastest digits, as far as they compose. All
// of them are if there are no others, of which n then are no more than some where calls decide how many there are.
func unitRun(ds []digit, side int) (n int64, all bool) {
	n = 1
	for i := len(ds) - 1; i >= 0; i-- {
		s := ds[i].at[side]
		if s.n != n || s.dim > 0 {
			return n, false
		}
		if ds[i].isOpen() {
			return n, i == 0
		}
		n *= ds[i].extent
	}
	return n, true
}

// cutRuns is the promise of unit runs that blocks of a width cut anywhere, if vectors under masks move a block in
// fewer accesses than those of a given run, which no block cuts, or move the last one, which is not whole.
func (p *panels) cutRuns(ds []digit, side int, width, run int64, first loop.Affine) *loop.CutRuns {
	n, all := unitRun(ds, side)
	whole := min(run&-run, p.Lanes)
	switch accesses := ceilDiv(width, p.Lanes); {
	case all && (accesses < width/whole || side == sideC && (items(ds)%width > 0 || slices.ContainsFunc(ds, digit.isOpen))):
		return &loop.CutRuns{At: first}
	case !all && n > 1 && accesses*(1+(p.Lanes-2+n)/n) < width/whole:
		return &loop.CutRuns{Length: n, At: first}
	}
	return nil
}
