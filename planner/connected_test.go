package planner

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// connectedGraph is a random graph of one component with hyperedges, open indices and mixed extents.
func connectedGraph(r *rand.Rand, n int) *graph {
	net := &Network{Inputs: make([][]int32, n)}
	add := func(holders ...int) {
		i := int32(len(net.Sizes))
		net.Sizes = append(net.Sizes, []float64{2, 3, 7, 40}[r.IntN(4)])
		for _, t := range holders {
			net.Inputs[t] = append(net.Inputs[t], i)
		}
		if len(holders) == 1 || r.IntN(5) == 0 {
			net.Output = append(net.Output, i)
		}
	}
	for t := 1; t < n; t++ {
		add(t, r.IntN(t))
	}
	for range r.IntN(2 * n) {
		add(r.Perm(n)[:1+r.IntN(min(n, 4))]...)
	}
	return canonical(net)
}

// joinsNeighbours reports whether every step of a tree joins tensors that share an index.
func joinsNeighbours(g *graph, t tree) bool {
	all := true
	walk(g, t, func(a, b, _ []int32, _ float64) {
		shared := false
		sorted(a, b, func(_ int32, inA, inB bool) { shared = shared || inA && inB })
		all = all && shared
	})
	return all
}

func TestConnectedSetsEqualBruteForce(t *testing.T) {
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 7))
		g := connectedGraph(r, 3+r.IntN(4))
		a := aim{write: math.Inf(-1)}
		if r.IntN(2) == 0 {
			a.write = writeBits
		}
		all, near := math.Inf(1), math.Inf(1)
		everyTree(len(g.legs), func(t tree) {
			c := appraise(g, t, a)
			all = min(all, c)
			if c < near && joinsNeighbours(g, t) {
				near = c
			}
		})
		found, _, ok := connectedTree(g, a, near+0.02, 1e9) // costs of writing are read from a table
		require.True(t, ok)
		require.Len(t, found, len(g.legs)-1, "seed %d", seed)
		c := appraise(g, found, a)
		require.LessOrEqual(t, c, near+0.01, "seed %d", seed)
		require.GreaterOrEqual(t, c, all-0.01, "seed %d", seed)
	}
}

// Outer products of single tensors, and larger networks, against the search through all trees.
func TestConnectedSetsAgainstEveryTree(t *testing.T) {
	equal := 0
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 8))
		g := connectedGraph(r, 7+r.IntN(5))
		a := aim{write: math.Inf(-1)}
		best, ok := newBlock(a).tree(g)
		require.True(t, ok)
		least := appraise(g, best, a)
		found, _, ok := connectedTree(g, a, least+1e-9, 1e9)
		require.True(t, ok)
		if found != nil {
			require.InDelta(t, least, appraise(g, found, a), 1e-6, "seed %d", seed)
			equal++
		}
	}
	require.Greater(t, equal, 90)
	outer := canonical(&Network{Inputs: [][]int32{{0}, {1}, {0, 1, 2}, {2, 3}}, Output: []int32{3}, Sizes: []float64{2, 2, 1e6, 5}})
	found, _, ok := connectedTree(outer, aim{write: math.Inf(-1)}, 60, 1e9)
	require.True(t, ok)
	require.Equal(t, [2]int32{0, 1}, found[0])
}

func TestConnectedSearchGivesUp(t *testing.T) {
	g := connectedGraph(rand.New(rand.NewPCG(1, 9)), 18)
	a := aim{write: math.Inf(-1)}
	_, work, ok := connectedTree(g, a, 200, 3e4)
	require.False(t, ok)
	require.Less(t, work, 1e5)
}
