package llvm_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/einc-lang/einc/codegen/llvm"
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
)

// axes is a group of extents and its strides in two arrays.
type axes struct{ ext, first, second []int64 }

// product is C[m,n] = Σ_k A[m,k]·B[k,n] as a packed nest: one task a panel of rows, with K in blocks of kc.
type product struct {
	a, b, acc, c     tensor.DType
	mr, nr, lanes    int64
	m                axes // strides in A and C
	n                axes // in B and C
	k                axes // in A and B
	kc               int64
	runA, runB, runC int64
	krunA, krunB     int64
	dims             bool  // C's strides come through dims
	after            int   // operations that follow: 0 for nothing
	part             bool  // sums wait in workspace
	cut              bool  // runs are those of the last digits, wherever panels cut them
	place            bool  // A is read in place
	runs             bool  // and its terms come in runs of the last digit
	kcut             bool  // terms come in runs of some digit, wherever blocks of K cut them
	rows             bool  // B is read in place
	stream           bool  // whole tiles are stored past the cache
	open             bool  // a call says how many columns there are, and how far rows of B in place lie apart
	cols             int64 // of a tile, if fewer than it has registers for
	ahead            int64 // elements that tiles ask for with each term of K
}

// matrices is a product of row-major matrices.
func matrices(d tensor.DType, mr, nr, lanes, m, n, k, kc int64) product {
	one := []int64{1}
	return product{a: d, b: d, acc: d, c: d, mr: mr, nr: nr, lanes: lanes, kc: kc, krunA: 64, runB: nr, runC: nr,
		m: axes{[]int64{m}, []int64{k}, []int64{n}}, n: axes{[]int64{n}, one, one}, k: axes{[]int64{k}, one, []int64{n}}}
}

func (a axes) size() int64 {
	n := int64(1)
	for _, e := range a.ext {
		n *= e
	}
	return n
}

// kcuts is the promise of cut runs for the terms of the block of K that a variable counts.
func (p product) kcuts(strides []int64, kb loop.Var) *loop.CutRuns {
	if !p.kcut {
		return nil
	}
	unit := slices.Index(strides, 1)
	return &loop.CutRuns{Length: p.k.ext[unit], Step: axes{ext: p.k.ext[unit+1:]}.size(), At: loop.Affine{Terms: []loop.Term{{Var: kb, Coef: loop.Const(p.kc)}}}}
}

// reach is the range of offsets that groups move over.
func reach(ext, strides []int64) (lo, hi int64) {
	for i, e := range ext {
		lo += min(0, (e-1)*strides[i])
		hi += max(0, (e-1)*strides[i])
	}
	return lo, hi + 1
}

func blocks(n, size int64) int64 { return (n + size - 1) / size }

// packer builds the nest of a product.
type packer struct {
	product
	*loop.Builder
	args []loop.Mem
	dims []int64
	rng  *rand.Rand
}

// tensor declares an operand that two groups move over.
func (p *packer) tensor(name string, d tensor.DType, role loop.Role, ext, strides []int64) loop.Addr {
	lo, hi := reach(ext, strides)
	m := random(d, int(hi-lo), p.rng)
	m.Origin = int(-lo) * d.Size()
	p.args = append(p.args, m)
	return loop.Addr{Param: p.Param(loop.Param{Name: name, DType: d, Role: role, Lo: lo, Hi: hi})}
}

// area declares worker memory, which holds anything at first.
func (p *packer) area(name string, d tensor.DType, n int64) loop.Addr {
	p.args = append(p.args, random(d, int(n), p.rng))
	return loop.Addr{Param: p.Param(loop.Param{Name: name, DType: d, Role: loop.Worker, Hi: n})}
}

func (p *packer) group(ext, strides []int64, dims bool) loop.Group {
	var g loop.Group
	for _, e := range ext {
		g.Extents = append(g.Extents, loop.Const(e))
	}
	for _, s := range strides {
		size := loop.Const(s)
		if dims {
			p.dims = append(p.dims, s)
			size = loop.Dim(len(p.dims) - 1)
		}
		g.Strides = append(g.Strides, size)
	}
	return g
}

// offsets fills a new table for the block of a group that variable v counts.
func (p *packer) offsets(name string, g loop.Group, size int64, v loop.Var, count loop.Bound) loop.Addr {
	table := p.area(name, tensor.I64, size)
	from := loop.Affine{Terms: []loop.Term{{Var: v, Coef: loop.Const(size)}}}
	p.Add(&loop.Offsets{Table: table, Group: g, From: from, Count: count})
	return table
}

// cuts is the promise of cut runs for the block of a group that variable v counts: a digit, or all.
func (p product) cuts(ext, strides []int64, size int64, v loop.Var) *loop.CutRuns {
	last := len(ext) - 1
	if !p.cut || strides[last] != 1 {
		return nil
	}
	c := &loop.CutRuns{Length: ext[last], At: loop.Affine{Terms: []loop.Term{{Var: v, Coef: loop.Const(size)}}}}
	if last == 0 {
		c.Length = 0
	}
	return c
}

// rest is what is left of total for a block.
func rest(size, total int64, v loop.Var) loop.Bound {
	at := loop.Affine{Terms: []loop.Term{{Var: v, Coef: loop.Const(size)}}}
	return loop.Bound{Max: loop.Const(size), Clamped: total%size != 0, Total: loop.Const(total), At: at}
}

func (p product) job(lv level, seed uint64) job {
	q := &packer{product: p, Builder: loop.NewBuilder("packed/test"), rng: rand.New(rand.NewPCG(seed, 8))}
	q.Nest.FMA, q.Nest.F16C = lv.fma, lv.fma
	c := q.tensor("C", p.c, loop.Out, slices.Concat(p.m.ext, p.n.ext), slices.Concat(p.m.second, p.n.second))
	a := q.tensor("A", p.a, loop.In, slices.Concat(p.m.ext, p.k.ext), slices.Concat(p.m.first, p.k.first))
	b := q.tensor("B", p.b, loop.In, slices.Concat(p.k.ext, p.n.ext), slices.Concat(p.k.second, p.n.first))
	pa, pb := q.area("pa", p.acc, p.mr*p.kc), q.area("pb", p.acc, p.nr*p.kc)
	var beside, parts loop.Addr
	if p.after > 0 {
		beside = q.tensor("beside", p.c, loop.In, slices.Concat(p.m.ext, p.n.ext), slices.Concat(p.m.second, p.n.second))
		parts = q.area("parts", p.acc, p.mr*p.nr*blocks(p.n.size(), p.nr))
	}
	i, kb, j := q.Var("i"), q.Var("kb"), q.Var("j")
	width := p.nr
	if p.cols > 0 {
		width = p.cols
	}
	rows, cols, depth := rest(p.mr, p.m.size(), i), rest(width, p.n.size(), j), rest(p.kc, p.k.size(), kb)
	columns := func(strides []int64, dims bool) loop.Group { return q.group(p.n.ext, strides, dims) }
	if p.open {
		q.dims = append(q.dims, p.n.size())
		cols.Clamped, cols.Total = true, loop.Dim(0)
		columns = func(strides []int64, _ bool) loop.Group {
			return loop.Group{Extents: []loop.Size{cols.Total}, Strides: []loop.Size{loop.Const(strides[0])}}
		}
	}
	tasks := blocks(p.m.size(), p.mr)
	q.For(&loop.For{Var: i, Kind: loop.Task, Count: loop.Bound{Max: loop.Const(tasks)}, Step: 1}, func() {
		am := q.offsets("am", q.group(p.m.ext, p.m.first, false), p.mr, i, rows)
		cm := q.offsets("cm", q.group(p.m.ext, p.m.second, p.dims), p.mr, i, rows)
		q.For(&loop.For{Var: kb, Count: loop.Bound{Max: loop.Const(blocks(p.k.size(), p.kc))}, Step: 1}, func() {
			ak := q.offsets("ak", q.group(p.k.ext, p.k.first, false), p.kc, kb, depth)
			bk := q.offsets("bk", q.group(p.k.ext, p.k.second, false), p.kc, kb, depth)
			if !p.place {
				q.Add(&loop.Pack{To: pa, From: a, Rows: am, Cols: ak, Width: p.mr, Count: rows, Depth: depth, Run: p.runA, KRun: p.krunA, KCut: p.kcuts(p.k.first, kb),
					Cut: p.cuts(p.m.ext, p.m.first, p.mr, i)})
			}
			q.For(&loop.For{Var: j, Count: loop.Bound{Max: loop.Const(blocks(p.n.size(), width))}, Step: 1}, func() {
				bn := q.offsets("bn", columns(p.n.first, false), width, j, cols)
				cn := q.offsets("cn", columns(p.n.second, p.dims), width, j, cols)
				q.Add(&loop.Pack{To: pb, From: b, Rows: bn, Cols: bk, Width: p.nr, Count: cols, Depth: depth, Run: p.runB, KRun: p.krunB, KCut: p.kcuts(p.k.second, kb),
					Cut: p.cuts(p.n.ext, p.n.first, width, j)})
				tile := &loop.Tile{MR: p.mr, NR: p.nr, Lanes: p.lanes, Acc: p.acc, Depth: depth, A: pa, B: pb, C: c,
					CRows: cm, CCols: cn, Rows: rows, Cols: cols, Add: kb, Run: p.runC, Cut: p.cuts(p.n.ext, p.n.second, width, j), Stream: p.stream}
				if p.ahead > 0 {
					tile.Ahead = &loop.Ahead{At: pb, Step: p.ahead}
				}
				switch {
				case p.runs:
					tile.ARows, tile.ACols, tile.A = &am, &ak, a
					tile.ACut = &loop.CutRuns{Length: p.k.ext[len(p.k.ext)-1], At: loop.Affine{Terms: []loop.Term{{Var: kb, Coef: loop.Const(p.kc)}}}}
				case p.place:
					tile.ARows, tile.A = &am, loop.Addr{Param: a.Param, Off: loop.Affine{Terms: []loop.Term{{Var: kb, Coef: loop.Const(p.kc)}}}}
				}
				if p.rows {
					step, block := loop.Const(p.k.second[0]), loop.Const(p.kc*p.k.second[0])
					if p.open {
						step, block = loop.Dim(len(q.dims)), loop.Dim(len(q.dims)+1)
						q.dims = append(q.dims, p.k.second[0], p.kc*p.k.second[0])
					}
					tile.BStep, tile.B = step, loop.Addr{Param: b.Param, Off: loop.Affine{Terms: []loop.Term{{Var: kb, Coef: block}, {Var: j, Coef: loop.Const(p.nr)}}}}
				}
				if p.after > 0 {
					q.follow(tile, kb, beside, loop.Addr{Param: parts.Param, Off: loop.Affine{Terms: []loop.Term{{Var: j, Coef: loop.Const(p.mr * p.nr)}}}})
				}
				q.Add(tile)
			})
		})
	})
	q.Nest.Dims = len(q.dims)
	return job{nest: q.Nest, args: q.args, dims: q.dims, tasks: tasks}
}

// follow adds an element of each kind that lies beside C to the sums, and that many negations.
func (p *packer) follow(t *loop.Tile, kb loop.Var, from, parts loop.Addr) {
	none := loop.Addr{Param: -1}
	wide := func(d tensor.DType) loop.Reg { return p.Reg(loop.Type{DType: d, Lanes: int(p.lanes)}) }
	a := &loop.After{When: kb, Is: loop.Const(blocks(p.k.size(), p.kc) - 1), Sum: wide(p.acc)}
	for i := range 4 {
		x := loop.Beside{Dst: wide(p.c), From: from, Rows: t.CRows, Cols: t.CCols, Run: p.runC}
		if i%2 > 0 {
			x.Rows = none
		}
		if i/2 > 0 {
			x.Cols = none
		}
		a.Beside = append(a.Beside, x)
	}
	a.Body = p.Collect(func() {
		sum := a.Sum
		for _, x := range a.Beside {
			sum = p.Same(loop.OpAdd, sum, p.Convert(x.Dst, p.acc))
		}
		for range p.after {
			sum = p.Same(loop.OpNeg, sum)
		}
		a.Value = p.Convert(sum, p.c)
	})
	t.After = a
	if p.part {
		t.Part = &parts
	}
}

// followed are products with something after them: short and long, from registers and from the frame.
func followed() []product {
	var ps []product
	for i, p := range []product{matrices(tensor.F32, 6, 16, 8, 13, 37, 19, 8), matrices(tensor.F32, 6, 16, 8, 13, 37, 6, 8), odd(), odd(), turned(tensor.F64, 4, 8, 4, 4)} {
		for _, n := range []int{1, 30} {
			p.after, p.part = n, n == 1
			if i == 3 {
				p.runC, p.dims = 1, true
			}
			ps = append(ps, p)
		}
	}
	half, c64, apart := ps[0], matrices(tensor.C64, 4, 8, 4, 9, 19, 11, 5), odd()
	half.a, half.c = tensor.F16, tensor.BF16
	c64.after, c64.part = 1, true
	// A vector of C lies in two runs.
	apart.after, apart.runC = 1, 4
	apart.m.second[2], apart.n = 90, axes{[]int64{10, 4}, []int64{1, 10}, []int64{8, 1}}
	return append(ps, half, c64, apart)
}

// open is a product of which a call says how many columns there are.
func open(p product) product {
	p.open = true
	return p
}

// rowsOfB is a product of which B's rows are read where they lie.
func rowsOfB(p product) product {
	p.rows = true
	return p
}

// inPlace is a product of which A's rows are read where they lie.
func inPlace(p product) product {
	p.place = true
	return p
}

// asking is a product whose tiles ask for that many elements of the next panel of B with each term.
func asking(p product, elements int64) product {
	p.ahead = elements
	return p
}

// inRuns is such a product, in whose rows 5 runs of terms lie far apart.
func inRuns(d tensor.DType, mr, nr, lanes, run, kc int64) product {
	p := turned(d, mr, nr, lanes, run)
	p.place, p.runs, p.kc, p.krunB = true, true, kc, 1
	p.m.first, p.k.first = []int64{run}, []int64{-30 * run, 1}
	return p
}

// past is a product whose whole tiles are stored past the cache.
func past(p product) product {
	p.stream = true
	return p
}

// lines is a product in whose C runs of 24 columns go on in the next row, so that some rows are whole lines.
func lines(mr, nr, lanes int64) product {
	p := matrices(tensor.F32, mr, nr, lanes, 16, 96, 40, 40)
	p.m.second, p.n = []int64{24}, axes{[]int64{4, 24}, []int64{24, 1}, []int64{24 * 16, 1}}
	p.runB, p.runC = 8, 24
	return p
}

// odd is a product of groups that do not compose, with negative strides and runs shorter than panels.
func odd() product {
	return product{a: tensor.F32, b: tensor.F32, acc: tensor.F32, c: tensor.F32, mr: 6, nr: 16, lanes: 8, kc: 5, runA: 2, runB: 1, runC: 8,
		m: axes{[]int64{3, 5, 2}, []int64{-200, 2, 1}, []int64{1000, 3000, 40}},
		n: axes{[]int64{5, 8}, []int64{1, 5}, []int64{8, 1}},
		k: axes{[]int64{4, 3}, []int64{12, 600}, []int64{40, -480}}}
}

// cut is a product of runs of the given lengths, in A and in B and C, that panels cut anywhere.
func cut(d tensor.DType, mr, nr, lanes, m, n int64) product {
	return product{a: d, b: d, acc: d.Accum(), c: d, mr: mr, nr: nr, lanes: lanes, kc: 3, cut: true,
		m: axes{[]int64{2, m}, []int64{-m - 2, 1}, []int64{4 * n * m, 4 * n}}, n: axes{[]int64{3, n}, []int64{2 * n, 1}, []int64{-n - 1, 1}},
		k: axes{[]int64{4}, []int64{200}, []int64{7 * n}}}
}

// cuts are such products: of runs longer and shorter than vectors and tiles, and of one that goes on to the end.
func cuts(d tensor.DType, bits int64) []product {
	lanes := bits / 8 / int64(d.Accum().Real().Size())
	whole, ended := cut(d, 5, 2*lanes, lanes, 13, 3*lanes+1), cut(d, 3, 2*lanes, lanes, 5, 4*lanes-2)
	ended.cols = 2*lanes - 1
	whole.m, whole.n = axes{[]int64{13}, []int64{1}, []int64{100}}, axes{whole.n.ext[1:], whole.n.first[1:], whole.n.second[1:]}
	return []product{cut(d, 3, 2*lanes, lanes, 2*lanes-1, lanes+3), cut(d, 7, 2*lanes, lanes, 5, lanes/3+2), whole, ended}
}

func TestCutRunsEqualInterpreter(t *testing.T) {
	eachLevel(t, func(t *testing.T, lv level) {
		var jobs []job
		for i, d := range tensor.DTypes() {
			if lv.bits != 256 && d.Accum() != tensor.F32 && d != tensor.C64 && d != tensor.I8 { // the others: one level will do
				continue
			}
			for j, p := range cuts(d, int64(lv.bits)) {
				jobs = append(jobs, p.job(lv, uint64(3*i+j)))
			}
		}
		lv.passes = llvm.Passes(jobs[0].nest.Strategy)
		compare(t, lv, jobs, false)
	})
}

// turned is a product whose terms of K lie together in runs, in both operands.
func turned(d tensor.DType, mr, nr, lanes, run int64) product {
	return product{a: d, b: d, acc: d, c: d, mr: mr, nr: nr, lanes: lanes, kc: 2*run + 16, krunA: run, krunB: run, runC: lanes,
		m: axes{[]int64{25}, []int64{5 * run}, []int64{40}}, n: axes{[]int64{37}, []int64{-7 * run}, []int64{1}},
		k: axes{[]int64{5, run}, []int64{run, 1}, []int64{37 * 7 * run, 1}}}
}

// turnedCut is a product of K in three digits, of which A's neighbours are along the second and B's along the third, in blocks that
// cut both.
func turnedCut(d tensor.DType, m, mr, nr, lanes, slow, fast, kc int64) product {
	p := turned(d, mr, nr, lanes, 1)
	p.krunA, p.krunB, p.kcut, p.kc = 0, 0, true, kc
	p.m.ext, p.m.first, p.n.first = []int64{m}, []int64{-slow * fast}, []int64{slow*fast + 3}
	p.k = axes{[]int64{3, slow, fast}, []int64{m * slow * fast, 1, slow}, []int64{37 * (slow*fast + 3), fast, 1}}
	return p
}

func products() []product {
	f32, f64 := tensor.F32, tensor.F64
	ps := []product{
		matrices(f32, 6, 16, 8, 12, 32, 40, 16), // whole tiles, whole blocks
		matrices(f32, 6, 16, 8, 13, 37, 19, 8),
		matrices(f64, 6, 8, 4, 13, 23, 19, 8),
		matrices(f32, 12, 32, 16, 25, 65, 19, 8),
		matrices(f64, 2, 72, 2, 3, 150, 7, 4), // a panel too wide to unroll
		matrices(f32, 1, 1, 1, 3, 3, 3, 2),
		matrices(f32, 6, 16, 8, 5, 19, 7, 4), // one task: panels and tables are compared too
		odd(), odd(), odd(),
		turnedCut(f32, 8, 8, 48, 16, 7, 9, 40), turnedCut(f64, 25, 6, 8, 4, 5, 3, 11), turnedCut(f32, 25, 7, 16, 8, 3, 4, 64), // the first has one task
		turnedCut(tensor.C64, 25, 3, 8, 4, 6, 5, 13),
		rowsOfB(matrices(f32, 8, 48, 16, 21, 133, 19, 8)), rowsOfB(matrices(f32, 8, 48, 16, 8, 96, 7, 16)), rowsOfB(inPlace(matrices(f64, 8, 24, 8, 13, 41, 19, 8))),
		rowsOfB(inPlace(matrices(f32, 8, 48, 16, 13, 17, 5, 8))), rowsOfB(matrices(tensor.I32, 4, 16, 8, 9, 29, 9, 4)),
		open(matrices(f32, 8, 48, 16, 13, 59, 19, 8)), open(matrices(f32, 8, 48, 16, 8, 77, 19, 8)), open(matrices(f64, 8, 24, 8, 13, 72, 19, 8)),
		open(inPlace(matrices(f64, 6, 8, 4, 13, 19, 19, 8))), open(matrices(tensor.I32, 4, 16, 8, 9, 22, 9, 4)),
		open(rowsOfB(matrices(f32, 8, 48, 16, 13, 59, 19, 8))), open(rowsOfB(matrices(f32, 8, 48, 16, 8, 77, 19, 8))), open(rowsOfB(matrices(f64, 8, 24, 8, 13, 120, 19, 8))),
		open(rowsOfB(inPlace(matrices(f64, 8, 24, 8, 13, 41, 19, 8)))), open(rowsOfB(matrices(tensor.I32, 4, 16, 8, 9, 32, 9, 4))),
		inPlace(matrices(f32, 6, 16, 8, 13, 37, 190, 80)), inPlace(matrices(f64, 12, 16, 8, 25, 65, 19, 8)), inPlace(matrices(tensor.C64, 3, 8, 4, 8, 19, 11, 5)),
		inRuns(f32, 12, 16, 8, 23, 64), inRuns(f64, 6, 8, 4, 100, 150), inRuns(f32, 5, 16, 8, 17, 1000), inRuns(tensor.C64, 3, 8, 4, 4, 9),
		turned(f32, 12, 16, 8, 16), turned(f64, 6, 8, 4, 4), turned(f32, 7, 4, 4, 8),
		past(matrices(f32, 6, 16, 8, 13, 128, 40, 16)), past(lines(4, 24, 8)), past(lines(8, 48, 16)),
	}
	ps[8].dims, ps[8].runC = true, 1
	ps[9].n, ps[9].runB, ps[9].runC = axes{ps[9].n.ext, ps[9].n.second, ps[9].n.first}, 8, 1
	for _, d := range tensor.DTypes() {
		p := matrices(d, 4, 8, 4, 9, 19, 11, 5)
		p.acc = d.Accum()
		ps = append(ps, p)
	}
	mixed := matrices(f64, 4, 8, 4, 9, 19, 11, 5)
	mixed.a, mixed.b, mixed.c = tensor.I8, f32, tensor.C64
	return append(ps, mixed)
}

func TestPackedEqualsInterpreter(t *testing.T) {
	eachLevel(t, func(t *testing.T, lv level) {
		var jobs []job
		for i, p := range append(followed(), products()...) {
			if i >= 40 && lv.bits != 256 { // element types: one level will do
				break
			}
			jobs = append(jobs, p.job(lv, uint64(i)))
		}
		lv.passes = llvm.Passes(jobs[0].nest.Strategy)
		compare(t, lv, jobs, false)
	})
}
