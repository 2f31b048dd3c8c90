package golden_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/einc-lang/einc"
	"github.com/einc-lang/einc/golden"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// openCases are expressions whose extents are left open, and the axes of their operands where the
// expression is in index notation.
var openCases = []struct{ expr, axes string }{
	{expr: "ik,kj->ij"}, {expr: "ki,kj->ij"}, {expr: "ik,jk->ij"}, {expr: "ki,jk->ij"}, {expr: "ik,kj->ji"},
	{expr: "bik,bkj->bij"}, {expr: "bqhd,bkhd->bhqk"}, {expr: "ijkl,klmn->ijmn"}, {expr: "abc,dca->bd"},
	{expr: "ij,j->i"}, {expr: "ij,i->j"}, {expr: "i,i->"}, {expr: "i,j->ij"}, {expr: "ijk->j"}, {expr: "ijk->"}, {expr: "i->"},
	{expr: "ij->ji"}, {expr: "ijk->kij"}, {expr: "ii->i"}, {expr: "ii->"}, {expr: "iij->ji"}, {expr: "ij,ij->ij"},
	{expr: "ij,jk,kl->il"}, {expr: "a,ab,bc,c->"}, {expr: "ijk,jr,kr->ir"},
	{"Y[b,o] = max(X[b,i] * W[i,o] + bias[o], 0)", "bi,io,o"}, {"C[i,j] += A[i,k] * B[k,j]", "ij,ik,kj"},
	{"P[i,j] max= A[i,k] + B[k,j]", "ik,kj"}, {"D[n,k,d] = X[n,d] - M[k,d]", "nd,kd"}, {"D[i,i] = v[i]", "i"},
	{"T[i,j] = A[i,k]*B[k,j]\nU[j,i] = T[i,j] + T[i,j]", "ik,kj"},
}

// openOperands makes operands of small integers for a case.
func openOperands(t *testing.T, r *rand.Rand, expr, axes string, d tensor.DType, extent func(label rune) int) []*tensor.Tensor {
	if axes == "" {
		axes, _, _ = strings.Cut(expr, "->")
	}
	var shapes [][]int
	for _, a := range strings.Split(axes, ",") {
		shape := []int{}
		for _, l := range a {
			shape = append(shape, extent(l))
		}
		shapes = append(shapes, shape)
	}
	operands, err := golden.Operands(r, d, shapes)
	require.NoError(t, err)
	return operands
}

// openExtent draws an extent: mostly a small one, sometimes none, sometimes a longer one than vectors.
func openExtent(r *rand.Rand, most int) int {
	switch r.IntN(12) {
	case 0:
		return r.IntN(2)
	case 1:
		return most/2 + r.IntN(most/2)
	}
	return 1 + r.IntN(min(most, 20))
}

// TestOpen calls functions for open extents with many shapes, and compares each result with the naive
// evaluator's: by native code for row-major operands and for any layout, and by the interpreter.
func TestOpen(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 11))
	levels := hostLevels(t)
	for i, c := range openCases {
		for j := range rounds(t, 2) {
			d := tensor.DTypes()[(7*i+5*j+int(seedOf(c.expr)))%len(tensor.DTypes())]
			if d.IsComplex() && strings.Contains(c.expr, "max") {
				d = tensor.F32
			}
			checkOpen(t, r, c.expr, c.axes, d, levels[(i+j)%len(levels)])
		}
	}
}

// repeated is a view of x that is the same along an axis.
func repeated(t *testing.T, r *rand.Rand, x *tensor.Tensor) *tensor.Tensor {
	if x.Rank() == 0 {
		return x
	}
	strides := slices.Clone(x.Strides())
	strides[r.IntN(len(strides))] = 0
	v, err := x.AsStrided(x.Offset(), x.Shape(), strides)
	require.NoError(t, err)
	return v
}

// seedOf spreads element types over expressions.
func seedOf(s string) (n uint32) {
	for _, c := range s {
		n = n*31 + uint32(c)
	}
	return n % 97
}

func checkOpen(t *testing.T, r *rand.Rand, expr, axes string, d tensor.DType, level string) {
	example := openOperands(t, r, expr, axes, d, func(l rune) int { return 3 + int(l)%4 })
	for _, e := range engines {
		opts := options(e.engine)
		opts.Level, opts.Dynamic = level, []string{einc.AllLabels}
		f, err := einc.Compile(expr, specs(example), opts)
		require.NoError(t, err, expr)
		for round := range 8 {
			most, extents := []int{9, 40, 90}[round%3], map[rune]int{}
			operands := openOperands(t, r, expr, axes, d, func(l rune) int {
				if _, ok := extents[l]; !ok {
					extents[l] = openExtent(r, most)
				}
				return extents[l]
			})
			want, err := golden.Eval(openProblem(t, expr, operands), operands)
			require.NoError(t, err)
			got, err := f.NewOutputFor(operands...)
			require.NoError(t, err, expr)
			require.NoError(t, f.Call(got, operands...), "%s %v", expr, extents)
			require.True(t, golden.Equal(want, got), "%s %s %s %s %v\noperands %v\nwant %v\ngot %v\n%s", e.name, level, expr, d, extents, operands, want, got, f.Explain())
			generic := fortranLike(t, got)
			if round%2 == 1 {
				for i := range operands {
					operands[i] = columnMajor(t, operands[i])
				}
			}
			require.NoError(t, f.Call(generic, operands...), "%s %v", expr, extents)
			require.True(t, golden.Equal(want, generic), "%s %s %s %s %v by strides of run time\nwant %v\ngot %v", e.name, level, expr, d, extents, want, generic)
			for i := range operands {
				operands[i] = repeated(t, r, operands[i])
			}
			want, err = golden.Eval(openProblem(t, expr, operands), operands)
			require.NoError(t, err)
			require.NoError(t, f.Call(got, operands...), "%s %v", expr, extents)
			require.True(t, golden.Equal(want, got), "%s %s %s %s %v of repeated elements\nwant %v\ngot %v", e.name, level, expr, d, extents, want, got)
		}
		require.NoError(t, f.Close())
	}
}

// columnMajor is a copy of a tensor with its axes in memory the other way round.
func columnMajor(t *testing.T, x *tensor.Tensor) *tensor.Tensor {
	y, err := x.Transpose().Clone()
	require.NoError(t, err)
	return y.Transpose()
}

func openProblem(t *testing.T, expr string, operands []*tensor.Tensor) *parser.Problem {
	p, err := parser.Parse(expr, parser.ModeAuto)
	require.NoError(t, err)
	problem, err := p.Bind(specs(operands))
	require.NoError(t, err)
	return problem
}

// TestOpenBeyondABlock has products whose rows, columns and terms take several blocks of the fixed sizes that open
// extents have: among them those of a batch, where one phase does all of a product.
func TestOpenBeyondABlock(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 12))
	levels := hostLevels(t)
	for i, expr := range []string{"ik,kj->ij", "bik,bkj->bij", "C[b,i,j] += A[b,i,k] * B[b,k,j]"} {
		axes := ""
		if strings.Contains(expr, "=") {
			axes = "bij,bik,bkj"
		}
		opts := options(einc.Native)
		opts.Level, opts.Dynamic = levels[i%len(levels)], []string{einc.AllLabels}
		f, err := einc.Compile(expr, specs(openOperands(t, r, expr, axes, tensor.F32, func(rune) int { return 4 })), opts)
		require.NoError(t, err)
		for _, extents := range []map[rune]int{{'b': 2, 'i': 3, 'j': 1100, 'k': 5}, {'b': 2, 'i': 150, 'j': 20, 'k': 9}, {'b': 1, 'i': 7, 'j': 530, 'k': 400}} {
			operands := openOperands(t, r, expr, axes, tensor.F32, func(l rune) int { return extents[l] })
			requireOpen(t, f, expr, operands)
		}
		require.NoError(t, f.Close())
	}
}

// requireOpen demands that a function with open extents gives what the naive evaluator gives, on operands of any sizes.
func requireOpen(t *testing.T, f *einc.Func, expr string, operands []*tensor.Tensor) {
	t.Helper()
	want, err := golden.Eval(openProblem(t, expr, operands), operands)
	require.NoError(t, err)
	got, err := f.NewOutputFor(operands...)
	require.NoError(t, err)
	require.NoError(t, f.Call(got, operands...))
	require.True(t, golden.Equal(want, got), "%s of %v", expr, specs(operands))
}

// TestOpenBesideKnownTerms leaves one index open and not the summed one, of which blocks of open products have more than there is.
func TestOpenBesideKnownTerms(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 13))
	levels := hostLevels(t)
	for i, k := range []int{31, 32, 96, 544} {
		for _, expr := range []string{"ki,jk->ij", "ik,kj->ji"} {
			for _, open := range []string{"i", "j"} {
				extents := map[rune]int{'i': 20, 'j': 24, 'k': k}
				opts := options(einc.Native)
				opts.Level, opts.Dynamic = levels[i%len(levels)], []string{open}
				f, err := einc.Compile(expr, specs(openOperands(t, r, expr, "", tensor.F32, func(l rune) int { return extents[l] })), opts)
				require.NoError(t, err, "%s k=%d", expr, k)
				extents[rune(open[0])] = 170
				operands := openOperands(t, r, expr, "", tensor.F32, func(l rune) int { return extents[l] })
				requireOpen(t, f, expr, operands)
				require.NoError(t, f.Close())
			}
		}
	}
}

// TestOpenReadsRowsThatAreNear looks for phases that read B where it lies, beside those that pack it: on machines with wide
// vectors, where its columns are neighbours. Which of them run follows from how far its rows lie apart.
func TestOpenReadsRowsThatAreNear(t *testing.T) {
	for _, c := range []struct {
		expr, axes string
		d          tensor.DType
		level      string
		reads      bool
	}{
		{"ik,kj->ij", "", tensor.F32, "x86-64-v4", true}, {"ki,kj->ij", "", tensor.F64, "x86-64-v4", true},
		{"bik,bkj->bij", "", tensor.F32, "x86-64-v4", true}, {"C[i,j] += A[i,k] * B[k,j]", "ij,ik,kj", tensor.F32, "x86-64-v4", true},
		{"ik,jk->ij", "", tensor.F32, "x86-64-v4", false}, {"ik,kj->ij", "", tensor.C64, "x86-64-v4", false},
		{"ik,kj->ij", "", tensor.F16, "x86-64-v4", false}, {"ik,kj->ij", "", tensor.F32, "x86-64-v3", false},
	} {
		r := rand.New(rand.NewPCG(1, 2))
		operands := openOperands(t, r, c.expr, c.axes, c.d, func(rune) int { return 4 })
		e, err := einc.Explain(t.Context(), c.expr, specs(operands), &einc.Options{Level: c.level, Dynamic: []string{einc.AllLabels}}, "loop")
		require.NoError(t, err)
		require.Equal(t, c.reads, strings.Contains(e.String(), " apart dims["), "%s %s %s", c.expr, c.d, c.level)
	}
}

// TestOpenBits compares rounded sums: code for open extents, which packs, gives the bits of code for known ones, whether that packs or is
// direct, and all give the same bits for any number of workers.
func TestOpenBits(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 12))
	hostLevels(t)
	random := func(d tensor.DType, shape ...int) *tensor.Tensor {
		n := 1
		for _, extent := range shape {
			n *= extent
		}
		x, err := tensor.New(d, n)
		require.NoError(t, err)
		for i := range n {
			require.NoError(t, x.SetAt(r.Float64()-0.5, i))
		}
		x, err = x.Reshape(shape...)
		require.NoError(t, err)
		return x
	}
	for _, c := range []struct {
		expr   string
		d      tensor.DType
		shapes [][]int
		direct bool // known extents are not packed
	}{
		{expr: "ik,kj->ij", d: tensor.F32, shapes: [][]int{{300, 1000}, {1000, 270}}},
		{expr: "ik,kj->ij", d: tensor.F32, shapes: [][]int{{200, 700}, {700, 1100}}}, // rows of B a page apart
		{expr: "ki,kj->ij", d: tensor.F64, shapes: [][]int{{600, 290}, {600, 500}}},
		{expr: "ki,jk->ij", d: tensor.F64, shapes: [][]int{{701, 310}, {290, 701}}},
		{expr: "ik,kj->ij", d: tensor.F16, shapes: [][]int{{200, 900}, {900, 400}}},
		{expr: "ik,kj->ij", d: tensor.F32, shapes: [][]int{{50, 50000}, {50000, 40}}}, // in parts of K, as the next
		{expr: "ki,jk->ji", d: tensor.F64, shapes: [][]int{{20000, 70}, {90, 20000}}},
		{expr: "ik,kj->ij", d: tensor.F16, shapes: [][]int{{48, 30000}, {30000, 64}}},
		{expr: "ikl,lkjm->mij", d: tensor.F32, shapes: [][]int{{180, 20, 60}, {60, 20, 32, 24}}}, // groups of which a part is open
		{expr: "ikl,lkj->ij", d: tensor.F64, shapes: [][]int{{48, 300, 80}, {80, 300, 40}}},
		{expr: "ikl,jkl->ij", d: tensor.F32, shapes: [][]int{{160, 48, 40}, {150, 48, 40}}}, // summed indices in one order
		{expr: "ik,kj->ij", d: tensor.F32, shapes: [][]int{{60, 1000}, {1000, 50}}, direct: true},
		{expr: "ki,kj->ij", d: tensor.F64, shapes: [][]int{{701, 36}, {701, 40}}, direct: true},
		{expr: "ik,kj->ji", d: tensor.F32, shapes: [][]int{{40, 530}, {530, 60}}, direct: true},
		{expr: "ikl,klj->ij", d: tensor.F16, shapes: [][]int{{24, 30, 20}, {30, 20, 40}}, direct: true},
	} {
		operands := []*tensor.Tensor{random(c.d, c.shapes[0]...), random(c.d, c.shapes[1]...)}
		var want *tensor.Tensor
		for _, dynamic := range [][]string{nil, {einc.AllLabels}, {"i", "j"}, {"j", "k"}} {
			for workers := 1; workers <= 4; workers++ {
				opts := options(einc.Native)
				opts.Workers, opts.Dynamic = workers, dynamic
				f, err := einc.CompileFor(t.Context(), c.expr, opts, operands)
				require.NoError(t, err)
				text := f.Explain().String()
				require.Equal(t, len(dynamic) > 0 || !c.direct, strings.Contains(text, `nest "packed/`), "%s %s, open %v", c.expr, c.d, dynamic)
				if len(c.shapes[0]) == 2 {
					require.Equal(t, len(dynamic) > 0 || operands[0].Len() > 1e6, strings.Contains(text, "part:"), "parts of K")
				}
				out, err := f.NewOutputFor(operands...)
				require.NoError(t, err)
				require.NoError(t, f.Call(out, operands...))
				if want == nil {
					want = out
				}
				require.Equal(t, want.Bytes(), out.Bytes(), "%s %s, open %v, %d workers", c.expr, c.d, dynamic, workers)
				require.NoError(t, f.Close())
			}
		}
	}
}

// TestOpenSumsWithinSums opens a label that two sums have, one around the other: an operand may have the axis of
// one of them only.
func TestOpenSumsWithinSums(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 41))
	expr := "s = A[j]*relu(B[j] - 1)"
	make2 := func(a, b int) *golden.Contraction {
		operands, err := golden.Operands(r, tensor.I32, [][]int{{a}, {b}})
		require.NoError(t, err)
		return &golden.Contraction{Expr: expr, Operands: operands}
	}
	for _, e := range engines {
		for _, open := range []string{einc.AllLabels, "j"} {
			for _, a := range []int{1, 7} {
				opts := options(e.engine)
				opts.Dynamic = []string{open}
				f, err := einc.Compile(expr, specs(make2(a, 7).Operands), opts)
				if einc.IsMissing(err) {
					continue
				}
				require.NoError(t, err)
				defer f.Close()
				c := make2(a+a/7*2, 9) // 1 stays 1
				want, err := golden.Eval(problem(t, c), c.Operands)
				require.NoError(t, err)
				got, err := f.NewOutputFor(c.Operands...)
				require.NoError(t, err)
				require.NoError(t, f.Call(got, c.Operands...), "%s %s %d", e.name, open, a)
				require.True(t, golden.Equal(want, got), "%s: want %v, got %v", e.name, want, got)
				if a > 1 {
					require.ErrorContains(t, f.Call(got, make2(9, 8).Operands...), "j = 9")
				}
			}
		}
	}
}
