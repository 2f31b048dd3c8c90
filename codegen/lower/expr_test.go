package lower

import (
	"math"
	"math/cmplx"
	"testing"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// Every function computes what its name says, in vectors and in the scalars of a tail, in a body and in
// an epilogue.
func TestFunctions(t *testing.T) {
	functions := []struct {
		f    parser.Fn
		want func(float64) float64
	}{
		{parser.FnExp, math.Exp}, {parser.FnTanh, math.Tanh}, {parser.FnLog, math.Log}, {parser.FnSqrt, math.Sqrt},
		{parser.FnSigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }},
		{parser.FnGelu, func(x float64) float64 { return x / 2 * (1 + math.Erf(x/math.Sqrt2)) }},
		{parser.FnRelu, func(x float64) float64 { return math.Max(x, 0) }},
		{parser.FnLeakyRelu, func(x float64) float64 { return math.Max(x, 0.01*x) }},
		{parser.FnSign, func(x float64) float64 { return math.Max(-1, math.Min(x*1e9, 1)) }},
		{parser.FnAbs, math.Abs}, {parser.FnNeg, func(x float64) float64 { return -x }},
	}
	for _, d := range []tensor.DType{tensor.F16, tensor.F32, tensor.F64} {
		for i, fn := range functions {
			c := caseOf{expr: "a->a", sizes: "B", types: []tensor.DType{d}, layouts: "c", span: 3, body: parser.Expr{input(0, d), call(fn.f, d, 0)}}
			if i%2 == 1 {
				c.body, c.epilogue = nil, parser.Expr{input(0, d), call(fn.f, d, 0)}
			}
			b := c.build(newRand(int64(i)))
			in := b.mem[0].Data
			b.run(t, b.lowered(t, avx2))
			for j, got := range b.output() {
				want := fn.want(real(get(d, in[j*d.Size():])))
				if math.IsNaN(want) || math.IsInf(want, 0) {
					require.Equal(t, math.IsNaN(want), math.IsNaN(real(got)), "%s %s", fn.f, d)
					continue
				}
				require.InDelta(t, want, real(got), map[tensor.DType]float64{tensor.F16: 2e-2, tensor.F32: 1e-5, tensor.F64: 1e-13}[d], "%s %s", fn.f, d)
			}
		}
	}
}

func TestDivision(t *testing.T) {
	for _, d := range []tensor.DType{tensor.F32, tensor.F64, tensor.C64, tensor.C128} {
		b := caseOf{expr: "a,a->a", sizes: "D", types: []tensor.DType{d}, layouts: "c", span: 3,
			body: parser.Expr{input(0, d), input(1, d), call(parser.FnDiv, d, 0, 1)}}.build(newRand(7))
		b.run(t, b.lowered(t, avx2))
		for j, got := range b.output() {
			x, y := get(d, b.mem[0].Data[j*d.Size():]), get(d, b.mem[1].Data[j*d.Size():])
			if y != 0 {
				require.InDelta(t, 0, cmplx.Abs(got-x/y), 1e-5, "%v / %v in %s", x, y, d)
			}
		}
	}
}

func TestModulusIsReal(t *testing.T) {
	c := caseOf{expr: "a->a", sizes: "D", types: []tensor.DType{tensor.C64}, out: tensor.F32, layouts: "c", span: 3,
		body: parser.Expr{input(0, tensor.C64), call(parser.FnAbs, tensor.F32, 0)}}
	b := c.build(newRand(8))
	b.run(t, b.lowered(t, avx2))
	for j, got := range b.output() {
		require.InDelta(t, cmplx.Abs(get(tensor.C64, b.mem[0].Data[8*j:])), real(got), 1e-5)
	}
}

// A product keeps its register tile under a long epilogue, which is written out once a tile and not once
// a point.
func TestLongEpilogueLoops(t *testing.T) {
	d := tensor.F32
	for _, expr := range []string{"ab,bc,c->ac", "ab,cb,c->ac"} {
		long := parser.Expr{input(0, d), input(1, d), call(parser.FnAdd, d, 0, 1)}
		for range 200 {
			long = append(long, call(parser.FnRelu, d, parser.NodeID(len(long)-1)))
		}
		long = append(long, call(parser.FnSub, d, 2, parser.NodeID(len(long)-1)))
		for _, target := range targets() {
			for i, s := range []string{"6G8", "7HX", "191", "D5A"} {
				c := caseOf{expr: expr, sizes: s, types: []tensor.DType{d}, extras: 1, epilogue: long, old: "c"}
				p := c.check(t, target, int64(i))
				if s == "7HX" {
					require.Positive(t, p.Worker)
					require.Less(t, len(p.Nests[0].Regs), 3000)
				}
			}
		}
	}
}
