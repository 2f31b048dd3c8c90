package planner_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
)

// peerRow is a fault that another program had, where it was reported, and what must hold here.
type peerRow struct {
	fault string
	where string // issues and changes of public repositories
	check func(*testing.T)
}

var peerRows = []peerRow{
	{"exact search worse than greedy where indices have three holders, outer products never tried",
		"dgasmith/opt_einsum#248 #99 #249, numpy/numpy#9769", exactIsBest},
	{"three operands: a vector absorbed by the larger tensor", "dgasmith/opt_einsum#254", func(t *testing.T) {
		// bk joins bkd, of 600 elements for each b, and not bgk, of 1000; by every objective.
		for _, by := range []planner.Objective{planner.ByFlops, planner.ByWrite, planner.ByCombo} {
			o := order(t, net("bgk,bkd,bk->bgd", 2, 50, 20, 30), planner.OrderOptions{Objective: by})
			require.Equal(t, [2]int{1, 2}, o.Path[0], by)
		}
	}},
	{"an exact search of ten tiny operands that does not end", "dgasmith/opt_einsum#243", func(t *testing.T) {
		n := net("ab,bc,cd,de,ef,fg,gh,hi,ij,ja->", 2)
		for _, by := range []planner.Objective{planner.ByFlops, planner.ByTime} {
			o := order(t, n, planner.OrderOptions{Objective: by, Target: target})
			require.Equal(t, "exact", o.Method)
			require.Less(t, o.Work, 1e5, "units of ten nanoseconds")
		}
	}},
	{"a crash where operands reduce to scalars, a loop without end at a cost cap of 0 or 1", "dgasmith/opt_einsum#116 #118", func(t *testing.T) {
		for _, e := range []string{"a,b->", "aa,b,,->", "ab,c,c,->ab", ",->", "a,a,b,b,,->", "aab,cc,b->"} {
			for _, extent := range []float64{1, 2, 5} {
				agree(t, net(e, extent), order(t, net(e, extent), planner.OrderOptions{}), e)
			}
		}
		checkPlans(t, "aa,b,,->", "ab,c,c,->ab", "a,a,b,b,,->")
	}},
	{"a loop without end where no order meets the memory limit", "dgasmith/opt_einsum#153", func(t *testing.T) {
		_, err := planner.OrderNetwork(context.Background(), net("ab,bc,cd->ad", 50, 60, 70, 80), planner.OrderOptions{MaxMemory: 7})
		var e *planner.InfeasibleError
		require.ErrorAs(t, err, &e)
		require.ErrorContains(t, err, fmt.Sprintf("a limit of %d bytes is known to be enough", e.Least))
		n := net("ab,bc,cd->ad", 50, 60, 70, 80)
		require.LessOrEqual(t, order(t, n, planner.OrderOptions{MaxMemory: e.Least}).PeakBytes, float64(e.Least))
		_, err = planner.OrderNetwork(context.Background(), n, planner.OrderOptions{MaxMemory: e.Least - 1})
		require.Error(t, err, "the limit that was named is the smallest")
	}},
	{"a memory limit that leaves steps of many operands, with more than 52 labels", "dgasmith/opt_einsum#217 #80 #6", manyLabels},
	{"a memory limit that is ignored, or a default that is too small", "numpy/numpy#11210 #9788 #9775 #11825, dgasmith/opt_einsum#8", func(t *testing.T) {
		n := net("abc,bde,cdf,aeg,fgh,hab->ah", 12)
		free := order(t, n, planner.OrderOptions{})
		for _, share := range []float64{2, 8, 30} {
			for _, method := range []string{"auto", "greedy", "best", "exact"} {
				limit := int64(free.PeakBytes / share)
				o := order(t, n, planner.OrderOptions{Method: method, MaxMemory: limit})
				require.LessOrEqual(t, o.PeakBytes, float64(limit), method)
				require.Len(t, o.Path, 5)
			}
		}
		require.Equal(t, 1.0, free.Slices, "and no limit is set where none is asked for")
	}},
	{"fewest multiply-adds are not least time", "dgasmith/opt_einsum#103 #234 #157, numpy/numpy#14332 #22604 #23513", timeIsSought},
	{"extents of 1 that a pair of operands broadcasts", "numpy/numpy#10930 #11541, robertknight/rten#1369", func(t *testing.T) {
		// An extent of 1 stands for 1 alone: the planner sees equal extents, whatever text allows.
		checkPlansOf(t, map[byte]int{'a': 3, 'b': 1, 'c': 4, 'd': 1}, "ab,bc,cd->ad", "ab,b,bd,dc->ac", "abd,bd,db->ba")
		for _, text := range []string{"ij,jk->ik", "ij,jk,kl->il"} {
			p, err := parser.Parse(text, parser.ModeAuto)
			require.NoError(t, err)
			shapes := [][]int{{2, 1}, {0, 3}, {3, 2}}[:strings.Count(text, ",")+1]
			var specs []parser.Spec
			for _, s := range shapes {
				specs = append(specs, parser.Spec{DType: tensor.F64, Shape: s})
			}
			problem, err := p.Bind(specs)
			if err != nil {
				require.ErrorContains(t, err, "j", "1 against 0 is an error that names the index")
				continue
			}
			at := slices.IndexFunc(problem.Indices, func(i parser.Index) bool { return i.Name == "j" })
			require.Zero(t, problem.Indices[at].Extent, "or 1 stretches to 0")
		}
	}},
	{"labels that an operand repeats, and diagonals that are not taken first",
		"tinygrad/tinygrad#18229, numpy/numpy#10792 #5667, HIPS/autograd#115", diagonalsFirst},
	{"an index that is summed while others still have it", "GiggleLiu/omeco#6, bsc-quantic/Tenet.jl#135", func(t *testing.T) {
		checkPlans(t, "ab,b,bc->ac", "ab,bc,b,bd->acd", "a,a,a,a->", "a,ab,ac,ad->bcd", "ab,ab,bc,b->", "xi,xj,xk,x->ijk")
		for seed := range uint64(60) { // every index has three or more holders
			r := rand.New(rand.NewPCG(seed, 21))
			n := &planner.Network{Inputs: make([][]int32, 3+r.IntN(4)), Sizes: []float64{2, 3, 2}}
			for i := range int32(3) {
				for _, f := range r.Perm(len(n.Inputs))[:3] {
					n.Inputs[f] = append(n.Inputs[f], i)
				}
			}
			execute3(t, n, r)
		}
	}},
	{"a repeated index that breaks lists of holders, single operands, no operands",
		"TensorBFS/OMEinsumContractionOrders.jl#81 #88 #87 #84 #50", func(t *testing.T) {
			checkPlans(t, "aa,ab,bb->b", "aab,bbc,cca->", "aaa->a", "ab->b", "aa->", "ab->ba")
			for _, n := range []*planner.Network{{}, net("aa->", 3), net("ab->a", 2)} {
				require.Empty(t, order(t, n, planner.OrderOptions{}).Path)
			}
		}},
	{"indices numbered by 16 bits", "jcmgray/cotengra#65", func(t *testing.T) {
		ring := &planner.Network{}
		const count = 66000
		for i := range int32(count) {
			ring.Sizes = append(ring.Sizes, 2)
			ring.Inputs = append(ring.Inputs, []int32{i, (i + 1) % count})
		}
		agree(t, ring, order(t, ring, planner.OrderOptions{Method: "greedy"}))
	}},
	{"an objective of flops and writes that fails with slices", "jcmgray/cotengra#58", func(t *testing.T) {
		n := net("abc,bde,cdf,aeg,fgh,hab->ah", 12)
		for _, by := range []planner.Objective{planner.ByCombo, planner.ByWrite, planner.BySize, planner.ByFlops, planner.ByTime} {
			o := order(t, n, planner.OrderOptions{Objective: by, MaxMemory: 2000, Target: target})
			require.Greater(t, o.Slices, 1.0, by)
			require.LessOrEqual(t, o.PeakBytes, 2000.0, by)
		}
		_, err := planner.OrderNetwork(context.Background(), n, planner.OrderOptions{Objective: "combo-64"})
		require.ErrorContains(t, err, "use time, flops, size, write, combo")
	}},
	{"no operand, and one", "jcmgray/cotengra#55 #77, tensorcircuit/tensorcircuit-ng#114", func(t *testing.T) {
		for _, n := range []*planner.Network{{}, net("ab->a", 3), net("->", 1), net("aa->", 5)} {
			for _, method := range []string{"auto", "greedy", "best", "exact"} {
				for _, limit := range []int64{0, 1} {
					require.Empty(t, order(t, n, planner.OrderOptions{Method: method, MaxMemory: limit}).Path)
				}
			}
		}
		checkPlans(t, "ab->a", "->", ",->", "aa->")
	}},
	{"a fault inside a library in C", "jcmgray/cotengra#48", func(t *testing.T) {
		entries, err := os.ReadDir(".")
		require.NoError(t, err)
		for _, e := range entries {
			if text, err := os.ReadFile(e.Name()); err == nil && e.Name() != "peers_test.go" {
				require.NotContains(t, string(text), "import \"C\"", e.Name())
				require.NotContains(t, string(text), "purego", e.Name())
			}
		}
	}},
	{"an index of extent 1 that ties all operands together", "jcmgray/cotengra 0.8.2, change log", func(t *testing.T) {
		star := &planner.Network{Sizes: []float64{1, 2}}
		for range 300 {
			star.Inputs = append(star.Inputs, []int32{0})
		}
		star.Inputs[7], star.Inputs[90] = []int32{0, 1}, []int32{1, 0}
		o := order(t, star, planner.OrderOptions{})
		agree(t, star, o)
		require.Less(t, o.Log10Flops, math.Log10(303))
	}},
	{"an extent of 0, of which a logarithm was taken", "jcmgray/cotengrust, network edge_size0_dim", func(t *testing.T) {
		for _, zero := range []int{0, 1, 2, 3} {
			sizes := []float64{3, 4, 5, 6}
			sizes[zero] = 0
			for _, method := range []string{"auto", "greedy", "best", "exact"} {
				o := order(t, net("ab,bc,cd->ad", sizes...), planner.OrderOptions{Method: method})
				require.Len(t, o.Path, 2)
				require.Equal(t, math.Inf(-1), o.Log10Flops)
			}
		}
		checkPlansOf(t, map[byte]int{'a': 2, 'b': 0, 'c': 3, 'd': 2}, "ab,bc,cd->ad", "cb,bd->cd", "b,b,a->a")
	}},
	{"parse networks of 52 and 84 operands taken 1.6 to 2.2 decades too dear", "einsum_benchmark lm_*; cotengra's auto", func(t *testing.T) {
		found := 0
		for _, k := range knownNetworks(t) {
			if strings.HasPrefix(k.Name, "ebm_lm_") {
				n := &planner.Network{Inputs: k.Inputs, Output: k.Output, Sizes: k.Sizes}
				require.Less(t, order(t, n, planner.OrderOptions{}).Log10Flops, k.Best+0.1, k.Name)
				found++
			}
		}
		require.Positive(t, found)
	}},
	{"a chain that greedy takes from the wrong end, 7 times too dear", "einsum nm,mf,fo->no; cotengra's greedy", func(t *testing.T) {
		n := net("nm,mf,fo->no", 1000, 10, 1000, 10)
		require.InDelta(t, math.Log10(2e5-1e5+1e5), order(t, n, planner.OrderOptions{}).Log10Flops, 1e-9)
		require.InDelta(t, math.Log10(2e5), order(t, n, planner.OrderOptions{Method: "greedy"}).Log10Flops, 1e-9)
	}},
	{"five operands taken 3.7 times too dear", "network tebd_gate; opt_einsum's auto", func(t *testing.T) {
		n := net("abc,cde,bdfg,a,e->afeg", 128, 4, 128, 4, 128, 4, 4)
		best := math.Inf(1)
		everyPath(5, func(p [][2]int) { best = min(best, recost(t, n, p).flops) })
		require.InDelta(t, math.Log10(best), order(t, n, planner.OrderOptions{}).Log10Flops, 1e-9)
	}},
	{"reductions on unequal extents that lose 0.6 decades", "network tree_200_closed", reductionsCostNothing},
}

// TestPeers holds every fault that was found in other programs, one subtest a row.
func TestPeers(t *testing.T) {
	for _, r := range peerRows {
		t.Run(strings.ReplaceAll(r.fault, " ", "_"), func(t *testing.T) {
			t.Log(r.where)
			r.check(t)
		})
	}
}

// checkPlans holds plans of einsums, run step by step, against the definition.
func checkPlans(t *testing.T, equations ...string) {
	extents := map[byte]int{}
	for i := range byte(26) {
		extents['a'+i] = 2 + int(i)%3
	}
	checkPlansOf(t, extents, equations...)
}

func checkPlansOf(t *testing.T, extents map[byte]int, equations ...string) {
	t.Helper()
	for k, e := range equations {
		used := map[byte]int{}
		for i := range len(e) {
			if x, ok := extents[e[i]]; ok {
				used[e[i]] = x
			}
		}
		check(t, einsum(e, used, tensor.F64), rand.New(rand.NewPCG(uint64(k), 20)), e)
	}
}

// exactIsBest looks at every order of 2000 small networks. One of six operands has 2700 orders, so that few are that large.
func exactIsBest(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 22))
		operands := manyOrders(seed, r)
		n := randomNet(r, operands, 1+r.IntN(7), 9)
		o := order(t, n, planner.OrderOptions{})
		best := math.Inf(1)
		everyPath(operands, func(p [][2]int) { best = min(best, recost(t, n, p).flops) })
		require.InDelta(t, math.Log10(best), o.Log10Flops, 1e-9, "seed %d", seed)
		for _, method := range []string{"greedy", "best"} {
			other := order(t, n, planner.OrderOptions{Method: method, Budget: planner.Budget{Units: 1e4}})
			require.GreaterOrEqual(t, other.Log10Flops, o.Log10Flops-1e-9, "seed %d", seed)
		}
	}
}

// manyOrders is the operands of a network of which every order is looked at: mostly two to four.
func manyOrders(seed uint64, r *rand.Rand) int {
	switch {
	case seed%200 == 0:
		return 6
	case seed%20 == 0:
		return 5
	}
	return 2 + r.IntN(3)
}

// manyLabels plans networks with more labels than there are letters, under limits.
func manyLabels(t *testing.T) {
	chain := &planner.Network{}
	for i := range int32(60) {
		chain.Inputs, chain.Sizes = append(chain.Inputs, []int32{i, i + 1}), append(chain.Sizes, float64(2+i%3))
	}
	chain.Sizes, chain.Output = append(chain.Sizes, 2), []int32{0, 60}
	for _, limit := range []int64{0, 4096, 200} {
		o := order(t, chain, planner.OrderOptions{MaxMemory: limit})
		require.Len(t, o.Path, 59, "pairs only")
		if limit > 0 {
			require.LessOrEqual(t, o.PeakBytes, float64(limit))
		}
	}
	rank := &planner.Network{Inputs: [][]int32{{}, {}, {}}} // 80 labels on an operand
	for i := range int32(80) {
		rank.Sizes = append(rank.Sizes, 2)
		rank.Inputs[i%2], rank.Inputs[2] = append(rank.Inputs[i%2], i), append(rank.Inputs[2], i)
	}
	agree(t, rank, order(t, rank, planner.OrderOptions{}))
}

// timeIsSought plans what was reported where the order of fewest multiply-adds takes longer than another. By the
// model that einc's strategies are chosen with, the plan takes no longer than any of those, nor than one loop
// over everything.
func timeIsSought(t *testing.T) {
	server := target
	server.Level, server.VectorBytes, server.Registers, server.L2 = "x86-64-v4", 64, 32, 2<<20
	against := 0
	for _, c := range []struct {
		equation string
		extents  map[byte]int
	}{
		{"ab,bc,dec,bf,gehf->gdha", map[byte]int{'a': 8, 'b': 10, 'c': 3, 'd': 100, 'e': 300, 'f': 10, 'g': 100, 'h': 75}}, // opt_einsum#103
		{"abcd,beac,bead->be", map[byte]int{'a': 1166, 'b': 8000, 'c': 3, 'd': 3, 'e': 6}},                                 // opt_einsum#234
		{"abc,adc->bd", map[byte]int{'a': 1200, 'b': 345, 'c': 1000, 'd': 333}},                                            // opt_einsum#157
		{"a,b,c,d,e,ab,ac,ad,bc,bd,cd,ce->", map[byte]int{'a': 100, 'b': 100, 'c': 100, 'd': 100, 'e': 100}},               // numpy#9769
		{"ab,ac,bc,ad,bd,ae,ce,de->", map[byte]int{'a': 25, 'b': 25, 'c': 25, 'd': 25, 'e': 25}},                           // numpy#9775
		{"abc,cde,ebf,fda->", map[byte]int{'a': 20, 'b': 20, 'c': 20, 'd': 20, 'e': 20, 'f': 20}},                          // opt_einsum#8
		{"i,ijk,ilk->ijl", map[byte]int{'i': 100000, 'j': 3, 'k': 3, 'l': 3}},                                              // numpy#14332
		{"db,bc,ad->abc", map[byte]int{'a': 64, 'b': 1000, 'c': 16, 'd': 4}},                                               // one nest writes the result once
		{"bij,bjk->bik", map[byte]int{'b': 4000, 'i': 30, 'j': 30, 'k': 30}},                                               // numpy#22604
	} {
		p := einsum(c.equation, c.extents, tensor.F32)
		chosen, err := planner.Search(context.Background(), p, planner.Options{Target: server})
		require.NoError(t, err)
		loop, err := planner.Search(context.Background(), p, planner.Options{Target: server, Fusing: planner.FuseAll})
		require.NoError(t, err)
		require.LessOrEqual(t, chosen.Cost.Nanos, loop.Cost.Nanos*(1+1e-9), "one loop: %s\n%s\n%s", c.equation, chosen, loop)
		n, _, ok := planner.Product(p)
		require.True(t, ok)
		for _, by := range []planner.Objective{planner.ByFlops, planner.ByWrite, planner.ByCombo} {
			o := order(t, n, planner.OrderOptions{Objective: by})
			other, err := planner.SearchPath(context.Background(), p, planner.Options{Target: server, Fusing: planner.FusePairs}, o.Path)
			require.NoError(t, err)
			require.LessOrEqual(t, chosen.Cost.Nanos, other.Cost.Nanos*1.02, "%s: %s\n%s\n%s", by, c.equation, chosen, other)
			if by == planner.ByFlops && chosen.Cost.Nanos < other.Cost.Nanos*0.9 && chosen.Cost.Flops > other.Cost.Flops*(1+1e-9) {
				against++
			}
		}
	}
	require.Positive(t, against, "some order takes more multiply-adds and less time")
}

// diagonalsFirst has every repeated label read as a diagonal, by one step that reads no more than it, before anything
// is multiplied with it.
func diagonalsFirst(t *testing.T) {
	checkPlans(t, "abab,aab,cb->ca", "aab,bcc,cdd->ad", "aba,bcb->ac", "abcb,ca->b", "aab->ab", "iij,jkk,kll->il", "aabb,bbaa->ab")
	for _, e := range []string{"aab,bc->ac", "abcb,ca->b"} {
		pl := plan(t, einsum(e, map[byte]int{'a': 50, 'b': 50, 'c': 50}, tensor.F64), "auto")
		require.LessOrEqual(t, pl.Cost.Flops, 50*50*50.0+50*50, "%s: not of the whole tensor\n%s", e, pl)
		for i := range pl.Steps {
			for _, r := range pl.Steps[i].Inputs {
				if pl.Buffers[r.Buffer].Kind == planner.Temp {
					axes := slices.Clone(r.Axes)
					slices.Sort(axes)
					require.Len(t, slices.Compact(axes), len(r.Axes), "%s: a temporary has no repeats\n%s", e, pl)
				}
			}
		}
	}
}

// reductionsCostNothing orders random trees of unequal extents. The best order of a tree of few operands is known by
// looking at all connected ones; rules that merge neighbours whatever it costs miss it.
func reductionsCostNothing(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 23))
		n := &planner.Network{Inputs: make([][]int32, 14+r.IntN(6))}
		for i := range int32(len(n.Inputs) - 1) {
			n.Sizes = append(n.Sizes, float64(2+r.IntN(60)))
			n.Inputs[i+1] = append(n.Inputs[i+1], i)
			up := r.IntN(int(i) + 1)
			n.Inputs[up] = append(n.Inputs[up], i)
		}
		exact := order(t, n, planner.OrderOptions{Budget: planner.Budget{Units: 1e9}})
		auto := order(t, n, planner.OrderOptions{})
		agree(t, n, auto)
		require.Less(t, auto.Log10Flops, exact.Log10Flops+0.01, "seed %d", seed)
		require.LessOrEqual(t, exact.Log10Flops, treeOptimum(n)+1e-9, "seed %d", seed)
	}
}

// treeOptimum bounds the fewest multiply-adds of a tree: of orders that eliminate its indices one by one, the best that
// a thousand random ones give.
func treeOptimum(n *planner.Network) float64 {
	best := math.Inf(1)
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 24))
		at := make([]int, len(n.Inputs))
		sets := map[int]map[int32]bool{}
		for f, legs := range n.Inputs {
			at[f], sets[f] = f, map[int32]bool{}
			for _, i := range legs {
				sets[f][i] = true
			}
		}
		flops := 0.0
		for _, x := range r.Perm(len(n.Sizes)) {
			var two []int
			for f, s := range sets {
				if s[int32(x)] {
					two = append(two, f)
				}
			}
			points := n.Sizes[x]
			delete(sets[two[0]], int32(x))
			delete(sets[two[1]], int32(x))
			for i := range sets[two[1]] {
				sets[two[0]][i] = true
			}
			for i := range sets[two[0]] {
				points *= n.Sizes[i]
			}
			delete(sets, two[1])
			flops += points
		}
		best = min(best, flops)
	}
	return math.Log10(best)
}

// problemOf is a network as a problem of the planner.
func problemOf(n *planner.Network) *parser.Problem {
	p := &parser.Problem{Operands: len(n.Inputs)}
	for i, s := range n.Sizes {
		p.Indices = append(p.Indices, parser.Index{Name: fmt.Sprint("i", i), Extent: int(s)})
	}
	m := &maker{p: *p}
	declare := func(name string, legs []int32) (axes []parser.IndexID) {
		x := parser.Tensor{Name: name, DType: tensor.F64, Layout: parser.Layout{UnitAxis: -1}, Shape: []int{}}
		stride := 1
		for _, i := range legs {
			axes, x.Shape = append(axes, parser.IndexID(i)), append(x.Shape, int(n.Sizes[i]))
		}
		x.Layout.Strides = make([]int, len(legs))
		for a := len(legs) - 1; a >= 0; a-- {
			if x.Layout.Strides[a] = stride; x.Layout.UnitAxis < 0 && x.Shape[a] > 1 {
				x.Layout.UnitAxis = a
			}
			stride *= x.Shape[a]
		}
		m.p.Tensors = append(m.p.Tensors, x)
		return axes
	}
	var axes [][]parser.IndexID
	for k, legs := range n.Inputs {
		axes = append(axes, declare(fmt.Sprint("T", k), legs))
	}
	var refs []parser.NodeID
	var over []parser.IndexID
	for k := range n.Inputs {
		refs = append(refs, m.node(parser.Node{Kind: parser.NodeRef, Tensor: k, Axes: axes[k], DType: tensor.F64}))
	}
	x := refs[0]
	if len(refs) > 1 {
		x = m.fn(parser.FnMul, refs...)
	}
	left := declare("", n.Output)
	for _, i := range m.free(x) {
		if !slices.Contains(left, i) {
			over = append(over, i)
		}
	}
	if len(over) > 0 {
		m.node(parser.Node{Kind: parser.NodeReduce, Reduce: parser.Sum, DType: tensor.F64, Args: []parser.NodeID{x}, Over: over})
	}
	m.p.Output = len(m.p.Tensors) - 1
	m.p.Statements = []parser.Statement{{Out: m.p.Output, Left: left, Old: -1, Op: parser.Sum, Expr: m.expr}}
	return &m.p
}

// execute3 runs the plan of a network step by step and holds it against the definition.
func execute3(t *testing.T, n *planner.Network, r *rand.Rand) {
	t.Helper()
	p := problemOf(n)
	operands := numbers(p, r)
	want := naive(p, operands)
	pl := plan(t, p, "auto")
	require.True(t, slices.EqualFunc(want.data, execute(pl, operands).data, same), "%v: not %v\n%s", n, want.data, pl)
}
