package golden_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/golden"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// differentiated are programs whose gradients are taken. Axes have 2 to 4 elements, by the label: i, l and o as many.
var differentiated = []string{
	"ij,jk->ik", "ij,jk,kl->il", "ii->i", "iij,j->", "ij->", "i,i->i", "ijk,ilj->kl", "i,j,k->kij", "aab,b,ab->b",
	"S[i,j] = A[i,k]*(B[k,j] + C[k,m])",                               // a sum in a product
	"S[i] = A[i]*(B[i,k]*3 - 2*C[k])/(abs(D[i,k]) + 1)",               // and in a divisor
	"Y[b,o] = relu(X[b,i]*W[i,o] + bias[o])",                          // a layer
	"Y[b] = tanh(X[b,i]*W[i])*V[o]*sigmoid(Z[b]) - 2/(abs(Z[b]) + 1)", // functions in products
	"H[b,h] = exp(X[b,i]*W[i,h])\nY[b,o] = H[b,h]*V[h,o]/H[b,h] + max(X[b,i]*U[i,o], 0, X[b,o])",
	"D[i,i] += v[i]*v[i]\nY = D[i,l]*D[l,i]", // an old value around a diagonal
	"C[i,j] += A[i,k]*B[k,j]", "C[i,j] += A[i,k]*B[k,j]\nY[i,j] = tanh(C[i,j])",
	"M[i] max= S[i,j]\nE[i,j] = exp(S[i,j] - M[i])\nZ[i] = E[i,j]\nP[i,j] = E[i,j]/Z[i]", // softmax
	"P[i,j] max= A[i,k] + B[k,j]*A[i,k]", "P[i] min= relu(A[i,k]*B[i])\nP[i] max= P[i]*P[l]", "D[i,i] max= v[i] - 0.2*v[l]",
	"T = A[i]*A[i]\nT += T*T*A[l]\nT[i] = T*A[i]", // a name for several values
	"Y[i,j] = max(A[i], B[j], 0.1) - min(A[i], B[j])",
	"Y[i] = gelu(X[i]) + gelu(Z[i] - Z[i]) + leaky_relu(X[i]) - sqrt(exp(X[i])) + log(exp(-X[i]) + 1)",
	"Y[i] = sign(A[i])*A[i] + B[i]*sign(B[l])", "Y[i] = 3 + sign(A[i])",
	"Y[i,i] = A[i]*B[l] - -B[i]", "Y = -(A[i] - (B[i] - A[i]*B[i]))/2",
}

// TestGradients compares gradients with central differences of what the naive evaluator makes of the program, and
// holds every engine to them.
func TestGradients(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 21))
	for _, expr := range differentiated {
		checkGradients(t, r, expr, parser.ModeAuto, einc.Interpreter, einc.Native)
	}
	for range rounds(t, 100) {
		checkGradients(t, r, randomProgram(r), parser.ModeAuto)
	}
	checkGradients(t, r, "Y[i] = A[i,j]*(B[k]*C[k]*D[j] + E[l]*E[l]*D[j])", parser.ModeEinstein) // sums within a product
}

func checkGradients(t *testing.T, r *rand.Rand, expr string, mode parser.Mode, engines ...einc.Engine) {
	p, err := parser.Parse(expr, mode)
	require.NoError(t, err, expr)
	gradients, err := p.Gradients()
	if strings.Contains(expr, "*=") {
		var refused *parser.Error
		require.ErrorAs(t, err, &refused, expr)
		return
	}
	require.NoError(t, err, expr)
	var sizes []string
	for _, l := range p.Labels {
		sizes = append(sizes, fmt.Sprintf("%s=%d", l, 2+int(l[0])%3))
	}
	specs, err := p.SpecsFromSizes(strings.Join(sizes, ","), tensor.F64)
	require.NoError(t, err, expr)
	for _, old := range []bool{true, false} {
		d := &differences{t: t, engines: engines, p: p, gradients: gradients, values: map[string]*tensor.Tensor{}, what: expr}
		for i, g := range gradients {
			if o := p.Operands[i]; old || !o.Optional {
				d.values[g.Operand] = normals(t, r, specs[i].Shape, tensor.F64)
			}
		}
		d.check(r)
	}
}

// differences compares the gradients of a program with quotients of differences.
type differences struct {
	t         *testing.T
	engines   []einc.Engine
	p         *parser.Program
	gradients []parser.Gradient
	values    map[string]*tensor.Tensor
	seed      []float64
	what      string
}

func (d *differences) check(r *rand.Rand) {
	y := d.eval(d.p, d.names())
	seed := normals(d.t, r, y.Shape(), tensor.F64)
	d.seed = numbers(d.t, seed)
	d.values[d.gradients[0].Seed] = seed
	for _, g := range d.gradients {
		x := d.values[g.Operand]
		if x == nil {
			continue
		}
		got := d.eval(g.Program, namesOf(g.Program))
		require.Equal(d.t, x.Shape(), got.Shape(), d.what)
		elements := x.Data()
		for i, dx := range numbers(d.t, got) {
			at := unsafe.Slice((*float64)(elements), x.Len())
			slope := d.slope(&at[i], 1e-5)
			within := func() float64 { return 2e-5 * (1 + math.Abs(slope)) }
			if math.Abs(slope-dx) > within() { // a kink, as of abs, may lie within the step
				slope = d.slope(&at[i], 1e-7)
			}
			require.InDelta(d.t, slope, dx, within(), "%s\nby %s, element %d\n%s", d.what, g.Operand, i, g.Program)
		}
		for _, e := range d.engines {
			d.engine(e, g, got)
		}
	}
}

// engine holds an engine to the naive evaluator's gradient.
func (d *differences) engine(e einc.Engine, g parser.Gradient, want *tensor.Tensor) {
	operands, _ := d.operands(g.Program, namesOf(g.Program))
	got, err := einc.EinsumContext(context.Background(), g.Program.String(), options(e), operands...)
	if einc.IsMissing(err) {
		return
	}
	require.NoError(d.t, err, "%s", g.Program)
	require.True(d.t, tensor.AllClose(got, want, 1e-10, 1e-10), "%s\nwant %v\ngot %v", g.Program, want, got)
}

// slope is the central difference, over steps of h, of the seed's product with the result.
func (d *differences) slope(x *float64, h float64) float64 {
	was := *x
	*x = was + h
	above := d.loss()
	*x = was - h
	below := d.loss()
	*x = was
	return (above - below) / (2 * h)
}

func (d *differences) loss() (sum float64) {
	for i, y := range numbers(d.t, d.eval(d.p, d.names())) {
		sum += d.seed[i] * y
	}
	return sum
}

// names are those of the program's operands.
func (d *differences) names() (names []string) {
	for _, g := range d.gradients {
		names = append(names, g.Operand)
	}
	return names
}

func namesOf(p *parser.Program) (names []string) {
	for _, o := range p.Operands {
		names = append(names, o.Name)
	}
	return names
}

// operands are the values of names, without those that are left out.
func (d *differences) operands(p *parser.Program, names []string) (all []*tensor.Tensor, specs []parser.Spec) {
	for i, name := range names {
		x := d.values[name]
		if x == nil {
			require.True(d.t, p.Operands[i].Optional, "%s reads %s", p, name)
			continue
		}
		all = append(all, x)
		specs = append(specs, parser.Spec{DType: x.DType(), Shape: x.Shape(), Strides: x.Strides()})
	}
	return all, specs
}

func (d *differences) eval(p *parser.Program, names []string) *tensor.Tensor {
	operands, specs := d.operands(p, names)
	q, err := p.Bind(specs)
	require.NoError(d.t, err, "%s", p)
	y, err := golden.Eval(q, operands)
	require.NoError(d.t, err, "%s", p)
	return y
}

func numbers(t *testing.T, x *tensor.Tensor) []float64 {
	v, err := tensor.Values[float64](x)
	require.NoError(t, err)
	return v
}

// randomProgram writes a program of a few statements whose operands are A[i], B[i,l], C[l,o] and D[i,i]. Nothing in it
// is without bounds.
func randomProgram(r *rand.Rand) string {
	tensors := []string{"A[i]", "B[i,l]", "C[l,o]", "D[i,i]", "A[l]", "B[o,l]", "B[l,l]", "0.5"}
	var text strings.Builder
	for k := range 1 + r.IntN(3) {
		left := []string{"[i]", "[i,l]", "", "[o,i]", "[l,l]"}[r.IntN(5)]
		right := randomSum(r, tensors, 3) + " + B[i,l]*B[o,i]"
		fmt.Fprintf(&text, "T%d%s %s %s\n", k, left, []string{"=", "=", "+=", "max=", "min="}[r.IntN(5)], right)
		tensors = append(tensors, fmt.Sprintf("T%d%s", k, left))
		tensors = append(tensors, tensors[len(tensors)-1])
	}
	return text.String() + "Y[i] = A[i]" + used(tensors[8:])
}

// used reads every value, so that none is assigned in vain.
func used(values []string) (text string) {
	for _, v := range values {
		text += " + tanh(" + v + ")*A[i]"
	}
	return text
}

func randomSum(r *rand.Rand, tensors []string, depth int) string {
	text := randomProduct(r, tensors, depth)
	for r.IntN(2) == 0 {
		text += []string{" + ", " - "}[r.IntN(2)] + randomProduct(r, tensors, depth)
	}
	return text
}

func randomProduct(r *rand.Rand, tensors []string, depth int) string {
	text := randomFactor(r, tensors, depth)
	for r.IntN(2) == 0 {
		if r.IntN(4) == 0 {
			text += "/(1 + abs(" + randomSum(r, tensors, 0) + "))"
		} else {
			text += "*" + randomFactor(r, tensors, depth)
		}
	}
	return text
}

func randomFactor(r *rand.Rand, tensors []string, depth int) string {
	if depth == 0 || r.IntN(2) == 0 {
		return tensors[r.IntN(len(tensors))]
	}
	inner := randomSum(r, tensors, depth-1)
	switch r.IntN(8) {
	case 0:
		return "(" + inner + ")"
	case 1:
		return "-(" + inner + ")"
	case 2:
		return "max(" + inner + ", " + randomProduct(r, tensors, 0) + ")"
	case 3:
		return "exp(-abs(" + inner + "))"
	case 4:
		return "sqrt(1 + abs(" + inner + "))"
	}
	return []string{"tanh", "sigmoid", "relu", "gelu", "abs", "leaky_relu"}[r.IntN(6)] + "(" + inner + ")"
}
