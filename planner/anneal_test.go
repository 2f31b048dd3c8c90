package planner

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// tangle is a graph of n tensors with about the given number of indices, hyperedges and open ones among them.
func tangle(r *rand.Rand, n, indices, most int) *graph {
	net := &Network{Inputs: make([][]int32, n)}
	for i := range int32(indices) {
		net.Sizes = append(net.Sizes, float64(2+r.IntN(most-1)))
		for range 2 + r.IntN(2) {
			t := r.IntN(n)
			net.Inputs[t] = append(net.Inputs[t], i)
		}
		if r.IntN(8) == 0 {
			net.Output = append(net.Output, i)
		}
	}
	return canonical(net)
}

func TestBushesStayRight(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 8))
		g := tangle(r, 3+r.IntN(40), 5+r.IntN(120), 2+int(seed%3)*4)
		for _, a := range []aim{{write: math.Inf(-1)}, {write: 4}, {flat: true, write: math.Inf(-1)}} {
			start, _ := greedily(g, greedyScore{c: 1}, nil)
			b := newMutableTree(g, newScale(g.lg), a)
			b.plant(start)
			same := func(step string) {
				require.InDelta(t, appraise(g, b.tree(), a), b.total(), 0.02, "seed %d: %s", seed, step)
			}
			same("plant")
			before := b.total()
			x := newAnnealer(b, newRNG(seed))
			x.sweep(0.1)
			same("sweep") // legs and costs as the moves left them, not computed anew
			b.plant(start)
			x.run(context.Background(), cooling{from: 0.5, to: 20}, 3e4)
			require.LessOrEqual(t, b.total(), before+1e-9)
			newPolisher(b, 3+int(seed%8)).run(context.Background(), 1e6)
			same("polish")
		}
	}
}

func TestMovesAllocateNothing(t *testing.T) {
	g := tangle(rand.New(rand.NewPCG(1, 1)), 200, 300, 2)
	b := newMutableTree(g, newScale(g.lg), aim{write: math.Inf(-1)})
	start, _ := greedily(g, greedyScore{c: 1}, nil)
	b.plant(start)
	a := newAnnealer(b, newRNG(1))
	require.Zero(t, testing.AllocsPerRun(20, func() { a.sweep(3) }))
}

func TestEveryStartIsATree(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 9))
		g := tangle(r, 12+r.IntN(300), 10+r.IntN(400), 4)
		trees := map[string]tree{}
		plain := aim{write: math.Inf(-1)}
		for kind := range scoreKind(2) {
			trees["greedy"+string('0'+rune(kind))], _ = greedily(g, greedyScore{kind: kind, c: 1, heat: 0.3 * float64(seed%2)}, newRNG(seed))
		}
		trees["fill"], _ = eliminate(g, eliminationScore{fill: true, heat: 0.1}, newRNG(seed), 1e9)
		trees["union"], _ = eliminate(g, eliminationScore{}, newRNG(seed), 1e9)
		trees["cut"], _ = dissect(g, partitioning{slack: 0.1, leaf: 8, like: greedyScore{c: 1}}, plain, newRNG(seed))
		trees["sweep"], _ = sweep(g, newRNG(seed), 1e9)
		given, _ := sweep(g, newRNG(seed), 5)
		require.Nil(t, given)
		given, work := eliminate(g, eliminationScore{}, newRNG(seed), 50)
		require.Nil(t, given)
		require.Less(t, work, 1e5)
		red := reduce(g)
		rest, _ := greedily(red.kernel, greedyScore{c: 1}, nil)
		r0 := &race{orderSearch: newOrderSearch(context.Background(), &Network{}, OrderOptions{Objective: ByFlops})}
		trees["patched"] = r0.patch(g, trees["union"], 1e6)
		require.LessOrEqual(t, appraise(g, trees["patched"], plain), appraise(g, trees["union"], plain)+1e-9)
		trees["reduced"] = red.expand(rest, len(g.legs))
		for name, tr := range trees {
			require.Len(t, tr, len(g.legs)-1, "%s, seed %d", name, seed)
			used := make([]bool, 2*len(g.legs)-1)
			for k, p := range tr {
				for _, x := range p {
					require.False(t, used[x], "%s, seed %d", name, seed)
					require.Less(t, int(x), len(g.legs)+k)
					used[x] = true
				}
			}
		}
	}
}

// On a torus of 5×6×6 a front of two planes and an open row is all there need be: 2·30 + 12 indices of extent 2
// before a tensor is taken in, and the tensor's own six at most beside those that it closes.
func TestSweepsMoveAPlaneThroughATorus(t *testing.T) {
	net := &Network{Inputs: make([][]int32, 5*6*6)}
	at := func(x, y, z int) int { return (x%5*6+y%6)*6 + z%6 }
	for v := range net.Inputs {
		x, y, z := v/36, v/6%6, v%6
		for _, u := range []int{at(x+1, y, z), at(x, y+1, z), at(x, y, z+1)} {
			net.Inputs[v], net.Inputs[u] = append(net.Inputs[v], int32(len(net.Sizes))), append(net.Inputs[u], int32(len(net.Sizes)))
			net.Sizes = append(net.Sizes, 2)
		}
	}
	g, least := canonical(net), math.Inf(1)
	for seed := range uint64(8) {
		tr, work := sweep(g, newRNG(seed), 1e9)
		least = min(least, audit(g, tr).total())
		require.Less(t, work, 1e5)
	}
	require.Less(t, least, 82.0)
	greedy, _ := greedily(g, greedyScore{c: 1}, nil)
	require.Greater(t, audit(g, greedy).total(), 85.0)
}

func TestCutsOfTwoClustersAreThin(t *testing.T) {
	net := &Network{} // two rings with chords, joined by one index
	edge := func(a, b int) {
		i := int32(len(net.Sizes))
		net.Sizes = append(net.Sizes, 2)
		net.Inputs[a], net.Inputs[b] = append(net.Inputs[a], i), append(net.Inputs[b], i)
	}
	const half = 100
	net.Inputs = make([][]int32, 2*half)
	for v := range half {
		for _, d := range []int{1, 7, 23} {
			edge(v, (v+d)%half)
			edge(half+v, half+(v+d)%half)
		}
	}
	edge(3, half+50)
	side := newHypergraph(canonical(net)).bisect(newRNG(1), 0.05)
	for v := range half {
		require.Equal(t, side[0], side[v])
		require.Equal(t, 1-side[0], side[half+v])
	}
}

func TestReductionKeepsChainsOpen(t *testing.T) {
	// Matrices in a row are not multiplied before a vector comes: each is larger than its operands may cost.
	net := &Network{}
	for i := range int32(41) {
		net.Sizes = append(net.Sizes, 32)
		if i < 40 {
			net.Inputs = append(net.Inputs, []int32{i, i + 1})
		}
	}
	net.Inputs = append(net.Inputs, []int32{0}, []int32{40})
	red := reduce(canonical(net))
	worst := 0.0
	for _, f := range audit(canonical(net), red.expand(tree{}, 42)).flops {
		worst = max(worst, f)
	}
	require.LessOrEqual(t, worst, 10.0) // 32·32
}
