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
