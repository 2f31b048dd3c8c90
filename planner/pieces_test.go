//go:build !race

package planner_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
)

// The program, the problem and the plan of two operands are one piece each. The race detector has pools lose what they keep,
// so that there is more to make.
func TestTwoOperandsTakeFewPieces(t *testing.T) {
	specs := []parser.Spec{{DType: tensor.F64, Shape: []int{64, 96}}, {DType: tensor.F64, Shape: []int{96, 80}}}
	allocs := testing.AllocsPerRun(100, func() {
		program, err := parser.Parse("ab,bc->ac", parser.ModeAuto)
		require.NoError(t, err)
		problem, err := program.Bind(specs)
		require.NoError(t, err)
		_, err = planner.Search(context.Background(), problem, planner.Options{Target: target})
		require.NoError(t, err)
	})
	require.LessOrEqual(t, allocs, 3.0)
}
