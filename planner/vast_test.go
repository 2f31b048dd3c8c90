package planner

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// Where every order has a result that is too large, the one of least time is still the best: slices follow it.
func TestExactAmongVastResults(t *testing.T) {
	const m = 1 << 20
	for _, sizes := range [][]float64{{4 * m, 8 * m, 4 * m, 4 * m}, {4 * m, 4 * m, 8 * m, 4 * m}, {4 * m, 4 * m, 4 * m, 16 * m}, {16 * m, 4 * m, 4 * m, 4 * m}} {
		n := &Network{Inputs: [][]int32{{0, 1}, {1, 2}, {2, 3}}, Output: []int32{0, 3}, Sizes: sizes}
		o, err := OrderNetwork(context.Background(), n, OrderOptions{})
		require.NoError(t, err)
		require.Equal(t, "exact", o.Method)
		for _, path := range [][][2]int{{{0, 1}, {2, 3}}, {{1, 2}, {0, 3}}} {
			r, err := NewReport(n, &Order{Path: path}, nil, cost.Target{}, tensor.F64)
			require.NoError(t, err)
			require.LessOrEqual(t, o.Nanos, r.Nanos*1.001, "%v %v", sizes, path)
		}
	}
}
