package planner_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/planner"
)

// star is a tensor of n indices, each of which a leaf has; ring ties each leaf to the next one.
func star(n int, ring bool) *planner.Network {
	net := &planner.Network{Inputs: [][]int32{nil}}
	for i := range int32(n) {
		net.Sizes = append(net.Sizes, 2)
		net.Inputs[0] = append(net.Inputs[0], i)
		net.Inputs = append(net.Inputs, []int32{i})
	}
	for i := range n {
		if !ring {
			break
		}
		l := int32(len(net.Sizes))
		net.Sizes = append(net.Sizes, 3)
		for _, t := range []int{1 + i, 1 + (i+1)%n} {
			net.Inputs[t] = append(net.Inputs[t], l)
		}
	}
	net.Output = []int32{int32(n) / 2}
	return net
}

// crowd is a chain of n tensors that all share one index more.
func crowd(n int) *planner.Network {
	net := &planner.Network{Sizes: []float64{4, 2}}
	for i := range int32(n) {
		net.Sizes = append(net.Sizes, 2)
		net.Inputs = append(net.Inputs, []int32{0, i + 1, i + 2})
	}
	return net
}

func TestHubs(t *testing.T) {
	for name, n := range map[string]*planner.Network{"star": star(700, false), "ring": star(700, true), "crowd": crowd(700)} {
		for _, method := range []string{"greedy", "auto"} {
			o := order(t, n, planner.OrderOptions{Method: method, Target: target, Budget: planner.Budget{Units: 1e6}})
			agree(t, n, o, name, method)
		}
	}
}

// What a step does with a tensor of many indices must not take time for all of them: a star would take the square.
func TestHubsTakeLittleWork(t *testing.T) {
	const n = 3000
	for name, net := range map[string]*planner.Network{"star": star(n, false), "ring": star(n, true), "crowd": crowd(n)} {
		o := order(t, net, planner.OrderOptions{Method: "greedy"})
		require.Less(t, o.Work, 1e4*n, name)
	}
}
