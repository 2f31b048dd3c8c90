package planner

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// One pass over the splits that may be part of a tree no worse than a known one finds the trees, and costs, that a search for either
// measure finds.
func TestTwoMeasuresInOnePass(t *testing.T) {
	apart := 0
	for seed := range uint64(300) {
		d, n := randomNetwork(rand.New(rand.NewPCG(seed, 9)), 3+int(seed%6))
		s, both := d.subsets.begin(n), newBlock(aim{write: comboBits})
		require.True(t, both.describeSets(s))
		full := uint32(1)<<len(n.legs) - 1
		s.greedy(full)
		both.solveTwice(readTree(s.split, full, nil))
		for k, a := range []aim{{write: comboBits}, {write: math.Inf(-1)}} {
			one := newBlock(a)
			require.True(t, one.describeSets(s))
			best, split := both.best, both.split
			if k == 1 {
				best, split = both.plain, both.plainSplit
			}
			require.Equal(t, one.solve(1e300), best[full], "seed %d", seed)
			require.Equal(t, readTree(one.split, full, nil), readTree(split, full, nil), "seed %d", seed)
		}
		if !slices.Equal(readTree(both.split, full, nil), readTree(both.plainSplit, full, nil)) {
			apart++
		}
	}
	require.Greater(t, apart, 20) // the measures differ
}
