package planner_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/planner"
)

// TestMoreWorkFindsNothingWorse compares budgets with the one that a network's size gives.
func TestMoreWorkFindsNothingWorse(t *testing.T) {
	for seed := range uint64(2) {
		n := regular(rand.New(rand.NewPCG(seed, 3)), 110)
		usual := order(t, n, planner.OrderOptions{Objective: planner.ByFlops})
		for _, more := range []float64{1.05, 1.5} {
			o := order(t, n, planner.OrderOptions{Objective: planner.ByFlops, Budget: planner.Budget{Units: more * usual.Budget}})
			require.LessOrEqual(t, o.Log10Flops, usual.Log10Flops+1e-9, "seed %d, %v times the units", seed, more)
		}
	}
}
