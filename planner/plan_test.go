package planner_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

var large = map[byte]int{'i': 500, 'j': 500, 'k': 500, 'l': 500, 'n': 30000, 'd': 10, 'c': 20, 'u': 1}

// operands starts a problem with tensors A, B, C … of type d and the given axes.
func operands(d tensor.DType, axes ...string) *maker {
	m := newMaker(large)
	for i, a := range axes {
		m.tensor(string(rune('A'+i)), a, d)
	}
	m.p.Operands = len(axes)
	return m
}

// names are the index letters of a class, and of a view.
func names(pl *planner.Plan, ids []parser.IndexID) string {
	s := ""
	for _, i := range ids {
		if i == parser.NoIndex {
			s += "."
			continue
		}
		s += pl.Problem.Indices[i].Name
	}
	return s
}

func TestMatrixProduct(t *testing.T) {
	pl := plan(t, einsum("ik,kj->ij", large, tensor.F32), "")
	require.Len(t, pl.Steps, 1)
	s := pl.Steps[0]
	require.Equal(t, []string{"", "i", "j", "k"}, []string{names(pl, s.B), names(pl, s.M), names(pl, s.N), names(pl, s.K)})
	require.Equal(t, [2]int{0, 1}, s.Core)
	require.Equal(t, cost.Packed, s.Estimate.Strategy)
	require.Equal(t, s.Estimate.Shared+2*s.Estimate.PerWorker, pl.Peak)
	require.Equal(t, planner.Cost{Flops: 1.25e8, Naive: 1.25e8, Size: 2.5e5, Bytes: 3e6, Nanos: s.Estimate.Nanos}, pl.Cost)

	// The operand with the output's last index goes right, wherever it stands.
	pl = plan(t, einsum("ik,kj->ji", large, tensor.F32), "")
	require.Equal(t, 1, pl.Buffers[pl.Steps[0].Inputs[0].Buffer].Operand)
	require.Equal(t, "j", names(pl, pl.Steps[0].M))
}

func TestTemporariesLieAsTheirUsersRead(t *testing.T) {
	pl := plan(t, einsum("ik,jk,lj->il", large, tensor.F32), "")
	require.Len(t, pl.Steps, 2)
	first, last := pl.Steps[0], pl.Steps[1]
	axes := names(pl, first.Out.Axes)
	require.Equal(t, first.Out.Buffer, last.Inputs[map[string]int{"kl": 1, "ij": 0}[axes]].Buffer, pl.String())
}

func TestEpilogueIsOneStep(t *testing.T) {
	m := operands(tensor.F32, "ik", "kj", "j")
	product := m.reduce(parser.Sum, m.fn(parser.FnMul, m.ref(0, "ik"), m.ref(1, "kj")), "ij")
	m.fn(parser.FnRelu, m.fn(parser.FnAdd, product, m.ref(2, "j")))
	m.assign("Y", "ij", -1, parser.Sum)
	pl := plan(t, &m.p, "")
	require.Len(t, pl.Steps, 1)
	require.Len(t, pl.Steps[0].Epilogue, 4)
	require.Equal(t, 2, pl.Steps[0].Extra[0].Buffer)
	require.Zero(t, pl.Arena)
	require.Contains(t, pl.String(), "A[i,k], B[k,j] -mul,sum;add,relu-> Y[i,j] with C[j]")
}

func TestDistancesAreOneStep(t *testing.T) {
	m := operands(tensor.F32, "nd", "cd")
	x := m.fn(parser.FnSub, m.ref(0, "nd"), m.ref(1, "cd"))
	m.reduce(parser.Sum, m.fn(parser.FnMul, x, x), "nc")
	m.assign("D", "nc", -1, parser.Sum)
	pl := plan(t, &m.p, "")
	require.Len(t, pl.Steps, 1)
	s := pl.Steps[0]
	require.Equal(t, [2]int{-1, -1}, s.Core)
	require.Equal(t, []string{"nc", "d"}, []string{names(pl, s.B), names(pl, s.K)})
	require.Len(t, s.Body, 4, "the difference is computed once")
}

func TestBroadcastDifferenceIsOneStep(t *testing.T) {
	m := operands(tensor.F32, "nd", "cd")
	m.fn(parser.FnSub, m.ref(0, "nd"), m.ref(1, "cd"))
	m.assign("D", "ncd", -1, parser.Sum)
	pl := plan(t, &m.p, "")
	require.Len(t, pl.Steps, 1)
	require.Empty(t, pl.Steps[0].K)
	require.Zero(t, pl.Peak)
}

func TestConstantsAndFreeDivisorsLeaveTheSum(t *testing.T) {
	m := operands(tensor.F64, "ik", "i", "k")
	x := m.fn(parser.FnMul, m.num(3, tensor.F64), m.ref(0, "ik"))
	x = m.fn(parser.FnNeg, m.fn(parser.FnDiv, x, m.ref(1, "i")))
	m.reduce(parser.Sum, m.fn(parser.FnDiv, x, m.ref(2, "k")), "i")
	m.assign("Y", "i", -1, parser.Sum)
	pl := plan(t, &m.p, "")
	require.Contains(t, pl.String(), "A[i,k], C[k] -div,sum;mul,div,neg-> Y[i] with B[i]")

	// Over an empty extent nothing leaves: 0/0 would not be 0.
	m.p.Indices[m.axes("k")[0]].Extent = 0
	m.p.Tensors[0].Shape[1], m.p.Tensors[2].Shape[0] = 0, 0
	pl = plan(t, &m.p, "")
	require.Empty(t, pl.Steps[0].Epilogue)
}

func TestSumsOfFactors(t *testing.T) {
	// Σ_k (A[i,k]+B[i,k])*C[k,j]: the sum of matrices is worth a temporary.
	m := operands(tensor.F32, "ik", "ik", "kj")
	m.reduce(parser.Sum, m.fn(parser.FnMul, m.fn(parser.FnAdd, m.ref(0, "ik"), m.ref(1, "ik")), m.ref(2, "kj")), "ij")
	m.assign("Y", "ij", -1, parser.Sum)
	pl := plan(t, &m.p, "")
	require.Len(t, pl.Steps, 2)
	require.Equal(t, "ik", names(pl, pl.Steps[0].Out.Axes))
	require.Equal(t, cost.Packed, pl.Steps[1].Estimate.Strategy)
}

func TestPrologues(t *testing.T) {
	// exp of a matrix in a large product is computed once an element; in a matrix-vector product it
	// stays where it is read.
	for left, steps := range map[string]int{"ij": 2, "i": 1} {
		m := operands(tensor.F32, "ik", "k"+left[1:])
		m.reduce(parser.Sum, m.fn(parser.FnMul, m.fn(parser.FnExp, m.ref(0, "ik")), m.ref(1, "k"+left[1:])), left)
		m.assign("Y", left, -1, parser.Sum)
		require.Len(t, plan(t, &m.p, "").Steps, steps)
	}
}

func TestPrivateSumsGoFirst(t *testing.T) {
	pl := plan(t, einsum("ikl,kjn->ij", map[byte]int{'i': 50, 'j': 50, 'k': 50, 'l': 50, 'n': 40}, tensor.F64), "")
	require.Len(t, pl.Steps, 3)
	require.Equal(t, 50*50*50+50*50*40+50.0*50*50, pl.Cost.Flops)
}

func TestNestedAndSeveralSums(t *testing.T) {
	// Y[i] = Σ_j exp(Σ_k A[i,k]*B[k,j]) + Σ_k A[i,k], twice read
	m := operands(tensor.F32, "ik", "kj")
	inner := m.reduce(parser.Sum, m.fn(parser.FnMul, m.ref(0, "ik"), m.ref(1, "kj")), "ij")
	outer := m.reduce(parser.Sum, m.fn(parser.FnExp, inner), "i")
	m.fn(parser.FnAdd, outer, m.reduce(parser.Sum, m.ref(0, "ik"), "i"))
	y := m.assign("Y", "i", -1, parser.Sum)
	m.fn(parser.FnMul, m.ref(y, "i"), m.ref(y, "i"))
	m.assign("Z", "i", y, parser.Max)
	m.ref(y, "i") // read by nothing
	m.assign("W", "i", -1, parser.Sum)
	m.p.Output = y + 1
	pl := plan(t, &m.p, "")
	require.Len(t, pl.Steps, 4)
	carrier, last := pl.Steps[2], pl.Steps[3]
	require.NotEmpty(t, carrier.Epilogue)
	require.Equal(t, carrier.Out.Buffer, last.Old)
	require.Len(t, last.Inputs, 1)
	require.Equal(t, planner.Temp, pl.Buffers[carrier.Out.Buffer].Kind)
}

func TestExtremaAreNotReordered(t *testing.T) {
	m := operands(tensor.F64, "ik", "kj", "jl")
	m.reduce(parser.Max, m.fn(parser.FnMul, m.ref(0, "ik"), m.ref(1, "kj"), m.ref(2, "jl")), "il")
	m.assign("Y", "il", -1, parser.Max)
	pl := plan(t, &m.p, "")
	require.Len(t, pl.Steps, 1)
	require.Equal(t, "jk", names(pl, pl.Steps[0].K))
}

func TestHalvesAreWidenedInside(t *testing.T) {
	pl := plan(t, einsum("ik,kj,jl->il", large, tensor.BF16), "")
	for _, s := range pl.Steps {
		require.Equal(t, tensor.F32, s.Body[len(s.Body)-1].DType)
		if b := pl.Buffers[s.Out.Buffer]; b.Kind == planner.Temp {
			require.Equal(t, tensor.F32, b.DType)
		}
	}
	require.Equal(t, tensor.BF16, pl.Buffers[pl.Steps[len(pl.Steps)-1].Out.Buffer].DType)
}

func TestIntegerCastsAreNotTakenApart(t *testing.T) {
	// Σ_k f64(A[i,k]*B[k,j]) * C[j,l]: the integer product may wrap, so it is cast as one.
	m := operands(tensor.I32, "ik", "kj", "jl")
	m.p.Tensors[2].DType = tensor.F64
	x := m.cast(m.fn(parser.FnMul, m.ref(0, "ik"), m.ref(1, "kj")), tensor.F64)
	m.reduce(parser.Sum, m.fn(parser.FnMul, x, m.ref(2, "jl")), "il")
	m.assign("Y", "il", -1, parser.Sum)
	s := plan(t, &m.p, "").Steps[0]
	require.Equal(t, parser.FnMul, s.Body[2].Fn)
	require.Equal(t, []tensor.DType{tensor.I32, tensor.F64}, []tensor.DType{s.Body[2].DType, s.Body[3].DType})
}

func TestExtentOneVanishes(t *testing.T) {
	pl := plan(t, einsum("iuk,ukj,jlu->il", large, tensor.F32), "")
	for _, s := range pl.Steps {
		require.NotContains(t, names(pl, s.K), "u")
	}
	pl = plan(t, einsum("ik,kj->uiuj", large, tensor.F32), "")
	require.Equal(t, "u", names(pl, pl.Steps[0].B))
}

func TestStringIsCut(t *testing.T) {
	s := plan(t, bigChain(300, 2), "").String()
	require.Contains(t, s, "plan: search, 299 steps")
	require.Contains(t, s, "the 20 steps that take longest:")
}
