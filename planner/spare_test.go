package planner_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
)

// bound is an equation over operands of which all extents are the same.
func bound(t *testing.T, equation string, extent int) *parser.Problem {
	program, err := parser.Parse(equation, 0)
	require.NoError(t, err)
	specs := make([]parser.Spec, len(program.Operands))
	for i, o := range program.Operands {
		specs[i].DType = tensor.F64
		for range o.Rank {
			specs[i].Shape = append(specs[i].Shape, extent)
		}
	}
	p, err := program.Bind(specs)
	require.NoError(t, err)
	return p
}

// Temporaries of gigabytes are spared where slices of the output take no longer, whoever runs them.
func TestSpare(t *testing.T) {
	const blas, most = "abc,abd,aec,fbc->adef", 1 << 30
	var first *planner.Plan
	for _, workers := range []int{1, 2, 8} {
		here := target
		here.Workers, here.L2, here.L3 = workers, workers<<19, workers<<24
		pl, err := planner.Search(context.Background(), bound(t, blas, 220), planner.Options{Target: here})
		require.NoError(t, err)
		require.NoError(t, pl.Verify())
		whole, err := planner.Search(context.Background(), bound(t, blas, 220), planner.Options{Target: here, Whole: true})
		require.NoError(t, err)
		require.Empty(t, whole.Slices)
		require.Greater(t, whole.Arena, int64(30<<30))
		require.Len(t, pl.Slices, 1)
		require.LessOrEqual(t, pl.Arena+pl.Private, int64(most))
		require.LessOrEqual(t, pl.Cost.Nanos, 1.05*whole.Cost.Nanos)
		if first == nil {
			first = pl
		}
		require.Equal(t, first.Slices, pl.Slices, "sums may depend on the cuts, and must not on workers")
	}
	require.Empty(t, plan(t, bound(t, blas, 60), "").Slices, "there is little to spare")
	require.Empty(t, plan(t, bound(t, "ab,bc,cd->ad", 20000), "").Slices, "operands take more")
	summed := plan(t, bound(t, "abc,abd,aec,fbc->", 220), "")
	require.Empty(t, summed.Slices, "slices of sums would be added up")
}
