package planner

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// A window of the output lies as the output does, and the model is asked about steps that write it so.
func TestWindowsLieAsTheWhole(t *testing.T) {
	program, err := parser.Parse("abc,cd,de->abe", parser.ModeAuto)
	require.NoError(t, err)
	specs := []parser.Spec{{DType: tensor.F32, Shape: []int{6, 40, 30}}, {DType: tensor.F32, Shape: []int{30, 10}}, {DType: tensor.F32, Shape: []int{10, 50}}}
	p, err := program.Bind(specs)
	require.NoError(t, err)
	e := slices.IndexFunc(p.Indices, func(i parser.Index) bool { return i.Name == "b" })
	pl, err := Search(context.Background(), p, Options{Target: cost.Target{Arch: "amd64", VectorBytes: 32, Registers: 16, FMA: true},
		Slices: []SliceIndex{{Index: parser.IndexID(e), Chunk: 8}}, Fusing: FusePairs})
	require.NoError(t, err)
	windows, d := 0, &draft{p: pl.Problem, plan: pl}
	for i := range pl.Steps {
		out := pl.Steps[i].Out
		b := &pl.Buffers[out.Buffer]
		if b.Window == nil || b.Kind == Operand {
			continue
		}
		windows++
		for a, id := range out.Axes {
			require.Equal(t, b.Layout.Strides[a], d.stride(out, id), "axis %d of\n%s", a, pl)
		}
		require.Equal(t, b.Layout.Strides, b.Strides())
	}
	require.Positive(t, windows)
}
