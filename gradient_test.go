package einc_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// gradientByX evaluates the gradient by X, with a seed of ones.
func gradientByX(t *testing.T, expr string, n int, operands map[string]*tensor.Tensor) []float64 {
	gradients, err := einc.Gradients(expr, parser.ModeAuto)
	require.NoError(t, err)
	g := gradients[slices.IndexFunc(gradients, func(g einc.Gradient) bool { return g.Operand == "X" })]
	seed, err := tensor.Full(1.0, n)
	require.NoError(t, err)
	seed, err = seed.Convert(operands["X"].DType())
	require.NoError(t, err)
	operands[g.Seed] = seed
	var list []*tensor.Tensor
	for _, name := range g.Operands {
		require.NotNil(t, operands[name], name)
		list = append(list, operands[name])
	}
	out, err := einc.EinsumContext(t.Context(), g.Expr, &einc.Options{Engine: einc.Interpreter}, list...)
	require.NoError(t, err, g.Expr)
	out, err = out.Convert(tensor.F64)
	require.NoError(t, err)
	v, err := tensor.Values[float64](out)
	require.NoError(t, err)
	return v
}

// Where a function has no derivative, the gradient is what the documentation says.
func TestGradientsAtKinks(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		expr    string
		x, want []float64
	}{
		{"Y[i] = abs(X[i])", []float64{-2, 0, 3}, []float64{-1, 0, 1}},
		{"Y[i] = relu(X[i])", []float64{-inf, 0, inf}, []float64{0, 0, 1}},
		{"Y[i] = leaky_relu(X[i])", []float64{-1, 0, 1}, []float64{0.01, 0.01, 1}},
		{"Y[i] = max(X[i], 2)", []float64{1, 2, 3}, []float64{0, 0.5, 1}},
		{"Y[i] = min(X[i], 2)", []float64{1, 2, 3}, []float64{1, 0.5, 0}},
		{"Y[i] = max(X[i], X[i])", []float64{1, 2, 3}, []float64{1, 1, 1}},
		{"Y[i] = gelu(X[i])", []float64{0, -40, 40}, []float64{0.5, 0, 1}},
		{"Y[i] = gelu(X[i])", []float64{1e-17, -1e-17, 1e-300}, []float64{0.5, 0.5, 0.5}}, // nothing beside 1
		{"Y[i] = sign(X[i])", []float64{-1, 0, 2}, []float64{0, 0, 0}},
		{"M max= X[j]; Y[i] = A[i]*M", []float64{5, 1, 5}, []float64{3, 0, 3}}, // A sums to 6
		{"M = X[j]*0 + 5; M max= X[j]; Y[i] = A[i]*M", []float64{5, 1, 4}, []float64{6, 0, 0}},
		{"M min= X[j]; Y[i] = A[i]*M", []float64{1, 1, 1}, []float64{2, 2, 2}},
	} {
		x, err := tensor.From(c.x, len(c.x))
		require.NoError(t, err)
		a, err := tensor.From([]float64{1, 2, 3}, 3)
		require.NoError(t, err)
		require.InDeltaSlice(t, c.want, gradientByX(t, c.expr, 3, map[string]*tensor.Tensor{"X": x, "A": a}), 1e-15, c.expr)
	}
}

// secondDerivatives evaluates the derivative of f's derivative at x, in elements of type d.
func secondDerivatives(t *testing.T, f string, d tensor.DType, x []float64) []float64 {
	first, err := einc.Gradients("Y[i] = "+f+"(X[i])", parser.ModeAuto)
	require.NoError(t, err)
	at, err := tensor.From(x, len(x))
	require.NoError(t, err)
	at, err = at.Convert(d)
	require.NoError(t, err)
	ones, err := tensor.Full(1.0, len(x))
	require.NoError(t, err)
	ones, err = ones.Convert(d)
	require.NoError(t, err)
	v := gradientByX(t, first[0].Expr, len(x), map[string]*tensor.Tensor{"X": at, "dY": ones})
	return v
}

// A gradient can be differentiated again. The second derivative of gelu is right near 0 and at 0, where the first one
// is not a quotient.
func TestSecondDerivatives(t *testing.T) {
	none := func(float64) float64 { return 0 }
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	for f, want := range map[string]func(float64) float64{
		"abs": none, "sign": none, "relu": none, "leaky_relu": none, "exp": math.Exp,
		"log":     func(x float64) float64 { return -1 / x / x },
		"sqrt":    func(x float64) float64 { return -0.25 / x / math.Sqrt(x) },
		"tanh":    func(x float64) float64 { return -2 * math.Tanh(x) * (1 - math.Tanh(x)*math.Tanh(x)) },
		"sigmoid": func(x float64) float64 { return sigmoid(x) * sigmoid(-x) * (1 - 2*sigmoid(x)) },
		"gelu":    func(x float64) float64 { return (2 - x*x) * math.Exp(-x*x/2) / math.Sqrt(2*math.Pi) },
	} {
		points := []float64{0.1, 0.5, 1, 2, 4}
		switch f {
		case "log", "sqrt":
		case "gelu":
			points = append(points, 0, 1e-300, 1e-30, -1e-17, 1e-12, 1e-8, -1e-6, 1e-4, -0.01, 0.031, 1.0/32, -1.0/32, 0.032, 0.07, 1, 6, 1e20, -1e100)
			fallthrough
		default:
			points = append(points, -0.1, -0.5, -3)
		}
		expected := make([]float64, len(points))
		for i, x := range points {
			expected[i] = want(x)
		}
		require.InDeltaSlice(t, expected, secondDerivatives(t, f, tensor.F64, points), 2e-13, f)
		if f == "gelu" {
			require.InDeltaSlice(t, expected, secondDerivatives(t, f, tensor.F32, points[:len(points)-4]), 1e-5, f)
		}
	}
}

// A sum's gradient is the seed, also where the absolute value of the sum wraps.
func TestGradientOfIntegers(t *testing.T) {
	x, err := tensor.From([]int8{-100, -28, 3, 4}, 2, 2)
	require.NoError(t, err)
	all, err := einc.Gradients("ij->", parser.ModeAuto)
	require.NoError(t, err)
	got, err := einc.Einsum(all[0].Expr, x, tensor.Scalar(int8(5)))
	require.NoError(t, err, all[0].Expr)
	values, err := tensor.Values[int8](got)
	require.NoError(t, err)
	require.Equal(t, []int8{5, 5, 5, 5}, values)
}

func TestGradientsAreNamed(t *testing.T) {
	all, err := einc.Gradients("ij,jk->ik", parser.ModeAuto)
	require.NoError(t, err)
	require.Equal(t, []einc.Gradient{
		{Operand: "A", Seed: "dout", Expr: "dA[i,j] = dout[i,k]*B[j,k]", Operands: []string{"dout", "B"}},
		{Operand: "B", Seed: "dout", Expr: "dB[j,k] = dout[i,k]*A[i,j]", Operands: []string{"dout", "A"}},
	}, all)
	all, err = einc.Gradients("C[i] += A[i]*dC[i]", parser.ModeAuto)
	require.NoError(t, err)
	require.Equal(t, "dC_1", all[0].Seed, "dC is an operand")
	require.Equal(t, "dC_2[i0] = dC_1[i0]", all[0].Expr)
	require.Equal(t, "dA[i] = dC_1[i]*dC[i]", all[1].Expr)
	sublists, err := parser.ParseSublists([][]any{{0, 27}, {27, 3}}, []any{0, 3}, parser.ModeNumPy)
	require.NoError(t, err)
	list, err := sublists.Gradients()
	require.NoError(t, err)
	require.Equal(t, "dB[i27,i3] = dout[i0,i3]*A[i0,i27]", list[1].Program.String())
	all, err = einc.Gradients("C[i] += A[i]; Y[i] = exp(C[i])", parser.ModeAuto)
	require.NoError(t, err)
	require.Equal(t, []string{"A", "dY"}, all[1].Operands, "an old value may be left out")
}

func TestGradientsRefuse(t *testing.T) {
	for expr, code := range map[string]parser.Code{
		"P *= A[i]": parser.CodeNotASum, "M max= 3": parser.CodeNotASum, "...i->...": parser.CodeUsesEllipsis,
		"Y = " + strings.Repeat("ABCDEFGH[i]*", 3000) + "X": parser.CodeLimitSource,
	} {
		_, err := einc.Gradients(expr, parser.ModeAuto)
		var refused *parser.Error
		require.ErrorAs(t, err, &refused, expr)
		require.Equal(t, code, refused.Code, expr)
	}
}
