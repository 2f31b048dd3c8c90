package planner_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// shuffled is a network under other names: operands, axes and the output in another order.
func shuffled(r *rand.Rand, n *planner.Network) *planner.Network {
	name := r.Perm(len(n.Sizes))
	list := func(legs []int32) []int32 {
		out := make([]int32, len(legs))
		for a, b := range r.Perm(len(legs)) {
			out[a] = int32(name[legs[b]])
		}
		return out
	}
	m := &planner.Network{Inputs: make([][]int32, len(n.Inputs)), Output: list(n.Output), Sizes: make([]float64, len(n.Sizes))}
	for t, to := range r.Perm(len(n.Inputs)) {
		m.Inputs[to] = list(n.Inputs[t])
	}
	for i, s := range n.Sizes {
		m.Sizes[name[i]] = s
	}
	return m
}

// regular is a random network in which every operand meets three others.
func regular(r *rand.Rand, operands int) *planner.Network {
	n := &planner.Network{Inputs: make([][]int32, operands)}
	for range 3 {
		p := r.Perm(operands)
		for k := 0; k+1 < operands; k += 2 {
			i := int32(len(n.Sizes))
			n.Sizes = append(n.Sizes, float64(2+r.IntN(4)))
			n.Inputs[p[k]], n.Inputs[p[k+1]] = append(n.Inputs[p[k]], i), append(n.Inputs[p[k+1]], i)
		}
	}
	n.Output = []int32{0, 1}
	return n
}

// TestCanonical demands one form of a network whatever its names, and orders that mean the same under both.
func TestCanonical(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	for i := range 60 {
		n := regular(r, 14+i)
		m := shuffled(r, n)
		a, b := n.Canonical(), m.Canonical()
		require.Equal(t, a.Key(nil), b.Key(nil), "network %d", i)
		o, err := planner.OrderNetwork(context.Background(), a.Network, planner.OrderOptions{Method: "greedy", MaxMemory: 1 << 20})
		require.NoError(t, err)
		for _, x := range []struct {
			n *planner.Network
			o *planner.Order
		}{{n, a.Original(o)}, {m, b.Original(o)}} {
			rep, err := planner.NewReport(x.n, x.o, nil, target, tensor.F64)
			require.NoError(t, err)
			require.InDelta(t, o.Log2Size, rep.Size, 1e-9)
			for _, s := range x.o.Sliced {
				require.LessOrEqual(t, float64(s.Parts), x.n.Sizes[s.Index])
			}
		}
	}
	n := regular(r, 20)
	m := shuffled(r, n)
	m.Sizes[0]++
	require.NotEqual(t, n.Canonical().Key(nil), m.Canonical().Key(nil))
}
