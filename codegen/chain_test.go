package codegen_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/codegen/lower"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// TestChainSharesNests demands that steps that do the same share code, whatever they read and however
// their operands lie, so that compiling a long chain takes no longer than compiling a short one.
func TestChainSharesNests(t *testing.T) {
	const n = 400
	var terms []string
	var specs []parser.Spec
	for k := range n {
		terms = append(terms, fmt.Sprintf("A%d[i%d,i%d]", k, k, k+1))
		specs = append(specs, parser.Spec{DType: tensor.F32, Shape: []int{3, 3}})
	}
	p, err := parser.Parse(fmt.Sprintf("Y[i0,i%d] = %s", n, strings.Join(terms, " * ")), parser.ModeAuto)
	require.NoError(t, err)
	problem, err := p.Bind(specs)
	require.NoError(t, err)
	target, err := codegen.TargetFor("x86-64-v3")
	require.NoError(t, err)
	plan, err := planner.Search(context.Background(), problem, planner.Options{Target: target, Method: "greedy"})
	require.NoError(t, err)
	for _, opts := range []lower.Options{{}, {RuntimeStrides: true}} {
		u, err := codegen.Lower(plan, target, opts)
		require.NoError(t, err)
		require.Len(t, u.Program.Phases, len(plan.Steps))
		require.LessOrEqual(t, len(u.Program.Nests), 8)
		for i, ph := range u.Program.Phases {
			require.Equal(t, i, ph.Step)
			require.Equal(t, plan.Steps[i].Out.Buffer, ph.Args[0].Buffer)
			for _, r := range plan.Steps[i].Inputs {
				require.Contains(t, ph.Args, lower.Arg{Buffer: r.Buffer})
			}
			piece := u.Program.Dims[ph.Dims:][:u.Program.Nests[ph.Nest].Dims]
			for _, d := range piece {
				require.NotEqual(t, planner.Temp, plan.Buffers[d.Buffer].Kind)
				require.Contains(t, ph.Args, lower.Arg{Buffer: d.Buffer})
			}
		}
	}
}
