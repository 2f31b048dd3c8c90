package llvm_test

import (
	"math/rand/v2"
	"testing"

	"github.com/einc-lang/einc/codegen/llvm"
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
)

// turning packs a group of rows into panels: rows of step digits, then n neighbours, some times over, and
// the same for columns.
type turning struct {
	from, to       tensor.DType
	width, rows    int64
	step, n        int64 // of rows
	kstep, kn      int64 // of columns
	depth, missing int64
	krun           int64
	skip           int64 // rows before the first that is packed
}

func (c turning) job(lv level, seed uint64) job {
	q := &packer{Builder: loop.NewBuilder("packed/turn"), rng: rand.New(rand.NewPCG(seed, 9))}
	q.Nest.FMA, q.Nest.F16C = lv.fma, lv.fma
	outer, kouter := c.rows/(c.step*c.n), c.depth/(c.kstep*c.kn)
	ext := []int64{outer, c.n, c.step, kouter, c.kn, c.kstep}
	strides := []int64{-4001, 1, 53, 70000, 1, 1009}
	if c.kn > 1 { // only one of the two sides has neighbours
		strides[1] = 100003
	} else {
		strides[4] = 1013
	}
	a := q.tensor("A", c.from, loop.In, ext, strides)
	c.rows -= c.skip
	panels := blocks(c.rows, c.width)
	to := q.area("panels", c.to, panels*c.width*c.depth)
	i := q.Var("i")
	q.For(&loop.For{Var: i, Kind: loop.Task, Count: loop.Bound{Max: loop.Const(1)}, Step: 1}, func() {
		all := loop.Bound{Max: loop.Const(c.rows), Clamped: c.missing > 0, Total: loop.Const(c.rows - c.missing)}
		depth := loop.Bound{Max: loop.Const(c.depth)}
		rows, from := q.area("rows", tensor.I64, c.rows), loop.Affine{Const: c.skip}
		q.Add(&loop.Offsets{Table: rows, Group: q.group(ext[:3], strides[:3], false), From: from, Count: all})
		cols := q.offsets("cols", q.group(ext[3:], strides[3:], false), c.depth, i, depth)
		q.Add(&loop.Pack{To: to, From: a, Rows: rows, Cols: cols, Width: c.width, Apart: c.width * c.depth, Count: all, Depth: depth,
			Cut: &loop.CutRuns{Length: c.n, Step: c.step, At: from}, KRun: c.krun, KStep: c.kstep})
	})
	return job{nest: q.Nest, args: q.args, tasks: 1}
}

func TestTurnsEqualInterpreter(t *testing.T) {
	eachLevel(t, func(t *testing.T, lv level) {
		var jobs []job
		for i, d := range []tensor.DType{tensor.F32, tensor.F64, tensor.C64, tensor.I32, tensor.F16, tensor.C128} {
			for j, c := range []turning{
				{width: 16, rows: 96, step: 12, n: 8, kstep: 1, kn: 1, krun: 1, depth: 5},
				{width: 8, rows: 160, step: 5, n: 16, kstep: 1, kn: 1, krun: 1, depth: 3, missing: 7},
				{width: 8, rows: 3 * 37 * 11, step: 37, n: 11, kstep: 1, kn: 1, krun: 1, depth: 3, skip: 29, missing: 45},
				{width: 32, rows: 2 * 47 * 21, step: 47, n: 21, kstep: 1, kn: 1, krun: 1, depth: 2, skip: 50, missing: 67},
				{width: 12, rows: 4 * 5 * 13, step: 5, n: 13, kstep: 1, kn: 1, krun: 1, depth: 4, skip: 61, missing: 70},
				{width: 6, rows: 5 * 3 * 7, step: 3, n: 7, kstep: 1, kn: 1, krun: 1, depth: 2, skip: 2, missing: 22},
				{width: 16, rows: 16, step: 16, n: 1, kstep: 8, kn: 24, krun: 8, depth: 192},
				{width: 6, rows: 6, step: 6, n: 1, kstep: 3, kn: 16, krun: 16, depth: 96, missing: 1},
				{width: 12, rows: 12, step: 12, n: 1, kstep: 1, kn: 16, krun: 16, depth: 32},
				{width: 28, rows: 28, step: 28, n: 1, kstep: 2, kn: 16, krun: 16, depth: 32, missing: 7},
			} {
				c.from, c.to = d, d.Accum()
				q := c.job(lv, uint64(10*i+j))
				if j > 5 { // a single panel
					pack := q.nest.Body[0].(*loop.For).Body[2].(*loop.Pack)
					pack.Apart, pack.Cut = 0, nil
				}
				jobs = append(jobs, q)
			}
		}
		lv.passes = llvm.Passes(jobs[0].nest.Strategy)
		compare(t, lv, jobs, false)
	})
}
