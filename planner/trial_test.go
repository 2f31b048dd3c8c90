package planner

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// A plan takes the time that its best way was priced at, with the copies of each step: those that an earlier way left no room for are
// looked at again.
func TestPlansTakeWhatTheirBestWayDoes(t *testing.T) {
	target := cost.Target{Arch: "amd64", Level: "x86-64-v3", VectorBytes: 32, Registers: 16, FMA: true}
	r, copied := rand.New(rand.NewPCG(8, 1)), 0
	for range 100 {
		program, err := parser.Parse("fg,c,ce,g,bf,ced,cab,a,fed->d", parser.ModeAuto)
		require.NoError(t, err)
		extent := map[rune]int{}
		for _, l := range "abcdefg" {
			extent[l] = []int{3, 10, 32, 50, 128, 200}[r.IntN(6)]
		}
		var specs []parser.Spec
		for _, axes := range []string{"fg", "c", "ce", "g", "bf", "ced", "cab", "a", "fed"} {
			s := parser.Spec{DType: tensor.F32}
			for _, l := range axes {
				s.Shape = append(s.Shape, extent[l])
			}
			specs = append(specs, s)
		}
		p, err := program.Bind(specs)
		require.NoError(t, err)
		d, err := newDraft(context.Background(), p, Options{Target: target, Whole: true})
		require.NoError(t, err)
		pl, err := d.search()
		require.NoError(t, err)
		if pl.Copied > 0 {
			copied++
		}
		require.InEpsilon(t, d.trial.least, pl.Cost.Nanos, 1e-9, "%v\n%s", extent, pl)
	}
	require.Greater(t, copied, 10)
}
