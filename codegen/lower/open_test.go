package lower

import (
	"context"
	"slices"
	"testing"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// openProgram lowers an expression over two matrices, or three, of which all extents are open.
func openProgram(t *testing.T, expr string, specs ...parser.Spec) (*Program, *planner.Plan) {
	program, err := parser.Parse(expr, parser.ModeAuto)
	require.NoError(t, err)
	problem, err := program.Bind(specs)
	require.NoError(t, err)
	sizes, err := problem.Open([]string{parser.AllLabels})
	require.NoError(t, err)
	plan, err := planner.Search(context.Background(), problem, planner.Options{Target: avx2, Fusing: planner.FusePairs})
	require.NoError(t, err)
	p, err := Lower(plan, avx2, Options{Sizes: sizes})
	require.NoError(t, err)
	return p, plan
}

// What follows from sizes is defined for all of them: no extent, and no extent of K, is too small. Without rows or columns,
// nothing is packed.
func TestOpenCountsOfSmallExtents(t *testing.T) {
	p, plan := openProgram(t, "ij,jk->ik", parser.Spec{DType: tensor.F32, Shape: []int{300, 400}}, parser.Spec{DType: tensor.F32, Shape: []int{400, 500}})
	require.Equal(t, cost.Packed, plan.Steps[0].Estimate.Strategy)
	some := []int64{0, 1, 7, 500, 3000}
	for _, m := range some {
		for _, k := range some {
			for _, n := range some {
				values := evaluate(t, p.Dims, []int64{m, n, k})
				require.Equal(t, m > 0 && n > 0, works(p, values), "%d %d %d", m, n, k)
			}
		}
	}
}

// works tells whether any phase has tasks and turns to take, for entries that have these values.
func works(p *Program, values []int64) bool {
	count := func(s loop.Size) int64 {
		if s.Dim > 0 {
			return values[s.Dim-1]
		}
		return s.Value
	}
	for i, ph := range p.Phases {
		none := slices.ContainsFunc(p.Turns, func(x Turns) bool { return x.First <= i && i < x.End && count(x.Count) == 0 })
		if count(ph.Tasks) > 0 && !none {
			return true
		}
	}
	return false
}

// evaluate works out the entries for sizes; strides are those of rows of 1000.
func evaluate(t *testing.T, dims []Dim, sizes []int64) []int64 {
	values := make([]int64, len(dims))
	for i, d := range dims {
		var a, b int64
		if d.Op > DimSize {
			if a, b = values[d.A], d.Value; d.B >= 0 {
				b = values[d.B]
			}
		}
		switch d.Op {
		case DimStride:
			values[i] = 1000
		case DimSize:
			values[i] = sizes[d.Axis]
		case DimAdd:
			values[i] = a + b
		case DimMul:
			values[i] = a * b
		case DimCeilDiv:
			require.Positive(t, b, "entry %d of %v divides by it", i, sizes)
			values[i] = ceilDiv(a, b)
		case DimMin:
			values[i] = min(a, b)
		case DimMax:
			values[i] = max(a, b)
		}
		require.True(t, d.Most == 0 || values[i] <= d.Most, "entry %d of %v is %d, at most %d", i, sizes, values[i], d.Most)
	}
	return values
}

// Strides of dense arrays, temporaries among them, follow from sizes; of others, calls give those that are not 1.
func TestOpenStrides(t *testing.T) {
	f32 := func(strides []int, shape ...int) parser.Spec {
		return parser.Spec{DType: tensor.F32, Shape: shape, Strides: strides}
	}
	strided := func(p *Program) (axes [][2]int) {
		for _, d := range p.Dims {
			if d.Op == DimStride && !slices.Contains(axes, [2]int{d.Buffer, d.Axis}) {
				axes = append(axes, [2]int{d.Buffer, d.Axis})
			}
		}
		return axes
	}
	dense, plan := openProgram(t, "ij,jk,kl->il", f32(nil, 40, 50), f32(nil, 50, 60), f32(nil, 60, 70))
	require.Empty(t, strided(dense))
	require.Len(t, dense.Temps, 1)
	temp := slices.IndexFunc(plan.Buffers, func(b planner.Buffer) bool { return b.Kind == planner.Temp })
	require.Contains(t, dense.Temps, temp)
	turned, _ := openProgram(t, "ij,jk->ik", f32([]int{1, 40}, 40, 50), f32([]int{100, 1}, 50, 60))
	require.Equal(t, [][2]int{{0, 1}, {1, 0}}, strided(turned))
}
