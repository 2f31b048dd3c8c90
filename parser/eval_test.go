package parser

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/tensor"
)

// evaluate computes a problem in f64, element by element, from operands that count 1, 2, 3, … (negated
// every third, so that max and relu matter). It tests what a Problem means, not how types compute.
func evaluate(t testing.TB, q *Problem) []float64 {
	e := &evaluator{q: q, at: make([]int, len(q.Indices))}
	for i, x := range q.Tensors {
		data := make([]float64, size(x.Shape))
		for j := range data {
			if i < q.Operands {
				data[j] = float64(j + 1 + i)
				if j%3 == 2 {
					data[j] = -data[j]
				}
			}
		}
		e.data = append(e.data, data)
	}
	for i := range q.Statements {
		e.statement(&q.Statements[i])
	}
	require.NotEmpty(t, q.Statements)
	return e.data[q.Output]
}

func size(shape []int) int {
	n := 1
	for _, e := range shape {
		n *= e
	}
	return n
}

type evaluator struct {
	q    *Problem
	at   []int
	data [][]float64
	s    *Statement
}

func (e *evaluator) statement(s *Statement) {
	e.s = s
	out := e.data[s.Out]
	if s.Old >= 0 {
		copy(out, e.data[s.Old])
	}
	var left []IndexID
	seen := map[IndexID]bool{}
	for _, x := range s.Left {
		if !seen[x] {
			seen[x] = true
			left = append(left, x)
		}
	}
	e.each(left, func() {
		v := e.node(NodeID(len(s.Expr) - 1))
		pos := e.offset(s.Out, s.Left)
		if s.Old >= 0 {
			v = combine(s.Op.Fn(), out[pos], v)
		}
		out[pos] = v
	})
}

// each runs f at every position of the indices.
func (e *evaluator) each(over []IndexID, f func()) {
	if len(over) == 0 {
		f()
		return
	}
	x := over[0]
	was := e.at[x]
	for i := range e.q.Indices[x].Extent {
		e.at[x] = i
		e.each(over[1:], f)
	}
	e.at[x] = was
}

func (e *evaluator) offset(tensor int, axes []IndexID) (pos int) {
	for a, x := range axes {
		pos *= e.q.Tensors[tensor].Shape[a]
		if x != NoIndex {
			pos += e.at[x]
		}
	}
	return pos
}

func (e *evaluator) node(id NodeID) float64 {
	n := &e.s.Expr[id]
	switch n.Kind {
	case NodeRef:
		return e.data[n.Tensor][e.offset(n.Tensor, n.Axes)]
	case NodeConst:
		return n.Value
	case NodeReduce:
		acc := [...]float64{0, 1, math.Inf(-1), math.Inf(1)}[n.Reduce]
		e.each(n.Over, func() { acc = combine(n.Reduce.Fn(), acc, e.node(n.Args[0])) })
		return acc
	}
	v := e.node(n.Args[0])
	if len(n.Args) == 1 && n.Fn != FnCast {
		return unary(n.Fn, v)
	}
	for _, a := range n.Args[1:] {
		v = combine(n.Fn, v, e.node(a))
	}
	return v
}

func combine(fn Fn, a, b float64) float64 { return binary(fn, a, b) }

// TestMeaning compares statements with others that must mean the same, or with numbers.
func TestMeaning(t *testing.T) {
	relu := func(x float64) float64 { return max(x, 0) }
	for _, c := range []struct {
		src, specs string
		want       []float64
	}{
		// Each term sums its own indices; b counts once.
		{"Y[i] = A[i,k]*x[k] + b[i]", "2x2 2 2", []float64{1*2 + 2*3 + 3, -3*2 + 4*3 + 4}},
		// A chain is one term: b counts once for every k.
		{"Y[i] = 2*(A[i,k] + b[i])", "2x2 2", []float64{2 * (1 + 2 + 2*2), 2 * (-3 + 4 + 2*3)}},
		{"Y[i] = -(A[i,k]*x[k] - b[i])", "2x2 2 2", []float64{-(1*2 + 2*3 - 3), -(-3*2 + 4*3 - 4)}},
		{"Y[i] = A[i,k]/x[k]*x[k] - (b[i] - 1)", "2x2 2 2", []float64{3 - 2, 1 - 3}},
		// The argument of a function is a scope.
		{"Y[i] = relu(A[i,k])", "2x3", []float64{relu(1 + 2 - 3), relu(4 + 5 - 6)}},
		{"Y[i] = sign(A[i] - 2)", "3", []float64{-1, 0, -1}},
		{"Y = relu(A[k])*x[k]", "2 2", []float64{3 * (2 + 3)}},
		{"Y = relu(A[k])*abs(x[k])*x[k]", "2 2", []float64{3 * 5 * 5}},
		{"Y[i] = max(A[i,k], 2*x[k], 7)", "2x2 2", []float64{10, 10}},
		// max=, min= and *= reduce the whole right side, inside functions too.
		{"M[i] max= A[i,k] + x[k]", "2x2 2", []float64{5, 7}},
		{"M[i] min= relu(A[i,k])", "2x2", []float64{1, 0}},
		{"P *= A[k] - x[k]", "2 2", []float64{1}},
		{"M max= A[k]", "0", []float64{math.Inf(-1)}},
		{"P *= A[k]", "0", []float64{1}},
		{"P = A[k]", "0", []float64{0}},
		// Old values: operands come first where the left side is named first.
		{"C[i] += A[i,k]", "2 2x2", []float64{1 + 2 + 3, 2 - 4 + 5}},
		{"C[i] += A[i,k]", "2x2", []float64{3, 1}},
		{"C[i] max= A[i,k]", "2 2x2", []float64{3, 5}},
		{"C[i,j] += A[i]", "2x2 2", []float64{3, 4, 0, 7}},
		{"C[i,j] += 1", "1x2", []float64{2, 3}},
		{"C[i] = A[i]; C[i] *= A[i]; C[i] += 1", "2", []float64{2, 5}},
		{"X[i] = 2*X[i]; X[i] += X[i]", "2", []float64{4, 8}},
		// Diagonals on both sides.
		{"D[i,i] = A[i]", "2", []float64{1, 0, 0, 2}},
		{"D[i,i] += A[i]", "2x2 2", []float64{3, 2, -3, 7}},
		{"D[i,i] max= A[i,k]", "2x2", []float64{2, 0, 0, 4}},
		{"t = A[i,i]", "2x2", []float64{5}},
		// Broadcasting by absence and by extent 1; the extent of a statement's index holds in each term.
		{"S[i,j] = A[i] - B[j]", "2 2", []float64{-1, -2, 0, -1}},
		{"S[i,j] = A[i,j]*B[i,j]", "2x1 1x2", []float64{2, 3, 4, 6}},
		{"s = A[k] + B[k]", "3 1", []float64{1 + 2 - 3 + 3*2}},
		{"S[i] = A[i]*B[i]", "1 1", []float64{2}},
		// Numbers.
		{"s = 7/2 - 3", "", []float64{0.5}},
		{"s = -2*x", "scalar", []float64{-2}},
		{"s[] = max(1, 2.5, x)*-(2)", "scalar", []float64{-5}},
		{"s = x - x - x - 1", "scalar", []float64{-2}},
		{"s = 8/x/2/2*(x/x)*(2*(3*x))", "scalar", []float64{12}},
		// Einsum strings.
		{"ik,kj->ij", "1x2 2x2", []float64{1*2 + 2*-4, 1*3 + 2*5}},
		{"ba", "2x2", []float64{1, -3, 2, 4}},
		{"ii->i", "2x2", []float64{1, 4}},
		{"...i,i->...", "2x2 2", []float64{8, 6}},
		{"ij,ij->j", "2x2 1x2", []float64{-4, 18}},
		{",i", "scalar 2", []float64{2, 3}},
	} {
		q, err := bindText(t, c.src, c.specs)
		require.NoError(t, err, c.src)
		verify(t, q)
		require.Equal(t, c.want, evaluate(t, q), "%s\n%s", c.src, q)
	}
}

// TestTypes checks the type of the result; letters A, B, … stand for operands.
func TestTypes(t *testing.T) {
	for _, c := range []struct{ src, specs, want string }{
		{"R[i] = A[i]*B[i]", "i8:2 i32:2", "i32"},
		{"R[i] = A[i]*B[i]", "i32:2 f32:2", "f64"},
		{"R[i] = A[i]*B[i]", "i16:2 f16:2", "f32"},
		{"R[i] = A[i] + B[i]", "f64:2 c64:2", "c128"},
		{"R[i] = A[i] + B[i]", "bool:2 bool:2", "bool"},
		{"R[i] = 2*A[i]", "i8:2", "i8"},
		{"R[i] = -128*A[i]", "i8:2", "i8"},
		{"R[i] = 2.0*A[i]", "i8:2", "f64"},
		{"R[i] = 2.5*A[i]", "f16:2", "f16"},
		{"R[i] = 2.5*A[i]", "bf16:2", "bf16"},
		{"R[i] = 3*A[i]", "c64:2", "c64"},
		{"R[i] = A[i] + 1", "bool:2", "i64"},
		{"R[i] = A[i]/2", "i32:2", "f64"},
		{"R[i] = A[i]/300", "i8:2", "f64"},
		{"R[i] = A[i]/2", "f32:2", "f32"},
		{"R[i] = exp(A[i])", "i8:2", "f64"},
		{"R[i] = gelu(A[i])", "bool:2", "f64"},
		{"R[i] = tanh(A[i])", "f16:2", "f16"},
		{"R[i] = relu(A[i])", "i16:2", "i16"},
		{"R[i] = abs(A[i])", "c128:2", "f64"},
		{"R[i] = abs(A[i])", "bool:2", "bool"},
		{"R[i] = max(A[i], 3)", "i16:2", "i16"},
		{"R[i] max= A[i,j]", "bool:2x2", "bool"},
		{"R = 2", "", "i64"},
		{"R = exp(0)", "", "f64"},
		{"R[i] += 2.5", "f32:2", "f32"},
		{"R[i] += 1", "i8:2", "i8"},
		{"R[i] += A[i]", "i32:2 f32:2", "f64"},
		{"R[i] += A[i]", "f64:2 f32:2", "f64"},
	} {
		p, err := Parse(c.src, ModeIndex)
		require.NoError(t, err, c.src)
		q, err := p.Bind(parseSpecs(t, c.specs))
		require.NoError(t, err, c.src)
		verify(t, q)
		require.Equal(t, c.want, q.Tensors[q.Output].DType.String(), c.src)
	}
	for src, specs := range map[string]string{
		"R[i] = -A[i]": "bool:2", "R[i] = A[i] - B[i] - C[i]": "bool:2 bool:2 bool:2", "R[i] = relu(A[i])": "c64:2",
		"R[i] = max(A[i],1)": "c64:2", "R[i] max= A[i,j]": "c64:2x2", "R[i] min= A[i]": "c64:2 f32:2", "R[i] = tanh(A[i])": "c128:2",
	} {
		_, err := bindText(t, src, specs)
		require.Equal(t, CodeDType, code(t, err), src)
	}
}

// TestConstantFunctions checks functions of literals, which are computed once and for all.
func TestConstantFunctions(t *testing.T) {
	for src, want := range map[string]float64{
		"R = abs(-2.5)": 2.5, "R = -(0.5 + 2)": -2.5, "R = exp(-1.5)": math.Exp(-1.5), "R = log(2.5)": math.Log(2.5), "R = sqrt(2.0)": math.Sqrt2,
		"R = tanh(0.5)": math.Tanh(0.5), "R = sigmoid(-30.0)": 1 / (1 + math.Exp(30)), "R = relu(-1.5)": 0, "R = relu(1.5)": 1.5,
		"R = sign(-0.5)": -1, "R = sign(0.0)": 0, "R = leaky_relu(-2.0)": -0.02, "R = leaky_relu(2.0)": 2, "R = gelu(1.5)": 0.75 * math.Erfc(-1.5/math.Sqrt2),
		"R = gelu(-10.0)": -5 * math.Erfc(10/math.Sqrt2), "R = gelu(-1e308*1e308)": 0, "R = min(2.5, 1.5, 3)": 1.5, "R = max(2.5, 1.5, 3)": 3,
		"R = log(1e-310)": -310 * math.Ln10, "R = 7/2": 3.5, "R = 2.5*3 - 1": 6.5,
	} {
		q, err := bindText(t, src, "")
		require.NoError(t, err, src)
		expr := q.Statements[0].Expr
		require.Len(t, expr, 1, src)
		require.Equal(t, NodeConst, expr[0].Kind, src)
		require.InDelta(t, want, expr[0].Value, 1e-13*math.Abs(want), src)
	}
	for src, want := range map[string]int64{"R = abs(-2)": 2, "R = relu(-2)": 0, "R = sign(-7)": -1, "R = min(3, 2)": 2, "R = max(3, 2)": 3, "R = 2*3 - 7": -1} {
		q, err := bindText(t, src, "")
		require.NoError(t, err, src)
		require.Equal(t, want, q.Statements[0].Expr[0].Int, src)
	}
}

// TestLiterals checks constants whose value or type is at an edge.
func TestLiterals(t *testing.T) {
	q, err := bindText(t, "R[i] = A[i]*9007199254740993", "i64:1")
	require.NoError(t, err)
	require.EqualValues(t, 9007199254740993, q.Statements[0].Expr[1].Int)
	for _, src := range []string{"s = 9223372036854775808", "s = 9223372036854775807 + 1", "s = -9223372036854775808 - 1 + 0*1", "s = -9223372036854775808 - 1",
		"s = 3037000500*3037000500", "s = abs(-9223372036854775808)", "s = -(-9223372036854775808)"} {
		p, err := Parse(src, ModeIndex)
		if err == nil {
			_, err = p.Bind(nil)
		}
		require.Equal(t, CodeNumberRange, code(t, err), src)
	}
	for src, want := range map[string]int64{"s = -9223372036854775808": math.MinInt64, "s = 4611686018427387904*-2": math.MinInt64,
		"s = relu(-3) + min(2,1)": 1} {
		p, err := Parse(src, ModeIndex)
		require.NoError(t, err)
		q, err := p.Bind(nil)
		require.NoError(t, err, src)
		require.Equal(t, want, q.Statements[0].Expr[0].Int)
	}
}

// TestExprShape pins the forms that planners look for.
func TestExprShape(t *testing.T) {
	for src, want := range map[string]string{
		"A[i,k]*B[k,j]":              "sum[k](mul(A[i,k], B[k,j]))",
		"(2*A[i,k])*(B[k,j]*x[i])":   "sum[k](mul(2f64, A[i,k], B[k,j], x[i]))",
		"A[i,k]*B[k,j]/x[i]*x[j]":    "sum[k](mul(div(mul(A[i,k], B[k,j]), x[i]), x[j]))",
		"A[i,j] - B[i,j]":            "sub(A[i,j], B[i,j])",
		"A[i,j] - B[i,j] + x[i]":     "add(A[i,j], neg(B[i,j]), x[i])",
		"exp(A[i,k]*B[k,j])*A[k,k]":  "sum[k](mul(exp(sum[k'](mul(A[i,k'], B[k',j]))), A[k,k]))",
		"x[i]*(x[j]/(x[i]/x[j]))":    "mul(x[i], div(x[j], div(x[i], x[j])))",
		"max(x[i],x[j],A[i,j],1,2)":  "max(max(max(x[i], x[j]), max(A[i,j], 1f64)), 2f64)",
		"-2*3*A[i,j]*(4 - 1)":        "mul(-2f64, 3f64, A[i,j], 3f64)",
		"exp(x[i])*x[j] + exp(x[k])": "add(mul(exp(x[i]), x[j]), exp(sum[k](x[k])))",
	} {
		src = "C[i,j] = " + src
		p, err := Parse(src, ModeAuto)
		require.NoError(t, err, src)
		var specs []Spec
		for _, o := range p.Operands {
			specs = append(specs, Spec{Name: o.Name, DType: tensor.F64, Shape: []int{2, 2}[:o.Rank]})
		}
		q, err := p.Bind(specs)
		require.NoError(t, err, src)
		w := &problemWriter{q: q, names: q.uniqueNames(), expr: q.Statements[0].Expr}
		w.node(NodeID(len(w.expr) - 1))
		require.Equal(t, want, w.String(), src)
	}
}
