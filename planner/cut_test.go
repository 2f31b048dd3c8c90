package planner

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPickTakesTheBest holds the vertex that is moved next against all that may be: none gains more, and of equal ones on
// either side that of the heavier one is taken.
func TestPickTakesTheBest(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 9))
		h := newHypergraph(tangle(r, 6+r.IntN(30), 10+r.IntN(60), 6))
		side := make([]uint8, len(h.weight))
		for v := range side {
			side[v] = uint8(r.IntN(2))
		}
		c := newCut(h, side, 0.3)
		c.list()
		most := [2]int32{math.MinInt32, math.MinInt32} // gain of a vertex that may leave a side
		for v, listed := range c.listed {
			if from := c.side[v]; listed && c.weight[1-from]+h.weight[v] <= c.most {
				most[from] = max(most[from], c.gain[v])
			}
		}
		v := c.pick()
		if v < 0 {
			require.Equal(t, [2]int32{math.MinInt32, math.MinInt32}, most, "seed %d", seed)
			continue
		}
		from := c.side[v]
		require.Equal(t, max(most[0], most[1]), c.gain[v], "seed %d", seed)
		if most[0] == most[1] {
			require.GreaterOrEqual(t, c.weight[from], c.weight[1-from], "seed %d", seed)
		}
	}
}
