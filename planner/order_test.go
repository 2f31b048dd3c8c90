package planner_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// audited is what a path costs by the definition, with sets of indices in maps.
type audited struct{ flops, largest, peak float64 }

// recost evaluates a path with no help from the planner's own bookkeeping. An index leaves when
// neither the output nor a living tensor has it.
func recost(t *testing.T, n *planner.Network, path [][2]int) audited {
	live := map[int]map[int32]bool{}
	count := map[int32]int{}
	open := map[int32]bool{}
	for _, i := range n.Output {
		open[i] = true
	}
	for k, legs := range n.Inputs {
		live[k] = map[int32]bool{}
		for _, i := range legs {
			if !live[k][i] {
				live[k][i] = true
				count[i]++
			}
		}
	}
	for _, legs := range live {
		for i := range legs {
			if count[i] == 1 && !open[i] {
				delete(legs, i)
			}
		}
	}
	var a audited
	sizes, held := map[int]float64{}, 0.0
	for k, p := range path {
		x, y := live[p[0]], live[p[1]]
		require.True(t, x != nil && y != nil && p[0] < p[1], "pair %d, %v", k, p)
		union, keep, flops, size := map[int32]bool{}, map[int32]bool{}, 1.0, 1.0
		for _, legs := range []map[int32]bool{x, y} {
			for i := range legs {
				union[i] = true
				count[i]--
			}
		}
		for i := range union {
			flops *= n.Sizes[i]
			if count[i] > 0 || open[i] {
				keep[i] = true
				count[i]++
				size *= n.Sizes[i]
			}
		}
		held += size
		a.flops, a.largest, a.peak = a.flops+flops, max(a.largest, size), max(a.peak, held)
		held -= sizes[p[0]] + sizes[p[1]]
		delete(live, p[0])
		delete(live, p[1])
		live[len(n.Inputs)+k], sizes[len(n.Inputs)+k] = keep, size
	}
	require.Len(t, live, min(len(n.Inputs), 1))
	return a
}

// agree holds an unsliced order against recost.
func agree(t *testing.T, n *planner.Network, o *planner.Order, msg ...any) {
	require.Len(t, o.Path, max(len(n.Inputs)-1, 0), msg...)
	a := recost(t, n, o.Path)
	if len(o.Path) == 0 {
		return
	}
	require.InDelta(t, math.Log10(a.flops), o.Log10Flops, 1e-6, msg...)
	require.InDelta(t, math.Log2(a.largest), o.Log2Size, 1e-6, msg...)
	require.InEpsilon(t, 8*a.peak, o.PeakBytes, 1e-9, msg...)
}

// randomNet has n operands, hyperedges, repeats within operands, scalars, extents of 1 and several
// components now and then.
func randomNet(r *rand.Rand, n, indices, most int) *planner.Network {
	net := &planner.Network{Inputs: make([][]int32, n)}
	used := map[int32]bool{}
	for range indices {
		net.Sizes = append(net.Sizes, float64(1+r.IntN(most)))
	}
	for t := range net.Inputs {
		for range r.IntN(5) {
			i := int32(r.IntN(indices))
			net.Inputs[t], used[i] = append(net.Inputs[t], i), true
		}
	}
	for i := range int32(indices) {
		if used[i] && r.IntN(5) == 0 {
			net.Output = append(net.Output, i)
		}
	}
	return net
}

func order(t *testing.T, n *planner.Network, o planner.OrderOptions) *planner.Order {
	if o.Objective == "" {
		o.Objective = planner.ByFlops
	}
	found, err := planner.OrderNetwork(context.Background(), n, o)
	require.NoError(t, err)
	return found
}

// everyPath calls f with every order of n operands.
func everyPath(n int, f func([][2]int)) {
	var path [][2]int
	var rec func(live []int, next int)
	rec = func(live []int, next int) {
		if len(live) == 1 {
			f(path)
			return
		}
		for a := range live {
			for b := a + 1; b < len(live); b++ {
				rest := append(append(append(append([]int{}, live[:a]...), live[a+1:b]...), live[b+1:]...), next)
				path = append(path, [2]int{live[a], live[b]})
				rec(rest, next+1)
				path = path[:len(path)-1]
			}
		}
	}
	var all []int
	for i := range n {
		all = append(all, i)
	}
	rec(all, n)
}

func TestExactOrderIsTheBestOfAll(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		n := randomNet(r, 2+r.IntN(4), 1+r.IntN(7), 9)
		o := order(t, n, planner.OrderOptions{})
		require.Equal(t, "exact", o.Method)
		agree(t, n, o, "seed %d", seed)
		best := math.Inf(1)
		everyPath(len(n.Inputs), func(p [][2]int) { best = min(best, recost(t, n, p).flops) })
		require.InDelta(t, math.Log10(best), o.Log10Flops, 1e-9, "seed %d", seed)
		greedy := order(t, n, planner.OrderOptions{Method: "greedy"})
		agree(t, n, greedy, "seed %d", seed)
		require.GreaterOrEqual(t, greedy.Log10Flops, o.Log10Flops-1e-9)
	}
}

func TestSmallestLargestResult(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 2))
		n := randomNet(r, 2+r.IntN(4), 1+r.IntN(7), 9)
		o := order(t, n, planner.OrderOptions{Objective: planner.BySize})
		best := math.Inf(1)
		everyPath(len(n.Inputs), func(p [][2]int) { best = min(best, recost(t, n, p).largest) })
		require.Less(t, o.Log2Size, math.Log2(best)+1.5, "seed %d", seed) // sums of squares stand for the largest
	}
}

func TestOrdersAreRight(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 3))
		n := randomNet(r, 13+r.IntN(90), 5+r.IntN(120), 4)
		for _, by := range []planner.Objective{planner.ByFlops, planner.ByTime, planner.BySize} {
			o := order(t, n, planner.OrderOptions{Objective: by, Seed: seed, Budget: planner.Budget{Units: 2e5}, Target: target})
			require.Equal(t, "search", o.Method)
			agree(t, n, o, "seed %d, by %s", seed, by)
		}
	}
}

// The tree of a network that is reduced before it is searched is finished by several goroutines.
func TestFinishingDependsOnSeedAndUnitsAlone(t *testing.T) {
	n := randomNet(rand.New(rand.NewPCG(4, 4)), 200, 250, 3)
	opts := planner.OrderOptions{Objective: planner.ByFlops, Budget: planner.Budget{Units: 3e6}, Workers: 1}
	one := order(t, n, opts)
	for _, workers := range []int{2, 8} {
		opts.Workers = workers
		require.Equal(t, one, order(t, n, opts))
	}
}

func TestOrderDependsOnSeedAndUnitsAlone(t *testing.T) {
	n := randomNet(rand.New(rand.NewPCG(4, 4)), 90, 130, 3)
	opts := planner.OrderOptions{Seed: 7, Budget: planner.Budget{Units: 1e6}, Workers: 1}
	one := order(t, n, opts)
	limit := int64(one.PeakBytes / 8)
	opts.MaxMemory = limit
	sliced := order(t, n, opts)
	require.NotEmpty(t, sliced.Sliced)
	require.Equal(t, 1e6, sliced.Budget, "what fits it into memory is part of the budget")
	for _, workers := range []int{2, 8} {
		opts.Workers = workers
		opts.MaxMemory = 0
		require.Equal(t, one, order(t, n, opts))
		opts.MaxMemory = limit
		require.Equal(t, sliced, order(t, n, opts))
	}
}

// A budget of time states the units that find the same order again, in a few digits; nothing does if the clock
// ended the search.
func TestTimesBecomeUnits(t *testing.T) {
	n := randomNet(rand.New(rand.NewPCG(4, 4)), 90, 130, 3)
	opts := planner.OrderOptions{Seed: 7, Budget: planner.Budget{Time: 100 * time.Millisecond}}
	timed := order(t, n, opts)
	for ; timed.Stopped() && opts.Budget.Time < time.Minute; timed = order(t, n, opts) {
		opts.Budget.Time *= 2 // the machine is busy
	}
	if timed.Stopped() {
		t.Skip("the clock ends every search on this machine")
	}
	agree(t, n, timed)
	printed, err := planner.ParseBudget(fmt.Sprintf("%.4gu", timed.Budget))
	require.NoError(t, err)
	opts.Budget = printed
	require.Equal(t, timed, order(t, n, opts))
}

// So does the budget that suits a network's size.
func TestUsualBudgetsAreShort(t *testing.T) {
	n := randomNet(rand.New(rand.NewPCG(4, 4)), 90, 130, 3)
	for _, method := range []string{"auto", "best"} {
		o := planner.OrderOptions{Method: method, Objective: planner.ByFlops}
		usual := order(t, n, o)
		printed, err := planner.ParseBudget(fmt.Sprintf("%.4gu", usual.Budget))
		require.NoError(t, err)
		require.Equal(t, usual.Budget, printed.Units)
		if method == "auto" {
			o.Budget = printed
			require.Equal(t, usual, order(t, n, o))
		}
	}
}

// The best that is reported never gets worse, though the rest of a large budget begins anew.
func TestProgressOnlyImproves(t *testing.T) {
	n := randomNet(rand.New(rand.NewPCG(5, 5)), 60, 90, 3)
	best, reports := math.Inf(1), 0
	order(t, n, planner.OrderOptions{Budget: planner.Budget{Units: 2e7}, Progress: func(p planner.Progress) {
		require.LessOrEqual(t, p.Best, best)
		best = p.Best
		reports++
	}})
	require.Greater(t, reports, 10)
}

func TestCancelKeepsTheBest(t *testing.T) {
	n := randomNet(rand.New(rand.NewPCG(5, 5)), 200, 300, 3)
	ctx, cancel := context.WithCancel(context.Background())
	seen := 0
	o, err := planner.OrderNetwork(ctx, n, planner.OrderOptions{Budget: planner.Budget{Units: 1e12}, Objective: planner.ByFlops,
		Progress: func(p planner.Progress) {
			seen++
			cancel()
		}})
	require.NoError(t, err)
	require.Positive(t, seen)
	require.True(t, o.Stopped())
	require.Zero(t, o.Budget)
	agree(t, n, o)
	_, err = planner.OrderNetwork(ctx, n, planner.OrderOptions{})
	require.ErrorIs(t, err, context.Canceled)
}

// known is a network of testdata with the fewest multiply-adds that anybody has found.
type known struct {
	Name   string    `json:"name"`
	Best   float64   `json:"best"`
	Inputs [][]int32 `json:"inputs"`
	Output []int32   `json:"output"`
	Sizes  []float64 `json:"sizes"`
}

func knownNetworks(t *testing.T) []known {
	f, err := os.Open("testdata/networks.jsonl")
	require.NoError(t, err)
	defer f.Close()
	var all []known
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var k known
		require.NoError(t, json.Unmarshal(lines.Bytes(), &k))
		all = append(all, k)
	}
	require.NotEmpty(t, all)
	return all
}

func TestKnownNetworks(t *testing.T) {
	for _, k := range knownNetworks(t) {
		n := &planner.Network{Inputs: k.Inputs, Output: k.Output, Sizes: k.Sizes}
		o := order(t, n, planner.OrderOptions{Budget: planner.Budget{Units: 8e6 + 2e4*float64(len(n.Inputs))}})
		agree(t, n, o, k.Name)
		require.Less(t, o.Log10Flops, k.Best+0.2, k.Name)
		greedy := order(t, n, planner.OrderOptions{Method: "greedy"})
		agree(t, n, greedy, k.Name)
		require.LessOrEqual(t, o.Log10Flops, greedy.Log10Flops+1e-9, k.Name)
	}
}

// cutSizes is the network of one slice.
func cutSizes(n *planner.Network, o *planner.Order) *planner.Network {
	c := &planner.Network{Inputs: n.Inputs, Output: n.Output, Sizes: slices.Clone(n.Sizes)}
	for _, s := range o.Sliced {
		c.Sizes[s.Index] = math.Ceil(c.Sizes[s.Index] / float64(s.Parts))
	}
	return c
}

// recountsAsWritten demands that a file of an order counts the time and the memory that it says, whatever it says of
// multiply-adds.
func recountsAsWritten(t *testing.T, n *planner.Network, o *planner.Order) {
	target := cost.Target{Arch: "amd64", VectorBytes: 32, Registers: 16, FMA: true, L1: 32 << 10, L2: 256 << 10, L3: 2 << 20, Workers: 1}
	r, err := planner.NewReport(n, o, nil, target, tensor.F64)
	require.NoError(t, err)
	f := planner.NewFile(r, "", target)
	if f.Flops != nil {
		*f.Flops -= 1
	}
	again, err := f.Report()
	require.NoError(t, err)
	require.InEpsilon(t, f.Nanos+1, again.Nanos+1, 1e-9)
	require.InEpsilon(t, f.PeakBytes+1, 8*math.Exp2(again.Peak)+1, 1e-9)
}

// Where an extent is 0, results with that index have no elements, and others have theirs.
func TestOrderOfNothing(t *testing.T) {
	for _, c := range []struct {
		inputs       [][]int32
		output       []int32
		peak, log2sz float64
	}{
		{[][]int32{{0, 1}, {1, 2}}, []int32{0, 2}, 0, math.Inf(-1)},
		{[][]int32{{0, 1}, {1, 2}, {2, 3}}, []int32{1, 3}, 8 * (3*4 + 3*5), math.Log2(3 * 5)},
	} {
		n := &planner.Network{Inputs: c.inputs, Output: c.output, Sizes: []float64{0, 3, 4, 5}}
		o := order(t, n, planner.OrderOptions{})
		require.Equal(t, c.peak, math.Round(o.PeakBytes), "%v", c.inputs)
		require.Equal(t, c.log2sz, o.Log2Size)
		require.True(t, math.IsInf(o.Log10Flops, -1))
		recountsAsWritten(t, n, o)
	}
}

func TestSlicesFitTheLimit(t *testing.T) {
	cutSomething := 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 6))
		n := randomNet(r, 3+r.IntN(30), 5+r.IntN(30), 12)
		whole := order(t, n, planner.OrderOptions{Budget: planner.Budget{Units: 2e5}})
		limit := int64(whole.PeakBytes/float64(int(2)<<r.IntN(6))) + 64
		o := order(t, n, planner.OrderOptions{Budget: planner.Budget{Units: 2e5}, MaxMemory: limit})
		require.LessOrEqual(t, o.PeakBytes, float64(limit), "seed %d", seed)
		slices := 1.0
		for _, s := range o.Sliced {
			require.Greater(t, s.Parts, int64(1))
			slices *= float64(s.Parts)
		}
		require.InEpsilon(t, slices, o.Slices, 1e-9)
		if len(o.Sliced) > 0 {
			cutSomething++
		}
		a := recost(t, cutSizes(n, o), o.Path)
		require.InDelta(t, math.Log2(a.largest), o.Log2Size, 1e-6)
		require.LessOrEqual(t, o.Log10Flops, math.Log10(a.flops*slices)+1e-6, "what slices share is done once")
		require.LessOrEqual(t, 8*a.peak, o.PeakBytes*(1+1e-9))
		recountsAsWritten(t, n, o)
		for k, p := range o.Path {
			for _, x := range p {
				if x >= len(n.Inputs) {
					require.LessOrEqual(t, o.Depth[x-len(n.Inputs)], o.Depth[k])
				}
			}
		}
	}
	require.Greater(t, cutSomething, 15)
}

func TestLimitsThatNothingFits(t *testing.T) {
	n := &planner.Network{Inputs: [][]int32{{0, 1}, {1, 2}, {2, 3}}, Output: []int32{0, 3}, Sizes: []float64{50, 60, 70, 80}}
	_, err := planner.OrderNetwork(context.Background(), n, planner.OrderOptions{MaxMemory: 7})
	var e *planner.InfeasibleError
	require.ErrorAs(t, err, &e)
	require.ErrorContains(t, err, fmt.Sprintf("a limit of %d bytes is known to be enough", e.Least))
	o := order(t, n, planner.OrderOptions{MaxMemory: e.Least})
	require.LessOrEqual(t, o.PeakBytes, float64(e.Least))
	// A part of an extent is enough: 200 rows are cut into pieces, not into rows.
	n = &planner.Network{Inputs: [][]int32{{0, 1}, {1, 2}, {2}}, Output: nil, Sizes: []float64{200, 10, 10}}
	n.Inputs[0], n.Output = []int32{0, 1}, []int32{0}
	o = order(t, n, planner.OrderOptions{MaxMemory: 1000})
	require.LessOrEqual(t, o.Slices, 4.0)
}

func TestBudgets(t *testing.T) {
	for text, want := range map[string]planner.Budget{"": {}, "5e8u": {Units: 5e8}, "10s": {Time: 10 * time.Second}, "300ms": {Time: 300 * time.Millisecond}} {
		b, err := planner.ParseBudget(text)
		require.NoError(t, err)
		require.Equal(t, want, b)
	}
	for _, text := range []string{"10", "-3s", "0u", "infu", "nanu", "u", "x"} {
		_, err := planner.ParseBudget(text)
		require.ErrorContains(t, err, "use a time such as 10s, or units of work such as 5e8u", text)
	}
}
