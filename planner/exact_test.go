package planner

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// randomNetwork has n factors with hyperedges and open indices, and no private sums.
func randomNetwork(r *rand.Rand, n int) (*draft, *network) {
	p := &parser.Problem{}
	factors := make([][]parser.IndexID, n)
	var open []parser.IndexID
	for i := range parser.IndexID(2 + r.IntN(7)) {
		p.Indices = append(p.Indices, parser.Index{Name: fmt.Sprint("i", i), Extent: []int{1, 2, 3, 7, 40, 300}[r.IntN(6)]})
		holders := r.Perm(n)[:min(n, 1+r.IntN(3))]
		for _, f := range holders {
			factors[f] = append(factors[f], i)
		}
		if len(holders) == 1 || r.IntN(4) == 0 {
			open = append(open, i)
		}
	}
	target := cost.Target{VectorBytes: 32, Registers: 16, FMA: true, L1: 32 << 10, L2: 512 << 10, L3: 32 << 20, Workers: 2}
	d := &draft{ctx: context.Background(), p: p, opts: Options{Target: target}}
	return d, newNetwork(d, tensor.F32, factors, open)
}

// nanosOf adds up a tree's steps from their index sets.
func nanosOf(n *network, t tree) float64 {
	all := n.results(t)
	sum := 0.0
	for i, p := range t {
		w := n.work(all[p[0]], all[p[1]], all[len(n.legs)+i])
		sum += n.model.Nanos(&w)
	}
	return sum
}

// everyTree calls f with every order of the n factors: all pairs of what is left, again and again.
func everyTree(n int, f func(tree)) {
	var walk func(left []int32, t tree)
	walk = func(left []int32, t tree) {
		if len(left) == 1 {
			f(t)
			return
		}
		for i := range left {
			for j := i + 1; j < len(left); j++ {
				rest := slices.Delete(slices.Delete(slices.Clone(left), j, j+1), i, i+1)
				walk(append(rest, int32(n+len(t))), append(slices.Clone(t), [2]int32{left[i], left[j]}))
			}
		}
	}
	first := make([]int32, n)
	for i := range first {
		first[i] = int32(i)
	}
	walk(first, nil)
}

func TestExactEqualsBruteForce(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 4))
		operands := 2 + r.IntN(3)
		switch { // of which every order is looked at
		case seed%200 == 0:
			operands = 6
		case seed%20 == 0:
			operands = 5
		}
		d, n := randomNetwork(r, operands)
		best := -1.0
		everyTree(len(n.legs), func(t tree) {
			if c := nanosOf(n, t); best < 0 || c < best {
				best = c
			}
		})
		found, err := d.exact(n)
		require.NoError(t, err)
		require.Len(t, found, len(n.legs)-1)
		require.InEpsilon(t, best, nanosOf(n, found), 1e-9, "seed %d", seed)
	}
}

// What the last step takes at least bounds what sets may cost, but hides no tree that is about as good as the best.
func TestLastStepHidesNoTies(t *testing.T) {
	bound := 0
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 6))
		d, n := randomNetwork(r, 3+r.IntN(4))
		best, err := d.exact(n)
		require.NoError(t, err)
		ties, s, full := d.ties(n), &d.subsets, uint32(1)<<len(n.legs)-1
		if s.last > 0 {
			bound++
		}
		s.last = 0
		for set := range full + 1 {
			if set&(set-1) != 0 {
				s.search(set, full)
			}
		}
		require.Equal(t, best, readTree(s.split, full, nil), "seed %d", seed)
		require.Equal(t, ties, d.ties(n), "seed %d", seed)
	}
	require.Greater(t, bound, 300)
}

func TestGreedyIsNoBetterThanExact(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 5))
		d, n := randomNetwork(r, 2+r.IntN(7))
		exact, err := d.exact(n)
		require.NoError(t, err)
		greedy, _ := greedily(newOrderSearch(context.Background(), n.network(), OrderOptions{}).g, greedyScore{c: 1}, nil)
		require.Len(t, greedy, len(n.legs)-1)
		require.LessOrEqual(t, nanosOf(n, exact), nanosOf(n, greedy)*(1+1e-9), "seed %d", seed)
	}
}

func TestExactMakesOuterProducts(t *testing.T) {
	// Two vectors meet before the large tensor: i,j,ijk->k over 2×2×10^6.
	p := &parser.Problem{Indices: []parser.Index{{Name: "i", Extent: 2}, {Name: "j", Extent: 2}, {Name: "k", Extent: 1e6}}}
	d := &draft{ctx: context.Background(), p: p, opts: Options{Target: cost.Target{VectorBytes: 32, FMA: true}}}
	found, err := d.exact(newNetwork(d, tensor.F64, [][]parser.IndexID{{0}, {1}, {0, 1, 2}}, []parser.IndexID{2}))
	require.NoError(t, err)
	require.Equal(t, tree{{0, 1}, {2, 3}}, found)
}

func TestArenaReusesSpace(t *testing.T) {
	// A row of steps, each reading the one before: two temporaries live at a time.
	p := &Plan{Workers: 1, Problem: &parser.Problem{}}
	for i := range 6 {
		p.Buffers = append(p.Buffers, Buffer{Kind: Temp, Bytes: int64(100 + i)})
		s := Step{Out: Ref{Buffer: i}, Old: -1}
		if i > 0 {
			s.Inputs = []Ref{{Buffer: i - 1}}
		}
		p.Steps = append(p.Steps, s)
	}
	p.lifetimes()
	p.layOut()
	require.EqualValues(t, 256, p.Arena)
	for i, b := range p.Buffers {
		require.EqualValues(t, i%2*128, b.Offset)
	}
	p.Buffers[3].Bytes = maxBytes
	p.layOut()
	require.True(t, p.vast())
}

func TestLightBranchesWait(t *testing.T) {
	// (0·1)·(2·3): 2 and 3 are large temporaries that shrink to one element, 0·1 is of middle size. It
	// must not lie about while the large ones live.
	leaf := func(size float64, own bool, i int32) vertex {
		return vertex{left: -1, right: -1, own: own, into: i, size: size}
	}
	s := &schedule{root: 6, v: []vertex{leaf(9, false, 0), leaf(9, false, 1), leaf(1000, true, 2), leaf(1000, true, 3),
		{left: 0, right: 1, into: 4, size: 100}, {left: 2, right: 3, into: 5, size: 1}, {left: 4, right: 5, into: 6, size: 1}}}
	require.Equal(t, []int32{2, 3, 5, 4, 6}, s.order())
	require.Equal(t, 2001.0, s.v[6].peak)
}

func TestGreedyFreesMemoryFirst(t *testing.T) {
	p := &parser.Problem{Indices: []parser.Index{{Extent: 2}, {Extent: 2}, {Extent: 1000}, {Extent: 1000}}}
	d := &draft{ctx: context.Background(), p: p}
	factors := [][]parser.IndexID{{0, 1}, {1}, {2, 3}, {3}}
	found, _ := greedily(newOrderSearch(context.Background(), newNetwork(d, tensor.F64, factors, []parser.IndexID{0, 2}).network(), OrderOptions{}).g, greedyScore{c: 1}, nil)
	require.Equal(t, tree{{2, 3}, {0, 1}, {4, 5}}, found)
}

func TestGreedyBreaksTiesByWork(t *testing.T) {
	// A matrix chain that ends in a vector is taken from the vector's end.
	const n = 12
	p := &parser.Problem{}
	var factors [][]parser.IndexID
	for i := range parser.IndexID(n + 1) {
		p.Indices = append(p.Indices, parser.Index{Name: fmt.Sprint("i", i), Extent: 50})
		if i < n {
			factors = append(factors, []parser.IndexID{i, i + 1})
		}
	}
	factors = append(factors, []parser.IndexID{n})
	d := &draft{ctx: context.Background(), p: p}
	net := newNetwork(d, tensor.F64, factors, []parser.IndexID{0})
	found, _ := greedily(newOrderSearch(context.Background(), net.network(), OrderOptions{}).g, greedyScore{c: 1}, nil)
	for _, legs := range net.results(found)[n+1:] {
		require.Len(t, legs, 1)
	}
}

func TestRetimedTreesTakeNoLonger(t *testing.T) {
	best := 0
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 6))
		d, n := randomNetwork(r, 3+r.IntN(retimeParts-2))
		h := newOrderSearch(context.Background(), n.network(), OrderOptions{Type: n.dtype, Target: d.opts.Target})
		g := n.graph()
		greedy, _ := greedily(g, greedyScore{c: 1}, nil)
		found := (&race{orderSearch: h}).retime(g, greedy, 1e9)
		require.Len(t, found.tree, len(n.legs)-1)
		require.InEpsilon(t, nanosOf(n, found.tree), found.score, 1e-9)
		require.LessOrEqual(t, found.score, nanosOf(n, greedy)*(1+1e-9), "seed %d", seed)
		exact, err := d.exact(n)
		require.NoError(t, err)
		if found.score < nanosOf(n, exact)*(1+1e-6) {
			best++
		}
	}
	require.Greater(t, best, 190) // a piece below a cheap top may be left alone
}
