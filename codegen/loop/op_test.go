package loop_test

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/tensor"
)

// eval runs one operation on constants: the arguments are bytes of scalars of their types.
func eval(t *testing.T, fma bool, c loop.Code, dst tensor.DType, shift int64, types []tensor.DType, args ...[]byte) []byte {
	t.Helper()
	b := loop.NewBuilder("op")
	b.Nest.FMA = fma
	var mem []loop.Mem
	for i, d := range types {
		b.Param(loop.Param{Name: "x", DType: d, Role: loop.In, Hi: 1})
		mem = append(mem, loop.Mem{Data: args[i]})
	}
	out := b.Param(loop.Param{Name: "y", DType: dst, Role: loop.Out, Hi: 1})
	mem = append(mem, loop.Mem{Data: make([]byte, dst.Size())})
	b.For(&loop.For{Var: b.Var("t"), Kind: loop.Task, Count: full(1), Step: 1}, func() {
		var regs []loop.Reg
		for i := range types {
			regs = append(regs, b.Load(loop.Addr{Param: i}, loop.Const(0), 1))
		}
		y := b.Reg(loop.Type{DType: dst, Lanes: 1})
		b.Add(&loop.Op{Dst: y, Code: c, Args: regs, Int: shift})
		b.Store(y, loop.Addr{Param: out}, loop.Const(0))
	})
	require.NoError(t, loop.Verify(b.Nest))
	require.NoError(t, loop.Run(b.Nest, mem, nil, 0, 1))
	return mem[out].Data
}

func bytesOf(d tensor.DType, re, im float64) []byte {
	le := binary.LittleEndian
	switch d {
	case tensor.F32:
		return le.AppendUint32(nil, math.Float32bits(float32(re)))
	case tensor.F64:
		return le.AppendUint64(nil, math.Float64bits(re))
	case tensor.C64:
		return append(bytesOf(tensor.F32, re, 0), bytesOf(tensor.F32, im, 0)...)
	case tensor.C128:
		return append(bytesOf(tensor.F64, re, 0), bytesOf(tensor.F64, im, 0)...)
	}
	return le.AppendUint64(nil, uint64(int64(re)))[:d.Size()]
}

func TestOps(t *testing.T) {
	const (
		f32, f64, i8, i16, i32, i64 = tensor.F32, tensor.F64, tensor.I8, tensor.I16, tensor.I32, tensor.I64
		c64, c128, bl               = tensor.C64, tensor.C128, tensor.Bool
	)
	nan, inf, neg0 := math.NaN(), math.Inf(1), math.Copysign(0, -1)
	for i, c := range []struct {
		code loop.Code
		dst  tensor.DType
		from tensor.DType // of all arguments
		args []float64
		want float64
	}{
		{loop.OpAdd, i8, i8, []float64{127, 1}, -128},
		{loop.OpSub, i16, i16, []float64{-32768, 1}, 32767},
		{loop.OpMul, i32, i32, []float64{65537, 65537}, 131073},
		{loop.OpFMA, i8, i8, []float64{100, 3, 5}, 49},
		{loop.OpNeg, i8, i8, []float64{-128}, -128},
		{loop.OpAbs, i8, i8, []float64{-128}, -128},
		{loop.OpAbs, i64, i64, []float64{-5}, 5},
		{loop.OpMin, i8, i8, []float64{-1, 1}, -1},
		{loop.OpMax, i8, i8, []float64{-1, 1}, 1},
		{loop.OpXor, i16, i16, []float64{-1, 1}, -2},
		{loop.OpAdd, bl, bl, []float64{1, 1}, 1},
		{loop.OpMul, bl, bl, []float64{1, 0}, 0},
		{loop.OpXor, bl, bl, []float64{1, 1}, 0},
		{loop.OpFMA, bl, bl, []float64{0, 1, 1}, 1},
		{loop.OpMin, f32, f32, []float64{0, neg0}, neg0},
		{loop.OpMax, f64, f64, []float64{neg0, 0}, 0},
		{loop.OpMin, f64, f64, []float64{1, nan}, nan},
		{loop.OpMax, f32, f32, []float64{nan, 1}, nan},
		{loop.OpNeg, f32, f32, []float64{0}, neg0},
		{loop.OpAbs, f64, f64, []float64{neg0}, 0},
		{loop.OpSqrt, f32, f32, []float64{2}, float64(float32(math.Sqrt2))},
		{loop.OpDiv, f64, f64, []float64{-1, 0}, -inf},
		{loop.OpLt, bl, f64, []float64{nan, 1}, 0},
		{loop.OpNe, bl, f32, []float64{nan, nan}, 1},
		{loop.OpEq, bl, i8, []float64{-3, -3}, 1},
		{loop.OpLe, bl, f64, []float64{neg0, 0}, 1},
		{loop.OpConvert, i8, i32, []float64{-129}, 127},
		{loop.OpConvert, i8, f64, []float64{-3.99}, -3},
		{loop.OpConvert, i8, f32, []float64{300}, 127},
		{loop.OpConvert, i16, f64, []float64{-inf}, -32768},
		{loop.OpConvert, i32, f32, []float64{nan}, 0},
		{loop.OpConvert, i64, f32, []float64{-0x1p70}, math.MinInt64},
		{loop.OpConvert, f32, i32, []float64{1<<24 + 1}, 1 << 24},
		{loop.OpConvert, f32, f64, []float64{1e39}, inf},
		{loop.OpConvert, bl, f64, []float64{nan}, 1},
		{loop.OpConvert, bl, f32, []float64{neg0}, 0},
		{loop.OpConvert, f64, bl, []float64{1}, 1},
		{loop.OpConvert, c128, i8, []float64{-3}, -3},
		{loop.OpConvert, c64, f64, []float64{0.1}, float64(float32(0.1))},
		{loop.OpBits, i32, f32, []float64{-2}, -0x40000000},
		{loop.OpBits, f64, i64, []float64{0x3ff << 52}, 1},
	} {
		var args [][]byte
		var types []tensor.DType
		for _, a := range c.args {
			args, types = append(args, bytesOf(c.from, a, 0)), append(types, c.from)
		}
		got, want := eval(t, true, c.code, c.dst, 0, types, args...), bytesOf(c.dst, c.want, 0)
		if !math.IsNaN(c.want) {
			require.Equal(t, want, got, "%d: %s %v", i, c.code, c.args)
			continue
		}
		require.Contains(t, []byte{0x7f, 0xff}, got[len(got)-1], "%d: %s %v", i, c.code, c.args)
	}
}

func TestShiftsAndParts(t *testing.T) {
	one := func(d tensor.DType) []tensor.DType { return []tensor.DType{d} }
	i8, c64, f32 := tensor.I8, tensor.C64, tensor.F32
	require.Equal(t, []byte{0x80}, eval(t, false, loop.OpShl, i8, 7, one(i8), []byte{0xff}))
	require.Equal(t, []byte{0x0f}, eval(t, false, loop.OpShr, i8, 4, one(i8), []byte{0xf8}))
	require.Equal(t, []byte{0xff}, eval(t, false, loop.OpSar, i8, 4, one(i8), []byte{0xf8}))
	require.Equal(t, bytesOf(f32, 3, 0), eval(t, false, loop.OpRe, f32, 0, one(c64), bytesOf(c64, 3, 4)))
	require.Equal(t, bytesOf(f32, 4, 0), eval(t, false, loop.OpIm, f32, 0, one(c64), bytesOf(c64, 3, 4)))
	require.Equal(t, bytesOf(c64, 3, 4), eval(t, false, loop.OpComplex, c64, 0, []tensor.DType{f32, f32}, bytesOf(f32, 3, 0), bytesOf(f32, 4, 0)))
	require.Equal(t, bytesOf(f32, 3, 0), eval(t, false, loop.OpConvert, f32, 0, one(c64), bytesOf(c64, 3, 4)))
	require.Equal(t, []byte{1}, eval(t, false, loop.OpConvert, tensor.Bool, 0, one(c64), bytesOf(c64, 0, 4)))
	sel := []tensor.DType{tensor.Bool, c64, c64}
	require.Equal(t, bytesOf(c64, 1, 2), eval(t, false, loop.OpSelect, c64, 0, sel, []byte{7}, bytesOf(c64, 1, 2), bytesOf(c64, 3, 4)))
}

// TestComplexProducts wants the formulas in Code's comment, to the bit.
func TestComplexProducts(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	d := tensor.C128
	for range 200 {
		a, b, e, f, g, h := rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()
		x, y, z := bytesOf(d, a, b), bytesOf(d, e, f), bytesOf(d, g, h)
		two, three := []tensor.DType{d, d}, []tensor.DType{d, d, d}
		fma := math.FMA
		ae, bf, af, be := a*e, b*f, a*f, b*e
		require.Equal(t, bytesOf(d, fma(-b, f, ae), fma(b, e, af)), eval(t, true, loop.OpMul, d, 0, two, x, y))
		require.Equal(t, bytesOf(d, ae-bf, af+be), eval(t, false, loop.OpMul, d, 0, two, x, y))
		require.Equal(t, bytesOf(d, fma(-b, f, fma(a, e, g)), fma(b, e, fma(a, f, h))), eval(t, true, loop.OpFMA, d, 0, three, x, y, z))
		require.Equal(t, bytesOf(d, (g+ae)-bf, (h+af)+be), eval(t, false, loop.OpFMA, d, 0, three, x, y, z))
	}
}

func TestFMA32(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	random := func() float32 {
		x := math.Float32frombits(rng.Uint32())
		for math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			x = math.Float32frombits(rng.Uint32())
		}
		return x
	}
	exact := func(x, y, z float32) float32 {
		w := new(big.Float).SetPrec(2000)
		w.Mul(w.SetFloat64(float64(x)), new(big.Float).SetFloat64(float64(y)))
		f, _ := w.Add(w, new(big.Float).SetFloat64(float64(z))).Float32()
		return f
	}
	for i := range 200_000 {
		x, y, z := random(), random(), random()
		if i%2 == 0 { // sums near ties: z is a power of 2 apart from half an ulp of the product
			z = float32(float64(x) * float64(y) * math.Exp2(float64(rng.IntN(60)-30)))
			z = math.Float32frombits(math.Float32bits(z) &^ (1<<uint(rng.IntN(23)) - 1))
		}
		if math.IsInf(float64(z), 0) || math.IsNaN(float64(z)) {
			continue
		}
		require.Equal(t, math.Float32bits(exact(x, y, z)+0), math.Float32bits(loop.FMA32(x, y, z)+0), "seed 9: %g*%g+%g", x, y, z)
	}
	// Just below a tie, which through double would be one and go up to even.
	require.Equal(t, float32(1+0x1p-23), loop.FMA32(0x1p-24*(1+0x1p-15), 1-0x1p-15, 1+0x1p-23))
	require.Equal(t, float32(math.Inf(1)), loop.FMA32(math.MaxFloat32, 2, 0))
}
