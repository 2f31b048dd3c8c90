package golden_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/einc-lang/einc/codegen"
	"github.com/einc-lang/einc/golden"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// plainResult is what a plan's steps give as statements, one after the other: the order that generated Go
// follows where it has no machine code.
func plainResult(t *testing.T, p *parser.Problem, target cost.Target, operands []*tensor.Tensor) *tensor.Tensor {
	plan, err := planner.Search(context.Background(), p, planner.Options{Target: target})
	require.NoError(t, err)
	got, err := golden.Eval(codegen.Plain(plan).Problem, operands)
	require.NoError(t, err)
	return got
}

// TestPlain evaluates plans as statements, for the corpus and for random contractions.
func TestPlain(t *testing.T) {
	target, err := codegen.TargetFor("x86-64-v2")
	require.NoError(t, err)
	eachCase(t, func(t *testing.T, c *golden.Case) {
		if c.Kind == "error" || c.NeedsPath {
			return
		}
		operands, err := c.Operands()
		require.NoError(t, err)
		require.NoError(t, c.Check(plainResult(t, bind(t, c, operands), target, operands)))
	})
	r := rand.New(rand.NewPCG(seed(t), 11))
	for range rounds(t, 25) {
		for _, d := range tensor.DTypes() {
			c, err := golden.Random(r, d, heap)
			require.NoError(t, err)
			p := problem(t, c)
			want, err := golden.Eval(p, c.Operands)
			require.NoError(t, err)
			require.True(t, golden.Equal(want, plainResult(t, p, target, c.Operands)), "%s %v", c.Expr, shapes(c))
		}
	}
}

// TestPlainFollowsThePlan: a chain of three is two products with a temporary between them, not one nest of loops.
func TestPlainFollowsThePlan(t *testing.T) {
	target, err := codegen.TargetFor("x86-64-v2")
	require.NoError(t, err)
	prog, err := parser.Parse("ij,jk,kl->il", parser.ModeAuto)
	require.NoError(t, err)
	p, err := prog.Bind([]parser.Spec{{DType: tensor.F64, Shape: []int{50, 60}}, {DType: tensor.F64, Shape: []int{60, 7}}, {DType: tensor.F64, Shape: []int{7, 80}}})
	require.NoError(t, err)
	plan, err := planner.Search(context.Background(), p, planner.Options{Target: target})
	require.NoError(t, err)
	plain := codegen.Plain(plan)
	require.Len(t, plain.Statements, 2)
	require.Len(t, plain.Tensors, 5)
	require.Equal(t, []int{50, 7}, plain.Tensors[plain.Statements[0].Out].Shape)
}
