package golden_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/golden"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// programs are index notation that an einsum string cannot say, with their operands' shapes. Those
// marked exact must give the naive evaluator's very values on small integers, in every type.
var programs = []struct {
	expr   string
	shapes [][]int
	exact  bool
}{
	{"D[n,k,d] = X[n,d] - M[k,d]", [][]int{{33, 7}, {5, 7}}, true},
	{"C[i,j] += A[i,k] * B[k,j]", [][]int{{9, 17}, {9, 5}, {5, 17}}, true},
	{"C[i,j] += A[i,k] * B[k,j]", [][]int{{9, 5}, {5, 17}}, true},
	{"C[i,j] *= A[i,j]", [][]int{{3, 9}, {3, 9}}, true},
	{"D[i,i] = v[i]", [][]int{{9}}, true},
	{"D[i,j,i] = M[j,i]", [][]int{{5, 8}}, true},
	{"D[i,i] += v[i]", [][]int{{9, 9}, {9}}, true},
	{"s = A[j] + B[j]", [][]int{{1}, {9}}, true},
	{"R[i] = A[i,j]*B[i] + C[i,j]*B[j] - A[i,j]", [][]int{{5, 1}, {5}, {5, 5}}, true},
	{"s = A[i,i]*B[i,j]", [][]int{{7, 7}, {7, 9}}, true},
	{"R[i] = A[i,k] + B[i] + C[i,k,l]", [][]int{{5, 4}, {5}, {5, 4, 3}}, true},
	{"R[i,j] = (A[i,k] + B[i,k]) * C[k,j]", [][]int{{5, 8}, {5, 8}, {8, 17}}, true},
	{"T[i,j] = A[i,k]*B[k,j]\nR[i,l] = T[i,j]*C[j,l] + T[i,l]", [][]int{{4, 6}, {6, 9}, {9, 9}}, true},
	{"R[i,j] = 2*A[i,j] - B[j]*3", [][]int{{4, 33}, {33}}, true},
	{"R[i] = abs(A[i,k]*B[k])", [][]int{{9, 16}, {16}}, false},
	{"P[i,j] max= A[i,k] + B[k,j]", [][]int{{5, 9}, {9, 18}}, true},
	{"P[i,j] min= A[i,k] * B[k,j]", [][]int{{5, 9}, {9, 18}}, true},
	{"P[i] max= P0[i,k]; Q[i] = P[i] + 1", [][]int{{8, 31}}, true},
	{"R[i] = sign(A[i,k]*B[k])*A[i,j] - sign(B[k])", [][]int{{9, 8}, {8}}, true},
	{"R[i] = relu(A[i,k]*B[k]) + min(A[i,k], 1, B[k])", [][]int{{9, 8}, {8}}, true},
	{"R[i] = max(X[i], Y[j])", [][]int{{9}, {4}}, true},
	{"D2[n,k] = (X[n,d]-M[k,d])*(X[n,d]-M[k,d])", [][]int{{12, 10}, {7, 10}}, true},
	{"R[i,j] = A[i,k]*B[k,j] / n[i]", [][]int{{5, 8}, {8, 9}, {5}}, false},
	{"R[i,j] = A[i,k] / n[k] * B[k,j]", [][]int{{5, 8}, {8}, {8, 9}}, false},
	{"Y[b,o] = relu(X[b,i]*W[i,o] + bias[o])", [][]int{{9, 20}, {20, 33}, {33}}, true},
	{"Y[b,o] = gelu(X[b,i]*W[i,o] + bias[o])", [][]int{{9, 20}, {20, 33}, {33}}, false},
	{"S[i,j] = Q[i,d]*K[j,d]/8; M[i] max= S[i,j]; E[i,j] = exp(S[i,j]-M[i]); R[i,d] = E[i,j]*V[j,d]/Z[i]; ",
		[][]int{{6, 8}, {9, 8}, {9, 8}, {6}}, false},
	{"R[i] = exp(A[i,k]) + log(abs(B[i])) + sqrt(abs(B[i])) + tanh(B[i]) + sigmoid(B[i]) + leaky_relu(B[i])", [][]int{{9, 4}, {9}}, false},
	{"R[i,j] = exp(S[i,j]) / Z[i]", [][]int{{7, 19}, {7}}, false},
	{"x = 3.5e-1*A[i]*A[i]", [][]int{{40}}, false},
}

// unsuited reports type errors that a program has every right to: relu of complex numbers, a fraction
// of integers, subtraction of truth values.
func unsuited(err error) bool {
	var e *parser.Error
	return err != nil && (errors.As(err, &e) && strings.Contains(string(e.Code), "dtype"))
}

func TestPrograms(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 3))
	target, err := codegen.TargetFor("x86-64-v2")
	require.NoError(t, err)
	ran := 0
	for _, p := range programs {
		for _, d := range tensor.DTypes() {
			operands, err := golden.Operands(r, d, p.shapes)
			require.NoError(t, err)
			prog, err := parser.Parse(p.expr, parser.ModeAuto)
			require.NoError(t, err, p.expr)
			bound, err := prog.Bind(specs(operands))
			if unsuited(err) || d == tensor.Bool && strings.Contains(p.expr, "/") {
				continue // a quotient by false is NaN or infinite as the order of factors has it
			}
			require.NoError(t, err, "%s %v", p.expr, d)
			want, err := golden.Eval(bound, operands)
			require.NoError(t, err)
			checkProgram(t, p.exact && !halfRounds(d), want, plainResult(t, bound, target, operands), "plain "+p.expr)
			for _, e := range engines {
				got, err := einc.EinsumContext(context.Background(), p.expr, options(e.engine), operands...)
				if einc.IsMissing(err) {
					continue
				}
				require.NoError(t, err, "%s %v", p.expr, d)
				checkProgram(t, p.exact && !halfRounds(d), want, got, e.name+" "+p.expr)
				ran++
			}
		}
	}
	require.Greater(t, ran, 200)
}

// halfRounds tells the types whose sums of small integers may round when they are stored; the order of
// rounding then is the engine's own.
func halfRounds(d tensor.DType) bool { return d == tensor.F16 || d == tensor.BF16 }

func checkProgram(t *testing.T, exact bool, want, got *tensor.Tensor, what string) {
	require.Equal(t, want.DType(), got.DType(), what)
	if exact {
		require.True(t, golden.Equal(want, got), "%s\nwant %v\ngot %v", what, want, got)
		return
	}
	tol := map[tensor.DType]float64{tensor.F16: 4e-3, tensor.BF16: 3e-2, tensor.F32: 2e-5, tensor.C64: 2e-5}[want.DType()]
	tol = math.Max(tol, 1e-12)
	require.True(t, tensor.AllClose(got, want, tol, 50*tol), "%s\nwant %v\ngot %v", what, want, got)
}

// TestPacked runs the packed strategy's groups whose strides do not compose, with edges on every side.
func TestPacked(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 4))
	for _, c := range []struct {
		expr   string
		shapes [][]int
	}{
		{"ae,dcbe->dcba", [][]int{{72, 71}, {9, 11, 23, 71}}},
		{"fbea,ecfd->dcba", [][]int{{7, 11, 9, 23}, {9, 13, 7, 25}}},
		{"ik,kj->ij", [][]int{{301, 203}, {203, 307}}},
		{"ki,jk->ji", [][]int{{203, 301}, {307, 203}}},
		{"bik,bkj->bij", [][]int{{2, 151, 203}, {2, 203, 157}}},
		{"kai,jka->ji", [][]int{{9999, 10, 29}, {24, 9999, 10}}}, // K in parts
	} {
		for _, d := range []tensor.DType{tensor.F32, tensor.F64} {
			operands, err := golden.Operands(r, d, c.shapes)
			require.NoError(t, err)
			prog, err := parser.Parse(c.expr, parser.ModeAuto)
			require.NoError(t, err)
			bound, err := prog.Bind(specs(operands))
			require.NoError(t, err)
			want, err := golden.Eval(bound, operands)
			require.NoError(t, err)
			for _, level := range hostLevels(t) {
				opts := options(einc.Native)
				opts.Level = level
				got, err := einc.EinsumContext(context.Background(), c.expr, opts, operands...)
				require.NoError(t, err)
				require.True(t, golden.Equal(want, got), "%s %v %s", c.expr, d, level)
			}
		}
	}
}

// TestDifferencesOfMixedTypes subtracts terms of narrower types than the sum's: in their own type, -128 of i8 has no
// negative, and truth values have none at all.
func TestDifferencesOfMixedTypes(t *testing.T) {
	a, err := tensor.From([]int32{1, 2, 3}, 3)
	require.NoError(t, err)
	b, err := tensor.From([]int8{-128, 127, 0}, 3)
	require.NoError(t, err)
	c, err := b.Convert(tensor.Bool)
	require.NoError(t, err)
	for _, x := range []struct {
		expr string
		want []int32
	}{
		{"R[i] = A[i] - B[i] - A[i]", []int32{128, -127, 0}},
		{"R[i] = A[i] - B[i] - B[j] + A[j]", []int32{136, -118, 10}},
		{"R[i] = A[i] - B[i] - 1", []int32{128, -126, 2}},
		{"R[i] = A[i] - C[i] - C[i]", []int32{-1, 0, 3}},
		{"R[i] = 2 - C[i] - A[i]", []int32{0, -1, -1}},
		{"R[i] = A[i] - (B[i] - C[i]) - (1 - 2)", []int32{-125, -123, 4}},
	} {
		operands := []*tensor.Tensor{}
		prog, err := parser.Parse(x.expr, parser.ModeAuto)
		require.NoError(t, err)
		for _, o := range prog.Operands {
			operands = append(operands, map[string]*tensor.Tensor{"A": a, "B": b, "C": c}[o.Name])
		}
		for _, e := range engines {
			got, err := einc.EinsumContext(context.Background(), x.expr, options(e.engine), operands...)
			if einc.IsMissing(err) {
				continue
			}
			require.NoError(t, err, x.expr)
			values, err := tensor.Values[int32](got)
			require.NoError(t, err)
			require.Equal(t, x.want, values, "%s %s", e.name, x.expr)
		}
	}
}
