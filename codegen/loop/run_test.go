package loop_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

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
