package golden_test

import (
	"context"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/golden"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// TestErrorBound holds sums that round against the bound of a sum in any order: |c - exact| <= N u G, where G is
// the sum of the absolute products and N the most roundings on the way of a term (N. J. Higham, Accuracy and
// Stability of Numerical Algorithms, 2002, §3.1). Half types are rounded once more, when the result is stored.
func TestErrorBound(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 7))
	levels := hostLevels(t)
	types := []tensor.DType{tensor.F16, tensor.BF16, tensor.F32, tensor.F64, tensor.C64, tensor.C128}
	for i := range rounds(t, 8) {
		for _, d := range types {
			c, err := golden.Random(r, d, heap)
			require.NoError(t, err)
			checkBound(t, r, d, c.Expr, shapesOf(c.Operands), levels[i%len(levels)])
		}
	}
	for _, d := range types {
		checkBound(t, r, d, "ik,kj->ij", [][]int{{13, 700}, {700, 17}}, levels[len(levels)-1])
		checkBound(t, r, d, "kai,jka->ji", [][]int{{999, 3, 5}, {7, 999, 3}}, levels[0]) // nearly all K
		checkBound(t, r, d, "ij->", [][]int{{60, 333}}, levels[len(levels)-1])
	}
}

func shapesOf(operands []*tensor.Tensor) (all [][]int) {
	for _, o := range operands {
		all = append(all, o.Shape())
	}
	return all
}

// checkBound evaluates a product of operands that are drawn anew, in float64 and by every engine.
func checkBound(t *testing.T, r *rand.Rand, d tensor.DType, expr string, shapes [][]int, level string) {
	c := &golden.Contraction{Expr: expr}
	wide, size := &golden.Contraction{Expr: expr}, &golden.Contraction{Expr: expr}
	for _, shape := range shapes {
		o := normals(t, r, shape, d)
		c.Operands = append(c.Operands, o)
		wide.Operands = append(wide.Operands, convert(t, o, tensor.C128))
		size.Operands = append(size.Operands, absolute(t, o))
	}
	exact, sizes := evaluated(t, wide), evaluated(t, size)
	for _, e := range engines {
		opts := options(e.engine)
		opts.Level = level
		out, err := einc.EinsumContext(context.Background(), expr, opts, c.Operands...)
		require.NoError(t, err, "%s %v", expr, shapes)
		got, err := tensor.Values[complex128](convert(t, out, tensor.C128))
		require.NoError(t, err)
		for i, x := range got {
			off, most := cmplx.Abs(x-exact[i]), bound(t, c, d, real(sizes[i]), cmplx.Abs(exact[i]))
			require.LessOrEqual(t, off, most, "%s %s %v %v %s: element %d is %v, not %v", e.name, expr, d, shapes, level, i, x, exact[i])
		}
	}
}

// bound is how far a sum of products of the given size may be from its value.
func bound(t *testing.T, c *golden.Contraction, d tensor.DType, size, value float64) float64 {
	unit := map[tensor.DType]float64{tensor.F64: 0x1p-53, tensor.C128: 0x1p-53}[d]
	if unit == 0 {
		unit = 0x1p-24
	}
	terms := 1
	p := problem(t, c)
	for _, x := range p.Indices {
		terms *= max(x.Extent, 1)
	}
	for _, n := range p.Tensors[p.Output].Shape {
		terms /= max(n, 1)
	}
	roundings := float64(terms + len(c.Operands))
	if d == tensor.C64 || d == tensor.C128 { // a product is two, and their sum
		roundings = 2 * (roundings + 2)
	}
	if unit == 0x1p-53 { // what it is compared with rounds too
		roundings *= 2
	}
	stored := map[tensor.DType]float64{tensor.F16: 0x1p-11, tensor.BF16: 0x1p-8}[d]
	const least = 0x1p-24 // what half types do not resolve near 0
	if stored > 0 {
		return roundings*unit*size*(1+stored) + stored*value + least
	}
	return roundings * unit * size
}

func evaluated(t *testing.T, c *golden.Contraction) []complex128 {
	out, err := golden.Eval(problem(t, c), c.Operands)
	require.NoError(t, err)
	values, err := tensor.Values[complex128](out)
	require.NoError(t, err)
	return values
}

func convert(t *testing.T, x *tensor.Tensor, d tensor.DType) *tensor.Tensor {
	out, err := x.Convert(d)
	require.NoError(t, err)
	return out
}

// normals draws elements that a type holds exactly.
func normals(t *testing.T, r *rand.Rand, shape []int, d tensor.DType) *tensor.Tensor {
	n, err := tensor.CheckedLen(shape)
	require.NoError(t, err)
	values := make([]complex128, n)
	for i := range values {
		values[i] = complex(r.NormFloat64(), 0)
		if d == tensor.C64 || d == tensor.C128 {
			values[i] += complex(0, r.NormFloat64())
		}
	}
	x, err := tensor.From(values, shape...)
	require.NoError(t, err)
	return convert(t, x, d)
}

// absolute is the absolute values of elements.
func absolute(t *testing.T, x *tensor.Tensor) *tensor.Tensor {
	values, err := tensor.Values[complex128](convert(t, x, tensor.C128))
	require.NoError(t, err)
	sizes := make([]complex128, len(values))
	for i, v := range values {
		sizes[i] = complex(math.Hypot(real(v), imag(v)), 0)
	}
	out, err := tensor.From(sizes, x.Shape()...)
	require.NoError(t, err)
	return out
}
