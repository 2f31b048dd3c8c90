package planner

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// A search with the budget that suits a network's size goes through the stages once, also where they end long before
// its units do, as for a star of chains, which reduces to nothing.
func TestAutoSearchesOnce(t *testing.T) {
	star := &Network{Sizes: []float64{3}, Output: []int32{0}}
	for range 13 {
		from := int32(0)
		for range 5 {
			star.Sizes = append(star.Sizes, float64(2+len(star.Sizes)%3))
			to := int32(len(star.Sizes) - 1)
			star.Inputs = append(star.Inputs, []int32{from, to})
			from = to
		}
	}
	opts := OrderOptions{Objective: ByFlops, Workers: 1}
	h, once := newOrderSearch(context.Background(), star, opts), newOrderSearch(context.Background(), star, opts)
	found := h.search()
	once.setBudget(once.components())
	r := &race{orderSearch: once, units: once.units}
	require.Equal(t, r.solve(once.g), found)
	require.Equal(t, r.work, h.work)
	require.Less(t, r.work, once.usual*7/8, "the search ends before its units do")
}
