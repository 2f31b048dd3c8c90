package planner

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/einc-lang/einc/parser"
	"github.com/einc-lang/einc/planner/cost"
	"github.com/einc-lang/einc/tensor"
)

// scheduled is the schedule of a product of matrices and the like, with floors.
func scheduled(t *testing.T, equation string, shapes ...[]int) *schedule {
	program, err := parser.Parse(equation, 0)
	require.NoError(t, err)
	var specs []parser.Spec
	for _, s := range shapes {
		specs = append(specs, parser.Spec{DType: tensor.F64, Shape: s})
	}
	p, err := program.Bind(specs)
	require.NoError(t, err)
	d, err := newDraft(context.Background(), p, Options{Target: cost.Target{Arch: "amd64", VectorBytes: 64, Registers: 32, FMA: true}})
	require.NoError(t, err)
	require.NoError(t, d.declare(d.live()))
	st := &p.Statements[0]
	src := d.read(st.Expr)
	_, outer := src.reductions()
	c, err := d.contraction(src, outer[0])
	require.NoError(t, err)
	return new(schedule).begin(c, c.tree).fused(sink{out: Ref{Buffer: d.buffer[st.Out], Axes: st.Left}}).floors()
}

// Vectors along the last index of the result end where the next one is of the other operand, whatever the order; but not where
// that operand is read as it lies, and may have vectors along it as well.
func TestFloorsKnowHowTheResultLies(t *testing.T) {
	least := func(equation string, last []int) float64 {
		s := scheduled(t, equation, []int{16, 64}, []int{64, 4, 64}, last)
		total := 0.0
		for i := range s.v {
			if s.runs(int32(i)) {
				total += s.v[i].floor
			}
		}
		require.InEpsilon(t, total, s.least, 1e-9)
		return s.least
	}
	long := least("ab,bcd,ed->eac", []int{96, 64})
	require.Greater(t, least("ab,bcd,ed->aec", []int{96, 64}), 1.1*long)
	require.InEpsilon(t, long, least("ab,bcd,de->aec", []int{64, 96}), 1e-9)
}
