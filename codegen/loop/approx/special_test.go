package approx_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/codegen/loop/approx"
	"github.com/einc-lang/einc/tensor"
)

var (
	nan, inf = math.NaN(), math.Inf(1)
	minus0   = math.Copysign(0, -1)
)

func TestSpecialValues(t *testing.T) {
	tiny := map[tensor.DType]float64{tensor.F32: 0x1p-149, tensor.F64: 0x1p-1074}
	far := map[tensor.DType]float64{tensor.F32: math.MaxFloat32, tensor.F64: math.MaxFloat64}
	for _, d := range []tensor.DType{tensor.F32, tensor.F64} {
		eps, most := tiny[d], far[d]
		xs := []float64{nan, inf, -inf, 0, minus0, eps, -eps, most, -most}
		for name, c := range map[string]struct {
			f    emitter
			want []float64
		}{
			"exp":     {approx.Exp, []float64{nan, inf, 0, 1, 1, 1, 1, inf, 0}},
			"log":     {approx.Log, []float64{nan, inf, nan, -inf, -inf, rounded(d, math.Log2(eps)*math.Ln2), nan, rounded(d, math.Log(most)), nan}},
			"tanh":    {approx.Tanh, []float64{nan, 1, -1, 0, minus0, eps, -eps, 1, -1}},
			"sigmoid": {approx.Sigmoid, []float64{nan, 1, 0, .5, .5, .5, .5, 1, 0}},
			"relu":    {approx.Relu, []float64{nan, inf, 0, 0, 0, eps, 0, most, 0}},
			"sign":    {approx.Sign, []float64{nan, 1, -1, 0, 0, 1, -1, 1, -1}},
			"leaky":   {approx.LeakyRelu, []float64{nan, inf, -inf, 0, minus0, eps, minus0, most, -rounded(d, most*rounded(d, .01))}},
		} {
			eachFMA(t, func(t *testing.T, fma bool) {
				requireBits(t, c.want, apply(t, d, fma, c.f, xs), "%s of %s", name, d)
			})
		}
		eachFMA(t, func(t *testing.T, fma bool) {
			y := apply(t, d, fma, approx.Gelu, xs)
			requireBits(t, []float64{nan, inf, minus0, 0, minus0}, y[:5], "gelu of %s", d)
			requireBits(t, []float64{most, minus0}, y[7:], "gelu of %s", d)
			require.True(t, y[5] >= 0 && y[5] <= eps && y[6] <= 0 && y[6] >= -eps)
			require.Equal(t, 1.0, apply(t, d, fma, approx.Exp, []float64{0})[0])
			require.Equal(t, 0.0, apply(t, d, fma, approx.Log, []float64{1})[0])
		})
	}
}

func rounded(d tensor.DType, x float64) float64 {
	if d == tensor.F32 {
		return float64(float32(x))
	}
	return x
}

// requireBits compares values, the sign of zero included; any NaN is like another.
func requireBits(t *testing.T, want, got []float64, format string, args ...any) {
	t.Helper()
	for i := range want {
		if math.IsNaN(want[i]) && math.IsNaN(got[i]) {
			continue
		}
		require.Equal(t, math.Float64bits(want[i]), math.Float64bits(got[i]), append([]any{format + ": [%d] is %v, want %v"}, append(args, i, got[i], want[i])...)...)
	}
}

// TestTinyTanh holds what (1 − E)/(1 + E) would lose if 1 and E met.
func TestTinyTanh(t *testing.T) {
	eachFMA(t, func(t *testing.T, fma bool) {
		xs := []float64{1e-300, -3e-310, 1e-20, -1e-12, 0x1p-1022}
		require.Equal(t, xs, apply(t, tensor.F64, fma, approx.Tanh, xs))
	})
}

// complexly makes an emitter of real arguments from one of complex ones; x is both parts' base.
func complexly(d tensor.DType, f func(b *loop.Builder, x, y loop.Reg) loop.Reg, parts ...float64) emitter {
	return func(b *loop.Builder, x loop.Reg) loop.Reg {
		t := b.Type(x)
		c := loop.Type{DType: d, Lanes: t.Lanes}
		reg := func(v float64) loop.Reg { return b.Same(loop.OpMul, x, b.Const(t, v)) }
		return f(b, b.Op(loop.OpComplex, c, reg(parts[0]), reg(parts[1])), b.Op(loop.OpComplex, c, reg(parts[2]), reg(parts[3])))
	}
}

func divide(t *testing.T, fma bool, a, b, c, d float64) complex128 {
	var out [2]float64
	for i, code := range []loop.Code{loop.OpRe, loop.OpIm} {
		f := complexly(tensor.C128, func(bl *loop.Builder, x, y loop.Reg) loop.Reg {
			q := approx.ComplexDiv(bl, x, y)
			return bl.Op(code, loop.Type{DType: tensor.F64, Lanes: bl.Type(q).Lanes}, q)
		}, a, b, c, d)
		out[i] = apply(t, tensor.F64, fma, f, []float64{1})[0]
	}
	return complex(out[0], out[1])
}

func TestComplexDiv(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	eachFMA(t, func(t *testing.T, fma bool) {
		for i := range 300 {
			var p [4]float64
			top, bottom := math.Exp2(float64(rng.IntN(900)-450)), math.Exp2(float64(rng.IntN(900)-450))
			for j := range p {
				p[j] = (rng.Float64() - 0.5) * []float64{top, bottom}[j/2]
			}
			got, want := divide(t, fma, p[0], p[1], p[2], p[3]), complex(p[0], p[1])/complex(p[2], p[3])
			size := math.Hypot(real(want), imag(want))
			require.InDelta(t, 0, math.Hypot(real(got)-real(want), imag(got)-imag(want))/size, 2e-15, "seed 3, %d: %v", i, p)
		}
		for _, k := range []float64{0x1p1023, 0x1p-1060, 0x1p-1074} { // a division by itself, where squares and sums leave the range
			require.Equal(t, complex(1, 0), divide(t, fma, k, k, k, k))
			require.Equal(t, complex(0, 1), divide(t, fma, -k, k, k, k))
		}
		require.Equal(t, complex(inf, -inf), divide(t, fma, 1, -1, 0, 0))
		require.Equal(t, complex(inf, -inf), divide(t, fma, 1, -1, minus0, 0))
		require.Equal(t, complex(0, 0), divide(t, fma, 1, 1, inf, 5))
		q := divide(t, fma, 0, 0, 0, 0)
		require.True(t, math.IsNaN(real(q)) && math.IsNaN(imag(q)))
	})
}

func TestComplexAbs(t *testing.T) {
	abs := func(b *loop.Builder, x, _ loop.Reg) loop.Reg { return approx.ComplexAbs(b, x) }
	rng := rand.New(rand.NewPCG(4, 4))
	eachFMA(t, func(t *testing.T, fma bool) {
		one := func(re, im float64) float64 {
			return apply(t, tensor.F64, fma, complexly(tensor.C128, abs, re, im, 0, 0), []float64{1})[0]
		}
		for i := range 300 {
			re, im := rng.NormFloat64(), rng.NormFloat64()*math.Exp2(float64(rng.IntN(40)-20))
			want := math.Hypot(re, im)
			require.LessOrEqual(t, math.Abs(one(re, im)-want), 3*spacing(tensor.F64, want), "seed 4, %d", i)
		}
		require.Equal(t, 5.0, one(3, -4))
		require.Equal(t, 0.0, one(minus0, 0))
		require.Equal(t, 0x1p-1074, one(0, -0x1p-1074))
		require.Equal(t, math.MaxFloat64, one(math.MaxFloat64, 0))
		require.Equal(t, inf, one(nan, -inf))
		require.Equal(t, inf, one(inf, inf))
		require.True(t, math.IsNaN(one(nan, 1)))
	})
}

func TestWrongTypePanics(t *testing.T) {
	b := loop.NewBuilder("test")
	r := b.Int(loop.Type{DType: tensor.I32, Lanes: 1}, 1)
	require.Panics(t, func() { approx.Exp(b, r) })
	require.NotPanics(t, func() { approx.Relu(b, r) })
}
