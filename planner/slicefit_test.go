package planner

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// TestSameWays goes through what plans may have depended on: a way is another one's where nothing depended on what it
// changes.
func TestSameWays(t *testing.T) {
	none, serial, lean := SliceWay{}, SliceWay{Serial: true}, SliceWay{Lean: true}
	both := SliceWay{Serial: true, Lean: true}
	for _, c := range []struct {
		way    SliceWay
		before []SliceWay // what those of lower number depended on
		same   bool
		was    SliceWay
	}{
		{way: none},
		{way: serial, before: []SliceWay{none}, same: true},
		{way: serial, before: []SliceWay{serial}},
		{way: serial, before: []SliceWay{lean}, same: true, was: lean},
		{way: lean, before: []SliceWay{serial, none}, same: true, was: serial},
		{way: lean, before: []SliceWay{both, none}},
		{way: both, before: []SliceWay{both, lean, none}, same: true},
		{way: both, before: []SliceWay{both, none, serial}, same: true},
		{way: both, before: []SliceWay{both, lean, serial}},
	} {
		was, same := c.way.sameAs(c.before)
		require.Equal(t, c.same, same, c)
		require.Equal(t, c.was, was, c)
	}
}

// networkProblem is a closed product of tensors with random indices of small extents, each of which two tensors have.
func networkProblem(t *testing.T, r *rand.Rand, tensors, indices int) *parser.Problem {
	terms, specs := make([]string, tensors), make([]parser.Spec, tensors)
	for k := range indices {
		extent := 2 + r.IntN(3)
		for _, at := range r.Perm(tensors)[:2] {
			terms[at] += string(rune('a' + k))
			specs[at].Shape = append(specs[at].Shape, extent)
		}
	}
	for i := range specs {
		specs[i].DType = tensor.F64
	}
	program, err := parser.Parse(strings.Join(terms, ",")+"->", parser.ModeAuto)
	require.NoError(t, err)
	p, err := program.Bind(specs)
	require.NoError(t, err)
	return p
}

// TestFloorHolds compares the memory of sliced plans with what they cannot do without; some need no more. A limit below
// it takes few plans to refuse.
func TestFloorHolds(t *testing.T) {
	const most = 30000 // calls of Workspace
	reached, calls := 0, 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 8))
		p := networkProblem(t, r, 3+r.IntN(8), 6+r.IntN(12))
		opts := Options{Target: cost.Target{Workers: 1}, Method: "greedy", Fusing: FusePairs}
		base, err := Search(context.Background(), p, opts)
		require.NoError(t, err)
		floor := newSliceable(base).floor()
		holds := func(peak int64) { require.LessOrEqual(t, floor, peak, "seed %d", seed) }
		for range 4 {
			opts.Slices = nil
			for i := range p.Indices {
				if r.IntN(2) == 0 {
					opts.Slices = append(opts.Slices, SliceIndex{parser.IndexID(i), 1})
				}
			}
			pl, err := Search(context.Background(), p, opts)
			require.NoError(t, err)
			holds(pl.Peak)
		}
		opts.Slices, opts.MaxMemory = nil, max(floor-1, 1)
		opts.Workspace = func(*Plan, *Step) (int64, int64) { calls++; return 0, 0 }
		_, err = Search(context.Background(), p, opts)
		var short MemoryError
		if errors.As(err, &short) {
			holds(short.Least)
			if short.Least == floor {
				reached++
			}
		}
	}
	require.Greater(t, reached, 5)
	require.Less(t, calls, most)
}

// TestTried holds searches for slices against those that remember nothing: they find the same, with fewer calls of Workspace.
func TestTried(t *testing.T) {
	var calls [2]int
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 9))
		p := networkProblem(t, r, 5+r.IntN(12), 10+r.IntN(12))
		opts := Options{Target: cost.Target{Workers: 1 + r.IntN(8)}, Method: "greedy", Fusing: FusePairs, Whole: true}
		base, err := Search(context.Background(), p, opts)
		require.NoError(t, err)
		floor := newSliceable(base).floor()
		limit := floor + r.Int64N(max(base.Peak-floor, 1))/(1+r.Int64N(20))
		var found [2]string
		for full := range found {
			opts.Workspace = func(*Plan, *Step) (int64, int64) { calls[full]++; return 64, 64 }
			d, err := newDraft(context.Background(), p, opts)
			require.NoError(t, err)
			f := d.newFitting(base)
			f.tried.size = full * mostTriedSize
			if pl, err := f.fit(limit); err != nil {
				found[full] = err.Error()
			} else {
				found[full] = pl.String()
			}
		}
		require.Equal(t, found[1], found[0], "seed %d", seed)
	}
	require.Less(t, 3*calls[0], 2*calls[1])
}

// TestTriedKnowsWays holds remembered figures against plans: other ways to run loops share them where they make no difference.
func TestTriedKnowsWays(t *testing.T) {
	program, err := parser.Parse("ab,bc,cd,de,ef->af", 0)
	require.NoError(t, err)
	shared, apart := 0, 0
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 10))
		specs, n := make([]parser.Spec, len(program.Operands)), 8+r.IntN(100)
		for i := range specs {
			next := 8 + r.IntN(100)
			specs[i], n = parser.Spec{DType: tensor.F64, Shape: []int{n, next}}, next
		}
		p, err := program.Bind(specs)
		require.NoError(t, err)
		d, err := newDraft(context.Background(), p, Options{Target: cost.Target{Workers: 4}, Fusing: FusePairs, Whole: true})
		require.NoError(t, err)
		base, err := d.search()
		require.NoError(t, err)
		f := d.newFitting(base)
		f.limit, f.aim = 64, 64
		for range 8 {
			var cuts []SliceIndex
			for _, i := range r.Perm(len(p.Indices))[:1+r.IntN(4)] {
				cuts = append(cuts, SliceIndex{parser.IndexID(i), 1 + r.IntN(p.Indices[i].Extent)})
			}
			for way := range 4 {
				f.way = SliceWay{Serial: way&serialWay != 0, Lean: way&leanWay != 0}
				a, err := f.look(cuts)
				b, again := f.try(cuts)
				require.ErrorIs(t, again, err)
				switch {
				case err != nil:
					continue
				case way > 0 && a.plan == nil:
					shared++
				case way > 0:
					apart++
				}
				require.Equal(t, b.peak, a.peak, "seed %d", seed)
				require.Equal(t, b.worst, a.worst, "seed %d", seed)
				require.Equal(t, b.nanos, a.nanos, "seed %d", seed)
				require.Equal(t, b.excess, a.excess, "seed %d", seed)
			}
		}
	}
	require.Greater(t, shared, 20)
	require.Greater(t, apart, 20)
}
