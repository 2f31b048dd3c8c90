package planner

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// A sum over pieces of pieces of one index would have every term several times.
func TestSlicesOfAnIndexTwice(t *testing.T) {
	program, err := parser.Parse("ab,bc,cd->ad", parser.ModeAuto)
	require.NoError(t, err)
	spec := parser.Spec{DType: tensor.F32, Shape: []int{40, 40}}
	p, err := program.Bind([]parser.Spec{spec, spec, spec})
	require.NoError(t, err)
	for i := range p.Indices {
		id := parser.IndexID(i)
		_, err := Search(context.Background(), p, Options{Target: cost.Target{VectorBytes: 32, Registers: 16}, Slices: []SliceIndex{{id, 8}, {id, 4}}, Fusing: FusePairs})
		require.ErrorContains(t, err, "twice")
	}
}
