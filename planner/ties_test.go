package planner_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// The energy of second-order perturbation theory. Its symmetry makes four trees equal by the model of pairs.
const mp2 = "abc,ade,fbe,fdc,bdce->"

var mp2Trees = [][][2]int{
	{{2, 3}, {4, 5}, {0, 6}, {1, 7}}, {{2, 3}, {4, 5}, {1, 6}, {0, 7}}, {{0, 1}, {4, 5}, {2, 6}, {3, 7}}, {{0, 1}, {4, 5}, {3, 6}, {2, 7}},
}

// alongPath is a plan along a path.
func alongPath(t *testing.T, p *parser.Problem, on cost.Target, path [][2]int) *planner.Plan {
	t.Helper()
	pl, err := planner.SearchPath(context.Background(), p, planner.Options{Target: on}, path)
	require.NoError(t, err)
	require.NoError(t, pl.Verify())
	return pl
}

// TestTies demands that of trees that are equal by the model of pairs the one is taken whose steps take least.
func TestTies(t *testing.T) {
	wide := wideTarget()
	for expr, c := range map[string]struct {
		sizes map[byte]int
		trees [][][2]int
	}{
		mp2: {map[byte]int{'a': 200, 'b': 12, 'c': 60, 'd': 12, 'e': 60, 'f': 200}, mp2Trees},
		// A quadratic form: its three matrices may be multiplied from the left or from the right.
		"ab,bc,cd,de,ae->a": {map[byte]int{'a': 512, 'b': 256, 'c': 256, 'd': 256, 'e': 256},
			[][][2]int{{{2, 3}, {1, 5}, {4, 6}, {0, 7}}, {{1, 2}, {3, 5}, {0, 6}, {4, 7}}}},
	} {
		p := einsum(expr, c.sizes, tensor.F32)
		pl, err := planner.Search(context.Background(), p, planner.Options{Target: wide})
		require.NoError(t, err)
		for _, path := range c.trees {
			require.LessOrEqual(t, pl.Cost.Nanos, alongPath(t, p, wide, path).Cost.Nanos, "%s along %v", expr, path)
		}
	}
}

// TestStances demands that a result that is multiplied by a tensor is written as that lies, where its user likes it
// otherwise.
func TestStances(t *testing.T) {
	p := einsum(mp2, map[byte]int{'a': 3, 'b': 6, 'c': 60, 'd': 6, 'e': 60, 'f': 4}, tensor.F32)
	operands := numbers(p, rand.New(rand.NewPCG(5, 6)))
	var results []array
	for _, path := range mp2Trees[:2] {
		pl := alongPath(t, p, target, path)
		product := pl.Steps[0]
		require.Len(t, product.Extra, 1, "%s", pl)
		require.Equal(t, product.Extra[0].Axes[3], product.Out.Axes[3], "%s", pl)
		results = append(results, execute(pl, operands))
	}
	require.Equal(t, results[0], results[1])
}
