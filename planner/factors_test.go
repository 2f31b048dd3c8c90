package planner_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

var cube = map[byte]int{'i': 200, 'j': 200, 'k': 200, 'a': 16}

// TestFactorsNeedNoTemporary plans the three products of a CP decomposition, in any order of operands.
func TestFactorsNeedNoTemporary(t *testing.T) {
	for eq, inner := range map[string]string{"ijk,ja,ka->ia": "ka", "ijk,ia,ka->ja": "ka", "ijk,ia,ja->ka": "ja", "ja,ijk,ia->ka": "ja", "ia,ja,ijk->ka": "ja"} {
		for _, d := range []tensor.DType{tensor.F32, tensor.F64} {
			pl := plan(t, einsum(eq, cube, d), "")
			require.Len(t, pl.Steps, 1, eq)
			s := pl.Steps[0]
			require.Equal(t, cost.Fused, s.Estimate.Strategy, eq)
			require.Zero(t, pl.Arena, eq)
			// The core sums over the index that walks the large operand by the smallest steps.
			require.Equal(t, "ijk", names(pl, s.Inputs[s.Core[0]].Axes), eq)
			require.Equal(t, inner, names(pl, s.Inputs[s.Core[1]].Axes), eq)
		}
	}
}

// Tiles of sums that factors multiply turn no terms around, and are not priced as if they did: with short extents vectors along the
// output's first index would look cheap.
func TestFactorsOfManyShortIndices(t *testing.T) {
	short := map[byte]int{'i': 30, 'j': 30, 'k': 30, 'l': 30, 'm': 30, 'a': 24}
	for _, d := range []tensor.DType{tensor.F32, tensor.F64} {
		pl := plan(t, einsum("ijklm,ja,ka,la,ma->ia", short, d), "")
		require.Equal(t, []cost.Strategy{cost.Fused}, strategiesOf(pl), pl.String())
	}
}

func TestFactorsAreFusedOnlyWhereThatPays(t *testing.T) {
	// The output's last index is not the last one of the factor that has it.
	pl := plan(t, einsum("ijk,aj,ak->ia", cube, tensor.F32), "")
	require.NotContains(t, strategiesOf(pl), cost.Fused, pl.String())
	// Sums of the core have no vectors, as the output has no index.
	pl = plan(t, einsum("abc,acb,cb->", map[byte]int{'a': 400, 'b': 50, 'c': 32}, tensor.F32), "")
	require.NotContains(t, strategiesOf(pl), cost.Fused, pl.String())
}

// TestFactorsMoveLines demands that the lines of all inputs of a nest are counted, not only those of its core.
func TestFactorsMoveLines(t *testing.T) {
	nanos := func(eq string) float64 {
		p := einsum(eq, map[byte]int{'a': 256, 'b': 8, 'c': 400}, tensor.F64)
		pl, err := planner.Search(context.Background(), p, planner.Options{Target: target, Fusing: planner.FuseAll})
		require.NoError(t, err)
		require.Len(t, pl.Steps, 1, eq)
		return pl.Cost.Nanos
	}
	require.Greater(t, nanos("bac,bac,cba->"), 2*nanos("bac,bac,bac->"), "what lies across is fetched by the line")
}

// TestFactorsOfTheResultWait demands that a sum's factors that it does not run over are in the epilogue, where
// any strategy can multiply by them.
func TestFactorsOfTheResultWait(t *testing.T) {
	pl := plan(t, einsum("i,i,ijk,iak->ija", map[byte]int{'i': 1000, 'j': 8, 'k': 64, 'a': 8}, tensor.F32), "")
	require.Len(t, pl.Steps, 1)
	require.Len(t, pl.Steps[0].Inputs, 2)
	require.Len(t, pl.Steps[0].Extra, 2)
}

// TestTinyStepsStayApart demands that steps cost what they take where there is next to nothing to do in them: not so much that all is
// summed in one loop instead.
func TestTinyStepsStayApart(t *testing.T) {
	sizes := map[byte]int{'a': 3, 'b': 3, 'c': 3, 'd': 3, 'e': 3, 'f': 3}
	pl := plan(t, einsum("ab,bc,cd,de,ef->af", sizes, tensor.F32), "")
	require.Greater(t, len(pl.Steps), 1, pl.String())
}

// TestPartlyFused plans a network in which one pair takes a factor in and another stays as it is.
func TestPartlyFused(t *testing.T) {
	p := einsum("ijk,ja,ka,ab->ib", map[byte]int{'i': 200, 'j': 200, 'k': 200, 'a': 16, 'b': 300}, tensor.F64)
	pl, err := planner.SearchPath(context.Background(), p, planner.Options{Target: target}, [][2]int{{0, 2}, {1, 4}, {3, 5}})
	require.NoError(t, err)
	require.Equal(t, []cost.Strategy{cost.Fused, cost.Direct}, strategiesOf(pl), pl.String())
}

func strategiesOf(pl *planner.Plan) []cost.Strategy {
	var all []cost.Strategy
	for i := range pl.Steps {
		all = append(all, pl.Steps[i].Estimate.Strategy)
	}
	return all
}
