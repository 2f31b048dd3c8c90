package llvm_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// sums is out[i] = a sum over j of in[x(i), y(i), j] for i below total: tasks of three items, of which
// the last may have fewer; vectors with a carried accumulator, a fold, and a rest that goes on from it.
type sums struct {
	d       tensor.DType
	lanes   int
	x, y, n int64
	stride  int64 // of j
	dims    bool
	twice   bool // j stands in two terms of an address
	*loop.Builder
	vals []int64
}

// size is a stride: a constant, or an entry of the dims.
func (s *sums) size(v int64) loop.Size {
	if !s.dims {
		return loop.Const(v)
	}
	s.vals = append(s.vals, v)
	return loop.Dim(len(s.vals) - 1)
}

const block = 3

func (s *sums) job(rng *rand.Rand) job {
	s.Builder = loop.NewBuilder("direct")
	total := s.x * s.y * block
	tasks := s.x * s.y
	total -= min(total, 2) // the last task has one item
	s.Param(loop.Param{Name: "out", DType: s.d, Role: loop.Out, Hi: total})
	in := random(s.d, 4000, rng)
	in.Origin = 2000 * s.d.Size()
	s.Param(loop.Param{Name: "in", DType: s.d, Role: loop.In, Lo: -2000, Hi: 2000})
	// Labels may be numbers and any letters.
	task, q, x, y, one := s.Var("task"), s.Var("0"), s.Var("x"), s.Var("y"), s.Var("one")
	s.For(&loop.For{Var: task, Kind: loop.Task, Count: loop.Bound{Max: loop.Const(tasks)}, Step: 1}, func() {
		s.Add(&loop.Split{Of: task, Into: []loop.Var{x, y, one}, Radix: []loop.Size{loop.Const(s.x), loop.Const(s.y), loop.Const(1)}})
		count := rest(block, total, task)
		s.For(&loop.For{Var: q, Kind: loop.Unroll, Count: count, Step: 1}, func() {
			base := []loop.Term{{Var: y, Coef: s.size(-3)}, {Var: x, Coef: s.size(7)}, {Var: q, Coef: loop.Const(1)}, {Var: one, Coef: loop.Const(99)}}
			to := loop.Affine{Terms: []loop.Term{{Var: q, Coef: loop.Const(1)}, {Var: task, Coef: loop.Const(block)}}}
			s.Store(s.sum(base), loop.Addr{Off: to}, loop.Const(1))
		})
	})
	s.Nest.Dims = len(s.vals)
	return job{nest: s.Nest, args: []loop.Mem{random(s.d, int(total), rng), in}, dims: s.vals, tasks: tasks}
}

// sum adds the elements from base on.
func (s *sums) sum(base []loop.Term) loop.Reg {
	j, r := s.Var("é"), s.Var("rest")
	wide, scalar := loop.Type{DType: s.d, Lanes: s.lanes}, loop.Type{DType: s.d, Lanes: 1}
	stride := s.size(s.stride)
	at := func(v loop.Var) loop.Addr {
		terms := append([]loop.Term{{Var: v, Coef: stride}}, base...)
		if s.twice {
			terms = append(terms, loop.Term{Var: v, Coef: loop.Const(3)})
		}
		return loop.Addr{Param: 1, Off: loop.Affine{Const: 2, Terms: terms}}
	}
	count := loop.Bound{Max: loop.Const(s.n)}
	acc, zero := s.Reg(wide), s.Const(wide, 0)
	f := &loop.For{Var: j, Kind: loop.Vector, Count: count, Step: int64(s.lanes)}
	s.For(f, func() {
		f.Carry = []loop.Carry{{Reg: acc, Init: zero, Next: s.Same(loop.OpAdd, acc, s.Load(at(j), stride, s.lanes))}}
	})
	folded := s.Op(loop.OpFoldAdd, scalar, acc)
	if s.lanes == 1 {
		return folded
	}
	total, before := s.Reg(scalar), s.Reg(scalar)
	g := &loop.For{Var: r, Count: count, Step: 1, From: int64(s.lanes)}
	s.For(g, func() { // the second register lags behind the first: both change at once
		next := s.Same(loop.OpAdd, total, s.Load(at(r), stride, 1))
		g.Carry = []loop.Carry{{Reg: total, Init: folded, Next: next}, {Reg: before, Init: folded, Next: total}}
	})
	return s.Same(loop.OpAdd, total, before)
}

func TestLoopsEqualInterpreter(t *testing.T) {
	odd := []int64{0, 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33}
	types := []tensor.DType{tensor.F32, tensor.F64, tensor.I8, tensor.I64, tensor.C64, tensor.C128, tensor.Bool}
	eachLevel(t, func(t *testing.T, lv level) {
		rng := rand.New(rand.NewPCG(1, 2))
		var jobs []job
		for i := range 80 {
			s := sums{d: types[i%len(types)], lanes: []int{1, 4, 8, 2}[rng.IntN(4)], x: int64(rng.IntN(5)), y: int64(1 + rng.IntN(4)),
				n: odd[rng.IntN(len(odd))], stride: []int64{1, 1, 3, -2, 0}[rng.IntN(5)], dims: i%3 == 0, twice: i%5 == 0}
			jobs = append(jobs, s.job(rng))
		}
		compare(t, lv, jobs, false)
	})
}

// Loops over vectors move a pointer for each operand, whatever the constants between accesses, unless they are many.
func TestLoopsMovePointers(t *testing.T) {
	pointers := func(operands int) int {
		b := loop.NewBuilder("direct")
		for range operands {
			b.Param(loop.Param{DType: tensor.F32, Role: loop.In, Hi: 128})
		}
		out := b.Param(loop.Param{DType: tensor.F32, Role: loop.Out, Hi: 64})
		task, j := b.Var("task"), b.Var("j")
		b.For(&loop.For{Var: task, Kind: loop.Task, Count: loop.Bound{Max: loop.Const(1)}, Step: 1}, func() {
			b.For(&loop.For{Var: j, Kind: loop.Vector, Count: loop.Bound{Max: loop.Const(64)}, Step: 8}, func() {
				at := func(param int, c int64) loop.Addr {
					return loop.Addr{Param: param, Off: loop.Affine{Const: c, Terms: []loop.Term{{Var: j, Coef: loop.Const(1)}}}}
				}
				sum := b.Load(at(0, 0), loop.Const(1), 8)
				for i := range operands {
					sum = b.Same(loop.OpAdd, sum, b.Load(at(i, 64), loop.Const(1), 8))
				}
				b.Store(sum, at(out, 0), loop.Const(1))
			})
		})
		return strings.Count(text(t, b.Nest, v3), "call i8* @llvm.launder")
	}
	require.Equal(t, []int{2, 4, 0}, []int{pointers(1), pointers(3), pointers(4)})
}
