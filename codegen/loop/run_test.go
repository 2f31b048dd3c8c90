package loop_test

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
)

func at(v loop.Var, coef int64) loop.Term { return loop.Term{Var: v, Coef: loop.Const(coef)} }

func affine(c int64, terms ...loop.Term) loop.Affine { return loop.Affine{Const: c, Terms: terms} }

func full(n int64) loop.Bound { return loop.Bound{Max: loop.Const(n)} }

func f32s(x []float32) []byte {
	b := make([]byte, 0, 4*len(x))
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func f32At(b []byte, i int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
}

// dot builds C[i] = Σ_k A[i,k]·B[k], with i as task, k by vectors of 4 and a scalar rest.
func dot(m, k int64) *loop.Nest {
	b := loop.NewBuilder("dot")
	b.Nest.FMA = true
	pa := b.Param(loop.Param{Name: "A", DType: tensor.F32, Role: loop.In, Hi: m * k})
	pb := b.Param(loop.Param{Name: "B", DType: tensor.F32, Role: loop.In, Hi: k})
	pc := b.Param(loop.Param{Name: "C", DType: tensor.F32, Role: loop.Out, Hi: m})
	i, kv, kt := b.Var("i"), b.Var("k"), b.Var("k")
	load := func(v loop.Var, lanes int) (loop.Reg, loop.Reg) {
		x := b.Load(loop.Addr{Param: pa, Off: affine(0, at(i, k), at(v, 1))}, loop.Const(1), lanes)
		return x, b.Load(loop.Addr{Param: pb, Off: affine(0, at(v, 1))}, loop.Const(1), lanes)
	}
	b.For(&loop.For{Var: i, Kind: loop.Task, Count: full(m), Step: 1}, func() {
		v4, v1 := loop.Type{DType: tensor.F32, Lanes: 4}, loop.Type{DType: tensor.F32, Lanes: 1}
		main := &loop.For{Var: kv, Kind: loop.Vector, Count: full(k), Step: 4}
		main.Carry = []loop.Carry{{Reg: b.Reg(v4), Init: b.Const(v4, 0)}}
		b.For(main, func() {
			x, y := load(kv, 4)
			main.Carry[0].Next = b.Op(loop.OpFMA, v4, x, y, main.Carry[0].Reg)
		})
		rest := &loop.For{Var: kt, Count: full(k), Step: 1, From: 4}
		rest.Carry = []loop.Carry{{Reg: b.Reg(v1), Init: b.Op(loop.OpFoldAdd, v1, main.Carry[0].Reg)}}
		b.For(rest, func() {
			x, y := load(kt, 1)
			rest.Carry[0].Next = b.Op(loop.OpFMA, v1, x, y, rest.Carry[0].Reg)
		})
		b.Store(rest.Carry[0].Reg, loop.Addr{Param: pc, Off: affine(0, at(i, 1))}, loop.Const(1))
	})
	return b.Nest
}

func TestRunDot(t *testing.T) {
	for _, k := range []int64{0, 1, 3, 4, 5, 16, 19} {
		const m = 5
		n := dot(m, k)
		rng := rand.New(rand.NewPCG(1, uint64(k)))
		a, b := make([]float32, m*k), make([]float32, k)
		for i := range a {
			a[i] = float32(rng.IntN(9) - 4)
		}
		for i := range b {
			b[i] = float32(rng.IntN(9) - 4)
		}
		c := make([]byte, 4*m)
		require.NoError(t, loop.Run(n, []loop.Mem{{Data: f32s(a)}, {Data: f32s(b)}, {Data: c}}, nil, 0, m))
		for i := range m {
			want := float32(0)
			for j := range b {
				want += a[i*int(k)+j] * b[j]
			}
			require.Equal(t, want, f32At(c, i), "k %d row %d", k, i)
		}
	}
}

func TestRunFolds(t *testing.T) {
	x := []float32{1e8, 1, -1e8, 1, 3, -5, 7, 2}
	for c, want := range map[loop.Code]float32{
		loop.OpFoldAdd: ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7])),
		loop.OpFoldMul: ((x[0] * x[4]) * (x[2] * x[6])) * ((x[1] * x[5]) * (x[3] * x[7])),
		loop.OpFoldMin: -1e8,
		loop.OpFoldMax: 1e8,
	} {
		b := loop.NewBuilder("fold")
		in := b.Param(loop.Param{Name: "x", DType: tensor.F32, Role: loop.In, Lo: -8})
		out := b.Param(loop.Param{Name: "y", DType: tensor.F32, Role: loop.Out, Hi: 1})
		b.For(&loop.For{Var: b.Var("t"), Kind: loop.Task, Count: full(1), Step: 1}, func() {
			v := b.Load(loop.Addr{Param: in, Off: affine(-1)}, loop.Const(-1), 8) // from the end
			b.Store(b.Op(c, loop.Type{DType: tensor.F32, Lanes: 1}, v), loop.Addr{Param: out}, loop.Const(1))
		})
		require.NoError(t, loop.Verify(b.Nest))
		rev := make([]float32, 8)
		for i := range x {
			rev[7-i] = x[i]
		}
		y := make([]byte, 4)
		require.NoError(t, loop.Run(b.Nest, []loop.Mem{{Data: f32s(rev), Origin: 32}, {Data: y}}, nil, 0, 1))
		require.Equal(t, want, f32At(y, 0), "%s", c)
	}
}

// TestRunContext ends a run in the middle of its only task, and one that has not begun.
func TestRunContext(t *testing.T) {
	const long = 1 << 24 // a second
	b := loop.NewBuilder("long")
	out := b.Param(loop.Param{Name: "y", DType: tensor.I64, Role: loop.Out, Hi: 1})
	one := loop.Type{DType: tensor.I64, Lanes: 1}
	b.For(&loop.For{Var: b.Var("t"), Kind: loop.Task, Count: full(1), Step: 1}, func() {
		b.For(&loop.For{Var: b.Var("i"), Kind: loop.Seq, Count: full(long), Step: 1}, func() {
			y := loop.Addr{Param: out}
			b.Store(b.Same(loop.OpAdd, b.Load(y, loop.Const(0), 1), b.Int(one, 1)), y, loop.Const(0))
		})
	})
	y := make([]byte, 8)
	var ctx context.Context
	var count uint64
	for wait := 10 * time.Millisecond; count == 0; wait *= 2 { // on a busy machine, time may be up before the run begins
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(t.Context(), wait)
		defer cancel()
		require.ErrorIs(t, loop.RunContext(ctx, b.Nest, []loop.Mem{{Data: y}}, nil, 0, 1), context.DeadlineExceeded)
		count = binary.LittleEndian.Uint64(y)
	}
	require.Less(t, count, uint64(long))
	require.ErrorIs(t, loop.RunContext(ctx, b.Nest, []loop.Mem{{Data: y}}, nil, 0, 1), context.DeadlineExceeded)
	require.Equal(t, count, binary.LittleEndian.Uint64(y))
}

// TestRunOrder wants every task once, not in order, and ranges of tasks to add up.
func TestRunOrder(t *testing.T) {
	const tasks = 97
	b := loop.NewBuilder("order")
	out := b.Param(loop.Param{Name: "y", DType: tensor.I64, Role: loop.Out, Hi: tasks + 1})
	i := b.Var("i")
	one := loop.Type{DType: tensor.I64, Lanes: 1}
	b.For(&loop.For{Var: i, Kind: loop.Task, Count: full(tasks), Step: 1}, func() {
		last := loop.Addr{Param: out, Off: affine(tasks)}
		next := b.Same(loop.OpAdd, b.Load(last, loop.Const(0), 1), b.Int(one, 1))
		b.Store(next, last, loop.Const(0))
		b.Store(next, loop.Addr{Param: out, Off: affine(0, at(i, 1))}, loop.Const(0))
	})
	y := make([]byte, 8*(tasks+1))
	args := []loop.Mem{{Data: y}}
	require.NoError(t, loop.Run(b.Nest, args, nil, 40, tasks))
	require.NoError(t, loop.Run(b.Nest, args, nil, 5, 5))
	require.NoError(t, loop.Run(b.Nest, args, nil, 0, 40))
	seen, inOrder := map[uint64]bool{}, 0
	for i := range tasks {
		k := binary.LittleEndian.Uint64(y[8*i:])
		require.False(t, seen[k] || k == 0 || k > tasks)
		seen[k] = true
		if i > 0 && k == binary.LittleEndian.Uint64(y[8*i-8:])+1 {
			inOrder++
		}
	}
	require.Less(t, inOrder, 20)
	require.ErrorContains(t, loop.Run(b.Nest, args, nil, 0, tasks+1), "tasks 0 to 98 of 97")
	require.ErrorContains(t, loop.Run(b.Nest, nil, nil, 0, 1), "0 arguments for 1")
	require.ErrorContains(t, loop.Run(b.Nest, args, []int64{1}, 0, 1), "1 dims")
	require.ErrorContains(t, loop.Run(&loop.Nest{}, nil, nil, 0, 1), "one task loop")
	short := []loop.Mem{{Data: y[:8*tasks]}}
	require.ErrorContains(t, loop.Run(b.Nest, short, nil, 0, 1), "out y: access to element 97, 1 of them by 0, outside [0, 97)")
	short = []loop.Mem{{Data: y[:8*tasks+7], Origin: 3}}
	require.ErrorContains(t, loop.Run(b.Nest, short, nil, 0, 1), "outside [0, 97)")
}

func TestRunDims(t *testing.T) {
	n := dot(5, 11)
	n.Dims = 1
	dimStore(n.Body[0].(*loop.For))
	rng := rand.New(rand.NewPCG(4, 4))
	args := memory(n, rng)
	args[2] = loop.Mem{Data: make([]byte, 100), Origin: 96}
	require.NoError(t, loop.Run(n, args, []int64{-6}, 0, 5))
	for i := range 5 {
		want := float32(0)
		for k := range 11 {
			want += f32At(args[0].Data, i*11+k) * f32At(args[1].Data, k)
		}
		require.Equal(t, want, f32At(args[2].Data, 24-6*i))
	}
	require.ErrorContains(t, loop.Run(n, args, []int64{7}, 0, 5), "outside")
}

// TestRunCarriesAtOnce counts rabbits: the old b becomes a while b changes.
func TestRunCarriesAtOnce(t *testing.T) {
	b := loop.NewBuilder("rabbits")
	out := b.Param(loop.Param{Name: "y", DType: tensor.I8, Role: loop.Out, Hi: 1})
	one := loop.Type{DType: tensor.I8, Lanes: 1}
	b.For(&loop.For{Var: b.Var("t"), Kind: loop.Task, Count: full(1), Step: 1}, func() {
		ra, rb := b.Reg(one), b.Reg(one)
		f := &loop.For{Var: b.Var("i"), Count: full(10), Step: 1}
		f.Carry = []loop.Carry{{Reg: rb, Init: b.Int(one, 1)}, {Reg: ra, Init: b.Int(one, 0), Next: rb}}
		b.For(f, func() { f.Carry[0].Next = b.Same(loop.OpAdd, ra, rb) })
		b.Store(ra, loop.Addr{Param: out}, loop.Const(1))
	})
	require.NoError(t, loop.Verify(b.Nest))
	y := make([]byte, 1)
	require.NoError(t, loop.Run(b.Nest, []loop.Mem{{Data: y}}, nil, 0, 1))
	require.Equal(t, byte(55), y[0])
}
