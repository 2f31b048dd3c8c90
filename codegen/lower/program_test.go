package lower

import (
	"testing"

	"github.com/einc-lang/einc/codegen/loop"
	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner"
	"github.com/einc-lang/einc/tensor"
	"github.com/stretchr/testify/require"
)

// twice makes a case of square matrices a plan of two steps, by way of a temporary: (A·B)·B.
func twice(c caseOf) *bench {
	c.span = 2
	b := c.build(newRand(3))
	d := c.typeOf(0)
	first := b.plan.Steps[0]
	out := first.Out.Buffer
	temp := b.add(planner.Temp, "temp", d, b.plan.Buffers[out].Shape, 'c', newRand(4))
	second := first
	first.Out.Buffer = temp
	second.Inputs = append([]planner.Ref{{Buffer: temp, Axes: first.Inputs[0].Axes}}, first.Inputs[1:]...)
	b.plan.Steps = []planner.Step{first, second}
	return b
}

func TestStepsFollowEachOtherAndShareNests(t *testing.T) {
	for _, runtime := range []bool{false, true} {
		for _, packed := range []bool{false, true} {
			b := twice(caseOf{expr: "ab,bc->ac", sizes: "YYY", types: []tensor.DType{tensor.F64}, layouts: "c", runtime: runtime, packed: packed})
			p := b.lowered(t, avx2)
			b.run(t, p)
			got := b.output()

			one := *b
			one.plan = &planner.Plan{Problem: b.plan.Problem, Buffers: b.plan.Buffers, Steps: b.plan.Steps[1:]}
			same(t, one.naive(), got, "runtime %t, packed %t", runtime, packed)
			require.Len(t, p.Phases, 2)
			require.Equal(t, 1, p.Phases[1].Step)
			if !runtime {
				require.Len(t, p.Nests, 1, "equal nests are kept once")
			}
			for _, n := range p.Nests {
				require.Equal(t, runtime, n.Dims > 0)
			}
		}
	}
}

func TestDirectOnly(t *testing.T) {
	b := caseOf{expr: "ab,bc->ac", sizes: "789", types: []tensor.DType{tensor.F32}, layouts: "c", packed: true}.build(newRand(1))
	p, err := Lower(b.plan, avx2, Options{DirectOnly: true})
	require.NoError(t, err)
	require.Equal(t, "direct", p.Nests[0].Strategy)
}

func TestEmptyOutputsHaveNoPhases(t *testing.T) {
	for _, packed := range []bool{false, true} {
		p := caseOf{expr: "ab,bc->ac", sizes: "705", types: []tensor.DType{tensor.F32}, packed: packed}.check(t, avx2, 1)
		require.Len(t, p.Phases, 1)
		p = caseOf{expr: "ab,bc->ac", sizes: "075", types: []tensor.DType{tensor.F32}, packed: packed}.check(t, avx2, 1)
		require.Empty(t, p.Phases)
	}
}

func TestErrorsNameTheStep(t *testing.T) {
	for _, c := range []struct {
		body parser.Expr
		d    tensor.DType
		want string
	}{
		{parser.Expr{input(0, tensor.Bool), call(parser.FnNeg, tensor.Bool, 0)}, tensor.Bool, "step 0: neg is not defined on bool values"},
		{parser.Expr{input(0, tensor.I8), call(parser.FnExp, tensor.I8, 0)}, tensor.I8, "step 0: exp is not defined on integer values"},
		{parser.Expr{input(0, tensor.C64), call(parser.FnMax, tensor.C64, 0)}, tensor.C64, "step 0: max is not defined on complex values"},
		{parser.Expr{input(0, tensor.F32), call(parser.FnAdd, tensor.F32)}, tensor.F32, "step 0: add without arguments"},
		{parser.Expr{input(0, tensor.F32), {Kind: parser.NodeRef, DType: tensor.F32}}, tensor.F32, "step 0: internal error: node kind 0 in a scalar expression"},
	} {
		b := caseOf{expr: "a->a", sizes: "9", types: []tensor.DType{c.d}, layouts: "c", body: c.body}.build(newRand(1))
		_, err := Lower(b.plan, avx2, Options{})
		require.EqualError(t, err, c.want)
	}
	b := caseOf{expr: "a->", sizes: "9", types: []tensor.DType{tensor.C64}, layouts: "c", reduce: parser.Max}.build(newRand(1))
	_, err := Lower(b.plan, avx2, Options{})
	require.EqualError(t, err, "step 0: max is not defined on complex values")
	b.plan.Steps[0].Slice = []parser.IndexID{0}
	_, err = Lower(b.plan, avx2, Options{})
	require.ErrorContains(t, err, "step 0")
}

// Loads of what does not change along the reduction stay out of its loops.
func TestFusedFactorsAreHoisted(t *testing.T) {
	b := caseOf{expr: "ab,bc,a->ac", sizes: "494", types: []tensor.DType{tensor.F32}, layouts: "c"}.build(newRand(1))
	p, err := Lower(b.plan, avx2, Options{})
	require.NoError(t, err)
	loads := map[string]int{}
	var walk func(nodes []loop.Node)
	walk = func(nodes []loop.Node) {
		for _, n := range nodes {
			if f, ok := n.(*loop.For); ok && f.Carry != nil {
				for _, m := range f.Body {
					if l, ok := m.(*loop.Load); ok {
						loads[p.Nests[0].Params[l.From.Param].Name]++
					}
				}
			} else if ok {
				walk(f.Body)
			}
		}
	}
	walk(p.Nests[0].Body)
	require.Equal(t, map[string]int{"ab": 4, "bc": 1}, loads)
}
