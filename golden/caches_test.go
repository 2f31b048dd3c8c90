package golden_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/codegen/lower"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// machines are hosts of one level: its code for one must give the bits of its code for another.
var machines = []cost.Target{
	{L1: 32 << 10, L2: 256 << 10, L3: 2 << 20, Workers: 1}, {L1: 32 << 10, L2: 512 << 10, L3: 32 << 20, Workers: 2},
	{L1: 32 << 10, L2: 1 << 20, L3: 36 << 20, Workers: 2}, {L1: 48 << 10, L2: 2 << 20, L3: 260 << 20, Workers: 64},
	{L1: 128 << 10, L2: 16 << 20, L3: 16 << 20, Workers: 8},
}

// TestCachesDoNotChangeBits lowers problems, of which the caches of some machines hold all and those of others
// do not, for each machine, and compares results of rounded sums.
func TestCachesDoNotChangeBits(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 17))
	for _, c := range []struct {
		expr   string
		shapes [][]int
	}{
		{"ik,kj->ij", [][]int{{48, 800}, {800, 64}}},
		{"ik,jk->ij", [][]int{{50, 801}, {45, 801}}},
		{"dbea,ec->abcd", [][]int{{24, 8, 12, 24}, {12, 7}}},
		{"bik,bkj->bij", [][]int{{3, 20, 700}, {3, 700, 33}}},
		{"ab,bc,cd,de->ae", [][]int{{90, 500}, {500, 40}, {40, 130}, {130, 60}}},
		{"ijk,ja,ka->ia", [][]int{{30, 40, 50}, {40, 16}, {50, 16}}},
		{"ij->j", [][]int{{1500, 99}}},
		{"ik,kj->ij", [][]int{{260, 200}, {200, 520}}},
		{"kil,jlk->ij", [][]int{{8, 260, 25}, {520, 25, 8}}},
	} {
		var operands []*tensor.Tensor
		for _, shape := range c.shapes {
			operands = append(operands, randomReals(t, r, shape))
		}
		p := openProblem(t, c.expr, operands)
		levels := []string{"x86-64-v4", "x86-64-v3", "x86-64-v2", "generic"}
		if slices.Max(c.shapes[0]) == 260 {
			levels = levels[:1] // that of tiles which read either operand in place, or pack it
		}
		for _, level := range levels {
			var want []byte
			for _, m := range machines {
				got := interpretedOn(t, m, level, p, operands)
				if want == nil {
					want = got.Bytes()
				}
				require.True(t, bytes.Equal(want, got.Bytes()), "%s %v, %s, %+v", c.expr, c.shapes, level, m)
			}
		}
	}
}

// TestCachesDoNotChangePlans orders random networks, of sizes about those of caches, for each machine.
func TestCachesDoNotChangePlans(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 18))
	for range rounds(t, 30) {
		expr, shapes := "ab,bc,cd,ad,be->", [][]int{{0, 1}, {1, 2}, {2, 3}, {0, 3}, {1, 4}}
		if r.IntN(2) == 0 {
			expr += "ce"
		} else {
			expr += "ad"
		}
		var extents [5]int
		for i := range extents {
			extents[i] = 1 << r.IntN(10)
		}
		var specs []parser.Spec
		for _, axes := range shapes {
			specs = append(specs, parser.Spec{DType: tensor.F32, Shape: []int{extents[axes[0]], extents[axes[1]]}})
		}
		prog, err := parser.Parse(expr, parser.ModeAuto)
		require.NoError(t, err)
		p, err := prog.Bind(specs)
		require.NoError(t, err)
		var want string
		for _, m := range machines {
			plan, err := planner.Search(context.Background(), p, planner.Options{Target: on(t, m, "x86-64-v3")})
			require.NoError(t, err)
			got := ""
			for _, s := range plan.Steps {
				got += fmt.Sprintln(s.Inputs, s.Out, s.Estimate.Strategy, s.Estimate.Nanos)
			}
			if want == "" {
				want = got
			}
			require.Equal(t, want, got, "%s %v %+v", expr, extents, m)
		}
	}
}

// on is a machine of a level.
func on(t *testing.T, m cost.Target, level string) cost.Target {
	target, err := codegen.TargetFor(level)
	require.NoError(t, err)
	target.L1, target.L2, target.L3, target.Workers = m.L1, m.L2, m.L3, m.Workers
	return target
}

func interpretedOn(t *testing.T, m cost.Target, level string, p *parser.Problem, operands []*tensor.Tensor) *tensor.Tensor {
	target := on(t, m, level)
	plan, err := planner.Search(context.Background(), p, planner.Options{Target: target, Workspace: lower.Workspace(target, lower.Options{})})
	require.NoError(t, err)
	u, err := codegen.Lower(plan, target, lower.Options{})
	require.NoError(t, err)
	return kernelOf{unit: u}.run(t, p, operands, 0)
}
