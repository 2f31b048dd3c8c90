package lower

import (
	"testing"

	"github.com/einc-lang/einc/planner/cost"
	"github.com/stretchr/testify/require"
)

// termsOutside tells whether a nest has a loop over terms around those over tiles: around one that a tile has not so many rows for, or, of
// columns, around another one over terms that is around others.
func termsOutside(n *cost.Nest, folds bool) bool {
	const rows = 16
	returns := 0
	for d := 1; d < n.Depth; d++ {
		if l := &n.Loops[d]; n.Loops[d-1].Sums && !l.Sums {
			if returns++; folds && l.Trips > rows {
				return true
			}
		}
	}
	return returns > 1
}

// The planner's model has terms outside of tiles whose sums wait in memory for them, and of no others.
func TestTheModelKnowsWhatWaits(t *testing.T) {
	target := targets()[2]
	seen := map[string]int{}
	for _, expr := range []string{"prqs,rs->pq", "rqs,rs->q", "pqrs,rs->pq", "prqs->pq", "idj,ij->dj", "ijd->j", "ijd,id->j", "ijd,ijd->j"} {
		for _, size := range [][]int{{20, 330, 40}, {100, 200, 3}, {40, 300, 9}, {300, 240, 24}, {16, 600, 50}} {
			extent := map[rune]int{'p': 8}
			for _, some := range []string{"rqs", "ijd", "k"} {
				for at, l := range some {
					extent[l] = size[at]
				}
			}
			plan := planOf(t, expr, extent, target)
			if len(plan.Steps) > 1 {
				continue // copies
			}
			l := newLowering(plan, target, Options{})
			if l.strategy(&plan.Steps[0], Options{}).name != cost.Direct {
				continue
			}
			w := plan.Work(&plan.Steps[0], target)
			ks, err := l.kernels(&plan.Steps[0])
			require.NoError(t, err)
			waits := ks[0].keeps || ks[0].shape(target).waits >= 0
			require.Equal(t, waits, termsOutside(w.Nest, w.Folds), "%s %v\n%s", expr, size, plan)
			count(seen, "waits", waits)
		}
	}
	require.Greater(t, seen["waits"], 5)
	require.Greater(t, seen["no waits"], 5)
}
