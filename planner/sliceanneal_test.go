package planner

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFactors(t *testing.T) {
	for e := int64(1); e < 3000; e++ {
		product := int64(1)
		for _, f := range factors(e) {
			product *= f
		}
		require.GreaterOrEqual(t, product, e)
		require.Less(t, product, 2*e, "%d as %v", e, factors(e))
	}
}

// carving is a random network and an annealer of its slices.
func carving(seed uint64) (*Network, *sliceAnnealer) {
	r := rand.New(rand.NewPCG(seed, 5))
	n := &Network{Inputs: make([][]int32, 8+r.IntN(30))}
	for i := range int32(20 + r.IntN(60)) {
		n.Sizes = append(n.Sizes, []float64{2, 2, 3, 4, 11}[r.IntN(5)])
		for range 2 + r.IntN(2) {
			at := r.IntN(len(n.Inputs))
			n.Inputs[at] = append(n.Inputs[at], i)
		}
	}
	start, _ := greedily(canonical(n), greedyScore{c: 1}, nil)
	s := newSliceGraph(n)
	return n, newSliceAnnealer(s, aim{write: math.Inf(-1)}, s.within(start), noCuts(n), newRNG(seed))
}

// factorNetwork is the network of a slice graph, and the cuts of its indices that are cut.
func factorNetwork(x *sliceAnnealer) (*Network, cuts) {
	n := &Network{Inputs: x.s.g.legs}
	for i, f := range x.s.factor {
		n.Sizes = append(n.Sizes, float64(f))
		if x.s.g.open[i] {
			n.Output = append(n.Output, int32(i))
		}
	}
	c := noCuts(n)
	for _, i := range x.loops {
		c[i] = x.s.factor[i]
	}
	return n, c
}

// TestCarversCountAsNestsDo compares costs, after moves and changes of cuts, with those of the nest of loops where
// all is kept that slices share, and with those of slices that share nothing.
func TestCarversCountAsNestsDo(t *testing.T) {
	cut := 0
	for seed := range uint64(40) {
		n, x := carving(seed)
		if x.b.n < 3 {
			continue
		}
		x.restrain(5, 2)
		for range 6 {
			x.shift(2)
			x.sweep(0.3)
		}
		cut += len(x.loops)
		whole := x.s.whole(x.b.tree())
		require.Len(t, whole, len(n.Inputs)-1)
		require.Equal(t, x.b.tree(), x.s.within(whole), "seed %d", seed)
		factored, c := factorNetwork(x)
		g, _ := factored.cut(c)
		apart := audit(g, x.b.tree()).total() + c.slices()
		x.limit, x.most = math.Inf(1), math.Inf(-1)
		x.refresh()
		require.InDelta(t, apart, x.b.total(), 1e-6, "seed %d: nothing is kept", seed)
		x.most = math.Inf(1)
		x.refresh()
		nest := factored.newNest(x.b.tree(), c, math.Inf(1)).flops
		require.GreaterOrEqual(t, x.b.total(), nest-0.3, "seed %d", seed)
		require.LessOrEqual(t, x.b.total(), apart+1e-6, "seed %d", seed)
		if len(x.loops) < 2 {
			require.InDelta(t, nest, x.b.total(), 1e-6, "seed %d", seed)
		}
	}
	require.Greater(t, cut, 40)
}

// restrained calls f with carvers of networks that have steps to move, under a limit.
func restrained(f func(x *sliceAnnealer)) {
	for seed := range uint64(40) {
		if _, x := carving(seed); x.b.n >= 3 {
			x.restrain(6, 2)
			f(x)
		}
	}
}

// TestMovesOfCarversStayRight compares what moves leave with what is computed anew.
func TestMovesOfCarversStayRight(t *testing.T) {
	restrained(func(x *sliceAnnealer) {
		for range 4 {
			x.shift(3)
		}
		for range 3 {
			x.sweep(0.5)
		}
		rows, dep := slices.Clone(x.b.legs), slices.Clone(x.dep)
		x.order = x.b.order(x.order)
		x.b.refresh()
		x.depend()
		require.Equal(t, rows, x.b.legs)
		require.Equal(t, dep, x.dep)
	})
}

func TestMovesOfCarversAllocateNothing(t *testing.T) {
	_, x := carving(3)
	x.restrain(6, 2)
	x.shift(2)
	require.Zero(t, testing.AllocsPerRun(20, func() { x.sweep(3) }))
}

// TestCarvingFits carves a closed lattice whose results are far too large: they fit then, and cost little more.
func TestCarvingFits(t *testing.T) {
	const side = 7
	n := &Network{Inputs: make([][]int32, side*side)}
	for v := range side * side {
		row, col := v/side, v%side
		for _, to := range [2]int{row*side + (col+1)%side, (row+1)%side*side + col} {
			i := int32(len(n.Sizes))
			n.Sizes = append(n.Sizes, 2)
			n.Inputs[v], n.Inputs[to] = append(n.Inputs[v], i), append(n.Inputs[to], i)
		}
	}
	start, _ := greedily(canonical(n), greedyScore{c: 1}, nil)
	s := newSliceGraph(n)
	x := newSliceAnnealer(s, aim{write: math.Inf(-1)}, s.within(start), noCuts(n), newRNG(1))
	before := x.b.total()
	x.restrain(10, 3)
	require.True(t, x.over)
	x.run(context.Background(), cooling{from: 3, to: 20}, 3e6)
	require.False(t, x.over)
	require.NotEmpty(t, x.loops)
	require.Less(t, x.b.total(), before+3.5)
	require.ElementsMatch(t, x.loops, s.leftOut(s.parts(x.cut)))
}

// TestCutsChangeWhatIsComputedAnew compares what cutting an index and taking that back leave with what is computed anew.
func TestCutsChangeWhatIsComputedAnew(t *testing.T) {
	restrained(func(x *sliceAnnealer) {
		for range 12 {
			x.sweep(1)
			x.shift(3)
		}
		rows, size, pure, cost := slices.Clone(x.b.legs), slices.Clone(x.b.size), slices.Clone(x.pure), slices.Clone(x.b.cost)
		x.refill()
		require.Equal(t, rows, x.b.legs)
		require.Equal(t, size, x.b.size)
		require.Equal(t, pure, x.pure)
		x.depend()
		x.descend()
		require.Equal(t, cost, x.b.cost)
	})
}

// TestCarversNeedNoMoreThanNests compares what carvers take steps to need, where all is kept that slices share, with the
// peak of a nest of the same loops: no step may be refused that fits.
func TestCarversNeedNoMoreThanNests(t *testing.T) {
	const limit, usable = 30, 0.985
	tight := 0
	for seed := range uint64(40) {
		_, x := carving(seed)
		if x.b.n < 3 {
			continue
		}
		clear(x.s.results) // nests take tensors to be there already
		x.restrain(6, 0)
		for range 8 {
			x.shift(2)
			x.sweep(0.3)
		}
		x.restrain(limit, 0)
		need, loops, depth := 0.0, []Slice{}, []int{}
		for _, i := range x.loops {
			loops = append(loops, Slice{i, x.s.factor[i]})
		}
		for k := len(x.order) - 1; k >= 0; k-- {
			v, d := x.order[k], x.depth[x.order[k]]
			kept := usable*math.Exp2(limit) - math.Exp2(x.room[d])
			live := elements(x.b.size[v]) + elements(x.held(x.b.left[v], d)) + elements(x.held(x.b.right[v], d))
			need, depth = max(need, kept+live), append(depth, int(d))
		}
		factored, c := factorNetwork(x)
		g, _ := factored.cut(c)
		peak := sortNest(g, x.b.tree(), audit(g, x.b.tree()), loops, depth).peak
		require.LessOrEqual(t, need, peak*(1+1e-9)+0.01, "seed %d", seed)
		if need > peak-0.5 {
			tight++
		}
	}
	require.Greater(t, tight, 10)
}

// impatient is a context that ends once it was looked at so often.
type impatient struct {
	context.Context
	looks int
}

func (c *impatient) Err() error {
	if c.looks--; c.looks < 0 {
		return context.Canceled
	}
	return nil
}

// Of more work than can be counted, some is done until the context ends.
func TestAnnealingWithoutEnd(t *testing.T) {
	const units, looks = 1e40, 20
	_, x := carving(3)
	x.run(&impatient{t.Context(), looks}, cooling{from: 2, to: 10}, units)
	require.InDelta(t, looks*x.sweepUnits(), x.work, 1e-6*x.work)
	b := newMutableTree(x.b.g, x.b.s, aim{write: math.Inf(-1)})
	start, _ := greedily(x.b.g, greedyScore{c: 1}, nil)
	b.plant(start)
	a := newAnnealer(b, newRNG(1))
	a.run(&impatient{t.Context(), looks}, cooling{from: 2, to: 10}, units)
	require.InDelta(t, looks*moveUnits(b.s.words)*float64(b.n-1), a.work, 1e-6*a.work)
}
