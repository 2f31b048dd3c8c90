package planner_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/planner"
)

// smallPlans plans all small networks, one after the other.
func smallPlans(t *testing.T) (plans []*planner.Plan) {
	for _, s := range smallNetworks {
		pl, err := planner.Search(context.Background(), problemOf(net(s.equation, s.extents...)), planner.Options{Target: target})
		require.NoError(t, err, s.name)
		plans = append(plans, pl)
	}
	return plans
}

// A plan has nothing that the next search writes to: neither what that works with, nor its plan's lists.
func TestPlansOutliveSearches(t *testing.T) {
	plans := smallPlans(t)
	var before []string
	for _, pl := range plans {
		before = append(before, pl.String())
	}
	again := smallPlans(t)
	for k, pl := range plans {
		require.Equal(t, before[k], pl.String(), smallNetworks[k].name)
		require.Equal(t, pl, again[k], smallNetworks[k].name)
	}
}

// What a search knows of a step, from another way that has it too, is what the model says of it.
func TestStepsAreWhatWasKnownOfThem(t *testing.T) {
	for k, pl := range smallPlans(t) {
		for i := range pl.Steps {
			s := &pl.Steps[i]
			w := pl.Work(s, target)
			require.Equal(t, target.Model().Estimate(&w), s.Estimate, "%s: step %d", smallNetworks[k].name, i)
			require.Equal(t, w.B*w.M*w.N*w.K, s.Flops, "%s: step %d", smallNetworks[k].name, i)
		}
		require.NoError(t, pl.Verify(), smallNetworks[k].name)
	}
}
