package llvm_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/einc-lang/einc/codegen/llvm"
	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// lanesJob reads the active lanes of vectors at every stride, turns them around together with a whole
// vector, and stores the active lanes of the result, side by side and apart; tasks take rows of 256 elements of the output.
func lanesJob(d tensor.DType, lanes, active int, rng *rand.Rand) job {
	b := loop.NewBuilder("direct")
	const tasks, row = 3, 256
	b.Param(loop.Param{Name: "out", DType: d, Role: loop.Out, Hi: tasks * row})
	in := random(d, 200, rng)
	in.Origin = 100 * d.Size()
	b.Param(loop.Param{Name: "in", DType: d, Role: loop.In, Lo: -100, Hi: 100})
	v, at := b.Var("task"), int64(0)
	pick := make([]int, lanes)
	for i := range pick {
		pick[i] = (i*5 + 3) % (2 * lanes)
	}
	put := func(r loop.Reg, stride int64, stream bool) {
		first := at
		if stride < 0 {
			first -= stride * 15
		}
		to := loop.Addr{Off: loop.Affine{Const: first, Terms: []loop.Term{{Var: v, Coef: loop.Const(row)}}}}
		n := &loop.Store{Src: r, To: to, Stride: loop.Const(stride), Active: active, Stream: stream}
		if stream {
			n.Active = 0
		}
		b.Add(n)
		at += 16 * max(stride, -stride)
	}
	b.For(&loop.For{Var: v, Kind: loop.Task, Count: loop.Bound{Max: loop.Const(tasks)}, Step: 1}, func() {
		from := func(c int64) loop.Addr {
			return loop.Addr{Param: 1, Off: loop.Affine{Const: c, Terms: []loop.Term{{Var: v, Coef: loop.Const(7)}}}}
		}
		b.Add(&loop.Prefetch{At: from(1 << 20), Write: true})
		b.Add(&loop.Prefetch{At: from(-3)})
		whole := b.Load(from(1), loop.Const(1), lanes)
		put(whole, 1, true)
		x := b.LoadActive(from(3), loop.Const(1), lanes, active)
		put(b.Shuffle(x, whole, pick), 1, false)
		put(b.Shuffle(b.LoadActive(from(5), loop.Const(0), lanes, active), x, pick), 1, false)
		put(b.Shuffle(whole, b.LoadActive(from(2), loop.Const(-2), lanes, active), pick), 1, false)
		put(x, 3, false)
		put(whole, -2, false)
	})
	return job{nest: b.Nest, args: []loop.Mem{random(d, tasks*row, rng), in}, tasks: tasks}
}

// TestLanes compares partial vectors, shuffles and streaming stores with the interpreter.
func TestLanes(t *testing.T) {
	eachLevel(t, func(t *testing.T, lv level) {
		rng := rand.New(rand.NewPCG(7, 7))
		var jobs []job
		for _, d := range tensor.DTypes() {
			lanes := lv.lanes[len(lv.lanes)-1]
			for _, active := range []int{0, 1, lanes/2 + 1, lanes} {
				jobs = append(jobs, lanesJob(d, lanes, active, rng))
			}
			jobs = append(jobs, lanesJob(d, 1, 1, rng))
		}
		compare(t, lv, jobs, false)
	})
}

// Levels that can store the elements of a vector by one instruction do, and so do not have LLVM look at all pairs of stores.
func TestStridedStoresScatter(t *testing.T) {
	for _, c := range []struct {
		d     tensor.DType
		lanes int
		bits  int
		want  bool
	}{{tensor.F32, 16, 512, true}, {tensor.I64, 8, 512, true}, {tensor.F32, 8, 512, false}, {tensor.I16, 32, 512, false}, {tensor.C64, 8, 512, false}, {tensor.F32, 8, 256, false}} {
		j := lanesJob(c.d, c.lanes, 0, rand.New(rand.NewPCG(7, 7)))
		got := text(t, j.nest, llvm.Target{Triple: linux, CPU: "x86-64-v3", VectorBits: c.bits})
		require.Equal(t, c.want, strings.Contains(got, "@llvm.masked.scatter"), "%v in %d lanes, vectors of %d bits", c.d, c.lanes, c.bits)
	}
}

// A loop that is repeated asks for a line once, not in every iteration that reads from it.
func TestRepeatedLoopsAskForALineOnce(t *testing.T) {
	asks := func(apart int64) int {
		b := loop.NewBuilder("direct")
		b.Param(loop.Param{Name: "out", DType: tensor.F32, Role: loop.Out, Hi: 1})
		b.Param(loop.Param{Name: "in", DType: tensor.F32, Role: loop.In, Hi: 100})
		one := loop.Type{DType: tensor.F32, Lanes: 1}
		b.For(&loop.For{Var: b.Var("task"), Kind: loop.Task, Count: loop.Bound{Max: loop.Const(1)}, Step: 1}, func() {
			acc, zero, k := b.Reg(one), b.Const(one, 0), b.Var("k")
			f := &loop.For{Var: k, Kind: loop.Unroll, Count: loop.Bound{Max: loop.Const(100)}, Step: 1}
			b.For(f, func() {
				at := func(coef int64) loop.Addr {
					return loop.Addr{Param: 1, Off: loop.Affine{Terms: []loop.Term{{Var: k, Coef: loop.Const(coef)}}}}
				}
				f.Carry = []loop.Carry{{Reg: acc, Init: zero, Next: b.Same(loop.OpAdd, acc, b.Load(at(1), loop.Const(1), 1))}}
				b.Add(&loop.Prefetch{At: at(apart)})
			})
			b.Store(acc, loop.Addr{}, loop.Const(1))
		})
		return strings.Count(text(t, b.Nest, v3), "call void @llvm.prefetch")
	}
	require.Equal(t, []int{1, 4}, []int{asks(1), asks(16)})
}
