package planner_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/planner"
)

// TestShrunkNetworks runs the plans of all networks of the test cases with extents up to 3, of which at most a dozen
// are more than 1, and holds them against the definition; their orders against an evaluator of its own.
func TestShrunkNetworks(t *testing.T) {
	const most = 12
	for k, n := range caseNetworks(t) {
		r := rand.New(rand.NewPCG(uint64(k), 25))
		for range 2 {
			small := &planner.Network{Inputs: n.Inputs, Output: n.Output, Sizes: make([]float64, len(n.Sizes))}
			for at, i := range r.Perm(len(n.Sizes)) {
				small.Sizes[i] = 1
				if at < most {
					small.Sizes[i] = float64(2 + at/9) // nine of 2, three of 3
				}
			}
			agree(t, small, order(t, small, planner.OrderOptions{Budget: planner.Budget{Units: 1e5}}), "network %d: %v", k, small)
			if len(n.Inputs) <= 64 {
				execute3(t, small, r)
			}
		}
	}
}

// caseNetworks are the networks of this package's test cases, and those of the tests that run them.
func caseNetworks(t *testing.T) []*planner.Network {
	var all []*planner.Network
	for _, k := range knownNetworks(t) {
		all = append(all, &planner.Network{Inputs: k.Inputs, Output: k.Output, Sizes: k.Sizes})
	}
	f, err := os.Open("../golden/testdata/networks.jsonl")
	require.NoError(t, err)
	defer f.Close()
	for in := json.NewDecoder(f); in.More(); {
		n := &planner.Network{}
		require.NoError(t, in.Decode(n))
		all = append(all, n)
	}
	require.Greater(t, len(all), 40)
	return all
}

// Plans are the same bytes however many threads there are.
func TestPlanFilesDoNotDependOnThreads(t *testing.T) {
	was := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(was)
	n := randomNet(rand.New(rand.NewPCG(8, 8)), 60, 90, 3)
	var first [2][]byte
	for _, threads := range []int{1, 2, 8} {
		runtime.GOMAXPROCS(threads)
		for k, limit := range []int64{0, 1 << 16} {
			o := order(t, n, planner.OrderOptions{Seed: 3, Budget: planner.Budget{Units: 1e6}, MaxMemory: limit})
			text, err := json.Marshal(o)
			require.NoError(t, err)
			if first[k] == nil {
				first[k] = text
			}
			require.Equal(t, string(first[k]), string(text), "%d threads", threads)
		}
	}
}

// A search that is called off when it has its first order returns soon, with slices too: work is counted, not time.
func TestCalledOffAtOnce(t *testing.T) {
	grid := &planner.Network{}
	const side = 60
	for i := range int32(2 * side * side) {
		grid.Sizes = append(grid.Sizes, float64(2+i%2))
	}
	for y := range int32(side) {
		for x := range int32(side) {
			at := y*side + x
			grid.Inputs = append(grid.Inputs, []int32{2 * at, 2*at + 1, 2 * (y*side + (x+1)%side), 2*((y+1)%side*side+x) + 1})
		}
	}
	for name, n := range map[string]*planner.Network{"grid": grid, "random": randomNet(rand.New(rand.NewPCG(9, 9)), 300, 500, 4)} {
		for _, limit := range []int64{0, 1 << 20} {
			ctx, cancel := context.WithCancel(context.Background())
			o, err := planner.OrderNetwork(ctx, n, planner.OrderOptions{Objective: planner.ByFlops, MaxMemory: limit, Workers: 1,
				Budget: planner.Budget{Units: 1e13}, Progress: func(planner.Progress) { cancel() }})
			require.NoError(t, err, "there is a first order")
			require.Less(t, o.Work, 5e6, "%s under %d bytes: 50 ms in units of ten nanoseconds", name, limit)
			require.Len(t, o.Path, len(n.Inputs)-1)
		}
	}
}
