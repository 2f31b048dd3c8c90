package planner_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/planner"
)

// net reads an equation; extents are of its letters, in the order in which they are first met, the last
// one for all that follow.
func net(equation string, extents ...float64) *planner.Network {
	left, right, _ := strings.Cut(equation, "->")
	number := map[rune]int32{}
	n := &planner.Network{}
	for _, term := range strings.Split(left, ",") {
		legs := []int32{}
		for _, c := range term {
			if _, ok := number[c]; !ok {
				number[c] = int32(len(number))
				n.Sizes = append(n.Sizes, extents[min(len(n.Sizes), len(extents)-1)])
			}
			legs = append(legs, number[c])
		}
		n.Inputs = append(n.Inputs, legs)
	}
	for _, c := range right {
		n.Output = append(n.Output, number[c])
	}
	return n
}

// These networks have been planned wrongly, slowly or not at all by other programs.

func TestHyperedgesAndOuterProducts(t *testing.T) {
	for equation, extents := range map[string][]float64{
		"ab,ab,abc,c->":          {10, 10, 100},        // what a pair leaves depends on who else has its indices
		"bgk,bkd,bk->bgd":        {2, 50, 20, 30},      // the vector meets the smaller tensor
		"i,j,ijk->k":             {2, 2, 1e6},          // an outer product first
		"a,b,ab,abc,bd->d":       {3, 4, 1000, 2},      // and with a hyperedge
		"abab,aab,cb->ca":        {4, 5, 6},            // diagonals
		"ab,bc,b,bd->acd":        {5, 7, 9, 2},         // b stays until its last tensor comes
		"ab,ab,ba,c,ca->b":       {30, 40, 50},         // equal sets of indices
		"aij,bij,ak,bk->":        {200, 3, 3, 150, 40}, // parallel indices
		"nm,mf,fo->no":           {1000, 10, 1000, 10}, // a chain that greedy orders take from the wrong end
		"abc,cde,bdfg,a,e->afeg": {128, 4, 128, 4, 128, 4, 4},
	} {
		n := net(equation, extents...)
		o := order(t, n, planner.OrderOptions{})
		agree(t, n, o, equation)
		best := math.Inf(1)
		everyPath(len(n.Inputs), func(p [][2]int) { best = min(best, recost(t, n, p).flops) })
		require.InDelta(t, math.Log10(best), o.Log10Flops, 1e-9, equation)
	}
	n := net("bgk,bkd,bk->bgd", 2, 50, 20, 30)
	require.InDelta(t, math.Log10(2*20*30+2*50*20*30), order(t, n, planner.OrderOptions{}).Log10Flops, 1e-9)
}

func TestTenTinyOperands(t *testing.T) {
	n := net("ab,bc,cd,de,ef,fg,gh,hi,ij,ja->", 2)
	o := order(t, n, planner.OrderOptions{})
	require.Equal(t, "exact", o.Method)
	require.Less(t, o.Work, 1e5) // units of ten nanoseconds
	agree(t, n, o)
}

func TestScalarsAndComponents(t *testing.T) {
	for _, e := range []string{",->", ",,,->", "a,->a", "a,b,,c->", "a,a,b,b,,->", "ab,bc,de,ef,,gg,h,h,hi->acdf", "a,,,,,,,,,,,,,,->a", ",,,,,,,,,,,,->"} {
		n := net(e, 3)
		agree(t, n, order(t, n, planner.OrderOptions{}), e)
		agree(t, n, order(t, n, planner.OrderOptions{Objective: planner.ByTime, Target: target}), e)
	}
	many := &planner.Network{}
	for i := range int32(6000) { // scalars, pairs and repeats
		many.Sizes = append(many.Sizes, 2)
		many.Inputs = append(many.Inputs, []int32{i}, []int32{i, i}, nil)
	}
	agree(t, many, order(t, many, planner.OrderOptions{}))
}

func TestNothingAndOneOperand(t *testing.T) {
	for _, n := range []*planner.Network{{}, net("ab->a", 3), net("->", 1), net("aa->", 5), net("ab->ba", 2)} {
		o := order(t, n, planner.OrderOptions{MaxMemory: 1})
		require.Empty(t, o.Path)
		require.Equal(t, math.Inf(-1), o.Log10Flops)
		require.Zero(t, o.PeakBytes)
	}
}

func TestExtents(t *testing.T) {
	n := net("ab,bc,cd->ad", 3, 0, 4, 5) // log(0) is nobody's score
	o := order(t, n, planner.OrderOptions{})
	require.Len(t, o.Path, 2)
	require.Equal(t, math.Inf(-1), o.Log10Flops)
	require.Zero(t, o.Nanos)
	order(t, n, planner.OrderOptions{Method: "greedy", MaxMemory: 1 << 20})

	one := &planner.Network{Sizes: []float64{1, 2}} // an index of extent 1 that all have ties nothing together
	for range 200 {
		one.Inputs = append(one.Inputs, []int32{0})
	}
	one.Inputs[7], one.Inputs[90] = []int32{0, 1}, []int32{1, 0}
	o = order(t, one, planner.OrderOptions{})
	agree(t, one, o)
	require.InDelta(t, math.Log10(198+2), o.Log10Flops, 0.01)

	huge := &planner.Network{} // 2^4600 elements: beyond floats
	for i := range int32(100) {
		huge.Sizes = append(huge.Sizes, 1<<46)
		huge.Inputs = append(huge.Inputs, []int32{i, (i + 1) % 100})
		huge.Output = append(huge.Output, i)
	}
	for _, count := range []int{4, 9, 100} {
		part := &planner.Network{Inputs: huge.Inputs[:count], Sizes: huge.Sizes}
		for i := range count {
			part.Output = append(part.Output, int32(i))
		}
		for _, by := range []planner.Objective{planner.ByFlops, planner.ByTime, planner.BySize} {
			o = order(t, part, planner.OrderOptions{Objective: by, Budget: planner.Budget{Units: 1e5}, Target: target})
			require.Len(t, o.Path, count-1)
			require.Greater(t, o.Log10Flops, 46*float64(count)*math.Log10(2)-1e-6)
			require.False(t, math.IsNaN(o.Log10Flops) || math.IsInf(o.Log10Flops, 0))
		}
	}
}

func TestManyIndicesAndRanks(t *testing.T) {
	rank := &planner.Network{Inputs: [][]int32{{}, {}, {}}} // 80 labels on an operand
	for i := range int32(80) {
		rank.Sizes = append(rank.Sizes, 2)
		rank.Inputs[i%2], rank.Inputs[2] = append(rank.Inputs[i%2], i), append(rank.Inputs[2], i)
	}
	agree(t, rank, order(t, rank, planner.OrderOptions{}))
	wide := &planner.Network{} // more indices than 16 bits number
	for i := range int32(70000) {
		wide.Sizes = append(wide.Sizes, 2)
		wide.Inputs = append(wide.Inputs, []int32{i, (i + 1) % 70000})
	}
	o := order(t, wide, planner.OrderOptions{Method: "greedy"})
	require.Len(t, o.Path, 69999)
	require.Less(t, o.Log10Flops, 6.0)
}

func TestLimitIsKeptWhateverTheObjective(t *testing.T) {
	// Others ignore the limit, hang, fail on a mix of objective and slices, or leave steps of many operands.
	n := net("abc,bde,cdf,aeg,fgh,hab->ah", 12)
	for _, by := range []planner.Objective{planner.ByFlops, planner.ByTime, planner.BySize} {
		for _, method := range []string{"auto", "greedy", "best", "exact"} {
			o := order(t, n, planner.OrderOptions{Method: method, Objective: by, MaxMemory: 2000, Target: target})
			require.LessOrEqual(t, o.PeakBytes, 2000.0)
			require.Len(t, o.Path, 5)
		}
	}
}

func TestBadNetworks(t *testing.T) {
	for text, n := range map[string]*planner.Network{
		"operand 1 has index 5, but there are extents for 0 to 1": {Inputs: [][]int32{{0}, {5}}, Sizes: []float64{2, 2}},
		"operand 0 has index -1":                                  {Inputs: [][]int32{{-1}}, Sizes: []float64{2}},
		"index 1 has extent -2":                                   {Inputs: [][]int32{{0, 1}}, Sizes: []float64{2, -2}},
		"index 0 has extent NaN":                                  {Inputs: [][]int32{{0}}, Sizes: []float64{math.NaN()}},
		"index 0 has extent 1.5":                                  {Inputs: [][]int32{{0}}, Sizes: []float64{1.5}},
		"the output has index 1, which no operand has":            {Inputs: [][]int32{{0}}, Output: []int32{1}, Sizes: []float64{2, 2}},
		"the output has index 0, which no operand has, or which it has twice": {Inputs: [][]int32{{0}}, Output: []int32{0, 0},
			Sizes: []float64{2}},
	} {
		_, err := planner.OrderNetwork(context.Background(), n, planner.OrderOptions{})
		require.ErrorContains(t, err, text)
	}
	fine := net("ab,bc->ac", 2)
	for text, o := range map[string]planner.OrderOptions{
		"use auto, exact, greedy, best":        {Method: "fast"},
		"use time, flops, size, write, combo":  {Objective: "speed"},
		"limits are numbers, and not negative": {MaxMemory: -1},
		"budgets and limits are numbers":       {Budget: planner.Budget{Units: math.NaN()}},
	} {
		_, err := planner.OrderNetwork(context.Background(), fine, o)
		require.ErrorContains(t, err, text)
	}
	_, err := planner.OrderNetwork(context.Background(), net("a,b,c,d,e,f,g,h,i,j,k,l,m->", 2), planner.OrderOptions{Method: "exact"})
	require.ErrorContains(t, err, "at most 12 factors, this one has 13")
}

func TestUnitsAreFinite(t *testing.T) {
	_, err := planner.OrderNetwork(context.Background(), net("ab,bc->ac", 2), planner.OrderOptions{Budget: planner.Budget{Units: math.Inf(1)}})
	require.ErrorContains(t, err, "budgets and limits are numbers")
}

// An extent may be larger than what an int64 counts.
func TestVastExtentsAreCut(t *testing.T) {
	n := net("ab,bc,cd->ad", 1e19, 2, 2, 2)
	o, err := planner.OrderNetwork(context.Background(), n, planner.OrderOptions{MaxMemory: 1 << 14})
	require.NoError(t, err)
	require.LessOrEqual(t, o.PeakBytes, float64(1<<14))
	require.Greater(t, o.Slices, 1e15)
}

// No time is so long that a search ends before it begins.
func TestBudgetOfACentury(t *testing.T) {
	n := net("ab,bc,cd,de,ef,fg,gh,hi,ij,jk,kl,lm,mn,no->ao", 2, 3, 5)
	o, err := planner.OrderNetwork(context.Background(), n, planner.OrderOptions{Budget: planner.Budget{Time: 1e6 * time.Hour, Units: 3e5}})
	require.NoError(t, err)
	require.False(t, o.Stopped())
}
