package planner_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// TestAutoNoWorseThanGreedy demands that the plan along the order that is best by the model of pairs takes no longer, by the model
// of steps, than the one along the greedy order, also where the steps are too small for much to be tried; but for some nanoseconds that
// depend on how temporaries lie, which the model of pairs does not know.
func TestAutoNoWorseThanGreedy(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	for k := range 300 {
		eq, extents := randomEquation(rng)
		p := einsum(eq, extents, tensor.F32)
		require.LessOrEqual(t, plannedBy(t, p, "auto"), plannedBy(t, p, "greedy")+30, "%d: %s %v", k, eq, extents)
	}
}

func plannedBy(t *testing.T, p *parser.Problem, method string) float64 {
	t.Helper()
	n, _, ok := planner.Product(p)
	require.True(t, ok)
	o, err := planner.OrderNetwork(context.Background(), n, planner.OrderOptions{Method: method, Type: tensor.F32, Target: target})
	require.NoError(t, err)
	pl, err := planner.SearchPath(context.Background(), p, planner.Options{Target: target, Loose: true}, o.Path)
	require.NoError(t, err)
	return pl.Cost.Nanos
}

// randomEquation is a product of three to five operands of up to three of seven small indices.
func randomEquation(rng *rand.Rand) (string, map[byte]int) {
	eq, extents := "", map[byte]int{}
	for k := range 3 + rng.IntN(3) {
		if k > 0 {
			eq += ","
		}
		for _, i := range rng.Perm(7)[:1+rng.IntN(3)] {
			eq += fmt.Sprintf("%c", 'a'+i)
			extents[byte('a'+i)] = 2 + (i*5+k)%9
		}
	}
	return eq + "->", extents
}
