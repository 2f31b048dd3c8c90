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

// TestProgressOnlyGetsBetter watches a search in stages of two components, and cuts.
func TestProgressOnlyGetsBetter(t *testing.T) {
	n := regular(rand.New(rand.NewPCG(1, 3)), 60)
	other := regular(rand.New(rand.NewPCG(2, 3)), 40)
	for _, legs := range other.Inputs {
		for k := range legs {
			legs[k] += int32(len(n.Sizes))
		}
		n.Inputs = append(n.Inputs, legs)
	}
	n.Sizes = append(n.Sizes, other.Sizes...)
	var seen []planner.Progress
	o := order(t, n, planner.OrderOptions{Objective: planner.ByFlops, Budget: planner.Budget{Units: 4e7}, MaxMemory: 4 << 10,
		Progress: func(p planner.Progress) { seen = append(seen, p) }})
	require.Greater(t, o.Slices, 1.0)
	for k := 1; k < len(seen); k++ {
		require.LessOrEqual(t, seen[k].Best, seen[k-1].Best, "report %d", k)
		require.GreaterOrEqual(t, seen[k].Done, seen[k-1].Done, "report %d", k)
	}
	require.Greater(t, seen[0].Best, 1e9)
	require.Less(t, seen[len(seen)-1].Best, o.Log10Flops)
}

// TestBudgetOfSlicesFindsThemAgain replays a search for slices by the units that it states.
func TestBudgetOfSlicesFindsThemAgain(t *testing.T) {
	n := regular(rand.New(rand.NewPCG(3, 3)), 60)
	opts := planner.OrderOptions{Objective: planner.ByFlops, Budget: planner.Budget{Units: 2e7}, MaxMemory: 4 << 10}
	once := order(t, n, opts)
	require.Greater(t, once.Slices, 1.0)
	opts.Budget.Units = once.Budget
	require.Equal(t, once, order(t, n, opts))
}

// TestALimitThatNothingExceeds gives a search the units for trees that it has without one.
func TestALimitThatNothingExceeds(t *testing.T) {
	n := regular(rand.New(rand.NewPCG(4, 3)), 60)
	want := order(t, n, planner.OrderOptions{})
	got := order(t, n, planner.OrderOptions{MaxMemory: 1 << 50})
	require.Greater(t, got.Budget, want.Budget, "the units for slices come on top")
	got.Budget = want.Budget
	require.Equal(t, want, got)
}
