package approx_test

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/codegen/loop/approx"
	"github.com/einc-lang/einc/tensor"
)

type emitter func(b *loop.Builder, x loop.Reg) loop.Reg

var functions = []struct {
	name  string
	emit  emitter
	exact func(*big.Float) *big.Float
	fine  func(float64) float64 // for results in single precision
	ulps  float64
	lo    [2]float64 // interesting arguments in F32 and F64
	hi    [2]float64
}{
	{"exp", approx.Exp, bigExp, math.Exp, 2, [2]float64{-105, -746}, [2]float64{89, 710}},
	{"log", approx.Log, bigLog, math.Log, 2, [2]float64{0.3, 0.3}, [2]float64{3, 3}},
	{"tanh", approx.Tanh, bigTanh, math.Tanh, 2, [2]float64{-10, -20}, [2]float64{10, 20}},
	{"sigmoid", approx.Sigmoid, bigSigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, 2, [2]float64{-105, -746}, [2]float64{30, 40}},
	{"gelu", approx.Gelu, bigGelu, gelu, 4, [2]float64{-5, -5}, [2]float64{9, 9}},
	{"gelu tail", approx.Gelu, bigGelu, gelu, 4, [2]float64{-14.7, -38.8}, [2]float64{-5, -5}},
}

func gelu(x float64) float64 { return x / 2 * math.Erfc(-x/math.Sqrt2) }

// apply runs a function on values of a type through the interpreter, as vectors of 8.
func apply(t *testing.T, d tensor.DType, fma bool, f emitter, xs []float64) []float64 {
	t.Helper()
	const lanes = 8
	n := int64(len(xs)+lanes-1) / lanes
	b := loop.NewBuilder("test")
	b.Nest.FMA = fma
	in := b.Param(loop.Param{Name: "X", DType: d, Role: loop.In, Hi: n * lanes})
	i := b.Var("i")
	b.For(&loop.For{Var: i, Kind: loop.Task, Count: loop.Bound{Max: loop.Const(n)}, Step: 1}, func() {
		off := loop.Affine{Terms: []loop.Term{{Var: i, Coef: loop.Const(lanes)}}}
		y := f(b, b.Load(loop.Addr{Param: in, Off: off}, loop.Const(1), lanes))
		out := b.Param(loop.Param{Name: "Y", DType: b.Type(y).DType, Role: loop.Out, Hi: n * lanes})
		b.Store(y, loop.Addr{Param: out, Off: off}, loop.Const(1))
	})
	require.NoError(t, loop.Verify(b.Nest))
	size := d.Size()
	x, y := make([]byte, int(n)*lanes*size), make([]byte, int(n)*lanes*size)
	for j, v := range xs {
		if size == 4 {
			binary.LittleEndian.PutUint32(x[4*j:], math.Float32bits(float32(v)))
		} else {
			binary.LittleEndian.PutUint64(x[8*j:], math.Float64bits(v))
		}
	}
	require.NoError(t, loop.Run(b.Nest, []loop.Mem{{Data: x}, {Data: y}}, nil, 0, n))
	out := make([]float64, len(xs))
	for j := range out {
		if size == 4 {
			out[j] = float64(math.Float32frombits(binary.LittleEndian.Uint32(y[4*j:])))
		} else {
			out[j] = math.Float64frombits(binary.LittleEndian.Uint64(y[8*j:]))
		}
	}
	return out
}

func eachFMA(t *testing.T, f func(t *testing.T, fma bool)) {
	t.Run("fma", func(t *testing.T) { f(t, true) })
	t.Run("mul+add", func(t *testing.T) { f(t, false) })
}

// points is arguments of a type: evenly in [lo, hi], and with all exponents where they matter.
func points(d tensor.DType, lo, hi float64, n int, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 7))
	xs := make([]float64, n)
	least := -149.0
	if d == tensor.F64 {
		least = -1074
	}
	for i := range xs {
		x := lo + (hi-lo)*rng.Float64()
		if i%3 == 0 && lo < 0 && hi > 0 || i%3 == 0 && lo == 0.3 {
			x = math.Copysign(math.Exp2(least*rng.Float64()), x)
			if i%2 == 0 && lo == 0.3 {
				x = math.Min(1/x, math.MaxFloat32)
			}
		}
		if d == tensor.F32 {
			x = float64(float32(x))
		}
		xs[i] = x
	}
	return xs
}

// spacing is the distance of the floats around x.
func spacing(d tensor.DType, x float64) float64 {
	_, e := math.Frexp(x)
	if d == tensor.F32 {
		return math.Ldexp(1, max(e-24, -149))
	}
	return math.Ldexp(1, max(e-53, -1074))
}

func TestF32(t *testing.T) {
	for s, f := range functions {
		t.Run(f.name, func(t *testing.T) {
			eachFMA(t, func(t *testing.T, fma bool) {
				xs := points(tensor.F32, f.lo[0], f.hi[0], 150_000, uint64(s))
				worst, where := 0.0, 0.0
				for i, y := range apply(t, tensor.F32, fma, f.emit, xs) {
					want := f.fine(xs[i])
					if math.IsInf(float64(float32(want)), 0) && math.IsInf(y, 0) {
						continue
					}
					if e := math.Abs(y-want) / spacing(tensor.F32, want); !(e <= worst) {
						worst, where = e, xs[i]
					}
				}
				t.Logf("%.3f ulp at %v", worst, where)
				require.LessOrEqual(t, worst, f.ulps, "seed %d, at %v", s, where)
			})
		})
	}
}

func TestF64(t *testing.T) {
	for s, f := range functions {
		t.Run(f.name, func(t *testing.T) {
			n := 3000
			if f.name == "gelu tail" {
				n = 100
			}
			xs := points(tensor.F64, f.lo[1], f.hi[1], n, uint64(s))
			exact := make([]*big.Float, n)
			for i, x := range xs {
				exact[i] = f.exact(num(x))
			}
			eachFMA(t, func(t *testing.T, fma bool) {
				worst, where := 0.0, 0.0
				for i, y := range apply(t, tensor.F64, fma, f.emit, xs) {
					if e := distance(y, exact[i]); !(e <= worst) {
						worst, where = e, xs[i]
					}
				}
				t.Logf("%.3f ulp at %v", worst, where)
				require.LessOrEqual(t, worst, f.ulps, "seed %d, at %v", s, where)
			})
		})
	}
}

// distance is how many ulps of the exact value y is away.
func distance(y float64, exact *big.Float) float64 {
	want, _ := exact.Float64()
	if math.IsInf(y, 0) || math.IsInf(want, 0) || math.IsNaN(y) {
		if y == want {
			return 0
		}
		return math.NaN()
	}
	p := max(exact.Prec(), 2200)
	e, _ := zero(p).Quo(zero(p).Sub(num(y), exact), num(spacing(tensor.F64, want))).Float64()
	return math.Abs(e)
}
